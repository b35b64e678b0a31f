"""When names are suspended from trading, under each symbol they have in that time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.renames import Renames

_DAY = timedelta(days=1)


class _Span(NamedTuple):
    """A span of a suspension under one symbol, from its first day until the day it ends; `began` is that of the whole."""

    symbol: str
    first: date
    until: date
    began: date


class Suspended:
    """The suspensions of a market, by the symbol a name has on the day."""

    def __init__(self, suspensions: pl.DataFrame, renames: Renames) -> None:
        self._spans: dict[str, list[_Span]] = defaultdict(list)
        for span in _under_each_symbol(suspensions, renames):
            self._spans[span.symbol].append(span)

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(self._spans)

    def spans(self, symbol: str) -> list[tuple[date, date]]:
        """The first day of each suspension under this symbol, and the first on which the name trades or has another symbol."""
        return [(span.first, span.until) for span in self._spans.get(symbol, ())]

    def since(self, symbol: str, on: date) -> date | None:
        """The day on which the suspension of a name began, under any symbol; None if the name trades on the day asked for."""
        return min((span.began for span in self._spans.get(symbol, ()) if span.first <= on < span.until), default=None)


def under_each_symbol(suspensions: pl.DataFrame, symbol_changes: pl.DataFrame) -> pl.DataFrame:
    """Suspensions under each symbol that the name has in that time, as rows of symbol, suspended_on, resumed_on."""
    columns = ["symbol", "suspended_on", "resumed_on"]
    rows = [
        (span.symbol, span.first, None if span.until == date.max else span.until)
        for span in _under_each_symbol(suspensions, Renames(symbol_changes))
    ]
    return pl.DataFrame(rows, {name: suspensions.schema[name] for name in columns}, orient="row")


def _under_each_symbol(suspensions: pl.DataFrame, renames: Renames) -> Iterator[_Span]:
    """The spans of suspensions under each symbol of the name: outside them the symbol may be another company's, which trades."""
    for symbol, begin, end in suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows():
        for name, first, until in renames.spans(symbol, begin, end or date.max):
            yield _Span(name, first, until, begin)


def ended(suspensions: pl.DataFrame, symbol_changes: pl.DataFrame, actions: pl.DataFrame) -> pl.Series:
    """The days `resumed_on` of suspensions, or, where none is given, the day from which the name is deleted or converted.

    Years later its symbol may be that of another company, which trades. `actions` are rows of symbol, date and action, in any
    order.
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
