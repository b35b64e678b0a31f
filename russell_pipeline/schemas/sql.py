"""The types of columns in SQL, by those of polars in the Parquet files."""

from __future__ import annotations

import polars as pl

_SQL = {
    pl.String: "VARCHAR",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
}


def sql_type(dtype: pl.DataType) -> str:
    """The type of a column in SQL. Raises KeyError for a type that no table has."""
    match dtype:
        case pl.List(inner=inner):
            return f"{sql_type(inner)}[]"  # type: ignore[arg-type]
        case pl.Struct(fields=fields):
            return f"STRUCT({', '.join(f'{field.name} {sql_type(field.dtype)}' for field in fields)})"  # type: ignore[arg-type]
        case pl.Decimal(precision=precision, scale=scale):
            return f"DECIMAL({precision},{scale})"
    return _SQL[dtype.base_type()]
