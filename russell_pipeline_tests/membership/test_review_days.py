"""Protects the days that the review rules count from: derived from the calendar, for every review, published days first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.rules import shipped_rules
from russell_pipeline.dates.reviews import reviews_between
from russell_pipeline.errors import NoRuleError
from russell_pipeline.membership.review_days import review_days
from russell_pipeline.membership.review_rules import RULES
from russell_pipeline_tests.membership.reviews import CALENDAR, JUNE_2019, SESSIONS, days_of


def test_review_days_of_june_2019_are_those_of_its_schedule() -> None:
    assert days_of("2019-06") == JUNE_2019


@pytest.mark.parametrize(
    ("review", "implemented", "effective", "suspension", "lock_down", "preliminary"),
    [
        ("2008-03", "2008-03-20", "2008-03-24", "2008-03-07", None, None),  # Good Friday: counts from the nominal 21st
        ("2018-06", "2018-06-22", "2018-06-25", "2018-06-08", None, "2018-06-08"),
        ("2020-06", "2020-06-26", "2020-06-29", "2020-06-12", "2020-06-15", "2020-06-05"),
        ("2022-03", "2022-03-18", "2022-03-21", "2022-03-04", "2022-03-07", "2022-02-25"),
        ("2022-06", "2022-06-24", "2022-06-27", "2022-06-10", "2022-06-13", "2022-06-03"),
        ("2022-09", "2022-09-16", "2022-09-19", "2022-09-02", "2022-09-02", "2022-08-26"),  # lock-down on Labor Day
        ("2023-06", "2023-06-23", "2023-06-26", "2023-06-09", "2023-06-05", "2023-05-19"),  # lock-down before S
        ("2026-12", "2026-12-11", "2026-12-14", "2026-11-27", "2026-11-30", "2026-11-13"),
    ],
)
def test_review_days_of_other_reviews(
    *, review: str, implemented: str, effective: str, suspension: str, lock_down: str | None, preliminary: str | None
) -> None:
    days = days_of(review)
    found = (days.implemented_on, days.effective_on, days.suspension_on, days.lock_down_on, days.preliminary_on)
    expected = (implemented, effective, suspension, lock_down, preliminary)
    assert tuple(one and one.isoformat() for one in found) == expected


@pytest.mark.parametrize("review", list(reviews_between(2004, 2031)))
def test_review_days_are_sessions_in_order(review: str) -> None:
    days = days_of(review)
    assert days.suspension_on < days.implemented_on < days.effective_on == SESSIONS.next(days.implemented_on)
    assert timedelta(days=13) <= days.implemented_on - days.suspension_on <= timedelta(days=17)
    assert SESSIONS.is_session(days.suspension_on)
    if days.preliminary_on is not None:
        assert days.preliminary_on <= days.suspension_on


def test_review_days_take_published_days_first_and_count_from_them() -> None:
    published = {
        ("2019-06", "implementation"): date(2019, 6, 21),
        ("2019-06", "preliminary_lists"): date(2019, 6, 3),
    }
    days = review_days("2019-06", CALENDAR, published)
    assert days.effective_on == date(2019, 6, 24)
    assert days.suspension_on == date(2019, 6, 7)
    assert days.lock_down_on == date(2019, 6, 10)
    assert days.preliminary_on == days.announced_on == date(2019, 6, 3)


@pytest.mark.parametrize(
    ("stated", "effective"), [("2019-06-28", "2019-07-01"), ("2019-07-01", "2019-07-01"), ("2019-07-02", "2019-07-02")]
)
def test_review_days_take_an_effective_day_on_implementation_as_its_close(stated: str, effective: str) -> None:
    published = {("2019-06", "effective"): date.fromisoformat(stated)}
    assert review_days("2019-06", CALENDAR, published).effective_on == date.fromisoformat(effective)


def test_review_days_of_a_quarterly_review_have_its_own_announcement() -> None:
    days = review_days("2022-03", CALENDAR, {("2022-03", "preliminary_lists"): date(2022, 3, 1)})
    assert (days.announced_on, days.preliminary_on) == (date(2022, 2, 25), date(2022, 3, 1))


def test_review_days_reject_a_review_without_implementation() -> None:
    with pytest.raises(NoRuleError, match="no rule dates implementation of 2003-06"):
        review_days("2003-06", RuleCalendar(SESSIONS))


def test_rules_have_unique_ids_sentences_and_known_documents() -> None:
    assert len(RULES) == 19
    for name, rule in RULES.items():
        assert name == rule.id
        assert rule.says
        assert rule.source.startswith(tuple(shipped_rules().sources))
