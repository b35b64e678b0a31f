"""The statements of one document: which ones date an event, and which repeat it. They are judged in audit.py."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from russell_pipeline.calendar.model import CalendarFinding, ComputedDate
from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.calendar.words import iso
from russell_pipeline.dates.reviews import REPEATED
from russell_pipeline.dates.stated import StatedDate, StatedRule

if TYPE_CHECKING:  # rows.py serves the query commands, which do without the rules
    from russell_pipeline.calendar.computed import RuleCalendar

# A document's schedule takes precedence over its prose. Other sections follow in document order.
_SCHEDULES = ("table", "timetable", "summary")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*")
# A close and the next open, either of which documents call effective.
TWINS = {"effective": "implementation", "implementation": "effective"}
# What they imply of each other.
_IMPLIED = {"implementation": (("effective", -1),), "effective": (("implementation", 1),)}


def agree(one: StatedDate, other: StatedDate) -> bool:
    """Whether two statements can both hold: the same start, and the same end where both print one."""
    return one.starts_on == other.starts_on and (None in (one.ends_on, other.ends_on) or one.ends_on == other.ends_on)


def _meant(stated: StatedDate) -> StatedDate:
    """A statement with the event that it means: "effective" after a close is implementation, which at the open is effective."""
    if stated.event == "effective" and stated.moment in ("close", "after_close"):
        return replace(stated, event="implementation")
    if stated.event == "implementation" and stated.moment == "open":
        return replace(stated, event="effective")
    return stated


class Statements:
    """What one document states, by review and event; dates without either are in `all` only."""

    def __init__(self, stated: Iterable[StatedDate]) -> None:
        self.all = tuple(map(_meant, stated))
        grouped: dict[tuple[str, str], list[StatedDate]] = defaultdict(list)
        for one in self.all:
            if one.review is not None and one.event is not None:
                grouped[one.review, one.event].append(one)
        self._grouped: Mapping[tuple[str, str], list[StatedDate]] = {
            key: sorted(group, key=lambda one: one.section not in _SCHEDULES) for key, group in grouped.items()
        }

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Every (review, event) that is stated, in document order."""
        return list(self._grouped)

    @property
    def reviews(self) -> list[str]:
        """The reviews that are dated, in order."""
        return sorted({review for review, _ in self._grouped})

    def readings(self, review: str, event: str) -> list[StatedDate]:
        """Every statement of an event, those of the schedule first."""
        return self._grouped.get((review, event), [])

    def primary(self, review: str, event: str) -> list[StatedDate]:
        """The statement that dates an event, the schedule's first; several only for an event that is repeated."""
        readings = self.readings(review, event)
        if not readings or event not in REPEATED:
            return readings[:1]
        spans: dict[tuple[date, date | None], StatedDate] = {}
        for one in readings:
            if one.section == readings[0].section:
                spans.setdefault((one.starts_on, one.ends_on), one)
        return list(spans.values())

    def repeats(self, review: str, event: str) -> list[StatedDate]:
        """The other statements of an event."""
        primary = self.primary(review, event)
        return [one for one in self.readings(review, event) if one not in primary]

    def counted_from(self, sessions: Sessions) -> dict[tuple[str, str], date]:
        """The stated or implied days that other dates count from: rank day and implementation."""
        keys = [(review, event) for review in self.reviews for event in ("rank_day", "implementation")]
        stated = {key: self.days(*key, sessions) for key in keys}
        return {key: days[0] for key, days in stated.items() if days}

    def days(self, review: str, event: str, sessions: Sessions) -> list[date]:
        """The days that the document states, or else implies, the schedule's first; several if readings differ.

        Implementation and effective imply each other, one session apart.
        """
        for source, step in ((event, 0), *_IMPLIED.get(event, ())):
            readings = self.readings(review, source)
            if readings:
                return list(dict.fromkeys(sessions.shift(one.starts_on, step) for one in readings))
        return []


@dataclass(frozen=True)
class Schedule:
    """A document under audit: what it states, its rules, and the calendar that it is compared with."""

    statements: Statements
    rules: tuple[StatedRule, ...]
    calendar: RuleCalendar
    document_id: str | None = None

    @property
    def sessions(self) -> Sessions:
        """The sessions of that calendar."""
        return self.calendar.sessions

    def days(self, review: str, event: str) -> list[date]:
        """The days of an event that the document states or implies, the schedule's first."""
        return self.statements.days(review, event, self.sessions)

    def finding(
        self,
        kind: str,
        subject: tuple[str | None, str | None],
        explanation: str,
        at: StatedDate | StatedRule,
        *,
        published: str | None = None,
        computed: str | None = None,
    ) -> CalendarFinding:
        """A finding on a review and event, at the place of a statement.

        `published` defaults to what the statement says, `computed` to what the rules give.
        """
        review, event = subject
        if published is None and isinstance(at, StatedDate):
            published = iso(at.starts_on, at.ends_on)
        if computed is None and review is not None and event is not None:
            days = dict.fromkeys(iso(one.starts_on, one.ends_on) for one in self.calendar.dates(review, event))
            computed = ", ".join(days) or None
        return CalendarFinding(
            review, event, published, computed, kind, explanation, self.document_id, at.page, at.line
        )


def place(stated: StatedDate | StatedRule) -> str:
    """Where a statement stands, for a sentence: a numbered section by its number, others by their title."""
    numbered = _NUMBERED.match(stated.section)
    section = f"section {numbered[0]}" if numbered else stated.section
    return f"({section}, page {stated.page}, line {stated.line})"


def matches(stated: StatedDate, computed: ComputedDate, sessions: Sessions) -> bool:
    """Whether a stated date is the computed one: the same day, or a span of the same sessions.

    If the rule's day is not a session, the document may move it to the session before or after.
    """
    if stated.ends_on is not None and computed.ends_on is not None:
        printed = sessions.between(stated.starts_on, stated.ends_on)
        return printed == sessions.between(computed.starts_on, computed.ends_on)
    allowed = {computed.starts_on, sessions.on_or_after(computed.nominal_on)}
    if computed.ends_on is not None:
        allowed.add(computed.ends_on)
    return stated.starts_on in allowed
