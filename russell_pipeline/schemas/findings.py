"""Findings: what a person should look at, of every part of the pipeline."""

from __future__ import annotations

from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.columns import DOCUMENT_ID, LINE, PAGE
from russell_pipeline.schemas.table import TableSchema


class Findings(
    TableSchema,
    group="findings",
    sort_by=("area", "severity", "subject", "message", "document_id", "page", "line"),
    upstream=("sources", "documents", "calendar_findings", "membership_findings", "market_findings", "index_runs"),
):
    """What a person should look at, with the place that it is about."""

    area = column.text(
        "Part of the pipeline that found it",
        values=("sources", "documents", "calendar", "membership", "market", "index", "operations"),
    )
    severity = column.text(
        "info: worth knowing; warning: look at it; error: something was kept out of the tables",
        values=("info", "warning", "error"),
        copied="membership_findings.severity market_findings.severity",
        made_from="documents.notes",
    )
    subject = column.text(
        "What it is about: a file, a symbol, a review, an index",
        copied="membership_findings.subject market_findings.subject",
        made_from="sources.address documents.file_name calendar_findings.review,event index_runs.index_code,lacking",
    )
    message = column.text(
        "The finding in a sentence",
        copied="membership_findings.message market_findings.message",
        made_from="sources.reason documents.notes,reason calendar_findings.explanation index_runs.reason,lacking",
    )
    document_id = column.text(
        DOCUMENT_ID,
        nullable=True,
        copied="documents.document_id calendar_findings.document_id membership_findings.document_id",
    )
    page = column.whole(
        PAGE, nullable=True, copied="calendar_findings.page membership_findings.page", made_from="documents.notes"
    )
    line = column.whole(
        LINE,
        nullable=True,
        copied="calendar_findings.line membership_findings.line market_findings.line",
        made_from="documents.notes",
    )
    found_on = column.day("Day on which it was first found", nullable=False)
