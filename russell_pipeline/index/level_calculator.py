"""One index through the sessions of a panel: its events in order, and the market values that follow."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.aggregation import Totals
from russell_pipeline.index.basket import Basket
from russell_pipeline.index.corporate_actions import AT_LAST_CLOSE, DROPPED, LEFT_OUT
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.divisor_chain import (
    DELETED,
    OPEN,
    REVIEWED,
    Chained,
    Event,
    Moment,
    Standing,
    chained,
    changed,
    check,
    worthless,
)
from russell_pipeline.index.event_schedule import Agenda
from russell_pipeline.index.model import IndexRefusal, Lacking
from russell_pipeline.index.panel import Codes, Days, Ints, Panel
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.rates import no_rate
from russell_pipeline.index.segment import Carried, Paid, Stretch
from russell_pipeline.index.sums import Floats
from russell_pipeline.wording import first_few

# Sessions are computed in blocks up to a review, of no more than this: a bound on memory that changes no level.
_ROWS = 80
# Where events leave less than this part of an index, its names are summed again, so that no more than a few bits are lost.
_LITTLE = 0.25


class Walk:
    """An index on its way through the rows of a panel, with the basket that it holds.

    It collects, by row from `first`, market values at the close, dividends and the number of names (`names`), its events, and
    the market values around the moments of these. None of these depends on a level: levels follow from all of them and from
    the `start` (`chained`). Without a start the index has a market value, but no level before `set_base`.
    """

    def __init__(
        self,
        definition: Definition,
        panel: Panel,
        agenda: Agenda,
        *,
        basket: Basket,
        totals: Totals,
        first: int,
        start: Standing | None = None,
    ) -> None:
        self.definition, self.panel, self.agenda, self.basket, self.totals = definition, panel, agenda, basket, totals
        self._missing = definition.policies.missing_price
        self._fixed_weight = definition.policies.corporate_actions == "fixed_weight"
        worth = totals.basket(basket)
        unbased = Standing(worth, np.ones_like(worth), np.ones_like(worth), np.ones_like(worth))
        self._begin(first, start or unbased, based=start is not None)

    def _begin(self, first: int, start: Standing, *, based: bool) -> None:
        self.first, self.start, self._based = first, start, based
        self.names, self.names_at_start = np.empty(0, np.int32), np.count_nonzero(self.basket.held, keepdims=True)
        # Names without a close that were dropped, or left out of a review, before the base.
        self.early: list[tuple[str, str]] = []
        # Of each stretch, (rows, indexes); and the market value after everything so far.
        none = np.empty((0, len(start.value)))
        self._closed, self._paid, self._value = [none], [none], start.value
        self._moments: list[Moment] = []
        self._dividends: list[Paid] = []
        self.events: list[Event] = []
        self.carried: list[Carried] = []

    @property
    def rows(self) -> int:
        """The number of rows computed so far."""
        return len(self.names)

    def set_base(self, value: float) -> None:
        """Set the base value at the last row: the divisor follows from it, and levels begin here."""
        worth = self._value
        row, base = self.first + self.rows - 1, np.full(len(worth), value)
        early = [
            *self.early,
            *((one.event, str(one.symbol)) for one in self.events if one.event in (DROPPED, LEFT_OUT)),
        ]
        if not (worth > 0).all():
            raise IndexRefusal(f"{self._said(row)}: {worthless(worth, 'at the base')}")
        self._begin(row + 1, Standing(worth, worth / base, base, base), based=True)
        self.early = early
        basket, panel = self.basket, self.panel
        for column in np.flatnonzero(basket.held & panel.idle[row]).tolist():
            price = float(basket.close[column]), basket.price_on[column].item(), panel.why_idle(row, column)
            self.carried.append(Carried(row, column, *price))

    def through(self, first: int, last: int) -> None:
        """Go through the rows from `first` to `last`, both included.

        Raises IndexRefusal, with its day, for the first row that must be refused.
        """
        try:
            while first <= last:
                until = self.agenda.until_review(first, min(first + _ROWS - 1, last))
                self._stretch(Stretch(self.panel, self.basket, first, until))
                with self._dated(until):
                    self.review(until)
                first = until + 1
        except IndexRefusal:
            self.events = [event for event in self.events if event.row < self.rows]
            self.chained()  # may refuse an earlier row
            raise

    def _stretch(self, stretch: Stretch) -> None:
        eventful = self.agenda.eventful(stretch.first, stretch.last)
        for row in range(stretch.first, stretch.last + 1) if self._missing == "drop" else eventful:
            try:
                with self._dated(row):
                    self.open(row, stretch)
                    self.delete(row, stretch)
            except IndexRefusal:
                if row > stretch.first:
                    self.close(stretch, row - 1)
                raise
        self.close(stretch, stretch.last)

    def open(self, row: int, stretch: Stretch) -> None:
        """The events at an open: renames, then restructurings in the order of the file, then names that lack a close."""
        agenda, basket = self.agenda, self.basket
        if row in agenda.renames:
            self._rename(row, stretch)
        self._check_dividends(row)
        for place, action in agenda.restructurings.get(row, ()):
            if basket.holds(action.symbol):
                if basket.holds(action.to_symbol):
                    action.checked()
                    what = f"{action.action} of {action.symbol} into {action.to_symbol}"
                    raise IndexRefusal(f"{self._said(row)}: {what}, which is held already")
                origin = basket.origin[self.panel.column[action.symbol]]
                change = stretch.restructure(row, action, place, fixed_weight=self._fixed_weight)
                self._happens(row, OPEN, action.action, action.symbol, self.totals.part(origin, change))
        self._check_dividends(row)
        if self._missing == "drop":
            self._drop(row, stretch)

    def _drop(self, row: int, stretch: Stretch) -> None:
        """Drop the names that have no close in a row; one that is deleted after it counts at its terms."""
        panel, basket = self.panel, self.basket
        lacking = np.flatnonzero(basket.held & panel.idle[row] & ~panel.suspended[row]).tolist()
        goes = {action.symbol for action in self.agenda.deletions.get(row, ())}
        dropped = [column for column in lacking if panel.symbols[column] not in goes]
        if dropped and len(dropped) == np.count_nonzero(basket.held):
            raise IndexRefusal(f"{self._said(row)}: no close of any of its names")
        for column in dropped:
            change = self.totals.part(int(basket.origin[column]), stretch.drop(row, column))
            self._happens(row, OPEN, DROPPED, panel.symbols[column], change)

    def _check_dividends(self, row: int) -> None:
        """Raise IndexRefusal for a dividend without its terms of a name that is held."""
        for action in self.agenda.incomplete.get(row, ()):
            if self.basket.holds(action.symbol):
                action.checked()

    def delete(self, row: int, stretch: Stretch) -> None:
        """The deletions after a close, in the order of the file; the close counts the deletion's price."""
        gone = [action for action in self.agenda.deletions.get(row, ()) if self.basket.holds(action.symbol)]
        terms = {action.symbol: action.checked().price for action in gone}
        for action in gone:
            if self.basket.holds(action.symbol):  # not deleted twice
                origin = self.basket.origin[self.panel.column[action.symbol]]
                price = terms[action.symbol]
                change = stretch.delete(row, action.symbol, price)
                event = AT_LAST_CLOSE if price is None else action.action
                self._happens(row, DELETED, event, action.symbol, self.totals.part(origin, change))

    def close(self, stretch: Stretch, last: int) -> None:
        """Add up the closes of a stretch to a row. Raises IndexRefusal for a price or rate that may not be missing."""
        stretch.settle(last)
        lacking = self._lacking(stretch)
        until = lacking[0] - 1 if lacking else last
        rows = until + 1 - stretch.first
        closed = self.totals.closes(stretch)[:rows]
        self._moments += self._around(stretch, closed)
        self._closed.append(closed)
        paid = stretch.paid(self.agenda.dividends_of(stretch.first, until))
        self._dividends.append(paid)
        self._paid.append(self.totals.dividends(paid, stretch.first, rows))
        self.names = np.concatenate([self.names, stretch.names[:rows]])
        self.carried += stretch.carried
        if lacking:
            row, says, what, names = lacking
            day = self.panel.sessions[row]
            raise IndexRefusal(says, day=day, lacking=[Lacking(what, name, day) for name in names])

    def _around(self, stretch: Stretch, closed: Floats) -> list[Moment]:
        """The market values around the events of the next rows, from those at their closes and the changes by events.

        Where events leave little of the index its names are summed again, since the difference would be mostly rounding.
        """
        begin, end = self.rows, self.rows + len(closed)
        own = [event for event in self.events[bisect_left(self.events, begin, key=itemgetter(0)) :] if event.row < end]
        change = changed(own, range(begin, end), len(self._value))
        deleted = self._unless_little(stretch, closed, change[:, DELETED], close=True)
        before = np.concatenate([self._value[None], deleted])
        opened = self._unless_little(stretch, before[:-1], change[:, OPEN], close=False)
        self._value = before[-1]
        around = {OPEN: (before, opened), DELETED: (closed, deleted)}
        return [
            Moment(row, moment, *(values[row - begin] for values in around[moment]))
            for row, moment in dict.fromkeys(event[:2] for event in own)
        ]

    def _unless_little(self, stretch: Stretch, before: Floats, change: Floats, *, close: bool) -> Floats:
        after = before + change
        for row in np.flatnonzero((np.abs(after) < _LITTLE * np.abs(before)).any(axis=1)).tolist():
            after[row] = self.totals.after(stretch, stretch.first + row, close=close)
        return after

    def chained(self) -> Chained:
        """Levels and divisors so far. Raises IndexRefusal for the first moment that leaves none."""
        closed, paid = np.concatenate(self._closed), np.concatenate(self._paid)
        found = chained(
            self.definition.policies.total_return, self.start, closed, paid, self._moments, value=self._value
        )
        if self._based:  # before the base there are no levels, and a long/short index may be worth less than nothing
            sessions = self.panel.sessions[self.first :]
            check(self.definition.code, sessions, found, self.events, self.start.level, payers=self._payers)
        return found

    def _payers(self, row: int) -> list[str]:
        """The names that pay ordinary dividends in a row of the chain, the largest payer first."""
        paid = [one for one in self._dividends if one.row.size]
        if not paid:
            return []
        rows, columns, money = (
            np.concatenate([getattr(one, name) for one in paid]) for name in ("row", "column", "money")
        )
        own = rows == self.first + row
        by_name = np.bincount(columns[own], np.abs(money[own]))
        return [self.panel.symbols[column] for column in np.argsort(-by_name, kind="stable") if by_name[column]]

    def _happens(self, row: int, moment: int, event: str, symbol: str, change: Floats) -> None:
        column = int(self.panel.columns(pl.Series([symbol]))[0])
        self.events.append(Event(row - self.first, moment, event, symbol, column, change))

    def review(self, row: int) -> None:
        """Take in the basket of a row's review, if it has one, after the close and its deletions."""
        if row not in self.agenda.reviews:
            return
        names, before = self.agenda.reviews[row], self.basket
        review = names["review"][0]
        self.basket, left_out = starting_basket(self.definition, self.panel, row, names, before)
        self.totals.review(review)
        worth, was = self.totals.basket(self.basket), self._value
        self._moments.append(Moment(row - self.first, REVIEWED, was, worth))
        self._value = worth
        for column in left_out:
            self._happens(row, REVIEWED, LEFT_OUT, self.panel.symbols[column], 0 * worth)
        traded = self.totals.traded(before, self.basket)
        self.events.append(Event(row - self.first, REVIEWED, f"review {review}", None, -1, 0 * worth, traded))

    def _rename(self, row: int, stretch: Stretch) -> None:
        changes = {old: new for old, new in self.agenda.renames[row].items() if self.basket.holds(old)}
        taken = [new for new in changes.values() if self.basket.holds(new) and new not in changes]
        if taken:
            raise IndexRefusal(
                f"{self._said(row)}: {first_few(taken)} is held already, and another name changes its symbol to it"
            )
        if changes:
            stretch.rename(row, changes)

    def _lacking(self, stretch: Stretch) -> tuple[int, str, str, Sequence[str]] | None:
        """The first row without a close or a rate that may not be missing, the sentence that says so, and what lacks for whom."""
        found: list[tuple[int, str, str, Sequence[str]]] = []
        missing = [one for one in stretch.carried if one.reason == "missing"] if self._missing == "error" else []
        if missing:
            row = missing[0].row
            names = [self.panel.symbols[one.column] for one in missing if one.row == row]
            found.append((row, f"{self._said(row)}: no close of {first_few(names)}", "close", names))
        if unrated := stretch.unrated(strict=self._missing != "carry"):
            row, currencies = unrated
            lacking = sorted(currencies)
            found.append((row, f"{self._said(row)}: {no_rate(lacking, self.definition.currency)}", "rate", lacking))
        return min(found, key=lambda one: one[0], default=None)

    @contextmanager
    def _dated(self, row: int) -> Iterator[None]:
        """Give what is refused in a row its day."""
        try:
            yield
        except IndexRefusal as refusal:
            refusal.day = refusal.day or self.panel.sessions[row]
            raise

    def _said(self, row: int) -> str:
        return f"{self.definition.code} on {self.panel.sessions[row]}"


class _Closes(NamedTuple):
    """The closes of a session in local currency, the codes of their currencies, and the days that they are of."""

    close: Floats
    currency: Codes
    price_on: Days


def starting_basket(
    definition: Definition, panel: Panel, row: int, names: pl.DataFrame, held: Basket | None = None
) -> tuple[Basket, list[int]]:
    """The basket of a review at the closes of the session after which it is implemented, and the columns that it leaves out.

    `names` are its rows of weights with their columns in the panel. A suspended name has its last price: that in the basket
    `held`, else its last close, else that of the price cut-off, each after the corporate actions since. A name without a close
    is left out under `missing_price: drop`. Raises IndexRefusal for any other, and for a currency without a rate.
    """
    day, carry, size = panel.sessions[row], definition.policies.missing_price == "carry", names.height
    names = names.with_columns(place=pl.int_range(pl.len()))
    if (names["weighting_factor"].to_numpy() == 0).any():
        names = names.filter(pl.col("weighting_factor") != 0)
    if names.is_empty():
        raise IndexRefusal(f"{definition.code} on {day}: the review brings in no name")
    # The weights have the symbols of the effective day.
    if earlier := {new: old for old, new in panel.quotes.renames.between(day, names["effective_on"][0]).items()}:
        names = names.with_columns(pl.col("symbol").replace(earlier))
        names = names.with_columns(column=panel.columns(names["symbol"]))
    columns, left_out = names["column"].to_numpy(), list[int]()
    if definition.policies.missing_price == "drop":
        lacking = panel.idle[row, columns] & ~panel.suspended[row, columns]
        names, columns, left_out = names.filter(~lacking), columns[~lacking], columns[lacking].tolist()
        if names.is_empty():
            raise IndexRefusal(f"{definition.code} on {day}: no close of any name that the review brings in")
    closes = _closes(definition, panel, row, names, columns, held=held)
    rates = panel.rates[row, closes.currency]
    unrated = np.isnan(rates) | (panel.unrated[row, closes.currency] & (not carry))
    if unrated.any():
        lacking = sorted({panel.currencies[code] for code in closes.currency[unrated]})
        raise IndexRefusal(
            f"{definition.code} on {day}: {no_rate(lacking, definition.currency)}",
            lacking=[Lacking("rate", currency, day) for currency in lacking],
        )
    basket = Basket(
        panel,
        columns,
        shares=names["shares"].to_numpy(),
        free_float=names["free_float"].to_numpy(),
        factor=names["weighting_factor"].to_numpy(),
        close=closes.close,
        currency=closes.currency,
        rate=rates,
        price_on=closes.price_on,
        origin=names["place"].to_numpy(),
        size=size,
    )
    return basket, left_out


def _closes(
    definition: Definition, panel: Panel, row: int, names: pl.DataFrame, columns: Ints, *, held: Basket | None
) -> _Closes:
    """The closes of a review's names, the last price of each that does not trade. Raises IndexRefusal where none is known."""
    day, carry = panel.sessions[row], definition.policies.missing_price == "carry"
    found = _Closes(panel.close[row, columns], panel.currency[row, columns], np.full(len(columns), np.datetime64(day)))
    missing = []
    for n in np.flatnonzero(panel.idle[row, columns]).tolist():
        column = columns[n]
        if not (carry or panel.suspended[row, column]):
            missing.append(names["symbol"][n])
            continue
        if held is not None and held.held[column]:
            close, currency, price_on = held.close[column], held.currency[column], held.price_on[column]
        else:
            close, code, price_on = _last_price(panel.quotes, names.row(n, named=True), day, carry=carry)
            currency = panel.code(code)
        found.close[n], found.currency[n], found.price_on[n] = close, currency, price_on
    if missing:
        raise IndexRefusal(
            f"{definition.code} on {day}: no close of {first_few(missing)}, which the review {names['review'][0]} brings in",
            lacking=[Lacking("close", symbol, day) for symbol in missing],
        )
    return found


def _last_price(prices: Prices, name: Mapping[str, Any], day: date, *, carry: bool) -> tuple[float, str, date]:
    """The last price of a name that is not held, its currency and its day: the last close, else that in its row of weights.

    A close of the day itself, while the name is suspended, is neither.
    """
    symbol = name["symbol"]
    found = prices.on([symbol], day, day, named_on=day, carry=carry).get(symbol)
    if found and found.carried:
        return found.close, found.currency, found.price_on
    return prices.carried_on(symbol, name["close"], name["cutoff_on"], day), name["currency"], name["price_on"]
