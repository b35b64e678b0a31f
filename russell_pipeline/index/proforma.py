"""The pro forma of a review before it is implemented: its drifted weights, the trades that it needs, the turnover.

Before its price cut-off a review is weighed at the closes of the day asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Market, cast_to
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import total
from russell_pipeline.index.weights import PriceDays, price_quotes

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
    "priced_on": pl.Date(),
}
_COUNTED = pl.col("shares") * pl.col("free_float") * pl.col("weighting_factor")


@dataclass(frozen=True, eq=False)
class ProForma:
    """A review at the closes of a day: the trades in names that are held or come in, the greatest first, and the turnover.

    `trades` have the columns `TRADES`: `weight_held` is what the index holds that day, `weight` what the review's names would
    have if it were implemented at these closes. `trade_value` is for the notional, in the index's currency, `trade_shares`
    at the close as traded; negative is sold. `turnover` is one-way: half the sum of all changes without their signs.
    `priced_on` is the day whose closes weigh the review: its price cut-off, or before that the day `on` in its place.
    """

    index_code: str
    review: str
    on: date
    implemented_on: date
    turnover: float
    trades: pl.DataFrame
    priced_on: date
    cutoff_on: date

    @property
    def provisional(self) -> bool:
        """Whether the review is weighed before its price cut-off, so that its weights will change."""
        return self.priced_on < self.cutoff_on

    @property
    def additions(self) -> pl.DataFrame:
        """The trades of the names that the review adds."""
        return self.trades.filter((pl.col("weight_held") == 0) & (pl.col("weight") != 0))

    @property
    def deletions(self) -> pl.DataFrame:
        """The trades of the names that the review deletes."""
        return self.trades.filter((pl.col("weight_held") != 0) & (pl.col("weight") == 0))


def pro_forma(
    definition: Definition,
    weights: pl.DataFrame,
    state: IndexState,
    market: Market,
    notional: float = 1.0,
    *,
    cutoff_on: date | None = None,
) -> ProForma:
    """Compare a review with what the index holds, at the closes of the day of a state, up to its implementation.

    Parameters
    ----------
    definition
        The index.
    weights
        The rows of the review (columns `weights.WEIGHTS`), which is not implemented yet in `state`.
    state
        The index at the end of the day.
    market
        Closes, rates and actions, also those of names that come in.
    notional
        The value of a portfolio in the index's currency, for trades.
    cutoff_on
        The price cut-off of the review where `weights` are of an earlier day.

    Returns
    -------
    ProForma
        The trades, the greatest first, and the turnover.

    Raises
    ------
    IndexRefusal
        For a day before that of the weights or after the implementation, and for a name without a close.
    """
    first = weights.row(0, named=True)
    day, until, named_on = state.date, first["implemented_on"], first["effective_on"]
    subject = f"{definition.code} {first['review']}"
    if not first["cutoff_on"] <= day <= until:
        raise IndexRefusal(
            f"{subject}: {day} is not between its price cut-off, {first['cutoff_on']}, and implementation, {until}"
        )
    prices, entering = Prices(market), weights.filter(pl.col("weighting_factor") != 0)
    quotes = price_quotes(
        definition, prices, entering["symbol"], PriceDays(day, until, named_on), f"{subject}: {{}} on {day}"
    )
    renamed = pl.col("symbol").replace(dict(prices.symbol_changes.between(day, named_on)))
    priced_on: date = first["cutoff_on"]
    trades = _trades(_drifted(entering, quotes), _held(state.names.with_columns(renamed)), notional, priced_on)
    turnover = total(trades["weight_change"].abs().to_numpy()) / 2
    return ProForma(definition.code, first["review"], day, until, turnover, trades, priced_on, cutoff_on or priced_on)


def _drifted(entering: pl.DataFrame, quotes: pl.DataFrame) -> pl.DataFrame:
    """The names of a review at the closes of a day: `close` as traded, `weight` after splits up to implementation, as shares."""
    at_day = quotes.select("symbol", "currency", "fx", adjusted="close", close="close_as_traded")
    names = entering.select("symbol", "shares", "free_float", "weighting_factor", weight_at_cutoff="weight")
    value = pl.col("adjusted") * pl.col("fx") * _COUNTED
    names = _weighed(names.join(at_day, on="symbol").sort("symbol").with_columns(value=value), "weight")
    return names.select("symbol", "close", "currency", "fx", "weight_at_cutoff", "weight")


def _held(names: pl.DataFrame) -> pl.DataFrame:
    """The names of a state with their weights."""
    names = _weighed(names.with_columns(value=pl.col("close") * pl.col("fx") * _COUNTED), "weight_held")
    return names.select("symbol", "weight_held", "close", "currency", "fx")


def _trades(drifted: pl.DataFrame, held: pl.DataFrame, notional: float, priced_on: date) -> pl.DataFrame:
    """The trades from the names held to those of the review, the greatest first (columns `TRADES`)."""
    both = drifted.join(held, on="symbol", how="full", coalesce=True, suffix="_held")
    change = pl.col("weight") - pl.col("weight_held")
    return (
        both.with_columns(
            pl.col("weight", "weight_held", "weight_at_cutoff").fill_null(0.0),
            *(pl.coalesce(name, f"{name}_held") for name in ("close", "currency", "fx")),
        )
        .with_columns(weight_change=change, trade_value=change * notional)
        .with_columns(
            trade_shares=pl.col("trade_value") / (pl.col("close") * pl.col("fx")), priced_on=pl.lit(priced_on)
        )
        .sort(pl.col("weight_change").abs(), "symbol", descending=[True, False])
        .select(cast_to(TRADES))
    )


def _weighed(names: pl.DataFrame, weight: str) -> pl.DataFrame:
    """Names with their values as shares of the sum, in a column `weight`."""
    return names.with_columns((pl.col("value") / total(names["value"].to_numpy())).alias(weight))
