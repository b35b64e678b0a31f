"""One index through the sessions of a panel: opens with their events, closes, and what follows a close."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from russell_pipeline.index.agenda import Agenda
from russell_pipeline.index.basket import NAMES, Basket, State
from russell_pipeline.index.block import Block
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.events import Action, absorbed, after, is_neutral
from russell_pipeline.index.model import IndexRefusal, listed
from russell_pipeline.index.panel import NOWHERE, Ints, Panel
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import Floats, row_totals, total

# Prices of more sessions than this are not looked up at once; it bounds memory and changes no level.
_ROWS = 64

# METHODOLOGY 4: the total return index from that of the session before, the price index then and now, and dividend points.
TOTAL_RETURNS: dict[str, Callable[[float, float, float, float], float]] = {
    "ex_open": lambda total_return, before, level, points: total_return * (level / (before - points)),
    "reinvest_close": lambda total_return, before, level, points: total_return * ((level + points) / before),
}


@dataclass
class Walk:
    """An index as it goes through the rows of a panel. `open` and `close` take turns; `through` does both for all rows.

    Before its base an index has a basket but no level: `based` is False, and nothing is recorded.
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
    paid: dict[int, tuple[Ints, Floats]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.block: Block | None = None

    @property
    def code(self) -> str:
        return self.definition.code

    def through(self, first: int, last: int) -> None:
        """Go through these rows of the panel, both included."""
        reviews = (row for row in sorted(self.agenda.reviews) if first <= row < last)
        for begin, end in _parts(first, last, reviews):
            self._look_up(begin, end)
            row = begin
            for stop in self.agenda.stops(begin, end):
                self._closes(row, stop - 1)
                self.open(stop)
                row = stop
                if stop in self.agenda.deletions or stop in self.agenda.reviews:
                    self.close(stop)
                    row = stop + 1
            self._closes(row, end)
            if self.block:  # no review was implemented
                self._leave(end)

    def open(self, row: int) -> None:
        """The open of a session: renames, then dividends on what is held, then restructurings in the order of the file."""
        self._look_up_if_needed(row)
        if row > self.prices.first:
            self._leave(row - 1)
        self._rename(row)
        self._pay(row)
        self.points.setdefault(row, 0.0)  # who joins now is not paid
        actions = self.agenda.restructurings.get(row, [])
        whole, divisor, changed = self.basket.value(), self.divisor, False
        vacant = self._places(actions)
        for action in actions:
            place = self.basket.position.get(action.symbol)
            if place is None:
                continue
            value = self.basket.value()
            neutral = self._restructure(row, place, action, vacant)
            became = self._positive(self.basket.value(), row, f"after {action.action} of {action.symbol}")
            changed |= not neutral
            # From the day's first value, so that the order of other names' events leaves no trace in the last bit.
            taken = divisor * (became / whole) if changed else divisor
            before = (became, taken) if neutral else (value, self.divisor)
            self.divisor = taken
            self._record(row, ("open", action.action, action.symbol), before, became)

    def close(self, row: int) -> None:
        """The close of a session, and after it deletions in the order of the file, then the review."""
        deleted = [action for action in self.agenda.deletions.get(row, ()) if action.symbol in self.basket.position]
        for action in deleted:
            self.prices.quote(self.basket.position[action.symbol], row, action.checked().price)
        whole = value = self._closes(row, row)
        self._leave(row)
        divisor = self.divisor
        for action in deleted:
            place = self.basket.position.get(action.symbol)
            if place is None:  # deleted twice
                continue
            self.basket.remove(place)
            self.prices.end(place, row)
            left = self._positive(self.basket.value(), row, f"after the deletion of {action.symbol}")
            before, self.divisor = self.divisor, divisor * (left / whole)
            self._record(row, ("close", action.action, action.symbol), (value, before), left)
            value = left
        if row in self.agenda.reviews:
            names = self.agenda.reviews[row]
            self._review(row, names)
            became = self._positive(self.basket.value(), row, "with the basket of the review")
            before, self.divisor = self.divisor, self.divisor * (became / value)
            self._record(row, ("close", f"review {names['review'][0]}", None), (value, before), became)

    def set_base(self, row: int) -> None:
        """Set the base value after the close of a session: the divisor follows from it."""
        value, base = self._positive(self.basket.value(), row, "at the base"), self.definition.base.value
        self.divisor, self.level, self.total_return, self.based = value / base, base, base, True
        self._record(row, ("base", "base", None), (None, None), value)
        self._note(row, value, 0.0)

    def state(self, row: int) -> State:
        """The state after a row, which `through` has gone through."""
        return State(
            self.code,
            self.panel.sessions[row],
            self.divisor,
            self.level,
            self.total_return,
            self.basket.names(self.panel),
        )

    @property
    def prices(self) -> Block:
        """The prices that were looked up for the row at hand."""
        assert self.block is not None  # open() and through() look prices up first
        return self.block

    def _look_up(self, first: int, last: int) -> None:
        """Look up the prices of the basket on these rows, with places for names that join."""
        self.basket.make_room(self.agenda.joining(first, last))
        self.block = Block(self.panel, first, last, self.basket)

    def _look_up_if_needed(self, row: int) -> None:
        if self.block is None or not self.block.first <= row <= self.block.last:
            self._look_up(row, row)

    def _leave(self, row: int) -> None:
        self.prices.leave(self.basket, row)

    def _rename(self, row: int) -> None:
        held = self.basket.position
        changes = {old: new for old, new in self.agenda.renames.get(row, {}).items() if old in held}
        taken = [new for new in changes.values() if new in held and new not in changes]
        if taken:
            raise IndexRefusal(
                f"{self._said(row)}: {listed(taken)} is held already, and another name changes its symbol to it"
            )
        self.basket.rename(changes)
        for new in changes.values():
            self._follow(self.basket.position[new], row)

    def _follow(self, place: int, row: int) -> None:
        """Let a place have the prices of its symbol from a row on."""
        basket, symbol = self.basket, self.basket.symbols[place]
        basket.column[place] = column = self.panel.column.get(symbol, NOWHERE)
        self.prices.follow(place, row, column, symbol, float(basket.close[place]), int(basket.currency[place]))

    def _pay(self, row: int) -> None:
        """Dividend points of a session, on shares and divisor before its restructurings, at the rate of the session before."""
        if row in self.points:
            return
        held = self.basket.position
        for action in self.agenda.amiss.get(row, ()):
            if action.symbol in held:
                action.checked()
        due = [(held[symbol], amount) for symbol, amount in self.agenda.dividends.get(row, ()) if symbol in held]
        if not due:
            return
        rates = self.basket.rate if row == self.prices.first else self.prices.rates(row - 1)
        places = np.array([place for place, _ in due])
        paid = np.array([amount for _, amount in due]) * rates[places] * self.basket.weight[places]
        self.points[row] = total(paid) / self.divisor
        self.paid[row] = places, paid / self.divisor

    def _places(self, actions: Iterable[Action]) -> dict[str, int]:
        """A place for each name that may join today, by symbol, so that the order of the file leaves no trace in sums."""
        children = sorted({action.to_symbol for action in actions if action.action == "spin_off" and action.to_symbol})
        vacant = [n for n, symbol in enumerate(self.basket.symbols) if not symbol] if children else []
        return dict(zip(children, vacant, strict=False))

    def _restructure(self, row: int, place: int, action: Action, vacant: dict[str, int]) -> bool:
        """Apply an action of an open to the name at a place; whether it leaves the value as it was."""
        held = self.basket.holding(place)
        first, *children = after(action, held)
        neutral = is_neutral(action, held, first)
        if not neutral and self.definition.policies.corporate_actions == "fixed_weight":
            first, neutral = absorbed(action, held, first), True
        if (first.symbol != held.symbol or children) and action.to_symbol in self.basket.position:
            what = f"{action.action} of {action.symbol} into {action.to_symbol}"
            raise IndexRefusal(f"{self._said(row)}: {what}, which is held already")
        self.basket.put(place, first)
        code = int(self.basket.currency[place])
        if first.symbol != held.symbol or first.close != held.close:
            self._follow(place, row)
        for child in children:
            at = vacant[child.symbol]
            self.basket.put(at, child)
            self.basket.rate[at], self.basket.currency[at] = self.basket.rate[place], code
            self.basket.price_on[at] = self.basket.price_on[place]
            self._follow(at, row)
        return neutral

    def _closes(self, first: int, last: int) -> float:
        """Levels of rows between which the basket stays; the market value of the last one."""
        if first > last:
            return 0.0
        block = self.prices
        for row in range(first, last + 1):
            self._pay(row)
        self._check_prices(first, last)
        values = row_totals(block.price[first - block.first : last + 1 - block.first] * self.basket.weight).tolist()
        if not self.based:
            return values[-1]
        chained = TOTAL_RETURNS[self.definition.policies.total_return]
        for row, value in enumerate(values, first):
            self._positive(value, row, "at the close")
            level, points = value / self.divisor, self.points.get(row, 0.0)
            if not self.level > points:
                raise IndexRefusal(
                    f"{self._said(row)}: dividends of {points:.6g} points leave nothing of a level of {self.level:.6g}"
                )
            self.total_return = chained(self.total_return, self.level, level, points)
            self.level = level
            self._note(row, value, points)
        return values[-1]

    def _check_prices(self, first: int, last: int) -> None:
        """Mark names at their last price; refuse what the policy on missing prices refuses."""
        block, days, price_on = self.prices, self.panel.sessions, self.basket.price_on
        strict = self.definition.policies.missing_price == "error"
        gaps = sorted(place for place, since in block.gaps.items() if since <= last and self.basket.active[place])
        if gaps and strict:
            rows = slice(first - block.first, last + 1 - block.first)
            missing = ~(block.traded[rows] | block.suspended[rows])[:, gaps]
            if missing.any():
                at = int(np.flatnonzero(missing.any(axis=1))[0])
                names = sorted(self.basket.symbols[gaps[n]] for n in np.flatnonzero(missing[at]))
                raise IndexRefusal(f"{self._said(first + at)}: no close of {listed(names)}")
        self._check_rates(first, last, strict=strict)
        before = price_on[gaps]
        price_on[:] = np.datetime64(days[last])
        price_on[gaps] = before
        for place in gaps:
            for row in range(first, last + 1):
                at = row - block.first
                if block.traded[at, place]:
                    price_on[place] = np.datetime64(days[row])
                elif self.based:
                    why = "suspended" if block.suspended[at, place] else "missing"
                    self.carried.append(
                        {
                            "index_code": self.code,
                            "date": days[row],
                            "symbol": self.basket.symbols[place],
                            "close": float(block.close[at, place]),
                            "price_on": price_on[place].item(),
                            "reason": why,
                        }
                    )

    def _check_rates(self, first: int, last: int, *, strict: bool) -> None:
        block = self.prices
        if block.at_home:
            return
        rows, panel_rows = slice(first - block.first, last + 1 - block.first), slice(first, last + 1)
        lacking = np.isnan(self.panel.rates[panel_rows]) | (self.panel.unrated[panel_rows] & strict)
        if not lacking.any():
            return
        missing = np.take_along_axis(lacking, block.code[rows], axis=1) & self.basket.active
        if missing.any():
            at = int(np.flatnonzero(missing.any(axis=1))[0])
            codes = {int(code) for code in block.code[rows][at][missing[at]]}
            names = sorted(self.panel.currencies[code] for code in codes)
            raise IndexRefusal(f"{self._said(first + at)}: no rate for {listed(names)}")

    def _review(self, row: int, names: pl.DataFrame) -> None:
        """Put the basket of a review in place of the one that is held, at the closes of the day."""
        self.basket = Basket(starting_names(self.definition, self.panel, row, names, self.basket), self.panel)
        self.block = None

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
        day, names = self.panel.sessions[row], len(self.basket.position)
        self.levels.append((self.code, day, self.level, self.total_return, self.divisor, value, points, names))

    def _record(
        self, row: int, what: tuple[str, str, str | None], before: tuple[float | None, float | None], value: float
    ) -> None:
        """Record an event, by moment, name and symbol, with the value and divisor before it and the value after."""
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
                }
            )


def starting_names(
    definition: Definition, panel: Panel, row: int, names: pl.DataFrame, held: Basket | None = None
) -> pl.DataFrame:
    """The names of a review at the closes of the session after which it is implemented (columns of a basket's names).

    `names` are its rows of weights. A suspended name has its last price: of the basket that is `held`, else of the closes
    since the cut-off, else of the cut-off. Raises IndexRefusal for a name without a close.
    """
    day = panel.sessions[row]
    if names.is_empty():
        raise IndexRefusal(f"{definition.code} on {day}: the review brings in no name")
    review, cutoff_on, effective_on = names.select("review", "cutoff_on", "effective_on").row(0)
    carry = definition.policies.missing_price == "carry"
    # The weights have the symbols of the effective day.
    earlier = {new: old for old, new in panel.prices.renames.between(day, effective_on).items()}
    called = [earlier.get(symbol, symbol) for symbol in names["symbol"].to_list()]
    columns, suspended = panel.columns(called), panel.prices.suspended
    halted = {name for name in suspended.symbols if suspended.since(name, day)}
    closes = np.where(columns == NOWHERE, np.nan, panel.close[row, columns])
    if halted:
        closes[[name in halted for name in called]] = np.nan
    codes = panel.currency[row, columns]
    price_on = np.full(len(called), np.datetime64(day))
    missing = []
    for n in np.flatnonzero(np.isnan(closes)).tolist():
        name = called[n]
        if not (carry or name in halted):
            missing.append(name)
        elif held is not None and name in held.position:
            place = held.position[name]
            closes[n], codes[n], price_on[n] = held.close[place], held.currency[place], held.price_on[place]
        else:
            closes[n], currency, price_on[n] = _last(
                panel.prices, name, day, cutoff_on, names.row(n, named=True), carry=carry
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
    return (
        names.with_columns(
            pl.Series("symbol", called),
            pl.Series("close", closes),
            pl.Series(panel.currencies).gather(codes).alias("currency"),
            pl.Series("fx", rates),
            pl.Series("price_on", price_on),
        )
        .select(list(NAMES))
        .sort("symbol")
    )


def _last(
    prices: Prices, name: str, day: date, cutoff_on: date, weighted: dict[str, Any], *, carry: bool
) -> tuple[float, str, date]:
    """The last price of a name that is not held, with currency and day: since the cut-off, or that of the cut-off."""
    found = prices.on([name], day, day, named_on=day, carry=carry).get(name)
    if found is not None and found.price_on >= cutoff_on:
        return found.close, found.currency, found.price_on
    return weighted["close"], weighted["currency"], cutoff_on


def _parts(first: int, last: int, ends: Iterable[int]) -> Iterable[tuple[int, int]]:
    """The rows from first to last in parts that end after each of `ends`, none longer than is looked up at once."""
    begin = first
    for end in [*ends, last]:
        while begin <= end:
            yield begin, min(begin + _ROWS - 1, end)
            begin = min(begin + _ROWS, end + 1)
