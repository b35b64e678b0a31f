"""Protects that a sum repeats to the bit, alone or beside others, and however many names of no weight stand between."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.sums import row_totals, total


@given(seed=st.integers(0, 2**32), rows=st.integers(0, 70), names=st.integers(0, 300), others=st.integers(0, 30))
def test_row_totals_add_terms_in_order(seed: int, rows: int, names: int, others: int) -> None:
    """Of one row or many; rounding makes another order show, as the pairwise sums of numpy do."""
    chance = np.random.default_rng(seed)
    values = chance.lognormal(0, 6, (rows, names)) * chance.choice([-1, 1], names)
    wanted = []
    for row in values.tolist():
        add_contributions = 0.0
        for value in row:
            add_contributions += value
        wanted.append(add_contributions)
    assert row_totals(values).tolist() == wanted
    assert [total(row) for row in values] == wanted
    wider = np.insert(values, chance.integers(0, names + 1, others), 0.0, axis=1)
    assert row_totals(wider).tolist() == wanted
