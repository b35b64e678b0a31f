"""The words of a PDF page, and how they are gathered into visual lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from russell_pipeline.documents.model import Line, Page, Role, Word

# A word starts a line of its own when its baseline is further than this from the line above (points).
SAME_BASELINE = 2.0
# A character stands at a column when its origin is this near to the column's (points).
AT_COLUMN = 0.6
# A page with fewer words is no evidence of how its letters are set.
FEW_WORDS = 20

# The words of a page by their depth below its origin, so that words on one baseline are together as soon as they are read.
Rows = dict[float, list[Word]]


class Words(NamedTuple):
    """The words of a page by their depth below its origin, and the runs of words printed over them, each with its depth."""

    rows: Rows
    over: Sequence[tuple[float, Word]] = ()

    @property
    def texts(self) -> list[str]:
        """The text of each word in the rows, sorted."""
        return sorted(word.text for row in self.rows.values() for word in row)


def page_of(number: int, words: Words, engine: str, *, marked: bool = False) -> Page:
    """Words gathered into visual lines, top to bottom, each left to right; then what is printed over them, which are footers."""
    lines: list[Line] = []
    top = -math.inf
    for depth in sorted(words.rows):
        if depth - top > SAME_BASELINE:
            top = depth
            lines.append(Line(number, len(lines) + 1, "", words.rows[depth], -depth))
        else:
            lines[-1].words += words.rows[depth]
    for line in lines:
        line.words.sort()
        line.text = " ".join([word[1] + word[2] for word in line.words])
    over = [
        Line(number, at, word.text, [word], -depth, Role.FOOTER)
        for at, (depth, word) in enumerate(words.over, len(lines) + 1)
    ]
    return Page(number, lines, engine, marked, over)
