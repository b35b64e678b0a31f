"""Pictures of lines of a PDF as they stand on their page."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from russell_pipeline.documents.model import Box
from russell_pipeline.documents.pdf.reader import PdfReader

# Pixels for each point: 144 to the inch, at which the small type of lists is easy to read.
_SCALE = 2.0
# A page of more pixels is drawn smaller.
_MOST_PIXELS = 40_000_000
# Around a line is shown so much of the page: sideways, and above and below in shares of the height of the line (points).
_BESIDE, _ABOVE = 12.0, 0.75
_LEAST_HEIGHT = 8.0


def pictures(data: bytes, page: int, boxes: Sequence[Box]) -> list[bytes]:
    """Each box of a page (from 1) of a PDF as a PNG, with a little of what is around it; the page is drawn once.

    Raises Refusal for what is no whole PDF, and for a page that cannot be drawn.
    """
    if not boxes:
        return []
    width, height = boxes[0].page_width, boxes[0].page_height
    scale = min(_SCALE, math.sqrt(_MOST_PIXELS / max(width * height, 1.0)))
    found = []
    with PdfReader(data) as pdf:
        drawn = pdf.picture(page, scale)
        for box in boxes:
            out = io.BytesIO()
            drawn.crop(_pixels(box, scale, drawn.size)).save(out, "PNG", optimize=True)
            found.append(out.getvalue())
    return found


def _pixels(box: Box, scale: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The left, top, right and bottom of what is shown of a page of this size, in pixels; at least one each way."""
    above = _ABOVE * max(box.bottom - box.top, _LEAST_HEIGHT)
    left, right = (max(0, min(size[0], round(scale * x))) for x in (box.x0 - _BESIDE, box.x1 + _BESIDE))
    top, bottom = (max(0, min(size[1], round(scale * y))) for y in (box.top - above, box.bottom + above))
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)
