"""The names that an index holds, as arrays in the order in which their values are added, and their state between runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from russell_pipeline.index.events import Holding
from russell_pipeline.index.panel import Panel
from russell_pipeline.index.sums import Floats, total

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
}
_ARRAYS = ("shares", "free_float", "factor", "close", "rate", "currency", "price_on", "active", "weight", "column")
STATE = {**_INDEX, "ordinal": pl.Int32(), **NAMES}


@dataclass(frozen=True, eq=False)
class State:
    """An index after all that happened on a day, its close and a review after it included: what the next day goes on from.

    `divisor` is that of the next open. `names` (columns `NAMES`) stand in the order in which their values are added; `close`
    is the last price, of `price_on`, after the actions since, in `currency`, and `fx` the day's rate of that.
    """

    index_code: str
    date: date
    divisor: float
    price_index: float
    total_return_index: float
    names: pl.DataFrame

    def frame(self) -> pl.DataFrame:
        """The state as rows (columns `STATE`), one a name; nothing is rounded."""
        whole = {name: pl.lit(getattr(self, name), type_) for name, type_ in _INDEX.items()}
        ordinal = pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
        return self.names.with_columns(**whole, ordinal=ordinal).select(list(STATE))

    @classmethod
    def of(cls, frame: pl.DataFrame) -> State:
        """The state in rows that `frame` gave, in any order. Raises ValueError for rows that are not those of one state."""
        if frame.height == 0 or frame.select(list(_INDEX)).unique().height != 1:
            raise ValueError("a state has rows, and all of them are of one index and one day")
        first = frame.select(list(_INDEX)).row(0, named=True)
        return cls(**first, names=frame.sort("ordinal").select(list(NAMES)))


class Basket:
    """The names of an index at one moment, and places for names that join; a place without a name is worth nothing.

    `weight` is shares x free float x weighting factor: what a price counts. `currency` are places in the panel's currencies,
    `column` those in its columns.
    """

    def __init__(self, names: pl.DataFrame, panel: Panel) -> None:
        def copied(column: str) -> Floats:
            return names[column].to_numpy().astype(np.float64)

        self.symbols: list[str] = names["symbol"].to_list()
        self.shares, self.free_float = copied("shares"), copied("free_float")
        self.factor, self.close, self.rate = copied("weighting_factor"), copied("close"), copied("fx")
        codes = {currency: panel.code(currency) for currency in names["currency"].unique()}
        self.currency = names["currency"].replace_strict(codes, return_dtype=pl.Int16).to_numpy().copy()
        self.column = panel.columns(self.symbols)
        self.price_on = names["price_on"].to_numpy().astype("M8[D]", copy=True)
        self.active = np.ones(names.height, np.bool_)
        self.weight: Floats = self.shares * self.free_float * self.factor
        self.position = {symbol: n for n, symbol in enumerate(self.symbols)}

    def make_room(self, spare: int) -> None:
        """Have that many places free at the end, and close those of names that are gone where they are many."""
        held = np.flatnonzero(self.active)
        vacant = len(self.symbols) - len(held)
        if spare == 0 and vacant <= len(held) // 8:
            return
        for name in _ARRAYS:
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array[held], np.zeros(spare, array.dtype)]))
        self.symbols = [*(self.symbols[n] for n in held), *[""] * spare]
        self.position = {symbol: n for n, symbol in enumerate(self.symbols[: len(held)])}

    def names(self, panel: Panel) -> pl.DataFrame:
        """The names that are held (columns `NAMES`), in order."""
        held = np.flatnonzero(self.active)
        columns = {
            "symbol": [self.symbols[n] for n in held.tolist()],
            "shares": self.shares[held],
            "free_float": self.free_float[held],
            "weighting_factor": self.factor[held],
            "close": self.close[held],
            "currency": pl.Series(panel.currencies).gather(self.currency[held]),
            "fx": self.rate[held],
            "price_on": self.price_on[held],
        }
        return pl.DataFrame(columns, schema=NAMES)

    def values(self) -> Floats:
        """The value of each name at its last price and rate."""
        return self.close * self.rate * self.weight

    def value(self) -> float:
        """The market value of all names."""
        return total(self.values())

    def holding(self, place: int) -> Holding:
        """The name at a place."""
        return Holding(
            self.symbols[place],
            float(self.shares[place]),
            float(self.free_float[place]),
            float(self.factor[place]),
            float(self.close[place]),
        )

    def put(self, place: int, holding: Holding) -> None:
        """Put a name, or one on new terms, at a place, with its last price."""
        self.position.pop(self.symbols[place], None)
        self.position[holding.symbol] = place
        self.symbols[place] = holding.symbol
        self.shares[place], self.free_float[place] = holding.shares, holding.free_float
        self.factor[place], self.close[place] = holding.factor, holding.close
        self.weight[place] = self.shares[place] * self.free_float[place] * self.factor[place]
        self.active[place] = True

    def rename(self, changes: dict[str, str]) -> None:
        """Give names other symbols, all at once."""
        places = {new: self.position.pop(old) for old, new in changes.items()}
        for new, place in places.items():
            self.symbols[place] = new
            self.position[new] = place

    def remove(self, place: int) -> None:
        """Take a name out."""
        del self.position[self.symbols[place]]
        self.active[place] = False
        self.weight[place] = 0.0
