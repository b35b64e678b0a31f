"""What prices and rates an index lacks, all at once, grouped by cause, each with what would mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

import polars as pl

from russell_pipeline.index.model import MissingPrice
from russell_pipeline.index.suspensions import OPEN_ENDED
from russell_pipeline.lake.store import Lake
from russell_pipeline.membership.symbols import SEPARATORS, symbol_key
from russell_pipeline.steps.index.market import LakeMarket
from russell_pipeline.wording import counted, first_few

# The causes in the order in which they are told, with what would mend each.
REMEDIES = {
    "a rejected row": "mend the row in its file",
    "suspended without any earlier close": "add its last close before the suspension to a file closes*.csv",
    "never a close in the files": (
        "add its closes to a file closes*.csv, under this symbol; or say in symbol_changes*.csv which symbol it had"
    ),
    "no close on these sessions": (
        "add the closes to a file closes*.csv; or say what happened: a suspension in suspensions*.csv, a new symbol in "
        "symbol_changes*.csv, a delete in actions*.csv; or set the policy missing_price, which says what counts instead"
    ),
    "no rate": "add the rate to a file fx*.csv; or set the policy missing_price to carry, which takes the last rate",
}
_CLOSE_ENOUGH = 0.8  # of two spellings: one letter more or fewer


class MissingPrices(NamedTuple):
    """What an index lacks: a sentence on all of it, and one for each name or currency."""

    sentence: str
    rows: list[dict[str, str]]


class _Named(NamedTuple):
    name: str
    days: Sequence[date]
    detail: str

    @property
    def dated(self) -> str:
        """The name with its days: AAA on 2025-06-13; BBB on 3 sessions, 2025-06-13 to 2025-06-17."""
        first, *more = self.days
        days = f"{counted(len(self.days), 'session')}, {first} to {more[-1]}" if more else f"{first}"
        return f"{self.name} on {days}{self.detail}"


def explained(lake: Lake, market: LakeMarket, code: str, lacking: Iterable[MissingPrice]) -> MissingPrices:
    """What an index lacks, in words."""
    days: defaultdict[tuple[str, str], set[date]] = defaultdict(set)
    for one in lacking:
        days[one.what, one.name].add(one.day)
    closes = {name: sorted(of) for (what, name), of in days.items() if what == "close"}
    groups: defaultdict[str, list[_Named]] = defaultdict(list)
    causes = _Causes(lake, market, closes)
    for name, of in sorted(closes.items()):
        cause, detail = causes.of(name, of)
        groups[cause].append(_Named(name, of, detail))
    for (what, name), some in sorted(days.items()):
        if what == "rate":
            groups["no rate"].append(_Named(name, sorted(some), ""))
    parts = [f"{cause}: {first_few([one.dated for one in groups[cause]], 3)}" for cause in REMEDIES if cause in groups]
    lacks = [
        counted(number, f"{one} lacks a {what}", f"{many} lack {what}s")
        for number, one, many, what in (
            (len(closes), "name", "names", "close"),
            (len(groups.get("no rate", ())), "currency", "currencies", "rate"),
        )
        if number
    ]
    rows = [
        {"symbol": one.name, "message": f"{code} has no price of {one.dated}: {cause}; {REMEDIES[cause]}"}
        for cause in REMEDIES
        for one in groups.get(cause, ())
    ]
    return MissingPrices(f"in all {' and '.join(lacks)}, each with a finding of its own: {'; '.join(parts)}", rows)


class _Causes:
    """Why names have no close on some days."""

    def __init__(self, lake: Lake, market: LakeMarket, closes: Mapping[str, Sequence[date]]) -> None:
        keys = {symbol_key(name) for name in closes}
        key = pl.col("symbol").str.replace_all(SEPARATORS, "")
        seen = lake.read("closes", columns=["symbol", "date"], where=key.is_in(list(keys)))
        last = seen.group_by(key=key).agg(pl.col("date").sort())
        self._traded: dict[str, list[date]] = dict(last.iter_rows())
        blocked = market.blocked.filter(kind="closes").drop_nulls("day")
        self._blocked = {
            (symbol_key(row["subject"]), row["day"]): row["sentence"] for row in blocked.iter_rows(named=True)
        }
        ends = pl.col("resumed_on").fill_null(pl.lit(OPEN_ENDED))
        halted = market.suspensions.with_columns(key=key, ends=ends).filter(pl.col("key").is_in(list(keys)))
        self._halted = halted.partition_by("key", as_dict=True)
        years = {day.year for days in closes.values() for day in days}
        held = {symbol_key(name) for name in market.of_components}
        quoted = {symbol_key(name): name for year in years for name in sorted(market.quoted_in(year))}
        self._others = {key: name for key, name in quoted.items() if key not in held}

    def of(self, name: str, days: Sequence[date]) -> tuple[str, str]:
        """The cause for a name, and what else is known."""
        key = symbol_key(name)
        if sentences := [said for day in days if (said := self._blocked.get((key, day)))]:
            return "a rejected row", f" ({first_few(sentences, 1)})"
        halt = self._halt(key, days[0])
        if halt is not None and halt["ends"] > days[0]:
            return "suspended without any earlier close", f" ({_suspension(halt)})"
        if key not in self._traded:
            near = get_close_matches(key, self._others, cutoff=_CLOSE_ENOUGH)
            alike = first_few([self._others[one] for one in near])
            return "never a close in the files", f" (there are closes of {alike}, which no index holds)" if near else ""
        before = [day for day in self._traded[key] if day < days[0]]
        known = [f"its last close before is of {before[-1]}"] if before else ["its first close is later"]
        if halt is not None:
            known.append(f"{_suspension(halt)}, and that ended on {halt['resumed_on']}: {halt['ended_by']}")
        return "no close on these sessions", f" ({'; '.join(known)})"

    def _halt(self, key: str, day: date) -> dict[str, Any] | None:
        """The last suspension of a name that began by a day."""
        rows = self._halted.get((key,))
        begun = None if rows is None else rows.filter(pl.col("suspended_on") <= day).sort("suspended_on")
        return None if begun is None or begun.is_empty() else begun.row(-1, named=True)


def _suspension(row: Mapping[str, object]) -> str:
    return f"suspended from {row['suspended_on']} on by {row['file']}, row {row['row']}"
