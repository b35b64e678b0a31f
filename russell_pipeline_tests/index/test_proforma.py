"""Protects the pro forma of a review: drifted weights, turnover, and trades that bring the index from one to the other."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from russell_pipeline.index.levels import run
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.proforma import pro_forma
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import component, day, definition, levels, market, review

CLOSES = {"A": [10, 10, 20, 20], "B": [10, 10, 10, 10], "D": [5, 5, 5, 2.5]}


def test_pro_forma_weights_drift_to_closes_of_day() -> None:
    found = market(CLOSES)
    coming = review_weights(definition(), review(3, cutoff=1), {"C": component(B=10, D=20)}, found)
    state = levels(definition(), found, {"C": component(A=10, B=10)}, 3).state
    told = pro_forma(definition(), coming, state, found, notional=900)
    rows = {row["symbol"]: row for row in told.trades.to_dicts()}
    assert {symbol: row["weight_held"] for symbol, row in rows.items()} == pytest.approx(
        {"A": 2 / 3, "B": 1 / 3, "D": 0}
    )
    assert {symbol: row["weight"] for symbol, row in rows.items()} == pytest.approx({"A": 0, "B": 1 / 2, "D": 1 / 2})
    assert {symbol: row["trade_shares"] for symbol, row in rows.items()} == pytest.approx({"A": -30, "B": 15, "D": 90})
    assert told.trades["trade_value"].sum() == pytest.approx(0, abs=1e-9)
    assert told.turnover == pytest.approx(2 / 3)


def test_pro_forma_adjusts_price_for_split_before_implementation() -> None:
    """Traded are shares as they are on the day: the weight is that of the shares after the split at half the price."""
    found = market(CLOSES, [{"symbol": "D", "date": 3, "action": "split", "new": 2, "old": 1}])
    coming = review_weights(definition(), review(3, cutoff=1), {"C": component(B=10, D=40)}, found)
    state = levels(definition(), found, {"C": component(A=10, B=10)}, 3).state
    trades = pro_forma(definition(), coming, state, found, notional=300).trades
    row = trades.filter(symbol="D").row(0, named=True)
    assert (row["close"], row["weight"], row["trade_shares"]) == (
        5,
        pytest.approx(0.5),
        pytest.approx(30),
    )


def test_pro_forma_at_implementation_has_weights_of_new_basket() -> None:
    found = market(
        CLOSES, currencies={"D": "CAD"}, rates={"CAD": [1, 0.9, 0.8, 0.7]}, symbol_changes=[(day(3), "D", "E")]
    )
    found = replace(
        found,
        closes=found.closes.with_columns(
            symbol=pl.when((pl.col("symbol") == "D") & (pl.col("date") >= day(3))).then(pl.lit("E")).otherwise("symbol")
        ),
    )
    coming = review_weights(definition(), review(2, cutoff=1), {"C": component(B=(10, 0.5), E=(20, 0.25))}, found)
    before = levels(definition(), found, {"C": component(A=10, B=10)}, 3).state
    told = pro_forma(definition(), coming, before, found)
    first = review_weights(definition(), review(), {"C": component(A=10, B=10)}, found)
    done = run(definition(), found, pl.concat([first, coming]), [day(n) for n in range(3)])
    after = done.state.names
    value = after["close"] * after["fx"] * after["shares"] * after["free_float"] * after["weighting_factor"]
    weights = {row["symbol"]: row["weight"] for row in told.trades.to_dicts() if row["weight"]}
    assert weights == pytest.approx(dict(zip(["B", "E"], value / value.sum(), strict=True)))
    assert set(told.trades["symbol"]) == {"A", "B", "E"}
    assert told.trades["weight_change"].abs().is_sorted(descending=True)
    traded = done.ledger.filter(pl.col("turnover").is_not_null())
    assert traded["event"].to_list() == [f"review {told.review}"]
    assert traded["turnover"][0] == pytest.approx(told.turnover)


def test_ledger_has_turnover_and_gross_weight_of_review() -> None:
    """Nine of A and D less one of B, at even prices; B doubles, so that 90 less 20 are held; then it is A for D, and B again."""
    told = definition(legs=(("C", 9), ("G", -1)))
    found = market({"A": [10, 10, 10], "B": [10, 20, 20], "D": [10, 10, 10]})
    legs = {"C": component(A=10), "G": component(B=10)}, {"C": component(D=10), "G": component(B=10)}
    baskets = [review_weights(told, review(n), one, found) for n, one in zip((0, 1), legs, strict=True)]
    ledger = run(told, found, pl.concat(baskets), [day(n) for n in range(3)]).ledger
    assert ledger.filter(event="base").select("turnover", "gross_before", "gross_after").row(0) == (None, None, None)
    traded = ledger.filter(moment="close").row(0, named=True)
    assert traded["gross_before"] == pytest.approx((90 + 20) / 70)
    assert traded["gross_after"] == pytest.approx((9 + 1) / 8)
    assert traded["turnover"] == pytest.approx((9 / 7 + 9 / 8 + (2 / 7 - 1 / 8)) / 2)


def test_pro_forma_rejects_day_outside_review() -> None:
    found = market(CLOSES)
    coming = review_weights(definition(), review(3, cutoff=2), {"C": component(B=10)}, found)
    state = levels(definition(), found, {"C": component(A=10, B=10)}, 2).state
    with pytest.raises(
        IndexRefusal, match="2025-01-07 is not between its price cut-off, 2025-01-08, and implementation, 2025-01-09"
    ):
        pro_forma(definition(), coming, state, found)
