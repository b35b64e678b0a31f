"""Schedules: decides by a trial reading whether a document is one, and says why it is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.dates.expressions import PERHAPS_DATE
from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.schedules.account import account_schedule
from russell_pipeline.documents.schedules.dates import dated_events
from russell_pipeline.documents.schedules.parts import Paragraph, parts_of, whole_heading
from russell_pipeline.documents.schedules.tables import has_wrapped_answers
from russell_pipeline.documents.schedules.words import ANNOUNCES, SCHEDULE_TITLE, sentences
from russell_pipeline.wording import counted

# Documents with more lines than this are not read on trial.
_LONGEST_SCHEDULE = 2000
_LONGEST_TITLE = 150
# What a title calls a document that is a schedule, and not only about a review.
_SCHEDULE = re.compile(r"\b(?:schedules?|calendar|timetable|timeline|dates)\b", re.IGNORECASE)
_QUESTIONS = re.compile(
    r"(?=.*\b(?:frequently asked questions|faqs?)\b).*\b(?:reconstitutions?|reviews?|rebalanc\w+)\b", re.IGNORECASE
)
# The number of events that a schedule dates, if a title says that it is about a review, and if none does.
_LEAST, _LEAST_UNTITLED = 3, 5
_FEW = 2


class _Evidence(NamedTuple):
    """What a document dates as a schedule does: events in rows, and in sentences; and what its titles say it is."""

    in_rows: set[str]
    in_sentences: set[str]
    is_called_schedule: bool
    is_about_review: bool

    @property
    def is_schedule(self) -> bool:
        """Whether enough events are dated: sentences count in what is called a schedule, as a notice has dates too."""
        if self.is_called_schedule:
            return len(self.in_rows | self.in_sentences) >= _LEAST
        return len(self.in_rows) >= (_LEAST if self.is_about_review else _LEAST_UNTITLED)


def is_schedule(pages: Sequence[Page]) -> bool:
    """Whether a document states dates for several events of a review, as is found by reading a copy of it as a schedule.

    In sentences they count if a title, or what announces the dates, calls it a schedule. Its own lines get no roles.
    """
    evidence = None if any(has_wrapped_answers(page.lines) for page in pages) else _evidence(pages)
    return evidence is not None and evidence.is_schedule


def why_no_schedule(pages: Sequence[Page]) -> str | None:
    """Why a document that dates events of a review is no schedule, and what would be one; None if it dates none or one."""
    dated = any(PERHAPS_DATE.search(line.text) for page in pages for line in page.lines)
    if dated and any(has_wrapped_answers(page.lines) for page in pages):
        return (
            "sets questions and their answers side by side, on several lines each, so that nothing tells which answer is whose: "
            "set each answer below its question, or put a tab between them on one line"
        )
    evidence = _evidence(pages)
    events = evidence.in_rows | evidence.in_sentences if evidence else set()
    if evidence is None or len(events) < _FEW:
        return None
    of_review = f"{counted(len(events), 'event')} of a review"
    if evidence.in_sentences - evidence.in_rows and not evidence.is_called_schedule:
        return (
            f"is a notice that names days of {of_review} in its sentences: a schedule has them in a table or a list, or is "
            "called one in its title"
        )
    return f"dates {of_review}: a schedule dates {_LEAST} or more, under a title that says so"


def _evidence(pages: Sequence[Page]) -> _Evidence | None:
    """The evidence that a document is a schedule, None if it is too long."""
    lines = [line for page in pages for line in page.lines]
    if len(lines) > _LONGEST_SCHEDULE:
        return None
    trial = [replace(page, lines=[replace(line) for line in page.lines]) for page in pages]
    account_schedule(trial)
    lines = [line for page in trial for line in page.lines]
    said = list(_titles(lines))
    titles = [title for title in said if SCHEDULE_TITLE.search(title)]
    called = any(map(_SCHEDULE.search, titles)) or any(map(_QUESTIONS.search, said))
    return _Evidence(*dated_events(lines), is_called_schedule=called, is_about_review=bool(titles))


def _titles(lines: Sequence[Line]) -> list[str]:
    """The titles and headings of accounted lines, and the sentences that announce what is below them."""
    # A title may be set over two lines that stand apart like two titles.
    found = [f"{above.text} {line.text}" for above, line in pairwise(lines) if above.role is line.role is Role.TITLE]
    heads = [at for at, line in enumerate(lines) if line.role in (Role.TITLE, Role.HEADER) and line.cells != []]
    found += [" ".join(whole_heading(lines[at:]).split()) for at in heads]
    for part in parts_of(lines, None):
        if isinstance(part, Paragraph) and ANNOUNCES.search(part.text.text):
            *_, (_, last) = sentences(part.text.text)
            found.append(last)
    return [title for title in found if len(title) < _LONGEST_TITLE]
