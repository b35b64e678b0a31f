"""What the Dagster UI shows of a table: group, owner, columns, rows, a preview, and numbers plotted over time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl

from russell_pipeline.display import safe
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.sql import sql_type
from russell_pipeline.schemas.table import Origin
from russell_pipeline.schemas.tables import GROUPS, TABLES

_PREVIEW_ROWS = 8
_CELL = 120  # most characters in a cell of the preview
_HASH = re.compile(r"[0-9a-f]{64}")
_HASH_SHOWN = 12
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {sign: f"&#{ord(sign)};" for sign in "|`[*_~\\:@"})

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
    "index_carried": "reason",
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


def table_metadata(lake: Lake, table: str, rows: pl.DataFrame, whole: int | None = None) -> Mapping[str, Any]:
    """Metadata of a materialization that published `rows`. For a partition, `whole` is the number of rows of the table."""
    metadata: dict[str, Any] = {
        "dagster/row_count": rows.height if whole is None else whole,
        "dagster/uri": (lake.tables / table).resolve().as_uri(),
        "preview": dg.MetadataValue.md(_markdown(rows.head(_PREVIEW_ROWS))),
        **_numbers(table, rows),
    }
    if whole is not None:
        metadata["dagster/partition_row_count"] = rows.height
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


def group_args(group: str) -> dict[str, Any]:
    """What every asset takes from its group. Dagster sorts groups by name, so the name begins with the place in the flow."""
    return {"group_name": f"{list(GROUPS).index(group) + 1}_{group}", "owners": [f"team:{GROUPS[group]}"]}


def asset_args(table: str, kinds: set[str]) -> dict[str, Any]:
    """What every asset takes from the declaration of its table."""
    declared = TABLES[table]
    return {
        **group_args(declared.group),
        "deps": list(declared.upstream),
        "code_version": declared.code_version,
        "description": declared.description,
        "kinds": kinds,
        "metadata": {
            "dagster/column_schema": table_schema(table),
            "dagster/column_lineage": column_lineage(table),
            "dagster/table_name": table,
        },
    }
