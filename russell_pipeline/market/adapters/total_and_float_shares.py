"""The provider's "Total and Float Shares" file, RUSmtfs[ddmm].csv: shares in issue and free float by symbol, as of a day.

The 2019 reconstitution schedule (24 May 2019) names the file and its "Last Modified Date". Its layout is not public, so columns
are found by their names, and the caller can say what other names mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import PurePath

import polars as pl

from russell_pipeline.dates.expressions import find_dates
from russell_pipeline.errors import Refusal, WrongCall
from russell_pipeline.market.adapters.grid import (
    Grid,
    dates_in,
    find_grid,
    number,
    read_lines,
    spelling,
    symbol,
)
from russell_pipeline.market.adapters.model import (
    COMPONENTS,
    Adapter,
    Converted,
    Options,
    Remark,
    Source,
    date_option,
    index_option,
)

SPELLINGS = {
    "symbol": ("ticker", "symbol", "ticker symbol", "local ticker", "exchange ticker"),
    "company_name": ("company name", "name", "company", "security name", "constituent name", "issuer name", "issuer"),
    "total_shares": (
        "total shares", "total shares outstanding", "shares outstanding", "shares in issue", "total shares in issue",
        "issued shares", "shares issued", "tso", "shares out",
    ),
    "float_shares": (
        "float shares", "free float shares", "investable shares", "float adjusted shares", "available shares", "shares available",
        "total float shares", "index shares",
    ),
    "free_float": (
        "free float percent", "free float", "float percent", "percent float", "float factor", "free float factor",
        "investability weight", "investability weight percent", "investability weighting", "iwf",
    ),
    "currency": ("currency", "currency code", "iso currency", "trading currency"),
    "last_modified": ("last modified date", "last modified", "lmd", "date last modified", "modified date"),
}  # fmt: skip
NEEDED = tuple(frozenset({"symbol", "total_shares", one}) for one in ("float_shares", "free_float"))
# Units that a header names beside a column of shares, as "Float Shares (000s)".
_UNITS = {"000": 1e3, "000s": 1e3, "thousands": 1e3, "k": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "millions": 1e6}
_SAME_FLOAT = 0.01  # a printed percentage may differ by its rounding from the quotient of the shares
_DAY = re.compile(r"RUSmtfs(\d\d)(\d\d)(?!\d)", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"\d{1,2}[/.-](?:1[3-9]|2\d|3[01])[/.-]")
_REVIEW = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
OPTIONS = {
    "index": "the index whose members the file lists, such as R3000E",
    "review": "the review that brings these shares in, such as 2019-06; without it the component is dated by the file's day",
    "year": "the year of the day in the file's name, where its Last Modified Dates do not say it",
    "date": "the day of the file, YYYY-MM-DD, where its name does not say it",
    "columns": f"what headers mean, as HEADER=FIELD, separated by semicolons; the fields are {', '.join(SPELLINGS)}",
}


def convert(files: Sequence[Source], options: Options) -> Converted:
    """Component files `components/INDEX/REVIEW.csv`, or `INDEX/DATE.csv` without a review, from these files.

    `shares` is the total. `free_float` is the available fraction of it, 0..1: float shares by total shares if both are there,
    else the percentage. A line is unreadable if its shares are missing, or if more are available than there are. Raises
    WrongCall for a wrong option.
    """
    index, review = index_option(options), options.get("review")
    if review is not None and not _REVIEW.fullmatch(review):
        raise WrongCall(f"review must be written YYYY-MM, not {review!r}")
    spellings = _with_columns(options.get("columns", ""))
    year, given = _year(options.get("year")), date_option(options)
    result = Converted()
    for name, data in files:
        try:
            grid = _find(name, read_lines(data), spellings)
            path = f"components/{index}/{review or _day(grid, year, given)}.csv"
            if path in result.files:
                raise Refusal(f"is a second file for {path}: import the one that holds")
            _read(grid, path, result)
        except Refusal as refusal:
            result.refused.append(Remark(name, str(refusal)))
    return result


def _with_columns(option: str) -> dict[str, tuple[str, ...]]:
    """The spellings with those of the caller put first."""
    spellings = dict[str, tuple[str, ...]](SPELLINGS)
    for one in filter(None, map(str.strip, option.split(";"))):
        header, mark, meaning = one.rpartition("=")
        meaning = meaning.strip()
        if not mark or meaning not in SPELLINGS or not spelling(header):
            raise WrongCall(f"columns must be HEADER=FIELD, FIELD one of {', '.join(SPELLINGS)}; not {one!r}")
        spellings[meaning] = (spelling(header), *spellings[meaning])
    return spellings


def _year(option: str | None) -> int | None:
    if option is not None and not re.fullmatch(r"(?:19|20)\d\d", option):
        raise WrongCall(f"year must be four figures, not {option!r}")
    return int(option) if option else None


def _find(name: str, lines: Sequence[str], spellings: dict[str, tuple[str, ...]]) -> Grid:
    """The table of a file; the names of its columns of shares may be followed by a unit."""
    units = [words for unit in _UNITS for words in (unit, f"in {unit}")]
    shares = {
        field: (*spellings[field], *(f"{known} {unit}" for known in spellings[field] for unit in units))
        for field in ("total_shares", "float_shares")
    }
    return find_grid(name, lines, spellings | shares, NEEDED)


def _unit(grid: Grid, field: str) -> float:
    """The number of shares that a column counts in; 1 if its header names no unit."""
    if field not in grid.fields:
        return 1.0
    return _UNITS.get(spelling(grid.header[grid.fields[field]]).split()[-1], 1.0)


def _day(grid: Grid, year: int | None, given: date | None) -> date:
    """The day of a file: the one given, else the ddmm of its name, in the given year or that of its last modification.

    A file is published on the day of its last modification or later, so without a given year the first such day counts.
    """
    latest = max(_modified(grid), default=None)
    stem = PurePath(grid.name).stem
    printed = _DAY.search(stem)
    if given is not None:
        day = given
    elif printed is None:
        days = dates_in(stem) or ({latest} if latest else set())
        if len(days) != 1:
            raise Refusal("is not named RUSmtfs[ddmm].csv, and nothing else says its day: give the date or the review")
        day = days.pop()
    elif year is None and latest is None:
        raise Refusal(f"is of {printed[1]}.{printed[2]}. of a year that no Last Modified Date says: give the year")
    else:
        years = [year] if year else [latest.year, latest.year + 1] if latest else []
        days_of = [found for one in years if (found := _on(one, int(printed[2]), int(printed[1])))]
        if not days_of:
            raise Refusal(f"is named after {printed[1]}{printed[2]}, which is no day and month")
        day = next((one for one in days_of if year or latest is None or one >= latest), days_of[-1])
    if latest is not None and latest > day:
        raise Refusal(f"was modified on {latest}, after its day, {day}")
    return day


def _on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _modified(grid: Grid) -> set[date]:
    """Every Last Modified Date that can be read. Dates are read day first, as in the file name, unless one cannot be."""
    texts = {grid.cell(record, "last_modified") for _, record in grid.records()}
    day_first = not any(map(_MONTH_FIRST.match, texts))
    read = {text: dates_in(text) for text in texts}
    for text, days in read.items():
        if len(days) > 1:
            read[text] = {one.starts_on for one in find_dates(text, day_first=day_first) if one.starts_on}
    return set().union(*read.values())


def _read(grid: Grid, path: str, result: Converted) -> None:
    """Add the component of one file, and the lines that cannot be taken, to the result."""
    units = {field: _unit(grid, field) for field in ("total_shares", "float_shares")}
    percent = _in_percent(grid)
    rows: list[tuple[int, dict[str, str | float | None]]] = []
    for row, record in grid.records():
        if misfit := grid.misfit(record):
            result.unreadable.append(grid.left_out(row, misfit))
            continue
        cell = {field: grid.cell(record, field) for field in SPELLINGS}
        try:
            shares, free_float = _shares(cell, units, percent=percent)
        except ValueError as error:
            result.unreadable.append(grid.left_out(row, str(error)))
            continue
        texts = {field: cell[field] or None for field in ("symbol", "company_name", "currency")}
        rows.append((row, texts | {"shares": shares, "free_float": free_float}))
    count = Counter(component["symbol"] for _, component in rows)
    for row, component in rows:
        if count[component["symbol"]] > 1:
            reason = f"the symbol {component['symbol']} stands on {count[component['symbol']]} lines"
            result.unreadable.append(grid.left_out(row, reason))
    components = [component for _, component in rows if count[component["symbol"]] == 1]
    if not components:
        raise Refusal(f"has no line that can be taken below its header, line {grid.header_row}")
    frame = pl.DataFrame(components, schema=dict(COMPONENTS))
    result.files[path] = frame.drop([one for one in ("company_name", "currency") if one not in grid.fields])
    said = ", ".join(f"{grid.header[at]!r} as {field}" for field, at in grid.fields.items())
    result.notes.append(Remark(grid.name, f"columns read: {said}{'; free float in per cent' if percent else ''}"))


def _in_percent(grid: Grid) -> bool:
    """Whether the free float column is in per cent: its header says so, or one of its values does or is above 1."""
    if "free_float" not in grid.fields:
        return False
    if "percent" in spelling(grid.header[grid.fields["free_float"]]):
        return True
    for _, record in grid.records():
        text = grid.cell(record, "free_float")
        try:
            if text.endswith("%") or (number(text) or 0) > 1:
                return True
        except ValueError:
            continue  # the line is listed as unreadable where it is read
    return False


def _shares(cell: dict[str, str], units: dict[str, float], *, percent: bool) -> tuple[float, float]:
    """Total shares and free float of a line. Raises ValueError if they are missing or contradict each other."""
    symbol(cell["symbol"])
    total, available = number(cell["total_shares"]), number(cell["float_shares"])
    stated = number(cell["free_float"].removesuffix("%").strip())
    if total is None or total <= 0:
        raise ValueError(f"its total shares are {cell['total_shares'] or 'missing'!r}")
    total *= units["total_shares"]
    # Hundredths by decimal arithmetic: 0.9 per cent is 0.009, not 0.009000000000000001.
    free_float = stated if stated is None or not percent else float(Decimal(str(stated)) / 100)
    if available is not None:
        quotient = available * units["float_shares"] / total
        if free_float is not None and abs(free_float - quotient) > _SAME_FLOAT:
            raise ValueError(
                f"its free float is {cell['free_float']}, but {available:g} of {total:g} shares are {quotient:.2%}"
            )
        free_float = quotient
    if free_float is None:
        raise ValueError("its free float is missing")
    if not 0 <= free_float <= 1:
        raise ValueError(f"its free float is {free_float:.6g}, not within 0 to 1")
    return total, free_float


ADAPTER = Adapter(convert, OPTIONS, required=frozenset({"index"}))
