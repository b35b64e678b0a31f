"""The columns of a list: how its heads name them, where they start, and how a line divides into their cells."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.model import Line, Word

SYMBOL = re.compile(r"[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
_LOWER = re.compile(r"[a-z]{2}")

# A word belongs to a column when it starts no further left of it than this (points, or characters of a text file).
_NEAR = 1.5
# Words of one column that is set to the left start within this of each other.
_AT_START = 0.5
# A column is at least this wide, and starts no further right of its head than the second.
_LEAST_WIDTH = 10.0
_FAR = 60.0

Cells = list[str | None]


@dataclass(frozen=True)
class Columns:
    """The columns of a list: what each pair of them holds, in order (`fields`), and where each column starts (`starts`).

    `mode` is how a line is divided: `tabs`; `starts`, where cells begin at their columns; `anchored`, where a cell is
    known from the right by what it can be, as in text with single spaces or in centred columns. Where names `run_over`, what
    follows a symbol in its column is the end of a name too long for its own.
    """

    fields: tuple[str, ...]
    starts: tuple[float, ...]
    mode: str
    run_over: bool = False

    def from_the_right(self) -> Columns:
        """The same columns, their cells told apart by what they can be; names must come first."""
        return replace(self, mode="anchored")

    def running_over(self) -> Columns:
        """The same columns, of names that may run over into the symbols."""
        return replace(self, run_over=True)

    @property
    def pairs(self) -> int:
        return len(self.starts) // len(self.fields)

    @cached_property
    def company(self) -> int:
        return self.fields.index("company")

    @cached_property
    def symbol(self) -> int:
        return self.fields.index("symbol")

    @cached_property
    def classification(self) -> int | None:
        return self.fields.index("classification") if "classification" in self.fields else None

    def place(self, line: Line) -> Cells | str | None:
        """The cells of a row, or why the line is not one (None where nothing about it looks like a row)."""
        if self.mode == "tabs":
            return self._place_tabbed(line)
        if self.mode == "starts":
            return self._place_at_starts(line.words)
        return self._place_anchored(line.words)

    def reads_as_row(self, line: Line) -> bool:
        """Whether a line would be a row by what its words can be, wherever they stand: a name in capitals, then a symbol."""
        texts = [word.text for word in line.words]
        placed = _from_the_right(texts, self.fields)
        return isinstance(placed, dict) and not any(has_lower_case(text) for text in placed["company"].split())

    @cached_property
    def _bounds(self) -> list[tuple[float]]:
        return [(start - _NEAR,) for start in self.starts]

    def _place_at_starts(self, words: list[Word]) -> Cells | str | None:
        bounds = [bisect_left(words, bound) for bound in self._bounds]
        if bounds[0]:
            return None  # a word stands left of all columns
        bounds.append(len(words))
        texts = [word[1] for word in words]
        width = len(self.fields)
        cells: Cells = []
        for pair in range(0, len(self.starts), width):
            if bounds[pair] == bounds[pair + width]:
                cells.extend([None] * width)
                continue
            placed: Cells = []
            for column in range(pair, pair + width):
                first, end = bounds[column], bounds[column + 1]
                if first == end:
                    return f"the {self.fields[column - pair]} column is empty"
                if self.run_over and column - pair == self.symbol > self.company and end - first > 1:
                    placed.append(self._give_back(words[first:end], self.starts[column], placed))
                elif words[first][0] - self.starts[column] > _NEAR:
                    return None
                else:
                    placed.append(" ".join(texts[first:end]))
            reason = self._misfit(placed)
            if reason:
                return reason
            cells += placed
        return cells

    def _give_back(self, inside: list[Word], start: float, placed: Cells) -> str:
        """The symbol among the words that stand in its column; the others are the end of a name too long for its own."""
        symbol = min(inside, key=lambda word: abs(word.x - start))
        rest = [word.text for word in inside if word is not symbol]
        placed[self.company] = " ".join([placed[self.company] or "", *rest])
        return symbol.text

    def _place_tabbed(self, line: Line) -> Cells | str | None:
        parts = [part.strip() for part in line.text.split("\t")]
        while parts and not parts[-1]:
            parts.pop()
        if len(parts) < 2:
            return None
        width = len(self.fields)
        if len(parts) % width or len(parts) > max(len(self.starts), width):
            return f"{len(parts)} cells where the header has {len(self.starts)}"
        cells: Cells = []
        for pair in range(0, len(parts), width):
            placed: Cells = list(parts[pair : pair + width])
            if not any(placed):
                cells.extend([None] * width)
                continue
            reason = self._misfit(placed)
            if reason:
                return reason
            cells += placed
        return cells

    def _misfit(self, cells: Cells) -> str | None:
        """Why cells that stand in their columns are not a row."""
        if not cells[self.company]:
            return "the company column is empty"
        if not SYMBOL.fullmatch(cells[self.symbol] or ""):
            return f"{cells[self.symbol]!r} is not a symbol"
        if self.classification is not None and cells[self.classification] not in words_of.classifications():
            return f"{cells[self.classification]!r} is not a sector or industry of any known taxonomy"
        return None

    def _place_anchored(self, words: Sequence[Word]) -> Cells | str | None:
        if self.company != 0:
            return None
        width = len(self.fields)
        company_starts = self.starts[::width]
        segments: list[list[Word]] = [[] for _ in company_starts]
        pair = 0
        for word in words:
            while pair + 1 < len(company_starts) and word.x >= company_starts[pair + 1] - _NEAR:
                pair += 1
            segments[pair].append(word)
        cells: Cells = []
        for segment in segments:
            if not segment:
                cells.extend([None] * width)
                continue
            placed = _from_the_right([word.text for word in segment], self.fields)
            if not isinstance(placed, dict):
                return placed
            cells.extend(placed[name] for name in self.fields)
        return cells


def _from_the_right(texts: list[str], fields: tuple[str, ...]) -> dict[str, str] | str | None:
    """Cells found by what they can be: the longest classification that ends the text, a symbol before it, a name before that."""
    end = len(texts)
    placed: dict[str, str] = {}
    if "classification" in fields:
        for length in range(min(4, end - 2), 0, -1):
            tail = " ".join(texts[end - length :])
            if tail in words_of.classifications():
                placed["classification"] = tail
                end -= length
                break
        else:
            return "it does not end in a sector or industry of any known taxonomy" if is_row_like(texts) else None
    if end < 2:
        return None
    if not SYMBOL.fullmatch(texts[end - 1]):
        return f"{texts[end - 1]!r} is not a symbol" if placed or is_row_like(texts) else None
    if texts[end - 1] in words_of.legal_forms() and texts[end - 2] not in words_of.legal_forms():
        return f"{texts[end - 1]!r} ends a name: its symbol seems to be missing"
    return placed | {"symbol": texts[end - 1], "company": " ".join(texts[: end - 1])}


def has_lower_case(text: str) -> bool:
    """Whether a word is written as words of a sentence are, not as names of companies in a list."""
    return bool(_LOWER.search(text))


def is_row_like(texts: Sequence[str]) -> bool:
    """Whether words could be a row that was misread: a name in capitals or figures, and a symbol after it."""
    return len(texts) > 1 and not has_lower_case(texts[0]) and any(SYMBOL.fullmatch(text) for text in texts[1:])


# --- column heads ---------------------------------------------------------------------------------------------------


def _head_kinds(line: Line) -> list[tuple[float, str]] | None:
    """The columns that a line heads (x, kind), None where it is not part of a header."""
    known = words_of.header_words()
    words = line.words
    if not words or (words[0][1] not in known and (len(words) == 1 or words[1][1] not in known)):
        return None
    heads: list[tuple[float, str]] = []
    before: float | None = None
    strange = 0
    for x, text in words:
        kind = known.get(text.rstrip("*:.").title())
        if kind is None:
            strange += 1
        elif kind == "before":
            before = x if before is None else before
            continue
        elif kind != "after" and not (heads and heads[-1][1] == kind and x - heads[-1][0] < 60):
            heads.append((x if before is None else before, kind))
        before = None
    if not heads or strange > (2 if {"company", "symbol"} <= {kind for _, kind in heads} else 0):
        return None
    return heads


def headers_of(lines: Sequence[Line]) -> dict[int, Columns]:
    """The columns that each header line of a page begins; head cells may stand on several neighbouring baselines."""
    heads = {at: found for at, line in enumerate(lines) if (found := _head_kinds(line))}
    headers: dict[int, Columns] = {}
    for at in heads:
        if at in headers:
            continue
        neighbours = 1
        while lines[at].y is not None and at + neighbours in heads:
            neighbours += 1
        for taken in range(neighbours, 0, -1):
            columns = _columns(sorted(head for line in range(at, at + taken) for head in heads[line]), lines[at])
            if columns:
                headers.update(dict.fromkeys(range(at, at + taken), columns))
                break
    return headers


def _columns(heads: list[tuple[float, str]], line: Line) -> Columns | None:
    """The columns that heads stand for: company and symbol, or company, symbol and classification, once or repeated."""
    kinds = tuple(kind for _, kind in heads)
    fields = kinds[: kinds.index(kinds[0], 1)] if kinds.count(kinds[0]) > 1 else kinds
    if (
        len(set(fields)) != len(fields)
        or not {"company", "symbol"} <= set(fields)
        or kinds != fields * (len(kinds) // len(fields))
    ):
        return None
    mode = "starts"
    if line.y is None:
        mode = "tabs" if "\t" in line.text else "starts" if re.search(r"\S\s{2,}\S", line.text) else "anchored"
    return Columns(fields, tuple(x for x, _ in heads), mode)


# --- where columns really start -------------------------------------------------------------------------------------


def aligned_symbols(columns: Columns, lines: Iterable[Line]) -> tuple[int, int]:
    """How many pairs begin where names start, and how many of these have a word where symbols start."""
    width = len(columns.fields)
    pairs = list(zip(columns.starts[columns.company :: width], columns.starts[columns.symbol :: width], strict=True))
    begun = aligned = 0
    for line in lines:
        xs = [word.x for word in line.words]
        for company, symbol in pairs:
            if any(abs(x - company) < _AT_START for x in xs):
                begun += 1
                aligned += any(abs(x - symbol) < _AT_START for x in xs)
    return begun, aligned


def as_observed(columns: Columns, lines: Iterable[Line]) -> Columns:
    """Columns at the places where most words of the lines start, for heads that do not stand at the start of their columns.

    Names start at one place, no further right than their head, and so do classifications; symbols start between them, at one
    place too unless they are centred or stand to the right.
    """
    count = Counter(round(2 * word.x) / 2 for line in lines for word in line.words)
    settled: dict[int, float] = {}
    width = len(columns.fields)
    for kind in ("company", "classification", "symbol"):
        for at in (at for at in range(len(columns.starts)) if columns.fields[at % width] == kind):
            head = columns.starts[at]
            left = (
                max([columns.starts[at - 1] if at else -math.inf, *(settled[i] for i in settled if i < at)])
                + _LEAST_WIDTH
            )
            right = min([head + (_NEAR if kind == "company" else _FAR), *(settled[i] for i in settled if i > at)])
            near = [(number, -abs(x - head), x) for x, number in count.items() if left < x < right]
            settled[at] = max(near)[2] if near else head
    return replace(columns, starts=tuple(settled[at] for at in range(len(columns.starts))), mode="starts")
