"""The columns of a list: how its heads name them, where they start, and how a line divides into their cells."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.model import Line, Word

SYMBOL = re.compile(r"(?!N/A$)[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
# In a cell of its own a symbol may also part its class from it by a space.
_SYMBOL_CELL = re.compile(r"(?!N/A$)[A-Z]{1,5}(?:[./-][A-Z]{1,2}| [A-Z])?")
_WIDE_GAP = re.compile(r"\S\s{2,}\S")
_ACCOMPANYING = ("before", "after", "name")
_LOWER = re.compile(r"[a-z]{2}")

# A word belongs to a column when it starts no further left of it than this (points, or characters of a text file).
_NEAR = 1.5
# Words of one column that is set to the left start within this of each other.
_AT_START = 0.5
# A column is at least this wide, and starts no further right of its head than the second.
_LEAST_WIDTH = 10.0
_FAR = 60.0
# A letter of a class follows its symbol after this many points for each letter of the symbol, and a space.
_LEAST_LETTER, _MOST_LETTER, _MOST_SPACE = 3.0, 10.0, 6.0
# Heads of two columns stand further apart than a letter of this many points for each of the first's, and one for the space.
_HEAD_LETTER = 7.0
# Lists cut names at 23 or 24 characters, so that "CL" may end one that is about as long.
_CUT = 22
# Symbols that are centred or stand to the right start this near to where the middle one of them does.
_SPREAD = 36.0
# Of the symbols of a list that is set in columns or with wide gaps, at least this share keep to them.
_MOST = 0.75

Cells = list[str | None]
_NO_CLASSIFICATION = "the classification column is empty"


@dataclass(frozen=True)
class Columns:
    """The columns of a list: what each pair of them holds, in order (`fields`), and where each column starts (`starts`).

    `mode` is how a line is divided: `tabs`; `starts`, where cells begin at their columns; `anchored`, where a cell is
    known from the right by what it can be, as in text with single spaces or in centred columns. Where names `run_over`, what
    follows a symbol in its column is the end of a name too long for its own. `positioned` columns are those of a PDF.

    `tab_cells` says which of the cells between tabs each column is. `skipped` are heads that name nothing known, with the place
    (or cell) where their columns start: what stands in these is left out. In text whose cells are known from the right,
    symbols keep `apart` from names: by `gaps` of two spaces or more, or as they reach into their `column`; in a PDF they start
    near `symbols_about`, one place for each pair.
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
        """The cells of a row, or why the line is not one (None where nothing about it looks like a row).

        Tabs bound cells whatever the header has.
        """
        if not self.positioned and (self.mode == "tabs" or "\t" in line.text.strip()):
            return self._place_tabbed(line)
        if self.mode == "starts":
            return self._place_at_starts(line.words)
        return self._place_anchored(line.words)

    def parts(self, line: Line) -> Cells | None:
        """What stands in each column, whether or not it is a row; None where words stand left of all columns."""
        if self.mode != "starts" or not line.words or line.words[0].x < self.starts[0] - _NEAR:
            return None
        bounds = [*(bisect_left(line.words, bound) for bound in self._bounds), len(line.words)]
        return [" ".join(word.text for word in line.words[first:end]) or None for first, end in pairwise(bounds)]

    def reads_as_row(self, line: Line) -> bool:
        """Whether a line would be a row by what its words can be, wherever they stand: a name in capitals, then a symbol."""
        texts = [word.text for word in line.words]
        placed = _from_the_right(texts, self.fields)
        return isinstance(placed, dict) and not any(has_lower_case(text) for text in placed["company"].split())

    @cached_property
    def _bounds(self) -> list[tuple[float]]:
        return [(start - _NEAR,) for start in self.starts]

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
                    placed.append(self._give_back(words[first:end], self.starts[column], placed))
                elif words[first][0] - self.starts[column] > _NEAR:
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
        bounds = [*(bisect_left(words, (start - _NEAR,)) for start, _ in starts), len(words)]
        kept += words[: bounds[0]]
        for (start, name), (first, end) in zip(starts, pairwise(bounds), strict=True):
            if not name:
                kept += words[first:end]
            elif first < end and words[first].x - start > _NEAR:
                return f"{words[first].text!r} stands askew of the column {name!r}"
        return kept

    def _give_back(self, inside: list[Word], start: float, placed: Cells) -> str:
        """The symbol among the words that stand in its column; the others are the end of a name too long for its own."""
        printed = " ".join(word.text for word in inside)
        if _SYMBOL_CELL.fullmatch(printed) and self._is_class(inside):
            return printed
        symbol = min(inside, key=lambda word: abs(word.x - start))
        rest = [word.text for word in inside if word is not symbol]
        placed[self.company] = " ".join([placed[self.company] or "", *rest])
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
            reason = f"{len(parts)} cells where the header has {len(self.starts)}"
            reason = reason if max(stray) > columns[-1] else f"{parts[min(stray)]!r} stands under no head"
        cells: Cells = [parts[at] if at < len(parts) else "" for at in columns]
        placed = reason or self._pairs_of_cells(cells)
        full: Cells = [part for part in parts if part]
        # Several tabs may do for one where they are there to align.
        if isinstance(placed, str) and self.pairs == 1 and not self.skipped and len(full) == width:
            aligned = self._pairs_of_cells(full)
            return placed if isinstance(aligned, str) else aligned
        return placed

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
            return "rows side by side cannot be told apart" if is_row_like([word.text for word in words]) else None
        width = len(self.fields)
        company_starts = self.starts[::width]
        segments: list[list[Word]] = [[] for _ in company_starts]
        pair = 0
        for word in words:
            while pair + 1 < len(company_starts) and word.x >= company_starts[pair + 1] - _NEAR:
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
            return _end(symbol) > start and _end(before) <= start
        cells = [i for i in range(1, at) if words[i].x - _end(words[i - 1]) > 1]
        if any(SYMBOL.fullmatch(words[i].text) and (i + 1 in cells or i + 1 == at) for i in cells):
            return False  # there are two that may be the symbol
        return symbol.x - _end(before) > 1 and (at + 1 == len(words) or words[at + 1].x - _end(symbol) > 1)


def _end(word: Word) -> float:
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
    return any(
        SYMBOL.fullmatch(texts[at])
        and any(" ".join(texts[at + 1 : at + n]) in words_of.classifications() for n in (2, 3, 4))
        for at in range(1, len(texts) - 1)
        if has_lower_case(texts[at + 1])
    )


def has_lower_case(text: str) -> bool:
    """Whether a word is written as words of a sentence are, not as names of companies in a list."""
    return bool(_LOWER.search(text))


def is_row_like(texts: Sequence[str]) -> bool:
    """Whether words could be a row that was misread: a name in capitals or figures, and a symbol after it."""
    return len(texts) > 1 and not has_lower_case(texts[0]) and any(SYMBOL.fullmatch(text) for text in texts[1:])


# --- column heads ---------------------------------------------------------------------------------------------------


class _Heads(NamedTuple):
    """The heads of a line: the known ones (place, kind, cell between tabs), and the others (place, text).

    `clean` is whether all of its words are those of heads.
    """

    known: list[tuple[float, str, int]]
    strange: list[tuple[float, str]]
    clean: bool = True


def _heads_of(line: Line) -> _Heads | None:
    """The columns that a line heads, None where it is not part of a header."""
    known = words_of.header_words()
    words = line.words
    if not words or (words[0][1] not in known and (len(words) == 1 or words[1][1] not in known)):
        return None
    return _tabbed_heads(line) if line.y is None and "\t" in line.text.strip() else _set_heads(line)


def _tabbed_heads(line: Line) -> _Heads | None:
    """Heads between tabs: a cell is a head where all of its words are."""
    heads = _Heads([], [])
    x = 0
    for at, cell in enumerate(line.text.split("\t")):
        kinds = [words_of.header_words().get(text.rstrip("*:.").title()) for text in cell.split()]
        named = {kind for kind in kinds if kind not in _ACCOMPANYING}
        if not named and "name" in kinds:
            named = {"company"}
        if len(named) == 1 and (kind := named.pop()):
            heads.known.append((float(x), kind, at))
        elif kinds:
            heads.strange.append((float(at), cell.strip()))
        x += len(cell) + 1
    return heads if heads.known else None


def _set_heads(line: Line) -> _Heads | None:
    """Heads that stand side by side. What is no known word is a head of its own where it stands apart from those beside it."""
    known = words_of.header_words()
    words = line.words
    heads = _Heads([], [])
    before: float | None = None
    strange: list[int] = []
    names: list[float] = []
    for at, (x, text) in enumerate(words):
        kind = known.get(text.rstrip("*:.").title())
        if kind is None:
            strange.append(at)
            if _parted(line, at) and _parted(line, at + 1):
                heads.strange.append((x, text))
            elif at == 0 or not (heads.known or names):
                return None
        elif kind == "before":
            before = x if before is None else before
            continue
        elif kind == "name" and (at == 0 or _parted(line, at)):
            names.append(x)
        elif kind not in _ACCOMPANYING and not (
            heads.known and heads.known[-1][1] == kind and x - heads.known[-1][0] < 60
        ):
            heads.known.append((x if before is None else before, kind, 0))
        before = None
    if names and "company" not in (kind for _, kind, _ in heads.known):
        heads.known.extend((x, "company", 0) for x in names)
        heads.known.sort()
    kinds = [kind for _, kind, _ in heads.known]
    if not heads.known or len(strange) > (2 if {"company", "symbol"} <= set(kinds) else 0):
        return None
    if strange and line.y is None and not _WIDE_GAP.search(line.text):
        # Only what ends a row in a known word can be told from what stands under a head that is none.
        return (
            None
            if kinds[-1] != "classification" or strange[0] < len(words) - len(strange)
            else heads._replace(clean=False)
        )
    return heads._replace(clean=not strange)


def _parted(line: Line, at: int) -> bool:
    """Whether word `at` of a line of heads stands apart from the one before it."""
    if at in (0, len(line.words)):
        return True
    before, word = line.words[at - 1], line.words[at]
    if line.y is None:
        return word.x - _end(before) > 1
    return word.x - before.x > (len(before.text) + 1) * _HEAD_LETTER


def headers_of_pages(pages: Sequence[Sequence[Line]]) -> tuple[list[dict[int, Columns]], frozenset[str]]:
    """The headers of each page of a list, as `headers_of`, and those of its headers that hold strange words.

    A row with heads in its name is none: a line with strange words is a header where its heads stand as those of another header
    of a PDF do, or, where all have such words, where it is the first or like the first.
    """
    found = [list(_headers(lines)) for lines in pages]
    flat = [header for headers in found for header in headers]
    clean = {header.columns.starts for header in flat if header.clean}
    if clean:
        allowed = (
            h for h in flat if h.columns.positioned and any(_alike(h.columns.starts, starts) for starts in clean)
        )
        strange = frozenset(header.text for header in allowed if not header.clean)
    else:
        strange = frozenset(header.text for header in flat[:1])
    return [_by_line(headers, strange) for headers in found], strange


def has_heads(lines: Sequence[Line]) -> bool:
    """Whether a page has column heads."""
    return any(True for _ in _headers(lines))


def _alike(starts: Sequence[float], others: Sequence[float]) -> bool:
    return len(starts) == len(others) and all(
        abs(one - other) < _NEAR for one, other in zip(starts, others, strict=True)
    )


def headers_of(lines: Sequence[Line], strange: Container[str] = ()) -> dict[int, Columns]:
    """The columns that each header line of a page begins; head cells may stand on several neighbouring baselines.

    `strange` are the headers that hold other words than heads.
    """
    return _by_line(_headers(lines), strange)


class _Header(NamedTuple):
    """A header: its lines on the page, its columns, how it is printed, and whether all of its words are those of heads."""

    lines: range
    columns: Columns
    text: str
    clean: bool


def _by_line(headers: Iterable[_Header], strange: Container[str]) -> dict[int, Columns]:
    return {
        line: header.columns for header in headers if header.clean or header.text in strange for line in header.lines
    }


def _headers(lines: Sequence[Line]) -> Iterator[_Header]:
    heads = {at: found for at, line in enumerate(lines) if (found := _heads_of(line))}
    end = 0
    for at in heads:
        if at < end:
            continue
        neighbours = 1
        while lines[at].y is not None and at + neighbours in heads:
            neighbours += 1
        for taken in range(neighbours, 0, -1):
            own = [heads[line] for line in range(at, at + taken)]
            columns = _columns(
                sorted(head for one in own for head in one.known),
                [head for one in own for head in one.strange],
                lines[at],
            )
            if columns:
                end = at + taken
                text = " ".join(word.text for line in lines[at:end] for word in line.words)
                yield _Header(range(at, end), columns, text, all(one.clean for one in own))
                break


def _columns(known: list[tuple[float, str, int]], strange: list[tuple[float, str]], line: Line) -> Columns | None:
    """The columns that heads stand for: company and symbol, or company, symbol and classification, once or repeated."""
    kinds = tuple(kind for _, kind, _ in known)
    fields = kinds[: kinds.index(kinds[0], 1)] if kinds.count(kinds[0]) > 1 else kinds
    if (
        len(set(fields)) != len(fields)
        or not {"company", "symbol"} <= set(fields)
        or kinds != fields * (len(kinds) // len(fields))
    ):
        return None
    mode = "starts"
    if line.y is None:
        tabs = "\t" in line.text.strip()
        mode = "tabs" if tabs else "starts" if _WIDE_GAP.search(line.text) else "anchored"
    return Columns(
        fields,
        tuple(x for x, _, _ in known),
        mode,
        positioned=line.y is not None,
        tab_cells=tuple(cell for _, _, cell in known) if mode == "tabs" else (),
        skipped=tuple(strange),
    )


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


def as_spaced(columns: Columns, lines: Iterable[Line]) -> Columns | None:
    """Columns of one pair in text whose cells are known from the right, by how most symbols keep apart from names.

    None where they keep apart in no one way: then nothing tells an empty symbol cell from the last word of a name.
    """
    free = columns.from_the_right()
    lines = [line for line in lines if line.words and "\t" not in line.text.strip()]
    rows = [line for line in lines if isinstance(free.place(line), list)]
    gaps = sum(_WIDE_GAP.search(line.text.strip()) is not None for line in lines)
    for apart in ("column", "gaps") if columns.mode == "starts" else ("gaps",):
        kept = replace(free, apart=apart)
        if rows and sum(isinstance(kept.place(line), list) for line in rows) >= _MOST * len(rows):
            return kept
    # Where the heads have gaps and the rows have none, a few rows are no evidence.
    least = 3 if columns.mode == "starts" else 1
    return free if gaps <= (1 - _MOST) * len(lines) and len(lines) >= least else None


def as_centred(columns: Columns, lines: Iterable[Line]) -> Columns:
    """Columns of a PDF whose cells are known from the right, with the places about which most symbols start."""
    free = columns.from_the_right()
    width = len(columns.fields)
    starts: list[list[float]] = [[] for _ in range(columns.pairs)]
    for line in lines:
        placed = free.place(line)
        if isinstance(placed, list):
            ends = [*columns.starts[columns.company + width :: width], math.inf]
            for pair, end in enumerate(ends):
                if symbol := placed[pair * width + columns.symbol]:
                    starts[pair] += [word.x for word in line.words if word.text == symbol and word.x < end][-1:]
    if not all(len(xs) > 2 for xs in starts):
        return free
    return replace(free, symbols_about=tuple(median(xs) for xs in starts))


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
            if kind == "symbol" and not columns.positioned:
                left = max(left, head - _LEAST_WIDTH)
            right = min([head + (_NEAR if kind == "company" else _FAR), *(settled[i] for i in settled if i > at)])
            near = [(number, -abs(x - head), x) for x, number in count.items() if left < x < right]
            settled[at] = max(near)[2] if near else head
    return replace(columns, starts=tuple(settled[at] for at in range(len(columns.starts))), mode="starts")
