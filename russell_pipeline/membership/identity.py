"""Which security a symbol stands for on a day: by published lists where these know it, else by changes of symbols alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple


class SymbolPeriod(NamedTuple):
    """A half-open span of days over which a security is known to have a symbol, by the key of the symbol."""

    key: str
    security_id: str
    valid_from: date
    valid_to: date | None


class KeyChange(NamedTuple):
    """A change of symbol, by keys; it holds from the open of its day."""

    day: date
    old: str
    new: str


class SymbolSpan(NamedTuple):
    """A half-open span of days and the security that has a symbol in it; an end that is None is open.

    `changed_in` and `changed_out` say whether a change of symbol begins and ends the span.
    """

    key: str
    since: date | None
    until: date | None
    security_id: str
    known: bool  # by a period
    changed_in: bool
    changed_out: bool

    def covers(self, day: date) -> bool:
        """Whether a day lies in the span."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


def symbol_spans(periods: Iterable[SymbolPeriod], changes: Iterable[KeyChange]) -> list[SymbolSpan]:
    """The security behind each symbol that periods or changes name, on every day, sorted by key and time.

    A symbol that none of these names stands for one security, whose id is its key. A security has its first symbol from the day
    on which the security before it gave it up, not only from the day on which it is first seen. Where no period knows who has a
    symbol, the changes of symbols are followed, back and then forward, to a period; a security that no period knows has as its
    id the first of its symbols, with the year since which it has it if another security had it before.
    """
    return list(_Holders(list(periods), [change for change in changes if change.old != change.new]).named())


class _Span(NamedTuple):
    key: str
    since: date | None
    until: date | None


class _Holders:
    """Spans of each symbol between the days on which it may change hands, and the changes of symbols that link them."""

    def __init__(self, periods: Sequence[SymbolPeriod], changes: Sequence[KeyChange]) -> None:
        self._periods: dict[str, list[SymbolPeriod]] = defaultdict(list)
        self._first: dict[str, SymbolPeriod] = {}
        for period in sorted(periods, key=lambda one: (one.valid_from, one.key)):
            if period.valid_to != period.valid_from:
                self._first.setdefault(period.security_id, period)
                self._periods[period.key].append(period)
        self._spans = sorted(self._cut(changes), key=lambda span: (span.key, span.since or date.min))
        begins = {(span.key, span.since): span for span in self._spans}
        ends = {(span.key, span.until): span for span in self._spans}
        self._next = {ends[one.old, one.day]: begins[one.new, one.day] for one in changes}
        self._before = {new: old for old, new in self._next.items()}

    def _cut(self, changes: Sequence[KeyChange]) -> Iterator[_Span]:
        cuts: dict[str, set[date]] = defaultdict(set)
        for change in changes:
            cuts[change.old].add(change.day)
            cuts[change.new].add(change.day)
        for key, periods in self._periods.items():
            cuts[key].update(one.valid_to for one in periods if one.valid_to)
            cuts[key].update(one.valid_from for one in periods if self._first[one.security_id] is not one)
        for key, days in cuts.items():
            edges = [None, *sorted(days), None]
            yield from (_Span(key, since, until) for since, until in pairwise(edges))

    def _known(self, span: _Span) -> str | None:
        """The security of the period in a span."""
        for period in self._periods.get(span.key, ()):
            begins_by = span.until is None or period.valid_from < span.until
            if begins_by and (period.valid_to is None or span.since is None or period.valid_to > span.since):
                return period.security_id
        return None

    def named(self) -> Iterator[SymbolSpan]:
        """Every span with its security."""
        known = {span: security_id for span in self._spans if (security_id := self._known(span))}
        taken, named = set(known.values()), dict[_Span, str]()
        for span in self._spans:
            security_id = known.get(span) or self._followed(span, known)
            if security_id is None:
                origin = self._origin(span)
                if origin not in named:
                    named[origin] = next(name for name in _names(origin) if name not in taken)
                    taken.add(named[origin])
                security_id = named[origin]
            yield SymbolSpan(*span, security_id, span in known, span in self._before, span in self._next)

    def _followed(self, span: _Span, known: dict[_Span, str]) -> str | None:
        """The security that a period knows under a former symbol, else under a later one."""
        for linked in (self._before, self._next):
            other: _Span | None = span
            while (other := linked.get(other)) is not None:  # type: ignore[arg-type]
                if other in known:
                    return known[other]
        return None

    def _origin(self, span: _Span) -> _Span:
        while span in self._before:
            span = self._before[span]
        return span


def _names(span: _Span) -> Iterator[str]:
    """The ids that a security known by its symbol alone may have, the best first."""
    if span.since is None:
        yield span.key
        if span.until is not None:
            yield f"{span.key}-before-{span.until:%Y%m%d}"
    else:
        yield f"{span.key}-{span.since:%Y}"
        yield f"{span.key}-{span.since:%Y%m%d}"
