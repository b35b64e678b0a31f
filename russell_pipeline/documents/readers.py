"""What a reader of one kind of document does, and what it is given. Each package beside it has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from russell_pipeline.documents.decisions import apply_decisions
from russell_pipeline.documents.model import Document, Kind, Line, Page
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline.documents.sidecar import Sidecar


@dataclass(slots=True)
class Source:
    """A document as its files give it: its pages, the open PDF if it is one, and its sidecar if it has one.

    A reader replaces the pages that it reads in another way. `sidecar_name` is the name that messages call the sidecar by.
    """

    pages: list[Page]
    pdf: PdfReader | None
    sidecar: Sidecar | None
    sidecar_name: str

    @property
    def lines(self) -> list[Line]:
        """The lines of all pages in order; what is printed over a page comes after its other lines."""
        return [line for page in self.pages for line in (*page.lines, *page.over)]

    def settled_lines(self, document: Document) -> list[Line]:
        """The lines of all pages, now as the sidecar decides them; the notes of the document say so.

        Each line must have its role, and each note on a line be among those of the document. Raises Refusal for a decision that
        does not suit its line.
        """
        lines = self.lines
        if self.sidecar and self.sidecar.lines:
            document.notes = apply_decisions(lines, document.notes, self.sidecar.lines, self.sidecar_name)
        return lines


class Reader(Protocol):
    """The reader of one kind of document, or of kinds that are told apart only while they are read."""

    kinds: tuple[Kind, ...]

    def recognises(self, pages: Sequence[Page]) -> bool:
        """Whether pages without roles are a document of this kind; changes nothing."""
        ...

    def account(self, source: Source, document: Document) -> None:
        """Give every line of the source exactly one role, and the document its kind, lines, facts, notes and number of rows.

        Facts and rows follow from the lines as people decided them (`settled_lines`). Unrecognised lines are `rejected`, each
        with an error note. Raises Refusal for a document that contradicts itself or its sidecar.
        """
        ...

    def rows(self, document: Document) -> Iterator[Mapping[str, object]]:
        """The rows of an accounted document in document order, as many as `rows_parsed`: cells and their place by column name.

        `page` and `line` are in every row. The table of the kind (`ROW_TABLES`) takes the cells as they are, under the same names
        (of a date, the section as its `source`), and adds what the document says of all its rows.
        """
        ...
