"""The columns of a list: how a line divides into their cells."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, takewhile

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.model import Line, Word
from russell_pipeline.wording import counted

SYMBOL = re.compile(r"(?!N/A$)[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
# In a cell of its own a symbol may also part its class from it by a space.
_SYMBOL_CELL = re.compile(r"(?!N/A$)[A-Z]{1,5}(?:[./-][A-Z]{1,2}| [A-Z])?")
WIDE_GAP = re.compile(r"\S\s{2,}\S")
_GAP = re.compile(r"\s{2,}")
_LOWER = re.compile(r"[a-z]{2}")

# A word belongs to a column when it starts no further left of it than this (points, or characters of a text file).
NEAR = 1.5
# A letter of a class follows its symbol after this many points for each letter of the symbol, and a space; so does a word of a
# name the one before it, after the most.
_LEAST_LETTER, _MOST_LETTER, _MOST_SPACE = 3.0, 10.0, 6.0
# Lists cut names at 23 or 24 characters, so that "CL" may end one that is about as long.
_CUT = 22
# Symbols that are centred or stand to the right start this near to where the middle one of them does.
_SPREAD = 36.0

Cells = list[str | None]
_NO_CLASSIFICATION = "the classification column is empty"


@dataclass(frozen=True)
class Columns:
    """The columns of a list: what each pair of them holds, in order (`fields`), and where each column starts (`starts`).

    `mode` is how a line is divided: `tabs`; `starts`, where cells begin at their columns; `gaps`, where two spaces or more
    part as many cells as there are columns, wherever these stand; `anchored`, where a cell is
    known from the right by what it can be, as in text with single spaces or in centred columns. Where names `run_over`, what
    follows a symbol in its column is the end of a name too long for its own. `positioned` columns are those of a PDF.

    `tab_cells` says which of the cells between tabs each column is. `skipped` are heads that name nothing known, with the place
    (or cell) where their columns start: what stands in these is left out. In text whose cells are known from the right,
    symbols keep `apart` from names: by `gaps` of two spaces or more, or as they reach into their `column`; in a PDF they start
    near `symbols_about`, one place for each pair. In `capitals` are the names of most texts: a sentence is none of them.
    """

    fields: tuple[str, ...]
    starts: tuple[float, ...]
    mode: str
    run_over: bool = False
    positioned: bool = False
    tab_cells: tuple[int, ...] = ()
    skipped: tuple[tuple[float, str], ...] = ()
    apart: str | None = None
    symbols_about: tuple[float, ...] = ()
    capitals: bool = False

    def from_the_right(self) -> Columns:
        """The same columns, their cells told apart by what they can be; names must come first."""
        return replace(self, mode="anchored")

    def between_gaps(self) -> Columns:
        """The same columns, their cells parted by gaps."""
        return replace(self, mode="gaps")

    def running_over(self) -> Columns:
        """The same columns, of names that may run over into the symbols."""
        return replace(self, run_over=True)

    @property
    def pairs(self) -> int:
        return len(self.starts) // len(self.fields)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What each column holds."""
        return self.fields * self.pairs

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
        """The cells of a row, or why the line is not one (None where nothing about it looks like a row).

        Tabs bound cells whatever the header has.
        """
        placed = self._divide(line)
        return None if self.capitals and isinstance(placed, list) and not self.in_capitals(placed) else placed

    def in_capitals(self, cells: Cells) -> bool:
        """Whether no name among the cells of a line has a word as those of sentences."""
        return not any(has_lower_case(name) for name in cells[self.company :: len(self.fields)] if name)

    def _divide(self, line: Line) -> Cells | str | None:
        if not self.positioned and (self.mode == "tabs" or "\t" in line.text.strip()):
            return self._place_tabbed(line)
        if self.mode == "starts":
            return self._place_at_starts(line.words)
        if self.mode == "gaps":
            return self._place_in_gaps(line)
        return self._place_anchored(line.words)

    def parts(self, line: Line) -> Cells | None:
        """What stands in each column, whether or not it is a row; None where words stand left of all columns."""
        if self.mode != "starts" or not line.words or line.words[0].x < self.starts[0] - NEAR:
            return None
        bounds = [*(bisect_left(line.words, bound) for bound in self._bounds), len(line.words)]
        return [" ".join(word.text for word in line.words[first:end]) or None for first, end in pairwise(bounds)]

    def begins(self, line: Line) -> bool:
        """Whether a line begins where a column does, as the raised figure of a note does not."""
        return any(abs(line.words[0].x - start) < NEAR for start in self.starts)

    def holds_texts(self, line: Line) -> bool:
        """Whether what stands in each column is one text, whose words go on from one another."""
        bounds = [*(bisect_left(line.words, bound) for bound in self._bounds), len(line.words)]
        return all(_go_on(line.words[first:end]) for first, end in pairwise(bounds))

    def is_one_text(self, line: Line) -> bool:
        """Whether the words of a line go on from one another across all columns."""
        return _go_on(line.words)

    def reads_as_row(self, line: Line) -> bool:
        """Whether a line would be a row by what its words can be, wherever they stand: a name in capitals, then a symbol.

        Of two rows side by side the first tells.
        """
        texts = [word.text for word in line.words]
        capitals = len(list(takewhile(lambda text: not has_lower_case(text), texts)))
        if "classification" in self.fields and capitals > 1 and _is_classified(texts, capitals - 1):
            return True
        placed = _from_the_right(texts, self.fields)
        return isinstance(placed, dict) and len(placed["company"].split()) < capitals

    def is_set_as_row(self, line: Line) -> bool:
        """Whether a line reads as a row, and is short and set with gaps as those of lists are, or in single spaces as all are."""
        if not self.reads_as_row(line):
            return False
        gaps = (
            not _go_on(line.words) if self.positioned else self.mode == "anchored" or WIDE_GAP.search(line.text.strip())
        )
        return bool(gaps or "\t" in line.text.strip())

    @cached_property
    def _bounds(self) -> list[tuple[float]]:
        return [(start - NEAR,) for start in self.starts]

    def _place_at_starts(self, words: list[Word]) -> Cells | str | None:
        if self.skipped:
            kept = self._without_skipped(words)
            if isinstance(kept, str):
                return kept
            words = kept
        bounds = [bisect_left(words, bound) for bound in self._bounds]
        if bounds[0]:
            return None  # a word stands left of all columns
        bounds.append(len(words))
        texts = [word[1] for word in words]
        cells: Cells = []
        for pair in self._pairs:
            if bounds[pair.start] == bounds[pair.stop]:
                cells.extend([None] * len(pair))
                continue
            placed: Cells = []
            for column in pair:
                first, end = bounds[column], bounds[column + 1]
                if first == end:
                    return f"the {self.fields[column - pair.start]} column is empty"
                if self.run_over and column - pair.start == self.symbol > self.company and end - first > 1:
                    placed.append(self._give_back(words[first - 1 : end], self.starts[column], placed))
                elif words[first][0] - self.starts[column] > NEAR:
                    return None
                else:
                    placed.append(texts[first] if end - first == 1 else " ".join(texts[first:end]))
            if reason := self.misfit(placed):
                return reason
            symbol = placed[self.symbol] or ""
            if " " in symbol and not self._is_class(words[bounds[pair.start + self.symbol] :]):
                return f"{symbol!r} is not a symbol"
            cells += placed
        return cells

    @cached_property
    def _pairs(self) -> list[range]:
        """The columns of each pair."""
        width = len(self.fields)
        return [range(first, first + width) for first in range(0, len(self.starts), width)]

    def _is_class(self, words: Sequence[Word]) -> bool:
        """Whether a symbol and the letter after it stand as near as a class stands to its symbol."""
        letters, step = len(words[0].text), words[1].x - words[0].x
        if not self.positioned:
            return step == letters + 1
        return _LEAST_LETTER * letters <= step <= _MOST_LETTER * letters + _MOST_SPACE

    def _without_skipped(self, words: list[Word]) -> list[Word] | str:
        """The words that stand in known columns, or why some stand neither in these nor in one that is left out."""
        starts = sorted([(start, "") for start in self.starts] + list(self.skipped))
        kept: list[Word] = []
        bounds = [*(bisect_left(words, (start - NEAR,)) for start, _ in starts), len(words)]
        kept += words[: bounds[0]]
        for (start, name), (first, end) in zip(starts, pairwise(bounds), strict=True):
            if not name:
                kept += words[first:end]
            elif first < end and words[first].x - start > NEAR:
                return f"{words[first].text!r} stands askew of the column {name!r}"
        return kept

    def _give_back(self, words: list[Word], start: float, placed: Cells) -> str:
        """The symbol among the words in its column, which follow the last one of the name; others are the end of that name.

        All of them where what stands beside the symbol does not go on from the name.
        """
        last, *inside = words
        printed = " ".join(word.text for word in inside)
        if _SYMBOL_CELL.fullmatch(printed) and self._is_class(inside):
            return printed
        symbol = min(inside, key=lambda word: abs(word.x - start))
        rest = [word for word in inside if word is not symbol]
        if not _go_on([last, *rest]):
            return printed
        placed[self.company] = " ".join([placed[self.company] or "", *(word.text for word in rest)])
        return symbol.text

    def _place_tabbed(self, line: Line) -> Cells | str | None:
        parts = [part.strip() for part in line.text.split("\t")]
        while parts and not parts[-1]:
            parts.pop()
        if len(parts) < 2:
            return "the other cells are empty" if parts and "\t" in line.text and not has_lower_case(parts[0]) else None
        width = len(self.fields)
        columns = self.tab_cells or tuple(range(len(self.starts)))
        reason = None
        if stray := {at for at, part in enumerate(parts) if part} - {*columns, *(int(at) for at, _ in self.skipped)}:
            reason = f"{counted(len(parts), 'cell')} where the header has {len(self.starts)}"
            reason = reason if max(stray) > columns[-1] else f"{parts[min(stray)]!r} stands under no head"
        cells: Cells = [parts[at] if at < len(parts) else "" for at in columns]
        placed = reason or self._pairs_of_cells(cells)
        full: Cells = [part for part in parts if part]
        # Several tabs may do for one where they are there to align.
        if isinstance(placed, str) and self.pairs == 1 and not self.skipped and len(full) == width:
            aligned = self._pairs_of_cells(full)
            return placed if isinstance(aligned, str) else aligned
        return placed

    def _place_in_gaps(self, line: Line) -> Cells | str | None:
        """The cells of a line between gaps; those of the first pairs alone where it begins as such lines do."""
        cells: Cells = [*_GAP.split(line.text.strip())]
        lacking = len(self.starts) - len(cells)
        if lacking < 0 or lacking % len(self.fields) or (lacking and line.words[0].x > self.starts[0] + NEAR):
            return "its cells cannot be told apart" if is_row_like([word.text for word in line.words]) else None
        return self._pairs_of_cells([*cells, *[""] * lacking])

    def _pairs_of_cells(self, cells: Cells) -> Cells | str:
        """The cells of pairs, None for those of an empty pair, or why a pair is not a row."""
        width = len(self.fields)
        found: Cells = []
        for pair in range(0, len(cells), width):
            placed = cells[pair : pair + width]
            if not any(placed):
                found.extend([None] * width)
                continue
            reason = self.misfit(placed)
            if reason:
                return reason
            found += placed
        return found

    def misfit(self, cells: Cells) -> str | None:
        """Why cells that stand in their columns are not a row."""
        if not cells[self.company]:
            return "the company column is empty"
        symbol = cells[self.symbol] or ""
        if not _SYMBOL_CELL.fullmatch(symbol):
            return f"{symbol!r} is not a symbol" if symbol else "the symbol column is empty"
        if self.classification is not None and cells[self.classification] not in words_of.classifications():
            kind = cells[self.classification]
            return f"{kind!r} is not a sector or industry of any known taxonomy" if kind else _NO_CLASSIFICATION
        return None

    def _place_anchored(self, words: Sequence[Word]) -> Cells | str | None:
        if self.company != 0:
            return None
        if self.pairs > 1 and not self.positioned:
            return (
                "rows side by side cannot be told apart by single spaces"
                if is_row_like([word.text for word in words])
                else None
            )
        width = len(self.fields)
        company_starts = self.starts[::width]
        segments: list[list[Word]] = [[] for _ in company_starts]
        pair = 0
        for word in words:
            while pair + 1 < len(company_starts) and word.x >= company_starts[pair + 1] - NEAR:
                pair += 1
            segments[pair].append(word)
        cells: Cells = []
        for pair, segment in enumerate(segments):
            if not segment:
                cells.extend([None] * width)
                continue
            placed = _from_the_right([word.text for word in segment], self.fields)
            if not isinstance(placed, dict):
                nameless = self.apart and not any(has_lower_case(word.text) for word in segment)
                return placed or ("nothing in it is a symbol" if nameless else None)
            if (self.apart or self.symbols_about) and not self._keeps_apart(segment, placed, pair):
                return f"{placed['symbol']!r} does not stand in the symbol column"
            cells.extend(placed[name] for name in self.fields)
        return cells

    def _keeps_apart(self, words: Sequence[Word], placed: dict[str, str], pair: int) -> bool:
        """Whether a symbol known from the right keeps apart as those of the list do: in its column, or between gaps."""
        at = len(placed["company"].split())
        before, symbol = words[at - 1], words[at]
        if self.symbols_about:
            return abs(symbol.x - self.symbols_about[pair]) < _SPREAD
        if self.apart == "column":
            start = self.starts[self.symbol]
            return end_of(symbol) > start and end_of(before) <= start
        cells = [i for i in range(1, at) if words[i].x - end_of(words[i - 1]) > 1]
        if any(SYMBOL.fullmatch(words[i].text) and (i + 1 in cells or i + 1 == at) for i in cells):
            return False  # there are two that may be the symbol
        return symbol.x - end_of(before) > 1 and (at + 1 == len(words) or words[at + 1].x - end_of(symbol) > 1)


def _go_on(words: Sequence[Word]) -> bool:
    """Whether words of a PDF follow one another as those of one text."""
    return all(word.x - before.x <= (len(before.text) + 1) * _MOST_LETTER for before, word in pairwise(words))


def end_of(word: Word) -> float:
    """Where a word of a text file ends."""
    return word.x + len(word.text)


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
    name = " ".join(texts[: end - 1])
    if len(texts[end - 1]) == 1 and texts[end - 2] in words_of.class_words() and len(name) < _CUT:
        return f"'{texts[end - 2]} {texts[end - 1]}' names a class: the symbol seems to be missing"
    if "classification" in placed and _holds_row(texts[: end - 1]):
        return "it seems to hold two rows"
    return placed | {"symbol": texts[end - 1], "company": name}


def _holds_row(texts: Sequence[str]) -> bool:
    """Whether a name holds a symbol and a classification, as a row does."""
    return any(_is_classified(texts, at) for at in range(1, len(texts) - 1) if has_lower_case(texts[at + 1]))


def _is_classified(texts: Sequence[str], at: int) -> bool:
    """Whether a word could be a symbol, and a classification follows it."""
    following = (" ".join(texts[at + 1 : at + n]) for n in (2, 3, 4))
    return SYMBOL.fullmatch(texts[at]) is not None and any(text in words_of.classifications() for text in following)


def is_symbol(cell: str) -> bool:
    """Whether a cell of its own holds a symbol."""
    return _SYMBOL_CELL.fullmatch(cell) is not None


def has_lower_case(text: str) -> bool:
    """Whether a word is written as words of a sentence are, not as names of companies in a list."""
    return bool(_LOWER.search(text))


def is_row_like(texts: Sequence[str]) -> bool:
    """Whether words could be a row that was misread: a name in capitals or figures, and a symbol after it."""
    return len(texts) > 1 and not has_lower_case(texts[0]) and any(SYMBOL.fullmatch(text) for text in texts[1:])
