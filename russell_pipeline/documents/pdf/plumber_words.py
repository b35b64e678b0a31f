"""The words of a PDF page as pdfplumber has them."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from russell_pipeline.documents.model import MAX_UNDECODED_SHARE, UNDECODED, Word
from russell_pipeline.documents.pdf.directions import slopes
from russell_pipeline.documents.pdf.visual_lines import AT_COLUMN, SAME_BASELINE, Rows, Words

# What pdfminer has for a glyph that it cannot decode.
_UNDECODED_CID = re.compile(r"\(cid:\d+\)")


def plumber_words(data: bytes, number: int, columns: Sequence[float] = ()) -> Words:
    """The words of a page as pdfplumber has them; empty if it cannot decode the page either."""
    import pdfplumber

    try:
        with pdfplumber.open(io.BytesIO(data), pages=[number]) as pdf:
            characters = pdf.pages[0].chars
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - of a damaged file it raises whatever its code comes to, and PDFium's doubt is the reason
        return Words({})
    level, runs = [], []
    for is_level, group in groupby(characters, lambda char: char["upright"] and not slopes(*char["matrix"][:2])):
        placed = [(-char["matrix"][5], char["x0"], char["x1"], char["text"]) for char in group]
        text = " ".join("".join(character for *_, character in placed).split())
        if is_level:
            level += placed
        elif text:
            runs.append((placed[0][0], Word(placed[0][1], text)))
    text = "".join(character for *_, character in level)
    if len(UNDECODED.findall(text)) + len(_UNDECODED_CID.findall(text)) > MAX_UNDECODED_SHARE * len(text):
        return Words({})
    return Words(_joined(level, columns), runs)


def _joined(characters: Iterable[tuple[float, float, float, str]], columns: Sequence[float]) -> Rows:
    """Characters (depth, x0, x1, text) in drawing order as words: broken at spaces, gaps, steps back and columns."""
    words: Rows = defaultdict(list)
    word: list[str] = []
    depth = start = end = 0.0
    for at_depth, x0, x1, character in characters:
        gap = 0.15 * max(x1 - x0, 4.0)
        apart = abs(at_depth - depth) > SAME_BASELINE or x0 > end + gap or x0 < end - 4 * gap
        if word and (character.isspace() or apart or any(abs(x0 - column) < AT_COLUMN for column in columns)):
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
