"""Lists: where columns stand by what their rows show: corridors of white space, places where symbols start, names in capitals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from russell_pipeline.documents.lists.columns import WIDE_GAP, Columns
from russell_pipeline.documents.lists.constants import AT_START, LEAST_CORRIDOR, MOST
from russell_pipeline.documents.model import Line
from russell_pipeline.documents.ruler import Ruler


def in_corridors(columns: Columns, rows: Sequence[Line]) -> Columns | None:
    """Columns parted at the widest corridors of white space that no word of the rows crosses; cells start anywhere in them.

    Columns are in the order of their heads. The result is None if there are fewer corridors than columns to part, and unless most
    rows divide so.
    """
    ruler = Ruler(rows)
    words = sorted((word.x, word.x + ruler.width(word.text)) for line in rows for word in line.words)
    heads = sorted([(x, "") for x in columns.starts] + list(columns.skipped))
    corridors: list[tuple[float, float]] = []
    reach = words[0][1] if words else 0.0
    for x, end in words:
        if x - reach >= LEAST_CORRIDOR:
            corridors.append((x - reach, x))
        reach = max(reach, end)
    if len(corridors) < len(heads) - 1:
        return None
    starts = sorted([words[0][0], *(x for _, x in sorted(corridors)[1 - len(heads) :])])
    moved = [(start, name) for start, (_, name) in zip(starts, heads, strict=True)]
    known = tuple(start for start, name in moved if not name)
    skipped = tuple(one for one in moved if one[1])
    return _dividing(replace(columns, starts=known, skipped=skipped, mode="starts", ragged=True), rows)


def in_gaps(columns: Columns, rows: Sequence[Line]) -> Columns | None:
    """Columns of a text parted at gaps of two spaces or more, wherever they stand; None unless most rows divide so."""
    return _dividing(replace(columns, mode="gaps"), rows)


def _dividing(columns: Columns, rows: Sequence[Line]) -> Columns | None:
    placed = sum(isinstance(columns.place(line), list) for line in rows)
    return columns if rows and placed >= MOST * len(rows) else None


def from_the_right(columns: Columns, rows: Sequence[Line]) -> Columns | None:
    """Columns of a text in single spaces, parted by what each cell can be; None if many rows have gaps."""
    gaps = sum(WIDE_GAP.search(line.text.strip()) is not None for line in rows)
    return replace(columns, mode="anchored") if gaps <= (1 - MOST) * len(rows) else None


def in_capitals(columns: Columns, lines: Iterable[Line]) -> Columns:
    """Columns of a text, with `capitals` set if most names have no lower case."""
    rows = [placed for line in lines if isinstance(placed := columns.place(line), list)]
    return replace(columns, capitals=sum(map(columns.in_capitals, rows)) > MOST * len(rows))


def symbols_start_alike(columns: Columns, lines: Iterable[Line]) -> bool:
    """Whether most symbols start where their head does, among the lines on which a name starts where its head does."""
    width = len(columns.fields)
    pairs = list(zip(columns.starts[columns.company :: width], columns.starts[columns.symbol :: width], strict=True))
    found = [
        any(abs(word.x - symbol) < AT_START for word in line.words)
        for line in lines
        for company, symbol in pairs
        if any(abs(word.x - company) < AT_START for word in line.words)
    ]
    return sum(found) > MOST * len(found)
