"""Generated ground rules: typeset in many ways from words drawn by a seed, with what must be read from them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

_SAID = """
    the index company shares review price float member market day rank close of and in to with a which is for by an large total
    value rules committee changes
"""
_WORDS = _SAID.split()


@dataclass
class GroundRules:
    """A document, and each of its clauses in order with its title and its text (None where the text is a table)."""

    data: bytes = b""
    clauses: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)


class _Typesetter:
    """Draws words and a layout, and sets them."""

    def __init__(self, seed: int) -> None:
        draw = self._draw = Random(seed)
        self.found = GroundRules()
        self._body: list[Flowable] = []
        self._sections = draw.randint(4, 8)
        # How a section begins: "5. Title", "5.0 Title", or its heading alone; the heading ("Section 5") may be there besides.
        self._style = draw.choice(["{}.", "{}.0", None])
        self._heads_sections = self._style is None or draw.random() < 0.5
        self._contents = draw.choice(["dots", "dots", "of clauses too", None])
        letters = draw.choice(["ABC", "ABDF", "AB", "", "123"])
        self._appendices = "ABC" if letters == "ABDF" and self._contents is None else letters
        self._new_pages = draw.random() < 0.6
        self._head = draw.choice(
            ["", "Harbour Index Ground Rules, v2.1, March 2024", "Harbour Index Ground Rules, March 2024"]
        )
        self._foot = draw.choice(["Harbour Indexes {} of {}", "{}", ""])
        self._page, self._width = draw.choice([A4, LETTER]), draw.choice([300, 380, 450, 490])
        size, indent = draw.choice([8, 9, 10, 11]), draw.choice([0, 0, 40])
        leading, after = size * draw.choice([1.15, 1.25, 1.4]), draw.choice([3, 6, 8])
        text = ParagraphStyle("text", fontName="Helvetica", fontSize=size, leading=leading, spaceAfter=after)
        bold = ParagraphStyle("bold", parent=text, fontName="Helvetica-Bold", fontSize=size + draw.choice([0, 2, 4]))
        self._styles = {
            "text": text,
            "clause": ParagraphStyle("clause", parent=text, leftIndent=indent, firstLineIndent=-indent),
            "item": ParagraphStyle("item", parent=text, leftIndent=indent + 15),
            "bold": ParagraphStyle("titled", parent=bold, leading=bold.fontSize * 1.3),
            "large": ParagraphStyle("large", parent=bold, fontSize=24, leading=32, keepWithNext=1),
        }
        self._gap = "&nbsp;" * draw.choice([1, 3])
        self._references = [
            *(f"Appendix {one}" for one in self._appendices),
            *(f"{word} {number}" for word in ("Section", "section") for number in range(1, self._sections + 1)),
            *(f"Clause {draw.randint(1, self._sections)}.1" for _ in range(4)),
        ]

    def _words(self, least: int, most: int) -> str:
        return " ".join(self._draw.choice(_WORDS) for _ in range(self._draw.randint(least, most)))

    def _text(self) -> str:
        sentences = []
        for _ in range(self._draw.randint(1, 4)):
            refers = f" as in {self._draw.choice(self._references)}" if self._draw.random() < 0.35 else ""
            sentences.append(f"{self._words(4, 22).capitalize()}{refers}.")
        return " ".join(sentences)

    def _set(self, text: str, style: str) -> None:
        self._body.append(Paragraph(text, self._styles[style]))

    def _clause(self, number: str, *, titled: bool, title: str | None = None) -> None:
        said = title or (self._words(1, 5).capitalize() if titled else self._text())
        self._set(f"{number}{self._gap}{said}", "bold" if titled else "clause")
        text = said
        if not titled and self._draw.random() < 0.2:
            for item in range(1, self._draw.randint(3, 5)):
                words = self._words(4, 6)
                self._set(f"{item}. {words};", "item")
                text += f" {item}. {words};"
        self.found.clauses[number.rstrip(".")] = (said if titled else None, text)

    def set(self) -> GroundRules:
        titles: dict[str, str] = {}
        for section in map(str, range(1, self._sections + 1)):
            title = titles[f"Section {section}"] = self._words(1, 4).capitalize()
            self._begin(f"Section {section}" if self._heads_sections else None, title)
            if self._style:
                self._clause(self._style.format(section), titled=True, title=title)
            for clause in range(1, self._draw.randint(3, 6)):
                titled = self._draw.random() < 0.5
                self._clause(f"{section}.{clause}", titled=titled)
                for below in range(1, self._draw.randint(2, 4) if titled else 1):
                    self._clause(f"{section}.{clause}.{below}", titled=False)
        for letter in self._appendices:
            name = f"Appendix {letter}"
            title = titles[name] = self._words(2, 6 if self._contents is None else 9).capitalize()
            self._begin(name, title)
            text: str | None = self._text()
            self._set(text or "", "text")
            if self._draw.random() < 0.4:
                figures = [[f"{self._draw.uniform(1, 9):.1f}", self._words(2, 2).capitalize(), "4.2"] for _ in range(4)]
                self._body.append(Table(figures))
                text = None
            self.found.clauses[name] = (title, text)
        front = [*self._front(titles)]
        pages = self._build(front, 0)
        self._build(front, pages)
        return self.found

    def _begin(self, name: str | None, title: str) -> None:
        if self._new_pages and self._body:
            self._body.append(PageBreak())
        if name:
            self._set(name, "large")
            self._set(title, "large")

    def _front(self, titles: dict[str, str]) -> Iterator[Flowable]:
        yield Paragraph("Harbour Index Ground Rules", self._styles["large"])
        yield Paragraph("v2.1, March 2024", self._styles["text"])
        yield PageBreak()
        if self._contents is None:
            return
        yield Paragraph("Contents", self._styles["bold"])
        for at, (name, title) in enumerate(titles.items(), start=3):
            yield Paragraph(f"{name} {title} {'.' * 12} {at}", self._styles["text"])
            if self._contents == "of clauses too" and name.startswith("Section"):
                for number, (of_clause, _) in self.found.clauses.items():
                    if of_clause and number.startswith(f"{name.split()[1]}.") and number.count(".") == 1:
                        yield Paragraph(f"{number} {of_clause} {'.' * 12} {at}", self._styles["text"])
        yield PageBreak()

    def _build(self, front: list[Flowable], pages: int) -> int:
        last = 0

        def furniture(canvas: Canvas, _: SimpleDocTemplate) -> None:
            nonlocal last
            last = canvas.getPageNumber()
            canvas.setFont("Helvetica", 7)
            canvas.drawString(50, 25, self._foot.format(last, pages))
            if last > 1:
                canvas.drawString(50, self._page[1] - 30, self._head)

        out, margin = io.BytesIO(), (self._page[0] - self._width) / 2
        document = SimpleDocTemplate(
            out, pagesize=self._page, leftMargin=margin, rightMargin=margin, topMargin=60, bottomMargin=60
        )
        document.build(deepcopy([*front, *self._body]), onFirstPage=furniture, onLaterPages=furniture)
        self.found.data = out.getvalue()
        return last


def ground_rules(seed: int) -> GroundRules:
    """The ground rules of a seed."""
    return _Typesetter(seed).set()
