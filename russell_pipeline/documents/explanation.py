"""What is in doubt in a document: its lines in place, and the decisions on them to fill in, as a text that is YAML."""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence

import yaml

from russell_pipeline.display import safe
from russell_pipeline.documents.decisions import plain
from russell_pipeline.documents.model import Document, Line, Role
from russell_pipeline.wording import counted

# So many lines above and below a line in doubt are shown.
_AROUND = 2
_SHOWN = 160
_WIDTH = 110
_INDENT = " " * 9
_ROLES = "header, title, footer, legal, prose"


def explain(document: Document, name: str, sidecar_name: str) -> Iterator[str]:
    """The lines of a document that are in doubt, in place and with their reasons, each with a decision to fill in.

    In doubt are lines that are not recognised, that a warning is about, or that contradict each other, and those whose decision
    has lapsed. What is only to be read is a comment: with `role` or `cells`, `by` and `why` filled in, the text is a sidecar.
    """
    doubts = _doubts(document)
    yield from _commented(f"{name} {document.reason}" if document.reason else f"{name} is accepted")
    if not doubts:
        yield "# No single line of it is in doubt." if document.lines else "# No line of it could be read."
        return
    yield from _commented(
        f"{counted(len(doubts), 'line of it is', 'lines of it are')} in doubt. Fill in what each is, who says so and why, and "
        f"put the entries under `lines:` in {sidecar_name}, beside the document. A line without an entry stays as it is."
    )
    yield from _commented(
        f"role: {_ROLES}. A row has `cells` instead, one for each column: null where one is empty, in quotes where YAML takes a "
        "text for something else, as 'ON'."
    )
    yield "lines:"
    for page, lines in _by_page(document.lines).items():
        asked = [at for at, line in enumerate(lines) if (page, line.number) in doubts]
        for first, last in _blocks(asked, len(lines)):
            yield from ("", f"# page {page}")
            for at in range(first, last):
                yield _in_place(lines[at], in_doubt=at in asked)
                reason = doubts.get((page, lines[at].number), "")
                yield from _commented(reason.removeprefix(f"{lines[at].text.strip()[:120]!r} "), _INDENT)
            for at in asked:
                if first <= at < last:
                    yield from _entry(lines[at], _columns(document.lines, lines[at]))


def _doubts(document: Document) -> dict[tuple[int, int], str]:
    """Why lines are in doubt, by page and number."""
    there = {(line.page, line.number): line for line in document.lines}
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for note in document.notes:
        if note.page and note.line and note.severity != "info":
            found[note.page, note.line].append(note.message)
    for name in {fact.name for fact in document.facts} if document.reason else ():
        said = [fact for fact in document.facts if fact.name == name and fact.origin in ("title", "footer", "header")]
        if len({fact.value for fact in said}) > 1:
            for fact in said:
                found[fact.page or 0, fact.line or 0].append(f"it says {name}: {fact.value}")
    for place, line in there.items():
        if line.role is Role.REJECTED:
            found.setdefault(place, ["it is not recognised"])
    return {place: "; ".join(dict.fromkeys(reasons)) for place, reasons in found.items() if place in there}


def _by_page(lines: Sequence[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.page].append(line)
    return found


def _blocks(asked: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    """The stretches of lines to show: each line that is asked about with those around it, together where they meet."""
    first = last = -1
    for at in asked:
        if first >= 0 and at - _AROUND > last:
            yield first, last
            first = -1
        first, last = (max(0, at - _AROUND) if first < 0 else first), min(count, at + _AROUND + 1)
    if first >= 0:
        yield first, last


def _in_place(line: Line, *, in_doubt: bool) -> str:
    role = f"{line.role.value if line.role else 'unread'}{', decided' if line.decision else ''}"
    text = safe(line.text).rstrip()
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
    return f"# {'>' if in_doubt else ' '} {line.number:>5}  {role:<8}  {shown}".rstrip()


def _entry(line: Line, columns: Sequence[str]) -> Iterator[str]:
    """The decision on a line, with what is open left empty."""
    known = {"page": line.page, "line": line.number, "text": plain(line.text)}
    first, *others = yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=math.inf).splitlines()
    yield f"- {first}"
    yield from (f"  {other}" for other in others)
    yield f"  role:  # of a row instead: cells: [{', '.join(columns)}]" if columns else "  role:"
    yield from ("  by:", "  why:")


def _columns(lines: Sequence[Line], line: Line) -> list[str]:
    """What the columns at a line hold, by the heads above it, else by those below."""
    at = next(place for place, one in enumerate(lines) if one is line)
    heads = (one.cells for one in [*reversed(lines[:at]), *lines[at:]] if one.role is Role.HEADER and one.cells)
    return [cell or "null" for cell in next(heads, [])]


def _commented(text: str, indent: str = "") -> Iterator[str]:
    yield from (f"# {indent}{line}" for line in textwrap.wrap(safe(text), _WIDTH, break_on_hyphens=False))
