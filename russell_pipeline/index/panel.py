"""Closes, rates and corporate actions over some sessions as dense arrays, built once for all indexes over these sessions."""

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
ABSENT = -1
_IS_DIVIDEND = (pl.col("action") == DIVIDEND) & has_terms_of(DIVIDEND)
_CHANGING = ("old_symbol", "new_symbol")
# Symbols keep their codes for the whole process, because they are few, and those of one table are in many others; polars
# forgets the codes of categories that no series has.
_SYMBOLS = pl.Series(dtype=pl.Categorical(pl.Categories("symbols", "russell_pipeline")))
_NO_SYMBOL = pl.Series(dtype=pl.String)


class Dividends(NamedTuple):
    """Dividends per share, sorted by row and column of a panel; those of one name in one row stay in the order of the file.

    `amount` is in the currency of the name. A dividend dated on a closed day applies on the next session; `date` is the date in
    the file, `place` the place among all actions.
    """

    row: Ints
    column: Ints
    amount: Floats
    place: Ints
    date: Days

    def select(self, chosen: slice | Ints | Flags) -> Dividends:
        """Some of the dividends, by position or by flag."""
        return Dividends(
            self.row[chosen], self.column[chosen], self.amount[chosen], self.place[chosen], self.date[chosen]
        )


@dataclass(frozen=True, eq=False)
class Panel:
    """Closes of a market by session and symbol, with exchange rates into one currency, as arrays shaped (sessions, symbols).

    `close` is 0 where there is no close; it is in the currency `currencies[currency[session, symbol]]`. The columns are sorted by
    symbol (`names`), so that values are added in the same order whatever sessions a panel covers. `column_of_code` has the column
    of each symbol by its code (`symbol_codes`), ABSENT for others. `days` are the sessions as an array.

    `rates`, (sessions, currencies), are in units of the index's currency for one unit: the last known by the session, NaN if
    there is none. `without_rate` marks sessions without a rate of their own. The first of `currencies` is the index's;
    `single_currency` says that all closes are in it. `prices` are the prices of the same market, asked name by name.
    """

    sessions: tuple[date, ...]
    days: Days
    names: pl.Series
    column_of_code: Ints
    close: Floats
    currency: Codes
    currencies: tuple[str, ...]
    rates: Floats
    without_rate: Flags
    single_currency: bool
    prices: Prices

    @cached_property
    def row(self) -> dict[date, int]:
        """The row of each session."""
        return {day: n for n, day in enumerate(self.sessions)}

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The symbol of each column, in their order."""
        return tuple(self.names.to_list())

    @cached_property
    def column(self) -> dict[str, int]:
        """The columns of the symbols that actions (other than dividends) and symbol changes name."""
        acting = {symbol for _, _, action in self.actions for symbol in (action.symbol, action.to_symbol) if symbol}
        changing = {symbol for of in self.prices.market.symbol_changes[*_CHANGING] for symbol in of.drop_nulls()}
        named = sorted(acting | changing)
        return dict(zip(named, self.columns(pl.Series(named, dtype=pl.String)).tolist(), strict=True))

    @cached_property
    def price(self) -> Floats:
        """Closes in the index's currency; 0 where there is no close or no rate."""
        if self.single_currency:
            return self.close
        return self.close * np.nan_to_num(np.take_along_axis(self.rates, self.currency, axis=1))

    @cached_property
    def suspended(self) -> Flags:
        """Where a name is suspended from trading."""
        days, suspended = self.days, np.zeros(self.close.shape, np.bool_)
        symbols = pl.Series(sorted(self.prices.suspended.symbols), dtype=pl.String)
        for symbol, column in zip(symbols.to_list(), self._known(symbols).tolist(), strict=True):
            for begin, end in self.prices.suspended.spans(symbol) if column != ABSENT else ():
                suspended[(days >= np.datetime64(begin)) & (days < np.datetime64(end)), column] = True
        return suspended

    @property
    def untraded(self) -> Flags:
        """Where a name does not trade: it is suspended or has no close."""
        return self._untraded[:, :-1].T

    @cached_property
    def _untraded(self) -> Flags:
        """The same by name, with one more row at the end in which all trade, so that spans of one name end before the next."""
        untraded = np.zeros((len(self.names), len(self.sessions) + 1), np.bool_)
        np.equal(self.close.T, 0, out=untraded[:, :-1])
        if self.prices.suspended.symbols:
            untraded[:, :-1] |= self.suspended.T
        return untraded

    @cached_property
    def _untraded_spans(self) -> tuple[Ints, Ints, Ints]:
        """Spans of rows in which a name does not trade: its column, the first row, and the row after the last."""
        rows, untraded = self._untraded.shape[1], self._untraded.reshape(-1)
        edges = np.concatenate([np.flatnonzero(untraded[:1]), np.flatnonzero(untraded[1:] != untraded[:-1]) + 1])
        begins, ends = edges[::2], edges[1::2]
        return begins // rows, begins % rows, ends % rows

    def untraded_within(self, first: int, last: int) -> Flags:
        """By column, whether a name does not trade in some of the rows from `first` to `last`, both included."""
        column, begin, end = self._untraded_spans
        within = np.zeros(len(self.names), np.bool_)
        within[column[(begin <= last) & (end > first)]] = True
        return within

    def untraded_reason(self, row: int, column: int) -> str:
        """Why a name does not trade in a row: suspended or missing."""
        return "suspended" if self.suspended[row, column] else "missing"

    def code(self, currency: str) -> int:
        """The place of a currency in `currencies`. Raises IndexRefusal if the panel does not have it."""
        if currency not in self.currencies:
            raise IndexRefusal(f"{no_rate([currency], self.currencies[0])} is known")
        return self.currencies.index(currency)

    @cached_property
    def dividends(self) -> Dividends:
        """The ordinary dividends up to the last session; they are kept as arrays because there are many."""
        dates, symbols, amounts = (
            self._actions[name].filter(self._is_dividend) for name in ("date", "symbol", "amount")
        )
        row, column = self._row_of(dates), self.columns(symbols)
        order, place = (
            np.argsort(row * len(self.names) + column, kind="stable"),
            self._is_dividend.arg_true().to_numpy(),
        )
        return Dividends(row, column, amounts.to_numpy(), place.astype(np.int64), dates.to_numpy()).select(order)

    def dividends_after(self, day: date) -> Dividends:
        """The dividends dated after a day."""
        later = self.dividends.date > np.datetime64(day)
        return self.dividends if later.all() else self.dividends.select(later)

    @cached_property
    def actions(self) -> list[tuple[int, int, Action]]:
        """All other actions up to the last session, in the order of the file; also dividends that lack terms.

        Each has its row, and its place among all actions.
        """
        others, place = self._actions.filter(~self._is_dividend), (~self._is_dividend).arg_true()
        rows = self._row_of(others["date"]).tolist()
        return list(zip(rows, place.to_list(), map(Action._make, others.rows()), strict=True))

    @cached_property
    def _actions(self) -> pl.DataFrame:
        actions, last = self.prices.market.actions, max(self.sessions, default=date.min)
        if dict(actions.schema) != ACTIONS:
            actions = actions.select(cast_to(ACTIONS))
        later = actions["date"] > last
        return self._as_applied(actions.filter(~later) if later.any() else actions)

    def _as_applied(self, actions: pl.DataFrame) -> pl.DataFrame:
        """Actions dated on closed days with the symbols that their names have on the next session, on which they apply."""
        changes = self.prices.symbol_changes
        changed = pl.col("symbol", "to_symbol").is_in(list(changes.symbols)).fill_null(value=False)
        closed = ~pl.col("date").is_in(self.sessions)
        at = actions.select(closed & pl.any_horizontal(changed)).to_series().arg_true()
        if at.is_empty():
            return actions
        dates = actions["date"][at]
        applied = [self.sessions[row] for row in self._row_of(dates).tolist()]
        for column in ("symbol", "to_symbol"):
            days = zip(actions[column][at], dates, applied, strict=True)
            names = [name and changes.later(name, day, session) for name, day, session in days]
            actions = actions.with_columns(actions[column].clone().scatter(at, names))
        return actions

    @cached_property
    def _is_dividend(self) -> pl.Series:
        """Which of the actions are ordinary dividends that have their terms."""
        return self._actions.select_seq(_IS_DIVIDEND.fill_null(value=False)).to_series()

    def _row_of(self, dates: pl.Series) -> Ints:
        """The row of the first session on or after each date."""
        return np.searchsorted(self.days, dates.to_numpy())

    def _known(self, symbols: pl.Series) -> Ints:
        """The columns of symbols, ABSENT for those that the panel does not have."""
        return self.column_of_code.take(symbol_codes(symbols), mode="clip")  # the last place is that of any later code

    def columns(self, symbols: pl.Series) -> Ints:
        """The columns of symbols. Raises KeyError for symbols that the panel does not have."""
        columns = self._known(symbols)
        if (columns == ABSENT).any():
            raise KeyError(symbols.filter(columns == ABSENT).to_list())
        return columns

    def including(self, symbols: pl.Series) -> tuple[Panel, Ints]:
        """The panel with columns added, without closes, for those of the symbols that it lacks; and the columns of symbols."""
        columns = self._known(symbols)
        if (columns != ABSENT).all():
            return self, columns
        wider_names = _sorted_symbols(pl.concat([self.names, symbols]))
        names, column_of_code = wider_names.names, wider_names.column_of_code
        at = column_of_code[symbol_codes(self.names)]
        close, currency = (np.zeros((len(names), len(self.sessions)), of.dtype).T for of in (self.close, self.currency))
        close[:, at], currency[:, at] = self.close, self.currency
        wider = replace(self, names=names, column_of_code=column_of_code, close=close, currency=currency)
        return wider, wider.columns(symbols)


def build_panel(market: Market, sessions: Sequence[date], currency: str = "USD") -> Panel:
    """Build the panel of a market over sessions: closes as an array of shape (sessions, symbols).

    Parameters
    ----------
    market
        Closes in the currencies of the securities, rates, actions and changes of symbols. Closes on days that are none of the
        sessions are left out. If a symbol has two closes on a day, that of the last row counts. It is fastest with closes
        sorted by symbol, as they are within each month of a lake.
    sessions
        The sessions, sorted, each once.
    currency
        The currency into which all others are converted: rates are units of it for one unit of another.

    Returns
    -------
    Panel
        Columns are all symbols of closes, actions and changes of symbols, sorted; a close that is missing is 0, a rate that is
        missing is NaN.
    """
    closes, days = with_currency(market.closes), _days(sessions)
    parts = _parts(closes)
    runs = [_runs(part["symbol"]) for part in parts]
    with_closes = pl.concat([_NO_SYMBOL, *(run.symbols for run in runs)])
    others = [market.actions["symbol"], market.actions["to_symbol"], *market.symbol_changes[*_CHANGING]]
    symbols = _sorted_symbols(pl.concat([with_closes, *(of.drop_nulls() if of.null_count() else of for of in others)]))
    columns = symbols.column_of_code[symbols.codes[: len(with_closes)]]
    foreign = [] if (closes["currency"] == currency).all() else sorted(closes["currency"].unique())
    rates = rates_into(market.fx, currency)
    currencies = tuple(dict.fromkeys([currency, *foreign, "USD", *rates["currency"].unique().sort()]))
    shape = len(symbols.names), len(days)
    close = np.zeros(shape)
    currency_codes = np.zeros(shape, np.int16) if foreign else np.broadcast_to(np.int16(0), shape)
    before, rows = _table_of_rows(days)
    for part, run in zip(parts, runs, strict=True):
        of_runs, columns = columns[: len(run.begin)], columns[len(run.begin) :]
        row = rows.take(part["date"].to_numpy().view(np.int64) - before, mode="clip")
        at = np.repeat(len(days) * of_runs, np.diff(run.begin, append=part.height))
        at += row
        on_session = row != ABSENT
        used = part if on_session.all() else part.filter(on_session)
        at = at if on_session.all() else at[on_session]
        close.reshape(-1)[at] = used["close"].cast(pl.Float64).to_numpy()
        if foreign:
            currency_codes.reshape(-1)[at] = used["currency"].cast(pl.Enum(currencies)).to_physical().to_numpy()
    # The closes of one symbol are contiguous in memory.
    return Panel(
        tuple(sessions),
        days,
        symbols.names,
        symbols.column_of_code,
        close.T,
        currency_codes.T,
        currencies,
        *_rates(rates, days, currencies),
        single_currency=not foreign,
        prices=Prices(market),
    )


def symbol_codes(symbols: pl.Series) -> NDArray[np.uint32]:
    """The codes of symbols, the same for a symbol as long as the process lives. There must be no null."""
    return symbols.cast(_SYMBOLS.dtype).to_physical().to_numpy()


class _SortedSymbols(NamedTuple):
    """Symbols sorted, each once; the column of each by its code, ABSENT for all other codes; and the codes as they were given."""

    names: pl.Series
    column_of_code: Ints
    codes: NDArray[np.uint32]


def _sorted_symbols(symbols: pl.Series) -> _SortedSymbols:
    codes = symbol_codes(symbols)
    first = np.full(int(codes.max(initial=0)) + 2, ABSENT)
    first[codes] = np.arange(len(codes))
    names = symbols[first[first != ABSENT]].sort()
    column_of_code = np.full(len(first), ABSENT)
    column_of_code[symbol_codes(names)] = np.arange(len(names))
    return _SortedSymbols(names, column_of_code, codes)


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
    """The day before the first session, in days since 1970, and the row of each day from then to the day after the last.

    Days without a session have the row ABSENT.
    """
    numbers = days.astype(np.int64)
    before, after = (int(numbers[0]) - 1, int(numbers[-1]) + 1) if numbers.size else (0, 0)
    rows = np.full(after - before + 1, ABSENT)
    rows[numbers - before] = np.arange(numbers.size)
    return before, rows


def _rates(known: pl.DataFrame, days: Days, currencies: Sequence[str]) -> tuple[Floats, Flags]:
    """The last known rate (columns `rates.RATES`) by session and currency, and where it is not the session's own."""
    rates = np.ones((len(days), len(currencies)))
    without_rate = np.zeros(rates.shape, np.bool_)
    for n, currency in enumerate(currencies[1:], 1):
        of_currency = known.filter(pl.col("currency") == currency).select("date", "rate").sort("date")
        of_currency = of_currency.with_columns(rated_on=pl.col("date"))
        last = pl.DataFrame({"date": days}).join_asof(of_currency, on="date")
        rates[:, n] = last["rate"].to_numpy()
        without_rate[:, n] = (last["rated_on"] != last["date"]).fill_null(value=True).to_numpy()
    return rates, without_rate
