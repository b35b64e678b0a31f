"""Prices that move more than a market does, and actions that the price does not follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.period import Period, by_month
from russell_pipeline.market.checks.thresholds import Thresholds, log_of_fall
from russell_pipeline.market.ex_price import PRICED, ex_price
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.spelling import spelled_as
from russell_pipeline.wording import counted

_TERMS = ("new", "old", "amount", "price")


def price_moves(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Prices that move more than a market does and no action explains, and actions that the price does not follow."""
    moves = period.of_months(period.moves).filter(pl.col("since").is_not_null() & pl.col("same_currency"))
    moves = moves.join(
        _expected(moves, period.with_security(spelled_as(moves["symbol"], period.actions, "symbol"))),
        on=["symbol", "date"],
        how="left",
        maintain_order="left",
    )
    moves = moves.with_columns(pl.col("expected").fill_null(pl.col("before")))
    # In logarithms: how far the close is from the expected price, and the expected price from the close before.
    beyond, effect = (pl.col("close") / pl.col("expected")).log(), (pl.col("before") / pl.col("expected")).log()
    material = effect.abs() >= log_of_fall(limits.material_action)
    ignored = material & (beyond.abs() > (beyond - effect).abs())
    wild = ~ignored & (beyond.abs() > log_of_fall(limits.move))
    moves = moves.with_columns(ignored=ignored, wild=wild, beyond=beyond.abs()).filter(ignored | wild)

    for month, unfollowed in by_month(moves.filter("ignored").sort("date", "symbol")):
        names = [
            f"{row['symbol']} on {row['date']}, {row['named']}, from {row['before']:g} to {row['close']:g} "
            f"where {row['expected']:.4g} follows"
            for row in unfollowed.iter_rows(named=True)
        ]
        says = f"{month}: {counted(unfollowed.height, 'action')} without the price that should follow: "
        yield month, Finding(AREA, "warning", month, says + limits.first_few(names))
    for month, wildest in by_month(moves.filter("wild").sort("beyond", "symbol", descending=[True, False])):
        names = [
            f"{row['symbol']} on {row['date']} from {row['before']:g} to {row['close']:g}"
            for row in wildest.iter_rows(named=True)
        ]
        says = f"{month}: {counted(wildest.height, 'move')} of {limits.move:.0%} or more that no action explains: "
        yield month, Finding(AREA, "warning", month, says + limits.first_few(names))


def _expected(moves: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The close to expect after the actions since the close before, for names that have any: symbol, date, expected, named."""
    priced = actions.filter(pl.col("action").is_in(PRICED)).rename({"date": "ex_date"})
    priced = priced.drop("symbol")
    met = moves.select("symbol", "security", "date", "since", "before").join(
        priced, on="security", maintain_order="right"
    )
    met = met.filter((pl.col("since") < pl.col("ex_date")) & (pl.col("ex_date") <= pl.col("date")))
    found: dict[tuple[str, date], tuple[float | None, str]] = {}
    for row in met.sort("ex_date", maintain_order=True).iter_rows(named=True):
        key, action = (row["symbol"], row["date"]), row["action"]
        price, named = found.get(key, (row["before"], ""))
        left = price and ex_price(price, action, **{term: row[term] for term in _TERMS})
        found[key] = (left if left and left > 0 else None, f"{named} and {action}" if named else action)
    schema = {"symbol": pl.String, "date": pl.Date, "expected": pl.Float64, "named": pl.String}
    return pl.DataFrame([(*key, *found_for_key) for key, found_for_key in found.items()], schema, orient="row")
