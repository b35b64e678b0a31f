"""The DuckDB catalog: every table under its own name with its descriptions, built aside and put in place whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import polars as pl

from russell_pipeline import __version__
from russell_pipeline.lake.landing import file_sha256
from russell_pipeline.lake.store import Lake, publish
from russell_pipeline.lake.tables import TABLES, Table


def build_catalog(lake: Lake) -> dict[str, int]:
    """Rebuild russell.duckdb from tables/ and return the number of rows of each table.

    The data is copied in, not viewed, so that a reader who holds the catalog open has one state of the lake all night. Tables by
    month, decades of prices, are carried over from the catalog before: only months that changed are copied again.
    """
    counts: dict[str, int] = {}

    def write(temporary: Path) -> None:
        carried = _carry_over(lake, temporary)
        with duckdb.connect(str(temporary)) as connection:
            for table in TABLES.values():
                if table.partition_by == _CARRIED:
                    _update(connection, lake, table, carried)
                else:
                    _create(connection, table, lake.read(table.name))
                [(counts[table.name],)] = connection.execute(f"SELECT count(*) FROM {table.name}").fetchall()
            connection.execute(
                "CREATE OR REPLACE TABLE lake_info AS SELECT ? AS russell_pipeline_version, ? AS tables_sha256, ? AS simulated",
                [__version__, lake.fingerprint(), bool(lake.read("landing_files")["simulated"].any())],
            )

    publish(lake.catalog, write)
    return counts


def _create(connection: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    """Make a table of the catalog anew, with its descriptions."""
    connection.register("incoming", rows.to_arrow())
    connection.execute(f"CREATE OR REPLACE TABLE {table.name} AS SELECT * FROM incoming")
    connection.unregister("incoming")
    connection.execute(f"COMMENT ON TABLE {table.name} IS {_quoted(table.description)}")
    for column, description in table.descriptions.items():
        connection.execute(f"COMMENT ON COLUMN {table.name}.{column} IS {_quoted(description)}")


# Tables by this column only grow, and are carried over.
_CARRIED = "month"
_AT_ONCE = 12  # months, to be in memory together
_PART = {"table_name": pl.String, "key": pl.String, "sha256": pl.String}
_Parts = dict[tuple[str, str], str]


def _carry_over(lake: Lake, temporary: Path) -> _Parts:
    """Begin with the catalog before, where it is of this version; the partitions that it holds, with the hash of each."""
    if not lake.catalog.exists():
        return {}
    shutil.copyfile(lake.catalog, temporary)
    carried = _parts(temporary)
    if not carried:
        temporary.unlink()
    return carried


def _parts(catalog: Path) -> _Parts:
    """The partitions that a catalog of this version holds; none of one that nobody can read, which is made anew."""
    try:
        with duckdb.connect(str(catalog)) as connection:
            [(found,)] = connection.execute("SELECT russell_pipeline_version FROM lake_info").fetchall()
            rows = connection.execute("SELECT table_name, key, sha256 FROM lake_parts").fetchall()
    except (duckdb.Error, ValueError):
        return {}
    return {(table, key): sha256 for table, key, sha256 in rows} if found == __version__ else {}


def _update(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table, carried: _Parts) -> None:
    """Bring a table by month up to date, month by month."""
    there = {key: sha256 for (name, key), sha256 in carried.items() if name == table.name}
    now = {key: file_sha256(lake.path(table.name, key)) for key in lake.keys(table.name)}
    if not there or _columns(connection, table) != table.empty.columns:
        there = {}
        _create(connection, table, table.empty)
        connection.execute("CREATE TABLE IF NOT EXISTS lake_parts (table_name VARCHAR, key VARCHAR, sha256 VARCHAR)")
    stale = sorted(key for key in {*there, *now} if there.get(key) != now.get(key))
    for keys in (stale[at : at + _AT_ONCE] for at in range(0, len(stale), _AT_ONCE)):
        connection.begin()
        for key in keys:
            connection.execute(f"DELETE FROM {table.name} WHERE {table.partition_by} = ?", [key])
            connection.execute("DELETE FROM lake_parts WHERE table_name = ? AND key = ?", [table.name, key])
        connection.register("incoming", lake.read(table.name, keys).to_arrow())
        connection.execute(f"INSERT INTO {table.name} SELECT * FROM incoming")
        connection.unregister("incoming")
        held = pl.DataFrame([(table.name, key, now[key]) for key in keys if key in now], schema=_PART, orient="row")
        connection.register("parts", held.to_arrow())
        connection.execute("INSERT INTO lake_parts SELECT * FROM parts")
        connection.unregister("parts")
        connection.commit()


def _columns(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    return [name for name, *_ in connection.execute(f"DESCRIBE {table.name}").fetchall()]


def catalog_is_current(lake: Lake) -> bool:
    """Whether the catalog holds exactly what tables/ holds now."""
    if not lake.catalog.exists():
        return False
    try:
        with duckdb.connect(str(lake.catalog), read_only=True) as connection:
            found = connection.execute("SELECT russell_pipeline_version, tables_sha256 FROM lake_info").fetchone()
    except duckdb.Error:
        return False
    return found == (__version__, lake.fingerprint())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
