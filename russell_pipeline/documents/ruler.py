"""How wide words are on a page, which tells where columns and paragraphs end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import quantiles

from russell_pipeline.documents.model import Line

# Widths of Helvetica by class of character, in ems: enough to estimate where a word ends from where it starts.
_NARROW, _WIDE = frozenset(" iIljtfr.,;:'|!()[]/-’‘"), frozenset("mwMW@%—…")
_ALIKE = str.maketrans("123456789", "000000000")
_FEW_SIZES = 4


class Ruler:
    """How wide words are on a page: in characters for text files, else estimated from where words start."""

    def __init__(self, lines: Iterable[Line]) -> None:
        positioned = [line for line in lines if line.y is not None]
        self.is_text = not positioned
        # Of proportional and typewriter type, the one whose sizes agree better.
        found = [_usual_size(positioned, ems) for ems in (_ems, _typewriter_ems)]
        (_, self.size), self._ems = min(zip(found, (_ems, _typewriter_ems), strict=True), key=lambda pair: pair[0])
        if self.is_text:
            self.size = 1.0
        self.space = 1.0 if self.is_text else self._ems(" ") * self.size
        # How far widths may be off.
        self.slack = 0.0 if self.is_text else 2 * self.size

    def width(self, text: str) -> float:
        """The width of a word, in characters or in points."""
        return float(len(text)) if self.is_text else self._ems(text) * self.size

    def size_of(self, line: Line) -> float:
        """The size of a line's type: the usual one, unless even its closest words are set wide, as in larger type."""
        sizes = _sizes(line, self._ems)
        tightest = min(sizes, default=self.size)
        least = 1.15 if len(sizes) > 3 else 1.25  # few words are less certain
        return self.size if self.is_text or not least < tightest / self.size < 2.6 else tightest

    def right_edge(self, line: Line) -> float:
        """Where the last word of a line ends."""
        return line.words[-1].x + self.width(line.words[-1].text) if line.words else 0.0


def _usual_size(lines: Sequence[Line], ems: Callable[[str], float]) -> tuple[float, float]:
    """The relative spread and the median of the type sizes that words would have if one space separated them.

    Only the smaller two thirds of the sizes count: they come from distances within phrases, the others from those between
    columns. For the spread each word counts once, whatever its figures: the days of a table agree with any type. With fewer than
    four sizes it is (1.0, 10.0).
    """
    found = [pair for line in lines for pair in _sizes_by_word(line, ems)]
    if len(found) < _FEW_SIZES:
        return 1.0, 10.0
    sizes = sorted(size for _, size in found)
    different = sorted({word.translate(_ALIKE): size for word, size in found}.values())
    low, middle, high = _quarters(different if len(different) >= _FEW_SIZES else sizes)
    return (high - low) / middle, _quarters(sizes)[1]


def _quarters(sizes: Sequence[float]) -> list[float]:
    return quantiles(sizes[: len(sizes) * 2 // 3], n=4)


def _sizes(line: Line, ems: Callable[[str], float]) -> list[float]:
    """The size of type that each pair of neighbouring words would have if one space separated them."""
    return [size for _, size in _sizes_by_word(line, ems)]


def _sizes_by_word(line: Line, ems: Callable[[str], float]) -> Iterator[tuple[str, float]]:
    for word, after in pairwise(line.words):
        if after.x > word.x:
            yield word.text, (after.x - word.x) / (ems(word.text) + ems(" "))


def _ems(text: str) -> float:
    return sum(
        0.28 if c in _NARROW else 0.86 if c in _WIDE else 0.556 if c.isdigit() else 0.68 if c.isupper() else 0.52
        for c in text
    )


def _typewriter_ems(text: str) -> float:
    return 0.6 * len(text)
