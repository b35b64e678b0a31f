"""The data of an index calculation: refusals, missing prices, reviews, the market. Nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.errors import Refusal

CLOSES = {"date": pl.Date(), "symbol": pl.String(), "close": pl.Float64(), "currency": pl.String()}
# Rates may also have a `quote`.
FX = {"date": pl.Date(), "currency": pl.String(), "rate": pl.Float64()}
ACTIONS = {
    "symbol": pl.String(),
    "date": pl.Date(),
    "action": pl.String(),
    "new": pl.Float64(),
    "old": pl.Float64(),
    "amount": pl.Float64(),
    "price": pl.Float64(),
    "to_symbol": pl.String(),
}
SUSPENSIONS = {"symbol": pl.String(), "suspended_on": pl.Date(), "resumed_on": pl.Date()}
SYMBOL_CHANGES = {"date": pl.Date(), "old_symbol": pl.String(), "new_symbol": pl.String()}

# The columns of the review weights that levels are computed from.
BASKETS = {
    "review": pl.String(),
    "symbol": pl.String(),
    "cutoff_on": pl.Date(),
    "implemented_on": pl.Date(),
    "effective_on": pl.Date(),
    "close": pl.Float64(),
    "currency": pl.String(),
    "price_on": pl.Date(),
    "shares": pl.Float64(),
    "free_float": pl.Float64(),
    "weighting_factor": pl.Float64(),
}


class MissingPrice(NamedTuple):
    """A price that an index needs and nobody supplied: the `close` of a symbol, or the `rate` of a currency, on a day."""

    what: str
    name: str
    day: date


class IndexRefusal(Refusal):
    """The refusal of an index that cannot be defined or computed as asked; each of `messages` is a sentence for a person.

    `day` is the first session that has no level for this reason, None where the reason is about no day. `missing_prices` are the
    prices that are missing for it.
    """

    def __init__(self, *messages: str, day: date | None = None, missing_prices: Sequence[MissingPrice] = ()) -> None:
        super().__init__("\n".join(messages))
        self.messages, self.day, self.missing_prices = messages, day, missing_prices

    @property
    def sentence(self) -> str:
        """The sentences on one line."""
        return "; ".join(self.messages)


@dataclass(frozen=True, slots=True)
class Review:
    """The days of a review: price cut-off, implementation (after the close) and effective day (the next session).

    `name` is YYYY-MM, or an ISO date if a component file names the review by its day.
    """

    name: str
    cutoff_on: date
    implemented_on: date
    effective_on: date


def _empty(schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True)
class Market:
    """The market data of a calculation, in the columns of the landing files; other columns are ignored.

    `closes` are as traded, in local currency, one for each session and symbol. `fx` is in units of `quote` (USD where there is
    none) for one unit of `currency`. `actions` are in the order of the file, in which those of one day apply.
    """

    closes: pl.DataFrame
    fx: pl.DataFrame = field(default_factory=lambda: _empty(FX))
    actions: pl.DataFrame = field(default_factory=lambda: _empty(ACTIONS))
    suspensions: pl.DataFrame = field(default_factory=lambda: _empty(SUSPENSIONS))
    symbol_changes: pl.DataFrame = field(default_factory=lambda: _empty(SYMBOL_CHANGES))


def cast_to(columns: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """Expressions that select these columns in these types."""
    return [pl.col(name).cast(type_) for name, type_ in columns.items()]


def with_currency(closes: pl.DataFrame) -> pl.DataFrame:
    """Closes with their currency, by default USD (CONTRACT)."""
    return closes if "currency" in closes.columns else closes.with_columns(currency=pl.lit("USD"))
