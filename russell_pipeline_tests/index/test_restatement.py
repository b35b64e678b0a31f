"""Protects published levels against corrected inputs: what each policy restates, what stays, and how a correction then acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import LevelInputs, Levels
from russell_pipeline.index.model import Market
from russell_pipeline.index.restatement import (
    CORRECTION,
    UNCORRECTED_LEVELS,
    Anchor,
    Correction,
    PublishedLevels,
    anchors,
    apply_corrections,
    differs,
    run_anchored,
)
from russell_pipeline.index.weights import review_weights
from russell_pipeline_tests.index.small import component, day, definition, market, review

CLOSES = {"A": [10, 11, 12, 11, 10, 12, 13, 14], "B": [20, 19, 20, 21, 22, 21, 20, 22]}
NO_LEVELS = pl.DataFrame(schema=UNCORRECTED_LEVELS)


def shares(amount: float, on: int = 2) -> list[dict[str, object]]:
    return [
        {"symbol": "A", "date": on, "action": "shares", "amount": amount},
        {"symbol": "B", "date": 5, "action": "ordinary_dividend", "amount": 0.5},
    ]


class Index:
    """An index of two names, published session by session while its inputs change."""

    def __init__(self, corrections: str, **limits: float) -> None:
        told = definition()
        self.definition: Definition = told.model_copy(
            update={
                "policies": told.policies.model_copy(update={"corrections": corrections}),
                "correction_limits": told.correction_limits.model_copy(update=limits),
            }
        )
        self.kept = NO_LEVELS
        self.levels: Levels | None = None

    def publish(self, found: Market, sessions: int, coming: pl.DataFrame | None = None) -> pl.DataFrame:
        """A night: the levels of so many sessions."""
        days = [day(n) for n in range(sessions)]
        baskets = review_weights(self.definition, review(), {"C": component(A=100, B=50)}, found)
        baskets = baskets if coming is None else pl.concat([baskets, coming])

        def compute(anchored: Sequence[Anchor]) -> Levels:
            return run_anchored(LevelInputs(self.definition, found, baskets, days), None, anchored=anchored)

        before = self.levels or compute([])
        frames = before.levels, before.ledger, before.stale_prices
        said = PublishedLevels(*(frames if self.levels else (frame.clear() for frame in frames)))
        published = said.levels["date"].to_list()
        age = Correction(day(20), lambda first: len([one for one in published if one >= first]))
        self.levels, self.kept = apply_corrections(self.definition, said, self.kept, compute, age)
        return self.levels.levels


def price(levels: pl.DataFrame) -> dict[date, float]:
    return dict(levels.select("date", "price_index").iter_rows())


WRONG, RIGHT = market(CLOSES, shares(100)), market(CLOSES, shares(101))


def test_restate_starts_at_first_affected_session() -> None:
    assert definition().policies.corrections == "restate"
    index = Index("restate")
    said = price(index.publish(WRONG, 5))
    now = price(index.publish(RIGHT, 6))
    clean = Index("restate")
    assert now == price(clean.publish(RIGHT, 6))
    assert [one for one in said if said[one] != now[one]] == [day(2), day(3), day(4)]
    assert index.kept.is_empty()


@pytest.mark.parametrize("corrections", ["restate", "forward"])
@pytest.mark.parametrize(("factor", "other"), [(1 + 1e-14, False), (1 + 1e-10, True)])
def test_correction_ignores_last_bits(corrections: str, factor: float, *, other: bool) -> None:
    """They differ by the order of additions; what is published goes on as computed, and nothing is restated or kept."""
    index = Index(corrections)
    index.publish(RIGHT, 5)
    assert index.levels is not None
    earlier = index.levels.levels.with_columns(pl.col("price_index", "total_return_index", "divisor") * factor)
    both = earlier.join(index.levels.levels, on="date", suffix="_new")
    assert both.select(differs().all()).item() is other
    index.levels = replace(index.levels, levels=earlier)
    clean = price(Index("restate").publish(RIGHT, 6))
    now = price(index.publish(RIGHT, 6))
    assert (now == clean) is (not other or corrections == "restate")
    assert index.kept.is_empty() is (not other or corrections == "restate")


def test_differs_finds_other_displayed_decimal() -> None:
    levels = Index("restate").publish(RIGHT, 3)
    other = levels.with_columns(
        (pl.col("price_index_8dp") + pl.lit("0.00000001").cast(pl.Decimal(24, 8))).cast(pl.Decimal(24, 8))
    )
    assert levels.join(other, on="date", suffix="_new").select(differs().all()).item()


@pytest.mark.parametrize(
    ("corrections", "limits", "restated"),
    [
        ("material", {"basis_points": 1}, True),  # 101 shares for 100 move the levels by some 30 bp
        ("material", {"basis_points": 100}, False),
        ("recent", {"sessions": 3}, True),  # sessions 2, 3 and 4 are affected, and 4 is the last
        ("recent", {"sessions": 2}, False),
        ("forward", {}, False),
    ],
)
def test_policy_restates_or_keeps_published_levels(
    corrections: str, limits: dict[str, float], *, restated: bool
) -> None:
    index = Index(corrections, **limits)
    said = price(index.publish(WRONG, 5))
    now = price(index.publish(RIGHT, 6))
    clean = price(Index("restate").publish(RIGHT, 6))
    assert ({one: now[one] for one in said} == said) is not restated
    assert (now == clean) is restated
    assert index.kept.is_empty() is restated
    if not restated:
        assert index.kept["date"].to_list() == [day(2), day(3), day(4)]
        wanted = [(clean[one] / said[one] - 1) * 1e4 for one in index.kept["date"]]
        assert index.kept["basis_points"].to_list() == pytest.approx(wanted, rel=1e-9)


def test_uncorrected_levels_act_from_next_session() -> None:
    """The session after has the return of the corrected inputs, and the divisor takes up the difference as an event."""
    index = Index("forward")
    said = price(index.publish(WRONG, 5))
    now = price(index.publish(RIGHT, 8))
    clean = price(Index("restate").publish(RIGHT, 8))
    for n in (5, 6, 7):
        assert now[day(n)] / said[day(4)] == pytest.approx(clean[day(n)] / clean[day(4)], rel=1e-14)
    assert index.levels is not None
    (event,) = index.levels.ledger.filter(event=CORRECTION).to_dicts()
    assert (event["date"], event["moment"], event["ordinal"]) == (day(5), "open", 1)
    for side in ("before", "after"):
        assert event[f"market_value_{side}"] / event[f"divisor_{side}"] == pytest.approx(said[day(4)], rel=1e-14)
    assert event["divisor_before"] == index.levels.levels.filter(date=day(4))["divisor"][0]
    assert event["divisor_after"] == index.levels.levels.filter(date=day(5))["divisor"][0]
    total = dict(index.levels.levels.select("date", "total_return_index").iter_rows())
    assert total[day(5)] / total[day(4)] > now[day(5)] / now[day(4)], "the dividend of the session after counts"


def test_uncorrected_levels_keep_divisor_events_and_stale_prices() -> None:
    index = Index("forward")
    index.publish(WRONG, 5)
    assert index.levels is not None
    said = index.levels
    index.publish(RIGHT, 6)
    left = index.levels
    assert left.levels.head(5).equals(said.levels)
    assert left.ledger.filter(pl.col("event") != CORRECTION).equals(said.ledger)


def test_level_kept_before_a_column_was_there_is_null_in_it() -> None:
    """Later sessions have the column; what stays as published has all that was published of it."""
    index = Index("forward")
    said = price(index.publish(WRONG, 5))
    index.publish(RIGHT, 6)
    index.kept = index.kept.with_columns(pl.lit(None, pl.Float64).alias("market_value"))
    now = index.publish(RIGHT, 8)
    assert now["market_value"].is_null().to_list() == [n in (2, 3, 4) for n in range(8)]
    assert {one: price(now)[one] for one in said} == said
    assert index.kept["basis_points"].is_not_null().all()


def test_apply_corrections_is_repeatable() -> None:
    """A rebuild, and nights one by one, give what one night gave."""
    index = Index("forward")
    index.publish(WRONG, 5)
    index.publish(RIGHT, 5)
    for n in (6, 7, 8):
        index.publish(RIGHT, n)
    at_once = Index("forward")
    at_once.publish(WRONG, 5)
    for _ in range(2):
        at_once.publish(RIGHT, 8)
        for name in ("levels", "ledger", "stale_prices"):
            assert getattr(at_once.levels, name).equals(getattr(index.levels, name)), name
        assert at_once.kept.equals(index.kept)
    # Even where only what stayed is left of what was published.
    at_once.levels = None
    at_once.publish(RIGHT, 8)
    assert at_once.levels.levels.equals(index.levels.levels)
    assert at_once.levels.ledger.equals(index.levels.ledger)


def test_uncorrected_level_keeps_review_after_close() -> None:
    """The level before a corrected review is the same, the divisor after it is not: both stay as published."""
    index = Index("forward")
    for shares_, sessions in ((60, 5), (61, 6)):
        coming = review_weights(index.definition, review(2), {"C": component(A=100, B=shares_)}, WRONG)
        index.publish(WRONG, sessions, coming=coming)
    assert index.levels is not None
    assert index.kept["date"].to_list() == [day(2), day(3), day(4)]
    assert index.kept["basis_points"][0] == 0
    divisors = index.levels.ledger.select("event", "divisor_before", "divisor_after").rows()
    assert [event for event, *_ in divisors][-2:] == [f"review {day(2)}", CORRECTION]
    assert divisors[-1][1] == divisors[-2][2]


def test_successive_corrections_chain_divisors() -> None:
    """Two before one session are one event; later ones keep what was published, the earlier event included."""
    index = Index("forward")
    said = index.publish(WRONG, 5)
    index.publish(RIGHT, 5)
    other = market(CLOSES, shares(103, on=1))
    index.publish(other, 7)
    assert index.levels is not None
    assert index.levels.levels.head(5).equals(said)
    (first,) = index.levels.ledger.filter(event=CORRECTION).to_dicts()
    index.publish(market(CLOSES, shares(105, on=6)), 8)
    assert index.levels.ledger.filter(event=CORRECTION)["date"].to_list() == [day(5), day(7)]
    assert index.levels.ledger.filter(event=CORRECTION).row(0, named=True) == first
    divisors = index.levels.ledger.sort("date", "ordinal").select("divisor_before", "divisor_after").rows()
    assert [before for before, _ in divisors[1:]] == [after for _, after in divisors[:-1]]
    assert divisors[-1][1] == index.levels.levels.filter(date=day(7))["divisor"][0]


def test_anchor_at_end_of_year_corrects_next_year() -> None:
    """The state of an anchor is what the next year goes on from; its first event is the correction."""
    index = Index("forward")
    index.publish(WRONG, 5)
    index.publish(RIGHT, 5)
    assert index.levels is not None
    days = [day(n) for n in range(4, 8)]
    before = anchors(index.kept)
    baskets = review_weights(index.definition, review(), {"C": component(A=100, B=50)}, RIGHT)
    later = run_anchored(LevelInputs(index.definition, RIGHT, baskets, days), index.levels.state, anchored=before)
    assert later.ledger.row(0, named=True)["event"] == CORRECTION
    index.publish(RIGHT, 8)
    assert later.levels.equals(index.levels.levels.tail(3))
    assert later.ledger.equals(index.levels.ledger.filter(pl.col("date") > day(4)))
    assert later.state.to_frame().equals(index.levels.state.to_frame())


def test_material_correction_restates_earlier_uncorrected_levels() -> None:
    """From the first session that it affects all is as the inputs give it; what stayed before that stays."""
    index = Index("material", basis_points=50)
    said = price(index.publish(WRONG, 5))
    left = price(index.publish(RIGHT, 6))
    assert {one: left[one] for one in said} == said
    other = {**CLOSES, "B": [*CLOSES["B"][:5], 25, *CLOSES["B"][6:]]}
    now = price(index.publish(market(other, shares(101)), 6))
    assert {one: now[one] for one in said} == said
    assert now[day(5)] != left[day(5)]
    assert index.kept["date"].to_list() == [day(2), day(3), day(4)]
    huge = market(other, shares(150))
    assert price(index.publish(huge, 6)) == price(Index("restate").publish(huge, 6))
    assert index.kept.is_empty()


def test_uncorrected_levels_share_session_of_later_ones() -> None:
    """A later restatement begins at the first session that it affects, and takes back nothing before others that stay."""
    index = Index("material", basis_points=50)
    said = price(index.publish(WRONG, 5))
    index.publish(RIGHT, 8)
    early = {**CLOSES, "A": [10, 11.001, *CLOSES["A"][2:]]}
    index.publish(market(early, shares(101)), 8)
    assert index.kept["applied_after"].to_list() == [day(4)] * 4 + [day(7)] * 3
    late = {**early, "B": [*CLOSES["B"][:6], 25, CLOSES["B"][7]]}
    now = price(index.publish(market(late, shares(101)), 8))
    assert {one: now[one] for one in said} == said
    assert index.kept["date"].to_list() == [day(n) for n in (1, 2, 3, 4)]
