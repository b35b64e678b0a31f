"""The days of a simulated year: its sessions and its reviews, by the rules of the review calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from russell_pipeline.calendar.computed import RuleCalendar, nth_weekday, reviews_of_year
from russell_pipeline.dates.reviews import year_month


@dataclass(frozen=True, slots=True)
class Review:
    """A review in sessions of its year, counted from 0.

    `cutoffs` are the first and the last price cut-off over all policies; `name` is the name of its component files.
    """

    name: str
    reconstitution: bool
    rank: int
    cutoffs: tuple[int, int]
    implemented: int

    @property
    def window(self) -> range:
        """The sessions after the first price cut-off, up to the one on which the review is effective."""
        return range(self.cutoffs[0] + 1, self.implemented + 2)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The sessions and reviews of one year."""

    sessions: tuple[date, ...]
    reviews: tuple[Review, ...]

    @property
    def cutoffs(self) -> list[int]:
        """The first and the last price cut-off of each review, as numbers of sessions of the year from 0."""
        return [cutoff for review in self.reviews for cutoff in review.cutoffs]


def schedule(year: int, calendar: RuleCalendar) -> Schedule:
    """The schedule of a year. Raises OutsideCalendarError if the calendar's sessions do not cover it."""
    sessions = calendar.sessions.between(date(year, 1, 1), date(year, 12, 31))
    place = {day: n for n, day in enumerate(sessions)}

    def dated(review: str) -> Review:
        reconstitution = not calendar.rules.held("quarterly", review)
        cutoffs = sorted({one.starts_on for one in calendar.dates(review, "price_cutoff")})
        if cutoffs:
            implemented = calendar.day(review, "implementation")
            rank = calendar.day(review, "rank_day")
            ends = (place[cutoffs[0]], place[cutoffs[-1]])
            return Review(review, reconstitution, place[rank], ends, place[implemented])
        # Before the first rule: a component file is named by its date, and the close of that date weighs it.
        _, month = year_month(review)
        implemented = calendar.sessions.on_or_before(nth_weekday(year, month, -1 if month == 6 else 3, "Friday"))
        rank = calendar.sessions.on_or_before(implemented - timedelta(days=28))
        day = place[implemented]
        return Review(implemented.isoformat(), reconstitution, place[rank], (day, day), day)

    return Schedule(tuple(sessions), tuple(map(dated, reviews_of_year(year))))
