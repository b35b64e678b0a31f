"""Ground rules: the line account of their pages, and their numbered clauses."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.prose import (
    BULLET,
    NUMBERED_CLAUSE,
    PART_HEADING,
    VERSION,
    account_frame,
    account_legal,
    is_heading,
    key_text,
    paragraphs,
)
from russell_pipeline.documents.rulebooks.contents import APPENDICES, Announced, announced, has_title, is_entry
from russell_pipeline.documents.rulebooks.numbering import (
    CERTAIN,
    STRONG,
    WEAK,
    Number,
    appendix_number,
    clause_number,
    numbering,
)

_TERMINAL = re.compile(r"[.:;!?]['\"”’)*\s]*$")
_QUANTITY = re.compile(r"(?:%|billion|million|per ?cent|basis)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+|(?P<figures>\d{1,2}))\s+\S")
# The end of a line whose sentence goes on with a number; shorter lines are titles.
_REFERS = re.compile(
    r".{40,}\b(?:(?:sub-?)?(?:sections?|clauses?|paragraphs?)|rules?|appendix|appendices|annex|and|or|to|see|in|of|with|under)\s*$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹⁰]+")
_LONGEST_TITLE = 90
# A title takes this many lines at most.
_TITLE_LINES = 4
# Numbers of clauses stand under each other, within so many points.
_UNDER_EACH_OTHER = 2.0
# Lines of a title stand as far apart as it stands from its number, within this share.
_SAME_PITCH = 0.15
# Lines this far apart (points) are set as a title is, not as text; a figure this much above a line at most is raised beside it.
_TITLE_PITCH, _RAISED = 24.0, 8.0
_RULES_WORDS = re.compile(
    r"\bground rules\b|\bmethodology\b|\bindex rules\b|\brulebook\b|\bconstruction and methodology\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its number as printed, its heading if it has one, and its text with the place where it begins.

    `text` is on one line, without number, bullets, footnotes, and page heads and feet, so that it does not depend on the
    layout; a clause that is only a heading has the heading as its text. `text_sha256` is the hash of its UTF-8 bytes.
    """

    clause: str
    title: str | None
    text: str
    text_sha256: str
    page: int
    line: int


class ClauseStart(NamedTuple):
    """The start of a clause or an appendix: its number, the rest of its first line, and that line."""

    number: Number
    rest: str
    line: Line


class Outline(NamedTuple):
    """Where ground rules begin what: their clauses and appendices, the headings of their sections, what their contents announce.

    `stray` are lines that begin like a clause but are out of the order of the numbers.
    """

    starts: Sequence[ClauseStart]
    sections: Mapping[Number, Line]
    announced: Mapping[Number, Announced]
    stray: Sequence[ClauseStart]


def looks_like_ground_rules(pages: Sequence[Page]) -> list[str]:
    """The evidence that a document is the rules of an index; empty if it is not.

    It must call itself ground rules, a methodology or the like, and have at least five clauses numbered on two or more
    levels, in order.
    """
    copies = [Page(page.number, [replace(line) for line in page.lines], page.engine) for page in pages]
    lines = [line for page in copies for line in page.lines]
    words = sorted({match.lower() for match in _RULES_WORDS.findall(" ".join(map(key_text, lines)))})
    if not words:
        return []
    account_frame(copies)
    numbers = [start.number for start in outline(lines).starts if len(start.number.at) > 1 and start.number.at[1]]
    if len(numbers) < 5:
        return []
    evidence = [
        f"{len(numbers)} numbered clauses, {numbers[0].text} to {numbers[-1].text}",
        f"speaks of {', '.join(words)}",
    ]
    version = next((match for line in lines[:40] if (match := VERSION.search(line.text))), None)
    return [*evidence, f"version {version['version']}"] if version else evidence


def account_ground_rules(pages: Sequence[Page]) -> Outline:
    """Give every line of ground rules one role, and return where they begin what.

    Headings, titles of sections and contents lines are headers; the text of clauses is prose; footnotes are footers. The first
    line of a clause or an appendix has its number as its only cell.
    """
    account_frame(pages)
    lines = [line for page in pages for line in page.lines]
    found = outline(lines)
    starts = {id(start.line): start for start in found.starts}
    headings = {id(line) for line in found.sections.values()}
    _account_footnotes(pages, starts.keys() | headings)
    for number, line in found.sections.items():
        line.role = Role.HEADER
        _account_title(lines, line, found.announced.get(number), starts)
    for start in found.starts:
        if start.number.part:
            start.line.role, start.line.cells = Role.HEADER, [start.number.text]
            _account_title(lines, start.line, found.announced.get(start.number), starts)
    first = next((at for at, line in enumerate(lines) if line.role is Role.HEADER or id(line) in starts), len(lines))
    for line in lines[:first]:
        line.role = line.role or Role.TITLE
    around = _Around(lines)
    for paragraph in paragraphs(lines, lambda _, line: id(line) in starts):
        begun = starts.get(id(paragraph[0]))
        heading = " ".join([begun.rest, *map(key_text, paragraph[1:])]) if begun else ""
        goes_on = around.after(paragraph[-1])[:1].islower()  # on the next page
        titled = 0 < len(heading) <= _LONGEST_TITLE and not _TERMINAL.search(heading) and not goes_on
        for line in paragraph:
            line.role, line.cells = (Role.HEADER if titled else Role.PROSE), []
        paragraph[0].cells = [begun.number.text] if begun else None
    account_legal(lines, lambda line: id(line) in starts)
    return found


def outline(lines: Sequence[Line]) -> Outline:
    """Where ground rules begin what, from lines whose frame is accounted for."""
    parts = announced(lines)
    heads = {id(paragraph[0]) for paragraph in paragraphs(lines, lambda *_: False)}
    found = [*_candidates(lines)]
    margin, around = _margin(found), _Around(lines)
    weighed = [(one, _weight(one, around, heads, margin, parts)) for one in found]
    # One figure is too little for a number, unless it looks like one: it may be the end of "Appendix 2.", or that of an item.
    kept = [
        (one, weight)
        for one, weight in weighed
        if weight == CERTAIN
        or ((weight > WEAK or one.number.part or len(one.number.at) > 1) and not _REFERS.match(around.before(one.line)))
    ]
    candidates, weights = [one for one, _ in kept], [weight for _, weight in kept]
    chosen = numbering([one.number for one in candidates], weights)
    starts = [candidates[at] for at in chosen]
    body = next((start.line for start in starts if start.number.part), None)
    ended = next((at for at, one in enumerate(candidates) if one.line is body), len(candidates))
    stray = [
        one for at, one in enumerate(candidates[:ended])
        if at not in {*chosen} and weights[at] >= STRONG and len(one.number.at) > 1
    ]  # fmt: skip
    return Outline(starts, _sections(lines, starts, heads, parts, around), parts, stray)


def _candidates(lines: Sequence[Line]) -> Iterator[ClauseStart]:
    """The lines that begin with the number of a clause or with an appendix."""
    for line in lines:
        if line.role not in (None, Role.PROSE, Role.HEADER) or is_entry(line):
            continue
        part = PART_HEADING.fullmatch(key_text(line))
        if part and part["kind"].lower() in APPENDICES:
            if _is_part_line(part):
                yield ClauseStart(appendix_number(part["kind"], part["number"]), part["rest"], line)
        elif numbered := NUMBERED_CLAUSE.match(line.text):
            rest = " ".join(numbered["rest"].split())
            if not rest[:1].islower() and not _QUANTITY.match(rest):
                yield ClauseStart(clause_number(numbered["number"]), rest, line)


def _weight(
    one: ClauseStart, around: _Around, heads: set[int], margin: float | None, parts: Mapping[Number, Announced]
) -> int:
    """How much a line looks like the start that its number says it is, by its place on the page and the text around it."""
    number, following = one.number, around.after(one.line)
    if (entry := parts.get(number)) and has_title(f"{one.rest} {following}", entry.title):
        return CERTAIN
    if number.part:
        about = not one.rest and following[:1].islower()  # "Appendix B" at the end of a line, in a sentence
        return STRONG if id(one.line) in heads and not about else WEAK
    apart = (id(one.line) in heads or around.heads_section(one.line, number)) and _is_at(margin, one.line)
    item = len(number.at) == 1 and (len(one.rest) > _LONGEST_TITLE or _TERMINAL.search(one.rest) is not None)
    return STRONG if apart and not item else WEAK


def _margin(candidates: Sequence[ClauseStart]) -> float | None:
    """Where most numbers of clauses stand; None without any."""
    lefts = Counter(round(_left(one.line)) for one in candidates if len(one.number.at) > 1)
    return float(lefts.most_common(1)[0][0]) if lefts else None


def _is_at(margin: float | None, line: Line) -> bool:
    """Whether a line begins where most numbers do; the items of a list stand to the right of there."""
    return margin is None or abs(_left(line) - margin) <= _UNDER_EACH_OTHER


def _left(line: Line) -> float:
    return line.words[0].x if line.words else 0.0


class _Around:
    """The text that comes before a line, and that after it, as far as a title may go."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._text = [line for line in lines if line.role not in (Role.BLANK, Role.FOOTER)]
        self._places = {id(line): at for at, line in enumerate(self._text)}

    def before(self, line: Line) -> str:
        """The text of the line above."""
        at = self._places[id(line)]
        return key_text(self._text[at - 1]) if at else ""

    def heads_section(self, line: Line, number: Number) -> bool:
        """Whether the heading of the section of this number ("Section 5") is right above, with its title."""
        at = self._places[id(line)]
        above = (PART_HEADING.fullmatch(key_text(one)) for one in self._text[max(at - _TITLE_LINES, 0) : at])
        return any(part["number"] == number.text and _is_part_line(part) for part in above if part)

    def after(self, line: Line) -> str:
        """The text of the lines below."""
        after = self._places[id(line)] + 1
        return " ".join(map(key_text, self._text[after : after + _TITLE_LINES]))


def _sections(
    lines: Sequence[Line],
    starts: Sequence[ClauseStart],
    heads: set[int],
    parts: Mapping[Number, Announced],
    around: _Around,
) -> dict[Number, Line]:
    """The lines that head sections ("Section 5").

    One stands after the clauses of earlier sections, and before the first of its own, or it has no clauses but is announced and
    has its title. A line that begins a paragraph goes before one that does not, then the last before one above it.
    """
    found: dict[Number, Line] = {}
    places = {id(start.line): start.number for start in starts}
    waiting: dict[Number, Line] = {}
    before = Number("", (0,))
    for line in lines:
        part = PART_HEADING.fullmatch(key_text(line)) if line.role in (None, Role.PROSE, Role.HEADER) else None
        if id(line) in places:
            before = places[id(line)]
            if (top := before._replace(at=before.at[:1])) in waiting:
                found[top] = waiting[top]
            waiting = {}
        elif part and part["number"].isdigit() and part["kind"].lower() not in APPENDICES and not is_entry(line):
            number, heads_paragraph = clause_number(part["number"]), id(line) in heads
            if number > before._replace(at=before.at[:1]) and _is_part_line(part):
                if heads_paragraph or number not in waiting or id(waiting[number]) not in heads:
                    waiting[number] = line
                if number in parts and has_title(f"{part['rest']} {around.after(line)}", parts[number].title):
                    found.setdefault(number, line)
    return found


def _is_part_line(part: re.Match[str]) -> bool:
    """Whether a line that starts with "Appendix A" is its heading rather than a sentence, or the end of one, about it."""
    text = part[0]
    return (
        len(part["rest"]) <= _LONGEST_TITLE
        and not _TERMINAL.search(part["rest"] or text.removesuffix(":"))
        and (not part["rest"] or part["rest"][0].isupper())
    )


def _account_title(
    lines: Sequence[Line], heading: Line, entry: Announced | None, starts: Mapping[int, ClauseStart]
) -> None:
    """Make the lines of a title below the heading of a section or an appendix headers.

    It ends with the title that the contents announce. Further lines are taken that stand as far apart as the first stands from
    the heading, if that is further than the lines of a text.
    """
    part = PART_HEADING.fullmatch(key_text(heading))
    title = part["rest"] if part else ""
    at = next(at for at, line in enumerate(lines) if line is heading)
    above, pitch = heading, None
    below = (line for line in lines[at + 1 :] if line.role not in (Role.BLANK, Role.FOOTER))
    for line, _ in zip(below, range(_TITLE_LINES), strict=False):
        gap = above.y - line.y if above.y is not None and line.y is not None and above.page == line.page else None
        longer = f"{title} {key_text(line)}".strip()
        announced_so = entry is not None and bool(title) and has_title(entry.title, longer)
        like = gap is not None and pitch is not None and _goes_on_with_title(line, gap, pitch)
        ends = line.role is not None or id(line) in starts
        if ends or not (announced_so or (like and not _TERMINAL.search(longer)) or (not title and is_heading([line]))):
            return
        line.role, line.cells = Role.HEADER, []
        if pitch is None and gap is not None and gap > _TITLE_PITCH:
            pitch = gap
        title, above = longer, line


def _goes_on_with_title(line: Line, gap: float, pitch: float) -> bool:
    """Whether a line stands as far below a title as that stands below its heading; one in lower case may stand nearer."""
    nearest = _TITLE_PITCH if line.text.lstrip()[:1].islower() else pitch * (1 - _SAME_PITCH)
    return nearest <= gap <= pitch * (1 + _SAME_PITCH)


def _account_footnotes(pages: Sequence[Page], begins: Set[int]) -> None:
    """Set the role of footnotes.

    A footnote begins with a superscript figure; in a PDF with the next footnote number below the last clause start of its page,
    or with a figure on a line of its own, a little above the line that it stands to the left of.
    """
    expected = 1
    for page in pages:
        body = [line for line in page.lines if line.role in (None, Role.BLANK) or line.text.strip().isdigit()]
        last_start = max((at for at, line in enumerate(body) if id(line) in begins), default=-1)
        inside = False
        for at, line in enumerate(body):
            below = body[at + 1] if at + 1 < len(body) else None
            if line.text.strip().isdigit():
                if below is not None and below.role is None and id(below) not in begins and _marks(line, below):
                    inside, expected = True, int(line.text) + 1
                continue
            note = _FOOTNOTE.match(line.text) if line.role is None and id(line) not in begins else None
            figures = note["figures"] if note else None
            if note and (figures is None or (line.y is not None and at > last_start and int(figures) == expected)):
                inside = True
                expected += 1
            elif line.role is Role.BLANK or id(line) in begins:
                inside = False
            if inside:
                line.role = Role.FOOTER


def _marks(figure: Line, line: Line) -> bool:
    """Whether a figure is raised beside the beginning of a line."""
    if figure.y is None or line.y is None or not figure.words or not line.words:
        return False
    return 0 < figure.y - line.y < _RAISED and figure.words[0].x < line.words[0].x


def clauses(lines: Sequence[Line]) -> list[Clause]:
    """The clauses of accounted ground rules in order: numbered clauses, top sections and appendices.

    A clause runs from its number to the next clause, section or appendix.
    """
    return [_clause(number, first, body) for number, first, body in clause_bodies(lines)]


def clause_bodies(lines: Sequence[Line]) -> Iterator[tuple[str, Line, list[tuple[Line, str]]]]:
    """Each clause's number, its first line, and the pieces of its text with their lines."""
    current: tuple[str, Line, list[tuple[Line, str]]] | None = None
    for line in lines:
        if line.role in (Role.HEADER, Role.PROSE) and line.cells and len(line.cells) == 1:
            if current:
                yield current
            heading = NUMBERED_CLAUSE.match(line.text) or PART_HEADING.fullmatch(key_text(line))
            rest = " ".join(heading["rest"].split()) if heading else ""
            current = (line.cells[0] or "", line, [(line, rest)] if rest else [])
        elif current and line.role is Role.PROSE:
            current[2].append((line, BULLET.sub("", line.text, count=1) if BULLET.match(line.text) else line.text))
        elif current and line.role is Role.HEADER and line.cells == []:
            current[2].append((line, line.text))
        elif current and line.role is Role.HEADER:
            yield current
            current = None
    if current:
        yield current


def _clause(number: str, first: Line, body: Sequence[tuple[Line, str]]) -> Clause:
    heading = [piece for piece in body if piece[0].role is Role.HEADER]
    title, _ = joined_text(heading)
    text, _ = joined_text(body[len(heading) :] or heading)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Clause(number, title or None, text, digest, first.page, first.number)


def joined_text(body: Sequence[tuple[Line, str]]) -> tuple[str, list[tuple[int, Line]]]:
    """The pieces of text joined to one line, and the offset at which each of their lines begins.

    A hyphen at the end of a line stays, as the publisher's typesetting does not hyphenate words; soft hyphens are removed.
    """
    text = ""
    places: list[tuple[int, Line]] = []
    for line, piece in body:
        words = re.sub(r"\s+(?=[.,;:](?:\s|$))", "", " ".join(_REFERENCE.sub("", piece).split()))
        if not words:
            continue
        words = words[:-1].replace("\u00ad", "") + words[-1]  # one at the end says that the word goes on
        glued = (re.search(r"\w[-\u00ad]$", text) and words[:1].islower()) or words[0] in ".,;:"
        text = text.removesuffix("\u00ad") + ("" if glued or not text else " ")
        places.append((len(text), line))
        text += words
    return text.removesuffix("\u00ad"), places
