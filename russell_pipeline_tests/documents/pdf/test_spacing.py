"""Words of a PDF are put together and parted by where glyphs end, and the marks of notes are no part of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.model import Document
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline.documents.pdf.spacing import Glyphs, respaced

_Draw = Callable[[Canvas, float, float, str], None]
_FONT = "Helvetica"
_NAMES = (
    "ACME CORP",
    "DELTA AIR LINES",
    "FORD MOTOR CO",
    "E I DU PONT",
    "3M CO",
    "THE COMPANY",
    "(THE) BELL",
    "WATER INC",
)
_SYMBOLS = ("ACM", "DAL", "F", "DD", "MMM", "TCO", "BLL", "WTR")


def _list(draw: _Draw, symbols: Sequence[str] = _SYMBOLS, plain_pages: int = 0) -> bytes:
    """Additions whose names and symbols are drawn by `draw`, after pages with the same on which they are drawn plainly."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    for drawn in [Canvas.drawString] * plain_pages + [draw]:
        canvas.setFont(_FONT, 10)
        for x, y, text in (
            (36, 740, "Russell 3000® Index - Additions 2021"),
            (36, 715, "Company"),
            (240, 715, "Symbol"),
        ):
            canvas.drawString(x, y, text)
        for at, row in enumerate(zip(_NAMES, symbols, strict=True)):
            for x, cell in zip((36, 240), row, strict=True):
                drawn(canvas, x, 700 - 14 * at, cell)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _found(document: Document) -> list[tuple[str, str]]:
    return [(row.company_name, row.symbol) for row in list_rows(document.lines)]


_ROWS = list(zip(_NAMES, _SYMBOLS, strict=True))


def _small_capitals(canvas: Canvas, x: float, y: float, text: str) -> None:
    for word in text.split():
        for part, size in ((word[:1], 10), (word[1:], 7.5)):
            canvas.setFont(_FONT, size)
            canvas.drawString(x, y, part)
            x += stringWidth(part, _FONT, size)
        x += 2.5


def _with_spaces_by_themselves(canvas: Canvas, x: float, y: float, text: str) -> None:
    """As a browser draws a space that is kerned on both sides."""
    canvas.setFont(_FONT, 10)
    for at, word in enumerate(text.split()):
        if at:
            canvas.drawString(x, y, " ")
            x += 1.4
        canvas.drawString(x, y, word)
        x += stringWidth(word, _FONT, 10)


def _letters_apart(canvas: Canvas, x: float, y: float, text: str) -> None:
    line = canvas.beginText(x, y)
    line.setFont(_FONT, 8)
    line.setCharSpace(2)
    line.textOut(text)
    canvas.drawText(line)


def _twice(canvas: Canvas, x: float, y: float, text: str) -> None:
    canvas.setFont(_FONT, 10)
    canvas.drawString(x, y, text)
    canvas.drawString(x + 0.3, y, text)


@pytest.mark.parametrize("draw", [_small_capitals, _with_spaces_by_themselves, _letters_apart, _twice])
def test_words_are_whole_and_separate_however_drawn(draw: _Draw) -> None:
    assert _found(parse_document(_list(draw))) == _ROWS


def _glyphs(text: str, widths: Sequence[float], drawn: str = "") -> Glyphs:
    """Characters that begin where the one before ends and this much further on; line ends have no width, and begin anywhere."""
    lefts, rights, x = [], [], 0.0
    for sign, step in zip(text, widths, strict=True):
        x += step
        lefts.append(x)
        x += 0 if sign.isspace() else 6
        rights.append(x)
    heights = [0.0 if sign.isspace() else 10.0 for sign in text]

    def is_drawn(at: int) -> bool:
        return not text[at].isspace() or text[at] in drawn

    return Glyphs(text, lefts, rights, heights, lambda at: ([lefts[i] for i in at], [0.0] * len(at)), is_drawn)


@pytest.mark.parametrize(
    ("text", "gaps", "words"),
    [
        ("CAT\r\nO", (0, 0, 0, 0, 0, -0.5), ["CATO"]),
        ("CAT O", (0, 0, 0, 0, 0.2), ["CATO"]),
        ("CAT O", (0, 0, 0, 0, 1.4), ["CAT", "O"]),
        ("CAT\r\nO", (0, 0, 0, 0, 0, -4), ["CAT", "O"]),
        ("AAIR", (0, 1.4, 0, 0), ["A", "AIR"]),
        ("AAIR", (0, 1.4, 1.4, 1.4), ["AAIR"]),
        ("AA", (0, 1.4), ["AA"]),
    ],
)
def test_respaced_keeps_a_guessed_space_only_where_there_is_room(
    text: str, gaps: Sequence[float], words: list[str]
) -> None:
    """Kerned letters stand near each other; where all letters of a word stand apart, none of the gaps is a space."""
    spans = []
    for word in text.split():
        start = text.index(word, spans[-1][1] if spans else 0)
        spans.append((start, start + len(word)))
    assert ["".join(text[a:b].split()) for a, b in respaced(spans, _glyphs(text, gaps))] == words
    assert respaced(spans, _glyphs(text, gaps, drawn=" \n"))[: len(spans) - 1] == spans[:-1]


def _marked(mark: str, rise: float = 3) -> _Draw:
    def draw(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.setFont(_FONT, 10)
        canvas.drawString(x, y, text)
        if text in ("ACME CORP", "3M CO", "DAL"):
            x += stringWidth(text, _FONT, 10) + 0.3
            canvas.setFont(_FONT, 6 if rise else 10)
            canvas.drawString(x, y + rise, mark)

    return draw


@pytest.mark.parametrize(
    ("mark", "plain_pages"),
    [*((mark, pages) for mark in ("1", "2,3", "(1)", "a", "*", "†") for pages in (0, 3)), ("A", 0)],
)
def test_raised_text_behind_a_cell_is_a_note_mark(mark: str, plain_pages: int) -> None:
    document = parse_document(_list(_marked(mark), plain_pages=plain_pages))
    assert _found(document) == _ROWS * (plain_pages + 1)
    (note,) = (note for note in document.notes if "mark of a note" in note.message)
    assert (note.severity, note.page, note.line) == ("warning", plain_pages + 1, 3)
    assert f"{mark!r}" in note.message
    assert "on 3 lines of rows" in note.message
    assert any(line.text.startswith(f"ACME CORP{mark}") for line in document.lines)


@pytest.mark.parametrize("mark", ["*", "†"])
def test_sign_that_ends_no_name_is_a_note_mark_at_any_height(mark: str) -> None:
    symbols = ["DL" if symbol == "DAL" else symbol for symbol in _SYMBOLS]
    document = parse_document(_list(_marked(mark, rise=0), symbols))
    assert _found(document) == list(zip(_NAMES, symbols, strict=True))
    assert "on 2 lines of rows" in next(note.message for note in document.notes if "mark of a note" in note.message)


@pytest.mark.parametrize("separator", ["\t", " ", "    "])
def test_note_mark_in_a_text_is_no_part_of_the_name(separator: str) -> None:
    rows = [("Company", "Symbol"), ("ACME CORP*", "ACM"), ("BELL INC", "BLL"), ("E*TRADE INC", "ETFC")]
    document = parse_document("\n".join(["Russell 3000® Index - Additions 2021", *map(separator.join, rows)]).encode())
    assert _found(document) == [("ACME CORP", "ACM"), *rows[2:]]
    assert [note.line for note in document.notes if "mark of a note" in note.message] == [3]


def test_raised_trademark_is_kept() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    canvas.setFont(_FONT, 24)
    canvas.drawString(36, 740, "Russell 3000")
    canvas.setFont(_FONT, 12)
    canvas.drawString(36 + stringWidth("Russell 3000", _FONT, 24), 740, "®")
    canvas.save()
    with PdfReader(out.getvalue()) as reader:
        words = [word for line in reader.page(1).lines for word in line.words]
    assert not any(word.raised for word in words)


def test_page_shown_turned_is_read_as_shown() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    canvas.setPageRotation(180)
    canvas.transform(-1, 0, 0, -1, 612, 792)
    canvas.setFont(_FONT, 10)
    for x, y, text in ((36, 740, "Russell 3000® Index - Additions 2021"), (36, 715, "Company"), (240, 715, "Symbol")):
        canvas.drawString(x, y, text)
    for at, row in enumerate(_ROWS):
        for x, cell in zip((36, 240), row, strict=True):
            canvas.drawString(x, 700 - 14 * at, cell)
    canvas.save()
    assert _found(parse_document(out.getvalue())) == _ROWS
