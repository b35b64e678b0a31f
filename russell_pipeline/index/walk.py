"""One index through the sessions of a panel: opens with their events, closes, and what follows a close."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.agenda import Agenda
from russell_pipeline.index.basket import Basket, State
from russell_pipeline.index.chain import Chain, Traded
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.events import Action, absorbed, after, is_neutral
from russell_pipeline.index.model import IndexRefusal, listed
from russell_pipeline.index.panel import NOWHERE, Codes, Flags, Ints, Panel
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import Floats, row_totals, total

# The values of so many moments are added up at once: as many as stay in a processor's cache. It changes no level.
_MOMENTS = 32
# Prices of more sessions than this are not looked up at once; it bounds memory and changes no level.
_ROWS = 64


class Quotes(NamedTuple):
    """Prices of (sessions, columns) for a basket: a name that is `idle` has its last one. `others` are columns that the panel has
    otherwise; `close` is in the currency of `code`, `price` in the index's.
    """

    close: Floats
    price: Floats
    code: Codes
    idle: Flags
    others: Ints


class Walk:
    """An index as it goes through the rows of a panel. `open` and `close` take turns; `through` does both for all rows.

    What its names are worth is written down moment after moment, an event or a close: prices times the basket's weights. Only
    events and names that do not trade are looked at one by one. `settle` adds up what was written and hands the market values
    to the chain, which divisor and levels follow from; no event depends on these.
    """

    def __init__(self, definition: Definition, panel: Panel, agenda: Agenda, basket: Basket, chain: Chain) -> None:
        self.definition, self.panel, self.agenda, self.basket, self.chain = definition, panel, agenda, basket, chain
        self.carried: list[tuple[Any, ...]] = []
        self._worth = np.empty((_MOMENTS, len(panel.symbols)))
        self._follows: list[Callable[[float], None]] = []
        self._unpaid = 0
        self.paid: tuple[Ints, Floats] = np.empty(0, np.int64), np.empty(0)
        # Whether all prices are in the index's currency, whose rate is one.
        self._at_home = panel.at_home and not basket.currency.any()
        self._is_worth(basket.values(), chain.starts)

    def through(self, first: int, last: int) -> None:
        """Go through these rows of the panel, both included."""
        try:
            row = first
            while row <= last:
                self.open(row)
                until = self._until(row, last)
                self.close(row, until)
                row = until + 1
        except IndexRefusal:
            self.settle()  # which may refuse what came before
            raise
        self.settle()

    def open(self, row: int) -> None:
        """The open of a session: renames, then dividends on what is held, then restructurings in the order of the file."""
        self._rename(row)
        self._pay(row)  # who joins now is not paid
        for action in self.agenda.restructurings.get(row, ()):
            if self.basket.holds(action.symbol):
                follows = self._restructure(row, action)
                self._is_worth(self.basket.values(), follows)

    def close(self, first: int, last: int | None = None) -> None:
        """The close of a session, and after it deletions in the order of the file, then the review.

        With `last` the sessions up to that one, of which the walk may take the events as they come (`_until`).
        """
        last = first if last is None else last
        quotes, row, held = self.quotes(first, last, self._terms(first, last)), first, self.basket.held.copy()
        self._check_closes(first, quotes)
        self._check_rates(first, last, quotes)
        agenda = self.agenda
        for stop in (stop for stop in agenda.eventful if first <= stop <= last):
            if stop > first and stop in agenda.restructurings:
                self._closes(row, stop - 1, first, quotes)
                self._pay(stop, first, quotes.code)
                self._reopen(stop, first, quotes)
                row = stop
            for action in agenda.deletions.get(stop, ()):
                if self.basket.holds(action.symbol):  # not deleted twice
                    self._closes(row, stop, first, quotes)
                    row = stop + 1
                    self.basket.remove(action.symbol)
                    follows = partial(self.chain.deletes, stop, action.action, action.symbol)
                    self._is_worth(quotes.price[stop - first] * self.basket.weight, follows)
        self._closes(row, last, first, quotes)
        self._leave(first, quotes, held)
        if last in agenda.reviews:
            names, before = agenda.reviews[last], self.basket.values()
            self.basket = starting_basket(self.definition, self.panel, last, names, self.basket)
            traded = _traded(before, self.basket.values())
            self._at_home = self._at_home and not self.basket.currency.any()
            self._is_worth(self.basket.values(), partial(self.chain.reviews, last, names["review"][0], traded))

    def _until(self, first: int, last: int) -> int:
        """The last row to which only names that trade have events and none joins: their closes are looked up at once."""
        agenda, panel = self.agenda, self.panel
        for row in range(first, min(first + _ROWS - 1, last) + 1):
            if row > first and row in agenda.renames:
                return row - 1
            if row > first:
                for action in agenda.restructurings.get(row, ()):
                    if self.basket.holds(action.symbol):
                        idle = panel.idle[row - 1 : row + 1, panel.column[action.symbol]].any()
                        if idle or action.to_symbol is not None:
                            return row - 1
            if row in agenda.reviews:
                return row
        return min(first + _ROWS - 1, last)

    def _terms(self, first: int, last: int) -> dict[int, tuple[int, float]]:
        """By column of a name that is deleted in these rows the row, and what it counts at its close."""
        terms: dict[int, tuple[int, float]] = {}
        for row in sorted(row for row in self.agenda.deletions if first <= row <= last):
            for action in self.agenda.deletions[row]:
                if self.basket.holds(action.symbol):
                    column = self.panel.column[action.symbol]
                    if column not in terms or terms[column][0] == row:
                        terms[column] = row, action.checked().price
        return terms

    def _reopen(self, row: int, first: int, quotes: Quotes) -> None:
        """An open in which names that trade are restructured, at their closes of the row before: the basket has older ones."""
        before, basket, worth = row - 1 - first, self.basket, dict[int, float]()
        for action in self.agenda.restructurings[row]:
            if basket.holds(action.symbol):
                column = self.panel.column[action.symbol]
                if column not in worth:
                    code = quotes.code[before, column]
                    basket.close[column], basket.currency[column] = quotes.close[before, column], code
                    basket.rate[column] = self.panel.rates[row - 1, code]
                follows = self._restructure(row, action)
                worth[column] = basket.close[column] * basket.rate[column] * basket.weight[column]
                values = quotes.price[before] * basket.weight
                values[list(worth)] = list(worth.values())
                self._is_worth(values, follows)

    def settle(self) -> None:
        """Have the levels follow up to here."""
        many, follows, self._follows = len(self._follows), self._follows, []
        for follow, value in zip(follows, row_totals(self._worth[:many]).tolist(), strict=True):
            follow(value)

    def set_base(self, row: int) -> None:
        """Set the base value after the close of a session."""
        self.settle()
        names = int(np.count_nonzero(self.basket.held))
        self.chain.set_base(row, names, self.definition.base.value)

    def state(self, row: int) -> State:
        """The state after a row, which `through` has gone through."""
        day, chain = self.panel.sessions[row], self.chain
        return State(chain.code, day, chain.divisor, chain.level, chain.total_return, self.basket.names())

    def _is_worth(self, values: Floats, *follows: Callable[[float], None]) -> None:
        """Write down what each column is worth at moments, (moments, columns), and what follows from the sum of each."""
        if len(self._follows) + len(follows) > _MOMENTS:
            self.settle()
        begin = len(self._follows)
        self._worth[begin : begin + len(follows)] = values
        self._follows += follows

    def quotes(self, first: int, last: int, terms: Mapping[int, tuple[int, float]] | None = None) -> Quotes:
        """The prices of rows for the basket as it is.

        `terms` are by column the row of a deletion and the price that the name counts at then; after it the name is gone.
        """
        rows, basket, terms = slice(first, last + 1), self.basket, terms or {}
        close, price, code = self.panel.close[rows], self.panel.price[rows], self.panel.currency[rows]
        idle = self.panel.idle[rows] & basket.held
        for column, (row, _) in terms.items():
            idle[row + 1 - first :, column] = False
        others = np.flatnonzero(idle.any(axis=0))
        if not others.size and not terms:
            return Quotes(close, price, code, idle, others)
        close = close.copy()
        price = close if self._at_home else price.copy()
        if others.size:
            code, at = code.copy(), np.arange(last + 1 - first)[:, None]
            traded = np.maximum.accumulate(np.where(idle[:, others], NOWHERE, at), axis=0)
            for own, before in ((close, basket.close), (code, basket.currency)):
                own[:, others] = np.where(traded == NOWHERE, before[others], own[traded.clip(0), others])
            price[:, others] = close[:, others] * self.panel.rates[first + at, code[:, others]]
        for column, (row, settled) in terms.items():
            close[row - first, column], idle[row - first, column] = settled, False
            price[row - first, column] = settled * self.panel.rates[row, code[row - first, column]]
        return Quotes(close, price, code, idle, others)

    def _rename(self, row: int) -> None:
        if row not in self.agenda.renames:
            return
        changes = {old: new for old, new in self.agenda.renames[row].items() if self.basket.holds(old)}
        taken = [new for new in changes.values() if self.basket.holds(new) and new not in changes]
        if taken:
            raise IndexRefusal(
                f"{self._said(row)}: {listed(taken)} is held already, and another name changes its symbol to it"
            )
        if changes:
            self.basket.move(changes)

    def _restructure(self, row: int, action: Action) -> Callable[[float], None]:
        """Apply an action of an open to a name that is held; what follows from the value then."""
        basket, column = self.basket, self.panel.column
        held = basket.holding(column[action.symbol])
        first, *children = after(action, held)
        neutral = is_neutral(action, held, first)
        if not neutral and self.definition.policies.corporate_actions == "fixed_weight":
            first, neutral = absorbed(action, held, first), True
        if (first.symbol != held.symbol or children) and basket.holds(action.to_symbol):
            what = f"{action.action} of {action.symbol} into {action.to_symbol}"
            raise IndexRefusal(f"{self._said(row)}: {what}, which is held already")
        if first.symbol != held.symbol:
            basket.move({held.symbol: first.symbol})
        for holding in (first, *children):
            basket.put(holding, like=column[first.symbol])
        return partial(self.chain.restructures, row, action.action, action.symbol, neutral)

    def _closes(self, row: int, last: int, first: int, quotes: Quotes) -> None:
        """The closes of rows between which the basket stays; the first of `quotes` is that of the row `first`."""
        self._pay(last, first, quotes.code)
        names = int(np.count_nonzero(self.basket.held))
        for begin in range(row, last + 1, _MOMENTS):
            rows = range(begin, min(begin + _MOMENTS, last + 1))
            follows = (partial(self.chain.closes, one, names) for one in rows)
            self._is_worth(quotes.price[begin - first : rows.stop - first] * self.basket.weight, *follows)

    def _pay(self, last: int, first: int | None = None, code: Codes | None = None) -> None:
        """What dividends come to in the rows up to the last that are not paid yet, at the rates of the row before each.

        `code` are the currencies of closes from the row `first` on, for which the basket has the rates of the row before.
        """
        begin, self._unpaid = self._unpaid, last + 1
        if begin > last:
            return
        for amiss in sorted(row for row in self.agenda.amiss if begin <= row <= last):
            for action in self.agenda.amiss[amiss]:
                if self.basket.holds(action.symbol):
                    action.checked()
        row, column, amount = self.agenda.dividends_of(begin, last)
        held = self.basket.held[column]
        if not held.all():
            row, column, amount = row[held], column[held], amount[held]
        rate = self.basket.rate[column]
        if code is not None and first is not None and not self._at_home:
            later = row > first
            rate[later] = self.panel.rates[row[later] - 1, code[row[later] - 1 - first, column[later]]]
        paid = amount * rate * self.basket.weight[column]
        self.paid = column, paid
        # Added row by row in the order of the columns.
        for n, money in enumerate(np.bincount(row - begin, paid).tolist(), begin):
            self.chain.paid[n] = money

    def _check_closes(self, first: int, quotes: Quotes) -> None:
        """Refuse what the policy on missing prices refuses: a name without a close that is not suspended."""
        if not quotes.others.size or self.definition.policies.missing_price != "error":
            return
        missing = quotes.idle & ~self.panel.suspended[first : first + len(quotes.idle)]
        if missing.any():
            at = int(np.flatnonzero(missing.any(axis=1))[0])
            names = [self.panel.symbols[n] for n in np.flatnonzero(missing[at])]
            raise IndexRefusal(f"{self._said(first + at)}: no close of {listed(names)}")

    def _check_rates(self, first: int, last: int, quotes: Quotes) -> None:
        """Refuse a currency without a rate, and where missing prices are refused one without a rate of the session."""
        if self._at_home:
            return
        rows, strict = slice(first, last + 1), self.definition.policies.missing_price == "error"
        lacking = np.isnan(self.panel.rates[rows]) | (self.panel.unrated[rows] & strict)
        missing = np.take_along_axis(lacking, quotes.code, axis=1) & self.basket.held
        if missing.any():
            at = int(np.flatnonzero(missing.any(axis=1))[0])
            names = sorted({self.panel.currencies[code] for code in quotes.code[at][missing[at]]})
            raise IndexRefusal(f"{self._said(first + at)}: no rate for {listed(names)}")

    def _leave(self, first: int, quotes: Quotes, held: Flags) -> None:
        """Leave the last prices, their days and rates with the basket, and mark the names that had a last price before."""
        basket, days = self.basket, self.panel.sessions[first : first + len(quotes.idle)]
        basket.close[:] = quotes.close[-1]
        if not self._at_home:
            basket.currency[:] = quotes.code[-1]
            basket.rate[:] = np.where(held, self.panel.rates[first + len(days) - 1, basket.currency], 0.0)
        before = basket.price_on[quotes.others]
        basket.price_on[:] = np.datetime64(days[-1])
        for column, last in zip(quotes.others.tolist(), before.tolist(), strict=True):
            price_on = last
            for at, day in enumerate(days):
                if not quotes.idle[at, column]:
                    price_on = day
                elif self.chain.based:
                    close, symbol = float(quotes.close[at, column]), self.panel.symbols[column]
                    reason = "suspended" if self.panel.suspended[first + at, column] else "missing"
                    self.carried.append((self.chain.code, day, symbol, close, price_on, reason))
            basket.price_on[column] = price_on

    def _said(self, row: int) -> str:
        return f"{self.chain.code} on {self.panel.sessions[row]}"


def _traded(before: Floats, after: Floats) -> Traded:
    """What a review trades, from what each column of a panel is worth before and after it."""
    # A sum that is not above 0 is refused once it is handed on.
    with np.errstate(divide="ignore", invalid="ignore"):
        held, comes = before / total(before), after / total(after)
    return Traded(total(np.abs(comes - held)) / 2, total(np.abs(held)), total(np.abs(comes)))


def starting_basket(
    definition: Definition, panel: Panel, row: int, names: pl.DataFrame, held: Basket | None = None
) -> Basket:
    """The basket of a review at the closes of the session after which it is implemented.

    `names` are its rows of weights. A suspended name has its last price: of the basket that is `held`, else of the closes,
    else of the cut-off, in any case after all that happened to it since. Raises IndexRefusal for a name without a close.
    """
    day = panel.sessions[row]
    if (names["weighting_factor"].to_numpy() == 0).any():
        names = names.filter(pl.col("weighting_factor") != 0)
    if names.is_empty():
        raise IndexRefusal(f"{definition.code} on {day}: the review brings in no name")
    review, cutoff_on, effective_on = (names[name][0] for name in ("review", "cutoff_on", "effective_on"))
    carry = definition.policies.missing_price == "carry"
    # The weights have the symbols of the effective day.
    earlier = {new: old for old, new in panel.quotes.renames.between(day, effective_on).items()}
    called = names["symbol"].replace(earlier) if earlier else names["symbol"]
    columns = panel.columns(called.to_list())
    closes, codes = panel.close[row, columns], panel.currency[row, columns]
    price_on = np.full(len(called), np.datetime64(day))
    missing = []
    for n in np.flatnonzero(panel.idle[row, columns]).tolist():
        column, name = columns[n], called[n]
        if not (carry or panel.suspended[row, column]):
            missing.append(name)
        elif held is not None and held.held[column]:
            closes[n], codes[n], price_on[n] = held.close[column], held.currency[column], held.price_on[column]
        else:
            closes[n], currency, price_on[n] = _last(
                panel.quotes, name, day, cutoff_on, names.row(n, named=True), carry=carry
            )
            codes[n] = panel.code(currency)
    if missing:
        raise IndexRefusal(
            f"{definition.code} on {day}: no close of {listed(missing)}, which the review {review} brings in"
        )
    rates = panel.rates[row, codes]
    unrated = np.isnan(rates) | (panel.unrated[row, codes] & (not carry))
    if unrated.any():
        lacking = sorted({panel.currencies[code] for code in codes[unrated]})
        raise IndexRefusal(f"{definition.code} on {day}: no rate for {listed(lacking)}")
    shares, free_float, factor = (names[name].to_numpy() for name in ("shares", "free_float", "weighting_factor"))
    return Basket(
        panel,
        columns,
        shares=shares,
        free_float=free_float,
        factor=factor,
        close=closes,
        currency=codes,
        rate=rates,
        price_on=price_on,
    )


def _last(
    prices: Prices, name: str, day: date, cutoff_on: date, weighted: dict[str, Any], *, carry: bool
) -> tuple[float, str, date]:
    """The last price of a name that is not held, with currency and day: its last close, or the price of the cut-off."""
    found = prices.on([name], day, day, named_on=day, carry=carry).get(name)
    if found is not None:
        return found.close, found.currency, found.price_on
    return prices.carried_on(name, weighted["close"], cutoff_on, day), weighted["currency"], cutoff_on
