"""The states of an index: from versions of lists and changes to what was known of it when. Works on documents, not on members."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TypeVar

from russell_pipeline.membership.model import Difference, PublishedChanges, PublishedList, State

_Version = TypeVar("_Version", PublishedList, PublishedChanges)


@dataclass(frozen=True, slots=True)
class Reconstitutions:
    """The reconstitutions in order: the days on which they take effect, and the reviews that they are."""

    days: Sequence[date]
    reviews: Sequence[str]

    def last(self, day: date) -> str | None:
        """The reconstitution that holds on a day."""
        at = bisect_right(self.days, day)
        return self.reviews[at - 1] if at else None

    def next_day(self, day: date) -> date | None:
        """The day on which the first reconstitution after a day takes effect."""
        at = bisect_right(self.days, day)
        return self.days[at] if at < len(self.days) else None

    def between(self, day: date, other: date) -> Sequence[str]:
        """The reconstitutions after one day and before another."""
        return self.reviews[bisect_right(self.days, day) : bisect_left(self.days, other)]


def best(versions: Iterable[_Version]) -> _Version:
    """The version to go by: final over updated over preliminary, then the one that was published last."""
    return max(versions, key=lambda version: version.standing)


def timeline(
    lists: Iterable[PublishedList], changes: Iterable[PublishedChanges], reconstitutions: Reconstitutions
) -> list[State]:
    """The states of one index that these documents tell of, in order, whenever they were published.

    A list holds from its day until the next one: an older list stays the best knowledge until a newer one. Changes act on the
    list before them, unless a reconstitution lies between of which there are no changes: without that base they are changes
    only. On the day of a list the list is right.
    """
    by_day: dict[date, list[PublishedList]] = defaultdict(list)
    for one in lists:
        by_day[one.effective_on].append(one)
    versions: dict[tuple[str, str], list[PublishedChanges]] = defaultdict(list)
    for version in changes:
        versions[version.review, version.change].append(version)
    chosen = sorted((best(group) for group in versions.values()), key=lambda one: (one.effective_on, one.change))
    bases = [best(by_day[day]) for day in sorted(by_day)]
    states: list[State] = []
    for base, following in pairwise([*bases, None]):
        if base is not None:
            until = following.effective_on if following else None
            states += _states_on(base, until, chosen, reconstitutions)
    return [
        replace(state, valid_to=following.valid_from if following else None)
        for state, following in zip(states, [*states[1:], None], strict=False)
    ]


def _states_on(
    base: PublishedList, until: date | None, chosen: Sequence[PublishedChanges], reconstitutions: Reconstitutions
) -> Iterator[State]:
    """The states on one list: its own, and one for each day on which changes act on it."""
    applied = list(_connected(base, until, chosen, reconstitutions))
    days = sorted(
        {day for one in applied for day in one.days if base.effective_on < day and (not until or day < until)}
    )
    for day in (base.effective_on, *days):
        acting = tuple(one for one in applied if any(base.effective_on < acts <= day for acts in one.days))
        state = State(base.index_code, day, None, date.min, None, base, acting)
        whole = max(base.effective_on, *_two_sided(acting), date.min)
        yield replace(state, reconstitution=reconstitutions.last(whole), behind_from=reconstitutions.next_day(whole))


def _two_sided(changes: Sequence[PublishedChanges]) -> Iterator[date]:
    """The days of reviews of which there are both additions and deletions; one side alone is not what a reconstitution does."""
    for one in changes:
        if any(one.review == other.review and one.change != other.change for other in changes):
            yield one.effective_on


def _connected(
    base: PublishedList, until: date | None, chosen: Iterable[PublishedChanges], reconstitutions: Reconstitutions
) -> Iterator[PublishedChanges]:
    """The changes that follow a list without a gap: of each reconstitution between there are changes."""
    told: set[str] = set()
    for one in chosen:
        if not any(base.effective_on < day for day in one.days) or (until and one.effective_on >= until):
            continue
        if set(reconstitutions.between(base.effective_on, one.effective_on)) <= told:
            told.add(one.review)
            yield one


def states(
    lists: Iterable[PublishedList], changes: Iterable[PublishedChanges], reconstitutions: Reconstitutions
) -> list[State]:
    """Every state of one index with the span over which it was the best knowledge, in order of both.

    What is published later ends what was known and begins what is known now; it overwrites nothing. The same documents give the
    same states in whatever order they come.
    """
    lists, changes = list(lists), list(changes)
    current: dict[State, date] = {}
    found: list[State] = []
    for day in sorted({one.known_on for one in lists} | {one.known_on for one in changes}):
        visible = timeline(
            (one for one in lists if one.known_on <= day),
            (one for one in changes if one.known_on <= day),
            reconstitutions,
        )
        now = {state: current.get(state, day) for state in visible}
        found += [
            replace(state, known_from=since, known_to=day) for state, since in current.items() if state not in now
        ]
        current = now
    found += [replace(state, known_from=since) for state, since in current.items()]
    return sorted(found, key=lambda state: (state.valid_from, state.known_from))


def difference(code: str, minuends: Iterable[State], subtrahends: Iterable[State]) -> list[Difference]:
    """The states of a derived index: where both sides were known at once and reflect the same reconstitution.

    A list of one year less that of another is no index; sides that are not reconstituted, and so have none, go with any.
    """
    subtrahends = list(subtrahends)
    found = []
    for left in minuends:
        for right in subtrahends:
            if left.reconstitution != right.reconstitution and right.reconstitution is not None:
                continue
            valid_from, valid_to = _shared(left.valid_from, left.valid_to, right.valid_from, right.valid_to)
            known_from, known_to = _shared(left.known_from, left.known_to, right.known_from, right.known_to)
            if (valid_to is None or valid_from < valid_to) and (known_to is None or known_from < known_to):
                found.append(Difference(code, valid_from, valid_to, known_from, known_to, left, right))
    return sorted(found, key=lambda one: (one.valid_from, one.known_from))


def published_and_derived(published: Iterable[State], derived: Iterable[Difference]) -> list[State | Difference]:
    """The states of an index that has lists of its own and is a difference of two others too.

    Where both tell of a day, as known on a day, the later reconstitution counts, and of one reconstitution the list. A list does
    not come back where a difference of a later reconstitution ends.
    """
    published, derived = list(published), list(derived)

    def goes_before(one: Difference, other: State) -> bool:
        return (one.minuend.reconstitution or "") > (other.reconstitution or "")

    found: list[State | Difference] = []
    for state in published:
        found += _beside(state, [replace(other, valid_to=None) for other in derived if goes_before(other, state)])
    for other in derived:
        found += _beside(other, [state for state in published if not goes_before(other, state)])
    return sorted(found, key=lambda one: (one.valid_from, one.known_from))


_Known = TypeVar("_Known", State, Difference)


def _beside(state: _Known, others: Iterable[State | Difference]) -> list[_Known]:
    """What others leave of a state: the days, and the knowledge of them, that none of them tells of."""
    left = [state]
    for other in others:
        left = [part for whole in left for part in _less(whole, other)]
    return left


def _less(state: _Known, other: State | Difference) -> Iterator[_Known]:
    valid_from, valid_to = _shared(state.valid_from, state.valid_to, other.valid_from, other.valid_to)
    known_from, known_to = _shared(state.known_from, state.known_to, other.known_from, other.known_to)
    if (valid_to is not None and valid_from >= valid_to) or (known_to is not None and known_from >= known_to):
        yield state
        return
    if state.known_from < known_from:
        yield replace(state, known_to=known_from)
    if known_to is not None and known_to != state.known_to:
        yield replace(state, known_from=known_to)
    if state.valid_from < valid_from:
        yield replace(state, valid_to=valid_from, known_from=known_from, known_to=known_to)
    if valid_to is not None and valid_to != state.valid_to:
        yield replace(state, valid_from=valid_to, known_from=known_from, known_to=known_to)


def _shared(start: date, end: date | None, other_start: date, other_end: date | None) -> tuple[date, date | None]:
    """What two half-open spans share; nothing where it ends before it starts."""
    return max(start, other_start), min(filter(None, (end, other_end)), default=None)
