"""The generated part of docs/tables.md: the data dictionary, from the declarations of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import dataframely as dy

from docs.generator.parts import Parts, table
from russell_pipeline.schemas.sql import sql_type
from russell_pipeline.schemas.table import Table


def parts(tables: Iterable[Table]) -> Parts:
    """`tables`: a list of all tables by group, then a section for each with its key, files and columns."""
    return {"tables": _dictionary(list(tables))}


def _dictionary(tables: list[Table]) -> Iterator[str]:
    yield from table(("group", "tables"), _groups(tables))
    for one in tables:
        yield from _section(one)


def _groups(tables: list[Table]) -> Iterator[tuple[str, str]]:
    for group in dict.fromkeys(one.group for one in tables):
        yield group, ", ".join(f"[`{one.name}`](#{one.name})" for one in tables if one.group == group)


def _section(one: Table) -> Iterator[str]:
    yield from ("", f"## `{one.name}`", "", one.description, "")
    key = ", ".join(f"`{column}`" for column in one.key) or "none, rows have no identity"
    files = f"one for each value of `{one.partition_by}`" if one.partition_by else "one"
    yield f"Group {one.group}. Key: {key}. Files: {files}. Order of rows: {', '.join(f'`{name}`' for name in one.sort_by)}."
    yield ""
    columns = [_column(name, column) for name, column in one.schema.columns().items()]
    columns += [
        (f"`{name}`", "VARCHAR", "", "", says)
        for name, says in one.descriptions.items()
        if name not in one.schema.columns()
    ]
    yield from table(("column", "type", "unit", "null", "what it is"), columns)


def _column(name: str, column: dy.Column) -> tuple[str, ...]:
    told = column.metadata or {}
    values, unit = told.get("values", ()), told.get("unit", "")
    says = (column.description or "") + (f": {', '.join(f'`{value}`' for value in values)}" if values else "")
    return f"`{name}`", sql_type(column.dtype), unit, "yes" if column.nullable else "", says
