"""The prices of a basket over sessions in which its names stay: closes, last prices where there are none, and rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.panel import NOWHERE, Ints, Panel
from russell_pipeline.index.sums import Floats


class Block:
    """Prices of (sessions, names), the names in the basket's places; a row is a row of the panel.

    `close` is in the currency that `code` names, `price` in the index's. A name that does not trade has its last price;
    `gaps` are the places of such names, with the first row on which they do not.
    """

    def __init__(self, panel: Panel, first: int, last: int, basket: Basket) -> None:
        self.panel, self.first, self.last = panel, first, last
        rows = slice(first, last + 1)
        columns = basket.column
        self.close: Floats = panel.close[rows].take(columns, axis=1)
        nowhere = columns == NOWHERE
        if nowhere.any():
            self.close[:, nowhere] = np.nan
        if not basket.active.all():
            self.close[:, ~basket.active] = 0.0
        self.traded = ~np.isnan(self.close)
        self.suspended = np.zeros(self.close.shape, np.bool_)
        self.at_home = not panel.foreign.any() and not basket.currency.any()
        self.price = self.close
        if not self.at_home:
            self.code: NDArray[np.int16] = panel.currency[rows].take(columns, axis=1)
            self.code[:, nowhere] = 0
            self.rate: Floats = np.take_along_axis(panel.rates[rows], self.code, axis=1)
            self.price = self.close * self.rate
        for symbol in panel.prices.suspended.symbols & basket.position.keys():
            self._suspend(basket.position[symbol], first, symbol)
        self.gaps: dict[int, int] = {}
        idle = np.flatnonzero(~self.traded.all(axis=0))
        self.carry(idle, first, basket.close[idle], basket.currency[idle])

    def follow(self, place: int, row: int, column: int, symbol: str, close: float, code: int) -> None:
        """Let a place have the closes of a symbol from a row on, and a last price where there is none."""
        at, rows = row - self.first, slice(row, self.last + 1)
        self.suspended[at:, place] = False
        self.close[at:, place] = np.nan if column == NOWHERE else self.panel.close[rows, column]
        self.traded[at:, place] = ~np.isnan(self.close[at:, place])
        if not self.at_home:
            self.code[at:, place] = 0 if column == NOWHERE else self.panel.currency[rows, column]
            self.rate[at:, place] = np.take_along_axis(self.panel.rates[rows], self.code[at:, place, None], axis=1)[
                :, 0
            ]
            self.price[at:, place] = self.close[at:, place] * self.rate[at:, place]
        self._suspend(place, row, symbol)
        if not self.traded[at:, place].all():
            self.carry(np.array([place]), row, np.array([close]), np.array([code], np.int16))

    def carry(self, places: Ints, row: int, close: Floats, code: NDArray[np.int16]) -> None:
        """Give places their last prices on the sessions from a row on on which they do not trade: `close` until they do."""
        at = row - self.first
        traded = self.traded[at:, places]
        rows = np.arange(len(traded))[:, None]
        last = np.maximum.accumulate(np.where(traded, rows, NOWHERE), axis=0)
        never = last == NOWHERE
        closes = np.where(never, close, np.take_along_axis(self.close[at:, places], last.clip(0), axis=0))
        self.close[at:, places] = closes
        if not self.at_home:
            codes = np.where(never, code, np.take_along_axis(self.code[at:, places], last.clip(0), axis=0))
            rates = self.panel.rates[row + rows, codes]
            self.code[at:, places], self.rate[at:, places], self.price[at:, places] = codes, rates, closes * rates
        idle = zip(places.tolist(), (row + np.argmin(traded, axis=0)).tolist(), strict=True)
        self.gaps |= {place: min(since, self.gaps.get(place, since)) for place, since in idle}

    def quote(self, place: int, row: int, close: float) -> None:
        """Let a place close at a price on a row, in the currency that it has there."""
        at = row - self.first
        self.close[at, place] = close
        if not self.at_home:
            self.price[at, place] = close * self.rate[at, place]
        self.traded[at, place] = True

    def end(self, place: int, row: int) -> None:
        """Let a place have no price after a row: its name is gone."""
        self.price[row - self.first + 1 :, place] = 0.0
        self.close[row - self.first + 1 :, place] = 0.0
        self.gaps.pop(place, None)

    def rates(self, row: int) -> Floats:
        """The rates of all places on a row."""
        return np.ones(self.close.shape[1]) if self.at_home else self.rate[row - self.first]

    def leave(self, basket: Basket, row: int) -> None:
        """Leave the prices and rates of a row as the last ones of a basket."""
        at = row - self.first
        basket.close[:] = self.close[at]
        if self.at_home:
            basket.rate[:] = 1.0
        else:
            basket.rate[:] = self.rate[at]
            basket.currency[:] = self.code[at]

    def _suspend(self, place: int, row: int, symbol: str) -> None:
        """Take from a place the closes of the sessions on which its name is suspended."""
        for begin, end in self.panel.prices.suspended.spans(symbol):
            days = self.panel.sessions[row : self.last + 1]
            for at, day in enumerate(days, row - self.first):
                if begin <= day and (end is None or day < end):
                    self.suspended[at, place], self.traded[at, place] = True, False
