"""Schedules: recognises them, and finds the year that they are for and the date of their publication."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from russell_pipeline.dates.expressions import PERHAPS_DATE, find_dates
from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.prose import key_text
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


def looks_like_schedule(pages: Sequence[Page]) -> list[str]:
    """The evidence that a document is a review schedule; empty if it is not.

    At least three events of a review must be named beside dates, or five if no title speaks of a schedule. A schedule with
    dates further away from the events is recognised only when it is read (`reads_as_schedule`).
    """
    lines = _printed(pages)
    title = _title(lines)
    events: dict[str, None] = {}
    for at, line in enumerate(lines):
        if not PERHAPS_DATE.search(line.text) or not find_dates(line.text):
            continue
        # A label may stand on the line above or below its dates.
        near = (line, *lines[max(at - 1, 0) : at], *lines[at + 1 : at + 2])
        for piece in (piece for each in near for piece in re.split(r"\t|\||\s{2,}", each.text[:400])):
            if event := event_named(piece):
                events[event] = None
    if len(events) < least_events(pages):
        return []
    evidence = [f"dates beside words for {len(events)} events: {', '.join(events)}"]
    return [f"title: {key_text(title)}", *evidence] if title else evidence


def least_events(pages: Sequence[Page]) -> int:
    """The number of dated events that make a document a schedule: three if a title says that it is one, else five."""
    return 3 if _title(_printed(pages)) else 5


def _printed(pages: Sequence[Page]) -> list[Line]:
    return [line for page in pages for line in page.lines if line.text.strip()]


def _title(lines: Sequence[Line]) -> Line | None:
    return next((line for line in lines[:40] if len(line.text) < 150 and SCHEDULE_TITLE.search(line.text)), None)


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
