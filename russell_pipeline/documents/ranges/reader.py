"""Market capitalisation ranges: their reader. An index a row; the smallest company of one is the published breakpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from russell_pipeline.dates.expressions import find_dates
from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.facts import apply_facts
from russell_pipeline.documents.model import Document, Fact, Kind, Line, Note, Page, Role
from russell_pipeline.documents.readers import Source

_TITLE = re.compile(r"\bmarket[- ]cap(?:itali[sz]ation)?s?\b", re.IGNORECASE)
_RANGES = re.compile(r"\b(?:ranges?|break-?points?|rank(?:ing)? da(?:y|te))\b", re.IGNORECASE)
_AS_OF = re.compile(r"\bas (?:of|at)\b|\brank(?:ing)? da(?:y|te)\b", re.IGNORECASE)
# What a head of a column says, by the column of the row.
_HEADS = {
    "securities": r"(?:(?:number|no\.?|#) of )?(?:securities|companies|constituents|members|stocks|holdings)",
    "largest": r"(?:largest|high(?:est)?|max(?:imum)?)",
    "smallest": r"(?:smallest|low(?:est)?|min(?:imum)?)",
    "median": r"(?:median|medium)",
    "average": r"(?:average|mean)",
}
_HEAD = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _HEADS.items()) + r")\b", re.IGNORECASE
)
# What may stand beside heads: what they are heads of.
_BESIDE = re.compile(
    r"\b(?:index(?:es)?|name|russell|us|u\.s\.|ftse|total|market|cap(?:itali[sz]ation)?|company|security|size|in|of|usd|by|"
    r"billions?|millions?|trillions?|bn|mm?|b)\b|[^\w]",
    re.IGNORECASE,
)
_UNITS = {"t": 10**12, "b": 10**9, "m": 10**6}
_IN_UNIT = re.compile(r"(?:\bin|\(|\$|\busd)\s*(?:us\s?)?\$?\s*(trillion|billion|million|bn|mm|b|m)s?\b", re.IGNORECASE)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CELL = rf"(?:US)?\$?\s?(?:{_NUMBER})(?:\s?(?:trillion|billion|million|tn|bn|mm|[tbm]))?"
_AMOUNT = re.compile(rf"(?:US)?(?P<dollar>\$)?\s?(?P<number>{_NUMBER})(?:\s?(?P<unit>[a-z]+))?", re.IGNORECASE)
_AMOUNTS = re.compile(rf"(?<![\w.]){_CELL}(?![\w.,]*\w)", re.IGNORECASE)
_LEAST_HEADS, _LEAST_ROWS = 2, 2
# Less is no company of an index: a figure in billions whose unit is not printed.
_LEAST_DOLLARS = 10**6


class Range(NamedTuple):
    """The sizes of the companies of an index on a rank day: how many there are, and total market capitalisations in dollars."""

    index_code: str
    as_of: date | None
    securities: int | None = None
    largest: int | None = None
    smallest: int | None = None
    median: int | None = None
    average: int | None = None


class RangesReader:
    """Recognises a table of market capitalisations by index under heads such as High and Low. Its rows are the indexes."""

    kinds: tuple[Kind, ...] = (Kind.CAPITALIZATION_RANGES,)

    def recognises(self, pages: Sequence[Page]) -> bool:
        """Whether a title names market capitalisations on a rank day, and rows of indexes stand under heads of sizes."""
        lines = [line for page in pages for line in page.lines]
        titled = any(_TITLE.search(line.text) and _RANGES.search(line.text) for line in lines)
        return titled and sum(isinstance(found, Range) for _, _, found in _walk(lines)) >= _LEAST_ROWS

    def account(self, source: Source, document: Document) -> None:
        """Account for the lines; the date is that of the first table, or of the sidecar.

        A line with figures under the heads that is no row of an index is rejected.
        """
        document.kind = Kind.CAPITALIZATION_RANGES
        for page in source.pages:
            for line in page.over:
                line.role = Role.FOOTER
        for line, cells, found in _walk([line for page in source.pages for line in page.lines]):
            line.cells = cells
            if isinstance(found, str):
                line.role = Role.REJECTED
                document.notes.append(Note("error", f"{found}: {line.text.strip()[:80]!r}", line.page, line.number))
            else:
                line.role = Role.ROW if found else _role(line, heads=cells is not None)
        document.lines = source.settled_lines(document)
        dated = [(line, day) for line in document.lines if line.role is Role.TITLE and (day := _as_of(line.text))]
        for line, day in dated[:1]:
            document.facts.append(Fact("as_of", day.isoformat(), "title", line.page, line.number))
        apply_facts(document, source.sidecar, source.sidecar_name)
        document.rows_parsed = sum(1 for _ in self.rows(document))
        if document.as_of is None:
            document.notes.append(Note("warning", "does not say of which day it is: say `as_of:` in its sidecar"))

    def rows(self, document: Document) -> Iterator[Mapping[str, object]]:
        """The indexes in the order of the text, with the day of their table."""
        heads = list[str | None]()
        for line, unit, as_of in _in_context(document.lines):
            if line.role is Role.HEADER and line.cells:
                heads = line.cells[1:]
            if line.role is Role.ROW and line.cells:
                found = _range(line.cells, heads, unit, as_of or document.as_of)
                if isinstance(found, Range):
                    yield {**found._asdict(), "page": line.page, "line": line.number}


def _walk(lines: Sequence[Line]) -> Iterator[tuple[Line, list[str | None] | None, Range | str | None]]:
    """Each line with its cells if it is of a table, and the range in it, or what is wrong with it."""
    heads = list[str | None]()
    for line, unit, as_of in _in_context(lines):
        if found := _heads(line.text):
            heads = [*found]
            yield line, [None, *found], None
        elif heads and (cells := _cells(line.text, len(heads))):
            yield line, cells, _range(cells, heads, unit, as_of)
        elif heads and vocabulary.furniture(line.text) is None and not _as_of(line.text) and _is_cut_row(line.text):
            yield line, None, f"has not the {len(heads)} figures that are under the heads"
        else:
            yield line, None, None


def _in_context(lines: Sequence[Line]) -> Iterator[tuple[Line, int | None, date | None]]:
    """Each line with the unit and the day that hold for it: the last that it or a line above says."""
    unit, as_of = None, None
    for line in lines:
        unit, as_of = _unit(line.text) or unit, _as_of(line.text) or as_of
        yield line, unit, as_of


def _heads(text: str) -> list[str]:
    """The columns of a line of heads in order; none if it is another line."""
    found = [match.lastgroup or "" for match in _HEAD.finditer(text)]
    if len(found) < _LEAST_HEADS or len({*found}) < len(found) or _BESIDE.sub("", _HEAD.sub("", text)):
        return []
    return found


def _cells(text: str, number: int) -> list[str | None] | None:
    """The name and the last figures of a line, as many as there are heads; None if it has not so many behind a name."""
    match = re.fullmatch(rf"\s*(\S.*?[^\W\d].*?)((?:\s+{_CELL}){{{number}}})\s*", text, re.IGNORECASE)
    if not match:
        return None
    figures = [one.group() for one in re.finditer(_CELL, match[2], re.IGNORECASE)]
    return [match[1].strip(), *figures] if len(figures) == number else None


def _is_cut_row(text: str) -> bool:
    """Whether a line has an index and figures, but not as a row has them."""
    return vocabulary.index_named(vocabulary.plain(text)) is not None and len(_AMOUNTS.findall(text)) >= _LEAST_HEADS


def _range(
    cells: Sequence[str | None], heads: Sequence[str | None], unit: int | None, as_of: date | None
) -> Range | str:
    """The range in the cells of a row, or in words why there is none."""
    index = vocabulary.index_named(vocabulary.plain(cells[0] or ""))
    if index is None:
        return "names no index"
    figures: dict[str, int] = {}
    for head, cell in zip(heads, cells[1:], strict=False):
        if head and cell:
            figure = _figure(cell, None if head == "securities" else unit)
            if figure is None or (head == "securities") != (figure.unit is None):
                return f"has no figure for {head} whose unit is printed"
            figures[head] = figure.value
    sizes = [figures[name] for name in ("smallest", "median", "largest") if name in figures]
    if sizes != sorted(sizes):
        return "has sizes that are out of order"
    return Range(index, as_of, **figures) if sizes else "has no size"


class _Figure(NamedTuple):
    value: int
    unit: int | None


def _figure(cell: str, unit: int | None) -> _Figure | None:
    """A number, in dollars where it or its heads say of what: `$150.4M` is 150,400,000."""
    match = _AMOUNT.fullmatch(cell.strip())
    if not match:
        return None
    number = Decimal(match["number"].replace(",", ""))
    said = _UNITS.get(match["unit"][0].lower()) if match["unit"] else None
    unit = said or unit or (1 if match["dollar"] and number >= _LEAST_DOLLARS else None)
    return _Figure(int(number * (unit or 1)), unit)


def _unit(text: str) -> int | None:
    """The unit that a title or a line of heads says the figures below are in."""
    match = None if _AMOUNTS.search(text) else _IN_UNIT.search(text)
    return _UNITS[match[1][0].lower()] if match else None


def _as_of(text: str) -> date | None:
    """The day that a line is of: `As of April 30, 2024`."""
    dates = find_dates(text) if _AS_OF.search(text) else []
    return dates[0].starts_on if len(dates) == 1 and dates[0].year_printed else None


def _role(line: Line, *, heads: bool) -> Role:
    if heads:
        return Role.HEADER
    if not line.text.strip():
        return Role.BLANK
    if _as_of(line.text) or _TITLE.search(line.text):
        return Role.TITLE
    if vocabulary.begins_legal_text(line.text):
        return Role.LEGAL
    return {"footer": Role.FOOTER, "title": Role.TITLE}.get(vocabulary.furniture(line.text) or "", Role.PROSE)
