"""Which review years the lake has partitions for, and for which of them the rules give dates."""

from __future__ import annotations

from datetime import date

from russell_pipeline.calendar.sessions import FIRST, YEARS_AHEAD

FIRST_YEAR = FIRST.year  # before it nobody says which days are sessions
FIRST_RULED_YEAR = 2004


def last_year() -> int:
    """The last year of every partitioned table. It moves once a year, so that two runs of one year make the same."""
    return date.today().year + YEARS_AHEAD


def in_reach(year: int | None) -> int | None:
    """A year, or None where no partition is for it."""
    return year if year is not None and FIRST_YEAR <= year <= last_year() else None


def year_of(review: str | None) -> int | None:
    """The year of a review, None where there is none or where no partition is for it."""
    return in_reach(int(review[:4])) if review else None
