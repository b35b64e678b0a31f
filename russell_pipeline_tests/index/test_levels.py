"""Protects what is promised of single events, prices and refusals of daily levels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.decimals import displayed
from russell_pipeline.index.levels import run
from russell_pipeline.index.model import BASKETS, IndexRefusal
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import act, component, day, definition, levels, market, review

NO_REVIEWS = pl.DataFrame(schema=BASKETS)
TWO = {"C": component(A=10, B=10)}


def test_amounts_at_open_use_previous_rate() -> None:
    """The ordinary and the special dividend at the open of the same session, in the security's own currency.

    The ordinary one counts on the divisor after the special one.
    """
    actions = [act("A", "ordinary_dividend", 1, amount=1), act("A", "special_dividend", 1, amount=2)]
    found = market({"A": [10, 8], "B": [10, 10]}, actions, currencies={"A": "CAD"}, rates={"CAD": [0.5, 0.75]})
    result = levels(definition(value=150), found, TWO, 2)
    row = result.levels.row(1, named=True)
    assert row["divisor"] == pytest.approx((150 - 2 * 0.5 * 10) / 150)
    assert row["dividend_points"] == pytest.approx(1 * 0.5 * 10 / row["divisor"])
    assert row["market_value"] == pytest.approx(8 * 0.75 * 10 + 100)


def test_restructurings_of_one_day_apply_in_file_order() -> None:
    """A dividend of 2 for each old share, or for each new one."""
    split, paid = act("A", "split", 1, new=2, old=1), act("A", "special_dividend", 1, amount=2)
    for order, value in (([paid, split], 80), ([split, paid], 60)):
        result = levels(definition(), market({"A": [10, 4], "B": [10, 10]}, order), TWO, 2)
        assert result.ledger["market_value_after"].to_list()[-1] == pytest.approx(value + 100)
        assert result.ledger["event"].to_list() == ["base", *(action["action"] for action in order)]


def test_deletion_counts_terms_at_close() -> None:
    actions = [act("A", "delete", 1, price=15)]
    result = levels(definition(value=200), market({"A": [10, 11], "B": [10, 10, 12]}, actions), TWO, 3)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 250, 300])
    assert result.levels["names"].to_list() == [2, 2, 1]
    event = result.ledger.row(1, named=True)
    assert (event["moment"], event["symbol"], event["market_value_before"], event["market_value_after"]) == (
        "close",
        "A",
        250,
        100,
    )


def test_action_on_closed_day_applies_on_next_session() -> None:
    found = market({"A": [10, None, 5], "B": [10, None, 10]}, [act("A", "split", 1, new=2, old=1)])
    weights = review_weights(definition(), review(), TWO, found)
    result = run(definition(), found, weights, [day(0), day(2)])
    assert result.levels["price_index"].to_list() == pytest.approx([1000, 1000])
    assert result.ledger["date"].to_list() == [day(0), day(2)]


@pytest.mark.parametrize("convention", ["market_cap", "fixed_weight"])
@pytest.mark.parametrize("renamed_on", [1, 2], ids=["change on the closed day", "change on the next session"])
@pytest.mark.parametrize(
    ("what", "last", "points"),
    [
        ({"action": "split", "new": 2, "old": 1}, 5, 0),
        ({"action": "special_dividend", "amount": 4}, 6, 0),
        ({"action": "ordinary_dividend", "amount": 1}, 9, 50),
        ({"action": "delete", "price": 10}, 10, 0),
    ],
)
def test_action_on_closed_day_follows_symbol_change(
    what: dict[str, Any], last: float, points: float, renamed_on: int, convention: str
) -> None:
    """It is under the symbol of its own day; 1000 are 20 for each of A and B, 10 shares at 10."""
    told = definition(policies={"corporate_actions": convention})
    symbol = "Z" if renamed_on == 1 else "A"
    found = market(
        {"A": [10], "Z": [None, None, last], "B": [10, None, 10]},
        [act(symbol, on=1, **what)],
        symbol_changes=[(day(renamed_on), "A", "Z")],
    )
    result = run(told, found, review_weights(told, review(), TWO, found), [day(0), day(2)])
    paid = what["action"] == "ordinary_dividend"
    total = 500 * last / 10 + 500 if paid else 1000
    assert result.levels["price_index"].to_list() == pytest.approx([1000, total])
    assert result.levels["dividend_points"].to_list() == pytest.approx([0, points])
    assert result.levels["total_return_index"].to_list() == pytest.approx([1000, 1000])
    assert result.ledger.filter(pl.col("event") == what["action"]).height == (not paid)


def test_suspended_name_has_stale_price() -> None:
    """After a split meanwhile at half of it; a close that somebody supplied does not count."""
    actions = [act("A", "split", 2, new=2, old=1)]
    found = market({"A": [10, 99, None, 6], "B": [10, 10, 10, 10]}, actions, suspensions=[("A", day(1), day(3))])
    result = levels(definition(value=200), found, TWO, 4)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 200, 200, 220])
    assert result.levels["names_at_last_price"].to_list() == [0, 1, 1, 0]
    rows = result.stale_prices.select("date", "symbol", "close", "price_on", "reason").rows()
    assert rows == [(day(1), "A", 10, day(0), "suspended"), (day(2), "A", 5, day(0), "suspended")]


@pytest.mark.parametrize("quoted", [None, 99])
@pytest.mark.parametrize("closes_since", [0, 2])
def test_name_added_while_suspended_has_adjusted_last_price(closes_since: int, quoted: float | None) -> None:
    """Before the cut-off and after it, also where the closes at hand begin after its last one, or it is quoted meanwhile."""
    actions = [act("A", "special_dividend", 2, amount=40), act("A", "split", 3, new=2, old=1)]
    halts = [("A", day(1), day(5))]
    found = market({"A": [100, *[quoted] * 4, 31], "B": [50] * 6}, actions, suspensions=halts)
    told = definition()
    first = review_weights(told, review(), {"C": component(B=1)}, found)
    second = review_weights(told, review(3, 1), {"C": component(A=2, B=1)}, found)
    assert second["close"].to_list() == [50, 50]
    state = run(told, found, first, [day(0), day(1)]).state
    at_hand = replace(found, closes=found.closes.filter(pl.col("date") >= day(closes_since)))
    result = run(told, at_hand, second, [day(n) for n in range(2, 6)], state)
    assert result.stale_prices.filter(symbol="A")["close"].to_list() == [30]
    assert result.levels["price_index"].to_list() == pytest.approx([1000, 1000, 1000, 1000 * (2 * 31 + 50) / 110])


@pytest.mark.parametrize("closes_since", [0, 2])
def test_name_suspended_at_base_has_stale_price(closes_since: int) -> None:
    """From the base on, also where the closes at hand begin after it."""
    found = market({"A": [10, None, None, None], "B": [10] * 4}, suspensions=[("A", day(1), None)])
    told = definition(base={"date": day(2), "value": 1000})
    weights = review_weights(told, review(2), TWO, found)
    at_hand = replace(found, closes=found.closes.filter(pl.col("date") >= day(closes_since)))
    result = run(told, at_hand, weights, [day(2), day(3)])
    assert result.stale_prices.select("date", "symbol", "price_on").rows() == [(day(n), "A", day(0)) for n in (2, 3)]
    assert result.levels["names_at_last_price"].to_list() == [1, 1]
    assert result.state.names["price_on"].to_list() == [day(0), day(3)]


def test_missing_close_is_refused_or_carried_by_policy() -> None:
    found = market({"A": [10, None, 12], "B": [10, 10, 10]})
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no close of A$"):
        levels(definition(), found, TWO, 3)
    result = levels(definition(value=200, policies={"missing_price": "carry"}), found, TWO, 3)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 200, 220])
    assert result.stale_prices["reason"].to_list() == ["missing"]


def test_missing_rate_is_refused_or_carried_by_policy() -> None:
    found = market({"A": [10, 10], "B": [10, 10]}, currencies={"A": "CAD"}, rates={"CAD": [0.5, None]})
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no rate for CAD$"):
        levels(definition(), found, TWO, 2)
    carried = levels(definition(value=150, policies={"missing_price": "carry"}), found, TWO, 2)
    assert carried.levels["price_index"].to_list() == pytest.approx([150, 150])


def test_name_continues_under_new_symbol() -> None:
    """Two that swap theirs too; the new symbol's actions are the name's."""
    symbol_changes = [(day(1), "A", "B"), (day(1), "B", "A")]
    actions = [act("B", "ordinary_dividend", 1, amount=1)]
    found = market({"A": [10, 3], "B": [30, 11]}, actions, symbol_changes=symbol_changes)
    result = levels(definition(value=100), found, {"C": component(A=10, B=10)}, 2)
    # The components have the symbols of the effective day: B was A, at 10.
    assert result.levels["price_index"][1] == pytest.approx(100 * (11 + 3) / 40)
    assert result.levels["dividend_points"][1] == pytest.approx(100 / 40)


def test_spun_off_name_pays_dividends_from_ex_date() -> None:
    actions = [
        act("A", "spin_off", 1, to_symbol="D", new=1, old=1, price=4),
        act("D", "ordinary_dividend", 1, amount=1),
        act("D", "ordinary_dividend", 2, amount=1),
    ]
    found = market({"A": [10, 6, 6], "B": [10, 10, 10], "D": [None, 4, 4]}, actions)
    result = levels(definition(value=200), found, TWO, 3)
    assert result.levels["dividend_points"].to_list() == pytest.approx([0, 10, 10])
    assert result.levels["names"].to_list() == [2, 3, 3]


def test_base_between_reviews_has_basket_after_events() -> None:
    actions = [act("A", "split", 1, new=2, old=1), act("B", "delete", 2, price=10)]
    found = market({"A": [10, 5, 5, 5, 6], "B": [10, 10, 10], "Z": [1] * 5}, actions)
    told = definition(base={"date": day(3), "value": 50})
    weights = review_weights(told, review(), TWO, found)
    result = run(told, found, weights, [day(n) for n in range(5)])
    assert result.levels.select("date", "price_index").rows() == [(day(3), 50), (day(4), pytest.approx(60))]
    assert result.ledger["event"].to_list() == ["base"]


def test_action_of_name_not_held_has_no_effect() -> None:
    actions = [act("Z", "split", 1), act("Z", "delete", 1, price=0), act("Z", "ordinary_dividend", 1, amount=1)]
    assert levels(definition(), market({"A": [10, 10], "B": [10, 10]}, actions), TWO, 2).ledger.height == 1


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (
            act("A", "split", 1, new=2),
            "split of A on 2025-01-07: split takes new above 0 and old above 0, and nothing else",
        ),
        (act("A", "bonus", 1), "bonus of A on 2025-01-07: no such action is known"),
        (
            act("A", "delete", 1, price=-1),
            "delete of A on 2025-01-07: delete takes price of at least 0, or none for the last close, and nothing else",
        ),
        (
            act("A", "ordinary_dividend", 1),
            "ordinary_dividend of A on 2025-01-07: ordinary_dividend takes amount above 0, and nothing else",
        ),
        (
            act("A", "special_dividend", 1, amount=10),
            "special_dividend of A on 2025-01-07 takes 10 out of a price of 10",
        ),
        (
            act("A", "spin_off", 1, to_symbol="D", new=3, old=1, price=4),
            "spin_off of A on 2025-01-07 takes 12 out of a price of 10",
        ),
        (
            act("A", "conversion", 1, to_symbol="B", new=1, old=1),
            "X on 2025-01-07: conversion of A into B, which is held already",
        ),
        (
            act("A", "spin_off", 1, to_symbol="B", new=1, old=1, price=4),
            "X on 2025-01-07: spin_off of A into B, which is held already",
        ),
        (act("A", "conversion", 1, to_symbol="Q", new=1, old=1), "X on 2025-01-07: no close of Q"),
    ],
)
def test_action_that_cannot_be_applied_is_refused(action: dict[str, Any], says: str) -> None:
    with pytest.raises(IndexRefusal) as refusal:
        levels(definition(), market({"A": [10, 10], "B": [10, 10]}, [action]), TWO, 2)
    assert str(refusal.value) == says


def test_fixed_weight_refuses_free_float_of_zero() -> None:
    found = market({"A": [10, 10], "B": [10, 10]}, [act("A", "free_float", 1, amount=0)])
    assert levels(definition(value=200), found, TWO, 2).levels["price_index"].to_list() == pytest.approx([200, 200])
    with pytest.raises(IndexRefusal, match="must be deleted"):
        levels(definition(policies={"corporate_actions": "fixed_weight"}), found, TWO, 2)


def test_index_without_market_value_is_refused() -> None:
    gone = [act(name, "delete", 1, price=0) for name in "AB"]
    with pytest.raises(
        IndexRefusal, match="X on 2025-01-07: the market value at the close is 0, and a level needs one above 0"
    ):
        levels(definition(), market({"A": [10, 10], "B": [10, 10]}, gone), TWO, 2)
    short = {"C": component(A=1), "G": component(B=1)}
    with pytest.raises(IndexRefusal, match="X on 2025-01-07: the market value at the close is -"):
        levels(definition(legs=[("C", 2), ("G", -1)]), market({"A": [10, 10], "B": [10, 30]}), short, 2)


def test_index_without_names_has_no_market_value() -> None:
    """However their worths were rounded when they were added up: what is left is no difference."""
    names = {f"N{n}": [10 + n / 7, 11.1 + n / 3, 12] for n in range(9)}
    gone = [act(name, "delete", 1, price=9.7 + n / 11) for n, name in enumerate(names)]
    shares = {"C": component(**{name: 10 ** (n - 2) / 3 for n, name in enumerate(names)})}
    with pytest.raises(
        IndexRefusal, match="X on 2025-01-07: the market value after the deletion of N8 is 0, and a level"
    ):
        levels(definition(), market(names, gone), shares, 3)


@pytest.mark.parametrize(
    "event",
    [
        act("BIG", "delete", 2, price=90.3),
        act("BIG", "shares", 2, amount=1e-3),
        act("BIG", "free_float", 2, amount=0),
        act("BIG", "special_dividend", 3, amount=91.9999999),
    ],
)
def test_market_value_is_exact_when_little_is_left(event: dict[str, Any]) -> None:
    """The small names' moves are the index's from then on, and a night later goes on to the bit."""
    closes = {"BIG": [100, 91, 92, 93, 94], "S1": [0.7, 0.71, 0.69, 0.72, 0.75], "S2": [3.1, 3.3, 3.2, 3.4, 3.0]}
    found, shares = market(closes, [event]), {"C": component(BIG=1e13, S1=7, S2=11)}
    ledger = levels(definition(), found, shares, 5).ledger.row(-1, named=True)
    small = {2: [7 * Fraction(0.69), 11 * Fraction(3.2)], 3: [7 * Fraction(0.69), 11 * Fraction(3.2)]}[event["date"]]
    if event["action"] in ("shares", "free_float"):  # at the open stand the closes before
        small = [7 * Fraction(0.71), 11 * Fraction(3.3)]
    big = {"shares": Fraction(1e-3) * 91, "special_dividend": Fraction(92 - 91.9999999) * Fraction(1e13)}
    assert ledger["market_value_after"] == pytest.approx(float(sum(small) + big.get(event["action"], 0)), rel=1e-15)
    weights = review_weights(definition(), review(), shares, found)
    state = run(definition(), found, weights, [day(0), day(1)]).state
    nights = [run(definition(), found, weights, [day(0), day(1)]).levels]
    for n in range(2, 5):
        night = run(definition(), found, NO_REVIEWS, [day(n)], state)
        nights.append(night.levels)
        state = night.state
    assert pl.concat(nights).equals(levels(definition(), found, shares, 5).levels)


def test_long_short_index_may_have_negative_value_before_base() -> None:
    """It may be less than nothing, also when something happens at an open: only from the base on a level needs more."""
    told = definition(value=100, legs=[("C", 2), ("S", -1)], base={"date": day(4), "value": 100})
    prices = {"A": [10, 10, 2, 10, 10, 11], "B": [10] * 6}
    found = market(prices, [act("B", "special_dividend", 3, amount=0.5)])
    result = levels(told, found, {"C": component(A=10), "S": component(B=10)}, 6)
    assert result.levels["price_index"].to_list() == pytest.approx([100, 120])
    early = definition(value=100, legs=[("C", 2), ("S", -1)])
    with pytest.raises(IndexRefusal, match=f"X on {day(2)}: the market value at the close is -6"):
        levels(early, found, {"C": component(A=10), "S": component(B=10)}, 5)


@pytest.mark.parametrize(
    ("base", "sessions", "says"),
    [
        (-1, range(3), "no review is implemented on or before its base"),
        (3, range(3), "its base, 2025-01-09, is not one of the sessions"),
        (2, range(1, 3), "the implementation of 2025-01-06, 2025-01-06, is not one of the sessions"),
    ],
)
def test_index_without_base_is_refused(base: int, sessions: range, says: str) -> None:
    found = market({"A": [10] * 3, "B": [10] * 3})
    weights = review_weights(definition(), review(), TWO, found)
    with pytest.raises(IndexRefusal, match=says):
        run(definition(base={"date": day(base), "value": 1}), found, weights, [day(n) for n in sessions])


def test_state_of_other_index_is_refused() -> None:
    found = market({"A": [10, 10], "B": [10, 10]})
    state = levels(definition(), found, TWO, 1).state
    frame = state.to_frame()
    with pytest.raises(ValueError, match="of one index and one day"):
        IndexState.from_frame(frame.clear())
    with pytest.raises(ValueError, match="is one of X, not of Y"):
        run(definition(code="Y"), found, NO_REVIEWS, [day(1)], state)
    again = run(definition(), found, NO_REVIEWS, [day(0)], IndexState.from_frame(frame))
    assert again.levels.is_empty()
    assert again.state.to_frame().equals(frame)


@given(st.floats(0, 1e12))
def test_displayed_rounds_half_up_from_exact_double(value: float) -> None:
    (shown,) = displayed([value])
    assert Fraction(shown) == Fraction(floor(Fraction(value) * 10**8 + Fraction(1, 2)), 10**8)


def test_displayed_rounds_half_by_policy() -> None:
    """0.5 ** 9 is 0.001953125 exactly."""
    assert str(displayed([0.5**9])[0]) == "0.00195313"
    assert str(displayed([0.5**9], "half_even")[0]) == "0.00195312"


def test_level_beyond_display_is_refused() -> None:
    closes = market({"A": [1e-6, 1, 1e9]})
    with pytest.raises(IndexRefusal, match=rf"X {day(2)}: its level would be 1e\+18") as refusal:
        levels(definition(), closes, {"C": component(A=1)}, 3)
    assert refusal.value.day == day(2)


def test_infinite_shares_are_refused() -> None:
    with pytest.raises(IndexRefusal):
        levels(definition(), market({"A": [1e10, 2e10, 3e10]}), {"C": component(A=1e300)}, 3)
