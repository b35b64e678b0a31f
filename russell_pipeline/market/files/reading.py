"""Reads one supplied file into validated rows, each with its place. Rows that break a rule are set aside with the reason."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.findings import Finding
from russell_pipeline.market.files.csv_text import CsvText
from russell_pipeline.market.files.identifiers import checked
from russell_pipeline.market.files.model import AREA, Kind, Limits, Supplied
from russell_pipeline.market.files.parquet_text import ParquetText
from russell_pipeline.market.files.rejection import in_order, refusal, rejected
from russell_pipeline.market.files.values import unreadable, value

LIMITS = Limits()
_SHOWN = 10  # names of columns in a sentence
SIMULATED = "simulated"  # an extra column that says, unless it is empty or false, that a file is of no real market


def read_file(kind: Kind, path: Path, name: str | None = None, limits: Limits = LIMITS) -> Supplied:
    """Read a CSV or Parquet file of a kind, with the columns that docs/market.md lists.

    `name` is what rows, sentences and overrides call the file, by default its own name; whether it is a name of the kind
    (`Kind.misnamed`) is not asked. Absent optional columns and their empty cells get the default. Numbers are read correctly
    rounded. A row that breaks a rule is set aside. A file that cannot be read, lacks a column, has one twice or exceeds the
    limits is refused as a whole. Nothing in a file raises an exception.
    """
    file = name or path.name
    try:
        return _read(kind, path, file, limits)
    except Refusal as refused:
        reason = str(refused)
    except OSError as error:
        reason = f"cannot be opened: {error.strerror or error}"
    except MemoryError:
        reason = "needs more memory to read than there is: split it by year"
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 - one file must not stop the others
        reason = f"cannot be read for a fault of the reader, {fault(error)}; please report it"
    return unread(kind, file, reason)


def unread(kind: Kind, file: str, reason: str) -> Supplied:
    """A file of which nothing is taken, for a reason that follows its name."""
    return Supplied(kind, file, kind.schema.create_empty(), refusal(kind, file, reason))


def fault(error: BaseException) -> str:
    """Where an unforeseen error arose, and of which kind it is."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"


def _read(kind: Kind, path: Path, file: str, limits: Limits) -> Supplied:
    size = path.stat().st_size
    if not size:
        raise Refusal("is empty")
    if size > limits.file_bytes:
        raise Refusal(f"has {size:,} bytes, more than {limits.file_bytes:,}: split it by year")
    source = ParquetText(path, limits) if path.suffix.lower() == ".parquet" else CsvText(path, limits)
    present = _columns_present(kind, source.header)
    flag = [SIMULATED] if SIMULATED in source.header else []
    notes = list(_notes(kind, file, source))

    good: list[pl.DataFrame] = [kind.schema.create_empty()]
    bad: list[pl.DataFrame] = []
    count = broken = 0
    simulated = False
    for batch in source.batches([*present, *flag]):
        simulated |= bool(flag and (batch[SIMULATED].drop_nulls().cast(pl.String).str.to_lowercase() != "false").any())
        rows, aside = validated(kind, batch, file)
        count, broken = count + batch.height, broken + aside["row"].n_unique()
        if count > limits.rows:
            raise Refusal(f"has more than {limits.rows:,} rows: split it by year")
        good.append(rows)
        bad.append(aside)
        if broken > limits.rejected:
            first = in_order(bad)["sentence"][0]
            raise Refusal(f"has more than {limits.rejected:,} rows that break a rule, the first of them: {first}")
    if not count:
        if kind.whole:
            raise Refusal("has a header but no rows")
        notes.append(Finding(AREA, "info", file, f"{file} has a header but no rows"))
    rows, doubts = checked(kind, pl.concat(good), file)
    return Supplied(kind, file, rows, in_order(bad), (*notes, *doubts), simulated, tuple(present))


def _columns_present(kind: Kind, header: Sequence[str]) -> list[str]:
    """The columns of the kind that the header has. Raises Refusal if it lacks a required one or has one twice."""
    missing = [column for column in kind.required if column not in header]
    if kind.one_of and not missing and not {*kind.one_of} & {*header}:
        raise Refusal(f"has neither the column {' nor '.join(kind.one_of)}; its header has {_list(header)}")
    if missing:
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            raise Refusal("has no commas in its header: the columns must be parted by commas")
        raise Refusal(f"lacks the {_named(missing)}; its header has {_list(header)}")
    twice = [column for column in (*kind.columns, SIMULATED) if header.count(column) > 1]
    if twice:
        raise Refusal(f"has the {_named(twice)} more than once")
    return [column for column in kind.columns if column in header]


def _notes(kind: Kind, file: str, source: CsvText | ParquetText) -> Iterator[Finding]:
    extra = [column for column in source.header if column not in (*kind.columns, SIMULATED)]
    if extra:
        yield Finding(AREA, "info", file, f"{file}: ignored the {_named(extra)}, which {kind.name} do not have", line=1)
    if isinstance(source, CsvText) and source.encoding != "utf-8-sig":
        yield Finding(AREA, "info", file, f"{file} is not UTF-8 text; it was read as {source.encoding}")


def validated(kind: Kind, batch: pl.DataFrame, file: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The good rows of a batch, and those set aside (columns of `Rejected`).

    `batch` has `row`, `line`, `fault` and `says`, as CsvText gives them, and some of the kind's columns, as text or as numbers
    and days.
    """
    columns = {name: kind.schema.columns()[name] for name in kind.columns}
    batch = batch.with_columns(pl.lit(None, pl.String).alias(name) for name in columns if name not in batch.columns)
    ragged = batch.filter(pl.col("fault").is_not_null())
    fitting = batch if ragged.is_empty() else batch.filter(pl.col("fault").is_null())
    aside = [rejected(kind, file, str(rows["fault"][0]), rows) for rows in ragged.partition_by("fault")]

    typed = fitting.select(
        pl.lit(file).alias("file"),
        "row",
        *(_filled(name, column, fitting.schema[name]) for name, column in columns.items()),
    )
    unread: dict[str, pl.Series] = {}
    for name, column in columns.items():
        absent = 0 if _default(column) is not None else fitting[name].null_count()
        if typed[name].null_count() == absent:
            continue
        rows = fitting.filter(typed[name].is_null() & fitting[name].is_not_null())
        unread[name] = rows["row"]
        aside += [rejected(kind, file, f"{name}|{rule}", rows.filter(met)) for rule, met in unreadable(name, column)]
    unread_rows = pl.concat([fitting["row"].clear(), *unread.values()])

    if not aside and _holds(kind, typed):
        return typed, in_order(aside)
    good, failure = kind.schema.filter(typed)
    failed = failure.details()
    for rule in failure.counts():
        breaking = failed.filter(pl.col(rule) == "invalid")["row"]
        # A cell that could not be read is not missing, and does not break rules over several columns.
        excused = unread.get(rule.partition("|")[0], unread_rows)
        broken = fitting.filter(pl.col("row").is_in(breaking.implode()) & ~pl.col("row").is_in(excused.implode()))
        aside.append(rejected(kind, file, rule, broken))
    return good if unread_rows.is_empty() else good.filter(~pl.col("row").is_in(unread_rows.implode())), in_order(aside)


def _holds(kind: Kind, rows: pl.DataFrame) -> bool:
    """Whether no row breaks a rule, which is known in a quarter of the time that it takes to tell which do."""
    try:
        kind.schema.validate(rows.lazy()).collect()
    except pl.exceptions.PolarsError:
        return False
    return True


def _default(column: Any) -> object:
    """The value of cells that are empty or absent; None if they have none."""
    return (column.metadata or {}).get("default")


def _filled(name: str, column: Any, dtype: pl.DataType) -> pl.Expr:
    """The values of a column, with its default where the file has none."""
    default = _default(column)
    read = value(name, column, dtype)
    return (
        read if default is None else pl.when(pl.col(name).is_null()).then(pl.lit(default)).otherwise(read).alias(name)
    )


def _named(columns: Sequence[str]) -> str:
    return f"column{'s' if len(columns) > 1 else ''} {_list(columns)}"


def _list(columns: Sequence[str]) -> str:
    """Names of columns as the file has them, fit to be shown."""
    shown = [column[:40] if column.isprintable() else repr(column[:40]) for column in columns[:_SHOWN]]
    return ", ".join(name or "(one without a name)" for name in shown) + (", ..." if len(columns) > _SHOWN else "")
