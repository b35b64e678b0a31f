"""Reads PDF pages as positioned lines, with PDFium or, if its text is in doubt, with pdfplumber."""

from __future__ import annotations

import ctypes
import math
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, repeat
from operator import sub
from types import TracebackType
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from russell_pipeline.documents.directions import quarter_turns, slopes, turn_back
from russell_pipeline.documents.model import UNDECODED, Line, Page, Refusal, Role, Word
from russell_pipeline.documents.signature import require_whole_pdf
from russell_pipeline.documents.spacing import Glyphs, Span, is_plain, raised_ends, respaced
from russell_pipeline.wording import counted

# A word starts a line of its own when its baseline is further than this from the line above (points).
_SAME_BASELINE = 2.0
# A character stands at a column when its origin is this near to the column's (points).
_AT_COLUMN = 0.6
# What pdfminer has for a glyph that it cannot decode.
_UNDECODED_CID = re.compile(r"\(cid:\d+\)")
_MAX_UNDECODED_SHARE = 0.02
# What PDFium has for a glyph without a text, and halves of characters, which it counts one by one.
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")
# A page with fewer words is no evidence of how its letters are set.
_FEW_WORDS = 20
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

# The words of a page by their depth below its origin, so that words on one baseline are together as soon as they are read.
_Rows = dict[float, list[Word]]


class _Words(NamedTuple):
    """The words of a page by their depth below its origin, and the runs of text at an angle to them, each with its depth."""

    rows: _Rows
    aslant: Sequence[tuple[float, Word]] = ()


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """Bounds on what one PDF may ask for: pages of a document, characters of a page."""

    pages: int = 500
    characters_per_page: int = 200_000


class PdfReader:
    """An open PDF: its document title, and its pages one at a time.

    Opening raises Refusal unless the data is a whole, unencrypted PDF of one to `limits.pages` pages.
    """

    def __init__(self, data: bytes, limits: PdfLimits | None = None) -> None:
        self._data = data
        self._limits = limits or PdfLimits()
        self._room = _Room()
        self._spacing = _Spacing()
        self._turned: set[int] = set()  # the pages that have been looked at, and turned back if they were turned
        require_whole_pdf(data)
        try:
            self._pdf = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD:
                raise Refusal("is an encrypted PDF: it opens only with a password") from None
            raise Refusal("is a damaged PDF: no page can be opened") from None
        if len(self) > self._limits.pages:
            pages = len(self)
            self.close()
            raise Refusal(f"has {pages:,} pages; the limit is {self._limits.pages}")
        if not len(self):
            self.close()
            raise Refusal("is a PDF without a page")

    def __len__(self) -> int:
        return len(self._pdf)

    def __enter__(self) -> PdfReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the document; its pages can no longer be read."""
        self._pdf.close()

    @property
    def title(self) -> str:
        """The title in the document's information dictionary, empty where it has none."""
        title: str = self._pdf.get_metadata_value("Title")
        return title.strip()

    def pages(self) -> list[Page]:
        """All pages, each read by the engine that decodes it."""
        return [self.page(number) for number in range(1, len(self) + 1)]

    def page(self, number: int) -> Page:
        """Page `number` (from 1) by PDFium, or by pdfplumber if PDFium's text is in doubt.

        Raises Refusal when neither engine reads the page reliably, and when it has more characters than the limit.
        """
        words, doubt, marked = self._pdfium_words(number)
        if doubt is None:
            return _page(number, words, "pdfium", marked=marked)
        others = _plumber_words(self._data, number)
        if _texts(others) == _texts(words) and 0 < len(_texts(words)) < _FEW_WORDS:
            return _page(number, words, "pdfium")  # too few words to tell, but both engines agree
        if (
            others.rows
            and _characters(others) >= _characters(words)
            and not _stand_apart(len(_texts(others)), _characters(others))
        ):
            return _page(number, others, "pdfplumber")
        raise Refusal(f"page {number}: {doubt}")

    def rereadings(self, number: int, columns: Sequence[float]) -> Iterator[Page]:
        """Other readings of a page with rows that could not be placed, in case its cells run into each other.

        First PDFium's, with words broken where a character steps back or is at one of `columns`, then pdfplumber's likewise.
        """
        words, *_ = self._pdfium_words(number, columns)
        yield _page(number, words, "pdfium")
        yield _page(number, _plumber_words(self._data, number, columns), "pdfplumber")

    def with_marks(self, number: int) -> Page:
        """Page `number` by PDFium, with raised marks at the end of a line kept with their words, not on a line of their own."""
        return _page(number, self._pdfium_words(number, marks_beside=True)[0], "pdfium", marked=True)

    def _pdfium_words(
        self, number: int, columns: Sequence[float] | None = None, *, marks_beside: bool = False
    ) -> tuple[_Words, str | None, bool]:
        """The words of a page, the reason to doubt them (None if there is none), and whether some have raised marks.

        Raises Refusal when the page has more characters than the limit.
        """
        page = pdfium_c.FPDF_LoadPage(self._pdf.raw, number - 1)
        if not page:
            return _Words({}), "cannot be opened", False
        text_page = pdfium_c.FPDFText_LoadPage(page)
        try:
            count = pdfium_c.FPDFText_CountChars(text_page)
            if count > self._limits.characters_per_page:
                raise Refusal(
                    f"page {number} holds {count:,} characters; the limit is {self._limits.characters_per_page:,}"
                )
            text = _pdfium_text(text_page, count)
            places = _Places(self._room, text_page)
            if number not in self._turned:
                self._turned.add(number)
                if turn_back(page, quarter_turns(text, places.of)):
                    return self._pdfium_words(number, columns, marks_beside=marks_beside)
            parted = self._spacing.parted(places, text)
            words = _positioned(places, text, parted, columns, marks_beside=marks_beside or columns is not None)
            return words, _doubt(page, text, words), bool(parted.marks)
        finally:
            pdfium_c.FPDFText_ClosePage(text_page)
            pdfium_c.FPDF_ClosePage(page)


def _pdfium_text(text_page: Any, count: int) -> str:
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


class _Spacing:
    """How the letters of a document are set, learned page by page.

    If letters stand side by side at their full width, PDFium has no spaces to guess. Fetching the glyphs of a page takes
    longer than fetching all its words, so after a few such pages it is done only if a word seems to end in a footnote mark.
    """

    def __init__(self) -> None:
        self._plain_pages: int | None = 0  # None once a page was set otherwise

    def parted(self, places: _Places, text: str) -> _Parted:
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
            self._plain_pages = self._plain_pages + (len(guess.spans) > _FEW_WORDS) if plain else None
        spans = respaced(guess.spans, glyphs)
        printed = ["".join(text[start:end].split()) for start, end in spans]
        return _Parted(printed, spans, raised_ends(spans, glyphs))


def _positioned(
    places: _Places, text: str, parted: _Parted, columns: Sequence[float] | None, *, marks_beside: bool
) -> _Words:
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
        if (x < xs[at] or abs(depth - depths[at]) > _SAME_BASELINE) and not (marks_beside and raised[at])
    ]
    alone = [at for at in ends if at and len(printed[at]) == 1 and abs(depths[at] - depths[at - 1]) > _SAME_BASELINE]
    runs = _runs_aslant(places, text, spans) if any(places.aslant([spans[at][0] for at in to_break + alone])) else []
    slanting = {at for run in runs for at in run}
    rows: _Rows = defaultdict(list)
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
    return _Words(
        {depth: row for depth, row in rows.items() if row} if slanting else rows,
        [(depths[run[0]], Word(xs[run[0]], " ".join(printed[at] for at in run))) for run in runs],
    )


def _runs_aslant(places: _Places, text: str, spans: Sequence[Span]) -> list[list[int]]:
    """The words at an angle to the lines of the page, as those of a watermark are, by runs that PDFium has on one line."""
    runs: list[list[int]] = []
    for at, slants in enumerate(places.aslant([start for start, _ in spans])):
        if slants and runs and runs[-1][-1] == at - 1 and "\n" not in text[spans[at - 1][1] : spans[at][0]]:
            runs[-1].append(at)
        elif slants:
            runs.append([at])
    return runs


class _Room:
    """Buffers for the origins and boxes of many characters, allocated once.

    Allocating them for one character at a time takes longer than the call that fills them.
    """

    def __init__(self) -> None:
        self.origins = (ctypes.c_double * (2 * _BATCH))()
        self.xs = [ctypes.byref(self.origins, 16 * at) for at in range(_BATCH)]
        self.ys = [ctypes.byref(self.origins, 16 * at + 8) for at in range(_BATCH)]
        self.edges = (ctypes.c_float * (4 * _BATCH))()
        self.boxes = [ctypes.byref(self.edges, 16 * at) for at in range(_BATCH)]


class _Places:
    """The origins and extents of the characters of a page's text, whose positions are PDFium's character indexes."""

    def __init__(self, room: _Room, text_page: Any) -> None:
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
    breaks = [i for i, (a, b) in enumerate(pairs, 1) if b[0] < a[0] or abs(b[1] - a[1]) > _SAME_BASELINE]
    if not breaks:
        inside = [(x, i) for i, (x, *_) in enumerate(characters) if i]
        nearest = [min((abs(x - column), i) for x, i in inside) for column in columns if inside]
        breaks = sorted({i for distance, i in nearest if distance < _AT_COLUMN})
    for start, end in zip([0, *breaks], [*breaks, len(characters)], strict=True):
        x, depth, _ = characters[start]
        yield depth, Word(x, "".join(character for _, _, character in characters[start:end]))


def _characters(words: _Words) -> int:
    return sum(len(word.text) for row in words.rows.values() for word in row)


def _texts(words: _Words) -> list[str]:
    return sorted(word.text for row in words.rows.values() for word in row)


def _doubt(page: Any, text: str, words: _Words) -> str | None:
    """Why PDFium's text of a page seems incomplete or wrongly decoded; None if it does not."""
    if not text.strip():
        drawn = pdfium_c.FPDFPage_CountObjects(page)
        return "there is no text on it, only graphics (a scan?)" if drawn else "it is blank"
    objects = pdfium_c.FPDFPage_CountObjects(page)
    if objects > len(text):  # each text object shows at least one glyph
        kinds = (pdfium_c.FPDFPageObj_GetType(pdfium_c.FPDFPage_GetObject(page, i)) for i in range(objects))
        glyphs = sum(kind == pdfium_c.FPDF_PAGEOBJ_TEXT for kind in kinds)
        if glyphs > len(text):
            return f"at least {glyphs:,} glyphs are drawn on it, but only {counted(len(text), 'character')} can be read"
    # The larger count: correcting the words may have joined letters that stand apart, or broken words up.
    number = max(len(text.split()), sum(map(len, words.rows.values())))
    if _stand_apart(number, len(text) - number):
        return "its letters stand apart, so that words cannot be told"
    undecoded = len(UNDECODED.findall(text))
    if undecoded > _MAX_UNDECODED_SHARE * len(text):
        return f"{undecoded:,} of its {len(text):,} characters cannot be decoded"
    return None


def _stand_apart(words: int, characters: int) -> bool:
    """Whether the letters of a page stand apart: its words have fewer than three characters on average, as in no real text."""
    return 3 * words > characters


def _plumber_words(data: bytes, number: int, columns: Sequence[float] = ()) -> _Words:
    """The words of a page as pdfplumber has them; empty if it cannot decode the page either."""
    import io

    import pdfplumber
    from pdfminer.pdfexceptions import PDFException
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(io.BytesIO(data), pages=[number]) as pdf:
            characters = pdf.pages[0].chars
    except (PDFException, PdfminerException):
        return _Words({})
    level, runs = [], []
    for is_level, group in groupby(characters, lambda char: char["upright"] and not slopes(*char["matrix"][:2])):
        placed = [(-char["matrix"][5], char["x0"], char["x1"], char["text"]) for char in group]
        text = " ".join("".join(character for *_, character in placed).split())
        if is_level:
            level += placed
        elif text:
            runs.append((placed[0][0], Word(placed[0][1], text)))
    text = "".join(character for *_, character in level)
    if len(UNDECODED.findall(text)) + len(_UNDECODED_CID.findall(text)) > _MAX_UNDECODED_SHARE * len(text):
        return _Words({})
    return _Words(_joined(level, columns), runs)


def _joined(characters: Iterable[tuple[float, float, float, str]], columns: Sequence[float]) -> _Rows:
    """Characters (depth, x0, x1, text) in drawing order as words: broken at spaces, gaps, steps back and columns."""
    words: _Rows = defaultdict(list)
    word: list[str] = []
    depth = start = end = 0.0
    for at_depth, x0, x1, character in characters:
        gap = 0.15 * max(x1 - x0, 4.0)
        apart = abs(at_depth - depth) > _SAME_BASELINE or x0 > end + gap or x0 < end - 4 * gap
        if word and (character.isspace() or apart or any(abs(x0 - column) < _AT_COLUMN for column in columns)):
            words[depth].append(Word(start, "".join(word)))
            word = []
        if not character.isspace():
            if not word:
                depth, start = at_depth, x0
            word.append(character)
        end = x1
    if word:
        words[depth].append(Word(start, "".join(word)))
    return words


def _page(number: int, words: _Words, engine: str, *, marked: bool = False) -> Page:
    """Words gathered into visual lines, top to bottom, each left to right; then runs at an angle to them, which are footers."""
    lines: list[Line] = []
    top = -math.inf
    for depth in sorted(words.rows):
        if depth - top > _SAME_BASELINE:
            top = depth
            lines.append(Line(number, len(lines) + 1, "", words.rows[depth], -depth))
        else:
            lines[-1].words += words.rows[depth]
    for line in lines:
        line.words.sort()
        line.text = " ".join([word[1] + word[2] for word in line.words])
    aslant = [
        Line(number, at, word.text, [word], -depth, Role.FOOTER)
        for at, (depth, word) in enumerate(words.aslant, len(lines) + 1)
    ]
    return Page(number, lines, engine, marked, aslant)
