"""PDF pages become positioned lines by the engine that decodes them, and a page without text is never silently empty."""

from __future__ import annotations

import ctypes
import io
import random

import pytest
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline.documents.pdf import pdfium_places, pdfium_words
from russell_pipeline.documents.pdf.reader import PdfLimits, PdfReader
from russell_pipeline.errors import Refusal
from russell_pipeline_tests.layouts import BAD_FILES, PUBLISHED, damaged, make_list, random_rows


def _published(name: str, n: int = 150) -> bytes:
    return make_list(PUBLISHED[name], random_rows(random.Random(7), n, PUBLISHED[name].taxonomy))


@pytest.mark.parametrize("name", [name for name, layout in PUBLISHED.items() if type(layout).__name__ == "PdfLayout"])
def test_engines_find_the_same_words_in_the_same_lines(name: str) -> None:
    with PdfReader(_published(name)) as reader:
        by_pdfium = reader.page(1)
        by_pdfplumber = list(reader.rereadings(1, ()))[-1]
    assert (by_pdfium.engine, by_pdfplumber.engine) == ("pdfium", "pdfplumber")
    assert [line.text for line in by_pdfium.lines] == [line.text for line in by_pdfplumber.lines]
    for one, other in zip(by_pdfium.lines, by_pdfplumber.lines, strict=True):
        assert [word.x for word in one.words] == pytest.approx([word.x for word in other.words], abs=0.6)


def test_page_numbers_lines_from_the_top_and_words_from_the_left() -> None:
    with PdfReader(_published("R3000 additions 2023")) as reader:
        page = reader.page(1)
    assert [line.number for line in page.lines] == list(range(1, len(page.lines) + 1))
    assert [line.y for line in page.lines] == sorted((line.y for line in page.lines), reverse=True)
    assert all(line.words == sorted(line.words) for line in page.lines)


def test_page_with_more_words_than_one_batch_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _published("R3000 additions 2023")
    with PdfReader(data) as reader:
        at_once = reader.pages()
    monkeypatch.setattr(pdfium_places, "_BATCH", 7)
    with PdfReader(data) as reader:
        assert reader.pages() == at_once


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("truncated.pdf", "cut short"),
        ("encrypted.pdf", "password"),
        ("too_many_pages.pdf", "2,000 pages; the limit is 500"),
        ("blank.pdf", "page 1: it is blank"),
        ("scanned.pdf", "page 1: there is no text on it, only graphics"),
        ("unmapped.pdf", "page 1: .* characters cannot be decoded"),
    ],
)
def test_pdf_reader_rejects_unreadable_files_with_a_reason(name: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason), PdfReader(BAD_FILES[name]()) as reader:
        reader.pages()


def test_pdf_reader_rejects_a_page_of_too_many_characters_unread() -> None:
    with (
        pytest.raises(Refusal, match="characters; the limit is 100"),
        PdfReader(_published("R3000 additions 2023"), PdfLimits(characters_per_page=100)) as reader,
    ):
        reader.pages()


def test_damaged_page_is_opened_and_lacks_rows() -> None:
    with PdfReader(damaged()) as reader:
        assert len(reader.pages()) == len(reader)


def test_page_with_more_rules_than_characters_is_read() -> None:
    """Drawn lines are no glyphs, of which some may lack a text."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    for at in range(30):
        canvas.drawString(36, 740 - 14 * at, "DELTA AIR")
    for at in range(400):
        canvas.line(36, 700 - at, 300, 700 - at)
    canvas.save()
    with PdfReader(out.getvalue()) as reader:
        page = reader.page(1)
    assert (page.engine, [line.text for line in page.lines]) == ("pdfium", ["DELTA AIR"] * 30)


def test_pdfium_hyphen_differs_from_a_glyph_that_prints_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name such as "Y-MABS" would lose it where its letters are drawn one by one."""
    signs = [*map(ord, "Y"), 0xFFFE, *map(ord, "MABS"), 0xFFFE, *map(ord, "INC")]

    def write(_page: object, _start: int, _count: int, buffer: ctypes.Array[ctypes.c_ushort]) -> int:
        buffer[: len(signs)] = signs
        return len(signs) + 1

    monkeypatch.setattr(pdfium_words.pdfium_c, "FPDFText_GetText", write)
    monkeypatch.setattr(pdfium_words.pdfium_c, "FPDFText_IsHyphen", lambda _page, at: int(at == 1))
    assert pdfium_words.pdfium_text(None, len(signs)) == "Y-MABS INC"


def test_glyph_left_out_by_pdfium_is_undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else "1-800 FLOWERS" would be "1800 FLOWERS", and every place after it would be that of another character."""
    drawn = [*map(ord, "1"), 0x0002, *map(ord, "800")]
    told = [sign for sign in drawn if sign != 0x0002]

    def write(_page: object, _start: int, _count: int, buffer: ctypes.Array[ctypes.c_ushort]) -> int:
        buffer[: len(told)] = told
        return len(told) + 1

    monkeypatch.setattr(pdfium_words.pdfium_c, "FPDFText_GetText", write)
    monkeypatch.setattr(pdfium_words.pdfium_c, "FPDFText_GetUnicode", lambda _page, at: drawn[at])
    monkeypatch.setattr(pdfium_words.pdfium_c, "FPDFText_IsHyphen", lambda _page, _at: 0)
    assert pdfium_words.pdfium_text(None, len(drawn)) == "1\ufffd800"
