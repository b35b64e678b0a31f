"""Schedules: groups accounted lines into rows and paragraphs, each with its context: review, headings, column heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, takewhile
from typing import NamedTuple

from russell_pipeline.dates.expressions import DateExpression, days_first, find_dates
from russell_pipeline.dates.reviews import reconstitution_months
from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.schedules.placed_text import PlacedText
from russell_pipeline.documents.schedules.self_description import schedule_year
from russell_pipeline.documents.schedules.words import (
    ANNOUNCES,
    NUMBERED_HEADING,
    SECTIONS,
    SENTENCE_END,
    YEAR,
    Term,
    event_named,
    first_sentence,
    is_about_reconstitution,
    reconstitution_near,
    review_named,
    sentences,
    term_named,
    without_marks,
)


@dataclass(frozen=True, slots=True)
class Context:
    """The context of a part of a schedule: section, heading, the review it is about, the heads of its columns.

    `of_both` says that the titles speak of reconstitutions, in a year that has two.
    """

    year: int | None
    document_review: str | None
    day_first: bool
    section: str | None = None
    numbered: bool = False
    heading: str = ""
    heading_review: str | None = None
    columns: tuple[str | None, ...] = ()
    of_both: bool = False

    @property
    def review(self) -> str | None:
        """The review that the heading names, else that of the document; None if neither names one."""
        return self.heading_review or self.document_review

    def review_on(self, day: date) -> str | None:
        """The review of a day if the text names none: one of the two reconstitutions of the year, None if unknown."""
        return reconstitution_near(day) if self.of_both and day.year == self.year else None

    def dates(self, text: str, review: str | None) -> list[DateExpression]:
        """The dates in a text, read in the document's year and order of day and month."""
        return find_dates(text, year=self.year, review=review, day_first=self.day_first)


class Row(NamedTuple):
    """A row of a table or an entry of a timetable: its cells, and the lines that they are on."""

    context: Context
    cells: list[PlacedText]
    line: Line


class Paragraph(NamedTuple):
    """A paragraph of prose."""

    context: Context
    text: PlacedText


def parts_of(lines: Sequence[Line], year: int | None) -> Iterator[Row | Paragraph]:
    """The rows and paragraphs of accounted lines in order, each with its context; `year` defaults to the schedule's own."""
    named = schedule_year(lines)
    year = year or (named[0] if named else None)
    of_both = len(reconstitution_months(year)) > 1 and any(
        is_about_reconstitution(line.text) for line in lines if line.role is Role.TITLE
    )
    context = Context(year, _document_review(lines, year), days_first([line.text for line in lines]), of_both=of_both)
    unsure = _reviews_side_by_side(lines, year)
    part: Row | Paragraph | None = None
    for at, line in enumerate(lines):
        if line.role in (Role.BLANK, Role.FOOTER, Role.LEGAL) or (line.cells and not any(line.cells)):
            continue
        if line.cells == [] and part:
            (part.cells[-1] if isinstance(part, Row) else part.text).add(line.text, line)
            continue
        if part:
            yield part
            context = _announced(context, part)
            part = None
        if line.role is Role.ROW:
            cells = [PlacedText() for _ in line.cells or [line.text]]
            for text, cell in zip(cells, line.cells or [line.text], strict=True):
                text.add(cell or "", line)
            part = Row(context, cells, line)
        elif line.role is Role.PROSE:
            part = Paragraph(context, PlacedText())
            part.text.add(line.text, line)
        elif line.cells != [] or line.role is Role.TITLE:
            context = _under(context, line, whole_heading(lines[at:]) if line.role is Role.HEADER else line.text)
            if id(line) in unsure:
                context = replace(context, document_review=None, heading_review=None, of_both=False)
    if part:
        yield part


def _announced(context: Context, part: Row | Paragraph) -> Context:
    """The context below a part: that of the review whose dates a paragraph announces in its last sentence, if it does so."""
    if isinstance(part, Row) or not ANNOUNCES.search(part.text.text):
        return context
    *_, (_, last) = sentences(part.text.text)
    return replace(context, heading_review=review_named(last, context.year) or context.heading_review)


def _reviews_side_by_side(lines: Sequence[Line], year: int | None) -> set[int]:
    """The ids of headings of several reviews, one below the other: heads of a table whose cells became lines.

    Nothing tells which of these reviews a date below them belongs to.
    """
    printed = (line for line in lines if line.role not in (Role.BLANK, Role.FOOTER, Role.LEGAL))
    found = set[int]()
    for role, run in groupby(printed, key=lambda line: None if line.cells else line.role):
        named = {id(line): review_named(line.text, year, bare=role is Role.HEADER) for line in run}
        if role in (Role.TITLE, Role.HEADER) and len({*named.values()} - {None}) > 1:
            found.update(named)
    return found


def _document_review(lines: Sequence[Line], year: int | None) -> str | None:
    """The review that a whole schedule is about, as named by its titles or else by the prose before its first row.

    None if they name none or several. Prose may tell of reviews of earlier years.
    """
    titles = {review_named(line.text, year) for line in lines if line.role is Role.TITLE} - {None}
    if titles:
        return titles.pop() if len(titles) == 1 else None
    paragraphs: list[str] = []
    for line in takewhile(lambda line: line.role is not Role.ROW, lines):
        if line.role is Role.PROSE and line.cells == [] and paragraphs:
            paragraphs[-1] += f" {line.text}"
        elif line.role is Role.PROSE:
            paragraphs.append(line.text)
    said = {
        review_named(sentence, year)
        for paragraph in paragraphs
        for sentence in SENTENCE_END.split(" ".join(paragraph.split()))
        if YEAR.search(sentence)
    }
    said = {review for review in said if review and int(review[:4]) >= (year or 0)}
    return said.pop() if len(said) == 1 else None


def whole_heading(lines: Sequence[Line]) -> str:
    """The text of the title or heading that the first line begins, over all its lines."""
    first, *below = lines
    goes_on = takewhile(lambda line: line.role is first.role and line.cells == [], below)
    return " ".join(line.text for line in (first, *goes_on))


def _under(context: Context, line: Line, text: str) -> Context:
    """The context below a title, a heading or the header of a table, whose `text` goes on over other lines."""
    if line.cells and len(line.cells) > 1:
        if any(line.cells[1:]):
            return replace(context, columns=tuple(line.cells))
        within = line.cells[0] or ""  # a heading within a table keeps the columns
        return replace(
            context,
            heading=within,
            heading_review=review_named(within, context.year, bare=True) or context.heading_review,
        )
    text = without_marks(text).rstrip(":").strip()
    if line.role is Role.TITLE:
        return replace(
            context,
            section=None,
            numbered=False,
            heading="",
            heading_review=review_named(text, context.year),
            columns=(),
        )
    review, event = review_named(text, context.year, bare=True), event_named(text)
    numbered = NUMBERED_HEADING.match(text) is not None or text.endswith("?")
    # The columns of a table continue below a heading that spans it.
    columns = () if numbered or review else context.columns
    named = next((name for name, pattern in SECTIONS if pattern.search(text)), None)
    if not numbered and not named and context.section and (review or event):
        heading = text if event else context.heading
        return replace(context, heading=heading, heading_review=review or context.heading_review, columns=columns)
    section = text if numbered else named or (None if review or event else text)
    # The heading of an event stands below that of its review.
    above = context.heading_review if event and not numbered else None
    return replace(
        context,
        section=section,
        numbered=numbered,
        heading=text,
        heading_review=review or above,
        columns=columns,
    )


def heads_of(row: Row) -> list[str]:
    """The column head of each cell of a row; all empty if the row has another number of cells than there are columns."""
    fits = len(row.context.columns) == len(row.cells)
    return [head or "" for head in row.context.columns] if fits else [""] * len(row.cells)


def section_of(context: Context, is_matrix: bool, dates: int) -> str:
    """The section of a row, given the number of its `dates` and whether reviews head its columns (`is_matrix`)."""
    if context.section and (context.numbered or not is_matrix or context.section == "summary"):
        return context.section
    return "table" if is_matrix or dates > 1 else "timetable"


def labelled(texts: Sequence[str], heading: str) -> tuple[str, Term | None]:
    """The label of a cell and its event: the first of `texts` that names one, in its first sentence if any does so there.

    If none names an event, the label is the first text, or the heading if there is no text, and the event that of the heading.
    """
    texts = [cleaned for text in texts if (cleaned := without_marks(text))]
    for part in (first_sentence, str):
        for text in texts:
            if term := term_named(part(text), heading):
                return text, term
    return texts[0] if texts else heading, term_named(heading)
