"""What the Dagster UI shows of a table: group, owner, columns, rows, a preview, and numbers plotted over time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from russell_pipeline import __version__
from russell_pipeline.display import safe
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.sql import sql_type
from russell_pipeline.schemas.table import Origin
from russell_pipeline.schemas.tables import CATALOG, GROUPS, TABLES

_PREVIEW_ROWS = 8
_CELL = 120  # most characters in a cell of the preview
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_SHOWN = 12
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {sign: f"&#{ord(sign)};" for sign in "|`[*_~\\:@"})

# What the tables of a group are made of or with, in the words of the UI's icons.
_KINDS = {"sources": "https", "documents": "pdf", "index": "numpy"}

# The column by whose values the rows of a table are counted.
_COUNTED_BY = {
    "sources": "state",
    "documents": "state",
    "membership_lists": "index_code",
    "membership_changes": "change",
    "calendar": "basis",
    "calendar_findings": "kind",
    "rename_candidates": "taken_as",
    "membership_findings": "severity",
    "landing_files": "state",
    "market_blocks": "blocks",
    "market_findings": "severity",
    "divisor_events": "event",
    "stale_prices": "reason",
    "index_runs": "state",
    "findings": "severity",
}
# The columns whose last value is plotted for each index.
_LAST = {
    "membership_states": ("members",),
    "index_levels": ("price_index", "divisor", "names"),
}


def table_schema(table: str) -> dg.TableSchema:
    """The declared columns of a table: types, constraints, and descriptions with what each column is made from."""
    declared, made_from = TABLES[table], TABLES[table].origins
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=sql_type(column.dtype),
                description=f"{column.description}{_unit(column)}{_from(made_from.get(name, ()))}",
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable,
                    unique=declared.key == (name,),
                    other=["key"] if name in declared.key else [],
                ),
            )
            for name, column in declared.schema.columns().items()
        ]
    )


def _unit(column: dy.Column) -> str:
    unit = (column.metadata or {}).get("unit")
    return f" ({unit})" if unit else ""


def _from(made_from: Sequence[Origin]) -> str:
    """What a column is made from, in Markdown: only the paid edition of Dagster draws column lineage."""
    columns: dict[str, list[str]] = {}
    for table, column in made_from:
        columns.setdefault(table, []).append(column)
    words = "; ".join(f"`{table}`: {', '.join(names)}" for table, names in columns.items())
    return f". From {words}" if words else ""


def column_lineage(table: str) -> dg.TableColumnLineage:
    """What the columns of a table are made from, in Dagster's form."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(one.table, one.column) for one in made_from]
            for column, made_from in TABLES[table].origins.items()
        }
    )


def part_metadata(lake: Lake, table: str, key: str) -> dict[str, Any]:
    """Metadata of the materialization of one partition."""
    rows = lake.read(table, [key])
    return _metadata(lake, table, rows, lake.count(table)) | {"dagster/partition_row_count": rows.height}


def table_metadata(lake: Lake, table: str, keys: Sequence[str]) -> dict[str, Any]:
    """Metadata of the materialization of a table of which these parts were made."""
    if table == CATALOG:
        rows = {name: lake.count(name) for name in TABLES}
        return {
            "dagster/row_count": sum(rows.values()),
            "dagster/uri": lake.catalog.resolve().as_uri(),
            "rows": dg.MetadataValue.json(rows),
        }
    if TABLES[table].partition_by is None:
        return _metadata(lake, table, lake.read(table))
    # Decades of prices do not fit into memory, so only the first month is shown.
    shown = list(keys[:1]) if TABLES[table].partition_by == "month" else None
    made_now = {"made_now": dg.MetadataValue.json(list(keys))}
    return _metadata(lake, table, lake.read(table, shown), lake.count(table)) | made_now


def _metadata(lake: Lake, table: str, rows: pl.DataFrame, whole: int | None = None) -> dict[str, Any]:
    """What is shown of rows of a table; `whole` is the number of all its rows, if they are not all."""
    metadata: dict[str, Any] = {
        "dagster/row_count": rows.height if whole is None else whole,
        "dagster/uri": (lake.tables / table).resolve().as_uri(),
        "preview": dg.MetadataValue.md(_markdown(rows.head(_PREVIEW_ROWS))),
        **_numbers(table, rows),
    }
    if "document_id" in rows.columns:
        sources = lake.read("documents", rows["document_id"].drop_nulls().unique())["file_name"]
        metadata["documents"] = dg.MetadataValue.json(sorted(sources.unique()))
    return metadata


def _numbers(table: str, rows: pl.DataFrame) -> dict[str, int | float]:
    """The numbers that Dagster plots over time and over partitions: rows by kind, and the last figures of each index."""
    numbers: dict[str, int | float] = {}
    if by := _COUNTED_BY.get(table):
        values = (TABLES[table].schema.columns()[by].metadata or {}).get("values", ())
        numbers |= dict.fromkeys(map(str, values), 0)
        numbers |= rows[by].drop_nulls().value_counts().sort(by).iter_rows()
    if last := _LAST.get(table):
        for code, *figures in (
            rows.group_by("index_code", maintain_order=True).last().select("index_code", *last).iter_rows()
        ):
            numbers |= {f"{code} {column}": figure for column, figure in zip(last, figures, strict=True)}
    return numbers


def _markdown(rows: pl.DataFrame) -> str:
    """A frame as a Markdown table. Text from documents cannot break out of its cell."""
    simple = [name for name, dtype in rows.schema.items() if not dtype.is_nested()]
    lines = ["| " + " | ".join(simple) + " |", "|" + " --- |" * len(simple)]
    for row in rows.select(simple).iter_rows():
        lines.append("| " + " | ".join(_short(cell).translate(_ENTITIES) for cell in row) + " |")
    return "\n".join(lines)


def _short(cell: object) -> str:
    """A cell cut for the preview; of a hash, the first digits."""
    text = safe(cell)
    return text[: _HASH_SHOWN if _HASH.fullmatch(text) else _CELL]


def _group_args(group: str) -> dict[str, Any]:
    """What every asset takes from its group. Dagster sorts groups by name, so the name begins with the place in the flow."""
    return {"group_name": f"{list(GROUPS).index(group) + 1}_{group}", "owners": [f"team:{GROUPS[group]}"]}


def code_version(table: str) -> str:
    """What changes whenever a table, or the catalog, would be made otherwise of the same inputs."""
    return __version__ if table == CATALOG else TABLES[table].code_version


def table_spec(table: str, partitions: dg.PartitionsDefinition | None) -> dg.AssetSpec:
    """The asset of a table, from its declaration."""
    declared = TABLES[table]
    return dg.AssetSpec(
        table,
        deps=list(declared.upstream),
        code_version=code_version(table),
        description=declared.description,
        partitions_def=partitions,
        kinds={"parquet", _KINDS.get(declared.group, "polars")},
        metadata={
            "dagster/column_schema": table_schema(table),
            "dagster/column_lineage": column_lineage(table),
            "dagster/table_name": table,
        },
        skippable=True,
        **_group_args(declared.group),
    )


def catalog_spec() -> dg.AssetSpec:
    """The asset of the catalog, which has all tables."""
    return dg.AssetSpec(
        CATALOG,
        deps=list(TABLES),
        code_version=code_version(CATALOG),
        description="The DuckDB catalog russell.duckdb: every table under its own name, one state of the lake for every reader.",
        kinds={"duckdb"},
        skippable=True,
        **_group_args(CATALOG),
    )
