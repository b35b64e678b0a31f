"""Protects the checks of a document's dates against each other: what each finds, and what it must not find."""

from __future__ import annotations

from datetime import date

import pytest

from russell_pipeline.calendar import date_checks
from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.model import CalendarFinding
from russell_pipeline.calendar.statements import Schedule, Statements
from russell_pipeline.dates.stated import StatedDate
from russell_pipeline_tests.calendar.schedules import stated


def schedule(calendar: RuleCalendar, *dates: StatedDate) -> Schedule:
    return Schedule(Statements(dates), (), calendar, "document")


def kinds(findings: list[CalendarFinding]) -> list[tuple[str, str | None, str | None]]:
    return [(one.kind, one.review, one.event) for one in findings]


def test_a_weekday_that_the_date_does_not_have_is_found_once(calendar: RuleCalendar) -> None:
    wrong = stated("rank_day", "2019-06", "2019-05-10", weekday="Thursday")
    right = stated("lock_down", "2019-06", "2019-06-17", weekday="Monday")
    short = stated("icb_announcement", "2022-03", "2022-02-16", weekday="Weds")
    (found,) = date_checks.weekdays(schedule(calendar, wrong, right, short, wrong))
    assert (found.kind, found.published, found.computed) == ("weekday", "2019-05-10", "2019-05-10")
    assert "Fri 10 May 2019" in found.explanation


def test_two_dates_for_one_event_are_one_finding_with_both_places(calendar: RuleCalendar) -> None:
    table = stated("rank_day", "2022-03", "2022-02-11", line=10)
    prose = [stated("rank_day", "2022-03", "2022-02-12", section="3.0 Cut-offs", line=line) for line in (40, 44)]
    (found,) = date_checks.repeats(schedule(calendar, *prose, table))
    assert (found.kind, found.line, found.other_line, found.document_id) == ("text_against_table", 10, 40, "document")
    assert "section 3.0, page 1, line 44" in found.explanation
    assert "Sat 12 Feb 2022 is a Saturday" in found.explanation


def test_a_date_that_is_repeated_or_completed_is_no_contradiction(calendar: RuleCalendar) -> None:
    """The same date again, and a span whose start was printed alone before."""
    dates = [
        stated("preliminary_shares", "2019-06", "2019-05-24", section="timetable"),
        stated("preliminary_shares", "2019-06", "2019-05-24 2019-06-07", section="timetable"),
        stated("preliminary_shares", "2019-06", "2019-05-24", section="summary"),
    ]
    assert not list(date_checks.repeats(schedule(calendar, *dates)))


def test_updates_are_several_dates_of_one_event(calendar: RuleCalendar) -> None:
    """All dates of the schedule hold; prose that names one of them agrees, prose that names another does not."""
    updates = [stated("updated_lists", "2022-06", day) for day in ("2022-06-10", "2022-06-17")]
    assert not list(date_checks.repeats(schedule(calendar, *updates)))
    agreeing = stated("updated_lists", "2022-06", "2022-06-17", section="3.0")
    assert not list(date_checks.repeats(schedule(calendar, *updates, agreeing)))
    other = stated("updated_lists", "2022-06", "2022-06-16", section="3.0")
    assert kinds(list(date_checks.repeats(schedule(calendar, *updates, other)))) == [
        ("text_against_table", "2022-06", "updated_lists")
    ]


def test_effective_for_a_close_and_for_the_next_open_is_its_own_kind(calendar: RuleCalendar) -> None:
    dates = [
        stated("effective", "2019-06", "2019-06-28", section="introduction", line=5),
        stated("effective", "2019-06", "2019-07-01", section="summary", moment="open", line=40),
    ]
    (found,) = date_checks.repeats(schedule(calendar, *dates))
    assert (found.kind, found.line, found.other_line) == ("effective_two_days", 40, 5)


@pytest.mark.parametrize(
    ("starts_on", "expected"),
    [
        ("2022-08-12", "window_overlap"),
        ("2022-08-13", None),  # the calendar day after the rank day, a Saturday: the same sessions
        ("2022-08-15", None),
        ("2022-08-16", "window_gap"),
        ("2022-08-22", "window_gap"),
    ],
)
def test_windows_of_quarterly_reviews_abut_in_sessions(
    calendar: RuleCalendar, starts_on: str, expected: str | None
) -> None:
    september = stated("ipo_window", "2022-09", "2022-05-09 2022-08-12", line=1)
    december = stated("ipo_window", "2022-12", f"{starts_on} 2022-11-11", line=2)
    found = list(date_checks.windows(schedule(calendar, september, december)))
    assert [one.kind for one in found] == ([expected] if expected else [])
    if starts_on == "2022-08-16":
        assert "Mon 15 Aug 2022 is in no window" in found[0].explanation
        assert (found[0].line, found[0].other_line) == (2, 1)


def test_the_annual_window_of_june_follows_that_of_the_june_before(calendar: RuleCalendar) -> None:
    """It overlaps the quarterly ones by design, and 10 May 2021 beside 9 May 2022 are two different years."""
    march = stated("ipo_window", "2022-03", "2021-11-15 2022-02-11")
    june = stated("ipo_window", "2022-06", "2021-05-10 2022-05-06")
    september = stated("ipo_window", "2022-09", "2022-05-09 2022-08-12")
    assert not list(date_checks.windows(schedule(calendar, march, june, september)))
    before = stated("ipo_window", "2021-06", "2020-05-11 2021-05-06")
    assert kinds(list(date_checks.windows(schedule(calendar, before, june)))) == [
        ("window_gap", "2021-06", "ipo_window")  # whose end, not the start of the next, is off its rule
    ]


def test_of_two_windows_that_overlap_the_one_off_its_rule_is_named(calendar: RuleCalendar) -> None:
    september = stated("ipo_window", "2022-09", "2022-05-09 2022-08-15", line=1)
    december = stated("ipo_window", "2022-12", "2022-08-15 2022-11-11", line=2)
    (found,) = date_checks.windows(schedule(calendar, september, december))
    assert (found.review, found.kind, found.line, found.other_line) == ("2022-09", "window_overlap", 1, 2)
    assert "Mon 15 Aug 2022 is in both" in found.explanation


def test_a_window_also_follows_a_rank_day_where_no_window_is_printed(calendar: RuleCalendar) -> None:
    rank_day = stated("rank_day", "2022-09", "2022-08-12")
    december = stated("ipo_window", "2022-12", "2022-08-17 2022-11-11")
    (found,) = date_checks.windows(schedule(calendar, rank_day, december))
    assert "Mon 15 Aug 2022 to Tue 16 Aug 2022 are in no window" in found.explanation


@pytest.mark.parametrize(
    ("dates", "closed"),
    [
        (stated("lock_down", "2022-09", "2022-09-05", moment="open"), ["Labor Day"]),
        (stated("query_period", "2022-09", "2022-08-29 2022-09-05"), ["Labor Day"]),
        (stated("query_period", "2022-09", "2022-09-04 2022-09-10"), ["a Sunday", "a Saturday"]),
        (stated("ipo_window", "2018-12", "2018-08-18 2018-11-16"), []),  # rank day + 1, a Saturday
        (stated("rank_day", "2022-12", "2022-11-11"), []),  # Veterans Day: the exchange is open
        (stated("preliminary_lists", "2022-12", "2022-11-25"), []),  # the exchange closes early
    ],
)
def test_dates_on_a_closed_exchange(calendar: RuleCalendar, dates: StatedDate, closed: list[str]) -> None:
    found = list(date_checks.closed_days(schedule(calendar, dates)))
    assert [one.kind for one in found] == ["closed_session"] * len(closed)
    for one, why in zip(found, closed, strict=True):
        assert why in one.explanation


def test_order_is_found_once_and_compared_with_the_other_reviews(calendar: RuleCalendar) -> None:
    dates = [
        stated("final_lists", "2022-03", "2022-03-04"),
        stated("lock_down", "2022-03", "2022-03-07"),
        stated("final_lists", "2022-06", "2022-06-17", line=4),
        stated("lock_down", "2022-06", "2022-06-13", line=5),
    ]
    (found,) = date_checks.order(schedule(calendar, *dates))
    assert (found.kind, found.review, found.event, found.other_event) == (
        "order",
        "2022-06",
        "lock_down",
        "final_lists",
    )
    assert (found.line, found.other_line) == (5, 4)
    assert "In 2022-03 this document has the order right" in found.explanation


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        ([stated("query_period", "2022-06", "2022-05-20 2022-06-10")], False),  # nothing to hold it against
        (
            [
                stated("query_period", "2022-06", "2022-05-20 2022-06-10"),
                stated("preliminary_lists", "2022-06", "2022-06-03"),
            ],
            True,
        ),
        (
            [
                stated("query_period", "2019-06", "2019-05-24 2019-06-07"),
                stated("preliminary_lists", "2019-06", "2019-06-07"),
                stated("preliminary_shares", "2019-06", "2019-05-24"),
            ],
            False,
        ),
    ],
)
def test_queries_open_with_the_first_data_that_is_released(
    calendar: RuleCalendar, dates: list[StatedDate], found: bool
) -> None:
    assert bool(list(date_checks.order(schedule(calendar, *dates)))) is found


def test_data_must_be_issued_as_long_as_it_is_queried(calendar: RuleCalendar) -> None:
    queries = stated("query_period", "2019-06", "2019-05-24 2019-06-14", line=2)
    short = stated("preliminary_shares", "2019-06", "2019-05-24 2019-06-07", line=1)
    (found,) = date_checks.order(schedule(calendar, queries, short))
    assert (found.event, found.line, found.other_line) == ("preliminary_shares", 1, 2)
    whole = stated("preliminary_shares", "2019-06", "2019-05-24 2019-06-14")
    assert not list(date_checks.order(schedule(calendar, queries, whole)))


def test_one_reading_in_the_right_order_is_enough_but_every_update_must_be(calendar: RuleCalendar) -> None:
    """A date that is printed twice is a contradiction of its own, not one of order too."""
    dates = [
        stated("implementation", "2019-06", "2019-06-28"),
        stated("effective", "2019-06", "2019-06-28", section="introduction"),
        stated("effective", "2019-06", "2019-07-01"),
    ]
    assert not list(date_checks.order(schedule(calendar, *dates)))
    updates = [stated("updated_lists", "2022-06", day) for day in ("2022-06-10", "2022-06-20")]
    final = stated("final_lists", "2022-06", "2022-06-17")
    (found,) = date_checks.order(schedule(calendar, *updates, final))
    assert (found.event, found.other_event) == ("final_lists", "updated_lists")
    assert date(2022, 6, 20).strftime("%d %b") in found.explanation
