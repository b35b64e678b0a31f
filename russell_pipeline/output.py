"""Rows on the terminal or in a file: a table for people, CSV, JSON or Parquet for programs."""

from __future__ import annotations

import csv
import io
import math
import re
import shutil
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from russell_pipeline.lake.query import Answer

if TYPE_CHECKING:
    import pyarrow as pa

# A terminal acts on these, so they must not reach it from a document.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# SQL types and their Arrow names.
_ARROW = {
    "VARCHAR": "string", "BOOLEAN": "bool", "INTEGER": "int32", "BIGINT": "int64", "DOUBLE": "double", "DATE": "date32",
    "TIMESTAMP": "timestamp[us]",
}  # fmt: skip

_GAP = 2  # between the columns of a table


def emit(answer: Answer, form: str, output: Path | None) -> None:
    """Write rows in a format to a file, or to standard output if `output` is None."""
    if form == "parquet":
        _parquet(answer, output)
        return
    text = {"table": table, "csv": as_csv, "json": as_json}[form](answer)
    if output:
        output.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)


def safe(value: Any) -> str:
    """A value as text that is safe on a terminal: empty for null, control characters replaced."""
    text = "" if value is None else str(value)
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text.replace("\t", "  "))


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


def as_csv(answer: Answer) -> str:
    """Rows as CSV with a header. Text that a spreadsheet would take for a formula gets a leading apostrophe."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return target.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    if isinstance(value, list | dict):
        import json

        return json.dumps(_finite(value), default=_plain, ensure_ascii=False)
    return value


def as_json(answer: Answer) -> str:
    """Rows as a JSON array of objects, dates in ISO form. NaN and infinities become null: JSON has no number for them."""
    import json

    columns = _distinct(answer.columns)
    rows = [dict(zip(columns, map(_finite, row), strict=True)) for row in answer.rows]
    return json.dumps(rows, default=_plain, ensure_ascii=False, indent=1) + "\n"


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


def _parquet(answer: Answer, output: Path | None) -> None:
    """Raises ValueError or OverflowError for values that have no place in Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = zip(*answer.rows, strict=True) if answer.rows else [()] * len(answer.columns)
    types = map(_arrow_type, answer.types or [""] * len(answer.columns))
    try:
        arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    except pa.ArrowTypeError as error:
        raise ValueError(str(error)) from None
    content = pa.table(arrays, _distinct(answer.columns))
    written = io.BytesIO()
    pq.write_table(content, written)  # given a path, it deletes the file there if it fails
    if output:
        output.write_bytes(written.getvalue())
    else:
        sys.stdout.buffer.write(written.getvalue())


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
