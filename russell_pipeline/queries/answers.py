"""What an answer rests on, in words, and why there is none; the same for the command line and for Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, NamedTuple

from russell_pipeline.errors import UnknownIndex
from russell_pipeline.membership.indexes import derived_from, indexes
from russell_pipeline.queries import catalog as query
from russell_pipeline.queries.catalog import Answer, Question
from russell_pipeline.wording import counted, first_few

_SHOWN = 40  # codes in a message


class Note(NamedTuple):
    """A sentence about an answer; `doubt` names what is doubtful if the answer may not be what was asked for.

    Answers of several days with one doubt have one cause, such as one list that is missing.
    """

    sentence: str
    doubt: str | None = None


class AnswerWarning(UserWarning):
    """An answer that is empty, or that is not of the day that was asked about; the message says what would change that."""


Ask = Callable[[Question], Answer]


def known_codes(found: Collection[str], defined: Collection[str] = ()) -> list[str]:
    """The codes that the lake has anything of, those of definitions in landing, and all that are known by name."""
    return sorted({*found, *indexes(), *defined})


def spelled(index: str, codes: Collection[str]) -> str:
    """A code, written in any case, as these spell it. Raises UnknownIndex, which names the near codes and the known ones."""
    if index in codes:
        return index
    by_case = {code.upper(): code for code in codes}
    if index.upper() not in by_case:
        near = get_close_matches(index.upper(), by_case, 3, 0.6)
        meant = f"; near to it: {', '.join(by_case[code] for code in near)}" if near else ""
        raise UnknownIndex(f"there is no index {index!r}{meant}; known are {first_few(sorted(codes), _SHOWN)}")
    return by_case[index.upper()]


def members_notes(
    ask: Ask, index: str, on: date, known_on: date | None = None, basis: str | None = None
) -> Iterator[Note]:
    """What the membership of an index on a day rests on, or why there is none."""
    when = f"{index.upper()} on {on}" + (f" as known on {known_on}" if known_on else "")
    states = ask(query.membership_state(index, on, known_on, basis))
    for row in states.rows:
        state = dict(zip(states.columns, row, strict=True))
        yield from _held(when, on, state) if state["basis"] == "holdings" else _listed(when, on, state)
    if not states.rows:
        yield Note(f"{when}: {_none(ask, index, known_on, basis)}", "no membership")


def _listed(when: str, on: date, state: dict[str, Any]) -> Iterator[Note]:
    changed = f" and {state['change_documents']} lists of changes" if state["change_documents"] else ""
    if state["basis"] == "difference":
        rests = (
            f"a difference of two indexes, one as of {state['minuend_on']}, the other as of {state['subtrahend_on']}"
        )
    else:
        rests = f"as of {state['valid_from']} by {state['document']}{changed}"
    ends = f"; {_replaced(state)}" if state["valid_to"] else ""
    yield Note(f"{when}: {state['members']:,} members, {rests}, known since {state['published_on']}{ends}")
    if state["behind_from"] and state["behind_from"] <= on:
        missing = f"the reconstitution of {state['behind_from']} is not in the lake, or not whole"
        year, code = state["behind_from"].year, state["index_code"]
        needed = f"the list of {code} of {year} or later, or its additions and deletions, in landing/documents"
        said = f"{missing}: this is the last known membership, not that of {on}; {needed} and `russell run` bring it up to date"
        yield Note(said, f"behind {state['behind_from']}")


def _replaced(state: dict[str, Any]) -> str:
    """When another membership took a state's place, and since when that is known where it is another day."""
    known = state["end_known_from"]
    since = "" if known in (None, state["valid_to"]) else f", known since {known}"
    return f"replaced on {state['valid_to']}{since}"


def _held(when: str, on: date, state: dict[str, Any]) -> Iterator[Note]:
    what = "of a simulated market" if state["simulated"] else "of a fund or of your own, not a published list"
    named = f"the names in {state['held_file']}, held on {state['held_on']}"
    yield Note(f"{when}: {state['members']:,} holdings, {named}: a file {what}; known since {state['held_known_from']}")
    if state["valid_from"]:
        listed = f"the last published membership is as of {state['valid_from']} (--basis list, in Python basis='list')"
        yield Note(f"{listed}; holdings and lists are never mixed")
    if (on - state["held_on"]).days > _STALE_DAYS:
        yield Note(
            f"these holdings are of {state['held_on']}, not of {on}; a file of a later day brings them nearer",
            f"held on {state['held_on']}",
        )


_STALE_DAYS = 100  # more than a quarter: a review lies between


def _none(ask: Ask, index: str, known_on: date | None, basis: str | None) -> str:
    said = "no membership is known"
    if basis == "holdings":
        return f"{said} from holdings; landing/components/{index.upper()}/DATE.csv and `russell run` bring them"
    first_day, first_known, additions, deletions = ask(query.without_membership(index)).rows[0]
    if first_day is not None:
        published = f", published by {first_known}" if known_on and known_on < first_known else ""
        return f"{said}; the first list of it in the lake holds from {first_day}{published}"
    if additions or deletions:
        changes = f"{counted(additions, 'addition')} and {counted(deletions, 'deletion')}"
        return f"{said}: the lake has {changes} but no list, and changes alone are no membership"
    sides = derived_from(index.upper())
    needs = f"; it is {sides[0]} less {sides[1]}, of one reconstitution" if sides else ""
    return f"{said}{needs}; {with_documents([row[0] for row in ask(query.indexes_with_documents()).rows])}"


def with_documents(known: Sequence[str]) -> str:
    """The indexes that have documents, and how to add more."""
    listed = ", ".join(known) or "none yet"
    return f"indexes with documents: {listed}; more come from lists in landing/documents and `russell run`"
