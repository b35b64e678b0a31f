"""Membership from published lists and changes: securities, the states of every index, and the members of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from russell_pipeline.membership.indexes import indexes, is_reconstituted
from russell_pipeline.membership.members import Move, Replay
from russell_pipeline.membership.model import (
    Decision,
    Difference,
    Observation,
    PublishedChanges,
    PublishedList,
    Row,
    State,
    SymbolChange,
)
from russell_pipeline.membership.renames import Candidate, candidates
from russell_pipeline.membership.securities import Securities, Security, identify
from russell_pipeline.membership.states import Reconstitutions, derived_states, states

NOT_RECONSTITUTED = Reconstitutions((), ())


class Reference(NamedTuple):
    """Symbol changes and people's decisions, from landing/reference."""

    symbol_changes: Sequence[SymbolChange] = ()
    decisions: Sequence[Decision] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    """All that follows from the published lists and changes; `states` are in order of time, then of knowledge."""

    lists: Sequence[PublishedList]
    changes: Sequence[PublishedChanges]
    reconstitutions: Reconstitutions
    rows: Mapping[Row, Observation]
    by_document: Mapping[str, Sequence[Observation]]
    securities: Securities
    states: Mapping[str, Sequence[State | Difference]]
    replay: Replay
    candidates: Sequence[Candidate]

    def security(self, one: Observation) -> str:
        """The id of the security that a row is of."""
        return self.securities.by_row[one.row].security_id

    def document(self, document_id: str) -> Sequence[Observation]:
        """The rows of a document, in its order."""
        return self.by_document[document_id]

    def current(self, index_code: str) -> list[State | Difference]:
        """The states of an index as known now, in order of time."""
        return [state for state in self.states.get(index_code, ()) if state.known_to is None]


def build_membership(
    lists: Iterable[PublishedList],
    changes: Iterable[PublishedChanges],
    observations: Iterable[Observation],
    reconstitutions: Reconstitutions,
    reference: Reference,
) -> Membership:
    """Membership as published lists and changes give it; their order makes no difference.

    `observations` are the rows of all `lists` and `changes`. Symbol changes and decisions of `reference` that cannot be followed
    become findings of the securities.
    """
    lists = sorted(lists, key=lambda one: (one.index_code, one.effective_on, one.document_id))
    changes = sorted(changes, key=lambda one: (one.index_code, one.review, one.change, one.document_id))
    rows = {one.row: one for one in observations}
    securities = identify(rows.values(), reference.symbol_changes, reference.decisions, reconstitutions.days)
    by_document: dict[str, list[Observation]] = defaultdict(list)
    for one in sorted(rows.values(), key=lambda one: one.ordinal):
        by_document[one.document_id].append(one)
    replay = Replay(
        lambda document: {securities.by_row[one.row].security_id: one.row for one in reversed(by_document[document])},
        lambda document: [
            Move(one.acts_on, one.kind, securities.by_row[one.row].security_id, one.row)
            for one in by_document[document]
            if one.acts_on is not None
        ],
    )
    return Membership(
        lists,
        changes,
        reconstitutions,
        rows,
        by_document,
        securities,
        _all_states(lists, changes, reconstitutions),
        replay,
        candidates(securities, lists, by_document, reference.decisions),
    )


def _all_states(
    lists: Sequence[PublishedList], changes: Sequence[PublishedChanges], reconstitutions: Reconstitutions
) -> dict[str, Sequence[State | Difference]]:
    """The states of published and of derived indexes; a derived index may have published lists as well."""
    published: dict[str, list[State]] = {}
    for code in sorted({one.index_code for one in lists}):
        published[code] = states(
            (one for one in lists if one.index_code == code),
            (one for one in changes if one.index_code == code),
            reconstitutions if is_reconstituted(code) else NOT_RECONSTITUTED,
        )
    found: dict[str, Sequence[State | Difference]] = dict(published)
    for code, index in indexes().items():
        if index.difference is None:
            continue
        minuend, subtrahend = index.difference
        sides = (published.get(side, ()) for side in (minuend, subtrahend))
        if derived := derived_states(code, published.get(code, ()), *sides):
            found[code] = derived
    return found


def symbols_between(
    security: Security, printed: str, valid_from: date, valid_to: date | None
) -> Iterator[tuple[str, date, date | None]]:
    """The symbols of a security over a span of time, each with its days: as printed, unless another is in force by then."""
    begun = [period for period in security.periods if period.valid_from <= valid_from] or security.periods[:1]
    symbol, since = printed if printed in begun[-1].spellings else begun[-1].symbol, valid_from
    for period in security.periods[len(begun) :]:
        if valid_to is not None and period.valid_from >= valid_to:
            break
        yield symbol, since, period.valid_from
        symbol, since = period.symbol, period.valid_from
    yield symbol, since, valid_to
