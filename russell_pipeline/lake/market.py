"""From landing files of the market to its tables: new files are read, and the partitions that they feed are made again."""

from __future__ import annotations

import shutil
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from russell_pipeline.index.suspended import ended
from russell_pipeline.lake.index_changes import came_late
from russell_pipeline.lake.landing import is_settled
from russell_pipeline.lake.market_landing import (
    LandedFile,
    MarketPlan,
    Part,
    changed,
    parts_of,
    scan_market,
    unread_row,
)
from russell_pipeline.lake.reference import override_rows
from russell_pipeline.lake.store import Lake, being_written, file_sha256, fingerprint
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.market.corrections import corrections
from russell_pipeline.market.spelling import one_spelling, side_by_side
from russell_pipeline.membership.symbols import SEPARATORS
from russell_pipeline.progress import tracked
from russell_pipeline.supplied.conflicts import Settled, settle
from russell_pipeline.supplied.holdings import read_components
from russell_pipeline.supplied.kinds import KINDS
from russell_pipeline.supplied.model import TABLE_KINDS, Blocks, Kind, Supplied
from russell_pipeline.supplied.reading import read_file

# To be raised whenever the same rows would give a different partition.
MADE_BY = 3
_STAGING = ".market"
_DAY = {"suspensions": "suspended_on"}


def plan_market(lake: Lake) -> MarketPlan:
    """What differs between landing and the tables of the market. No row of a table of prices is read.

    The plan is empty while one of the files is still being written: files feed the same months, and wait for each other.
    """
    landed = scan_market(lake)
    if not all(is_settled(file.place) for file in landed.values()):
        return MarketPlan(landed, (), (), ())
    read, gone = changed(lake, landed)
    return MarketPlan(landed, read, gone, _stale(lake, lake.read("landing_files"), value_overrides(lake)))


def value_overrides(lake: Lake) -> pl.DataFrame:
    """People's decisions on which file is right about a value. Faults in their files are reported by membership."""
    return override_rows(lake).filter(subject="value")


def refresh(lake: Lake, plan: MarketPlan, today: date) -> list[Part]:
    """Read the plan's files and make again the partitions that they feed or fed; returns those partitions.

    Corrections are written before the values that they supersede, and `landing_files` last, so that after a kill the next run
    repeats the work and nothing is lost. A file that is refused as a whole keeps the rows of its last accepted version.
    """
    files = lake.read("landing_files")
    former = parts_of(files)
    overrides = value_overrides(lake)
    with _staging(lake, plan) as staging:
        records = [
            _read(staging, files, landed, today) for landed in tracked("market files", plan.read, len(plan.read))
        ]
        replaced = [*plan.gone, *(record["path"] for record in records)]
        files = pl.concat([files.filter(~pl.col("path").is_in(replaced)), TABLES["landing_files"].frame(records)])
        now = parts_of(files)
        touched = pl.concat(
            one.join(other, on=now.columns, how="anti") for one, other in ((now, former), (former, now))
        )
        stale = {*touched.select("table", "key").iter_rows(), *plan.stale}
        wanted, decided, late = fingerprints(files, overrides), decisions(overrides), came_late(lake)
        conflicts = []
        for part in tracked("partitions", sorted(stale), len(stale)):
            table, key = part
            feeding = now.filter(table=table, key=key)["path"]
            settled = settle(KINDS[table], [staging.rows(path, key) for path in feeding], decided.get(part))
            conflicts.append(_contested(part, settled))
            rows = _as_table(part, settled.rows, files)
            _keep_corrections(lake, part, rows, today, late.get(table))
            lake.write(table, rows, key, wanted.get(part, ""))
    _write_blocks(lake, staging.rejected, conflicts, replaced, stale)
    lake.write("landing_files", files)
    return sorted(stale)


def blocked(lake: Lake) -> pl.DataFrame:
    """What must not be trusted, a row for each symbol or currency: kind, blocks, subject, day, file, row, rule, sentence.

    `blocks` says what: `symbol_and_day` and `currency_and_day` the close or rate of `subject` on `day`; `symbol` every index that
    holds `subject`, from `day` on; `file` everything that rests on `file`. A null `day` means any day; `subject` is null for
    files.
    """
    blocks = lake.read("market_blocks").filter(pl.col("blocks") != Blocks.NOTHING.value)
    columns = ("kind", "blocks", "subject", "day", "file", "row", "rule", "sentence")
    return (
        blocks.explode("subjects", empty_as_null=True)
        .rename({"subjects": "subject"})
        .select(columns)
        .unique(maintain_order=True)
    )


def suspensions(lake: Lake) -> pl.DataFrame:
    """The suspensions from trading with the end of each, and `ended_by`, what ends it (`index.suspended.ended`).

    `resumed_on` is null where nothing known ends a suspension.
    """
    rows = lake.read("suspensions")
    if not rows["resumed_on"].has_nulls():
        return rows.with_columns(ended_by=pl.lit("stated"))
    changes = lake.read("symbol_changes")
    actions = lake.read(
        "actions", columns=["symbol", "date", "action"], where=pl.col("action").is_in(["delete", "conversion"])
    )
    changed = pl.concat([changes["old_symbol"], changes["new_symbol"]])
    keys = pl.concat([rows.filter(pl.col("resumed_on").is_null())["symbol"], changed]).str.replace_all(SEPARATORS, "")
    closes = trusted(
        lake,
        "closes",
        lake.read(
            "closes",
            columns=["date", "symbol", "close"],
            where=pl.col("symbol").str.replace_all(SEPARATORS, "").is_in(keys.unique().to_list()),
        ),
    )
    apart = side_by_side(closes, "date")
    ends = ended(
        one_spelling(rows, apart, "symbol"),
        one_spelling(changes, apart, "old_symbol", "new_symbol"),
        one_spelling(actions, apart, "symbol"),
        one_spelling(closes, apart, "symbol"),
    )
    return rows.with_columns(*ends)


def trusted(lake: Lake, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Closes or rates without any of a symbol (or currency) and day of which one row was set aside."""
    told = KINDS[kind]
    blocks = lake.read("market_blocks").filter(kind=kind, blocks=told.blocks.value)
    if blocks.is_empty():
        return rows
    days = blocks.select("subjects", "day").explode("subjects", empty_as_null=True)
    on = [*told.subjects, str(told.day)]
    return rows.join(days, left_on=on, right_on=["subjects", "day"], how="anti", maintain_order="left")


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass
class _Staging:
    """The rows of files by file and partition, on disk once they are read: decades of prices do not fit into memory."""

    lake: Lake
    plan: MarketPlan
    folder: Path
    staged: dict[tuple[str, str], Path]
    rejected: list[pl.DataFrame]

    def read(self, landed: LandedFile) -> tuple[Supplied, list[dict[str, Any]]]:
        """Read a file and stage its rows. Returns the file, and its partitions with the number and hash of their rows."""
        kind = KINDS[str(landed.kind)]
        of_components = kind.name == "components"
        supplied = (
            read_components(landed.place, landed.name) if of_components else read_file(kind, landed.place, landed.name)
        )
        parts = []
        for key, rows in _by_part(kind, supplied.rows):
            place = being_written(self.folder / str(len(self.staged)))
            rows.write_ipc(place)
            self.staged[landed.path, key] = place
            parts.append({"key": key, "rows": rows.height, "sha256": file_sha256(place)})
        return supplied, parts

    def rows(self, path: str, key: str) -> pl.DataFrame:
        """The rows of a file in a partition; of a file that is refused now, those that the partition has already."""
        landed = self.plan.landed[path]
        if (path, key) not in self.staged and landed not in self.plan.read:
            self.read(landed)
        if place := self.staged.get((path, key)):
            return pl.read_ipc(place)
        kind = KINDS[str(landed.kind)]
        return self.lake.read(kind.name, [key], kind.schema.column_names()).filter(file=landed.name)


@contextmanager
def _staging(lake: Lake, plan: MarketPlan) -> Iterator[_Staging]:
    folder = lake.tables / _STAGING / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        yield _Staging(lake, plan, folder, {}, [])
    finally:
        shutil.rmtree(folder)
        with suppress(OSError):  # another process may be using it
            folder.parent.rmdir()


def _read(staging: _Staging, files: pl.DataFrame, landed: LandedFile, today: date) -> dict[str, Any]:
    """Read a file, stage its rows, and return its row of `landing_files`."""
    known = files.filter(path=landed.path)
    since = known["known_on"][0] if known.height and known["sha256"][0] == landed.sha256 else today
    record = {**unread_row(landed), "known_on": since}
    if landed.kind is None:
        return record
    supplied, parts = staging.read(landed)
    if not supplied.rejected.is_empty():
        staging.rejected.append(supplied.rejected.with_columns(kind=pl.lit(landed.kind), path=pl.lit(landed.path)))
    refused = supplied.refused
    if refused and known.height:
        parts = known["parts"][0].to_list()
        # The rows of the version before stay in the tables, and so does whether they are simulated.
        record["simulated"] = known["simulated"][0]
    return record | {
        "state": "refused" if refused else "accepted",
        "reason": refused,
        "rows": supplied.rows.height,
        "rejected": supplied.rejected.drop_nulls("row")["row"].n_unique(),
        "simulated": supplied.simulated or record["simulated"],
        "parts": parts,
        "notes": [{name: getattr(note, name) for name in ("severity", "message", "line")} for note in supplied.notes],
    }


def _by_part(kind: Kind, rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of a file by partition: the month or year of their day; for components, the year of their review or day."""
    if kind.name == "components":
        part = _held().str.slice(0, 4)
    elif TABLES[kind.name].partition_by == "year":
        part = pl.col(_DAY.get(kind.name, "date")).dt.year().cast(pl.String)
    else:
        part = pl.col("date").dt.truncate("1mo")
    keyed = rows.with_columns(part.alias("part")).partition_by("part", as_dict=True, include_key=False)
    for (key,), found in sorted(keyed.items()):
        yield str(key)[:7], found


def _held() -> pl.Expr:
    """The review or day in the name of a file of components, INDEX/HELD.csv."""
    return pl.col("file").str.extract(r"([^/]+)\.[A-Za-z]+$", 1)


# --- putting together -------------------------------------------------------------------------------------------------


def _contested(part: Part, settled: Settled) -> pl.DataFrame:
    """Conflicts, repeated rows and idle overrides of a partition, as rows of `market_blocks`."""
    sides = settled.conflicts.rename({"values": "value"}).with_columns(rule=pl.lit("conflict"))
    notes = pl.DataFrame({"sentence": [note.message for note in settled.notes]}, schema={"sentence": pl.String})
    harmless = [notes.with_columns(rule=pl.lit("override")), settled.doubled.with_columns(rule=pl.lit("repeated"))]
    nothing = {"blocks": pl.lit(Blocks.NOTHING.value), "subjects": pl.lit([], pl.List(pl.String))}
    rows = pl.concat([sides, *(one.with_columns(**nothing) for one in harmless)], how="diagonal")
    return rows.with_columns(kind=pl.lit(part[0]), part=pl.lit(part[1]))


def _as_table(part: Part, rows: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """The rows of a partition with the columns that its table adds."""
    table, key = part
    column = str(TABLES[table].partition_by)
    simulated = files.filter(pl.col("simulated") & (pl.col("kind") == table))["file"]
    rows = rows.with_columns(
        pl.lit(key).cast(TABLES[table].empty.schema[column]).alias(column),
        pl.col("file").is_in(simulated.implode()).alias("simulated"),
    )
    if table == "components":
        rows = rows.with_columns(_held().alias("held"), pl.col("file").str.split("/").list.first().alias("index_code"))
    return rows


def _keep_corrections(lake: Lake, part: Part, rows: pl.DataFrame, today: date, late: pl.Expr | None) -> None:
    """Record the values of a partition that its new rows supersede, and new ones that are `late`."""
    table, key = part
    known = lake.read("market_corrections")
    new = corrections(KINDS[table], lake.read(table, [key]), rows, known, today, late=late)
    if not new.is_empty():
        lake.write("market_corrections", pl.concat([known, new]))


def fingerprints(files: pl.DataFrame, overrides: pl.DataFrame) -> dict[Part, str]:
    """The fingerprint of everything that each partition is made from."""
    told: dict[Part, list[object]] = defaultdict(list)
    # A simulated and a real file may have the same rows.
    simulated = set(files.filter("simulated")["path"])
    for table, key, path, _, part_sha256 in parts_of(files).sort("path").iter_rows():
        told[table, key].append((path, part_sha256, path in simulated))
    decided = {part: rows.rows() for part, rows in decisions(overrides).items()}
    return {part: fingerprint(MADE_BY, found, decided.get(part)) for part, found in told.items()}


def decisions(overrides: pl.DataFrame) -> dict[Part, pl.DataFrame]:
    """The decisions on values by the partition that their key is about: KIND DAY ..., or components INDEX/HELD ..."""
    found: dict[Part, list[int]] = defaultdict(list)
    for row, key in enumerate(overrides["key"]):
        kind, *rest = key.split(" ")
        if kind in TABLE_KINDS:
            day = next(
                (part for word in rest for part in word.split("/") if part[:4].isdigit() and part[4:5] == "-"), ""
            )
            found[kind, day[: 7 if TABLES[kind].partition_by == "month" else 4]].append(row)
    return {part: overrides[rows] for part, rows in found.items()}


def _stale(lake: Lake, files: pl.DataFrame, overrides: pl.DataFrame) -> set[Part]:
    """The partitions whose file does not match what feeds them. One in which every key is in conflict has no file."""
    wanted = fingerprints(files, overrides)
    there = {(table, key) for table in TABLE_KINDS for key in lake.keys(table)}
    contested = lake.read("market_blocks").filter(rule="conflict").select("kind", "part").unique().rows()
    absent = wanted.keys() - there
    return {part for part in there if lake.inputs(*part) != wanted.get(part)} | (absent - set(contested))


def _write_blocks(
    lake: Lake,
    rejected: Iterable[pl.DataFrame],
    conflicts: Iterable[pl.DataFrame],
    replaced: Sequence[str],
    stale: set[Part],
) -> None:
    """Replace the rows set aside of files that were read or are gone, and the conflicts of partitions that were made again."""
    kept = lake.read("market_blocks")
    gone = pl.DataFrame([path.split("/", 1)[1] for path in replaced], schema={"file": pl.String})
    of_files = kept.filter(pl.col("part").is_null()).join(gone, on="file", how="anti")
    made = pl.DataFrame(sorted(stale), schema={"kind": pl.String, "part": pl.String}, orient="row")
    of_parts = kept.filter(pl.col("part").is_not_null()).join(made, on=["kind", "part"], how="anti")
    rows = pl.concat([of_files, of_parts, *rejected, *conflicts], how="diagonal_relaxed")
    lake.write("market_blocks", rows.sort("kind", "part", "file", "row", "rule", "key", maintain_order=True))
