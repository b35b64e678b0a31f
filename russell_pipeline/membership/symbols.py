"""Symbols as different sources spell them: one key for BRK.B (Russell), BRKB (iShares) and BRK-B (Yahoo)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import polars as pl

SEPARATORS = "[./ -]"
_SEPARATORS = re.compile(SEPARATORS)


def symbol_key(symbol: str) -> str:
    """A symbol without the separator of its share class: `BRKB` for BRK.B, BRK-B, BRK/B and BRKB."""
    return _SEPARATORS.sub("", symbol.upper())


def symbol_keys(symbols: pl.Expr) -> pl.Expr:
    """The keys of a column of symbols."""
    return symbols.str.to_uppercase().str.replace_all(SEPARATORS, "")


class Spellings:
    """The keys of symbols, given the lists that they are in: two symbols side by side in one list are never one security.

    If a list has both BFA and BF.A, each keeps its own spelling as its key.
    """

    def __init__(self, lists: Iterable[Iterable[str]] = ()) -> None:
        self._apart: set[str] = set()
        for symbols in lists:
            by_key: dict[str, set[str]] = defaultdict(set)
            for symbol in symbols:
                by_key[symbol_key(symbol)].add(symbol)
            self._apart |= {key for key, spelled in by_key.items() if len(spelled) > 1}

    @property
    def apart(self) -> frozenset[str]:
        """The keys (`symbol_key`) that several symbols of one list share: BFA of BFA and BF.A, which are two securities."""
        return frozenset(self._apart)

    def key(self, symbol: str) -> str:
        """The key of a symbol."""
        key = symbol_key(symbol)
        return _SEPARATORS.sub(".", symbol.upper()) if key in self._apart else key


def preferred_spelling(symbols: Iterable[str]) -> str:
    """The spelling to show: the one with a dot before the share class, as the index provider prints it."""
    return min(symbols, key=lambda symbol: ("." not in symbol, symbol))
