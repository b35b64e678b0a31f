"""What converters write as Markdown reads as what it prints; texts that are none keep their signs."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.markdown import unmarked
from russell_pipeline.documents.model import Document, Role
from russell_pipeline.documents.parse import parse_document

_ROWS = [("ACME INC", "ACM", "Energy"), ("AT&T-ACME", "T", "Utilities"), ("BELL CORP (A)", "BLL", "Health Care")]
_HEADS = ("Company", "Symbol", "Industry")


def _read(*lines: str) -> Document:
    return parse_document("\n".join(lines).encode())


def _found(document: Document) -> list[tuple[str, str, str | None]]:
    return [(row.company_name, row.symbol, row.classification) for row in list_rows(document.lines)]


_EXPECTED = [(name.removesuffix(" (A)"), symbol, industry) for name, symbol, industry in _ROWS]


@pytest.mark.parametrize(
    ("cell", "row", "rule"),
    [
        ("{}", "| {} |", "| ------- | :---: | --- |"),
        ("**{}**", "|{}|", "|---|---|---|"),
        ("{}", "{}", "--- | --- | ---:"),
        ("**{}** ", "  | {} |  ", "|-|-|-|"),
    ],
)
def test_markdown_table_is_rows(cell: str, row: str, rule: str) -> None:
    heads, *rows = (row.format(" | ".join(cell.format(c) for c in cells)) for cells in [_HEADS, *_ROWS])
    document = _read(
        "## **Russell 3000<sup>®</sup> Index - Additions**", "", heads, rule, *rows, "", "ftserussell.com | 1"
    )
    assert document.reason is None
    assert (document.index_code, document.change) == ("R3000", "addition")
    assert _found(document) == _EXPECTED
    assert [line.role for line in document.lines][2:4] == [Role.HEADER, Role.BLANK]


def test_markdown_table_on_each_page_keeps_the_lines_of_rows() -> None:
    table = [f"|{'|'.join(cells)}|" for cells in [_HEADS, ("---",) * 3, *_ROWS]]
    document = _read("# Russell 2000 Index - Deletions", *table, "", "\f# Russell 2000 Index - Deletions", *table)
    assert _found(document) == _EXPECTED * 2
    assert [(row.page, row.line) for row in list_rows(document.lines)] == [
        (1, 4),
        (1, 5),
        (1, 6),
        (2, 11),
        (2, 12),
        (2, 13),
    ]


def test_markdown_table_with_an_empty_cell_is_rejected() -> None:
    document = _read(
        "Russell 2000 Index - Deletions", "|Company|Symbol|Industry|", "|---|---|---|", "|AMERICAN GOLD||Energy|"
    )
    assert "the symbol column is empty" in (document.reason or "")


def test_markdown_row_that_joins_two_rows_is_rejected() -> None:
    document = _read(
        "Russell 2000 Index", "|Company|Symbol|", "|---|---|", "|ACME INC|ACM|", "|BELL CORP<br>CORE INC|BLL<br>COR|"
    )
    assert "'BLL COR' is not a symbol" in (document.reason or "")


@pytest.mark.parametrize(
    "lines",
    [
        ["# Company | Ticker", "**ACME** | ACM"],
        ["FTSE Russell | Membership list 29", "----", "| ACME |"],
        ["Company  Ticker", "-------  ------", "ACME \\*  ACM &amp;"],
    ],
)
def test_unmarked_keeps_texts_without_a_line_of_dashes(lines: list[str]) -> None:
    assert unmarked(lines) == lines


def test_unmarked_resolves_escapes() -> None:
    assert unmarked(["| A\\|B \\& C |", "|---|", "| D &amp; E\\* |"]) == ["A|B & C", "", "D & E*"]
