"""The data model of membership: published lists and changes, states of an index, rows, symbol changes and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

# The rank of a version of a list or of changes; one without a printed status is most likely the last.
STATUS_RANK: dict[str | None, int] = {"preliminary": 0, "updated": 1, None: 2, "final": 3}


class Version:
    """A published version of a list or of the changes of a review."""

    __slots__ = ()
    document_id: str
    known_on: date
    status: str | None

    @property
    def precedence(self) -> tuple[int, date, str]:
        """The order of versions: by status, then by day of publication; the greatest counts."""
        return STATUS_RANK[self.status], self.known_on, self.document_id


@dataclass(frozen=True, slots=True)
class PublishedList(Version):
    """A membership list, with the day from which it holds and the day on which it was published."""

    index_code: str
    document_id: str
    effective_on: date
    known_on: date
    status: str | None = None


@dataclass(frozen=True, slots=True)
class PublishedChanges(Version):
    """The additions or the deletions of one review as one document publishes them.

    `effective_on` is the effective day of the review; `days` are those on which its rows act, later if a rule defers them.
    """

    index_code: str
    document_id: str
    review: str
    change: str
    effective_on: date
    days: tuple[date, ...]
    known_on: date
    status: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """An index over a span of time, as known over a span of knowledge; both are half-open, None is an open end.

    Its members are those of the list `base` after the `changes` since. `reconstitution` is the last one that it reflects,
    `behind_from` the day of the next: from then on the state is the best knowledge, but no longer up to date.
    """

    index_code: str
    valid_from: date
    valid_to: date | None
    known_from: date
    known_to: date | None
    base: PublishedList
    changes: tuple[PublishedChanges, ...] = ()
    reconstitution: str | None = None
    behind_from: date | None = None

    @property
    def latest_effective_on(self) -> date:
        """The latest day that its documents cover."""
        return max(self.base.effective_on, *(one.effective_on for one in self.changes), date.min)

    @property
    def published_on(self) -> date:
        """The day on which the last of its documents was published: from then on its members were known, if not its end."""
        return max(self.base.known_on, *(one.known_on for one in self.changes), date.min)


@dataclass(frozen=True, slots=True)
class Difference:
    """A state of a derived index: the members of one index that are not in another, over the spans that their states share."""

    index_code: str
    valid_from: date
    valid_to: date | None
    known_from: date
    known_to: date | None
    minuend: State
    subtrahend: State

    @property
    def published_on(self) -> date:
        """The day on which the last document of either side was published."""
        return max(self.minuend.published_on, self.subtrahend.published_on)


class Row(NamedTuple):
    """A row of a document, by its place in it."""

    document_id: str
    ordinal: int


class Observation(NamedTuple):
    """A row of a list or of changes; `day` is the day whose symbols it prints, `effective_on` that of the list or review.

    `kind` is member, addition or deletion; `acts_on` is the day on which a change acts, None if not known yet. `reading` is how
    the row was read: `printed`, or `decided` by a person.
    """

    day: date
    effective_on: date
    symbol: str
    company_name: str
    class_marker: str | None
    index_code: str | None
    kind: str
    document_id: str
    ordinal: int
    page: int | None = None
    line: int | None = None
    acts_on: date | None = None
    taxonomy: str | None = None
    classification: str | None = None
    reading: str = "printed"

    @property
    def row(self) -> Row:
        """The place of the row in its document."""
        return Row(self.document_id, self.ordinal)


class SymbolChange(NamedTuple):
    """A change of symbol; `day` is the first session under the new one, `file` and `row` say where it is stated."""

    day: date
    old_symbol: str
    new_symbol: str
    file: str = ""
    row: int = 0


class Decision(NamedTuple):
    """A person's decision whether a symbol is still the same security from a day on, with the reason.

    With `old_symbol` it is about a change of symbol: whether the security that had that symbol has `symbol` on the day.
    """

    symbol: str
    day: date
    same: bool
    reason: str
    old_symbol: str | None = None
    file: str = ""
    row: int = 0
