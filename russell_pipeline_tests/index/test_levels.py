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
from russell_pipeline_tests.index.small import component, day, definition, levels, market, review

NO_REVIEWS = pl.DataFrame(schema=BASKETS)
TWO = {"C": component(A=10, B=10)}


def act(symbol: str, on: int, action: str, **terms: Any) -> dict[str, Any]:
    return {"symbol": symbol, "date": on, "action": action, **terms}


def test_amounts_are_converted_at_the_rate_of_the_session_before() -> None:
    """The ordinary and the special dividend at the open of the same session, in the security's own currency.

    The ordinary one counts on the divisor after the special one.
    """
    actions = [act("A", 1, "ordinary_dividend", amount=1), act("A", 1, "special_dividend", amount=2)]
    found = market({"A": [10, 8], "B": [10, 10]}, actions, currencies={"A": "CAD"}, rates={"CAD": [0.5, 0.75]})
    result = levels(definition(value=150), found, TWO, 2)
    row = result.levels.row(1, named=True)
    assert row["divisor"] == pytest.approx((150 - 2 * 0.5 * 10) / 150)
    assert row["dividend_points"] == pytest.approx(1 * 0.5 * 10 / row["divisor"])
    assert row["market_value"] == pytest.approx(8 * 0.75 * 10 + 100)


def test_several_restructurings_of_a_name_apply_in_the_order_of_the_file() -> None:
    """A dividend of 2 for each old share, or for each new one."""
    split, paid = act("A", 1, "split", new=2, old=1), act("A", 1, "special_dividend", amount=2)
    for order, value in (([paid, split], 80), ([split, paid], 60)):
        result = levels(definition(), market({"A": [10, 4], "B": [10, 10]}, order), TWO, 2)
        assert result.ledger["market_value_after"].to_list()[-1] == pytest.approx(value + 100)
        assert result.ledger["event"].to_list() == ["base", *(action["action"] for action in order)]


def test_a_deletion_at_its_terms_counts_at_the_close_and_then_goes() -> None:
    actions = [act("A", 1, "delete", price=15)]
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


def test_what_is_dated_on_a_closed_day_applies_on_the_next_session() -> None:
    found = market({"A": [10, None, 5], "B": [10, None, 10]}, [act("A", 1, "split", new=2, old=1)])
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
def test_what_a_name_does_on_a_closed_day_counts_once_if_it_has_another_symbol_on_the_next_session(
    what: dict[str, Any], last: float, points: float, renamed_on: int, convention: str
) -> None:
    """It is under the symbol of its own day; 1000 are 20 for each of A and B, 10 shares at 10."""
    told = definition(policies={"corporate_actions": convention})
    symbol = "Z" if renamed_on == 1 else "A"
    found = market(
        {"A": [10], "Z": [None, None, last], "B": [10, None, 10]},
        [act(symbol, 1, **what)],
        symbol_changes=[(day(renamed_on), "A", "Z")],
    )
    result = run(told, found, review_weights(told, review(), TWO, found), [day(0), day(2)])
    paid = what["action"] == "ordinary_dividend"
    total = 500 * last / 10 + 500 if paid else 1000
    assert result.levels["price_index"].to_list() == pytest.approx([1000, total])
    assert result.levels["dividend_points"].to_list() == pytest.approx([0, points])
    assert result.levels["total_return_index"].to_list() == pytest.approx([1000, 1000])
    assert result.ledger.filter(pl.col("event") == what["action"]).height == (not paid)


def test_a_suspended_name_stands_at_its_last_price_and_is_marked() -> None:
    """After a split meanwhile at half of it; a close that somebody supplied does not count."""
    actions = [act("A", 2, "split", new=2, old=1)]
    found = market({"A": [10, 99, None, 6], "B": [10, 10, 10, 10]}, actions, suspensions=[("A", day(1), day(3))])
    result = levels(definition(value=200), found, TWO, 4)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 200, 200, 220])
    assert result.levels["names_at_last_price"].to_list() == [0, 1, 1, 0]
    rows = result.stale_prices.select("date", "symbol", "close", "price_on", "reason").rows()
    assert rows == [(day(1), "A", 10, day(0), "suspended"), (day(2), "A", 5, day(0), "suspended")]


@pytest.mark.parametrize("quoted", [None, 99])
@pytest.mark.parametrize("closes_since", [0, 2])
def test_who_comes_in_while_suspended_stands_at_the_price_after_all_that_happened_to_it(
    closes_since: int, quoted: float | None
) -> None:
    """Before the cut-off and after it, also where the closes at hand begin after its last one, or it is quoted meanwhile."""
    actions = [act("A", 2, "special_dividend", amount=40), act("A", 3, "split", new=2, old=1)]
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
def test_who_is_suspended_at_the_base_is_marked_with_the_day_of_its_price(closes_since: int) -> None:
    """From the base on, also where the closes at hand begin after it."""
    found = market({"A": [10, None, None, None], "B": [10] * 4}, suspensions=[("A", day(1), None)])
    told = definition(base={"date": day(2), "value": 1000})
    weights = review_weights(told, review(2), TWO, found)
    at_hand = replace(found, closes=found.closes.filter(pl.col("date") >= day(closes_since)))
    result = run(told, at_hand, weights, [day(2), day(3)])
    assert result.stale_prices.select("date", "symbol", "price_on").rows() == [(day(n), "A", day(0)) for n in (2, 3)]
    assert result.levels["names_at_last_price"].to_list() == [1, 1]
    assert result.state.names["price_on"].to_list() == [day(0), day(3)]


def test_a_missing_close_is_refused_or_carried_as_the_policy_says() -> None:
    found = market({"A": [10, None, 12], "B": [10, 10, 10]})
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no close of A$"):
        levels(definition(), found, TWO, 3)
    result = levels(definition(value=200, policies={"missing_price": "carry"}), found, TWO, 3)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 200, 220])
    assert result.stale_prices["reason"].to_list() == ["missing"]


def test_so_is_a_missing_rate() -> None:
    found = market({"A": [10, 10], "B": [10, 10]}, currencies={"A": "CAD"}, rates={"CAD": [0.5, None]})
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no rate for CAD$"):
        levels(definition(), found, TWO, 2)
    carried = levels(definition(value=150, policies={"missing_price": "carry"}), found, TWO, 2)
    assert carried.levels["price_index"].to_list() == pytest.approx([150, 150])


def test_a_name_that_changes_its_symbol_goes_on_under_the_new_one() -> None:
    """Two that swap theirs too; the new symbol's actions are the name's."""
    symbol_changes = [(day(1), "A", "B"), (day(1), "B", "A")]
    actions = [act("B", 1, "ordinary_dividend", amount=1)]
    found = market({"A": [10, 3], "B": [30, 11]}, actions, symbol_changes=symbol_changes)
    result = levels(definition(value=100), found, {"C": component(A=10, B=10)}, 2)
    # The components have the symbols of the effective day: B was A, at 10.
    assert result.levels["price_index"][1] == pytest.approx(100 * (11 + 3) / 40)
    assert result.levels["dividend_points"][1] == pytest.approx(100 / 40)


def test_who_joins_by_a_spin_off_pays_from_that_day_on() -> None:
    actions = [
        act("A", 1, "spin_off", to_symbol="D", new=1, old=1, price=4),
        act("D", 1, "ordinary_dividend", amount=1),
        act("D", 2, "ordinary_dividend", amount=1),
    ]
    found = market({"A": [10, 6, 6], "B": [10, 10, 10], "D": [None, 4, 4]}, actions)
    result = levels(definition(value=200), found, TWO, 3)
    assert result.levels["dividend_points"].to_list() == pytest.approx([0, 10, 10])
    assert result.levels["names"].to_list() == [2, 3, 3]


def test_a_base_between_reviews_takes_the_basket_with_the_events_since() -> None:
    actions = [act("A", 1, "split", new=2, old=1), act("B", 2, "delete", price=10)]
    found = market({"A": [10, 5, 5, 5, 6], "B": [10, 10, 10], "Z": [1] * 5}, actions)
    told = definition(base={"date": day(3), "value": 50})
    weights = review_weights(told, review(), TWO, found)
    result = run(told, found, weights, [day(n) for n in range(5)])
    assert result.levels.select("date", "price_index").rows() == [(day(3), 50), (day(4), pytest.approx(60))]
    assert result.ledger["event"].to_list() == ["base"]


def test_actions_of_names_that_are_not_held_change_nothing() -> None:
    actions = [act("Z", 1, "split"), act("Z", 1, "delete", price=0), act("Z", 1, "ordinary_dividend", amount=1)]
    assert levels(definition(), market({"A": [10, 10], "B": [10, 10]}, actions), TWO, 2).ledger.height == 1


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (
            act("A", 1, "split", new=2),
            "split of A on 2025-01-07: split takes new above 0 and old above 0, and nothing else",
        ),
        (act("A", 1, "bonus"), "bonus of A on 2025-01-07: no such action is known"),
        (
            act("A", 1, "delete", price=-1),
            "delete of A on 2025-01-07: delete takes price of at least 0, or none for the last close, and nothing else",
        ),
        (
            act("A", 1, "ordinary_dividend"),
            "ordinary_dividend of A on 2025-01-07: ordinary_dividend takes amount above 0, and nothing else",
        ),
        (
            act("A", 1, "special_dividend", amount=10),
            "special_dividend of A on 2025-01-07 takes 10 out of a price of 10",
        ),
        (
            act("A", 1, "spin_off", to_symbol="D", new=3, old=1, price=4),
            "spin_off of A on 2025-01-07 takes 12 out of a price of 10",
        ),
        (
            act("A", 1, "conversion", to_symbol="B", new=1, old=1),
            "X on 2025-01-07: conversion of A into B, which is held already",
        ),
        (
            act("A", 1, "spin_off", to_symbol="B", new=1, old=1, price=4),
            "X on 2025-01-07: spin_off of A into B, which is held already",
        ),
        (act("A", 1, "conversion", to_symbol="Q", new=1, old=1), "X on 2025-01-07: no close of Q"),
    ],
)
def test_an_action_that_cannot_be_applied_is_refused_in_a_sentence(action: dict[str, Any], says: str) -> None:
    with pytest.raises(IndexRefusal) as refusal:
        levels(definition(), market({"A": [10, 10], "B": [10, 10]}, [action]), TWO, 2)
    assert str(refusal.value) == says


def test_a_float_of_nothing_cannot_be_taken_up_by_a_factor() -> None:
    found = market({"A": [10, 10], "B": [10, 10]}, [act("A", 1, "free_float", amount=0)])
    assert levels(definition(value=200), found, TWO, 2).levels["price_index"].to_list() == pytest.approx([200, 200])
    with pytest.raises(IndexRefusal, match="must be deleted"):
        levels(definition(policies={"corporate_actions": "fixed_weight"}), found, TWO, 2)


def test_an_index_worth_nothing_is_refused() -> None:
    gone = [act(name, 1, "delete", price=0) for name in "AB"]
    with pytest.raises(
        IndexRefusal, match="X on 2025-01-07: the market value at the close is 0, and a level needs one above 0"
    ):
        levels(definition(), market({"A": [10, 10], "B": [10, 10]}, gone), TWO, 2)
    short = {"C": component(A=1), "G": component(B=1)}
    with pytest.raises(IndexRefusal, match="X on 2025-01-07: the market value at the close is -"):
        levels(definition(legs=[("C", 2), ("G", -1)]), market({"A": [10, 10], "B": [10, 30]}), short, 2)


def test_nothing_is_left_when_all_names_are_gone() -> None:
    """However their worths were rounded when they were added up: what is left is no difference."""
    names = {f"N{n}": [10 + n / 7, 11.1 + n / 3, 12] for n in range(9)}
    gone = [act(name, 1, "delete", price=9.7 + n / 11) for n, name in enumerate(names)]
    shares = {"C": component(**{name: 10 ** (n - 2) / 3 for n, name in enumerate(names)})}
    with pytest.raises(
        IndexRefusal, match="X on 2025-01-07: the market value after the deletion of N8 is 0, and a level"
    ):
        levels(definition(), market(names, gone), shares, 3)


@pytest.mark.parametrize(
    "event",
    [
        act("BIG", 2, "delete", price=90.3),
        act("BIG", 2, "shares", amount=1e-3),
        act("BIG", 2, "free_float", amount=0),
        act("BIG", 3, "special_dividend", amount=91.9999999),
    ],
)
def test_little_that_is_left_of_an_index_is_as_exact_as_all_of_it(event: dict[str, Any]) -> None:
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


def test_what_a_long_short_index_is_worth_before_its_base_is_no_level() -> None:
    """It may be less than nothing, also when something happens at an open: only from the base on a level needs more."""
    told = definition(value=100, legs=[("C", 2), ("S", -1)], base={"date": day(4), "value": 100})
    prices = {"A": [10, 10, 2, 10, 10, 11], "B": [10] * 6}
    found = market(prices, [act("B", 3, "special_dividend", amount=0.5)])
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
def test_an_index_without_a_base_is_refused(base: int, sessions: range, says: str) -> None:
    found = market({"A": [10] * 3, "B": [10] * 3})
    weights = review_weights(definition(), review(), TWO, found)
    with pytest.raises(IndexRefusal, match=says):
        run(definition(base={"date": day(base), "value": 1}), found, weights, [day(n) for n in sessions])


def test_a_state_goes_on_only_in_its_own_index() -> None:
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
def test_eight_decimals_are_rounded_half_up_from_the_exact_double(value: float) -> None:
    (shown,) = displayed([value])
    assert Fraction(shown) == Fraction(floor(Fraction(value) * 10**8 + Fraction(1, 2)), 10**8)


def test_a_half_goes_up_or_to_the_even_figure() -> None:
    """0.5 ** 9 is 0.001953125 exactly."""
    assert str(displayed([0.5**9])[0]) == "0.00195313"
    assert str(displayed([0.5**9], "half_even")[0]) == "0.00195312"


def test_a_level_beyond_what_is_displayed_is_refused_by_day() -> None:
    closes = market({"A": [1e-6, 1, 1e9]})
    with pytest.raises(IndexRefusal, match=rf"X {day(2)}: its level would be 1e\+18") as refusal:
        levels(definition(), closes, {"C": component(A=1)}, 3)
    assert refusal.value.day == day(2)


def test_shares_beyond_any_number_are_a_refusal_of_the_index() -> None:
    with pytest.raises(IndexRefusal):
        levels(definition(), market({"A": [1e10, 2e10, 3e10]}), {"C": component(A=1e300)}, 3)
