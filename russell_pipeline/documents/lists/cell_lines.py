"""Rebuilds the rows of lists whose text has one cell per line, as some PDF-to-text programs write it.

The cells of a row are joined into one line with tabs between them, and that line is accounted like any other. Afterwards all
the original lines get its role, and the first of them gets its cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.lists.column_heads import head_of, headers_of
from russell_pipeline.documents.lists.columns import Columns, has_lower_case
from russell_pipeline.documents.lists.constants import MOST, MOST_BACK, MOST_HEADS
from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.text import text_line

# The original lines that make up one line of a gathered page.
_Group = list[Line]


@dataclass
class JoinedCells:
    """Pages with the cells of each row on one line, and in `groups` the original lines behind each line of these pages.

    `rows` are the lines that hold rows. `doubtful` is the original line from which rows set side by side may be in the wrong
    order, None if their order is clear throughout.
    """

    pages: list[Page]
    groups: list[_Group]
    rows: list[Line]
    doubtful: Line | None = None

    def copy_to_originals(self) -> None:
        """Copy the roles and cells of the gathered lines to the original lines."""
        lines = (line for page in self.pages for line in page.lines)
        for line, group in zip(lines, self.groups, strict=True):
            for printed in group:
                printed.role = line.role if printed.words else Role.BLANK
            group[0].cells = line.cells


@dataclass
class _Row:
    """A row: the index of its first cell among the lines with words, and the columns that its cells belong to."""

    at: int
    columns: Columns


def join_cells(pages: Sequence[Page]) -> JoinedCells | None:
    """Join the cells of each row of a text into one line; return None if the text does not have one cell per line."""
    if any(page.lines and page.lines[0].y is not None for page in pages):
        return None
    lines = [line for page in pages for line in page.lines if line.words]
    heads = _heads(lines)
    if not heads:
        return None
    rows = _rows(lines, heads)
    of_rows = sum(len(row.columns.fields) for row in rows)
    in_capitals = sum(not any(has_lower_case(word.text) for word in line.words) for line in lines[min(heads) :])
    if not rows or of_rows < MOST * in_capitals:
        return None  # each column is printed whole, one below the other
    taken: dict[int, int] = {}
    doubtful = None
    for block in _blocks(lines, rows):
        sides, plain = _set_across(lines, block)
        doubtful = doubtful or (None if plain else lines[block[0].at])
        taken |= {side[0].at: sum(len(row.columns.fields) for row in side) for side in sides}
    found = _joined_pages(pages, lines, taken | {at: len(columns.kinds) for at, columns in heads.items()})
    numbers = {lines[at].number for at in taken}
    found.rows = [line for page in found.pages for line in page.lines if line.number in numbers]
    found.doubtful = doubtful
    return found


def _heads(lines: Sequence[Line]) -> dict[int, Columns]:
    """The columns named by each run of lines with one head each, by the index of the run's first line."""
    found: dict[int, Columns] = {}
    known = vocabulary.header_words()
    end = 0
    for at, line in enumerate(lines):
        if at < end or line.words[0].text.rstrip("*:.") not in known or not head_of(line.text):
            continue
        last = next((i for i in range(at, len(lines)) if not head_of(lines[i].text)), len(lines))
        for number in range(min(last - at, MOST_HEADS), 1, -1):
            columns = headers_of([_joined(lines[at : at + number])]).get(0)
            if columns and len(columns.kinds) == number:
                found[at] = columns
                end = at + number
                break
    return found


def _rows(lines: Sequence[Line], heads: dict[int, Columns]) -> list[_Row]:
    """All rows among the lines, in order; lines that are not part of a row are skipped.

    Above the first heads and below legal text no rows are expected. There a row needs a name in capitals, so that sentences
    are not taken for rows.
    """
    found: list[_Row] = []
    columns = heads[min(heads)]
    below_heads = False
    at = 0
    while at < len(lines):
        cells = lines[at : at + len(columns.fields)]
        if at in heads:
            columns, below_heads = heads[at], True
            at += len(columns.kinds)
        elif _is_row(cells, columns) and (below_heads or not has_lower_case(cells[columns.company].text)):
            found.append(_Row(at, columns))
            at += len(cells)
        else:
            below_heads = below_heads and not vocabulary.begins_legal_text(lines[at].text)
            at += 1
    return found


def _is_row(lines: Sequence[Line], columns: Columns) -> bool:
    cells = [line.text.strip() for line in lines]
    if len(cells) < len(columns.fields) or lines[0].page != lines[-1].page or any("\t" in cell for cell in cells):
        return False
    name = cells[columns.company]
    return not (columns.row_fault([*cells]) or vocabulary.furniture(name) or vocabulary.begins_legal_text(name))


def _blocks(lines: Sequence[Line], rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Yield runs of adjacent rows with the same heads on the same page."""

    def run(numbered: tuple[int, _Row]) -> tuple[int, int, int]:
        number, row = numbered
        return row.at - number * len(row.columns.fields), id(row.columns), lines[row.at].page

    for _, block in groupby(enumerate(rows), run):
        yield [row for _, row in block]


def _set_across(lines: Sequence[Line], block: Sequence[_Row]) -> tuple[Sequence[Sequence[_Row]], bool]:
    """Group the rows of a block by line of the printed table, and say whether their order is clear.

    If the heads name several pairs of columns, rows go across the page, and the rest of a longer column comes last. Only the
    order of names or symbols shows where that rest begins, or that the rows go down one column and then the next.
    """
    pairs = block[0].columns.pairs
    if pairs == 1:
        return [[row] for row in block], True
    ways: list[tuple[int, int, list[Sequence[_Row]]]] = []
    for whole in range(-(-len(block) // pairs), -1, -1):
        sides = [block[at : at + pairs] for at in range(0, min(whole * pairs, len(block)), pairs)]
        sides += [[row] for row in block[whole * pairs :]]
        back = _back(lines, [side[pair] for pair in range(pairs) for side in sides if pair < len(side)])
        ways.append((back, -whole, sides))
        if not back:
            break
    back, _, sides = min(ways, key=lambda way: way[:2])
    return sides, back <= 1 + MOST_BACK * len(block)


def _back(lines: Sequence[Line], rows: Sequence[_Row]) -> int:
    """How far rows are from alphabetical order: the sum of backward steps in rank, by name or by symbol, whichever is less."""
    columns = rows[0].columns
    found: list[int] = []
    for column in (columns.company, columns.symbol):
        cells = [lines[row.at + column].text.strip() for row in rows]
        ranks = {cell: rank for rank, cell in enumerate(sorted(cells))}
        found.append(sum(max(0, ranks[one] - ranks[other]) for one, other in pairwise(cells)))
    return min(found)


def _joined_pages(pages: Sequence[Page], lines: Sequence[Line], taken: dict[int, int]) -> JoinedCells:
    """The pages with each group of lines in `taken` joined into one, together with the blank lines in and below the group.

    `taken` maps the index of a group's first line, among `lines`, to the number of lines with words in the group.
    """
    first = {lines[at].number: lines[at : at + number] for at, number in taken.items()}
    found = JoinedCells([], [], [])
    for page in pages:
        joined = Page(page.number, [], page.engine)
        at = 0
        while at < len(page.lines):
            end = at + 1
            if cells := first.get(page.lines[at].number):
                end += cells[-1].number - cells[0].number
                while end < len(page.lines) and not page.lines[end].words:
                    end += 1
            joined.lines.append(_joined(cells) if cells else page.lines[at])
            found.groups.append(page.lines[at:end])
            at = end
        found.pages.append(joined)
    return found


def _joined(lines: Sequence[Line]) -> Line:
    return text_line(lines[0].page, lines[0].number, "\t".join(line.text.strip() for line in lines))
