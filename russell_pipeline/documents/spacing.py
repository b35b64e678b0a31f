"""Which characters of a PDF's page are one word, by where their glyphs end, and which are raised behind it as marks of notes.

PDFium guesses at spaces that are not drawn. It has one where letters are drawn apart to be kerned ("CAT O") or in two sizes
("C ORP"), and none where a narrow one was drawn by itself ("ALASKAAIR").
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import sub
from statistics import median_low

# Between words there is a gap of at least this share of the height of type, between letters of a word a smaller one; letters
# that are kerned reach into each other no further than this.
_LEAST_SPACE, _MOST_KERNED = 0.07, 0.2
# Letters of a word stand at one height within this share of the height of type. What is raised stands higher by this share, in
# type that is smaller by this one.
_LEVEL, _RAISED, _SMALLER = 0.05, 0.12, 0.9
_TRADEMARKS = "®™℠©"
# Letters that are not kerned stand side by side within this share of the height of type.
_EXACTLY = 0.02

# The place of a word's first character in the text of its page, and the place after its last.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a page's text: where each begins and ends, and the height of its type (points).

    `origins` tells from where and at which depths below the page's origin the characters at some places are drawn, `is_drawn`
    whether a space is.
    """

    text: str
    lefts: Sequence[float]
    rights: Sequence[float]
    heights: Sequence[float]
    origins: Callable[[Sequence[int]], tuple[Sequence[float], Sequence[float]]]
    is_drawn: Callable[[int], bool]


def is_plain(words: Sequence[Span], glyphs: Glyphs) -> bool:
    """Whether the letters of each word are of one size, side by side at their full width; other signs may reach beyond theirs."""
    text, lefts, rights, heights = glyphs.text, glyphs.lefts, glyphs.rights, glyphs.heights
    return all(
        abs(lefts[at + 1] - rights[at]) <= _EXACTLY * heights[at] >= abs(heights[at + 1] - heights[at])
        for start, end in words
        for at in range(start, end - 1)
        if text[at].isalnum() and text[at + 1].isalnum()
    )


def respaced(words: list[Span], glyphs: Glyphs) -> list[Span]:
    """The words of a page's text, those that were parted or glued together by a wrong guess put right.

    A word that is put together spans the spaces between its parts.
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
    """The words that go on in the next one: no space is drawn between them, nor is there room for one."""
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
    """By word, the characters before which it has room for a space; none where its letters all stand apart."""
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
    """Whether the two characters of each pair stand at one height, and where each ends is known.

    Of the letters of a ligature it is not: they have one origin, and share what is drawn.
    """
    xs, depths = glyphs.origins([place for pair in pairs for place in pair])
    return [
        abs(depth - other) < _LEVEL * glyphs.heights[at] and abs(x - glyphs.lefts[at]) < _LEVEL * glyphs.heights[at]
        for (at, _), x, depth, other in zip(pairs, xs[::2], depths[::2], depths[1::2], strict=True)
    ]


def raised_ends(words: Sequence[Span], glyphs: Glyphs) -> dict[int, int]:
    """By word, how many of its last characters are raised and smaller than its first, as marks of notes are.

    The sign of a trademark marks no note.
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
