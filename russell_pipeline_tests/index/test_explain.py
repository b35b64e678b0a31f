"""Protects explanations: what a name, its currency and an event each did to a level and to the divisor."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import example, given, settings

from russell_pipeline.index.explain import explain
from russell_pipeline.index.levels import run
from russell_pipeline.index.model import BASKETS, IndexRefusal
from russell_pipeline_tests.index.histories import History, random_history
from russell_pipeline_tests.index.random_indexes import computed, histories
from russell_pipeline_tests.index.small import component, day, definition, levels, market

WEIGHTS = pl.DataFrame(schema=BASKETS)


def test_explain_separates_price_currency_and_terms() -> None:
    """A takeover at 16 where the last trade was at 12; B stands still in its currency, which gains a tenth."""
    found = market(
        {"A": [10, 12], "B": [10, 10]},
        [{"symbol": "A", "date": 1, "action": "delete", "price": 16}],
        currencies={"B": "CAD"},
        rates={"CAD": [1.0, 1.1]},
    )
    legs = {"C": component(A=10, B=10)}
    state = levels(definition(value=200), found, legs, 1).state
    told = explain(definition(value=200), found, WEIGHTS, [day(1)], state, day=day(1))
    names = {row["symbol"]: row for row in told.names.to_dicts()}
    assert names["A"]["price_effect"] == pytest.approx(20)
    assert names["A"]["currency_effect"] == 0
    assert names["B"]["price_effect"] == 0
    assert names["B"]["currency_effect"] == pytest.approx(10)
    assert told.events.select("event", "symbol", "contribution").rows() == [("delete", "A", pytest.approx(40))]
    assert (told.level_before, told.level) == (200, pytest.approx(270))
    assert told.causes["divisor_change"].to_list() == pytest.approx([110 / 270 - 1])


def test_explain_weight_is_that_of_open() -> None:
    found = market({"A": [10, 30], "B": [10, 10]}, currencies={"B": "CAD"}, rates={"CAD": [0.5, 0.8]})
    state = levels(definition(), found, {"C": component(A=10, B=30)}, 1).state
    told = explain(definition(), found, WEIGHTS, [day(1)], state, day=day(1))
    assert dict(told.names.select("symbol", "weight").iter_rows()) == pytest.approx({"A": 0.4, "B": 0.6})


def test_explain_attributes_deletion_terms_to_event() -> None:
    """All in the index's currency, where prices are the closes themselves: A closes up, and then nothing is paid for it."""
    found = market({"A": [10, 12], "B": [10, 10]}, [{"symbol": "A", "date": 1, "action": "delete", "price": 0}])
    state = levels(definition(value=200), found, {"C": component(A=10, B=10)}, 1).state
    told = explain(definition(value=200), found, WEIGHTS, [day(1)], state, day=day(1))
    assert told.level == pytest.approx(100)
    assert told.names.select("symbol", "price", "contribution").row(0) == ("A", 12, pytest.approx(20))
    assert told.events["contribution"].to_list() == [pytest.approx(-120)]


@pytest.mark.slow
@settings(max_examples=12)
@given(history=histories())
@example(history=random_history(random.Random(100000)))  # a name pays a dividend and is converted at the same open
def test_explain_contributions_add_up_to_move(history: History) -> None:
    """Of histories with every kind of event, to 1e-9 of the level, from a state of any day before."""
    result, weights, market_, wanted = computed(history)
    start = run(wanted, market_, weights, history.sessions[: history.base + 1]).state
    levels_ = {row["date"]: row for row in result.levels.to_dicts()}
    divisor = start.divisor
    for now in history.sessions[history.base + 1 :]:
        found = explain(wanted, market_, weights, history.sessions, start, day=now)
        moved = found.parts()["contribution"].sum()
        assert found.level == levels_[now]["price_index"]
        assert found.total_return == levels_[now]["total_return_index"]
        assert moved == pytest.approx(found.level - found.level_before, abs=1e-9 * found.level)
        assert found.names["dividend_points"].sum() == pytest.approx(levels_[now]["dividend_points"], abs=1e-9)
        divisor += found.causes["divisor_change"].sum()
    assert divisor == pytest.approx(result.state.divisor, rel=1e-10)


def test_explain_rejects_day_not_after_state() -> None:
    found = market({"A": [10, 12], "B": [10, 10]})
    state = levels(definition(), found, {"C": component(A=10, B=10)}, 2).state
    with pytest.raises(IndexRefusal, match="2025-01-07 is not one of the sessions after 2025-01-07"):
        explain(definition(), found, WEIGHTS, [day(1)], state, day=day(1))
