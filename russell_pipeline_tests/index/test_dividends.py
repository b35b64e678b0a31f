"""Protects ordinary dividends on the day of another event: they count on what the day's close is computed with."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest

from russell_pipeline.index.explain import explain
from russell_pipeline.index.levels import Levels, run
from russell_pipeline.index.model import BASKETS, IndexRefusal
from russell_pipeline.index.weightings import calculate_weightings
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import act, component, day, definition, levels, market, review

CONVENTIONS, FORMS = ("market_cap", "fixed_weight"), ("ex_open", "reinvest_close")
POLICIES = list(itertools.product(CONVENTIONS, FORMS))
NO_REVIEWS = pl.DataFrame(schema=BASKETS)


PAID = act("A", "ordinary_dividend", amount=1)
SPLIT, RIGHTS = act("A", "split", new=2, old=1), act("A", "rights", new=1, old=1, price=50)
SPECIAL = act("A", "special_dividend", amount=50)
SPUN = act("A", "spin_off", to_symbol="D", new=1, old=2, price=40)


def policies(convention: str, form: str) -> dict[str, Any]:
    return {"policies": {"corporate_actions": convention, "total_return": form}}


@pytest.mark.parametrize("policies", [policies(*chosen) for chosen in POLICIES])
@pytest.mark.parametrize(
    ("actions", "closes", "price", "points"),
    [
        # METHODOLOGY 4: one name, 100 at 1000
        ([SPECIAL, PAID], {"A": 49}, 980, 20),
        ([PAID, SPECIAL], {"A": 49}, 980, 20),
        ([PAID, SPLIT], {"A": 49.5}, 990, 10),
        ([SPLIT, {**PAID, "amount": 0.5}], {"A": 49.5}, 990, 10),
        # 1 for an old share, or for a new one
        ([PAID, act("A", "scrip", new=1, old=1)], {"A": 49.5}, 990, 10),
        ([act("A", "scrip", new=1, old=1), PAID], {"A": 49}, 980, 20),
        ([PAID, RIGHTS], {"A": 74.5}, 1000 * 74.5 / 75, 1000 * 0.5 / 75),
        ([RIGHTS, PAID], {"A": 74}, 1000 * 74 / 75, 1000 / 75),
        # rights at or above the price are not taken up
        ([PAID, {**RIGHTS, "price": 100}], {"A": 99}, 990, 10),
        # after the repayment the price is 50, so that rights at 60 are not taken up either
        ([SPECIAL, PAID, {**RIGHTS, "price": 60}], {"A": 49}, 980, 20),
        ([PAID, SPLIT, {**RIGHTS, "price": 30}], {"A": 39.75}, 1000 * 39.75 / 40, 1000 * 0.25 / 40),
        ([SPLIT, PAID, act("A", "split", new=1, old=4)], {"A": 196}, 980, 20),
        # the dividend belongs to whatever the name has become
        ([PAID, act("A", "conversion", to_symbol="B", new=2, old=1)], {"B": 49.5}, 990, 10),
        ([PAID, SPLIT, act("A", "conversion", to_symbol="B", new=1, old=4)], {"B": 198}, 990, 10),
        ([act("A", "conversion", to_symbol="B", new=2, old=1), {**PAID, "symbol": "B"}], {"B": 49}, 980, 20),
        ([{**PAID, "symbol": "B"}, act("A", "conversion", to_symbol="B", new=2, old=1)], {"B": 49}, 980, 20),
        # A is gone at the row's place
        ([act("A", "conversion", to_symbol="B", new=2, old=1), PAID], {"B": 50}, 1000, 0),
        # the parent's alone, and the child's own
        ([PAID, SPUN], {"A": 79, "D": 40}, 990, 10),
        ([SPUN, PAID], {"A": 79, "D": 40}, 990, 10),
        ([SPUN, {**PAID, "symbol": "D"}], {"A": 80, "D": 39}, 995, 5),
        ([{**PAID, "symbol": "D"}, SPUN], {"A": 80, "D": 39}, 995, 5),
        # on the shares and the float of the day's close
        ([PAID, act("A", "shares", amount=7)], {"A": 99}, 990, 10),
        ([act("A", "shares", amount=7), PAID], {"A": 99}, 990, 10),
        ([PAID, act("A", "free_float", amount=0.25)], {"A": 99}, 990, 10),
        # the name goes after the close, which has paid by then
        ([PAID, act("A", "delete", price=99), SPECIAL, act("C", "split", new=2, old=1)], {"A": 49}, 1980, 20),
        # two on one day, at their own places
        ([PAID, SPLIT, PAID], {"A": 48.5}, 970, 30),
    ],
)
def test_dividend_counts_on_terms_of_close(
    actions: list[dict[str, Any]], closes: dict[str, float], price: float, points: float, policies: dict[str, Any]
) -> None:
    """One name at 100, which closes at its theoretical price: then the total return stands still."""
    told = definition(**policies)
    prices = {"A": [100.0, None], **{name: [None, close] for name, close in closes.items()}}
    if "A" in closes:
        prices["A"] = [100, closes["A"]]
    deleted = any(action["action"] == "delete" for action in actions)
    found, legs = market(prices, actions), {"C": component(A=10)}
    if deleted:  # something must be left
        found, legs = market({**prices, "L": [1e-9, 1e-9]}, actions), {"C": component(A=10, L=1)}
    row = levels(told, found, legs, 2).levels.row(1, named=True)
    assert row["price_index"] == pytest.approx(price, rel=1e-9)
    assert row["dividend_points"] == pytest.approx(points, rel=1e-9)
    if not deleted:
        assert row["total_return_index"] == pytest.approx(1000, rel=1e-12)


@pytest.mark.parametrize(("convention", "form"), POLICIES)
def test_dividend_counts_on_divisor_moved_by_other_name(convention: str, form: str) -> None:
    """B pays out half of its price on the ex-date of A: the divisor of that close is 0.15 under `market_cap`."""
    actions = [PAID, act("B", "special_dividend", amount=50)]
    told = definition(**policies(convention, form))
    row = levels(told, market({"A": [100, 99], "B": [100, 50]}, actions), {"C": component(A=1, B=1)}, 2).levels.row(
        1, named=True
    )
    assert row["divisor"] == pytest.approx(0.15 if convention == "market_cap" else 0.2)
    assert row["dividend_points"] == pytest.approx(1 / row["divisor"])
    assert row["total_return_index"] == pytest.approx(1000, rel=1e-12)


@pytest.mark.parametrize(("convention", "form"), POLICIES)
def test_dividend_of_renamed_and_split_name_uses_previous_rate(convention: str, form: str) -> None:
    """Under its new symbol, in the currency of its last close, also where it had no close under that symbol before."""
    actions = [{**PAID, "symbol": "N"}, {**SPLIT, "symbol": "N"}]
    found = market(
        {"A": [100, None], "N": [None, 49.5]},
        actions,
        currencies={"A": "CAD", "N": "CAD"},
        rates={"CAD": [0.5, 0.75]},
        symbol_changes=[(day(1), "A", "N")],
    )
    row = levels(definition(**policies(convention, form)), found, {"C": component(A=10)}, 2).levels.row(1, named=True)
    assert row["dividend_points"] == pytest.approx(10)
    assert row["price_index"] == pytest.approx(990 * 1.5)


def test_dividend_of_converted_name_uses_previous_rate() -> None:
    """In the middle of a stretch, in the currency that the old symbol had."""
    actions = [act("A", "ordinary_dividend", on=2, amount=1), act("A", "conversion", on=2, to_symbol="B", new=2, old=1)]
    found = market(
        {"A": [100, 100], "B": [None, None, 49.5]},
        actions,
        currencies={"A": "CAD", "B": "CAD"},
        rates={"CAD": [0.25, 0.5, 0.75]},
    )
    result = levels(definition(), found, {"C": component(A=10)}, 3).levels
    assert result["dividend_points"].to_list() == pytest.approx([0, 0, 20])


def test_dividend_of_name_without_shares_is_zero() -> None:
    actions = [act("A", "shares", amount=0), PAID, SPLIT]
    row = levels(definition(), market({"A": [10, 4], "B": [10, 10]}, actions), {"C": component(A=10, B=10)}, 2).levels
    assert row["dividend_points"].to_list() == [0, 0]


def test_dividend_on_base_or_review_day_counts_on_old_basket() -> None:
    """Those of the base are before the index begins; a review comes after the close that has paid."""
    actions = [{**PAID, "date": 0}, {**PAID, "date": 1}, {**PAID, "date": 2}]
    found = market({"A": [100, 100, 100], "B": [100, 100, 100]}, actions)
    told = definition()
    first = review_weights(told, review(), {"C": component(A=10, B=10)}, found)
    second = review_weights(told, review(1), {"C": component(A=10, B=30)}, found)
    result = run(told, found, pl.concat([first, second]), [day(n) for n in range(3)]).levels
    assert result["dividend_points"].to_list() == pytest.approx([0, 5, 2.5])


def test_weightings_pay_dividends_of_single_runs() -> None:
    """A name that is converted after its dividend, and a child that pays on the day it joins."""
    actions = [
        PAID,
        act("A", "conversion", to_symbol="B", new=2, old=1),
        act("C", "spin_off", to_symbol="D", new=1, old=2, price=40),
        act("D", "ordinary_dividend", amount=2),
    ]
    found = market({"A": [100], "B": [None, 49.5], "C": [100, 80], "D": [None, 38]}, actions)
    universe = review_weights(definition(), review(), {"C": component(A=1, C=1)}, found)
    factors = np.array([[1.0, 3.0, 0.0], [1.0, 1.0, 1.0]])
    many = calculate_weightings(definition(), found, universe, {universe["review"][0]: factors}, [day(0), day(1)])
    for n in range(3):
        own = universe.with_columns(weighting_factor=pl.Series(factors[:, n]))
        alone = run(definition(), found, own, [day(0), day(1)]).levels
        assert many.total_return_index[:, n].tolist() == pytest.approx([1000, 1000], rel=1e-12)
        assert alone["total_return_index"].to_list() == pytest.approx([1000, 1000], rel=1e-12)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_explain_attributes_dividend_points_to_payer(convention: str) -> None:
    actions = [PAID, SPLIT, act("B", "special_dividend", amount=50), act("B", "ordinary_dividend", amount=2)]
    found = market({"A": [100, 49.5], "B": [100, 48]}, actions)
    told = definition(**policies(convention, "ex_open"))
    legs = {"C": component(A=10, B=10)}
    result: Levels = levels(told, found, legs, 2)
    state = levels(told, replace(found, actions=found.actions.clear()), legs, 1).state
    row = explain(told, found, NO_REVIEWS, [day(1)], state, day=day(1))
    points = dict(row.names.select("symbol", "dividend_points").iter_rows())
    assert sum(points.values()) == pytest.approx(result.levels["dividend_points"][1], rel=1e-12)
    divisor = {"market_cap": 1.5, "fixed_weight": 2}[convention]
    paid = {"market_cap": 2 * 10, "fixed_weight": 2 * 10 * 2}[convention]
    assert points == pytest.approx({"A": 10 / divisor, "B": paid / divisor})


@pytest.mark.parametrize(
    ("form", "tax", "points", "total_return"),
    [
        # one name at 100, level 1000: 2 are 20 points, of which 14 are left; the close is 99
        ("ex_open", "gross", 20, 1000 * Fraction(990, 980)),
        ("ex_open", "net", 14, 1000 * Fraction(990, 986)),
        ("reinvest_close", "gross", 20, 1000 * Fraction(1010, 1000)),
        ("reinvest_close", "net", 14, 1000 * Fraction(1004, 1000)),
    ],
)
def test_dividend_counts_less_tax_withheld(form: str, tax: str, points: float, total_return: Fraction) -> None:
    told = definition(policies={"total_return": form, "dividend_tax": tax})
    found = market({"A": [100, 99]}, [{**PAID, "amount": 2}])
    row = levels(told, found, {"C": component(A=10)}, 2).levels.row(1, named=True)
    assert row["price_index"] == pytest.approx(990, rel=1e-12)
    assert row["dividend_points"] == pytest.approx(points, rel=1e-12)
    assert row["total_return_index"] == pytest.approx(float(total_return), rel=1e-12)


def test_special_dividend_is_never_taxed() -> None:
    told = definition(policies={"dividend_tax": "net"})
    row = levels(told, market({"A": [100, 50]}, [SPECIAL]), {"C": component(A=10)}, 2).levels.row(1, named=True)
    assert (row["price_index"], row["total_return_index"]) == pytest.approx((1000, 1000), rel=1e-12)


def test_weightings_count_dividend_less_tax_withheld() -> None:
    told, found = definition(policies={"dividend_tax": "net"}), market({"A": [100, 99]}, [{**PAID, "amount": 2}])
    universe = review_weights(told, review(), {"C": component(A=10)}, found)
    many = calculate_weightings(told, found, universe, {universe["review"][0]: np.ones((1, 1))}, [day(0), day(1)])
    assert many.total_return_index[:, 0].tolist() == pytest.approx([1000, 1000 * 990 / 986], rel=1e-12)


@pytest.mark.parametrize(
    ("tax", "called", "points"),
    [("gross", "ordinary dividends", 20), ("net", "ordinary dividends net of 30 % tax", 14)],
)
def test_explain_says_whether_dividends_are_net(tax: str, called: str, points: float) -> None:
    told, found = definition(policies={"dividend_tax": tax}), market({"A": [100, 99]}, [{**PAID, "amount": 2}])
    state = levels(told, replace(found, actions=found.actions.clear()), {"C": component(A=10)}, 1).state
    row = explain(told, found, NO_REVIEWS, [day(1)], state, day=day(1))
    assert row.dividends_called == called
    assert row.names["dividend_points"].sum() == pytest.approx(points, rel=1e-12)


@pytest.mark.parametrize("converts", [False, True])
def test_dividend_without_terms_is_refused_for_held_name(converts: bool) -> None:
    """Also for one that comes in by a conversion on that day."""
    actions = [act("A", "conversion", to_symbol="B", new=1, old=1)] if converts else []
    payer = "B" if converts else "A"
    found = market({"A": [10, 10], "B": [None, 10]}, [*actions, act(payer, "ordinary_dividend")])
    with pytest.raises(IndexRefusal, match=f"ordinary_dividend of {payer} on 2025-01-07: ordinary_dividend takes"):
        levels(definition(), found, {"C": component(A=10)}, 2)


def test_dividends_net_of_tax_beyond_level_are_refused_as_net() -> None:
    found = market({"A": [100, 100]}, [{**PAID, "amount": 150}])
    with pytest.raises(
        IndexRefusal, match=r"ordinary dividends net of 30 % tax of 1050 points leave nothing of a level"
    ):
        levels(definition(policies={"dividend_tax": "net"}), found, {"C": component(A=1)}, 2)


@pytest.mark.parametrize(
    ("amounts", "says"),
    [
        ({"A": 60, "B": 150}, "1050 points leave nothing of a level of 1000: 2 names pay, most of it B, A"),
        ({"A": 200}, "1000 points leave nothing of a level of 1000: 1 name pays, most of it A"),
    ],
)
def test_dividends_beyond_level_are_refused_naming_payers(amounts: dict[str, float], says: str) -> None:
    paid = [act("B", "ordinary_dividend", on=0, amount=1)]
    paid += [act(symbol, "ordinary_dividend", amount=amount) for symbol, amount in amounts.items()]
    found = market({"A": [100, 100], "B": [100, 100]}, paid)
    with pytest.raises(IndexRefusal) as refusal:
        levels(definition(), found, {"C": component(A=1, B=1)}, 2)
    assert str(refusal.value).endswith(f"on {day(1)}: ordinary dividends of {says}")
