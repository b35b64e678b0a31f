"""The table `calendar`: published dates beside computed ones, and which of them come next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.model import EVENTS
from russell_pipeline.calendar.statements import Statements
from russell_pipeline.documents.stated import StatedDate

Row = dict[str, Any]


def calendar_rows(
    reviews: Iterable[str], published: Mapping[str, Sequence[StatedDate]], calendar: RuleCalendar
) -> list[Row]:
    """Rows of the table `calendar` for these reviews, published beside computed, in order of review, event and date.

    `published` is what each document states, by document_id; a later one in the mapping wins over an earlier one. Each document
    gives one date (or span) an event, that of its schedule; what its prose says otherwise is the audit's matter. `preferred` marks
    the rows to go by: published dates win, and where several rules (policies) date an event without a published date, all of them.
    """
    rows: list[Row] = []
    by_document = {document_id: Statements(stated) for document_id, stated in published.items()}
    for review in reviews:
        computed = calendar.dates(review)
        for event in EVENTS:
            stated = [
                (document_id, one)
                for document_id, statements in by_document.items()
                for one in statements.primary(review, event)
            ]
            rows += [_published_row(document_id, one, document_id == stated[-1][0]) for document_id, one in stated]
            rows += [
                {
                    "review": review,
                    "event": event,
                    "starts_on": one.starts_on,
                    "ends_on": one.ends_on,
                    "moment": one.moment,
                    "basis": "rule",
                    "rule": one.rule,
                    "stated_text": None,
                    "document_id": None,
                    "page": None,
                    "line": None,
                    "preferred": not stated,
                    "confidence": one.confidence.value,
                    "says": one.says,
                    "source": one.source,
                }
                for one in computed
                if one.event == event
            ]
    return rows


def _published_row(document_id: str, stated: StatedDate, preferred: bool) -> Row:
    return {
        "review": stated.review,
        "event": stated.event,
        "starts_on": stated.starts_on,
        "ends_on": stated.ends_on,
        "moment": stated.moment,
        "basis": "published",
        "rule": None,
        "stated_text": stated.stated_text,
        "document_id": document_id,
        "page": stated.page,
        "line": stated.line,
        "preferred": preferred,
        "confidence": "published",
        "says": stated.label or None,
        "source": stated.section,
    }


def preferred(rows: Iterable[Row]) -> list[Row]:
    """The rows to go by, one for each review, event and date, in order of date."""
    distinct = {(row["review"], row["event"], row["starts_on"], row["ends_on"]): row for row in reversed(list(rows)) if row["preferred"]}
    return sorted(distinct.values(), key=lambda row: (row["starts_on"], row["review"], EVENTS.index(row["event"])))


def due(rows: Iterable[Row], today: date) -> list[Row]:
    """The next date of every event from today on, in order of date; a span that has begun counts until its last day.

    Where policies differ on the event's date, the next one of each is there: the row's `rule` names it.
    """
    upcoming = [row for row in preferred(rows) if (row["ends_on"] or row["starts_on"]) >= today]
    first: dict[str, Row] = {}
    for row in upcoming:
        first.setdefault(row["event"], row)
    chosen = [
        row
        for row in upcoming
        if row is (next_one := first[row["event"]]) or (row["review"] == next_one["review"] and row["rule"] != next_one["rule"])
    ]
    return sorted(chosen, key=lambda row: (max(row["starts_on"], today), EVENTS.index(row["event"])))
