"""Suspensions from trading: when a name is suspended, under each symbol that it has meanwhile, and when a suspension ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.symbol_changes import SymbolChanges

_DAY = timedelta(days=1)
# What ends a suspension: stated, close, deletion, conversion or symbol_change.
ENDS = {"resumed_on": pl.Date(), "ended_by": pl.String()}
# The end of a suspension that nothing known ends: a day, so that no end is looked for again among fewer closes.
OPEN_ENDED = date.max


class _Span(NamedTuple):
    """The part of a suspension under one symbol, from `first` until the day that ends it; the suspension began on `began`."""

    symbol: str
    first: date
    until: date
    began: date
    row: int  # of the suspension in its table


class Suspensions:
    """The suspensions of a market, by the symbol that a name has on the day."""

    def __init__(self, suspensions: pl.DataFrame, symbol_changes: SymbolChanges) -> None:
        self._spans: dict[str, list[_Span]] = defaultdict(list)
        for span in _under_each_symbol(suspensions, symbol_changes):
            self._spans[span.symbol].append(span)

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols under which any name is suspended on any day."""
        return frozenset(self._spans)

    def spans(self, symbol: str) -> list[tuple[date, date]]:
        """Each suspension under this symbol: its first day, and the day from which the name trades or has another symbol."""
        return [(span.first, span.until) for span in self._spans.get(symbol, ())]

    def since(self, symbol: str, on: date) -> date | None:
        """The day on which the suspension that holds on a day began, under any symbol; None if the name is not suspended."""
        return min((span.began for span in self._spans.get(symbol, ()) if span.first <= on < span.until), default=None)


def under_each_symbol(suspensions: pl.DataFrame, symbol_changes: pl.DataFrame) -> pl.DataFrame:
    """Suspensions under each symbol that the name has in that time, with the other columns of their rows."""
    spans = list(_under_each_symbol(suspensions, SymbolChanges(symbol_changes)))
    return suspensions[[span.row for span in spans]].with_columns(
        pl.Series("symbol", [span.symbol for span in spans], pl.String),
        pl.Series("suspended_on", [span.first for span in spans], pl.Date),
        pl.Series("resumed_on", [None if span.until == date.max else span.until for span in spans], pl.Date),
    )


def _under_each_symbol(suspensions: pl.DataFrame, symbol_changes: SymbolChanges) -> Iterator[_Span]:
    """The spans of suspensions under each symbol of the name; outside them the symbol may be that of another company."""
    rows = suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows()
    for row, (symbol, begin, end) in enumerate(rows):
        for name, first, until in symbol_changes.spans(symbol, begin, end or date.max):
            yield _Span(name, first, until, begin, row)


def suspension_ends(
    suspensions: pl.DataFrame, symbol_changes: pl.DataFrame, actions: pl.DataFrame, closes: pl.DataFrame
) -> pl.DataFrame:
    """The end of each suspension, in the order of the rows: `resumed_on`, and `ended_by` (columns `ENDS`).

    A stated end is final: no close before it counts. A suspension without one ends with the first of these: a close, a
    conversion, or a change by which another name takes the symbol, each from its day on; a deletion, from the day after. A close
    that only repeats the last one before the suspension ends nothing, because vendors repeat the last price of what does not
    trade. Where nothing ends it, both columns are null. Whether a name is suspended on a day depends on nothing after that day.

    `actions` are rows of symbol, date and action, `closes` of symbol, date and close, in any order.
    """
    stated = suspensions["resumed_on"]
    if not stated.has_nulls():
        return pl.DataFrame({"resumed_on": stated, "ended_by": ["stated"] * len(stated)}, ENDS)
    finder = _EndFinder(suspensions.filter(stated.is_null()), SymbolChanges(symbol_changes), actions, closes)
    rows = suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows()
    return pl.DataFrame(
        [(resumed, "stated") if resumed else finder.end(symbol, begin) for symbol, begin, resumed in rows],
        ENDS,
        orient="row",
    )


class _EndFinder:
    """Finds the ends of suspensions without a stated one: by closes, deletions, conversions, and takers of the symbol."""

    def __init__(
        self, suspensions: pl.DataFrame, symbol_changes: SymbolChanges, actions: pl.DataFrame, closes: pl.DataFrame
    ) -> None:
        self._renames = symbol_changes
        names = {
            span[0]
            for symbol, begin in suspensions.select("symbol", "suspended_on").iter_rows()
            for span in (*symbol_changes.spans(symbol, begin, date.max), *symbol_changes.former(symbol, begin))
        }
        of_names = pl.col("symbol").is_in(names)
        self._removals: dict[str, list[tuple[date, str]]] = defaultdict(list)
        removals = actions.filter(of_names & pl.col("action").is_in(["delete", "conversion"]))
        for symbol, day, action in removals.select("symbol", "date", "action").iter_rows():
            self._removals[symbol].append((day + _DAY, "deletion") if action == "delete" else (day, "conversion"))
        of_these = closes.filter(of_names).select("symbol", "date", "close").sort("symbol", "date")
        self._closes = {str(key[0]): rows for key, rows in of_these.partition_by("symbol", as_dict=True).items()}

    def end(self, symbol: str, begin: date) -> tuple[date | None, str | None]:
        """The day from which a suspension no longer holds, and what ends it; both None if nothing does."""
        last, ends = self._last_close(symbol, begin), list[tuple[date, str]]()
        for name, since, until in self._renames.spans(symbol, begin, date.max):
            ends += (one for one in self._removals.get(name, ()) if since < one[0] <= until)
            ends += ((day, "symbol_change") for day in self._renames.taken(name) if since < day < until)
            if (traded := self._first_new_close(name, since, until, last)) is not None:
                ends.append((traded, "close"))
        return min(ends, key=lambda one: (one[0], one[1] == "close"), default=(None, None))

    def _last_close(self, symbol: str, before: date) -> float | None:
        for name, since, until in self._renames.former(symbol, before):
            if (rows := self._closes.get(name)) is not None:
                earlier = rows.filter(pl.col("date").is_between(since, until) & (pl.col("date") < before))
                if earlier.height:
                    return float(earlier["close"][-1])
        return None

    def _first_new_close(self, name: str, since: date, until: date, last: float | None) -> date | None:
        """The first day on which a name has a close other than its last one."""
        if (rows := self._closes.get(name)) is None:
            return None
        new = (pl.col("date") >= since) & (pl.col("date") < until) & pl.col("close").ne_missing(last)
        day: date | None = rows.filter(new)["date"].min()  # type: ignore[assignment]
        return day
