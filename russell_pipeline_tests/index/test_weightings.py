"""Protects that many weightings of one universe, computed at once, have the levels that each has alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from russell_pipeline.index.levels import run
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.panel import build_panel
from russell_pipeline.index.weightings import calculate_weightings
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.histories import History
from russell_pipeline_tests.index.random_indexes import definition as random_definition
from russell_pipeline_tests.index.random_indexes import histories
from russell_pipeline_tests.index.small import component, day, definition, market, review


@settings(max_examples=30)
@given(
    history=histories(),
    seed=st.integers(0, 2**32),
    convention=st.sampled_from(["market_cap", "fixed_weight"]),
    form=st.sampled_from(["ex_open", "reinvest_close"]),
    indexes=st.integers(1, 5),
)
def test_weightings_have_levels_of_single_runs(
    history: History, seed: int, convention: str, form: str, indexes: int
) -> None:
    """On random histories with every kind of event; an index may lack names of the universe, or hold some of them short."""
    chance = np.random.default_rng(seed)
    wanted = random_definition(history, None, corporate_actions=convention, total_return=form)
    found = history.market()
    universe = history.baskets(wanted, found)
    factors = {}
    for (name,), names in universe.group_by("review", maintain_order=True):
        short = chance.choice([-0.02, 0.0, 1.0, 1.5], (names.height, indexes))
        short[0] = 3.0  # enough to be worth something
        factors[str(name)] = short
    alone = []
    for n in range(indexes):
        own = [
            names.with_columns(weighting_factor=pl.Series(factors[str(name)][:, n]))
            for (name,), names in universe.group_by("review", maintain_order=True)
        ]
        try:
            alone.append(run(wanted, found, pl.concat(own), history.sessions).levels)
        except IndexRefusal as refusal:
            assume("market value" not in str(refusal))
            raise
    many = calculate_weightings(wanted, found, universe, factors, history.sessions)
    assert list(many.sessions) == alone[0]["date"].to_list()
    for n, levels in enumerate(alone):
        for of, column in (
            (many.price_index, "price_index"),
            (many.total_return_index, "total_return_index"),
            (many.divisor, "divisor"),
        ):
            assert of[:, n].tolist() == pytest.approx(levels[column].to_list(), rel=1e-12), column


def test_weightings_refuse_unpriced_universe_and_other_shapes() -> None:
    found = market({"A": [10, None, 12], "B": [10, 10, 10]})
    universe = review_weights(definition(), review(), {"C": component(A=10, B=10)}, found)
    days, name = [day(n) for n in range(3)], universe["review"][0]
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no close of A$"):
        calculate_weightings(definition(), found, universe, {name: np.ones((2, 3))}, days)
    with pytest.raises(ValueError, match="has 2 names, and factors of 5"):
        calculate_weightings(definition(), found, universe, {name: np.ones((5, 3))}, days)
    carry = definition(policies={"missing_price": "carry"})
    over = build_panel(found, days)
    with pytest.raises(IndexRefusal, match="X on 2025-01-06: the market value at the base is 0"):
        calculate_weightings(carry, found, universe, {name: np.array([[1.0, 0.0], [1.0, 0.0]])}, days, prepared=over)
    many = calculate_weightings(carry, found, universe, {name: np.array([[1.0, 0.0], [1.0, 2.0]])}, days, prepared=over)
    assert many.price_index.tolist() == pytest.approx(np.array([[1000, 1000], [1000, 1000], [1100, 1000]]))


def test_weightings_ignore_factors_of_universe() -> None:
    """Not even where they are 0, and a run of the universe itself would leave the name out."""
    found = market({"A": [10, 20], "B": [10, 10]})
    universe = review_weights(definition(), review(), {"C": component(A=10, B=10)}, found)
    factors, days = {universe["review"][0]: np.array([[1.0], [3.0]])}, [day(0), day(1)]
    without_a = universe.with_columns(weighting_factor=pl.when(pl.col("symbol") == "A").then(0.0).otherwise(-2.0))
    assert calculate_weightings(definition(), found, without_a, factors, days).price_index.tolist() == [
        [1000],
        [pytest.approx(1250)],
    ]
