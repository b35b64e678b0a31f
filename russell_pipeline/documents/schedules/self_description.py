"""Schedules: what they say of themselves, the year that they are for and the date of their publication."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from russell_pipeline.dates.expressions import find_dates
from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.schedules.placed_text import PlacedText
from russell_pipeline.documents.schedules.words import SCHEDULE_TITLE, YEAR, event_named, sentences, without_dates

# The text that may precede a document's own date: a word such as "published", or the place of a dateline.
_PUBLISHED = re.compile(
    r"(?:(?:published|issued|dated?|updated|last updated|as of|as at)(?:\s+on)?\s*:?\s*|[a-z][a-z. ]{1,30},\s*)?",
    re.IGNORECASE,
)
_SCHEDULE = re.compile(r"\b(?:schedules?|calendar|timetable|timeline|dates)\b", re.IGNORECASE)
_LONGEST_SENTENCE = 300
# The place before the date of a press release, and the signs between that date and the text.
_PLACE = re.compile(r"[*_\s(]*(?:(?:[A-Z][\w.'’]*|and)[\s,/&|(*_–-]+)+")
_AFTER_DATELINE = re.compile(r"[*_\s]*(?:\([^)]*\)|/[^/]{1,40}/)?[*_\s)]*[-–—]")


def schedule_year(lines: Sequence[Line]) -> tuple[int, int, int] | None:
    """The year that a schedule says it is for, with the page and line, from its titles or else its headings and sentences.

    Those that speak of a schedule go first, as others may tell of earlier years. None if nothing names exactly one year.
    """
    titles = [_year_in(line.text, line) for line in lines if line.role is Role.TITLE]
    said = [_year_in(text, line) for text, line in _sentences(lines)]
    of_schedules = [found for found in said if found and found.of_schedule]
    first = next(filter(None, (*titles, *of_schedules, *said)), None)
    return (first.year, first.line.page, first.line.number) if first else None


class _Year(NamedTuple):
    """A year, the line that names it, and whether it is called that of a schedule and not only of a review."""

    year: int
    line: Line
    of_schedule: bool


def _year_in(text: str, line: Line) -> _Year | None:
    """The year of a review that a title or sentence names; None if it names none or several."""
    years = set(YEAR.findall(without_dates(text)))
    if len(years) != 1 or len(text) >= _LONGEST_SENTENCE or not SCHEDULE_TITLE.search(text):
        return None
    return _Year(int(years.pop()), line, _SCHEDULE.search(text) is not None)


def _sentences(lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    """The headings, and the sentences of the paragraphs, each with its line."""
    paragraph = PlacedText()
    for line in [*lines, None]:
        if line and line.role is Role.PROSE and line.cells == []:
            paragraph.add(line.text, line)
            continue
        yield from ((sentence, paragraph.line_at(at)) for at, sentence in sentences(paragraph.text) if sentence)
        paragraph = PlacedText()
        if line and line.role in (Role.HEADER, Role.PROSE):
            paragraph.add(line.text, line)


def published_on(lines: Sequence[Line]) -> tuple[date, int, int] | None:
    """The schedule's own date, from a title or a press release's dateline, with its page and line; None if it has none."""
    for line in lines:
        found = own_date(line.text) if line.role is Role.TITLE else None
        if line.role is Role.PROSE and line.cells is None:
            first = next(iter(find_dates(line.text)), None)
            found = first.starts_on if first and is_dateline(line.text[: first.start], line.text[first.end :]) else None
        if found:
            return found, line.page, line.number
    return None


def is_dateline(before: str, after: str) -> bool:
    """Whether the text before and after a date makes it a press release's dateline ("NEW YORK, March 3, 2020 - ...")."""
    return _PLACE.fullmatch(before) is not None and not event_named(before) and _AFTER_DATELINE.match(after) is not None


def own_date(text: str) -> date | None:
    """The date of a line that holds only a date, perhaps after a word such as "published" or a place; else None."""
    text = " ".join(text.replace("*", " ").split())
    dates = find_dates(text)
    alone = len(dates) == 1 and dates[0].ends_on is None and dates[0].end >= len(text.rstrip("."))
    return dates[0].starts_on if alone and _PUBLISHED.fullmatch(text, 0, dates[0].start) else None
