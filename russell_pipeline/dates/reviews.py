"""Reviews and their events by name, as documents, the calendar and tables write them. Nothing here computes a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

# In the order of a review, in which rows of one review and day are sorted.
EVENTS = (
    "ipo_window",
    "rank_day",
    "icb_cutoff",
    "shares_float_cutoff",
    "ipo_market_cap_cutoff",
    "icb_announcement",
    "preliminary_shares",
    "announcement",
    "preliminary_lists",
    "indicative_products",
    "query_period",
    "updated_lists",
    "final_lists",
    "lock_down",
    "price_cutoff",
    "implementation",
    "effective",
)
# Events that happen several times in one review.
REPEATED = frozenset({"updated_lists"})
REVIEW_MONTHS = (3, 6, 9, 12)
# A year has one reconstitution, in June; from this year on a second, in December.
TWO_RECONSTITUTIONS_FROM = 2026
# The latest day of the month after a review on which that review may become effective.
_EFFECTIVE_BY = 7


def review_name(year: int, month: int) -> str:
    """The review of a month: `2022-06`. Raises ValueError for a month without a review."""
    if month not in REVIEW_MONTHS:
        raise ValueError(f"no review in month {month}: reviews are in {', '.join(map(str, REVIEW_MONTHS))}")
    return f"{year:04d}-{month:02d}"


def year_month(review: str) -> tuple[int, int]:
    """The year and month of a review. Raises ValueError for a string that is no review."""
    year, _, month = review.partition("-")
    if not (len(year) == 4 and year.isdigit() and len(month) == 2 and month.isdigit()):
        raise ValueError(f"{review!r} is no review: write YYYY-MM")
    review_name(int(year), int(month))
    return int(year), int(month)


def shift_review(review: str, steps: int) -> str:
    """The review so many reviews later (negative: earlier); there are four a year."""
    year, month = year_month(review)
    quarter = year * 4 + REVIEW_MONTHS.index(month) + steps
    return review_name(quarter // 4, REVIEW_MONTHS[quarter % 4])


def review_covering(year: int, month: int) -> str:
    """The review of a cut-off in a month: that of the next review month, or of the month itself."""
    return review_name(year, next(candidate for candidate in REVIEW_MONTHS if candidate >= month))


def reviews_between(first_year: int, last_year: int) -> Iterator[str]:
    """Every review of these years, both included, in order."""
    for year in range(first_year, last_year + 1):
        for month in REVIEW_MONTHS:
            yield review_name(year, month)


def review_of(day: date) -> str:
    """The review (`YYYY-MM`) that a list dated `day` belongs to: the next in March, June, September or December.

    The first days of the following month still belong to a review, which is effective on the session after its implementation.
    """
    if day.day <= _EFFECTIVE_BY and day.month % 3 == 1:
        return f"{day.year}-{day.month - 1:02}" if day.month > 1 else f"{day.year - 1}-12"
    return f"{day.year}-{-(-day.month // 3) * 3:02}"


def reconstitution_months(year: int | None) -> tuple[int, ...]:
    """The months of a year's reconstitutions: June, and from 2026 December too."""
    return (6, 12) if year and year >= TWO_RECONSTITUTIONS_FROM else (6,)
