"""Display of levels: eight decimals, rounded from the exact value of the double."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

import polars as pl

PLACES = 8
EIGHT_DECIMALS = pl.Decimal(24, PLACES)
LARGEST_DISPLAYED = 1e15  # EIGHT_DECIMALS holds more
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_CONTEXT = Context(prec=50)
_STEP = Decimal(1).scaleb(-PLACES)


def displayed(values: Iterable[float], rounding: str = "half_up") -> pl.Series:
    """Values with eight decimals (clause 7.1.1), rounded by the policy `rounding`; halves are those of the exact double."""
    mode = _MODES[rounding]
    # Polars reads decimals from text quicker than from objects.
    return pl.Series([_text(float(one), mode) for one in values], dtype=pl.String).cast(EIGHT_DECIMALS)


def _text(value: float, mode: str) -> str:
    # A double that lies halfway between two numbers of eight decimals is an odd multiple of 1/512; there alone modes differ.
    if (value * 2 ** (PLACES + 1)) % 2 == 1:
        return f"{Decimal(value).quantize(_STEP, mode, _CONTEXT):f}"
    return f"{value:.{PLACES}f}"
