"""The words of a PDF page as pdfplumber has them."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import groupby
from typing import Any, NamedTuple

from russell_pipeline.documents.model import MAX_UNDECODED_SHARE, UNDECODED, Word
from russell_pipeline.documents.pdf.directions import slopes
from russell_pipeline.documents.pdf.visual_lines import AT_COLUMN, SAME_BASELINE, Edges, Rows, Words

# What pdfminer has for a glyph that it cannot decode.
_UNDECODED_CID = re.compile(r"\(cid:\d+\)")


def plumber_words(data: bytes, number: int, columns: Sequence[float] = ()) -> Words:
    """The words of a page as pdfplumber has them; empty if it cannot decode the page either."""
    import pdfplumber

    try:
        with pdfplumber.open(io.BytesIO(data), pages=[number]) as pdf:
            page = pdf.pages[0]
            characters, sheet = page.chars, _sheet(page.page_obj.mediabox, page.page_obj.cropbox)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - of a damaged file it raises whatever its code comes to, and PDFium's doubt is the reason
        return Words({})
    level: list[_Character] = []
    runs: list[tuple[float, Word]] = []
    run_edges: list[Edges] = []
    for is_level, group in groupby(characters, lambda char: char["upright"] and not slopes(*char["matrix"][:2])):
        placed = [_placed(char) for char in group]
        text = " ".join("".join(one.text for one in placed).split())
        if is_level:
            level += placed
        elif text:
            runs.append((placed[0].depth, Word(placed[0].edges.left, text)))
            run_edges.append(reduce(Edges.joined, (one.edges for one in placed)))
    text = "".join(one.text for one in level)
    if len(UNDECODED.findall(text)) + len(_UNDECODED_CID.findall(text)) > MAX_UNDECODED_SHARE * len(text):
        return Words({})
    rows, edges = _joined(level, columns)
    return Words(rows, runs, edges, run_edges, sheet)


def _sheet(media: Sequence[float], crop: Sequence[float]) -> Edges:
    """The edges of what is shown of a page, as pdfplumber counts: sideways from the page's origin, upwards from its media box."""
    x0, y0, x1, y1 = media
    left, bottom, right, top = crop
    return Edges(max(x0, left), min(y1, top) - y0, min(x1, right), max(y0, bottom) - y0)


class _Character(NamedTuple):
    """A character, the depth of its baseline below the origin of the page, and its edges (points)."""

    depth: float
    edges: Edges
    text: str


def _placed(char: Mapping[str, Any]) -> _Character:
    """A character as pdfplumber has it."""
    return _Character(-char["matrix"][5], Edges(char["x0"], char["y1"], char["x1"], char["y0"]), char["text"])


def _joined(characters: Iterable[_Character], columns: Sequence[float]) -> tuple[Rows, dict[float, Edges]]:
    """Characters in drawing order as words: broken at spaces, gaps, steps back and columns; and the edges at each depth."""
    words: Rows = defaultdict(list)
    edges: dict[float, Edges] = {}
    word: list[_Character] = []

    def close() -> None:
        if word:
            depth = word[0].depth
            words[depth].append(Word(word[0].edges.left, "".join(one.text for one in word)))
            edges[depth] = reduce(Edges.joined, (one.edges for one in word), edges.get(depth, word[0].edges))
            word.clear()

    end = 0.0
    for character in characters:
        x0, x1 = character.edges.left, character.edges.right
        gap = 0.15 * max(x1 - x0, 4.0)
        level = not word or abs(character.depth - word[0].depth) <= SAME_BASELINE
        apart = not level or x0 > end + gap or x0 < end - 4 * gap
        if character.text.isspace() or apart or any(abs(x0 - column) < AT_COLUMN for column in columns):
            close()
        if not character.text.isspace():
            word.append(character)
        end = x1
    close()
    return words, edges
