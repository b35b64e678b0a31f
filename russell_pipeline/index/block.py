"""The prices of a basket over sessions in which its names stay: closes, last prices where there are none, and rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.panel import NOWHERE, Panel
from russell_pipeline.index.sums import Floats


class Block:
    """Prices of (sessions, names), the names in the basket's places; a row is a row of the panel.

    `close` is in the currency that `code` names, `price` in the index's. A name that does not trade has its last price;
    `gaps` are the places of such names.
    """

    def __init__(self, panel: Panel, first: int, last: int, basket: Basket) -> None:
        self.panel, self.first, self.last = panel, first, last
        rows = slice(first, last + 1)
        columns = panel.columns(basket.symbols)
        self.close: Floats = panel.close[rows].take(columns, axis=1)
        nowhere = columns == NOWHERE
        self.close[:, nowhere & basket.active] = np.nan
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
        self.gaps = set(np.flatnonzero(~self.traded.all(axis=0)).tolist())
        for place in self.gaps:
            self.carry(place, first, float(basket.close[place]), int(basket.currency[place]))

    def follow(self, place: int, row: int, symbol: str, close: float, code: int) -> None:
        """Let a place have the closes of a symbol from a row on, and a last price where there is none."""
        column, at = self.panel.column.get(symbol, NOWHERE), row - self.first
        rows = slice(row, self.last + 1)
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
            self.gaps.add(place)
            self.carry(place, row, close, code)

    def carry(self, place: int, row: int, close: float, code: int) -> None:
        """Give a place its last price on the sessions from a row on on which it does not trade."""
        for at in range(row - self.first, len(self.close)):
            if self.traded[at, place]:
                close = float(self.close[at, place])
                code = code if self.at_home else int(self.code[at, place])
            else:
                self._set(place, at, close, code)

    def quote(self, place: int, row: int, close: float) -> None:
        """Let a place close at a price on a row, in the currency that it has there."""
        at = row - self.first
        self._set(place, at, close, 0 if self.at_home else int(self.code[at, place]))
        self.traded[at, place] = True

    def end(self, place: int, row: int) -> None:
        """Let a place have no price after a row: its name is gone."""
        self.price[row - self.first + 1 :, place] = 0.0
        self.close[row - self.first + 1 :, place] = 0.0

    def rates(self, row: int) -> Floats:
        """The rates of all places on a row."""
        return np.ones(self.close.shape[1]) if self.at_home else self.rate[row - self.first]

    def leave(self, basket: Basket, row: int) -> None:
        """Leave the prices and rates of a row as the last ones of a basket."""
        at = row - self.first
        basket.close[:] = self.close[at]
        basket.rate[:] = self.rates(row)
        if not self.at_home:
            basket.currency[:] = self.code[at]

    def _set(self, place: int, at: int, close: float, code: int) -> None:
        self.close[at, place] = close
        if not self.at_home:
            rate = self.panel.rates[self.first + at, code]
            self.code[at, place], self.rate[at, place] = code, rate
            self.price[at, place] = close * rate

    def _suspend(self, place: int, row: int, symbol: str) -> None:
        """Take from a place the closes of the sessions on which its name is suspended."""
        for begin, end in self.panel.prices.suspended.spans(symbol):
            days = self.panel.sessions[row : self.last + 1]
            for at, day in enumerate(days, row - self.first):
                if begin <= day and (end is None or day < end):
                    self.suspended[at, place], self.traded[at, place] = True, False
