"""Sums that repeat to the bit: term after term in the order of the columns, whatever the shape of the array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Fewer rows than this are quicker one by one.
_FEW = 16


def total(values: Floats) -> float:
    """The sum of values, term after term.

    `numpy.sum` and matrix products group terms by the shape of the array, so that a session alone and the same session in a block
    may differ in the last bit. A running sum does not, and names of no weight leave it unchanged.
    """
    return float(np.add.accumulate(values)[-1]) if values.size else 0.0


def row_totals(values: Floats) -> Floats:
    """The sum of each row, term after term; `values` is (sessions, names)."""
    if not values.size:
        return np.zeros(len(values))
    if len(values) < _FEW:
        return np.add.accumulate(values, axis=1)[:, -1].copy()
    # Summed over the rows of the transposed array: term after term for each session, all sessions at once.
    sums: Floats = np.add.reduce(np.ascontiguousarray(values.T), axis=0)
    return sums
