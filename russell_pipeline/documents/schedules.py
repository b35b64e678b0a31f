"""Review schedules: the line account of their pages, and the dates and rules that the accounted lines state.

The account uses geometry and writes what it finds into roles and cells; the reading uses only role, text and cells. On
a row or header, cells hold what its columns hold, wrapped lines included; the other lines of the row have empty ones. A
line that reads on from the line above, in a paragraph or a timetable's entry, has `[]`; other prose has None.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.documents.dates import (
    MONTH,
    DateExpression,
    days_first,
    find_dates,
    find_rules,
    month_number,
    states_no_date,
)
from russell_pipeline.documents.model import Fact, Line, Note, Page, Role
from russell_pipeline.documents.rulebooks import (
    BULLET,
    Ruler,
    account_frame,
    account_legal,
    is_heading,
    key_text,
    paragraphs,
)
from russell_pipeline.documents.stated import StatedDate, StatedRule

# The fact that a schedule states dates of a review, and its value for dates that name none.
STATES_DATES_OF, NO_REVIEW = "states_dates_of", "none"

# --- the words of schedules -------------------------------------------------------------------------------------------

_CUT_OFF = r"\bcut\s?-?\s?offs?\b"
_PRELIMINARY = r"\b(?:preliminary|provisional)\b"
_LISTS = r"\b(?:files?|lists?|adds?|additions|deletes|deletions|membership)\b"


class _Term(NamedTuple):
    """A word (`key`) that names an event where `context` is in the label too; `moment` is for want of words for it."""

    event: str
    key: str
    context: str = ""
    moment: str | None = None


# In order: of the terms whose key is at one place, the first whose context is there holds. A label speaks of its event
# first ("Lock-down, when the lists are considered final"), a sentence last before the date.
_TERMS = (
    _Term("icb_announcement", r"\bannounc\w*", r"\b(?:icb|industry)\b"),
    _Term("icb_cutoff", _CUT_OFF, r"\b(?:icb|industry)\b"),
    _Term("ipo_market_cap_cutoff", _CUT_OFF, r"^(?=.*\b(?:ipos?|initial (?:public )?offerings?)\b)(?=.*\bmarket cap)"),
    _Term("ipo_window", r"\b(?:window|period|initially)\b", r"\bipos?\b|\b(?:initial|public) offerings?\b"),
    _Term("shares_float_cutoff", _CUT_OFF, r"\bshares?\b|\bfloat\b"),
    _Term("price_cutoff", _CUT_OFF, r"\bpric(?:e|es|ing)\b"),
    _Term("preliminary_shares", _PRELIMINARY, _PRELIMINARY + r"\W+(?:\w+\W+){0,3}?(?:shares?|float)\b"),
    _Term("preliminary_shares", r"\btotal and float shares\b"),
    _Term("updated_lists", r"\b(?:updated?|updates|revised|revisions?|refreshed)\b", rf"{_LISTS}|{_PRELIMINARY}"),
    _Term(
        "updated_lists",
        _PRELIMINARY,
        r"\b(?:reflecting|including|incorporating|with)\b.{0,20}\b(?:updates?|revisions?)\b",
    ),
    _Term("preliminary_lists", _PRELIMINARY),
    _Term(
        "final_lists",
        r"\bfinal(?:i[sz]ed)?\b",
        r"\b(?:files?|lists?|adds?|additions|deletes|deletions|final membership)\b",
    ),
    _Term("implementation", r"\bfinal(?:i[sz]ed)?\b", r"\bclose\b", "after_close"),
    _Term("query_period", r"\bquer(?:y|ies|ying)\b"),
    _Term("lock_down", r"\block\s?-?\s?(?:down|up)\b|\bfreeze\b"),
    _Term("indicative_products", r"\bindicative\b"),
    _Term("rank_day", r"(?<!re-)\brank(?:ing|ed)?\b"),
    _Term("rank_day", _CUT_OFF, r"\bmarket cap|\bdata\b|\bmembership\b|\beligib|\bnew information\b"),
    _Term("announcement", r"\bannounc\w*"),
    _Term("implementation", r"\bimplement\w*", moment="after_close"),
    _Term(
        "implementation",
        r"\b(?:takes? (?:place|effect)|occurs?|completed?)\b",
        r"\b(?:reconstitution|reviews?|rebalanc\w+)\b",
        "after_close",
    ),
    _Term("implementation", r"\b(?:reconstitution|rebalanc\w+|review) (?:day|date)\b", moment="after_close"),
    _Term("effective", r"\beffective\b|\bnewly reconstituted\b|\bmarkets? opens?\b"),
)
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
_COMPILED = [(term, re.compile(term.key, re.IGNORECASE), re.compile(term.context, re.IGNORECASE)) for term in _TERMS]

_MOMENTS = tuple(
    (moment, re.compile(pattern, re.IGNORECASE))
    for moment, pattern in (
        ("after_close", r"\b(?:after|following|post)\b[\s-](?:[\w.]+[\s-]){0,4}?close\b"),
        (
            "open",
            r"\bopen of\b|\b(?:at|from|on|before|prior to)(?: the)?(?: \w+)? open\b(?!-)"
            r"|\((?:\w+ )?open\)|\bmarkets? opens?\b",
        ),
        (
            "close",
            r"\bclose of\b|\b(?:at|as of|as at|the|market|on)(?: the)?(?: \w+)? close\b|\(close\)|\bclosing prices?\b",
        ),
    )
)

_REVIEW_MONTHS = (3, 6, 9, 12)
# A year has one reconstitution, in June; from this year on a second, in December.
_TWO_RECONSTITUTIONS_FROM = 2026
_QUARTERS = {"first": 3, "1st": 3, "second": 6, "2nd": 6, "third": 9, "3rd": 9, "fourth": 12, "4th": 12}
_QUARTER = re.compile(
    rf"\b(?P<word>{'|'.join(_QUARTERS)})[\s-]+quarter\b|\bQ(?P<q>[1-4])\b|\b(?P<q2>[1-4])Q\b", re.IGNORECASE
)
_MONTH_YEAR = re.compile(
    rf"(?:\b(?P<before>(?:19|20)\d\d)\s+)?\b(?P<month>{MONTH})(?:,?\s+(?P<after>(?:19|20)\d\d)\b)?"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_REVIEW_WORD = re.compile(
    r"\b(?:reviews?|reconstitutions?|quarterly|rebalanc\w+|ipos?|additions|cycle)\b", re.IGNORECASE
)
_RECONSTITUTION = re.compile(r"\breconstitution\b", re.IGNORECASE)
_SEMI_ANNUAL = re.compile(r"\bsemi-?\s?annual|\btwice\b", re.IGNORECASE)

_SCHEDULE_TITLE = re.compile(
    r"\b(?:reconstitution|reviews?|rebalanc\w+)\b.*\b(?:schedule|calendar|timetable|dates|20\d\d)\b"
    r"|\b20\d\d\b.*\breconstitution\b|\b(?:schedule|calendar|timetable|cut-?off dates)\b.*\b20\d\d\b",
    re.IGNORECASE,
)
_SECTIONS = (
    ("summary", re.compile(r"\bsummary\b|\bat a glance\b", re.IGNORECASE)),
    ("timetable", re.compile(r"\btimetable\b|\btimeline\b|\bschedule\b|\bcalendar\b|\bkey dates\b", re.IGNORECASE)),
)
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+\S")
_NUMBER_CELL = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?|[-–•]")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!U\.S\.)(?<!e\.g\.)(?<!i\.e\.)(?<![ (][A-Z][a-z]{2}\.)[*_\"”)]*\s+(?=[\"“(*_•]*[A-Z0-9])"
)
_FOOTNOTE_MARKS = re.compile(r"\^\{[^}]*\}|(?<=\S)[*†‡¹²³⁴⁵⁶⁷⁸⁹⁰]+(?=\s|$)")
_BESIDE_DATE = re.compile(
    r"on|from|to|and|by|at|the|of|in|as|after|before|open|close|market|business|trading|am|pm|a|p|m|et|est|inclusive|onwards",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\s*(?P<mark>[*†‡]{1,3})\s*(?=[A-Z])(?!\*)")
_SEPARATOR = re.compile(r"[*_\s]*(?:\((?P<aside>[^)]{1,40})\))?[*_\s]*(?::|[-–—|](?=\s))[*_\s]*")
_UNTIL = re.compile(r"\b(?:until|through|till|up to(?: and including)?)\s*(?:the\s+)?[*_\s]*$", re.IGNORECASE)
# A sentence says within so many characters of a date what it is.
_LONGEST_LABEL = 400
_OPENER = re.compile(
    r"[\W_]*(?:on|from|by|as of|at|between|until|for|and|the|the close of|after the close on)?[\W_]*", re.IGNORECASE
)
# Words before a date that make it the date of another publication.
_ELSEWHERE = re.compile(
    r"\b(?:in accordance with|in line with|per|further to|pursuant to|according to|see|refer to)\b[^.;,]*"
    r"\b(?:announce\w*|notices?|publications?|press release|consultation)\b[^.;,]*$"
    r"|\bas (?:was |were )?(?:announced|published|set out|communicated)\b[^.;,]*$"
    r"|\b(?:notice|publication|press release|consultation)\s+(?:\w+\s+)?(?:published|issued|dated|made)\b[^.;,]*$"
    r"|^\W*(?:last (?:updated|modified|revised)|published|issued|dated)\s*:?\s*(?:on\s+)?[*_\s]*$",
    re.IGNORECASE,
)
# What may stand before a document's own date: a word for it, or the place of a dateline.
_PUBLISHED = re.compile(
    r"(?:(?:published|issued|dated?|updated|last updated|as of|as at)(?:\s+on)?\s*:?\s*|[a-z][a-z. ]{1,30},\s*)?",
    re.IGNORECASE,
)


def event_named(text: str, *, context: str = "", last: bool = False) -> str | None:
    """The calendar's event that a label names first, or (`last`) a sentence names last; None where it names none.

    `context` are words that stand over the text, such as the title of its section.
    """
    term = _term_named(text, context, last=last)
    return term.event if term else None


@lru_cache(maxsize=1024)  # the head of a column is asked for each of its cells
def _term_named(text: str, context: str = "", *, last: bool = False) -> _Term | None:
    everything = f"{context} {text}"
    found = [
        (-match.start() if last else match.start(), order)
        for order, (_, key, around) in enumerate(_COMPILED)
        for match in key.finditer(text)
        if around.search(everything)
    ]
    return _TERMS[min(found)[1]] if found else None


def _moment(text: str) -> str | None:
    return next((moment for moment, pattern in _MOMENTS if pattern.search(text)), None)


@lru_cache(maxsize=1024)
def review_named(text: str, year: int | None = None, *, bare: bool = False) -> str | None:
    """The review (`YYYY-MM`) that a heading or sentence names, None where it names none or several.

    "Quarterly IPO March 2022", "2022 First-quarter additions", "June review" (of `year`), "Annual Reconstitution 2019".
    A month without a word for a review counts only in a `bare` heading ("March 2022").
    """
    text = _without_dates(text)
    years = {int(found) for found in _YEAR.findall(text)}
    if len(years) == 1:
        year = years.pop()
    reconstitution = _RECONSTITUTION.search(text) and not re.search(r"\bquarterly\b", text, re.IGNORECASE)
    named: set[tuple[int | None, int]] = set()
    if bare or _REVIEW_WORD.search(text):
        for match in _MONTH_YEAR.finditer(text):
            month = month_number(match["month"])
            its_year = int(match["before"] or match["after"] or year or 0) or None
            held = _reconstitution_months(its_year) if reconstitution else _REVIEW_MONTHS
            if month in held:
                named.add((its_year, month))
    for match in _QUARTER.finditer(text):
        named.add((year, _QUARTERS[match["word"].lower()] if match["word"] else 3 * int(match["q"] or match["q2"])))
    if not named and reconstitution and not _SEMI_ANNUAL.search(text) and len(_reconstitution_months(year)) == 1:
        named.add((year, 6))
    if len(named) != 1:
        return None
    its_year, month = named.pop()
    return f"{its_year:04d}-{month:02d}" if its_year else None


def _reconstitution_months(year: int | None) -> tuple[int, ...]:
    return (6, 12) if year and year >= _TWO_RECONSTITUTIONS_FROM else (6,)


def _without_dates(text: str) -> str:
    for found in reversed(find_dates(text)):
        text = text[: found.start] + " " + text[found.end :]
    return text


def _clean(text: str) -> str:
    """A label without footnote marks and marks of bold type."""
    return " ".join(_FOOTNOTE_MARKS.sub("", text).replace("**", "").split())


def _states(text: str | None) -> bool:
    """Whether a cell states a date, or that there is none."""
    return text is not None and (states_no_date(text) or bool(find_dates(text)))


# --- recognising a schedule -------------------------------------------------------------------------------------------

_PERHAPS_DATE = re.compile(rf"\d.{{0,5}}{MONTH}|{MONTH}.{{0,3}}\d|\d[-/]\d\d?[-/]\d")


def looks_like_schedule(pages: Sequence[Page]) -> list[str]:
    """What speaks for a document's being a review schedule; empty where it is not.

    It needs dates beside words for at least three events of a review, and five where no title speaks of a schedule.
    """
    lines = [line for page in pages for line in page.lines if line.text.strip()]
    title = next((line for line in lines[:40] if len(line.text) < 150 and _SCHEDULE_TITLE.search(line.text)), None)
    events: dict[str, None] = {}
    for at, line in enumerate(lines):
        if not _PERHAPS_DATE.search(line.text) or not find_dates(line.text):
            continue
        # A label may stand on the line above or below its dates.
        near = (line, *lines[max(at - 1, 0) : at], *lines[at + 1 : at + 2])
        for piece in (piece for each in near for piece in re.split(r"\t|\||\s{2,}", each.text[:400])):
            if event := event_named(piece):
                events[event] = None
    if len(events) < (3 if title else 5):
        return []
    evidence = [f"dates beside words for {len(events)} events: {', '.join(events)}"]
    return [f"title: {key_text(title)}", *evidence] if title else evidence


def schedule_year(lines: Sequence[Line]) -> tuple[int, int, int] | None:
    """The year that a schedule says it is for, with the page and line; None where no title names just one."""
    for roles in ((Role.TITLE,), (None, Role.HEADER, Role.PROSE)):
        for line in lines:
            years = set(_YEAR.findall(_without_dates(line.text)))
            if line.role in roles and len(years) == 1 and len(line.text) < 300 and _SCHEDULE_TITLE.search(line.text):
                return int(years.pop()), line.page, line.number
    return None


def published_on(lines: Sequence[Line]) -> tuple[date, int, int] | None:
    """The date line of a schedule itself, among its titles, with its page and line; None where it has none."""
    for line in lines:
        if line.role is Role.TITLE:
            found = _own_date(line.text)
            if found:
                return found, line.page, line.number
    return None


def _own_date(text: str) -> date | None:
    """The date that a line consists of, but for a word that says whose it is."""
    text = " ".join(text.replace("*", " ").split())
    dates = find_dates(text)
    alone = len(dates) == 1 and dates[0].ends_on is None and dates[0].end >= len(text.rstrip("."))
    return dates[0].starts_on if alone and _PUBLISHED.fullmatch(text, 0, dates[0].start) else None


# --- the line account -------------------------------------------------------------------------------------------------


def account_schedule(pages: Sequence[Page]) -> None:
    """Give every line of a schedule one role, and the lines of tables and timetables their cells.

    Tables are divided at tabs, at pipes, or at the gaps that their lines have in common (runs of spaces in text files,
    white space between columns in a PDF); a row may wrap over several lines.
    """
    account_frame(pages)
    for page in pages:
        _account_divided(page.lines)
        _account_spaced(page.lines)
    lines = [line for page in pages for line in page.lines]
    _account_prose(lines)
    account_legal(lines, lambda line: line.role is Role.ROW)


@dataclass(slots=True)
class _GridLine:
    """A line of a table with what its columns hold, and how far down it stands."""

    line: Line
    cells: list[str | None]
    depth: float
    whole: bool = False  # begins a row of its own: divided at tabs, with something in its first column

    @property
    def label_only(self) -> bool:
        return self.cells[0] is not None and not any(self.cells[1:])

    @property
    def states(self) -> bool:
        return any(map(_states, self.cells))


def _divided(line: Line) -> list[str | None] | None:
    """The cells of a line that tabs or pipes divide, None for other lines."""
    text = line.text.strip("\r\n ")
    if "\t" in text:
        cells = text.split("\t")
    elif text.startswith("|") and text.count("|") > 2:
        cells = text.strip("|").split("|")
    else:
        return None
    if len(cells) == 2 and _NUMBER_CELL.fullmatch(cells[0].strip()):  # a numbered paragraph
        return None
    return [" ".join(cell.split()) or None for cell in cells]


def _account_divided(lines: Sequence[Line]) -> None:
    table: list[_GridLine] = []
    waiting: list[Line] = []  # lines without a divider, that may be a label's wrapped part
    for line in [*lines, None]:
        cells = _divided(line) if line is not None and line.role is None else None
        if line is not None and cells is not None:
            table += [_GridLine(each, [key_text(each)], each.number) for each in waiting]
            table.append(_GridLine(line, cells, line.number, whole=cells[0] is not None))
            waiting = []
        elif line is not None and table and line.role is None and len(waiting) < 2 and not _ends_sentence(line.text):
            waiting.append(line)
        elif line is None or line.role is not Role.BLANK or waiting:
            _account_table(table)
            table, waiting = [], []


def _ends_sentence(text: str) -> bool:
    return text.rstrip().endswith((".", ":")) or len(text) > 120


def _account_spaced(lines: Sequence[Line]) -> None:
    free = [line for line in lines if line.role is None]
    if not free:
        return
    ruler = Ruler(free)
    chunks = {id(line): _chunks(line, ruler) for line in free}
    for cluster in _clusters(free, chunks, ruler):
        if len(cluster) == 1 and sum(not _is_pure(chunk.text) for chunk in chunks[id(cluster[0])]) > 1:
            continue  # prose set wide
        columns = _columns([chunks[id(line)] for line in cluster], ruler)
        places = {id(line): at for at, line in enumerate(free)}
        first, last = places[id(cluster[0])], places[id(cluster[-1])]
        reach = _reach(free[first : last + 1], ruler)
        while first and _fits(chunks[id(free[first - 1])], columns) and _apart(free[first - 1], free[first]) <= reach:
            first -= 1
        while (
            last + 1 < len(free)
            and _fits(chunks[id(free[last + 1])], columns)
            and _apart(free[last], free[last + 1]) <= reach
        ):
            last += 1
        rows = free[first : last + 1]
        _account_table([_GridLine(line, _in_columns(chunks[id(line)], columns), _depth(line)) for line in rows])


def _depth(line: Line) -> float:
    """How far down a line stands, in points or lines; only differences mean anything."""
    return float(line.number) if line.y is None else -line.y


def _apart(above: Line, below: Line) -> float:
    return _depth(below) - _depth(above)


def _reach(rows: Sequence[Line], ruler: Ruler) -> float:
    """How far from the rows of a table a line of it may stand: hardly further than the rows from each other."""
    widest = max((_apart(above, below) for above, below in pairwise(rows)), default=0.0)
    return max(1.0, widest) if ruler.is_text else max(1.3 * widest, 1.8 * ruler.size)


_HEAD = re.compile(r"dates?|events?|actions?|milestones?|reviews?|steps?|when|what", re.IGNORECASE)
# Lines without a date between two lines of one table.
_MOST_BETWEEN = 8


class _Chunk(NamedTuple):
    """Words of a line without a column's gap between them."""

    start: float
    end: float
    text: str


def _chunks(line: Line, ruler: Ruler) -> list[_Chunk]:
    found: list[_Chunk] = []
    size = ruler.size_of(line)
    for word in line.words:
        end = word.x + ruler.width(word.text) * size / ruler.size
        # Two spaces in a text file; in a PDF a good deal more than a space, for widths are estimates.
        if found and word.x - found[-1].end < (2.0 if ruler.is_text else 0.75 * size):
            found[-1] = _Chunk(found[-1].start, end, f"{found[-1].text} {word.text}")
        else:
            found.append(_Chunk(word.x, end, word.text))
    return found


def _is_seed(chunks: Sequence[_Chunk]) -> bool:
    return len(chunks) > 1 and any(_is_pure(chunk.text) for chunk in chunks)


def _clusters(free: Sequence[Line], chunks: dict[int, list[_Chunk]], ruler: Ruler) -> Iterator[list[Line]]:
    """Lines with dates in columns, by table: whatever goes across the columns parts tables."""
    cluster: list[Line] = []
    since: list[Line] = []
    columns: list[tuple[float, float]] = []
    for line in free:
        if not _is_seed(chunks[id(line)]):
            since.append(line)
            continue
        if len(since) > _MOST_BETWEEN or not all(_fits(chunks[id(each)], columns) for each in (*since, line)):
            if cluster:
                yield cluster
            cluster = []
        cluster.append(line)
        since = []
        columns = _columns([chunks[id(each)] for each in cluster], ruler)
    if cluster:
        yield cluster


def _columns(rows: Sequence[Sequence[_Chunk]], ruler: Ruler) -> list[tuple[float, float]]:
    """Where the columns of a table start and end: the fullest rows say it, the others widen it."""
    columns: list[tuple[float, float]] = []
    for chunks in sorted(rows, key=len, reverse=True):
        for chunk in chunks:
            # Widths are estimates: what only just touches the next column does not reach it.
            end = max(chunk.end - 0.5 * ruler.space, chunk.start)
            touched = [at for at, column in enumerate(columns) if chunk.start <= column[1] and column[0] <= end]
            if not touched:
                columns.append((chunk.start, end))
            elif len(touched) == 1:
                start, stop = columns[touched[0]]
                columns[touched[0]] = (min(start, chunk.start), max(stop, end))
        columns.sort()
    return columns


def _touches(chunk: _Chunk, columns: Sequence[tuple[float, float]]) -> list[int]:
    return [
        at
        for at, (start, end) in enumerate(columns)
        if chunk.start <= end and start <= chunk.end - (chunk.end - chunk.start) * 0.1
    ]


def _fits(chunks: Sequence[_Chunk], columns: Sequence[tuple[float, float]]) -> bool:
    return len(columns) > 1 and all(len(_touches(chunk, columns)) <= 1 for chunk in chunks)


def _in_columns(chunks: Sequence[_Chunk], columns: Sequence[tuple[float, float]]) -> list[str | None]:
    cells: list[str | None] = [None] * len(columns)
    for chunk in chunks:
        middle = (chunk.start + chunk.end) / 2
        touched = _touches(chunk, columns)
        at = touched[0] if touched else min(range(len(columns)), key=lambda i: abs(sum(columns[i]) / 2 - middle))
        cells[at] = f"{cells[at]} {chunk.text}" if cells[at] else chunk.text
    return cells


# Lines; what stands over a table and is longer is no header.
_LONGEST_HEADER = 12


def _account_table(table: list[_GridLine]) -> None:
    """Roles and cells for the lines of a table; nothing where it states no date."""
    if not any(grid.states for grid in table):
        return
    width = max(len(grid.cells) for grid in table)
    for grid in table:
        grid.cells += [None] * (width - len(grid.cells))
    rows = _logical_rows(table)
    last = max(at for at, row in enumerate(rows) if any(grid.states for grid in row))
    seen_row = False
    head: list[_GridLine] = []
    for at, row in enumerate(rows):
        cells = _merged(row)
        alone = cells[0] is not None and not any(cells[1:])
        if any(grid.states for grid in row):
            if 0 < len(head) <= _LONGEST_HEADER:
                _assign(head, Role.HEADER, _merged(head))
            head, seen_row = [], True
            _assign(row, Role.ROW, cells)
        elif _is_rule(cells):
            _assign(row, Role.HEADER, [None] * width)
        elif alone:
            if seen_row and at < last and not _is_sentence(cells[0] or ""):
                _assign(row, Role.HEADER, cells)  # a heading within the table
        elif not seen_row or _heads_columns(cells):
            head += row
        elif at < last:
            _assign(row, Role.ROW, cells)


def _is_rule(cells: Sequence[str | None]) -> bool:
    """Whether a line only rules off the header ("|---|---|")."""
    return all(re.fullmatch(r":?-+:?", cell or "-") for cell in cells)


def _is_sentence(text: str) -> bool:
    return text.startswith(("*", "†", "‡", "¹", "²", "³")) or (text.endswith(".") and len(text.split()) > 5)


def _heads_columns(cells: Sequence[str | None]) -> bool:
    """Whether cells without a date are the header of a table: they name reviews, several events, or what stands below."""
    named = [cell for cell in cells if cell]
    reviews = [review for cell in named if (review := review_named(cell, bare=True))]
    events = {event for cell in named if (event := event_named(cell))}
    return bool(reviews) or len(events) > 1 or any(map(_HEAD.fullmatch, named))


def _assign(row: Sequence[_GridLine], role: Role, cells: list[str | None]) -> None:
    """A row's role to its lines, and its cells to the first of them that states a date (a header's to its first)."""
    anchor = next((grid for grid in row if grid.states), row[0])
    for grid in row:
        grid.line.role = role
        grid.line.cells = cells if grid is anchor else [None] * len(cells)


def _merged(row: Sequence[_GridLine]) -> list[str | None]:
    columns = zip(*(grid.cells for grid in row), strict=True)
    return [" ".join(cell for cell in column if cell) or None for column in columns]


def _logical_rows(table: Sequence[_GridLine]) -> list[list[_GridLine]]:
    """The lines of a table by row.

    Lines of one row stand closer than rows do: of the distances that occur, the largest holds that brings no two rows
    together. Where rows stand as close as their lines, a line of a label alone continues the row above, unless it reads
    on into the row below.
    """
    gaps = [below.depth - above.depth for above, below in pairwise(table)]
    rows = [[grid] for grid in table]
    reach = 0.0
    for nearness in sorted(set(gaps), reverse=True):
        candidate = _grouped(table, gaps, nearness + 0.5 * (not table[0].whole and table[0].line.y is not None))
        if not any(_conflict(row) for row in candidate):
            rows, reach = candidate, nearness
            break
    return _attached(rows, bool(reach))


def _grouped(table: Sequence[_GridLine], gaps: Sequence[float], nearness: float) -> list[list[_GridLine]]:
    rows = [[table[0]]]
    for grid, gap in zip(table[1:], gaps, strict=True):
        if gap <= nearness:
            rows[-1].append(grid)
        else:
            rows.append([grid])
    return rows


def _conflict(row: Sequence[_GridLine]) -> bool:
    """Whether lines are of more than one row: two that begin one, a header, or two whole dates in one column."""
    stating = [grid.states for grid in row]
    heads = any(_heads_columns(grid.cells) for grid in row[: stating.index(True)]) if any(stating) else False
    if heads or sum(grid.whole for grid in row) > 1:
        return True
    for column in zip(*(grid.cells for grid in row), strict=True):
        filled = [cell for cell in column if cell]
        if any(_states(above) and _states(below) and not _reads_on(above, below) for above, below in pairwise(filled)):
            return True
    return False


def _reads_on(above: str, below: str) -> bool:
    """Whether a date, or a span of dates, is continued in the line below it."""
    ends_open = re.search(r"(?:\b(?:to|and|until|through)|[-–—])(?:\s+\d{1,2})?\s*$", above) is not None
    begins_within = re.match(r"(?:to|until|through)\b|[-–—]\s*\w|(?:19|20)\d\d\b(?![-/])", below) is not None
    return bool(find_dates(above)) and (ends_open or begins_within)


def _attached(rows: list[list[_GridLine]], told_apart: bool) -> list[list[_GridLine]]:
    """Rows with the lines of a neighbour: dates without a label and, where gaps tell nothing, labels without dates."""
    found: list[list[_GridLine]] = []
    pending: list[_GridLine] = []
    for at, row in enumerate(rows):
        label_only = all(grid.label_only and not grid.whole for grid in row) and not any(grid.states for grid in row)
        stated = bool(found) and any(grid.states for grid in found[-1])
        below = _merged(rows[at + 1])[0] if at + 1 < len(rows) else None
        text = row[0].cells[0] or ""
        if label_only and stated and not told_apart and not _is_sentence(text):
            if below and below[:1].islower() and not text[:1].islower():
                pending += row
            else:
                found[-1] += row
        elif stated and not pending and not row[0].whole and (_without_label(row) or _row_reads_on(found[-1], row)):
            found[-1] += row
        else:
            found.append([*pending, *row])
            pending = []
    if pending:
        found.append(pending)
    return found


def _without_label(row: Sequence[_GridLine]) -> bool:
    return any(grid.states for grid in row) and not any(grid.cells[0] for grid in row)


def _row_reads_on(above: Sequence[_GridLine], row: Sequence[_GridLine]) -> bool:
    """Whether a span that the row above begins ends in this one."""
    pairs = zip(_merged(above), _merged(row), strict=True)
    return any(upper and lower and _reads_on(upper, lower) for upper, lower in pairs)


class _Entry(NamedTuple):
    """A timetable entry: its dates and label as cells in printed order."""

    cells: list[str | None]
    date_only: bool


def _entry(text: str) -> _Entry | None:
    """An entry that a line begins: dates and then a label, or a label and then dates, with a colon or dash between."""
    text = BULLET.sub("", text, count=1) if BULLET.match(text) else text
    text = " ".join(text.split())
    dates = find_dates(text) if _PERHAPS_DATE.search(text) else []
    if not dates:
        return None
    if not text[: dates[0].start].strip("*_ "):
        end = dates[0].end
        for found in dates[1:]:
            if not re.fullmatch(r"[\s*_]*(?:,\s*and|,|and|&)[\s*_]*", text[end : found.start]):
                break
            end = found.end
        separator = _SEPARATOR.match(text, end)
        if separator:
            return _Entry([text[: separator.end()].rstrip(" :-–—|"), text[separator.end() :].strip() or None], False)
        rest = text[end:].strip(" *_.")
        if not rest:
            return _Entry([text, None], True)
        if rest[:1].isupper() and len(rest) < 120 and event_named(rest):
            return _Entry([text[:end], rest], False)
    label = re.match(r"(?P<label>[^.]{2,90}?)\s*(?::|\s[-–—]|\|)\s*(?:(?:on|from|between)\s+)?[*_]*", text)
    for match in [label] if label else []:
        first = next((found for found in dates if found.start >= match.end() - 1), None)
        tail = re.sub(r"\([^)]*\)", "", _without_dates(text[match.end() :]))
        if first and not text[match.end() : first.start].strip("*_ ") and not re.search(r"[A-Za-z]{4,}", tail):
            return _Entry([match["label"].strip("* "), text[first.start :]], False)
    return None


# A title set over several lines.
_LONGEST_TITLE = 110


def _account_prose(lines: Sequence[Line]) -> None:
    """Titles, headings, timetable entries and paragraphs among the lines that no table holds."""
    titles = True
    first_page = next((line.page for line in lines if line.role is None), 0)
    text_began = next((at for at, line in enumerate(lines) if line.role in (Role.ROW, Role.HEADER)), len(lines))
    begun = {id(line) for line in lines[text_began:]}
    found = paragraphs(lines, _begins)
    for at, paragraph in enumerate(found):
        first = paragraph[0]
        if first.role is not None:  # taken by the date above it
            continue
        text = key_text(first)
        entry = _entry(first.text)
        heading = is_heading(paragraph)
        titles = titles and first.page == first_page and id(first) not in begun
        following = found[at + 1] if at + 1 < len(found) else None
        dates_next = following is not None and is_heading(following) and event_named(following[0].text) is not None
        names_event = event_named(text) is not None and not _SCHEDULE_TITLE.search(text)
        is_title = heading and not _heads_section(text) and not entry and not names_event
        if titles and (is_title or (len(paragraph) == 1 and _own_date(text) and not dates_next)):
            _give(paragraph, Role.TITLE, None)
            continue
        if entry:
            titles = False
            alone = entry.date_only and len(paragraph) == 1 and not _named_above(lines, first)
            _give(paragraph, Role.ROW, entry.cells)
            if alone and following and following[0].page == first.page and _entry(following[0].text) is None:
                _give(following, Role.ROW, [])
        elif heading and _SCHEDULE_TITLE.search(text) and _YEAR.search(text) and not _NUMBERED.match(text):
            _give(paragraph, Role.TITLE, None)
        elif heading:
            titles = False
            _give(paragraph, Role.HEADER, None)
        else:
            whole = " ".join(map(key_text, paragraph))
            titles = titles and len(whole) < _LONGEST_TITLE and not whole.endswith(".")
            _give(paragraph, Role.TITLE if titles else Role.PROSE, None)


def _begins(line: Line) -> bool:
    """Whether a line begins a paragraph wherever it stands; a date alone may also end a wrapped sentence."""
    entry = _entry(line.text)
    return _FOOTNOTE.match(line.text) is not None or (entry is not None and not entry.date_only)


def _give(paragraph: Sequence[Line], role: Role, cells: list[str | None] | None) -> None:
    for line in paragraph:
        line.role, line.cells = role, []
    paragraph[0].cells = cells


def _heads_section(text: str) -> bool:
    plain = not _YEAR.search(text) and any(pattern.search(text) for _, pattern in _SECTIONS)
    return text.endswith(":") or _NUMBERED.match(text) is not None or (plain and len(text.split()) < 5) or text == "FAQ"


def _named_above(lines: Sequence[Line], line: Line) -> bool:
    """Whether the line above a lone date is a heading that names its event."""
    above = None
    for each in lines:
        if each is line:
            break
        if each.role not in (Role.BLANK, Role.FOOTER):
            above = each
    return above is not None and above.role is Role.HEADER and event_named(above.text) is not None


# --- the reading ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Text:
    """Text of one or more lines, and which line holds which character."""

    text: str = ""
    places: list[tuple[int, Line]] = field(default_factory=list)

    def add(self, piece: str, line: Line) -> None:
        piece = " ".join(piece.split())
        if not piece:
            return
        hyphenated = self.text.endswith("-") and piece[:1].islower()
        self.text += "" if hyphenated or not self.text else " "
        self.places.append((len(self.text), line))
        self.text += piece

    def line_at(self, offset: int) -> Line:
        return next(line for start, line in reversed(self.places) if start <= offset)


@dataclass(frozen=True, slots=True)
class _Context:
    """What stands over a part of a schedule: section, heading, the review it is about, the heads of its columns."""

    year: int | None
    document_review: str | None
    day_first: bool
    section: str | None = None
    numbered: bool = False
    heading: str = ""
    heading_review: str | None = None
    columns: tuple[str | None, ...] = ()

    @property
    def review(self) -> str | None:
        return self.heading_review or self.document_review

    def dates(self, text: str, review: str | None) -> list[DateExpression]:
        return find_dates(text, year=self.year, review=review, day_first=self.day_first)


class _Row(NamedTuple):
    """A row of a table or an entry of a timetable, its cells with the lines that they are on."""

    context: _Context
    cells: list[_Text]
    line: Line


class _Paragraph(NamedTuple):
    """A paragraph of prose."""

    context: _Context
    text: _Text


def _parts(lines: Sequence[Line], year: int | None) -> Iterator[_Row | _Paragraph]:
    """The rows and paragraphs of accounted lines in order, each with what stands over it."""
    named = schedule_year(lines)
    year = year or (named[0] if named else None)
    context = _Context(year, _document_review(lines, year), days_first([line.text for line in lines]))
    part: _Row | _Paragraph | None = None
    for line in lines:
        if line.role in (Role.BLANK, Role.FOOTER, Role.LEGAL) or (line.cells and not any(line.cells)):
            continue
        if line.cells == [] and part:
            (part.cells[-1] if isinstance(part, _Row) else part.text).add(line.text, line)
            continue
        if part:
            yield part
            part = None
        if line.role is Role.ROW:
            cells = [_Text() for _ in line.cells or [line.text]]
            for text, cell in zip(cells, line.cells or [line.text], strict=True):
                text.add(cell or "", line)
            part = _Row(context, cells, line)
        elif line.role is Role.PROSE:
            part = _Paragraph(context, _Text())
            part.text.add(line.text, line)
        else:
            context = _under(context, line)
    if part:
        yield part


def _document_review(lines: Sequence[Line], year: int | None) -> str | None:
    """The one review that a whole schedule is about: its titles name it, or else the prose before its dates."""
    titles = {review_named(line.text, year) for line in lines if line.role is Role.TITLE} - {None}
    if titles:
        return titles.pop() if len(titles) == 1 else None
    said: set[str | None] = set()
    for line in lines:
        if line.role is Role.ROW:
            break
        if line.role is Role.PROSE:
            said |= {
                review_named(sentence, year) for sentence in _SENTENCE_END.split(line.text) if _YEAR.search(sentence)
            }
    said -= {None}
    return said.pop() if len(said) == 1 else None


def _under(context: _Context, line: Line) -> _Context:
    """The context below a title, a heading or the header of a table."""
    if line.cells and len(line.cells) > 1:
        if any(line.cells[1:]):
            return replace(context, columns=tuple(line.cells))
        within = line.cells[0] or ""  # a heading within a table leaves its columns
        return replace(
            context,
            heading=within,
            heading_review=review_named(within, context.year, bare=True) or context.heading_review,
        )
    text = _clean(line.text).rstrip(":").strip()
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
    numbered = _NUMBERED.match(text) is not None
    # The columns of a table go on below a heading that spans it.
    columns = () if numbered or review else context.columns
    if not numbered and context.section and (review or event):
        heading = text if event else context.heading
        return replace(context, heading=heading, heading_review=review or context.heading_review, columns=columns)
    named = next((name for name, pattern in _SECTIONS if pattern.search(text)), None)
    section = text if numbered else named or (None if review or event else text)
    return replace(context, section=section, numbered=numbered, heading=text, heading_review=review, columns=columns)


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
    for part in _parts(lines, review_year):
        reading = _row_dates(part, notes) if isinstance(part, _Row) else _prose_dates(part.context, part.text, notes)
        statements += [_Statement(stated, isinstance(part, _Row)) for stated in reading]
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
    return found, sorted(notes, key=lambda note: (note.page or 0, note.line or 0))


def reviews_of(stated: Sequence[StatedDate]) -> Iterator[Fact]:
    """The reviews that dates are stated for, each where the document first speaks of it; NO_REVIEW where it names none."""
    first: dict[str | None, StatedDate] = {}
    for one in stated:
        first.setdefault(one.review, one)
    for review, one in first.items():
        yield Fact(STATES_DATES_OF, review or NO_REVIEW, "rows", one.page, one.line)


def _row_dates(row: _Row, notes: list[Note]) -> Iterator[StatedDate]:
    """The dates of a row: of each column that a review heads, or else of the cells that hold nothing but dates."""
    context = row.context
    heads = _heads(row)
    reviews = [review_named(head, context.year, bare=True) for head in heads]
    is_matrix = any(reviews)
    date_cells = [at for at, cell in enumerate(row.cells) if (reviews[at] if is_matrix else _is_pure(cell.text))]
    labels = [cell for at, cell in enumerate(row.cells) if at not in date_cells and cell.text]
    context = replace(context, section=_row_section(context, is_matrix, len(date_cells)))
    row_review = next((named for label in labels if (named := _short_review(label.text, context.year))), None)
    entry: StatedDate | None = None
    for at in date_cells:
        cell = row.cells[at]
        review = reviews[at] or row_review or context.review
        beside = _without_dates(cell.text)
        label, term = _labelled([*(label.text for label in labels), heads[at], beside], context.heading)
        dates = context.dates(cell.text, review)
        if not dates and cell.text and not states_no_date(_clean(cell.text)):
            notes.append(Note("warning", f"{label!r}: {cell.text!r} is no date", row.line.page, row.line.number))
        for found in dates:
            moment = _row_moment(label, f"{beside} {heads[at]}", term)
            stated = _stated(found, context, term, review, moment, _first_sentence(label), cell, notes)
            if stated:
                entry = entry or stated
                yield stated
    for text in labels if date_cells and not is_matrix else [] if date_cells else row.cells:
        yield from _prose_dates(context, text, notes, entry)


def _heads(row: _Row) -> list[str]:
    """What stands over each cell of a row."""
    fits = len(row.context.columns) == len(row.cells)
    return [head or "" for head in row.context.columns] if fits else [""] * len(row.cells)


def _row_section(context: _Context, is_matrix: bool, dates: int) -> str:
    if context.section and (context.numbered or not is_matrix or context.section == "summary"):
        return context.section
    return "table" if is_matrix or dates > 1 else "timetable"


def _labelled(texts: Sequence[str], heading: str) -> tuple[str, _Term | None]:
    """What says what a cell of a row is, and the event: the first of `texts` that names one, else the heading."""
    texts = [cleaned for text in texts if (cleaned := _clean(text))]
    for part in (_first_sentence, str):
        for text in texts:
            if term := _term_named(part(text), heading):
                return text, term
    return texts[0] if texts else heading, _term_named(heading)


def _row_moment(label: str, beside: str, term: _Term | None) -> str | None:
    """When on the day, by the words of the label's first sentence or those beside the date.

    Of rank day the rest of a label says so too: at which moment companies are measured.
    """
    said = _moment(_first_sentence(label)) or _moment(beside)
    if said or term is None:
        return said
    return (_moment(label) if term.event == "rank_day" else None) or term.moment


def _is_pure(text: str) -> bool:
    """Whether a cell holds dates, or says that there are none, and nothing beside them but when on the day."""
    if states_no_date(_clean(text)):
        return True
    if not _PERHAPS_DATE.search(text) or not find_dates(text):
        return False
    rest = re.sub(r"\([^)]*\)", " ", _without_dates(text))
    return all(_BESIDE_DATE.fullmatch(word) for word in re.findall(r"[A-Za-z]+", rest))


def _short_review(label: str, year: int | None) -> str | None:
    return review_named(label, year, bare=len(label) < 20) if len(label) < 80 else None


def _first_sentence(text: str) -> str:
    return _SENTENCE_END.split(text, maxsplit=1)[0].rstrip(". ")


def _stated(  # noqa: PLR0917
    found: DateExpression,
    context: _Context,
    term: _Term | None,
    review: str | None,
    moment: str | None,
    label: str,
    text: _Text,
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
        review=review,
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


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _prose_dates(
    context: _Context, text: _Text, notes: list[Note], entry: StatedDate | None = None
) -> Iterator[StatedDate]:
    """The dates in running text. Within a timetable's `entry`, "until" a date ends what the entry begins."""
    for offset, sentence in _sentences(text.text):
        review = review_named(sentence, context.year) or context.review
        dates = context.dates(sentence, review)
        ends = [0, *(found.end for found in dates)]
        starts = [*(found.start for found in dates), len(sentence)]
        for at, found in enumerate(dates):
            before = sentence[max(ends[at], found.start - _LONGEST_LABEL) : found.start]
            after = sentence[found.end : min(starts[at + 1], found.end + _LONGEST_LABEL)]
            if _ELSEWHERE.search(before):
                continue
            label = _clean(before).strip(" ,;:*_") or _clean(after)[:80]
            term = _term_named(before, context.heading, last=True)
            goes_on = entry is not None and (term is None or term.event == entry.event)
            if entry and goes_on and found.starts_on and found.ends_on is None and _UNTIL.search(before):
                if entry.starts_on <= found.starts_on:
                    line = text.line_at(offset + found.start)
                    until = replace(entry, ends_on=found.starts_on, moment=None, label=label, stated_text=found.text)
                    yield replace(until, page=line.page, line=line.number)
                continue
            if term is None and _OPENER.fullmatch(before):
                term = _term_named(after, context.heading)
            term = term or _term_named(context.heading)
            aside = re.match(r"[*_\s]*\([^)]{1,40}\)", after)
            moment = _moment(before + (aside[0] if aside else "")) or (term.moment if term else None)
            stated = _stated(found, context, term, review, moment, label, text, notes, offset)
            if stated:
                yield stated


def stated_rules(lines: Sequence[Line], review_year: int | None = None) -> list[StatedRule]:
    """The rules for dates that accounted lines state in words, in document order.

    A footnote (`**`) speaks of the row whose label bears its mark.
    """
    rules: list[StatedRule] = []
    marked: dict[str, str] = {}
    for part in _parts(lines, review_year):
        context = part.context
        if isinstance(part, _Paragraph):
            footnote = _FOOTNOTE.match(part.text.text)
            rules += _rules_in(context, part.text, (), marked.get(footnote["mark"]) if footnote else None)
            continue
        reviews = tuple(review for head in _heads(part) if (review := review_named(head, context.year, bare=True)))
        context = replace(context, section=_row_section(context, bool(reviews), len(reviews)))
        label = part.cells[0].text
        _, term = _labelled([label], context.heading)
        if term and (mark := re.search(r"\S([*†‡]+)$", label)):
            marked[mark[1]] = term.event
        for cell in part.cells:
            rules += _rules_in(context, cell, reviews, term.event if term else None, _clean(label))
    return rules


def _rules_in(
    context: _Context, text: _Text, reviews: tuple[str, ...], event: str | None, label: str = ""
) -> Iterator[StatedRule]:
    for offset, sentence in _rule_sentences(text.text):
        review = review_named(sentence, context.year)
        dates = context.dates(sentence, review or context.review)
        for found in find_rules(sentence, dates):
            before = _clean(sentence[: found.start])
            named = event or _ruled_event(before, context.heading)
            if found.anchor_on or found.anchor_weekdays or _anchored_on_itself(named, found.anchor):
                if named and named == found.anchor and not found.offset:
                    continue
                named = None
            line = text.line_at(offset + found.start)
            its_reviews = reviews or tuple(filter(None, [None if found.months else review or context.review]))
            yield StatedRule(
                event=named,
                stated_text=_clean(found.text),
                section=context.section or "introduction",
                page=line.page,
                line=line.number,
                label=label or before.strip(" ,;:*_"),
                reviews=its_reviews,
                months=found.months,
                ordinal=found.ordinal,
                weekday=found.weekday,
                unless_on=found.unless_on,
                anchor=found.anchor,
                anchor_weekdays=found.anchor_weekdays,
                anchor_on=found.anchor_on,
                offset=found.offset,
                unit=found.unit,
                next_weekday=found.next_weekday,
                after=found.after,
                moment=_moment(f"{before} {_clean(sentence[found.start : found.end])}"),
            )


def _rule_sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text, but an exception ("falls on the 29th") together with the rule before it."""
    yield from [(0, text)] if re.search(r"\bfalls? on\b", text) else _sentences(text)


def _ruled_event(before: str, heading: str) -> str | None:
    """The event that a rule dates by the words before it; revisions and their like are none."""
    if re.search(r"\brevis\w+|\bup until\b|\bno later than\b", before, re.IGNORECASE):
        return None
    return event_named(before, context=heading, last=True) or event_named(heading)


def _anchored_on_itself(event: str | None, anchor: str | None) -> bool:
    one = {"implementation", "effective"}
    return anchor is not None and (event == anchor or (event in one and anchor in one))
