"""The rules of a review as data, each with its bound and source, and the forms of an answer. Other modules apply them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeVar

from russell_pipeline.errors import RefusedError

Exact = int | Decimal | Fraction
Price = Literal["market", "zero"]
T = TypeVar("T")

# The bounds, each with the rule below that names its source.
TWO_WEEKS = timedelta(days=14)  # SUSPENDED_DEFERRED, INDUSTRY_CHANGE: before implementation
DEFERRAL_SESSIONS = 2  # SUSPENDED_DEFERRED: after the effective day
LONG_SUSPENSION_DAYS = 60  # LONG_SUSPENDED
# OFFERING_NOTICE: two days between discovery and the open, else one of Thursday would not be subsequent to the review.
NOTICE_SESSIONS = 3
LEAST_FREE_FLOAT = Fraction(5, 100)  # MINIMUM_FREE_FLOAT
LEAST_PRICE = 1  # MINIMUM_PRICE: dollars
PRICE_AVERAGE_DAYS = 30  # MINIMUM_PRICE: before rank day
LEAST_MARKET_CAP = 30_000_000  # MINIMUM_MARKET_CAP: dollars
LEAST_VOTES = Fraction(5, 100)  # MINIMUM_VOTING_RIGHTS
MATERIAL_ERROR = Fraction(1, 2)  # LOCK_DOWN_CORRECTION: of the old index shares
CORRECTION_WINDOW = timedelta(weeks=1)  # LOCK_DOWN_CORRECTION: after implementation
COUNTRY_LEAD = 20  # COUNTRY_OVER_REGION: percentage points
SHARES_BUFFER = Fraction(1, 100)  # SHARES_UPDATE: of the old shares
FREE_FLOAT_BUFFER = Fraction(3, 100)  # FREE_FLOAT_UPDATE: absolute
UNBUFFERED_MONTH = 6  # SHARES_UPDATE, FREE_FLOAT_UPDATE


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id, what it says, and its document (named as in the calendar's rules) and section."""

    id: str
    says: str
    source: str


_SUSPENDED = "schedule_2019, Stocks Suspended during the Reconstitution Period"
_LONG = "schedule_2019, Long Term Suspended Stocks"
_OFFERINGS = "schedule_2019, Equity Offerings"

SUSPENDED_DEFERRED = Rule(
    "suspended_deferred",
    "a change in a security that is suspended two weeks before implementation, no resumption being announced before the "
    f"review is effective, waits for its resumption, and at least {DEFERRAL_SESSIONS} sessions after the effective day",
    _SUSPENDED,
)
SUSPENDED_ANNOUNCED = Rule(
    "suspended_announced",
    "a change in a suspended security whose resumption is announced before the review is effective proceeds as scheduled",
    f"{_SUSPENDED}, note *",
)
NO_ACTIVE_MARKET = Rule(
    "no_active_market",
    "a change in a security without an active market on the day of implementation is postponed, with notice, to its resumption",
    _SUSPENDED,
)
LONG_SUSPENDED = Rule(
    "long_suspended",
    f"a constituent suspended for {LONG_SUSPENSION_DAYS} or more days when the preliminary lists come out is deleted with the "
    "review, at market price where it trades again and a replicable market exists, otherwise at zero",
    _LONG,
)
LONG_SUSPENDED_RESCINDED = Rule(
    "long_suspended_rescinded",
    "the deletion of a constituent for long suspension is rescinded when it trades again by two weeks before implementation",
    _LONG,
)
OFFERING_NOTICE = Rule(
    "offering_notice",
    "an offering discovered after the announcement of a review is applied with two days' notice: at the open "
    f"{NOTICE_SESSIONS} sessions after its discovery",
    _OFFERINGS,
)
OFFERING_WITH_REVIEW = Rule(
    "offering_with_review",
    "an offering discovered or otherwise due on Monday, Tuesday or Wednesday before implementation is applied with the review",
    _OFFERINGS,
)
MINIMUM_FREE_FLOAT = Rule(
    "minimum_free_float",
    f"a company is eligible with a free float of {LEAST_FREE_FLOAT * 100} percent or more, unrounded",
    "schedule_2019, Minimum Free Float Requirement",
)
MINIMUM_PRICE = Rule(
    "minimum_price",
    f"a stock is eligible with a close of {LEAST_PRICE} dollar or more on rank day on its primary exchange, and a member with "
    f"an average close of as much over the {PRICE_AVERAGE_DAYS} days before",
    "construction 5.8",
)
MINIMUM_MARKET_CAP = Rule(
    "minimum_market_cap",
    f"a company is eligible with a total market capitalisation of {LEAST_MARKET_CAP:,} dollars or more",
    "construction 5.9",
)
MINIMUM_VOTING_RIGHTS = Rule(
    "minimum_voting_rights",
    f"a company of a developed market is eligible where {LEAST_VOTES * 100} percent or more of all its votes, those of unlisted "
    "classes too, are in unrestricted hands",
    "construction 5.15",
)
LOCK_DOWN_CORRECTION = Rule(
    "lock_down_correction",
    "an error in shares or free float that is found from lock-down to a week after implementation may be corrected where it "
    f"compromises replicability, puts pressure on the price, or is {MATERIAL_ERROR * 100} percent or more of the index shares; "
    "any other is corrected at the next review",
    "schedule_2019, Timetable, note * on lock-down",
)
COUNTRY_OVER_REGION = Rule(
    "country_over_region",
    f"a country is conclusive where its share is {COUNTRY_LEAD} percentage points or more above that of a single region",
    "schedule_2019, Country versus Regional Reporting",
)
RE_RANK = Rule(
    "re_rank",
    "a company of a merger or spin-off is ranked again where the transaction is effective after rank day and before lock-down",
    "schedule_2019, Timetable",
)
QUARTERLY_IPO = Rule(
    "quarterly_ipo",
    "an IPO joins at a quarterly review when it is first priced and traded in the review's window and is larger in total "
    "market capitalisation than the smallest company of the Russell 3000E at the latest June reconstitution, market-adjusted",
    "cutoffs_2022 4.0 and 5.0",
)
QUARTERLY_IPO_BREAKS = Rule(
    "quarterly_ipo_breaks",
    "an IPO joins by its rank in total market capitalisation within the breaks of the latest June reconstitution, adjusted by "
    "the return of the Russell 3000E since then",
    "cutoffs_2022 4.0",
)
SHARES_UPDATE = Rule(
    "shares_update",
    f"shares known by the cut-off are updated where they change by more than {SHARES_BUFFER * 100} percent, in June whatever "
    "the size",
    "cutoffs_2022 3.0",
)
FREE_FLOAT_UPDATE = Rule(
    "free_float_update",
    f"free float known by the cut-off is updated where it changes by more than {FREE_FLOAT_BUFFER * 100} percentage points, in "
    "June whatever the size",
    "cutoffs_2022 3.0",
)
INDUSTRY_CHANGE = Rule(
    "industry_change",
    "a change of industry known by the cut-off is announced on the Wednesday after, may be revised until two weeks before "
    "implementation, and is implemented with the review",
    "cutoffs_2022 2.0",
)

RULES = {
    rule.id: rule
    for rule in (
        SUSPENDED_DEFERRED,
        SUSPENDED_ANNOUNCED,
        NO_ACTIVE_MARKET,
        LONG_SUSPENDED,
        LONG_SUSPENDED_RESCINDED,
        OFFERING_NOTICE,
        OFFERING_WITH_REVIEW,
        MINIMUM_FREE_FLOAT,
        MINIMUM_PRICE,
        MINIMUM_MARKET_CAP,
        MINIMUM_VOTING_RIGHTS,
        LOCK_DOWN_CORRECTION,
        COUNTRY_OVER_REGION,
        RE_RANK,
        QUARTERLY_IPO,
        QUARTERLY_IPO_BREAKS,
        SHARES_UPDATE,
        FREE_FLOAT_UPDATE,
        INDUSTRY_CHANGE,
    )
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """When something takes effect, the id of the rule that decided (None if none did), and why, in a sentence.

    `effective_on` is the session at whose open it holds, None if that is not known yet or it does not happen. `price` is the
    price of a deletion for suspension.
    """

    effective_on: date | None
    rule: str | None
    says: str
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a rule's condition holds, its id (None if it does not cover the case), and why, in a sentence."""

    holds: bool
    rule: str | None
    says: str


def required(value: T | None, what: str) -> T:
    """A value that a rule needs. Raises RefusedError if it is missing."""
    if value is None:
        raise RefusedError(f"{what} is not known")
    return value


def exact(value: object, what: str) -> Fraction:
    """An exact number. Raises RefusedError if it is missing, infinite, or a float, which has been rounded."""
    required(value, what)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        raise RefusedError(f"{what} must be a whole number, Decimal or Fraction, not {type(value).__name__} {value!r}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise RefusedError(f"{what} is {value}, which is no number")
    return Fraction(value)


def above(value: object, least: int, what: str) -> Fraction:
    """An exact number greater than `least`. Raises RefusedError for any other."""
    number = exact(value, what)
    if number <= least:
        raise RefusedError(f"{what} is {value}, but must be greater than {least}")
    return number


def within(value: object, least: int, most: int, what: str) -> Fraction:
    """An exact number from `least` to `most`, both included. Raises RefusedError for any other."""
    number = exact(value, what)
    if not least <= number <= most:
        raise RefusedError(f"{what} is {value}, but must be {least} to {most}")
    return number


def one_of(value: str, known: Iterable[str], what: str) -> None:
    """Raise RefusedError for a word that is not among the known ones."""
    if value not in (words := tuple(known)):
        raise RefusedError(f"{what} is {value!r}, but must be one of {', '.join(words)}")
