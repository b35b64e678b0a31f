"""Who was in an index on a day, over 40 years of 5 indexes, beside reading the one Parquet file that holds the answer."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl

from russell_pipeline.lake.store import Lake
from russell_pipeline.queries import catalog as query
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.catalog import build_catalog

YEARS = range(1990, 2030)
SIZES = {"R1000": 1000, "R2000": 2000, "R3000": 3000, "R3000E": 4000, "RMICRO": 1500}
TURNOVER = 0.08
ROUNDS = 80
_OF_ROWS = (
    "review_year",
    "security_id",
    "symbol",
    "company_name",
    "class_marker",
    "document_id",
    "page",
    "line",
    "reading",
)


def _year(year: int, members: dict[str, list[int]]) -> Iterator[pl.DataFrame]:
    """The constituents that hold from a June: known first without an end, then, from the next June on, with one."""
    day, following = date(year, 6, 26), date(year + 1, 6, 26)
    for index, held in members.items():
        for valid_to, known_from, known_to in ((None, day, following), (following, following, None)):
            yield pl.DataFrame({"number": held}).select(
                pl.lit(year).alias("review_year"),
                pl.lit(index).alias("index_code"),
                pl.format("S{}", "number").alias("security_id"),
                pl.format("S{}", "number").alias("symbol"),
                pl.format("COMPANY NUMBER {} INC", "number").alias("company_name"),
                pl.lit(None, pl.String).alias("class_marker"),
                pl.lit(day).alias("valid_from"),
                pl.lit(valid_to, pl.Date).alias("valid_to"),
                pl.lit(known_from).alias("known_from"),
                pl.lit(known_to, pl.Date).alias("known_to"),
                pl.lit("list").alias("basis"),
                pl.lit(day).alias("published_on"),
                pl.lit("printed").alias("reading"),
                pl.lit(f"{index}-{year}").alias("document_id"),
                pl.lit(1, pl.Int32).alias("page"),
                pl.col("number").rank("ordinal").cast(pl.Int32).alias("line"),
            )


def _fill(lake: Lake) -> int:
    chance = random.Random(1)
    members = {index: list(range(size)) for index, size in SIZES.items()}
    fresh = 10_000
    rows = 0
    documents: list[str] = []
    states: list[pl.DataFrame] = []
    for year in YEARS:
        for held in members.values():
            for at in chance.sample(range(len(held)), int(TURNOVER * len(held))):
                held[at], fresh = fresh, fresh + 1
        frame = pl.concat([TABLES["constituents"].empty, *_year(year, members)], how="diagonal_relaxed")
        lake.write("constituents", frame, str(year))
        rows += frame.height
        documents += [f"{index}-{year}" for index in SIZES]
        states.append(frame.select(pl.col("*").exclude(_OF_ROWS), "document_id").unique())
    for document in documents:
        row = dict.fromkeys(TABLES["documents"].empty.columns) | {
            "document_id": document, "file_name": f"{document}.pdf", "kind": "membership_list", "pages": 1, "rows_parsed": 1,
            "lines_total": 1, "lines_rejected": 0, "state": "accepted", "facts": [], "notes": [], "parser_version": 1,
        }  # fmt: skip
        lake.write("documents", pl.DataFrame([row], schema=TABLES["documents"].empty.schema), document)
    told = pl.concat(states).with_columns(
        basis=pl.lit("list"), members=1, reconstitution=None, behind_from=None, minuend_on=None, subtrahend_on=None,
        change_document_ids=pl.lit([], pl.List(pl.String)), members_sha256=pl.lit(""),
    )  # fmt: skip
    lake.write("membership_states", told)
    build_catalog(lake)
    return rows


def _least(calls: Sequence[Callable[[date], object]], days: Sequence[date]) -> list[float]:
    """The least seconds of each call, in turn, so that a busy moment of the machine meets them all."""
    taken: list[list[float]] = [[] for _ in calls]
    for at in range(ROUNDS):
        for call, times in zip(calls, taken, strict=True):
            started = time.perf_counter()
            call(days[at % len(days)])
            times.append(time.perf_counter() - started)
    return [min(times) for times in taken]


def main() -> None:
    """The as-of query on an open catalog, and the file of the year read by the same DuckDB, in turn over all years."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        rows = _fill(lake)
        days = [date(year, 7, 1) + timedelta(200) for year in YEARS[:-1]]
        with query.connect(lake.catalog) as catalog, duckdb.connect() as reader:

            def ask(day: date) -> object:
                return catalog.execute(*query.members("R3000", day)).fetchall()

            def read(day: date) -> object:
                return reader.execute(
                    "FROM read_parquet($1)", [str(lake.path("constituents", str(day.year)))]
                ).fetchall()

            def ask_frame(day: date) -> object:
                question = query.members("R3000", day)
                return catalog.sql(question.sql, params=list(question.parameters)).pl()

            def read_frame(day: date) -> object:
                return reader.read_parquet(str(lake.path("constituents", str(day.year)))).pl()

            asked, read_rows, asked_frame, read_as_frame = _least([ask, read, ask_frame, read_frame], days)
    print(
        f"{rows:,} rows of {len(YEARS)} years and {len(SIZES)} indexes: an as-of query takes {1000 * asked:.1f} ms, "
        f"{asked / read_rows:.2f}x of reading the file that holds the answer; "
        f"as frames {asked_frame / read_as_frame:.2f}x"
    )
