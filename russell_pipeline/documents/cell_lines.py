"""Texts that set each cell of a list on a line of its own, as programs do that take the text out of a PDF: lines into rows.

A row is gathered into one line, with tabs between its cells, to be accounted as any other; its role then goes to all lines
that it was gathered from, its cells to the first of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.column_heads import head_of, headers_of
from russell_pipeline.documents.columns import Columns, has_lower_case
from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.text import text_line

# The most heads that stand one below the other: of three pairs, or two of three columns.
_MOST_HEADS = 6

# At least this share of what is in capitals below the heads is of rows that were gathered.
_MOST = 0.75
# Names of a list that is in order go back by at most this share of its rows: here and there one does.
_MOST_BACK = 0.25

# The lines of a page that make one of a gathered page.
_Group = list[Line]


@dataclass
class Gathered:
    """Pages with the cells of each row on one line, and for each of their lines those that it was gathered from.

    `rows` are the lines of rows; the one at which rows side by side may be in another order is `doubtful`.
    """

    pages: list[Page]
    groups: list[_Group]
    rows: list[Line]
    doubtful: Line | None = None

    def spread(self) -> None:
        """Give the roles and cells of the gathered lines to the lines that they were gathered from."""
        lines = (line for page in self.pages for line in page.lines)
        for line, group in zip(lines, self.groups, strict=True):
            for printed in group:
                printed.role = line.role if printed.words else Role.BLANK
            group[0].cells = line.cells


@dataclass
class _Row:
    """The cells of a row: the place of the first one among the lines with words, and the columns that they stand for."""

    at: int
    columns: Columns


def gather(pages: Sequence[Page]) -> Gathered | None:
    """The pages of a text with the cells of each row on one line, None where cells do not stand on lines of their own."""
    if any(page.lines and page.lines[0].y is not None for page in pages):
        return None
    lines = [line for page in pages for line in page.lines if line.words]
    heads = _heads(lines)
    if not heads:
        return None
    rows = _rows(lines, heads)
    of_rows = sum(len(row.columns.fields) for row in rows)
    in_capitals = sum(not any(has_lower_case(word.text) for word in line.words) for line in lines[min(heads) :])
    if not rows or of_rows < _MOST * in_capitals:
        return None  # one column stands below the other
    taken: dict[int, int] = {}
    doubtful = None
    for block in _blocks(lines, rows):
        sides, plain = _set_across(lines, block)
        doubtful = doubtful or (None if plain else lines[block[0].at])
        taken |= {side[0].at: sum(len(row.columns.fields) for row in side) for side in sides}
    found = _gathered(pages, lines, taken | {at: len(columns.kinds) for at, columns in heads.items()})
    numbers = {lines[at].number for at in taken}
    found.rows = [line for page in found.pages for line in page.lines if line.number in numbers]
    found.doubtful = doubtful
    return found


def _heads(lines: Sequence[Line]) -> dict[int, Columns]:
    """The columns that lines with one head each begin, by the first of these lines."""
    found: dict[int, Columns] = {}
    known = words_of.header_words()
    end = 0
    for at, line in enumerate(lines):
        if at < end or line.words[0].text.rstrip("*:.") not in known or not head_of(line.text):
            continue
        last = next((i for i in range(at, len(lines)) if not head_of(lines[i].text)), len(lines))
        for number in range(min(last - at, _MOST_HEADS), 1, -1):
            columns = headers_of([_joined(lines[at : at + number])]).get(0)
            if columns and len(columns.kinds) == number:
                found[at] = columns
                end = at + number
                break
    return found


def _rows(lines: Sequence[Line], heads: dict[int, Columns]) -> list[_Row]:
    """The rows, cell after cell; what is no cell is passed over.

    Above the first heads and below legal text, where rows should not be, names are in capitals: sentences are none.
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
            below_heads = below_heads and not words_of.begins_legal(lines[at].text)
            at += 1
    return found


def _is_row(lines: Sequence[Line], columns: Columns) -> bool:
    cells = [line.text.strip() for line in lines]
    whole = len(cells) == len(columns.fields) and lines[0].page == lines[-1].page and not any("\t" in c for c in cells)
    name = cells[columns.company] if whole else ""
    return whole and not columns.misfit([*cells]) and not words_of.furniture(name) and not words_of.begins_legal(name)


def _blocks(lines: Sequence[Line], rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Rows that follow one another under one head, on one page."""
    block: list[_Row] = []
    for row in rows:
        if block:
            last = block[-1]
            follows = last.at + len(last.columns.fields) == row.at and lines[last.at].page == lines[row.at].page
            if not follows or last.columns is not row.columns:
                yield block
                block = []
        block.append(row)
    if block:
        yield block


def _set_across(lines: Sequence[Line], block: Sequence[_Row]) -> tuple[Sequence[Sequence[_Row]], bool]:
    """The rows of a block by the lines of its table, and whether their order is plain.

    Under heads of several pairs rows go across the page. Where one column is longer than the other the rest of it follows, and
    nothing but the order of names or symbols tells where; it also tells rows that go down one column, then the next.
    """
    pairs = block[0].columns.pairs
    if pairs == 1:
        return [[row] for row in block], True
    ways: dict[int, list[Sequence[_Row]]] = {}
    back: dict[int, int] = {}
    for whole in range(-(-len(block) // pairs), -1, -1):
        sides = [block[at : at + pairs] for at in range(0, min(whole * pairs, len(block)), pairs)]
        sides += [[row] for row in block[whole * pairs :]]
        ways[whole] = sides
        back[whole] = _back(lines, [side[pair] for pair in range(pairs) for side in sides if pair < len(side)])
        if not back[whole]:
            break
    best = min(back, key=lambda whole: (back[whole], -whole))
    return ways[best], back[best] <= 1 + _MOST_BACK * len(block)


def _back(lines: Sequence[Line], rows: Sequence[_Row]) -> int:
    """How many rows names go back by the alphabet, all in all, or symbols where these go back less."""
    columns = rows[0].columns
    found: list[int] = []
    for column in (columns.company, columns.symbol):
        cells = [lines[row.at + column].text.strip() for row in rows]
        ranks = {cell: rank for rank, cell in enumerate(sorted(cells))}
        found.append(sum(max(0, ranks[one] - ranks[other]) for one, other in pairwise(cells)))
    return min(found)


def _gathered(pages: Sequence[Page], lines: Sequence[Line], taken: dict[int, int]) -> Gathered:
    """Pages in which the given numbers of lines with words, from the given ones on, are one with the blank lines below."""
    first = {lines[at].number: lines[at : at + number] for at, number in taken.items()}
    found = Gathered([], [], [])
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
