"""What a schedule document states: one date (or span) of one event of one review, with the words and the place that say so."""

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
