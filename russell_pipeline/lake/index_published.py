"""What a lake has published of its indexes, and how a further year is written. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import polars as pl

from russell_pipeline.index import restatement
from russell_pipeline.index.basket import State
from russell_pipeline.index.model import IndexRefusal, cast_to
from russell_pipeline.lake.index_market import IndexMarket
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.membership.symbols import symbol_keys
from russell_pipeline.wording import first_few

SAID = ("index_levels", "divisor_events", "index_carried")
BY_YEAR = (*SAID, "index_states")
_KEY = ("index_code", "date")
_SUPERSEDED = ("price_index", "total_return_index", "price_index_8dp", "total_return_index_8dp", "divisor")


@dataclass(frozen=True, slots=True)
class Computed:
    """A computed year: its rows by table, and weights by review."""

    key: str
    inputs: str
    tables: Mapping[str, pl.DataFrame]
    weights: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Published:
    """What was published up to a day: the tables of one year, and every level that was kept or restated.

    `corrected` has the values whose correction became known on that day: their `key`, and the `index_codes` that hold the
    symbol, null for an exchange rate.
    """

    on: date
    year: int
    tables: Mapping[str, pl.DataFrame]
    kept: pl.DataFrame
    superseded: pl.DataFrame
    corrected: pl.DataFrame

    @classmethod
    def by(cls, lake: Lake, year: int, today: date) -> Self:
        """What is published of a year before today's run."""
        tables = {name: lake.read(name, [str(year)]) for name in SAID}
        corrected = _corrected(lake, today)
        return cls(today, year, tables, lake.read("index_kept"), lake.read("index_restatements"), corrected)

    def of(self, code: str, table: str) -> pl.DataFrame:
        """The rows of an index."""
        return self.tables[table].filter(index_code=code)

    def kept_of(self, code: str, year: int) -> pl.DataFrame:
        """The levels of a year of an index that stay as published (columns `restatement.KEPT`)."""
        rows = self.kept.filter(pl.col("index_code") == code, pl.col("date").dt.year() == year)
        return rows.select(cast_to(restatement.KEPT))

    def why(self, code: str) -> str:
        """Why levels of an index change on this day: the corrections of what it holds, or of anything if it holds none of it."""
        if self.corrected.is_empty():
            return "its inputs or its definition changed"
        held = self.corrected.filter(pl.col("index_codes").list.contains(code).fill_null(value=True))
        keys = (self.corrected if held.is_empty() else held)["key"].unique().sort()
        return f"corrected: {first_few(keys.to_list())}"

    def restated(self, code: str, year: int) -> bool:
        """Whether levels of a year of an index were restated on this day."""
        rows = self.superseded.filter(index_code=code, superseded_on=self.on)
        return year in rows["date"].dt.year()


def last_session(lake: Lake, code: str) -> date | None:
    """The last session that an index has a level of, None for one without."""
    return max(lake.read("index_runs").filter(index_code=code)["last_session"].drop_nulls(), default=None)


def unfinished_in(lake: Lake, year: int) -> set[str]:
    """The indexes without all levels of a year, which later years cannot continue from."""
    return set(lake.read("index_runs", [str(year)]).filter(pl.col("state") != "computed")["index_code"])


def state_of(lake: Lake, market: IndexMarket, code: str, year: int) -> State:
    """The state of an index at the end of a year, in the spelling of the next. Raises IndexRefusal if there is none."""
    frame = lake.read("index_states", [str(year)]).filter(index_code=code)
    if frame.is_empty() or frame["market_value"].has_nulls():  # an earlier release wrote no market value
        raise IndexRefusal(f"{code}: there is no state at the end of {year} to go on from: `russell run` makes it")
    return State.of(market.like_closes_of(year + 1, frame.drop("year"), "symbol"))


def restated(published: Published, levels: pl.DataFrame) -> pl.DataFrame:
    """All restatements: those before, and the levels of the year that were published otherwise or are withdrawn.

    A level restated twice on one day has one row: what was published before that day against what holds after it. The row of
    a level that does not change again stays.
    """
    now, superseded = published.tables["index_levels"], published.superseded
    moved = now.join(levels, on=_KEY, how="full", suffix="_new", coalesce=True).filter(restatement.differs())
    this_day = (pl.col("superseded_on") == published.on) & (pl.col("date").dt.year() == published.year)
    again = superseded.filter(this_day).join(moved, on=_KEY, how="semi")
    said = pl.concat(rows.select(*_KEY, *_SUPERSEDED) for rows in (again, now.join(moved, on=_KEY, how="semi")))
    new = (
        said.unique(_KEY, keep="first")
        .join(levels, on=_KEY, how="left", suffix="_new")
        .with_columns(
            superseded_on=pl.lit(published.on),
            basis_points=restatement.basis_points("price_index"),
            total_return_basis_points=restatement.basis_points("total_return_index"),
            reason=pl.col("index_code").map_elements(published.why, pl.String),
        )
    )
    left = superseded.join(again, on=("superseded_on", *_KEY), how="anti")
    return pl.concat([left, declared("index_restatements", new)]).sort("superseded_on", *_KEY)


def _corrected(lake: Lake, today: date) -> pl.DataFrame:
    """The values whose correction became known on a day, for `Published.corrected`."""
    key = symbol_keys(pl.col("symbol")).alias("symbol_key")
    corrected = lake.read("market_corrections").filter(known_on=today).select("kind", "key", key)
    if corrected.is_empty():
        return corrected.select("key", index_codes=pl.lit(None, pl.List(pl.String)))
    held = pl.concat(lake.read(name, columns=["index_code", "symbol"]) for name in ("weights", "index_states"))
    holders = held.group_by(key).agg(index_codes=pl.col("index_code").unique())
    of_a_rate = pl.col("kind") == "fx"
    codes = pl.when(~of_a_rate).then(pl.col("index_codes").fill_null([]))
    return corrected.join(holders, on="symbol_key", how="left").select("key", codes)


def publish_year(lake: Lake, computed: Computed) -> None:
    """Write a year, its history first and the run last, so that a killed run is repeated and loses nothing."""
    for name in ("index_restatements", "index_kept"):
        if name in computed.tables:
            lake.write(name, computed.tables[name])
    for review, rows in computed.weights.items():
        lake.write("weights", rows, review)
    for name in BY_YEAR:
        if name in computed.tables:
            lake.write(name, computed.tables[name], computed.key)
    lake.write("index_runs", computed.tables["index_runs"], computed.key, computed.inputs)


def declared(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in the columns and types of a table."""
    return frame.select(cast_to(TABLES[table].empty.schema))
