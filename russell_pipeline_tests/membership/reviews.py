"""Reviews for the tests of their rules: the days of any, and those of June 2019 by the letters of the decision tables."""

from __future__ import annotations

from datetime import date
from functools import cache

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.membership.review_days import ReviewDays, review_days

SESSIONS = nyse_sessions(date(2000, 1, 1), date(2032, 12, 31))
CALENDAR = RuleCalendar(SESSIONS)


@cache
def days_of(review: str) -> ReviewDays:
    """The days of a review as the rules give them."""
    return review_days(review, CALENDAR)


JUNE_2019 = ReviewDays(
    "2019-06",
    implemented_on=date(2019, 6, 28),
    effective_on=date(2019, 7, 1),
    suspension_on=date(2019, 6, 14),
    lock_down_on=date(2019, 6, 17),
    preliminary_on=date(2019, 6, 7),
    rank_on=date(2019, 5, 10),
    announced_on=date(2019, 6, 7),
    ipo_window=(date(2018, 5, 14), date(2019, 5, 10)),
    shares_float_cutoff_on=date(2019, 5, 10),
)


def day(text: str | None) -> date | None:
    """A day of 2019 written MM-DD, or any written YYYY-MM-DD."""
    if text is None:
        return None
    return date.fromisoformat(text if len(text) == 10 else f"2019-{text}")
