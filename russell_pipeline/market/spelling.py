"""Symbols of one table as another one spells them: holdings have BRKB, prices BRK-B, actions BRK.B."""

from __future__ import annotations

import polars as pl

from russell_pipeline.membership.symbols import SEPARATORS


def spelled_as(known: pl.Series, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The rows with the symbols of some columns as they are among those that are known.

    A symbol that is known by its letters is itself; another one is the known one that is the same without what parts the class,
    if there is just one: two that stand side by side (BFA, BF.A) are two securities.

    >>> spelled_as(pl.Series(["BRK-B", "AA"]), pl.DataFrame({"symbol": ["BRKB", "AA", "X"]}), "symbol")["symbol"].to_list()
    ['BRK-B', 'AA', 'X']
    """
    for column in columns:
        others = rows[column].drop_nulls().unique()
        others = others.filter(~others.is_in(known.implode()))
        if others.is_empty():
            continue
        same = _by_key(known.unique()).group_by("key").agg(pl.col("symbol"))
        one = same.filter(pl.col("symbol").list.len() == 1).explode("symbol")
        spelled = _by_key(others).join(one, on="key", suffix="_known").select("symbol", "symbol_known")
        rows = rows.with_columns(pl.col(column).replace(dict(spelled.iter_rows())))
    return rows


def side_by_side(quoted: pl.DataFrame) -> frozenset[str]:
    """The keys of symbols that have closes in two spellings on one day: they are two securities.

    >>> side_by_side(pl.DataFrame({"date": "2025-06-02", "symbol": ["BFA", "BF.A", "BRK.B"]}))
    frozenset({'BFA'})
    """
    several = _by_key(quoted["symbol"].unique()).filter(pl.col("key").is_duplicated())
    if several.is_empty():
        return frozenset()
    spellings = quoted.join(several, on="symbol").group_by("date", "key").agg(pl.col("symbol").n_unique())
    return frozenset(spellings.filter(pl.col("symbol") > 1)["key"])


def _by_key(symbols: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"symbol": symbols, "key": symbols.str.replace_all(SEPARATORS, "")})
