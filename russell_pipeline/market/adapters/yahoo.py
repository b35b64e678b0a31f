"""CSVs of a public price service, whose closes are adjusted for later splits: back to as-traded closes, and to actions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import prod
from pathlib import PurePath

import polars as pl

from russell_pipeline.errors import Refusal, WrongCall
from russell_pipeline.market.adapters import ishares
from russell_pipeline.market.adapters.grid import ABSENT, SYMBOL, Grid, find_grid, numbers, read_lines
from russell_pipeline.market.adapters.model import ACTIONS, Adapter, Converted, Options, Remark, Skipped, Source
from russell_pipeline.market.adapters.ratios import SINGLE, is_split, simplest, split_ratio, unadjusted

SPELLINGS = {
    "date": ("date", "datetime", "ex date"),
    "symbol": ("ticker", "symbol"),
    "close": ("close",),
    "adjusted_close": ("adj close", "adjclose", "adjusted close"),
    "dividend": ("dividends", "dividend"),
    "split": (
        "stock splits",
        "stock split",
        "splits",
        "split",
        "split ratio",
        "ratio",
        "split factor",
        "split coefficient",
        "factor",
    ),
    "new": ("new",),  # the columns of the landing file of actions
    "old": ("old",),
    "action": ("action",),
}
NEEDED = (
    *(frozenset({"date", one}) for one in ("close", "split", "dividend")),
    frozenset({"date", "new", "old"}),
    frozenset({"symbol", "split"}),  # without dates: factors for all closes of a symbol
)
# A date may carry a time and zone: the day printed is the exchange's.
_DATE = r"^(\d{4}-\d{2}-\d{2}|[A-Za-z]{3} \d{1,2}, \d{4}|\d{1,2}-[A-Za-z]{3}-\d{2,4})(?:[T ]\d{2}:\d{2}.*)?$"
_DATE_FORMATS = ("%Y-%m-%d", "%b %d, %Y", "%d-%b-%Y", "%d-%b-%y")
_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9.=-]{0,14}")
# What people's programs add to a symbol to name its file.
_ADDED = re.compile(
    r"(?:\s*\(\d+\)"
    r"|[ _-]+(?:\d{4}-?\d{2}-?\d{2}|\d{4}|to|daily|1d|max|prices?|history|historical|data|splits?|dividends?|yahoo))+$",
    re.IGNORECASE,
)
_NO_SECURITY = r"^\^|="  # indexes are ^GSPC, currencies and futures EURUSD=X
_SAME = 0.002  # relative: closes of two vendors that differ by less are the same close
_HALF_CENT = 0.005
# Closes of a dollar or more are in whole cents since exchanges gave up fractions (9 April 2001, SEC order of January 2000).
_CENTS_SINCE = date(2001, 4, 9)
_FEW = 4  # closes are enough for their cents to say something
_MOST_OFF_CENTS = 0.2  # share of closes between cents: a forgotten 2:1 split leaves half of them there
OPTIONS = {
    "symbol": "the symbol of a file that does not name it",
    "as_traded": "yes: take closes without split factors as they are; a split later than the file makes them wrong",
    "currency": "the currency of the closes (default USD)",
}


@dataclass
class _File:
    """One file as read: its closes, splits and dividends as stated, each row with the line that it comes from."""

    grid: Grid
    closes: pl.DataFrame
    splits: pl.DataFrame
    dividends: pl.DataFrame
    states_splits: bool = False
    lists_splits: bool = False  # of any symbol, in a file of their own
    own_symbol: tuple[str, ...] = ()  # the symbol of all its lines, if it has no column of symbols
    has_adjusted_close: bool = False


@dataclass
class _Adjustments:
    """What is known of the adjustment of each symbol: its splits by ex-date, and what as-traded prices show beyond them."""

    splits: dict[str, dict[date, Fraction]] = field(default_factory=lambda: defaultdict(dict))
    stated: set[str] = field(default_factory=set)  # symbols whose splits are stated, if only that they have none
    complete: bool = False  # there is a list of splits: a symbol that it does not name has none
    other_factors: dict[str, Fraction] = field(default_factory=dict)  # factor on all closes, beyond the splits
    price_factors: dict[str, Fraction] = field(
        default_factory=dict
    )  # the part of that factor that as-traded prices show
    contradictions: dict[str, str] = field(default_factory=dict)  # symbols whose factors are contradictory, and how

    def unknown(self, symbol: str) -> str | None:
        """Why the closes of a symbol cannot be turned back into as-traded ones; None if they can."""
        if symbol in self.contradictions:
            return self.contradictions[symbol]
        known = self.complete or symbol in self.stated or symbol in self.other_factors
        return None if known else f"{symbol} has neither split factors nor a price as traded to compare with"


def convert(files: Sequence[Source], options: Options) -> Converted:
    """Landing files `market/closes-yahoo-NAME.csv` and `market/actions-yahoo-NAME.csv`, one of each for a file of prices.

    The files may be prices (of one symbol, named by the file or by `symbol`, or of many in a column); splits and dividends, in
    files of their own or in columns of the prices; and holdings of funds, whose prices show the factor back to as-traded closes.
    The as-traded close of day D is the close times new/old of every split with an ex-date after D; dividends likewise.

    Closes of symbols without split factors are left out, because after a later split they are not as traded, unless `as_traded`
    is "yes". Raises WrongCall for a wrong option.
    """
    if options.get("as_traded", "no") not in ("yes", "no"):
        raise WrongCall(f"as_traded must be yes or no, not {options['as_traded']!r}")
    if not re.fullmatch("[A-Z]{3}", currency := options.get("currency", "USD")):
        raise WrongCall(f"currency must be three capitals, not {currency!r}")
    result = Converted()
    adjustments = _Adjustments()
    prices: list[tuple[str, pl.DataFrame]] = []
    read: list[_File] = []
    for name, data in files:
        try:
            lines = read_lines(data)
            if ishares.is_holdings(lines):
                prices.append((name, ishares.read(name, data).closes))
            else:
                read.append(_read(name, lines, options.get("symbol"), result))
        except Refusal as refusal:
            result.refused.append(Remark(name, str(refusal)))
    for one in read:
        _add_splits(one, adjustments, result)
    _add_factors_of_prices(read, prices, adjustments, result)
    if options.get("as_traded") == "yes":
        adjustments.complete = True
    for one in read:
        try:
            _write(one, adjustments, currency, result)
        except Refusal as refusal:
            result.refused.append(Remark(one.grid.name, str(refusal)))
    return result


# Reading


def _read(name: str, lines: Sequence[str], symbol: str | None, result: Converted) -> _File:
    grid = find_grid(name, lines, SPELLINGS, NEEDED)
    own = () if "symbol" in grid.fields else (symbol or _symbol_of(name),)
    frame = _rows(grid, *own)
    none = frame.clear().with_columns(value=pl.lit(0.0), printed=pl.lit(""))
    file = _File(grid, none, none, none, own_symbol=own, has_adjusted_close="adjusted_close" in grid.fields)
    file.states_splits = "split" in grid.fields or {"new", "old"} <= grid.fields.keys()
    file.lists_splits = file.states_splits and not own and "close" not in grid.fields
    dated = pl.lit("date" in grid.fields)
    bad = (
        (
            pl.col("cells") != len(grid.header),
            pl.format("it has {} cells where the header has {}", "cells", pl.lit(len(grid.header))),
        ),
        (dated & pl.col("date").is_null(), pl.format("{} is no date that can be read", pl.col("printed_date"))),
    )
    frame = _set_aside(frame, bad, file, result.unreadable)
    no_security = pl.col("symbol").str.contains(_NO_SECURITY)
    skipped = frame.filter(no_security).group_by("symbol", maintain_order=True).agg(pl.col("row").first(), pl.len())
    for level, row, count in skipped.iter_rows():
        result.skipped.append(grid.left_out(row, f"{level} is no security ({count} lines)"))
    frame = frame.filter(~no_security)
    no_symbol = ~pl.col("symbol").str.contains(rf"^{SYMBOL}$")
    frame = _set_aside(frame, ((no_symbol, pl.format("'{}' is no symbol", "symbol")),), file, result.unreadable)
    if "close" in grid.fields:
        file.closes = _closes(frame, file, result)
    if "split" in grid.fields:
        file.splits = frame.filter(~_absent("split") & ~pl.col("split").str.contains(r"^[01]?(?:\.0*)?$"))
    elif {"new", "old"} <= grid.fields.keys():
        of_split = pl.col("action").str.to_lowercase() == "split" if "action" in grid.fields else pl.lit(True)
        file.splits = frame.filter(of_split).with_columns(split=pl.format("{}:{}", "new", "old"))
    if "dividend" in grid.fields:
        paid = frame.filter(~_absent("dividend")).with_columns(value=numbers("dividend"), printed="dividend")
        wrong = pl.col("value").is_null() | (pl.col("value") < 0)
        paid = _set_aside(paid, ((wrong, pl.format("{} is no dividend", "dividend")),), file, result.unreadable)
        file.dividends = paid.filter(pl.col("value") > 0)
    return file


def _rows(grid: Grid, symbol: str | None = None) -> pl.DataFrame:
    """The lines below the header as text, with `row`, `cells` (how many there are), and the date parsed; null if it cannot be."""
    records = list(grid.records())
    texts = {
        name: [record[at] if at < len(record) else "" for _, record in records] for name, at in grid.fields.items()
    }
    frame = pl.DataFrame(
        {"row": [row for row, _ in records], "cells": [len(record) for _, record in records]} | texts,
        schema={"row": pl.Int64, "cells": pl.Int64} | dict.fromkeys(texts, pl.String),
    ).with_columns(pl.lit("").alias(name) for name in SPELLINGS if name not in texts)
    day = pl.col("date").str.extract(_DATE)
    return frame.with_columns(
        printed_date="date",
        date=pl.coalesce(*(day.str.to_date(spelled, strict=False) for spelled in _DATE_FORMATS)),
        symbol=pl.col("symbol") if symbol is None else pl.lit(symbol),
    )


def _symbol_of(name: str) -> str:
    symbol = _ADDED.sub("", PurePath(name).stem).upper()
    if not _SYMBOL.fullmatch(symbol):
        raise Refusal(
            "has no column of symbols, and its name is none: name it after the symbol, as in AAPL.csv, or give the symbol"
        )
    return symbol


def _absent(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().is_in(sorted(ABSENT))


def _set_aside(
    frame: pl.DataFrame, reasons: Iterable[tuple[pl.Expr, pl.Expr]], file: _File, into: list[Skipped]
) -> pl.DataFrame:
    """The rows to which no reason applies. The others are listed in `into`, each with the first reason that applies."""
    reason = pl.coalesce(*(pl.when(applies).then(says) for applies, says in reasons))
    frame = frame.with_columns(reason=reason)
    out = frame.filter(pl.col("reason").is_not_null())
    into += [file.grid.left_out(row, says) for row, says in out.select("row", "reason").iter_rows()]
    return frame.filter(pl.col("reason").is_null()).drop("reason")


def _closes(frame: pl.DataFrame, file: _File, result: Converted) -> pl.DataFrame:
    """The rows that have a close, one for each symbol and day."""
    # A line with only a dividend or a split has no close, and none is missing.
    event = ~_absent("dividend") | ~_absent("split")
    frame = frame.filter(~(_absent("close") & event))
    frame = _set_aside(frame, ((_absent("close"), pl.lit("no close")),), file, result.skipped)
    frame = frame.with_columns(value=numbers("close"), printed="close")
    wrong = (
        (pl.col("value").is_null(), pl.format("its close {} is no number", "close")),
        (pl.col("value") <= 0, pl.format("its close {} is not above zero", "close")),
        (pl.col("value").n_unique().over("symbol", "date") > 1, pl.lit("another line has another close for that day")),
    )
    frame = _set_aside(frame, wrong, file, result.unreadable)
    return frame.unique(("symbol", "date"), keep="first", maintain_order=True)


# Factors


def _add_splits(file: _File, adjustments: _Adjustments, result: Converted) -> None:
    if file.states_splits:
        adjustments.complete |= file.lists_splits
        adjustments.stated.update(file.closes["symbol"], file.splits["symbol"], file.own_symbol)
    for row, symbol, day, text in file.splits.select("row", "symbol", "date", "split").iter_rows():
        try:
            ratio = split_ratio(text)
        except ValueError as error:
            adjustments.contradictions[symbol] = f"a split of {symbol} cannot be read: line {row} of {file.grid.name}"
            result.unreadable.append(file.grid.left_out(row, str(error)))
            continue
        before = (
            adjustments.other_factors.setdefault(symbol, ratio)
            if day is None
            else adjustments.splits[symbol].setdefault(day, ratio)
        )
        if before != ratio:
            adjustments.contradictions[symbol] = (
                f"{symbol} has two ratios{f' on {day}' if day else ''}: {before} and {ratio}"
            )
            result.unreadable.append(file.grid.left_out(row, adjustments.contradictions[symbol]))


def _add_factors_of_prices(
    files: Sequence[_File], prices: Sequence[tuple[str, pl.DataFrame]], adjustments: _Adjustments, result: Converted
) -> None:
    """Compare closes with as-traded prices of the same day: the quotient is a factor that no known split explains.

    If the quotient is not a ratio of small whole numbers, the two prices are of different securities or days.
    """
    if not prices or not files:
        return
    unadjusted_closes = [_unadjusted(file.closes, adjustments).select("symbol", "date", "unadjusted") for file in files]
    closes = pl.concat(unadjusted_closes).with_columns(key=_key("symbol"))
    for name, traded in prices:
        as_traded = traded.select("date", price="close", key=_key("symbol"))
        compared = closes.join(as_traded, on=("key", "date")).filter(pl.col("price") > 0)
        if compared.is_empty():
            result.notes.append(Remark(name, "its prices are of a day or of symbols that no file of closes has"))
        for symbol, day, close, price in compared.select("symbol", "date", "unadjusted", "price").iter_rows():
            rest = _ratio_of(price, close)
            if rest is None:
                reason = f"the price {price} of {symbol} on {day} in {name} is no ratio of shares to its close {close}"
            elif (other := adjustments.price_factors.setdefault(symbol, rest)) != rest:
                reason = f"prices of {symbol} show two factors, {other} and, on {day}, {rest}: give its splits"
            else:
                if rest != 1:
                    says = f"{symbol}: all closes and dividends times {rest}, as its price on {day} shows"
                    result.notes.append(Remark(name, f"{says}, for an event after them"))
                continue
            adjustments.contradictions[symbol] = reason
    for symbol, rest in adjustments.price_factors.items():
        adjustments.other_factors[symbol] = adjustments.other_factors.get(symbol, Fraction(1)) * rest


def _key(column: str) -> pl.Expr:
    """A symbol without the class separator, which one source writes and another does not: BRK-B and BRKB."""
    return pl.col(column).str.replace_all(r"[^A-Za-z0-9]", "").str.to_uppercase()


def _ratio_of(price: float, close: float) -> Fraction | None:
    if abs(price / close - 1) <= _SAME:
        return Fraction(1)
    measured = Fraction(price) / Fraction(close)
    return simplest(measured, measured * (Fraction(_HALF_CENT) / Fraction(price) + Fraction(SINGLE)))


def _unadjusted(frame: pl.DataFrame, adjustments: _Adjustments) -> pl.DataFrame:
    """The rows with `factor`, the product of the ratios of all splits after their date, and `unadjusted`, the as-traded value."""
    events = [
        (
            symbol,
            day,
            float(
                prod(ratio for later, ratio in splits.items() if later >= day)
                * adjustments.other_factors.get(symbol, 1)
            ),
        )
        for symbol, splits in adjustments.splits.items()
        for day in splits
    ]
    by_date = pl.DataFrame(events, {"symbol": pl.String, "date": pl.Date, "factor": pl.Float64}, orient="row").sort(
        "date"
    )
    rest = pl.col("symbol").replace_strict(
        {s: float(r) for s, r in adjustments.other_factors.items()}, default=1.0, return_dtype=pl.Float64
    )
    return (
        frame.sort("date")
        .join_asof(
            by_date, on="date", by="symbol", strategy="forward", allow_exact_matches=False, check_sortedness=False
        )
        .with_columns(pl.col("factor").fill_null(rest))
        .with_columns(unadjusted=unadjusted(pl.col("value"), pl.col("factor"), pl.col("printed")))
        .sort("row")
    )


# Writing


def _write(file: _File, adjustments: _Adjustments, currency: str, result: Converted) -> None:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", PurePath(file.grid.name).stem).strip("-.")
    closes, dividends = _unadjusted(file.closes, adjustments), _unadjusted(file.dividends, adjustments)
    unknown = _unknown(file, closes, adjustments)
    stated = pl.concat([frame.select("symbol", "row") for frame in (closes, dividends)]).sort("row")
    if unknown and unknown.keys() >= set(stated["symbol"]):
        raise Refusal(f"its closes are not as traded: {_of_all(unknown)}")
    for symbol, row in stated.unique("symbol", keep="first", maintain_order=True).iter_rows():
        if symbol in unknown:
            result.unreadable.append(file.grid.left_out(row, f"none of its lines is taken: {unknown[symbol]}"))
    out = pl.col("symbol").is_in(list(unknown))
    closes = closes.filter(~out)
    tables = {
        f"market/closes-yahoo-{name}.csv": closes.select(
            "date", "symbol", close="unadjusted", currency=pl.lit(currency)
        ),
        f"market/actions-yahoo-{name}.csv": _actions(file, dividends.filter(~out), adjustments, result),
    }
    taken = [path for path in tables if path in result.files]
    if taken:
        raise Refusal(f"another file is written to {taken[0]} already: give them different names")
    result.files |= {path: table for path, table in tables.items() if table.height}
    result.notes += [
        Remark(
            file.grid.name,
            f"{symbol}: {off} of {count} closes are between cents: adjusted, it seems, for something else too",
        )
        for symbol, off, count in _between_cents(closes).iter_rows()
    ]


def _unknown(file: _File, closes: pl.DataFrame, adjustments: _Adjustments) -> dict[str, str]:
    """The symbols of a file whose as-traded values are not known, with the reason."""
    symbols = set(file.closes["symbol"]) | set(file.dividends["symbol"])
    unknown = {symbol: reason for symbol in sorted(symbols) if (reason := adjustments.unknown(symbol))}
    if not file.has_adjusted_close:
        # In files without "Adj Close", the close itself may be the adjusted one.
        last = file.dividends.group_by("symbol").agg(paid=pl.col("date").max())
        before = closes.join(last, on="symbol").filter(pl.col("date") < pl.col("paid"))
        for symbol in _between_cents(before)["symbol"]:
            unknown.setdefault(
                symbol, f"{symbol} pays dividends, and its closes seem adjusted for them: download them unadjusted"
            )
    return unknown


def _of_all(unknown: dict[str, str]) -> str:
    one = next(iter(unknown.values()))
    others = f" (and so for {len(unknown) - 1} more symbols)" if len(unknown) > 1 else ""
    return (
        f"{one}{others}. Give its splits (a file with the columns Ticker, Date, Stock Splits), or holdings with prices of one of "
        "its days, or say as_traded=yes"
    )


def _between_cents(closes: pl.DataFrame) -> pl.DataFrame:
    """Symbols with too many closes between cents to be as traded, with the number of those closes and of all."""
    cents = pl.col("unadjusted") * 100
    off = (cents - cents.round()).abs() > cents * SINGLE
    return (
        closes.filter((pl.col("date") >= _CENTS_SINCE) & (pl.col("unadjusted") >= 1))
        .group_by("symbol", maintain_order=True)
        .agg(off=off.sum(), count=pl.len())
        .filter((pl.col("count") >= _FEW) & (pl.col("off") > pl.col("count") * _MOST_OFF_CENTS))
    )


def _actions(file: _File, dividends: pl.DataFrame, adjustments: _Adjustments, result: Converted) -> pl.DataFrame:
    """The splits and dividends that a file states, in the columns of the landing file, by date."""
    rows: list[dict[str, object]] = []
    for row, symbol, day in (
        file.splits.filter(pl.col("date").is_not_null()).select("row", "symbol", "date").iter_rows()
    ):
        ratio = adjustments.splits[symbol].get(day)
        if ratio is None or symbol in adjustments.contradictions:
            continue
        if is_split(ratio):
            new, old = ratio.as_integer_ratio()
            rows.append({"symbol": symbol, "date": day, "action": "split", "new": new, "old": old})
        else:
            reason = f"{ratio} is no split: the price effect of a spin-off, it seems, undone in the closes; write it as spin_off"
            result.unreadable.append(file.grid.left_out(row, reason))
    for symbol, day, amount in dividends.select("symbol", "date", "unadjusted").iter_rows():
        rows.append({"symbol": symbol, "date": day, "action": "ordinary_dividend", "amount": amount})
    return (
        pl.DataFrame(rows, schema=dict(ACTIONS)).unique(maintain_order=True).sort("date", "symbol", maintain_order=True)
    )


ADAPTER = Adapter(convert, OPTIONS)
