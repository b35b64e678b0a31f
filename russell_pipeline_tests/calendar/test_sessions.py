"""Protects the session calendar: known closures, early closes, steps, honest bounds, the round trip of its table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.calendar.sessions import OF_ROWS, Sessions, nyse_sessions, sessions_from_rows
from russell_pipeline.errors import OutsideCalendarError


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2008, 3, 21), "Good Friday"),
        (date(2022, 9, 5), "Labor Day"),
        (date(2024, 6, 19), "Juneteenth National Independence Day"),
        (date(2022, 2, 12), "Saturday"),
        (date(2001, 9, 11), "unscheduled closure"),
        (date(2004, 6, 11), "unscheduled closure"),
        (date(2012, 10, 30), "unscheduled closure"),
        (date(2025, 1, 9), "unscheduled closure"),
    ],
)
def test_known_closures(sessions: Sessions, day: date, why: str) -> None:
    assert not sessions.is_session(day)
    assert sessions.why_closed(day) == why


@pytest.mark.parametrize("day", [date(2022, 11, 11), date(2021, 6, 18), date(2019, 6, 28)])
def test_bank_holidays_on_which_the_exchange_trades_are_sessions(sessions: Sessions, day: date) -> None:
    assert sessions.is_session(day)
    assert sessions.why_closed(day) is None


def test_the_day_after_thanksgiving_is_a_session_that_closes_early(sessions: Sessions) -> None:
    assert sessions.is_session(date(2022, 11, 25))
    assert sessions.closes_early(date(2022, 11, 25))
    assert not sessions.closes_early(date(2022, 11, 23))


def test_steps_over_a_holiday_weekend(sessions: Sessions) -> None:
    friday, labor_day, tuesday = date(2022, 9, 2), date(2022, 9, 5), date(2022, 9, 6)
    assert sessions.next(friday) == tuesday
    assert sessions.previous(labor_day) == friday
    assert sessions.on_or_before(labor_day) == friday
    assert sessions.on_or_after(labor_day) == tuesday
    assert sessions.shift(friday, 2) == date(2022, 9, 7)
    assert sessions.shift(tuesday, -1) == friday
    assert sessions.shift(labor_day, 0) == labor_day
    assert sessions.between(friday, tuesday) == [friday, tuesday]
    assert sessions.between(tuesday, friday) == []


@given(st.dates(date(1991, 1, 1), date(2036, 12, 31)))
def test_next_and_previous_are_inverse_on_sessions(day: date) -> None:
    sessions = nyse_sessions(last=date(2037, 12, 31))
    following = sessions.next(day)
    assert sessions.is_session(following)
    assert not any(sessions.is_session(day + timedelta(n)) for n in range(1, (following - day).days))
    assert sessions.previous(following) == sessions.on_or_before(day)


def test_a_day_that_is_not_covered_is_an_error_and_names_the_bounds(sessions: Sessions) -> None:
    with pytest.raises(OutsideCalendarError, match="1990-01-01 to 2037-12-31"):
        sessions.is_session(date(2050, 1, 3))
    with pytest.raises(OutsideCalendarError):
        sessions.previous(sessions.first)


def test_the_default_range_reaches_five_years_ahead() -> None:
    assert nyse_sessions().last >= date(date.today().year + 5, 12, 31)


def of_table(rows: Iterable[dict[str, Any]]) -> list[Any]:
    return [tuple(row[column] for column in OF_ROWS) for row in rows]


def test_rows_of_the_table_give_the_same_sessions_back() -> None:
    sessions = nyse_sessions(date(2021, 1, 1), date(2022, 12, 31))
    rows = list(sessions.rows(sessions.first, sessions.last))
    assert [row["date"] for row in rows] == [sessions.first + timedelta(n) for n in range(730)]
    labor_day = next(row for row in rows if row["date"] == date(2022, 9, 5))
    assert labor_day == {
        "date": date(2022, 9, 5),
        "is_session": False,
        "closes_early": False,
        "previous_session": date(2022, 9, 2),
        "next_session": date(2022, 9, 6),
        "holiday": "Labor Day",
    }
    assert rows[0]["previous_session"] is None
    assert sessions_from_rows(reversed(of_table(rows))) == sessions


def test_a_table_with_missing_days_is_refused() -> None:
    rows = of_table(nyse_sessions(date(2021, 1, 1), date(2021, 12, 31)).rows(date(2021, 1, 1), date(2021, 12, 31)))
    with pytest.raises(ValueError, match="lack 1 day"):
        sessions_from_rows(rows[:100] + rows[101:])
    with pytest.raises(ValueError, match="empty"):
        sessions_from_rows([])


def test_the_calendar_does_not_cost_pandas_where_the_table_of_sessions_is_at_hand() -> None:
    """A year's calendar prints at once: only `nyse_sessions` imports the calendar library."""
    program = (
        "import sys, datetime\n"
        "from russell_pipeline.calendar import audit, rows\n"
        "from russell_pipeline.calendar.computed import RuleCalendar, reviews_of_year\n"
        "from russell_pipeline.calendar.sessions import Sessions\n"
        "sessions = Sessions(datetime.date(2020, 1, 1), datetime.date(2023, 12, 31), {}, frozenset())\n"
        "assert rows.calendar_rows(reviews_of_year(2022), {}, RuleCalendar(sessions))\n"
        "assert not {'pandas', 'exchange_calendars', 'icalendar'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
