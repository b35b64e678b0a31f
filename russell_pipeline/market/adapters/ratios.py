"""Ratios of shares as whole numbers, and closes without the rounding noise of a price service's arithmetic."""

from __future__ import annotations

import re
from fractions import Fraction

import polars as pl

# Old shares of a printed ratio: small numbers for splits, hundredths for stock dividends, thousandths for spin-offs.
_DENOMINATORS = (*range(1, 21), 25, 50, 100, 1000)
_MOST_OLD = 20  # the smaller side of a split's ratio, except in stock dividends of whole per cents
_MOST_SHARES = 2**63 - 1  # of either side of a ratio: what a table can hold
_STOCK_DIVIDEND = Fraction(11, 10)
_BY_CHANCE = Fraction(1, 4)  # the fraction of values that may be within the tolerance of some ratio
_RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*(?::|/|-?\s*for\s*-?)\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
_DECIMAL = re.compile(r"\d*\.?\d+(?:[eE][-+]?\d{1,2})?|\d+\.")
# Relative: a value in single precision differs from the intended one by up to a unit in the last of its 24 bits.
SINGLE = 2.0**-23
_DOUBLE = 1e-12  # relative error of a few operations in double precision
_MOST_DECIMALS = 8


def simplest(value: Fraction, tolerance: Fraction) -> Fraction | None:
    """The ratio of small whole numbers within `tolerance` of a positive value; None if there is none.

    Denominators whose ratios lie so close together that a value is often near one by chance are not tried.

    >>> simplest(Fraction("0.066667"), Fraction(1, 10**6))
    Fraction(1, 15)
    """
    if value < 1:
        inverse = simplest(1 / value, tolerance / value**2)
        return 1 / inverse if inverse else None
    near = (Fraction(round(value * old), old) for old in _DENOMINATORS if 2 * tolerance * old <= _BY_CHANCE)
    return next((ratio for ratio in near if abs(ratio - value) <= tolerance), None)


def split_ratio(text: str) -> Fraction:
    """New shares for one old share, as printed: 4:1, 4/1, 4-for-1, 4.0, 0.066667 (1:15). Raises ValueError for anything else.

    A decimal means the simplest ratio of which it can be the rounding.
    """
    text = text.strip()
    if ratio := _RATIO.fullmatch(text):
        new, old = Fraction(ratio[1]), Fraction(ratio[2])
        value = new / old if old else Fraction(0)
    else:
        value = Fraction(text) if _DECIMAL.fullmatch(text) else Fraction(0)
        decimals = len(text.partition(".")[2])
        half_digit = Fraction(1, 2 * 10**decimals) if decimals > 3 else Fraction(0)  # 1.253 is exact, as printed
        value = value and (simplest(value, max(half_digit, value * Fraction(SINGLE))) or value)
    if not value or max(value.as_integer_ratio()) > _MOST_SHARES:
        raise ValueError(f"{text!r} is no ratio of shares")
    return value


def is_split(ratio: Fraction) -> bool:
    """Whether a ratio is a split or stock dividend, and not the price effect of a spin-off written as one (1253:1000)."""
    new, old = ratio.as_integer_ratio()
    return min(new, old) <= _MOST_OLD or (100 % old == 0 and 1 < ratio <= _STOCK_DIVIDEND)


def unadjusted(value: pl.Expr, factor: pl.Expr, printed: pl.Expr) -> pl.Expr:
    """Adjusted values times their factor, rounded to the fewest decimals that fit within the precision of the value.

    The service adjusts in single precision and prints the noise (48.71599960327148 for 48.716, or 48.716000 for what is not quite
    that). Within that precision, prices in cents come back as they were. Values printed in double precision are taken at face
    value.
    """
    decimals = printed.str.extract(r"\.(\d+)$").str.len_chars().fill_null(0)
    half_digit = pl.when(decimals >= 5).then(pl.lit(10.0).pow(-decimals.cast(pl.Float64)) / 2).otherwise(0.0)
    single = (value.cast(pl.Float32).cast(pl.Float64) == value) | decimals.is_between(5, 6)
    exact = value * factor
    tolerance = exact * pl.when(single).then(SINGLE).otherwise(_DOUBLE) + half_digit * factor
    near = [exact.round(decimal) for decimal in range(_MOST_DECIMALS + 1)]
    return pl.coalesce(*(pl.when((one - exact).abs() <= tolerance).then(one) for one in near), exact)
