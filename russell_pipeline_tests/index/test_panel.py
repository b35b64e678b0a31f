"""Protects the places of closes in a panel: by symbol and session, whatever order they come in, and where names do not trade."""

from __future__ import annotations

import gc

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.model import CLOSES, SUSPENSIONS, Market
from russell_pipeline.index.panel import Panel, build_panel
from russell_pipeline_tests.index.small import day

SYMBOLS = ["A", "AA", "B", "BRK.B", "ZZZZZZZZZZZZZZZZ"]


def closes(rows: list[tuple[int, str, float]]) -> pl.DataFrame:
    return pl.DataFrame([(day(n), symbol, close, "USD") for n, symbol, close in rows], CLOSES, orient="row")


@given(
    told=st.dictionaries(st.tuples(st.integers(0, 7), st.sampled_from(SYMBOLS)), st.floats(0.01, 1e6), max_size=40),
    sessions=st.sets(st.integers(0, 7), min_size=1),
    order=st.randoms(use_true_random=False),
    chunks=st.integers(1, 4),
)
def test_panel_places_closes_by_symbol_and_session(
    told: dict[tuple[int, str], float], sessions: set[int], order: object, chunks: int
) -> None:
    """In any order and in several chunks; closes of other days are left out."""
    rows = [(n, symbol, close) for (n, symbol), close in told.items()]
    order.shuffle(rows)  # type: ignore[attr-defined]
    parts = [closes(rows[n::chunks]) for n in range(chunks)]
    days = sorted(sessions)
    over = build_panel(Market(pl.concat(parts, rechunk=False)), [day(n) for n in days])
    assert list(over.symbols) == sorted({symbol for _, symbol, _ in rows})
    for row, n in enumerate(days):
        for column, symbol in enumerate(over.symbols):
            assert over.close[row, column] == told.get((n, symbol), 0.0)
            assert over.untraded[row, column] == ((n, symbol) not in told)


@given(
    trades=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=4),
    begin=st.integers(0, 6),
    length=st.integers(0, 6),
    bounds=st.tuples(st.integers(0, 5), st.integers(0, 5)),
)
def test_untraded_within_finds_any_untraded_row(
    trades: list[list[bool]], begin: int, length: int, bounds: tuple[int, int]
) -> None:
    """Spans at the first and the last row too, where those of one name could run into those of the next; one is suspended."""
    rows = [(n, SYMBOLS[name], 1.0) for name, own in enumerate(trades) for n, trades_on in enumerate(own) if trades_on]
    named = closes([(9, symbol, 1.0) for symbol in SYMBOLS[: len(trades)]])
    suspended = pl.DataFrame([("A", day(begin), day(begin + length))], SUSPENSIONS, orient="row")
    over = build_panel(Market(pl.concat([closes(rows), named]), suspensions=suspended), [day(n) for n in range(6)])
    first, last = sorted(bounds)
    untraded = [not all(own[first : last + 1]) for own in trades]
    untraded[0] |= max(begin, first) < min(begin + length, last + 1)
    assert over.untraded_within(first, last).tolist() == untraded


def places(over: Panel) -> list[int]:
    return over.columns(pl.Series(list(over.symbols))).tolist()


def test_panel_keeps_symbol_codes_of_former_panels() -> None:
    """Codes of symbols are polars' categories, which are forgotten once no series has them."""
    over = build_panel(Market(closes([(0, "B", 1.0), (0, "AA", 2.0)])), [day(0)])
    for n in range(3):
        build_panel(Market(closes([(0, f"X{n}", 1.0)])), [day(0)])
        gc.collect()
    assert places(over) == [0, 1]
    with pytest.raises(KeyError, match="X0"):
        over.columns(pl.Series(["AA", "X0"]))


def test_panel_including_symbols_keeps_closes() -> None:
    over = build_panel(Market(closes([(0, "B", 1.0), (0, "D", 2.0)])), [day(0)])
    wider, columns = over.including(pl.Series(["C", "D", "A"]))
    assert (wider.symbols, columns.tolist(), places(wider)) == (("A", "B", "C", "D"), [2, 3, 0], [0, 1, 2, 3])
    assert wider.close.tolist() == [[0, 1, 0, 2]]
    same, columns = over.including(pl.Series(["D"]))
    assert same is over
    assert columns.tolist() == [1]
    assert np.array_equal(over.untraded_within(0, 0), [False, False])
