"""Closes, rates and actions of a span of sessions as dense arrays, built once for all indexes computed over the span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

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
    """Dividends per share, sorted by row and column of a panel; those of one name in one row stay in the order of the file.

    A dividend dated on a day without a session applies on the next session; `date` is the date in the file.
    """

    row: Ints
    column: Ints
    amount: Floats
    date: Days


@dataclass(frozen=True, eq=False)
class Panel:
    """Closes by session and symbol, 0 where there is none, in the currency `currencies[currency[session, symbol]]`.

    The columns are sorted by symbol, so that values are added in the same order whatever span of sessions a panel covers.
    `rates`, by session and currency, are in units of the index's currency: the last known by the session, NaN if there is
    none. `unrated` marks sessions without a rate of their own. The first of `currencies` is the index's.
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
                within = (days >= np.datetime64(begin)) & (days < np.datetime64(end))
                found[within, self.column[symbol]] = True
        return found

    @cached_property
    def idle(self) -> Flags:
        """Where a name does not trade: it is suspended or has no close."""
        idle: Flags = self.close == 0
        return idle | self.suspended if self.quotes.suspended.symbols else idle

    def why_idle(self, row: int, column: int) -> str:
        """Why a name does not trade in a row: suspended or missing."""
        return "suspended" if self.suspended[row, column] else "missing"

    def code(self, currency: str) -> int:
        """The index of a currency in `currencies`. Raises IndexRefusal if the panel does not have it."""
        if currency not in self.currencies:
            raise IndexRefusal(f"no rate for {currency} is known")
        return self.currencies.index(currency)

    @cached_property
    def dividends(self) -> Dividends:
        """The ordinary dividends up to the last session; they are kept as arrays because there are many."""
        dates, symbols, amounts = (
            self._actions[name].filter(self._actions["paid"]) for name in ("date", "symbol", "amount")
        )
        row, column = self._row_of(dates), self.columns(symbols)
        order = np.lexsort((column, row))
        return Dividends(row[order], column[order], amounts.to_numpy()[order], dates.to_numpy()[order])

    def dividends_after(self, day: date) -> Dividends:
        """The dividends dated after a day."""
        row, column, amount, dates = self.dividends
        later = dates > np.datetime64(day)
        return self.dividends if later.all() else Dividends(row[later], column[later], amount[later], dates[later])

    @cached_property
    def actions(self) -> list[tuple[int, Action]]:
        """All other actions up to the last session, with their rows, in the order of the file; also dividends that lack terms."""
        others = self._actions.filter(~self._actions["paid"])
        actions = (Action._make(terms) for *terms, _ in others.iter_rows())
        return list(zip(self._row_of(others["date"]).tolist(), actions, strict=True))

    @cached_property
    def _actions(self) -> pl.DataFrame:
        named = self.quotes.market.actions.lazy().select(pl.col(name).cast(type_) for name, type_ in ACTIONS.items())
        until = max(self.sessions, default=date.min)
        return named.filter(pl.col("date") <= until).with_columns(paid=_PAID.fill_null(value=False)).collect()

    def _row_of(self, dates: pl.Series) -> Ints:
        """The row of the first session on or after each date."""
        return np.searchsorted(self.days, dates.to_numpy())

    @cached_property
    def _coded(self) -> pl.Series:
        """The symbols as categories of this panel alone: the code of a symbol is its column, others get higher codes."""
        return pl.Series(self.symbols, dtype=pl.Categorical(pl.Categories.random()))

    def _codes(self, symbols: pl.Series) -> Ints:
        return symbols.cast(self._coded.dtype).to_physical().to_numpy().astype(np.int64)

    def columns(self, symbols: pl.Series) -> Ints:
        """The columns of symbols. Raises KeyError for symbols that the panel does not have."""
        codes = self._codes(symbols)
        if (codes >= len(self.symbols)).any():
            raise KeyError(symbols.filter(codes >= len(self.symbols)).to_list())
        return codes

    def including(self, *symbols: pl.Series) -> Panel:
        """The panel with columns added, without closes, for those of the symbols that it lacks."""
        lacking = {symbol for some in symbols for symbol in some.filter(self._codes(some) >= len(self.symbols))}
        if not lacking:
            return self
        every = sorted([*self.symbols, *lacking])
        at = [n for n, symbol in enumerate(every) if symbol not in lacking]
        close, currency = (np.zeros((len(every), len(self.sessions)), of.dtype).T for of in (self.close, self.currency))
        close[:, at], currency[:, at] = self.close, self.currency
        return replace(self, symbols=tuple(every), close=close, currency=currency)


def panel(market: Market, sessions: Sequence[date], currency: str = "USD") -> Panel:
    """The panel of these sessions (sorted), with rates into one currency. If a close is given twice, the last row counts.

    It is fastest with closes sorted by symbol, as they are within each month of a lake.
    """
    days, parts = tuple(sessions), _parts(with_currency(market.closes))
    code, lengths, quoted = _runs([part["symbol"] for part in parts])
    named = [market.actions["symbol"], market.actions["to_symbol"], *market.symbol_changes["old_symbol", "new_symbol"]]
    symbols = tuple(sorted({*quoted, *(symbol for of in named for symbol in of.unique() if symbol is not None)}))
    place = {symbol: n for n, symbol in enumerate(symbols)}
    begins = len(days) * np.array([place[symbol] for symbol in quoted], np.int64)[code]
    abroad = [part["currency"].unique() for part in parts if (part["currency"] != currency).any()]
    others = sorted({other for some in abroad for other in some})
    currencies = tuple(dict.fromkeys([currency, *others, "USD", *market.fx["currency"].unique().sort()]))
    close, priced_in = (np.zeros((len(symbols), len(days)), type_) for type_ in (np.float64, np.int16))
    before, rows = _table_of_rows(days)
    for part, length in zip(parts, lengths, strict=True):
        own, begins = begins[: len(length)], begins[len(length) :]
        row = rows[(part["date"].to_numpy().view(np.int64) - before).clip(0, len(rows) - 1)]
        at, known = np.repeat(own, length) + row, row != NOWHERE
        closes = part if known.all() else part.filter(known)
        at = at if known.all() else at[known]
        close.reshape(-1)[at] = closes["close"].cast(pl.Float64).to_numpy()
        if others:
            priced_in.reshape(-1)[at] = closes["currency"].cast(pl.Enum(currencies)).to_physical().to_numpy()
    # The closes of one symbol are contiguous in memory.
    return Panel(days, symbols, close.T, priced_in.T, currencies, *_known(market, days, currencies), Prices(market))


def _parts(closes: pl.DataFrame) -> list[pl.DataFrame]:
    """The chunks that closes were read in: work on one chunk (a month) at a time fits in the processor's cache."""
    lengths = [length for length in closes["symbol"].chunk_lengths() if length]
    return [closes.slice(begin, length) for begin, length in zip(accumulate(lengths, initial=0), lengths, strict=False)]


def _runs(parts: Sequence[pl.Series]) -> tuple[Ints, list[Ints], list[str]]:
    """Runs of equal symbols: the code of each run, the lengths of the runs in each part, and the symbols by code."""
    lengths, firsts = [], [pl.Series(dtype=pl.String)]
    for symbols in parts:
        following = symbols.slice(1)
        new = following != symbols.slice(0, len(following))
        lengths.append(np.diff(np.flatnonzero(new.to_numpy()) + 1, prepend=0, append=len(symbols)))
        firsts += symbols.slice(0, 1), following.filter(new)
    known = pl.Categories.random()  # private to this panel: the global categories would keep every symbol ever seen
    coded = pl.concat(firsts).cast(pl.Categorical(known))
    return coded.to_physical().to_numpy(), lengths, known.to_series().to_list()


def _table_of_rows(sessions: Sequence[date]) -> tuple[int, Ints]:
    """The day before the first session, and the row of each day from then to the day after the last; NOWHERE if no session.

    The first day is counted in days since 1970.
    """
    known = np.array(sessions, "M8[D]").astype(np.int64)
    before, after = (int(known[0]) - 1, int(known[-1]) + 1) if known.size else (0, 0)
    rows = np.full(after - before + 1, NOWHERE)
    rows[known - before] = np.arange(known.size)
    return before, rows


def _known(market: Market, sessions: Sequence[date], currencies: Sequence[str]) -> tuple[Floats, Flags]:
    days = pl.DataFrame({"date": np.array(sessions, "M8[D]")})
    rates = np.ones((len(sessions), len(currencies)))
    unrated = np.zeros(rates.shape, np.bool_)
    for n, currency in enumerate(currencies[1:], 1):
        own = market.fx.filter(pl.col("currency") == currency).select("date", "rate").sort("date")
        own = own.with_columns(rated_on=pl.col("date"))
        known = days.join_asof(own, on="date")
        rates[:, n] = known["rate"].to_numpy()
        unrated[:, n] = (known["rated_on"] != known["date"]).fill_null(value=True).to_numpy()
    return rates, unrated
