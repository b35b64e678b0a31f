"""A stock screener's CSV as downloaded: the lines of shares listed after the close of a day, as a file of the universe.

The screener of an exchange's site has the columns Symbol, Name, Last Sale, Net Change, % Change, Market Cap, Country, IPO Year,
Volume, Sector and Industry; files put together from those of several exchanges have Exchange too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import NamedTuple

import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.market.adapters.grid import ABSENT, Grid, dates_in, find_grid, number, read_lines, shown
from russell_pipeline.market.adapters.model import Adapter, Converted, Options, Remark, Source, date_option
from russell_pipeline.market.files.columns import FIRST_DAY, LAST_DAY, SYMBOL
from russell_pipeline.wording import counted

SPELLINGS = {
    "symbol": ("symbol", "ticker"),
    "company_name": ("name", "company name", "security name"),
    "exchange": ("exchange", "listing exchange"),
    "close": ("last sale", "lastsale", "last price", "close"),
    "total_market_cap": ("market cap", "marketcap", "market capitalization", "market capitalisation"),
    "headquartered_in": ("country",),
    "volume": ("volume",),
    "ipo_year": ("ipo year", "ipoyear"),
    "sector": ("sector",),
    "industry": ("industry",),
}
NEEDED = (frozenset({"symbol", "company_name", "close", "total_market_cap"}),)
# The columns of the landing file. A file without an exchange has the column all the same: which it is, is unknown.
COLUMNS = {
    "symbol": pl.String(),
    "company_name": pl.String(),
    "exchange": pl.String(),
    "close": pl.Float64(),
    "total_market_cap": pl.Float64(),
    "headquartered_in": pl.String(),
    "volume": pl.Float64(),
    "ipo_year": pl.Int32(),
    "sector": pl.String(),
    "industry": pl.String(),
}
OPTIONS = {
    "date": "the day whose close the file has, YYYY-MM-DD, where its name does not say it",
    "exchange": "the exchange of the lines, where the file has no such column",
}
# Units behind a rounded figure, as $2.18B.
_UNITS = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_UNKNOWN_AT_ZERO = {"close": "without a price", "total_market_cap": "without a capitalisation"}


class _Line(NamedTuple):
    """A line that can be taken: its file, its number there, and its values."""

    grid: Grid
    row: int
    values: dict[str, str | float | int | None]


def convert(files: Sequence[Source], options: Options) -> Converted:
    """The file `universe/DATE.csv` from the downloads of each day, those of several exchanges together.

    `close` is the last sale and `total_market_cap` the market capitalisation as printed, in US dollars; a price or capitalisation
    of nothing is unknown. `headquartered_in` is the country. Lines that stand twice count once; a symbol with different lines is
    unreadable. Raises WrongCall for a wrong option.
    """
    given = date_option(options)
    result = Converted()
    by_day: dict[date, list[_Line]] = defaultdict(list)
    had: dict[date, set[str]] = defaultdict(set)
    for name, data in files:
        try:
            grid = find_grid(name, read_lines(data), SPELLINGS, NEEDED)
            day = _day(name, given)
            lines = list(_lines(grid, options.get("exchange"), result))
            if not lines:
                raise Refusal(f"has no line that can be taken below its header, line {grid.header_row}")
        except Refusal as refusal:
            result.refused.append(Remark(name, str(refusal)))
            continue
        by_day[day] += lines
        had[day] |= {"exchange", *grid.fields}
        result.notes.append(Remark(name, _said(grid, day, lines)))
    for day, lines in sorted(by_day.items()):
        if taken := [line.values for line in _once(lines, result)]:
            frame = pl.DataFrame(taken, schema=COLUMNS)
            result.files[f"universe/{day}.csv"] = frame.select(name for name in COLUMNS if name in had[day])
    return result


def _day(name: str, given: date | None) -> date:
    """The day of a file: the one in its name, and the one given where they agree or only one is there."""
    named = dates_in(PurePath(name).stem)
    if given is None and not named:
        raise Refusal("does not say its day, and neither does its name: give it by --on DATE")
    if given is None and len(named) > 1:
        raise Refusal(f"may be of {' or '.join(map(str, sorted(named)))} by its name: give the day by --on DATE")
    if given is not None and named and given not in named:
        raise Refusal(f"is of {' or '.join(map(str, sorted(named)))} by its name, not of {given}")
    return given or named.pop()


def _lines(grid: Grid, exchange: str | None, result: Converted) -> Iterator[_Line]:
    """The lines of a file that can be taken; the others are listed in the result."""
    for row, record in grid.records():
        if record == grid.header:
            result.skipped.append(grid.left_out(row, "the header once more"))
        elif misfit := grid.misfit(record):
            result.unreadable.append(grid.left_out(row, misfit))
        else:
            try:
                yield _Line(grid, row, _values(grid, record, exchange))
            except ValueError as error:
                result.unreadable.append(grid.left_out(row, str(error)))


def _values(grid: Grid, record: Sequence[str], exchange: str | None) -> dict[str, str | float | int | None]:
    """The values of a line. Raises ValueError for one that is none of its column."""
    cell = {field: grid.cell(record, field) for field in SPELLINGS}
    if not re.fullmatch(SYMBOL, cell["symbol"]):
        raise ValueError(f"{shown(cell['symbol'])!r} is no symbol")
    year = _figure("IPO year", cell["ipo_year"])
    if year is not None and not (year.is_integer() and FIRST_DAY.year <= year <= LAST_DAY.year):
        raise ValueError(f"its IPO year {cell['ipo_year']!r} is no year")
    texts = ("company_name", "exchange", "headquartered_in", "sector", "industry")
    return {
        "symbol": cell["symbol"],
        **{field: None if cell[field].lower() in ABSENT else cell[field] for field in texts},
        **({} if "exchange" in grid.fields else {"exchange": exchange}),
        "close": _figure("price", cell["close"]) or None,
        "total_market_cap": _figure("market capitalisation", cell["total_market_cap"]) or None,
        "volume": _figure("volume", cell["volume"]),
        "ipo_year": None if year is None else int(year),
    }


def _figure(what: str, text: str) -> float | None:
    """The number in a cell such as $1,234.50 or $2.18B, None if it has none. Raises ValueError for any other text."""
    plain = text.removeprefix("$")
    unit = _UNITS.get(plain[-1:].upper(), 1) if plain[:1].isdigit() else 1
    try:
        value = number(plain[:-1] if unit > 1 else plain)
    except ValueError:
        raise ValueError(f"its {what} {shown(text)!r} is no number") from None
    if value is not None and value < 0:
        raise ValueError(f"its {what} {text} is below 0")
    return value if value is None or unit == 1 else float(Decimal(str(value)) * unit)


def _once(lines: Sequence[_Line], result: Converted) -> Iterator[_Line]:
    """The lines of a day, each symbol once: repetitions are skipped, and of contradictions nothing says which line is right."""
    by_symbol: dict[object, list[_Line]] = defaultdict(list)
    for line in lines:
        by_symbol[line.values["symbol"]].append(line)
    for symbol, (first, *others) in by_symbol.items():
        if any(other.values != first.values for other in others):
            reason = f"the symbol {symbol} stands on {len(others) + 1} lines that differ"
            result.unreadable += [line.grid.left_out(line.row, reason) for line in (first, *others)]
            continue
        result.skipped += [
            other.grid.left_out(other.row, f"as line {first.row} of {first.grid.name}") for other in others
        ]
        yield first


def _said(grid: Grid, day: date, lines: Sequence[_Line]) -> str:
    """What was read of a file, and what of it is unknown."""
    unknown = {words: sum(line.values[field] is None for line in lines) for field, words in _UNKNOWN_AT_ZERO.items()}
    lacks = "".join(f", {count:,} {words}" for words, count in unknown.items() if count)
    used = {*grid.fields.values()}
    unused = [repr(shown(name)) for at, name in enumerate(grid.header) if at not in used and name]
    others = f"; not used: {', '.join(unused)}" if unused else ""
    return f"{counted(len(lines), 'line')} as of the close of {day}{lacks}{others}"


ADAPTER = Adapter(convert, OPTIONS)
