"""Schedules: gives every line a role, and cells to the lines of tables and timetables.

Only this step uses the positions of words; later ones use the role, text and cells of each line. One line of a row or header
holds the cells of all its columns, including text wrapped over other lines, whose cells are all None. Cells are `[]` on a line
that continues the paragraph or timetable entry above it, and None on other prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from russell_pipeline.dates.expressions import MONTH, PERHAPS_DATE, WEEKDAY, find_dates, parted_date
from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.prose import BULLET, account_frame, account_legal, is_heading, key_text, paragraphs
from russell_pipeline.documents.schedules.self_description import is_dateline, own_date
from russell_pipeline.documents.schedules.tables import account_tables
from russell_pipeline.documents.schedules.words import (
    ASKING_WORD,
    ASKS,
    FOOTNOTE,
    NUMBERED_HEADING,
    QUESTION,
    QUOTATION,
    SCHEDULE_TITLE,
    SECTIONS,
    YEAR,
    event_named,
    moment_named,
    names_review,
    states_only_dates,
    without_dates,
)

# The time of day beside a date.
_TIME = (
    r"\b(?:after|at|before|from|following|as of)\s+(?:the\s+)?(?:\w+\s+)?"
    r"(?:clos(?:e|ing)|open(?:ing)?|(?:start|beginning|end)(?=\s+of\s+trading))(?:\s+of\s+[\w ]+?)?"
)
_SEPARATOR = re.compile(rf"[*_\s]*(?:\([^)]{{1,40}}\)|,?\s*{_TIME})?[*_\s]*(?::|[-–—|](?=\s))[*_\s]*", re.IGNORECASE)
# The end of a line that continues on the next one.
_READS_ON = re.compile(
    r"(?:\b(?:on|by|from|of|the|and|to|at|until|is|are|be|for|in|will|with)|[-–—&,.;])\s*$", re.IGNORECASE
)
# The end of a line that a date on the next line completes.
_GOES_ON = re.compile(rf"(?:\b(?:on|by|from|of|the|until|is)|{WEEKDAY},?(?:\s+{MONTH})?)\s*$")
_SENTENCE = re.compile(r"[.:]\W*$")
# The text before the dates of an entry: a label, and a colon, a dash or a pipe. A long label must name an event.
_LABEL = re.compile(r"(?P<label>[^.]{2,160}?)\s*(?::|\s[-–—]|\|)\s*(?:(?:on|from|between)\s+)?[*_]*")
_LONGEST_PLAIN_LABEL, _LONGEST_LABEL = 90, 160
# The number of an entry, "Fridays" before dates, dots from a label to its date, and brackets between a date and its label.
_NTH_ENTRY = re.compile(
    rf"\s*(?:(?:week|step|stage|phase)\s+\d{{1,2}}[.):]|\d{{1,2}}[.)])\s+(?!{MONTH}\s+\d{{4}})", re.IGNORECASE
)
_WEEKLY = re.compile(rf"\s*(?:Mon|Tues|Wednes|Thurs|Fri)days,?\s+(?={MONTH}|\d)")
_LEADERS = re.compile(r"\s*(?:\.\s?){4,}\s*")
_ASIDE_BEFORE_LABEL = re.compile(r"\s*\([^)]{1,40}\)(?=\s*[A-Z])")
# The time of day between a label and its date, and before a date that begins an entry (a sentence would go on in lower case).
_MOMENT = re.compile(rf"(?P<moment>{_TIME})\s+on[\s*_]*$", re.IGNORECASE)
_MOMENT_FIRST = re.compile(rf"[\s*_]*(?=[A-Z])(?i:{_TIME})\s+on[\s*_]*$")
# Words on the time of day beside a date ("after the close of US markets").
_LONGEST_MOMENT = 60
# Points; no paragraph is indented this far.
_FAR_INDENT = 50.0
_ASKED_OR_ANSWERED = re.compile(rf"\s*(?:(?:Q|A|Question|Answer)\s*\d{{0,2}}\s*[.:)]\s|\d{{1,2}}[.)]\s+{ASKING_WORD})")
# The end of a press release.
_END_MARK = re.compile(r"[\s*_–—-]*(?:ends?|# ?# ?#)[\s*_–—-]*", re.IGNORECASE)
# A title set over several lines.
_LONGEST_TITLE = 110


def account_schedule(pages: Sequence[Page]) -> None:
    """Give every line of a schedule one role, and the lines of tables and timetables their cells.

    Tables are divided at tabs, at pipes, or at the gaps that their lines have in common (runs of spaces in text files,
    white space between columns in a PDF); a row may wrap over several lines.
    """
    account_frame(pages)
    for page in pages:
        for line in page.lines:
            if line.role is None and _END_MARK.fullmatch(line.text):
                line.role = Role.FOOTER
        account_tables(page.lines)
    lines = [line for page in pages for line in page.lines]
    _account_prose(lines)
    account_legal(lines, lambda line: line.role is Role.ROW)


class _Entry(NamedTuple):
    """A timetable entry: its dates and label as cells in printed order."""

    cells: list[str | None]
    date_only: bool


def _entry(text: str) -> _Entry | None:
    """The entry that a line begins: dates and then a label, or a label and then dates. None if it begins no entry."""
    text = " ".join(_LEADERS.sub(": ", _item(text)).split())
    dates = find_dates(text) if PERHAPS_DATE.search(text) else []
    if not dates:
        return None
    before = text[: dates[0].start].strip("*_ ")
    if not before or _MOMENT_FIRST.match(text[: dates[0].start]):
        end = dates[0].end
        for found in dates[1:]:
            if not re.fullmatch(r"(?:[\s*_]*(?:,\s*and|,|and|&)[\s*_]*)?", text[end : found.start]):
                break
            end = found.end
        if aside := _ASIDE_BEFORE_LABEL.match(text, end):
            end = aside.end()
        separator = _SEPARATOR.match(text, end)
        if separator:
            return _Entry([text[: separator.end()].rstrip(" :-–—|"), text[separator.end() :].strip() or None], False)
        rest = text[end:].strip(" *_.")
        if not rest or (len(rest) < _LONGEST_MOMENT and moment_named(rest) and not event_named(rest)):
            return _Entry([text, None], True)
        # A full stop after a date ends a sentence that began in the line above.
        ended = text[end:].lstrip("*_ ").startswith(".")
        if rest[:1].isupper() and len(rest) < 120 and event_named(rest) and not ended and not find_dates(rest):
            return _Entry([text[:end], rest], False)
    moment = _MOMENT.search(text, 0, dates[0].start)
    label = _LABEL.fullmatch(text, 0, moment.start() if moment else dates[0].start)
    if label and (len(label["label"]) <= _LONGEST_PLAIN_LABEL or event_named(label["label"])):
        dated = text[dates[0].start :]
        tail = re.sub(r"\([^)]*\)", "", without_dates(dated))
        if states_only_dates(dated) or not re.search(r"[A-Za-z]{4,}", tail):
            said = f"{label['label']} {moment['moment']}" if moment else label["label"]
            return _Entry([said.strip("* "), dated], False)
    return None


def _item(text: str) -> str:
    """The text of a list item without the bullet, the number or the "Fridays" that it begins with."""
    for mark in (BULLET, _NTH_ENTRY, _WEEKLY):
        begun = mark.match(text)
        text = text[begun.end() :] if begun else text
    return text


def _account_prose(lines: Sequence[Line]) -> None:
    """Set the roles and cells of titles, headings, timetable entries and paragraphs, the lines outside tables."""
    titles = True
    first_page = next((line.page for line in lines if line.role is None), 0)
    text_began = next((at for at, line in enumerate(lines) if line.role in (Role.ROW, Role.HEADER)), len(lines))
    begun = {id(line) for line in lines[text_began:]}
    found = paragraphs(lines, _begins)
    lean = _labels_above_dates(found)
    for at, paragraph in enumerate(found):
        first = paragraph[0]
        if first.role is not None:  # taken by the date above it
            continue
        text = key_text(first)
        if _is_question(paragraph):
            titles = False
            _give(paragraph, Role.HEADER, None)
            continue
        entry = _entry(first.text)
        following = found[at + 1] if at + 1 < len(found) else None
        labels = lean > 0 and len(paragraph) == 1 and _names_event(first) and _is_date_alone(following)
        names_event = event_named(text) is not None and not SCHEDULE_TITLE.search(without_dates(text))
        # A line with several dates, or with an event and a date, is a statement and not a heading.
        dates = len(find_dates(text)) if PERHAPS_DATE.search(text) else 0
        says = dates > 1 or (names_event and dates > 0)
        heading = (is_heading(paragraph) and not says and not QUOTATION.search(text)) or labels
        titles = titles and first.page == first_page and id(first) not in begun
        dates_next = following is not None and _is_label(following)
        is_title = heading and not _heads_section(text) and not entry and not names_event
        if titles and (is_title or (len(paragraph) == 1 and own_date(text) and not dates_next)):
            _give(paragraph, Role.TITLE, None)
            continue
        if entry:
            titles = False
            named_above = lean > 0 or (lean == 0 and _named_above(lines, first))
            _give(paragraph, Role.ROW, entry.cells)
            if not entry.date_only or len(paragraph) > 1 or named_above:
                continue
            is_label = following and following[0].page == first.page and _entry(following[0].text) is None
            if following and is_label and not _is_question(following):
                _give(following, Role.ROW, [])
            for label in _further_labels(found[at + 2 :]) if lean < 0 else ():
                _give(label, Role.ROW, [entry.cells[0], key_text(label[0])])
        elif heading and SCHEDULE_TITLE.search(text) and YEAR.search(text) and not NUMBERED_HEADING.match(text):
            _give(paragraph, Role.TITLE, None)
        elif heading:
            titles = False
            _give(paragraph, Role.HEADER, None)
        else:
            whole = " ".join(map(key_text, paragraph))
            titles = titles and len(whole) < _LONGEST_TITLE and not whole.endswith(".") and not says
            _give(paragraph, Role.TITLE if titles else Role.PROSE, None)


def _begins(above: Sequence[Line], line: Line) -> bool:
    """Whether a line begins a paragraph by its words, given the lines of the paragraph above it.

    An entry begins one unless its date completes a sentence that began above. A date alone may also end a wrapped sentence,
    but not right below a line that names an event. A line that names an event does not continue a date alone.
    """
    entry = _entry(line.text)
    if FOOTNOTE.match(line.text) or _begins_with_dateline(line) or _begins_question_or_answer(above, line):
        return True
    if parted_date(above[-1].text, line.text) or _is_within_list(above[-1]):
        return False
    if (entry and not entry.date_only) or _labels_date(line):
        reads_on = _GOES_ON.search(above[-1].text) or _awaits_date(above[-1])
        return _SENTENCE.search(above[-1].text) is not None or not reads_on
    ended = _SENTENCE.search(above[-1].text) is not None or not _READS_ON.search(above[-1].text)
    if ended and (_is_name_of_review(line) or (_begins_with_date(line) and _begins_with_date(above[0]))):
        return True
    alone = len(above) == 1
    if entry:
        return (
            (alone and _names_event(above[0]) and not _GOES_ON.search(above[0].text))
            or _heads_entries(above[-1])
            or _stands_off(above[-1], line)
        )
    if alone and _is_title(above[0]):
        return re.match(r"[a-z\d(]", key_text(line)) is None or _begins_with_date(line)
    return alone and _names_event(line) and (_is_date_alone(above) or _heads_entries(above[0]))


def _begins_with_dateline(line: Line) -> bool:
    text = line.text.strip()
    dates = find_dates(text) if PERHAPS_DATE.search(text) else []
    return bool(dates) and dates[0].start > 0 and is_dateline(text[: dates[0].start], text[dates[0].end :])


def _begins_question_or_answer(above: Sequence[Line], line: Line) -> bool:
    """Whether a line begins a question or its answer: by its mark or number, as a whole question, or below one."""
    if _ASKED_OR_ANSWERED.match(line.text) or _is_question(above):
        return True
    return ASKS.match(line.text) is not None and (_is_question([line]) or _SENTENCE.search(above[-1].text) is not None)


def _is_question(paragraph: Sequence[Line]) -> bool:
    """Whether a paragraph is one question, which heads its answer."""
    return (
        paragraph[-1].text.rstrip("*_ ").endswith("?")
        and QUESTION.fullmatch(" ".join(map(key_text, paragraph))) is not None
    )


def _awaits_date(line: Line) -> bool:
    """Whether a line of labels, each before its date, ends in a label whose date is on the next line."""
    dates = find_dates(line.text) if not _begins_with_date(line) else []
    return bool(dates) and event_named(line.text[dates[-1].end :]) is not None


def _is_within_list(line: Line) -> bool:
    """Whether a line holds several dated items of a list in running text that continues on the next line."""
    dated = sum(bool(find_dates(item)) for item in line.text.split(";"))
    return dated > 1 and not _SENTENCE.search(line.text)


def _begins_with_date(line: Line) -> bool:
    text = _item(line.text).strip("*_ ")
    dates = find_dates(text) if PERHAPS_DATE.search(text) else []
    return bool(dates) and (not dates[0].start or _MOMENT_FIRST.match(text[: dates[0].start]) is not None)


def _stands_off(above: Line, line: Line) -> bool:
    """Whether a line of a PDF begins too far to the left or right of the line above to belong to its paragraph."""
    return line.y is not None and abs(line.words[0].x - above.words[0].x) > _FAR_INDENT


def _labels_date(line: Line) -> bool:
    """Whether a line names the event of its date before it, whatever follows ("Implementation: 28 June, unless ...")."""
    text = key_text(line)
    dates = find_dates(text) if PERHAPS_DATE.search(text) else []
    label = _LABEL.fullmatch(text, 0, dates[0].start) if dates else None
    return label is not None and text[:1].isupper() and event_named(label["label"]) is not None


def _heads_entries(line: Line) -> bool:
    """Whether entries may follow a line: it ends a sentence without a date, or is a title or the name of a review."""
    text = key_text(line)
    if _SENTENCE.search(text):
        return not find_dates(text)
    return _is_title(line) or _is_name_of_review(line)


def _is_name_of_review(line: Line) -> bool:
    """Whether a line is the heading of a review and does not name an event."""
    text = key_text(line)
    return _is_whole(line) and names_review(text) and event_named(text) is None


def _is_title(line: Line) -> bool:
    """Whether a line is the complete title of a schedule for a year."""
    text = key_text(line)
    return SCHEDULE_TITLE.search(text) is not None and YEAR.search(text) is not None and _is_whole(line)


def _is_whole(line: Line) -> bool:
    """Whether a line is a complete heading without a date, not the first line of several."""
    text = key_text(line)
    return is_heading([line]) and not (_READS_ON.search(text) or _GOES_ON.search(text) or find_dates(text))


def _is_date_alone(paragraph: Sequence[Line] | None) -> bool:
    """Whether a paragraph is one line of dates."""
    entry = _entry(paragraph[0].text) if paragraph and len(paragraph) == 1 else None
    return entry is not None and entry.date_only


def _is_label(paragraph: Sequence[Line]) -> bool:
    """Whether a paragraph can be the label of a date above it: it names an event and is not a sentence."""
    return (
        is_heading(paragraph[:1])
        and not key_text(paragraph[-1]).endswith(".")
        and event_named(paragraph[0].text) is not None
    )


def _names_event(line: Line) -> bool:
    """Whether a line is the name of an event and not part of a sentence about one."""
    text = key_text(line)
    whole = len(text) < _LONGEST_LABEL and not text[:1].islower() and not _READS_ON.search(text)
    return whole and event_named(text) is not None


def _give(paragraph: Sequence[Line], role: Role, cells: list[str | None] | None) -> None:
    for line in paragraph:
        line.role, line.cells = role, []
    paragraph[0].cells = cells


def _heads_section(text: str) -> bool:
    plain = not YEAR.search(text) and any(pattern.search(text) for _, pattern in SECTIONS)
    return (
        text.endswith(":")
        or NUMBERED_HEADING.match(text) is not None
        or (plain and len(text.split()) < 5)
        or text == "FAQ"
    )


def _labels_above_dates(found: Sequence[Sequence[Line]]) -> int:
    """Of the dates on lines of their own, how many more have an event's name above than below; negative if fewer."""
    above = below = 0
    for before, own, after in zip(found, found[1:], [*found[2:], []], strict=False):
        if _is_date_alone(own):
            above += len(before) == 1 and _names_event(before[0])
            below += len(after) == 1 and _names_event(after[0])
    return above - below


def _further_labels(below: Sequence[Sequence[Line]]) -> Sequence[Sequence[Line]]:
    """The names of further events of a date on a line of its own: the paragraphs between its label and the next such date.

    Empty unless there is such a date and each paragraph before it is one line that names an event.
    """
    labels = list(takewhile(lambda paragraph: not _is_date_alone(paragraph), below))
    between = len(labels) < len(below) and all(len(label) == 1 and _names_event(label[0]) for label in labels)
    return labels if between else []


def _named_above(lines: Sequence[Line], line: Line) -> bool:
    """Whether the line above a lone date is a heading that names its event."""
    above = None
    for each in lines:
        if each is line:
            break
        if each.role not in (Role.BLANK, Role.FOOTER):
            above = each
    return above is not None and above.role is Role.HEADER and event_named(above.text) is not None
