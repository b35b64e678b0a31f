"""Finds the header lines of a list, and the columns that their heads name."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.lists.columns import WIDE_GAP, Columns, end_of
from russell_pipeline.documents.lists.constants import HEAD_LETTER, NEAR, ONE_HEAD
from russell_pipeline.documents.model import Line

_ACCOMPANYING = ("before", "after", "name")


class _Heads(NamedTuple):
    """The heads of a line: the known ones (place, kind, cell between tabs), and the unknown ones (place, text).

    The place of an unknown head between tabs is the position of its cell. `clean` is False if a line without tabs has words
    that are in no known head.
    """

    known: list[tuple[float, str, int]]
    strange: list[tuple[float, str]]
    clean: bool = True


def _heads_of(line: Line) -> _Heads | None:
    """The heads of a line, None if it is not part of a header."""
    known = vocabulary.header_words()
    words = line.words
    if not words or (words[0][1] not in known and (len(words) == 1 or words[1][1] not in known)):
        return None
    return _tabbed_heads(line) if line.y is None and "\t" in line.text.strip() else _set_heads(line)


def _tabbed_heads(line: Line) -> _Heads | None:
    """Heads between tabs, None if none is known; a cell is a known head if all of its words belong to one head."""
    heads = _Heads([], [])
    x = 0
    for at, cell in enumerate(line.text.split("\t")):
        if kind := head_of(cell):
            heads.known.append((float(x), kind, at))
        elif cell.strip():
            heads.strange.append((float(at), cell.strip()))
        x += len(cell) + 1
    return heads if heads.known else None


def head_of(cell: str) -> str | None:
    """The kind of column that a cell heads, None unless all of its words belong to one head."""
    kinds = [_kind(text) for text in cell.split()]
    named = {kind for kind in kinds if kind not in _ACCOMPANYING}
    if not named and "name" in kinds:
        return "company"
    return named.pop() if len(named) == 1 else None


def _set_heads(line: Line) -> _Heads | None:
    """Heads of a line without tabs, None if it is not part of a header.

    An unknown word is a head of its own if it stands apart from the words on both sides.
    """
    words = line.words
    heads = _Heads([], [])
    before: float | None = None
    strange: list[int] = []
    names: list[float] = []
    for at, (x, text, _) in enumerate(words):
        kind = _kind(text)
        if kind is None:
            strange.append(at)
            if _parted(line, at) and _parted(line, at + 1):
                heads.strange.append((x, text))
            elif at == 0 or not (heads.known or names):
                return None
        elif kind == "before":
            before = x if before is None else before
            continue
        elif kind == "name" and (at == 0 or _parted(line, at) or _kind(words[at - 1].text) == "symbol"):
            names.append(x)  # no head says "Ticker Name", as some say "Company Name"
        elif kind not in _ACCOMPANYING and not _says_again(heads.known, names, x, kind):
            heads.known.append((x if before is None else before, kind, 0))
        before = None
    if names and "company" not in (kind for _, kind, _ in heads.known):
        heads.known.extend((x, "company", 0) for x in names)
        heads.known.sort()
    kinds = [kind for _, kind, _ in heads.known]
    if not heads.known or len(strange) > (2 if {"company", "symbol"} <= set(kinds) else 0):
        return None
    if strange and line.y is None and not WIDE_GAP.search(line.text):
        # Unknown words may only follow a classification head: rows must then end in a known classification, so text under an
        # unknown head cannot pass for one of their cells.
        return (
            None
            if kinds[-1] != "classification" or strange[0] < len(words) - len(strange)
            else heads._replace(clean=False)
        )
    return heads._replace(clean=not strange)


def _kind(word: str) -> str | None:
    """What a word of a head names, None for a word that is in no known head."""
    return vocabulary.header_words().get(word.rstrip("*:.").title())


def _says_again(known: list[tuple[float, str, int]], names: list[float], x: float, kind: str) -> bool:
    """Whether a word is the rest of the head before it, as in "Ticker Symbol"."""
    if not known or known[-1][1] != kind:
        return False
    before = known[-1][0]
    return x - before < ONE_HEAD and not any(before < name for name in names)


def _parted(line: Line, at: int) -> bool:
    """Whether word `at` of a line of heads stands apart from the one before it."""
    if at in (0, len(line.words)):
        return True
    before, word = line.words[at - 1], line.words[at]
    if line.y is None:
        return word.x - end_of(before) > 1
    return word.x - before.x > (len(before.text) + 1) * HEAD_LETTER


def headers_of_pages(pages: Sequence[Sequence[Line]]) -> tuple[list[dict[int, Columns]], frozenset[str]]:
    """The headers of each page of a list, as `headers_of` returns them, and the texts of the headers with unknown words.

    A line with unknown words may be a row with words of heads in its name. It counts as a header if, in a PDF, its heads stand
    where those of a header without unknown words do; or, if the list has no such header, if it is the first or reads the same.
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
        abs(one - other) < NEAR for one, other in zip(starts, others, strict=True)
    )


def headers_of(lines: Sequence[Line], strange: Container[str] = ()) -> dict[int, Columns]:
    """The columns that each header of a page begins, by the positions of its lines; in a PDF it may have several lines.

    `strange` are the texts of headers that count although they have unknown words.
    """
    return _by_line(_headers(lines), strange)


class _Header(NamedTuple):
    """A header: its lines on the page, its columns, its text, and whether it is `clean`, as `_Heads` are."""

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
                _stacked(sorted(head for one in own for head in one.known)),
                [head for one in own for head in one.strange],
                lines[at],
            )
            if columns:
                end = at + taken
                text = " ".join(word.text for line in lines[at:end] for word in line.words)
                yield _Header(range(at, end), columns, text, all(one.clean for one in own))
                break


def _stacked(known: list[tuple[float, str, int]]) -> list[tuple[float, str, int]]:
    """Heads, sorted by place, without those that stand below another of their column, as "Symbol" may below "Ticker"."""
    beside = pairwise([(-math.inf, "", 0), *known])
    return [head for before, head in beside if head[1] != before[1] or head[0] - before[0] >= ONE_HEAD]


def _columns(known: list[tuple[float, str, int]], strange: list[tuple[float, str]], line: Line) -> Columns | None:
    """The columns that heads stand for, None unless they are company, symbol and perhaps classification, once or repeated."""
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
        mode = "tabs" if tabs else "starts" if WIDE_GAP.search(line.text) else "anchored"
    return Columns(
        fields,
        tuple(x for x, _, _ in known),
        mode,
        positioned=line.y is not None,
        tab_cells=tuple(cell for _, _, cell in known) if mode == "tabs" else (),
        skipped=tuple(strange),
    )
