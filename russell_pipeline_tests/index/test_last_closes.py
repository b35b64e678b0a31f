"""Protects deletions without a price, and names without a close under `missing_price: drop`: both at the last close, and said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.explain import explain
from russell_pipeline.index.levels import run
from russell_pipeline.index.model import BASKETS, IndexRefusal
from russell_pipeline.index.proforma import pro_forma
from russell_pipeline.index.weightings import calculate_weightings
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.histories import History
from russell_pipeline_tests.index.random_indexes import computed, histories
from russell_pipeline_tests.index.small import act, component, day, definition, levels, market, review

DROP = {"policies": {"missing_price": "drop"}}
TWO = {"C": component(A=10, B=10)}
NO_REVIEWS = pl.DataFrame(schema=BASKETS)
EVENT = ("date", "moment", "event", "symbol")


@pytest.mark.parametrize(
    ("closes", "actions", "suspensions", "level"),
    [
        ([10, 12], [], [], 220),
        # without a close on the day: the one before, also under `missing_price: error`, after a split since
        ([10, None], [], [], 200),
        ([10, None], [act("A", "split", new=2, old=1)], [], 200),
        ([10, 99], [], [("A", day(1), day(9))], 200),
        ([10, None], [act("A", "special_dividend", amount=5)], [], 200),
    ],
)
def test_deletion_without_price_uses_last_close(
    closes: list[float | None], actions: list[dict[str, Any]], suspensions: list[Any], level: float
) -> None:
    found = market({"A": closes, "B": [10, 10, 10]}, [*actions, act("A", "delete")], suspensions=suspensions)
    result = levels(definition(value=200), found, TWO, 3)
    assert result.levels["price_index"].to_list() == pytest.approx([200, level, level])
    assert result.levels["names"].to_list() == [2, 2, 1]
    [event] = result.ledger.filter(moment="close").select(EVENT).rows()
    assert event == (day(1), "close", "delete at the last close", "A")
    state = levels(definition(value=200), found, TWO, 1).state
    told = explain(definition(value=200), found, NO_REVIEWS, [day(1)], state, day=day(1))
    assert told.events.filter(event="delete at the last close")["contribution"].to_list() == [0]
    assert told.parts()["contribution"].sum() == pytest.approx(level - 200)


def test_drop_removes_unpriced_name_at_last_close() -> None:
    """The index does not move by it; the close two sessions later counts for nobody."""
    found = market({"A": [10, 15, None, 99, 99], "B": [10, 10, 12, 12, 15]})
    result = levels(definition(value=200, **DROP), found, TWO, 5)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 250, 300, 300, 375])
    assert result.levels["names"].to_list() == [2, 2, 1, 1, 1]
    assert result.levels["divisor"].to_list() == pytest.approx([1, 1, 0.4, 0.4, 0.4])
    assert result.ledger.select(EVENT).rows()[1:] == [(day(2), "open", "drop at the last close", "A")]
    assert result.stale_prices.is_empty()
    state = levels(definition(value=200, **DROP), found, TWO, 2).state
    told = explain(definition(value=200, **DROP), found, NO_REVIEWS, [day(2)], state, day=day(2))
    assert told.names["symbol"].to_list() == ["B"]
    assert told.parts()["contribution"].sum() == pytest.approx(50)


@pytest.mark.parametrize(
    ("actions", "held"),
    [
        # what explains the missing close comes first
        ([act("A", "conversion", to_symbol="N", new=1, old=1)], ["B", "N"]),
        ([act("A", "delete", price=11)], ["A", "B"]),
        ([act("A", "delete")], ["A", "B"]),
        # what comes in without a close goes at its terms
        ([act("B", "spin_off", to_symbol="D", new=1, old=1, price=1)], ["B"]),
        # it pays no dividend on that day
        ([act("A", "ordinary_dividend", amount=1)], ["B"]),
        ([act("A", "split", new=2, old=1), act("A", "ordinary_dividend", amount=1)], ["B"]),
    ],
)
def test_drop_follows_other_events_of_open(actions: list[dict[str, Any]], held: list[str]) -> None:
    price = 9 if actions[0]["action"] == "spin_off" else 10
    found = market({"A": [10], "B": [10, price], "N": [None, 10]}, actions)
    result = levels(definition(value=200, **DROP), found, TWO, 2)
    assert result.levels["names"].to_list() == [2, len(held)]
    assert result.levels["dividend_points"].to_list() == [0, 0]
    paid = 10 if actions[0].get("price") == 11 else 0
    assert result.levels["price_index"][1] == pytest.approx(200 + paid)


def test_drop_keeps_suspended_name() -> None:
    found = market({"A": [10, None, 12], "B": [10, 10, 10]}, suspensions=[("A", day(1), day(2))])
    result = levels(definition(value=200, **DROP), found, TWO, 3)
    assert result.levels["price_index"].to_list() == pytest.approx([200, 200, 220])


def test_review_leaves_out_unpriced_names() -> None:
    """A comes back with the second review; B has no close on its cut-off, D none on its implementation, E none ever."""
    found = market(
        {"A": [10, None, 10, 10, 10], "B": [10, 10, None, 10, 10], "C": [10] * 5, "D": [10, 10, 10, None, 10]}
    )
    told = definition(value=300, **DROP)
    first = review_weights(told, review(), {"C": component(A=10, B=10, C=10)}, found)
    second = review_weights(told, review(3, 2), {"C": component(A=10, B=10, C=10, D=10, E=10)}, found)
    rows = second.select("symbol", "weight", "weighting_factor", "close", "price_carried").rows()
    third = pytest.approx(1 / 3)
    out = (0, 0, None, "dropped")
    assert rows == [
        ("A", third, 1, 10, None),
        ("B", *out),
        ("C", third, 1, 10, None),
        ("D", third, 1, 10, None),
        ("E", *out),
    ]
    result = run(told, found, pl.concat([first, second]), [day(n) for n in range(5)])
    assert result.levels["names"].to_list() == [3, 2, 1, 1, 2]
    assert result.levels["price_index"].to_list() == pytest.approx([300] * 5)
    assert result.ledger.select(EVENT).rows()[1:] == [
        (day(1), "open", "drop at the last close", "A"),
        (day(2), "open", "drop at the last close", "B"),
        (day(3), "close", "left out of the review", "D"),
        (day(3), "close", f"review {day(3)}", None),
    ]
    assert result.state.names["symbol"].to_list() == ["A", "C"]
    before = run(told, found, first, [day(n) for n in range(3)]).state
    trades = pro_forma(told, second, before, found).trades
    assert trades["symbol"].sort().to_list() == ["A", "C", "D"]


def test_drop_before_base_is_listed_at_base() -> None:
    told = definition(value=100, base={"date": day(2), "value": 100}, **DROP)
    found = market({"A": [10, None, 10], "B": [10, 10, 10], "C": [10, 10, 10]})
    weights = review_weights(told, review(1, 0), {"C": component(A=1, B=1, C=1)}, found)
    result = run(told, found, weights, [day(1), day(2)])
    assert result.ledger.select(EVENT).rows() == [
        (day(2), "base", "left out of the review", "A"),
        (day(2), "base", "base", None),
    ]
    assert result.levels["names"].to_list() == [2]


def test_drop_refuses_session_without_closes_or_rate() -> None:
    nothing = market({"A": [10, None, 10], "B": [10, None, 10]})
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no close of any of its names$"):
        levels(definition(**DROP), nothing, TWO, 3)
    without_rate = market({"A": [10, 10], "B": [10, 10]}, currencies={"A": "CAD"}, rates={"CAD": [0.5, None]})
    with pytest.raises(IndexRefusal, match=r"^X on 2025-01-07: no rate for CAD$"):
        levels(definition(**DROP), without_rate, TWO, 2)
    with pytest.raises(IndexRefusal, match="the leg C has no investable capitalisation"):
        review_weights(definition(**DROP), review(1), TWO, nothing)


@settings(max_examples=15)
@given(history=st.integers(1, 12).flatmap(lambda gaps: histories(gaps=gaps)), cut=st.integers(0, 23))
def test_drop_gives_same_bits_when_continued(history: History, cut: int) -> None:
    result, weights, market_, wanted = computed(history, missing_price="drop")
    until = history.sessions[max(cut, history.base)]
    before = run(wanted, market_, weights, [one for one in history.sessions if one <= until])
    coming = weights.filter(pl.col("implemented_on") > until)
    # A name that is suspended since a price cut-off enters with its last close after that.
    since = min([until, *coming["cutoff_on"]])
    later = replace(market_, closes=market_.closes.filter(pl.col("date") >= since))
    on = run(
        wanted,
        later,
        coming,
        [one for one in history.sessions if one > until],
        IndexState.from_frame(before.state.to_frame()),
    )
    for part in ("levels", "stale_prices", "ledger"):
        assert_frame_equal(
            pl.concat([getattr(before, part), getattr(on, part)]), getattr(result, part), check_exact=True
        )
    assert_frame_equal(on.state.to_frame(), result.state.to_frame(), check_exact=True)


def test_weightings_drop_names_of_single_runs() -> None:
    """Also those that the review leaves out, whose factors are not taken for another name's."""
    found = market({"A": [None, 10, 10], "B": [10, 11, 12], "C": [10, 15, None], "D": [10, 10, 11]})
    told = definition(**DROP)
    universe = review_weights(told, review(), {"C": component(A=1, B=1, C=1, D=1)}, found)
    factors = np.array([[9.0, 9.0], [1.0, 3.0], [2.0, 1.0], [1.0, 0.5]])
    days = [day(n) for n in range(3)]
    many = calculate_weightings(told, found, universe, {universe["review"][0]: factors}, days)
    for n in range(2):
        own = universe.with_columns(weighting_factor=pl.Series(factors[:, n]) * universe["price_on"].is_not_null())
        alone = run(told, found, own, days).levels
        assert many.price_index[:, n].tolist() == pytest.approx(alone["price_index"].to_list(), rel=1e-12)
