"""Protects the worked example: every weight, factor, level, divisor and event, under every policy that it lists."""

from __future__ import annotations

import polars as pl
import pytest

from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.explain import explain
from russell_pipeline.index.levels import run
from russell_pipeline_tests.index import worked

POLICIES = [("net", "market_cap"), ("net", "fixed_weight"), ("drop", "market_cap"), ("literal", "market_cap")]
NUMBERS = ["close", "fx", "shares", "free_float", "long_cap", "short_cap", "final_cap", "weight", "weighting_factor"]
EXACT = {"rel": 1e-12, "abs": 1e-12}  # the files have twelve decimals


@pytest.mark.parametrize("short_only", ["net", "drop", "literal"])
def test_weights_of_worked_example(short_only: str) -> None:
    expected = worked.expected("weights", short_only_names=short_only)
    found = worked.weights(worked.definition(short_only_names=short_only))
    keys = ["review", "symbol", "cutoff_on", "implemented_on", "effective_on"]
    assert found.select(keys).rows() == expected.select(keys).rows()
    for column in NUMBERS:
        assert found[column].to_list() == pytest.approx(expected[column].to_list(), **EXACT), column
    k = {"2025-03": 4284 / 1075, "2025-06": 155142 / 23905}
    assert found["scale_factor"].to_list() == pytest.approx([k[review] for review in found["review"]], rel=1e-14)


@pytest.mark.parametrize(("short_only", "convention"), POLICIES)
@pytest.mark.parametrize("form", ["ex_open", "reinvest_close"])
def test_levels_of_worked_example(short_only: str, convention: str, form: str) -> None:
    """On the sessions that the file leaves out the levels are those of the one before."""
    definition = worked.definition(short_only_names=short_only, corporate_actions=convention, total_return=form)
    expected = worked.expected("levels", short_only_names=short_only, corporate_actions=convention)
    result = run(definition, worked.market(), worked.weights(definition), worked.sessions()).levels
    assert result["date"].to_list() == [day for day in worked.sessions() if day >= definition.base.date]
    found = result.join(expected.select("date"), on="date", how="semi")
    columns = {"price_index": "price_index", "total_return_index": f"total_return_{form}"}
    columns |= {name: name for name in ("divisor", "market_value", "dividend_points")}
    for column, of in columns.items():
        assert found[column].to_list() == pytest.approx(expected[of].to_list(), **EXACT), column
    assert found["price_index_8dp"].cast(pl.String).to_list() == expected["price_index_8dp"].to_list()
    total = [f"{round(float(one), 8):.8f}" for one in expected[f"total_return_{form}"]]
    assert found["total_return_index_8dp"].cast(pl.String).to_list() == total
    level, total_return = pl.col("price_index"), pl.col("total_return_index")
    between = result.join(expected, on="date", how="left", suffix="_said")
    still = between.with_columns(level_before=level.shift(), total_before=total_return.shift()).filter(
        pl.col("price_index_said").is_null()
    )
    # After a review or a deletion the same level is another quotient.
    assert still.height > 0
    assert still["price_index"].to_list() == pytest.approx(still["level_before"].to_list(), rel=1e-14)
    assert still["total_return_index"].to_list() == pytest.approx(still["total_before"].to_list(), rel=1e-14)


@pytest.mark.parametrize(("short_only", "convention"), POLICIES)
def test_divisor_ledger_of_worked_example(short_only: str, convention: str) -> None:
    definition = worked.definition(short_only_names=short_only, corporate_actions=convention)
    expected = worked.expected("divisor_events", short_only_names=short_only, corporate_actions=convention)
    found = run(definition, worked.market(), worked.weights(definition), worked.sessions()).ledger
    keys = ["date", "moment", "event", "symbol"]
    assert found.select(keys).rows() == expected.select(keys).rows()
    for column in ("market_value_before", "market_value_after", "divisor_before", "divisor_after"):
        for one, said in zip(found[column], expected[column], strict=True):
            assert (one is None) == (said is None)
            assert one is None or one == pytest.approx(said, **EXACT), column
    splits = found.filter(pl.col("event") == "split")
    assert splits["divisor_before"].to_list() == splits["divisor_after"].to_list()


def test_explain_accounts_for_every_day_of_worked_example() -> None:
    """Contributions add up to the move of each day, and the causes to the change of the divisor."""
    definition = worked.definition()
    weights, market, sessions = worked.weights(definition), worked.market(), worked.sessions()
    begin = sessions.index(definition.base.date)
    state = run(definition, market, weights, sessions[: begin + 1]).state
    for n, day in enumerate(sessions[begin + 1 :], begin + 1):
        told = explain(definition, market, weights, sessions[begin:], state, day=day)
        moved = told.names["contribution"].sum() + told.events["contribution"].sum()
        assert moved == pytest.approx(told.level - told.level_before, abs=1e-9 * told.level)
        following = run(definition, market, weights, sessions[: n + 1], state).state
        assert told.causes["divisor_change"].sum() == pytest.approx(
            following.divisor - state.divisor, rel=1e-12, abs=1e-12
        )
        assert told.names["weight"].sum() == pytest.approx(1)
        state = IndexState.from_frame(following.to_frame())
