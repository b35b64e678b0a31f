"""The market as indexes read it: between two days, with symbols spelled as the components of the index spell them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import polars as pl

from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.index.model import ACTIONS, CLOSES, FX, Market
from russell_pipeline.index.panel import Panel, build_panel
from russell_pipeline.index.suspensions import OPEN_ENDED
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.spelling import in_one_spelling, otherwise, preferred_symbols, side_by_side, spelled_as
from russell_pipeline.steps.market import blocked, suspensions, trusted
from russell_pipeline.steps.review_dates import sessions_of

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


class LakeMarket:
    """Closes, rates, actions, suspensions and symbol changes of a lake; what several indexes need is read once.

    `of` gives the market as an index reads it. `own` are the symbols that components of an index spell otherwise than these
    tables do: indexes that agree in them share what is made of the tables.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        # Reviews look back a year, and those of several indexes are on the same days.
        self._as_read = lru_cache(maxsize=2)(self._read_closes)
        self.quoted = lru_cache(maxsize=4)(self._spell_closes)
        self._without_closes = lru_cache(maxsize=_REVIEWS_AT_ONCE)(self._read_without_closes)
        self._spelled = lru_cache(maxsize=2)(self._spell)
        self.over = lru_cache(maxsize=1)(self._over)
        self._markets: dict[frozenset[str], IndexMarket] = {}

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
        """The symbols of all components, as their files spell them."""
        return self._components["symbol"].unique()

    def quoted_in(self, year: int) -> pl.Series:
        """The symbols with closes in a year, as their files spell them."""
        return self._as_read(year).closes["symbol"].unique()

    def apart_in(self, year: int) -> frozenset[str]:
        """The keys of symbols that the closes of a day of a year have in two spellings: those are two securities."""
        return self._as_read(year).apart

    def of(self, components: Collection[str]) -> IndexMarket:
        """The market as an index reads it whose legs are these components (`index_code` of their files).

        Symbols are spelled as the files of these components spell them; what those of others spell counts for nothing.
        """
        codes = frozenset(components)
        if codes not in self._markets:
            rows = self._components.filter(pl.col("index_code").is_in(sorted(codes)))
            self._markets[codes] = IndexMarket(
                self, preferred_symbols(rows, "index_code", "effective_review", since="effective_review")
            )
        return self._markets[codes]

    def between(self, first: date, last: date, own: frozenset[str]) -> Market:
        """The market between two days, both included, with all suspensions, symbol changes and earlier rates."""
        years = [self.quoted(year, own) for year in range(first.year, last.year + 1)]
        symbols = frozenset[str]().union(*(one.symbols for one in years))
        apart = frozenset[str]().union(*(one.apart for one in years))
        closes = (one.closes.filter(pl.col("date").is_between(first, last)) for one in years)
        return replace(self._without_closes(first, last, symbols, apart, own=own), closes=pl.concat(closes))

    def spelled_elsewhere(self, years: Iterable[int]) -> pl.Series:
        """The symbols of the closes of some years, and of all actions, suspensions and symbol changes."""
        closes = (self._as_read(year).closes["symbol"].unique() for year in years)
        return pl.concat([self._without_a_year, *closes]).unique()

    def _over(self, first: date, last: date, currency: str, own: frozenset[str]) -> tuple[Market, Panel]:
        """The market between two days and its panel, made once for all indexes."""
        market = self.between(first, last, own)
        return market, build_panel(market, self.sessions.between(first, last), currency)

    def _read_closes(self, year: int) -> _Quoted:
        """The closes of a year as they are spelled."""
        keys = [key for key in self.months if key.startswith(f"{year}-")]
        rows = trusted(self._lake, "closes", self._lake.read("closes", keys, [*CLOSES, "simulated"]))
        return _Quoted(rows, frozenset(), side_by_side(rows, "date"))

    def _spell_closes(self, year: int, own: frozenset[str]) -> _Quoted:
        rows, _, apart = self._as_read(year)
        rows = spelled_as(pl.Series(sorted(own), dtype=pl.String), rows, "symbol", apart=apart)
        rows = in_one_spelling(rows, "date", apart=apart)
        return _Quoted(rows, frozenset(rows["symbol"].unique()), apart)

    def _read_without_closes(
        self, first: date, last: date, symbols: frozenset[str], apart: frozenset[str], *, own: frozenset[str]
    ) -> Market:
        """The market between two days without its closes."""
        keys = [key for key in self.months if f"{first:%Y-%m}" <= key <= f"{last:%Y-%m}"]
        actions = self._lake.read("actions", keys, list(ACTIONS)).filter(pl.col("date").is_between(first, last))
        spelled = self._spelled(symbols, apart, own)
        return Market(
            pl.DataFrame(schema=CLOSES),
            # A rate that is missing on the first day is the last before.
            self._rates.filter(pl.col("date") <= last),
            spelled_as(spelled.known, actions, "symbol", "to_symbol", apart=apart),
            spelled.suspensions,
            spelled.symbol_changes,
        )

    def _spell(self, symbols: frozenset[str], apart: frozenset[str], own: frozenset[str]) -> _Spelled:
        """What holds for all days, spelled as the components and these symbols of closes are."""
        known = pl.Series(sorted(own | symbols), dtype=pl.String)
        return _Spelled(
            known,
            spelled_as(known, self._suspensions, "symbol", apart=apart),
            spelled_as(known, self.symbol_changes, "old_symbol", "new_symbol", apart=apart),
        )

    @cached_property
    def _rates(self) -> pl.DataFrame:
        return trusted(self._lake, "fx", self._lake.read("fx", columns=[*FX, "quote"]))

    @cached_property
    def _components(self) -> pl.DataFrame:
        return self._lake.read("components", columns=["index_code", "effective_review", "symbol"])

    @cached_property
    def _suspensions(self) -> pl.DataFrame:
        """The suspensions, each with an end, because a span of sessions has not all closes that may end one."""
        return self.suspensions.with_columns(pl.col("resumed_on").fill_null(pl.lit(OPEN_ENDED)))

    @cached_property
    def _without_a_year(self) -> pl.Series:
        actions = self._lake.read("actions", columns=["symbol", "to_symbol"])
        changes = self.symbol_changes
        columns = (
            *(actions["symbol"], actions["to_symbol"], self._suspensions["symbol"]),
            *(changes["old_symbol"], changes["new_symbol"]),
        )
        return pl.concat(one.drop_nulls().unique() for one in columns).unique()


class IndexMarket:
    """The market of a lake with all symbols spelled as the components of one index spell them.

    Holdings have BRKB, prices BRK-B, and another index of the same lake may have BRK.B.
    """

    def __init__(self, market: LakeMarket, symbols: pl.Series) -> None:
        self._market, self._symbols = market, symbols
        self._own = cache(self._otherwise)

    def between(self, first: date, last: date) -> Market:
        """The market between two days, both included, with all suspensions, symbol changes and earlier rates."""
        return self._market.between(first, last, self._own(first.year, last.year))

    def around(self, cutoff_on: date, implemented_on: date) -> Market:
        """The market of a review: from a year before its cut-off, for names suspended then, to its implementation."""
        return self.between(date(cutoff_on.year - 1, cutoff_on.month, 1), implemented_on)

    def over(self, first: date, last: date, currency: str) -> tuple[Market, Panel]:
        """The market between two days and its panel."""
        return self._market.over(first, last, currency, self._own(first.year, last.year))

    def like_components(self, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Rows with the symbols in these columns spelled as the components spell them."""
        return spelled_as(self._symbols, frame, *columns)

    def like_closes_of(self, year: int, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        """Rows with symbols spelled as the index has them in a year: as in its components, else as in the closes."""
        quoted = self._market.quoted(year, self._own(year, year))
        known = pl.concat([self._symbols, pl.Series(sorted(quoted.symbols), dtype=pl.String)]).unique()
        return spelled_as(known, frame, *columns, apart=quoted.apart)

    def _otherwise(self, first: int, last: int) -> frozenset[str]:
        """The symbols of components that another table spells otherwise in these years."""
        return otherwise(self._symbols, self._market.spelled_elsewhere(range(first, last + 1)))
