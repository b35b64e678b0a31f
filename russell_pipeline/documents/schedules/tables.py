"""Schedules: finds their tables, which lines belong to one, how they divide into columns, which lines make a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise
from statistics import median
from typing import NamedTuple

from russell_pipeline.dates.expressions import MONTH, WEEKDAY, find_dates, parted_date, rejoined
from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.prose import key_text
from russell_pipeline.documents.ruler import Ruler
from russell_pipeline.documents.schedules.words import (
    ASKS,
    event_named,
    names_review,
    review_named,
    states_date,
    states_only_dates,
)

_NUMBER_CELL = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?|[-–•]")
_NOTE = re.compile(r"[*†‡¹²³⁴⁵⁶⁷⁸⁹]\s*\w|Notes?\b")
_HEAD = re.compile(r"dates?|events?|actions?|milestones?|reviews?|steps?|when|what", re.IGNORECASE)
# Lines further from a row than this many times the distance between rows are not part of it.
_FURTHER = 1.2
# The beginning of a date that continues on another line: the weekday, perhaps with the day or the month.
_BEGUN = re.compile(rf"{WEEKDAY},?(?P<more>\s+(?:{MONTH}|\d{{1,2}}(?:st|nd|rd|th)?))?")
# Points; a word this close to the start of a column is aligned with it.
_ALIGNED = 0.1
# The most lines without a date between two lines of one table.
_MOST_BETWEEN = 8
# Questions and answers side by side: the fewest of each, and how far right of the questions answers are (points, characters).
_FEW_QUESTIONS, _FEW_ANSWERS, _WIDE, _WIDE_TEXT = 2, 3, 60.0, 12.0
# A longer cell that names a review is the first line of a label, and so is a single one that names an event too.
_LONGEST_HEAD = 60
# More dates than this beside each other are a row, whose label may be on the lines above.
_MOST_SPACED_DATES = 2
# The most lines of a header.
_LONGEST_HEADER = 12


@dataclass(slots=True)
class _GridLine:
    """A line of a table with the content of each column, and how far down it stands."""

    line: Line
    cells: list[str | None]
    depth: float
    whole: bool = False  # begins a row of its own: divided at tabs, with something in its first column

    @property
    def label_only(self) -> bool:
        return self.cells[0] is not None and not any(self.cells[1:])

    @property
    def states(self) -> bool:
        return any(map(states_date, self.cells))


def _divided(line: Line) -> list[str | None] | None:
    """The cells of a line that tabs or pipes divide, None for other lines."""
    text = line.text.strip("\r\n ")
    if "\t" in text:
        cells = text.split("\t")
    elif text.startswith("|") and text.count("|") > 2:
        cells = text.strip("|").split("|")
    else:
        return None
    if len(cells) == 2 and _NUMBER_CELL.fullmatch(cells[0].strip()):  # a numbered paragraph
        return None
    return [" ".join(cell.split()) or None for cell in cells]


def account_tables(lines: Sequence[Line]) -> None:
    """Give the lines of a page's tables their roles and cells; others are left as they are."""
    _account_divided(lines)
    _account_spaced(lines)


def _account_divided(lines: Sequence[Line]) -> None:
    table: list[_GridLine] = []
    waiting: list[Line] = []  # lines without a divider that may be the wrapped part of a label
    for line in [*lines, None]:
        cells = _divided(line) if line is not None and line.role is None else None
        if line is not None and cells is not None:
            table += [_GridLine(each, [key_text(each)], each.number) for each in waiting]
            table.append(_GridLine(line, cells, line.number, whole=cells[0] is not None))
            waiting = []
        elif line is not None and table and line.role is None and len(waiting) < 2 and not _ends_sentence(line.text):
            waiting.append(line)
        elif line is None or line.role is not Role.BLANK or waiting:
            _account_table(table)
            table, waiting = [], []


def has_wrapped_answers(lines: Sequence[Line]) -> bool:
    """Whether a page sets questions beside their answers in columns of which some lines hold only one.

    Nothing tells then which lines of an answer are of which question. Tabs, which divide whole rows, are no such columns.
    """
    printed = [line for line in lines if line.words and "\t" not in line.text]
    if not printed:
        return False
    ruler = Ruler(printed)
    left = min(line.words[0].x for line in printed) + (_WIDE_TEXT if ruler.is_text else _WIDE)
    found = [_chunks(line, ruler) for line in printed]
    starts = Counter(round(chunk.start) for chunks in found for chunk in chunks if chunk.start > left)
    column, lines_in_it = starts.most_common(1)[0] if starts else (0, 0)
    answers = [any(round(chunk.start) == column for chunk in chunks) for chunks in found]
    asks = [at for at, chunks in enumerate(found) if chunks[0].end < column and _asks(chunks[0].text)]
    beside = [at for at in asks if any(answers[max(at - 1, 0) : at + 2])]
    if lines_in_it < _FEW_ANSWERS or len(beside) < _FEW_QUESTIONS:
        return False
    return not all(at in beside and answers[at] for at in range(beside[0], beside[-1] + 1))


def _asks(text: str) -> bool:
    """Whether a cell is a question or the first line of one."""
    return text.endswith("?") or (ASKS.match(text) is not None and " " in text)


def _ends_sentence(text: str) -> bool:
    return text.rstrip().endswith((".", ":")) or len(text) > 120


def _account_spaced(lines: Sequence[Line]) -> None:
    free = [line for line in lines if line.role is None]
    if not free:
        return
    ruler = Ruler(free)
    chunks = {id(line): _chunks(line, ruler) for line in free}
    for cluster in _clusters(free, chunks, ruler):
        if len(cluster) == 1 and _is_no_row(cluster[0], chunks[id(cluster[0])]):
            continue
        columns = _columns([chunks[id(line)] for line in cluster], ruler)
        aligned = {id(line): _chunks(line, ruler, columns) for line in free}
        places = {id(line): at for at, line in enumerate(free)}
        first, last = places[id(cluster[0])], places[id(cluster[-1])]
        reach = _reach(free[first : last + 1], ruler)
        while first and _fits(aligned[id(free[first - 1])], columns) and _apart(free[first - 1], free[first]) <= reach:
            first -= 1
        while (
            last + 1 < len(free)
            and _fits(aligned[id(free[last + 1])], columns)
            and _apart(free[last], free[last + 1]) <= reach
        ):
            last += 1
        rows = free[first : last + 1]
        _account_table([_GridLine(line, _in_columns(aligned[id(line)], columns), _depth(line)) for line in rows])


def _is_no_row(line: Line, chunks: Sequence[_Chunk]) -> bool:
    """Whether a single line is widely spaced prose or a few widely spaced dates, and not a row."""
    if sum(bool(find_dates(chunk.text)) for chunk in chunks) > _MOST_SPACED_DATES:
        return False
    return states_only_dates(line.text) or sum(not states_only_dates(chunk.text) for chunk in chunks) > 1


def _depth(line: Line) -> float:
    """How far down a line stands, in points or lines; only differences mean anything."""
    return float(line.number) if line.y is None else -line.y


def _apart(above: Line, below: Line) -> float:
    return _depth(below) - _depth(above)


def _reach(rows: Sequence[Line], ruler: Ruler) -> float:
    """How far from a table another line of it may stand: little further than its rows are from each other."""
    widest = max((_apart(above, below) for above, below in pairwise(rows)), default=0.0)
    return max(1.0, widest) if ruler.is_text else max(1.3 * widest, 1.8 * ruler.size)


class _Chunk(NamedTuple):
    """Words of a line without a column's gap between them."""

    start: float
    end: float
    text: str


def _chunks(line: Line, ruler: Ruler, columns: Sequence[tuple[float, float]] = ()) -> list[_Chunk]:
    """The chunks of a line; in a PDF, where widths are estimates, a word at the start of a column begins a chunk."""
    found: list[_Chunk] = []
    starts = [] if ruler.is_text else [start for start, _ in columns]
    size = ruler.size_of(line)
    for word in line.words:
        end = word.x + ruler.width(word.text) * size / ruler.size
        # Two spaces in a text file; in a PDF much more than a space, because widths are estimates.
        within = not any(abs(word.x - start) < _ALIGNED for start in starts)
        if found and within and word.x - found[-1].end < (2.0 if ruler.is_text else 0.75 * size):
            found[-1] = _Chunk(found[-1].start, end, f"{found[-1].text} {word.text}")
        else:
            found.append(_Chunk(word.x, end, word.text))
    return found


def _is_seed(chunks: Sequence[_Chunk]) -> bool:
    """Whether chunks are cells: there are several, one holds dates or begins one, and they are not one widely spaced date."""
    text = " ".join(chunk.text for chunk in chunks)
    if len(chunks) == 2 and states_only_dates(text) and len(find_dates(text)) == 1:
        return False
    return len(chunks) > 1 and any(states_only_dates(chunk.text) or _BEGUN.fullmatch(chunk.text) for chunk in chunks)


def _clusters(free: Sequence[Line], chunks: dict[int, list[_Chunk]], ruler: Ruler) -> Iterator[list[Line]]:
    """The lines with dates in columns, grouped by table.

    Tables are separated by a line that goes across columns, or by more than `_MOST_BETWEEN` lines without dates.
    """
    cluster: list[Line] = []
    since: list[Line] = []
    columns: list[tuple[float, float]] = []
    for line in free:
        if not _is_seed(chunks[id(line)]):
            since.append(line)
            continue
        if len(since) > _MOST_BETWEEN or not all(_fits(chunks[id(each)], columns) for each in (*since, line)):
            if cluster:
                yield cluster
            cluster = []
        cluster.append(line)
        since = []
        columns = _columns([chunks[id(each)] for each in cluster], ruler)
    if cluster:
        yield cluster


def _columns(rows: Sequence[Sequence[_Chunk]], ruler: Ruler) -> list[tuple[float, float]]:
    """Where the columns of a table start and end: the rows with the most chunks set them, the others widen or add to them."""
    columns: list[tuple[float, float]] = []
    for chunks in sorted(rows, key=len, reverse=True):
        for chunk in chunks:
            # Widths are estimates: a chunk that only just touches the next column does not reach it.
            end = max(chunk.end - 0.5 * ruler.space, chunk.start)
            touched = [at for at, column in enumerate(columns) if chunk.start <= column[1] and column[0] <= end]
            if not touched:
                columns.append((chunk.start, end))
            elif len(touched) == 1:
                start, stop = columns[touched[0]]
                columns[touched[0]] = (min(start, chunk.start), max(stop, end))
        columns.sort()
    return columns


def _touches(chunk: _Chunk, columns: Sequence[tuple[float, float]]) -> list[int]:
    return [
        at
        for at, (start, end) in enumerate(columns)
        if chunk.start <= end and start <= chunk.end - (chunk.end - chunk.start) * 0.1
    ]


def _fits(chunks: Sequence[_Chunk], columns: Sequence[tuple[float, float]]) -> bool:
    return len(columns) > 1 and all(len(_touches(chunk, columns)) <= 1 for chunk in chunks)


def _in_columns(chunks: Sequence[_Chunk], columns: Sequence[tuple[float, float]]) -> list[str | None]:
    cells: list[str | None] = [None] * len(columns)
    for chunk in chunks:
        middle = (chunk.start + chunk.end) / 2
        touched = _touches(chunk, columns)
        at = touched[0] if touched else min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))
        cells[at] = f"{cells[at]} {chunk.text}" if cells[at] else chunk.text
    return cells


def _account_table(table: list[_GridLine]) -> None:
    """Set the roles and cells of the lines of a table; leaves all as they are if it states no date."""
    table = _without_notes(table)
    width = max((len(grid.cells) for grid in table), default=0)
    for grid in table:
        grid.cells += [None] * (width - len(grid.cells))
    rows = _logical_rows(table)
    stating = [at for at, row in enumerate(rows) if _states(row)]
    if not stating:
        return
    last = stating[-1]
    seen_row = False
    head: list[_GridLine] = []
    for at, row in enumerate(rows):
        cells = _merged(row)
        alone = cells[0] is not None and not any(cells[1:])
        if at in stating:
            if 0 < len(head) <= _LONGEST_HEADER:
                _assign(head, Role.HEADER, _merged(head))
            head, seen_row = [], True
            _assign(row, Role.ROW, cells)
        elif _is_rule(cells):
            _assign(row, Role.HEADER, [None] * width)
        elif alone:
            if seen_row and at < last and not _is_sentence(cells[0] or ""):
                _assign(row, Role.HEADER, cells)  # a heading within the table
        elif not seen_row or _heads_columns(cells):
            head += row
        elif at < last:
            _assign(row, Role.ROW, cells)


def _without_notes(table: list[_GridLine]) -> list[_GridLine]:
    """A table without the notes that stand right below its last row."""
    last = max((at for at, grid in enumerate(table) if any(cell for cell in grid.cells[1:])), default=0)
    notes = (at for at, grid in enumerate(table) if at > last and _NOTE.match(grid.cells[0] or ""))
    return table[: next(notes, None)]


def _is_rule(cells: Sequence[str | None]) -> bool:
    """Whether a line only rules off the header ("|---|---|")."""
    return all(re.fullmatch(r":?-+:?", cell or "-") for cell in cells)


def _is_sentence(text: str) -> bool:
    return text.startswith(("*", "†", "‡", "¹", "²", "³")) or (text.endswith(".") and len(text.split()) > 5)


def _heads_columns(cells: Sequence[str | None]) -> bool:
    """Whether cells are the header of a table: they name a review, several events, or what a column holds ("Date")."""
    named = [cell for cell in cells if cell]
    heads = [cell for cell in named if len(cell) < _LONGEST_HEAD and review_named(cell, bare=True)]
    reviews = len(heads) > 1 or any(event_named(head) is None for head in heads)
    events = {event for cell in named if (event := event_named(cell))}
    return reviews or len(events) > 1 or any(map(_HEAD.fullmatch, named))


def _assign(row: Sequence[_GridLine], role: Role, cells: list[str | None]) -> None:
    """Set the role of the lines of a row; its cells go to the first line that states a date, else to the first line."""
    anchor = next((grid for grid in row if grid.states), row[0])
    for grid in row:
        grid.line.role = role
        grid.line.cells = cells if grid is anchor else [None] * len(cells)


def _merged(row: Sequence[_GridLine]) -> list[str | None]:
    columns = zip(*(grid.cells for grid in row), strict=True)
    return [reduce(rejoined, filter(None, column), "").lstrip() or None for column in columns]


def _logical_rows(table: Sequence[_GridLine]) -> list[list[_GridLine]]:
    """The lines of a table grouped by row.

    Lines of one row are closer together than rows are: the limit is the largest distance in the table that does not merge two
    rows. If rows are as close as their lines, a line with only a label continues the row above, unless it reads on into the
    row below.
    """
    gaps = [below.depth - above.depth for above, below in pairwise(table)]
    rows = [[grid] for grid in table]
    reach = 0.0
    for nearness in sorted(set(gaps), reverse=True):
        candidate = _grouped(table, gaps, nearness + 0.5 * (not table[0].whole and table[0].line.y is not None))
        if not any(_conflict(row) for row in candidate):
            rows, reach = candidate, nearness
            break
    return _attached(rows, bool(reach))


def _grouped(table: Sequence[_GridLine], gaps: Sequence[float], nearness: float) -> list[list[_GridLine]]:
    rows = [[table[0]]]
    for grid, gap in zip(table[1:], gaps, strict=True):
        if gap <= nearness:
            rows[-1].append(grid)
        else:
            rows.append([grid])
    return rows


def _conflict(row: Sequence[_GridLine]) -> bool:
    """Whether lines belong to more than one row: two of them begin one, one is a header, or a column has two whole dates."""
    stating = [grid.states for grid in row]
    heads = any(_heads_columns(grid.cells) for grid in row[: stating.index(True)]) if any(stating) else False
    if heads or sum(grid.whole for grid in row) > 1:
        return True
    for column in zip(*(grid.cells for grid in row), strict=True):
        filled = [cell for cell in column if cell]
        so_far = accumulate(filled, "{} {}".format)
        if any(
            states_date(above) and _begins_another(below) and not _reads_on(above, below)
            for above, below in zip(so_far, filled[1:], strict=False)
        ):
            return True
    return False


def _states(row: Sequence[_GridLine]) -> bool:
    return any(map(states_date, _merged(row)))


def _begins_another(cell: str) -> bool:
    """Whether a cell below a date states or begins another date."""
    begun = _BEGUN.fullmatch(cell)
    return states_date(cell) or (begun is not None and begun["more"] is not None)


def _reads_on(above: str, below: str) -> bool:
    """Whether a date or a span of dates continues in the line below it."""
    ends_open = re.search(r"(?:\b(?:to|and|until|through)|[-–—])(?:\s+\d{1,2})?\s*$", above) is not None
    begins_within = re.match(r"(?:to|until|through)\b|[-–—]\s*\w|(?:19|20)\d\d\b(?![-/])", below) is not None
    return (bool(find_dates(above)) and (ends_open or begins_within)) or parted_date(above, below) is not None


def _attached(rows: list[list[_GridLine]], told_apart: bool) -> list[list[_GridLine]]:
    """The rows, with lines that belong to a neighbour joined to it.

    These are dates without a label and, unless gaps tell the rows apart (`told_apart`), labels without dates.
    """
    found: list[list[_GridLine]] = []
    pending: list[_GridLine] = []
    for at, row in enumerate(rows):
        label_only = all(grid.label_only and not grid.whole for grid in row) and not any(grid.states for grid in row)
        stated = bool(found) and _states(found[-1])
        below = _merged(rows[at + 1])[0] if at + 1 < len(rows) else None
        text = row[0].cells[0] or ""
        above = found[-1] if stated else []
        if _begins_date(above, [*pending, *row], rows[at + 1 :]):
            pending += row
        elif pending and _begins_date(above, pending, [row]):
            found.append([*pending, *row])
            pending = []
        elif label_only and stated and _heads_review(text) and _stands_apart(found, row):
            found.append(row)
        elif stated and not pending and _goes_on_beside_dates(found[-1], row) and not _stands_apart(found, row):
            found[-1] += row
        elif label_only and stated and not told_apart and not _is_sentence(text):
            if below and below[:1].islower() and not text[:1].islower():
                pending += row
            else:
                found[-1] += row
        elif stated and not pending and not row[0].whole and (_without_label(row) or _row_reads_on(found[-1], row)):
            found[-1] += row
        else:
            found.append([*pending, *row])
            pending = []
    if pending:
        found.append(pending)
    return found


def _begins_date(above: Sequence[_GridLine], row: Sequence[_GridLine], below: Sequence[Sequence[_GridLine]]) -> bool:
    """Whether a row holds the beginning of a date whose rest is in a row below it.

    A weekday below a date without one belongs to that date.
    """
    over = _merged(above) or [None] * len(row[0].cells)
    for at, cell in enumerate(_merged(row)):
        if cell and _BEGUN.fullmatch(cell) and all(found.weekdays[0] for found in find_dates(over[at] or "")):
            rest = next((rest for each in below if (rest := _merged(each)[at])), "")
            if any(found.start == 0 for found in find_dates(f"{cell} {rest}")):
                return True
    return False


def _goes_on_beside_dates(above: Sequence[_GridLine], row: Sequence[_GridLine]) -> bool:
    """Whether a row only continues the label beside the dates of the row above it."""
    cells, label = _merged(row), _merged(above)
    dated = cells[0] is None and states_only_dates(label[0] or "")
    return dated and not any(grid.states for grid in row) and all(label[at] for at, cell in enumerate(cells) if cell)


def _heads_review(text: str) -> bool:
    """Whether a line names a review but no event, as the heading of a review does."""
    return names_review(text) and event_named(text) is None


def _stands_apart(above: Sequence[Sequence[_GridLine]], row: Sequence[_GridLine]) -> bool:
    """Whether a row is further from the rows above it than their lines are from each other."""
    depths = [grid.depth for each in [*above, row] for grid in each]
    *gaps, own = [below - upper for upper, below in pairwise(depths[: len(depths) - len(row) + 1])]
    return own > _FURTHER * median(gaps or [own])


def _without_label(row: Sequence[_GridLine]) -> bool:
    return any(grid.states for grid in row) and not any(grid.cells[0] for grid in row)


def _row_reads_on(above: Sequence[_GridLine], row: Sequence[_GridLine]) -> bool:
    """Whether a date or span in the row above continues in this one."""
    pairs = zip(_merged(above), _merged(row), strict=True)
    return any(upper and lower and _reads_on(upper, lower) for upper, lower in pairs)
