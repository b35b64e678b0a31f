"""Names that tables and columns had in earlier releases: what a lake has under them is found, and folders are renamed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import polars as pl

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)

# By the former name, the present one.
TABLES = {"index_kept": "uncorrected_levels", "index_carried": "stale_prices"}
# By table.
COLUMNS = {"components": {"held": "effective_review"}}
_FORMER = {present: former for former, present in TABLES.items()}
_ASIDE = ".renamed"


def former_name(table: str) -> str | None:
    """The name that a table had in earlier releases; None if it had no other."""
    return _FORMER.get(table)


def folder(tables: Path, table: str) -> Path:
    """The folder of a table among those in `tables`: the one under its former name until it is renamed."""
    present, former = tables / table, _FORMER.get(table)
    if former is None or present.exists() or not (tables / former).exists():
        return present
    return tables / former


def table_of(folder_name: str) -> str:
    """The table whose folder has this name, or had it in an earlier release."""
    return TABLES.get(folder_name, folder_name)


def former_columns(table: str, schema: Mapping[str, pl.DataType]) -> dict[str, pl.DataType]:
    """The columns that earlier releases wrote under other names, with the types that `schema` has for the present names."""
    return {former: schema[present] for former, present in COLUMNS.get(table, {}).items()}


def in_present_names(table: str, rows: Rows) -> Rows:
    """Rows of a table with its columns under their present names, whichever release wrote them.

    A column that is there under both names has the values of either; null is no value.
    """
    for former, present in COLUMNS.get(table, {}).items():
        names = rows.collect_schema().names()
        if former in names:
            either = [name for name in (present, former) if name in names]
            rows = rows.with_columns(pl.coalesce(either).alias(present)).drop(former)
    return rows


def rename_folders(root: Path) -> list[str]:
    """Give each folder in the tables of the lake at `root` its present name; returns a sentence for each that was there twice.

    A rename is whole or not done. A table is under both names only if an earlier release has run on the lake since: then the
    folder in which a file was written last is the table, because the levels rest on it, and the other is moved below
    `.renamed/`.
    """
    told, tables = [], root / "tables"
    for former, present in TABLES.items():
        old, new = tables / former, tables / present
        if not old.is_dir():
            continue
        if new.exists():
            other = new if _last_written(old) > _last_written(new) else old
            aside = root / _ASIDE / other.name
            shutil.rmtree(aside, ignore_errors=True)
            aside.parent.mkdir(exist_ok=True)
            other.rename(aside)
            told.append(
                f"tables/{former} and tables/{present} are one table, and an earlier release has run since it was renamed: "
                f"what was written last counts, {other.relative_to(root)} is in {aside.relative_to(root)}"
            )
        if old.is_dir():
            old.rename(new)
    return told


def _last_written(folder: Path) -> int:
    return max((file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()), default=0)
