"""Closes, rates and actions of a span of sessions as dense arrays, made once for all indexes that are computed over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from russell_pipeline.index.events import DIVIDEND, Action
from russell_pipeline.index.model import ACTIONS, IndexRefusal, Market, with_currency
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.sums import Floats
from russell_pipeline.supplied.actions import has_terms_of

Ints = NDArray[np.int64]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
NOWHERE = -1
_PAID = (pl.col("action") == DIVIDEND) & has_terms_of(DIVIDEND)


class Dividends(NamedTuple):
    """Dividends for a share, sorted by row and column of a panel; those of one name on one day stay in the order of the file.

    What is dated on a day that is no session applies on the next one: `date` is that of the file.
    """

    row: Ints
    column: Ints
    amount: Floats
    date: Days


@dataclass(frozen=True, eq=False)
class Panel:
    """Closes by session and symbol, 0 where there is none, in the currency `currencies[currency[session, symbol]]`.

    The columns are sorted by `symbols`, and so values are added in the same order whatever span of sessions a panel has.
    `rates` are units of the index's currency, the last known before; `unrated` says where the session itself has none.
    The first of `currencies` is the index's.
    """

    sessions: tuple[date, ...]
    symbols: tuple[str, ...]
    close: Floats
    currency: Codes
    currencies: tuple[str, ...]
    rates: Floats
    unrated: Flags
    quotes: Prices

    @cached_property
    def row(self) -> dict[date, int]:
        return {day: n for n, day in enumerate(self.sessions)}

    @cached_property
    def days(self) -> Days:
        return np.array(self.sessions, "M8[D]")

    @cached_property
    def column(self) -> dict[str, int]:
        return {symbol: n for n, symbol in enumerate(self.symbols)}

    @cached_property
    def at_home(self) -> bool:
        """Whether all closes are in the index's currency."""
        return not self.currency.any()

    @cached_property
    def price(self) -> Floats:
        """Closes in the index's currency; 0 where there is no close or no rate."""
        if self.at_home:
            return self.close
        return self.close * np.nan_to_num(np.take_along_axis(self.rates, self.currency, axis=1))

    @cached_property
    def suspended(self) -> Flags:
        """Where a name is suspended from trading."""
        days, found = self.days, np.zeros(self.close.shape, np.bool_)
        for symbol in self.quotes.suspended.symbols & self.column.keys():
            for begin, end in self.quotes.suspended.spans(symbol):
                within = days >= np.datetime64(begin)
                found[within if end is None else within & (days < np.datetime64(end)), self.column[symbol]] = True
        return found

    @cached_property
    def idle(self) -> Flags:
        """Where a name does not trade: it is suspended or has no close."""
        idle: Flags = self.close == 0
        return idle | self.suspended if self.quotes.suspended.symbols else idle

    def code(self, currency: str) -> int:
        """The place of a currency. Raises IndexRefusal for one that has no rates."""
        if currency not in self.currencies:
            raise IndexRefusal(f"no rate for {currency} is known")
        return self.currencies.index(currency)

    @cached_property
    def dividends(self) -> Dividends:
        """The ordinary dividends up to the last session, as arrays for they are many."""
        paid = self._actions.filter(self._actions["paid"])
        row, column = self._row_of(paid["date"]), self.columns(paid["symbol"].to_list())
        order = np.lexsort((column, row))
        dates, amounts = paid["date"].to_numpy(), paid["amount"].to_numpy()
        return Dividends(row[order], column[order], amounts[order], dates[order])

    def dividends_after(self, day: date) -> Dividends:
        """Those that are dated after a day."""
        row, column, amount, dates = self.dividends
        later = dates > np.datetime64(day)
        return self.dividends if later.all() else Dividends(row[later], column[later], amount[later], dates[later])

    @cached_property
    def actions(self) -> list[tuple[int, Action]]:
        """The other actions up to the last session with their rows, in the order of the file; with dividends that lack terms."""
        others = self._actions.filter(~self._actions["paid"]).select(list(ACTIONS))
        return list(zip(self._row_of(others["date"]).tolist(), map(Action._make, others.iter_rows()), strict=True))

    @cached_property
    def _actions(self) -> pl.DataFrame:
        named = self.quotes.market.actions.lazy().select(pl.col(name).cast(type_) for name, type_ in ACTIONS.items())
        until = max(self.sessions, default=date.min)
        return named.filter(pl.col("date") <= until).with_columns(paid=_PAID.fill_null(value=False)).collect()

    def _row_of(self, dates: pl.Series) -> Ints:
        """The rows of the sessions on days or after them."""
        return np.searchsorted(self.days, dates.to_numpy())

    def columns(self, symbols: Iterable[str]) -> Ints:
        """The columns of symbols that the panel has."""
        return np.fromiter(map(self.column.__getitem__, symbols), np.int64)

    def including(self, symbols: Iterable[str]) -> Panel:
        """The panel with columns, without closes, for the symbols that it does not have."""
        lacking = set(symbols) - self.column.keys()
        if not lacking:
            return self
        every = sorted([*self.symbols, *lacking])
        at = [n for n, symbol in enumerate(every) if symbol not in lacking]
        close, currency = (np.zeros((len(every), len(self.sessions)), of.dtype).T for of in (self.close, self.currency))
        close[:, at], currency[:, at] = self.close, self.currency
        return replace(self, symbols=tuple(every), close=close, currency=currency)


def panel(market: Market, sessions: Sequence[date], currency: str = "USD") -> Panel:
    """The panel of these sessions (sorted), with rates into one currency. Of rows that say a close twice the last counts.

    It is made quickest of closes that are sorted by symbol, as those of a lake's months are.
    """
    days, closes = tuple(sessions), with_currency(market.closes)
    runs, code, quoted = _runs(closes["symbol"])
    named = [market.actions["symbol"], market.actions["to_symbol"], *market.symbol_changes["old_symbol", "new_symbol"]]
    symbols = tuple(sorted({*quoted, *(symbol for of in named for symbol in of.unique() if symbol is not None)}))
    place = {symbol: n for n, symbol in enumerate(symbols)}
    begins = len(days) * np.array([place[symbol] for symbol in quoted], np.int64)
    row, shape = _rows(closes["date"], days), (len(symbols), len(days))
    at = np.repeat(begins[code], runs) + row
    if (row == NOWHERE).any():
        closes, at = closes.filter(row != NOWHERE), at[row != NOWHERE]
    close = _placed(closes["close"].cast(pl.Float64).to_numpy(), at, shape)
    abroad = (closes["currency"] != currency).any()
    others = closes["currency"].unique().sort().to_list() if abroad else []
    currencies = tuple(dict.fromkeys([currency, *others, "USD", *market.fx["currency"].unique().sort()]))
    if abroad:
        codes = closes["currency"].cast(pl.Enum(currencies)).to_physical().to_numpy().astype(np.int16)
        priced_in = _placed(codes, at, shape)
    else:
        priced_in = np.zeros(close.shape, np.int16)
    return Panel(days, symbols, close, priced_in, currencies, *_known(market, days, currencies), Prices(market))


def _runs(symbols: pl.Series) -> tuple[Ints, Ints, list[str]]:
    """How often each symbol stands in a row, it as a number, and the symbols that the numbers stand for."""
    runs = symbols.rle().struct
    known = pl.Categories.random()  # of this panel alone: the global ones would hold every symbol ever seen
    coded = runs.field("value").cast(pl.Categorical(known))
    return runs.field("len").to_numpy(), coded.to_physical().to_numpy(), known.to_series().to_list()


def _rows(dates: pl.Series, sessions: Sequence[date]) -> Ints:
    """The row of each date among the sessions, NOWHERE for one that is none."""
    # Numpy looks up by 64 bits three times as fast as by 32.
    day, known = (of.to_physical().cast(pl.Int64).to_numpy() for of in (dates, pl.Series(sessions, dtype=pl.Date)))
    if not (day.size and known.size):
        return np.full(day.size, NOWHERE)
    first = min(day.min(), known[0])
    rows = np.full(max(day.max(), known[-1]) + 1 - first, NOWHERE)
    rows[known - first] = np.arange(known.size)
    found: Ints = rows[day - first]
    return found


def _placed(values: NDArray[Any], at: Ints, shape: tuple[int, int]) -> NDArray[Any]:
    """Values as (sessions, symbols), 0 where there is none; those of a symbol lie side by side."""
    found = np.zeros(shape, values.dtype)
    found.reshape(-1)[at] = values
    return found.T


def _known(market: Market, sessions: Sequence[date], currencies: Sequence[str]) -> tuple[Floats, Flags]:
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
