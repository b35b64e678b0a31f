"""The words of a PDF page as PDFium has them, with its guesses of spaces and lines corrected."""

from __future__ import annotations

import ctypes
import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, repeat
from operator import sub
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium_c

from russell_pipeline.documents.directions import slopes
from russell_pipeline.documents.model import Word
from russell_pipeline.documents.spacing import Glyphs, Span, is_plain, raised_ends, respaced
from russell_pipeline.documents.visual_lines import AT_COLUMN, FEW_WORDS, SAME_BASELINE, Rows, Words

# What PDFium has for a glyph without a text, and halves of characters, which it counts one by one.
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")
# This many pages show how the letters of a document are set.
_ENOUGH_PAGES = 2
# The end of a word that may be a footnote mark: digits or signs such as * after a letter, or a small letter after a capital.
_PERHAPS_MARK = re.compile(r"[a-z\d*†‡§](?:(?<=[A-Z.)][a-z])|(?<=[A-Za-z).]\d)\d?|(?<=[A-Za-z).][*†‡§])[*†‡§]*)(?!\S)")
_WORD = re.compile(r"\S+")
# PDFium may write a hyphen that ends a line or a run of letters as U+0002 or U+FFFE. U+FFFE may also stand for a glyph that
# prints nothing, as the byte-order mark does.
_PRINTED = str.maketrans({"\u0002": "-", "\u2010": "-", "\u2011": "-", "\u00a0": " ", "\ufeff": " ", "\ufffe": " "})
_HYPHEN = re.compile("\ufffe")
# A soft hyphen within a line: some programs name the glyph of every hyphen so.
_DRAWN_HYPHEN = re.compile(r"\u00ad(?=\S)")
_TO_TRANSLATE = [chr(sign) for sign in _PRINTED]

# PDFium functions without argument types: they are called for every word or character, and checking takes longer than the call.
_get_origin = ctypes.PYFUNCTYPE(None)(ctypes.cast(pdfium_c.FPDFText_GetCharOrigin, ctypes.c_void_p).value or 0)
_get_box = ctypes.PYFUNCTYPE(None)(ctypes.cast(pdfium_c.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0)
# The number of origins fetched at a time; few pages have more words.
_BATCH = 1024


def pdfium_text(text_page: Any, count: int) -> str:
    """The text of a page of so many characters, one for each; what could not be decoded is a replacement character."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium_c.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", errors="replace")
    if len(text) != count:  # PDFium leaves out what it cannot decode
        text = "".join(_sign(text_page, at) for at in range(count))
    if "\ufffe" in text:
        text = _HYPHEN.sub(lambda sign: "-" if pdfium_c.FPDFText_IsHyphen(text_page, sign.start()) == 1 else " ", text)
    if "\u00ad" in text:
        text = _DRAWN_HYPHEN.sub("-", text)
    return text.translate(_PRINTED) if any(sign in text for sign in _TO_TRANSLATE) else text


def _sign(text_page: Any, at: int) -> str:
    """The text of one character; the replacement character if it has none."""
    sign = chr(pdfium_c.FPDFText_GetUnicode(text_page, at))
    if sign == "\u0002" and pdfium_c.FPDFText_IsHyphen(text_page, at) == 1:
        return "-"
    return "\ufffd" if _NO_TEXT.match(sign) else sign


class _Parted(NamedTuple):
    """The words of a page's text: what they print, their spans, and by word how many of its last characters are raised."""

    printed: list[str]
    spans: list[Span]
    marks: Mapping[int, int]


def _as_parted(text: str) -> _Parted:
    """The words as PDFium separates them."""
    return _Parted(text.split(), [word.span() for word in _WORD.finditer(text)], {})


class Spacing:
    """How the letters of a document are set, learned page by page.

    If letters stand side by side at their full width, PDFium has no spaces to guess. Fetching the glyphs of a page takes
    longer than fetching all its words, so after a few such pages it is done only if a word seems to end in a footnote mark.
    """

    def __init__(self) -> None:
        self._plain_pages: int | None = 0  # None once a page was set otherwise

    def parted(self, places: Places, text: str) -> _Parted:
        """The words of a page's text, with PDFium's wrong guesses of spaces corrected."""
        guess = _as_parted(text)
        if self._plain_pages == _ENOUGH_PAGES:
            ends = [(found.start() - 1, found.end() - 1) for found in _PERHAPS_MARK.finditer(text)]
            heights = places.heights([place for end in ends for place in end])
            if heights[::2] == heights[1::2]:
                return guess
        glyphs = places.glyphs(text)
        if self._plain_pages is not None and self._plain_pages < _ENOUGH_PAGES:
            plain = is_plain(guess.spans, glyphs)
            self._plain_pages = self._plain_pages + (len(guess.spans) > FEW_WORDS) if plain else None
        spans = respaced(guess.spans, glyphs)
        printed = ["".join(text[start:end].split()) for start, end in spans]
        return _Parted(printed, spans, raised_ends(spans, glyphs))


def positioned(
    places: Places, text: str, parted: _Parted, columns: Sequence[float] | None, *, marks_beside: bool
) -> Words:
    """The words of a page's text at the origin of their first character; broken at steps back and at `columns`, if given.

    Raised marks at the end of a line become a line of their own, as PDFium has them, unless `marks_beside` is set. Text at an
    angle to the rest is told apart.
    """
    printed, spans, marks = parted
    texts, raised = list(printed), [""] * len(spans)
    for at, count in marks.items():
        texts[at], raised[at] = printed[at][:-count], printed[at][-count:]
    xs, depths = places.of([start for start, _ in spans])
    # At the end of a line PDFium may append a one-letter word of another line, or a raised mark that is a line of its own.
    ended = text + "\n"
    ends = [at for at, (_, end) in enumerate(spans) if ended[end] in "\r\n"]
    in_doubt = [at for at in ends if len(printed[at]) > 1]
    last_xs, last_depths = places.of([spans[at][1] - 1 for at in in_doubt])
    to_break = [
        at
        for at, x, depth in zip(in_doubt, last_xs, last_depths, strict=True)
        if (x < xs[at] or abs(depth - depths[at]) > SAME_BASELINE) and not (marks_beside and raised[at])
    ]
    alone = [at for at in ends if at and len(printed[at]) == 1 and abs(depths[at] - depths[at - 1]) > SAME_BASELINE]
    runs = _runs_aslant(places, text, spans) if any(places.aslant([spans[at][0] for at in to_break + alone])) else []
    slanting = {at for run in runs for at in run}
    rows: Rows = defaultdict(list)
    for depth, word in zip(depths, map(tuple.__new__, repeat(Word), zip(xs, texts, raised, strict=True)), strict=True):
        rows[depth].append(word)
    for at in slanting:
        rows[depths[at]].remove(Word(xs[at], texts[at], raised[at]))
    for at in to_break if columns is None else range(len(texts)):
        if at in slanting:
            continue
        rows[depths[at]].remove(Word(xs[at], texts[at], raised[at]))
        whole, mark = (texts[at], raised[at]) if marks_beside else (printed[at], "")
        letters = places.of([place for place in range(*spans[at]) if not text[place].isspace()][: len(whole)])
        for depth, broken in _broken(list(zip(*letters, whole, strict=True)), columns or ()):
            rows[depth].append(broken)
        rows[depth][-1] = rows[depth][-1]._replace(raised=mark)
    return Words(
        {depth: row for depth, row in rows.items() if row} if slanting else rows,
        [(depths[run[0]], Word(xs[run[0]], " ".join(printed[at] for at in run))) for run in runs],
    )


def _runs_aslant(places: Places, text: str, spans: Sequence[Span]) -> list[list[int]]:
    """The words at an angle to the lines of the page, as those of a watermark are, by runs that PDFium has on one line."""
    runs: list[list[int]] = []
    for at, slants in enumerate(places.aslant([start for start, _ in spans])):
        if slants and runs and runs[-1][-1] == at - 1 and "\n" not in text[spans[at - 1][1] : spans[at][0]]:
            runs[-1].append(at)
        elif slants:
            runs.append([at])
    return runs


class Room:
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

    def __init__(self, room: Room, text_page: Any) -> None:
        self._room, self._text_page = room, text_page
        self._page = ctypes.c_void_p.from_param(ctypes.cast(text_page, ctypes.c_void_p).value)

    def of(self, positions: Sequence[int]) -> tuple[list[float], list[float]]:
        """The x and the depths below the page's origin of the characters at these positions of the text (points)."""
        origins: list[float] = []
        for batch in self._batches(positions):
            ctypes.memset(self._room.origins, 0, 16 * len(batch))
            deque(map(_get_origin, repeat(self._page), batch, self._room.xs, self._room.ys), maxlen=0)
            origins += memoryview(self._room.origins).cast("B").cast("d")[: 2 * len(batch)].tolist()
        return origins[::2], [-y for y in origins[1::2]]

    def glyphs(self, text: str) -> Glyphs:
        """The glyphs of the text: each reaches from its origin to where the next may begin, and is as high as its type."""
        edges = self._edges(range(len(text)))
        heights = list(map(sub, edges[1::4], edges[3::4]))
        return Glyphs(text, edges[::4], edges[2::4], heights, self.of, self._is_drawn)

    def heights(self, positions: Sequence[int]) -> list[float]:
        """The height of type of the characters at these positions of the text (points)."""
        edges = self._edges(positions)
        return list(map(sub, edges[1::4], edges[3::4]))

    def aslant(self, positions: Sequence[int]) -> list[bool]:
        """Whether each of the characters at these positions of the text stands at an angle to level lines."""
        matrix, found = pdfium_c.FS_MATRIX(), []
        for position in positions:
            pdfium_c.FPDFText_GetMatrix(self._text_page, position, ctypes.byref(matrix))
            found.append(slopes(matrix.a, matrix.b))
        return found

    def _edges(self, positions: Sequence[int]) -> list[float]:
        edges: list[float] = []
        for batch in self._batches(positions):
            ctypes.memset(self._room.edges, 0, 16 * len(batch))
            deque(map(_get_box, repeat(self._page), batch, self._room.boxes), maxlen=0)
            edges += memoryview(self._room.edges).cast("B").cast("f")[: 4 * len(batch)].tolist()
        return edges

    def _is_drawn(self, position: int) -> bool:
        return bool(pdfium_c.FPDFText_IsGenerated(self._text_page, position) == 0)

    def _batches(self, positions: Sequence[int]) -> Iterator[Sequence[int]]:
        """The positions in batches of `_BATCH`."""
        return (positions[first : first + _BATCH] for first in range(0, len(positions), _BATCH))


def _broken(characters: Sequence[tuple[float, float, str]], columns: Sequence[float]) -> Iterator[tuple[float, Word]]:
    """The parts of a word: broken where a character (x, depth, text) steps back or leaves the baseline, else at columns."""
    pairs = list(pairwise(characters))
    breaks = [i for i, (a, b) in enumerate(pairs, 1) if b[0] < a[0] or abs(b[1] - a[1]) > SAME_BASELINE]
    if not breaks:
        inside = [(x, i) for i, (x, *_) in enumerate(characters) if i]
        nearest = [min((abs(x - column), i) for x, i in inside) for column in columns if inside]
        breaks = sorted({i for distance, i in nearest if distance < AT_COLUMN})
    for start, end in zip([0, *breaks], [*breaks, len(characters)], strict=True):
        x, depth, _ = characters[start]
        yield depth, Word(x, "".join(character for _, _, character in characters[start:end]))
