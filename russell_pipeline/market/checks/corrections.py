"""Which published values a new version of a partition changes, withdraws or restores, and the day this became known."""

from __future__ import annotations

from datetime import date

import polars as pl

from russell_pipeline.market.files.model import Kind

# The number that an index is computed from, where a kind has one.
_VALUE = {"closes": "close", "fx": "rate"}
_SYMBOL = {"fx": "currency", "symbol_changes": "old_symbol", "overrides": "key"}


def corrections(
    kind: Kind,
    before: pl.DataFrame,
    after: pl.DataFrame,
    known: pl.DataFrame,
    today: date,
    *,
    late: pl.Expr | None = None,
) -> pl.DataFrame:
    """The corrections between two versions of a partition of a table, as rows of `market_corrections`.

    A new value is a correction only where the corrections in `known` say that it had been withdrawn, or where `late` selects
    its row: levels that it may move were published without it. The last known correction of a key is not repeated. A value
    that only moves to another file or row has not changed.
    """
    withdrawn = _withdrawn(known, kind)
    if before.is_empty() and withdrawn.is_empty() and late is None:
        return known.clear()
    value_columns = list(kind.values)
    key = pl.concat_str([pl.lit(kind.name), *kind.keys[0]], separator=" ", ignore_nulls=True)
    same = identity(kind)
    removed, brought = (
        one.join(other, on=same, how="anti", nulls_equal=True) for one, other in ((before, after), (after, before))
    )
    came_late = pl.lit(value=False) if late is None else late
    old, new = (_in_words(kind, rows, key, value_columns, came_late) for rows in (removed, brought))
    # Several rows of one key are compared in order: the first with the first.
    more = new.join(old, on=["key", "place"], how="anti")
    again = (
        more.join(old, on="key", how="anti")
        .join(withdrawn, on="key", how="semi")
        .with_columns(late=pl.lit(value=False))
    )
    added = more.join(withdrawn, on="key", how="anti").filter("late")
    as_new = {name: f"{name}_new" for name in ("says", "file", "value", "row")}
    both = old.drop("late").join(new, on=["key", "place"], how="left", suffix="_new", maintain_order="left")
    rows = pl.concat(
        [both.with_columns(late=pl.lit(value=False)), *(one.rename(as_new) for one in (again, added))], how="diagonal"
    )
    repeated = _last(known, kind).select("key", says="former", says_new="new")
    return rows.join(repeated, on=repeated.columns, how="anti", nulls_equal=True).select(
        pl.int_range(known.height + 1, known.height + pl.len() + 1, dtype=pl.Int32).alias("ordinal"),
        pl.lit(kind.name).alias("kind"),
        "key",
        "day",
        "symbol",
        pl.col("says").alias("former"),
        pl.col("says_new").alias("new"),
        pl.col("value").alias("former_value"),
        pl.col("value_new").alias("new_value"),
        pl.col("file").alias("former_file"),
        pl.col("file_new").alias("new_file"),
        pl.lit(today).alias("known_on"),
        "late",
        pl.col("row").alias("former_row"),
        pl.col("row_new").alias("new_row"),
    )


def identity(kind: Kind) -> list[str]:
    """The columns of a table that say what a row says; the others say where it is from."""
    return [*kind.values, *kind.from_name]


def _in_words(kind: Kind, rows: pl.DataFrame, key: pl.Expr, value_columns: list[str], late: pl.Expr) -> pl.DataFrame:
    words = pl.concat_str(
        [pl.format("{} {}", pl.lit(name), name) for name in value_columns], separator=", ", ignore_nulls=True
    )
    return rows.select(
        key.alias("key"),
        (pl.col(kind.day) if kind.day else pl.lit(None, pl.Date)).alias("day"),
        pl.col(_SYMBOL.get(kind.name, "symbol")).alias("symbol"),
        words.alias("says"),
        (pl.col(_VALUE[kind.name]) if kind.name in _VALUE else pl.lit(None, pl.Float64)).alias("value"),
        "file",
        late.alias("late"),
        pl.struct(pl.all()).struct.json_encode().alias("row"),
    ).with_columns(place=pl.int_range(pl.len()).over("key"))


def _withdrawn(known: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    """The keys of a kind whose last correction withdrew them."""
    return _last(known, kind).filter(pl.col("new").is_null()).select("key")


def _last(known: pl.DataFrame, kind: Kind) -> pl.DataFrame:
    return known.filter(kind=kind.name).sort("ordinal").unique("key", keep="last")
