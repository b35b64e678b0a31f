"""Closes and rates of a span of sessions as dense arrays, made once for all indexes that are computed over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from russell_pipeline.index.model import IndexRefusal, Market, with_currency
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Panel:
    """Closes by session and symbol, NaN where there is none, in the currency `currencies[currency[session, symbol]]`.

    `rates` are units of the index's currency, the last known before; `unrated` says where the session itself has none.
    The first of `currencies` is the index's; `foreign` are the symbols that have a close in another.
    """

    sessions: tuple[date, ...]
    row: dict[date, int]
    column: dict[str, int]
    close: Floats
    currency: NDArray[np.int16]
    foreign: Flags
    currencies: tuple[str, ...]
    rates: Floats
    unrated: Flags
    prices: Prices

    def code(self, currency: str) -> int:
        """The place of a currency. Raises IndexRefusal for one that has no rates."""
        if currency not in self.currencies:
            raise IndexRefusal(f"no rate for {currency} is known")
        return self.currencies.index(currency)

    def columns(self, symbols: Sequence[str]) -> Ints:
        """The columns of symbols, NOWHERE for those without a close."""
        return np.fromiter((self.column.get(symbol, NOWHERE) for symbol in symbols), np.int64, len(symbols))


def panel(market: Market, sessions: Sequence[date], currency: str = "USD") -> Panel:
    """The panel of these sessions (sorted), with rates into one currency. Of rows that say a close twice the last counts."""
    days = tuple(sessions)
    closes = with_currency(market.closes).select("date", "symbol", "close", "currency")
    row = _rows(closes["date"], days)
    if row.size and row.min() < 0:
        closes, row = closes.filter(pl.Series(row >= 0)), row[row >= 0]
    column, symbols = _columns(closes["symbol"])
    close = np.full((len(days), max(len(symbols), 1)), np.nan)  # a place to point to where nothing is known
    close.reshape(-1)[row * close.shape[1] + column] = closes["close"].to_numpy()
    code = np.zeros(close.shape, np.int16)
    abroad = closes["currency"] != currency
    quoted = closes["currency"].filter(abroad).cast(pl.String)
    currencies = tuple(
        dict.fromkeys([currency, *quoted.unique().sort(), "USD", *market.fx["currency"].unique().sort()])
    )
    if len(quoted):
        places = {name: n for n, name in enumerate(currencies)}
        code[row[abroad], column[abroad]] = quoted.replace_strict(places, return_dtype=pl.Int16)
    rates, unrated = _rates(market, days, currencies)
    return Panel(
        days,
        {one: n for n, one in enumerate(days)},
        {symbol: n for n, symbol in enumerate(symbols)},
        close,
        code,
        code.any(axis=0),
        currencies,
        rates,
        unrated,
        Prices(market),
    )


def _rows(dates: pl.Series, days: Sequence[date]) -> Ints:
    """The rows of dates, NOWHERE for those that are no session; a table of all days from the first to the last says which."""
    if not days:
        return np.full(len(dates), NOWHERE)
    sessions = np.array(days, "M8[D]").astype(np.int64)
    table = np.full(sessions[-1] - sessions[0] + 3, NOWHERE)  # one more on either side for the days outside
    table[sessions - sessions[0] + 1] = np.arange(len(days))
    return table[(dates.to_physical().to_numpy() - (sessions[0] - 1)).clip(0, len(table) - 1)]


def _columns(symbols: pl.Series) -> tuple[Ints, list[str]]:
    """The columns of rows by their symbols, and the symbol of each column. Symbols that come as categories are not looked at."""
    codes = symbols.cast(pl.Categorical).to_physical().to_numpy()
    seen = np.full(codes.max(initial=0) + 1, NOWHERE)
    seen[codes] = np.arange(len(codes))
    held = np.flatnonzero(seen != NOWHERE)
    column = np.empty_like(seen)
    column[held] = np.arange(len(held))
    return column[codes], symbols.gather(seen[held]).cast(pl.String).to_list()


def _rates(market: Market, sessions: Sequence[date], currencies: Sequence[str]) -> tuple[Floats, Flags]:
    days = pl.DataFrame({"date": sessions}, {"date": pl.Date})
    rates = np.ones((len(sessions), len(currencies)))
    unrated = np.zeros(rates.shape, np.bool_)
    for n, currency in enumerate(currencies[1:], 1):
        own = market.fx.filter(pl.col("currency") == currency).select("date", "rate").sort("date")
        own = own.with_columns(rated_on=pl.col("date"))
        known = days.join_asof(own, on="date")
        rates[:, n] = known["rate"].to_numpy()
        unrated[:, n] = (known["rated_on"] != known["date"]).fill_null(value=True).to_numpy()
    return rates, unrated
