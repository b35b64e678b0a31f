"""Ground rules: the line account of their pages, their numbered clauses, and the facts that clauses state.

The first part, what surrounds the text of any prose document (running lines, contents, legal text, paragraphs), serves
schedules too.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median, quantiles
from typing import NamedTuple

from russell_pipeline.documents.dates import MONTH, RuleExpression, find_rules, month_number
from russell_pipeline.documents.model import Line, Page, Role

# --- what surrounds the text ------------------------------------------------------------------------------------------

# Running heads and feet stand among the first and last lines of a page, on at least two pages; a foot with the page's
# number stands this low (points).
_HEAD_LINES, _FOOT_LINES, _FOOT_MARGIN = 3, 4, 50.0
_PAGE_NUMBER = re.compile(r"(?:page\s+)?\d{1,3}(?:\s*(?:of|/)\s*\d{1,3})?", re.IGNORECASE)
_FOOT = re.compile(
    r"(?:www\.)?(?:ftse)?russell\.com\S*(?:\s+\d{1,3})?|(?:ftse russell|lseg)\s*\|.*\d{1,3}", re.IGNORECASE
)
_CONTENTS = re.compile(r"(?:table of )?contents:?", re.IGNORECASE)
_LONGEST_ENTRY = 300
_CONTENTS_ENTRY = re.compile(r"(?P<title>\S.*?)(?:[\s.…]*(?:\.{2,}|…)[\s.…]*|\s+)(?P<page>\d{1,3})")
_LEADERS = re.compile(r"\.{4,}\s*\d{1,3}\s*$|(?:\. ){4,}\s*\d{1,3}\s*$")
_COPYRIGHT = re.compile(
    r"©|\bcopyright\s+(?:\(c\)\s*)?(?:19|20)\d\d|^\(c\)\s*(?:19|20)\d\d|\ball rights reserved\b", re.IGNORECASE
)
_LEGAL_HEADING = re.compile(
    r"(?:disclaimers?|important (?:information|notice|disclosures?)|legal (?:notice|information|disclaimer))\b.{0,20}",
    re.IGNORECASE,
)
BULLET = re.compile(r"\s*(?:[-–•▪◦●*]|o(?=\s))\s+")
_TERMINAL = re.compile(r"[.:;!?]['\"”’)*\s]*$")
# Lines further apart than this many times the usual distance are of two paragraphs.
_PARAGRAPH_GAP = 1.3

# Widths of Helvetica by class of character, in ems: enough to know where a word ends that is known by its start.
_NARROW, _WIDE = frozenset(" iIljtfr.,;:'|!()[]/-’‘"), frozenset("mwMW@%—…")


class Ruler:
    """How wide words are on a page: in characters for text files, else estimated from where words start."""

    def __init__(self, lines: Iterable[Line]) -> None:
        positioned = [line for line in lines if line.y is not None]
        self.is_text = not positioned
        # Of the two kinds of type, the one whose sizes agree better.
        found = [_usual_size(positioned, ems) for ems in (_ems, _typewriter_ems)]
        (_, self.size), self._ems = min(zip(found, (_ems, _typewriter_ems), strict=True), key=lambda pair: pair[0])
        if self.is_text:
            self.size = 1.0
        self.space = 1.0 if self.is_text else self._ems(" ") * self.size
        # Widths are known so well only.
        self.slack = 0.0 if self.is_text else 2 * self.size

    def width(self, text: str) -> float:
        """The width of a word, in characters or in points."""
        return float(len(text)) if self.is_text else self._ems(text) * self.size

    def size_of(self, line: Line) -> float:
        """The size of a line's type: the usual one, unless even its tightest words stand wide, as in larger type."""
        sizes = _sizes(line, self._ems)
        tightest = min(sizes, default=self.size)
        least = 1.15 if len(sizes) > 3 else 1.25  # few words are less certain
        return self.size if self.is_text or not least < tightest / self.size < 2.6 else tightest

    def right_edge(self, line: Line) -> float:
        """Where the last word of a line ends."""
        return line.words[-1].x + self.width(line.words[-1].text) if line.words else 0.0


def _usual_size(lines: Sequence[Line], ems: Callable[[str], float]) -> tuple[float, float]:
    """How much the sizes of type differ that words would have if one space parted them, and the size they agree on.

    The distances inside phrases are the small ones, those between columns are not: the smaller half counts.
    """
    sizes = sorted(size for line in lines for size in _sizes(line, ems))
    if len(sizes) < 4:
        return 1.0, 10.0
    low, middle, high = quantiles(sizes[: len(sizes) * 2 // 3], n=4)
    return (high - low) / middle, middle


def _sizes(line: Line, ems: Callable[[str], float]) -> list[float]:
    """The size of type that each two neighbouring words would have if one space parted them."""
    pairs = pairwise(line.words)
    return [(after.x - word.x) / (ems(word.text) + ems(" ")) for word, after in pairs if after.x > word.x]


def _ems(text: str) -> float:
    return sum(
        0.28 if c in _NARROW else 0.86 if c in _WIDE else 0.556 if c.isdigit() else 0.68 if c.isupper() else 0.52
        for c in text
    )


def _typewriter_ems(text: str) -> float:
    return 0.6 * len(text)


def account_frame(pages: Sequence[Page]) -> None:
    """Give blank lines, running heads and feet, and the lines of the contents page their roles.

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
    heads = Counter(key for body in bodies for key in {_running_key(line) for line in body[:_HEAD_LINES]})
    feet = Counter(key for body in bodies for key in {_running_key(line) for line in body[-_FOOT_LINES:]})
    seen: set[tuple[str, int]] = set()
    for nth, (page, body) in enumerate(zip(pages, bodies, strict=True)):
        for at, line in enumerate(body):
            text, key = key_text(line), _running_key(line)
            if key is None:
                continue
            low = line.y is not None and line.y < _FOOT_MARGIN and text.split()[-1] == str(page.number)
            foot = low or (at >= len(body) - _FOOT_LINES and feet[key] > 1)
            # The head of the first page is the title; a numbered heading is one where it is first met.
            first = nth == 0 or (_NUMBERED.match(text) is not None and key not in seen)
            head = not first and at < _HEAD_LINES and heads[key] > 1 and not _heads_table(line)
            seen.add(key)
            if foot or head or _PAGE_NUMBER.fullmatch(text) or _FOOT.fullmatch(text):
                line.role = Role.FOOTER


def key_text(line: Line) -> str:
    """The text of a line with runs of spaces as one."""
    return " ".join(line.text.split())


def _running_key(line: Line) -> tuple[str, int] | None:
    """What repeats of a running line: its words, and its place on the pages of a PDF."""
    text = key_text(line)
    return None if _PART.match(text) else (re.sub(r"\d+", "#", text.lower()), round(line.y or 0.0))


def _heads_table(line: Line) -> bool:
    """Whether a line repeated at the top of pages is the header of a table rather than a running head."""
    words = [word.lower() for word in line.text.split()]
    repeated = len(set(words)) < len(words)
    return repeated or "\t" in line.text or "date" in words or re.search(MONTH, line.text) is not None


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
        entry = _CONTENTS_ENTRY.fullmatch(text) if is_entry else None
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
    """Give legal text its role: all from the copyright line or disclaimer that no line of `substance` comes after."""
    last = max((at for at, line in enumerate(lines) if substance(line)), default=-1)
    ended = False
    for at, line in enumerate(lines):
        text = key_text(line)
        starts = _COPYRIGHT.search(text) is not None
        ended = ended or (at > last and (starts or _LEGAL_HEADING.fullmatch(text) is not None))
        if line.role in (None, Role.PROSE, Role.HEADER) and (ended or (starts and len(text) < 200)):
            line.role, line.cells = Role.LEGAL, None


def paragraphs(lines: Sequence[Line], begins: Callable[[Line], bool]) -> list[list[Line]]:
    """The lines that have no role yet as paragraphs.

    A paragraph ends at a line of another role, a blank line or a wide gap, where `begins` says that the next line
    begins one, at a bullet, and after a line that ended although the next word would have fitted.
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
            if line.role is Role.FOOTER:  # a raised figure on a line of its own parts nothing
                continue
            if line.role is not None:
                above = None
                continue
            if above is None or begins(line) or BULLET.match(line.text) or _is_apart(above, line, margin, usual, ruler):
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
    """How far right text goes around each line: on the page, or between the blank lines of a text file."""
    edges = [ruler.right_edge(line) if line.role is None else 0.0 for line in page]
    if not ruler.is_text:
        full = sorted(edge for edge in edges if edge)
        # Estimates, so not the outermost of them.
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


# --- clauses ----------------------------------------------------------------------------------------------------------

_NUMBERED = re.compile(
    r"\s*(?:[-–•*]\s+)?(?P<number>\d{1,2}(?:\.\d{1,2}){1,3}(?=\.?\s|\.?$)|\d{1,2}(?=\.(?:\s|$)))\.?\s*(?P<rest>.*)"
)
_PART = re.compile(
    r"(?P<kind>Section|Appendix|Chapter|Annex)\s+(?P<number>\d{1,2}|[A-Z])\b(?!\.\d)[\s:.–-]*(?P<rest>.*)",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"(?:%|billion|million|per ?cent|basis)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+|(?P<figures>\d{1,2}))\s+\S")
_REFERENCE = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹⁰]+")
_LONGEST_TITLE = 90
# A number may leave out as many as this: clauses are deleted and not renumbered.
_LARGEST_STEP = 3
_RULES_WORDS = re.compile(
    r"\bground rules\b|\bmethodology\b|\bindex rules\b|\brulebook\b|\bconstruction and methodology\b", re.IGNORECASE
)
_VERSION = re.compile(r"\bv(?:ersion)?\s?(?P<version>\d+(?:\.\d+)+)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its number as printed, its heading if it has one, and its text with the place where it begins.

    `text` is on one line, without number, bullets, footnotes and what stands between pages, so that it does not depend
    on how it was set; a clause that is only a heading has the heading as its text. `text_sha256` is of its UTF-8.
    """

    clause: str
    title: str | None
    text: str
    text_sha256: str
    page: int
    line: int


class _Start(NamedTuple):
    """Where a clause begins: its number, and what its first line holds after it."""

    number: str
    rest: str


def looks_like_ground_rules(pages: Sequence[Page]) -> list[str]:
    """What speaks for a document's being the rules of an index; empty where it is not.

    It needs both words for such a document and at least five clauses numbered on two levels, in order.
    """
    copies = [Page(page.number, [replace(line) for line in page.lines], page.engine) for page in pages]
    account_frame(copies)
    lines = [line for page in copies for line in page.lines]
    said = [line for line in lines if _RULES_WORDS.search(line.text)]
    numbers = [start.number for _, start in _starts(lines) if re.fullmatch(r"\d+\.[1-9]\d*(?:\.\d+)*", start.number)]
    if not said or len(numbers) < 5:
        return []
    words = sorted({match.lower() for line in said for match in _RULES_WORDS.findall(line.text)})
    evidence = [f"{len(numbers)} numbered clauses, {numbers[0]} to {numbers[-1]}", f"speaks of {', '.join(words)}"]
    version = next((match for line in lines[:40] if (match := _VERSION.search(line.text))), None)
    return [*evidence, f"version {version['version']}"] if version else evidence


def account_ground_rules(pages: Sequence[Page]) -> None:
    """Give every line of ground rules one role.

    Headings, titles of sections and contents lines are headers; the text of clauses is prose; footnotes are footers.
    """
    account_frame(pages)
    lines = [line for page in pages for line in page.lines]
    starts = {id(line): start for line, start in _starts(lines)}
    _account_footnotes(pages, starts)
    above: Line | None = None
    for line in lines:
        if line.role is None and id(line) not in starts and _heads_part(line, above):
            line.role = Role.HEADER
        if line.role not in (Role.BLANK, Role.FOOTER):
            above = line
    first = next((at for at, line in enumerate(lines) if line.role is Role.HEADER or id(line) in starts), len(lines))
    for line in lines[:first]:
        line.role = line.role or Role.TITLE
    for paragraph in paragraphs(lines, lambda line: id(line) in starts):
        start = starts.get(id(paragraph[0]))
        heading = " ".join([start.rest, *map(key_text, paragraph[1:])]) if start else ""
        titled = 0 < len(heading) <= _LONGEST_TITLE and not _TERMINAL.search(heading)
        for line in paragraph:
            line.role, line.cells = (Role.HEADER if titled else Role.PROSE), []
        paragraph[0].cells = None
    account_legal(lines, lambda line: id(line) in starts)


def _starts(lines: Sequence[Line]) -> Iterator[tuple[Line, _Start]]:
    """The lines where clauses begin.

    Numbers come in order, so that no figure at the start of a wrapped line is taken for one.
    """
    last: tuple[int, ...] = (0,)
    appendix = ""
    for line in lines:
        is_contents = line.cells is not None and len(line.cells) == 2
        if line.role not in (None, Role.PROSE, Role.HEADER) or is_contents:
            continue
        part = _PART.fullmatch(key_text(line))
        if part and part["kind"].lower() in ("appendix", "annex"):
            name = f"{part['kind'].title()} {part['number'].upper()}"
            if name > appendix and _is_part_line(part) and not _CONTENTS_ENTRY.fullmatch(key_text(line)):
                appendix = name
                yield line, _Start(name, part["rest"])
            continue
        numbered = _NUMBERED.match(line.text)
        if numbered is None or appendix:
            continue
        number = tuple(map(int, numbered["number"].split(".")))
        rest = " ".join(numbered["rest"].split())
        if _follows(last, number) and not rest[:1].islower() and not _QUANTITY.match(rest):
            last = number
            yield line, _Start(numbered["number"], rest)


def _is_part_line(part: re.Match[str]) -> bool:
    """Whether a line that starts with "Appendix A" is its heading rather than a sentence that speaks of it."""
    return (
        len(part["rest"]) <= _LONGEST_TITLE
        and not _TERMINAL.search(part["rest"])
        and (not part["rest"] or part["rest"][0].isupper())
    )


def _follows(last: tuple[int, ...], number: tuple[int, ...]) -> bool:
    """Whether a clause number can come next: later, and no level further on than deleted clauses explain."""
    if number <= last:
        return False
    shared = min(len(last), len(number))
    level = next((at for at in range(shared) if last[at] != number[at]), shared)
    before = last[level] if level < len(last) else 0
    return number[level] - before <= _LARGEST_STEP and all(part <= _LARGEST_STEP for part in number[level + 1 :])


def _heads_part(line: Line, above: Line | None) -> bool:
    """Whether a line is "Section 5", or the title right below that or below an appendix's number."""
    part = _PART.fullmatch(key_text(line))
    if part and _is_part_line(part):
        return True
    if above is None or above.cells or not is_heading([line]):
        return False
    part_above = _PART.fullmatch(key_text(above))
    return part_above is not None and not part_above["rest"]


def _account_footnotes(pages: Sequence[Page], starts: dict[int, _Start]) -> None:
    """Give footnotes their role.

    They begin with a raised figure, or in a PDF with the next number in turn and no clause after it on the page.
    """
    expected = 1
    for page in pages:
        body = [line for line in page.lines if line.role in (None, Role.BLANK)]
        last_start = max((at for at, line in enumerate(body) if id(line) in starts), default=-1)
        inside = False
        for at, line in enumerate(body):
            note = _FOOTNOTE.match(line.text) if line.role is None and id(line) not in starts else None
            figures = note["figures"] if note else None
            if note and (figures is None or (line.y is not None and at > last_start and int(figures) == expected)):
                inside = True
                expected += 1
            elif line.role is Role.BLANK or id(line) in starts or _PART.fullmatch(key_text(line)):
                inside = False
            if inside:
                line.role = Role.FOOTER


def clauses(lines: Sequence[Line]) -> list[Clause]:
    """The clauses of accounted ground rules in order: numbered clauses, top sections and appendices.

    A clause runs from its number to the next clause, section or appendix.
    """
    return [_clause(start, first, body) for start, first, body in _bodies(lines)]


def _bodies(lines: Sequence[Line]) -> Iterator[tuple[_Start, Line, list[tuple[Line, str]]]]:
    """Each clause's beginning, its first line, and the pieces of its text with their lines."""
    starts = {id(line): start for line, start in _starts(lines)}
    current: tuple[_Start, Line, list[tuple[Line, str]]] | None = None
    for line in lines:
        start = starts.get(id(line))
        if start:
            if current:
                yield current
            current = (start, line, [(line, start.rest)] if start.rest else [])
        elif current and line.role is Role.PROSE:
            current[2].append((line, BULLET.sub("", line.text, count=1) if BULLET.match(line.text) else line.text))
        elif current and line.role is Role.HEADER and (line.cells == [] or _awaits_title(current)):
            current[2].append((line, line.text))
        elif current and line.role is Role.HEADER and _PART.match(key_text(line)):
            yield current
            current = None
    if current:
        yield current


def _awaits_title(current: tuple[_Start, Line, list[tuple[Line, str]]]) -> bool:
    """Whether the next heading is the title of an appendix."""
    return current[0].number.startswith(("Appendix", "Annex")) and not current[2]


def _clause(start: _Start, first: Line, body: Sequence[tuple[Line, str]]) -> Clause:
    heading = [piece for piece in body if piece[0].role is Role.HEADER]
    title, _ = _joined(heading)
    text, _ = _joined(body[len(heading) :] or heading)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Clause(start.number, title or None, text, digest, first.page, first.number)


def _joined(body: Sequence[tuple[Line, str]]) -> tuple[str, list[tuple[int, Line]]]:
    """Pieces of text on one line, and at which character which line begins.

    A hyphen at the end of a line stays, for what is published is not hyphenated by its typesetting; soft hyphens go.
    """
    text = ""
    places: list[tuple[int, Line]] = []
    for line, piece in body:
        words = re.sub(r"\s+(?=[.,;:](?:\s|$))", "", " ".join(_REFERENCE.sub("", piece).split()))
        if not words:
            continue
        glued = (re.search(r"\w[-\u00ad]$", text) and words[:1].islower()) or words[0] in ".,;:"
        text = text.removesuffix("\u00ad") + ("" if glued or not text else " ")
        places.append((len(text), line))
        text += words
    return text.replace("\u00ad", ""), places


# --- facts ------------------------------------------------------------------------------------------------------------

_INDEX_NAME = re.compile(r"[A-Z][\w&/ .-]*?\bInd(?:ex|ices)\b")
_INDEX_CALCULATED = re.compile(rf"\bcalculate (?:the )?(?P<name>{_INDEX_NAME.pattern})")
_CURRENCY = re.compile(r"\bcurrency\b[^.]*?\b(?P<code>[A-Z]{3})\b")
_CALCULATED_IN = re.compile(r"\bcalculated\b[^.]*?\bin (?P<code>[A-Z]{3})\b")
_LEG = re.compile(
    r"(?P<percent>\d+(?:\.\d+)?)\s?% (?P<side>long|short)(?: position)?(?: of| in| on)? "
    r"(?:the )?(?P<component>.+?\bIndex\b)",
    re.IGNORECASE,
)
_REVIEWED = re.compile(
    rf"\breview(?:ed|s)?\b[^.]*?\b(?:in|of) (?P<months>{MONTH}(?:\s*(?:,\s*and|,|and|&)\s*{MONTH})*)"
)
_FREQUENCY = re.compile(
    r"\bcalculated\b[^.]*?\bon an? (?P<frequency>[\w-]+(?: [\w-]+)?) basis"
    r"|\bcalculated (?:in )?(?P<frequency2>real[- ]time)",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"\b(?P<n>\w+) decimal (?:points|places)", re.IGNORECASE)
_TIMES = re.compile(r"\bequal to (?P<n>\w+) times\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z])")
_WORDS = {
    word: n
    for n, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}


class Leg(NamedTuple):
    """A leg of a composite index: the component, `long` or `short`, and the percentage as printed."""

    component: str
    side: str
    percent: float


FactValue = str | int | tuple[int, ...] | tuple[Leg, ...] | tuple[RuleExpression, ...]


@dataclass(frozen=True, slots=True)
class RulebookFact:
    """Something that ground rules say which an index definition can be checked against, with the words and their place.

    By `name`: version, index_name, currency, calculated_in, calculation_frequency (str); decimals, scale (int: the long
    leg's multiple of the short); review_months (numbers); legs (Leg, in order); price_cutoff (rules). `clause` is None
    on the title page.
    """

    name: str
    value: FactValue
    text: str
    clause: str | None
    page: int
    line: int


def rulebook_facts(found: Sequence[Clause], lines: Sequence[Line]) -> list[RulebookFact]:
    """The facts of accounted ground rules, each once, from the first place that states it.

    `found` are the clauses of `lines`.
    """
    facts = [*_title_facts(lines)]
    bodies = {start.number: body for start, _, body in _bodies(lines)}
    for clause in found:
        text, places = _joined(bodies[clause.clause])
        for name, value, start, end in _clause_facts(text):
            at = next(line for offset, line in reversed(places) if offset <= start)
            facts.append(RulebookFact(name, value, text[start:end], clause.clause, at.page, at.number))
    first: dict[str, RulebookFact] = {}
    for fact in facts:
        first.setdefault(fact.name, fact)
    return list(first.values())


def _title_facts(lines: Sequence[Line]) -> Iterator[RulebookFact]:
    titles = [line for line in lines if line.role is Role.TITLE]
    for line in (*titles, *(line for line in lines if line.role is Role.FOOTER)):
        if version := _VERSION.search(line.text):
            yield RulebookFact("version", f"v{version['version']}", version[0], None, line.page, line.number)
    # A name may be set over two lines.
    texts = [*map(key_text, titles), *(f"{key_text(one)} {key_text(two)}" for one, two in pairwise(titles))]
    for line, text in zip([*titles, *titles], texts, strict=False):
        if name := _INDEX_NAME.search(text):
            yield RulebookFact("index_name", name[0], name[0], None, line.page, line.number)


def _clause_facts(text: str) -> Iterator[tuple[str, FactValue, int, int]]:
    for name, pattern, value in _SINGLE_FACTS:
        if match := pattern.search(text):
            read = value(match)
            if read is not None:
                yield name, read, *match.span()
    if legs := list(_LEG.finditer(text)):
        value_of_legs = tuple(Leg(leg["component"], leg["side"].lower(), float(leg["percent"])) for leg in legs)
        yield "legs", value_of_legs, legs[0].start(), legs[-1].end()
    offset = 0
    for sentence in _SENTENCE.split(text):
        begin = text.index(sentence, offset)
        offset = begin + len(sentence)
        rules = find_rules(sentence) if re.search(r"\bprices?\b", sentence) else []
        if rules:
            yield "price_cutoff", tuple(rules), begin + rules[0].start, begin + rules[-1].end


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else _WORDS.get(word.lower())


_SINGLE_FACTS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], FactValue | None]], ...] = (
    ("index_name", _INDEX_CALCULATED, lambda match: match["name"]),
    ("currency", _CURRENCY, lambda match: match["code"]),
    ("calculated_in", _CALCULATED_IN, lambda match: match["code"]),
    ("review_months", _REVIEWED, lambda match: tuple(map(month_number, re.findall(MONTH, match["months"])))),
    ("scale", _TIMES, lambda match: _number(match["n"])),
    ("calculation_frequency", _FREQUENCY, lambda match: (match["frequency"] or match["frequency2"]).lower()),
    ("decimals", _DECIMALS, lambda match: _number(match["n"])),
)
