"""Protects the checks of a document's own rules against its dates."""

from __future__ import annotations

from datetime import date

import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.model import CalendarFinding
from russell_pipeline.calendar.rule_checks import audit_rules
from russell_pipeline.calendar.statements import Schedule, Statements
from russell_pipeline.dates.stated import StatedDate, StatedRule
from russell_pipeline_tests.calendar.schedules import rule, stated

RANK_DAYS = [
    stated("rank_day", "2022-03", "2022-02-11"),
    stated("rank_day", "2022-09", "2022-08-12"),
    stated("rank_day", "2022-12", "2022-11-11"),
]
EFFECTIVE = [
    stated("effective", "2022-03", "2022-03-21", moment="open"),
    stated("effective", "2022-06", "2022-06-27", moment="open"),
    stated("effective", "2022-09", "2022-09-19", moment="open"),
    stated("effective", "2022-12", "2022-12-19", moment="open"),
]


def checked(calendar: RuleCalendar, dates: list[StatedDate], *rules: StatedRule) -> list[CalendarFinding]:
    return audit_rules(Schedule(Statements(dates), rules, calendar, "document"))


@pytest.mark.parametrize(
    "parts",
    [
        {"ordinal": 2, "weekday": "Friday", "months": (2, 8, 11)},
        {"anchor": "implementation", "offset": -5, "unit": "weeks", "weekday": "Friday"},
        {"anchor": "implementation", "offset": -35, "unit": "calendar_days"},
        {"anchor": "implementation", "offset": -35, "unit": "days"},  # the printed dates settle the basis
        {"anchor": "rank_day"},
    ],
)
def test_a_rule_that_gives_its_dates_is_silent(calendar: RuleCalendar, parts: dict[str, object]) -> None:
    """Implementation is implied by the effective dates, a session before them."""
    assert not checked(calendar, [*RANK_DAYS, *EFFECTIVE], rule("rank_day", "rule", "5.0", 9, **parts))


def test_a_rule_counted_from_the_wrong_day_is_one_finding_for_all_reviews(calendar: RuleCalendar) -> None:
    """However often it is printed; the explanation says from where it would hold."""
    five_weeks = {"anchor": "effective", "offset": -5, "unit": "weeks", "weekday": "Friday"}
    rules = [
        rule("rank_day", "five weeks before effective", "3.0", line, reviews=(review,), **five_weeks)
        for line, review in ((30, "2022-03"), (34, "2022-09"), (38, "2022-12"))
    ]
    (found,) = checked(calendar, [*RANK_DAYS, *EFFECTIVE], *rules)
    assert (found.kind, found.review, found.event) == ("rule_against_date", "2022-03", "rank_day")
    assert found.published == "2022-02-11, 2022-08-12, 2022-11-11"
    assert found.computed == "2022-02-14, 2022-08-15, 2022-11-14"
    assert found.other_line == 30
    assert "Mon 14 Feb 2022 is not a Friday" in found.explanation
    assert "holds from implementation" in found.explanation


def test_a_friday_for_an_effective_date_that_is_a_monday(calendar: RuleCalendar) -> None:
    third_friday = {"ordinal": 3, "weekday": "Friday", "months": (3, 9, 12)}
    (found,) = checked(calendar, EFFECTIVE, rule("effective", "third Friday", "5.0", 9, **third_friday))
    assert found.computed == "2022-03-18, 2022-09-16, 2022-12-16"
    assert "names implementation" in found.explanation
    for right in (
        rule("effective", "after the close on the third Friday", "5.0", 9, moment="after_close", **third_friday),
        rule("effective", "Monday after the third Friday", "5.0", 9, next_weekday="Monday", **third_friday),
        rule("implementation", "third Friday", "5.0", 9, **third_friday),
    ):
        assert not checked(calendar, EFFECTIVE, right)


def test_a_rule_without_months_or_reviews_is_for_those_that_its_section_dates(calendar: RuleCalendar) -> None:
    """The third Friday of the month is said of the quarterly reviews of section 5.0, not of June."""
    quarterly = [
        stated("effective", review, day, section="5.0")
        for review, day in (("2022-03", "2022-03-21"), ("2022-09", "2022-09-19"), ("2022-12", "2022-12-19"))
    ]
    monday = rule("effective", "Monday", "5.0", 9, ordinal=3, weekday="Friday", next_weekday="Monday")
    assert not checked(calendar, [*EFFECTIVE, *quarterly], monday)
    (found,) = checked(calendar, EFFECTIVE, monday)
    assert found.review == "2022-06"


def test_a_rule_that_names_months_is_for_their_reviews_wherever_these_are_dated(calendar: RuleCalendar) -> None:
    september = stated("rank_day", "2022-09", "2022-08-15")
    dates = [*RANK_DAYS[:1], september, stated("rank_day", "2022-03", "2022-02-11", section="5.0")]
    second_friday = rule("rank_day", "second Friday", "5.0", 9, ordinal=2, weekday="Friday", months=(2, 8, 11))
    (found,) = checked(calendar, dates, second_friday)
    assert (found.review, found.computed) == ("2022-09", "2022-08-12")


@pytest.mark.parametrize(("year", "friday"), [(2022, "2022-06-24"), (2023, "2023-06-23"), (2018, "2018-06-22")])
def test_the_last_friday_unless_the_29th_or_30th(calendar: RuleCalendar, year: int, friday: str) -> None:
    last = rule(
        "implementation", "last Friday", "6.0", 9, ordinal=-1, weekday="Friday", months=(6,), unless_on=(29, 30)
    )
    assert not checked(calendar, [stated("implementation", f"{year}-06", friday)], last)
    late = date.fromisoformat(friday).replace(day=29).isoformat()
    (found,) = checked(calendar, [stated("implementation", f"{year}-06", late)], last)
    assert found.computed == friday


def test_a_rule_for_an_event_that_no_row_dates(calendar: RuleCalendar) -> None:
    wednesday = rule(
        "icb_announcement", "Wednesday", "2.0", 9,
        ordinal=2, weekday="Friday", months=(2, 8, 11), next_weekday="Wednesday",
    )  # fmt: skip
    (found,) = checked(calendar, RANK_DAYS, wednesday)
    assert (found.kind, found.review, found.event) == ("rule_without_date", "2022-03", "icb_announcement")
    assert found.computed == "2022-02-16, 2022-08-17, 2022-11-16"
    printed = stated("icb_announcement", "2022-03", "2022-02-16")
    assert not checked(calendar, [*RANK_DAYS, printed], wednesday)


def test_a_rule_on_a_day_that_the_schedule_carries_needs_no_row(calendar: RuleCalendar) -> None:
    assert not checked(calendar, RANK_DAYS, rule("icb_cutoff", "rank day", "2.0", 9, anchor="rank_day"))


def test_a_rule_that_nothing_can_be_computed_from_is_silent(calendar: RuleCalendar) -> None:
    """An anchor that is not dated, a fifth Friday that the month does not have, words without a base."""
    fifth = {"ordinal": 5, "weekday": "Friday", "months": (2,)}
    for parts in ({"anchor": "lock_down", "offset": -1, "unit": "weeks"}, fifth, {}):
        assert not checked(calendar, RANK_DAYS, rule("icb_announcement", "rule", "2.0", 9, **parts))


class TestUnsettled:
    """Rules of 2019 that nothing printed settles."""

    IMPLEMENTED = stated("implementation", "2019-06", "2019-06-28", section="timetable")
    AT_THE_OPEN = stated("effective", "2019-06", "2019-07-01", section="summary", line=38)
    AT_THE_CLOSE = stated("effective", "2019-06", "2019-06-28", section="introduction", line=10)

    def test_sessions_counted_from_a_date_that_is_two_days(self, calendar: RuleCalendar) -> None:
        two_sessions = rule(
            None, "T+2 after effective", "suspensions", 42, anchor="effective", offset=2, unit="sessions"
        )
        (found,) = checked(calendar, [self.IMPLEMENTED, self.AT_THE_OPEN, self.AT_THE_CLOSE], two_sessions)
        assert (found.kind, found.computed) == ("ambiguous_anchor", "2019-07-02, 2019-07-03")
        assert not checked(calendar, [self.IMPLEMENTED, self.AT_THE_OPEN], two_sessions)

    def test_days_without_a_basis(self, calendar: RuleCalendar) -> None:
        sixty = {"anchor_on": date(2019, 6, 7), "offset": -60}
        (found,) = checked(calendar, [self.IMPLEMENTED], rule(None, "60 or more days", "a", 46, unit="days", **sixty))
        assert (found.kind, found.computed) == ("day_basis", "2019-04-08, 2019-03-13")
        for unit in ("calendar_days", "sessions"):
            assert not checked(calendar, [self.IMPLEMENTED], rule(None, "60 days", "a", 46, unit=unit, **sixty))

    def test_days_without_a_basis_that_come_to_the_same_day_are_silent(self, calendar: RuleCalendar) -> None:
        one_day = rule(None, "a day before", "a", 46, anchor_on=date(2019, 6, 7), offset=-1, unit="days")
        assert not checked(calendar, [self.IMPLEMENTED], one_day)

    def test_notice_that_is_subsequent_only_with_one_day_more(self, calendar: RuleCalendar) -> None:
        """Two days after Thursday 27 June 2019 is Monday 1 July, the effective date itself."""
        notice = {
            "anchor": "implementation",
            "anchor_weekdays": ("Thursday", "Friday"),
            "unit": "days",
            "after": "implementation",
        }
        dates = [self.IMPLEMENTED, self.AT_THE_OPEN]
        (found,) = checked(calendar, dates, rule(None, "two days' notice", "offerings", 48, offset=2, **notice))
        assert found.kind == "day_basis"
        assert "only if the open of D+3 is meant" in found.explanation
        assert "Thu 27 Jun 2019" in found.explanation
