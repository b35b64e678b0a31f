"""Rows in order are left alone, others sorted as polars sorts them."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.ordering import ordered

_ROW = st.tuples(st.none() | st.integers(0, 2), st.none() | st.sampled_from("ab"))


@given(st.lists(_ROW, max_size=5))
def test_rows_come_in_the_order_of_the_columns_and_equal_ones_as_they_were(
    rows: list[tuple[int | None, str | None]],
) -> None:
    frame = pl.DataFrame(rows, {"day": pl.Int64, "symbol": pl.String}, orient="row").with_row_index("place")
    by = ["day", "symbol"]
    assert ordered(frame, by).equals(frame.sort(by, nulls_last=False, maintain_order=True))


def test_what_is_in_order_is_the_same_frame() -> None:
    frame = pl.DataFrame({"day": [1, 1, 2], "symbol": ["A", "B", "A"]})
    assert ordered(frame, ["day", "symbol"]) is frame
    assert ordered(frame, []) is frame
