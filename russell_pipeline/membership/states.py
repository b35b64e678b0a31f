"""The states of an index over time and over knowledge, from the versions of its lists and changes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import TypeVar

from russell_pipeline.dates.reviews import reconstitution_months, review_name, review_of
from russell_pipeline.membership.model import Difference, PublishedChanges, PublishedList, State, Version

_Version = TypeVar("_Version", bound=Version)
_Known = TypeVar("_Known", State, State | Difference)


@dataclass(frozen=True, slots=True)
class Reconstitutions:
    """The reconstitutions in order: the days on which they take effect, and their reviews."""

    days: Sequence[date]
    reviews: Sequence[str]

    def last(self, day: date) -> str | None:
        """The latest reconstitution on a day."""
        at = bisect_right(self.days, day)
        return self.reviews[at - 1] if at else None

    def next_day(self, day: date) -> date | None:
        """The day on which the first reconstitution after a day takes effect."""
        at = bisect_right(self.days, day)
        return self.days[at] if at < len(self.days) else None

    def between(self, day: date, other: date) -> Sequence[str]:
        """The reconstitutions after one day and before another."""
        return self.reviews[bisect_right(self.days, day) : bisect_left(self.days, other)]


def review_of_list(review: str | None, as_of: date | None, year: int | None) -> str | None:
    """The review of a list: the one it names, else that of its date, else the year's only reconstitution."""
    if review is not None:
        return review
    if as_of is not None:
        return review_of(as_of)
    return review_name(year, 6) if year is not None and len(reconstitution_months(year)) == 1 else None


def best_version(versions: Iterable[_Version]) -> _Version:
    """The version to use: final over updated over preliminary, then the latest published."""
    return max(versions, key=lambda version: version.precedence)


def timeline(
    lists: Iterable[PublishedList], changes: Iterable[PublishedChanges], reconstitutions: Reconstitutions
) -> list[State]:
    """The states of one index by these documents, in order of time, whenever they were published.

    A list holds from its day until the next list. Changes act on the list before them, unless the changes of a reconstitution
    in between are missing: then they have no base and are not applied. On its own day a list overrides changes.
    """
    by_day: dict[date, list[PublishedList]] = defaultdict(list)
    for one in lists:
        by_day[one.effective_on].append(one)
    versions: dict[tuple[str, str], list[PublishedChanges]] = defaultdict(list)
    for version in changes:
        versions[version.review, version.change].append(version)
    chosen = sorted(
        (best_version(group) for group in versions.values()), key=lambda one: (one.effective_on, one.change)
    )
    bases = [best_version(by_day[day]) for day in sorted(by_day)]
    states: list[State] = []
    for base, following in zip_longest(bases, bases[1:]):
        until = following.effective_on if following else None
        states += _states_on(base, until, chosen, reconstitutions)
    return _each_until_next(states)


def _each_until_next(states: Sequence[_Known]) -> list[_Known]:
    """States in order, each valid until the next one begins."""
    return [
        replace(state, valid_to=following.valid_from if following else None)
        for state, following in zip_longest(states, states[1:])
    ]


def _states_on(
    base: PublishedList, until: date | None, chosen: Sequence[PublishedChanges], reconstitutions: Reconstitutions
) -> Iterator[State]:
    """The states that rest on one list: its own, and one for each day on which changes act on it."""
    applied = list(_connected(base, chosen, reconstitutions))
    days = sorted(
        {day for one in applied for day in one.days if base.effective_on < day and (not until or day < until)}
    )
    for day in (base.effective_on, *days):
        acting = tuple(one for one in applied if any(base.effective_on < acts <= day for acts in one.days))
        state = State(base.index_code, day, None, date.min, None, base, acting)
        whole = max(base.effective_on, *_two_sided(acting), date.min)
        yield replace(state, reconstitution=reconstitutions.last(whole), behind_from=reconstitutions.next_day(whole))


def _two_sided(changes: Sequence[PublishedChanges]) -> Iterator[date]:
    """The days of reviews with both additions and deletions; one side alone does not bring a list up to date."""
    for one in changes:
        if any(one.review == other.review and one.change != other.change for other in changes):
            yield one.effective_on


def _connected(
    base: PublishedList, chosen: Iterable[PublishedChanges], reconstitutions: Reconstitutions
) -> Iterator[PublishedChanges]:
    """The changes that follow a list without a gap: those of every reconstitution in between are known."""
    told: set[str] = set()
    for one in chosen:
        if not any(base.effective_on < day for day in one.days):
            continue
        if set(reconstitutions.between(base.effective_on, one.effective_on)) <= told:
            told.add(one.review)
            yield one


def states(
    lists: Iterable[PublishedList], changes: Iterable[PublishedChanges], reconstitutions: Reconstitutions
) -> list[State]:
    """Every state of one index with the span over which it was the best knowledge, in order of time, then of knowledge.

    A later publication ends one span of knowledge and begins another; it overwrites nothing. The order of the documents makes
    no difference.
    """
    lists, changes = list(lists), list(changes)

    def known(day: date) -> list[State]:
        return timeline(
            (one for one in lists if one.known_on <= day),
            (one for one in changes if one.known_on <= day),
            reconstitutions,
        )

    return _as_known({one.known_on for one in lists} | {one.known_on for one in changes}, known)


def derived_states(
    code: str, published: Iterable[State], minuends: Iterable[State], subtrahends: Iterable[State]
) -> list[State | Difference]:
    """Every state of an index that is the difference of two others and may have published lists as well, as in `states`.

    Both sides must reflect the same reconstitution, since a list of one year less that of another is no index; a subtrahend
    that is not reconstituted goes with any. The state of the latest reconstitution counts, and for one reconstitution a
    published list before a difference.
    """
    published, minuends, subtrahends = list(published), list(minuends), list(subtrahends)

    def known(day: date) -> list[State | Difference]:
        differences = _differences(code, _visible(minuends, day), _visible(subtrahends, day))
        return _newest([*_visible(published, day), *differences])

    days = {day for one in (*published, *minuends, *subtrahends) for day in (one.known_from, one.known_to) if day}
    return _as_known(days, known)


def _as_known(days: Iterable[date], known: Callable[[date], Iterable[_Known]]) -> list[_Known]:
    """States with the spans over which they were known, given the days on which knowledge changes."""
    current: dict[_Known, date] = {}
    found: list[_Known] = []
    for day in sorted(days):
        now = {state: current.get(state, day) for state in known(day)}
        found += [
            replace(state, known_from=since, known_to=day) for state, since in current.items() if state not in now
        ]
        current = now
    found += [replace(state, known_from=since) for state, since in current.items()]
    return sorted(found, key=lambda state: (state.valid_from, state.known_from))


def _visible(states: Iterable[State], day: date) -> list[State]:
    """The states that were the best knowledge on a day, without their spans of knowledge."""
    seen = (one for one in states if one.known_from <= day and (one.known_to is None or day < one.known_to))
    return [replace(one, known_from=date.min, known_to=None) for one in seen]


def _differences(code: str, minuends: Iterable[State], subtrahends: Sequence[State]) -> Iterator[Difference]:
    for left in minuends:
        for right in subtrahends:
            if left.reconstitution != right.reconstitution and right.reconstitution is not None:
                continue
            valid_from = max(left.valid_from, right.valid_from)
            valid_to = min(filter(None, (left.valid_to, right.valid_to)), default=None)
            if valid_to is None or valid_from < valid_to:
                # A difference stays the same state when only the end of one side becomes known.
                sides = (replace(side, valid_to=None) for side in (left, right))
                yield Difference(code, valid_from, valid_to, date.min, None, *sides)


def _newest(states: Iterable[State | Difference]) -> list[State | Difference]:
    """The states to use where several cover the same days, each until the next."""

    def precedence(one: State | Difference) -> tuple[str, bool]:
        of = one.minuend if isinstance(one, Difference) else one
        return of.reconstitution or "", isinstance(one, State)

    chosen: list[State | Difference] = []
    for one in sorted(states, key=lambda one: (one.valid_from, precedence(one))):
        if chosen and precedence(one) < precedence(chosen[-1]):
            continue
        if chosen and chosen[-1].valid_from == one.valid_from:
            chosen.pop()
        chosen.append(one)
    return _each_until_next(chosen)
