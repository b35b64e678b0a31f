"""What documents of prose share: running lines, contents, legal text, paragraphs, headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from statistics import median

from russell_pipeline.dates.expressions import MONTH
from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.ruler import Ruler

# Running heads and feet are among the first and last lines of at least two pages. A line that ends in the page's number is a
# foot if it is this low (points).
_HEAD_LINES, _FOOT_LINES, _FOOT_MARGIN = 3, 4, 50.0
_PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?", re.IGNORECASE)
_FOOT = re.compile(
    r"(?:www\.)?(?:ftse)?russell\.com\S*(?:\s+\d{1,3})?|(?:ftse russell|lseg)\s*\|.*\d{1,3}", re.IGNORECASE
)
_CONTENTS = re.compile(r"(?:table of )?contents:?", re.IGNORECASE)
_LONGEST_ENTRY = 300
# A line of the contents: a title and a page.
CONTENTS_ENTRY = re.compile(r"(?P<title>\S.*?)(?:[\s.…]*(?:\.{2,}|…)[\s.…]*|\s+)(?P<page>\d{1,3})")
_LEADERS = re.compile(r"\.{4,}\s*\d{1,3}\s*$|(?:\. ){4,}\s*\d{1,3}\s*$")
_COPYRIGHT = re.compile(
    r"©|\bcopyright\s+(?:\(c\)\s*)?(?:19|20)\d\d|^\(c\)\s*(?:19|20)\d\d|\ball rights reserved\b", re.IGNORECASE
)
_LEGAL_HEADING = re.compile(
    r"(?:disclaimers?|important (?:information|notice|disclosures?)|legal (?:notice|information|disclaimer))\b.{0,20}",
    re.IGNORECASE,
)
# The bullet of a list item.
BULLET = re.compile(r"\s*(?:[-–•▪◦●*]|o(?=\s))\s+")
# Lines further apart than this many times the usual distance belong to different paragraphs.
_PARAGRAPH_GAP = 1.3

# The first line of a numbered clause ("4.2.1"), and the heading of a part ("Section 5", "Appendix A").
NUMBERED_CLAUSE = re.compile(
    r"\s*(?:[-–•*]\s+)?(?P<number>\d{1,2}(?:\.\d{1,2}){1,3}(?=\.?\s|\.?$)|\d{1,2}(?=\.(?:\s|$)))\.?\s*(?P<rest>.*)"
)
PART_HEADING = re.compile(
    r"(?P<kind>Section|Appendix|Chapter|Annex)\s+(?P<number>\d{1,2}|[A-Z])\b(?!\.\d)[\s:.–-]*(?P<rest>.*)",
    re.IGNORECASE,
)

# The version that a document says it is ("v4.7").
VERSION = re.compile(r"\bv(?:ersion)?\s?(?P<version>\d+(?:\.\d+)+)\b", re.IGNORECASE)

_DATED = re.compile(rf"^\S+ (?:\S+ )+?(?:\d{{1,2}} )?{MONTH} (?:19|20)\d\d$")

# The part of a running line that is the same on each page: its text without numbers, and its height.
RunningKey = tuple[str, int]


def account_frame(pages: Sequence[Page]) -> None:
    """Set the roles of blank lines, of running heads and feet, and of the lines of the contents page.

    Contents lines become headers whose cells are the entry and its page number.
    """
    for page in pages:
        for line in page.lines:
            if not line.text.strip():
                line.role = Role.BLANK
    _account_running_lines(pages)
    _account_contents([line for page in pages for line in page.lines])


def _account_running_lines(pages: Sequence[Page]) -> None:
    bodies = [[line for line in page.lines if line.role is None] for page in pages]
    heads = Counter(key for body in bodies for key in {running_key(line) for line in body[:_HEAD_LINES]})
    feet = Counter(key for body in bodies for key in {running_key(line) for line in body[-_FOOT_LINES:]})
    seen: set[tuple[str, int]] = set()
    for nth, (page, body) in enumerate(zip(pages, bodies, strict=True)):
        for at, line in enumerate(body):
            text, key = key_text(line), running_key(line)
            if key is None:
                continue
            low = line.y is not None and line.y < _FOOT_MARGIN and text.split()[-1] == str(page.number)
            foot = low or (at >= len(body) - _FOOT_LINES and feet[key] > 1)
            # No running head: the title, at the head of the first page; a numbered heading when first seen; a number alone; the
            # title below the heading of a part.
            numbered = NUMBERED_CLAUSE.match(text)
            titled = at > 0 and PART_HEADING.match(key_text(body[at - 1])) is not None
            first = nth == 0 or titled or (numbered is not None and (key not in seen or not numbered["rest"]))
            head = not first and at < _HEAD_LINES and heads[key] > 1 and not _heads_table(line, heads[key])
            seen.add(key)
            if foot or head or _PAGE_NUMBER.fullmatch(text) or _FOOT.fullmatch(text):
                line.role = Role.FOOTER


def key_text(line: Line) -> str:
    """The text of a line with runs of spaces as one."""
    return " ".join(line.text.split())


def running_key(line: Line) -> RunningKey | None:
    """The text of a line in lower case with `#` for each number, and its rounded height (0 in text files).

    The number of a numbered heading stays: the same title may stand under others. None for the heading of a part, which is never
    a running line.
    """
    text = key_text(line)
    if PART_HEADING.match(text):
        return None
    return text.lower() if NUMBERED_CLAUSE.match(text) else re.sub(r"\d+", "#", text.lower()), round(line.y or 0.0)


def _heads_table(line: Line, pages: int) -> bool:
    """Whether a line repeated at the top of so many pages is the header of a table rather than a running head.

    A running head may end in the version of the document, or, on three pages or more, in the month of its publication.
    """
    words = [word.lower() for word in line.text.split()]
    repeated = len(set(words)) < len(words)
    if VERSION.search(line.text):  # that of the document
        return False
    dated = pages > 2 and _DATED.search(line.text) is not None
    months = re.search(MONTH, line.text) is not None
    return repeated or "\t" in line.text or "date" in words or (months and not dated)


def _account_contents(lines: Sequence[Line]) -> None:
    inside = False
    last_page = 0
    skipped: list[Line] = []
    for line in lines:
        if line.role is not None:
            continue
        text = key_text(line)
        if _CONTENTS.fullmatch(text):
            inside, last_page, skipped = True, 0, []
            line.role = Role.HEADER
            continue
        is_entry = len(text) < _LONGEST_ENTRY and (inside or _LEADERS.search(text))
        entry = CONTENTS_ENTRY.fullmatch(text) if is_entry else None
        if entry and int(entry["page"]) >= last_page:
            last_page = int(entry["page"]) if inside else 0
            for wrapped in skipped:  # an entry's first line, without the number of the page
                wrapped.role, wrapped.cells = Role.HEADER, [key_text(wrapped), None]
            skipped = []
            line.role, line.cells = Role.HEADER, [entry["title"], entry["page"]]
        elif inside and not skipped:
            skipped = [line]
        else:
            inside = False


def account_legal(lines: Sequence[Line], substance: Callable[[Line], bool]) -> None:
    """Set the role of legal text: all from the first copyright line or disclaimer after the last line of `substance`.

    Short copyright lines before that are legal text too.
    """
    last = max((at for at, line in enumerate(lines) if substance(line)), default=-1)
    ended = False
    for at, line in enumerate(lines):
        text = key_text(line)
        starts = _COPYRIGHT.search(text) is not None
        ended = ended or (at > last and (starts or _LEGAL_HEADING.fullmatch(text) is not None))
        if line.role in (None, Role.PROSE, Role.HEADER) and (ended or (starts and len(text) < 200)):
            line.role, line.cells = Role.LEGAL, None


def paragraphs(lines: Sequence[Line], begins: Callable[[Sequence[Line], Line], bool]) -> list[list[Line]]:
    """The lines that have no role yet, grouped into paragraphs.

    A paragraph ends at the end of the page, a line with a role other than footer, a wide gap or a bullet, after a line that
    ended although the next word would have fitted, and where `begins(paragraph, line)` says that the next line begins another.
    """
    found: list[list[Line]] = []
    for _, group in groupby(lines, lambda line: line.page):
        page = list(group)
        ruler = Ruler(page)
        gaps = [above.y - below.y for above, below in pairwise(page) if above.y is not None and below.y is not None]
        usual = median([gap for gap in gaps if gap > 0] or [0.0])
        margins = _margins(page, ruler)
        above: Line | None = None
        for line, margin in zip(page, margins, strict=True):
            if line.role is Role.FOOTER:  # such as a raised figure on a line of its own: it does not end the paragraph
                continue
            if line.role is not None:
                above = None
                continue
            bullet = BULLET.match(line.text)
            if above is None or bullet or begins(found[-1], line) or _is_apart(above, line, margin, usual, ruler):
                found.append([])
            found[-1].append(line)
            above = line
    return found


def _is_apart(above: Line, line: Line, margin: float, usual: float, ruler: Ruler) -> bool:
    if above.y is not None and line.y is not None and above.y - line.y > _PARAGRAPH_GAP * usual:
        return True
    room = margin - ruler.right_edge(above) - ruler.space - ruler.width(line.words[0].text)
    return room > ruler.slack and not line.words[0].text[0].islower()


def _margins(page: Sequence[Line], ruler: Ruler) -> list[float]:
    """The right margin at each line: that of the page, or in a text file that of the lines between two blank ones."""
    edges = [ruler.right_edge(line) if line.role is None else 0.0 for line in page]
    if not ruler.is_text:
        # Lines in larger type, such as titles, do not show the margin.
        body = [edge for line, edge in zip(page, edges, strict=True) if edge and ruler.size_of(line) < 1.1 * ruler.size]
        full = sorted(body)
        # The edges are estimates, so the outermost ones do not count.
        return [full[len(full) * 9 // 10] if full else 0.0] * len(page)
    margins: list[float] = []
    for _, group in groupby(zip(page, edges, strict=True), lambda pair: pair[0].role is Role.BLANK):
        block = [edge for _, edge in group]
        margins += [max(block)] * len(block)
    return margins


def is_heading(paragraph: Sequence[Line]) -> bool:
    """Whether a paragraph is one short line that is no sentence, address or telephone number."""
    text = key_text(paragraph[0])
    return (
        len(paragraph) == 1
        and len(text) <= 110
        and (text.endswith(":") or not re.search(r"[.,;!?]['\"”’)*]*$", text))
        and not re.search(r"https?:|www\.|@|\+?\d[\d ()]{6,}|\]\(", text)
        and not BULLET.match(text)
        and re.search(r"[A-Za-z]", text) is not None
        and not text[:1].islower()
    )
