"""One index through the sessions of a panel: opens with their events, closes, and what follows a close."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.agenda import Agenda
from russell_pipeline.index.basket import Basket, State
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.events import Action, absorbed, after, is_neutral
from russell_pipeline.index.model import IndexRefusal, listed
from russell_pipeline.index.panel import NOWHERE, Codes, Flags, Ints, Panel
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import Floats, row_totals, total

# Values of more sessions than this are not made at once; it bounds memory and changes no level.
_ROWS = 64
_NOTHING: tuple[Ints, Floats] = (np.empty(0, np.int64), np.empty(0))

# METHODOLOGY 4: the total return index from that of the session before, the price index then and now, and dividend points.
TOTAL_RETURNS: dict[str, Callable[[float, float, float, float], float]] = {
    "ex_open": lambda total_return, before, level, points: total_return * (level / (before - points)),
    "reinvest_close": lambda total_return, before, level, points: total_return * ((level + points) / before),
}


class Quotes(NamedTuple):
    """Prices of (sessions, columns) for a basket: a name that is `idle` has its last one. `others` are columns that the panel has
    otherwise; `close` is in the currency of `code`, `price` in the index's.
    """

    close: Floats
    price: Floats
    code: Codes
    idle: Flags
    others: Ints


class Traded(NamedTuple):
    """What a review trades at the closes of its day: one-way turnover, the sum of weights without signs before and after."""

    turnover: float | None = None
    gross_before: float | None = None
    gross_after: float | None = None


@dataclass
class Walk:
    """An index as it goes through the rows of a panel. `open` and `close` take turns; `through` does both for all rows.

    The market value of a session is its row of prices times the basket's weights; only events and names that do not trade
    are looked at one by one. Before its base an index has a basket but no level: `based` is False, and nothing is recorded.
    `points` are dividend points by row, `paid` the columns of the last open that pay, with the points of each.
    """

    definition: Definition
    panel: Panel
    agenda: Agenda
    basket: Basket
    divisor: float = 1.0
    level: float = 1.0
    total_return: float = 1.0
    based: bool = True
    levels: list[tuple[Any, ...]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    carried: list[dict[str, Any]] = field(default_factory=list)
    points: dict[int, float] = field(default_factory=dict)
    paid: tuple[Ints, Floats] = _NOTHING

    @property
    def code(self) -> str:
        return self.definition.code

    def through(self, first: int, last: int) -> None:
        """Go through these rows of the panel, both included."""
        agenda, row = self.agenda, first
        opens = agenda.restructurings.keys() | agenda.renames.keys()
        closes = agenda.deletions.keys() | agenda.reviews.keys()
        for stop in sorted(stop for stop in opens | closes if first <= stop <= last):
            if stop in opens:
                self._closes(row, stop - 1)
                self.open(stop)
                row = stop
            if stop in closes:
                self.close(stop, since=row)
                row = stop + 1
        self._closes(row, last)

    def open(self, row: int) -> None:
        """The open of a session: renames, then dividends on what is held, then restructurings in the order of the file."""
        self._rename(row)
        self.paid = _NOTHING
        self._pay(row)
        self.points.setdefault(row, 0.0)  # who joins now is not paid
        actions = self.agenda.restructurings.get(row)
        if not actions:
            return
        whole = value = self.basket.value()
        divisor, changed = self.divisor, False
        for action in actions:
            if not self.basket.holds(action.symbol):
                continue
            neutral = self._restructure(row, action)
            became = self._positive(self.basket.value(), row, f"after {action.action} of {action.symbol}")
            changed |= not neutral
            # From the day's first value, so that the order of other names' events leaves no trace in the last bit.
            taken = divisor * (became / whole) if changed else divisor
            before = (became, taken) if neutral else (value, self.divisor)
            value, self.divisor = became, taken
            self._record(row, ("open", action.action, action.symbol), before, became)

    def close(self, row: int, since: int | None = None) -> None:
        """The close of a session, and after it deletions in the order of the file, then the review.

        `since` is the first of the rows before it that have no close yet and no events.
        """
        deleted = [action for action in self.agenda.deletions.get(row, ()) if self.basket.holds(action.symbol)]
        terms = {self.panel.column[action.symbol]: action.checked().price for action in deleted}
        whole = value = self._closes(row if since is None else since, row, terms)
        divisor = self.divisor
        for action in deleted:
            if not self.basket.holds(action.symbol):  # deleted twice
                continue
            self.basket.remove(action.symbol)
            left = self._positive(self.basket.value(), row, f"after the deletion of {action.symbol}")
            before, self.divisor = self.divisor, divisor * (left / whole)
            self._record(row, ("close", action.action, action.symbol), (value, before), left)
            value = left
        if row in self.agenda.reviews:
            names, held = self.agenda.reviews[row], self.basket
            self.basket = starting_basket(self.definition, self.panel, row, names, held)
            became = self._positive(self.basket.value(), row, "with the basket of the review")
            before, self.divisor = self.divisor, self.divisor * (became / value)
            traded = _traded(held.values() / value, self.basket.values() / became)
            self._record(row, ("close", f"review {names['review'][0]}", None), (value, before), became, traded)

    def set_base(self, row: int) -> None:
        """Set the base value after the close of a session: the divisor follows from it."""
        value, base = self._positive(self.basket.value(), row, "at the base"), self.definition.base.value
        self.divisor, self.level, self.total_return, self.based = value / base, base, base, True
        self._record(row, ("base", "base", None), (None, None), value)
        self._note(row, value, 0.0)

    def state(self, row: int) -> State:
        """The state after a row, which `through` has gone through."""
        day = self.panel.sessions[row]
        return State(self.code, day, self.divisor, self.level, self.total_return, self.basket.names())

    def quotes(self, first: int, last: int, terms: Mapping[int, float] | None = None) -> Quotes:
        """The prices of rows for the basket as it is; `terms` are what names that are deleted count at on the last one."""
        rows, basket, terms = slice(first, last + 1), self.basket, terms or {}
        close, price, code = self.panel.close[rows], self.panel.price[rows], self.panel.currency[rows]
        idle = self.panel.idle[rows] & basket.held
        others = np.flatnonzero(idle.any(axis=0))
        if not others.size and not terms:
            return Quotes(close, price, code, idle, others)
        close, price = close.copy(), price.copy()
        if others.size:
            code, at = code.copy(), np.arange(last + 1 - first)[:, None]
            traded = np.maximum.accumulate(np.where(idle[:, others], NOWHERE, at), axis=0)
            for own, before in ((close, basket.close), (code, basket.currency)):
                own[:, others] = np.where(traded == NOWHERE, before[others], own[traded.clip(0), others])
            price[:, others] = close[:, others] * self.panel.rates[first + at, code[:, others]]
        for column, settled in terms.items():
            close[-1, column], idle[-1, column] = settled, False
            price[-1, column] = settled * self.panel.rates[last, code[-1, column]]
        return Quotes(close, price, code, idle, others)

    def _pay(self, row: int) -> None:
        """Dividend points of a session, on shares and divisor before its restructurings."""
        for action in self.agenda.amiss.get(row, ()):
            if self.basket.holds(action.symbol):
                action.checked()
        if row in self.agenda.dividends and row not in self.points:
            columns, amounts = self.agenda.dividends[row]
            paid = amounts * self.basket.rate[columns] * self.basket.weight[columns]
            self.points[row] = total(paid) / self.divisor
            self.paid = columns, paid / self.divisor

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

    def _restructure(self, row: int, action: Action) -> bool:
        """Apply an action of an open to a name that is held; whether it leaves the value as it was."""
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
        return neutral

    def _closes(self, first: int, last: int, terms: Mapping[int, float] | None = None) -> float:
        """Levels of rows between which the basket stays; the market value of the last one.

        `terms` are what names that are deleted count at on the last one.
        """
        value = math.nan
        for begin in range(first, last + 1, _ROWS):
            end = min(begin + _ROWS - 1, last)
            value = self._block(begin, end, terms if end == last else None)
        return value

    def _block(self, first: int, last: int, terms: Mapping[int, float] | None) -> float:
        quotes = self.quotes(first, last, terms)
        self._check_closes(first, quotes)
        self._check_rates(first, last, quotes)
        values = row_totals(quotes.price * self.basket.weight).tolist()
        for row, value in enumerate(values, first):
            self._pay(row)
            if self.based:
                self._chain(row, value)
            self._rate(row, quotes.code[row - first])
        self._leave(first, quotes)
        return float(values[-1])

    def _rate(self, row: int, code: Codes) -> None:
        """Leave the rates of a row with the basket."""
        if not self.panel.at_home or self.basket.currency.any():
            self.basket.currency[:] = code
            self.basket.rate[:] = np.where(self.basket.held, self.panel.rates[row, code], 0.0)

    def _chain(self, row: int, value: float) -> None:
        """The levels of a row from those of the one before."""
        self._positive(value, row, "at the close")
        level, points = value / self.divisor, self.points.get(row, 0.0)
        if not self.level > points:
            raise IndexRefusal(
                f"{self._said(row)}: dividends of {points:.6g} points leave nothing of a level of {self.level:.6g}"
            )
        chained = TOTAL_RETURNS[self.definition.policies.total_return]
        self.total_return = chained(self.total_return, self.level, level, points)
        self.level = level
        self._note(row, value, points)

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
        if self.panel.at_home and not quotes.code.any():
            return
        rows, strict = slice(first, last + 1), self.definition.policies.missing_price == "error"
        lacking = np.isnan(self.panel.rates[rows]) | (self.panel.unrated[rows] & strict)
        missing = np.take_along_axis(lacking, quotes.code, axis=1) & self.basket.held
        if missing.any():
            at = int(np.flatnonzero(missing.any(axis=1))[0])
            names = sorted({self.panel.currencies[code] for code in quotes.code[at][missing[at]]})
            raise IndexRefusal(f"{self._said(first + at)}: no rate for {listed(names)}")

    def _leave(self, first: int, quotes: Quotes) -> None:
        """Leave the last prices and their days with the basket, and mark the names that had a last price before."""
        basket, days = self.basket, self.panel.sessions[first : first + len(quotes.idle)]
        basket.close[:] = quotes.close[-1]
        before = basket.price_on[quotes.others]
        basket.price_on[:] = np.datetime64(days[-1])
        for column, last in zip(quotes.others.tolist(), before.tolist(), strict=True):
            price_on = last
            for at, day in enumerate(days):
                if not quotes.idle[at, column]:
                    price_on = day
                elif self.based:
                    self.carried.append(
                        {
                            "index_code": self.code,
                            "date": day,
                            "symbol": self.panel.symbols[column],
                            "close": float(quotes.close[at, column]),
                            "price_on": price_on,
                            "reason": "suspended" if self.panel.suspended[first + at, column] else "missing",
                        }
                    )
            basket.price_on[column] = price_on

    def _positive(self, value: float, row: int, when: str) -> float:
        if not value > 0:
            raise IndexRefusal(
                f"{self._said(row)}: the market value {when} is {value:.6g}, and a level needs one above 0"
            )
        return value

    def _said(self, row: int) -> str:
        return f"{self.code} on {self.panel.sessions[row]}"

    def _note(self, row: int, value: float, points: float) -> None:
        """Keep the level of a row."""
        day, names = self.panel.sessions[row], int(np.count_nonzero(self.basket.held))
        self.levels.append((self.code, day, self.level, self.total_return, self.divisor, value, points, names))

    def _record(
        self,
        row: int,
        what: tuple[str, str, str | None],
        before: tuple[float | None, float | None],
        value: float,
        traded: Traded | None = None,
    ) -> None:
        """Record an event, by moment, name and symbol, with value and divisor before it, the value after, and what it trades."""
        if self.based:
            moment, event, symbol = what
            self.ledger.append(
                {
                    "index_code": self.code,
                    "date": self.panel.sessions[row],
                    "moment": moment,
                    "event": event,
                    "symbol": symbol,
                    "market_value_before": before[0],
                    "market_value_after": value,
                    "divisor_before": before[1],
                    "divisor_after": self.divisor,
                    **(traded or Traded())._asdict(),
                }
            )


def _traded(held: Floats, comes: Floats) -> Traded:
    """What a review trades, from the weights in the columns of a panel before and after it."""
    return Traded(total(np.abs(comes - held)) / 2, total(np.abs(held)), total(np.abs(comes)))


def starting_basket(
    definition: Definition, panel: Panel, row: int, names: pl.DataFrame, held: Basket | None = None
) -> Basket:
    """The basket of a review at the closes of the session after which it is implemented.

    `names` are its rows of weights. A suspended name has its last price: of the basket that is `held`, else of the closes
    since the cut-off, else of the cut-off. Raises IndexRefusal for a name without a close.
    """
    day = panel.sessions[row]
    names = names.filter(names["weighting_factor"] != 0)
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
    """The last price of a name that is not held, with currency and day: since the cut-off, or that of the cut-off."""
    found = prices.on([name], day, day, named_on=day, carry=carry).get(name)
    if found is not None and found.price_on >= cutoff_on:
        return found.close, found.currency, found.price_on
    return weighted["close"], weighted["currency"], cutoff_on
