"""The data model of a document that is being read: words, lines, roles, facts, notes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import Any, NamedTuple

# Raised whenever the same bytes of a document would be read differently: all documents are then read again.
READING = 12

# Signs of a font that could not be decoded: replacement and private-use characters, controls.
UNDECODED = re.compile(r"[\x00\x01\x03-\x08\x0e-\x1f\ufffd\ue000-\uf8ff]")
# A page with more of them is not read.
MAX_UNDECODED_SHARE = 0.02


class Kind(StrEnum):
    """What a document is, recognised from its content."""

    MEMBERSHIP_LIST = "membership_list"
    MEMBERSHIP_CHANGES = "membership_changes"
    REVIEW_SCHEDULE = "review_schedule"
    GROUND_RULES = "ground_rules"
    CAPITALIZATION_RANGES = "capitalization_ranges"
    UNKNOWN = "unknown"


# The table that has the rows of the documents of a kind, each with its `document_id`. A kind without one has its rows in
# `russell parse` alone.
ROW_TABLES: Mapping[Kind, str] = {
    Kind.MEMBERSHIP_LIST: "membership_lists",
    Kind.MEMBERSHIP_CHANGES: "membership_changes",
    Kind.REVIEW_SCHEDULE: "calendar",
    Kind.GROUND_RULES: "rulebook_clauses",
}


class Reading(StrEnum):
    """How a row was read: as it is printed, or as a person decided of its line."""

    PRINTED = "printed"
    DECIDED = "decided"


class Role(StrEnum):
    """What a line of a document is; the line account gives each line exactly one role."""

    ROW = "row"
    HEADER = "header"
    TITLE = "title"
    FOOTER = "footer"
    LEGAL = "legal"
    BLANK = "blank"
    PROSE = "prose"
    REJECTED = "rejected"


class Word(NamedTuple):
    """A run of characters without spaces, and how far from the left it starts (`x`: points; in text files, characters).

    `raised` is superscript text after it, such as a footnote mark, and is not part of `text`.
    """

    x: float
    text: str
    raised: str = ""


class Box(NamedTuple):
    """Where a line stands on its page, seen upright: distances from the page's left and top edges, and its size (points)."""

    x0: float
    top: float
    x1: float
    bottom: float
    page_width: float
    page_height: float


class Decision(NamedTuple):
    """Who decided what a line is, and why."""

    by: str
    why: str


@dataclass(slots=True)
class Line:
    """One visual line of a page, or one line of a text file.

    `y` is the baseline in points from the bottom of the page, None in text files. `cells` and `role` are None until the
    line account sets them. `cells` holds the content of each column on this line, left to right, None where a column is
    empty; on the header of a list, the kind of each column. `box` is None in text files. `foot` is the footer of the page that a
    text has on the end of a row. `decision` is None unless a person said in the sidecar what the line is.
    """

    page: int
    number: int
    text: str
    words: list[Word]
    y: float | None = None
    role: Role | None = None
    cells: list[str | None] | None = None
    box: Box | None = None
    foot: str = ""
    decision: Decision | None = None

    def __reduce__(self) -> tuple[type[Line], tuple[Any, ...]]:
        """Pickle the line without its words, which nothing needs once the document has been read."""
        return Line, (
            self.page,
            self.number,
            self.text,
            [],
            self.y,
            self.role,
            self.cells,
            self.box,
            self.foot,
            self.decision,
        )


@dataclass(slots=True)
class Page:
    """The lines of one page, top to bottom, and the engine that read them (`text`, `pdfium` or `pdfplumber`).

    `marked` says that some words of the page have raised text after them. `over` are lines printed over the others,
    such as a watermark: they are footers, and numbered after the others.
    """

    number: int
    lines: list[Line]
    engine: str
    marked: bool = False
    over: list[Line] = field(default_factory=list)


class Fact(NamedTuple):
    """What a document says of itself, and where: `origin` is title, footer, header, pdf_title, copyright or sidecar."""

    name: str
    value: str
    origin: str
    page: int | None = None
    line: int | None = None


class Note(NamedTuple):
    """Something about a document that a person should look at; it becomes a finding."""

    severity: str
    message: str
    page: int | None = None
    line: int | None = None


class Unread(Enum):
    """Why a document could not be read although its bytes may be sound: another try may succeed."""

    FAILED = "failed"  # its reader died, or ran out of time or memory
    CHANGED = "changed"  # its file is no longer what was found in landing


@dataclass(slots=True)
class Document:
    """A published document as read: what it is, what it says of itself, and its accounted lines.

    `reason` is why it is refused, and `reason_without_decisions` why it would be without the decisions in its sidecar; None if
    there are none.
    """

    document_id: str
    kind: Kind = Kind.UNKNOWN
    index_code: str | None = None
    change: str | None = None
    status: str | None = None
    as_of: date | None = None
    published_on: date | None = None
    review: str | None = None
    review_year: int | None = None
    taxonomy: str | None = None
    text_engine: str | None = None
    pages: int = 0
    rows_parsed: int = 0
    lines: list[Line] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    reason: str | None = None
    reason_without_decisions: str | None = None
    unread: Unread | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was read without a reason to refuse it."""
        return self.reason is None

    @property
    def lines_rejected(self) -> int:
        """The number of unrecognised lines."""
        return sum(line.role is Role.REJECTED for line in self.lines)

    @property
    def lines_decided(self) -> int:
        """The number of lines that a person decided."""
        return sum(line.decision is not None for line in self.lines)
