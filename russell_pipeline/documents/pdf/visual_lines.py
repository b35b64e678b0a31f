"""The words of a PDF page, and how they are gathered into visual lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from russell_pipeline.documents.model import Box, Line, Page, Role, Word

# A word starts a line of its own when its baseline is further than this from the line above (points).
SAME_BASELINE = 2.0
# A character stands at a column when its origin is this near to the column's (points).
AT_COLUMN = 0.6
# A page with fewer words is no evidence of how its letters are set.
FEW_WORDS = 20

# The words of a page by their depth below its origin, so that words on one baseline are together as soon as they are read.
Rows = dict[float, list[Word]]


class Edges(NamedTuple):
    """The edges of some text, or of a page, from the origin of the page: to the right and up (points)."""

    left: float
    top: float
    right: float
    bottom: float

    def joined(self, other: Edges) -> Edges:
        """The edges of both together."""
        return Edges(
            min(self.left, other.left),
            max(self.top, other.top),
            max(self.right, other.right),
            min(self.bottom, other.bottom),
        )


class Words(NamedTuple):
    """The words of a page by their depth below its origin, and the runs of words printed over them, each with its depth.

    `edges` are those of the text at each depth (its right, top and bottom), `over_edges` those of each run, and `sheet` those
    of what is shown of the page.
    """

    rows: Rows
    over: Sequence[tuple[float, Word]] = ()
    edges: Mapping[float, Edges] = {}
    over_edges: Sequence[Edges] = ()
    sheet: Edges = Edges(0.0, 0.0, 0.0, 0.0)

    @property
    def texts(self) -> list[str]:
        """The text of each word in the rows, sorted."""
        return sorted(word.text for row in self.rows.values() for word in row)


def page_of(number: int, words: Words, engine: str, *, marked: bool = False) -> Page:
    """Words gathered into visual lines, top to bottom, each left to right; then what is printed over them, which are footers."""
    lines: list[Line] = []
    edges: list[Edges] = []
    top = -math.inf
    for depth in sorted(words.rows):
        if depth - top > SAME_BASELINE:
            top = depth
            lines.append(Line(number, len(lines) + 1, "", words.rows[depth], -depth))
            edges.append(words.edges[depth])
        else:
            lines[-1].words += words.rows[depth]
            edges[-1] = edges[-1].joined(words.edges[depth])
    for line in lines:
        line.words.sort()
        line.text = " ".join([word[1] + word[2] for word in line.words])
    over = [
        Line(number, at, word.text, [word], -depth, Role.FOOTER)
        for at, (depth, word) in enumerate(words.over, len(lines) + 1)
    ]
    sheet = words.sheet
    width, height = sheet.right - sheet.left, sheet.top - sheet.bottom
    for line, own in zip([*lines, *over], [*edges, *words.over_edges], strict=True):
        line.box = Box(
            line.words[0].x - sheet.left, sheet.top - own.top, own.right - sheet.left, sheet.top - own.bottom, width, height
        )  # fmt: skip
    return Page(number, lines, engine, marked, over)
