"""A review before it is implemented: its weights as they have drifted, the trades that it takes, the turnover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from russell_pipeline.index.basket import State
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Market
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import total
from russell_pipeline.index.weights import quoted

TRADES = {
    "symbol": pl.String(),
    "close": pl.Float64(),
    "currency": pl.String(),
    "fx": pl.Float64(),
    "weight_at_cutoff": pl.Float64(),
    "weight_held": pl.Float64(),
    "weight": pl.Float64(),
    "weight_change": pl.Float64(),
    "trade_value": pl.Float64(),
    "trade_shares": pl.Float64(),
}


@dataclass(frozen=True, eq=False)
class ProForma:
    """A review at the closes of a day: the names that are held or come in, the greatest trade first, and the turnover.

    `trades` have the columns `TRADES`: `weight_held` is what the index holds that day, `weight` what the review's names would
    have if it were implemented at these closes. `trade_value` is for the notional, in the index's currency, `trade_shares`
    at the close as traded; negative is sold. `turnover` is one-way: half the sum of all changes without their signs.
    """

    index_code: str
    review: str
    on: date
    implemented_on: date
    turnover: float
    trades: pl.DataFrame


def pro_forma(
    definition: Definition, weights: pl.DataFrame, state: State, market: Market, notional: float = 1.0
) -> ProForma:
    """The review of these weights at the closes of the day of a state, from its cut-off to its implementation.

    `weights` are the rows of the coming review (`weights.WEIGHTS`), which the state does not hold yet; the closes of names
    that come in are taken from `market`.
    Raises IndexRefusal for a day outside that span, or a name without a close.
    """
    first = weights.row(0, named=True)
    day, until, named_on = state.date, first["implemented_on"], first["effective_on"]
    said = f"{definition.code} {first['review']}"
    if not first["cutoff_on"] <= day <= until:
        raise IndexRefusal(
            f"{said}: {day} is not between its price cut-off, {first['cutoff_on']}, and implementation, {until}"
        )
    prices, coming = Prices(market), weights.filter(pl.col("weighting_factor") != 0)
    at_day = quoted(definition, prices, coming["symbol"], (day, until, named_on), f"{said}: {{}} on {day}")
    at_day = at_day.select("symbol", "currency", "fx", adjusted="close", close="close_as_traded")
    drifted = coming.select("symbol", "shares", "free_float", "weighting_factor", weight_at_cutoff="weight").join(
        at_day, on="symbol"
    )
    counted = pl.col("shares") * pl.col("free_float") * pl.col("weighting_factor")
    drifted = _weights(drifted.sort("symbol").with_columns(value=pl.col("adjusted") * pl.col("fx") * counted), "weight")
    names = pl.col("symbol").replace(dict(prices.renames.between(day, named_on)))
    held = _weights(state.names.with_columns(names, value=pl.col("close") * pl.col("fx") * counted), "weight_held")
    both = drifted.select("symbol", "close", "currency", "fx", "weight_at_cutoff", "weight").join(
        held.select("symbol", "weight_held", "close", "currency", "fx"),
        on="symbol",
        how="full",
        coalesce=True,
        suffix="_held",
    )
    change = pl.col("weight") - pl.col("weight_held")
    trades = (
        both.with_columns(
            pl.col("weight", "weight_held", "weight_at_cutoff").fill_null(0.0),
            *(pl.coalesce(name, f"{name}_held") for name in ("close", "currency", "fx")),
        )
        .with_columns(weight_change=change, trade_value=change * notional)
        .with_columns(trade_shares=pl.col("trade_value") / (pl.col("close") * pl.col("fx")))
        .sort(pl.col("weight_change").abs(), "symbol", descending=[True, False])
        .select(pl.col(name).cast(type_) for name, type_ in TRADES.items())
    )
    turnover = total(trades["weight_change"].abs().to_numpy()) / 2
    return ProForma(definition.code, first["review"], day, until, turnover, trades)


def _weights(names: pl.DataFrame, name: str) -> pl.DataFrame:
    """Values as shares of their sum, in a column of that name."""
    return names.with_columns((pl.col("value") / total(names["value"].to_numpy())).alias(name))
