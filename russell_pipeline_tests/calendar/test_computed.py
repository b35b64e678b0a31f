"""Protects the computed calendar: recorded published dates, and properties that hold in every year to 2035."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from russell_pipeline.calendar.computed import RuleCalendar, nth_weekday
from russell_pipeline.calendar.model import Confidence
from russell_pipeline.calendar.rules import shipped_rules
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.dates.reviews import reviews_between, shift_review, year_month
from russell_pipeline.errors import NoRuleError, OutsideCalendarError

YEARS = range(2004, 2036)
REVIEWS = list(reviews_between(YEARS[0], YEARS[-1]))
JUNES = [f"{year}-06" for year in YEARS]
PUBLISHED: dict[tuple[str, str], set[date]] = defaultdict(set)
with Path(__file__).with_name("published.csv").open(encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        PUBLISHED[row["review"], row["event"]].add(date.fromisoformat(row["date"]))


@pytest.mark.parametrize(("review", "event"), PUBLISHED)
def test_computed_dates_equal_the_published_ones(calendar: RuleCalendar, review: str, event: str) -> None:
    computed = {one.starts_on for one in calendar.dates(review, event)}
    if event == "updated_lists":  # of some years not every update is on record
        assert PUBLISHED[review, event] <= computed
    else:
        assert PUBLISHED[review, event] == computed


def test_exceptions_are_named_and_nothing_but_exceptions_departs_from_the_rules() -> None:
    """The rank days of 2016 and 2018Q1; 2006, before the clause on the 29th and 30th, is a version of its rule."""
    rules = shipped_rules()
    assert {(found.review, found.event) for found in rules.exceptions} == {
        ("2016-06", "rank_day"),
        ("2018-03", "rank_day"),
    }
    rule, version = next(rules.dating("2006-06", "implementation"))
    assert version.last == "2006-06"
    assert rule.version_for("2007-06") is not version


def test_an_exception_says_so(calendar: RuleCalendar) -> None:
    (found,) = calendar.dates("2018-03", "rank_day")
    assert found.starts_on == date(2018, 2, 14)
    assert found.rule == "exception:rank_day_2018Q1"
    assert found.confidence is Confidence.PUBLISHED
    assert found.moment == "close"


@pytest.mark.parametrize("year", YEARS)
def test_last_friday_of_june_unless_the_29th_or_30th_is_the_fourth_friday(year: int) -> None:
    last = nth_weekday(year, 6, -1, "Friday")
    if last.day in (29, 30):
        last -= timedelta(weeks=1)
    assert last == nth_weekday(year, 6, 4, "Friday")


def test_one_implementation_and_one_effective_date_for_every_review(calendar: RuleCalendar) -> None:
    for review in REVIEWS:
        implemented, effective = calendar.day(review, "implementation"), calendar.day(review, "effective")
        assert (implemented.year, implemented.month) == year_month(review)
        assert effective == calendar.sessions.next(implemented)


def test_nothing_is_scheduled_on_a_closed_session(calendar: RuleCalendar) -> None:
    for review in REVIEWS:
        for one in calendar.dates(review):
            for day in filter(None, (one.starts_on, one.ends_on)):
                assert calendar.sessions.is_session(day), one


def test_every_review_has_its_events_in_order(calendar: RuleCalendar) -> None:
    """The order of the rules file holds for what its rules give, but for final lists of June, after lock-down."""
    for review in REVIEWS:
        dates = defaultdict(list)
        for one in calendar.dates(review):
            dates[one.event].append(one)
        for order in shipped_rules().order:
            if order.after.event == "lock_down" and any(edge.event == "final_lists" for edge in order.before):
                continue
            before = [
                one.ends_on if edge.end == "ends" else one.starts_on
                for edge in order.before
                for one in dates[edge.event]
                if edge.end == "starts" or one.ends_on
            ]
            after = [
                one.ends_on if order.after.end == "ends" else one.starts_on
                for one in dates[order.after.event]
                if order.after.end == "starts" or one.ends_on
            ]
            if before and after:
                assert min(filter(None, before)) <= min(filter(None, after)), (review, order)


def test_ipo_windows_leave_no_session_out_and_put_none_in_two(calendar: RuleCalendar) -> None:
    for review in REVIEWS[6:]:
        quarterly = shipped_rules().held("quarterly", review)
        back = -1 if quarterly else (-2 if review > "2026-06" else -4)
        (window,) = calendar.dates(review, "ipo_window")
        before = calendar.day(shift_review(review, back), "rank_day")
        assert window.starts_on == calendar.sessions.next(before)
        assert window.ends_on == calendar.day(review, "rank_day")


@pytest.mark.parametrize("policy", ["days_before_9", "ground_rules_v1_3"])
def test_the_price_cutoff_is_nine_days_before_implementation_to_2025(calendar: RuleCalendar, policy: str) -> None:
    """For every review to 2025 but June 2006, which was on the fifth Friday."""
    for review in reviews_between(2004, 2025):
        (friday,) = {one.nominal_on for one in calendar.dates(review, "implementation")}
        cutoff = calendar.sessions.on_or_before(friday - timedelta(days=9))
        if review == "2006-06" and policy == "ground_rules_v1_3":
            cutoff -= timedelta(days=7)
        assert calendar.day(review, "price_cutoff", policy) == cutoff


def test_offsets_count_from_the_nominal_friday_before_it_rolls(calendar: RuleCalendar) -> None:
    """Good Friday 2008: implemented on Thursday, price cut-off nine days before Friday, effective on Monday."""
    assert calendar.day("2008-03", "implementation") == date(2008, 3, 20)
    assert calendar.day("2008-03", "price_cutoff") == date(2008, 3, 12)
    assert calendar.day("2008-03", "effective") == date(2008, 3, 24)


def test_a_date_on_a_holiday_rolls_to_the_session_before(calendar: RuleCalendar) -> None:
    assert calendar.day("2024-06", "price_cutoff") == date(2024, 6, 18)
    (lists,) = calendar.dates("2004-06", "preliminary_lists")
    assert (lists.nominal_on, lists.starts_on) == (date(2004, 6, 11), date(2004, 6, 10))


def test_the_reconstitution_of_december_2026(calendar: RuleCalendar) -> None:
    expected = {
        "rank_day": ["2026-10-30"],
        "preliminary_lists": ["2026-11-13"],
        "updated_lists": ["2026-11-20", "2026-11-27", "2026-12-04"],
        "lock_down": ["2026-11-30"],
        "price_cutoff": ["2026-12-02", "2026-12-09"],
        "implementation": ["2026-12-11"],
        "effective": ["2026-12-14"],
    }
    for event, days in expected.items():
        assert [str(one.starts_on) for one in calendar.dates("2026-12", event)] == days
    assert calendar.day("2026-12", "price_cutoff", "days_before_9") == date(2026, 12, 2)
    assert calendar.day("2026-12", "price_cutoff", "ground_rules_v1_3") == date(2026, 12, 9)
    with pytest.raises(ValueError, match="name a policy"):
        calendar.day("2026-12", "price_cutoff")


def test_a_computed_date_says_which_rule_and_version_gave_it_and_how_sure_it_is(calendar: RuleCalendar) -> None:
    (found,) = calendar.dates("2024-06", "rank_day")
    assert found.rule == "june_rank_day@2023-06"
    assert (found.valid_from, found.valid_to) == ("2023-06", None)
    assert found.confidence is Confidence.PUBLISHED
    assert "April" in found.says
    (inferred,) = calendar.dates("2020-06", "rank_day")
    assert (inferred.confidence, inferred.valid_to) == (Confidence.INFERRED, "2022-06")


def test_rules_count_from_a_published_date_where_one_is_given(calendar: RuleCalendar) -> None:
    moved = calendar.counting_from({("2022-06", "implementation"): date(2022, 7, 1)})
    assert moved.day("2022-06", "lock_down") == date(2022, 6, 17)  # 20 June 2022 is Juneteenth, observed
    assert moved.day("2022-06", "effective") == date(2022, 7, 5)
    assert moved.day("2022-06", "implementation") == date(2022, 6, 24)
    assert moved.day("2022-09", "implementation") == date(2022, 9, 16)


def test_what_no_rule_dates_is_an_error_and_what_is_no_review_is_refused(calendar: RuleCalendar) -> None:
    with pytest.raises(NoRuleError, match="preliminary_shares of 2022-03"):
        calendar.day("2022-03", "preliminary_shares")
    for wrong in ("2022-05", "2022", "June 2022", "2022-6"):
        with pytest.raises(ValueError, match="review"):
            calendar.dates(wrong)


def test_a_year_that_the_sessions_do_not_reach_is_an_error() -> None:
    calendar = RuleCalendar(nyse_sessions(date(2020, 1, 1), date(2023, 12, 31)))
    with pytest.raises(OutsideCalendarError):
        calendar.dates("2024-06")
