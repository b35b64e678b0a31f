"""A Parquet file as numbers, days and text, many rows at a time, under the same rules as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from russell_pipeline.documents.model import Refusal
from russell_pipeline.supplied.model import Limits

_BATCH = 500_000  # rows
_AS_THEY_ARE = (pl.Float64, pl.Date)
_READABLE = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Datetime, pl.Null)


class ParquetText:
    """A Parquet file: its column names and its rows. Raises Refusal if it is too large, or cannot be read as Parquet."""

    def __init__(self, path: Path, limits: Limits) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(path)
            self.header = list(self._file.schema_arrow.names)
        except (pa.ArrowException, OSError, ValueError):
            raise Refusal("is no Parquet file that can be read") from None
        if self._file.metadata.num_rows > limits.rows:
            raise Refusal(f"has {self._file.metadata.num_rows:,} rows, more than {limits.rows:,}: split it by year")

    def batches(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        """These columns of all rows, with the columns that CsvText adds; `row` counts from 2.

        Double precision numbers and days are passed on; anything else becomes text, other numbers with the fewest digits that
        give them back exactly.
        """
        import pyarrow as pa

        row = 2
        batches = self._file.iter_batches(batch_size=_BATCH, columns=columns)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError, ValueError):
                raise Refusal(f"is a Parquet file that cannot be read after row {row - 1:,}") from None
            if batch is None:
                return
            for name, values in zip(batch.schema.names, batch.columns, strict=True):
                try:
                    # polars does not check that text is UTF-8, and other bytes would crash the process.
                    values.validate(full=True)
                except pa.ArrowException as error:
                    rows = f"rows {row:,} to {row + batch.num_rows - 1:,}"
                    why = str(error).rpartition("Invalid: ")[2]
                    raise Refusal(f"holds in the column {name}, {rows}, what cannot be read: {why}") from None
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            yield frame.select(
                pl.int_range(row, row + frame.height).alias("row"),
                *(pl.lit(None, pl.String).alias(name) for name in ("line", "fault", "says")),
                *(_taken(name, dtype) for name, dtype in frame.schema.items()),
            )
            row += frame.height


def _taken(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype in _AS_THEY_ARE:
        return column
    if not (dtype.is_numeric() or isinstance(dtype, _READABLE)):
        raise Refusal(f"has {dtype} in the column {name}, which is neither text, number nor date")
    text = column.cast(pl.String)
    if isinstance(dtype, pl.Datetime):  # a day is often written as its midnight
        text = pl.when(column.dt.time() == pl.time()).then(column.dt.date().cast(pl.String)).otherwise(text)
    return text.str.strip_chars().replace("", None).alias(name)
