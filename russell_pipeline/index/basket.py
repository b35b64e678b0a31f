"""The names an index holds, as arrays by column of a panel, and the state that a later run continues from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from russell_pipeline.index.corporate_actions import Holding
from russell_pipeline.index.panel import Codes, Days, Ints, Panel
from russell_pipeline.index.sums import Floats

NAMES = {
    "symbol": pl.String(),
    "shares": pl.Float64(),
    "free_float": pl.Float64(),
    "weighting_factor": pl.Float64(),
    "close": pl.Float64(),
    "currency": pl.String(),
    "fx": pl.Float64(),
    "price_on": pl.Date(),
}
_INDEX = {
    "index_code": pl.String(),
    "date": pl.Date(),
    "divisor": pl.Float64(),
    "price_index": pl.Float64(),
    "total_return_index": pl.Float64(),
    "market_value": pl.Float64(),
}
_ARRAYS = ("shares", "free_float", "factor", "close", "rate", "currency", "price_on", "held", "weight", "origin")
STATE = {**_INDEX, "ordinal": pl.Int32(), **NAMES}


@dataclass(frozen=True, eq=False)
class State:
    """An index at the end of a day, after any review: where the next day continues.

    `divisor` is that of the next open, `market_value` the value after everything on the day. `names` (columns `NAMES`) are in
    the order in which their values are added. Their `close` is the last price in local currency, that of `price_on` after the
    corporate actions since, and `fx` the day's rate.
    """

    index_code: str
    date: date
    divisor: float
    price_index: float
    total_return_index: float
    market_value: float
    names: pl.DataFrame

    def frame(self) -> pl.DataFrame:
        """The state as rows (columns `STATE`), one for each name, unrounded."""
        whole = {name: pl.lit(getattr(self, name), type_) for name, type_ in _INDEX.items()}
        ordinal = pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
        return self.names.with_columns(**whole, ordinal=ordinal).select(list(STATE))

    @classmethod
    def of(cls, frame: pl.DataFrame) -> State:
        """The state from the rows of `frame`, in any order. Raises ValueError for rows that are not those of one state."""
        if frame.height == 0 or frame.select(list(_INDEX)).unique().height != 1:
            raise ValueError("a state has rows, and all of them are of one index and one day")
        first = frame.select(list(_INDEX)).row(0, named=True)
        return cls(**first, names=frame.sort("ordinal").select(list(NAMES)))


class Basket:
    """The names of an index at one moment, by column of a panel; a column that is not held is worth nothing.

    `weight` is shares x free float x weighting factor. `close` is the last price, that of `price_on`, in the currency with the
    code `currency`, and `rate` the last rate of that currency. `size` is the number of names that the basket was made of, and
    `origin` the place among them of each name, or of the name that it came from by a corporate action.
    """

    def __init__(
        self,
        panel: Panel,
        columns: Ints,
        *,
        shares: Floats,
        free_float: Floats,
        factor: Floats,
        close: Floats,
        currency: Codes,
        rate: Floats,
        price_on: Days,
        origin: Ints | None = None,
        size: int | None = None,
    ) -> None:
        self.panel, self.size = panel, len(columns) if size is None else size

        def placed(values: NDArray[Any]) -> NDArray[Any]:
            array = np.zeros(len(panel.names), values.dtype)
            array[columns] = values
            return array

        self.shares, self.free_float, self.factor = placed(shares), placed(free_float), placed(factor)
        self.close, self.rate = placed(close), placed(rate)
        self.currency, self.price_on = placed(currency), placed(price_on)
        self.held = placed(np.ones(len(columns), np.bool_))
        self.origin = placed(np.arange(len(columns)) if origin is None else origin)
        self.weight: Floats = self.shares * self.free_float * self.factor

    @classmethod
    def of(cls, state: State, panel: Panel, columns: Ints) -> Basket:
        """The basket of a state, with the columns of its names. Raises IndexRefusal for a currency without rates."""
        names = state.names
        codes = {currency: panel.code(currency) for currency in set(names["currency"].to_list())}
        return cls(
            panel,
            columns,
            shares=names["shares"].to_numpy(),
            free_float=names["free_float"].to_numpy(),
            factor=names["weighting_factor"].to_numpy(),
            close=names["close"].to_numpy(),
            currency=np.array([codes[currency] for currency in names["currency"].to_list()], np.int16),
            rate=names["fx"].to_numpy(),
            price_on=names["price_on"].to_numpy(),
        )

    def names(self) -> pl.DataFrame:
        """The names held (columns `NAMES`), in the order of the columns."""
        held = np.flatnonzero(self.held)
        columns = {
            "symbol": self.panel.names[held],
            "shares": self.shares[held],
            "free_float": self.free_float[held],
            "weighting_factor": self.factor[held],
            "close": self.close[held],
            "currency": pl.Series(self.panel.currencies)[self.currency[held]],
            "fx": self.rate[held],
            "price_on": self.price_on[held],
        }
        return pl.DataFrame(columns, schema=NAMES)

    def holds(self, symbol: str | None) -> bool:
        """Whether a symbol is held."""
        column = None if symbol is None else self.panel.column.get(symbol)
        return column is not None and bool(self.held[column])

    def values(self) -> Floats:
        """The value of each column at its last price and rate."""
        values: Floats = self.close * self.rate * self.weight
        return values

    def worth(self, column: int) -> float:
        """The value of one column at its last price and rate."""
        return float(self.close[column] * self.rate[column] * self.weight[column])

    def holding(self, column: int) -> Holding:
        """The name in a column."""
        return Holding(
            self.panel.symbols[column],
            float(self.shares[column]),
            float(self.free_float[column]),
            float(self.factor[column]),
            float(self.close[column]),
        )

    def put(self, holding: Holding, like: int) -> None:
        """Put a name into its column, with the currency, the rate and the day of the last price of the column `like`."""
        column = self.panel.column[holding.symbol]
        self.shares[column], self.free_float[column] = holding.shares, holding.free_float
        self.factor[column], self.close[column] = holding.factor, holding.close
        self.weight[column] = self.shares[column] * self.free_float[column] * self.factor[column]
        self.currency[column], self.rate[column] = self.currency[like], self.rate[like]
        self.price_on[column], self.origin[column] = self.price_on[like], self.origin[like]
        self.held[column] = True

    def move(self, old: Sequence[int], new: Sequence[int]) -> None:
        """Move names to other columns, all at once."""
        for name in _ARRAYS:
            array = getattr(self, name)
            moved = array[old]
            array[old] = np.zeros(1, array.dtype)
            array[new] = moved

    def remove(self, column: int) -> None:
        """Take a name out."""
        self.held[column], self.weight[column] = False, 0.0
