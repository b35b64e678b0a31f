"""Rows on the terminal or in a file: a table for people, CSV, JSON or Parquet for programs."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import shutil
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from russell_pipeline.display import safe, safe_json, safe_lines
from russell_pipeline.queries.catalog import Answer

if TYPE_CHECKING:
    import pyarrow as pa

    from russell_pipeline.queries.statements import Rows

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# SQL types and their Arrow names.
_ARROW = {
    "VARCHAR": "string", "BOOLEAN": "bool", "INTEGER": "int32", "BIGINT": "int64", "DOUBLE": "double", "DATE": "date32",
    "TIMESTAMP": "timestamp[us]",
}  # fmt: skip

_GAP = 2  # between the columns of a table
_MOST_IN_A_TABLE = 100_000
_ROWS_AT_ONCE = 50_000


def emit(answer: Answer | Rows, form: str, output: Path | None) -> None:
    """Write rows in a format to a file, or to standard output if `output` is None; rows that come one by one go as they come.

    A file appears under its name when it is whole. Raises ValueError or OverflowError for rows that the format cannot hold.
    """
    write: Callable[[Answer | Rows, IO[bytes]], None] = {
        "table": _table, "csv": _csv, "json": _json, "parquet": _parquet,
    }[form]  # fmt: skip
    if output is None:
        sys.stdout.flush()
        write(answer, sys.stdout.buffer)
    elif output.is_file() or not os.path.lexists(output):
        beside = output.with_name(f".{output.name}.{uuid.uuid4().hex}.tmp")
        try:
            with beside.open("wb") as file:
                write(answer, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(output.resolve())
        finally:
            beside.unlink(missing_ok=True)
    else:  # a device or a pipe
        with output.open("wb") as file:
            write(answer, file)


def _table(answer: Answer | Rows, file: IO[bytes]) -> None:
    rows = list(islice(answer.rows, _MOST_IN_A_TABLE + 1))
    if len(rows) > _MOST_IN_A_TABLE:
        raise ValueError(
            f"a table has at most {_MOST_IN_A_TABLE:,} rows; --format csv, json and parquet take any number"
        )
    file.write(table(Answer(answer.columns, rows)).encode())


def table(answer: Answer) -> str:
    """Rows as a table that fits the terminal, numbers right-aligned."""
    import tabulate

    tabulate.MIN_PADDING = 0  # do not pad heads
    columns = [safe(column) for column in answer.columns]
    rows = [[safe(f"{value:z.10g}" if isinstance(value, float) else value) for value in row] for row in answer.rows]
    if not rows:
        return "  ".join(columns) + "\n"
    widths = _fitting(columns, rows)
    shown: str = tabulate.tabulate(
        rows,
        columns,
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if _are_numbers(values) else "left" for values in zip(*answer.rows, strict=True)],
        maxcolwidths=widths,
        maxheadercolwidths=widths,
    )
    return shown + "\n"


def _are_numbers(values: Sequence[Any]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in there
    )


def _fitting(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int | None] | None:
    """The most each column may take: the widest shrink until the table fits the terminal. None for a pipe, which has room."""
    if not sys.stdout.isatty():
        return None
    widths = [max(map(len, values)) for values in zip(columns, *rows, strict=True)]
    room = shutil.get_terminal_size().columns - _GAP * (len(widths) - 1)
    widest = max(widths)
    while widest > 1 and sum(min(width, widest) for width in widths) > room:
        widest -= 1
    return [widest if width > widest else None for width in widths]


def _csv(answer: Answer | Rows, file: IO[bytes]) -> None:
    """Rows as CSV with a header. Text that a spreadsheet would take for a formula gets a leading apostrophe."""
    with _text(file) as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(map(_cell, answer.columns))
        writer.writerows(map(_cell, row) for row in answer.rows)


@contextmanager
def _text(file: IO[bytes]) -> Iterator[IO[str]]:
    """A file of bytes as one of text; the file itself stays open."""
    target = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        yield target
        target.flush()
    finally:
        with suppress(OSError, ValueError):
            target.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        text = safe_lines(value)
        return "'" + text if text.startswith(_FORMULA) else text
    if isinstance(value, list | dict):
        import json

        return safe_json(json.dumps(_finite(value), default=_plain, ensure_ascii=False))
    return value


def _json(answer: Answer | Rows, file: IO[bytes]) -> None:
    """Rows as a JSON array of objects, dates in ISO form. NaN and infinities become null: JSON has no number for them."""
    import json

    columns, between = _distinct(answer.columns), "["
    with _text(file) as target:
        for row in answer.rows:
            one = dict(zip(columns, map(_finite, row), strict=True))
            text = safe_json(json.dumps(one, default=_plain, ensure_ascii=False, indent=1))
            target.write(between + textwrap.indent("\n" + text, " "))
            between = ","
        target.write("[]\n" if between == "[" else "\n]\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        # Keys of a MAP may be days.
        return {key if isinstance(key, int | str) else _plain(key): _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


def _distinct(columns: Sequence[str]) -> list[str]:
    """The column names made unique: a second `a` becomes `a_2`."""
    found: list[str] = []
    for column in columns:
        spellings = (column, *(f"{column}_{number}" for number in range(2, len(columns) + 2)))
        found.append(next(name for name in spellings if name not in found and (name == column or name not in columns)))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _parquet(answer: Answer | Rows, file: IO[bytes]) -> None:
    """Raises ValueError or OverflowError for values that have no place in Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = [_arrow_type(type_) for type_ in answer.types or [""] * len(answer.columns)]
    names, rows = _distinct(answer.columns), iter(answer.rows)
    # Types that no table has are taken from the values, all of them.
    at_once = None if None in types else _ROWS_AT_ONCE
    writer: pq.ParquetWriter | None = None
    while (batch := list(islice(rows, at_once))) or writer is None:
        columns = zip(*batch, strict=True) if batch else [()] * len(names)
        try:
            arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
        except pa.ArrowTypeError as error:
            raise ValueError(str(error)) from None
        content = pa.table(arrays, names)
        writer = writer or pq.ParquetWriter(file, content.schema)
        writer.write_table(content)
    writer.close()


def _arrow_type(sql: str) -> pa.DataType | None:
    """The Arrow type of an SQL type; None, so that Arrow infers it from the values, for types that no table has."""
    import pyarrow as pa

    if sql.endswith("[]"):
        of = _arrow_type(sql.removesuffix("[]"))
        return of and pa.list_(of)
    if digits := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", sql):
        return pa.decimal128(*map(int, digits.groups()))
    return pa.type_for_alias(_ARROW[sql]) if sql in _ARROW else None


def lines(*parts: Sequence[str] | str) -> None:
    """Print words for people on standard error."""
    for part in parts:
        print(safe(part) if isinstance(part, str) else "  ".join(safe(word) for word in part), file=sys.stderr)
