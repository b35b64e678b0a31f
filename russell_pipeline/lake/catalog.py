"""The DuckDB catalog: every table under its own name with its descriptions, built aside and put in place whole."""

from __future__ import annotations

import duckdb

from russell_pipeline import __version__
from russell_pipeline.lake.store import Lake, publish
from russell_pipeline.lake.tables import TABLES


def build_catalog(lake: Lake) -> dict[str, int]:
    """Rebuild russell.duckdb from tables/ and return the number of rows of each table.

    The data is copied in, not viewed, so that a reader who holds the catalog open has one state of the lake all night.
    """
    counts: dict[str, int] = {}

    def write(temporary: object) -> None:
        with duckdb.connect(str(temporary)) as connection:
            for table in TABLES.values():
                rows = lake.read(table.name)
                counts[table.name] = rows.height
                connection.register("incoming", rows.to_arrow())
                connection.execute(f"CREATE TABLE {table.name} AS SELECT * FROM incoming")
                connection.unregister("incoming")
                connection.execute(f"COMMENT ON TABLE {table.name} IS {_quoted(table.description)}")
                for column, description in table.descriptions.items():
                    connection.execute(f"COMMENT ON COLUMN {table.name}.{column} IS {_quoted(description)}")
            connection.execute(
                "CREATE TABLE lake_info AS SELECT ? AS russell_pipeline_version, ? AS tables_sha256",
                [__version__, lake.fingerprint()],
            )

    publish(lake.catalog, write)
    return counts


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
