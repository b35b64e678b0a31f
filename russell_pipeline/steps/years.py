"""Which review years the lake has partitions for, and for which of them the rules give dates."""

from __future__ import annotations

from datetime import date

from russell_pipeline.calendar.sessions import FIRST, YEARS_AHEAD

FIRST_YEAR = FIRST.year  # earlier sessions are not known
FIRST_RULED_YEAR = 2004


def last_year() -> int:
    """The last year of every partitioned table. It moves once a year, so that two runs in one year give the same."""
    return date.today().year + YEARS_AHEAD


def in_reach(year: int | None) -> int | None:
    """The year, or None if there is no partition for it."""
    return year if year is not None and FIRST_YEAR <= year <= last_year() else None


def year_of(review: str | None) -> int | None:
    """The year of a review; None without a review, or if there is no partition for its year."""
    return in_reach(int(review[:4])) if review else None
