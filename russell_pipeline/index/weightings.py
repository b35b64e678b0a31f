"""The levels of many weightings of one universe at once, for research: matrix products instead of a run for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from russell_pipeline.index.aggregation import ManyIndexes
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import calculator_from_base, index_start
from russell_pipeline.index.model import BASKETS, Market, cast_to
from russell_pipeline.index.panel import Panel, build_panel
from russell_pipeline.index.sums import Floats
from russell_pipeline.wording import counted


@dataclass(frozen=True, eq=False)
class WeightingLevels:
    """Levels of many indexes from the base on, arrays shaped (sessions, indexes); divisors are those at the close."""

    sessions: tuple[date, ...]
    price_index: Floats
    total_return_index: Floats
    divisor: Floats


def calculate_weightings(
    definition: Definition,
    market: Market,
    baskets: pl.DataFrame,
    factors: Mapping[str, Floats],
    sessions: Sequence[date],
    *,
    prepared: Panel | None = None,
) -> WeightingLevels:
    """Calculate the levels of indexes that differ only in how they weight the names of one universe.

    Levels agree with those of `levels.run` to 1e-12, not to the bit: a matrix product adds in an order of its own.

    Parameters
    ----------
    definition
        The base, currency and policies of all indexes; its legs are ignored.
    market, sessions, prepared
        As for `levels.run`.
    baskets
        The reviews of the universe (columns `BASKETS`); their weighting factors are ignored.
    factors
        The weighting factors by review, (names, indexes): a row for each row of the review's basket, 0 for a name that an index
        does not hold.

    Returns
    -------
    WeightingLevels
        From the base on.

    Raises
    ------
    IndexRefusal
        Where `levels.run` would, or if an index has no market value.
    ValueError
        For factors of another shape.
    """
    panel = prepared or build_panel(market, sessions, definition.currency)
    rows = baskets.select(cast_to(BASKETS))
    for review, names in rows["review"].value_counts().iter_rows():
        if len(factors[review]) != names:
            raise ValueError(f"the review {review} has {counted(names, 'name')}, and factors of {len(factors[review])}")
    # A review has no price only of names that `missing_price: drop` drops.
    in_universe = pl.col("price_on").is_not_null().cast(pl.Float64)
    start = index_start(definition, rows.with_columns(weighting_factor=in_universe), panel)
    calculator = calculator_from_base(definition, start, ManyIndexes(factors))
    calculator.calculate(calculator.first, len(panel.sessions) - 1)
    base, chain = calculator.start, calculator.chain_levels()
    return WeightingLevels(
        panel.sessions[start.base_row :],
        np.concatenate([base.price_index[None], chain.price_index]),
        np.concatenate([base.total_return_index[None], chain.total_return_index]),
        np.concatenate([base.divisor[None], chain.divisor]),
    )
