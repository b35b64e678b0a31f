"""The picture of the README, a line of a shipped PDF and the row that it became:
`python -m russell_pipeline_tests.docs.line_to_row` makes it again.
"""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path

import pypdfium2

from russell_pipeline.documents.lists.rows import Row, list_rows
from russell_pipeline.documents.parse import parse_document
from russell_pipeline_tests.conftest import PROJECT, SHIPPED

PICTURE = PROJECT / "docs" / "pictures" / "line-to-row.svg"
DOCUMENT = SHIPPED / "documents" / "russell-3000-2019.pdf"
SYMBOL = "CERS"
_SCALE = 2.0  # pixels for a point
_FROM, _SHOWN = 76, 188  # points of the page from its top
_ROW = 232  # points from the name of a company to the end of its symbol
_STYLE = """\
text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #e4e7eb } .name { fill: #9aa5b1 } .typed { fill: #7bdcb5 }
.mark { fill: #f6c945; fill-opacity: .35; stroke: #d69e2e } .way { fill: none; stroke: #d69e2e; stroke-width: 2 }"""


def fields(row: Row) -> dict[str, str]:
    """What the picture shows of a row."""
    return {
        "company_name": row.company_name,
        "symbol": row.symbol,
        "index_code": "R3000",
        "as_of": "2019-07-01",
        "document": DOCUMENT.name,
        "page": str(row.page),
        "line": str(row.line),
    }


def row() -> Row:
    """The row of the symbol, read as the pipeline reads it."""
    return next(row for row in list_rows(parse_document(DOCUMENT.read_bytes()).lines) if row.symbol == SYMBOL)


def picture() -> str:
    """The picture as SVG, with the top of the page as an image in it."""
    found = row()
    page = pypdfium2.PdfDocument(DOCUMENT)[found.page - 1]
    width, height = page.get_size()
    text = page.get_textpage()
    at, count = text.search(found.company_name).get_next()
    left, bottom, _, top = text.get_rect(text.count_rects(at, count) - 1)
    image = io.BytesIO()
    shown = page.render(scale=_SCALE, crop=(0, height - _FROM - _SHOWN, 0, _FROM)).to_pil().convert("P", colors=16)
    shown.save(image, "PNG", optimize=True)
    panel, above = width + 30, height - top - _FROM + 1
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {panel + 370:g} 190" role="img">',
        "<title>A line of a PDF, and the row that it became</title>",
        f"<style>{_STYLE}</style>",
        f'<rect x="1" y="1" width="{width:g}" height="{_SHOWN}" fill="#fff" stroke="#cbd2d9"/>',
        f'<image x="1" y="1" width="{width:g}" height="{_SHOWN}" '
        f'href="data:image/png;base64,{base64.b64encode(image.getvalue()).decode()}"/>',
        f'<rect class="mark" x="{left - 3:g}" y="{above - 2:g}" width="{_ROW}" height="{top - bottom + 4:g}" rx="2"/>',
        f'<path class="way" d="M{left - 3 + _ROW:g} {above + (top - bottom) / 2:g} H{panel:g}"/>',
        f'<rect x="{panel:g}" y="4" width="366" height="182" rx="8" fill="#1f2933"/>',
        f'<text class="typed" x="{panel + 16:g}" y="30">$ russell trace {SYMBOL}</text>',
    ]
    for place, (name, value) in enumerate(fields(found).items()):
        y = 56 + 19 * place
        lines.append(f'<text class="name" x="{panel + 16:g}" y="{y}">{name}</text>')
        lines.append(f'<text x="{panel + 130:g}" y="{y}">{escape(value)}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


if __name__ == "__main__":
    Path(PICTURE).write_text(picture(), "utf-8")
