"""The step of the market: new files in landing are read, and the partitions of tables that they feed are made again."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from russell_pipeline.ahead import ahead
from russell_pipeline.index.suspensions import suspension_ends
from russell_pipeline.lake.landing import is_settled, landed_sha256, why_no_file
from russell_pipeline.lake.store import Lake, being_written, file_sha256, fingerprint
from russell_pipeline.market.checks.corrections import corrections
from russell_pipeline.market.files.conflicts import Settled, settle
from russell_pipeline.market.files.kinds import KINDS, TABLE_KINDS
from russell_pipeline.market.files.model import Blocks, Kind, Supplied
from russell_pipeline.market.files.versions import damage, rejected_former, removed_rows, truncated_row
from russell_pipeline.market.isolation import FileOrder, FileReaders, read_files
from russell_pipeline.market.spelling import one_spelling, side_by_side
from russell_pipeline.membership.symbols import SEPARATORS
from russell_pipeline.progress import tracked
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.index.changes import came_late
from russell_pipeline.steps.market_landing import (
    LandedFile,
    MarketPlan,
    Part,
    parts_of,
    read_as,
    scan_market,
    unread_row,
    was_read_as,
    with_those_in_the_way,
)
from russell_pipeline.steps.step import Left, Step, Written, differing, versions

_STAGING = ".market"
_DECISIONS = "overrides"
# The tables that say what was read, set aside and corrected, whatever the kind.
_OF_ALL_KINDS = ("market_blocks", "market_corrections", "landing_files")


class ReadMarket(Step):
    """Reads files that are new or changed, and makes again the partitions of tables that they feed or fed.

    A part is a file, by its path below landing/, or a partition of a table, by `TABLE KEY`. Nothing is stale while one of the
    files is still being written: files feed the same months, and wait for each other. The rows of a file that is gone leave the
    tables: removing a file is one way to settle a conflict. Its values stay in `market_corrections`.
    """

    tables = (*TABLE_KINDS, *_OF_ALL_KINDS)

    def wanted(self) -> Mapping[str, str]:
        if not self._settled:
            return {key: made or "" for key, made in self.made().items()}
        files = {path: read_as(file) for path, file in self._landed.items()}
        return files | {_named(part): inputs for part, inputs in self._partitions.items()}

    def made(self) -> Mapping[str, str | None]:
        files = {row["path"]: was_read_as(row) for row in self._files.iter_rows(named=True)}
        if not self._settled:
            files = {path: made or "" for path, made in files.items()}
        return files | {_named(part): inputs for part, inputs in self._made.items()}

    def touched(self, keys: Collection[str]) -> Collection[str]:
        """The tables that the files feed, and those that say what was read; all, where a person's decisions are among them."""
        plan = self.plan(keys)
        gone = self._files.filter(pl.col("path").is_in(plan.gone))["kind"].drop_nulls()
        known = self._files.filter(pl.col("path").is_in([file.path for file in plan.read]))["kind"].drop_nulls()
        fed = {*gone, *known, *(file.kind for file in plan.read if file.kind), *(table for table, _ in plan.stale)}
        return self.tables if _DECISIONS in fed else {*fed, *_OF_ALL_KINDS}

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:
        """Read these files and make these partitions, with all partitions that follow."""
        plan = self.plan(keys)
        for table, key in refresh(self.lake, plan, self.asked.today):
            yield Written(table, key)
        yield from (Written("landing_files", file.path) for file in plan.read)
        yield from (Written("landing_files", path) for path in plan.gone)
        yield Written("market_blocks")
        yield Written("market_corrections")

    def plan(self, keys: Iterable[str]) -> MarketPlan:
        """What is to be read and made for these parts."""
        chosen = {*keys}
        parts = {part for part in {*self._partitions, *self._made} if _named(part) in chosen}
        read = [file for path, file in self._landed.items() if path in chosen]
        known = {*self._files["path"]}
        return MarketPlan(self._landed, read, sorted((known & chosen) - self._landed.keys()), parts)

    @cached_property
    def _files(self) -> pl.DataFrame:
        return self.lake.read("landing_files")

    @cached_property
    def _landed(self) -> dict[str, LandedFile]:
        return with_those_in_the_way(self.lake, scan_market(self.lake))

    @cached_property
    def _settled(self) -> bool:
        return all(is_settled(file.place) for file in self._landed.values())

    @cached_property
    def _made(self) -> dict[Part, str | None]:
        return _made(self.lake)

    @cached_property
    def _partitions(self) -> dict[Part, str]:
        return _wanted(self.lake, self._files, value_overrides(self.lake))


def _named(part: Part) -> str:
    return " ".join(part)


def value_overrides(lake: Lake) -> pl.DataFrame:
    """People's decisions on which file is right about a value. Faults in their files are reported by membership."""
    return lake.read(_DECISIONS, ["value"])


def refresh(lake: Lake, plan: MarketPlan, today: date) -> list[Part]:
    """Read the plan's files and make again the partitions that they feed or fed; returns those partitions.

    Corrections are written before the values that they supersede, and `landing_files` last, so that after a kill the next run
    repeats the work and nothing is lost. Of a damaged file the rows of its last good version stay.
    """
    files = lake.read("landing_files")
    former = parts_of(files)
    with _staging(lake, plan, files) as staging:
        supplies = staging.readers.read(_orders(lake, plan.read))
        records = [
            _read(staging, landed, supplies, today) for landed in tracked("market files", plan.read, len(plan.read))
        ]
        _note_accepted(lake, files, records)
        replaced = [*plan.gone, *(record["path"] for record in records)]
        files = pl.concat([files.filter(~pl.col("path").is_in(replaced)), TABLES["landing_files"].frame(records)])
        now = parts_of(files)
        touched = pl.concat(
            one.join(other, on=now.columns, how="anti") for one, other in ((now, former), (former, now))
        )
        fed = {*touched.select("table", "key").iter_rows()}
        # Decisions come first: the other kinds are settled by them.
        first = {part for part in {*fed, *plan.stale} if part[0] == _DECISIONS}
        conflicts = _make(staging, sorted(first), files, TABLES[_DECISIONS].empty, today)
        overrides = value_overrides(lake)
        stale = (fed | {*differing(_wanted(lake, files, overrides), _made(lake))}) - first
        conflicts += _make(staging, tracked("partitions", sorted(stale), len(stale)), files, overrides, today)
    _write_blocks(lake, staging.rejected, conflicts, replaced, stale | first)
    lake.write("landing_files", files)
    return sorted(stale | first)


def accept(lake: Lake, path: str) -> str | None:
    """Let the version of a file (path below landing/) that lies there now withdraw rows; returns why it cannot, None if it can.

    A file that cannot be read cannot be accepted, unless it is empty: it is mended or removed.
    """
    files = lake.read("landing_files")
    known = files.filter(pl.col("path") == path, pl.col("kind").is_not_null())
    if known.is_empty():
        return f"{path} is no landing file that a run has read: its path below landing/ is asked, such as market/closes.csv"
    place = lake.landing / path
    try:
        sha256, size = landed_sha256(lake.landing, place), place.stat().st_size
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}): mend it or remove it"
    if known["sha256"][0] == sha256 and not known["kept"][0]:
        return f"{path} counts as it is: no row of a former version stays"
    kind, name = KINDS[known["kind"][0]], known["file"][0]
    [supplied] = read_files([_order(lake, kind.name, place, name)])
    if supplied.refused and size:
        return f"{supplied.refused}: such a file cannot be accepted, mend it or remove it"
    row = known.with_columns(accepted=pl.lit(sha256))
    lake.write("landing_files", pl.concat([files.filter(pl.col("path") != path), row]))
    return None


def _orders(lake: Lake, landed: Iterable[LandedFile]) -> list[FileOrder]:
    return [_order(lake, file.kind, file.place, file.name) for file in landed if file.kind]


def _order(lake: Lake, kind: str, place: Path, name: str) -> FileOrder:
    """What is asked of the readers for a landed file."""
    why = os.path.lexists(place) and why_no_file(lake.landing, place)
    return FileOrder(kind, place, name, f"is not read: {why}" if why else None)


def blocked(lake: Lake) -> pl.DataFrame:
    """What must not be trusted, a row for each symbol or currency: kind, blocks, subject, day, file, row, rule, sentence.

    `blocks` says what: `symbol_and_day` and `currency_and_day` the close or rate of `subject` on `day`; `symbol` every index that
    holds `subject`, from `day` on; `file` everything that rests on `file`. A null `day` means any day; `subject` is null for
    files.
    """
    harmless = (Blocks.NOTHING.value, Blocks.FORMER.value)
    blocks = lake.read("market_blocks").filter(~pl.col("blocks").is_in(harmless))
    columns = ("kind", "blocks", "subject", "day", "file", "row", "rule", "sentence")
    return (
        blocks.explode("subjects", empty_as_null=True)
        .rename({"subjects": "subject"})
        .select(columns)
        .unique(maintain_order=True)
    )


def suspensions(lake: Lake) -> pl.DataFrame:
    """The suspensions from trading with the end of each, and `ended_by`, what ends it (`index.suspensions.suspension_ends`).

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
    ends = suspension_ends(
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


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file as read: its partitions, each with the number and hash of its rows, and what becomes of its last good version.

    `kept` are former rows that stay, and `damaged` is why; `whole` is whether none of the file's own rows count. `withdrawn` is
    whether former rows do not stay.
    """

    supplied: Supplied
    parts: Sequence[Mapping[str, Any]]
    kept: pl.DataFrame
    damaged: str | None = None
    whole: bool = False
    withdrawn: bool = False


@dataclass
class _Staging:
    """The rows of files by file and partition, on disk once they are read: decades of prices do not fit into memory."""

    lake: Lake
    plan: MarketPlan
    folder: Path
    known: Mapping[str, Mapping[str, Any]]
    staged: dict[tuple[str, str], Path]
    was_read: set[str]
    rejected: list[pl.DataFrame]
    readers: FileReaders

    def take(self, landed: LandedFile, supplied: Supplied) -> _Reading:
        """Judge what a file supplies beside its last good version, and stage the rows that count."""
        self.was_read.add(landed.path)
        kind, known = KINDS[str(landed.kind)], self.known.get(landed.path, {})
        given, had = supplied.rows, {part["key"]: part for part in known.get("parts", ())}
        found = dict(_by_part(kind, given))
        parts = {key: self._stage(landed, key, rows) for key, rows in found.items()}
        differ = [key for key in had if parts.get(key) != had[key]]
        former = self._former(landed, differ)
        good = _Reading(supplied, [*parts.values()], former.clear())
        if former.is_empty() and not (supplied.refused and had):
            return good
        if landed.sha256 and known["accepted"] == landed.sha256:
            return replace(good, supplied=_without_refusal(supplied), withdrawn=True)
        whole = supplied.refused or self._lacks(landed, kind, supplied, known)
        if not whole and not _ends_a_line(landed.place) and not truncated_row(kind, former, given).is_empty():
            given = given.head(-1)
            found = dict(_by_part(kind, given))
        of_same = pl.concat([given.clear(), *(found[key] for key in differ if key in found)])
        gone = former if whole else removed_rows(kind, former, of_same)
        if gone.is_empty() and not whole:
            return good
        # The same bytes are judged once: the rows of the tables are by then no longer those that they were judged beside.
        again = known["reason"] if known["sha256"] == landed.sha256 else None
        damaged = again or whole or damage(supplied, given, gone, sum(part["rows"] for part in had.values()))
        if damaged is None:
            return replace(good, withdrawn=True)
        if whole or kind.whole:
            for key in found:
                self.staged.pop((landed.path, key), None)
            return _Reading(supplied, [*had.values()], former, damaged, whole=True)
        all_of = {key: rows.height for key, rows in _by_part(kind, former)}
        for key, rows in _by_part(kind, gone):
            if key in found or rows.height < all_of[key]:
                parts[key] = self._stage(landed, key, pl.concat([found.get(key, rows.clear()), rows]), mixed=True)
            else:
                parts[key] = had[key]
        return _Reading(supplied, [part for _, part in sorted(parts.items())], gone, damaged)

    def rows(self, path: str, key: str) -> pl.DataFrame:
        """The rows of a file in a partition; where they are all of its last good version, those that the partition has."""
        landed = self.plan.landed[path]
        if (path, key) not in self.staged and path not in self.was_read:
            [supplied] = self.readers.read(_orders(self.lake, [landed]))
            self.take(landed, supplied)
        if place := self.staged.get((path, key)):
            return pl.read_ipc(place)
        return self._former(landed, [key])

    def _stage(self, landed: LandedFile, key: str, rows: pl.DataFrame, *, mixed: bool = False) -> Mapping[str, Any]:
        """Put rows of a file aside; returns the partition with their number and hash. `mixed` are those of two versions."""
        place = being_written(self.folder / str(len(self.staged)))
        if mixed:
            rows = rows.sort("row", maintain_order=True)
        rows.write_ipc(place)
        self.staged[landed.path, key] = place
        sha256 = hashlib.sha256(rows.write_csv().encode()).hexdigest() if mixed else file_sha256(place)
        return {"key": key, "rows": rows.height, "sha256": sha256}

    def _former(self, landed: LandedFile, keys: Sequence[str]) -> pl.DataFrame:
        """The rows of a file that the tables have in some partitions."""
        kind = KINDS[str(landed.kind)]
        return self.lake.read(kind.name, keys, kind.schema.column_names()).filter(file=landed.name)

    def _lacks(self, landed: LandedFile, kind: Kind, supplied: Supplied, known: Mapping[str, Any]) -> str | None:
        """The optional columns that a file no longer has although its last good version says something in them, in a sentence."""
        for column in sorted({*(known["found_columns"] or ())} - {*supplied.columns}) if supplied.columns else ():
            keys = [part["key"] for part in known["parts"]]
            said = self.lake.read(kind.name, keys, ["file", column]).filter(file=landed.name)[column].drop_nulls()
            if (said != kind.metadata(column).get("default")).any():
                return f"{landed.name} lacks the column {column}, which its last good version has"
        return None


def _without_refusal(supplied: Supplied) -> Supplied:
    """A version that a person accepted: without rows if it is empty."""
    return replace(supplied, rejected=supplied.rejected.drop_nulls("row"))


def _ends_a_line(place: Path) -> bool:
    """Whether a text file ends with the end of a line; others are whole or cannot be read at all."""
    if place.suffix.lower() != ".csv":
        return True
    with place.open("rb") as file:
        file.seek(max(place.stat().st_size - 4, 0))
        return file.read().rstrip(b"\0").endswith((b"\n", b"\r"))


@contextmanager
def _staging(lake: Lake, plan: MarketPlan, files: pl.DataFrame) -> Iterator[_Staging]:
    folder = lake.tables / _STAGING / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        known = {row["path"]: row for row in files.iter_rows(named=True)}
        with FileReaders() as readers:
            yield _Staging(lake, plan, folder, known, {}, set(), [], readers)
    finally:
        shutil.rmtree(folder)
        with suppress(OSError):  # another process may be using it
            folder.parent.rmdir()


def _read(staging: _Staging, landed: LandedFile, supplies: Iterator[Supplied], today: date) -> dict[str, Any]:
    """Take what a file supplies, which comes next if it is read, stage its rows, and return its row of `landing_files`."""
    known = staging.known.get(landed.path, {})
    same = bool(known) and known["sha256"] == landed.sha256
    record = {**unread_row(landed), "known_on": known["known_on"] if same else today}
    if landed.kind is None:
        return record
    read = staging.take(landed, next(supplies))
    supplied, rejected, kept = read.supplied, read.supplied.rejected, read.kept
    kind = KINDS[landed.kind]
    record["found_columns"] = sorted(supplied.columns)
    if read.damaged:
        former = pl.lit(value=True) if read.whole else rejected_former(kind, rejected, kept)
        harmless = pl.when(former).then(pl.lit(Blocks.FORMER.value)).otherwise("blocks")
        rejected = rejected.with_columns(blocks=harmless)
        # The rows of the version before stay in the tables, and so does whether they are simulated.
        record |= {"simulated": known["simulated"], **_kept(kind, kept)}
        record["found_columns"] = sorted({*(known["found_columns"] or ()), *supplied.columns})
    if not rejected.is_empty():
        staging.rejected.append(rejected.with_columns(kind=pl.lit(landed.kind), path=pl.lit(landed.path)))
    refused = read.damaged if read.whole else supplied.refused
    return {
        **record,
        "state": "refused" if refused else "damaged" if read.damaged else "accepted",
        "reason": refused or read.damaged,
        "rows": supplied.rows.height,
        "rejected": supplied.rejected.drop_nulls("row")["row"].n_unique(),
        "simulated": supplied.simulated or record["simulated"],
        "parts": read.parts,
        "notes": [{name: getattr(note, name) for name in ("severity", "message", "line")} for note in supplied.notes],
        "accepted": landed.sha256 if read.withdrawn else None,
    }


def _kept(kind: Kind, rows: pl.DataFrame) -> dict[str, Any]:
    """What `landing_files` says of former rows that stay: their number, days, and symbols or currencies."""
    days = rows[kind.dated_by] if kind.dated_by else pl.Series(dtype=pl.Date)
    columns = kind.subjects or [name for name in ("symbol",) if name in rows.columns]
    subjects = pl.concat([pl.Series(dtype=pl.String), *(rows[name] for name in columns)]).unique().sort()
    return {"kept": rows.height, "kept_from": days.min(), "kept_to": days.max(), "kept_subjects": subjects.to_list()}


def _note_accepted(lake: Lake, files: pl.DataFrame, records: Sequence[Mapping[str, Any]]) -> None:
    """Write down which new versions withdraw rows, before any goes: after a kill they are not judged again by what is left."""
    noted = {record["path"]: record["accepted"] for record in records if record.get("accepted")}
    if noted and not files.is_empty():
        now = pl.col("path").replace_strict(noted, default=None, return_dtype=pl.String)
        lake.write("landing_files", files.with_columns(accepted=pl.coalesce(now, "accepted")))


def _by_part(kind: Kind, rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of a file by partition."""
    keyed = rows.with_columns(_part(kind).alias("part")).partition_by("part", as_dict=True, include_key=False)
    for (key,), found in sorted(keyed.items()):
        yield _key(key), found


def _part(kind: Kind) -> pl.Expr:
    """What a row is partitioned by: a column of its own, or the month or year of its day or of the name of its file."""
    by = str(TABLES[kind.name].partition_by)
    if kind.dated_by:
        day = pl.col(kind.dated_by)
        return day.dt.truncate("1mo") if by == "month" else day.dt.year()
    if kind.naming:
        return pl.col("file").str.split("/").list.last().str.slice(0, len("YYYY-MM" if by == "month" else "YYYY"))
    return pl.col(by)


def _key(part: object) -> str:
    return f"{part:%Y-%m}" if isinstance(part, date) else str(part)


# --- putting together -------------------------------------------------------------------------------------------------


def _make(
    staging: _Staging, parts: Iterable[Part], files: pl.DataFrame, overrides: pl.DataFrame, today: date
) -> list[pl.DataFrame]:
    """Put partitions together from the rows of the files that feed them, and write them; returns what is contested in each.

    The corrections of a partition are written before it. Partitions are put together and written in other threads.
    """
    lake, feeds, late = staging.lake, parts_of(files), came_late(staging.lake)
    wanted, decided = fingerprints(files, overrides), decisions(overrides)
    contested = []

    def fed() -> Iterator[tuple[Part, list[pl.DataFrame]]]:
        for table, key in parts:
            yield (table, key), [staging.rows(path, key) for path in feeds.filter(table=table, key=key)["path"]]

    def put_together(one: tuple[Part, list[pl.DataFrame]]) -> tuple[Settled, pl.DataFrame]:
        part, frames = one
        settled = settle(KINDS[part[0]], frames, decided.get(part))
        return settled, _as_table(part, settled.rows, files)

    def corrected() -> Iterator[tuple[Part, pl.DataFrame]]:
        for (part, _), (settled, rows) in ahead(put_together, fed()):
            contested.append(_contested(part, settled))
            _keep_corrections(lake, part, rows, today, late.get(part[0]))
            yield part, rows

    def write(one: tuple[Part, pl.DataFrame]) -> None:
        (table, key), rows = one
        lake.write(table, rows, key, wanted.get((table, key), ""))

    deque(ahead(write, corrected()), maxlen=0)
    return contested


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
    return rows.with_columns(
        pl.lit(key).cast(TABLES[table].empty.schema[column]).alias(column),
        pl.col("file").is_in(simulated.implode()).alias("simulated"),
        **KINDS[table].from_name,
    )


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
    return {part: fingerprint(TABLES[part[0]].code_version, found, decided.get(part)) for part, found in told.items()}


def decisions(overrides: pl.DataFrame) -> dict[Part, pl.DataFrame]:
    """The decisions on values by the partition that their key is about: KIND DAY ..., or components INDEX/REVIEW ..."""
    found: dict[Part, list[int]] = defaultdict(list)
    for row, key in enumerate(overrides["key"]):
        kind, *rest = key.split(" ")
        if kind in TABLE_KINDS and kind != _DECISIONS:
            day = next(
                (part for word in rest for part in word.split("/") if part[:4].isdigit() and part[4:5] == "-"), ""
            )
            found[kind, day[: 7 if TABLES[kind].partition_by == "month" else 4]].append(row)
    return {part: overrides[rows] for part, rows in found.items()}


def _wanted(lake: Lake, files: pl.DataFrame, overrides: pl.DataFrame) -> dict[Part, str]:
    """The fingerprint of what feeds each partition. One in which every key is in conflict has no file, and wants none."""
    contested = {*lake.read("market_blocks").filter(rule="conflict").select("kind", "part").unique().iter_rows()}
    there = {(table, key) for table in TABLE_KINDS for key in lake.keys(table)}
    found = fingerprints(files, overrides)
    return {part: inputs for part, inputs in found.items() if part in there or part not in contested}


def _made(lake: Lake) -> dict[Part, str | None]:
    """The fingerprint of what fed the file of each partition."""
    return {(table, key): made for table in TABLE_KINDS for key, made in versions(lake, table).items()}


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
