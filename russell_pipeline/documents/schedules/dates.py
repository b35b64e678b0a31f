"""Schedules: the dates that accounted lines state, and the reviews that they belong to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from russell_pipeline.dates.expressions import (
    PERHAPS_DATE,
    DateExpression,
    find_dates,
    orders_of_figures,
    parted_date,
    states_no_date,
)
from russell_pipeline.dates.stated import StatedDate
from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.model import Fact, Line, Note, Role
from russell_pipeline.documents.schedules.parts import (
    Context,
    Row,
    heads_of,
    labelled,
    parts_of,
    section_of,
)
from russell_pipeline.documents.schedules.placed_text import PlacedText
from russell_pipeline.documents.schedules.self_description import is_dateline
from russell_pipeline.documents.schedules.words import (
    ANSWERS,
    ASSETS,
    COUNTED_ON,
    MARK,
    YEAR,
    Term,
    event_named,
    events_named,
    first_sentence,
    moment_named,
    names_other_indexes,
    review_named,
    sentences,
    states_only_dates,
    term_named,
    without_dates,
    without_marks,
)

# The fact that a schedule states dates of a review, and its value for dates whose review is not named.
STATES_DATES_OF, NO_REVIEW = "states_dates_of", "none"
# One-day events that sentences elsewhere in a schedule refer to by date alone.
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
_FEW_WORDS = 4
_SEVERAL = 2
_LONGEST_NAME = 80
# A date further from the middle of a review's month is none that a question on the review asks for (days).
_NEAR_REVIEW = 270
# A sentence names the event of a date within this many characters of it.
_LONGEST_LABEL = 400
_OPENER = re.compile(
    r"[\W_]*(?:(?:beginning|starting) )?(?:on|from|by|as of|at|between|until|for|and|the|the close of|after the close on)?[\W_]*",
    re.IGNORECASE,
)
# What separates the dates of a list, which all share the event of the first; and verbs that speak of the last date alone.
_LISTED = re.compile(r"[\s*_]*(?:,|,?\s*(?:and|&))[\s*_]*")
_SAYS = re.compile(r"[\s*_]*(?:is|are|was|were|will|marks?|begins?|ends?)\b")
_WHICH_IS = re.compile(r",?\s+which\s+(?:is|marks|will be)\b")
# The heads of columns that hold the first and the last day of a span.
_FIRST_DAY = re.compile(r"(?:starts?|from|begins?|opens?|first)(?: (?:date|day|on))?", re.IGNORECASE)
_LAST_DAY = re.compile(r"(?:ends?|to|until|through|closes?|last)(?: (?:date|day|on))?", re.IGNORECASE)
_RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)
_ASIDE = re.compile(r"[*_\s]*\([^)]{1,40}\)")
_IN_BRACKETS = re.compile(r"\([^)]*$")
# Words before a date, or over its column, that say it no longer holds.
_FORMER = re.compile(
    r"\b(?:previously|formerly|originally|instead of|rather than|superseded|(?:moved|changed|postponed) from)\b[^.;)]*$"
    r"|\(\s*(?:was|were|not)\b[^.;)]*$",
    re.IGNORECASE,
)
_HOLDS_NO_MORE = "holds no more, by its own words"
_FORMER_HEAD = re.compile(r"\b(?:original|previous|former|old|superseded)(?:ly)?\b", re.IGNORECASE)
# Words before a date that make it the date of another publication.
_ELSEWHERE = re.compile(
    r"\b(?:in accordance with|in line with|per|further to|pursuant to|according to|see|refer to)\b[^.;,]*"
    r"\b(?:announce\w*|notices?|publications?|press release|consultation)\b[^.;,]*$"
    r"|\bas (?:was |were )?(?:announced|published|set out|communicated)\b[^.;,]*$"
    r"|\b(?:notice|publication|press release|consultation|schedule|calendar)\s+(?:\w+\s+)?"
    r"(?:published|issued|dated|made)\b[^.;,]*$"
    r"|^\W*(?:last (?:updated|modified|revised)|published|issued|dated)\s*:?\s*(?:on\s+)?[*_\s]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A stated date, and whether a row states it: rows name the events of dates that prose leaves unnamed."""

    stated: StatedDate
    in_row: bool


def stated_dates(lines: Sequence[Line], review_year: int | None) -> tuple[list[StatedDate], list[Note]]:
    """Every date that accounted lines state for a review, in document order, once for each place where it is printed.

    `review_year` is the year for headings and dates that print none; it defaults to the year in the titles. Publication dates
    of other documents are left out. A date in prose without a named event takes the one that rows give for that day and review.
    The notes list what a person should check: impossible dates, cells without a date, labels that name no event.
    """
    notes: list[Note] = []
    statements = list(_statements(lines, review_year, notes))
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
    notes += _parted_dates(lines)
    notes += _unordered(lines)
    return found, sorted(notes, key=lambda note: (note.page or 0, note.line or 0))


def dated_events(lines: Sequence[Line]) -> tuple[set[str], set[str]]:
    """The events that accounted lines date: in rows of tables and timetables, and in sentences."""
    found: tuple[set[str], set[str]] = set(), set()
    for stated, in_row in ((one.stated, one.in_row) for one in _statements(lines, None, [])):
        if stated.event:
            found[not in_row].add(stated.event)
    return found


def _statements(lines: Sequence[Line], review_year: int | None, notes: list[Note]) -> Iterator[_Statement]:
    for part in parts_of(lines, review_year):
        reading = _row_dates(part, notes) if isinstance(part, Row) else _prose_dates(part.context, part.text, notes)
        yield from (_Statement(stated, isinstance(part, Row)) for stated in reading)


def _dates_in_headings(lines: Sequence[Line]) -> Iterator[Note]:
    """Yield a note for each date in a heading, or in a title that names an event, so that none is dropped silently."""
    for line in lines:
        heading = line.cells is None if line.role is Role.HEADER else line.role is Role.TITLE and event_named(line.text)
        for found in find_dates(line.text) if heading and PERHAPS_DATE.search(line.text) else ():
            yield Note(
                "warning", f"{found.text}: it stands in a heading, and is read of no event", line.page, line.number
            )


def _parted_dates(lines: Sequence[Line]) -> Iterator[Note]:
    """Yield a note for each date that is split over two lines or cells which are not read as one text."""
    above: list[tuple[Line, str] | None] = []
    for line in lines:
        if line.role in (Role.BLANK, Role.FOOTER, Role.LEGAL):
            continue
        in_columns = line.cells if line.cells and len(line.cells) > 1 else [line.text]
        if len(in_columns) != len(above):
            above = [next(filter(None, reversed(above)), None)] + [None] * (len(in_columns) - 1)
        for at, text in enumerate(in_columns):
            before = above[at]
            if text and before and line.cells != [] and (parted := parted_date(before[1], text)):
                message = f"{parted}: it begins here and ends in another text, and is read of no event"
                yield Note("warning", message, before[0].page, before[0].number)
            above[at] = (line, text) if text else before


def _unordered(lines: Sequence[Line]) -> Iterator[Note]:
    """Yield a note if a date in figures could be read either way and the document's other dates do not settle the order."""
    told = [(line, kind) for line in lines if line.role is not Role.LEGAL for kind in orders_of_figures(line.text)]
    orders = {kind for _, kind in told}
    unsure = next((line for line, kind in told if kind is None), None)
    if unsure and orders >= {True, False}:
        message = (
            "dates in figures have the day first and the month first: where both can be meant, the month is read first"
        )
        yield Note("warning", message, unsure.page, unsure.number)
    elif unsure and orders == {None}:
        message = "nothing tells whether dates in figures have the day first or the month: the month is read first"
        yield Note("warning", message, unsure.page, unsure.number)


def reviews_of(stated: Sequence[StatedDate]) -> Iterator[Fact]:
    """Yield a fact for each review with stated dates, at its first date; NO_REVIEW stands for dates without a named review."""
    first: dict[str | None, StatedDate] = {}
    for one in stated:
        first.setdefault(one.review, one)
    for review, one in first.items():
        yield Fact(STATES_DATES_OF, review or NO_REVIEW, "rows", one.page, one.line)


def _row_dates(row: Row, notes: list[Note]) -> Iterator[StatedDate]:
    """Yield the dates of a row: in columns headed by a review, in cells that hold only dates, and in the text of other cells.

    If reviews head some of the columns, only those columns are given a review by name, and text cells are not read for dates.
    """
    context = row.context
    heads = heads_of(row)
    row = row._replace(cells=_spans_joined(row.cells, heads))
    reviews = [review_named(head, context.year, bare=True) or _in_year(context.review, head) for head in heads]
    is_matrix = any(reviews)
    date_cells = [at for at, cell in enumerate(row.cells) if reviews[at] or states_only_dates(cell.text)]
    labels = [cell for at, cell in enumerate(row.cells) if at not in date_cells and cell.text]
    context = replace(context, section=section_of(context, is_matrix, len(date_cells)))
    row_review = next((named for label in labels if (named := _short_review(label.text, context.year))), None)
    differing = _differing_by_index(row, heads, date_cells)
    entry: StatedDate | None = None
    for at in date_cells:
        cell = row.cells[at]
        if of_others := _of_other_indexes(row, heads, at):
            why = f"is of {of_others!r}, no index of the US"
            notes += [_left_out(found, why, cell, 0) for found in context.dates(cell.text, None)]
            continue
        review = reviews[at] if is_matrix else row_review or context.review
        beside = without_dates(cell.text)
        label, term = labelled([*(label.text for label in labels), heads[at], beside], context.heading)
        dates = context.dates(cell.text, review)
        if not dates and cell.text and not states_no_date(without_marks(cell.text)):
            notes.append(Note("warning", f"{label!r}: {cell.text!r} is no date", row.line.page, row.line.number))
        if _of_several(cell.text, dates, label):
            term = None
        if _spills_over(
            cell.text, dates, [row.cells[n].text for n in (at - 1, at + 1) if 0 <= n < len(reviews) and reviews[n]]
        ):
            review = None
        if at in differing:
            label, term = f"{label} of {heads[at]}, which differ by index", None
        by_date = _moments_by_date(cell.text, dates)
        for nth, (end, found) in enumerate(zip([0, *(one.end for one in dates)], dates, strict=False)):
            if _FORMER.search(cell.text[end : found.start]) or _FORMER_HEAD.search(heads[at]):
                notes.append(_left_out(found, _HOLDS_NO_MORE, cell, 0, label))
                continue
            # The time of day may have a column of its own.
            times = [one.text for one in labels if len(one.text) < _LONGEST_TIME and _is_aside(one.text, term)]
            moment = by_date[nth] or _row_moment(label, " ".join([beside, heads[at], *times]), term)
            stated = _stated(found, context, term, review, moment, first_sentence(label), cell, notes)
            if stated:
                entry = entry or stated
                yield stated
    first = row.cells[0]
    asked = replace(context, heading=first.text) if first.text.endswith("?") else context
    for text in labels if date_cells and not is_matrix else [] if date_cells else row.cells:
        yield from _prose_dates(context if text is first else asked, text, notes, entry)


def _of_other_indexes(row: Row, heads: Sequence[str], at: int) -> str | None:
    """What says that the dates of a cell are of indexes of another family: the head of its column, its row, or its heading.

    In a column of its own, so do marks under the heads of such indexes alone.
    """
    labels = [cell.text for cell in row.cells if cell.text and len(cell.text) < _LONGEST_NAME]
    marked = [head for head, cell in zip(heads, row.cells, strict=True) if MARK.fullmatch(cell.text)]
    if marked and all(map(names_other_indexes, marked)):
        return marked[0]
    return next(filter(names_other_indexes, (heads[at], *labels, row.context.heading)), None)


def _differing_by_index(row: Row, heads: Sequence[str], date_cells: Sequence[int]) -> set[int]:
    """The cells of a row that have other dates for one index of the US than for another: the calendar knows no index."""
    of_indexes = {at: row.cells[at].text for at in date_cells if vocabulary.indexes_named(vocabulary.plain(heads[at]))}
    days = {
        at: [(one.starts_on, one.ends_on) for one in row.context.dates(text, None)] for at, text in of_indexes.items()
    }
    stated = {at: found for at, found in days.items() if found and not names_other_indexes(heads[at])}
    return set(stated) if any(found != next(iter(stated.values())) for found in stated.values()) else set()


def _moments_by_date(text: str, dates: Sequence[DateExpression]) -> list[str | None]:
    """The moment of each date of a cell with several: from the words before it, or after it if none stand before the first."""
    if len(dates) < _SEVERAL:
        return [None] * len(dates)
    between = [
        text[end:start]
        for end, start in pairwise([0, *(at for one in dates for at in (one.start, one.end)), len(text)])
    ]
    beside = [moment_named(words) for words in between[::2]]
    return beside[:-1] if beside[0] else beside[1:]


def _spans_joined(cells: Sequence[PlacedText], heads: Sequence[str]) -> list[PlacedText]:
    """The cells of a row, with a first and a last day in separate columns ("Start", "End") joined into a span in the first."""
    found = list(cells)
    for at in range(len(cells) - 1):
        first, last = cells[at], cells[at + 1]
        heads_span = _FIRST_DAY.fullmatch(heads[at].strip()) and _LAST_DAY.fullmatch(heads[at + 1].strip())
        if heads_span and first.text != last.text and find_dates(first.text) and find_dates(last.text):
            found[at] = PlacedText(f"{first.text} to {last.text}", first.places)
            found[at + 1] = PlacedText()
    return found


def _of_several(text: str, dates: Sequence[DateExpression], label: str) -> bool:
    """Whether a cell holds dates of several rows or columns, so that nothing tells which date belongs to which event.

    This is so if two dates have nothing between them, and the label names several events or one of these dates is a span.
    """
    beside = [pair for pair in pairwise(dates) if not text[pair[0].end : pair[1].start].strip()]
    return bool(beside) and (len(events_named(label)) > 1 or any(found.ends_on for pair in beside for found in pair))


def _spills_over(text: str, dates: Sequence[DateExpression], neighbours: Sequence[str]) -> bool:
    """Whether a cell may hold the date of a neighbouring review: two of its dates run together, and a neighbour is empty."""
    return "" in neighbours and any(not text[one.end : other.start].strip() for one, other in pairwise(dates))


def _in_year(review: str | None, head: str) -> str | None:
    """For a column headed by a year, the given review moved to that year; None for other heads."""
    return f"{head}{review[4:]}" if review and YEAR.fullmatch(head) else None


def _left_out(found: DateExpression, why: str, text: PlacedText, offset: int, label: str = "") -> Note:
    """The note on a date of `text` that is read of no event; `offset` is where its sentence begins."""
    line = text.line_at(offset + found.start)
    return Note("info", f"{label}: {found.text} {why}" if label else f"{found.text} {why}", line.page, line.number)


def _is_aside(text: str, term: Term | None) -> bool:
    """Whether a cell beside the label of an event names no other event."""
    return event_named(text) in (None, term.event if term else None)


def _row_moment(label: str, beside: str, term: Term | None) -> str | None:
    """The moment of the day for a date in a row: from the label's first sentence, the words beside the date, or the event.

    For rank day the whole label counts, since it says at which moment companies are measured.
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
    """The stated date, or None and a note if the printed text is an impossible date.

    `offset` is where the sentence of the date begins in `text`.
    """
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
    """Yield the dates in running text. In the text of a timetable's `entry`, "until" a date makes the entry a span."""
    for offset, sentence in sentences(text.text):
        review = review_named(sentence, context.year) or context.review
        dates = context.dates(sentence, review)
        # Text in brackets right after a date belongs to that date.
        asides = [_ASIDE.match(sentence, found.end) for found in dates]
        ends = [0, *(aside.end() if aside else found.end for found, aside in zip(dates, asides, strict=True))]
        starts = [*(found.start for found in dates), len(sentence)]
        label, moment, term = "", None, None
        told_after: Term | None = None  # the event given to the previous date by the words after it
        for at, found in enumerate(dates):
            # A semicolon separates the words about one date from those about the next.
            before = sentence[max(ends[at], found.start - _LONGEST_LABEL) : found.start].rpartition(";")[2]
            after = sentence[found.end : min(starts[at + 1], found.end + _LONGEST_LABEL)]
            if _IN_BRACKETS.search(before):
                after = after.partition(")")[0]
            if _ELSEWHERE.search(before) or (at == offset == 0 and is_dateline(before, after)):
                continue
            if _FORMER.search(before):
                notes.append(_left_out(found, _HOLDS_NO_MORE, text, offset, without_marks(before)))
                continue
            aside = in_brackets[0] if (in_brackets := asides[at]) else ""
            if term and _LISTED.fullmatch(before) and not _SAYS.match(after) and not event_named(aside):
                stated = _stated(found, context, term, review, moment, label, text, notes, offset)
                if stated:
                    yield stated
                continue
            label = without_marks(before).strip(" ,;:*_") or without_marks(after)[:80]
            term = _term_before(before, sentence[: found.start], context.heading)
            if term and told_after and term.event == told_after.event:
                before, term = "", None
            told_after = None
            goes_on = entry is not None and (term is None or term.event == entry.event)
            if entry and goes_on and found.starts_on and found.ends_on is None and _UNTIL.search(before):
                if entry.starts_on <= found.starts_on:
                    line = text.line_at(offset + found.start)
                    until = replace(entry, ends_on=found.starts_on, moment=None, label=label, stated_text=found.text)
                    yield replace(until, page=line.page, line=line.number)
                continue
            if _is_background(before, after, sentence[: found.start], term, context.heading):
                notes.append(
                    _left_out(found, "says when something was counted, and is no date of a review", text, offset)
                )
                continue
            if term is None and "?" not in text.text[:offset]:  # else another question is answered
                term = _asked_for(context, sentence[: found.start], found, review)
            if term is None and (_OPENER.fullmatch(before) or _WHICH_IS.match(after)):
                told_after = term = term_named(after, context.heading) or _term_of_list(sentence, dates, at, context)
            term = term or (None if context.heading.endswith("?") else term_named(context.heading))
            beside_another = at > 0 and not sentence[dates[at - 1].end : found.start].strip()
            if beside_another or _RESPECTIVELY.search(sentence):  # nothing tells which date belongs to which event
                term = None
            moment = moment_named(before + aside) or (term.moment if term else None)
            stated = _stated(found, context, term, review, moment, label, text, notes, offset)
            if stated:
                yield stated


def _asked_for(context: Context, before: str, found: DateExpression, review: str | None) -> Term | None:
    """The event that a question in the heading asks for, if a date of the review is the answer by the words before it."""
    if not context.heading.endswith("?") or len(events_named(context.heading)) != 1 or not ANSWERS.fullmatch(before):
        return None
    if found.starts_on and review and abs((found.starts_on - date.fromisoformat(f"{review}-15")).days) > _NEAR_REVIEW:
        return None
    return term_named(context.heading)


def _is_background(before: str, after: str, so_far: str, term: Term | None, heading: str) -> bool:
    """Whether a date in prose says when something was counted, by the words on both sides of it and its sentence so far."""
    if not COUNTED_ON.search(before):
        return False
    if ASSETS.search(so_far) or (_OPENER.fullmatch(before) and ASSETS.search(after)):
        return True
    return term is None and not term_named(heading) and not term_named(after[:_LONGEST_LABEL])


def _term_of_list(sentence: str, dates: Sequence[DateExpression], at: int, context: Context) -> Term | None:
    """The event named after the list of dates that begins with `dates[at]`; it applies to every date of the list."""
    last = at
    while last + 1 < len(dates) and _LISTED.fullmatch(sentence, dates[last].end, dates[last + 1].start):
        last += 1
    if last == at or _SAYS.match(sentence, dates[last].end):
        return None
    end = dates[last + 1].start if last + 1 < len(dates) else len(sentence)
    return term_named(sentence[dates[last].end : min(end, dates[last].end + _LONGEST_LABEL)], context.heading)


def _term_before(before: str, so_far: str, heading: str) -> Term | None:
    """The event that the words before a date name; a few words may rely on the sentence so far ("with updates on")."""
    term = term_named(before, heading, last=True)
    if term is None and len(before.split()) <= _FEW_WORDS:
        term = term_named(before, f"{heading} {so_far}", last=True)
    return term
