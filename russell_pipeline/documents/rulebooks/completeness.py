"""Whether ground rules are whole: what their contents announce, what their numbers follow, and the pages that they count."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.rulebooks.clauses import ClauseStart, Outline, clause_bodies
from russell_pipeline.documents.rulebooks.numbering import Number, left_out

# So many headings with something under them show that one with nothing under it has lost its text; fewer do of sections and
# appendices, which are headings everywhere.
_CUSTOMARY, _CUSTOMARY_AT_THE_TOP = 5, 2
_PAGE_OF = re.compile(r"\b(?P<page>\d{1,3}) (?:of|/) \d{1,3}$")


class Flaw(NamedTuple):
    """A part that is missing or out of order: the name that it goes by, what is wrong, and the place that shows it."""

    part: str
    what: str
    page: int
    line: int


def flaws(found: Outline, pages: Sequence[Page]) -> list[Flaw]:
    """What is missing from ground rules or out of order in them, each part once, in the order of the document."""
    by_part: dict[str, Flaw] = {}
    for flaw in (
        *_missing_pages(pages),
        *_announced(found),
        *_gaps(found),
        *_out_of_order(found),
        *_bare(found, pages),
    ):
        by_part.setdefault(flaw.part, flaw)
    return sorted(by_part.values(), key=lambda flaw: (flaw.page, flaw.line))


def _announced(found: Outline) -> Iterator[Flaw]:
    """The parts that the contents announce and that are not there; a section is there if it has a heading or a clause."""
    numbers = {start.number for start in found.starts}
    there = {one._replace(at=one.at[:1]) for one in numbers} | numbers | found.sections.keys()
    for number, entry in found.announced.items():
        if number not in there:
            what = f"{entry.name} ({entry.title}) is missing: the contents announce it ({_place(entry.line)})"
            yield Flaw(entry.name, what, entry.line.page, entry.line.number)


def _gaps(found: Outline) -> Iterator[Flaw]:
    """The numbers that are missing between clauses, and between appendices where the contents announce none.

    Where sections have a clause of their own ("5. Reviews"), each must have one.
    """
    kinds = {number.part for number in found.announced if number.part}
    own = {start.number for start in found.starts if not start.number.part and len(start.number.at) == 1}
    before: ClauseStart | None = None
    for after in found.starts:
        missing = left_out(before and before.number, after.number)
        top = after.number._replace(at=after.number.at[:1])
        begins = before is None or before.number.part or before.number.at[0] != after.number.at[0]
        bare = [top] if begins and own and not top.part and top not in own and 0 not in after.number.at else []
        for number in (*missing, *bare):
            told = number in found.announced and number not in found.sections
            if number in bare or not (told or number.part in kinds):
                yield _gap(number, before, after)
        before = after


def _gap(number: Number, before: ClauseStart | None, after: ClauseStart) -> Flaw:
    between = f"between {before.number.text} ({_place(before.line)}) and" if before else "before"
    what = f"{number.text} is missing {between} {after.number.text} ({_place(after.line)})"
    return Flaw(number.text, what, after.line.page, after.line.number)


def _out_of_order(found: Outline) -> Iterator[Flaw]:
    """Lines that begin like clauses, with numbers that are elsewhere too or do not follow those around them."""
    numbers = {start.number: start.line for start in found.starts}
    for one in found.stray:
        text, place = one.number.text, _place(one.line)
        if one.number in numbers:
            what = f"{text} is there twice ({_place(numbers[one.number])}; {place})"
        else:
            what = f"{text} is out of order ({place})"
        yield Flaw(text, what, one.line.page, one.line.number)


def _bare(found: Outline, pages: Sequence[Page]) -> Iterator[Flaw]:
    """The headings with nothing under them, in ground rules whose other headings of their level have clauses or text there."""
    bodies = clause_bodies([line for page in pages for line in page.lines])
    headings = {id(first) for _, first, body in bodies if all(piece.role is Role.HEADER for piece, _ in body)}
    bare: dict[tuple[str, int], list[ClauseStart]] = defaultdict(list)
    kept: Counter[tuple[str, int]] = Counter()
    for one, after in zip(found.starts, [*found.starts[1:], None], strict=True):
        number, level = one.number, (one.number.part, len(one.number.at))
        root = number.at[:-1] if number.at[-1] == 0 else number.at  # "1.0" heads what "1" would
        goes_on = after is not None and after.number.part == number.part and after.number.at[: len(root)] == root
        if id(one.line) in headings and not goes_on:
            bare[level].append(one)
        elif number.part or goes_on:
            kept[level] += 1
    for level, ones in bare.items():
        if kept[level] >= (_CUSTOMARY if level[1] > 1 else _CUSTOMARY_AT_THE_TOP) and len(ones) < kept[level]:
            for one in ones:
                what = f"{one.number.text} is a heading with nothing under it ({_place(one.line)})"
                yield Flaw(one.number.text, what, one.line.page, one.line.number)


def _missing_pages(pages: Sequence[Page]) -> Iterator[Flaw]:
    """The pages that the numbers at the foot of the others leave out, or count twice."""
    printed: list[tuple[int, int]] = []
    for page in pages:
        feet = (line for line in reversed(page.lines) if line.role is Role.FOOTER)
        matches = (_PAGE_OF.search(line.text.strip()) for line in feet)
        printed += [(page.number, int(match["page"])) for match in islice(filter(None, matches), 1)]
    for (before, count), (after, next_count) in pairwise(printed):
        beyond = (next_count - count) - (after - before)
        missing = range(next_count - beyond, next_count)
        for number in missing:
            what = f"page {number} is missing after page {count}, as the pages are numbered"
            yield Flaw(f"page {number}", what, after, 1)
        if beyond < 0:
            what = f"page {next_count} comes after page {count}, as the pages are numbered"
            yield Flaw(f"page {next_count}", what, after, 1)


def _place(line: Line) -> str:
    return f"page {line.page}, line {line.number}"
