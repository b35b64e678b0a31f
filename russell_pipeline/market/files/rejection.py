"""Puts broken rules into words: file, row, reason, and what cannot be trusted without the row."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from russell_pipeline.market.files.columns import must
from russell_pipeline.market.files.model import Blocks, Kind, Rejected
from russell_pipeline.market.files.values import value

_SHOWN = 80  # characters of a value
_OF_A_DAY = (Blocks.SYMBOL_AND_DAY, Blocks.CURRENCY_AND_DAY)
NONE = Rejected.create_empty()


def rejected(kind: Kind, file: str, rule: str, broken: pl.DataFrame) -> pl.DataFrame:
    """The rows that break a rule, as rows of `Rejected`.

    `broken` has the rows as CsvText and ParquetText give them. `rule` is `column|rule` for one column, else the name of a rule of
    the kind's schema, or one of the faults `fields` and `quotes`.
    """
    broken = broken.with_columns(pl.col(kind.columns).cast(pl.String))
    column, _, part = rule.rpartition("|")
    if column:
        shown = printable(pl.col(column))
        words = must(kind.schema.columns()[column], part)
        reason = pl.format("{} {}", pl.lit(column), pl.lit(words))
        if part != "nullability":
            reason = pl.format("{} '{}' {}", pl.lit(column), shown, pl.lit(words))
    elif rule in ("fields", "quotes"):
        shown, reason = printable(pl.col("line")), pl.col("says")
    else:
        cells = pl.concat_str(
            [pl.format("{} {}", pl.lit(name), pl.col(name)) for name in kind.columns], separator=", ", ignore_nulls=True
        )
        shown = printable(cells, 2 * _SHOWN)
        sentence = kind.sentences.get(rule, pl.lit(_sentence(kind, rule)))
        reason = pl.format("{} (it has {})", sentence, shown)
    return broken.select(
        pl.lit(file).alias("file"),
        "row",
        pl.lit(rule).alias("rule"),
        shown.alias("value"),
        pl.format("{}, row {}: {}", pl.lit(file), pl.col("row"), reason).alias("sentence"),
        *_blocked(kind),
    )


def refusal(kind: Kind, file: str, reason: str) -> pl.DataFrame:
    """A file that is refused as a whole, as the one row of what is set aside (columns of `NONE`).

    `reason` follows the name of the file in the sentence: `is empty`.
    """
    return pl.DataFrame(
        {
            "file": [file],
            "row": [None],
            "rule": ["file"],
            "value": [None],
            "sentence": [f"{file} {reason}"],
            "blocks": [kind.unnamed.value],
            "subjects": [[]],
            "day": [None],
        },
        schema=NONE.schema,
    )


def in_order(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Rows of `Rejected` in the order of the file."""
    return pl.concat([NONE, *parts]).sort("row", nulls_last=False, maintain_order=True)


def printable(text: pl.Expr, length: int = _SHOWN) -> pl.Expr:
    """A text fit to be shown: its first `length` characters, without those that control a terminal; null stays null."""
    return text.str.slice(0, length).str.replace_all(r"\p{C}", "\ufffd")


def _sentence(kind: Kind, rule: str) -> str:
    """The sentence of a rule over several columns: its docstring."""
    return str(getattr(kind.schema, rule).validation_fn.__doc__).strip().removesuffix(".")


def _blocked(kind: Kind) -> tuple[pl.Expr, ...]:
    """What a row that is set aside blocks: the columns `blocks`, `subjects` and `day`.

    A subject is taken as printed but in capitals, so that `aapl` blocks AAPL. In a row that does not fit the header, a cell
    counts as a subject only if it looks like one.
    """
    columns = kind.schema.columns()
    subjects = [
        pl.when(pl.col("fault").is_null() | pl.col(name).str.contains(columns[name].regex)).then(  # type: ignore[attr-defined]
            printable(pl.col(name)).str.to_uppercase()
        )
        for name in kind.subjects
    ]
    day = value(kind.day, columns[kind.day], pl.String()) if kind.day else pl.lit(None, pl.Date)
    named = pl.all_horizontal(pl.lit(True), *(subject.is_not_null() for subject in subjects))
    if kind.blocks in _OF_A_DAY:
        named &= day.is_not_null()
    if not kind.subjects:
        named = pl.lit(True)
    names = pl.concat_list(subjects) if subjects else pl.lit([], pl.List(pl.String))
    return (
        pl.when(named).then(pl.lit(kind.blocks.value)).otherwise(pl.lit(kind.unnamed.value)).alias("blocks"),
        pl.when(named).then(names).otherwise(pl.lit([], pl.List(pl.String))).alias("subjects"),
        day.alias("day"),
    )
