"""Doubles as they are displayed: eight decimals, rounded from the exact value of the double."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

import polars as pl

PLACES = 8
EIGHT = pl.Decimal(24, PLACES)
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_CONTEXT = Context(prec=50)


def displayed(values: Iterable[float], rounding: str = "half_up") -> pl.Series:
    """Values with eight decimals (clause 7.1.1), rounded by the policy `rounding`; halves are those of the exact double."""
    step = Decimal(1).scaleb(-PLACES)
    mode = _MODES[rounding]
    # Polars reads decimals from text quicker than from objects.
    return pl.Series([f"{Decimal(one).quantize(step, mode, _CONTEXT):f}" for one in values], dtype=pl.String).cast(
        EIGHT
    )
