"""The basket of an index, as arrays by column of a panel, and the index state that a later run continues from."""

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
_ARRAYS = ("shares", "free_float", "factor", "close", "rate", "currency", "price_on", "held", "weight")
STATE = {**_INDEX, "ordinal": pl.Int32(), **NAMES}


@dataclass(frozen=True, eq=False)
class IndexState:
    """The state of an index at the end of a session, after any review, from which the next session continues.

    `divisor` is that of the next open, `market_value` the value after all events of the session, in the index's currency. `names`
    (columns `NAMES`) are in the order in which their values are added. Their `close` is the last price in local currency, that of
    `price_on` after the corporate actions since, and `fx` the session's rate.
    """

    index_code: str
    date: date
    divisor: float
    price_index: float
    total_return_index: float
    market_value: float
    names: pl.DataFrame

    def to_frame(self) -> pl.DataFrame:
        """The state as rows (columns `STATE`), one for each name, unrounded."""
        whole = {name: pl.lit(getattr(self, name), type_) for name, type_ in _INDEX.items()}
        ordinal = pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
        return self.names.with_columns(**whole, ordinal=ordinal).select(list(STATE))

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> IndexState:
        """The state in the rows of a frame (columns `STATE`), in any order. Raises ValueError for rows of more than one state."""
        if frame.height == 0 or frame.select(list(_INDEX)).unique().height != 1:
            raise ValueError("a state has rows, and all of them are of one index and one day")
        first = frame.select(list(_INDEX)).row(0, named=True)
        return cls(**first, names=frame.sort("ordinal").select(list(NAMES)))


@dataclass(frozen=True, eq=False)
class NameValues:
    """What a basket is made of, one value for each name: `close` is the last price, that of `price_on`.

    `close` is in the currency with the code `currency`, and `rate` the last rate of that currency into the index's.
    """

    shares: Floats
    free_float: Floats
    factor: Floats
    close: Floats
    currency: Codes
    rate: Floats
    price_on: Days


class Basket:
    """The names of an index at one moment, as arrays by column of a panel.

    `held` marks the columns with a name; the others have no value. `weight` is shares x free float x weighting factor. The other
    arrays are those of `NameValues`.
    """

    def __init__(self, panel: Panel, columns: Ints, values: NameValues) -> None:
        self.panel = panel

        def placed(of_names: NDArray[Any]) -> NDArray[Any]:
            array = np.zeros(len(panel.names), of_names.dtype)
            array[columns] = of_names
            return array

        self.shares, self.free_float = placed(values.shares), placed(values.free_float)
        self.factor, self.close, self.rate = placed(values.factor), placed(values.close), placed(values.rate)
        self.currency, self.price_on = placed(values.currency), placed(values.price_on)
        self.held = placed(np.ones(len(columns), np.bool_))
        self.weight: Floats = self.shares * self.free_float * self.factor

    @classmethod
    def from_state(cls, state: IndexState, panel: Panel, columns: Ints) -> Basket:
        """The basket of a state, with the columns of its names. Raises IndexRefusal for a currency without rates."""
        names = state.names
        codes = {currency: panel.code(currency) for currency in set(names["currency"].to_list())}
        values = NameValues(
            shares=names["shares"].to_numpy(),
            free_float=names["free_float"].to_numpy(),
            factor=names["weighting_factor"].to_numpy(),
            close=names["close"].to_numpy(),
            currency=np.array([codes[currency] for currency in names["currency"].to_list()], np.int16),
            rate=names["fx"].to_numpy(),
            price_on=names["price_on"].to_numpy(),
        )
        return cls(panel, columns, values)

    def names(self) -> pl.DataFrame:
        """The names of the basket (columns `NAMES`), in the order of the columns."""
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
        """Whether a symbol is in the basket."""
        column = None if symbol is None else self.panel.column.get(symbol)
        return column is not None and bool(self.held[column])

    def values(self) -> Floats:
        """The value of each column at its last price and rate."""
        values: Floats = self.close * self.rate * self.weight
        return values

    def value_of(self, column: int) -> float:
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

    def set_holding(self, holding: Holding, like: int) -> None:
        """Set the terms of a name in its column; currency, rate and day of the last price are those of the column `like`."""
        column = self.panel.column[holding.symbol]
        self.shares[column], self.free_float[column] = holding.shares, holding.free_float
        self.factor[column], self.close[column] = holding.factor, holding.close
        self.weight[column] = self.shares[column] * self.free_float[column] * self.factor[column]
        self.currency[column], self.rate[column] = self.currency[like], self.rate[like]
        self.price_on[column] = self.price_on[like]
        self.held[column] = True

    def move(self, old: Sequence[int], new: Sequence[int]) -> None:
        """Move names to other columns, all at once."""
        for name in _ARRAYS:
            array = getattr(self, name)
            moved = array[old]
            array[old] = np.zeros(1, array.dtype)
            array[new] = moved

    def remove(self, column: int) -> None:
        """Remove the name in a column."""
        self.held[column], self.weight[column] = False, 0.0
