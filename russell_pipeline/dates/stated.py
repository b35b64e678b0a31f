"""The statements of a schedule: dates (or spans) of events, and rules for dates, each with its words and their place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class StatedDate:
    """A date as a document prints it.

    `event` is one of the calendar's event names, None where the label names none of them. `review` is `YYYY-MM`, None where
    the text does not say. `ends_on` is inclusive and None for a single date. `weekday` is the printed weekday name of the
    start, None where none is printed. `section` says which part of the document speaks (`timetable`, `summary`, `table`, or
    the number and title of an FAQ), because one document may state the same event in several places.
    """

    event: str | None
    review: str | None
    starts_on: date
    ends_on: date | None
    moment: str | None  # open, close, after_close
    weekday: str | None
    section: str
    label: str
    stated_text: str
    page: int
    line: int

    def row(self, ordinal: int) -> dict[str, object]:
        """The row of the date in its document, by column; `ordinal` is its place there, from 1."""
        return {
            "ordinal": ordinal, "review": self.review, "event": self.event, "starts_on": self.starts_on,
            "ends_on": self.ends_on, "moment": self.moment, "stated_text": self.stated_text,
            "section": self.section, "page": self.page, "line": self.line,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class DateRule:
    """A rule for dates in words, as parts from which dates can be computed.

    The rule starts from one base:
    - `ordinal` and `weekday` in each of `months` ("second Friday of February and August" is 2, "Friday", (2, 8); -1 is the last;
      `months` empty: the month of each review). `unless_on`: days of the month on which the preceding such weekday is meant;
    - or `anchor`, a calendar event of the same review ("five weeks prior to implementation" has "implementation");
      `anchor_weekdays` restricts it to these weekdays on or before the anchor ("the Thursday and Friday prior to");
    - or `anchor_on`, a printed date.
    It steps from there by `offset` units (negative is before; `unit` is weeks, calendar_days, sessions, or days where the words
    name no day basis; business days, trading days and T+n are sessions) and then to the first `next_weekday` after that
    ("the Wednesday following"). `weekday` beside an anchor is the weekday that the words claim for the result. `after` is an
    event that the words say the result comes after ("and therefore subsequent to the reconstitution").
    """

    months: tuple[int, ...] = ()
    ordinal: int | None = None
    weekday: str | None = None
    unless_on: tuple[int, ...] = ()
    anchor: str | None = None
    anchor_weekdays: tuple[str, ...] = ()
    anchor_on: date | None = None
    offset: int = 0
    unit: str | None = None
    next_weekday: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class StatedRule:
    """A rule for dates that a document states, with what it dates.

    `event` is one of the calendar's event names, None where the rule dates none of them (suspensions, offerings). `reviews` are
    the reviews it is for, empty where it is for each (or for those that the rule's `months` imply). `moment`, `section`, `label`,
    `page` and `line` are as in StatedDate; `stated_text` is the clause of the rule as printed, on one line.
    """

    event: str | None
    stated_text: str
    section: str
    page: int
    line: int
    rule: DateRule
    label: str = ""
    reviews: tuple[str, ...] = ()
    moment: str | None = None
