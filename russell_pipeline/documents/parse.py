"""Reads one document: from its bytes to its kind, its facts and its accounted lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from russell_pipeline.documents.lists import account as lists
from russell_pipeline.documents.lists import facts as recognise
from russell_pipeline.documents.lists import rows
from russell_pipeline.documents.lists.nearly import what_is_missing
from russell_pipeline.documents.model import Document, Kind, Line, Page, Role
from russell_pipeline.documents.pdf.reader import PdfLimits, PdfReader
from russell_pipeline.documents.rulebooks import clauses as rulebooks
from russell_pipeline.documents.schedules import dates as schedules
from russell_pipeline.documents.schedules.account import account_schedule
from russell_pipeline.documents.schedules.recognition import looks_like_schedule
from russell_pipeline.documents.sidecar import Sidecar, read_sidecar
from russell_pipeline.documents.text import read_text
from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import WEB_PAGE, is_web_page
from russell_pipeline.wording import counted

_QUOTED_REJECTIONS = 3
_NOTHING_KNOWN = (
    "is none of what can be read: no membership list, no additions or deletions, no review schedule, no ground rules"
)


def parse_document(
    data: bytes, sidecar: bytes | None = None, sidecar_name: str = "NAME.yaml", limits: PdfLimits | None = None
) -> Document:
    """Read a whole document: its kind, what it says about itself, and one role for each of its lines.

    Refusals do not raise: a document that cannot be accepted comes back with `reason` set. It is not text or a whole PDF, its
    kind is unknown, it contradicts itself or its sidecar, it holds lines that cannot be placed, or it has no rows.
    """
    document = Document(hashlib.sha256(data).hexdigest())
    try:
        supplied = read_sidecar(sidecar, sidecar_name) if sidecar is not None else None
        _read(document, data, supplied, sidecar_name, limits)
        _close_account(document)
        document.notes.extend(recognise.unknowns(document))
    except Refusal as refusal:
        document.reason = str(refusal)
    return document


def _read(
    document: Document, data: bytes, sidecar: Sidecar | None, sidecar_name: str, limits: PdfLimits | None
) -> None:
    if not data.strip():
        raise Refusal("is empty")
    if b"%PDF-" in data[:1024]:
        with PdfReader(data, limits) as reader:
            document.pages = len(reader)
            pages = reader.pages()
            _interpret(document, pages, reader, sidecar, sidecar_name)
    elif is_web_page(data):
        raise Refusal(WEB_PAGE)
    else:
        pages = read_text(data)
        document.pages = len(pages)
        _interpret(document, pages, None, sidecar, sidecar_name)


def _interpret(
    document: Document, pages: list[Page], reader: PdfReader | None, sidecar: Sidecar | None, sidecar_name: str
) -> None:
    try:
        if lists.has_header(pages):
            document.kind = Kind.MEMBERSHIP_LIST
            if reader:  # lists need footnote marks beside what they mark; prose has them on lines of their own
                pages = [reader.with_marks(page.number) if page.marked else page for page in pages]
            document.taxonomy, notes = lists.account_list(pages, reader.rereadings if reader else None)
            document.notes.extend(notes)
            document.lines = _lines(pages)
            document.facts.extend(recognise.list_facts(document.lines, reader.title if reader else ""))
            recognise.settle_list(document, sidecar, sidecar_name)
            document.rows_parsed = rows.count_rows(document.lines)
        elif rulebooks.looks_like_ground_rules(pages):
            document.kind = Kind.GROUND_RULES
            rulebooks.account_ground_rules(pages)
            document.lines = _lines(pages)
            recognise.settle_ground_rules(document, sidecar, sidecar_name)
            document.rows_parsed = len(rulebooks.clauses(document.lines))
        elif looks_like_schedule(pages) or schedules.reads_as_schedule(pages):
            document.kind = Kind.REVIEW_SCHEDULE
            account_schedule(pages)
            document.lines = _lines(pages)
            recognise.settle_schedule(document, sidecar, sidecar_name)
            stated, notes = schedules.stated_dates(document.lines, document.review_year)
            document.rows_parsed = len(stated)
            document.facts.extend(schedules.reviews_of(stated))
            document.notes.extend(notes)
        else:
            raise Refusal(what_is_missing(pages) or _NOTHING_KNOWN)
    finally:
        document.text_engine = "+".join(sorted({page.engine for page in pages}))
        document.lines = document.lines or _lines(pages)


def _lines(pages: list[Page]) -> list[Line]:
    return [line for page in pages for line in (*page.lines, *page.over)]


def _close_account(document: Document) -> None:
    """Refuse a document with rejected lines, quoting the first few, or without any rows.

    Raises AssertionError if a line has no role.
    """
    without_role = [line for line in document.lines if line.role is None]
    if without_role:
        raise AssertionError(f"line {without_role[0].number} of page {without_role[0].page} was given no role")
    rejected = [line for line in document.lines if line.role is Role.REJECTED]
    if rejected:
        quoted = "; ".join(_quoted(document, line) for line in rejected[:_QUOTED_REJECTIONS])
        more = f"; and {len(rejected) - _QUOTED_REJECTIONS} more" if len(rejected) > _QUOTED_REJECTIONS else ""
        raise Refusal(f"holds {counted(len(rejected), 'line')} that nobody can place: {quoted}{more}")
    if not document.rows_parsed:
        raise Refusal(f"is a {document.kind.replace('_', ' ')} without a single row")


def _quoted(document: Document, line: Line) -> str:
    because = next(
        (note.message for note in document.notes if (note.page, note.line) == (line.page, line.number)), repr(line.text)
    )
    return f"page {line.page}, line {line.number}: {because}"


def list_rows(document: Document) -> Iterator[rows.Row]:
    """The rows of an accounted membership list, or list of additions or deletions, in document order."""
    return rows.list_rows(document.lines)
