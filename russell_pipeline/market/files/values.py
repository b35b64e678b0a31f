"""Parses cells by the type of their column: numbers, days and flags. A cell that cannot be parsed is null and breaks a rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dataframely as dy
import polars as pl

_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def value(name: str, column: Any, dtype: pl.DataType) -> pl.Expr:
    """The values of a column, null where they cannot be read. Numbers are correctly rounded.

    `dtype` is the type in which the file has the column: text, or already numbers or days.
    """
    text = pl.col(name).cast(pl.String)
    if isinstance(column, dy.Float64 | dy.Int32):
        number = (
            pl.col(name) if dtype == pl.Float64 else pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64)
        )
        if isinstance(column, dy.Int32):
            return pl.when(number == number.round()).then(number).cast(pl.Int32, strict=False).alias(name)
        return pl.when(number.is_finite()).then(number).alias(name)
    if isinstance(column, dy.Date):
        if dtype == pl.Date:
            return pl.col(name)
        return pl.when(text.str.contains(_DAY)).then(text.str.to_date("%Y-%m-%d", strict=False)).alias(name)
    if isinstance(column, dy.Bool):
        return text.str.to_lowercase().replace_strict({"true": True, "false": False}, default=None).alias(name)
    return text


def unreadable(name: str, column: Any) -> Iterable[tuple[str, pl.Expr]]:
    """The rules that a cell without a readable value breaks, each with its condition on the text of the cell."""
    number = pl.col(name).cast(pl.String).str.contains(_NUMBER)
    if isinstance(column, dy.Float64):
        return ("number", ~number), ("finite", number)
    if isinstance(column, dy.Int32):
        return (("whole", pl.lit(True)),)
    if isinstance(column, dy.Date):
        return (("day", pl.lit(True)),)
    if isinstance(column, dy.Bool):
        return (("flag", pl.lit(True)),)
    return ()
