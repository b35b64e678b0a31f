"""Lists: checks of a list that was read, each of which yields notes on what a person should look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from russell_pipeline.documents.lists.columns import WIDE_GAP, Columns
from russell_pipeline.documents.lists.constants import FEW_ROWS, LONGEST_WORD, MOST
from russell_pipeline.documents.lists.rows import fields_of, list_rows, row_lines, tables
from russell_pipeline.documents.model import UNDECODED, Line, Note, Page, Role
from russell_pipeline.errors import Refusal
from russell_pipeline.wording import counted


def isolated_rows(pages: Iterable[Page]) -> Iterator[Note]:
    """A note for each line in single spaces that was taken for a row but stands apart from the others.

    For example "SEATTLE WA" below the table. No notes if many rows stand apart: then it is how the list is set.
    """
    lone: list[Line] = []
    number = 0
    for page in pages:
        table = [None, *(line if line.role in (Role.ROW, Role.HEADER) else None for line in page.lines), None]
        for above, line, below in zip(table, table[1:], table[2:], strict=False):
            if line and line.role is Role.ROW:
                number += 1
                lone += [line] * (not (above or below or WIDE_GAP.search(line.text.strip()) or "\t" in line.text))
    for line in lone if len(lone) <= (1 - MOST) * number else ():
        message = f"{line.text.strip()!r} is taken for a row, but stands apart from the others"
        yield Note("warning", message, line.page, line.number)


def uncertain_order(lines: Sequence[Line]) -> Iterator[Note]:
    """A note if a text has rows side by side in one table, and neither names nor symbols go on in order from pair to pair.

    The table may then be several pages with nothing between them. Each pair of columns is read down all of them before the
    next pair, so rows of the second page come before the second pair of the first.
    """
    found = list(tables(lines))
    if len(found) != 1:
        return
    fields, rows = found[0]
    pairs = max(len(line.cells or ()) for line in rows) // len(fields)
    columns = [[(line.cells or [])[pair * len(fields) :][: len(fields)] for line in rows] for pair in range(pairs)]
    sides = [
        ([cells for cells in one if any(cells)], [cells for cells in other if any(cells)])
        for one, other in pairwise(columns)
    ]
    for at in (fields.index("company"), fields.index("symbol")):
        if all(one and other and (one[-1][at] or "") <= (other[0][at] or "") for one, other in sides):
            return
    message = "rows stand side by side, and nothing shows where a page ends: they may be in another order"
    yield Note("warning", message, rows[0].page, rows[0].number)


def names_without_spaces(lines: Sequence[Line]) -> Iterator[Note]:
    """A note if most long names have no spaces: the program that took the text out of a PDF lost them."""
    long = [row for row in list_rows(lines) if len(row.company_name) > LONGEST_WORD]
    if len(long) >= FEW_ROWS and sum(" " not in row.company_name for row in long) > MOST * len(long):
        first = long[0]
        message = f"names have no spaces, as {first.company_name!r}: they are not as printed, take the PDF itself"
        yield Note("warning", message, first.page, first.line)


def require_whole_rows(lines: Sequence[Line]) -> None:
    """Raise Refusal if a line that a person decided to be a row holds a part of one, or if no line is left with column heads."""
    if not any(line.decision for line in lines):
        return
    if not fields_of(lines):
        raise Refusal("has no line left that heads its columns: its sidecar decides otherwise of the one that does")
    for _, line, fields in row_lines(lines):
        pair = Columns(fields, (0.0,) * len(fields), "starts")
        cells = line.cells or []
        for first in range(0, len(cells), len(fields)) if line.decision else ():
            part = cells[first : first + len(fields)]
            fault = pair.row_fault(part) if len(part) == len(fields) else "a column is missing"
            if any(part) and fault:
                said = ", ".join(cell or "null" for cell in part)
                raise Refusal(
                    f"cannot have [{said}] on page {line.page}, line {line.number}, as its sidecar says: {fault}"
                )


def undecoded_names(lines: Sequence[Line]) -> Iterator[Note]:
    """A note if names hold characters that could not be decoded."""
    plain = (line.text.isascii() and line.text.isprintable() for line in lines)  # told faster than by the pattern
    if not any(UNDECODED.search(line.text) for line, is_plain in zip(lines, plain, strict=True) if not is_plain):
        return
    if rows := [row for row in list_rows(lines) if UNDECODED.search(row.company_name)]:
        first, names = rows[0], counted(len(rows), "name holds", "names hold")
        message = f"{names} characters that cannot be decoded, as {first.company_name!r}: compare with the page"
        yield Note("warning", message, first.page, first.line)


def ignored_columns(pages: Sequence[Page], headers: Sequence[dict[int, Columns]]) -> Iterator[Note]:
    """A note for each column that is left out because its head is unknown; one note for each head."""
    seen: set[str] = set()
    for page, heads in zip(pages, headers, strict=True):
        for at, columns in heads.items():
            for _, name in columns.skipped:
                if name not in seen:
                    seen.add(name)
                    number = page.lines[at].number
                    yield Note(
                        "warning", f"the column {name!r} is none that is known, and is left out", page.number, number
                    )
