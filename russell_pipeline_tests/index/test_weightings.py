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
from russell_pipeline_tests.index.histories import history
from russell_pipeline_tests.index.small import component, day, definition, market, review
from russell_pipeline_tests.index.test_exact import SEEDS
from russell_pipeline_tests.index.test_exact import definition as random_definition


@settings(max_examples=30)
@given(
    seed=SEEDS,
    convention=st.sampled_from(["market_cap", "fixed_weight"]),
    form=st.sampled_from(["ex_open", "reinvest_close"]),
    indexes=st.integers(1, 5),
)
def test_each_of_many_weightings_has_the_levels_that_it_has_alone(
    seed: int, convention: str, form: str, indexes: int
) -> None:
    """On random histories with every kind of event; an index may lack names of the universe, or hold some of them short."""
    told, chance = history(seed), np.random.default_rng(seed)
    wanted = random_definition(told, None, corporate_actions=convention, total_return=form)
    found = told.market()
    universe = told.baskets(wanted, found)
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
            alone.append(run(wanted, found, pl.concat(own), told.sessions).levels)
        except IndexRefusal as refusal:
            assume("market value" not in str(refusal))
            raise
    many = calculate_weightings(wanted, found, universe, factors, told.sessions)
    assert list(many.sessions) == alone[0]["date"].to_list()
    for n, levels in enumerate(alone):
        for of, column in (
            (many.price_index, "price_index"),
            (many.total_return_index, "total_return_index"),
            (many.divisor, "divisor"),
        ):
            assert of[:, n].tolist() == pytest.approx(levels[column].to_list(), rel=1e-12), column


def test_a_universe_is_refused_as_an_index_is_and_so_are_factors_of_another_shape() -> None:
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


def test_the_weighting_factors_of_the_universe_do_not_count() -> None:
    """Not even where they are 0, and a run of the universe itself would leave the name out."""
    found = market({"A": [10, 20], "B": [10, 10]})
    universe = review_weights(definition(), review(), {"C": component(A=10, B=10)}, found)
    factors, days = {universe["review"][0]: np.array([[1.0], [3.0]])}, [day(0), day(1)]
    without_a = universe.with_columns(weighting_factor=pl.when(pl.col("symbol") == "A").then(0.0).otherwise(-2.0))
    assert calculate_weightings(definition(), found, without_a, factors, days).price_index.tolist() == [
        [1000],
        [pytest.approx(1250)],
    ]
