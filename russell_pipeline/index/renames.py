"""Symbols through time: what a security is called on another day, by the changes of symbols."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import polars as pl


class Renames:
    """Changes of symbols; each holds from the open of its date."""

    def __init__(self, changes: pl.DataFrame) -> None:
        self._by_day: dict[date, dict[str, str]] = defaultdict(dict)
        for day, old, new in changes.select("date", "old_symbol", "new_symbol").sort("date").iter_rows():
            self._by_day[day][old] = new
        self.days = sorted(self._by_day)

    def between(self, after: date, until: date) -> Mapping[str, str]:
        """The new symbols by the old of the changes after one day until another, both symbols those of these days."""
        moved: dict[str, str] = {}
        for day in self.days:
            if after < day <= until:
                changes = self._by_day[day]
                came_from = {now: was for was, now in moved.items()}
                moved |= {came_from.get(old, old): new for old, new in changes.items()}
        return moved

    def later(self, symbol: str, known_on: date, on: date) -> str:
        """What the security that has this symbol on one day is called on a later one."""
        for day in self.days:
            if known_on < day <= on:
                symbol = self._by_day[day].get(symbol, symbol)
        return symbol

    def earlier(self, symbol: str, known_on: date, on: date) -> str:
        """What the security that has this symbol on one day was called on an earlier one."""
        for day in reversed(self.days):
            if on < day <= known_on:
                symbol = next((old for old, new in self._by_day[day].items() if new == symbol), symbol)
        return symbol
