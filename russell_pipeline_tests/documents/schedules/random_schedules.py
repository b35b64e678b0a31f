"""Review schedules made up at random, with the dates that they state: what the reading of schedules is held against."""

from __future__ import annotations

import io
import random
import re
import textwrap
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import accumulate, zip_longest
from typing import NamedTuple

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

Days = tuple[date, ...]
Stated = tuple[str, str, date, date | None]

_LABELS = {
    "rank_day": (
        "Rank day",
        '"Rank Day" - index membership eligibility determined from market capitalization at market close',
        "Rank day for the reconstitution",
    ),
    "preliminary_lists": (
        "Preliminary lists",
        "Preliminary index additions & deletions membership lists posted to the website after 6 PM US eastern time, as ever",
        "Preliminary membership lists published",
        "Preliminary additions and deletions posted",
    ),
    "updated_lists": (
        "Updated lists",
        "Updates to preliminary lists posted",
        "Preliminary membership lists (reflecting any updates) posted to the website",
        "Preliminary lists updated",
    ),
    "query_period": ("Query period", "Query window"),
    "lock_down": (
        "Lock-down begins",
        '"Lock-down" period begins with the updates to reconstitution membership considered to be final',
        "Lockdown",
    ),
    "implementation": (
        "Reconstitution is final after the close of the US equity markets",
        "Reconstitution implemented after the close",
        "Reconstitution final",
    ),
    "effective": (
        "Newly reconstituted indexes effective at the open",
        "Equity markets open with the newly reconstituted indexes",
        "Effective date",
    ),
}
_SPANS = ("query_period",)
_TITLES = (
    "Russell US Indexes\n{year} Reconstitution Schedule",
    "Russell US Indexes reconstitution schedule {year}",
    "{year} Russell reconstitution: key dates",
    "Russell US Indexes - Annual Reconstitution {year}\nTimetable",
)
_DATES: Sequence[Callable[[date, bool], str]] = (
    lambda day, year: f"{day:%A}, {day:%B} {day.day}" + year * f", {day.year}",
    lambda day, year: f"{day:%A} {day.day} {day:%B}" + year * f" {day.year}",
    lambda day, year: f"{day:%B} {day.day}" + year * f", {day.year}",
    lambda day, year: f"{day.day} {day:%B}" + year * f" {day.year}",
    lambda day, year: f"{day:%b} {day.day}" + year * f", {day.year}",
    lambda day, _: f"{day:%Y-%m-%d}",
    lambda day, _: f"{day.month}/{day.day}/{day.year}",
)
FORMS = ("dates first", "labels first", "tabs", "pipes", "dash", "colon", "label colon", "above", "below", "by review")


class Schedule(NamedTuple):
    """A schedule as text, how it is set, and what it states: event, review, first and last day."""

    text: str
    form: str
    states: list[Stated]


def random_schedule(seed: int) -> Schedule:
    """The schedule of a reconstitution, or from 2026 on of the two of a year, in one of `FORMS`."""
    rng = random.Random(seed)
    year = rng.randint(2012, 2030)
    reviews = [f"{year}-06"] if year < 2026 else [f"{year}-06", f"{year}-12"]
    form = rng.choice(FORMS if len(reviews) > 1 else FORMS[:-1])
    events = [event for event in _LABELS if event in ("rank_day", "implementation") or rng.random() < 0.8]
    labels = {event: rng.choice(_LABELS[event]) for event in events}
    printed, with_year = rng.choice(_DATES), rng.random() < 0.5
    dates = {review: _days_of(review) for review in reviews}

    def said(event: str, review: str) -> str:
        days = [printed(day, with_year) for day in dates[review][event]]
        if event in _SPANS:
            return rng.choice((" to ", " - ")).join(days)
        return days[0] if len(days) == 1 else ", ".join(days[:-1]) + " and " + days[-1]

    lines = [rng.choice(_TITLES).format(year=year), ""]
    if rng.random() < 0.3:
        lines += ["The schedule of the annual reconstitution is as follows.", ""]
    if form == "by review":
        heads = ["Event", *(f"{'June' if review.endswith('06') else 'December'} {year}" for review in reviews)]
        lines += _columns([heads, *([labels[event], *(said(event, review) for review in reviews)] for event in events)])
    else:
        blank, bullet, head = rng.random() < 0.3, rng.choice(("", "- ", "* ", "• ")), rng.random() < 0.4
        for review in reviews:
            if len(reviews) > 1:
                month = "June" if review.endswith("06") else "December"
                lines += [rng.choice((f"{month} reconstitution", f"{month} {year} reconstitution")), *[""] * blank]
            rows = [(said(event, review), labels[event]) for event in events]
            lines += [*_set(form, rows, blank=blank, bullet=bullet, head=head, wrap=rng.random() < 0.3), ""]
    if rng.random() < 0.4:
        lines += [f"© {year} FTSE Russell. All rights reserved."]
    states: list[Stated] = []
    for review in reviews:
        for event in events:
            first, *others = dates[review][event]
            if event in _SPANS:
                states.append((event, review, first, others[0]))
            else:
                states += [(event, review, day, None) for day in (first, *others)]
    return Schedule("\n".join(lines) + "\n", form, states)


def as_pdf(text: str, seed: int) -> bytes:
    """The same schedule set in a PDF: runs of spaces and tabs part columns, and type is of any usual face and size."""
    rng = random.Random(seed)
    face, size = rng.choice(("Helvetica", "Times-Roman", "Courier")), rng.choice((8, 9, 10, 11))
    rows = [re.split(r"\t| {3,}", line) for line in text.split("\n")]
    columns = zip_longest(*(row for row in rows if len(row) > 1), fillvalue="")
    widths = [max(stringWidth(cell, face, size) for cell in column) + 18 for column in columns]
    starts = [60.0, *accumulate(widths, initial=60.0)][1:]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(842, 1190), invariant=True)
    y = 1100.0
    for row in rows:
        for x, cell in zip(starts or [60.0], row, strict=False):
            canvas.setFont(face, size)
            canvas.drawString(x, y, cell)
        y -= (1.35 if any(row) else 1.1) * size
        if y < 60:
            canvas.showPage()
            y = 1100.0
    canvas.save()
    return out.getvalue()


def _days_of(review: str) -> dict[str, Days]:
    """The days of each event, near those of the rules: only that they are of the year matters here."""
    year, month = map(int, review.split("-"))
    day = date(year, 6, 24) if month == 6 else date(year, 12, 8)
    implemented = day + timedelta((4 - day.weekday()) % 7)
    before = {
        "rank_day": (50,), "preliminary_lists": (35,), "updated_lists": (28, 21, 14), "query_period": (32, 21),
        "lock_down": (18,), "implementation": (0,), "effective": (-3,),
    }  # fmt: skip
    return {event: tuple(implemented - timedelta(n) for n in days) for event, days in before.items()}


def _set(form: str, rows: list[tuple[str, str]], *, blank: bool, bullet: str, head: bool, wrap: bool) -> list[str]:
    heads = [("Date", "Event")] * head
    match form:
        case "dates first":
            return _columns([*heads, *rows], wrap=44 if wrap else None)
        case "labels first":
            return _columns([(label, day) for day, label in [*heads, *rows]])
        case "tabs":
            return ["\t".join(row) for row in [*heads, *rows]]
        case "pipes":
            return [*("| Date | Event |", "|---|---|")[: 2 * head], *(f"| {day} | {label} |" for day, label in rows)]
        case "dash":
            return [f"{bullet}{day} - {label}" for day, label in rows]
        case "colon":
            return [f"{bullet}{day}: {label}" for day, label in rows]
        case "label colon":
            return [f"{bullet}{label}: {day}" for day, label in rows]
        case _:
            entries = ((label, day) if form == "above" else (day, label) for day, label in rows)
            return [line for entry in entries for line in (*entry, *[""] * blank)]


def _columns(rows: Sequence[Sequence[str]], wrap: int | None = None) -> list[str]:
    """Rows in columns of spaces; the last one wrapped at so many characters."""
    widths = [max(map(len, column)) + 4 for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        *first, last = row
        pieces = textwrap.wrap(last, wrap) if wrap else [last]
        begin = "".join(f"{cell:{width}}" for cell, width in zip(first, widths, strict=False))
        lines += [f"{begin}{pieces[0]}", *(" " * len(begin) + piece for piece in pieces[1:])]
    return lines
