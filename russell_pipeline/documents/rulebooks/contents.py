"""The contents of ground rules: the sections and appendices that they announce, with their titles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.prose import PART_HEADING
from russell_pipeline.documents.rulebooks.numbering import Number, appendix_number, clause_number

APPENDICES = ("appendix", "annex")
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+(?P<title>\S.*)")


class Announced(NamedTuple):
    """A part that the contents announce: its number, the name that they call it by, its title, and the line that does so."""

    number: Number
    name: str
    title: str
    line: Line


def announced(lines: Sequence[Line]) -> dict[Number, Announced]:
    """The parts that the contents of a document announce, in their order; entries without a number announce none."""
    found: dict[Number, Announced] = {}
    for entry, line in _entries(lines):
        part, numbered = PART_HEADING.fullmatch(entry), _NUMBERED.fullmatch(entry)
        if part and part["kind"].lower() in APPENDICES:
            number = appendix_number(part["kind"], part["number"])
            found.setdefault(number, Announced(number, number.text, part["rest"], line))
        elif part and part["number"].isdigit():
            number = clause_number(part["number"])
            found.setdefault(number, Announced(number, f"{part['kind'].title()} {number.text}", part["rest"], line))
        elif numbered:
            number = clause_number(numbered["number"].removesuffix(".0"))
            found.setdefault(number, Announced(number, number.text, numbered["title"], line))
    return found


def is_entry(line: Line) -> bool:
    """Whether a line is one of the contents."""
    return line.role is Role.HEADER and line.cells is not None and len(line.cells) == 2


def has_title(text: str, title: str) -> bool:
    """Whether a text begins with a title, in whatever case and however it is wrapped."""
    return bool(title) and _letters(text).startswith(_letters(title))


def _entries(lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    """The entries of the contents, each with its first line; one that is wrapped has its page on its last line alone."""
    pieces: list[str] = []
    first: Line | None = None
    for line in filter(is_entry, lines):
        title, page = line.cells or (None, None)
        pieces.append(title or "")
        first = first or line
        if page is not None:
            yield " ".join(pieces), first
            pieces, first = [], None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
