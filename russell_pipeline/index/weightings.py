"""Many weightings of one universe at once, for research: matrix products instead of a run for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from russell_pipeline.index.aggregation import ManyIndexes
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import based, beginning
from russell_pipeline.index.model import BASKETS, Market, cast_to
from russell_pipeline.index.panel import Panel, panel
from russell_pipeline.index.sums import Floats
from russell_pipeline.wording import counted


@dataclass(frozen=True, eq=False)
class Weightings:
    """Levels of many indexes, (sessions, indexes), from the base on; divisors are those at the close."""

    sessions: tuple[date, ...]
    price_index: Floats
    total_return_index: Floats
    divisor: Floats


def together(
    definition: Definition,
    market: Market,
    baskets: pl.DataFrame,
    factors: Mapping[str, Floats],
    sessions: Sequence[date],
    *,
    prepared: Panel | None = None,
) -> Weightings:
    """The levels, from the base on, of indexes that differ only in how they weight the names of one universe.

    `definition` has their base, currency and policies; its legs are ignored. `baskets` (columns `BASKETS`) are the reviews of
    the universe; their weighting factors are ignored too. `factors` has the factors by review, (names, indexes): a row for each
    row of the review's basket, 0 for a name that an index does not hold. `sessions` and `prepared` are as for `levels.run`.
    Levels agree with those of `levels.run` to 1e-12, not to the bit: a matrix product adds in an order of its own. Raises
    IndexRefusal where `levels.run` would, or if an index is worth nothing, and ValueError for factors of another shape.
    """
    over = prepared or panel(market, sessions, definition.currency)
    rows = baskets.select(cast_to(BASKETS))
    for review, names in rows["review"].value_counts().iter_rows():
        if len(factors[review]) != names:
            raise ValueError(f"the review {review} has {counted(names, 'name')}, and factors of {len(factors[review])}")
    # Without a price is only who is dropped.
    counts = pl.col("price_on").is_not_null().cast(pl.Float64)
    begins = beginning(definition, rows.with_columns(weighting_factor=counts), over)
    walk = based(definition, begins, ManyIndexes(factors, begins.review))
    walk.through(walk.first, len(over.sessions) - 1)
    start, found = walk.start, walk.chained()
    return Weightings(
        over.sessions[begins.base :],
        np.concatenate([start.level[None], found.levels]),
        np.concatenate([start.total_return[None], found.total_returns]),
        np.concatenate([start.divisor[None], found.divisors]),
    )
