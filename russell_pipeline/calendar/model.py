"""The vocabulary of the review calendar: events, reviews, computed dates, findings. Nothing here computes or judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

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

# What a finding may be, and what it says.
KINDS = {
    "text_against_table": "a document prints two dates for one event",
    "effective_two_days": 'a document\'s "effective" means a close in one place and the next open in another',
    "weekday": "a date is printed with a weekday that it does not have",
    "window_gap": "windows that must abut leave a session in none of them",
    "window_overlap": "windows that must abut have a session in both",
    "closed_session": "a date is one on which the exchange is closed",
    "order": "two events of a review stand in the wrong order",
    "rule_against_date": "a rule that a document states gives another day than the one that it prints",
    "rule_without_date": "a rule that a document states dates an event that its schedule does not list",
    "ambiguous_anchor": "a rule that a document states counts from a word that means two days",
    "day_basis": "a rule that a document states counts days and does not say of which kind",
    "published_against_computed": "a published date is not what the rules give; of a rule only inferred, by more than a month",
    "document_against_document": "two documents date one event differently",
    "rule_against_rule": "two wordings of a rule, meant to name the same day, part ways",
    "outside_calendar": "a date is one that the session calendar does not reach",
}

Moment = Literal["open", "close", "after_close"]


class Confidence(StrEnum):
    """The basis of a rule: a published clause, a second-hand quotation, or inference from published dates."""

    PUBLISHED = "published"
    SECOND_HAND = "second_hand"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class ComputedDate:
    """A date (or span, `ends_on` inclusive) of an event of a review by a rule, rolled to sessions.

    `nominal_on` is the first day before rolling. `rule` is the rule's id and the first review of its version
    (`june_rank_day@2023-06`), or `exception:` and the exception's id. The version holds for the reviews from `valid_from` to
    `valid_to`, None if it still does. `policy` is the option of an index definition that chooses the rule, None if there is no
    choice.
    """

    review: str
    event: str
    starts_on: date
    ends_on: date | None
    nominal_on: date
    moment: Moment | None
    policy: str | None
    rule: str
    valid_from: str
    valid_to: str | None
    confidence: Confidence
    says: str
    source: str


@dataclass(frozen=True, slots=True)
class CalendarFinding:
    """A contradiction, explained to an index analyst: what is published, what the rule gives, and where each text stands.

    `published` and `computed` are ISO dates (spans as `A to B`, several joined by a comma), None if there is none. `page` and
    `line` are those of `document_id`; the `other_` fields give the event and the place of the contradicting text.
    """

    review: str | None
    event: str | None
    published: str | None
    computed: str | None
    kind: str
    explanation: str
    document_id: str | None = None
    page: int | None = None
    line: int | None = None
    other_event: str | None = None
    other_document_id: str | None = None
    other_page: int | None = None
    other_line: int | None = None


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
