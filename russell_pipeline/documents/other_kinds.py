"""Names what people take for a document of an index and that is none of those that are read: factsheets, symbols alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.model import Page

_FACTSHEET = re.compile(r"(?:\w+ )?fact[ -]?sheets?(?:\W.{0,60})?", re.IGNORECASE)
# What factsheets say of an index. Lists and schedules say none of it, and ground rules are longer than a factsheet.
_FIGURES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\btop (?:10|ten|five|5)\b.{0,20}\b(?:holdings|constituents|companies|names)\b",
        r"\bperformance (?:and|&) volatility\b|\byear performance\b|\byear-on-year\b|\bannuali[sz]ed\b|\btotal return\b",
        r"\b(?:volatility|drawdown|tracking error|standard deviation|return/risk|sharpe)\b",
        r"\b(?:index|fundamental|portfolio) (?:characteristics|statistics|attributes)\b",
        r"\bdividend yield\b|\bprice\s?/\s?(?:book|earnings)\b|\bp/[eb]\b",
        r"\b(?:sector|supersector|industry) (?:breakdown|weights?|weightings|allocation)\b|\beconomic sectors\b",
    )
)
_LONGEST_FACTSHEET = 8  # pages
_ENOUGH_FIGURES = 3

_SYMBOL = re.compile(r"(?:[A-Z]+:)?[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
_NUMBER = re.compile(r"[$+-]?\d[\d.,]*%?")
_PARTED = re.compile(r"[\s,;|\"'\[\]{}()]+")
# At least this many symbols, on this share of the lines, and this share of them different: words of names come again.
_FEW_SYMBOLS, _MOST_LINES, _MOST_DIFFERENT = 4, 0.9, 0.9
_LONGEST_TOP = 2  # lines above the symbols: a title and a head


def is_factsheet(pages: Sequence[Page]) -> bool:
    """Whether a document gives figures of an index, such as its performance, and a few of its members, as factsheets do."""
    if len(pages) > _LONGEST_FACTSHEET:
        return False
    text = "\n".join(line.text for page in pages for line in page.lines)
    figures = sum(figure.search(text) is not None for figure in _FIGURES)
    named = any(_FACTSHEET.fullmatch(line.text.strip()) for page in pages[:1] for line in page.lines)
    return figures >= (1 if named else _ENOUGH_FIGURES)


def is_of_symbols_alone(pages: Sequence[Page]) -> bool:
    """Whether a document lists symbols, perhaps with numbers, and no names of companies."""
    lines = [_symbols_alone(line.text) for page in pages for line in page.lines if line.text.strip()]
    top = next((at for at, found in enumerate(lines) if found), 0)
    below = lines[min(top, _LONGEST_TOP) :]
    symbols = [symbol for found in below for symbol in found]
    return (
        len(symbols) >= _FEW_SYMBOLS
        and sum(map(bool, below)) >= _MOST_LINES * len(below)
        and len(set(symbols)) >= _MOST_DIFFERENT * len(symbols)
    )


def _symbols_alone(text: str) -> list[str]:
    """The symbols of a line that holds nothing else but numbers, empty for other lines."""
    cells = [cell for cell in _PARTED.split(text) if cell]
    if not all(_SYMBOL.fullmatch(cell) or _NUMBER.fullmatch(cell) for cell in cells):
        return []
    symbols = [cell for cell in cells if not _NUMBER.fullmatch(cell)]
    words = vocabulary.legal_forms() | vocabulary.class_words()
    return [] if words.intersection(symbols[1:]) else symbols
