"""The market as indexes read it: between two days, with symbols spelled as the components spell them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

import polars as pl

from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.index.model import ACTIONS, CLOSES, FX, Market
from russell_pipeline.index.panel import Panel, panel
from russell_pipeline.index.suspended import LASTING
from russell_pipeline.lake.market import blocked, suspensions, trusted
from russell_pipeline.lake.review_dates import sessions_of
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.spelling import in_one_spelling, preferred_symbols, side_by_side, spelled_as

# As many as a year may have, and one that is weighted but not implemented yet.
_REVIEWS_AT_ONCE = 8


class _Quoted(NamedTuple):
    """The closes of a year, their symbols, and the keys of symbols that stand side by side (BFA, BF.A) and stay so."""

    closes: pl.DataFrame
    symbols: frozenset[str]
    apart: frozenset[str]


class _Spelled(NamedTuple):
    """The symbols that are known, and suspensions and symbol changes spelled like them."""

    known: pl.Series
    suspensions: pl.DataFrame
    symbol_changes: pl.DataFrame


class IndexMarket:
    """Closes, rates, actions, suspensions and symbol changes of a lake; what several indexes need is read once."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        # Reviews look back a year, and those of several indexes are on the same days.
        self._quoted = lru_cache(maxsize=2)(self._read_quoted)
        self._without_closes = lru_cache(maxsize=_REVIEWS_AT_ONCE)(self._read_without_closes)
        self._spelled = lru_cache(maxsize=2)(self._spell)
        self.over = lru_cache(maxsize=1)(self._over)

    @cached_property
    def months(self) -> list[str]:
        """The months that have closes, as YYYY-MM."""
        return self._lake.keys("closes")

    @cached_property
    def last_close(self) -> date:
        """The last day that has a close."""
        last: date = self._lake.read("closes", self.months[-1:], ["date"])["date"].max()  # type: ignore[assignment]
        return last

    @cached_property
    def sessions(self) -> Sessions:
        """The sessions of the exchange. Raises ValueError where the table has not been made yet."""
        return sessions_of(self._lake)

    @cached_property
    def blocked(self) -> pl.DataFrame:
        """The rows that were set aside, and stop the indexes they concern."""
        return blocked(self._lake)

    @cached_property
    def symbol_changes(self) -> pl.DataFrame:
        """Every change of a symbol."""
        return self._lake.read("symbol_changes")

    @cached_property
    def suspensions(self) -> pl.DataFrame:
        """The suspensions, each with its end where one is known, as the files spell their symbols."""
        return suspensions(self._lake)

    @property
    def of_components(self) -> pl.Series:
        """The symbols of all components."""
        return self._symbols

    def quoted_in(self, year: int) -> frozenset[str]:
        """The symbols with closes in a year."""
        return self._quoted(year).symbols

    def between(self, first: date, last: date) -> Market:
        """The market between two days, both included, with all suspensions, symbol changes and earlier rates."""
        years = [self._quoted(year) for year in range(first.year, last.year + 1)]
        symbols = frozenset[str]().union(*(one.symbols for one in years))
        apart = frozenset[str]().union(*(one.apart for one in years))
        closes = (one.closes.filter(pl.col("date").is_between(first, last)) for one in years)
        return replace(self._without_closes(first, last, symbols, apart), closes=pl.concat(closes))

    def around(self, cutoff_on: date, implemented_on: date) -> Market:
        """The market of a review: from a year before its cut-off, for names suspended then, to its implementation."""
        return self.between(date(cutoff_on.year - 1, cutoff_on.month, 1), implemented_on)

    def _over(self, first: date, last: date, currency: str) -> tuple[Market, Panel]:
        """The market between two days and its panel, made once for all indexes."""
        market = self.between(first, last)
        return market, panel(market, self.sessions.between(first, last), currency)

    def like_components(self, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Rows with the symbols in these columns spelled as components spell them."""
        return spelled_as(self._symbols, frame, *columns)

    def like_closes_of(self, year: int, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Rows with symbols spelled as the indexes of a year have them: as in components, else as in its closes."""
        quoted = self._quoted(year)
        return spelled_as(self._known(quoted.symbols), frame, *columns, apart=quoted.apart)

    def _read_quoted(self, year: int) -> _Quoted:
        keys = [key for key in self.months if key.startswith(f"{year}-")]
        rows = trusted(self._lake, "closes", self._lake.read("closes", keys, [*CLOSES, "simulated"]))
        apart = side_by_side(rows, "date")
        rows = spelled_as(self._symbols, rows, "symbol", apart=apart)
        rows = in_one_spelling(rows, "date", apart=apart)
        return _Quoted(rows, frozenset(rows["symbol"].unique()), apart)

    def _read_without_closes(self, first: date, last: date, symbols: frozenset[str], apart: frozenset[str]) -> Market:
        """The market between two days without its closes."""
        keys = [key for key in self.months if f"{first:%Y-%m}" <= key <= f"{last:%Y-%m}"]
        actions = self._lake.read("actions", keys, list(ACTIONS)).filter(pl.col("date").is_between(first, last))
        spelled = self._spelled(symbols, apart)
        return Market(
            pl.DataFrame(schema=CLOSES),
            # A rate that is missing on the first day is the last before.
            self._rates.filter(pl.col("date") <= last),
            spelled_as(spelled.known, actions, "symbol", "to_symbol", apart=apart),
            spelled.suspensions,
            spelled.symbol_changes,
        )

    def _spell(self, symbols: frozenset[str], apart: frozenset[str]) -> _Spelled:
        """What holds for all days, spelled as the components and these symbols of closes are."""
        known = self._known(symbols)
        return _Spelled(
            known,
            spelled_as(known, self._suspensions, "symbol", apart=apart),
            spelled_as(known, self.symbol_changes, "old_symbol", "new_symbol", apart=apart),
        )

    @cached_property
    def _rates(self) -> pl.DataFrame:
        return trusted(self._lake, "fx", self._lake.read("fx", columns=[*FX, "quote"]))

    @cached_property
    def _symbols(self) -> pl.Series:
        """Symbols as components spell them (holdings have BRKB, prices BRK-B), which is how all else is spelled too."""
        return preferred_symbols(self._lake.read("components"), "index_code", "held", since="held")

    def _known(self, quoted: Collection[str]) -> pl.Series:
        """The symbols of components, and of closes that no component has: spun off, or under a new symbol."""
        return pl.concat([self._symbols, pl.Series(sorted(quoted), dtype=pl.String)]).unique()

    @cached_property
    def _suspensions(self) -> pl.DataFrame:
        """The suspensions, each with an end, because a span of sessions has not all closes that may end one."""
        return self.suspensions.with_columns(pl.col("resumed_on").fill_null(pl.lit(LASTING)))
