"""Protects when offerings are applied that are discovered after the announcement of a review."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.dates.reviews import reviews_between
from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.offerings import Offering, offering_outcome
from russell_pipeline_tests.membership.reviews import JUNE_2019, SESSIONS, day, days_of

WITH_REVIEW, NOTICE = "offering_with_review", "offering_notice"


@pytest.mark.parametrize(
    ("review", "discovered", "effective", "rule"),
    [
        ("2019-06", "06-06", None, None),
        ("2019-06", "06-07", None, None),  # the day of the announcement
        ("2019-06", "06-08", "06-12", NOTICE),  # a Saturday
        ("2019-06", "06-10", "06-13", NOTICE),
        ("2019-06", "06-18", "06-21", NOTICE),
        ("2019-06", "06-19", "07-01", WITH_REVIEW),  # due on Monday 24 June
        ("2019-06", "06-20", "07-01", WITH_REVIEW),
        ("2019-06", "06-21", "07-01", WITH_REVIEW),  # due on Wednesday 26 June
        ("2019-06", "06-22", "07-01", WITH_REVIEW),  # a Saturday
        ("2019-06", "06-24", "07-01", WITH_REVIEW),  # discovered on Monday
        ("2019-06", "06-25", "07-01", WITH_REVIEW),
        ("2019-06", "06-26", "07-01", WITH_REVIEW),  # discovered on Wednesday
        ("2019-06", "06-27", "07-02", NOTICE),
        ("2019-06", "06-28", "07-03", NOTICE),
        ("2019-06", "07-01", "07-05", NOTICE),  # Independence Day
        ("2020-06", "2020-06-16", "2020-06-19", NOTICE),
        ("2020-06", "2020-06-17", "2020-06-29", WITH_REVIEW),
        ("2020-06", "2020-06-24", "2020-06-29", WITH_REVIEW),
        ("2020-06", "2020-06-25", "2020-06-30", NOTICE),
        ("2020-06", "2020-06-26", "2020-07-01", NOTICE),
        ("2022-06", "2022-06-17", "2022-06-23", NOTICE),  # Monday 20 June is closed: due on Thursday
        ("2022-06", "2022-06-16", "2022-06-27", WITH_REVIEW),
        ("2022-03", "2022-02-25", None, None),
        ("2022-03", "2022-02-28", "2022-03-03", NOTICE),
        ("2022-03", "2022-03-17", "2022-03-22", NOTICE),
    ],
)
def test_offering_outcome_by_day_of_discovery(
    review: str, discovered: str, effective: str | None, rule: str | None
) -> None:
    discovered_on = day(discovered)
    assert discovered_on is not None
    found = offering_outcome(Offering("XYZ", discovered_on, review, 1000), days_of(review), SESSIONS)
    assert (found.effective_on, found.rule) == (day(effective), rule)
    assert str(discovered_on) in found.says


def test_offering_outcome_rejects_missing_or_impossible_inputs() -> None:
    with pytest.raises(RefusedError, match="belongs to the review of 2019-09, not 2019-06"):
        offering_outcome(Offering("XYZ", date(2019, 6, 20), "2019-09", 1), JUNE_2019, SESSIONS)
    with pytest.raises(RefusedError, match="the day of the announcement of 2008-03 is not known"):
        offering_outcome(Offering("XYZ", date(2008, 3, 17), "2008-03", 1), days_of("2008-03"), SESSIONS)
    with pytest.raises(RefusedError, match="the number of shares that XYZ offers is 0, but must be greater than 0"):
        Offering("XYZ", date(2019, 6, 20), "2019-06", 0)
    with pytest.raises(ValueError, match="'June' is no review"):
        Offering("XYZ", date(2019, 6, 20), "June", 1)


@given(st.sampled_from(list(reviews_between(2019, 2030))), st.integers(0, 40))
def test_offering_outcome_is_never_early_on_a_closed_session_or_on_held_back_days(review: str, after: int) -> None:
    days = days_of(review)
    assert days.announced_on is not None
    discovered = days.announced_on + timedelta(days=1 + after)
    found = offering_outcome(Offering("XYZ", discovered, review, 1), days, SESSIONS)
    assert found.effective_on is not None
    assert SESSIONS.is_session(found.effective_on)
    assert found.effective_on > discovered
    assert not 2 <= (days.implemented_on - found.effective_on).days <= 4  # implementation is on a Friday here
    assert found.effective_on == (days.effective_on if found.rule == WITH_REVIEW else SESSIONS.shift(discovered, 3))
    if days.implemented_on - timedelta(days=1) <= discovered <= days.implemented_on:
        assert found.effective_on > days.effective_on


def test_reviews_from_2019_to_2030_are_implemented_on_fridays() -> None:
    assert {days_of(review).implemented_on.strftime("%A") for review in reviews_between(2019, 2030)} == {"Friday"}
