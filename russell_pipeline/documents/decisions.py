"""Decisions of people on single lines of documents: how they are written, which still fit, and what they make of a line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from russell_pipeline.documents.model import Decision, Line, Note, Reading, Role
from russell_pipeline.errors import Refusal

# Begins the note on a decision that counts for nothing.
LAPSED = "a decision has lapsed: "
_QUOTED = 120

_Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class LineDecision(BaseModel):
    """An entry of `lines` in a sidecar: what a line is, who says so and why.

    The line is named by its place and by its text, or by the SHA-256 of that (its first eight digits or more); runs of spaces
    count as one. A row has `cells`, one for each column, null where one is empty; every other line has a `role`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: Annotated[int, Field(ge=1, strict=True)]
    line: Annotated[int, Field(ge=1, strict=True)]
    text: Annotated[str, Field(min_length=1)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")] | None = None
    role: Literal["row", "header", "title", "footer", "legal", "blank", "prose"] | None = None
    cells: tuple[str | None, ...] | None = None
    by: _Said
    why: _Said

    @model_validator(mode="after")
    def _says_what_line_and_what_it_is(self) -> LineDecision:
        if (self.text is None) == (self.sha256 is None):
            raise ValueError("it must have either `text` or `sha256`, so that it lapses when the line is another")
        if self.cells is None and self.role is None:
            raise ValueError("it must say what the line is: `role`, or `cells` for a row")
        if (self.cells is None) == (self.role in (None, "row")):
            raise ValueError("`cells` are those of a row, and a row has them; other lines have only a `role`")
        return self

    def fits(self, text: str) -> bool:
        """Whether a line with this text is the line that was decided."""
        if self.text is not None:
            return plain(self.text) == plain(text)
        return hashlib.sha256(plain(text).encode()).hexdigest().startswith(self.sha256 or "")


EXPECTED = {
    "page": "the number of a page",
    "line": "the number of a line",
    "text": "the text of the line, in quotes where YAML would take it for something else",
    "sha256": "the SHA-256 of the text, or its first digits: eight or more",
    "role": "header, title, footer, legal, blank or prose (or row, with `cells`)",
    "cells": "a list of texts, null for an empty cell; in quotes where YAML would take one for something else, as 'ON'",
    "by": "a name",
    "why": "a reason",
}


def plain(text: str) -> str:
    """The text of a line with runs of spaces as one, as decisions are compared with it."""
    return " ".join(text.split())


def apply_decisions(
    lines: Sequence[Line], notes: Iterable[Note], decisions: Sequence[LineDecision], sidecar_name: str
) -> list[Note]:
    """Give lines what was decided of them; returns the notes that are left, and one for each decision.

    The notes on a line that is settled are told in that of its decision. A decision whose line reads otherwise, or is not there,
    lapses with a warning and changes nothing. Raises Refusal for more cells than there are columns.
    """
    left, said = list(notes), []
    at = {(line.page, line.number): place for place, line in enumerate(lines)}
    for decision in decisions:
        place = at.get((decision.page, decision.line))
        where = f"page {decision.page}, line {decision.line}"
        if place is None or not decision.fits(lines[place].text):
            found = "is not there" if place is None else f"reads {_quoted(lines[place].text)}"
            meant = f"not {_quoted(decision.text)}" if decision.text else "not what was decided"
            message = f"{LAPSED}{where} {found}, {meant if place is not None else 'or no longer'}; {sidecar_name} needs another"
            said.append(Note("warning", message, decision.page, decision.line))
            continue
        line = lines[place]
        line.cells = None if decision.cells is None else _across(decision.cells, lines, place, where, sidecar_name)
        line.role = Role(decision.role or Role.ROW)
        line.decision = Decision(decision.by, decision.why)
        before = "; ".join(note.message for note in left if (note.page, note.line) == (line.page, line.number))
        left = [note for note in left if (note.page, note.line) != (line.page, line.number)]
        said.append(Note("info", _told(decision, line, before), line.page, line.number))
    return left + said


def _across(
    cells: Sequence[str | None], lines: Sequence[Line], place: int, where: str, sidecar_name: str
) -> list[str | None]:
    """The cells, with as many empty ones at the end as make up the cells of the next line above that has any, or below."""
    filled = [(cell or "").strip() or None for cell in cells]
    while filled and filled[-1] is None:
        filled.pop()
    others = [*reversed(lines[:place]), *lines[place + 1 :]]
    columns = next((len(one.cells) for one in others if one.role in (Role.ROW, Role.HEADER) and one.cells), len(filled))
    if len(filled) > columns:
        raise Refusal(f"its sidecar {sidecar_name} gives {where} {len(filled)} cells, where lines have {columns}")
    return [*filled, *[None] * (columns - len(filled))]


def _told(decision: LineDecision, line: Line, before: str) -> str:
    filled = ", ".join(cell for cell in line.cells or () if cell)
    what = f"a row: {filled}" if filled else "the rest of a row" if line.cells is not None else f"{decision.role}"
    was = f"; before, {before}" if before else ""
    return f"{_quoted(line.text)} is decided to be {what} ({decision.by}: {decision.why}){was}"


def _quoted(text: str | None) -> str:
    return repr(plain(text or "")[:_QUOTED])


def decided_places(lines: Iterable[Line]) -> frozenset[tuple[object, object]]:
    """The page and line number of each line that a person decided."""
    return frozenset((line.page, line.number) for line in lines if line.decision)


def reading_of(place: tuple[object, object], decided: frozenset[tuple[object, object]]) -> str:
    """How the row at this page and line was read."""
    return (Reading.DECIDED if place in decided else Reading.PRINTED).value
