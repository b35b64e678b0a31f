"""Lists: where columns stand by what their rows show: corridors of white space, places where symbols start, names in capitals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from russell_pipeline.documents.lists.columns import WIDE_GAP, Columns
from russell_pipeline.documents.lists.constants import AT_START, MOST, WIDE
from russell_pipeline.documents.model import Line, Word
from russell_pipeline.documents.ruler import Ruler


class Shown(NamedTuple):
    """What the rows of a list in a PDF show: where most cells of a column start, where corridors are, how wide words are."""

    starts: Columns
    corridors: Columns | None
    ruler: Ruler


def shown_by(columns: Columns, rows: Sequence[Line]) -> Shown:
    """What the rows below the heads of some columns show; columns start at their heads unless most rows divide elsewhere."""
    ruler = Ruler(rows)
    count = Counter(round(2 * word.x) / 2 for line in rows for word in _cell_starts(line, ruler))
    usual = sorted(x for x, _ in count.most_common(len(columns.starts) + len(columns.skipped)))
    moved = _moved(columns, usual) if _divided(columns, rows) < MOST * len(rows) else columns
    starts = moved if _divided(moved, rows) >= MOST * len(rows) else columns
    return Shown(starts, in_corridors(columns, rows, ruler), ruler)


def _cell_starts(line: Line, ruler: Ruler) -> Iterator[Word]:
    """The first word of a line, and those before which white space is wider than between words."""
    reach = -math.inf
    for word in line.words:
        if word.x - reach > WIDE * ruler.space:
            yield word
        reach = word.x + ruler.width(word.text)


def in_corridors(columns: Columns, rows: Sequence[Line], ruler: Ruler) -> Columns | None:
    """Columns parted at the widest corridors of white space that no word of the rows crosses; cells start anywhere in them.

    Columns are in the order of their heads, words as wide as the ruler says, and corridors wider than a space. The result is None
    if there are fewer corridors than columns to part, and unless most rows divide so.
    """
    words = sorted((word.x, word.x + ruler.width(word.text)) for line in rows for word in line.words)
    corridors: list[tuple[float, float]] = []
    reach = words[0][1] if words else 0.0
    for x, end in words:
        if x - reach > ruler.space:
            corridors.append((x - reach, x))
        reach = max(reach, end)
    number = len(columns.starts) + len(columns.skipped)
    if len(corridors) < number - 1:
        return None
    starts = sorted([words[0][0], *(x for _, x in sorted(corridors)[1 - number :])])
    parted = replace(_moved(columns, starts), ragged=True)
    return parted if _divided(parted, rows) >= MOST * len(rows) else None


def _moved(columns: Columns, starts: Sequence[float]) -> Columns:
    """The columns, with those that are left out, at other starts, in order; as they are if there are not as many."""
    heads = sorted([(x, "") for x in columns.starts] + list(columns.skipped))
    if len(starts) != len(heads):
        return columns
    moved = [(start, name) for start, (_, name) in zip(starts, heads, strict=True)]
    known = tuple(start for start, name in moved if not name)
    return replace(columns, starts=known, skipped=tuple(one for one in moved if one[1]), mode="starts")


def _divided(columns: Columns, rows: Sequence[Line]) -> int:
    return sum(isinstance(columns.place(line), list) for line in rows)


def as_written(columns: Columns, lines: Sequence[Line]) -> Columns:
    """Columns of a text, parted as most rows below their heads are, and with `capitals` set if most names have no lower case.

    Rows stand at their heads or in corridors; else between gaps, wherever these are; else in single spaces.
    """
    rows = columns.rows_among(lines)
    if rows and not (columns.mode == "tabs" and any("\t" in line.text.strip() for line in lines)):
        columns = _parted(columns, rows)
    placed = [cells for line in lines if isinstance(cells := columns.place(line), list)]
    return replace(columns, capitals=sum(map(columns.in_capitals, placed)) > MOST * len(placed))


def on_page(columns: Columns, lines: Sequence[Line]) -> Columns:
    """Columns of a text on one page: as most rows there are parted, if they are not as those of the list."""
    rows = columns.rows_among(lines)
    placed = _divided(columns, rows)
    if placed == len(rows):
        return columns
    own = as_written(columns, lines)
    return own if _divided(own, rows) > placed else columns


def _parted(columns: Columns, rows: Sequence[Line]) -> Columns:
    ways = [*([columns] if columns.mode == "starts" else []), *filter(None, [in_corridors(columns, rows, Ruler(rows))])]
    best = max(ways, key=lambda way: _divided(way, rows), default=columns)
    if _divided(best, rows) >= MOST * len(rows):
        return best
    gaps = replace(columns, mode="gaps")
    if _divided(gaps, rows) >= MOST * len(rows):
        return gaps
    gapped = sum(WIDE_GAP.search(line.text.strip()) is not None for line in rows)
    return replace(columns, mode="anchored") if gapped <= (1 - MOST) * len(rows) else columns


def symbols_start_alike(columns: Columns, rows: Sequence[Line]) -> bool:
    """Whether a symbol starts where its head does on most rows."""
    starts = columns.starts[columns.symbol :: len(columns.fields)]
    alike = sum(any(abs(word.x - start) < AT_START for word in line.words for start in starts) for line in rows)
    return bool(rows) and alike >= MOST * len(rows)
