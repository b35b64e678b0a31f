"""Lists: the rows of an accounted list, which lines and cells they are, and in which order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.documents.model import Line, Role

_CLASS_MARKER = re.compile(r"\s*\(([A-Z])\)$")
_SPACES = re.compile(r"\s+")


class Row(NamedTuple):
    """One row of a list: where it stands, and its cells as printed, with the class marker split from the name."""

    ordinal: int
    page: int
    line: int
    company_name: str
    class_marker: str | None
    symbol: str
    classification: str | None


def fields_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """The kinds of columns in one pair, in order, from the first header among accounted lines; empty if there is none."""
    for line in lines:
        if line.role is Role.HEADER and line.cells:
            return tuple(dict.fromkeys(cell for cell in line.cells if cell))
    return ()


def row_lines(lines: Sequence[Line]) -> Iterator[tuple[int, Line, tuple[str, ...]]]:
    """The lines with rows of an accounted list: position, line, and the fields of the header above it.

    Lines above the first header get the fields of the first.
    """
    fields = fields_of(lines)
    for at, line in enumerate(lines):
        if line.role is Role.HEADER:
            fields = fields_of([line]) or fields
        elif line.role is Role.ROW and line.cells:
            yield at, line, fields


def count_rows(lines: Sequence[Line]) -> int:
    """How many rows an accounted list holds."""
    rows = ((line.cells or [], fields) for _, line, fields in row_lines(lines))
    return sum((len(cells) - cells.count(None)) // len(fields) for cells, fields in rows)


def list_rows(lines: Sequence[Line]) -> Iterator[Row]:
    """The rows of a list in document order: page by page, down the left pair of columns, then the next pair.

    `lines` are those of a document whose account is made: rows have their cells. Ordinals count from 1.
    """
    ordinal = 0
    for fields, rows in tables(lines):
        width = len(fields)
        position = {name: at for at, name in enumerate(fields)}
        company, symbol, classification = position["company"], position["symbol"], position.get("classification")
        for pair in range(0, max(len(line.cells or ()) for line in rows), width):
            for line in rows:
                cells = (line.cells or [])[pair : pair + width]
                if not cells or cells[symbol] is None:
                    continue
                ordinal += 1
                name, marker = split_name(cells[company] or "")
                kind = cells[classification] if classification is not None else None
                yield Row(ordinal, line.page, line.number, name, marker, cells[symbol] or "", kind)


def tables(lines: Sequence[Line]) -> Iterator[tuple[tuple[str, ...], list[Line]]]:
    """The row lines of a list, one printed page at a time, each time with their fields.

    In a text file a page ends where rows stand further apart than usual. If there are several headers, blank lines alone do not
    end a page: some programs set them among the rows to keep the height of the page.
    """
    rows = list(row_lines(lines))
    headed = sum(line.role is Role.HEADER and line.cells is not None for line in lines) > 1
    steps = Counter(b[0] - a[0] for a, b in pairwise(rows))
    usual = max(steps, key=lambda step: (steps[step], -step), default=1)
    table: list[Line] = []
    held: tuple[str, ...] = ()
    before = 0
    for at, line, fields in rows:
        apart = at - before > usual and not (
            headed and all(line.role in (Role.BLANK, Role.ROW) for line in lines[before + 1 : at])
        )
        if table and (line.page != table[-1].page or apart or fields != held):
            yield held, table
            table = []
        table.append(line)
        before, held = at, fields
    if table:
        yield held, table


def split_name(printed: str) -> tuple[str, str | None]:
    """Split a printed company name into name and class marker: `FISCAL NOTE HOLDINGS (A)` is a share of class A."""
    # A name is not hyphenated: a soft hyphen in it is the name that a program gave to the glyph of a hyphen.
    name = (_SPACES.sub(" ", printed).strip() if "  " in printed else printed).replace("\u00ad", "-")
    if not name.endswith(")"):
        return name, None
    match = _CLASS_MARKER.search(name)
    return (name[: match.start()], match.group(1)) if match and match.start() else (name, None)
