"""The steps of lists, changes and clauses: rows of tables from documents that were read, as documents/ says what a row is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, cast

import polars as pl

from russell_pipeline.documents.model import ROW_TABLES, Box, Decision, Document, Kind, Line, Role
from russell_pipeline.documents.parse import document_rows
from russell_pipeline.lake.landing import LandedDocument
from russell_pipeline.lake.store import Lake
from russell_pipeline.membership.suspensions import Change, EffectiveDay, Suspension, effective_day
from russell_pipeline.membership.symbols import symbol_key
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.accepted import Row, accepted, by_key, key_of, read_as, review_year
from russell_pipeline.steps.reference import read_reference, reference_sha256
from russell_pipeline.steps.review_dates import ReviewDates
from russell_pipeline.steps.step import TableStep, versions
from russell_pipeline.steps.years import year_of


class _FromDocuments(TableStep):
    """A table whose parts are made from the accepted documents of one kind, each part from its own."""

    kind: ClassVar[str]

    @abstractmethod
    def keys_of(self, document: Row) -> Iterable[str]:
        """The parts that a document belongs to."""

    @abstractmethod
    def rows_of(self, documents: pl.DataFrame) -> pl.DataFrame:
        """The rows that these documents give."""

    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        return {key: (read_as(documents),) for key, documents in self._documents.items()}

    def rows(self, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        for key in keys:
            yield key, self.rows_of(self._documents.get(key, TABLES["documents"].empty))

    @cached_property
    def _documents(self) -> dict[str, pl.DataFrame]:
        return by_key(accepted(self.lake, self.kind), self.keys_of)


class MakeMembershipLists(_FromDocuments, table="membership_lists"):
    """Members as printed, by the review year of their list."""

    kind = "membership_list"

    def keys_of(self, document: Row) -> Iterable[str]:
        return review_year(document)

    def rows_of(self, documents: pl.DataFrame) -> pl.DataFrame:
        return membership_lists(self.lake, documents)


class MakeMembershipChanges(_FromDocuments, table="membership_changes"):
    """Additions and deletions as printed, by review year, with the dates that the calendar gives their reviews."""

    kind = "membership_changes"

    def keys_of(self, document: Row) -> Iterable[str]:
        return review_year(document)

    def rows_of(self, documents: pl.DataFrame) -> pl.DataFrame:
        return membership_changes(self.lake, documents)

    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        """The documents, each with the dates of the year of its review, and the suspensions."""
        dates, suspensions = versions(self.lake, "calendar"), reference_sha256(self.lake, "suspensions")

        def follows_from(documents: pl.DataFrame) -> list[list[object]]:
            years = [key_of(year_of(review)) for review in documents["review"]]
            return [[*read, dates.get(year)] for read, year in zip(read_as(documents), years, strict=True)]

        return {year: (follows_from(documents), suspensions) for year, documents in self._documents.items()}


class MakeRulebookClauses(_FromDocuments, table="rulebook_clauses"):
    """The clauses of each rulebook."""

    kind = "ground_rules"

    def keys_of(self, document: Row) -> Iterable[str]:
        return [document["document_id"]]

    def rows_of(self, documents: pl.DataFrame) -> pl.DataFrame:
        return rulebook_clauses(self.lake, documents)


# The fields of a document that are columns of `documents`, besides its kind.
_FIELDS = (
    "document_id", "index_code", "change", "status", "review", "review_year", "as_of", "published_on", "taxonomy", "pages",
    "rows_parsed", "text_engine", "reason_without_decisions",
)  # fmt: skip


def document_row(document: Document, landed: LandedDocument) -> pl.DataFrame:
    """The row of `documents` for a document as read."""
    return TABLES["documents"].frame(
        [
            {
                **{name: getattr(document, name) for name in _FIELDS},
                "file_name": landed.name,
                "kind": document.kind.value,
                "lines_total": len(document.lines),
                "lines_rejected": document.lines_rejected,
                "lines_decided": document.lines_decided,
                "state": "accepted" if document.accepted else "quarantined",
                "reason": document.reason,
                "facts": [fact._asdict() for fact in document.facts],
                "notes": [note._asdict() for note in document.notes],
                "sidecar_sha256": landed.sidecar_sha256,
                "parser_version": None if document.unread else TABLES["documents"].version,
            }
        ],
    )


def line_rows(document: Document) -> pl.DataFrame:
    """The rows of `document_lines` for an accepted document."""
    return pl.DataFrame(
        {
            "document_id": [document.document_id] * len(document.lines),
            "page": [line.page for line in document.lines],
            "line": [line.number for line in document.lines],
            "text": [line.text for line in document.lines],
            "role": [line.role.value if line.role else None for line in document.lines],
            "cells": [line.cells for line in document.lines],
            **{
                name: [round(line.box[at], 2) if line.box else None for line in document.lines]
                for at, name in enumerate(Box._fields)
            },
            "decided_by": [line.decision and line.decision.by for line in document.lines],
            "decided_because": [line.decision and line.decision.why for line in document.lines],
        },
        schema=TABLES["document_lines"].empty.schema,
    )


def lines_of(lake: Lake, document_id: str) -> list[Line]:
    """The lines of an accepted document with their roles, as they were read, but without their positions on the page."""
    columns = ("page", "line", "text", "role", "cells", "decided_by", "decided_because")
    rows = lake.read("document_lines", [document_id]).select(columns).iter_rows()
    return [
        Line(page, number, text, [], role=Role(role), cells=cells, decision=Decision(by, why) if by else None)
        for page, number, text, role, cells, by, why in rows
    ]


def membership_lists(lake: Lake, documents: pl.DataFrame) -> pl.DataFrame:
    """The rows of `membership_lists` in these documents (rows of `documents`)."""
    return TABLES["membership_lists"].frame(
        {
            "review_year": document.review_year,
            "index_code": document.index_code,
            "as_of": document.as_of,
            "document_id": document.document_id,
            **row,
        }
        for document in _accepted(lake, documents, "membership_lists")
        for row in document_rows(document)
    )


def membership_changes(lake: Lake, documents: pl.DataFrame) -> pl.DataFrame:
    """The rows of `membership_changes` in these documents (rows of `documents`), with the dates of their reviews."""
    dates = ReviewDates(lake, documents["review"])
    suspensions = read_reference(lake).suspensions
    return TABLES["membership_changes"].frame(
        {
            "index_code": document.index_code,
            "review": document.review,
            "review_year": document.review_year,
            "change": document.change,
            "status": document.status,
            "known_on": document.published_on or dates.published_on(document.review, document.status),
            **_taking_effect(document, str(row["symbol"]), suspensions, dates)._asdict(),
            "document_id": document.document_id,
            **row,
        }
        for document in _accepted(lake, documents, "membership_changes")
        for row in document_rows(document)
    )


def _taking_effect(
    document: Document, symbol: str, suspensions: dict[str, tuple[Suspension, ...]], dates: ReviewDates
) -> EffectiveDay:
    with_review = EffectiveDay(dates.effective_on(document.review))
    suspended = suspensions.get(symbol_key(symbol))
    days = dates.days(document.review) if suspended else None
    if not suspended or days is None:
        return with_review
    return effective_day(cast("Change", document.change), with_review, days, suspended, dates.sessions)


def rulebook_clauses(lake: Lake, documents: pl.DataFrame) -> pl.DataFrame:
    """The rows of `rulebook_clauses` in these documents (rows of `documents`)."""
    return TABLES["rulebook_clauses"].frame(
        {"document_id": document.document_id, **row}
        for document in _accepted(lake, documents, "rulebook_clauses")
        for row in document_rows(document)
    )


def _accepted(lake: Lake, documents: pl.DataFrame, table: str) -> Iterator[Document]:
    """The accepted documents whose rows a table has, in order of document_id, with their lines as stored."""
    kinds = [kind.value for kind, name in ROW_TABLES.items() if name == table]
    accepted = documents.filter(pl.col("kind").is_in(kinds), state="accepted").sort("document_id")
    for row in accepted.iter_rows(named=True):
        fields = {name: row[name] for name in _FIELDS}
        yield Document(kind=Kind(row["kind"]), lines=lines_of(lake, row["document_id"]), **fields)
