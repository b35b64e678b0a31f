"""Symbols of many rows as numbers, without a look at each: a day mostly has the symbols of the day before, in their order."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
# A day with more changes than this has another order: the rest of its symbols is looked up one by one.
_CHANGES = 200
# Bytes of a text that is in its view itself.
_SHORT = 12


class Coder:
    """Symbols as numbers, in the order in which they are first met, day by day; `symbols` are what the numbers stand for.

    Rows in any order are coded right, sorted ones quickly.
    """

    def __init__(self) -> None:
        self.symbols: list[str] = []
        self._numbers: dict[str, int] = {}
        self._rows = 0
        self._words, self._codes = np.empty(0, np.uint64), np.empty(0, np.int64)

    def words(self, symbols: pl.Series) -> Words:
        """A chunk of symbols as Arrow's views of them, two words each, the same in any chunk only for the same symbol."""
        if symbols.is_empty():
            return np.empty(0, np.uint64)
        array = symbols.to_arrow(compat_level=pl.CompatLevel.newest())
        found = np.frombuffer(array.buffers()[1], np.uint64)[2 * array.offset : 2 * (array.offset + len(array))]
        length = found[::2].astype(np.uint32)
        if length.max() > _SHORT:  # those views say where the text is in this chunk
            long = np.flatnonzero(length > _SHORT)
            found = found.copy()
            found[2 * long] = self._rows + long + _SHORT + 1
        self._rows += len(symbols)
        return found

    def codes(self, symbols: pl.Series, words: Words, day: slice) -> Ints:
        """The numbers of the symbols of a day in a chunk, of which `words` are the views; the same array where nothing changed.

        Equal symbols have the numbers of the day before, past one that joined or left to the next.
        """
        found: list[Ints | list[int]] = []
        words = words[2 * day.start : 2 * day.stop]
        at, was, many = 0, 0, day.stop - day.start
        for _ in range(_CHANGES):
            same = _same(words[2 * at :], self._words[2 * was :])
            found.append(self._codes[was : was + same])
            at, was = at + same, was + same
            if at == many or was == len(self._codes):
                break
            joined, left = symbols[day.start + at], self.symbols[self._codes[was]]
            if joined <= left:
                found.append([self._number(joined)])
                at += 1
            was += joined >= left
        if at < many or len(found[0]) < len(self._codes):
            rest = [self._number(symbol) for symbol in symbols[day.start + at : day.stop]]
            self._codes = np.concatenate([*found, rest], dtype=np.int64, casting="unsafe")
        self._words = words
        return self._codes

    def _number(self, symbol: str) -> int:
        number = self._numbers.setdefault(symbol, len(self.symbols))
        if number == len(self.symbols):
            self.symbols.append(symbol)
        return number


def _same(one: Words, other: Words) -> int:
    """How many symbols are the same from the first on."""
    many = min(len(one), len(other))
    apart = one[:many] != other[:many]
    first = int(apart.argmax()) if many else 0
    return first // 2 if many and apart[first] else many // 2
