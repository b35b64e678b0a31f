"""Documents, their lines, and the rows that lists, schedules and rulebooks state."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from russell_pipeline.documents.model import READING, Kind
from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.columns import DOCUMENT_ID, INDEX_CODE, LINE, PAGE, READING_OF_ROW, READINGS
from russell_pipeline.schemas.table import TableSchema


class Documents(
    TableSchema,
    group="documents",
    sort_by=("document_id",),
    partition_by="document_id",
    version=READING,
    upstream=("fetched_documents",),
):
    """Every document that was read: what it is, what it says of itself, and whether it was accepted."""

    document_id = column.text(DOCUMENT_ID, key=True)
    file_name = column.text("Name of the file in landing/documents when it was first read")
    kind = column.text(
        "What the document is, recognised from its content",
        values=tuple(kind.value for kind in Kind),
    )
    index_code = column.text(INDEX_CODE, nullable=True)
    change = column.text("What a list of changes lists", nullable=True, values=("addition", "deletion"))
    status = column.text(
        "Version of a list; null where neither text nor sidecar says",
        nullable=True,
        values=("preliminary", "updated", "final"),
    )
    review = column.text("Review that a list of changes belongs to, YYYY-MM", nullable=True)
    review_year = column.whole("Year of the review", nullable=True)
    as_of = column.day("Date that the document itself gives for its content")
    published_on = column.day("Date of publication, where the document or its sidecar gives it")
    taxonomy = column.text("Taxonomy of the classifications in a list", nullable=True, values=("RGS", "ICB"))
    pages = column.whole("Pages; in a text file, one more than there are form feeds", least=0)
    rows_parsed = column.whole("Rows of a list, stated dates of a schedule, clauses of ground rules", least=0)
    lines_total = column.whole("Lines on all pages", least=0)
    lines_rejected = column.whole("Unrecognised lines; a list with any is quarantined as a whole", least=0)
    text_engine = column.text("What read the pages: text, pdfium, pdfplumber, or more than one", nullable=True)
    lines_decided = column.whole("Lines that a person decided, in the sidecar", nullable=True, least=0)
    state = column.text("Whether the document's rows are in the tables", values=("accepted", "quarantined"))
    reason = column.text("Why the document was quarantined", nullable=True)
    reason_without_decisions = column.text(
        "Why it would be in quarantine if nobody had decided lines of it; null where there are no decisions, or none is needed",
        nullable=True,
    )
    facts = column.items(
        dy.Struct(
            {
                "name": dy.String(),
                "value": dy.String(),
                "origin": dy.String(),
                "page": dy.Int32(nullable=True),
                "line": dy.Int32(nullable=True),
            }
        ),
        description="What the document says about itself, and where: title, footer, pdf_title, copyright, rows or sidecar",
    )
    notes = column.items(
        dy.Struct(
            {
                "severity": dy.String(),
                "message": dy.String(),
                "page": dy.Int32(nullable=True),
                "line": dy.Int32(nullable=True),
            }
        ),
        description="What was noticed while reading; each becomes a finding",
    )
    sidecar_sha256 = column.text("SHA-256 of the sidecar with which the document was read", nullable=True)
    parser_version = column.whole(
        "Version of the reader; when it rises, documents are read again. Null where the reader failed: the next run retries",
        nullable=True,
        least=1,
    )

    @dy.rule()
    def quarantined_with_reason(cls) -> pl.Expr:
        return (pl.col("state") == "quarantined") == pl.col("reason").is_not_null()


_POINTS = "points"
_UPRIGHT = "as it is read, text upright; null in text files"
_FROM_LEFT = "from the left edge of the page; null in text files"
_FROM_TOP = "from the top of the page; null in text files"


class DocumentLines(
    TableSchema,
    group="documents",
    sort_by=("document_id", "page", "line"),
    partition_by="document_id",
    version=READING,
    upstream=("documents",),
):
    """Every line of every accepted document, with its text as printed and its one role."""

    document_id = column.text(DOCUMENT_ID, key=True, copied="documents.document_id")
    page = column.whole(PAGE, key=True, least=1)
    line = column.whole(LINE, key=True, least=1)
    text = column.text("The line as printed; in a PDF, with one space between words")
    role = column.text(
        "What the line is; each has one role",
        values=("row", "header", "title", "footer", "legal", "blank", "prose", "rejected"),
    )
    cells = column.items(
        dy.String(nullable=True),
        nullable=True,
        description="Cells of this line in the columns of the page, left to right, null where a column is empty; "
        "on the header of a list, what each column is for",
    )
    x0 = column.number(f"Left edge of the line, {_FROM_LEFT}", nullable=True, unit=_POINTS)
    top = column.number(f"Top of the line, {_FROM_TOP}", nullable=True, unit=_POINTS)
    x1 = column.number(f"Right edge of the line, {_FROM_LEFT}", nullable=True, unit=_POINTS)
    bottom = column.number(f"Bottom of the line, {_FROM_TOP}", nullable=True, unit=_POINTS)
    page_width = column.number(f"Width of the page {_UPRIGHT}", nullable=True, unit=_POINTS)
    page_height = column.number(f"Height of the page {_UPRIGHT}", nullable=True, unit=_POINTS)
    decided_by = column.text("Who decided what the line is; null where nobody had to", nullable=True)
    decided_because = column.text("Why it was decided so", nullable=True)


class MembershipLists(
    TableSchema,
    group="documents",
    sort_by=("index_code", "as_of", "document_id", "ordinal"),
    partition_by="review_year",
    version=1,
    upstream=("documents", "document_lines"),
):
    """Membership as published: one row for each company on each membership list."""

    review_year = column.whole(
        "Year of the review that the list belongs to", nullable=True, copied="documents.review_year"
    )
    index_code = column.text(INDEX_CODE, nullable=True, copied="documents.index_code")
    as_of = column.day("Date that the list gives for itself", copied="documents.as_of")
    company_name = column.text(
        "Name as printed, without a trailing class marker, runs of spaces as one; cut by the publisher, never a key",
        made_from="document_lines.cells",
    )
    class_marker = column.text("Letter of a trailing (A), else null", nullable=True, made_from="document_lines.cells")
    symbol = column.text("Symbol as printed", made_from="document_lines.cells")
    document_id = column.text(DOCUMENT_ID, key=True, copied="documents.document_id")
    page = column.whole(PAGE, least=1, copied="document_lines.page")
    line = column.whole(LINE, least=1, copied="document_lines.line")
    reading = column.text(READING_OF_ROW, values=READINGS, made_from="document_lines.decided_by")
    ordinal = column.whole(
        "Place of the row in the document, from 1: left column down, then the next",
        key=True,
        least=1,
        made_from="document_lines.cells",
    )


class MembershipChanges(
    TableSchema,
    group="documents",
    sort_by=("index_code", "review", "change", "document_id", "ordinal"),
    partition_by="review_year",
    version=3,
    upstream=("documents", "document_lines", "calendar", "sessions"),
):
    """Additions and deletions as published: one row for each company on each list, versions side by side."""

    index_code = column.text(INDEX_CODE, nullable=True, copied="documents.index_code")
    review = column.text("Review, YYYY-MM after the month of implementation", nullable=True, copied="documents.review")
    review_year = column.whole("Year of the review", nullable=True, copied="documents.review_year")
    change = column.text("What happens to the company", values=("addition", "deletion"), copied="documents.change")
    company_name = column.text(
        "Name as printed, without a trailing class marker, runs of spaces as one; cut by the publisher, never a key",
        made_from="document_lines.cells",
    )
    class_marker = column.text("Letter of a trailing (A), else null", nullable=True, made_from="document_lines.cells")
    symbol = column.text("Symbol as printed", made_from="document_lines.cells")
    taxonomy = column.text(
        "Taxonomy of the classification: RGS until 18 September 2020, ICB since then",
        nullable=True,
        values=("RGS", "ICB"),
        copied="documents.taxonomy",
    )
    classification = column.text(
        "Sector (RGS) or industry (ICB) as printed; the same string may be in both taxonomies",
        nullable=True,
        made_from="document_lines.cells",
    )
    status = column.text(
        "Version of the list", nullable=True, values=("preliminary", "updated", "final"), copied="documents.status"
    )
    known_on = column.day(
        "Date of publication: from the list or its sidecar, else the calendar's date for lists of its status",
        made_from="documents.published_on calendar.starts_on",
    )
    effective_on = column.day(
        "First session at whose open the change holds: that of its review (a published date goes before a computed one), unless "
        "a rule on suspended securities shifts it; null while it is not known",
        made_from="calendar.starts_on sessions.date",
    )
    dated_by = column.text("Rule on suspended securities that gave the effective day", nullable=True)
    dated_because = column.text("What that rule says about this change", nullable=True)
    document_id = column.text(DOCUMENT_ID, key=True, copied="documents.document_id")
    page = column.whole(PAGE, least=1, copied="document_lines.page")
    line = column.whole(LINE, least=1, copied="document_lines.line")
    reading = column.text(READING_OF_ROW, values=READINGS, made_from="document_lines.decided_by")
    ordinal = column.whole(
        "Place of the row in the document, from 1", key=True, least=1, made_from="document_lines.cells"
    )


class RulebookClauses(
    TableSchema,
    group="documents",
    sort_by=("document_id", "page", "line", "clause"),
    partition_by="document_id",
    version=1,
    upstream=("documents", "document_lines"),
):
    """Clauses of ground rules, each with the hash of its text, so that a definition can pin what it implements."""

    document_id = column.text(DOCUMENT_ID, key=True, copied="documents.document_id")
    clause = column.text("Number of the clause, such as 5.2", key=True, made_from="document_lines.text")
    title = column.text("Heading of the clause, where it has one", nullable=True, made_from="document_lines.text")
    text_sha256 = column.text(
        "SHA-256 of the clause's text with runs of white space as one space", made_from="document_lines.text"
    )
    page = column.whole(PAGE, least=1, copied="document_lines.page")
    line = column.whole(LINE, least=1, copied="document_lines.line")
    reading = column.text(READING_OF_ROW, values=READINGS, made_from="document_lines.decided_by")
