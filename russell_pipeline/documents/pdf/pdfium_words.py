"""The words of a PDF page as PDFium has them, with its guesses of spaces and lines corrected."""

from __future__ import annotations

import ctypes
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, repeat, starmap
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium_c

from russell_pipeline.documents.model import Word
from russell_pipeline.documents.pdf.overprint import overprinted
from russell_pipeline.documents.pdf.pdfium_places import Places
from russell_pipeline.documents.pdf.spacing import Span, is_plain, raised_ends, respaced
from russell_pipeline.documents.pdf.visual_lines import AT_COLUMN, FEW_WORDS, SAME_BASELINE, Edges, Rows, Words

# What PDFium has for a glyph without a text, and halves of characters, which it counts one by one.
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")
# This many pages show how the letters of a document are set.
_ENOUGH_PAGES = 2
# The end of a word that may be a footnote mark: figures (also in brackets) or signs such as * after a letter, or a small letter
# after a capital.
_PERHAPS_MARK = re.compile(
    r"[a-z\d*†‡§(](?:(?<=[A-Z.)][a-z])|(?<=[A-Za-z).]\d)\d?(?:,\d\d?)*"
    r"|(?<=[A-Za-z).][*†‡§])[*†‡§]*|(?<=[A-Za-z.]\()[\da-z]\d?\))(?!\S)"
)
_WORD = re.compile(r"\S+")
# PDFium may write a hyphen that ends a line or a run of letters as U+0002 or U+FFFE. U+FFFE may also stand for a glyph that
# prints nothing, as the byte-order mark does.
_PRINTED = str.maketrans({"\u0002": "-", "\u2010": "-", "\u2011": "-", "\u00a0": " ", "\ufeff": " ", "\ufffe": " "})
_HYPHEN = re.compile("\ufffe")
# A soft hyphen within a line: some programs name the glyph of every hyphen so.
_DRAWN_HYPHEN = re.compile(r"\u00ad(?=\S)")
_TO_TRANSLATE = [chr(sign) for sign in _PRINTED]


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

    Raised marks at the end of a line become a line of their own, as PDFium has them, unless `marks_beside` is set. What is
    printed over the lines of the page is told apart.
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
    # Text at an angle ends at another height than it begins or, of one letter, than the word before.
    alone = [at for at in ends if at and len(printed[at]) == 1 and abs(depths[at] - depths[at - 1]) > SAME_BASELINE]
    runs = overprinted(places, text, spans, list(zip(xs, depths, strict=True)), to_break + alone)
    over = {at for run in runs for at in run}
    rows: Rows = defaultdict(list)
    for depth, word in zip(depths, map(tuple.__new__, repeat(Word), zip(xs, texts, raised, strict=True)), strict=True):
        rows[depth].append(word)
    for at in over:
        rows[depths[at]].remove(Word(xs[at], texts[at], raised[at]))
    to_break = [at for at in (to_break if columns is None else range(len(texts))) if at not in over]
    taken = {*over, *to_break}
    # By depth, the start of the rightmost word and the position of its last character.
    last: dict[float, int] = {}
    for at, (depth, x) in enumerate(zip(depths, xs, strict=True)):
        if at not in taken and x >= xs[last.get(depth, at)]:
            last[depth] = at
    rightmost = {depth: (xs[at], spans[at][1] - 1) for depth, at in last.items()}
    for at in to_break:
        rows[depths[at]].remove(Word(xs[at], texts[at], raised[at]))
        whole, mark = (texts[at], raised[at]) if marks_beside else (printed[at], "")
        within = [place for place in range(*spans[at]) if not text[place].isspace()][: len(whole)]
        for depth, broken, end in _broken(list(zip(*places.of(within), whole, within, strict=True)), columns or ()):
            rows[depth].append(broken)
            rightmost[depth] = max(rightmost.get(depth, (broken.x, end)), (broken.x, end))
        rows[depth][-1] = rows[depth][-1]._replace(raised=mark)
    firsts, lasts = [spans[run[0]][0] for run in runs], [spans[run[-1]][1] - 1 for run in runs]
    return Words(
        {depth: row for depth, row in rows.items() if row} if over else rows,
        [(depths[run[0]], Word(xs[run[0]], " ".join(printed[at] for at in run))) for run in runs],
        dict(zip(rightmost, _edges(places, [end for _, end in rightmost.values()]), strict=True)),
        list(map(Edges.joined, _edges(places, firsts), _edges(places, lasts))),
    )


def _edges(places: Places, positions: Sequence[int]) -> list[Edges]:
    """The edges of the characters at these positions of the text."""
    return list(starmap(Edges, zip(*[iter(places.edges(positions))] * 4, strict=True)))


def _broken(
    characters: Sequence[tuple[float, float, str, int]], columns: Sequence[float]
) -> Iterator[tuple[float, Word, int]]:
    """The parts of a word: broken where a character (x, depth, text) steps back or leaves the baseline, else at columns.

    With each part comes the position of its last character in the text of the page.
    """
    pairs = list(pairwise(characters))
    breaks = [i for i, (a, b) in enumerate(pairs, 1) if b[0] < a[0] or abs(b[1] - a[1]) > SAME_BASELINE]
    if not breaks:
        inside = [(x, i) for i, (x, *_) in enumerate(characters) if i]
        nearest = [min((abs(x - column), i) for x, i in inside) for column in columns if inside]
        breaks = sorted({i for distance, i in nearest if distance < AT_COLUMN})
    for start, end in zip([0, *breaks], [*breaks, len(characters)], strict=True):
        x, depth, *_ = characters[start]
        part = Word(x, "".join(character for _, _, character, _ in characters[start:end]))
        yield depth, part, characters[end - 1][3]
