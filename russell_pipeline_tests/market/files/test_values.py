"""Cells of supplied files by the type of their column: what is a whole number, and what is none."""

from __future__ import annotations

import polars as pl
import pytest

from russell_pipeline.market.files import columns
from russell_pipeline.market.files.values import value

YEAR = columns.whole("A year", least=1700, most=2200)


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        ("2019", 2019),
        ("2019.0", 2019),  # as programs write a column that has empty cells
        ("2019.5", None),
        ("2,019", None),
        ("1e400", None),
        ("9999999999", None),
        ("soon", None),
        (None, None),
        (2019.0, 2019),
        (2019.5, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_whole_number_may_have_a_decimal_point_and_nothing_behind_it(
    cell: str | float | None, year: int | None
) -> None:
    frame = pl.DataFrame({"year": [cell]})
    [read] = frame.select(value("year", YEAR, frame.schema["year"]))["year"]
    assert read == year
