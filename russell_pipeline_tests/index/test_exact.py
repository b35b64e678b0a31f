"""Protects levels and weights: on random histories with every kind of event they are those of exact fractions."""

from __future__ import annotations

import itertools
from collections import Counter

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import run
from russell_pipeline_tests.index.exact import Exact, NotPositiveError
from russell_pipeline_tests.index.histories import KINDS, History, history

SEEDS = st.integers(min_value=0, max_value=2**32)


def definition(told: History, units: tuple[int, int] | None = (9, 1), **policies: str) -> Definition:
    legs = [{"component": "C", "units": units[0] if units else 1}]
    if units:
        legs.append({"component": "G", "units": -units[1]})
    base = {"date": told.sessions[told.base], "value": 1000}
    return Definition.model_validate(
        {"code": "X", "name": "Random Index", "currency": "USD", "base": base, "legs": legs, "policies": policies}
    )


def exact(told: History, *arguments: object, drop: bool = False) -> Exact:
    """The exact index; histories in which it is worth nothing are passed over."""
    try:
        return Exact(told, *arguments, drop=drop)  # type: ignore[arg-type]
    except (NotPositiveError, ZeroDivisionError):
        assume(False)
        raise


def test_the_histories_have_events_of_every_kind_on_what_is_held() -> None:
    """The property below would be empty if histories had no events that act."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        told = history(seed)
        market = told.market()
        try:
            result = run(definition(told), market, told.baskets(definition(told), market), told.sessions)
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
@given(seed=SEEDS)
def test_levels_are_those_of_exact_fractions(short_only: str, convention: str, form: str, seed: int) -> None:
    told = history(seed)
    oracle = exact(told, (9, 1), short_only, convention, form)
    policies = {"short_only_names": short_only, "corporate_actions": convention, "total_return": form}
    _compare(told, oracle, definition(told, **policies))


@settings(max_examples=15)
@given(seed=SEEDS, units=st.sampled_from([None, (130, 30), (3, 2)]))
def test_so_are_those_of_one_leg_and_of_other_units(seed: int, units: tuple[int, int] | None) -> None:
    told = history(seed)
    _compare(told, exact(told, units), definition(told, units))


@pytest.mark.parametrize(("convention", "form"), [("market_cap", "ex_open"), ("fixed_weight", "reinvest_close")])
@settings(max_examples=20)
@given(seed=SEEDS, gaps=st.integers(1, 12))
def test_so_are_those_of_an_index_that_drops_names_without_a_close(
    convention: str, form: str, seed: int, gaps: int
) -> None:
    """Between reviews, at the price cut-off and at implementation; a name comes back at a review only."""
    told = history(seed, gaps=gaps)
    oracle = exact(told, (9, 1), "net", convention, form, drop=True)
    policies = {"missing_price": "drop", "corporate_actions": convention, "total_return": form}
    _compare(told, oracle, definition(told, **policies))


def _compare(told: History, oracle: Exact, definition: Definition) -> None:
    market = told.market()
    weights = told.baskets(definition, market)
    for n, ((_, rows), factors) in enumerate(
        zip(weights.group_by("review", maintain_order=True), oracle.weights, strict=True)
    ):
        day = told.reviews[n].implemented + 1
        expected = {told.names[name].symbol(day): float(c) for name, c in factors.items()}
        assert dict(rows.select("symbol", "weighting_factor").iter_rows()) == pytest.approx(expected, rel=1e-12)
        assert rows["weight"].sum() == pytest.approx(1, rel=1e-12)
    found = run(definition, market, weights, told.sessions).levels
    assert found["date"].to_list() == [told.sessions[day] for day in oracle.days]
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
