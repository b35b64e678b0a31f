"""The place of each line of a PDF: its box holds what is printed, however the page is turned or cut, and its picture shows it."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image, ImageChops, ImageStat
from pypdf import PageObject
from pypdf.generic import RectangleObject

from russell_pipeline.documents.model import Document, Line, Role
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.pdf import reader
from russell_pipeline.documents.pdf.pictures import pictures
from russell_pipeline.errors import Refusal
from russell_pipeline_tests.documents.pdf.test_directions import _remade, _turned
from russell_pipeline_tests.layouts import PUBLISHED, make_list, random_rows

_SCALE = 2.0


def _list() -> bytes:
    """A list without rules between its rows, so that all ink is text."""
    layout = replace(PUBLISHED["R3000 additions 2023"], ruled=False)
    return make_list(layout, random_rows(random.Random(3), 60, layout.taxonomy))


def _moved(page: PageObject) -> None:
    """Put the corner of the page elsewhere, and show less of it than there is."""
    page.mediabox = RectangleObject((-30, -20, 640, 830))
    page.cropbox = RectangleObject((12, 9, 600, 780))


def _lines(document: Document) -> list[Line]:
    assert document.reason is None
    return [line for line in document.lines if line.words or line.text]


def _is_ink(image: Image.Image) -> Image.Image:
    return image.convert("L").point(lambda shade: 255 if shade < 128 else 0)


def _drawn(data: bytes, page: int) -> Image.Image:
    with reader.PdfReader(data) as pdf:
        return _is_ink(pdf.picture(page, _SCALE))


@pytest.mark.parametrize(
    "change",
    [lambda _: None, _moved, _turned(90, 0), _turned(0, 90), _turned(180, 270)],
    ids=lambda change: change.__name__,
)
@pytest.mark.parametrize("engine", ["pdfium", "pdfplumber"])
def test_boxes_of_a_page_hold_its_letters_and_each_holds_some(
    monkeypatch: pytest.MonkeyPatch, engine: str, change: Callable[[PageObject], None]
) -> None:
    data = _remade(_list(), change)
    if engine == "pdfplumber":
        monkeypatch.setattr(reader, "_doubt", lambda *_: "a doubt")
    document = parse_document(data)
    assert document.text_engine == engine
    lines = [line for line in _lines(document) if line.page == 1]
    assert sum(line.role is Role.ROW for line in lines) > 40
    ink = _drawn(data, 1)
    for line in lines:
        assert line.box is not None
        x0, top, x1, bottom, width, height = line.box
        assert 0 <= x0 < x1 <= width
        assert 0 <= top < bottom <= height
        assert ink.size == (pytest.approx(_SCALE * width, abs=1), pytest.approx(_SCALE * height, abs=1))
        edges = tuple(round(_SCALE * edge) for edge in (x0 - 1, top - 1, x1 + 1, bottom + 1))
        within = ink.crop(edges).getbbox()
        assert within is not None, f"nothing is printed at {line.text!r}"
        # The letters reach from one end of the box to the other, and nothing of the line is left of it or right of it.
        assert within[2] - within[0] > 0.9 * _SCALE * (x1 - x0)
        ink.paste(0, edges)
    left = ink.crop((0, 0, ink.size[0], round(_SCALE * lines[-1].box.bottom)))  # type: ignore[union-attr]
    assert sum(left.histogram()[255:]) < 0.002 * left.size[0] * left.size[1], "there are letters beside the boxes"


@pytest.mark.parametrize("change", [_moved, _turned(90, 0), _turned(270, 90)])
def test_picture_of_a_line_is_the_same_however_its_page_is_turned_or_cut(change: Callable[[PageObject], None]) -> None:
    upright = _list()
    changed = _remade(upright, change)
    for line, other in list(zip(_lines(parse_document(upright)), _lines(parse_document(changed)), strict=True))[
        8:50:10
    ]:
        assert line.text == other.text
        assert line.box is not None
        assert other.box is not None
        ((one,), (two,)) = (pictures(upright, line.page, [line.box]), pictures(changed, other.page, [other.box]))
        first, second = (_is_ink(Image.open(io.BytesIO(png))) for png in (one, two))
        assert [abs(a - b) <= 1 for a, b in zip(first.size, second.size, strict=True)] == [True, True]
        apart = ImageChops.difference(first, second.crop((0, 0, *first.size)))
        assert ImageStat.Stat(apart).mean[0] < 0.5 * ImageStat.Stat(first).mean[0]


def test_page_is_drawn_once_for_all_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _list()
    lines = [line for line in _lines(parse_document(data)) if line.page == 1]
    drawn: list[int] = []
    picture = reader.PdfReader.picture
    monkeypatch.setattr(
        reader.PdfReader, "picture", lambda self, number, scale: (drawn.append(number), picture(self, number, scale))[1]
    )
    found = pictures(data, 1, [line.box for line in lines if line.box])
    assert drawn == [1]
    assert len(found) == len({*found}) == len(lines)


def test_what_is_no_pdf_has_no_pictures() -> None:
    box = _lines(parse_document(_list()))[0].box
    assert box is not None
    with pytest.raises(Refusal):
        pictures(b"%PDF-1.4 cut short", 1, [box])
