"""Lakes as an earlier release wrote them: made from lakes of this one, by giving tables and columns their former names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from russell_pipeline.lake.checksums import UNSEALED, beside, checked, forget, noted, seal
from russell_pipeline.lake.former_names import COLUMNS, TABLES
from russell_pipeline.lake.store import Lake, publish
from russell_pipeline.schemas.tables import TABLES as DECLARED

_JSON = ("former_row", "new_row")
# What an earlier release says that a file was made from: nothing that this one would.
_INPUTS = {"russell_pipeline.inputs": "by an earlier release"}


def give_former_names(lake: Lake) -> None:
    """Turn a lake into one that an earlier release wrote: folders, columns of files, rows kept as JSON, and the catalog."""
    corrected = lake.read("market_corrections").with_columns(_in_former_words(name) for name in _JSON)
    lake.write("market_corrections", corrected)
    for table, names in COLUMNS.items():
        present = {new: old for old, new in names.items()}
        for key in lake.keys(table):
            rows = lake.read(table, [key]).drop(str(DECLARED[table].partition_by)).rename(present)
            publish(lake.path(table, key), partial(_write, rows))
    for former, present_name in TABLES.items():
        (lake.tables / present_name).rename(lake.tables / former)
    forget()
    _rename_in_catalog(lake, corrected)


def _in_former_words(name: str) -> pl.Expr:
    """Rows kept as JSON, with the former names of columns."""
    found = pl.col(name)
    for names in COLUMNS.values():
        for old, new in names.items():
            found = found.str.replace_all(f'"{new}":', f'"{old}":', literal=True)
    return found


def _write(rows: pl.DataFrame, place: Path) -> None:
    rows.write_parquet(place, compression="zstd", metadata={**_INPUTS, **UNSEALED})
    seal(place)


def _rename_in_catalog(lake: Lake, corrected: pl.DataFrame) -> None:
    files = [
        (file.relative_to(lake.tables).as_posix(), checked(file).sha256, lake.inputs(*lake.part(file)))
        for file in lake.files()
    ]
    with duckdb.connect(str(lake.catalog)) as catalog:
        for table, names in COLUMNS.items():
            for old, new in names.items():
                catalog.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
        for former, present in TABLES.items():
            catalog.execute(f"ALTER TABLE {present} RENAME TO {former}")
            catalog.execute("UPDATE lake_parts SET table_name = ? WHERE table_name = ?", [former, present])
        catalog.register("corrected", corrected.to_arrow())
        catalog.execute("DELETE FROM market_corrections; INSERT INTO market_corrections FROM corrected")
        catalog.unregister("corrected")
        catalog.execute("DELETE FROM lake_files")
        catalog.executemany("INSERT INTO lake_files VALUES (?, ?, ?)", files)
    beside(lake.catalog).write_text(noted(lake.catalog), "utf-8")
