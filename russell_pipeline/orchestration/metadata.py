"""What an operator sees of a table in the Dagster UI: rows, columns, a preview, where it lies and what it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES

_PREVIEW_ROWS = 8


def table_schema(table: str) -> dg.TableSchema:
    """The declared columns of a table, with types, descriptions and constraints."""
    declared = TABLES[table]
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, unique=column.primary_key and len(declared.schema.primary_key()) == 1
                ),
            )
            for name, column in declared.schema.columns().items()
        ]
    )


def table_metadata(lake: Lake, table: str, rows: pl.DataFrame) -> Mapping[str, Any]:
    """Metadata of a materialization that published `rows`."""
    metadata: dict[str, Any] = {
        "dagster/row_count": rows.height,
        "dagster/uri": (lake.tables / table).resolve().as_uri(),
        "preview": dg.MetadataValue.md(_markdown(rows.head(_PREVIEW_ROWS))),
    }
    if "document_id" in rows.columns:
        sources = lake.read("documents", rows["document_id"].drop_nulls().unique())["file_name"]
        metadata["documents"] = dg.MetadataValue.json(sorted(sources.unique()))
    return metadata


def _markdown(rows: pl.DataFrame) -> str:
    """A frame as a Markdown table; what came out of documents cannot break out of its cell."""
    simple = [name for name, dtype in rows.schema.items() if not dtype.is_nested()]
    lines = ["| " + " | ".join(simple) + " |", "|" + " --- |" * len(simple)]
    for row in rows.select(simple).iter_rows():
        cells = ("" if cell is None else str(cell)[:60] for cell in row)
        lines.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    return "\n".join(lines)


def _escaped(cell: str) -> str:
    for character, entity in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("|", "&#124;"),
        ("`", "&#96;"),
        ("[", "&#91;"),
    ):
        cell = cell.replace(character, entity)
    return cell


def asset_args(table: str, kinds: set[str]) -> dict[str, Any]:
    """What every asset takes from the declaration of the table that it makes: group, description, columns, kinds."""
    declared = TABLES[table]
    return {
        "group_name": declared.group,
        "description": declared.description,
        "kinds": kinds,
        "metadata": {"dagster/column_schema": table_schema(table), "dagster/table_name": table},
    }
