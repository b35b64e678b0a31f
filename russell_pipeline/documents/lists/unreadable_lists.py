"""Lists: explains why a text that resembles a list cannot be read as one, and what to change in it."""

from __future__ import annotations

from collections.abc import Sequence

from russell_pipeline.documents.lists.column_heads import head_of
from russell_pipeline.documents.lists.columns import Columns, is_symbol
from russell_pipeline.documents.model import Line, Page

_SEPARATORS = {",": "commas", ";": "semicolons", "|": "bars"}
_FIELDS = ("company", "symbol", "classification")
# At least this share of the lines must read as rows, and at least this many (rows or symbols).
_MOST, _FEW = 0.75, 3
# With one cell per line, up to half of the lines are symbols; this share is enough.
_MANY_SYMBOLS = 0.3


def why_unreadable(pages: Sequence[Page]) -> str | None:
    """Why a text that is nearly a list cannot be read as one, and what to do; None if it does not resemble a list."""
    lines = [line for page in pages for line in page.lines if line.words]
    if not lines or lines[0].y is not None:
        return None
    for line in lines:
        for separator, called in _SEPARATORS.items():
            if separator in line.text and _heads(line.text.split(separator)):
                return f"parts its cells by {called} (line {line.number}), which are not read: save it with tabs between them"
    if _heads([line.text for line in lines]):
        return (
            "sets its columns one below the other, so that nothing tells which symbol is whose: "
            "take the PDF itself, or a text that keeps its rows (pdftotext -layout)"
        )
    rows = [line for line in lines if _reads_as_row(line)]
    symbols = [line for line in lines if is_symbol(line.text.strip())]
    if len(rows) >= max(_FEW, _MOST * len(lines)) or len(symbols) >= max(_FEW, _MANY_SYMBOLS * len(lines)):
        return (
            "seems to be a list without the heads of its columns: write `Company Ticker` or `Company Symbol Industry` "
            "above its rows, parted as their cells are"
        )
    return None


def _heads(cells: Sequence[str]) -> bool:
    """Whether the cells include heads for both company and symbol."""
    return {"company", "symbol"} <= {head_of(cell.strip(" \"'")) for cell in cells}


def _reads_as_row(line: Line) -> bool:
    ways = (Columns(fields, (0.0,) * len(fields), "anchored") for fields in (_FIELDS, _FIELDS[:2]))
    return any(isinstance(placed := way.place(line), list) and way.in_capitals(placed) for way in ways)
