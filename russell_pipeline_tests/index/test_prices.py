"""Protects symbols through time, and the last price of a name whatever it is called."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.levels import run
from russell_pipeline.index.model import BASKETS, SUSPENSIONS, SYMBOL_CHANGES, IndexRefusal
from russell_pipeline.index.panel import build_panel
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.suspensions import suspension_ends
from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import component, day, definition, levels, market, review

CHANGES = [(day(1), "A", "B"), (day(3), "B", "C"), (day(3), "Z", "B"), (day(5), "C", "A")]


@pytest.fixture
def symbol_changes() -> SymbolChanges:
    return SymbolChanges(pl.DataFrame(CHANGES, SYMBOL_CHANGES, orient="row"))


def test_symbol_changes_follow_symbol_both_ways(symbol_changes: SymbolChanges) -> None:
    """Through several changes, and where another security takes a symbol on the day on which it is free."""
    assert [symbol_changes.later("A", day(0), day(n)) for n in range(6)] == ["A", "B", "B", "C", "C", "A"]
    former = {symbol: [(name, first) for name, first, _ in symbol_changes.former(symbol, day(6))] for symbol in "AB"}
    assert former["A"] == [("A", day(5)), ("C", day(3)), ("B", day(1)), ("A", date.min)]
    assert former["B"] == [("B", day(3)), ("Z", date.min)]


_SYMBOL = st.sampled_from("ABCD")


@given(st.lists(st.tuples(st.integers(1, 4).map(day), _SYMBOL, _SYMBOL), max_size=8), _SYMBOL)
def test_symbol_changes_follow_symbol_as_day_by_day(changes: list[tuple[date, str, str]], symbol: str) -> None:
    """Whatever changes there are: back to a former symbol, to one that is taken, to itself."""
    symbol_changes = SymbolChanges(pl.DataFrame(changes, SYMBOL_CHANGES, orient="row"))
    by_day = [{old: new for on, old, new in changes if on == day(n)} for n in range(6)]
    names = [symbol]
    for moved in by_day[1:]:
        names += [moved[names[-1]]] if names[-1] in moved else []
    assert [name for name, _ in symbol_changes.names(symbol, day(0), day(5))] == names


def test_symbol_changes_between_days_are_joined(symbol_changes: SymbolChanges) -> None:
    assert symbol_changes.between(day(0), day(4)) == {"A": "C", "Z": "B"}
    assert symbol_changes.between(day(1), day(3)) == {"B": "C", "Z": "B"}
    assert symbol_changes.between(day(3), day(3)) == {}


def test_symbol_changes_separate_successive_holders() -> None:
    """A becomes B; then another company is A, which becomes C; then a third is A."""
    found = market(
        {"A": [10, 20, 20, None, 30], "B": [None, 11]}, symbol_changes=[(day(1), "A", "B"), (day(3), "A", "C")]
    )
    prices = Prices(found)
    assert prices.symbol_changes.between(day(0), day(4)) == {"A": "B"}
    assert prices.symbol_changes.between(day(1), day(4)) == {"A": "C"}
    for n, closes in ((0, {"B": 10}), (1, {"B": 11, "C": 20}), (4, {"A": 30})):
        on_day = prices.on("ABC", day(n), day(4), named_on=day(4), carry=False)
        assert {symbol: price.close for symbol, price in on_day.items()} == closes


def test_suspension_follows_symbol_changes() -> None:
    found = market(
        {"A": [10], "B": [None, None, 12], "X": [1] * 5},
        symbol_changes=[(day(2), "A", "Q"), (day(3), "Q", "B")],
        suspensions=[("A", day(1), day(4))],
    )
    suspended = Prices(found).suspended
    for n, name in ((1, "A"), (2, "Q"), (3, "B")):
        assert suspended.since(name, day(n)) == day(1)
    assert suspended.since("B", day(4)) is None
    assert suspended.since("X", day(1)) is None
    price = Prices(found).on(["B"], day(3), day(3), named_on=day(3), carry=False)["B"]
    assert (price.close, price.price_on, price.carry_reason) == (10, day(0), "suspended")


@pytest.mark.parametrize("resumed", [None, day(4)])
def test_suspension_excludes_other_holders_of_symbol(resumed: date | None) -> None:
    """A, suspended, and B swap their symbols; C takes a symbol that a suspended name gave up."""
    found = market(
        {"A": [10, None, 22, 23, 24], "B": [20, 21, None, None, 14 if resumed else None]},
        symbol_changes=[(day(2), "A", "B"), (day(2), "B", "A")],
        suspensions=[("A", day(1), resumed)],
    )
    halted = levels(definition(), found, {"C": component(A=1)}, 5)
    assert halted.levels["market_value"].to_list() == [10, 10, 10, 10, 14 if resumed else 10]
    trading = levels(definition(), found, {"C": component(B=1)}, 5)
    assert trading.levels["market_value"].to_list() == [20, 21, 22, 23, 24]
    assert trading.stale_prices.is_empty()
    found = market(
        {"A": [10, None, None, 33], "C": [30, 31, 32]},
        symbol_changes=[(day(2), "A", "B"), (day(3), "C", "A")],
        suspensions=[("A", day(1), resumed)],
    )
    assert levels(definition(), found, {"C": component(C=1)}, 4).levels["market_value"].to_list() == [30, 31, 32, 33]
    assert levels(definition(), found, {"C": component(A=1)}, 4).levels["market_value"].to_list() == [10, 10, 10, 10]


@pytest.mark.parametrize("reason", ["suspended", "missing"])
@pytest.mark.parametrize("now", ["A", "C"])
def test_last_close_is_found_under_former_symbol(now: str, reason: str) -> None:
    """One between its first and its present, to which it may have come back; not one of another company under any of them."""
    found = market(
        {"A": [100], "B": [None, 50], "Z": [7, 7, 7, 7], "C": [90, 91, 92]},
        symbol_changes=[(day(1), "A", "B"), (day(3), "C", "D"), (day(3), "B", now), (day(4), "Z", "B")],
        suspensions=[("B", day(2), None)] if reason == "suspended" else (),
    )
    price = Prices(found).on([now], day(4), day(4), named_on=day(4), carry=True)[now]
    assert (price.close, price.price_on, price.carry_reason) == (50, day(1), reason)


def test_last_close_excludes_former_holder_of_symbol() -> None:
    found = market({"A": [100]}, symbol_changes=[(day(1), "A", "B")], suspensions=[("A", day(2), None)])
    assert Prices(found).on(["A"], day(3), day(3), named_on=day(3), carry=True) == {}


CLOSE, DELETED, CONVERTED = "close", "delete", "conversion"


@pytest.mark.parametrize(
    ("resumed", "happens", "ends"),
    [
        (None, [], (None, None)),
        (None, [("A", 3, DELETED), ("A", 5, DELETED)], (4, "deletion")),
        (None, [("A", 3, CONVERTED)], (3, "conversion")),
        (None, [("A", 0, DELETED), ("A", 3, "special_dividend"), ("B", 1, DELETED)], (None, None)),
        (None, [("B", 6, DELETED), ("A", 5, DELETED)], (7, "deletion")),
        (2, [("A", 3, DELETED)], (2, "stated")),
        # Closes: the last before the suspension is 10.
        (None, [("A", 2, 11.0), ("A", 3, 12.0)], (2, "close")),
        (None, [("A", 1, 11.0)], (1, "close")),
        (None, [("A", 2, 10.0), ("A", 3, 10.0)], (None, None)),
        (None, [("A", 2, 10.0), ("A", 3, 12.0), ("A", 6, 13.0)], (3, "close")),
        (None, [("A", 2, 12.0), ("A", 3, DELETED)], (2, "close")),
        (None, [("A", 3, 12.0), ("A", 2, DELETED)], (3, "deletion")),
        (None, [("A", 5, 12.0), ("B", 3, 12.0)], (None, None)),
        (None, [("A", 5, 12.0), ("B", 5, 10.0), ("B", 6, 12.0)], (6, "close")),
        (5, [("A", 2, 11.0)], (5, "stated")),
        # The symbol is another name's.
        (None, [("Z", 2, "A")], (2, "symbol_change")),
        (None, [("Z", 2, "A"), ("A", 2, 12.0), ("A", 3, DELETED)], (2, "symbol_change")),
        (None, [("Z", 5, "A"), ("A", 5, 12.0)], (None, None)),
    ],
)
def test_suspension_ends_by_first_known_event(
    resumed: int | None, happens: list[tuple[str, int, str | float]], ends: tuple[int | None, str | None]
) -> None:
    """Under whatever symbol it has then: from day 4 on A is B, and an A of day 5 is another company's."""
    told = pl.DataFrame([("A", day(1), day(resumed) if resumed else None)], SUSPENSIONS, orient="row")
    closes = [("A", day(0), 10.0), *((name, day(n), of) for name, n, of in happens if isinstance(of, float))]
    actions = [(name, day(n), of) for name, n, of in happens if isinstance(of, str) and len(of) > 1]
    symbol_changes = [(day(n), name, of) for name, n, of in happens if isinstance(of, str) and len(of) == 1]
    found = suspension_ends(
        told,
        pl.DataFrame([(day(4), "A", "B"), *symbol_changes], SYMBOL_CHANGES, orient="row"),
        pl.DataFrame(actions, {"symbol": pl.String, "date": pl.Date, "action": pl.String}, orient="row"),
        pl.DataFrame(closes, {"symbol": pl.String, "date": pl.Date, "close": pl.Float64}, orient="row"),
    )
    assert found.rows() == [(day(ends[0]) if ends[0] else None, ends[1])]


def test_suspension_ends_by_close_unless_stated() -> None:
    closes = {"A": [10, 10, 12, 13], "B": [10] * 4}
    for resumed, values, carried in ((None, [20, 20, 22, 23], [day(1)]), (day(3), [20, 20, 20, 23], [day(1), day(2)])):
        found = market(closes, suspensions=[("A", day(1), resumed)])
        result = levels(definition(), found, {"C": component(A=1, B=1)}, 4)
        assert result.levels["market_value"].to_list() == values
        assert result.stale_prices["date"].to_list() == carried


def test_close_after_stated_end_is_missing() -> None:
    """A trades on day 2, so that nothing says why it should not on day 3."""
    found = market({"A": [10, None, 12, None], "B": [10] * 4}, suspensions=[("A", day(1), None)])
    with pytest.raises(IndexRefusal, match="no close of A"):
        levels(definition(), found, {"C": component(A=1, B=1)}, 4)


def test_suspended_name_without_earlier_close_has_close_of_day() -> None:
    """A stated suspension leaves out closes, but not the only price that is known."""
    found = market({"A": [None, 12], "B": [10, 10]}, suspensions=[("A", day(0), day(5))])
    price = Prices(found).on(["A"], day(1), day(1), named_on=day(1), carry=False)["A"]
    assert (price.close, price.price_on, price.carry_reason) == (12, day(1), None)


def test_last_close_excludes_earlier_suspension() -> None:
    """The file gives two suspensions that touch, and the vendor a close in the first: both go by that before the first."""
    found = market(
        {"A": [10, 11, 99, None, None, 12], "B": [10] * 6},
        suspensions=[("A", day(2), day(3)), ("A", day(3), day(5))],
    )
    price = Prices(found).on(["A"], day(4), day(4), named_on=day(4), carry=False)["A"]
    assert (price.close, price.price_on, price.carry_reason) == (11, day(1), "suspended")
    result = levels(definition(), found, {"C": component(A=1, B=1)}, 5)
    assert result.levels["market_value"].to_list() == [20, 21, 21, 21, 21]


def test_run_without_sessions_keeps_state() -> None:
    found = market({"A": [10], "B": [10]}, symbol_changes=[(day(1), "A", "C")])
    legs = {"C": component(A=1, B=1)}
    state = levels(definition(), found, legs, 1).state
    again = run(definition(), found, review_weights(definition(), review(), legs, found), [], state)
    assert again.levels.is_empty()
    assert again.state is state


def test_run_rejects_panel_in_other_currency() -> None:
    found = market({"A": [10], "B": [10]})
    state = levels(definition(), found, {"C": component(A=1, B=1)}, 1).state
    euro = build_panel(found, [day(0)], "EUR")
    with pytest.raises(ValueError, match="the panel is in EUR, and X in USD"):
        run(definition(), found, pl.DataFrame(schema=BASKETS), [day(0)], state, prepared=euro)


def test_index_in_other_currency_converts_dollar_closes() -> None:
    """A close without a currency is one in dollars."""
    found = market({"A": [10, 10], "B": [10, 10]}, rates={"USD/EUR": [0.5, 0.4]}, currencies={"B": "EUR"})
    result = levels(definition(currency="EUR", value=150), found, {"C": component(A=10, B=10)}, 2)
    assert result.levels["price_index"].to_list() == pytest.approx([150, 140])


def test_symbol_changes_list_successive_securities(symbol_changes: SymbolChanges) -> None:
    """Of A, which is B, then C, then A again, and of Z, which takes the symbol B on the day on which it is free."""
    assert symbol_changes.changed().rows() == [
        (day(1), "A", f"A {day(1)}", "B"),
        (day(1), "B", "A", None),
        (day(3), "B", "Z", None),
        (day(3), "C", "A", None),
        (day(3), "Z", f"Z {day(3)}", "B"),
        (day(5), "A", "A", None),
        (day(5), "C", f"C {day(5)}", "A"),
    ]
