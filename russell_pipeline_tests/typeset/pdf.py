"""A list as the pages of a PDF."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from reportlab import rl_config
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline_tests.typeset.layout import Entry, PdfLayout, Row, cells_of

# Published files hold plain deflated streams, without the ASCII wrapping that this library puts around them.
rl_config.useA85 = 0


_Align = Literal["left", "centre", "right"]


class _Mark(NamedTuple):
    """A piece of text on a page; `cell` is the pair, row and column of a cell."""

    kind: Literal["title", "head", "cell", "stray", "edge", "legal"]
    x: float
    y: float
    text: str
    font: str
    size: float
    cell: tuple[int, int, int] = (0, 0, 0)


def _width(text: str, font: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font, size))


def _use_font(name: str) -> None:
    """Fonts named Vera... are embedded as TrueType subsets; all others are those that every reader has."""
    if name.startswith("Vera") and name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


def list_pdf(sections: Sequence[tuple[PdfLayout, Sequence[Entry]]], **options: Any) -> bytes:
    """The pages of lists, one behind the other, in one PDF; `options` go to the canvas (encryption)."""
    first = sections[0][0]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=first.size, invariant=True, pageCompression=first.compress, **options)
    canvas.setTitle(first.say(first.titles[-1]) if first.title_on == "pdf_title" else "USMembershiplist")
    for layout, rows in sections:
        _use_font(layout.font)
        _use_font(layout.head_font)
        rng = random.Random(layout.seed)
        for marks in _pdf_pages(_settled(layout, rows), rows):
            canvas.setPageSize(layout.size)
            for mark in _in_stream_order(layout, marks, rng):
                _draw(canvas, layout, mark)
            if layout.ruled:
                _rule(canvas, layout, marks)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def _settled(layout: PdfLayout, rows: Sequence[Entry]) -> PdfLayout:
    """The layout with its second column where `overlap` puts it."""
    if layout.overlap is None:
        return layout
    names = (row.printed for row in rows if isinstance(row, Row))
    longest = max((_width(name, layout.font, layout.font_size) for name in names), default=0.0)
    columns = tuple((pair[0], pair[0] + longest - layout.overlap, *pair[2:]) for pair in layout.columns)
    return replace(layout, columns=columns, symbol_align="left")


def _pdf_pages(layout: PdfLayout, rows: Sequence[Entry]) -> Iterator[list[_Mark]]:
    height = layout.size[1]
    pages = layout.paginate(len(rows))
    legal: list[_Mark] = []
    for number, pairs in enumerate(pages):
        last = number == len(pages) - 1
        head_y = height - layout.top + (layout.extra_rows * layout.pitch if number else 0)
        marks: list[_Mark] = []
        align = layout.last_page_align if last and number else None
        for pair, places in enumerate(pairs):
            marks += _pair(layout, pair, [rows[at] for at in places], head_y, page=number, align=align)
        marks = _off(layout, marks, number)
        if layout.titled(number, len(pages)):
            marks += _title(layout, layout.titles, height - layout.top)
        marks += _edges(layout, number)
        if last and layout.legal_on == "last":
            bottom = min((mark.y for mark in marks if mark.kind == "cell"), default=head_y)
            legal = list(_legal(layout, bottom - 3 * layout.pitch))
            marks += [mark for mark in legal if mark.y > layout.foot + 12]
            legal = [mark for mark in legal if mark.y <= layout.foot + 12]
        yield marks
    if layout.legal and layout.legal_on == "page":
        legal = list(_legal(layout, height - layout.top))
    if legal:
        up = height - layout.top - legal[0].y
        titles = layout.titles[:-1] if layout.title_on == "every" else ()
        yield [
            *(mark._replace(y=mark.y + up) for mark in legal),
            *_title(layout, (*titles, "") if titles else (), height - layout.top),
            *_edges(layout, len(pages)),
        ]


def _off(layout: PdfLayout, marks: Sequence[_Mark], page: int) -> list[_Mark]:
    """The table of a page, set off by `drift`, and its cells by `jitter`."""
    rng = random.Random(f"{layout.seed} {page}")
    page_off = rng.uniform(-layout.drift, layout.drift) if page else 0.0
    return [
        mark._replace(
            x=mark.x + page_off + (rng.uniform(-layout.jitter, layout.jitter) if mark.kind == "cell" else 0.0)
        )
        for mark in marks
    ]


def _pair(
    layout: PdfLayout, pair: int, entries: Sequence[Entry], head_y: float, *, page: int, align: _Align | None
) -> Iterator[_Mark]:
    xs, size = layout.columns[pair], layout.font_size
    if entries and (page == 0 or layout.head_on == "every"):
        for column, text in enumerate(layout.head):
            x = _aligned(layout, pair, column, text, head=True)
            yield _Mark(
                "head", x + layout.head_off[column], head_y - layout.head_drop[column], text, layout.head_font, size + 1
            )
    for at, entry in enumerate(entries):
        y = head_y - layout.head_gap - layout.pitch * (at + 1)
        if isinstance(entry, str):
            yield _Mark("stray", xs[0] + 21, y, entry, layout.font, size)
            continue
        for column, text in enumerate(cells_of(entry, len(xs))):
            if text:
                x = _aligned(layout, pair, column, text, align=align if at else None)
                yield _Mark("cell", x, y, text, layout.font, size, (pair, at, column))


def _aligned(
    layout: PdfLayout, pair: int, column: int, text: str, *, head: bool = False, align: _Align | None = None
) -> float:
    """Where a text begins in its column.

    For alignment a symbol column is as wide as five capital Ms; where `align` is given, as four usual letters.
    """
    font, size = (layout.head_font, layout.font_size + 1) if head else (layout.font, layout.font_size)
    spare = _width("EACN" if align else "MMMMM", font, size) - _width(text, font, size)
    share = {"left": 0.0, "centre": 0.5, "right": 1.0}[align or layout.symbol_align] if column == 1 else 0.0
    return layout.columns[pair][column] + share * spare


def _title(layout: PdfLayout, titles: Sequence[str], head_y: float) -> Iterator[_Mark]:
    """Title lines above the column heads, the last one next to them."""
    x, font, split_at = layout.columns[0][0] - 1.4, layout.head_font, "\x00"
    if layout.registered == "raised":
        split_at = "\u00ae"
    for (above, size), template in zip(((28, 15.0), (56, 24.0), (94, 9.0)), reversed(titles), strict=False):
        before, sign, after = layout.say(template).partition(split_at)
        y = head_y + above
        yield _Mark("title", x, y, before, font, size)
        if sign:
            sign_x = x + _width(before, font, size)
            yield _Mark("title", sign_x, y + 0.4 * size, sign, font, 0.6 * size)
            yield _Mark("title", sign_x + _width(sign, font, 0.6 * size), y, after, font, size)


def _edges(layout: PdfLayout, page: int) -> Iterator[_Mark]:
    """Running head and footer of a page, both without a cell."""
    width, height = layout.size
    left, number = layout.columns[0][0], str(page + 1)
    for i, text in enumerate(map(layout.say, layout.running_head)):
        size = (9, 12)[i]
        x = left if i == 0 else width - 60 - _width(text, layout.font, size)
        yield _Mark("edge", x, height - 36, text, layout.font, size)
    footer = layout.footer(page) + (f" {number}" if layout.folio == "inline" else "")
    if footer.strip():
        yield _Mark("edge", left - 1.4, layout.foot, footer, layout.font, 8)
    if layout.folio in ("right", "symbol"):
        x = width - 36 - _width(number, layout.font, 8) if layout.folio == "right" else layout.columns[-1][1]
        yield _Mark("edge", x, layout.foot, number, layout.font, 8)


def _legal(layout: PdfLayout, y: float) -> Iterator[_Mark]:
    x = layout.columns[0][0]
    for paragraph in layout.legal:
        for line in simpleSplit(layout.say(paragraph), layout.font, 8, layout.size[0] - x - 40):
            yield _Mark("legal", x, y, line, layout.font, 8)
            y -= 10
        y -= 5


def _in_stream_order(layout: PdfLayout, marks: Sequence[_Mark], rng: random.Random) -> list[_Mark]:
    """Marks in the order in which the content stream has them, which need not be that of the eye."""
    if layout.stream == "shuffled":
        return rng.sample(marks, len(marks))
    # Of a cell's pair, row and column: which of them the stream goes through first, second, third.
    first, second, third = {"columns": (0, 1, 2), "rows": (1, 0, 2), "cells": (0, 2, 1)}[layout.stream]
    kinds = ["head", "cell", "stray", "edge", "legal"]
    kinds.insert(len(kinds) if layout.title_late else 0, "title")

    def place(mark: _Mark) -> tuple[int, ...]:
        return kinds.index(mark.kind), mark.cell[first], mark.cell[second], mark.cell[third]

    return sorted(marks, key=place)


def _draw(canvas: Canvas, layout: PdfLayout, mark: _Mark) -> None:
    canvas.setFont(mark.font, mark.size)
    if layout.spaces in ("none", "glyphs"):
        for piece in re.finditer(r"\S+" if layout.spaces == "none" else r"\S", mark.text):
            canvas.drawString(mark.x + _width(mark.text[: piece.start()], mark.font, mark.size), mark.y, piece.group())
        return
    text = mark.text
    if mark.kind == "cell" and layout.spaces == "padded":
        text = text.ljust((25, 7, 23)[mark.cell[2]])
    elif mark.kind == "cell" and layout.spaces == "trailing":
        text += " "
    canvas.drawString(mark.x, mark.y, text)


def _rule(canvas: Canvas, layout: PdfLayout, marks: Sequence[_Mark]) -> None:
    canvas.setLineWidth(0.4)
    right = layout.size[0] - 36
    ends = [pair[0] - 12 for pair in layout.columns[1:]] + [right]
    for y, pair in sorted({(mark.y, mark.cell[0]) for mark in marks if mark.kind == "cell"}):
        canvas.line(layout.columns[pair][0] - 2, y - 0.3 * layout.pitch, ends[pair], y - 0.3 * layout.pitch)
