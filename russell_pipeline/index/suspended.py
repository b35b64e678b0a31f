"""When names are suspended from trading: under every symbol that they have meanwhile, and not beyond their end."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import polars as pl

from russell_pipeline.index.renames import Renames

_DAY = timedelta(days=1)


class Suspended:
    """When names are suspended from trading, under whatever symbol they have on the day."""

    def __init__(self, suspensions: pl.DataFrame, renames: Renames) -> None:
        self._spans: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
        for symbol, begin, end in suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows():
            for name in {name for name, _ in renames.names(symbol, begin, end or date.max)}:
                self._spans[name].append((begin, end))

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(self._spans)

    def spans(self, symbol: str) -> list[tuple[date, date | None]]:
        """First days without and with trading again."""
        return self._spans.get(symbol, [])

    def since(self, symbol: str, on: date) -> date | None:
        """The first day of the suspension that lasts on a day; None where the name trades."""
        if symbol not in self._spans:
            return None
        return min(
            (begin for begin, end in self.spans(symbol) if begin <= on and (end is None or on < end)), default=None
        )


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
        names = renames.names(symbol, begin, date.max)
        until = [since for _, since in names[1:]] + [date.max]
        days = (
            day
            for (name, since), last in zip(names, until, strict=True)
            for day in gone.get(name, ())
            if since < day <= last
        )
        return min(days, default=None)

    rows = suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows()
    return pl.Series("resumed_on", [resumed or end(symbol, begin) for symbol, begin, resumed in rows], pl.Date)
