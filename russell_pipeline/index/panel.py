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

from russell_pipeline.index.corporate_actions import DIVIDEND, Action
from russell_pipeline.index.model import ACTIONS, IndexRefusal, Market, cast_to, with_currency
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.rates import no_rate, rates_into
from russell_pipeline.index.sums import Floats
from russell_pipeline.market.files.actions import has_terms_of

Ints = NDArray[np.int64]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
NOWHERE = -1
_PAID = (pl.col("action") == DIVIDEND) & has_terms_of(DIVIDEND)
_CHANGING = ("old_symbol", "new_symbol")
# Symbols keep their codes for the whole process, because they are few, and those of one table are in many others; polars
# forgets the codes of categories that no series has.
_SYMBOLS = pl.Series(dtype=pl.Categorical(pl.Categories("symbols", "russell_pipeline")))
_NO_SYMBOL = pl.Series(dtype=pl.String)


class Dividends(NamedTuple):
    """Dividends per share, sorted by row and column of a panel; those of one name in one row stay in the order of the file.

    A dividend dated on a day without a session applies on the next session; `date` is the date in the file, `place` the place
    among all actions.
    """

    row: Ints
    column: Ints
    amount: Floats
    place: Ints
    date: Days

    def at(self, these: slice | Ints | Flags) -> Dividends:
        """Some of the dividends."""
        return Dividends(self.row[these], self.column[these], self.amount[these], self.place[these], self.date[these])


@dataclass(frozen=True, eq=False)
class Panel:
    """Closes by session and symbol, 0 where there is none, in the currency `currencies[currency[session, symbol]]`.

    The columns are sorted by symbol, so that values are added in the same order whatever span of sessions a panel covers.
    `names` are their symbols, and `place` the column of each symbol by its code (`symbol_codes`), NOWHERE for others.
    `rates`, by session and currency, are in units of the index's currency: the last known by the session, NaN if there is
    none. `unrated` marks sessions without a rate of their own. The first of `currencies` is the index's; `at_home` says that all
    closes are in it. `days` are the sessions as an array.
    """

    sessions: tuple[date, ...]
    days: Days
    names: pl.Series
    place: Ints
    close: Floats
    currency: Codes
    currencies: tuple[str, ...]
    rates: Floats
    unrated: Flags
    at_home: bool
    quotes: Prices

    @cached_property
    def row(self) -> dict[date, int]:
        return {day: n for n, day in enumerate(self.sessions)}

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        return tuple(self.names.to_list())

    @cached_property
    def column(self) -> dict[str, int]:
        """The columns of the symbols that actions (other than dividends) and symbol changes name."""
        acting = {symbol for _, _, action in self.actions for symbol in (action.symbol, action.to_symbol) if symbol}
        changing = {symbol for of in self.quotes.market.symbol_changes[*_CHANGING] for symbol in of.drop_nulls()}
        named = sorted(acting | changing)
        return dict(zip(named, self.columns(pl.Series(named, dtype=pl.String)).tolist(), strict=True))

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
        symbols = pl.Series(sorted(self.quotes.suspended.symbols), dtype=pl.String)
        for symbol, column in zip(symbols.to_list(), self._known(symbols).tolist(), strict=True):
            for begin, end in self.quotes.suspended.spans(symbol) if column != NOWHERE else ():
                found[(days >= np.datetime64(begin)) & (days < np.datetime64(end)), column] = True
        return found

    @property
    def idle(self) -> Flags:
        """Where a name does not trade: it is suspended or has no close."""
        return self._idle[:, :-1].T

    @cached_property
    def _idle(self) -> Flags:
        """The same by name, and after the last row one in which all trade, so that spans of one name do not go on in the next."""
        idle = np.zeros((len(self.names), len(self.sessions) + 1), np.bool_)
        np.equal(self.close.T, 0, out=idle[:, :-1])
        if self.quotes.suspended.symbols:
            idle[:, :-1] |= self.suspended.T
        return idle

    @cached_property
    def _idle_spans(self) -> tuple[Ints, Ints, Ints]:
        """Spans of rows in which a name does not trade: its column, the first row, and the row after the last."""
        rows, idle = self._idle.shape[1], self._idle.reshape(-1)
        edges = np.concatenate([np.flatnonzero(idle[:1]), np.flatnonzero(idle[1:] != idle[:-1]) + 1])
        begins, ends = edges[::2], edges[1::2]
        return begins // rows, begins % rows, ends % rows

    def idle_within(self, first: int, last: int) -> Flags:
        """By column, whether a name does not trade in some of the rows from `first` to `last`, both included."""
        column, begin, end = self._idle_spans
        found = np.zeros(len(self.names), np.bool_)
        found[column[(begin <= last) & (end > first)]] = True
        return found

    def why_idle(self, row: int, column: int) -> str:
        """Why a name does not trade in a row: suspended or missing."""
        return "suspended" if self.suspended[row, column] else "missing"

    def code(self, currency: str) -> int:
        """The index of a currency in `currencies`. Raises IndexRefusal if the panel does not have it."""
        if currency not in self.currencies:
            raise IndexRefusal(f"{no_rate([currency], self.currencies[0])} is known")
        return self.currencies.index(currency)

    @cached_property
    def dividends(self) -> Dividends:
        """The ordinary dividends up to the last session; they are kept as arrays because there are many."""
        dates, symbols, amounts = (self._actions[name].filter(self._paid) for name in ("date", "symbol", "amount"))
        row, column = self._row_of(dates), self.columns(symbols)
        order, place = np.argsort(row * len(self.names) + column, kind="stable"), self._paid.arg_true().to_numpy()
        return Dividends(row, column, amounts.to_numpy(), place.astype(np.int64), dates.to_numpy()).at(order)

    def dividends_after(self, day: date) -> Dividends:
        """The dividends dated after a day."""
        later = self.dividends.date > np.datetime64(day)
        return self.dividends if later.all() else self.dividends.at(later)

    @cached_property
    def actions(self) -> list[tuple[int, int, Action]]:
        """All other actions up to the last session, in the order of the file; also dividends that lack terms.

        Each has its row, and its place among all actions.
        """
        others, place = self._actions.filter(~self._paid), (~self._paid).arg_true()
        rows = self._row_of(others["date"]).tolist()
        return list(zip(rows, place.to_list(), map(Action._make, others.rows()), strict=True))

    @cached_property
    def _actions(self) -> pl.DataFrame:
        actions, last = self.quotes.market.actions, max(self.sessions, default=date.min)
        if dict(actions.schema) != ACTIONS:
            actions = actions.select(cast_to(ACTIONS))
        later = actions["date"] > last
        return self._as_applied(actions.filter(~later) if later.any() else actions)

    def _as_applied(self, actions: pl.DataFrame) -> pl.DataFrame:
        """Actions dated on closed days with the symbols that their names have on the next session, on which they apply."""
        renames = self.quotes.renames
        changed = pl.col("symbol", "to_symbol").is_in(list(renames.symbols)).fill_null(value=False)
        closed = ~pl.col("date").is_in(self.sessions)
        at = actions.select(closed & pl.any_horizontal(changed)).to_series().arg_true()
        if at.is_empty():
            return actions
        dates = actions["date"][at]
        applied = [self.sessions[row] for row in self._row_of(dates).tolist()]
        for column in ("symbol", "to_symbol"):
            days = zip(actions[column][at], dates, applied, strict=True)
            names = [name and renames.later(name, day, session) for name, day, session in days]
            actions = actions.with_columns(actions[column].clone().scatter(at, names))
        return actions

    @cached_property
    def _paid(self) -> pl.Series:
        """Which of the actions are ordinary dividends that have their terms."""
        return self._actions.select_seq(_PAID.fill_null(value=False)).to_series()

    def _row_of(self, dates: pl.Series) -> Ints:
        """The row of the first session on or after each date."""
        return np.searchsorted(self.days, dates.to_numpy())

    def _known(self, symbols: pl.Series) -> Ints:
        """The columns of symbols, NOWHERE for those that the panel does not have."""
        return self.place.take(symbol_codes(symbols), mode="clip")  # the last place is that of any later code

    def columns(self, symbols: pl.Series) -> Ints:
        """The columns of symbols. Raises KeyError for symbols that the panel does not have."""
        columns = self._known(symbols)
        if (columns == NOWHERE).any():
            raise KeyError(symbols.filter(columns == NOWHERE).to_list())
        return columns

    def including(self, symbols: pl.Series) -> tuple[Panel, Ints]:
        """The panel with columns added, without closes, for those of the symbols that it lacks; and the columns of symbols."""
        columns = self._known(symbols)
        if (columns != NOWHERE).all():
            return self, columns
        names, place, _ = _named(pl.concat([self.names, symbols]))
        at = place[symbol_codes(self.names)]
        close, currency = (np.zeros((len(names), len(self.sessions)), of.dtype).T for of in (self.close, self.currency))
        close[:, at], currency[:, at] = self.close, self.currency
        wider = replace(self, names=names, place=place, close=close, currency=currency)
        return wider, wider.columns(symbols)


def panel(market: Market, sessions: Sequence[date], currency: str = "USD") -> Panel:
    """The panel of these sessions (sorted), with rates into one currency. If a close is given twice, the last row counts.

    It is fastest with closes sorted by symbol, as they are within each month of a lake.
    """
    closes, days = with_currency(market.closes), _days(sessions)
    parts = _parts(closes)
    runs = [_runs(part["symbol"]) for part in parts]
    quoted = pl.concat([_NO_SYMBOL, *(run.symbols for run in runs)])
    others = [market.actions["symbol"], market.actions["to_symbol"], *market.symbol_changes[*_CHANGING]]
    names, place, codes = _named(pl.concat([quoted, *(of.drop_nulls() if of.null_count() else of for of in others)]))
    columns = place[codes[: len(quoted)]]
    abroad = [] if (closes["currency"] == currency).all() else sorted(closes["currency"].unique())
    rates = rates_into(market.fx, currency)
    currencies = tuple(dict.fromkeys([currency, *abroad, "USD", *rates["currency"].unique().sort()]))
    shape = len(names), len(days)
    close, priced_in = np.zeros(shape), np.zeros(shape, np.int16) if abroad else np.broadcast_to(np.int16(0), shape)
    before, rows = _table_of_rows(days)
    for part, run in zip(parts, runs, strict=True):
        own, columns = columns[: len(run.begin)], columns[len(run.begin) :]
        row = rows.take(part["date"].to_numpy().view(np.int64) - before, mode="clip")
        at = np.repeat(len(days) * own, np.diff(run.begin, append=part.height))
        at += row
        known = row != NOWHERE
        told = part if known.all() else part.filter(known)
        at = at if known.all() else at[known]
        close.reshape(-1)[at] = told["close"].cast(pl.Float64).to_numpy()
        if abroad:
            priced_in.reshape(-1)[at] = told["currency"].cast(pl.Enum(currencies)).to_physical().to_numpy()
    # The closes of one symbol are contiguous in memory.
    return Panel(
        tuple(sessions),
        days,
        names,
        place,
        close.T,
        priced_in.T,
        currencies,
        *_rates(rates, days, currencies),
        at_home=not abroad,
        quotes=Prices(market),
    )


def symbol_codes(symbols: pl.Series) -> NDArray[np.uint32]:
    """The codes of symbols, the same for a symbol as long as the process lives. There must be no null."""
    return symbols.cast(_SYMBOLS.dtype).to_physical().to_numpy()


def _named(symbols: pl.Series) -> tuple[pl.Series, Ints, NDArray[np.uint32]]:
    """The symbols sorted, each once; the place of each by its code, NOWHERE for all other codes; and the codes of `symbols`."""
    codes = symbol_codes(symbols)
    first = np.full(int(codes.max(initial=0)) + 2, NOWHERE)
    first[codes] = np.arange(len(codes))
    names = symbols[first[first != NOWHERE]].sort()
    place = np.full(len(first), NOWHERE)
    place[symbol_codes(names)] = np.arange(len(names))
    return names, place, codes


class _Runs(NamedTuple):
    """Runs of equal symbols: where each begins, and its symbol."""

    begin: Ints
    symbols: pl.Series


def _runs(symbols: pl.Series) -> _Runs:
    new = symbols.slice(1) != symbols.slice(0, len(symbols) - 1)
    begin = pl.Series(np.arange(1, len(symbols))).filter(new).to_numpy()
    return _Runs(np.concatenate([[0], begin]), pl.concat([symbols.slice(0, 1), symbols.slice(1).filter(new)]))


def _parts(closes: pl.DataFrame) -> list[pl.DataFrame]:
    """The chunks that closes were read in: work on one chunk (a month) at a time fits in the processor's cache."""
    lengths = [length for length in closes["symbol"].chunk_lengths() if length]
    return [closes.slice(begin, length) for begin, length in zip(accumulate(lengths, initial=0), lengths, strict=False)]


def _days(sessions: Sequence[date]) -> Days:
    return pl.Series(sessions, dtype=pl.Date).to_numpy()


def _table_of_rows(days: Days) -> tuple[int, Ints]:
    """The day before the first session, and the row of each day from then to the day after the last; NOWHERE if no session.

    The first day is counted in days since 1970.
    """
    known = days.astype(np.int64)
    before, after = (int(known[0]) - 1, int(known[-1]) + 1) if known.size else (0, 0)
    rows = np.full(after - before + 1, NOWHERE)
    rows[known - before] = np.arange(known.size)
    return before, rows


def _rates(known: pl.DataFrame, days: Days, currencies: Sequence[str]) -> tuple[Floats, Flags]:
    """The last known rate (columns `rates.RATES`) by session and currency, and where it is not the session's own."""
    rates = np.ones((len(days), len(currencies)))
    unrated = np.zeros(rates.shape, np.bool_)
    for n, currency in enumerate(currencies[1:], 1):
        own = known.filter(pl.col("currency") == currency).select("date", "rate").sort("date")
        own = own.with_columns(rated_on=pl.col("date"))
        last = pl.DataFrame({"date": days}).join_asof(own, on="date")
        rates[:, n] = last["rate"].to_numpy()
        unrated[:, n] = (last["rated_on"] != last["date"]).fill_null(value=True).to_numpy()
    return rates, unrated
