"""A Parquet file as numbers, days and text, many rows at a time, under the same rules as a CSV file.

What a file would take is judged by its footer, before any of its rows is read: a few kilobytes can stand for gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.market.files.model import Limits

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 500_000  # rows
# Encodings of columns that Arrow can read with each text held once, however often it stands in the rows.
_ONCE = frozenset(("PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"))
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST, _LAST = date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH  # days from 1970
_A_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


class ParquetText:
    """A Parquet file: its column names and its rows. Raises Refusal if it is too large, or cannot be read as Parquet."""

    def __init__(self, path: Path, limits: Limits) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path, self._limits = path, limits
        footer = _footer(path)
        if footer > limits.footer:
            raise Refusal(f"has {footer:,} bytes that only describe its columns, more than {limits.footer:,}")
        try:
            self._file = pq.ParquetFile(path)
            self.header = list(self._file.schema_arrow.names)
        except (pa.ArrowException, OSError, ValueError):
            raise Refusal("is no Parquet file that can be read") from None
        if self._file.metadata.num_rows > limits.rows:
            raise Refusal(f"has {self._file.metadata.num_rows:,} rows, more than {limits.rows:,}: split it by year")
        limits.check_columns(self.header)

    def batches(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        """These columns of all rows, with the columns that CsvText adds; `row` counts from 2.

        Double precision numbers and days are passed on; anything else becomes text, other numbers with the fewest digits that
        give them back exactly.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = [name for name in columns if _is_readable(name, self._file.schema_arrow.field(name).type)]
        rows_at_once, once = self._reading_plan(texts)
        file = pq.ParquetFile(self._path, metadata=self._file.metadata, read_dictionary=once)
        row, text_bytes = 2, 0
        batches = file.iter_batches(batch_size=rows_at_once, columns=columns)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError, ValueError):
                raise Refusal(f"is a Parquet file that cannot be read after row {row - 1:,}") from None
            if batch is None:
                return
            arrays = []
            for name, values in zip(batch.schema.names, batch.columns, strict=True):
                _refuse_unreadable(name, values, row)
                text_bytes += _bytes_of_text(values)
                if text_bytes > self._limits.file_bytes:
                    raise Refusal(f"holds more than {self._limits.file_bytes:,} bytes of text: split it by year")
                arrays.append(values.dictionary_decode() if pa.types.is_dictionary(values.type) else values)
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_arrays(arrays, batch.schema.names)))
            yield frame.select(
                pl.int_range(row, row + frame.height).alias("row"),
                *(pl.lit(None, pl.String).alias(name) for name in ("line", "fault", "says")),
                *(_taken(name, dtype) for name, dtype in frame.schema.items()),
            )
            row += frame.height

    def _reading_plan(self, texts: list[str]) -> tuple[int, list[str]]:
        """How many rows may be read at once, and the columns of text that can be read with each text held once.

        Where texts are stored as what they add to those before, each may be as long as all that is stored together. Raises
        Refusal if a column of text is larger than a whole file may be.
        """
        metadata, rows, once = self._file.metadata, _BATCH, set(texts)
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                name = chunk.path_in_schema
                if name not in texts:
                    continue
                size = chunk.total_uncompressed_size - 8 * group.num_rows  # each text has its length beside it
                if size > self._limits.file_bytes:
                    raise Refusal(
                        f"holds in the column {name} more than {self._limits.file_bytes:,} bytes of text: split it by year"
                    )
                if not _ONCE.issuperset(chunk.encodings):
                    once.discard(name)
                    rows = min(rows, max(1, self._limits.file_bytes // 4 // max(chunk.total_uncompressed_size, 1)))
        return rows, sorted(once)


def _footer(path: Path) -> int:
    """The length of the footer, as a Parquet file states it at its end; 0 if the file is none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - 8, 0))
        length, magic = file.read(4), file.read(4)
    return stated if magic == b"PAR1" and (stated := int.from_bytes(length, "little")) < size else 0


def _is_readable(name: str, type_: pa.DataType) -> bool:
    """Whether a column is text; raises Refusal unless it is text, a number, a day or a time, which polars can take."""
    from pyarrow import types

    value_type = type_.value_type if types.is_dictionary(type_) else type_
    text = types.is_string(value_type) or types.is_large_string(value_type) or types.is_string_view(value_type)
    number = types.is_integer(value_type) or types.is_floating(value_type) or types.is_decimal128(value_type)
    if not (
        text
        or number
        or types.is_boolean(value_type)
        or types.is_date(value_type)
        or types.is_timestamp(value_type)
        or types.is_null(value_type)
    ):
        raise Refusal(f"has {type_} in the column {name}, which is neither text, number nor date")
    if types.is_timestamp(value_type) and value_type.tz is not None and not _is_known_zone(value_type.tz):
        raise Refusal(f"has times of {value_type.tz[:40]!r} in the column {name}, which is no time zone that is known")
    return bool(text)


def _is_known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
        pl.Series([None], dtype=pl.Datetime("us", name)).dt.date()  # polars knows others than the system
    except (KeyError, OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return False
    return True


def _refuse_unreadable(name: str, values: pa.Array, row: int) -> None:
    """Raise Refusal for values that polars would not take, or would take without a check; `row` is that of the first value."""
    import pyarrow as pa

    try:
        # polars does not check that text is UTF-8, and other bytes would crash the process.
        values.validate(full=True)
        if pa.types.is_dictionary(values.type):
            values.dictionary.validate(full=True)
    except pa.ArrowException as error:
        rows = f"rows {row:,} to {row + len(values) - 1:,}"
        why = str(error).rpartition("Invalid: ")[2]
        raise Refusal(f"holds in the column {name}, {rows}, what cannot be read: {why}") from None
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        unit = 1 if pa.types.is_date32(values.type) else _A_DAY[getattr(values.type, "unit", "ms")]
        least, most = _FIRST * unit, (_LAST + 1) * unit - 1
        if unit == _A_DAY["ns"]:
            return  # every 64-bit number of nanoseconds is a time from 1677 to 2262
        # In polars: to compare with a number of Python, pyarrow imports pandas, which takes 40 MB.
        numbers = pl.Series(values.view(pa.int32() if unit == 1 else pa.int64()))
        beyond = (~numbers.is_between(least, most)).arg_true()
        if beyond.len():
            place = row + beyond[0]
            raise Refusal(
                f"holds in the column {name}, row {place:,}, what cannot be read: a day outside {date.min} to {date.max}"
            )


def _bytes_of_text(values: pa.Array) -> int:
    """About the bytes of a column of text, each repetition counted; 0 if it is not text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(values.type):
        text = (
            pa.types.is_string(values.type)
            or pa.types.is_large_string(values.type)
            or pa.types.is_string_view(values.type)
        )
        return values.nbytes if text else 0
    if pa.types.is_primitive(values.type.value_type):
        return 0
    lengths = pc.binary_length(values.dictionary).take(values.indices)
    return int(pc.sum(lengths.cast(pa.int64())).as_py() or 0)


def _taken(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as it is used: double precision numbers and days as they are, anything else as text."""
    column = pl.col(name)
    if dtype in (pl.Float64, pl.Date):
        return column
    text = column.cast(pl.String)
    if isinstance(dtype, pl.Datetime):  # a day is often written as its midnight
        text = pl.when(column.dt.time() == pl.time()).then(column.dt.date().cast(pl.String)).otherwise(text)
    return text.str.strip_chars().replace("", None).alias(name)
