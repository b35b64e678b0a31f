"""A list as the lines of a text file."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Iterator, Sequence

from russell_pipeline_tests.typeset.layout import Entry, TextLayout, cells_of


def text_lines(layout: TextLayout, rows: Sequence[Entry]) -> list[str]:
    """Lines without ends; a form feed ends the line before a page and stands alone in the list."""
    cells = [[entry] if isinstance(entry, str) else cells_of(entry, len(layout.head)) for entry in rows]
    columns = zip(layout.head, *(row for row in cells if len(row) > 1), strict=True)
    gap = random.Random(layout.seed).choice((1, 2, 4, 13))
    widths = [max(map(len, column)) + gap for column in columns]

    def join(parts: Sequence[str]) -> str:
        if layout.hard_spaces:
            parts = [part.replace(" ", "\u00a0") for part in parts]
        if layout.separator == "tab":
            return "\t".join(parts)
        if layout.separator == "space" or len(parts) == 1:
            return " ".join(filter(None, parts))
        return "".join(part.ljust(width) for part, width in zip(parts, widths, strict=True))

    def beside(parts: Sequence[str]) -> str:
        line = ("\t" if layout.separator == "tab" else "  ").join(parts).rstrip(" ")
        return line + " " if layout.trailing_space and line else line

    pages = layout.paginate(len(rows))
    lines: list[str] = []
    for number, pairs in enumerate(pages):
        last = number == len(pages) - 1
        if number and layout.form_feeds:
            lines.append("\f")
        edges = [layout.say(text) for text in layout.running_head]
        foot = f"{layout.footer(number)} {number + 1}" if layout.footers else ""
        lines += [] if layout.glued else edges
        if layout.titled(number, len(pages)):
            for title in map(layout.say, layout.titles):
                if layout.registered == "raised" and "\u00ae" in title:
                    lines += ["\u00ae", title.replace("\u00ae", "")]
                else:
                    lines.append(title)
                lines.append("")
        if number == 0 or layout.head_on == "every":
            lines.append(beside([join(layout.head) for pair in pairs if pair]))
        lines = [] if number == 0 and layout.clipped is not None else lines
        for at in range(max(map(len, pairs))):
            if number or at >= (layout.clipped or 0):
                lines.append(beside([join(cells[pair[at]]) for pair in pairs if at < len(pair)]))
                if layout.glued and at + 1 == max(map(len, pairs)):
                    lines[-1] = " ".join([lines[-1].rstrip(), *edges, foot]).rstrip()
            if layout.blank_between:
                lines.append("")
        if layout.legal and last and layout.legal_on == "last":
            lines += _wrapped(layout)
        if foot and not layout.glued:
            lines += ["", foot, ""]
    if layout.legal and layout.legal_on == "page":
        lines += ["\f"] if layout.form_feeds else [""]
        lines += _wrapped(layout)
        if layout.footers:
            lines += ["", f"{layout.footer(len(pages))} {len(pages) + 1}"]
    return lines


def _wrapped(layout: TextLayout) -> Iterator[str]:
    for paragraph in layout.legal:
        yield ""
        yield from textwrap.wrap(layout.say(paragraph), 110)
