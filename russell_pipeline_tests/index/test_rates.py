"""Protects rates between any two currencies: as supplied, inverted, through one third currency, or refused."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.rates import rates_into
from russell_pipeline_tests.index.small import component, day, definition, levels, market

SCHEMA = {"date": pl.Date, "currency": pl.String, "rate": pl.Float64, "quote": pl.String}
# What one unit of each currency is worth in a common measure, in powers of two: every rate of theirs is exact.
WORTH = {"USD": 1.0, "EUR": 2.0, "GBP": 4.0, "JPY": 0.0078125, "KRW": 0.0009765625}


def rate(pair: str) -> float:
    return WORTH[pair[:3]] / WORTH[pair[4:]]


def rates(*rows: tuple[str, float] | tuple[str, float, int]) -> pl.DataFrame:
    """Rows of pairs such as JPY/EUR, with a rate and the number of a day, by default 0."""
    dated = [(day(on[0] if on else 0), pair[:3], value, pair[4:]) for pair, value, *on in rows]
    return pl.DataFrame(dated, SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("supplied", "expected"),
    [
        ([("JPY/EUR", 0.5)], 0.5),
        ([("EUR/JPY", 4.0)], 0.25),
        ([("JPY/USD", 0.5), ("EUR/USD", 2.0)], 0.25),
        ([("JPY/USD", 0.5), ("USD/EUR", 0.25)], 0.125),
        ([("USD/JPY", 2.0), ("USD/EUR", 4.0)], 2.0),
        ([("JPY/GBP", 0.5), ("EUR/GBP", 2.0)], 0.25),
        # as supplied before inverted, inverted before a cross, through USD before any other
        ([("JPY/EUR", 0.5), ("EUR/JPY", 4.0)], 0.5),
        ([("EUR/JPY", 4.0), ("JPY/USD", 0.5), ("EUR/USD", 8.0)], 0.25),
        ([("JPY/CHF", 0.5), ("EUR/CHF", 8.0), ("JPY/USD", 0.5), ("EUR/USD", 2.0)], 0.25),
        ([("JPY/GBP", 0.5), ("EUR/GBP", 8.0), ("JPY/CHF", 0.5), ("EUR/CHF", 2.0)], 0.25),
        # no way: nothing in EUR, two steps, or rates of different days
        ([("JPY/USD", 0.5)], None),
        ([("JPY/USD", 0.5), ("USD/GBP", 0.5), ("EUR/GBP", 0.5)], None),
        ([("JPY/USD", 0.5), ("EUR/USD", 2.0, 1)], None),
    ],
)
def test_rates_prefer_direct_then_inverse_then_cross(supplied: list[Any], expected: float | None) -> None:
    found = rates_into(rates(*supplied), "EUR").filter(currency="JPY", date=day(0))["rate"].to_list()
    assert found == ([] if expected is None else [expected])


def test_rates_without_quote_are_in_dollars() -> None:
    told = rates(("EUR/USD", 2.0)).drop("quote")
    assert rates_into(told, "USD").rows() == [(day(0), "EUR", 2.0)]
    assert rates_into(told, "EUR").rows() == [(day(0), "USD", 0.5)]


@given(
    home=st.sampled_from(sorted(WORTH)),
    pairs=st.lists(st.tuples(*[st.sampled_from(sorted(WORTH))] * 2).filter(lambda two: two[0] != two[1]), unique=True),
)
def test_rates_are_right_or_absent_for_any_pairs(home: str, pairs: list[tuple[str, str]]) -> None:
    """There is one for each currency that has a pair with the home currency, or with one that has."""
    told = rates(*((f"{of}/{quote}", rate(f"{of}/{quote}")) for of, quote in pairs))
    found = dict(rates_into(told, home).select("currency", "rate").iter_rows())
    near = {frozenset(pair) for pair in pairs}
    reached = {
        other
        for other in WORTH
        if other != home
        and ({other, home} in near or any({other, via} in near and {via, home} in near for via in WORTH))
    }
    assert found == {other: rate(f"{other}/{home}") for other in reached}


BOTH = {"JPY": [0.0078125, 0.015625], "EUR": [2.0, 1.0]}


@pytest.mark.parametrize(
    ("currency", "weight", "level"),
    [
        # 100 shares of 1,024 yen are 800 dollars or 400 euro; 10 of 20 dollars are 200 or 100.
        ("USD", 0.8, 1000 * (1600 + 200) / 1000),
        ("EUR", 0.8, 1000 * (1600 + 200) / 500),
        ("JPY", 0.8, 1000 * (102400 + 12800) / 128000),
    ],
)
def test_weights_are_same_in_every_currency(currency: str, weight: float, level: float) -> None:
    found = market({"SONY": [1024, 1024], "US": [20, 20]}, currencies={"SONY": "JPY"}, rates=BOTH)
    result = levels(definition(currency=currency), found, {"C": component(SONY=100, US=10)}, 2)
    state = result.state.names.filter(symbol="SONY")
    before = levels(definition(currency=currency), found, {"C": component(SONY=100, US=10)}, 1).state.names
    worth = (before["close"] * before["fx"] * before["shares"]).to_list()
    assert worth[0] / sum(worth) == pytest.approx(weight)
    assert result.levels["price_index"][1] == pytest.approx(level)
    assert state["currency"].to_list() == ["JPY"]


@pytest.mark.parametrize(
    ("supplied", "says"),
    [
        ({"JPY": [0.01, 0.01]}, r"^X 2025-01-06: no rate for JPY in EUR on the price cut-off 2025-01-06$"),
        ({"JPY": [0.01, 0.01], "EUR": [2.0, None]}, r"^X on 2025-01-07: no rate for JPY in EUR$"),
        ({"JPY": [0.01, None], "EUR": [2.0, 2.0]}, r"^X on 2025-01-07: no rate for JPY in EUR$"),
    ],
)
def test_weights_reject_rate_into_other_currency(supplied: dict[str, Any], says: str) -> None:
    """It is never taken as one in the index's currency."""
    found = market({"A": [10, 10], "B": [10, 10]}, currencies={"A": "JPY", "B": "EUR"}, rates=supplied)
    with pytest.raises(IndexRefusal, match=says):
        levels(definition(currency="EUR"), found, {"C": component(A=1, B=1)}, 2)


def test_carried_cross_rate_is_of_one_day() -> None:
    """Of the second day only one half is known: the rate of the first stands."""
    told = definition(currency="EUR", policies={"missing_price": "carry"})
    supplied = {"JPY": [0.01, 0.04], "EUR": [2.0, None]}
    found = market({"A": [200, 200]}, currencies={"A": "JPY"}, rates=supplied)
    assert levels(told, found, {"C": component(A=1)}, 2).levels["market_value"].to_list() == pytest.approx([1, 1])
