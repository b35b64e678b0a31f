"""PDF: reads pages as positioned lines, with PDFium or, if its text is in doubt, with pdfplumber."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from russell_pipeline.documents.model import MAX_UNDECODED_SHARE, UNDECODED, Page
from russell_pipeline.documents.pdf.directions import quarter_turns, turn_upright
from russell_pipeline.documents.pdf.pdfium_places import Buffers, Places
from russell_pipeline.documents.pdf.pdfium_words import Spacing, pdfium_text, positioned
from russell_pipeline.documents.pdf.plumber_words import plumber_words
from russell_pipeline.documents.pdf.visual_lines import FEW_WORDS, Edges, Words, page_of
from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import require_whole_pdf
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """Bounds on what one PDF may ask for: pages of a document, characters of a page."""

    pages: int = 500
    characters_per_page: int = 200_000


class PdfReader:
    """An open PDF: its document title, and its pages one at a time.

    Opening raises Refusal unless the data is a whole, unencrypted PDF of one to `limits.pages` pages.
    """

    def __init__(self, data: bytes, limits: PdfLimits | None = None) -> None:
        self._data: bytes | None = data  # None once a page was turned back, until the document is needed as it is now
        self._limits = limits or PdfLimits()
        self._buffers = Buffers()
        self._spacing = Spacing()
        self._turned: set[int] = set()  # the pages that have been looked at, and turned back if they were turned
        require_whole_pdf(data)
        try:
            self._pdf = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD:
                raise Refusal("is an encrypted PDF: it opens only with a password") from None
            raise Refusal("is a damaged PDF: no page can be opened") from None
        if len(self) > self._limits.pages:
            pages = len(self)
            self.close()
            raise Refusal(f"has {pages:,} pages; the limit is {self._limits.pages}")
        if not len(self):
            self.close()
            raise Refusal("is a PDF without a page")

    def __len__(self) -> int:
        return len(self._pdf)

    def __enter__(self) -> PdfReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the document; its pages can no longer be read."""
        self._pdf.close()

    @property
    def title(self) -> str:
        """The title in the document's information dictionary, empty where it has none."""
        title: str = self._pdf.get_metadata_value("Title")
        return title.strip()

    def pages(self) -> list[Page]:
        """All pages, each read by the engine that decodes it."""
        return [self.page(number) for number in range(1, len(self) + 1)]

    def page(self, number: int) -> Page:
        """Page `number` (from 1) by PDFium, or by pdfplumber if PDFium's text is in doubt.

        Raises Refusal when neither engine reads the page reliably, and when it has more characters than the limit.
        """
        words, doubt, marked = self._pdfium_words(number)
        if doubt is None:
            return page_of(number, words, "pdfium", marked=marked)
        others = self._plumber_words(number)
        read, other = words.texts, others.texts
        if read == other and 0 < len(read) < FEW_WORDS:
            return page_of(number, words, "pdfium")  # too few words to tell, but both engines agree
        characters = sum(map(len, other))
        if other and characters >= sum(map(len, read)) and not _stand_apart(len(other), characters):
            return page_of(number, others, "pdfplumber")
        raise Refusal(f"page {number}: {doubt}")

    def rereadings(self, number: int, columns: Sequence[float]) -> Iterator[Page]:
        """Other readings of a page with unrecognised lines, in case its cells run into each other.

        First PDFium's, with words broken where a character steps back or is at one of `columns`, then pdfplumber's likewise.
        """
        words, *_ = self._pdfium_words(number, columns)
        yield page_of(number, words, "pdfium")
        yield page_of(number, self._plumber_words(number, columns), "pdfplumber")

    def page_with_marks(self, number: int) -> Page:
        """Page `number` by PDFium, with raised marks at the end of a line kept with their words, not on a line of their own."""
        return page_of(number, self._pdfium_words(number, marks_beside=True)[0], "pdfium", marked=True)

    def picture(self, number: int, scale: float) -> Image:
        """Page `number` as it is seen upright, at so many pixels for each point. Raises Refusal where it cannot be drawn."""
        self._pdfium_words(number)  # turns it upright
        try:
            bitmap = self._pdf[number - 1].render(scale=scale)
        except pdfium.PdfiumError:
            raise Refusal(f"page {number}: cannot be drawn") from None
        return cast("Image", bitmap.to_pil())

    def _plumber_words(self, number: int, columns: Sequence[float] = ()) -> Words:
        if self._data is None:
            turned = io.BytesIO()
            self._pdf.save(turned)
            self._data = turned.getvalue()
        return plumber_words(self._data, number, columns)

    def _pdfium_words(
        self, number: int, columns: Sequence[float] | None = None, *, marks_beside: bool = False
    ) -> tuple[Words, str | None, bool]:
        """The words of a page, the reason to doubt them (None if there is none), and whether some have raised marks.

        Raises Refusal when the page has more characters than the limit.
        """
        page = pdfium_c.FPDF_LoadPage(self._pdf.raw, number - 1)
        if not page:
            return Words({}), "cannot be opened", False
        text_page = pdfium_c.FPDFText_LoadPage(page)
        try:
            count = pdfium_c.FPDFText_CountChars(text_page)
            if count > self._limits.characters_per_page:
                raise Refusal(
                    f"page {number} holds {count:,} characters; the limit is {self._limits.characters_per_page:,}"
                )
            text = pdfium_text(text_page, count)
            places = Places(self._buffers, text_page)
            if number not in self._turned:
                self._turned.add(number)
                if turn_upright(page, quarter_turns(text, places.of)):
                    self._data = None
                    return self._pdfium_words(number, columns, marks_beside=marks_beside)
            parted = self._spacing.parted(places, text)
            words = positioned(places, text, parted, columns, marks_beside=marks_beside or columns is not None)
            words = words._replace(sheet=_sheet(page))
            return words, _doubt(page, text, words), bool(parted.marks)
        finally:
            pdfium_c.FPDFText_ClosePage(text_page)
            pdfium_c.FPDF_ClosePage(page)


def _sheet(page: Any) -> Edges:
    """The edges of what is shown of a page."""
    shown = pdfium_c.FS_RECTF()
    pdfium_c.FPDF_GetPageBoundingBox(page, shown)
    return Edges(shown.left, shown.top, shown.right, shown.bottom)


def _doubt(page: Any, text: str, words: Words) -> str | None:
    """Why PDFium's text of a page seems incomplete or wrongly decoded; None if it does not."""
    if not text.strip():
        drawn = pdfium_c.FPDFPage_CountObjects(page)
        return "there is no text on it, only graphics (a scan?)" if drawn else "it is blank"
    objects = pdfium_c.FPDFPage_CountObjects(page)
    if objects > len(text):  # each text object shows at least one glyph
        kinds = (pdfium_c.FPDFPageObj_GetType(pdfium_c.FPDFPage_GetObject(page, i)) for i in range(objects))
        glyphs = sum(kind == pdfium_c.FPDF_PAGEOBJ_TEXT for kind in kinds)
        if glyphs > len(text):
            return f"at least {glyphs:,} glyphs are drawn on it, but only {counted(len(text), 'character')} can be read"
    # The larger count: correcting the words may have joined letters that stand apart, or broken words up.
    number = max(len(text.split()), sum(map(len, words.rows.values())))
    if _stand_apart(number, len(text) - number):
        return "its letters stand apart, so that words cannot be told"
    undecoded = len(UNDECODED.findall(text))
    if undecoded > MAX_UNDECODED_SHARE * len(text):
        return f"{undecoded:,} of its {len(text):,} characters cannot be decoded"
    return None


def _stand_apart(words: int, characters: int) -> bool:
    """Whether the letters of a page stand apart: its words have fewer than three characters on average, as in no real text."""
    return 3 * words > characters
