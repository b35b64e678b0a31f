"""When an offering discovered after the announcement of a review is applied."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.dates.reviews import year_month
from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.review_days import ReviewDays
from russell_pipeline.membership.review_rules import (
    NOTICE_SESSIONS,
    OFFERING_NOTICE,
    OFFERING_WITH_REVIEW,
    Exact,
    Outcome,
    above,
    required,
)

_MONDAY_TO_WEDNESDAY = range(3)


@dataclass(frozen=True, slots=True)
class Offering:
    """A primary or secondary offering, when it was discovered, and the review announced by then.

    Raises RefusedError without a positive number of shares, ValueError for a malformed review.
    """

    symbol: str
    discovered_on: date
    announced_review: str
    shares: Exact

    def __post_init__(self) -> None:
        year_month(self.announced_review)
        above(self.shares, 0, f"the number of shares that {self.symbol} offers")


def offering_outcome(offering: Offering, days: ReviewDays, sessions: Sessions) -> Outcome:
    """When an offering is applied; no rule dates one discovered on or before the day of the announcement.

    Raises RefusedError for the days of another review, or if nothing dates the announcement. Rule: schedule_2019, Equity
    Offerings.
    """
    if offering.announced_review != days.review:
        raise RefusedError(
            f"the offering of {offering.symbol} belongs to the review of {offering.announced_review}, not {days.review}"
        )
    announced_on = required(days.announced_on, f"the day of the announcement of {days.review}")
    discovered = offering.discovered_on
    if discovered <= announced_on:
        return Outcome(
            None,
            None,
            f"discovered on {discovered}, not after the announcement of {days.review} on {announced_on}: no rule dates it",
        )
    due = sessions.shift(discovered, NOTICE_SESSIONS)
    monday = days.implemented_on - timedelta(days=days.implemented_on.weekday())
    held_back = [monday + timedelta(days=n) for n in _MONDAY_TO_WEDNESDAY]
    if discovered in held_back or due in held_back:
        return Outcome(
            days.effective_on,
            OFFERING_WITH_REVIEW.id,
            f"discovered on {discovered:%A} {discovered}, with two days' notice due on {due:%A} {due}: applied with the review "
            f"on {days.effective_on}",
        )
    return Outcome(due, OFFERING_NOTICE.id, f"discovered on {discovered}: applied with two days' notice on {due}")
