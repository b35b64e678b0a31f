"""Which rows are of one security: symbols followed through documents, symbol changes and people's decisions."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from russell_pipeline.findings import Finding
from russell_pipeline.membership.model import Decision, Observation, Row, SymbolChange
from russell_pipeline.membership.names import alike
from russell_pipeline.membership.symbols import Spellings, preferred_spelling

AREA = "membership"


@dataclass(slots=True)
class Period:
    """A span over which a security trades under one symbol, half-open."""

    key: str
    valid_from: date
    valid_to: date | None = None
    spellings: set[str] = field(default_factory=set)

    @property
    def symbol(self) -> str:
        return preferred_spelling(self.spellings) if self.spellings else self.key


@dataclass(slots=True)
class Security:
    """A security as documents show it: its id, its symbols over time, and the rows it rests on.

    The id is its first symbol without separators, followed by the year in which it is first seen if another security had the
    symbol before. It follows from the documents alone, whatever their order.
    """

    security_id: str
    periods: list[Period]
    seen: list[Observation] = field(default_factory=list)
    symbol_changed: bool = False  # since it was last seen: another name is no surprise

    @property
    def last(self) -> Observation:
        return self.seen[-1]


@dataclass(frozen=True, slots=True)
class Securities:
    """All securities, the one that each row is of, and findings for a person to decide."""

    securities: Sequence[Security]
    by_row: Mapping[Row, Security]
    findings: Sequence[Finding]


def identify(
    observations: Iterable[Observation],
    symbol_changes: Iterable[SymbolChange] = (),
    decisions: Iterable[Decision] = (),
    reconstitutions: Sequence[date] = (),
) -> Securities:
    """The securities that observations are of, whatever their order.

    A symbol is the same security while its name is alike, or while it is seen at every reconstitution without having been
    deleted: then the company was renamed. One that returns under another name is another security unless a decision says
    otherwise. `reconstitutions` are the days on which they take effect, sorted.
    """
    return _Register(list(observations), list(decisions), reconstitutions).identify(sorted(set(symbol_changes)))


class _Register:
    """Who holds each symbol, as the observations are read in order of their days."""

    def __init__(
        self, observations: list[Observation], decisions: list[Decision], reconstitutions: Sequence[date]
    ) -> None:
        lists: dict[str, list[str]] = defaultdict(list)
        for one in observations:
            lists[one.document_id].append(one.symbol)
        self._spellings = Spellings(lists.values())
        self._observations = sorted(observations, key=lambda one: (one.day, self._spellings.key(one.symbol), one[1:]))
        self._reconstitutions = reconstitutions
        self._decisions: dict[str, list[Decision]] = defaultdict(list)
        for decision in decisions:
            self._decisions[self._spellings.key(decision.symbol)].append(decision)
        self._holders: dict[str, Security] = {}
        self._moved: dict[str, Security] = {}
        self._ids: set[str] = set()
        self._all: list[Security] = []
        self._by_row: dict[Row, Security] = {}
        self._findings: list[Finding] = []

    def identify(self, changes: Sequence[SymbolChange]) -> Securities:
        self._findings += self._spelled_apart()
        pending = [list(of_day) for _, of_day in groupby(changes, key=lambda change: change.day)][::-1]
        by_day_and_symbol = groupby(self._observations, key=lambda one: (one.day, self._spellings.key(one.symbol)))
        for (day, key), group in by_day_and_symbol:
            while pending and pending[-1][0].day <= day:
                self._move(pending.pop())
            self._see(key, list(group))
        for of_day in reversed(pending):
            self._move(of_day)
        return Securities(self._all, self._by_row, self._findings)

    def _see(self, key: str, group: list[Observation]) -> None:
        """Assign all rows under one symbol on one day to one security."""
        first = group[0]
        security = self._holder(key, first)
        if security is None:
            security = self._new(key, first)
        for one in group:
            security.seen.append(one)
            self._by_row[one.row] = security
            if security.periods[-1].key == key:
                security.periods[-1].spellings.add(one.symbol)
        security.symbol_changed = False
        self._findings += _printed_twice(group)

    def _holder(self, key: str, one: Observation) -> Security | None:
        """The known security that an observation is of, None if it is new."""
        holder = self._holders.get(key)
        moved = self._moved.get(key)
        if holder is None and moved is not None and alike(moved.last.company_name, one.company_name):
            self._findings.append(
                _finding("warning", one, f"is printed under a symbol that it gave up for {moved.periods[-1].symbol}")
            )
            return moved
        if holder is None or not holder.seen:
            return holder
        before = holder.last
        decided = next((d for d in self._decisions[key] if before.day < d.day <= one.day), None)
        if decided is not None:
            return holder if decided.same else None
        if alike(before.company_name, one.company_name) or holder.symbol_changed:
            return holder
        said = f"stood for {before.company_name} ({_place(before)}) and now stands for {one.company_name}"
        if self._continuous(holder, one):
            self._findings.append(_finding("info", one, f"{said}: taken as renamed, for it was never away"))
            return holder
        self._findings.append(
            _finding(
                "warning",
                one,
                f"{said}: taken as another security; decide with {one.symbol}@{one.day} in landing/reference/overrides.csv",
            )
        )
        return None

    def _continuous(self, holder: Security, one: Observation) -> bool:
        """Whether a symbol was seen at every reconstitution since its holder was last in an index."""
        last = self._vintage(holder.last)
        alive = any(seen.kind != "deletion" for seen in reversed(holder.seen) if self._vintage(seen) == last)
        return alive and self._vintage(one) - last <= 1

    def _vintage(self, one: Observation) -> int:
        return bisect_right(self._reconstitutions, one.effective_on)

    def _new(self, key: str, one: Observation) -> Security:
        former = self._holders.get(key)
        if former is not None and former.periods[-1].key == key:
            former.periods[-1].valid_to = one.day
        names = (key, f"{key}-{one.day:%Y}", f"{key}-{one.day:%Y%m%d}")
        security = Security(next(name for name in names if name not in self._ids), [Period(key, one.day)])
        self._ids.add(security.security_id)
        self._all.append(security)
        self._holders[key] = security
        return security

    def _move(self, changes: Sequence[SymbolChange]) -> None:
        """Apply the symbol changes of one day, all at once: the holder of the old symbol holds the new one from then on."""
        moving = [
            (old, change, self._holders.pop(old))
            for change in changes
            if (old := self._spellings.key(change.old_symbol)) in self._holders
        ]
        for _, change, security in moving:
            new = self._spellings.key(change.new_symbol)
            if taken := self._holders.get(new):
                taken.periods[-1].valid_to = change.day
            security.periods[-1].valid_to = change.day
            security.periods.append(Period(new, change.day, spellings={change.new_symbol}))
            security.symbol_changed = True
            self._holders[new] = security
            self._moved.pop(new, None)
        self._moved |= {old: security for old, _, security in moving if old not in self._holders}

    def _spelled_apart(self) -> Iterator[Finding]:
        for key in sorted(self._spellings.apart):
            message = f"{key}: one list holds several spellings of it side by side; each is a security of its own"
            yield Finding(AREA, "warning", key, message)


def _printed_twice(group: Sequence[Observation]) -> Iterator[Finding]:
    """A finding for each row that repeats a symbol within its document."""
    first: dict[str, Observation] = {}
    for one in sorted(group, key=lambda one: one.row):
        before = first.setdefault(one.document_id, one)
        if before is not one:
            names = " and ".join(dict.fromkeys((before.company_name, one.company_name)))
            yield _finding("warning", one, f"is printed twice in one document, for {names}: it counts as one company")


def _finding(severity: str, one: Observation, what: str) -> Finding:
    return Finding(AREA, severity, one.symbol, f"{one.symbol} {what}", one.document_id, one.page, one.line)


def _place(one: Observation) -> str:
    return f"{one.index_code or 'a list'} of {one.effective_on}"
