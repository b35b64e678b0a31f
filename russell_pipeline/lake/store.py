"""Tables on disk: hive-partitioned Parquet, published atomically. What a table holds is declared in schemas/."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from russell_pipeline.errors import LakeError
from russell_pipeline.lake import former_names
from russell_pipeline.lake.checksums import UNSEALED, Checked, checked, seal
from russell_pipeline.ordering import ordered
from russell_pipeline.schemas.table import Table
from russell_pipeline.schemas.tables import TABLES, UNDATED

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_FILE = "data.parquet"
# The folder of landing/documents that the pipeline itself writes.
FETCHED = "fetched"
_INPUTS = "russell_pipeline.inputs"
# The name of a file that is being written says who writes it.
_WRITER = re.compile(r"\.(?P<host>[^.]+)\.(?P<process>\d+)\.[0-9a-f]{32}\.tmp")
_LONGEST_WRITE = 86400  # seconds
_PATH = "file of the table"
_SMALL = 2**16  # bytes of files that are kept in memory as read
_SMALL_FILES = 2**9
# Tables whose content can be made from nothing else.
_HISTORIES = ("fetched_documents", "market_corrections", "index_restatements", "uncorrected_levels")


class DamagedFile(LakeError):
    """A file of a table that is not as it was written: which one, and what to do about it."""

    def __init__(self, path: Path, then: str = "`russell run` mends it, or says what is lost with it") -> None:
        super().__init__(f"{path} is damaged: {then}")


class LostFile(DamagedFile):
    """A damaged file that nothing else in the lake can replace."""

    def __init__(self, path: Path) -> None:
        table = next((name for name in _HISTORIES if name in path.parts), None)
        then = (
            f"put a copy of it back if there is one: it holds the history of {table}, which nothing else does"
            if table
            else "the next run makes of it what it can"
        )
        super().__init__(path, f"neither the catalog nor landing has all it held; delete it, and {then}")


@dataclass(frozen=True)
class Lake:
    """A data lake at `root`: landing/ for what comes in, tables/ for the truth, russell.duckdb for queries."""

    root: Path

    @property
    def landing(self) -> Path:
        """The folder into which people and sources put files; only fetched and simulated ones are written by the pipeline."""
        return self.root / "landing"

    @property
    def tables(self) -> Path:
        """The folder of the Parquet files."""
        return self.root / "tables"

    @property
    def catalog(self) -> Path:
        """The DuckDB file for queries, which is made from the tables."""
        return self.root / "russell.duckdb"

    def folder(self, table: str) -> Path:
        """The folder of a table; while no run has renamed it, that of an earlier release."""
        return former_names.folder(self.tables, table)

    def path(self, table: str, key: str | None = None) -> Path:
        """The file of a table, or of one of its partitions; the key `undated` stands for null."""
        declared = TABLES[table]
        if declared.partition_by is None:
            return self.folder(table) / _FILE
        if key is None:
            raise ValueError(f"{table} is partitioned by {declared.partition_by}: say which")
        return self.folder(table) / f"{declared.partition_by}={_HIVE_NULL if key == UNDATED else key}" / _FILE

    def keys(self, table: str) -> list[str]:
        """The partitions of a table that are on disk, sorted."""
        prefix = f"{TABLES[table].partition_by}="
        folder = str(self.folder(table))
        folders = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208 - steps ask again and again
        names = (one for one in folders if one.startswith(prefix) and os.path.exists(f"{folder}/{one}/{_FILE}"))  # noqa: PTH110
        return sorted(UNDATED if name == prefix + _HIVE_NULL else name.removeprefix(prefix) for name in names)

    def read(
        self,
        table: str,
        keys: Iterable[str] | None = None,
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """The rows of a table, or of some of its partitions, in the declared types and order; empty if there are none.

        With `columns`, only these are read; with `where`, only the rows that it selects.
        """
        declared = TABLES[table]
        columns = declared.empty.columns if columns is None else columns
        if declared.partition_by is None:
            return _rows({self.path(table): None}, declared, columns, where)
        keys = self.keys(table) if keys is None else keys
        return _rows({self.path(table, key): key for key in keys}, declared, columns, where)

    def count(self, table: str) -> int:
        """How many rows a table holds; no row is read."""
        files = sorted(map(str, self.folder(table).rglob(_FILE)))
        with _naming_damage(files):
            return int(_scanned(files, TABLES[table]).select(pl.len()).collect().item()) if files else 0

    def write(self, table: str, rows: pl.DataFrame, key: str | None = None, inputs: str = "") -> bool:
        """Publish the rows of a table or of one of its partitions; returns whether a byte changed.

        Raises dataframely's ValidationError, and writes nothing, if `rows` break the declaration of the table. `inputs`, the
        fingerprint of what the rows were made from, is stored in the file. A partition without rows is removed.
        """
        declared = TABLES[table]
        valid = _valid(rows.select(declared.empty.columns), declared)
        path = self.path(table, key)
        if declared.partition_by is not None:
            if valid.is_empty():
                return self.remove(table, key)
            valid = valid.drop(declared.partition_by)
        frame = ordered(valid, [column for column in declared.sort_by if column in valid.columns])

        def write(temporary: Path) -> None:
            frame.write_parquet(temporary, compression="zstd", statistics=True, metadata={_INPUTS: inputs, **UNSEALED})
            seal(temporary)

        return publish(path, write)

    def remove(self, table: str, key: str | None) -> bool:
        """Remove a partition of a table; returns whether it was there."""
        path = self.path(table, key)
        if not path.exists():
            return False
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        return True

    def inputs(self, table: str, key: str | None = None) -> str | None:
        """The fingerprint of what a file was made from; None if there is no file."""
        path = self.path(table, key)
        with _naming_damage([path]):
            return pl.read_parquet_metadata(path).get(_INPUTS, "") if path.exists() else None

    def hashes(self) -> dict[Path, str]:
        """The SHA-256 of every file of the tables, in the order of their paths. Raises DamagedFile."""
        return {file: _sound(file).sha256 for file in self.files()}

    def files(self) -> list[Path]:
        """The files of the tables, in the order of their paths."""
        parts = ((name, table.partition_by) for name, table in TABLES.items())
        files = (self.path(name, key) for name, by in parts for key in (self.keys(name) if by else [None]))
        return sorted(file for file in files if file.exists())

    def version(self, table: str, key: str | None = None) -> str:
        """A hash over the bytes of a table, or of one of its partitions; that of nothing if there is no file."""
        keys = [key] if key or TABLES[table].partition_by is None else self.keys(table)
        files = (self.path(table, one) for one in keys)
        return fingerprint(*(checked(file).sha256 for file in files if file.exists()))

    def part(self, file: Path) -> tuple[str, str | None]:
        """The table that a file belongs to, and the key of its partition."""
        name, *folders, _ = file.relative_to(self.tables).parts
        table = former_names.table_of(name)
        if not folders:
            return table, None
        key = folders[0].partition("=")[2]
        return table, UNDATED if key == _HIVE_NULL else key

    def fingerprint(self, hashes: Mapping[Path, str] | None = None) -> str:
        """A hash over the bytes of all tables, equal exactly when the tables are. `hashes` are those of the files, if known."""
        total = hashlib.sha256()
        for file, sha256 in (self.hashes() if hashes is None else hashes).items():
            total.update(file.relative_to(self.tables).as_posix().encode())
            total.update(bytes.fromhex(sha256))
        return total.hexdigest()

    def sweep(self) -> None:
        """Remove what killed runs left half written, and empty folders; what another process is writing now stays.

        Logs of changes and spilled pages beside the catalog go too: it is published whole and has none, and DuckDB would apply
        a log that it finds.
        """
        for pattern in (".wal*", ".tmp"):
            for stray in self.root.glob(f"{self.catalog.name}{pattern}"):
                if stray.is_dir() and not stray.is_symlink():
                    shutil.rmtree(stray)
                else:
                    stray.unlink()
        sweep_landing(self.landing)
        patterns = {self.tables: "**/.*.tmp", self.root: ".*.tmp*", self.landing / "documents" / FETCHED: ".*.tmp"}
        for folder, pattern in patterns.items():
            for leftover in folder.glob(pattern):
                if _is_abandoned(leftover):
                    leftover.unlink(missing_ok=True)
        if self.tables.exists():
            for folder in sorted(self.tables.rglob("*"), reverse=True):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()


def _valid(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows in the types of a table. Raises dataframely's ValidationError if they break its declaration.

    Whether all rows hold is known in a quarter of the time that it takes to tell which do not.
    """
    try:
        return table.schema.validate(rows.lazy(), cast=True).collect()
    except pl.exceptions.PolarsError:
        return table.schema.validate(rows, cast=True)


def _rows(
    files: Mapping[Path, str | None], table: Table, columns: Sequence[str], where: pl.Expr | None
) -> pl.DataFrame:
    """Some columns and rows of those files of a table that exist; `files` are paths with the key of their partition.

    The key is not parsed from the path, because another folder in it may look like one.
    """
    keys = {str(path): None if key == UNDATED else key for path, key in files.items() if path.exists()}
    if not keys:
        return table.empty.select(columns)
    found = {path: _sound(path) for path in keys}
    if sum(file.size for file in found.values()) < _SMALL:
        whole = pl.concat(
            (_whole(path, key, table.name, found[path].sha256) for path, key in keys.items()), rechunk=True
        )
        return (whole if where is None else whole.filter(where))[list(columns)]
    with _naming_damage(keys):
        rows = _keyed(keys, table)
        return (rows if where is None else rows.filter(where)).select(columns).collect()


@lru_cache(_SMALL_FILES)
def _whole(path: str, key: str | None, table: str, _sha256: str) -> pl.DataFrame:
    """The rows of a small file, read once while its bytes stay: the steps of a run ask for the same again and again."""
    with _naming_damage([path]):
        return _keyed({path: key}, TABLES[table]).collect()


def _keyed(keys: Mapping[str, str | None], table: Table) -> pl.LazyFrame:
    """The rows of some files of a table with the key of their partition, which `keys` has by path."""
    found = _scanned(keys, table)
    if table.partition_by is not None:
        key = pl.col(_PATH).replace_strict(keys, return_dtype=pl.String)
        found = found.with_columns(key.cast(table.empty.schema[table.partition_by]).alias(table.partition_by))
    return found


def _scanned(files: Iterable[str], table: Table) -> pl.LazyFrame:
    """The rows of some files of a table, with their paths.

    Columns that an earlier release wrote under another name have the present one; those that it did not write have their
    defaults, and are null if they have none.
    """
    declared = {name: type_ for name, type_ in table.empty.schema.items() if name != table.partition_by}
    rows = pl.scan_parquet(
        list(files),
        schema=declared | former_names.former_columns(table.name, declared),
        glob=False,
        hive_partitioning=False,
        missing_columns="insert",
        extra_columns="ignore",
        cast_options=pl.ScanCastOptions(missing_struct_fields="insert"),
        include_file_paths=_PATH,
    )
    rows = former_names.in_present_names(table.name, rows)
    return rows.with_columns(pl.col(name).fill_null(default) for name, default in table.defaults.items())


@contextmanager
def _naming_damage(files: Iterable[str | Path]) -> Iterator[None]:
    """Raise DamagedFile for the file that cannot be read: polars does not name it."""
    try:
        yield
    except pl.exceptions.PolarsError:
        for file in files:
            try:
                pl.read_parquet(file, glob=False, hive_partitioning=False)
            except pl.exceptions.PolarsError:
                raise DamagedFile(Path(file)) from None
        raise


def _sound(path: Path | str) -> Checked:
    """The checksums of a file of the tables. Raises DamagedFile if it is not as it was written."""
    found = checked(path)
    if found.damaged:
        raise DamagedFile(Path(path))
    return found


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(*inputs: object) -> str:
    """A hash over what something is made from: the same inputs give the same hash."""
    return hashlib.sha256(repr(inputs).encode()).hexdigest()


def publish(path: Path, write: Callable[[Path], object]) -> bool:
    """Write a file under a temporary name and move it into place whole; returns whether its bytes changed.

    A reader sees the former file or the new one, never a part. A file that holds the same bytes already is left untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = being_written(path)
    try:
        write(temporary)
        if path.exists() and _same_bytes(path, temporary):
            return False
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
        return True
    finally:
        temporary.unlink(missing_ok=True)


def being_written(path: Path) -> Path:
    """The temporary name beside its place that a file has while this process writes it."""
    return path.with_name(f".{path.name}.{_host()}.{os.getpid()}.{uuid.uuid4().hex}.tmp")


def sweep_landing(landing: Path) -> None:
    """Remove what a killed `simulate` or `import` left half written in landing; files of other names are other people's."""
    for leftover in landing.rglob(".*.tmp"):
        if _WRITER.search(leftover.name) and _is_abandoned(leftover):
            leftover.unlink(missing_ok=True)


def _is_abandoned(temporary: Path) -> bool:
    """Whether the process that was writing a file is gone; of one on another machine, only the age of the file tells."""
    writer = _WRITER.search(temporary.name)
    if writer is None:
        return True
    if writer["host"] != _host():
        return time.time() - temporary.stat().st_mtime > _LONGEST_WRITE
    return int(writer["process"]) == os.getpid() or not _is_running(int(writer["process"]))


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    """This machine's name in a form that fits into a file name."""
    return socket.gethostname().replace(".", "-")


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    try:
        former = one.read_bytes()
    except OSError:  # the disk cannot read what is to be replaced
        return False
    return former == other.read_bytes()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
