"""What an index holds over some sessions, as lines: a line is a name from one event to the next, at one weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.events import Action, absorbed, after, is_neutral
from russell_pipeline.index.panel import NOWHERE, Codes, Flags, Ints, Panel
from russell_pipeline.index.sums import Floats


@dataclass(slots=True)
class Line:
    """A name in the rows from `begin` up to, not including, `end`; its closes count at `weight`.

    It is paid the dividends of the rows from `paid_from` to `paid_until`, both included. `rate` is the rate of the row before
    `begin`, `origin` the basket's (see `Basket`), `opened` the value before the first close. If the name does not trade in
    some of the rows, `close` and `code` are its last prices and the codes of their currencies. If it is deleted after the
    last row, `settled` is the price that it counts at there.
    """

    column: int
    begin: int
    end: int
    paid_from: int
    paid_until: int
    weight: float
    rate: float
    origin: int
    opened: float
    close: Floats | None = None
    code: Codes | None = None
    settled: float | None = None

    def goes_after(self, row: int) -> bool:
        """Whether the name is deleted after the close of a row."""
        return self.settled is not None and self.end == row + 1


class Carried(NamedTuple):
    """A name at its last price, that of `price_on`, in a row; `reason` is suspended or missing."""

    row: int
    column: int
    close: float
    price_on: date
    reason: str


class Paid(NamedTuple):
    """Dividends in the index's currency, by row, column and origin."""

    row: Ints
    column: Ints
    origin: Ints
    money: Floats


class Lines:
    """The lines of a basket through the rows of a panel from `first` to `last`, with no review between them.

    Events must come in order. Each ends the line of a name and begins the next, and changes the name in the basket. Names
    without events are kept as one block. After the last event, `settle` writes the last prices to the basket.
    """

    def __init__(self, panel: Panel, basket: Basket, first: int, last: int) -> None:
        self.panel, self.basket, self.first, self.last = panel, basket, first, last
        # The number of names held at each close.
        self.names = np.full(last + 1 - first, np.count_nonzero(basket.held), np.int32)
        self.carried: list[Carried] = []
        self._idle: Flags = np.any(panel.idle[first : last + 1], axis=0)
        self._whole = basket.held.copy()
        self._rate, self._opened = basket.rate.copy(), basket.values()
        # All prices are in the index's currency, at a rate of one.
        self._at_home = panel.at_home and not basket.currency.any()
        self._lines: list[Line] = []
        self._current: dict[int, Line] = {}

    # --- events -------------------------------------------------------------------------------------------------------

    def rename(self, row: int, changes: Mapping[str, str]) -> None:
        """Change symbols at the open of a row, all at once; the day's dividends have the new symbols."""
        old, new = ([self.panel.column[symbol] for symbol in symbols] for symbols in (changes, changes.values()))
        for column in old:
            self._end(column, row, paid_until=row - 1)
        self.basket.move(old, new)
        for column in new:
            self._begin(column, row, paid_from=row)

    def restructure(self, row: int, action: Action, *, fixed_weight: bool) -> float:
        """Apply a corporate action to a name at the open of a row, and return the change in market value.

        Raises IndexRefusal for terms that cannot be applied.
        """
        basket, column = self.basket, self.panel.column
        self._end(column[action.symbol], row, paid_until=row)  # the dividends of the day are on the old terms
        held, worth = basket.holding(column[action.symbol]), basket.worth(column[action.symbol])
        first, *children = after(action, held)
        neutral = is_neutral(action, held, first)
        if not neutral and fixed_weight:
            first, neutral = absorbed(action, held, first), True
        if first.symbol != held.symbol:
            basket.move([column[held.symbol]], [column[first.symbol]])
        becomes = [column[one.symbol] for one in (first, *children)]
        for holding, own in zip((first, *children), becomes, strict=True):
            basket.put(holding, like=becomes[0])
            self._begin(own, row, paid_from=row + 1)
        self.names[row - self.first :] += len(children)
        return 0.0 if neutral else basket.worth(becomes[0]) - worth

    def delete(self, row: int, symbol: str, price: float) -> float:
        """Delete a name after the close of a row, where it counts at a price, and return the change in market value."""
        column = self.panel.column[symbol]
        line = self._line(column)
        line.settled = price
        self._end(column, row + 1, paid_until=row)
        self.names[row + 1 - self.first :] -= 1
        self.basket.remove(symbol)
        return -price * float(self.panel.rates[row, self.basket.currency[column]]) * line.weight

    def _line(self, column: int) -> Line:
        """The current line of a name, which its first event takes out of the block."""
        if column not in self._current:
            self._whole[column] = False
            self._begin(column, self.first, paid_from=self.first)
        return self._current[column]

    def _begin(self, column: int, row: int, *, paid_from: int) -> None:
        basket = self.basket
        terms = float(basket.weight[column]), float(basket.rate[column]), int(basket.origin[column])
        line = Line(column, row, self.last + 1, paid_from, self.last, *terms, basket.worth(column))
        self._lines.append(line)
        self._current[column] = line

    def _end(self, column: int, row: int, *, paid_until: int) -> None:
        """End the line of a name before a row, and write its last price to the basket."""
        line = self._line(column)
        line.end, line.paid_until = row, paid_until
        del self._current[column]
        self._price(line)

    def _price(self, line: Line) -> None:
        """Write the last price of a line to the basket, carried through the rows in which the name does not trade."""
        if line.begin >= line.end:
            return
        basket, column, last = self.basket, line.column, line.end - 1
        if self._idle[column] and self.panel.idle[line.begin : line.end, column].any():
            self._carry(line)
        else:
            basket.close[column], basket.currency[column] = (
                self.panel.close[last, column],
                self.panel.currency[last, column],
            )
            basket.price_on[column] = self.panel.days[last]
        basket.rate[column] = self.panel.rates[last, basket.currency[column]]

    def _carry(self, line: Line) -> None:
        """Carry last prices through the rows of a line in which the name does not trade; a deletion has a price of its own."""
        basket, column, rows, days = self.basket, line.column, slice(line.begin, line.end), self.panel.sessions
        idle = self.panel.idle[rows, column]
        traded = np.maximum.accumulate(np.where(idle, NOWHERE, np.arange(len(idle))))
        own = traded.clip(0)
        line.close = np.where(traded == NOWHERE, basket.close[column], self.panel.close[rows, column][own])
        line.code = np.where(traded == NOWHERE, basket.currency[column], self.panel.currency[rows, column][own])
        price_on = [
            basket.price_on[column].item() if at == NOWHERE else days[line.begin + at] for at in traded.tolist()
        ]
        for n in np.flatnonzero(idle if line.settled is None else idle[:-1]).tolist():
            row = line.begin + n
            reason = self.panel.why_idle(row, column)
            self.carried.append(Carried(row, column, float(line.close[n]), price_on[n], reason))
        basket.close[column], basket.currency[column] = line.close[-1], line.code[-1]
        basket.price_on[column] = np.datetime64(price_on[-1])

    # --- closes -------------------------------------------------------------------------------------------------------

    def settle(self, last: int) -> None:
        """End all lines after the close of a row; nothing after it counts."""
        for column in np.flatnonzero(self._whole & self._idle).tolist():
            self._line(column)
        self.last = last
        for line in self._lines:
            if line.end > last + 1:
                line.end, line.settled = last + 1, None
        for line in self._current.values():
            self._price(line)
        self.carried = sorted(one for one in self.carried if one.row <= last)
        basket, whole = self.basket, self._whole
        basket.close[whole], basket.currency[whole] = self.panel.close[last, whole], self.panel.currency[last, whole]
        basket.price_on[whole] = self.panel.days[last]
        basket.rate[whole] = self.panel.rates[last, basket.currency[whole]]

    def worth(self) -> Floats:
        """The value of each column's holding at each close, (columns, rows)."""
        weight = np.where(self._whole, self.basket.weight, 0.0)
        values: Floats = self.panel.price.T[:, self.first : self.last + 1] * weight[:, None]
        for line in self._lines:
            values[line.column, self._rows(line)] = self._closes(line) * line.weight
        return values

    def worth_by_origin(self) -> Floats:
        """The value at each close of the names that the basket was made of, with all that came of them, (names, rows)."""
        basket, rows = self.basket, slice(self.first, self.last + 1)
        whole = np.flatnonzero(self._whole)
        # One column of each name; what came of it in other columns is added below.
        column = np.full(basket.size, NOWHERE)
        column[basket.origin[whole]] = whole
        values = self.panel.price.T[column, rows]
        values *= np.where(column == NOWHERE, 0.0, basket.weight[column])[:, None]
        for other in whole[column[basket.origin[whole]] != whole]:
            values[basket.origin[other]] += self.panel.price.T[other, rows] * basket.weight[other]
        for line in self._lines:
            values[line.origin, self._rows(line)] += self._closes(line) * line.weight
        return values

    def worth_after(self, row: int, *, close: bool) -> tuple[Floats, Ints]:
        """The value of each line and its origin, after the events at a row's open or after its close.

        At the open, names count at the previous close on their new terms.
        """
        until = row if close else row - 1
        alive = [line for line in self._lines if line.begin <= row < line.end and not (close and line.goes_after(row))]
        apart = [
            line.opened if until < line.begin else self._closes(line)[until - line.begin] * line.weight
            for line in alive
        ]
        whole = np.flatnonzero(self._whole)
        before = (
            self.panel.price[until, whole] * self.basket.weight[whole] if until >= self.first else self._opened[whole]
        )
        column = np.concatenate([whole, np.array([line.column for line in alive], np.int64)])
        origin = np.concatenate([self.basket.origin[whole], np.array([line.origin for line in alive], np.int64)])
        order = np.argsort(column, kind="stable")
        return np.concatenate([before, apart])[order], origin[order]

    def _rows(self, line: Line) -> slice:
        """The rows of a line, counted from `first`."""
        return slice(line.begin - self.first, line.end - self.first)

    def _closes(self, line: Line) -> Floats:
        """The price of a share at each close of a line, in the index's currency."""
        rows = slice(line.begin, line.end)
        prices: Floats
        if line.close is None:
            prices = self.panel.price[rows, line.column]
        else:
            prices = (
                line.close[: line.end - line.begin]
                * self.panel.rates[np.arange(line.begin, line.end), self._codes(line)]
            )
        if line.settled is not None:
            prices = prices.copy()
            prices[-1] = line.settled * self.panel.rates[line.end - 1, self._codes(line)[-1]]
        return prices

    def _codes(self, line: Line) -> Codes:
        """The currency of each row of a line."""
        if line.code is None:
            return self.panel.currency[line.begin : line.end, line.column]
        return line.code[: line.end - line.begin]

    def unrated(self, *, strict: bool) -> tuple[int, set[str]] | None:
        """The first row in which currencies have no rate, and which; if `strict`, no rate of the session itself."""
        rows = slice(self.first, self.last + 1)
        lacking = np.isnan(self.panel.rates[rows]) | (self.panel.unrated[rows] & strict)
        if not lacking.any():
            return None
        codes = self.panel.currency[rows][:, self._whole]
        used = np.stack([(codes == code).any(axis=1) for code in range(len(self.panel.currencies))], axis=1)
        for line in self._lines:
            if line.begin < line.end:
                used[np.arange(line.begin, line.end) - self.first, self._codes(line)] = True
        missing = used & lacking
        if not missing.any():
            return None
        at = int(np.flatnonzero(missing.any(axis=1))[0])
        return self.first + at, {self.panel.currencies[code] for code in np.flatnonzero(missing[at])}

    # --- dividends ----------------------------------------------------------------------------------------------------

    def paid(self, row: Ints, column: Ints, amount: Floats) -> Paid:
        """Dividends, `amount` per share, on what is held and at the previous row's rates."""
        weight, origin = np.where(self._whole[column], self.basket.weight[column], 0.0), self.basket.origin[column]
        rate = np.ones(len(row))
        if not self._at_home:
            first = row == self.first
            code = self.panel.currency[row - ~first, column]
            rate = np.where(first, self._rate[column], self.panel.rates[row - ~first, code])
        apart: dict[int, list[Line]] = {}
        for line in self._lines:
            apart.setdefault(line.column, []).append(line)
        for n in np.flatnonzero(np.isin(column, list(apart))).tolist():
            for line in apart[int(column[n])]:
                if line.paid_from <= row[n] <= line.paid_until:
                    weight[n], rate[n], origin[n] = line.weight, self._rate_before(line, int(row[n])), line.origin
        held = weight != 0
        return Paid(row[held], column[held], origin[held], (amount * rate * weight)[held])

    def _rate_before(self, line: Line, row: int) -> float:
        """The rate of the row before, at which a line is paid."""
        before = row - 1 - line.begin
        return line.rate if before < 0 else float(self.panel.rates[row - 1, self._codes(line)[before]])
