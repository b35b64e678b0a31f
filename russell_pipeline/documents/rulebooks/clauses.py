"""Ground rules: the line account of their pages, and their numbered clauses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.prose import (
    BULLET,
    CONTENTS_ENTRY,
    NUMBERED_CLAUSE,
    PART_HEADING,
    account_frame,
    account_legal,
    is_heading,
    key_text,
    paragraphs,
)

_TERMINAL = re.compile(r"[.:;!?]['\"”’)*\s]*$")
_QUANTITY = re.compile(r"(?:%|billion|million|per ?cent|basis)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+|(?P<figures>\d{1,2}))\s+\S")
_REFERENCE = re.compile(r"[¹²³⁴⁵⁶⁷⁸⁹⁰]+")
_LONGEST_TITLE = 90
# The next number is at most this much higher: the publisher deletes clauses without renumbering the others.
_LARGEST_STEP = 3
_RULES_WORDS = re.compile(
    r"\bground rules\b|\bmethodology\b|\bindex rules\b|\brulebook\b|\bconstruction and methodology\b", re.IGNORECASE
)
# The version that a document says it is ("v4.7").
VERSION = re.compile(r"\bv(?:ersion)?\s?(?P<version>\d+(?:\.\d+)+)\b", re.IGNORECASE)


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
    """The start of a clause: its number, and the rest of its first line."""

    number: str
    rest: str


def looks_like_ground_rules(pages: Sequence[Page]) -> list[str]:
    """The evidence that a document is the rules of an index; empty if it is not.

    It must call itself ground rules, a methodology or the like, and have at least five clauses numbered on two or more
    levels, in order.
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
    version = next((match for line in lines[:40] if (match := VERSION.search(line.text))), None)
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
    for paragraph in paragraphs(lines, lambda _, line: id(line) in starts):
        start = starts.get(id(paragraph[0]))
        heading = " ".join([start.rest, *map(key_text, paragraph[1:])]) if start else ""
        titled = 0 < len(heading) <= _LONGEST_TITLE and not _TERMINAL.search(heading)
        for line in paragraph:
            line.role, line.cells = (Role.HEADER if titled else Role.PROSE), []
        paragraph[0].cells = None
    account_legal(lines, lambda line: id(line) in starts)


def _starts(lines: Sequence[Line]) -> Iterator[tuple[Line, ClauseStart]]:
    """The lines where clauses begin, with their numbers.

    A number must follow the one before, so that a figure at the start of a wrapped line is not taken for one.
    """
    last: tuple[int, ...] = (0,)
    appendix = ""
    for line in lines:
        is_contents = line.cells is not None and len(line.cells) == 2
        if line.role not in (None, Role.PROSE, Role.HEADER) or is_contents:
            continue
        part = PART_HEADING.fullmatch(key_text(line))
        if part and part["kind"].lower() in ("appendix", "annex"):
            name = f"{part['kind'].title()} {part['number'].upper()}"
            if name > appendix and _is_part_line(part) and not CONTENTS_ENTRY.fullmatch(key_text(line)):
                appendix = name
                yield line, ClauseStart(name, part["rest"])
            continue
        numbered = NUMBERED_CLAUSE.match(line.text)
        if numbered is None or appendix:
            continue
        number = tuple(map(int, numbered["number"].split(".")))
        rest = " ".join(numbered["rest"].split())
        if _follows(last, number) and not rest[:1].islower() and not _QUANTITY.match(rest):
            last = number
            yield line, ClauseStart(numbered["number"], rest)


def _is_part_line(part: re.Match[str]) -> bool:
    """Whether a line that starts with "Appendix A" is its heading rather than a sentence about it."""
    return (
        len(part["rest"]) <= _LONGEST_TITLE
        and not _TERMINAL.search(part["rest"])
        and (not part["rest"] or part["rest"][0].isupper())
    )


def _follows(last: tuple[int, ...], number: tuple[int, ...]) -> bool:
    """Whether a clause number can come next: it is later, and deleted clauses explain the gap on each level."""
    if number <= last:
        return False
    shared = min(len(last), len(number))
    level = next((at for at in range(shared) if last[at] != number[at]), shared)
    before = last[level] if level < len(last) else 0
    return number[level] - before <= _LARGEST_STEP and all(part <= _LARGEST_STEP for part in number[level + 1 :])


def _heads_part(line: Line, above: Line | None) -> bool:
    """Whether a line is "Section 5", or the title right below that or below an appendix's number."""
    part = PART_HEADING.fullmatch(key_text(line))
    if part and _is_part_line(part):
        return True
    if above is None or above.cells or not is_heading([line]):
        return False
    part_above = PART_HEADING.fullmatch(key_text(above))
    return part_above is not None and not part_above["rest"]


def _account_footnotes(pages: Sequence[Page], starts: dict[int, ClauseStart]) -> None:
    """Set the role of footnotes.

    A footnote begins with a superscript figure, or in a PDF with the next footnote number, below the last clause start of its
    page.
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
            elif line.role is Role.BLANK or id(line) in starts or PART_HEADING.fullmatch(key_text(line)):
                inside = False
            if inside:
                line.role = Role.FOOTER


def clauses(lines: Sequence[Line]) -> list[Clause]:
    """The clauses of accounted ground rules in order: numbered clauses, top sections and appendices.

    A clause runs from its number to the next clause, section or appendix.
    """
    return [_clause(start, first, body) for start, first, body in clause_bodies(lines)]


def clause_bodies(lines: Sequence[Line]) -> Iterator[tuple[ClauseStart, Line, list[tuple[Line, str]]]]:
    """Each clause's beginning, its first line, and the pieces of its text with their lines."""
    starts = {id(line): start for line, start in _starts(lines)}
    current: tuple[ClauseStart, Line, list[tuple[Line, str]]] | None = None
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
        elif current and line.role is Role.HEADER and PART_HEADING.match(key_text(line)):
            yield current
            current = None
    if current:
        yield current


def _awaits_title(current: tuple[ClauseStart, Line, list[tuple[Line, str]]]) -> bool:
    """Whether the next heading is the title of an appendix."""
    return current[0].number.startswith(("Appendix", "Annex")) and not current[2]


def _clause(start: ClauseStart, first: Line, body: Sequence[tuple[Line, str]]) -> Clause:
    heading = [piece for piece in body if piece[0].role is Role.HEADER]
    title, _ = joined_text(heading)
    text, _ = joined_text(body[len(heading) :] or heading)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Clause(start.number, title or None, text, digest, first.page, first.number)


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
