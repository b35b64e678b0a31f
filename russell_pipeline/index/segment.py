"""A segment of sessions between two reviews: the weight and the value of each name at each close, and the dividends paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.corporate_actions import (
    Action,
    absorbed_by_factor,
    apply_action,
    keeps_value,
    old_shares_per_share,
)
from russell_pipeline.index.panel import ABSENT, Codes, Dividends, Flags, Ints, Panel
from russell_pipeline.index.sums import Floats


class StalePrice(NamedTuple):
    """A name valued in a row at its last price, that of `price_on`; `reason` is suspended or missing."""

    row: int
    column: int
    close: float
    price_on: date
    reason: str


class DividendPayments(NamedTuple):
    """Dividends paid to the index, in its currency, by row and column."""

    row: Ints
    column: Ints
    amount: Floats


class Entry(NamedTuple):
    """Symbols that come in at the open of a session: by a change of symbol, a conversion or a spin-off.

    `row` and the columns count in the segment's panel: rows are sessions, columns are symbols. `sources` maps the column of each
    symbol that comes in to that of the one that its holders had.
    """

    row: int
    sources: Mapping[int, int]


class _ShareExchange(NamedTuple):
    """An action, by its place among all, that exchanges `old_shares` of the name in one column for one of that in another."""

    place: int
    old: int
    new: int
    old_shares: float


class _LastPrices(NamedTuple):
    """The last prices of a name that does not trade in some of these rows, and the codes of their currencies."""

    column: int
    rows: Ints
    close: Floats
    currency: Codes


class _Weight(NamedTuple):
    """The weight of a column from a row on."""

    row: int
    column: int
    weight: float


class _Deletion(NamedTuple):
    """A name that is deleted after the close of a row, with its value at that close."""

    row: int
    column: int
    value: float


@dataclass(frozen=True, eq=False)
class ChangedColumns:
    """The columns of a segment that events change, or that do not trade in some rows.

    `place` is the place of each column of the panel among them, ABSENT for others. `weights` are shaped (changed columns, rows
    + 1); the first row is that of the close before the segment.
    """

    columns: list[int]
    place: Ints
    weights: Floats


class Segment:
    """The names of a basket through the rows of a panel from `first` to `last`, without a review between them.

    Events must be applied in order. Each changes a name in the basket, and the weight of its column from that row on. After the
    last event, `settle` writes the last prices to the basket; the values at the closes hold from then on.

    `name_count` is the number of names at each close, `stale_prices` are the names valued at a last price, `entries` the events
    by which names entered columns.
    """

    def __init__(self, panel: Panel, basket: Basket, first: int, last: int) -> None:
        self.panel, self.basket, self.first, self.last = panel, basket, first, last
        self.name_count = np.full(last + 1 - first, np.count_nonzero(basket.held), np.int32)
        self.stale_prices: list[StalePrice] = []
        self.entries: list[Entry] = []
        self._untraded: Flags = panel.untraded_within(first, last)
        # By column, at the close before the first row.
        self.held_before, self.weight_before = basket.held.copy(), basket.weight.copy()
        self._value_before, self._rate_before = basket.values(), basket.rate.copy()
        # All prices are in the index's currency, at a rate of one.
        self._single_currency = panel.single_currency and not basket.currency.any()
        self._weights: list[_Weight] = []
        self._deletions: list[_Deletion] = []
        # Values after the events at the open, by row and column.
        self._open_values: defaultdict[int, dict[int, float]] = defaultdict(dict)
        # By column, the row up to which the basket has its last price.
        self._priced_to: dict[int, int] = {}
        self._last_prices: list[_LastPrices] = []
        # For dividends: by row, the actions that exchange shares; by row and column, the rate of the row before of names that
        # enter.
        self._exchanges: defaultdict[int, list[_ShareExchange]] = defaultdict(list)
        self._entry_rates: dict[tuple[int, int], float] = {}

    # --- events -------------------------------------------------------------------------------------------------------

    def change_symbols(self, row: int, changes: Mapping[str, str]) -> None:
        """Change symbols at the open of a row, all at once; `changes` has the new symbol by the old one."""
        old, new = ([self.panel.column[symbol] for symbol in symbols] for symbols in (changes, changes.values()))
        for column in old:
            self._update_last_price(column, row)
        self.basket.move(old, new)
        for column in old:
            self._record_exit(column, row)
        for column in new:
            self._record_entry(column, row)
        self.entries.append(Entry(row, dict(zip(new, old, strict=True))))

    def restructure(self, row: int, action: Action, place: int, *, fixed_weight: bool) -> float:
        """Apply a corporate action to a name at the open of a row, and return the change in market value.

        `place` is that of the action among all actions. With `fixed_weight` the weighting factor absorbs the action (policy
        `corporate_actions`). Raises IndexRefusal for terms that cannot be applied.
        """
        basket, column_of = self.basket, self.panel.column
        column = column_of[action.symbol]
        self._update_last_price(column, row)
        held, value = basket.holding(column), basket.value_of(column)
        parent, *children = apply_action(action, held)
        neutral = keeps_value(action, held, parent)
        if not neutral and fixed_weight:
            parent, neutral = absorbed_by_factor(action, held, parent), True
        if parent.symbol != held.symbol:
            basket.move([column], [column_of[parent.symbol]])
            self._record_exit(column, row)
        parent_column, old_shares = column_of[parent.symbol], old_shares_per_share(action, held)
        if old_shares != 1 or parent_column != column:
            self._exchanges[row].append(_ShareExchange(place, column, parent_column, old_shares))
        sources: dict[int, int] = {}
        for holding in (parent, *children):
            basket.set_holding(holding, like=parent_column)
            if holding.symbol == held.symbol:
                self._record_new_terms(column, row)
            else:
                sources[column_of[holding.symbol]] = column
                self._record_entry(column_of[holding.symbol], row)
        if sources:
            self.entries.append(Entry(row, sources))
        self.name_count[row - self.first :] += len(children)
        return 0.0 if neutral else basket.value_of(parent_column) - value

    def drop(self, row: int, column: int) -> float:
        """Remove a name at the open of a row, at its last price, and return the change in market value."""
        self._update_last_price(column, row)
        value = self.basket.value_of(column)
        self.basket.remove(column)
        self._record_exit(column, row)
        self.name_count[row - self.first :] -= 1
        return -value

    def delete(self, row: int, symbol: str, price: float | None) -> float:
        """Delete a name after the close of a row, valued at a price there, and return the change in market value.

        Without a price the name is valued at its last close.
        """
        column, basket = self.panel.column[symbol], self.basket
        self._update_last_price(column, row + 1, priced_by_terms=True)
        value = basket.value_of(column)
        if price is not None:
            value = price * float(basket.rate[column]) * float(basket.weight[column])
        basket.remove(column)
        self._record_weight(column, row + 1)
        self._deletions.append(_Deletion(row, column, value))
        self.name_count[row + 1 - self.first :] -= 1
        return -value

    def _record_exit(self, column: int, row: int) -> None:
        """Record that no name is left in a column from the open of a row on."""
        self._record_weight(column, row)
        self._open_values[row][column] = 0.0

    def _record_entry(self, column: int, row: int) -> None:
        """Record that another name is in a column from the open of a row on."""
        self._record_new_terms(column, row)
        self._entry_rates[row, column] = float(self.basket.rate[column])

    def _record_new_terms(self, column: int, row: int) -> None:
        """Record the weight, the price and the value of a column, as the basket has them, from the open of a row on."""
        self._record_weight(column, row)
        self._priced_to[column] = row
        self._open_values[row][column] = self.basket.value_of(column)

    def _record_weight(self, column: int, row: int) -> None:
        self._weights.append(_Weight(row, column, float(self.basket.weight[column])))

    def _update_last_price(self, column: int, row: int, *, priced_by_terms: bool = False) -> None:
        """Write to the basket the last price of a name before a row.

        With `priced_by_terms` the last of the rows before is not recorded as stale: a deletion has its own terms there.
        """
        basket, begin = self.basket, self._priced_to.get(column, self.first)
        self._priced_to[column] = row
        if begin >= row:
            return
        if self._untraded[column] and self.panel.untraded[begin:row, column].any():
            self._carry_last_prices(column, begin, row, priced_by_terms=priced_by_terms)
        else:
            basket.close[column] = self.panel.close[row - 1, column]
            basket.currency[column] = self.panel.currency[row - 1, column]
            basket.price_on[column] = self.panel.days[row - 1]
        basket.rate[column] = self.panel.rates[row - 1, basket.currency[column]]

    def _carry_last_prices(self, column: int, begin: int, end: int, *, priced_by_terms: bool) -> None:
        """Carry the last prices of a name through the rows from `begin` up to `end` in which it does not trade."""
        basket, days = self.basket, self.panel.sessions
        untraded, offsets = self.panel.untraded[begin:end, column], np.arange(end - begin)
        last_traded = np.maximum.accumulate(np.where(untraded, ABSENT, offsets))
        since = begin + last_traded.clip(0)
        before = last_traded == ABSENT  # the last price is the one in the basket
        close = np.where(before, basket.close[column], self.panel.close[since, column])
        currency = np.where(before, basket.currency[column], self.panel.currency[since, column])
        price_on = [
            basket.price_on[column].item() if offset == ABSENT else days[begin + offset]
            for offset in last_traded.tolist()
        ]
        self._last_prices.append(_LastPrices(column, np.arange(begin, end), close, currency))
        for n in np.flatnonzero(untraded[:-1] if priced_by_terms else untraded).tolist():
            reason = self.panel.untraded_reason(begin + n, column)
            self.stale_prices.append(StalePrice(begin + n, column, float(close[n]), price_on[n], reason))
        basket.close[column], basket.currency[column] = close[-1], currency[-1]
        basket.price_on[column] = np.datetime64(price_on[-1])

    # --- closes -------------------------------------------------------------------------------------------------------

    def settle(self, last: int) -> None:
        """End the segment after the close of a row, and write the last prices to the basket; later rows do not count."""
        basket, panel, self.last = self.basket, self.panel, last
        for column in np.flatnonzero(basket.held & self._untraded).tolist():
            self._update_last_price(column, last + 1)
        self.stale_prices = sorted(one for one in self.stale_prices if one.row <= last)
        trades = basket.held & ~self._untraded
        basket.close[trades], basket.currency[trades] = panel.close[last, trades], panel.currency[last, trades]
        basket.price_on[trades] = panel.days[last]
        basket.rate[trades] = panel.rates[last, basket.currency[trades]]

    def close_values(self) -> Floats:
        """The value of each column at each close, (columns, rows)."""
        values: Floats = self.prices * self.weight_before[:, None]
        values[self.changed.columns] = self.changed_values()
        return values

    @property
    def prices(self) -> Floats:
        """Closes in the index's currency, (columns, rows)."""
        price: Floats = self.panel.price.T[:, self.first : self.last + 1]
        return price

    def changed_values(self) -> Floats:
        """The value at each close of the columns in `changed`, (changed columns, rows)."""
        changed = self.changed
        values = self.prices[changed.columns] * changed.weights[:, 1:]
        for last in self._settled_last_prices():
            place, at = changed.place[last.column], last.rows - self.first
            values[place, at] = last.close * self.panel.rates[last.rows, last.currency] * changed.weights[place, at + 1]
        for row, column, value in self._deletions:
            if row <= self.last:
                values[changed.place[column], row - self.first] = value
        return values

    @cached_property
    def changed(self) -> ChangedColumns:
        """The columns that events change, or that do not trade in some rows; to be asked once the segment is settled."""
        columns = list(
            dict.fromkeys([*(one.column for one in self._weights), *(one.column for one in self._last_prices)])
        )
        place = np.full(len(self.weight_before), ABSENT)
        place[columns] = np.arange(len(columns))
        weights = np.repeat(self.weight_before[columns][:, None], self.last + 2 - self.first, axis=1)
        for row, column, weight in self._weights:
            weights[place[column], row + 1 - self.first :] = weight
        return ChangedColumns(columns, place, weights)

    def _settled_last_prices(self) -> Iterator[_LastPrices]:
        """The last prices of names that do not trade in some rows, up to the last row of the segment."""
        for column, rows, close, currency in self._last_prices:
            count = np.searchsorted(rows, self.last + 1)
            yield _LastPrices(column, rows[:count], close[:count], currency[:count])

    def values_after(self, row: int, *, close: bool) -> Floats:
        """The value of each column after the events at a row's open, or after its close.

        At the open, names are valued at the previous close on their new terms.
        """
        until = row if close else row - 1
        values = self.close_values()[:, until - self.first].copy() if until >= self.first else self._value_before.copy()
        changes = {column: 0.0 for deleted, column, _ in self._deletions if deleted == until}
        if not close:
            changes |= self._open_values.get(row, {})
        values[list(changes)] = list(changes.values())
        return values

    def currencies_without_rate(self, *, strict: bool) -> tuple[int, set[str]] | None:
        """The first row in which currencies of the index lack a rate, and these currencies.

        If `strict`, a rate must be of the session itself; otherwise the last known rate will do.
        """
        rows = slice(self.first, self.last + 1)
        lacking = np.isnan(self.panel.rates[rows]) | (self.panel.without_rate[rows] & strict)
        if not lacking.any():
            return None
        currency = self.panel.currency[rows].copy()
        for last in self._settled_last_prices():
            currency[last.rows - self.first, last.column] = last.currency
        held = np.repeat(self.weight_before[None] != 0, len(currency), axis=0)
        held[:, self.changed.columns] = self.changed.weights.T[1:] != 0
        codes = range(len(self.panel.currencies))
        used = np.stack([((currency == code) & held).any(axis=1) for code in codes], axis=1)
        missing = used & lacking
        if not missing.any():
            return None
        at = int(np.flatnonzero(missing.any(axis=1))[0])
        return self.first + at, {self.panel.currencies[code] for code in np.flatnonzero(missing[at])}

    # --- dividends ----------------------------------------------------------------------------------------------------

    def dividend_payments(self, dividends: Dividends) -> DividendPayments:
        """The dividends paid on what is held at the close of their row, at the rates of the row before (METHODOLOGY 4).

        The amount is for one share as counted at the dividend's place among the actions: later actions of the name on the same
        day divide it, and a conversion hands it on to the new name.
        """
        row, column, amount = dividends.row, dividends.column.copy(), dividends.amount.copy()
        for n in np.flatnonzero(np.isin(row, list(self._exchanges))).tolist():
            for exchange in self._exchanges[int(row[n])]:
                if exchange.place > dividends.place[n] and exchange.old == column[n]:
                    column[n], amount[n] = exchange.new, amount[n] * exchange.old_shares
        place, weights = self.changed.place, self.changed.weights
        changed = place[column] != ABSENT
        weight = self.weight_before[column]
        weight[changed] = weights[place[column[changed]], row[changed] + 1 - self.first]
        held = weight != 0
        rate = self._rates_of_previous_close(row, column)
        return DividendPayments(row[held], column[held], (amount * rate * weight)[held])

    def _rates_of_previous_close(self, row: Ints, column: Ints) -> Floats:
        """The rates at the close before each row, of the currency that each column is priced in then."""
        if self._single_currency:
            return np.ones(len(row))
        first = row == self.first
        before = np.where(first, self.first, row - 1)
        code = self.panel.currency[before, column]
        for last in self._settled_last_prices():
            stale = (column == last.column) & np.isin(before, last.rows) & ~first
            code[stale] = last.currency[np.searchsorted(last.rows, before[stale])]
        rates = np.where(first, self._rate_before[column], self.panel.rates[before, code])
        for (since, entered), rate in self._entry_rates.items():
            rates[(row == since) & (column == entered)] = rate
        return rates
