"""The DuckDB catalog: every table under its own name, with its descriptions. Built aside, then put in place whole."""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import duckdb
import polars as pl

from russell_pipeline import __version__
from russell_pipeline.ahead import ahead
from russell_pipeline.lake import former_names
from russell_pipeline.lake.checksums import beside, is_as_noted, noted
from russell_pipeline.lake.store import Lake, fingerprint, publish
from russell_pipeline.schemas.sql import sql_type
from russell_pipeline.schemas.table import Table
from russell_pipeline.schemas.tables import TABLES, UNDATED


class Identity(Protocol):
    """The securities of rows, which the catalog has beside the columns of some tables."""

    def of(self, rows: pl.DataFrame, day: str) -> pl.Series:
        """The security of the `symbol` of each row, on the day that its column `day` gives."""
        ...

    def of_month(self, month: str) -> Sequence[object]:
        """What the securities of a month, YYYY-MM, follow from beyond the symbols of its rows."""
        ...


def write_catalog(lake: Lake, ids: Identity) -> dict[str, int]:
    """Rebuild russell.duckdb from tables/ and return the number of rows of each table.

    The data is copied in, not viewed, so that a reader who keeps the catalog open sees one state of the lake. Unchanged data is
    carried over from the former catalog if that is as it was published: of a table by month, decades of prices, only the months
    that changed are copied again; any other table is copied again only if one of its files changed. The catalog's checksum is
    put beside it. Raises DamagedFile.
    """
    counts: dict[str, int] = {}

    def write(temporary: Path) -> None:
        carried, hashes = _carry_over(lake, temporary), lake.hashes()
        with duckdb.connect(str(temporary)) as connection:
            for table in TABLES.values():
                now = _parts(lake, table, hashes, ids)
                _update(connection, lake, table, now, carried.get(table.name), ids=ids)
                [(counts[table.name],)] = connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()
            _record_files(connection, lake, hashes)
            connection.execute(
                "CREATE OR REPLACE TABLE lake_info AS SELECT ? AS russell_pipeline_version, ? AS declared_sha256, "
                "? AS tables_sha256, ? AS simulated",
                [
                    __version__,
                    _declared(),
                    lake.fingerprint(hashes),
                    bool(lake.read("landing_files")["simulated"].any()),
                ],
            )

    publish(lake.catalog, write)
    publish(beside(lake.catalog), lambda temporary: temporary.write_text(noted(lake.catalog), "utf-8"))
    return counts


class FileInCatalog(NamedTuple):
    """What the catalog says of a file of the tables whose rows it has: hash, and fingerprint of what they were made from."""

    sha256: str
    inputs: str


def files_in_catalog(lake: Lake) -> dict[Path, FileInCatalog]:
    """The files of the tables whose rows the catalog has; none if it is not as it was published."""
    if not is_as_noted(lake.catalog):
        return {}
    try:
        with duckdb.connect(str(lake.catalog), read_only=True) as connection:
            rows = connection.execute("SELECT path, sha256, inputs FROM lake_files").fetchall()
    except duckdb.Error:  # of another release
        return {}
    found = {}
    for path, *told in rows:
        table, _, within = path.partition("/")
        found[lake.folder(former_names.table_of(table)) / within] = FileInCatalog(*told)
    return found


def rows_in_catalog(lake: Lake, table: str, key: str | None) -> pl.DataFrame:
    """The rows of a table, or of one of its partitions, as the catalog has them, in the lake's order.

    The catalog may be of an earlier release, with former names. Raises duckdb.Error, or PolarsError if it lacks a column.
    """
    declared = TABLES[table]
    told = None if key == UNDATED else key
    where = f" WHERE CAST({declared.partition_by} AS VARCHAR) IS NOT DISTINCT FROM $1" if declared.partition_by else ""
    with duckdb.connect(str(lake.catalog), read_only=True) as connection:
        has = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        name = table if table in has else former_names.former_name(table) or table
        found: pl.DataFrame = connection.sql(f"SELECT * FROM {name}{where}", params=[told] * bool(where)).pl()
    return former_names.in_present_names(table, found).select(declared.empty.columns)


# Tables partitioned by this column only grow: each month is a part. Any other table is one part, in the order of the lake.
_GROWING = "month"
_WHOLE = ""
_AT_ONCE = 6  # months in memory at a time
_FILE = {"path": pl.String, "sha256": pl.String, "inputs": pl.String}
_PART = {"table_name": pl.String, "key": pl.String, "sha256": pl.String}


def _carry_over(lake: Lake, temporary: Path) -> dict[str, dict[str, str]]:
    """Start from a copy of the former catalog. Returns the hash of each of its parts, by table; empty to start anew."""
    if not is_as_noted(lake.catalog):
        return {}
    shutil.copyfile(lake.catalog, temporary)
    try:
        return _held(temporary)
    except (duckdb.Error, ValueError):  # of another version: start anew
        temporary.unlink()
        return {}


def _held(catalog: Path) -> dict[str, dict[str, str]]:
    """The hash of each part, by table that is declared as before. Raises ValueError if the catalog is of another version.

    It is so too if it has a table that is no longer declared, or has another name now.
    """
    with duckdb.connect(str(catalog), read_only=True) as connection:
        if connection.execute("SELECT russell_pipeline_version FROM lake_info").fetchall() != [(__version__,)]:
            raise ValueError("the catalog is of another version")
        columns = connection.execute(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal ORDER BY column_index"
        ).fetchall()
        parts = connection.execute("SELECT table_name, key, sha256 FROM lake_parts").fetchall()
    said: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, comment in columns:
        said[table][column] = comment
    if not {name for name in said if not name.startswith("lake_")} <= TABLES.keys():
        raise ValueError("the catalog has tables that are not declared")
    held: dict[str, dict[str, str]] = {
        name: {} for name, table in TABLES.items() if list(said[name].items()) == list(table.descriptions.items())
    }
    for table, key, sha256 in parts:
        if table in held:
            held[table][key] = sha256
    return held


def _update(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: Table,
    now: dict[str, str],
    held: dict[str, str] | None,
    *,
    ids: Identity,
) -> None:
    """Bring a table up to date with its parts on disk, whose hashes are `now`; create it if `held` is None."""
    if held is None:
        held = {}
        _create(connection, table)
    stale = sorted(key for key in {*held, *now} if held.get(key) != now.get(key))
    batches = (stale[at : at + _AT_ONCE] for at in range(0, len(stale), _AT_ONCE))

    def told(keys: list[str]) -> pl.DataFrame:
        return _identified(table, lake.read(table.name, None if keys == [_WHOLE] else keys), ids)

    for keys, rows in ahead(told, batches):
        connection.begin()
        for key in keys:
            where, which = ("", []) if key == _WHOLE else (f" WHERE {table.partition_by} = ?", [key])
            connection.execute(f"DELETE FROM {table.name}{where}", which)
            connection.execute("DELETE FROM lake_parts WHERE table_name = ? AND key = ?", [table.name, key])
        _insert(connection, table.name, rows)
        _insert(
            connection,
            "lake_parts",
            pl.DataFrame([(table.name, key, now[key]) for key in keys if key in now], _PART, orient="row"),
        )
        connection.commit()


def _record_files(connection: duckdb.DuckDBPyConnection, lake: Lake, hashes: Mapping[Path, str]) -> None:
    """Record which files the catalog's rows are from, so that it can give back a file that is damaged."""
    connection.execute("CREATE TABLE IF NOT EXISTS lake_files (path VARCHAR, sha256 VARCHAR, inputs VARCHAR)")
    held = {tuple(told): inputs for *told, inputs in connection.execute("FROM lake_files").fetchall()}
    rows = []
    for file, sha256 in hashes.items():
        told = (file.relative_to(lake.tables).as_posix(), sha256)
        rows.append((*told, held[told] if told in held else lake.inputs(*lake.part(file))))
    connection.begin()
    connection.execute("DELETE FROM lake_files")
    _insert(connection, "lake_files", pl.DataFrame(rows, _FILE, orient="row"))
    connection.commit()


def _identified(table: Table, rows: pl.DataFrame, ids: Identity) -> pl.DataFrame:
    """The rows of a table by month with their `security_id`, if the table has one in the catalog."""
    if table.security_on is None:
        return rows
    months = rows.partition_by(_GROWING, maintain_order=True) or [rows]
    return pl.concat(month.with_columns(security_id=ids.of(month, table.security_on)) for month in months)


def _parts(lake: Lake, table: Table, hashes: Mapping[Path, str], ids: Identity) -> dict[str, str]:
    """The parts of a table on disk, each with the hash of its files, and of what its security ids follow from."""
    if table.partition_by is None:
        path = lake.path(table.name)
        return {_WHOLE: hashes[path]} if path in hashes else {}
    files = {key: hashes[lake.path(table.name, key)] for key in lake.keys(table.name)}
    if table.security_on:
        known = {month: ids.of_month(month) for month in files}
        return {month: fingerprint(sha256, known[month]) if known[month] else sha256 for month, sha256 in files.items()}
    if table.partition_by == _GROWING or not files:
        return files
    return {_WHOLE: hashlib.sha256(repr(files).encode()).hexdigest()}


def _create(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create a table with its descriptions, empty, in place of any former one."""
    connection.begin()
    types = {name: sql_type(column.dtype) for name, column in table.schema.columns().items()}
    columns = ", ".join(f"{name} {types.get(name, 'VARCHAR')}" for name in table.descriptions)
    connection.execute(f"CREATE OR REPLACE TABLE {table.name} ({columns})")
    connection.execute("CREATE TABLE IF NOT EXISTS lake_parts (table_name VARCHAR, key VARCHAR, sha256 VARCHAR)")
    connection.execute("DELETE FROM lake_parts WHERE table_name = ?", [table.name])
    comments = [f"COMMENT ON TABLE {table.name} IS {_quoted(table.description)}"] + [
        f"COMMENT ON COLUMN {table.name}.{column} IS {_quoted(description)}"
        for column, description in table.descriptions.items()
    ]
    connection.execute("; ".join(comments))
    connection.commit()


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    connection.register("incoming", rows.to_arrow())
    connection.execute(f"INSERT INTO {table} SELECT * FROM incoming")
    connection.unregister("incoming")


def catalog_version(lake: Lake) -> str | None:
    """The fingerprint of what the catalog holds; None if there is none, or it is not as it was published."""
    if not is_as_noted(lake.catalog):
        return None
    try:
        with duckdb.connect(str(lake.catalog), read_only=True) as connection:
            found = connection.execute(
                "SELECT russell_pipeline_version, declared_sha256, tables_sha256 FROM lake_info"
            ).fetchone()
    except duckdb.Error:  # of another release
        return None
    return fingerprint(*found) if found else None


def wanted_catalog(lake: Lake) -> str:
    """The fingerprint of a catalog of what tables/ holds now, as tables are declared now. Raises DamagedFile."""
    return fingerprint(__version__, _declared(), lake.fingerprint())


def _declared() -> str:
    """The fingerprint of the tables and columns that a catalog has, with what it says of them."""
    return fingerprint(*((name, *table.descriptions.items()) for name, table in TABLES.items()))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
