"""Reads one document: from its bytes to its kind, its facts, its accounted lines and its rows, by the reader that knows it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from russell_pipeline.documents.decisions import LAPSED, decided_places, reading_of
from russell_pipeline.documents.lists.reader import ListReader
from russell_pipeline.documents.lists.unreadable_lists import why_unreadable
from russell_pipeline.documents.model import Document, Line, Note, Page, Role
from russell_pipeline.documents.other_kinds import is_factsheet, is_of_symbols_alone
from russell_pipeline.documents.pdf.reader import PdfLimits, PdfReader
from russell_pipeline.documents.ranges.reader import RangesReader
from russell_pipeline.documents.readers import Reader, Source
from russell_pipeline.documents.rulebooks.reader import RulebookReader
from russell_pipeline.documents.schedules.reader import ScheduleReader
from russell_pipeline.documents.schedules.recognition import why_no_schedule
from russell_pipeline.documents.sidecar import Sidecar, read_sidecar
from russell_pipeline.documents.text import read_text
from russell_pipeline.errors import Refusal
from russell_pipeline.file_formats import format_of
from russell_pipeline.wording import counted

# Asked in this order: ground rules have dates of several events too, and lists may have them in their legal text.
READERS: tuple[Reader, ...] = (ListReader(), RulebookReader(), ScheduleReader(), RangesReader())

_QUOTED_REJECTIONS = 3
_NOTHING_KNOWN = (
    "is none of what can be read: no membership list, no additions or deletions, no review schedule, no ground rules, "
    "no ranges of market capitalisations"
)
_FACTSHEET = (
    "is a factsheet: it has figures of an index and a few of its members, where a membership list has them all under the heads "
    "of its columns"
)
_SYMBOLS_ALONE = (
    "has symbols and no names of companies: a list is read with both, under the heads `Company Ticker`; shares, prices and "
    "holdings belong in market and components"
)


def parse_document(
    data: bytes, sidecar: bytes | None = None, sidecar_name: str = "NAME.yaml", limits: PdfLimits | None = None
) -> Document:
    """Read a whole document: its kind, what it says about itself, and one role for each of its lines.

    What the sidecar decides of single lines holds; the document is then also read without these decisions, for the reason that
    it would be refused for.

    Refusals do not raise: a document that cannot be accepted comes back with `reason` set. It is not text or a whole PDF, its
    kind is unknown, it contradicts itself or its sidecar, it has unrecognised lines, or it has no rows.
    """
    document_id = hashlib.sha256(data).hexdigest()
    try:
        supplied = read_sidecar(sidecar, sidecar_name) if sidecar is not None else None
    except Refusal as refusal:
        return Document(document_id, reason=str(refusal))
    document = _parsed(document_id, data, supplied, sidecar_name, limits)
    if supplied and supplied.lines:
        undecided = supplied.model_copy(update={"lines": ()})
        document.reason_without_decisions = _parsed(document_id, data, undecided, sidecar_name, limits).reason
    return document


def _parsed(
    document_id: str, data: bytes, sidecar: Sidecar | None, sidecar_name: str, limits: PdfLimits | None
) -> Document:
    """A document as read; if it is refused, the reason names the decisions that have lapsed too."""
    document = Document(document_id)
    try:
        _read(document, data, sidecar, sidecar_name, limits)
        _close_account(document)
    except Refusal as refusal:
        lapsed = (note.message for note in document.notes if note.message.startswith(LAPSED))
        document.reason = "; ".join([str(refusal), *lapsed])
    return document


def document_rows(document: Document) -> Iterator[Mapping[str, object]]:
    """The rows of an accepted document in document order: cells and their page and line by column name, and their `reading`.

    That is `decided` where a person said what the line is, else `printed`. Rows of a list are companies, of a schedule the dates
    that it states, of ground rules their clauses. A document that was refused has none. Lines need their text, role, cells and
    decision, and no positions of words. `ROW_TABLES` says which table has them.
    """
    reader = next((reader for reader in READERS if document.kind in reader.kinds), None)
    if reader and document.accepted:
        decided = decided_places(document.lines)
        for row in reader.rows(document):
            yield {**row, "reading": reading_of((row["page"], row["line"]), decided)}


def _read(
    document: Document, data: bytes, sidecar: Sidecar | None, sidecar_name: str, limits: PdfLimits | None
) -> None:
    if not data.strip():
        raise Refusal("is empty")
    if other := format_of(data):
        raise Refusal(f"is {other.name}: {other.advice}")
    if b"%PDF-" in data[:1024]:
        with PdfReader(data, limits) as pdf:
            document.pages = len(pdf)
            _interpret(document, Source(pdf.pages(), pdf, sidecar, sidecar_name))
    else:
        pages = read_text(data)
        document.pages = len(pages)
        _interpret(document, Source(pages, None, sidecar, sidecar_name))


def _interpret(document: Document, source: Source) -> None:
    try:
        if is_factsheet(source.pages):  # its largest members look like a list
            raise Refusal(_FACTSHEET)
        reader = next((reader for reader in READERS if reader.recognises(source.pages)), None)
        if reader is None:
            raise Refusal(_what_else(source.pages))
        reader.account(source, document)
        document.notes.extend(_decided_in_vain(document, reader))
    finally:
        document.text_engine = "+".join(sorted({page.engine for page in source.pages}))
        document.lines = document.lines or source.lines


def _what_else(pages: Sequence[Page]) -> str:
    """Why a document that no reader recognises is refused: what it is, if that can be told, and what would be read."""
    if is_of_symbols_alone(pages):
        return _SYMBOLS_ALONE
    return why_unreadable(pages) or why_no_schedule(pages) or _NOTHING_KNOWN


def _decided_in_vain(document: Document, reader: Reader) -> Iterator[Note]:
    """A warning for each line that a person decided to be a row, and of which no row comes."""
    decided = [line for line in document.lines if line.decision and line.role is Role.ROW and any(line.cells or ())]
    places = {(row["page"], row["line"]) for row in reader.rows(document)} if decided else set()
    for line in decided:
        if (line.page, line.number) not in places:
            says = f"{line.text.strip()[:120]!r} is decided to be a row, but its cells give none"
            yield Note("warning", says, line.page, line.number)


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
        raise Refusal(f"holds {counted(len(rejected), 'unrecognised line')}: {quoted}{more}")
    if not document.rows_parsed:
        raise Refusal(f"is a {document.kind.replace('_', ' ')} without a single row")


def _quoted(document: Document, line: Line) -> str:
    because = next(
        (note.message for note in document.notes if (note.page, note.line) == (line.page, line.number)), repr(line.text)
    )
    return f"page {line.page}, line {line.number}: {because}"
