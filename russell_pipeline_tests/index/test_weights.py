"""Protects review weights: policies, the price of the cut-off, and a refusal for each thing that has no weight."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.index.model import IndexRefusal, Market
from russell_pipeline.index.reviews import review_of
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import component, day, definition, levels, market, review

COMPOSITE: dict[str, Any] = {"legs": [("C", 9), ("G", -1)]}


def weigh(
    components: dict[str, pl.DataFrame], found: Market, cutoff: int = 0, implemented: int = 0, **told: Any
) -> pl.DataFrame:
    return review_weights(definition(**told), review(implemented, cutoff), components, found)


def factors(weights: pl.DataFrame) -> dict[str, float]:
    return dict(weights.select("symbol", "weighting_factor").iter_rows())


def test_weights_columns_follow_from_each_other() -> None:
    legs = {"C": component(A=(100, 0.5), B=(200, 1)), "G": component(B=(200, 1, 0.25), X=(10, 1))}
    found = weigh(legs, market({"A": [10], "B": [5], "X": [8]}), **COMPOSITE)
    cap = pl.col("close") * pl.col("fx") * pl.col("shares") * pl.col("free_float")
    redone = found.select(
        pl.col("long_cap") == pl.col("long_share") * cap,
        pl.col("short_cap") == pl.col("short_share") * cap,
        pl.col("final_cap") == pl.col("scale_factor") * pl.col("long_cap") - pl.col("short_cap"),
        weight=(pl.col("weight") - pl.col("final_cap") / pl.col("final_cap").sum()).abs() < 1e-15,
        factor=(pl.col("weighting_factor") * cap - pl.col("final_cap")).abs() < 1e-9,
    )
    assert redone.select(pl.all_horizontal(pl.all().all())).item()
    assert found["long_cap"].sum() * found["scale_factor"][0] == pytest.approx(9 * found["short_cap"].sum())


def test_negative_factors_can_be_set_to_zero() -> None:
    legs = {"C": component(A=(900, 1), B=(80, 1)), "G": component(B=(80, 1, 0.9))}
    prices = market({"A": [1], "B": [1]})
    assert factors(weigh(legs, prices, **COMPOSITE))["B"] < 0
    kept = weigh(legs, prices, policies={"negative_factors": "zero"}, **COMPOSITE)
    assert factors(kept) == {"A": pytest.approx(9 * 72 / 980), "B": 0.0}
    assert kept["weight"].to_list() == [1.0, 0.0]


def test_rank_counts_short_names_by_size_and_passes_over_names_without_weight() -> None:
    legs = {"C": component(A=(900, 1), B=(80, 1)), "G": component(B=(80, 1, 0.9), X=(500, 1), Y=(500, 1))}
    prices = market({"A": [1], "B": [1], "X": [1], "Y": [1]})
    found = dict(weigh(legs, prices, **COMPOSITE).select("symbol", "rank").iter_rows())
    assert found == {"A": 1, "B": 2, "X": 3, "Y": 3}
    kept = dict(
        weigh(legs, prices, policies={"short_only_names": "drop"}, **COMPOSITE).select("symbol", "rank").iter_rows()
    )
    assert kept == {"A": 1, "B": 2, "X": None, "Y": None}


def test_name_with_zero_style_weight_is_outside_leg() -> None:
    legs = {"C": component(A=10, B=10), "G": component(A=(10, 1, 0.0), B=(10, 1, 0.5))}
    found = weigh(legs, market({"A": [1], "B": [1]}), policies={"short_only_names": "literal"}, **COMPOSITE)
    assert factors(found)["A"] == 0.0


def test_single_leg_is_not_scaled() -> None:
    found = weigh(
        {"C": component(A=(10, 0.5, 0.5))},
        market({"A": [1]}),
        legs=[("C", 7)],
        policies={"short_only_names": "literal"},
    )
    assert found.select("scale_factor", "short_cap", "weighting_factor", "weight").row(0) == (1.0, 0.0, 0.5, 1.0)


def test_cutoff_price_is_adjusted_for_split_and_scrip() -> None:
    """Those after the cut-off and up to implementation, and nothing else; the shares are those after it."""
    actions = [
        {"symbol": "A", "date": 0, "action": "split", "new": 5, "old": 1},
        {"symbol": "A", "date": 1, "action": "split", "new": 2, "old": 1},
        {"symbol": "A", "date": 2, "action": "scrip", "new": 1, "old": 4},
        {"symbol": "A", "date": 2, "action": "special_dividend", "amount": 1},
        {"symbol": "A", "date": 3, "action": "split", "new": 7, "old": 1},
    ]
    found = weigh({"C": component(A=100)}, market({"A": [50, 26, 20, 4]}, actions), 0, 2)
    assert found.select("close_as_traded", "close").row(0) == (50, pytest.approx(20, rel=1e-15))


def test_cutoff_price_is_found_under_former_symbol() -> None:
    """Components have the symbols of the effective day."""
    renamed = [(day(1), "OLD", "NEW")]
    splits = [{"symbol": "NEW", "date": 1, "action": "split", "new": 2, "old": 1}]
    found = weigh(
        {"C": component(NEW=100)}, market({"OLD": [50], "NEW": [None, 26]}, splits, symbol_changes=renamed), 0, 1
    )
    assert found.select("symbol", "close", "close_as_traded").row(0) == ("NEW", 25, 50)


@pytest.mark.parametrize("held", [{"OLD": 2, "X": 1}, {"NEW": 2, "OLD": 1}])
def test_component_may_have_symbols_of_implementation_day(held: dict[str, float]) -> None:
    """All of them, if one is given up on the effective day: splits and repayments before are the name's all the same.

    Here OLD becomes NEW, and X takes the symbol OLD.
    """
    actions = [
        {"symbol": "OLD", "date": 1, "action": "capital_repayment", "amount": 20},
        {"symbol": "OLD", "date": 3, "action": "split", "new": 2, "old": 1},
    ]
    closes = {"OLD": [100, None, None, None, 7], "X": [7, 7, 7, 7], "NEW": [None, None, None, None, 40]}
    symbol_changes = [(day(4), "OLD", "NEW"), (day(4), "X", "OLD")]
    found = market(closes, actions, suspensions=[("OLD", day(1), day(4))], symbol_changes=symbol_changes)
    weights = weigh({"C": component(**held)}, found, 2, 3)
    assert weights.select("symbol", "shares", "close").rows() == [("NEW", 2, 40), ("OLD", 1, 7)]


def test_components_of_both_days_are_joined() -> None:
    """What one leg has under the old symbol and the other under the new one is one name."""
    found = market({"OLD": [10], "A": [5]}, symbol_changes=[(day(1), "OLD", "NEW")])
    weights = weigh({"C": component(NEW=1, A=1), "G": component(OLD=1)}, found, **COMPOSITE)
    assert weights.select("symbol", "long_cap", "short_cap").rows() == [("A", 5, 0), ("NEW", 10, 10)]


def test_foreign_names_use_rate_of_cutoff() -> None:
    prices = market({"A": [10, 10], "B": [10, 10]}, currencies={"B": "CAD"}, rates={"CAD": [0.5, 0.9]})
    found = weigh({"C": component(A=100, B=100)}, prices, 0, 1)
    assert found["fx"].to_list() == [1.0, 0.5]
    assert found["weight"].to_list() == pytest.approx([2 / 3, 1 / 3])


def test_suspended_name_has_last_price_adjusted_for_splits() -> None:
    """Whatever the policy on missing prices, and whatever close somebody supplied before the stated end."""
    actions = [{"symbol": "A", "date": 2, "action": "split", "new": 2, "old": 1}]
    prices = market({"A": [50, 60, None, 99], "B": [1, 1, 1, 1]}, actions, suspensions=[("A", day(2), day(5))])
    found = weigh({"C": component(A=1, B=1)}, prices, 3, 3)
    row = found.row(0, named=True)
    assert (row["close"], row["close_as_traded"], row["price_on"], row["price_carried"]) == (
        30,
        60,
        day(1),
        "suspended",
    )


@pytest.mark.parametrize(
    ("action", "close"),
    [
        ({"action": "special_dividend", "amount": 40}, 60),
        ({"action": "capital_repayment", "amount": 40}, 60),
        ({"action": "rights", "new": 1, "old": 4, "price": 50}, 90),
        ({"action": "rights", "new": 1, "old": 4, "price": 100}, 100),
        ({"action": "spin_off", "new": 1, "old": 2, "price": 30, "to_symbol": "K"}, 85),
        ({"action": "split", "new": 2, "old": 1}, 50),
        ({"action": "scrip", "new": 1, "old": 3}, 75),
        ({"action": "ordinary_dividend", "amount": 40}, 100),
        ({"action": "shares", "amount": 40}, 100),
    ],
)
@pytest.mark.parametrize("why", ["suspended", "missing"])
def test_carried_cutoff_price_is_that_of_levels(action: dict[str, Any], close: float, why: str) -> None:
    """What goes ex while a name does not trade changes its last price in weights as it does in an index that holds it."""
    actions = [{"symbol": "A", "date": 2, **action}]
    halts = [("A", day(1), day(4))] if why == "suspended" else []
    found = market({"A": [100, None, None, None, close], "B": [50] * 5}, actions, suspensions=halts)
    carry = {"policies": {"missing_price": "carry"}}
    row = weigh({"C": component(A=1, B=1)}, found, 3, 3, **carry).row(0, named=True)
    assert (row["close"], row["close_as_traded"], row["price_carried"]) == (close, 100, why)
    held = levels(definition(**carry), found, {"C": component(A=1, B=1)}, 4)
    assert held.stale_prices.filter(symbol="A", date=day(3))["close"].to_list() == [close]


def test_actions_on_carried_price_apply_in_order() -> None:
    """And after the cut-off only splits and scrip issues, as on any price of a cut-off."""
    actions = [
        {"symbol": "A", "date": 1, "action": "special_dividend", "amount": 10},
        {"symbol": "A", "date": 1, "action": "split", "new": 3, "old": 1},
        {"symbol": "A", "date": 3, "action": "capital_repayment", "amount": 5},
        {"symbol": "A", "date": 3, "action": "split", "new": 1, "old": 2},
    ]
    found = market({"A": [100, None, None, None], "B": [50] * 4}, actions, suspensions=[("A", day(1), None)])
    assert weigh({"C": component(A=1, B=1)}, found, 2, 3)["close"].to_list() == [60, 50]
    renamed = market(
        {"A": [100, None, None, None], "B": [50] * 4},
        [*actions[:1], {**actions[1], "symbol": "Z", "date": 2}],
        suspensions=[("A", day(1), None)],
        symbol_changes=[(day(2), "A", "Z")],
    )
    assert weigh({"C": component(Z=1, B=1)}, renamed, 2, 3)["close"].to_list() == [50, 30]


def test_carried_price_not_above_zero_is_refused() -> None:
    actions = [{"symbol": "A", "date": 1, "action": "special_dividend", "amount": 10}]
    found = market({"A": [10, None], "B": [50] * 2}, actions, suspensions=[("A", day(1), None)])
    with pytest.raises(IndexRefusal, match="special_dividend of A on 2025-01-07 takes 10 out of a price of 10"):
        weigh({"C": component(A=1, B=1)}, found, 1, 1)


def test_missing_close_at_cutoff_is_refused_or_carried_by_policy() -> None:
    prices = market({"A": [50, None], "B": [1, 1]})
    with pytest.raises(IndexRefusal, match=r"no close of A on the price cut-off 2025-01-07$"):
        weigh({"C": component(A=1, B=1)}, prices, 1, 1)
    carried = weigh({"C": component(A=1, B=1)}, prices, 1, 1, policies={"missing_price": "carry"})
    assert carried.select("close", "price_on", "price_carried").row(0) == (50, day(0), "missing")
    with pytest.raises(IndexRefusal, match="no close of Z on"):
        weigh({"C": component(Z=1, B=1)}, prices, 1, 1, policies={"missing_price": "carry"})


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        ({"C": component(A=1)}, "there is no component G"),
        ({"C": component(A=1).clear(), "G": component(A=1)}, "the leg C is empty"),
        ({"C": component(A=0), "G": component(A=0)}, "the leg C, G has no investable capitalisation"),
        ({"C": component(A=1), "G": component(A=2)}, "A must have the same shares and free float in both legs"),
        (
            {"C": component(A=(1, 1)), "G": component(A=(1, 0.5))},
            "A must have the same shares and free float in both legs",
        ),
        ({"C": pl.concat([component(A=1)] * 2), "G": component(A=1)}, "C holds A more than once"),
    ],
)
def test_review_without_weights_is_refused(legs: dict[str, pl.DataFrame], says: str) -> None:
    with pytest.raises(IndexRefusal) as refusal:
        weigh(legs, market({"A": [1]}), **COMPOSITE)
    assert str(refusal.value) == f"X 2025-01-06: {says}"


def test_legs_without_final_capitalisation_are_refused() -> None:
    with pytest.raises(IndexRefusal, match="weights need a sum above 0"):
        weigh({"C": component(A=1), "G": component(B=1)}, market({"A": [1], "B": [1]}), legs=[("C", 1), ("G", -1)])


def test_missing_rate_at_cutoff_is_refused() -> None:
    prices = market({"A": [1]}, currencies={"A": "CAD"})
    with pytest.raises(IndexRefusal, match="no rate for CAD on the price cut-off"):
        weigh({"C": component(A=1)}, prices)


@pytest.mark.parametrize(
    ("name", "policies", "cutoff"),
    [
        pytest.param("2025-03", {}, "2025-03-12", id="nine days before"),
        pytest.param("2024-06", {}, "2024-06-18", id="the session before Juneteenth"),
        pytest.param("2024-06", {"cutoff_holiday": "next_session"}, "2024-06-20", id="the session after Juneteenth"),
        pytest.param("2026-12", {}, "2026-12-02", id="nine days before, December 2026"),
        pytest.param("2026-12", {"price_cutoff": "ground_rules_v1_3"}, "2026-12-09", id="literal, December 2026"),
    ],
)
def test_price_cutoff_follows_policies(name: str, policies: dict[str, str], cutoff: str) -> None:
    dated = review_of(definition(policies=policies), name, RuleCalendar(nyse_sessions()))
    assert str(dated.cutoff_on) == cutoff


def test_dated_component_is_weighted_and_implemented_on_its_day() -> None:
    found = review_of(definition(), "2025-06-27", RuleCalendar(nyse_sessions()))
    assert {str(found.cutoff_on), str(found.implemented_on)} == {"2025-06-27"}
    assert str(found.effective_on) == "2025-06-30"


@pytest.mark.parametrize("name", ["2025-04", "1950-03", "2025-06-28", "2025-06-31", "summer"])
def test_review_outside_calendar_is_refused(name: str) -> None:
    with pytest.raises(IndexRefusal, match=name):
        review_of(definition(), name, RuleCalendar(nyse_sessions()))
