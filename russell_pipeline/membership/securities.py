"""Which rows are of one security: symbols followed through documents, symbol changes and people's decisions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from russell_pipeline.findings import Finding
from russell_pipeline.membership.decisions import Decisions
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
        """The symbol as shown; its key if no document prints it."""
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
        """The last row that it rests on."""
        return self.seen[-1]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A row whose symbol stood for a company of another name, or that a decision connects with the row before it.

    `same` is whether both count as one security, `decided` whether a person said so; `because` says what speaks for it.
    """

    before: Observation
    after: Observation
    same: bool
    decided: Decision | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Securities:
    """All securities, the one that each row is of, findings, and what a person may decide."""

    securities: Sequence[Security]
    by_row: Mapping[Row, Security]
    findings: Sequence[Finding]
    renamed: Sequence[Renamed] = ()


def identify(
    observations: Iterable[Observation],
    symbol_changes: Iterable[SymbolChange] = (),
    decisions: Iterable[Decision] = (),
    reconstitutions: Sequence[date] = (),
) -> Securities:
    """The securities that observations are of, whatever their order.

    A symbol is the same security while its name is alike, or while it is seen at every reconstitution without having been
    deleted: then the company was renamed. One that returns under another name is another security unless a decision says
    otherwise. Two symbols that one document prints are two securities, whatever symbol changes and decisions say.
    `reconstitutions` are the days on which they take effect, sorted.
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
        self._printed = _Printed(self._observations, self._spellings)
        self._decisions = Decisions(decisions, self._printed.by_key, self._spellings)
        self._holders: dict[str, Security] = {}
        self._moved: dict[str, Security] = {}
        self._ids: set[str] = set()
        self._all: list[Security] = []
        self._by_row: dict[Row, Security] = {}
        self._findings: list[Finding] = []
        self._renamed: list[Renamed] = []

    def identify(self, changes: Sequence[SymbolChange]) -> Securities:
        self._findings += self._spelled_apart()
        changes = sorted({*changes, *self._decisions.symbol_changes})
        pending = [list(of_day) for _, of_day in groupby(changes, key=lambda change: change.day)][::-1]
        for day, of_day in groupby(self._observations, key=lambda one: one.day):
            while pending and pending[-1][0].day <= day:
                self._move(pending.pop())
            groups = groupby(of_day, key=lambda one: self._spellings.key(one.symbol))
            self._see_day({key: list(group) for key, group in groups})
        for left in reversed(pending):
            self._move(left)
        self._findings += self._decisions.unused()
        return Securities(self._all, self._by_row, self._findings, self._renamed)

    def _see_day(self, groups: Mapping[str, Sequence[Observation]]) -> None:
        """Assign the rows of one day: those under one symbol to one security, first under the symbols in force."""
        found = {key: self._holder(key, group[0]) for key, group in groups.items() if key in self._holders}
        former = [key for key in groups if key in self._moved and key not in found]
        # Of several symbols that one security gave up, the latest is the one that documents may still print.
        former.sort(key=lambda key: [period.key for period in self._moved[key].periods][::-1].index(key))
        for key in former:
            found[key] = self._former_holder(key, groups, found)
        # New securities first: they end the symbols that others had until then.
        for key, group in sorted(groups.items(), key=lambda one: found.get(one[0]) is not None):
            self._see(key, group, found.get(key))

    def _see(self, key: str, group: Sequence[Observation], security: Security | None) -> None:
        """Assign all rows under one symbol on one day to a security, a new one if it is None."""
        security = security or self._new(key, group[0])
        if security.periods[-1].valid_to is not None:
            self._have_again(security, key, group[0])
        for one in group:
            security.seen.append(one)
            self._by_row[one.row] = security
            if security.periods[-1].key == key:
                security.periods[-1].spellings.add(one.symbol)
        security.symbol_changed = False
        self._findings += _printed_twice(group)

    def _holder(self, key: str, one: Observation) -> Security | None:
        """The holder of a symbol, None if an observation under it is of another security."""
        holder = self._holders[key]
        if not holder.seen:
            return holder
        before = holder.last
        if decided := self._decisions.on(key, one.day):
            self._renamed.append(Renamed(before, one, decided.same, decided))
            return holder if decided.same else None
        if alike(before.company_name, one.company_name) or holder.symbol_changed:
            return holder
        same = self._continuous(holder, one)
        because = "in an index at every reconstitution between" if same else None
        self._renamed.append(Renamed(before, one, same, because=because))
        return holder if same else None

    def _former_holder(
        self, key: str, groups: Mapping[str, Sequence[Observation]], found: Mapping[str, Security | None]
    ) -> Security | None:
        """The security that gave up a symbol, if rows that still print it are of it; None if they are of another.

        It is another if a document prints it beside another symbol of that security, or if a decision says so.
        """
        group = groups[key]
        one, moved = group[0], self._moved[key]
        decided = self._decisions.on(key, one.day)
        beside = next(
            (
                (row, other)
                for row in group
                for other, security in found.items()
                if security is moved and other in self._printed.keys(row.document_id)
            ),
            None,
        )
        if beside is not None:
            row, other = beside
            said = (
                f"is printed beside {groups[other][0].symbol}, the symbol that its holder took: it is another security"
            )
            self._findings.append(_finding("info", row, said))
            if decided is not None and decided.same:
                self._findings.append(self._decisions.not_followed(decided, f"{row.symbol} {said} ({_place(row)})"))
            return None
        if decided is not None:
            self._renamed.append(Renamed(moved.last, one, decided.same, decided))
            return moved if decided.same else None
        if not alike(moved.last.company_name, one.company_name) or self._is_of_another(key, one, moved):
            return None
        said = (
            f"is printed under a symbol that it gave up for {moved.periods[-1].symbol}; if it is another company, decide with "
            f"{one.symbol}@{one.day} in landing/reference/overrides.csv"
        )
        self._findings.append(_finding("warning", one, said))
        return moved

    def _is_of_another(self, key: str, one: Observation, moved: Security) -> bool:
        """Whether a later document prints this very name beside the present symbol of the security that gave up the symbol."""
        later = self._printed.beside(key, moved.periods[-1].key, one.day)
        return (
            later is not None
            and moved.periods[-1].key != key
            and later[0].company_name == one.company_name != moved.last.company_name
        )

    def _continuous(self, holder: Security, one: Observation) -> bool:
        """Whether a symbol was seen at every reconstitution since its holder was last in an index."""
        last = self._vintage(holder.last)
        alive = any(seen.kind != "deletion" for seen in reversed(holder.seen) if self._vintage(seen) == last)
        return alive and self._vintage(one) - last <= 1

    def _vintage(self, one: Observation) -> int:
        return bisect_right(self._reconstitutions, one.effective_on)

    def _new(self, key: str, one: Observation) -> Security:
        if former := self._holders.get(key):
            self._end(former, one.day)
        names = (key, f"{key}-{one.day:%Y}", f"{key}-{one.day:%Y%m%d}")
        security = Security(next(name for name in names if name not in self._ids), [Period(key, one.day)])
        self._ids.add(security.security_id)
        self._all.append(security)
        self._holders[key] = security
        self._moved.pop(key, None)
        return security

    def _end(self, security: Security, day: date) -> None:
        """End the symbol that a security has. One that it took on that very day it never had: it keeps the one before."""
        if security.periods[-1].valid_from < day or len(security.periods) == 1:
            security.periods[-1].valid_to = day
            return
        security.periods.pop()
        kept = security.periods[-1]
        if kept.key not in self._holders:
            kept.valid_to = None
            self._holders[kept.key] = security
            self._moved.pop(kept.key, None)

    def _have_again(self, security: Security, key: str, one: Observation) -> None:
        """Give a security whose last symbol is another's the former one under which a row shows it."""
        lost = security.periods[-1]
        if decided := self._decisions.on(key, one.day):
            said = (
                f"contradicts the change of {one.symbol} into {lost.symbol} on {lost.valid_from}, and another company has "
                f"{lost.symbol} from {lost.valid_to} on: this one has {one.symbol} again"
            )
            self._findings.append(self._decisions.remark(decided, said))
        security.periods.append(Period(key, one.day))
        self._holders[key] = security
        self._moved.pop(key, None)

    def _move(self, changes: Sequence[SymbolChange]) -> None:
        """Apply the symbol changes of one day, all at once: the holder of the old symbol holds the new one from then on."""
        moving = {
            old: (change, new, self._holders[old])
            for change, old, new in self._consistent(changes)
            if old in self._holders
        }
        contradicted = [
            old for old, (change, new, _) in moving.items() if self._is_contradicted(change, old, new, moving.keys())
        ]
        for old in contradicted:
            del moving[old]
        for old in moving:
            del self._holders[old]
        for change, new, security in moving.values():
            if taken := self._holders.get(new):
                taken.periods[-1].valid_to = change.day
            security.periods[-1].valid_to = change.day
            security.periods.append(Period(new, change.day, spellings={change.new_symbol}))
            security.symbol_changed = True
            self._holders[new] = security
            self._moved.pop(new, None)
        self._moved |= {old: security for old, (_, _, security) in moving.items() if old not in self._holders}
        for change in changes:
            if decided := self._decisions.behind_change(change):
                self._follow(decided, change)

    def _follow(self, decided: Decision, change: SymbolChange) -> None:
        """Note what became of a decision on a change of symbol."""
        old, new = (self._spellings.key(symbol) for symbol in (change.old_symbol, change.new_symbol))
        holder = self._holders.get(new)
        if holder is not None and holder.seen and old in (period.key for period in holder.periods):
            after = self._printed.first(new, change.day)
            if after is not None:
                self._renamed.append(Renamed(holder.last, after, same=True, decided=decided))
        elif old not in self._holders:  # else the change itself has a finding
            self._findings.append(
                self._decisions.not_followed(decided, f"{change.old_symbol} stood for no company by then")
            )

    def _consistent(self, changes: Sequence[SymbolChange]) -> Iterator[tuple[SymbolChange, str, str]]:
        """The changes of one day with their keys, each once, without those that give one symbol to two or two to one."""
        keyed: dict[tuple[str, str], SymbolChange] = {}
        for change in changes:
            keyed.setdefault((self._spellings.key(change.old_symbol), self._spellings.key(change.new_symbol)), change)
        for (old, new), change in keyed.items():
            against = [one for key, one in keyed.items() if one is not change and (key[0] == old or key[1] == new)]
            if against:
                said = f"{_stated(change)} is not followed: {_stated(against[0])} contradicts it"
                self._findings.append(Finding(AREA, "error", change.old_symbol, said))
            else:
                yield change, old, new

    def _is_contradicted(self, change: SymbolChange, old: str, new: str, moving: Iterable[str]) -> bool:
        """Whether documents contradict a change: later both companies stand side by side, each under its former symbol."""
        security, taken = self._holders[old], self._holders.get(new)
        if taken is None or new in moving or not security.seen or not taken.seen:
            return False
        beside = self._printed.beside(old, new, change.day)
        if beside is None:
            return False
        kept, other = beside
        stays = alike(security.last.company_name, kept.company_name)
        if not stays or not alike(taken.last.company_name, other.company_name):
            return False
        if alike(security.last.company_name, other.company_name):
            return False
        said = (
            f"{_stated(change)} is not followed: {_place(kept)} prints {kept.company_name} under {kept.symbol} and "
            f"{other.company_name} under {other.symbol}, as before it"
        )
        self._findings.append(_finding("warning", kept, said, named=False))
        return True

    def _spelled_apart(self) -> Iterator[Finding]:
        for key in sorted(self._spellings.apart):
            message = f"{key}: one list holds several spellings of it side by side; each is a security of its own"
            yield Finding(AREA, "warning", key, message)


class _Printed:
    """What documents print: the rows under each symbol by day, and the symbols in each document."""

    def __init__(self, observations: Iterable[Observation], spellings: Spellings) -> None:
        """`observations` are in order of their days."""
        self.by_key: dict[str, list[Observation]] = defaultdict(list)
        self._by_document: dict[str, set[str]] = defaultdict(set)
        for one in observations:
            key = spellings.key(one.symbol)
            self.by_key[key].append(one)
            self._by_document[one.document_id].add(key)

    def keys(self, document_id: str) -> set[str]:
        """The symbols that a document prints."""
        return self._by_document[document_id]

    def first(self, key: str, day: date) -> Observation | None:
        """The first row under a symbol from a day on."""
        rows = self.by_key.get(key, [])
        at = bisect_left(rows, day, key=lambda one: one.day)
        return rows[at] if at < len(rows) else None

    def beside(self, key: str, other: str, day: date) -> tuple[Observation, Observation] | None:
        """The rows under two symbols in the first document from a day on that prints both."""
        rows = self.by_key.get(key, [])
        for one in rows[bisect_left(rows, day, key=lambda one: one.day) :]:
            if other in self._by_document[one.document_id]:
                return one, next(row for row in self.by_key[other] if row.document_id == one.document_id)
        return None


def _stated(change: SymbolChange) -> str:
    """A change of symbol with its place."""
    place = f"{change.file}, row {change.row}: " if change.file else ""
    return f"{place}the change of {change.old_symbol} into {change.new_symbol} on {change.day}"


def _printed_twice(group: Sequence[Observation]) -> Iterator[Finding]:
    """A finding for each row that repeats a symbol within its document."""
    first: dict[str, Observation] = {}
    for one in sorted(group, key=lambda one: one.row):
        before = first.setdefault(one.document_id, one)
        if before is not one:
            names = " and ".join(dict.fromkeys((before.company_name, one.company_name)))
            yield _finding("warning", one, f"is printed twice in one document, for {names}: it counts as one company")


def _finding(severity: str, one: Observation, what: str, *, named: bool = True) -> Finding:
    message = f"{one.symbol} {what}" if named else what
    return Finding(AREA, severity, one.symbol, message, one.document_id, one.page, one.line)


def _place(one: Observation) -> str:
    return f"{one.index_code or 'a list'} of {one.effective_on}"
