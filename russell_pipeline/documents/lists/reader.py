"""Lists: the reader of membership lists, additions and deletions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from russell_pipeline.documents.lists.account import account_list, has_header
from russell_pipeline.documents.lists.checks import require_whole_rows
from russell_pipeline.documents.lists.facts import classify_list, list_facts, missing_facts
from russell_pipeline.documents.lists.rows import count_rows, list_rows
from russell_pipeline.documents.model import Document, Kind, Line, Page, Role
from russell_pipeline.documents.readers import Source


class ListReader:
    """Recognises a list by the heads of its columns. Its rows are companies with their symbols."""

    kinds: tuple[Kind, ...] = (Kind.MEMBERSHIP_LIST, Kind.MEMBERSHIP_CHANGES)

    def recognises(self, pages: Sequence[Page]) -> bool:
        """Whether any page has heads of columns for companies and symbols."""
        return has_header(pages)

    def account(self, source: Source, document: Document) -> None:
        """Account for the lines of a list; whether it is one of members or of changes comes from what it says of itself."""
        document.kind = Kind.MEMBERSHIP_LIST
        pdf = source.pdf
        if pdf:  # lists need footnote marks beside what they mark; prose has them on lines of their own
            source.pages = [pdf.page_with_marks(page.number) if page.marked else page for page in source.pages]
        document.taxonomy, notes = account_list(source.pages, pdf.rereadings if pdf else None)
        document.notes.extend(notes)
        document.lines = source.settled_lines(document)
        require_whole_rows(document.lines)
        feet = [Line(line.page, line.number, line.foot, [], role=Role.FOOTER) for line in document.lines if line.foot]
        document.facts.extend(list_facts([*document.lines, *feet], pdf.title if pdf else ""))
        classify_list(document, source.sidecar, source.sidecar_name)
        document.rows_parsed = count_rows(document.lines)
        if document.rows_parsed and not document.lines_rejected:  # else it is refused, and these are of no use
            document.notes.extend(missing_facts(document))

    def rows(self, document: Document) -> Iterator[Mapping[str, object]]:
        """The companies, page by page, down the left pair of columns and then the next."""
        for row in list_rows(document.lines):
            yield {
                "ordinal": row.ordinal, "company_name": row.company_name, "class_marker": row.class_marker, "symbol": row.symbol,
                "taxonomy": document.taxonomy if row.classification else None, "classification": row.classification,
                "page": row.page, "line": row.line,
            }  # fmt: skip
