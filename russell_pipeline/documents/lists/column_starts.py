"""Finds, from what most lines of a list do, where its columns really start and what tells its symbols from names."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from russell_pipeline.documents.lists.columns import NEAR, WIDE_GAP, Columns, end_of
from russell_pipeline.documents.model import Line

# Words of a left-aligned column start within this of where the column does (points, or characters of a text file).
_AT_START = 0.5
# A column is at least `_LEAST_WIDTH` wide, and starts at most `_FAR` to the right of its head.
_LEAST_WIDTH = 10.0
_FAR = 60.0
# The share that counts as most: of symbols that keep to columns or gaps, of names in capitals.
_MOST = 0.75


def aligned_symbols(columns: Columns, lines: Iterable[Line]) -> tuple[int, int]:
    """How many pairs on the lines have a word where names start, and how many of these also have one where symbols start."""
    width = len(columns.fields)
    pairs = list(zip(columns.starts[columns.company :: width], columns.starts[columns.symbol :: width], strict=True))
    begun = aligned = 0
    for line in lines:
        xs = [word.x for word in line.words]
        for company, symbol in pairs:
            if any(abs(x - company) < _AT_START for x in xs):
                begun += 1
                aligned += any(abs(x - symbol) < _AT_START for x in xs)
    return begun, aligned


def as_spaced(columns: Columns, lines: Iterable[Line]) -> Columns | None:
    """Columns of one pair in text with cells known from the right, and how most symbols keep `apart` from names.

    If they keep apart in no one way, `apart` is None where few lines have gaps. Otherwise, or if there are too few lines, the
    result is None: nothing tells an empty symbol cell from the last word of a name.
    """
    free = columns.from_the_right()
    lines = [line for line in lines if line.words and "\t" not in line.text.strip()]
    rows = [line for line in lines if isinstance(free.place(line), list)]
    gaps = sum(WIDE_GAP.search(line.text.strip()) is not None for line in lines)
    in_column = columns.mode == "starts" and _stand_in_column(free, rows)
    for apart in ("column", "gaps") if in_column else ("gaps", "column") if columns.mode == "starts" else ("gaps",):
        kept = replace(free, apart=apart)
        if rows and sum(isinstance(kept.place(line), list) for line in rows) >= _MOST * len(rows):
            return kept
    # Where the heads have gaps and the rows have none, a few rows are no evidence.
    least = 3 if columns.mode == "starts" else 1
    return free if gaps <= (1 - _MOST) * len(lines) and len(lines) >= least else None


def _stand_in_column(free: Columns, rows: Iterable[Line]) -> bool:
    """Whether most symbols of rows whose cells are known from the right start at one place, or end at one."""
    starts: Counter[float] = Counter()
    ends: Counter[float] = Counter()
    for line in rows:
        cells = free.place(line)
        symbol = cells[free.symbol] if isinstance(cells, list) else None
        if found := [word for word in line.words if word.text == symbol][-1:]:
            starts[found[0].x] += 1
            ends[end_of(found[0])] += 1
    return max([*starts.values(), *ends.values()], default=0) >= _MOST * starts.total()


def in_capitals(columns: Columns, lines: Iterable[Line]) -> Columns:
    """Columns of a text, with `capitals` set if most names have no lower case."""
    rows = [placed for line in lines if isinstance(placed := columns.place(line), list)]
    return replace(columns, capitals=sum(map(columns.in_capitals, rows)) > _MOST * len(rows))


def as_centred(columns: Columns, lines: Iterable[Line]) -> Columns:
    """Columns of a PDF with cells known from the right, and the median start of the symbols of each pair.

    Without `symbols_about` if some pair has fewer than three symbols.
    """
    free = columns.from_the_right()
    width = len(columns.fields)
    starts: list[list[float]] = [[] for _ in range(columns.pairs)]
    for line in lines:
        placed = free.place(line)
        if isinstance(placed, list):
            ends = [*columns.starts[columns.company + width :: width], math.inf]
            for pair, end in enumerate(ends):
                if symbol := placed[pair * width + columns.symbol]:
                    starts[pair] += [word.x for word in line.words if word.text == symbol and word.x < end][-1:]
    if not all(len(xs) > 2 for xs in starts):
        return free
    return replace(free, symbols_about=tuple(median(xs) for xs in starts))


def as_observed(columns: Columns, lines: Iterable[Line]) -> Columns:
    """Columns moved to where most words near their heads start, as heads may not stand at the start of their columns.

    Names are placed first, no further right than their head, then classifications, and symbols last, between columns already
    placed. A column with no words near stays at its head. If words start at the head of any column of a kind, one word is not
    enough to move a column of that kind.
    """
    count = Counter(round(2 * word.x) / 2 for line in lines for word in line.words)
    settled: dict[int, float] = {}
    width = len(columns.fields)
    at_heads = {columns.fields[at % width] for at, head in enumerate(columns.starts) if count[round(2 * head) / 2]}
    for kind in ("company", "classification", "symbol"):
        for at in (at for at in range(len(columns.starts)) if columns.fields[at % width] == kind):
            head = columns.starts[at]
            left = (
                max([columns.starts[at - 1] if at else -math.inf, *(settled[i] for i in settled if i < at)])
                + _LEAST_WIDTH
            )
            if kind == "symbol" and not columns.positioned:
                left = max(left, head - _LEAST_WIDTH)
            right = min([head + (NEAR if kind == "company" else _FAR), *(settled[i] for i in settled if i > at)])
            least = 2 if kind in at_heads else 1
            near = [(number, -abs(x - head), x) for x, number in count.items() if left < x < right and number >= least]
            settled[at] = max(near)[2] if near else head
    return replace(columns, starts=tuple(settled[at] for at in range(len(columns.starts))), mode="starts")
