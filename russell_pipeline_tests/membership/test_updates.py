"""Protects what a review brings in besides membership: buffers, cut-offs, industries and corrections in lock-down."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.review_days import ReviewDays
from russell_pipeline.membership.review_rules import Verdict
from russell_pipeline.membership.updates import (
    Judgement,
    free_float_updated,
    industry_change,
    industry_revisable,
    lock_down_correction,
    shares_updated,
)
from russell_pipeline_tests.membership.reviews import JUNE_2019, day, days_of

MARCH_2022, JUNE_2022 = days_of("2022-03"), days_of("2022-06")
NO = Judgement(False, "small and liquid")


@pytest.mark.parametrize(
    ("old", "new", "quarterly", "june"),
    [(100, 101, False, True), (100, 102, True, True), (100, 99, False, True), (100, 98, True, True),
     (100_000, 101_000, False, True), (100_000, 101_001, True, True), (100_000, 98_999, True, True),
     (3, 3, False, False), (Decimal("100"), Decimal("101.0000001"), True, True)],
)  # fmt: skip
def test_shares_updated_beyond_one_percent_or_in_june(old: Any, new: Any, quarterly: bool, june: bool) -> None:
    assert shares_updated(MARCH_2022, day("2022-02-11"), old, new).holds == quarterly
    assert shares_updated(JUNE_2022, day("2022-05-06"), old, new).holds == june


@pytest.mark.parametrize(
    ("old", "new", "quarterly", "june"),
    [("0.50", "0.53", False, True), ("0.50", "0.5300001", True, True), ("0.50", "0.47", False, True),
     ("0.50", "0.4699999", True, True), ("0.07", "0.10", False, True), ("1", "1", False, False), ("0", "1", True, True)],
)  # fmt: skip
def test_free_float_updated_beyond_three_points_or_in_june(old: str, new: str, quarterly: bool, june: bool) -> None:
    assert free_float_updated(MARCH_2022, day("2022-02-11"), Decimal(old), Decimal(new)).holds == quarterly
    assert free_float_updated(JUNE_2022, day("2022-05-06"), Decimal(old), Decimal(new)).holds == june


@pytest.mark.parametrize(
    ("review", "known", "applied"),
    [
        ("2022-03", "2022-02-10", True),
        ("2022-03", "2022-02-11", True),
        ("2022-03", "2022-02-12", False),
        ("2022-06", "2022-05-06", True),
        ("2022-06", "2022-05-07", False),
        ("2019-06", "2019-05-10", True),
        ("2019-06", "2019-05-11", False),
    ],
)
def test_updates_known_by_the_cut_off_are_applied(review: str, known: str, applied: bool) -> None:
    assert shares_updated(days_of(review), day(known), 100, 200).holds == applied
    assert free_float_updated(days_of(review), day(known), Decimal("0.2"), Decimal("0.9")).holds == applied


@given(st.integers(1, 10**12), st.data())
def test_shares_updated_buffer_is_exact(old: int, data: st.DataObject) -> None:
    new = data.draw(st.integers(max(1, old + old // 100 - 2), old + old // 100 + 2))
    assert shares_updated(MARCH_2022, day("2022-02-11"), old, new).holds == (100 * abs(new - old) > old)


def test_updates_reject_missing_inputs() -> None:
    with pytest.raises(RefusedError, match="the new number of shares is not known"):
        shares_updated(MARCH_2022, day("2022-02-11"), 1, None)
    with pytest.raises(RefusedError, match=r"shares from 1 to 2.* was known is not known"):
        shares_updated(MARCH_2022, None, 1, 2)
    with pytest.raises(RefusedError, match="the cut-off for shares and free float of 2008-03 is not known"):
        shares_updated(days_of("2008-03"), day("2008-02-01"), 1, 2)
    with pytest.raises(RefusedError, match=r"the new free float is 1\.01, but must be 0 to 1"):
        free_float_updated(MARCH_2022, day("2022-02-11"), 1, Decimal("1.01"))
    with pytest.raises(RefusedError, match="the old free float must be a whole number, Decimal or Fraction"):
        free_float_updated(MARCH_2022, day("2022-02-11"), 0.5, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("review", "known", "announced", "effective"),
    [
        ("2022-03", "2022-02-10", "2022-02-16", "2022-03-21"),
        ("2022-03", "2022-02-11", "2022-02-16", "2022-03-21"),
        ("2022-03", "2022-02-12", None, None),
        ("2022-06", "2022-05-06", None, "2022-06-27"),  # announced "dependent on" the day it is effective
        ("2022-06", "2022-05-09", None, None),
        ("2022-09", "2022-08-12", "2022-08-17", "2022-09-19"),
    ],
)
def test_industry_change_known_by_the_cut_off_takes_effect_with_the_review(
    review: str, known: str, announced: str | None, effective: str | None
) -> None:
    found = industry_change(days_of(review), day(known))
    assert (found.effective_on, found.rule) == (day(effective), "industry_change")
    assert ("announced" in found.says) == (announced is not None)
    assert announced is None or announced in found.says


@pytest.mark.parametrize(
    ("revised", "possible"), [("2022-03-03", True), ("2022-03-04", True), ("2022-03-05", False), ("2022-03-07", False)]
)
def test_industry_revisable_until_two_weeks_before_implementation(revised: str, possible: bool) -> None:
    revised_on = day(revised)
    assert revised_on is not None
    assert industry_revisable(MARCH_2022, revised_on).holds == possible


def test_industry_change_rejects_missing_inputs() -> None:
    with pytest.raises(RefusedError, match="the day on which the change of industry was known is not known"):
        industry_change(MARCH_2022, None)
    with pytest.raises(RefusedError, match="the cut-off for industries of 2019-06 is not known"):
        industry_change(JUNE_2019, day("05-10"))


def correction(
    found: str,
    old: Any,
    new: Any,
    *,
    replicability: Judgement | None = NO,
    price_pressure: Judgement | None = NO,
    days: ReviewDays = JUNE_2019,
) -> Verdict:
    found_on = day(found)
    assert found_on is not None
    return lock_down_correction(days, found_on, old, new, replicability=replicability, price_pressure=price_pressure)


@pytest.mark.parametrize(
    ("old", "new", "candidate"),
    [(100, 150, True), (100, 149, False), (100, 151, True), (100, 50, True), (100, 51, False), (100, 0, True),
     (3, 4, False), (2, 3, True), (Fraction(1, 3), Fraction(1, 2), True), (10**18, 15 * 10**17 - 1, False)],
)  # fmt: skip
def test_lock_down_correction_of_half_the_index_shares_is_a_candidate(old: Any, new: Any, candidate: bool) -> None:
    verdict = correction("06-17", old, new)
    assert (verdict.holds, verdict.rule) == (candidate, "lock_down_correction")
    assert candidate or "corrected at the review of 2019-09" in verdict.says


@pytest.mark.parametrize(
    ("found", "candidate", "rule"),
    [
        ("06-14", False, None),
        ("06-16", False, None),
        ("06-17", True, "lock_down_correction"),
        ("06-28", True, "lock_down_correction"),
        ("07-04", True, "lock_down_correction"),
        ("07-05", True, "lock_down_correction"),  # a week after implementation
        ("07-06", False, "lock_down_correction"),
    ],
)
def test_lock_down_correction_window_ends_a_week_after_implementation(
    found: str, candidate: bool, rule: str | None
) -> None:
    verdict = correction(found, 100, 200)
    assert (verdict.holds, verdict.rule) == (candidate, rule)


def test_lock_down_correction_window_follows_the_calendar() -> None:
    days = days_of("2022-06")
    found = [correction(f"2022-{one}", 100, 200, days=days).holds for one in ("06-10", "06-13", "07-01", "07-02")]
    assert found == [False, True, True, False]


def test_lock_down_correction_by_judgement_keeps_its_reason() -> None:
    yes = Judgement(True, "cannot be bought in a day")
    for judged in (correction("06-17", 100, 101, replicability=yes), correction("06-17", 100, 101, price_pressure=yes)):
        assert judged.holds
        assert "cannot be bought in a day" in judged.says
    assert correction("06-17", 100, 101, replicability=None, price_pressure=yes).holds


def test_lock_down_correction_rejects_missing_or_impossible_inputs() -> None:
    with pytest.raises(RefusedError, match="whether the error puts pressure on the price is not known"):
        correction("06-17", 100, 149, price_pressure=None)
    assert correction("06-17", 100, 150, replicability=None, price_pressure=None).holds
    with pytest.raises(RefusedError, match="a judgement needs a reason"):
        Judgement(True, " ")
    with pytest.raises(RefusedError, match="the new number of index shares is -1"):
        correction("06-17", 100, -1)
    with pytest.raises(RefusedError, match="the lock-down of 2019-06 is not known"):
        correction("06-17", 100, 150, days=replace(JUNE_2019, lock_down_on=None))
