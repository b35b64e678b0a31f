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
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import Levels, run
from russell_pipeline.index.model import IndexRefusal, Market
from russell_pipeline.index.panel import build_panel
from russell_pipeline_tests.index.histories import Event, History, history
from russell_pipeline_tests.index.test_exact import SEEDS, definition

SOME = settings(max_examples=15)


def computed(
    told: History, market: Market | None = None, **policies: str
) -> tuple[Levels, pl.DataFrame, Market, Definition]:
    """The levels of a history; those in which an index is worth nothing are passed over."""
    wanted, market = definition(told, **policies), market or told.market()
    try:
        weights = told.baskets(wanted, market)
        return run(wanted, market, weights, told.sessions), weights, market, wanted
    except IndexRefusal as refusal:
        worthless = ("market value", "no close of any", "no investable capitalisation")
        assume(not any(words in str(refusal) for words in worthless))
        raise


def bits(levels: pl.DataFrame) -> pl.DataFrame:
    return levels.select("date", "price_index", "total_return_index", "divisor", "market_value", "dividend_points")


@SOME
@given(seed=SEEDS, shuffle=st.integers(0, 2**32))
def test_the_order_of_names_in_files_leaves_no_trace(seed: int, shuffle: int) -> None:
    """Rows of closes, rates and components in any order, and names' actions among each other, give the same bits."""
    told, rng = history(seed), random.Random(shuffle)
    result, _, market, wanted = computed(told)

    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        return frame[rng.sample(range(frame.height), frame.height)]

    # Actions of one name on one day keep their order, and a name that joins follows the one that it comes from.
    came_from = {event.into: event.name for event in told.events if event.into is not None}

    def depth(n: int) -> int:
        return 1 + depth(came_from[n]) if n in came_from else 0

    names = rng.sample(range(len(told.names)), len(told.names))
    order = sorted(
        range(len(told.events)), key=lambda n: (depth(told.events[n].name), names.index(told.events[n].name))
    )
    actions = market.actions[order]
    other = replace(market, closes=shuffled(market.closes), fx=shuffled(market.fx), actions=actions)
    weights = shuffled(told.baskets(wanted, other, shuffled=shuffled))
    found = run(wanted, other, weights, told.sessions)
    assert_frame_equal(found.levels, result.levels, check_exact=True)
    assert_frame_equal(found.state.to_frame(), result.state.to_frame(), check_exact=True)


@SOME
@given(seed=SEEDS, convention=st.sampled_from(["market_cap", "fixed_weight"]), cut=st.integers(0, 23))
def test_going_on_from_any_session_is_one_run_to_the_bit(seed: int, convention: str, cut: int) -> None:
    """Also where only the later closes, sessions and weights are known, and the state was stored in between."""
    told = history(seed)
    result, weights, market, wanted = computed(told, corporate_actions=convention)
    until = told.sessions[max(cut, told.base)]
    before = run(wanted, market, weights, [day for day in told.sessions if day <= until])
    state = IndexState.from_frame(before.state.to_frame().sample(fraction=1, shuffle=True, seed=1))
    later = replace(market, closes=market.closes.filter(pl.col("date") > until))
    sessions = [day for day in told.sessions if day > until]
    on = run(wanted, later, weights.filter(pl.col("implemented_on") > until), sessions, state)
    assert_frame_equal(pl.concat([before.levels, on.levels]), result.levels, check_exact=True)
    assert_frame_equal(pl.concat([before.stale_prices, on.stale_prices]), result.stale_prices, check_exact=True)
    assert_frame_equal(pl.concat([before.ledger, on.ledger]), result.ledger, check_exact=True)
    assert_frame_equal(on.state.to_frame(), result.state.to_frame(), check_exact=True)


@SOME
@given(seed=SEEDS)
def test_night_after_night_is_one_run_to_the_bit(seed: int) -> None:
    told = history(seed)
    result, weights, market, wanted = computed(told)
    nights = run(wanted, market, weights, told.sessions[: told.base + 1])
    levels, state = [nights.levels], nights.state
    for night in told.sessions[told.base + 1 :]:
        on = run(wanted, market, weights, [night], IndexState.from_frame(state.to_frame()))
        levels.append(on.levels)
        state = on.state
    assert_frame_equal(pl.concat(levels), result.levels, check_exact=True)


@SOME
@given(
    seed=SEEDS,
    convention=st.sampled_from(["market_cap", "fixed_weight"]),
    rows=st.sampled_from([1, 2, 5]),
)
def test_how_much_is_computed_at_once_leaves_no_trace(seed: int, convention: str, rows: int) -> None:
    told = history(seed)
    result, weights, market, wanted = computed(told, corporate_actions=convention)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(level_calculator, "_ROWS", rows)
        found = run(wanted, market, weights, told.sessions)
    for part in ("levels", "ledger", "stale_prices"):
        assert_frame_equal(getattr(found, part), getattr(result, part), check_exact=True)
    assert_frame_equal(found.state.to_frame(), result.state.to_frame(), check_exact=True)


@SOME
@given(seed=SEEDS, ratio=st.sampled_from([(2, 1), (3, 2), (1, 10)]))
def test_a_split_more_changes_no_level(seed: int, ratio: tuple[int, int]) -> None:
    """A name that splits from a session on, its closes and its later terms for one share with it."""
    told = history(seed, symbol_changes=False)
    result, *_ = computed(told)
    day, new, old = told.base + 2, *map(Fraction, ratio)
    name = next(n for n, one in enumerate(told.names) if one.first == 0)
    factor = old / new
    closes = {key: close * factor if key[1] == name and key[0] >= day else close for key, close in told.closes.items()}
    # On the day itself other terms would be for shares before or after the split.
    assume(not any(event.day == day and name in (event.name, event.into) for event in told.events))
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
        for one in told.reviews
    ]
    events = [*map(scaled, told.events), Event(day, name, "split", {"new": new, "old": old})]
    found, *_ = computed(
        replace(told, closes=closes, events=sorted(events, key=lambda event: event.day), reviews=reviews)
    )
    for column in ("price_index", "total_return_index", "divisor"):
        assert found.levels[column].to_list() == pytest.approx(result.levels[column].to_list(), rel=1e-10)


@SOME
@given(seed=SEEDS)
def test_the_index_never_moves_at_an_event(seed: int) -> None:
    told = history(seed)
    ledger = computed(told)[0].ledger.filter(pl.col("moment") != "base")
    before = ledger["market_value_before"] / ledger["divisor_before"]
    after = ledger["market_value_after"] / ledger["divisor_after"]
    assert after.to_list() == pytest.approx(before.to_list(), rel=1e-12)


@SOME
@given(seed=SEEDS, factor=st.floats(1e-3, 1e6))
def test_scaling_all_shares_changes_nothing(seed: int, factor: float) -> None:
    told = history(seed)
    result, *_ = computed(told)
    by = Fraction(factor)
    reviews = [
        replace(
            one,
            long={n: (s * by, f, g) for n, (s, f, g) in one.long.items()},
            short={n: (s * by, f, g) for n, (s, f, g) in one.short.items()},
        )
        for one in told.reviews
    ]
    events = [
        replace(event, terms={"amount": event.terms["amount"] * by}) if event.kind == "shares" else event
        for event in told.events
    ]
    found, *_ = computed(replace(told, reviews=reviews, events=events))
    for column in ("price_index", "total_return_index", "dividend_points"):
        expected = result.levels[column].to_list()
        assert found.levels[column].to_list() == pytest.approx(expected, rel=1e-10, abs=1e-10)


@SOME
@given(seed=SEEDS)
def test_nine_eighths_of_one_leg_less_an_eighth_of_the_other(seed: int) -> None:
    """Between reviews without events: I/I0 = 9/8 C/C0 - 1/8 G/G0, counted from the closes of the price cut-off."""
    told = history(seed, events=0)
    first = told.reviews[0]
    told = replace(told, base=first.implemented, reviews=[replace(first, cutoff=first.implemented)])
    market = told.market()
    legs = {}
    for leg, members in (("C", first.long), ("G", first.short)):
        alone = replace(told, reviews=[replace(told.reviews[0], long=members)])
        wanted = definition(told, None)
        legs[leg] = run(wanted, market, alone.baskets(wanted, market), told.sessions).levels["price_index"]
    result, *_ = computed(told)
    expected = 9 / 8 * legs["C"] - 1 / 8 * legs["G"]
    assert result.levels["price_index"].to_list() == pytest.approx(expected.to_list(), rel=1e-12)


@SOME
@given(seed=SEEDS)
def test_a_panel_made_for_several_indexes_gives_the_bits_of_one_made_for_each(seed: int) -> None:
    told = history(seed)
    result, weights, market, wanted = computed(told)
    over = build_panel(market, told.sessions)
    assert_frame_equal(
        run(wanted, market, weights, told.sessions, prepared=over).levels, result.levels, check_exact=True
    )
