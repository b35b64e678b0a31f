"""A list in a layout becomes the bytes of a file: the one door to text and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from russell_pipeline_tests.typeset.layout import Entry, Layout, PdfLayout, TextLayout
from russell_pipeline_tests.typeset.pdf import list_pdf
from russell_pipeline_tests.typeset.text import text_lines

_Kind = TypeVar("_Kind")


def make_list(layout: Layout, rows: Sequence[Entry]) -> bytes:
    """The bytes of a list of these rows in this layout; the same layout and rows give the same bytes."""
    return make_sections([(layout, rows)])


def make_sections(sections: Sequence[tuple[Layout, Sequence[Entry]]]) -> bytes:
    """One file of several lists, one behind the other; the first layout decides what file it is."""
    first = sections[0][0]
    if isinstance(first, TextLayout):
        lines = [line for layout, rows in sections for line in text_lines(_as(TextLayout, layout), rows)]
        text = "".join(line if line == "\f" else line + first.line_end for line in lines)
        return text.encode(first.encoding)
    return list_pdf([(_as(PdfLayout, layout), rows) for layout, rows in sections])


def _as(kind: type[_Kind], layout: object) -> _Kind:
    if not isinstance(layout, kind):
        raise TypeError(f"one file cannot mix {kind.__name__} and {type(layout).__name__}")
    return layout
