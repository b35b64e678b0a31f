"""Schedules: text of several lines that knows on which line each of its characters is."""

from __future__ import annotations

from dataclasses import dataclass, field

from russell_pipeline.documents.model import Line


@dataclass(slots=True)
class PlacedText:
    """Text of one or more lines, and the offset at which each line begins in it."""

    text: str = ""
    places: list[tuple[int, Line]] = field(default_factory=list)

    def add(self, piece: str, line: Line) -> None:
        """Append a piece of a line, after a space unless the text ends in a hyphen and the piece begins in lower case."""
        piece = " ".join(piece.split())
        if not piece:
            return
        hyphenated = self.text.endswith("-") and piece[:1].islower()
        self.text += "" if hyphenated or not self.text else " "
        self.places.append((len(self.text), line))
        self.text += piece

    def line_at(self, offset: int) -> Line:
        """The line that holds the character at an offset, which is within the text."""
        return next(line for start, line in reversed(self.places) if start <= offset)
