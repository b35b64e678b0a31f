"""When names are suspended from trading: under every symbol that they have meanwhile, and not beyond their end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from russell_pipeline.index.renames import Renames

_DAY = timedelta(days=1)


class Suspended:
    """When names are suspended from trading, under whatever symbol they have on the day."""

    def __init__(self, suspensions: pl.DataFrame, renames: Renames) -> None:
        self._spans: dict[str, list[tuple[date, date, date]]] = defaultdict(list)
        for name, first, until, begin in _under_each_symbol(suspensions, renames):
            self._spans[name].append((first, until, begin))

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(self._spans)

    def spans(self, symbol: str) -> list[tuple[date, date]]:
        """First days without trading under this symbol, and with trading again or under another one."""
        return [(first, until) for first, until, _ in self._spans.get(symbol, ())]

    def since(self, symbol: str, on: date) -> date | None:
        """The first day, under whatever symbol, of the suspension that lasts on a day; None where the name trades."""
        return min((begin for first, until, begin in self._spans.get(symbol, ()) if first <= on < until), default=None)


def under_each_symbol(suspensions: pl.DataFrame, symbol_changes: pl.DataFrame) -> pl.DataFrame:
    """Suspensions by each symbol that the name has meanwhile, from when and until when: symbol, suspended_on, resumed_on."""
    columns = ["symbol", "suspended_on", "resumed_on"]
    rows = [
        (name, first, None if until == date.max else until)
        for name, first, until, _ in _under_each_symbol(suspensions, Renames(symbol_changes))
    ]
    return pl.DataFrame(rows, {name: suspensions.schema[name] for name in columns}, orient="row")


def _under_each_symbol(suspensions: pl.DataFrame, renames: Renames) -> Iterator[tuple[str, date, date, date]]:
    """Each symbol of a suspended name, from when until when, and when the suspension began.

    Before and after that the symbol may be another company's, which trades.
    """
    for symbol, begin, end in suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows():
        for name, first, until in renames.spans(symbol, begin, end or date.max):
            yield name, first, until, begin


def ended(suspensions: pl.DataFrame, symbol_changes: pl.DataFrame, actions: pl.DataFrame) -> pl.Series:
    """The days `resumed_on` of suspensions; where nobody says one, that from which the name is deleted or converted.

    Its symbol may be another company's years later, which trades. `actions` are rows with symbol, date and action, in
    whatever order.
    """
    gone: dict[str, list[date]] = defaultdict(list)
    taken = actions.filter(pl.col("action").is_in(["delete", "conversion"]))
    for symbol, day, action in taken.select("symbol", "date", "action").iter_rows():
        gone[symbol].append(day + _DAY if action == "delete" else day)
    renames = Renames(symbol_changes)

    def end(symbol: str, begin: date) -> date | None:
        days = (
            day
            for name, since, last in renames.spans(symbol, begin, date.max)
            for day in gone.get(name, ())
            if since < day <= last
        )
        return min(days, default=None)

    rows = suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows()
    return pl.Series("resumed_on", [resumed or end(symbol, begin) for symbol, begin, resumed in rows], pl.Date)
