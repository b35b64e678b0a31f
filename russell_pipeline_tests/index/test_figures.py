"""Protects the figures that others have published: total returns, divisors at events, theoretical prices, composites."""

from __future__ import annotations

from typing import Any

import pytest

from russell_pipeline.index.corporate_actions import Action, Holding, apply_action
from russell_pipeline.index.divisor_chain import TOTAL_RETURNS
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import component, day, definition, levels, market, review

PRICE_INDEX = [1000, 988.92, 978.22, 964.01, 953.07, 948.82, 917.26, 902.56, 913.21, 904.08, 898.86, 892.79]
POINTS = {6: 0.0967742, 9: 0.1399046}
TOTAL_RETURN = [917.3536, 902.6521, 913.3031, 904.3107, 899.0894, 893.0178]


def test_total_return_table_of_exchange() -> None:
    """The official table takes dividends out of the level before, as `ex_open` does; added at the close they give 0.003 more."""
    total_return, found = dict.fromkeys(TOTAL_RETURNS, 1000.0), []
    for n in range(1, len(PRICE_INDEX)):
        step = (PRICE_INDEX[n - 1], PRICE_INDEX[n], POINTS.get(n, 0.0))
        total_return = {form: level * TOTAL_RETURNS[form](*step) for form, level in total_return.items()}
        found.append(total_return)
    assert [one["ex_open"] for one in found[5:]] == pytest.approx(TOTAL_RETURN, abs=1e-4)
    # (917.26 + 0.0967742) / 948.82 of the 948.82 before the first dividend
    assert found[5]["reinvest_close"] == pytest.approx(917.3567742, abs=1e-7)
    # The dividend shares in the day's return or it does not: the forms part on the ex-dates and nowhere else.
    apart = [one["reinvest_close"] / one["ex_open"] for one in found]
    assert [n for n in range(1, len(apart)) if apart[n] != pytest.approx(apart[n - 1], rel=1e-12)] == [5, 8]
    # Added at the close a dividend is worth more where the index fell on its ex-date, as it did on both.
    assert 1 < apart[5] < apart[8] < 1 + 1e-5


@pytest.mark.parametrize(
    ("action", "close", "joins", "level", "divisors"),
    [
        ({"action": "rights", "new": 1, "old": 4, "price": 70}, 94, {}, 1000, (317.5, 317.5)),
        ({"action": "split", "new": 2, "old": 1}, 50, {}, 1000, (300, 300)),
        ({"action": "ordinary_dividend", "amount": 2}, 98, {}, 993.3333, (300, 300)),
        ({"action": "spin_off", "to_symbol": "D", "new": 1, "old": 2, "price": 40}, 80, {"D": 40}, 1000, (300, 300)),
        ({"action": "delete", "price": 130}, 100, {}, 1100, (300, 200 / 1.1)),
        ({"action": "delete", "price": 0}, 100, {}, 666.6667, (300, 300)),
    ],
)
def test_divisor_after_action_on_three_equal_names(
    action: dict[str, Any], close: float, joins: dict[str, float], level: float, divisors: tuple[float, float]
) -> None:
    """Base level 1000, divisor 300 with shares in thousands: each event by itself, closes at the theoretical price."""
    closes = {
        "A": [100, close],
        "B": [100, 100],
        "C": [100, 100],
        **{name: [None, price] for name, price in joins.items()},
    }
    found = market(closes, [{"symbol": "A", "date": 1, **action}])
    result = levels(definition(), found, {"C": component(A=1000, B=1000, C=1000)}, 2)
    row = result.levels.row(1, named=True)
    assert row["price_index"] == pytest.approx(level, abs=1e-4)
    # of the close, and of the next open
    assert (row["divisor"], result.state.divisor) == pytest.approx(divisors, abs=1e-9)
    if joins:
        assert result.state.names.filter(symbol="D").select("close", "shares").rows() == [(40, 500)]


@pytest.mark.parametrize(
    ("price", "offered", "new", "old", "ex"),
    [(60, 30, 1, 2, 50), (200, 50, 3, 1, 87.5), (46, 28, 5, 12, 40.7059), (28, 28, 5, 12, 28)],
)
def test_rights_price_is_theoretical_ex_rights_price(
    price: float, offered: float, new: float, old: float, ex: float
) -> None:
    action = Action("A", day(1), "rights", new, old, None, offered, None)  # type: ignore[arg-type]
    held = Holding("A", 1000, 1, 1, price)
    (became,) = apply_action(action, held)
    assert became.close == pytest.approx(ex, abs=1e-4)
    assert became.shares == (held.shares if offered >= price else pytest.approx(1000 * (old + new) / old))


@pytest.mark.parametrize(
    ("long", "short", "k", "weights"),
    [
        ({"A": 500, "B": 300, "C": 200}, {"B": 60, "C": 40}, 0.9, [0.5625, 0.2625, 0.175]),
        ({"A": 500, "B": 300, "C": 200}, {"B": 60, "C": 40, "X": 25}, 1.125, [0.5625, 0.2775, 0.185, -0.025]),
        ({"A": 900, "B": 80, "C": 20}, {"B": 60, "C": 20}, 0.72, [1.0125, -0.00375, -0.00875]),
    ],
)
def test_weights_of_long_short_composite(
    long: dict[str, float], short: dict[str, float], k: float, weights: list[float]
) -> None:
    """Capitalisations by name; the short leg's are parts of the company, so that shares and float agree in both legs."""
    names = sorted({*long, *short})
    whole = {name: long.get(name, short.get(name, 0.0)) for name in names}
    legs = {
        "C": component(**{name: (cap, 1.0, 1.0) for name, cap in long.items()}),
        "G": component(**{name: (whole[name], 1.0, cap / whole[name]) for name, cap in short.items()}),
    }
    found = review_weights(
        definition(legs=[("C", 9), ("G", -1)]), review(), legs, market({name: [1.0] for name in names})
    )
    assert found["scale_factor"].unique().to_list() == pytest.approx([k])
    assert found["weight"].to_list() == pytest.approx(weights, abs=1e-12)


def test_composite_return_is_nine_eighths_less_one_eighth() -> None:
    legs = {"C": component(A=100), "G": component(B=100)}
    found = levels(definition(legs=[("C", 9), ("G", -1)]), market({"A": [10, 11], "B": [5, 6]}), legs, 2)
    assert found.levels["price_index"][1] == pytest.approx(1087.5, rel=1e-12)
