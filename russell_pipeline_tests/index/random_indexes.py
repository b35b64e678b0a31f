"""Random histories as Hypothesis draws them, so that failures shrink, and the definitions and levels of their indexes."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import assume
from hypothesis import strategies as st

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import Levels, run
from russell_pipeline.index.model import IndexRefusal, Market
from russell_pipeline_tests.index.histories import History, random_history


@st.composite
def histories(draw: st.DrawFn, **options: Any) -> History:
    """Histories (options as for `random_history`): every day, price, ratio and name in them is drawn, and shrinks."""
    if "events" not in options:
        options["events"] = draw(st.integers(0, 60), label="events")
    return random_history(draw(st.randoms(use_true_random=False)), **options)


def definition(history: History, units: tuple[int, int] | None = (9, 1), **policies: str) -> Definition:
    """An index of two legs at these units, or of one leg, with the base of a history."""
    legs = [{"component": "C", "units": units[0] if units else 1}]
    if units:
        legs.append({"component": "G", "units": -units[1]})
    base = {"date": history.sessions[history.base], "value": 1000}
    return Definition.model_validate(
        {"code": "X", "name": "Random Index", "currency": "USD", "base": base, "legs": legs, "policies": policies}
    )


def computed(
    history: History, market: Market | None = None, **policies: str
) -> tuple[Levels, pl.DataFrame, Market, Definition]:
    """The levels of a history, its weights, market and definition; histories in which an index has no value are passed over."""
    wanted, market = definition(history, **policies), market or history.market()
    try:
        weights = history.baskets(wanted, market)
        return run(wanted, market, weights, history.sessions), weights, market, wanted
    except IndexRefusal as refusal:
        without_value = ("market value", "no close of any", "no investable capitalisation", "leave nothing of a level")
        assume(not any(words in str(refusal) for words in without_value))
        raise
