"""Finds the table in delimited text as people download it: its header by the column names, then one record a line."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from russell_pipeline.dates.expressions import find_dates
from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import decode
from russell_pipeline.market.adapters.model import Skipped
from russell_pipeline.wording import counted

_LINE_END = re.compile(r"\r\n|\r|\n")
_DELIMITERS = (",", ";", "\t", "|")
_HEADER_WITHIN = 100  # lines from the top
_MAX_LINE = 100_000  # characters; no record of a table is longer
_SHOWN = 200  # characters of a line, where it is reported
# How an absent value is written.
ABSENT = frozenset({"", "-", "--", "null", "none", "nan", "n/a", "na"})
# Letters and figures, and the separators that sources put before a class. Torn lines and HTML have other characters.
SYMBOL = r"[A-Za-z0-9][A-Za-z0-9 .*&/_-]{0,19}"
_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+|\.)?(?:[eE][-+]?\d{1,3})?"
_A_NUMBER = re.compile(rf"(?=[-+.]?\.?\d){_NUMBER}")
_COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)")

Spellings = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Grid:
    """A table in the file `name`, with its header on line `header_row`; `fields` maps known fields to places in the header."""

    name: str
    lines: Sequence[str]
    header: Sequence[str]
    header_row: int
    delimiter: str
    fields: Mapping[str, int]

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The lines below the header that are not blank, each with its number (from 1) and its cells."""
        width = len(self.header)
        for row, line in enumerate(self.lines[self.header_row :], self.header_row + 1):
            if record := cells(line, self.delimiter):
                yield row, record if any(record[width:]) else record[:width]

    def misfit(self, record: Sequence[str]) -> str | None:
        """Why a line does not fit the columns; None if it does."""
        fits = len(record) == len(self.header)
        return None if fits else f"it has {counted(len(record), 'cell')} where the header has {len(self.header)}"

    def left_out(self, row: int, reason: str) -> Skipped:
        """A line, by its number, as one that became no row."""
        return Skipped(self.name, row, shown(self.lines[row - 1]), reason)

    def cell(self, record: Sequence[str], field: str) -> str:
        """The cell of a field; empty if the table has no such column, or the line no such cell."""
        at = self.fields.get(field)
        return record[at] if at is not None and at < len(record) else ""


def read_lines(data: bytes) -> list[str]:
    """The lines of a file. Raises Refusal for bytes that are not text."""
    return _LINE_END.split(decode(data)[0].removeprefix("\ufeff"))


def cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line, stripped of blanks; empty for a blank line.

    Lines are split one by one, so that an unclosed quotation mark spoils its own line only.
    """
    if len(line) > _MAX_LINE:
        return [line[:_MAX_LINE]]
    quoted = '"' in line
    found = (
        next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), []) if quoted else line.split(delimiter)
    )
    found = [cell.strip() for cell in found]
    return found if any(found) else []


def shown(line: str) -> str:
    """A line for a message: at most 200 characters."""
    line = line.strip()
    return line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "..."


def spelling(header: str) -> str:
    """A column name in lower case, with one space for any run of characters other than letters, figures and per cent signs."""
    return re.sub(r"[\W_]+", " ", header.replace("%", " percent ").lower()).strip()


def match_columns(header: Sequence[str], spellings: Spellings) -> dict[str, int]:
    """The place of each known field in a header. If a header has several spellings of a field, the one listed first counts."""
    printed = [spelling(name) for name in header]
    found = {field: next((one for one in known if one in printed), None) for field, known in spellings.items()}
    return {field: printed.index(name) for field, name in found.items() if name is not None}


def find_grid(name: str, lines: Sequence[str], spellings: Spellings, needed: Sequence[frozenset[str]]) -> Grid:
    """The table in a text. Its header is the first line with all the fields of one of the sets in `needed`.

    Raises Refusal if there is none, naming the header that comes nearest, or if a needed column appears twice.
    """
    nearest: tuple[int, list[str], dict[str, int]] = (0, [], {})
    for row, line in enumerate(lines[:_HEADER_WITHIN], 1):
        for delimiter in _DELIMITERS:
            if delimiter not in line and delimiter != ",":
                continue
            header = cells(line, delimiter)
            fields = match_columns(header, spellings)
            if any(one <= fields.keys() for one in needed):
                _refuse_duplicates(row, header, fields)
                return Grid(name, lines, header, row, delimiter, fields)
            if len(fields) > len(nearest[2]):
                nearest = (row, header, fields)
    row, header, fields = nearest
    if not header:
        header = max((cells(line, ",") for line in lines[:_HEADER_WITHIN]), key=len, default=[])
        row = 0
    wanted = min((one - fields.keys() for one in needed), key=len)
    names = " and ".join(" or ".join(repr(name) for name in spellings[field][:2]) for field in sorted(wanted))
    where = f"line {row} has" if row else "its lines have"
    printed = ", ".join(repr(shown(name)) for name in header[:40]) or "no columns"
    raise Refusal(f"has no header with the columns that are needed: no {names}; {where} {printed}")


def _refuse_duplicates(row: int, header: Sequence[str], fields: Mapping[str, int]) -> None:
    printed = [spelling(name) for name in header]
    duplicates = [header[at] for at in fields.values() if printed.count(printed[at]) > 1]
    if duplicates:
        raise Refusal(f"has the column {duplicates[0]!r} more than once in its header, line {row}")


def symbol(text: str) -> str:
    """The symbol in a cell. Raises ValueError if it is not one."""
    if not re.fullmatch(SYMBOL, text):
        raise ValueError(f"{shown(text)!r} is no symbol")
    return text


def number(text: str) -> float | None:
    """The number in a cell (stripped text), with or without thousands separators; None for a word of `ABSENT`, such as n/a.

    Raises ValueError for anything else that is not a finite number.
    """
    if text.lower() in ABSENT:
        return None
    if not _A_NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    value = float(text.replace(",", ""))
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no finite number")
    return value


def numbers(column: str) -> pl.Expr:
    """A column of text as numbers, in the way of `number`; null for absent values and for text that is not a number."""
    text = pl.col(column)
    value = (
        pl.when(text.str.contains(rf"^{_NUMBER}$"))
        .then(text.str.replace_all(",", "", literal=True))
        .cast(pl.Float64, strict=False)
    )
    return pl.when(value.is_finite()).then(value)


def dates_in(text: str) -> set[date]:
    """Every date that a short text can mean: 20260120, 2026-01-20, 20 Jan 2026; 01/02/2026 has two.

    Empty if it names none. Dates that do not exist are ignored.
    """
    found: set[date] = set()
    for match in _COMPACT_DATE.finditer(text):
        try:
            found.add(date(*map(int, match.groups())))
        except ValueError:
            continue
    spaced = text.replace("_", " ")
    for day_first in (False, True):
        found |= {one.starts_on for one in find_dates(spaced, day_first=day_first) if one.starts_on and not one.ends_on}
    return found
