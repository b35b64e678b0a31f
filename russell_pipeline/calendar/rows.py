"""The rows of the table `calendar`, published dates beside computed ones, and questions to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from russell_pipeline.calendar.model import ComputedDate, Confidence
from russell_pipeline.calendar.statements import Statements
from russell_pipeline.dates.reviews import EVENTS
from russell_pipeline.dates.stated import StatedDate

if TYPE_CHECKING:  # the query commands do without the rules
    from russell_pipeline.calendar.computed import RuleCalendar
    from russell_pipeline.calendar.sessions import Sessions

Row = dict[str, Any]
# The event on which lists of a status are published.
_PUBLICATION = {"preliminary": "preliminary_lists", "updated": "updated_lists", "final": "final_lists"}


def calendar_rows(
    reviews: Iterable[str | None], published: Mapping[str, Sequence[StatedDate]], calendar: RuleCalendar | None
) -> list[Row]:
    """Rows of the table `calendar` for these reviews, published beside computed, in order of review, event and date.

    `published` is what each document states, by document_id; a later document in the mapping takes precedence. Every
    statement is a row, `ordinal` its place in the document (1..n); the review None has the statements that name no review.
    `preferred` marks the rows to use: published dates before computed ones, and of a document the first statement of its
    schedule before repetitions elsewhere; without a published date, those of all rules (policies) that date the event.
    `source` is the section of the document or the source of the rule, `says` the label printed with the date or the rule in
    words. Without a `calendar` there are published dates only.
    """
    rows: list[Row] = []
    by_document = {document_id: Statements(stated) for document_id, stated in published.items()}
    for review in reviews:
        computed = [] if calendar is None or review is None else calendar.dates(review)
        for event in (*EVENTS, None):
            chosen = _spoken(review, event, by_document)
            rows += [
                _published_row(document_id, ordinal, one) | {"preferred": any(one is spoken for spoken in chosen)}
                for document_id, statements in by_document.items()
                for ordinal, one in enumerate(statements.all, 1)
                if (one.review, one.event) == (review, event)
            ]
            rows += [_computed_row(one) | {"preferred": not chosen} for one in computed if one.event == event]
    return rows


def _spoken(review: str | None, event: str | None, by_document: Mapping[str, Statements]) -> list[StatedDate]:
    """The preferred statements on an event: those of the last document that dates it."""
    if review is None or event is None:
        return []
    spoken = (statements.primary(review, event) for statements in reversed(list(by_document.values())))
    return next(filter(None, spoken), [])


def _published_row(document_id: str, ordinal: int, stated: StatedDate) -> Row:
    row = stated.row(ordinal)
    return {
        "source": row.pop("section"),
        **row,
        "basis": "published",
        "rule": None,
        "policy": None,
        "confidence": Confidence.PUBLISHED.value,
        "says": stated.label or None,
        "document_id": document_id,
    }


def _computed_row(computed: ComputedDate) -> Row:
    return {
        "review": computed.review,
        "event": computed.event,
        "starts_on": computed.starts_on,
        "ends_on": computed.ends_on,
        "moment": computed.moment,
        "basis": "rule",
        "rule": computed.rule,
        "policy": computed.policy,
        "confidence": computed.confidence.value,
        "says": computed.says,
        "source": computed.source,
        "stated_text": None,
        "document_id": None,
        "page": None,
        "line": None,
        "ordinal": None,
    }


def preferred(rows: Iterable[Row]) -> list[Row]:
    """The preferred rows in order of date, one for each review, event and date (if policies agree, that of the first)."""
    distinct = {
        (row["review"], row["event"], row["starts_on"], row["ends_on"]): row
        for row in reversed(list(rows))
        if row["preferred"]
    }
    return sorted(distinct.values(), key=lambda row: (row["starts_on"], row["review"], EVENTS.index(row["event"])))


def due(rows: Iterable[Row], today: date) -> list[Row]:
    """The next date of every event from today on, in order of date; a span counts until its last day.

    If policies differ on a review's date, each has a row.
    """
    upcoming = [row for row in preferred(rows) if (row["ends_on"] or row["starts_on"]) >= today]
    first: dict[str, Row] = {}
    for row in upcoming:
        first.setdefault(row["event"], row)

    def is_next(row: Row) -> bool:
        found = first[row["event"]]
        return row is found or (row["review"] == found["review"] and row["policy"] != found["policy"])

    return sorted(filter(is_next, upcoming), key=lambda row: (max(row["starts_on"], today), EVENTS.index(row["event"])))


def effective_on(rows: Iterable[Row], sessions: Sessions) -> date | None:
    """The first session at whose open a review holds, from the rows of that review; None if nothing dates it.

    It is the session after implementation. A document's "effective" on the day of implementation means the close of that day.
    """
    rows = list(rows)
    by_event = {row["event"]: row for row in rows if row["preferred"]}
    implemented = {row["starts_on"] for row in rows if row["event"] == "implementation"}
    effective, implementation = by_event.get("effective"), by_event.get("implementation")
    if effective is not None and (effective["basis"] == "published" or implementation is None):
        day: date = effective["starts_on"]
        return sessions.next(day) if day in implemented else day
    return sessions.next(implementation["starts_on"]) if implementation is not None else None


def held_from(rows: Iterable[Row], sessions: Sessions, day: date) -> date | None:
    """The effective day of a review, if `day` is its implementation or its effective day, else None.

    This is when a list or change dated `day` holds. `rows` are those of the review.
    """
    rows = list(rows)
    held = {row["starts_on"] for row in rows if row["event"] in ("implementation", "effective")}
    effective = effective_on(rows, sessions)
    return effective if day in held or day == effective else None


def published_on(rows: Iterable[Row], status: str | None) -> date | None:
    """The day on which lists of a status are published, from the rows of their review; None if it is not a single day."""
    event = _PUBLICATION.get(status or "")
    if event is None:
        return None
    spans = {(row["starts_on"], row["ends_on"]) for row in rows if row["preferred"] and row["event"] == event}
    days = {starts_on for starts_on, ends_on in spans if ends_on is None}
    return days.pop() if len(spans) == 1 and days else None
