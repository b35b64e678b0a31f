"""Which way the text of a PDF page runs: turned pages are turned back, and what slopes is told from what is level."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pypdfium2.raw as pdfium_c

# So many places on a page show which way its text runs; if the first few agree, they are enough.
_FEW, _MANY = 6, 50
# Lines of a page that was scanned may slope by a few degrees.
_SLOPE = math.tan(math.radians(5))


def quarter_turns(text: str, origins: Callable[[Sequence[int]], tuple[Sequence[float], Sequence[float]]]) -> int:
    """How many quarter turns counterclockwise from left-to-right most of a page's text runs, 0 to 3.

    It is told from adjacent letters spread over the page. `origins` returns the x and the depths below the page's origin of the
    characters at some positions of the text.
    """
    for samples in (_FEW, _MANY):
        every = range(0, len(text) - 1, max(1, len(text) // samples))
        pairs = [at for at in every if text[at : at + 2].isalnum()]
        xs, depths = origins([place for at in pairs for place in (at, at + 1)])
        steps = zip(xs[::2], xs[1::2], depths[::2], depths[1::2], strict=True)
        moves = [(x - before, above - depth) for before, x, above, depth in steps]
        if all(right > abs(up) for right, up in moves):
            return 0
    turns = Counter(round(math.atan2(up, right) / (math.pi / 2)) % 4 for right, up in moves if right or up)
    return max(turns, key=lambda turn: (turns[turn], -turn), default=0)


def turn_upright(page: Any, turns: int) -> bool:
    """Turn the content of a page clockwise by quarter turns, and show it unrotated. True if the page must be loaded again."""
    if not turns and not pdfium_c.FPDFPage_GetRotation(page):
        return False
    pdfium_c.FPDFPage_SetRotation(page, 0)
    if turns:
        box = pdfium_c.FS_RECTF()
        pdfium_c.FPDF_GetPageBoundingBox(page, box)
        width, height = box.right - box.left, box.top - box.bottom
        if turns == 1:
            matrix, size = (0, -1, 1, 0, -box.bottom, box.right), (height, width)
        elif turns == 2:
            matrix, size = (-1, 0, 0, -1, box.right, box.top), (width, height)
        else:
            matrix, size = (0, 1, -1, 0, box.top, -box.left), (height, width)
        pdfium_c.FPDFPage_TransFormWithClip(page, pdfium_c.FS_MATRIX(*matrix), None)
        pdfium_c.FPDFPage_SetMediaBox(page, 0, 0, *size)
        pdfium_c.FPDFPage_SetCropBox(page, 0, 0, *size)
    return True


def slopes(right: float, up: float) -> bool:
    """Whether text that runs so far to the right (or left) and so far up is at an angle to level lines."""
    return abs(up) > _SLOPE * abs(right)
