"""Groups the characters of a PDF page into words by the extents of their glyphs, and finds raised footnote marks.

PDFium guesses spaces that are not drawn. It puts one between letters that are drawn separately for kerning ("CAT O") or in two
sizes ("C ORP"), and misses one that is narrow and drawn by itself ("ALASKAAIR").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import sub
from statistics import median_low

# Shares of the height of type: the smallest gap between words, and how far kerned letters may overlap.
_LEAST_SPACE, _MOST_KERNED = 0.07, 0.2
# Shares of the height of type: letters of a word are level within the first; a raised mark is higher by more than the second,
# in type that is smaller than the third.
_LEVEL, _RAISED, _SMALLER = 0.05, 0.12, 0.9
_TRADEMARKS = "®™℠©"
# Letters without kerning adjoin each other within this share of the height of type.
_EXACTLY = 0.02

# The position of a word's first character in the text of its page, and the position after its last.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a page's text: where each begins and ends, and the height of its type (points).

    `origins` returns the x and the depths below the page's origin at which the characters at some positions are drawn, and
    `is_drawn` whether the space at a position is drawn.
    """

    text: str
    lefts: Sequence[float]
    rights: Sequence[float]
    heights: Sequence[float]
    origins: Callable[[Sequence[int]], tuple[Sequence[float], Sequence[float]]]
    is_drawn: Callable[[int], bool]


def is_plain(words: Sequence[Span], glyphs: Glyphs) -> bool:
    """Whether the letters and digits of each word have one size and stand side by side at their full width.

    Other signs may reach beyond their width.
    """
    text, lefts, rights, heights = glyphs.text, glyphs.lefts, glyphs.rights, glyphs.heights
    return all(
        abs(lefts[at + 1] - rights[at]) <= _EXACTLY * heights[at] >= abs(heights[at + 1] - heights[at])
        for start, end in words
        for at in range(start, end - 1)
        if text[at].isalnum() and text[at + 1].isalnum()
    )


def respaced(words: list[Span], glyphs: Glyphs) -> list[Span]:
    """The words of a page's text, corrected where PDFium split one or ran two together.

    A word joined from parts spans the spaces between them.
    """
    goes_on = _parted(words, glyphs)
    begins = _glued(words, glyphs)
    if not goes_on and not begins:
        return words
    found: list[Span] = []
    for at, (start, end) in enumerate(words):
        first = found.pop()[0] if at - 1 in goes_on else start
        found += pairwise([first, *begins.get(at, ()), end])
    return found


def _parted(words: Sequence[Span], glyphs: Glyphs) -> set[int]:
    """The positions of words that continue in the next one: no space is drawn between them, nor is there room for one."""
    lefts, rights, heights = glyphs.lefts, glyphs.rights, glyphs.heights
    lasts, nexts = [end - 1 for _, end in words[:-1]], [start for start, _ in words[1:]]
    ends, begins, tall = (
        list(map(of.__getitem__, at)) for of, at in ((rights, lasts), (lefts, nexts), (heights, lasts))
    )
    near = [
        (at, lasts[at] + 1, nexts[at])
        for at, (end, begin, height) in enumerate(zip(ends, begins, tall, strict=True))
        if -_MOST_KERNED * height < begin - end < _LEAST_SPACE * height
        # A glyph that is printed twice, to look bold, begins where it begins the first time.
        and 2 * begin > lefts[lasts[at]] + end
    ]
    beside = _beside([(end - 1, start) for _, end, start in near], glyphs)
    return {
        at
        for (at, end, start), are in zip(near, beside, strict=True)
        if are and not any(map(glyphs.is_drawn, range(end, start)))
    }


def _glued(words: Sequence[Span], glyphs: Glyphs) -> dict[int, list[int]]:
    """By word, the characters with room for a space before them; none if all letters of the word stand apart."""
    text, heights = glyphs.text, glyphs.heights
    gaps = list(map(sub, glyphs.lefts[1:], glyphs.rights))
    wide = [at for at, (gap, height) in enumerate(zip(gaps, heights, strict=False)) if gap > _LEAST_SPACE * height > 0]
    inside = [at for at in wide if not (text[at].isspace() or text[at + 1].isspace())]
    found: dict[int, list[int]] = {}
    for at, beside in zip(inside, _beside([(at, at + 1) for at in inside], glyphs), strict=True):
        word = bisect_right(words, (at, len(text))) - 1
        start, end = words[word]
        if beside and gaps[at] > median_low(gaps[start : end - 1]) + _LEAST_SPACE * heights[at]:
            found.setdefault(word, []).append(at + 1)
    return found


def _beside(pairs: Sequence[Span], glyphs: Glyphs) -> list[bool]:
    """For each pair, whether its two characters are level and the extent of the first is known.

    The extents of letters in a ligature are not known: they share one origin and one glyph.
    """
    xs, depths = glyphs.origins([place for pair in pairs for place in pair])
    return [
        abs(depth - other) < _LEVEL * glyphs.heights[at] and abs(x - glyphs.lefts[at]) < _LEVEL * glyphs.heights[at]
        for (at, _), x, depth, other in zip(pairs, xs[::2], depths[::2], depths[1::2], strict=True)
    ]


def raised_ends(words: Sequence[Span], glyphs: Glyphs) -> dict[int, int]:
    """By word, how many of its last characters are raised and smaller than its first, as footnote marks are.

    Trademark signs do not count.
    """
    heights = glyphs.heights
    found: dict[int, int] = {}
    firsts, lasts = ([heights[start] for start, _ in words], [heights[end - 1] for _, end in words])
    smaller = [at for at, (first, last) in enumerate(zip(firsts, lasts, strict=True)) if last < _SMALLER * first]
    for at in smaller:
        start, end = words[at]
        if glyphs.text[end - 1] not in _TRADEMARKS:
            _, (first, *others) = glyphs.origins(range(start, end))
            raised = [
                first - depth > _RAISED * heights[start] and height < _SMALLER * heights[start]
                for depth, height in zip(others, heights[start + 1 : end], strict=True)
            ]
            if raised[-1]:
                found[at] = [*raised[::-1], False].index(False)
    return found
