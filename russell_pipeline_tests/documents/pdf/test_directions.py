"""A turned page is read as if it were upright, and what is printed across a page is accounted for without touching its rows."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from pypdf import PageObject, PdfReader, PdfWriter, Transformation
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.model import Document, Role
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.pdf import reader as pdf
from russell_pipeline_tests.layouts import PUBLISHED, Row, make_list, random_rows

_NAMES = ("R3000 2010", "R3000 additions 2023")


def _list(name: str) -> tuple[bytes, list[Row]]:
    rows = random_rows(random.Random(name), 321, PUBLISHED[name].taxonomy)
    return make_list(PUBLISHED[name], rows), rows


def _remade(data: bytes, change: Callable[[PageObject], None]) -> bytes:
    writer, out = PdfWriter(PdfReader(io.BytesIO(data))), io.BytesIO()
    for page in writer.pages:
        change(page)
    writer.write(out)
    return out.getvalue()


def _turned(content: int, shown: int) -> Callable[[PageObject], None]:
    """Turn the content of a page, as programs do that print landscape pages, and the way that it is shown (degrees)."""

    def turn(page: PageObject) -> None:
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        if content:
            shift = {90: (height, 0.0), 180: (width, height), 270: (0.0, width)}[content]
            page.add_transformation(Transformation().rotate(content).translate(*shift))
            page.mediabox.upper_right = page.cropbox.upper_right = (
                (width, height) if content == 180 else (height, width)
            )
        page.rotate(shown)

    return turn


def _stamped(text: str, angle: float, size: float = 60, x: float | None = None) -> Callable[[PageObject], None]:
    def stamp(page: PageObject) -> None:
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(612, 792), invariant=True)
        canvas.translate(x or (20 if angle == 90 else 130), 200 if angle else 560)
        canvas.rotate(angle)
        canvas.setFont("Helvetica", size)
        canvas.drawString(0, 0, text)
        canvas.save()
        page.merge_page(PdfReader(io.BytesIO(out.getvalue())).pages[0])

    return stamp


def _found(document: Document) -> list[tuple[str, str | None, str, str | None]]:
    return [(row.company_name, row.class_marker, row.symbol, row.classification) for row in list_rows(document.lines)]


def _set(rows: list[Row]) -> list[tuple[str, str | None, str, str | None]]:
    return [(row.company_name, row.class_marker, row.symbol, row.classification) for row in rows]


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("shown", [0, 90, 180, 270])
@pytest.mark.parametrize("content", [0, 90, 180, 270])
def test_turned_page_has_the_lines_of_the_upright_page(name: str, content: int, shown: int) -> None:
    data, rows = _list(name)
    upright, turned = parse_document(data), parse_document(_remade(data, _turned(content, shown)))
    assert turned.reason is None
    assert _found(turned) == _set(rows)
    assert [(line.text, line.role) for line in turned.lines] == [(line.text, line.role) for line in upright.lines]


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize(
    ("text", "angle", "size"),
    [
        ("CONFIDENTIAL", 50, 60),
        ("NOT FOR SALE", -35, 40),
        ("Sent to user@example.com on 2026-01-02", 90, 8),
        ("CONFIDENTIAL", 0, 60),
        ("A COPY", 0, 110),
    ],
)
def test_text_printed_across_a_page_is_a_footer_after_its_lines(
    name: str, text: str, angle: float, size: float
) -> None:
    data, rows = _list(name)
    plain, stamped = parse_document(data), parse_document(_remade(data, _stamped(text, angle, size)))
    assert stamped.reason is None
    assert _found(stamped) == _set(rows)
    across = [line for line in stamped.lines if line.text == text]
    assert len(across) == stamped.pages
    assert {line.role for line in across} == {Role.FOOTER}
    others = [line for line in stamped.lines if line.text != text]
    assert [(one.number, one.text, one.role) for one in others] == [
        (one.number, one.text, one.role) for one in plain.lines
    ]
    for page in range(1, stamped.pages + 1):
        numbers = [line.number for line in stamped.lines if line.page == page]
        assert numbers == list(range(1, len(numbers) + 1))


def test_table_at_an_angle_rejects_the_list() -> None:
    data, rows = _list("R3000 additions 2023")

    def add_table(page: PageObject) -> None:
        for at, row in enumerate(rows[:20]):
            _stamped(f"{row.printed} {row.symbol}", 90, 6, x=20 + 8 * at)(page)

    document = parse_document(_remade(data, add_table))
    assert document.reason is not None
    assert "no watermark has so many words" in document.reason


def test_watermark_that_contradicts_the_title_rejects_the_list() -> None:
    data, _ = _list("R3000 additions 2023")
    document = parse_document(_remade(data, _stamped("PRELIMINARY", 50)))
    assert document.reason is not None
    assert "contradicts itself on its status" in document.reason


@pytest.mark.parametrize(("content", "shown"), [(0, 90), (90, 0), (180, 180), (270, 90)])
def test_pdfplumber_reads_a_turned_page_like_pdfium(content: int, shown: int) -> None:
    data, _ = _list("R3000 additions 2023")
    with pdf.PdfReader(_remade(data, _turned(content, shown))) as reader:
        by_pdfium = reader.page(2)
        *_, by_pdfplumber = reader.rereadings(2, ())
    assert by_pdfplumber.engine == "pdfplumber"
    assert [line.text for line in by_pdfplumber.lines] == [line.text for line in by_pdfium.lines]


def test_pdfplumber_accounts_for_text_printed_across_a_page() -> None:
    data, _ = _list("R3000 additions 2023")
    with pdf.PdfReader(_remade(data, _stamped("CONFIDENTIAL", 50))) as reader:
        reader.page(1)
        *_, by_pdfplumber = reader.rereadings(1, ())
    assert by_pdfplumber.engine == "pdfplumber"
    assert [line.text for line in by_pdfplumber.over] == ["CONFIDENTIAL"]
