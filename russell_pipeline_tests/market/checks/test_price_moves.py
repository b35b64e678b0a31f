"""Moves that no action explains, and actions that no price follows, however a symbol is spelled."""

from __future__ import annotations

import polars as pl
import pytest

from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.market.checks.price_moves import price_moves
from russell_pipeline_tests.market.checks.made_period import (
    SESSIONS,
    actions_of,
    closes_of,
    closes_with,
    found_by,
    period_with,
    prices_of,
    symbol_changes,
)


@pytest.mark.parametrize(("price", "found"), [(64.0, 0), (50.0, 1), (160.0, 0), (180.0, 1)])
def test_a_move_beyond_the_threshold_without_an_action(price: float, found: int) -> None:
    """From 104: a fall of 40 % is to 62.4, the rise that undoes one to 173.3."""
    noticed = found_by(price_moves, period_with(closes=closes_with("AAA", SESSIONS[3], price)))
    assert len(noticed) == found
    assert all(f"AAA on {SESSIONS[3]} from 104 to {price:g}" in one.message for one in noticed)


def test_a_move_that_an_action_explains_is_none() -> None:
    halved = closes_with("AAA", SESSIONS[3], 52.5)
    split = {"symbol": "AAA", "date": SESSIONS[3], "action": "split", "new": 2.0, "old": 1.0}
    assert not found_by(price_moves, period_with(closes=halved, actions=actions_of(split)))
    for elsewhere in ({"symbol": "BBB"}, {"date": SESSIONS[2]}):
        found = found_by(price_moves, period_with(closes=halved, actions=actions_of({**split, **elsewhere})))
        assert any("that no action explains: AAA" in one.message for one in found)


@pytest.mark.parametrize(
    "action",
    [
        {"action": "split", "new": 3.0, "old": 2.0},
        {"action": "scrip", "new": 1.0, "old": 2.0},
        {"action": "special_dividend", "amount": 40.0},
        {"action": "spin_off", "new": 1.0, "old": 2.0, "price": 60.0, "to_symbol": "KID"},
        {"action": "rights", "new": 1.0, "old": 1.0, "price": 30.0},
    ],
)
def test_an_action_that_the_price_does_not_follow(action: dict[str, object]) -> None:
    told = actions_of({"symbol": "AAA", "date": SESSIONS[3], **action})
    [found] = found_by(price_moves, period_with(actions=told))
    assert found.severity == "warning"
    assert f"AAA on {SESSIONS[3]}, {action['action']}, from 104 to 105" in found.message


def test_actions_too_small_to_be_seen_are_not_judged() -> None:
    told = actions_of({"symbol": "AAA", "date": SESSIONS[3], "action": "ordinary_dividend", "amount": 10.0})
    assert not found_by(price_moves, period_with(actions=told))


def test_actions_of_days_without_trading_hold_for_the_next_close() -> None:
    halted = closes_with("AAA", SESSIONS[5], 53.0).filter(
        ~((pl.col("symbol") == "AAA") & (pl.col("date") == SESSIONS[4]))
    )
    split = actions_of({"symbol": "AAA", "date": SESSIONS[4], "action": "split", "new": 2.0, "old": 1.0})
    assert not found_by(price_moves, period_with(closes=halted, actions=split))


def test_several_actions_of_one_day_are_taken_in_their_order() -> None:
    """20 paid out and then split 2 for 1 leaves 42 of 104, the other way round 32."""
    day = {"symbol": "AAA", "date": SESSIONS[3]}
    paid, split = (
        {**day, "action": "special_dividend", "amount": 20.0},
        {**day, "action": "split", "new": 2.0, "old": 1.0},
    )
    [found] = found_by(price_moves, period_with(actions=actions_of(paid, split)))
    assert "special_dividend and split, from 104 to 105 where 42 follows" in found.message
    [found] = found_by(price_moves, period_with(actions=actions_of(split, paid)))
    assert "where 32 follows" in found.message


def test_an_action_that_takes_more_than_the_price_leaves_none_for_the_next_action() -> None:
    day = {"symbol": "AAA", "date": SESSIONS[3]}
    paid, split = ({"action": "special_dividend", "amount": 200.0}, {"action": "split", "new": 2.0, "old": 1.0})
    assert not found_by(price_moves, period_with(actions=actions_of(day | paid, day | split)))


def test_securities_that_swap_their_symbols_do_not_move() -> None:
    """An action of either is looked at by the security too."""
    swap = SESSIONS[3]
    closes = period_with().closes.with_columns(
        pl.when(pl.col("date") >= swap)
        .then(pl.col("symbol").replace({"AAA": "BBB", "BBB": "AAA"}))
        .otherwise("symbol")
        .alias("symbol")
    )
    changed = SymbolChanges(symbol_changes((swap, "AAA", "BBB"), (swap, "BBB", "AAA"))).changed()
    assert len(found_by(price_moves, period_with(closes=closes))) == 1
    assert not found_by(price_moves, period_with(closes=closes, changed=changed))
    split = actions_of({"symbol": "BBB", "date": swap, "action": "split", "new": 2.0, "old": 1.0})
    [found] = found_by(price_moves, period_with(closes=closes, changed=changed, actions=split))
    assert f"BBB on {swap}, split, from 104 to 105 where 52 follows" in found.message


def test_another_currency_is_no_move() -> None:
    closes = closes_with("AAA", SESSIONS[3], 10.0).with_columns(
        currency=pl.when((pl.col("symbol") == "AAA") & (pl.col("date") >= SESSIONS[3]))
        .then(pl.lit("EUR"))
        .otherwise("currency")
    )
    assert not found_by(price_moves, period_with(closes=closes))


@pytest.mark.parametrize("spelled", ["BRKB", "BRK.B", "BRK-B", "BRK/B"])
def test_an_action_explains_the_price_of_its_symbol_however_it_is_spelled(spelled: str) -> None:
    split = actions_of({"symbol": spelled, "date": SESSIONS[4], "action": "split", "new": 4.0, "old": 1.0})
    closes = closes_with("BBB", SESSIONS[4], 14).with_columns(pl.col("symbol").replace("BBB", "BRK-B"))
    assert found_by(price_moves, period_with(closes=closes, actions=split)) == []
    two = pl.concat([closes, closes_of(prices_of("BRK.B", 70))])
    moved = found_by(price_moves, period_with(closes=two, actions=split))
    assert bool(moved) == (spelled != "BRK-B"), "two that stand side by side are two securities"
