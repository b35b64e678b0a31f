"""What an index holds through a stretch of sessions without a review: the weight of each name at each close, and its value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.corporate_actions import Action, absorbed, after, is_neutral, old_shares
from russell_pipeline.index.panel import NOWHERE, Codes, Dividends, Flags, Ints, Panel
from russell_pipeline.index.sums import Floats


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


class _Exchanged(NamedTuple):
    """An action, by its place among all, that gives one share of the name in a column for `old_shares` of that in another."""

    place: int
    old: int
    new: int
    old_shares: float


class _Last(NamedTuple):
    """The last prices of a name that does not trade in some of the rows from `begin` on, and the codes of their currencies."""

    column: int
    begin: int
    close: Floats
    code: Codes


class Stretch:
    """The names of a basket through the rows of a panel from `first` to `last`, with no review between them.

    Events must come in order. Each changes a name in the basket, and its weight from that row on. After the last event,
    `settle` writes the last prices to the basket.
    """

    def __init__(self, panel: Panel, basket: Basket, first: int, last: int) -> None:
        self.panel, self.basket, self.first, self.last = panel, basket, first, last
        # The number of names held at each close.
        self.names = np.full(last + 1 - first, np.count_nonzero(basket.held), np.int32)
        self.carried: list[Carried] = []
        self._idle: Flags = panel.idle_within(first, last)
        # What is held at the close before the first row, by column.
        self._weight, self._rate, self._origin = basket.weight.copy(), basket.rate.copy(), basket.origin.copy()
        self._start, self._held = basket.values(), basket.held.copy()
        # All prices are in the index's currency, at a rate of one.
        self._at_home = panel.at_home and not basket.currency.any()
        # By row and column: weights from then on, names that come with their origin, names that go after the close with their
        # value there.
        self._weights: list[tuple[int, int, float]] = []
        self._origins: list[tuple[int, int, int]] = []
        self._gone: list[tuple[int, int, float]] = []
        # Values after the events at the open, by row and column.
        self._opened: defaultdict[int, dict[int, float]] = defaultdict(dict)
        # By column, the row up to which the basket has its price.
        self._priced: dict[int, int] = {}
        self._last: list[_Last] = []
        # What dividends follow: by row, the actions that exchange shares; by row and column, the rate of the row before of names
        # that come in.
        self._exchanged: defaultdict[int, list[_Exchanged]] = defaultdict(list)
        self._rate_before: dict[tuple[int, int], float] = {}

    # --- events -------------------------------------------------------------------------------------------------------

    def rename(self, row: int, changes: Mapping[str, str]) -> None:
        """Change symbols at the open of a row, all at once; the day's dividends have the new symbols."""
        old, new = ([self.panel.column[symbol] for symbol in symbols] for symbols in (changes, changes.values()))
        for column in old:
            self._price(column, row)
        basket = self.basket
        basket.move(old, new)
        for column in old:
            self._leaves(column, row)
        for column in new:
            self._enters(column, row)

    def restructure(self, row: int, action: Action, place: int, *, fixed_weight: bool) -> float:
        """Apply a corporate action to a name at the open of a row, and return the change in market value.

        `place` is that of the action among all. Raises IndexRefusal for terms that cannot be applied.
        """
        basket, column = self.basket, self.panel.column
        own = column[action.symbol]
        self._price(own, row)
        held, worth = basket.holding(own), basket.worth(own)
        first, *children = after(action, held)
        neutral = is_neutral(action, held, first)
        if not neutral and fixed_weight:
            first, neutral = absorbed(action, held, first), True
        if first.symbol != held.symbol:
            basket.move([own], [column[first.symbol]])
            self._leaves(own, row)
        became, given = column[first.symbol], old_shares(action, held)
        if given != 1 or became != own:
            self._exchanged[row].append(_Exchanged(place, own, became, given))
        for one in (first, *children):
            basket.put(one, like=became)
            if one.symbol == held.symbol:
                self._changes(own, row)
            else:
                self._enters(column[one.symbol], row)
        self.names[row - self.first :] += len(children)
        return 0.0 if neutral else basket.worth(became) - worth

    def drop(self, row: int, column: int) -> float:
        """Take a name out at the open of a row, at its last price, and return the change in market value."""
        self._price(column, row)
        worth = self.basket.worth(column)
        self.basket.remove(column)
        self._leaves(column, row)
        self.names[row - self.first :] -= 1
        return -worth

    def delete(self, row: int, symbol: str, price: float | None) -> float:
        """Delete a name after the close of a row, where it counts at a price, and return the change in market value.

        Without a price it counts at its last close.
        """
        column, basket = self.panel.column[symbol], self.basket
        self._price(column, row + 1, settled=True)
        value = basket.worth(column)
        if price is not None:
            value = price * float(basket.rate[column]) * float(basket.weight[column])
        basket.remove(column)
        self._weigh(column, row + 1)
        self._gone.append((row, column, value))
        self.names[row + 1 - self.first :] -= 1
        return -value

    def _leaves(self, column: int, row: int) -> None:
        """Take a name out of a column at the open of a row."""
        self._weigh(column, row)
        self._opened[row][column] = 0.0

    def _enters(self, column: int, row: int) -> None:
        """Begin with another name in a column at the open of a row."""
        self._changes(column, row)
        self._origins.append((row, column, int(self.basket.origin[column])))
        self._rate_before[row, column] = float(self.basket.rate[column])

    def _changes(self, column: int, row: int) -> None:
        """Begin with new terms of a column at the open of a row, at the price in the basket."""
        self._weigh(column, row)
        self._priced[column] = row
        self._opened[row][column] = self.basket.worth(column)

    def _weigh(self, column: int, row: int) -> None:
        """Let a column count with the basket's weight from a row on."""
        self._weights.append((row, column, float(self.basket.weight[column])))

    def _price(self, column: int, row: int, *, settled: bool = False) -> None:
        """Write to the basket the last price of a name before a row; `settled` says that the last row has a price of its own."""
        basket, begin = self.basket, self._priced.get(column, self.first)
        self._priced[column] = row
        if begin >= row:
            return
        if self._idle[column] and self.panel.idle[begin:row, column].any():
            self._carry(column, begin, row, settled=settled)
        else:
            basket.close[column] = self.panel.close[row - 1, column]
            basket.currency[column] = self.panel.currency[row - 1, column]
            basket.price_on[column] = self.panel.days[row - 1]
        basket.rate[column] = self.panel.rates[row - 1, basket.currency[column]]

    def _carry(self, column: int, begin: int, end: int, *, settled: bool) -> None:
        """Carry last prices through the rows from `begin` up to `end` in which a name does not trade."""
        basket, days = self.basket, self.panel.sessions
        idle, own = self.panel.idle[begin:end, column], np.arange(end - begin)
        traded = np.maximum.accumulate(np.where(idle, NOWHERE, own))
        since = begin + traded.clip(0)
        close = np.where(traded == NOWHERE, basket.close[column], self.panel.close[since, column])
        code = np.where(traded == NOWHERE, basket.currency[column], self.panel.currency[since, column])
        price_on = [basket.price_on[column].item() if at == NOWHERE else days[begin + at] for at in traded.tolist()]
        self._last.append(_Last(column, begin, close, code))
        for n in np.flatnonzero(idle[:-1] if settled else idle).tolist():
            reason = self.panel.why_idle(begin + n, column)
            self.carried.append(Carried(begin + n, column, float(close[n]), price_on[n], reason))
        basket.close[column], basket.currency[column] = close[-1], code[-1]
        basket.price_on[column] = np.datetime64(price_on[-1])

    # --- closes -------------------------------------------------------------------------------------------------------

    def settle(self, last: int) -> None:
        """End the stretch after the close of a row; nothing after it counts."""
        basket, self.last = self.basket, last
        for column in np.flatnonzero(basket.held & self._idle).tolist():
            self._price(column, last + 1)
        self.carried = sorted(one for one in self.carried if one.row <= last)
        trades = basket.held & ~self._idle
        basket.close[trades], basket.currency[trades] = (
            self.panel.close[last, trades],
            self.panel.currency[last, trades],
        )
        basket.price_on[trades] = self.panel.days[last]
        basket.rate[trades] = self.panel.rates[last, basket.currency[trades]]

    def worth(self) -> Floats:
        """The value of each column's holding at each close, (columns, rows)."""
        values: Floats = self._price_of_rows * self._weight[:, None]
        apart, own = self._apart()
        values[apart] = own
        return values

    def worth_by_origin(self) -> Floats:
        """The value at each close of the names that the basket was made of, with all that came of them, (names, rows)."""
        apart, own = self._apart()
        alone = self._held.copy()
        alone[apart] = False
        columns = np.flatnonzero(alone)
        # One column of each name; what came of it in others is added.
        column_of = np.full(self.basket.size, NOWHERE)
        column_of[self._origin[columns]] = columns
        found: Floats = self._price_of_rows[column_of]
        found *= np.where(column_of == NOWHERE, 0.0, self._weight[column_of])[:, None]
        for column in columns[column_of[self._origin[columns]] != columns].tolist():
            found[self._origin[column]] += self._price_of_rows[column] * self._weight[column]
        comes: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, column, origin in self._origins:
            comes[column].append((row - self.first, origin))
        for column, values in zip(apart, own, strict=True):
            begin, origin = 0, int(self._origin[column])
            for until, later in (*comes.get(column, ()), (None, NOWHERE)):
                found[origin, begin:until] += values[begin:until]
                begin, origin = until, later
        return found

    @property
    def _price_of_rows(self) -> Floats:
        """Closes in the index's currency, (columns, rows)."""
        price: Floats = self.panel.price.T[:, self.first : self.last + 1]
        return price

    def _apart(self) -> tuple[list[int], Floats]:
        """The columns that events change or that do not trade in some rows, and their values at each close."""
        changed, place, weights = self._changed
        values = self._price_of_rows[changed] * weights[:, 1:]
        for column, rows, close, code in self._carried_prices():
            own, at = place[column], rows - self.first
            values[own, at] = close * self.panel.rates[rows, code] * weights[own, at + 1]
        for row, column, value in self._gone:
            if row <= self.last:
                values[place[column], row - self.first] = value
        return changed, values

    @cached_property
    def _changed(self) -> tuple[list[int], Ints, Floats]:
        """The columns that events change or that do not trade in some rows, the place of each among them, and their weights.

        Weights are by row, and the first of the rows is that of the close before. They stand once the stretch is settled.
        """
        changed = list(dict.fromkeys([*(one[1] for one in self._weights), *(one.column for one in self._last)]))
        place = np.full(len(self._weight), NOWHERE)
        place[changed] = np.arange(len(changed))
        weights = np.repeat(self._weight[changed][:, None], self.last + 2 - self.first, axis=1)
        for row, column, weight in self._weights:
            weights[place[column], row + 1 - self.first :] = weight
        return changed, place, weights

    def _carried_prices(self) -> Iterator[tuple[int, Ints, Floats, Codes]]:
        """For each name that does not trade in some rows: its column, rows, last prices, and the codes of their currencies."""
        for one in self._last:
            rows = np.arange(one.begin, min(one.begin + len(one.close), self.last + 1))
            yield one.column, rows, one.close[: len(rows)], one.code[: len(rows)]

    def worth_after(self, row: int, *, close: bool) -> tuple[Floats, Ints]:
        """The value of each column and its origin, after the events at a row's open or after its close.

        At the open, names count at the previous close on their new terms.
        """
        until = row if close else row - 1
        values = self.worth()[:, until - self.first].copy() if until >= self.first else self._start.copy()
        changes = {column: 0.0 for gone, column, _ in self._gone if gone == until}
        if not close:
            changes |= self._opened.get(row, {})
        values[list(changes)] = list(changes.values())
        origin = self._origin.copy()
        for since, column, of in self._origins:
            if since <= row:
                origin[column] = of
        return values, origin

    def unrated(self, *, strict: bool) -> tuple[int, set[str]] | None:
        """The first row in which currencies have no rate, and which; if `strict`, no rate of the session itself."""
        rows = slice(self.first, self.last + 1)
        lacking = np.isnan(self.panel.rates[rows]) | (self.panel.unrated[rows] & strict)
        if not lacking.any():
            return None
        codes = self.panel.currency[rows].copy()
        for column, own, _, code in self._carried_prices():
            codes[own - self.first, column] = code
        held = np.repeat(self._weight[None] != 0, len(codes), axis=0)
        changed, _, weights = self._changed
        held[:, changed] = weights.T[1:] != 0
        used = np.stack([((codes == code) & held).any(axis=1) for code in range(len(self.panel.currencies))], axis=1)
        missing = used & lacking
        if not missing.any():
            return None
        at = int(np.flatnonzero(missing.any(axis=1))[0])
        return self.first + at, {self.panel.currencies[code] for code in np.flatnonzero(missing[at])}

    # --- dividends ----------------------------------------------------------------------------------------------------

    def paid(self, dividends: Dividends) -> Paid:
        """Dividends on what is held at the close of their row, at the rates of the row before. METHODOLOGY 4.

        The amount is for one share as counted at the dividend's place among the actions: those of the name that follow on the
        same day divide it, and a conversion hands it on to the new name.
        """
        row, column, amount = dividends.row, dividends.column.copy(), dividends.amount.copy()
        for n in np.flatnonzero(np.isin(row, list(self._exchanged))).tolist():
            for one in self._exchanged[int(row[n])]:
                if one.place > dividends.place[n] and one.old == column[n]:
                    column[n], amount[n] = one.new, amount[n] * one.old_shares
        _, place, weights = self._changed
        apart = place[column] != NOWHERE
        weight, origin = self._weight[column], self._origin[column]
        weight[apart] = weights[place[column[apart]], row[apart] + 1 - self.first]
        for since, of, came_from in self._origins:
            origin[(column == of) & (row >= since)] = came_from
        held = weight != 0
        rate = self._rates_before(row, column)
        return Paid(row[held], column[held], origin[held], (amount * rate * weight)[held])

    def _rates_before(self, row: Ints, column: Ints) -> Floats:
        """The rates at the close before each row, of the currency that each column is priced in then."""
        if self._at_home:
            return np.ones(len(row))
        first = row == self.first
        before = np.where(first, self.first, row - 1)
        code = self.panel.currency[before, column]
        for of, rows, _, carried in self._carried_prices():
            own = (column == of) & np.isin(before, rows) & ~first
            code[own] = carried[before[own] - rows[0]]
        rates = np.where(first, self._rate[column], self.panel.rates[before, code])
        for (since, of), rate in self._rate_before.items():
            rates[(row == since) & (column == of)] = rate
        return rates
