"""Ratios come back as the whole numbers that were meant, and prices as they were before a service adjusted them."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.market.adapters.ratios import is_split, split_ratio, unadjusted


@pytest.mark.parametrize(
    ("text", "new", "old"),
    [
        ("4:1", 4, 1), ("4/1", 4, 1), ("4-for-1", 4, 1), ("3 for 2", 3, 2), ("1:15", 1, 15), ("4.0", 4, 1), ("4", 4, 1),
        ("1.5", 3, 2), ("0.5", 1, 2), ("0.1", 1, 10), ("0.066667", 1, 15), ("0.06666666666666667", 1, 15), ("1.333333", 4, 3),
        ("0.006667", 1, 150), ("1.05", 21, 20), ("1.03", 103, 100), ("50.0", 50, 1), ("1253:1000", 1253, 1000),
        ("1.253", 1253, 1000), ("1.2529999", 1253, 1000), ("1.333", 1333, 1000), ("0.142857", 1, 7), ("1.0:20.0", 1, 20),
    ],
)  # fmt: skip
def test_a_ratio_is_read_as_the_whole_numbers_that_it_stands_for(text: str, new: int, old: int) -> None:
    assert split_ratio(text) == Fraction(new, old)


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "0:1", "1:0", "-2", "nan", "inf", "two", "1:2:3", "1,5", "<b>2</b>", "1e99", "1e-99", "1:9223372036854775808",
    ],
)  # fmt: skip
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no ratio of shares"):
        split_ratio(text)


@given(new=st.integers(1, 200), old=st.integers(1, 20), digits=st.sampled_from([6, 8, 17]))
def test_splits_survive_being_printed_as_decimals(new: int, old: int, digits: int) -> None:
    """Services print 1:15 as 0.066667; six decimals and more give every usual split back."""
    ratio = Fraction(new, old)
    assert split_ratio(f"{float(ratio):.{digits}f}") == ratio


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [((4, 1), True), ((3, 2), True), ((1, 150), True), ((103, 100), True), ((1253, 1000), False), ((299, 250), False)],
)
def test_the_price_effect_of_a_spin_off_is_no_split(ratio: tuple[int, int], expected: bool) -> None:
    assert is_split(Fraction(*ratio)) is expected


def _unadjusted(printed: list[str], factor: float) -> list[float]:
    frame = pl.DataFrame({"printed": printed}).with_columns(value=pl.col("printed").cast(pl.Float64))
    return frame.select(unadjusted(pl.col("value"), pl.lit(factor), pl.col("printed"))).to_series().to_list()


@given(
    cents=st.integers(1, 5_000_000),
    ratio=st.sampled_from(["2", "3", "3/2", "7", "10", "20", "50", "21/20", "1/8", "1/15", "1253/1000", "40"]),
)
def test_prices_in_cents_come_back_from_single_and_double_precision(cents: int, ratio: str) -> None:
    """As traded / ratio, written as the service writes it, times the ratio is the price as traded to the bit."""
    price, factor = cents / 100, float(Fraction(ratio))
    adjusted = price / factor
    single = pl.Series([adjusted]).cast(pl.Float32).cast(pl.Float64)[0]
    assert _unadjusted([repr(single)], factor) == [price]
    assert _unadjusted([repr(adjusted)], factor) == [price]


@given(cents=st.integers(100, 100_000), ratio=st.sampled_from([2, 3, 4, 5, 7, 10, 20]))
def test_prices_in_cents_come_back_from_six_printed_decimals(cents: int, ratio: int) -> None:
    assert _unadjusted([f"{cents / 100 / ratio:.6f}"], ratio) == [cents / 100]


@given(st.floats(0.01, 1e5))
def test_prices_without_noise_stay_as_they_are(price: float) -> None:
    """Only the noise of single precision is removed: a value printed in full keeps its digits."""
    assert _unadjusted([repr(price)], 1.0) == [pytest.approx(price, rel=2**-23, abs=1e-12)]
    if pl.Series([price]).cast(pl.Float32).cast(pl.Float64)[0] != price:
        assert _unadjusted([repr(price)], 1.0) == [pytest.approx(price, rel=1e-11)]
