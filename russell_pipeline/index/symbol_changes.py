"""Symbol changes: which symbol a security has on another day, and which security a symbol stands for."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from datetime import date, timedelta

import polars as pl

CHANGED = {"date": pl.Date(), "symbol": pl.String(), "security": pl.String(), "became": pl.String()}


class SymbolChanges:
    """The symbol changes of a market; each holds from the open of its date."""

    def __init__(self, changes: pl.DataFrame) -> None:
        self._by_day: dict[date, dict[str, str]] = defaultdict(dict)
        for day, old, new in changes.select("date", "old_symbol", "new_symbol").sort("date").iter_rows():
            self._by_day[day][old] = new
        self.days = sorted(self._by_day)
        # By symbol and day: what it becomes, and what it was.
        self._becomes: dict[str, dict[date, str]] = defaultdict(dict)
        self._formerly: dict[str, dict[date, str]] = defaultdict(dict)
        for day in self.days:
            for old, new in self._by_day[day].items():
                self._becomes[old][day] = new
                self._formerly[new].setdefault(day, old)

    @property
    def symbols(self) -> Set[str]:
        """The symbols that any change names."""
        return self._becomes.keys() | self._formerly.keys()

    def taken(self, symbol: str) -> Set[date]:
        """The days from whose open a security has this symbol by a change."""
        return self._formerly.get(symbol, {}).keys()

    def between(self, after: date, until: date) -> Mapping[str, str]:
        """The symbol on the later day by that on the earlier day, for each security whose symbol changes in between.

        A security that takes a symbol in between, after another has given it up, is not among them.
        """
        moved: dict[str, str] = {}
        for day in self.days[bisect_right(self.days, after) : bisect_right(self.days, until)]:
            changes = self._by_day[day]
            came_from = {now: was for was, now in moved.items()}
            moved |= {
                came_from.get(old, old): new for old, new in changes.items() if old in came_from or old not in moved
            }
        return moved

    def names(self, symbol: str, known_on: date, until: date) -> list[tuple[str, date]]:
        """The symbols of a security, known by its symbol on a day, until a later day; each with its first day."""
        names = [(symbol, known_on)]
        while changes := [day for day in self._becomes.get(symbol, ()) if known_on < day <= until]:
            symbol, known_on = self._becomes[symbol][changes[0]], changes[0]
            names.append((symbol, known_on))
        return names

    def spans(self, symbol: str, known_on: date, until: date) -> list[tuple[str, date, date]]:
        """The same symbols, each with its first day and that of the next; the last ends with the later day."""
        names = self.names(symbol, known_on, until)
        ends = [first for _, first in names[1:]] + [until]
        return [(name, first, end) for (name, first), end in zip(names, ends, strict=True)]

    def later(self, symbol: str, known_on: date, on: date) -> str:
        """The symbol on a later day of a security, known by its symbol on a day."""
        return self.names(symbol, known_on, on)[-1][0]

    def earlier(self, symbol: str, known_on: date, on: date) -> str | None:
        """The symbol on an earlier day of a security, known by its symbol on a day; None if no symbol of it is known then."""
        return next((name for name, first, _ in self.former(symbol, known_on) if first <= on), None)

    def former(self, symbol: str, known_on: date) -> Iterator[tuple[str, date, date]]:
        """The symbols of a security, known by its symbol on a day, up to that day: the latest first, with first and last day."""
        while True:
            # Whatever had the symbol before it was given up is another security.
            changes = {*self._formerly.get(symbol, ()), *self._becomes.get(symbol, ())}
            since = max((day for day in changes if day <= known_on), default=date.min)
            yield symbol, since, known_on
            if since not in self._formerly.get(symbol, ()):
                return
            symbol, known_on = self._formerly[symbol][since], since - timedelta(1)

    def changed(self) -> pl.DataFrame:
        """The days on which a symbol passes from one security to another, and the security that it stands for from then on.

        The columns are `CHANGED`. `security` is an identifier; before its first change a symbol identifies itself. `became` is
        the new symbol of the security that gives the symbol up, null if another security takes it on that day.
        """
        rows = []
        for day in self.days:
            for symbol in {*self._by_day[day], *self._by_day[day].values()}:
                *_, (first, since, _) = self.former(symbol, day)
                security = first if since == date.min else f"{first} {since}"
                became = None if day in self._formerly.get(symbol, ()) else self._becomes[symbol][day]
                rows.append((day, symbol, security, became))
        return pl.DataFrame(rows, CHANGED, orient="row").sort("date", "symbol")
