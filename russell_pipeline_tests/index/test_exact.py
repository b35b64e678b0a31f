"""Protects levels and weights: on random histories with every kind of event they are those of exact fractions."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import run
from russell_pipeline_tests.index.exact import Exact, NotPositiveError
from russell_pipeline_tests.index.histories import KINDS, History, random_history
from russell_pipeline_tests.index.random_indexes import definition, histories


def exact(history: History, *arguments: object, **options: object) -> Exact:
    """The exact index; histories in which it is worth nothing are passed over."""
    try:
        return Exact(history, *arguments, **options)  # type: ignore[arg-type]
    except (NotPositiveError, ZeroDivisionError):
        assume(False)
        raise


def test_histories_have_every_kind_of_event() -> None:
    """The property below would be empty if histories had no events that act."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        history = random_history(random.Random(seed))
        market = history.market()
        try:
            result = run(definition(history), market, history.baskets(definition(history), market), history.sessions)
        except Exception as error:  # noqa: BLE001 (histories that are worth nothing)
            seen[type(error).__name__] += 1
            continue
        seen.update(event.partition(" ")[0] for event in result.ledger["event"])
        seen["suspended"] += result.stale_prices.height
        seen["ordinary_dividend"] += int((result.levels["dividend_points"] != 0).sum())
    assert {*KINDS, "review", "base", "suspended"} <= seen.keys(), seen
    assert seen["IndexRefusal"] < 10, seen


@pytest.mark.parametrize(
    ("short_only", "convention", "form"),
    [
        *itertools.product(["net"], ["market_cap", "fixed_weight"], ["ex_open", "reinvest_close"]),
        ("drop", "market_cap", "ex_open"),
        ("literal", "fixed_weight", "reinvest_close"),
    ],
)
@settings(max_examples=15)
@given(history=histories())
def test_levels_equal_exact_fractions(short_only: str, convention: str, form: str, history: History) -> None:
    oracle = exact(history, (9, 1), short_only, convention, form)
    policies = {"short_only_names": short_only, "corporate_actions": convention, "total_return": form}
    _compare(history, oracle, definition(history, **policies))


@settings(max_examples=15)
@given(history=histories(), units=st.sampled_from([None, (130, 30), (3, 2)]))
def test_levels_equal_exact_fractions_for_other_legs(history: History, units: tuple[int, int] | None) -> None:
    _compare(history, exact(history, units), definition(history, units))


@pytest.mark.parametrize("form", ["ex_open", "reinvest_close"])
@settings(max_examples=15)
@given(history=histories())
def test_levels_equal_exact_fractions_net_of_tax(form: str, history: History) -> None:
    oracle = exact(history, (9, 1), "net", "market_cap", form, withheld=Fraction(3, 10))
    _compare(history, oracle, definition(history, total_return=form, dividend_tax="net"))


@pytest.mark.parametrize(("convention", "form"), [("market_cap", "ex_open"), ("fixed_weight", "reinvest_close")])
@settings(max_examples=20)
@given(history=st.integers(1, 12).flatmap(lambda gaps: histories(gaps=gaps)))
def test_levels_equal_exact_fractions_when_names_are_dropped(convention: str, form: str, history: History) -> None:
    """Between reviews, at the price cut-off and at implementation; a name comes back at a review only."""
    oracle = exact(history, (9, 1), "net", convention, form, drop=True)
    policies = {"missing_price": "drop", "corporate_actions": convention, "total_return": form}
    _compare(history, oracle, definition(history, **policies))


def _compare(history: History, oracle: Exact, definition: Definition) -> None:
    market = history.market()
    weights = history.baskets(definition, market)
    for n, ((_, rows), factors) in enumerate(
        zip(weights.group_by("review", maintain_order=True), oracle.weights, strict=True)
    ):
        day = history.reviews[n].implemented + 1
        expected = {history.names[name].symbol(day): float(c) for name, c in factors.items()}
        assert dict(rows.select("symbol", "weighting_factor").iter_rows()) == pytest.approx(expected, rel=1e-12)
        assert rows["weight"].sum() == pytest.approx(1, rel=1e-12)
    found = run(definition, market, weights, history.sessions).levels
    assert found["date"].to_list() == [history.sessions[day] for day in oracle.days]
    for column, of in (
        ("price_index", "level"),
        ("total_return_index", "total_return"),
        ("divisor", "divisor"),
        ("market_value", "value"),
    ):
        expected_ = [float(getattr(one, of)) for one in oracle.days.values()]
        assert found[column].to_list() == pytest.approx(expected_, rel=1e-10), column
    points = [float(one.points) for one in oracle.days.values()]
    assert found["dividend_points"].to_list() == pytest.approx(points, rel=1e-10, abs=1e-12)
    assert found.select(pl.col("price_index").is_finite().all()).item()
