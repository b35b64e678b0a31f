"""What a lake has published of its indexes, and how a further year is written. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import polars as pl

from russell_pipeline.index import restatement
from russell_pipeline.index.attribution import Contribution, add_contributions, reasons
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.model import IndexRefusal, cast_to
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.index.market import IndexMarket

SAID = ("index_levels", "divisor_events", "stale_prices")
OF_A_YEAR = (*SAID, "index_states")
# What moved the levels of each index, by session.
Moved = Mapping[str, Mapping[date, Sequence[Contribution]]]
_KEY = ("index_code", "date")
_WHY = TABLES["index_restatements"].empty.select(*_KEY, "reason", "causes")
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
    """What was published up to a day: the tables of one year, and every level that was kept or restated."""

    on: date
    year: int
    tables: Mapping[str, pl.DataFrame]
    kept: pl.DataFrame
    superseded: pl.DataFrame

    @classmethod
    def by(cls, lake: Lake, year: int, today: date) -> Self:
        """What is published of a year before today's run."""
        tables = {name: lake.read(name, [str(year)]) for name in SAID}
        return cls(today, year, tables, lake.read("uncorrected_levels"), lake.read("index_restatements"))

    def of(self, code: str, table: str) -> pl.DataFrame:
        """The rows of an index."""
        return self.tables[table].filter(index_code=code)

    def kept_of(self, code: str, year: int) -> pl.DataFrame:
        """The levels of a year of an index that stay as published (columns `restatement.UNCORRECTED_LEVELS`)."""
        rows = self.kept.filter(pl.col("index_code") == code, pl.col("date").dt.year() == year)
        return rows.select(cast_to(restatement.UNCORRECTED_LEVELS))

    def restated(self, code: str, year: int) -> bool:
        """Whether levels of a year of an index were superseded on the day of this run (`on`)."""
        rows = self.superseded.filter(index_code=code, superseded_on=self.on)
        return year in rows["date"].dt.year()


def last_session(lake: Lake, code: str) -> date | None:
    """The last session that an index has a level of, None for one without."""
    return max(lake.read("index_runs").filter(index_code=code)["last_session"].drop_nulls(), default=None)


def unfinished_in(lake: Lake, year: int) -> set[str]:
    """The indexes without all levels of a year, which later years cannot continue from."""
    return set(lake.read("index_runs", [str(year)]).filter(pl.col("state") != "computed")["index_code"])


def state_of(lake: Lake, market: IndexMarket, code: str, year: int) -> IndexState:
    """The state of an index at the end of a year, in the spelling of the next. Raises IndexRefusal if there is none."""
    frame = lake.read("index_states", [str(year)]).filter(index_code=code)
    if frame.is_empty() or frame["market_value"].has_nulls():  # an earlier release wrote no market value
        raise IndexRefusal(f"{code}: there is no state at the end of {year} to go on from: `russell run` makes it")
    return IndexState.from_frame(market.like_closes_of(year + 1, frame.drop("year"), "symbol"))


def restated(
    published: Published, levels: pl.DataFrame, moved: Moved, gone: Callable[[str], list[Contribution]]
) -> pl.DataFrame:
    """All restatements: those before, and the levels of the year that were published otherwise or are withdrawn.

    `moved` has what moved the levels of each index, and `gone` says why an index is withdrawn that is not in it. A level
    restated twice on one day has one row: what was published before that day against what holds after it. The row of a level
    that does not change again stays.
    """
    now, superseded = published.tables["index_levels"], published.superseded
    changed = now.join(levels, on=_KEY, how="full", suffix="_new", coalesce=True).filter(restatement.differs())
    this_day = (pl.col("superseded_on") == published.on) & (pl.col("date").dt.year() == published.year)
    again = superseded.filter(this_day).join(changed, on=_KEY, how="semi")
    said = pl.concat(rows.select(*_KEY, *_SUPERSEDED) for rows in (again, now.join(changed, on=_KEY, how="semi")))
    new = (
        said.unique(_KEY, keep="first")
        .join(levels, on=_KEY, how="left", suffix="_new")
        .with_columns(
            superseded_on=pl.lit(published.on),
            basis_points=restatement.basis_points("price_index"),
            total_return_basis_points=restatement.basis_points("total_return_index"),
        )
    )
    told = [
        _reasons(str(code), rows, published, again=again.filter(index_code=code), moved=moved.get(str(code)), gone=gone)
        for (code,), rows in said.group_by("index_code", maintain_order=True)
    ]
    why = pl.concat([_WHY.clear(), *told])
    left = superseded.join(again, on=("superseded_on", *_KEY), how="anti")
    return pl.concat([left, declared("index_restatements", new.join(why, on=_KEY))]).sort("superseded_on", *_KEY)


def _reasons(
    code: str,
    rows: pl.DataFrame,
    published: Published,
    *,
    again: pl.DataFrame,
    moved: Mapping[date, Sequence[Contribution]] | None,
    gone: Callable[[str], list[Contribution]],
) -> pl.DataFrame:
    """The causes and the reason of each restated level of an index; `again` are rows of the same day that they replace."""
    withdrawn = gone(code) if moved is None else []
    of_day: dict[date, Sequence[Contribution]] = {
        day: (moved or {}).get(day, withdrawn) for day in rows["date"].unique()
    }
    # Shares are of the level that was published before this day. A run that was killed wrote the row, and not the level.
    now = published.of(code, "index_levels").select(*_KEY, *_SUPERSEDED)
    for row in again.join(now, on=_KEY, suffix="_now").filter(restatement.differs("_now")).iter_rows(named=True):
        earlier = [Contribution(**cause) for cause in row["causes"] or ()]
        of_day[row["date"]] = add_contributions(
            earlier, of_day[row["date"]], row["price_index_now"] / row["price_index"]
        )
    told = published.superseded.filter(index_code=code, superseded_on=published.on).drop_nulls("causes").sort("date")
    told = told.join(again, on="date", how="anti", maintain_order="left")
    known = {tuple(cause["cause"] for cause in row["causes"]): row["reason"] for row in told.iter_rows(named=True)}
    said = reasons(of_day, known)
    found = [(code, day, said[day], [share._asdict() for share in causes]) for day, causes in of_day.items()]
    return pl.DataFrame(found, _WHY.schema, orient="row")


def publish_year(lake: Lake, computed: Computed) -> None:
    """Write a year, its history first and the run last, so that a killed run is repeated and loses nothing."""
    for name in ("index_restatements", "uncorrected_levels"):
        if name in computed.tables:
            lake.write(name, computed.tables[name])
    for review, rows in computed.weights.items():
        lake.write("weights", rows, review)
    for name in OF_A_YEAR:
        if name in computed.tables:
            lake.write(name, computed.tables[name], computed.key)
    lake.write("index_runs", computed.tables["index_runs"], computed.key, computed.inputs)


def declared(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in the columns and types of a table."""
    return frame.select(cast_to(TABLES[table].empty.schema))
