"""What people take for a document of an index and that is none is refused by the name of what it is."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline.documents.other_kinds import is_factsheet, is_of_symbols_alone
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.text import read_text
from russell_pipeline_tests.typeset.documents import DOCUMENTS

_FACTSHEET = """FTSE FACTSHEET
Russell 3000® Index
Data as at: 29 December 2023
5-Year Performance - Total Return
Top 10 Constituents
Company\tTicker\tIndustry
ACME INC\tACM\tTechnology
BELL CORP\tBLL\tFinancials
Index Characteristics
Dividend Yield % 1.46
"""
_UNNAMED = _FACTSHEET.replace("FTSE FACTSHEET\n", "")
_SYMBOLS = "AAPL MSFT BRK.B A ZZ GOOG T F IBM KO"


def _pdf(text: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for at, line in enumerate(text.splitlines()):
        for x, cell in enumerate(line.split("\t")):
            canvas.drawString(50 + 150 * x, 780 - 14 * at, cell)
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("data", [_FACTSHEET.encode(), _UNNAMED.encode(), _pdf(_FACTSHEET)])
def test_parse_document_refuses_factsheets_by_name(data: bytes) -> None:
    """Their largest members stand under the heads of a list."""
    document = parse_document(data)
    assert (document.reason or "").startswith("is a factsheet: ")
    assert document.lines


@pytest.mark.parametrize(
    "text",
    [
        _SYMBOLS.replace(" ", "\n"),
        "Russell 3000 members\nSymbol\n" + _SYMBOLS.replace(" ", "\n"),
        _SYMBOLS,
        _SYMBOLS.replace(" ", ", "),
        '["' + _SYMBOLS.replace(" ", '", "') + '"]',
        "Ticker\tWeight\n" + "".join(f"{symbol}\t0.{at}1%\n" for at, symbol in enumerate(_SYMBOLS.split())),
        "".join(f"NYSE:{symbol}\n" for symbol in _SYMBOLS.split()),
    ],
)
def test_parse_document_refuses_symbols_without_names(text: str) -> None:
    assert (parse_document(text.encode()).reason or "").startswith("has symbols and no names of companies: ")


@pytest.mark.parametrize(
    "text",
    [
        "ACME INC ACM\nBELL CORP BLL\nCEDAR CO C\nDELTA AIR DLT\n",
        "ACME INC\nACM\nBELL CORP\nBLL\n",
        "RANK DAY\nLOCK DOWN\nOPEN\nCLOSE OF DAY\nRANK DAY\n",
        "",
    ],
)
def test_is_of_symbols_alone_is_false_where_there_are_words(text: str) -> None:
    assert not is_of_symbols_alone(read_text(text.encode()))


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith(".txt")])
def test_documents_are_of_no_other_kind(name: str) -> None:
    pages = read_text(DOCUMENTS[name]())
    assert not is_factsheet(pages)
    assert not is_of_symbols_alone(pages)
