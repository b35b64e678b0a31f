"""The columns of a list, and how they divide a line into cells."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, takewhile

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.lists.constants import AT_START, CUT, LEAST_LETTER, MOST_LETTER, MOST_SPACE, NEAR
from russell_pipeline.documents.model import Line, Word
from russell_pipeline.wording import counted

SYMBOL = re.compile(r"(?!N/A$)[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
# In a cell of its own, a symbol may also have a space before its class.
_SYMBOL_CELL = re.compile(r"(?!N/A$)[A-Z]{1,5}(?:[./-][A-Z]{1,2}| [A-Z])?")
WIDE_GAP = re.compile(r"\S\s{2,}\S")
_TAB, _GAP = re.compile(r"\t"), re.compile(r"(?<=\S)\s{2,}")
_LOWER = re.compile(r"[a-z]{2}")


Cells = list[str | None]
_NO_CLASSIFICATION = "the classification column is empty"


@dataclass(frozen=True)
class Columns:
    """The columns of a list: what one pair holds, in order (`fields`), and where each column of each pair starts (`starts`).

    A pair is the two or three columns of one row; a list may have several pairs side by side.

    `mode` is how a line is divided: `tabs`, at tabs; `starts`, where columns start; `gaps`, at two spaces or more, wherever the
    cells stand; `anchored`, from the right by what each cell can be, as in text with single spaces or in centred columns.
    `positioned` columns are those of a PDF. Cells start where their column does, or anywhere in it if it is `ragged`. If names
    `run_over`, other words in a symbol's cell are the end of a name that is too long for its column.

    `tab_cells` are the positions of the columns among the cells between tabs; empty if the cells are the columns in order.
    `skipped` are the unknown heads, with the place (or cell) where their columns start; those columns are left out.
    With `capitals`, as in most texts, a line whose name has lower case is not a row.
    """

    fields: tuple[str, ...]
    starts: tuple[float, ...]
    mode: str
    run_over: bool = False
    positioned: bool = False
    tab_cells: tuple[int, ...] = ()
    skipped: tuple[tuple[float, str], ...] = ()
    ragged: bool = False
    capitals: bool = False

    @property
    def pairs(self) -> int:
        """The number of pairs side by side."""
        return len(self.starts) // len(self.fields)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """What each column holds."""
        return self.fields * self.pairs

    @cached_property
    def company(self) -> int:
        """The place of the names in a pair, from 0."""
        return self.fields.index("company")

    @cached_property
    def symbol(self) -> int:
        """The place of the symbols in a pair, from 0."""
        return self.fields.index("symbol")

    @cached_property
    def classification(self) -> int | None:
        """The place of the classifications in a pair, from 0; None if it has none."""
        return self.fields.index("classification") if "classification" in self.fields else None

    def place(self, line: Line) -> Cells | str | None:
        """The cells of a row, or the reason why the line is not a row; None if nothing about it looks like one.

        In text, a line with tabs is divided at them, whatever the mode.
        """
        placed = self._divide(line)
        return None if self.capitals and isinstance(placed, list) and not self.in_capitals(placed) else placed

    def in_capitals(self, cells: Cells) -> bool:
        """Whether no name among the cells of a line has lower case, as a sentence has."""
        return not any(has_lower_case(name) for name in cells[self.company :: len(self.fields)] if name)

    def _divide(self, line: Line) -> Cells | str | None:
        if not self.positioned and (self.mode == "tabs" or "\t" in line.text.strip()):
            return self._place_apart(line, _TAB)
        if self.mode == "starts":
            return self._place_at_starts(line.words)
        if self.mode == "gaps":
            return self._place_apart(line, _GAP)
        return self._place_anchored(line.words)

    def parts(self, line: Line) -> Cells | None:
        """The text in each column, None where empty, whether or not the line is a row.

        None if the line has no words, if a word stands left of all columns, or if the mode is not `starts`.
        """
        if self.mode != "starts" or not line.words or line.words[0].x < self.starts[0] - NEAR:
            return None
        return [" ".join(word.text for word in cell) or None for cell in self._cut(line.words)]

    def begins(self, line: Line) -> bool:
        """Whether the first word of a line stands at the start of a column; the raised figure of a note does not."""
        return any(abs(line.words[0].x - start) < NEAR for start in self.starts)

    def holds_texts(self, line: Line) -> bool:
        """Whether the words in each column are close enough together to be one text."""
        return all(map(go_on, self._cut(line.words)))

    def _cut(self, words: list[Word]) -> list[list[Word]]:
        """The words of each column; without those left of all columns."""
        bounds = [*(bisect_left(words, bound) for bound in self._bounds), len(words)]
        return [words[first:end] for first, end in pairwise(bounds)]

    def reads_as_row(self, line: Line) -> bool:
        """Whether a line is a row by its words, wherever they stand: a name in capitals, a symbol, any classification.

        If two rows stand side by side, the first decides.
        """
        texts = [word.text for word in line.words]
        capitals = len(list(takewhile(lambda text: not has_lower_case(text), texts)))
        if "classification" in self.fields and capitals > 1 and _is_classified(texts, capitals - 1):
            return True
        placed = _from_the_right(texts, self.fields)
        return isinstance(placed, dict) and len(placed["company"].split()) < capitals

    def rows_among(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that are rows by their words, without those that tabs divide."""
        return [line for line in lines if line.words and "\t" not in line.text.strip() and self.reads_as_row(line)]

    def is_set_as_row(self, line: Line) -> bool:
        """Whether a line reads as a row and is set as one: with gaps or tabs, or, in `anchored` text, with single spaces."""
        apart = (
            not go_on(line.words) if self.positioned else self.mode == "anchored" or WIDE_GAP.search(line.text.strip())
        )
        return bool(apart or "\t" in line.text.strip()) and self.reads_as_row(line)

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
            return None  # some word stands left of all columns
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
                elif (
                    words[first][0] != self.starts[column]
                    and (why := self._why_askew(words, first, column)) is not None
                ):
                    return why or None
                else:
                    placed.append(texts[first] if end - first == 1 else " ".join(texts[first:end]))
            if reason := self.row_fault(placed):
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

    def _why_askew(self, words: list[Word], at: int, column: int) -> str | None:
        """Why a word that begins a cell is askew of its column, empty if it is too far right; None if it is not."""
        off = words[at].x - self.starts[column]
        if self.ragged or abs(off) <= AT_START:
            return None
        if self.positioned and at and go_on(words[at - 1 : at + 1]):
            return f"{words[at].text!r} goes on from the column before"
        return "" if off > NEAR else None

    def _is_class(self, words: Sequence[Word]) -> bool:
        """Whether the second word is as near to the first as a class letter is to its symbol."""
        letters, step = len(words[0].text), words[1].x - words[0].x
        if not self.positioned:
            return step == letters + 1
        return LEAST_LETTER * letters <= step <= MOST_LETTER * letters + MOST_SPACE

    def _without_skipped(self, words: list[Word]) -> list[Word] | str:
        """The words outside the columns that are left out, or the reason if a word stands askew of one of these."""
        starts = sorted([(start, "") for start in self.starts] + list(self.skipped))
        kept: list[Word] = []
        bounds = [*(bisect_left(words, (start - NEAR,)) for start, _ in starts), len(words)]
        kept += words[: bounds[0]]
        for (start, name), (first, end) in zip(starts, pairwise(bounds), strict=True):
            if not name:
                kept += words[first:end]
            elif first < end and not self.ragged and words[first].x - start > NEAR:
                return f"{words[first].text!r} stands askew of the column {name!r}"
        return kept

    def _give_back(self, words: list[Word], start: float, placed: Cells) -> str:
        """The symbol among the words of its column; the others are moved to the end of the name in `placed`.

        `words` are the word before the column and those in it. Returns all words of the column, and moves none, if they are a
        symbol and its class or if the others do not go on from the name.
        """
        last, *inside = words
        printed = " ".join(word.text for word in inside)
        if _SYMBOL_CELL.fullmatch(printed) and self._is_class(inside):
            return printed
        symbol = min(inside, key=lambda word: abs(word.x - start))
        rest = [word for word in inside if word is not symbol]
        if not go_on([last, *rest]):
            return printed
        placed[self.company] = " ".join([placed[self.company] or "", *(word.text for word in rest)])
        return symbol.text

    def _place_apart(self, line: Line, between: re.Pattern[str]) -> Cells | str | None:
        """The cells of a line between tabs or gaps; those of the last pairs may be missing."""
        parts = [part.strip() for part in between.split(line.text.rstrip())]
        if len(parts) < 2:
            like_row = not has_lower_case(parts[0]) if "\t" in line.text else is_row_like(parts[0].split())
            return "the other cells are empty" if like_row else None
        columns = self.tab_cells or tuple(range(len(self.starts)))
        if self.mode == "gaps" and len(parts) < len(columns) and line.words[0].x > self.starts[0] + NEAR:
            return "its cells cannot be told apart"
        reason = None
        if stray := {at for at, part in enumerate(parts) if part} - {*columns, *(int(at) for at, _ in self.skipped)}:
            reason = f"{counted(len(parts), 'cell')} where the header has {len(self.starts)}"
            reason = reason if max(stray) > columns[-1] else f"{parts[min(stray)]!r} stands under no head"
        placed = reason or self._pairs_of_cells([parts[at] if at < len(parts) else "" for at in columns])
        full: Cells = [part for part in parts if part]
        # Some texts use several tabs between cells to align them.
        if isinstance(placed, str) and self.pairs == 1 and not self.skipped and len(full) == len(self.fields):
            aligned = self._pairs_of_cells(full)
            return placed if isinstance(aligned, str) else aligned
        return placed

    def _pairs_of_cells(self, cells: Cells) -> Cells | str:
        """The cells of all pairs, None for each cell of an empty pair; or the reason why a pair is not a row."""
        width = len(self.fields)
        found: Cells = []
        for pair in range(0, len(cells), width):
            placed = cells[pair : pair + width]
            if not any(placed):
                found.extend([None] * width)
                continue
            reason = self.row_fault(placed)
            if reason:
                return reason
            found += placed
        return found

    def row_fault(self, cells: Cells) -> str | None:
        """The reason why the cells of one pair are not a row, None if they are."""
        if not cells[self.company]:
            return "the company column is empty"
        symbol = cells[self.symbol] or ""
        if not _SYMBOL_CELL.fullmatch(symbol):
            return f"{symbol!r} is not a symbol" if symbol else "the symbol column is empty"
        if self.classification is not None and cells[self.classification] not in vocabulary.classifications():
            kind = cells[self.classification]
            return f"{kind!r} is not a sector or industry of any known taxonomy" if kind else _NO_CLASSIFICATION
        return None

    def _place_anchored(self, words: Sequence[Word]) -> Cells | str | None:
        texts = [word.text for word in words]
        if self.company != 0:
            return None
        if self.pairs > 1:
            return "rows side by side cannot be told apart by single spaces" if is_row_like(texts) else None
        placed = _from_the_right(texts, self.fields)
        return [placed[name] for name in self.fields] if isinstance(placed, dict) else placed


def go_on(words: Sequence[Word]) -> bool:
    """Whether words of a PDF are close enough together to be one text."""
    return all(word.x - before.x <= (len(before.text) + 1) * MOST_LETTER for before, word in pairwise(words))


def end_of(word: Word) -> float:
    """Where a word of a text file ends."""
    return word.x + len(word.text)


def _from_the_right(texts: list[str], fields: tuple[str, ...]) -> dict[str, str] | str | None:
    """The cells of a row by field, found by what they can be, or the reason why it is not a row, or None if not like one.

    The text ends in the longest known classification, if the fields have one; before it stands a symbol, and then a name.
    """
    end = len(texts)
    placed: dict[str, str] = {}
    if "classification" in fields:
        for length in range(min(4, end - 2), 0, -1):
            tail = " ".join(texts[end - length :])
            if tail in vocabulary.classifications():
                placed["classification"] = tail
                end -= length
                break
        else:
            return "it does not end in a sector or industry of any known taxonomy" if is_row_like(texts) else None
    if end < 2:
        return None
    if not SYMBOL.fullmatch(texts[end - 1]):
        return f"{texts[end - 1]!r} is not a symbol" if placed or is_row_like(texts) else None
    if texts[end - 1] in vocabulary.legal_forms() and texts[end - 2] not in vocabulary.legal_forms():
        return f"{texts[end - 1]!r} ends a name: its symbol seems to be missing"
    name = " ".join(texts[: end - 1])
    if len(texts[end - 1]) == 1 and texts[end - 2] in vocabulary.class_words() and len(name) < CUT:
        return f"'{texts[end - 2]} {texts[end - 1]}' names a class: the symbol seems to be missing"
    if "classification" in placed and _holds_row(texts[: end - 1]):
        return "it seems to hold two rows"
    return placed | {"symbol": texts[end - 1], "company": name}


def _holds_row(texts: Sequence[str]) -> bool:
    """Whether a name holds a symbol and a classification, as a row does."""
    return any(_is_classified(texts, at) for at in range(1, len(texts) - 1) if has_lower_case(texts[at + 1]))


def _is_classified(texts: Sequence[str], at: int) -> bool:
    """Whether the word at position `at` could be a symbol and a classification of up to three words follows it."""
    following = (" ".join(texts[at + 1 : at + n]) for n in (2, 3, 4))
    return SYMBOL.fullmatch(texts[at]) is not None and any(text in vocabulary.classifications() for text in following)


def is_symbol(cell: str) -> bool:
    """Whether a cell of its own holds a symbol."""
    return _SYMBOL_CELL.fullmatch(cell) is not None


def has_lower_case(text: str) -> bool:
    """Whether a text has two lower-case letters together, as sentences have and the names in most lists have not."""
    return bool(_LOWER.search(text))


def is_row_like(texts: Sequence[str]) -> bool:
    """Whether words could be a row that was misread: a name in capitals or figures, and a symbol after it."""
    return len(texts) > 1 and not has_lower_case(texts[0]) and any(SYMBOL.fullmatch(text) for text in texts[1:])
