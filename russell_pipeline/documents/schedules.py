"""The dates that the accounted lines of review schedules state, and the reviews that they state them of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from russell_pipeline.documents.dates import DateExpression, find_dates, states_no_date
from russell_pipeline.documents.model import Fact, Line, Note, Role
from russell_pipeline.documents.schedule_parts import Context, PlacedText, Row, heads_of, labelled, parts_of, section_of
from russell_pipeline.documents.schedule_words import (
    PERHAPS_DATE,
    YEAR,
    Term,
    event_named,
    first_sentence,
    moment_named,
    review_named,
    sentences,
    states_only_dates,
    term_named,
    without_dates,
    without_marks,
)
from russell_pipeline.documents.stated import StatedDate

# The fact that a schedule states dates of a review, and its value for dates that name none.
STATES_DATES_OF, NO_REVIEW = "states_dates_of", "none"
# Events of one day that other sentences of a schedule refer to by their date alone.
_MILESTONES = frozenset(
    (
        "rank_day",
        "preliminary_shares",
        "preliminary_lists",
        "announcement",
        "final_lists",
        "lock_down",
        "implementation",
        "effective",
    )
)
_UNTIL = re.compile(r"\b(?:until|through|till|up to(?: and including)?)\s*(?:the\s+)?[*_\s]*$", re.IGNORECASE)
_LONGEST_TIME = 40
# A sentence says within so many characters of a date what it is.
_LONGEST_LABEL = 400
_OPENER = re.compile(
    r"[\W_]*(?:on|from|by|as of|at|between|until|for|and|the|the close of|after the close on)?[\W_]*", re.IGNORECASE
)
# Between the dates of a list, which are all of what the first is of; and what says of the last alone.
_LISTED = re.compile(r"[\s*_]*(?:,|,?\s*(?:and|&))[\s*_]*")
_SAYS = re.compile(r"[\s*_]*(?:is|are|was|were|will|marks?|begins?|ends?)\b")
# Words before a date, or over its column, that make it one that holds no more.
_FORMER = re.compile(
    r"\b(?:previously|formerly|originally|instead of|rather than|superseded|(?:moved|changed|postponed) from)\b[^.;)]*$"
    r"|\(\s*(?:was|were|not)\b[^.;)]*$",
    re.IGNORECASE,
)
_FORMER_HEAD = re.compile(r"\b(?:original|previous|former|old|superseded)(?:ly)?\b", re.IGNORECASE)
# Words before a date that make it the date of another publication.
_ELSEWHERE = re.compile(
    r"\b(?:in accordance with|in line with|per|further to|pursuant to|according to|see|refer to)\b[^.;,]*"
    r"\b(?:announce\w*|notices?|publications?|press release|consultation)\b[^.;,]*$"
    r"|\bas (?:was |were )?(?:announced|published|set out|communicated)\b[^.;,]*$"
    r"|\b(?:notice|publication|press release|consultation)\s+(?:\w+\s+)?(?:published|issued|dated|made)\b[^.;,]*$"
    r"|^\W*(?:last (?:updated|modified|revised)|published|issued|dated)\s*:?\s*(?:on\s+)?[*_\s]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A stated date, and whether a row states it: what prose leaves unnamed is named by the rows."""

    stated: StatedDate
    in_row: bool


def stated_dates(lines: Sequence[Line], review_year: int | None) -> tuple[list[StatedDate], list[Note]]:
    """Every date that accounted lines state for a review, in document order, each once per place where it is printed.

    `review_year` is the year for headings and dates that print none; without it the titles' year serves. Dates of other
    publications are left out. A date that a sentence puts to another use takes the event that a row gives for it.
    Notes say what a person should look at: impossible dates, cells without a date, labels that name no event.
    """
    notes: list[Note] = []
    statements: list[_Statement] = []
    for part in parts_of(lines, review_year):
        reading = _row_dates(part, notes) if isinstance(part, Row) else _prose_dates(part.context, part.text, notes)
        statements += [_Statement(stated, isinstance(part, Row)) for stated in reading]
    by_day: dict[tuple[str | None, date], set[str]] = defaultdict(set)
    for stated, in_row in ((statement.stated, statement.in_row) for statement in statements):
        if in_row and stated.event and stated.ends_on is None:
            by_day[stated.review, stated.starts_on].add(stated.event)
    found: list[StatedDate] = []
    for statement in statements:
        stated = statement.stated
        if stated.event is None and stated.ends_on is None and not statement.in_row:
            events = by_day[stated.review, stated.starts_on] & _MILESTONES
            stated = replace(stated, event=next(iter(events))) if len(events) == 1 else stated
        if stated.event is None:
            severity = "warning" if statement.in_row else "info"
            notes.append(
                Note(
                    severity,
                    f"{stated.stated_text}: {stated.label!r} names no event of the calendar",
                    stated.page,
                    stated.line,
                )
            )
        if stated.review is None:
            notes.append(
                Note(
                    "warning",
                    f"{stated.stated_text}: no review is named for {stated.label!r}",
                    stated.page,
                    stated.line,
                )
            )
        found.append(stated)
    notes += _dates_in_headings(lines)
    return found, sorted(notes, key=lambda note: (note.page or 0, note.line or 0))


def _dates_in_headings(lines: Sequence[Line]) -> Iterator[Note]:
    """A note for each date in a heading, or in a title that names an event: no date of one is dropped without a word."""
    for line in lines:
        heading = line.cells is None if line.role is Role.HEADER else line.role is Role.TITLE and event_named(line.text)
        for found in find_dates(line.text) if heading and PERHAPS_DATE.search(line.text) else ():
            yield Note(
                "warning", f"{found.text}: it stands in a heading, and is read of no event", line.page, line.number
            )


def reviews_of(stated: Sequence[StatedDate]) -> Iterator[Fact]:
    """The reviews that dates are stated for, each where the document first speaks of it; NO_REVIEW where it names none."""
    first: dict[str | None, StatedDate] = {}
    for one in stated:
        first.setdefault(one.review, one)
    for review, one in first.items():
        yield Fact(STATES_DATES_OF, review or NO_REVIEW, "rows", one.page, one.line)


def _row_dates(row: Row, notes: list[Note]) -> Iterator[StatedDate]:
    """The dates of a row: of each column that a review heads, and of the cells that hold nothing but dates.

    Those of a column that no review heads, where reviews head others, are of a review that nothing names.
    """
    context = row.context
    heads = heads_of(row)
    reviews = [review_named(head, context.year, bare=True) or _in_year(context.review, head) for head in heads]
    is_matrix = any(reviews)
    date_cells = [at for at, cell in enumerate(row.cells) if reviews[at] or states_only_dates(cell.text)]
    labels = [cell for at, cell in enumerate(row.cells) if at not in date_cells and cell.text]
    context = replace(context, section=section_of(context, is_matrix, len(date_cells)))
    row_review = next((named for label in labels if (named := _short_review(label.text, context.year))), None)
    entry: StatedDate | None = None
    for at in date_cells:
        cell = row.cells[at]
        review = reviews[at] if is_matrix else row_review or context.review
        beside = without_dates(cell.text)
        label, term = labelled([*(label.text for label in labels), heads[at], beside], context.heading)
        dates = context.dates(cell.text, review)
        if not dates and cell.text and not states_no_date(without_marks(cell.text)):
            notes.append(Note("warning", f"{label!r}: {cell.text!r} is no date", row.line.page, row.line.number))
        for end, found in zip([0, *(one.end for one in dates)], dates, strict=False):
            if _FORMER.search(cell.text[end : found.start]) or _FORMER_HEAD.search(heads[at]):
                notes.append(_former(found, label, cell))
                continue
            # A column of its own may say the time of day.
            times = [one.text for one in labels if len(one.text) < _LONGEST_TIME and _is_aside(one.text, term)]
            moment = _row_moment(label, " ".join([beside, heads[at], *times]), term)
            stated = _stated(found, context, term, review, moment, first_sentence(label), cell, notes)
            if stated:
                entry = entry or stated
                yield stated
    for text in labels if date_cells and not is_matrix else [] if date_cells else row.cells:
        yield from _prose_dates(context, text, notes, entry)


def _in_year(review: str | None, head: str) -> str | None:
    """The review of the year that heads a column, beside those of other years."""
    return f"{head}{review[4:]}" if review and YEAR.fullmatch(head) else None


def _former(found: DateExpression, label: str, text: PlacedText, offset: int = 0) -> Note:
    line = text.line_at(offset + found.start)
    return Note("info", f"{label}: {found.text} holds no more, by its own words", line.page, line.number)


def _is_aside(text: str, term: Term | None) -> bool:
    """Whether a cell beside the label of an event names no other event."""
    return event_named(text) in (None, term.event if term else None)


def _row_moment(label: str, beside: str, term: Term | None) -> str | None:
    """When on the day, by the words of the label's first sentence or those beside the date.

    Of rank day the rest of a label says so too: at which moment companies are measured.
    """
    said = moment_named(first_sentence(label)) or moment_named(beside)
    if said or term is None:
        return said
    return (moment_named(label) if term.event == "rank_day" else None) or term.moment


def _short_review(label: str, year: int | None) -> str | None:
    return review_named(label, year, bare=len(label) < 20) if len(label) < 80 else None


def _stated(  # noqa: PLR0917
    found: DateExpression,
    context: Context,
    term: Term | None,
    review: str | None,
    moment: str | None,
    label: str,
    text: PlacedText,
    notes: list[Note],
    offset: int = 0,
) -> StatedDate | None:
    """A date as stated, or None and a note where what is printed is no date; `offset` is where its sentence begins."""
    line = text.line_at(offset + found.start)
    if found.starts_on is None:
        notes.append(Note("warning", f"{label}: {found.problem}", line.page, line.number))
        return None
    first, last = found.weekdays
    if found.ends_on and last and last != f"{found.ends_on:%A}":
        message = f"{label}: {found.text!r} ends on a {found.ends_on:%A}"
        notes.append(Note("warning", message, line.page, line.number))
    return StatedDate(
        event=term.event if term else None,
        review=review or context.review_on(found.starts_on),
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        moment=None if found.ends_on else moment,
        weekday=first,
        section=context.section or "introduction",
        label=label,
        stated_text=found.text,
        page=line.page,
        line=line.number,
    )


def _prose_dates(
    context: Context, text: PlacedText, notes: list[Note], entry: StatedDate | None = None
) -> Iterator[StatedDate]:
    """The dates in running text. Within a timetable's `entry`, "until" a date ends what the entry begins."""
    for offset, sentence in sentences(text.text):
        review = review_named(sentence, context.year) or context.review
        dates = context.dates(sentence, review)
        ends = [0, *(found.end for found in dates)]
        starts = [*(found.start for found in dates), len(sentence)]
        label, moment, term = "", None, None
        for at, found in enumerate(dates):
            before = sentence[max(ends[at], found.start - _LONGEST_LABEL) : found.start]
            after = sentence[found.end : min(starts[at + 1], found.end + _LONGEST_LABEL)]
            if _ELSEWHERE.search(before):
                continue
            if _FORMER.search(before):
                notes.append(_former(found, without_marks(before), text, offset))
                continue
            if term and _LISTED.fullmatch(before) and not _SAYS.match(after):
                stated = _stated(found, context, term, review, moment, label, text, notes, offset)
                if stated:
                    yield stated
                continue
            label = without_marks(before).strip(" ,;:*_") or without_marks(after)[:80]
            term = term_named(before, context.heading, last=True)
            goes_on = entry is not None and (term is None or term.event == entry.event)
            if entry and goes_on and found.starts_on and found.ends_on is None and _UNTIL.search(before):
                if entry.starts_on <= found.starts_on:
                    line = text.line_at(offset + found.start)
                    until = replace(entry, ends_on=found.starts_on, moment=None, label=label, stated_text=found.text)
                    yield replace(until, page=line.page, line=line.number)
                continue
            if term is None and _OPENER.fullmatch(before):
                term = term_named(after, context.heading)
            term = term or term_named(context.heading)
            aside = re.match(r"[*_\s]*\([^)]{1,40}\)", after)
            moment = moment_named(before + (aside[0] if aside else "")) or (term.moment if term else None)
            stated = _stated(found, context, term, review, moment, label, text, notes, offset)
            if stated:
                yield stated
