"""Protects what must hold of any history: no trace of order, of splits, of scale, or of where a run was interrupted."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from russell_pipeline.index import level_calculator
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.levels import run
from russell_pipeline.index.panel import build_panel
from russell_pipeline_tests.index.histories import Event, History
from russell_pipeline_tests.index.random_indexes import computed, definition, histories

SOME = settings(max_examples=15)


@SOME
@given(history=histories(), shuffle=st.integers(0, 2**32))
def test_levels_ignore_order_of_rows(history: History, shuffle: int) -> None:
    """Rows of closes, rates and components in any order, and names' actions among each other, give the same bits."""
    rng = random.Random(shuffle)
    result, _, market, wanted = computed(history)

    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        return frame[rng.sample(range(frame.height), frame.height)]

    # Actions of one name on one day keep their order, and a name that joins follows the one that it comes from.
    came_from = {event.into: event.name for event in history.events if event.into is not None}

    def depth(n: int) -> int:
        return 1 + depth(came_from[n]) if n in came_from else 0

    names = rng.sample(range(len(history.names)), len(history.names))
    order = sorted(
        range(len(history.events)), key=lambda n: (depth(history.events[n].name), names.index(history.events[n].name))
    )
    actions = market.actions[order]
    other = replace(market, closes=shuffled(market.closes), fx=shuffled(market.fx), actions=actions)
    weights = shuffled(history.baskets(wanted, other, shuffled=shuffled))
    found = run(wanted, other, weights, history.sessions)
    assert_frame_equal(found.levels, result.levels, check_exact=True)
    assert_frame_equal(found.state.to_frame(), result.state.to_frame(), check_exact=True)


@SOME
@given(history=histories(), convention=st.sampled_from(["market_cap", "fixed_weight"]), cut=st.integers(0, 23))
def test_run_continued_from_any_session_gives_same_bits(history: History, convention: str, cut: int) -> None:
    """Also where only the later closes, sessions and weights are known, with the state as stored in between."""
    result, weights, market, wanted = computed(history, corporate_actions=convention)
    until = history.sessions[max(cut, history.base)]
    before = run(wanted, market, weights, [day for day in history.sessions if day <= until])
    state = IndexState.from_frame(before.state.to_frame().sample(fraction=1, shuffle=True, seed=1))
    coming = weights.filter(pl.col("implemented_on") > until)
    # A name that is suspended since a price cut-off enters with its last close after that.
    since = min([until, *coming["cutoff_on"]])
    later = replace(market, closes=market.closes.filter(pl.col("date") >= since))
    on = run(wanted, later, coming, [day for day in history.sessions if day > until], state)
    assert_frame_equal(pl.concat([before.levels, on.levels]), result.levels, check_exact=True)
    assert_frame_equal(pl.concat([before.stale_prices, on.stale_prices]), result.stale_prices, check_exact=True)
    assert_frame_equal(pl.concat([before.ledger, on.ledger]), result.ledger, check_exact=True)
    assert_frame_equal(on.state.to_frame(), result.state.to_frame(), check_exact=True)


@pytest.mark.slow
@SOME
@given(history=histories())
def test_run_night_by_night_gives_same_bits(history: History) -> None:
    result, weights, market, wanted = computed(history)
    nights = run(wanted, market, weights, history.sessions[: history.base + 1])
    levels, state = [nights.levels], nights.state
    for night in history.sessions[history.base + 1 :]:
        on = run(wanted, market, weights, [night], IndexState.from_frame(state.to_frame()))
        levels.append(on.levels)
        state = on.state
    assert_frame_equal(pl.concat(levels), result.levels, check_exact=True)


@SOME
@given(
    history=histories(),
    convention=st.sampled_from(["market_cap", "fixed_weight"]),
    rows=st.sampled_from([1, 2, 5]),
)
def test_levels_ignore_block_size(history: History, convention: str, rows: int) -> None:
    result, weights, market, wanted = computed(history, corporate_actions=convention)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(level_calculator, "_ROWS", rows)
        found = run(wanted, market, weights, history.sessions)
    for part in ("levels", "ledger", "stale_prices"):
        assert_frame_equal(getattr(found, part), getattr(result, part), check_exact=True)
    assert_frame_equal(found.state.to_frame(), result.state.to_frame(), check_exact=True)


@SOME
@given(history=histories(symbol_changes=False), ratio=st.sampled_from([(2, 1), (3, 2), (1, 10)]))
def test_levels_ignore_additional_split(history: History, ratio: tuple[int, int]) -> None:
    """A name that splits from a session on, its closes and its later terms for one share with it."""
    result, *_ = computed(history)
    day, new, old = history.base + 2, *map(Fraction, ratio)
    name = next(n for n, one in enumerate(history.names) if one.first == 0)
    factor = old / new
    closes = {
        key: close * factor if key[1] == name and key[0] >= day else close for key, close in history.closes.items()
    }
    # On the day itself other terms would be for shares before or after the split.
    assume(not any(event.day == day and name in (event.name, event.into) for event in history.events))
    money = {"amount", "price"}

    def scaled(event: Event) -> Event:
        if event.name != name or event.day < day or event.kind == "free_float":
            return event
        if event.kind == "shares":
            return replace(event, terms={"amount": event.terms["amount"] / factor})
        if event.into is not None:
            # Children stay as they are: one for as many shares as before.
            terms = {**event.terms, "old": event.terms["old"] / factor}
            return replace(event, terms=terms)
        return replace(
            event, terms={term: value * (factor if term in money else 1) for term, value in event.terms.items()}
        )

    def held(members: dict[int, tuple[Fraction, Fraction, Fraction]]) -> dict[int, tuple[Fraction, Fraction, Fraction]]:
        return {n: (s / factor if n == name else s, f, g) for n, (s, f, g) in members.items()}

    reviews = [
        replace(one, long=held(one.long), short=held(one.short)) if one.implemented >= day else one
        for one in history.reviews
    ]
    events = [*map(scaled, history.events), Event(day, name, "split", {"new": new, "old": old})]
    found, *_ = computed(
        replace(history, closes=closes, events=sorted(events, key=lambda event: event.day), reviews=reviews)
    )
    for column in ("price_index", "total_return_index", "divisor"):
        assert found.levels[column].to_list() == pytest.approx(result.levels[column].to_list(), rel=1e-10)


@SOME
@given(history=histories())
def test_level_is_unchanged_by_every_event(history: History) -> None:
    ledger = computed(history)[0].ledger.filter(pl.col("moment") != "base")
    before = ledger["market_value_before"] / ledger["divisor_before"]
    after = ledger["market_value_after"] / ledger["divisor_after"]
    assert after.to_list() == pytest.approx(before.to_list(), rel=1e-12)


@SOME
@given(history=histories(), factor=st.floats(1e-3, 1e6))
def test_levels_ignore_scale_of_shares(history: History, factor: float) -> None:
    result, *_ = computed(history)
    by = Fraction(factor)
    reviews = [
        replace(
            one,
            long={n: (s * by, f, g) for n, (s, f, g) in one.long.items()},
            short={n: (s * by, f, g) for n, (s, f, g) in one.short.items()},
        )
        for one in history.reviews
    ]
    events = [
        replace(event, terms={"amount": event.terms["amount"] * by}) if event.kind == "shares" else event
        for event in history.events
    ]
    found, *_ = computed(replace(history, reviews=reviews, events=events))
    for column in ("price_index", "total_return_index", "dividend_points"):
        expected = result.levels[column].to_list()
        assert found.levels[column].to_list() == pytest.approx(expected, rel=1e-10, abs=1e-10)


@SOME
@given(history=histories(events=0))
def test_composite_without_events_is_nine_eighths_less_one_eighth(history: History) -> None:
    """Between reviews without events: I/I0 = 9/8 C/C0 - 1/8 G/G0, counted from the closes of the price cut-off."""
    first = history.reviews[0]
    history = replace(history, base=first.implemented, reviews=[replace(first, cutoff=first.implemented)])
    market = history.market()
    legs = {}
    for leg, members in (("C", first.long), ("G", first.short)):
        alone = replace(history, reviews=[replace(history.reviews[0], long=members)])
        wanted = definition(history, None)
        legs[leg] = run(wanted, market, alone.baskets(wanted, market), history.sessions).levels["price_index"]
    result, *_ = computed(history)
    expected = 9 / 8 * legs["C"] - 1 / 8 * legs["G"]
    assert result.levels["price_index"].to_list() == pytest.approx(expected.to_list(), rel=1e-12)


@SOME
@given(history=histories())
def test_run_with_prepared_panel_gives_same_bits(history: History) -> None:
    result, weights, market, wanted = computed(history)
    over = build_panel(market, history.sessions)
    assert_frame_equal(
        run(wanted, market, weights, history.sessions, prepared=over).levels, result.levels, check_exact=True
    )
