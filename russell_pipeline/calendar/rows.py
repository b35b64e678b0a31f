"""The table `calendar`: published dates beside computed ones, and which of them come next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.model import EVENTS, ComputedDate, Confidence
from russell_pipeline.calendar.statements import Statements
from russell_pipeline.documents.stated import StatedDate

Row = dict[str, Any]


def calendar_rows(
    reviews: Iterable[str], published: Mapping[str, Sequence[StatedDate]], calendar: RuleCalendar
) -> list[Row]:
    """Rows of the table `calendar` for these reviews, published beside computed, in order of review, event and date.

    `published` is what each document states, by document_id; a later one in the mapping wins over an earlier one. Each
    document gives one date (or span) an event, that of its schedule; what its prose says otherwise is for the audit.
    `preferred` marks the rows to go by: published dates win; where several rules (policies) date an event without a
    published date, all of them. `source` is the section of the document or the source of the rule, `says` the label
    printed with the date or the rule in words.
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
            rows += [
                _published_row(document_id, one) | {"preferred": document_id == stated[-1][0]}
                for document_id, one in stated
            ]
            rows += [_computed_row(one) | {"preferred": not stated} for one in computed if one.event == event]
    return rows


def _published_row(document_id: str, stated: StatedDate) -> Row:
    return {
        "review": stated.review,
        "event": stated.event,
        "starts_on": stated.starts_on,
        "ends_on": stated.ends_on,
        "moment": stated.moment,
        "basis": "published",
        "rule": None,
        "policy": None,
        "confidence": Confidence.PUBLISHED.value,
        "says": stated.label or None,
        "source": stated.section,
        "stated_text": stated.stated_text,
        "document_id": document_id,
        "page": stated.page,
        "line": stated.line,
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
    }


def preferred(rows: Iterable[Row]) -> list[Row]:
    """The rows to go by, one a review, event and date (the first policy's where several agree), in order of date."""
    distinct = {
        (row["review"], row["event"], row["starts_on"], row["ends_on"]): row
        for row in reversed(list(rows))
        if row["preferred"]
    }
    return sorted(distinct.values(), key=lambda row: (row["starts_on"], row["review"], EVENTS.index(row["event"])))


def due(rows: Iterable[Row], today: date) -> list[Row]:
    """The next date of every event from today on, in order of date; a span that has begun counts until its last day.

    Where policies differ on a review's date, each has its row.
    """
    upcoming = [row for row in preferred(rows) if (row["ends_on"] or row["starts_on"]) >= today]
    first: dict[str, Row] = {}
    for row in upcoming:
        first.setdefault(row["event"], row)
    chosen = [
        row
        for row in upcoming
        if row is (next_one := first[row["event"]])
        or (row["review"] == next_one["review"] and row["policy"] != next_one["policy"])
    ]
    return sorted(chosen, key=lambda row: (max(row["starts_on"], today), EVENTS.index(row["event"])))
