"""The fund house's downloaded holdings CSV: which of its lines are shares of companies, and as of which day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

import polars as pl

from russell_pipeline.dates.expressions import states_no_date
from russell_pipeline.errors import Refusal
from russell_pipeline.market.adapters.grid import (
    ABSENT,
    Grid,
    cells,
    dates_in,
    find_grid,
    number,
    read_lines,
    spelling,
    symbol,
)
from russell_pipeline.market.adapters.model import (
    CLOSES,
    COMPONENTS,
    Adapter,
    Converted,
    Options,
    Remark,
    Skipped,
    Source,
    date_option,
    index_option,
)
from russell_pipeline.wording import counted

# Spellings seen in downloads of several years and sites.
SPELLINGS = {
    "symbol": ("ticker", "issuer ticker"),
    "company_name": ("name", "security name"),
    "asset_class": ("asset class",),
    "shares": ("shares", "quantity"),
    "price": ("price",),
    "exchange": ("exchange",),
    "currency": ("currency",),  # of price and market value
    "market_currency": ("market currency",),  # in which the share trades
    "cusip": ("cusip",),
    "isin": ("isin",),
}
NEEDED = (frozenset({"symbol", "asset_class", "shares"}),)
_EQUITY = "equity"
_IDENTIFIERS = {"cusip": pl.String(), "isin": pl.String()}
_AS_OF = re.compile(r"(?:fund )?holdings as of\b[:\s]*(.*)", re.IGNORECASE)
# Lines of asset class Equity that are not listed shares: what is left of a company that was taken over or wound up.
# The first word is the company's own ("CVR Energy").
_RESIDUAL = re.compile(
    r"\s\W*(?:escrow|prvt|vesting|private placement|contingent value)\b"
    r"|\s\W*(?:esc|cvr|rights?|rts|warrants?|wts)\b(?:\W+(?:exp\w*\b|\d).*)?\W*$",
    re.IGNORECASE,
)
_NO_MARKET = re.compile(r"no market|unlisted", re.IGNORECASE)
_SENTENCE = 6  # words in the first cell of a line that make it prose
OPTIONS = {
    "index": "the index whose component the fund's holdings stand for, such as SP500",
    "date": "the close at which the holdings stand, YYYY-MM-DD, where neither file nor file name says it",
}


@dataclass(frozen=True)
class Holdings:
    """A fund's holdings: `components` in the landing columns, `closes` the prices printed with them, both in file order.

    Shares held are the shares, free float is 1. Tickers are as printed. `closes` has only lines priced in the currency in which
    the share trades. Downloads that print a CUSIP or an ISIN have it in `components` too.

    `rows` are the line numbers of the components. `skipped` lines are not shares of a listed company;
    `unreadable` ones are, but could not be taken.
    """

    fund: str | None
    as_of: date
    components: pl.DataFrame
    closes: pl.DataFrame
    rows: list[int]
    skipped: list[Skipped]
    unreadable: list[Skipped]


def read(name: str, data: bytes, as_of: date | None = None) -> Holdings:
    """The holdings of one fund at one close, from a download with or without its preamble and footer.

    The day is the one after "Fund Holdings as of", else the one in the file name, else `as_of`. Raises Refusal if the file is not
    such a download or holds two funds, or if its day is unknown or contradicts `as_of`.
    """
    lines = read_lines(data)
    grid = find_grid(name, lines, SPELLINGS, NEEDED)
    preamble = [cells(line, grid.delimiter) for line in lines[: grid.header_row - 1]]
    day = _as_of(name, preamble, as_of)
    fund = next((record[0] for record in preamble if sum(map(bool, record)) == 1 and not _AS_OF.match(record[0])), None)
    return _Lines(grid).holdings(fund, day)


def is_holdings(lines: Sequence[str]) -> bool:
    """Whether a text looks like a download of holdings."""
    try:
        find_grid("", lines, SPELLINGS, NEEDED)
    except Refusal:
        return False
    return True


def convert(files: Sequence[Source], options: Options) -> Converted:
    """Component files `components/INDEX/DATE.csv` from these downloads. Raises WrongCall for a wrong option."""
    index, as_of = index_option(options), date_option(options)
    result = Converted()
    taken: dict[str, str] = {}
    for name, data in files:
        try:
            holdings = read(name, data, as_of)
            path = f"components/{index}/{holdings.as_of}.csv"
            if path in taken:
                raise Refusal(
                    f"holds what {index} is to hold on {holdings.as_of}, as {taken[path]} does: import one of them"
                )
        except Refusal as refusal:
            result.refused.append(Remark(name, str(refusal)))
            continue
        taken[path] = name
        result.files[path] = holdings.components
        result.skipped += holdings.skipped
        result.unreadable += holdings.unreadable
    return result


def _as_of(name: str, preamble: Sequence[Sequence[str]], given: date | None) -> date:
    stated = next((match for record in preamble for match in [_AS_OF.match(" ".join(record))] if match), None)
    in_name = dates_in(PurePath(name).stem)
    if stated is None:
        days, source = in_name, "its name"
        if not days and given is None:
            raise Refusal('does not say "Fund Holdings as of", and its name has no date: give the date')
    else:
        days, source = dates_in(stated[1]), f"{stated[0]!r}"
        if not days and given is None:
            nothing = not stated[1] or states_no_date(stated[1])
            raise Refusal(
                f"says {stated[0]!r}, which names no {'day: it has no holdings' if nothing else 'date that can be read'}"
            )
        if len(days) > 1 and len(days & in_name) == 1:
            days &= in_name
    if given is not None:
        if days and given not in days:
            raise Refusal(f"is of {_or(days)} by {source}, not of {given}")
        return given
    if len(days) > 1:
        raise Refusal(f"may be of {_or(days)} by {source}: give the date")
    return days.pop()


def _or(days: set[date]) -> str:
    return " or ".join(map(str, sorted(days)))


class _Lines:
    """The lines below a header, each taken, skipped, unreadable, or footer."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.skipped: list[Skipped] = []
        self.unreadable: list[Skipped] = []
        self.taken: list[tuple[int, dict[str, str | float | None]]] = []
        self.footer: list[int] = []
        records = list(grid.records())
        last = max((row for row, record in records if self._is_holding(record)), default=grid.header_row)
        for row, record in records:
            if [spelling(cell) for cell in record] == [spelling(cell) for cell in grid.header]:
                raise Refusal(
                    f"holds two tables, from lines {grid.header_row} and {row}: give each fund a file of its own"
                )
            if row > last and (self.footer or self._begins_footer(row, record)):
                self.footer.append(row)
            else:
                self._place(row, record)

    def holdings(self, fund: str | None, as_of: date) -> Holdings:
        taken = self._without_duplicates()
        if not taken:
            raise Refusal(f"has no line of a share below its header, line {self.grid.header_row}")
        if self.footer:
            reason = f"text below the holdings ({counted(len(self.footer), 'line')})"
            self.skipped.append(self.grid.left_out(self.footer[0], reason))
        rows, components = [row for row, _ in taken], [component for _, component in taken]
        frame = pl.DataFrame(
            components, schema=COMPONENTS | _IDENTIFIERS | {"close": pl.Float64(), "price_currency": pl.String()}
        )
        priced = (pl.col("close") > 0) & pl.col("price_currency").eq_missing(pl.col("currency"))
        closes = (
            frame.filter(priced)
            .select(pl.lit(as_of).alias("date"), "symbol", "close", "currency")
            .cast(pl.Schema(CLOSES))
        )
        left_out = sorted(self.skipped, key=lambda one: one.row), sorted(self.unreadable, key=lambda one: one.row)
        identified = [name for name in _IDENTIFIERS if frame[name].null_count() < frame.height]
        return Holdings(fund, as_of, frame.select(*COMPONENTS, *identified), closes, rows, *left_out)

    def _is_holding(self, record: list[str]) -> bool:
        """Whether a line has the cells of the table and a number of shares among them."""
        try:
            return not self.grid.misfit(record) and number(self.grid.cell(record, "shares")) is not None
        except ValueError:
            return False

    def _begins_footer(self, row: int, record: list[str]) -> bool:
        """Whether a line below the last holding follows a blank line or is a sentence. Else it is a torn holding."""
        line = self.grid.lines[row - 1]
        sentence = len(record[0].split()) >= _SENTENCE and not re.search(rf"{re.escape(self.grid.delimiter)}\S", line)
        return sentence or not cells(self.grid.lines[row - 2], self.grid.delimiter)

    def _place(self, row: int, record: list[str]) -> None:
        if misfit := self.grid.misfit(record):
            self.unreadable.append(self.grid.left_out(row, misfit))
        elif why := self._no_share(record):
            self.skipped.append(self.grid.left_out(row, why))
        else:
            try:
                self.taken.append((row, self._component(record)))
            except ValueError as error:
                self.unreadable.append(self.grid.left_out(row, str(error)))

    def _no_share(self, record: list[str]) -> str | None:
        """Why a line is not a share of a listed company; None if it is one."""
        cell = {field: self.grid.cell(record, field) for field in SPELLINGS}
        if cell["asset_class"].lower() != _EQUITY:
            return f"asset class {cell['asset_class'] or '-'}, not {_EQUITY.title()}"
        if residual := _RESIDUAL.search(cell["company_name"]):
            return f"no listed share but a residual claim: {residual[0].strip(' -(')}"
        if cell["symbol"].lower() in ABSENT - {"nan", "na", "null", "none"}:  # which may be tickers
            return "no ticker"
        if _NO_MARKET.search(cell["exchange"]):
            return f"not listed: {cell['exchange']}"
        if _is_zero(cell["price"]):
            return f"worth nothing: its price is {cell['price']}"
        return "no shares held" if _is_zero(cell["shares"]) else None

    def _component(self, record: list[str]) -> dict[str, str | float | None]:
        cell = {field: self.grid.cell(record, field) for field in SPELLINGS}
        shares = number(cell["shares"])
        if shares is None or shares < 0:
            raise ValueError(f"its shares are {cell['shares'] or 'missing'!r}")
        currencies = [None if cell[field] in ABSENT else cell[field] for field in ("market_currency", "currency")]
        try:
            price = number(cell["price"])
        except ValueError:
            price = None
        return {
            "symbol": symbol(cell["symbol"]),
            "shares": shares,
            "free_float": 1.0,
            "company_name": cell["company_name"] or None,
            "currency": currencies[0] or currencies[1],
            "close": price,
            "price_currency": currencies[1],
            **{name: None if cell[name] in ABSENT else cell[name] for name in _IDENTIFIERS},
        }

    def _without_duplicates(self) -> list[tuple[int, dict[str, str | float | None]]]:
        """The components with their lines, without tickers that stand on several lines: nothing says which line is meant."""
        count = Counter(component["symbol"] for _, component in self.taken)
        for row, component in self.taken:
            if count[component["symbol"]] > 1:
                reason = f"the ticker {component['symbol']} stands on {count[component['symbol']]} lines"
                self.unreadable.append(self.grid.left_out(row, reason))
        return [(row, component) for row, component in self.taken if count[component["symbol"]] == 1]


def _is_zero(text: str) -> bool:
    try:
        return number(text) == 0
    except ValueError:
        return False


ADAPTER = Adapter(convert, OPTIONS, required=frozenset({"index"}))
