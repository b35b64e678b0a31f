"""The vocabulary of the review calendar: moments, computed dates, findings. Nothing here computes or judges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Literal

from russell_pipeline.dates.stated import StatedDate, StatedRule

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

    def against(self, other: StatedDate | StatedRule, document_id: str | None) -> CalendarFinding:
        """The finding with the event and the place of the contradicting statement, which stands in this document."""
        return replace(
            self,
            other_event=other.event,
            other_document_id=document_id,
            other_page=other.page,
            other_line=other.line,
        )
