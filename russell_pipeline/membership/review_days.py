"""The days of one review that the review rules count from, taken from the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.rules import Formula
from russell_pipeline.errors import NoRuleError
from russell_pipeline.membership.review_rules import TWO_WEEKS


@dataclass(frozen=True, slots=True)
class ReviewDays:
    """The days of a review; None if neither a rule nor a document gives one.

    `suspension_on` is two weeks before the nominal day of implementation, rolled to the previous session; from 2023 lock-down
    comes before it. `announced_on` is the day of the announcement, else of the preliminary lists. `ipo_window` includes both
    ends.
    """

    review: str
    implemented_on: date
    effective_on: date
    suspension_on: date
    lock_down_on: date | None = None
    preliminary_on: date | None = None
    rank_on: date | None = None
    announced_on: date | None = None
    ipo_window: tuple[date, date] | None = None
    shares_float_cutoff_on: date | None = None
    icb_cutoff_on: date | None = None
    icb_announced_on: date | None = None


def review_days(
    review: str, calendar: RuleCalendar, published: Mapping[tuple[str, str], date] | None = None
) -> ReviewDays:
    """The days of a review: `published` ones, by review and event, before those of the rules, which count from them.

    A published effective day equal to the day of implementation means its close: the review then holds from the next open.
    Raises ValueError for a malformed review, NoRuleError if nothing dates its implementation, and OutsideCalendarError for
    days beyond the sessions.
    """
    published = published or {}
    calendar = calendar.counting_from(published)

    def day(event: str) -> date | None:
        try:
            return published.get((review, event)) or calendar.day(review, event)
        except NoRuleError:
            return None

    implemented = published.get((review, "implementation")) or calendar.day(review, "implementation")
    effective = published.get((review, "effective"), implemented)
    preliminary = day("preliminary_lists")
    windows = calendar.dates(review, "ipo_window")
    return ReviewDays(
        review,
        implemented,
        effective if effective > implemented else calendar.sessions.next(implemented),
        calendar.evaluate(Formula(event="implementation", days=-TWO_WEEKS.days), review).actual,
        lock_down_on=day("lock_down"),
        preliminary_on=preliminary,
        rank_on=day("rank_day"),
        announced_on=day("announcement") or preliminary,
        ipo_window=next(((one.starts_on, one.ends_on) for one in windows if one.ends_on is not None), None),
        shares_float_cutoff_on=day("shares_float_cutoff"),
        icb_cutoff_on=day("icb_cutoff"),
        icb_announced_on=day("icb_announcement"),
    )
