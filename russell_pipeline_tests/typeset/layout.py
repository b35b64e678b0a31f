"""What a list looks like: its rows, and how a PDF or a text file sets them and what stands around them; no bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from reportlab.lib.pagesizes import LETTER

Taxonomy = Literal["RGS", "ICB"]

INDEX_NAMES = {
    "R3000": "Russell 3000",
    "R3000E": "Russell 3000E",
    "R1000": "Russell 1000",
    "R2000": "Russell 2000",
    "RMICRO": "Russell Microcap",
    "RMIDCAP": "Russell Midcap",
}

DATE_FORMS: dict[str, Callable[[date], str]] = {
    "06/28/2010": lambda day: f"{day:%m/%d/%Y}",
    "6/27/2014": lambda day: f"{day.month}/{day.day}/{day.year}",
    "June 26, 2015": lambda day: f"{day:%B} {day.day}, {day.year}",
    "July 01, 2019": lambda day: f"{day:%B %d, %Y}",
}

_CLASS_MARKER = re.compile(r" *\(([A-Z])\)$")
_SPACES = re.compile(" +")


class Row(NamedTuple):
    """One company as a list prints it; `printed` is the name with its class marker and all its spaces."""

    printed: str
    symbol: str
    classification: str | None = None

    @property
    def class_marker(self) -> str | None:
        """The letter of a trailing "(A)" (CONTRACT, Documents)."""
        found = _CLASS_MARKER.search(self.printed)
        return found[1] if found else None

    @property
    def company_name(self) -> str:
        """The name without a trailing class marker, runs of spaces as one (CONTRACT, Documents)."""
        return _SPACES.sub(" ", _CLASS_MARKER.sub("", self.printed)).strip()


# In a sequence of rows a bare string stands for a stray line: a line between the rows that is none.
Entry = Row | str


def cells_of(entry: Row, columns: int) -> list[str]:
    """What a row prints in its first columns: name, symbol, classification."""
    return [entry.printed, entry.symbol, entry.classification or ""][:columns]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a list says of itself (`index_code` .. `taxonomy`: what a reader must find) and how it says it.

    `titles`, `running_head`, `footers` and `legal` are templates of {index} (with its registered sign), {changes}
    (Additions), {adds} (Adds), {status} (Preliminary), {date}, {year}. `footers` take turns over the pages.
    """

    index_code: str = "R3000"
    change: Literal["addition", "deletion"] | None = None
    status: Literal["preliminary", "final"] | None = None
    as_of: date | None = None
    review_year: int | None = None
    taxonomy: Taxonomy | None = None
    date_form: str = "06/28/2010"
    head: tuple[str, ...] = ("Company", "Ticker")
    head_on: Literal["every", "first"] = "every"
    titles: tuple[str, ...] = ("Russell US Indexes", "Membership list", "{index} Index")
    title_on: Literal["every", "first", "last", "pdf_title"] = "every"
    registered: Literal["inline", "raised", "none"] = "inline"  # raised: smaller and higher, or a line of its own
    running_head: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()
    legal: tuple[str, ...] = field(default=(), repr=False)
    legal_on: Literal["last", "page"] = "page"  # sharing the last data page, or a page of its own
    rows_per_column: int = 40
    extra_rows: int = 0  # on pages after the first, which have no title to make room for
    last_page: Literal["fill", "balance"] = "fill"  # the left pair to its end, or the same length for all
    seed: int = 0

    @property
    def pair_count(self) -> int:
        """Pairs of columns side by side."""
        return 1

    def say(self, template: str) -> str:
        """A template with the layout's facts in it."""
        return template.format(
            index=INDEX_NAMES[self.index_code] + ("" if self.registered == "none" else "\u00ae"),
            changes={"addition": "Additions", "deletion": "Deletions", None: ""}[self.change],
            adds={"addition": "Adds", "deletion": "Deletes", None: ""}[self.change],
            status=(self.status or "").capitalize(),
            date=DATE_FORMS[self.date_form](self.as_of) if self.as_of else "",
            year=self.review_year or (self.as_of.year if self.as_of else ""),
        )

    def footer(self, page: int) -> str:
        """The footer of a page (from 0), without its number."""
        return self.say(self.footers[page % len(self.footers)]) if self.footers else ""

    def titled(self, page: int, pages: int) -> bool:
        """Whether page (from 0) of so many prints the titles."""
        return {"every": True, "first": page == 0, "last": page == pages - 1, "pdf_title": False}[self.title_on]

    def paginate(self, n: int) -> list[list[range]]:
        """Which of `n` entries stand in which pair of which page, in reading order: left pair down, then the next."""
        pages: list[list[range]] = []
        start = 0
        while start < n or not pages:
            room = self.rows_per_column + (self.extra_rows if pages else 0)
            taken = min(room * self.pair_count, n - start)
            each = -(-taken // self.pair_count) if self.last_page == "balance" else room
            stop = start + taken
            edges = [min(start + i * each, stop) for i in range(self.pair_count + 1)]
            pages.append([range(*edges[i : i + 2]) for i in range(self.pair_count)])
            start = stop
        return pages


@dataclass(frozen=True, kw_only=True)
class PdfLayout(Layout):
    """Where a PDF list puts things: points from the left; `top` and `foot` from the upper and lower edge of the page.

    `columns` holds per pair the x of its columns. `top` is the baseline of the column heads, `head_drop` what each head
    cell stands lower than that, `head_gap` what the first row keeps away from it beyond the pitch. Pages after the
    first begin higher by their extra rows. `overlap` moves the second column to where the longest name reaches that
    many points into it (0: touches it). A page is set up to `drift` points off the first, a cell up to `jitter` off its
    column, heads `head_off` right of their columns. Symbols on the last page may be aligned in another way than the others,
    in the width of four letters. Raises ValueError for what does not fit on the page.
    """

    size: tuple[float, float] = LETTER
    font: str = "Helvetica"
    head_font: str = "Helvetica-Bold"
    font_size: float = 7.0
    pitch: float = 11.85
    columns: tuple[tuple[float, ...], ...] = ((38, 233.8), (292.5, 488.2))
    symbol_align: Literal["left", "centre", "right"] = "left"
    head_gap: float = 0.0
    head_drop: tuple[float, ...] = (0.0, 0.0, 0.0)
    top: float = 160.0
    foot: float = 34.0
    folio: Literal["right", "symbol", "inline", "none"] = "right"  # where the page number stands
    spaces: Literal["plain", "trailing", "padded", "none", "glyphs"] = "plain"
    stream: Literal["rows", "columns", "cells", "shuffled"] = "columns"
    title_late: bool = False  # in the content stream after all else
    ruled: bool = False
    overlap: float | None = None
    drift: float = 0.0
    jitter: float = 0.0
    head_off: tuple[float, ...] = (0.0, 0.0, 0.0)
    last_page_align: Literal["centre", "right"] | None = None
    compress: bool = True

    def __post_init__(self) -> None:
        if any(len(pair) != len(self.head) for pair in self.columns):
            raise ValueError(f"each pair needs an x for each of {self.head}")
        lowest = self.size[1] - self.top - self.head_gap - self.pitch * self.rows_per_column
        if lowest < self.foot + self.pitch or self.top - self.extra_rows * self.pitch < 40:
            raise ValueError(f"{self.rows_per_column} rows of {self.pitch} points do not fit between head and footer")

    @property
    def pair_count(self) -> int:
        return len(self.columns)


@dataclass(frozen=True, kw_only=True)
class TextLayout(Layout):
    """How a text list separates what it says; `rows_per_column` is the rows of a page.

    `separator`: a tab, one space (read from the right: classification, symbol, name), or runs of spaces that align. `glued`: the
    running head and the footer of a page stand at the end of its last row, as in text copied from a viewer. `clipped`: the file
    lacks its titles, its first heads and that many lines of rows below.
    """

    separator: Literal["tab", "space", "aligned"] = "tab"
    line_end: Literal["\n", "\r\n"] = "\n"
    encoding: Literal["utf-8", "utf-8-sig", "utf-16", "cp1252"] = "utf-8"
    pairs: int = 1  # more than one only with tabs or aligned
    hard_spaces: bool = False  # spaces inside a cell are no-break spaces
    blank_between: bool = False
    form_feeds: bool = False
    trailing_space: bool = False
    glued: bool = False
    clipped: int | None = None

    def __post_init__(self) -> None:
        if self.pairs > 1 and self.separator == "space":
            raise ValueError("pairs side by side cannot be told apart by single spaces")

    @property
    def pair_count(self) -> int:
        return self.pairs

    def kept(self, n: int) -> list[int]:
        """Which of `n` entries are in the file."""
        lost = {at for pair in self.paginate(n)[0] for at in pair[: self.clipped or 0]}
        return [at for at in range(n) if at not in lost]
