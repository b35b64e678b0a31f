"""Where PDFium has the characters of a page: their origins, their boxes, and whether they slope."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import repeat
from operator import sub
from typing import Any

import pypdfium2.raw as pdfium_c

from russell_pipeline.documents.pdf.directions import slopes
from russell_pipeline.documents.pdf.spacing import Glyphs

# PDFium functions without argument types: they are called for every word or character, and checking takes longer than the call.
_get_origin = ctypes.PYFUNCTYPE(None)(ctypes.cast(pdfium_c.FPDFText_GetCharOrigin, ctypes.c_void_p).value or 0)
_get_box = ctypes.PYFUNCTYPE(None)(ctypes.cast(pdfium_c.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0)
# The number of origins fetched at a time; few pages have more words.
_BATCH = 1024


class Buffers:
    """Buffers for the origins and boxes of many characters, allocated once.

    Allocating them for one character at a time takes longer than the call that fills them.
    """

    def __init__(self) -> None:
        self.origins = (ctypes.c_double * (2 * _BATCH))()
        self.xs = [ctypes.byref(self.origins, 16 * at) for at in range(_BATCH)]
        self.ys = [ctypes.byref(self.origins, 16 * at + 8) for at in range(_BATCH)]
        self.edges = (ctypes.c_float * (4 * _BATCH))()
        self.boxes = [ctypes.byref(self.edges, 16 * at) for at in range(_BATCH)]


class Places:
    """The origins and extents of the characters of a page's text, whose positions are PDFium's character indexes."""

    def __init__(self, buffers: Buffers, text_page: Any) -> None:
        self._buffers, self._text_page = buffers, text_page
        self._page = ctypes.c_void_p.from_param(ctypes.cast(text_page, ctypes.c_void_p).value)

    def of(self, positions: Sequence[int]) -> tuple[list[float], list[float]]:
        """The x and the depths below the page's origin of the characters at these positions of the text (points)."""
        origins: list[float] = []
        for batch in self._batches(positions):
            ctypes.memset(self._buffers.origins, 0, 16 * len(batch))
            deque(map(_get_origin, repeat(self._page), batch, self._buffers.xs, self._buffers.ys), maxlen=0)
            origins += memoryview(self._buffers.origins).cast("B").cast("d")[: 2 * len(batch)].tolist()
        return origins[::2], [-y for y in origins[1::2]]

    def glyphs(self, text: str) -> Glyphs:
        """The glyphs of the text: each reaches from its origin to where the next may begin, and is as high as its type."""
        edges = self.edges(range(len(text)))
        heights = list(map(sub, edges[1::4], edges[3::4]))
        return Glyphs(text, edges[::4], edges[2::4], heights, self.of, self._is_drawn)

    def heights(self, positions: Sequence[int]) -> list[float]:
        """The height of type of the characters at these positions of the text (points)."""
        edges = self.edges(positions)
        return list(map(sub, edges[1::4], edges[3::4]))

    def sloping(self, positions: Sequence[int]) -> list[bool]:
        """Whether each of the characters at these positions of the text stands at an angle to level lines."""
        matrix, found = pdfium_c.FS_MATRIX(), []
        for position in positions:
            pdfium_c.FPDFText_GetMatrix(self._text_page, position, ctypes.byref(matrix))
            found.append(slopes(matrix.a, matrix.b))
        return found

    def edges(self, positions: Sequence[int]) -> list[float]:
        """The left, top, right and bottom of the boxes of the characters at these positions, one after the other (points)."""
        edges: list[float] = []
        for batch in self._batches(positions):
            ctypes.memset(self._buffers.edges, 0, 16 * len(batch))
            deque(map(_get_box, repeat(self._page), batch, self._buffers.boxes), maxlen=0)
            edges += memoryview(self._buffers.edges).cast("B").cast("f")[: 4 * len(batch)].tolist()
        return edges

    def _is_drawn(self, position: int) -> bool:
        return bool(pdfium_c.FPDFText_IsGenerated(self._text_page, position) == 0)

    def _batches(self, positions: Sequence[int]) -> Iterator[Sequence[int]]:
        """The positions in batches of `_BATCH`."""
        return (positions[first : first + _BATCH] for first in range(0, len(positions), _BATCH))
