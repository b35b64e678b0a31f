"""Texts with each cell on a line of its own give the rows of the list that they were taken from, or are refused; never others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.model import Document, Role
from russell_pipeline.documents.parse import parse_document

_ROWS = [
    ("ACME INC", "ACM", "Energy"), ("AECOM", "AECOM", "Industrials"), ("ALDER HLDGS (A)", "ALD", "Health Care"),
    ("BELL CORP", "BLL", "Consumer Staples"), ("CEDAR CO", "C", "Real Estate"), ("DELTA CL A", "DLT.A", "Utilities"),
    ("EAGLE OIL", "EGL", "Energy"), ("FORGE INC", "FRG", "Industrials"), ("GRAND TR", "GRD", "Financials"),
]  # fmt: skip
_TITLE = ("Russell US Indexes", "Russell 3000® Index - Additions")


def _read(*lines: str) -> Document:
    return parse_document("\n".join(lines).encode())


def _found(document: Document) -> list[tuple[str, str]]:
    return [(row.company_name, row.symbol) for row in list_rows(document.lines)]


def _names(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    return [(name.removesuffix(" (A)"), symbol) for name, symbol, *_ in rows]


@pytest.mark.parametrize("between", ["", "\n", " \n"])
def test_cell_lines_become_rows(between: str) -> None:
    cells = ["Company", "Symbol", "Industry", *(cell for row in _ROWS for cell in row)]
    document = _read(*_TITLE, *(f"{cell} {between}" for cell in cells), "ftserussell.com", "1")
    assert document.reason is None
    assert (document.index_code, document.change, document.taxonomy) == ("R3000", "addition", "ICB")
    assert _found(document) == _names(_ROWS)
    assert [row.class_marker for row in list_rows(document.lines)].count("A") == 1


def test_cell_lines_give_row_the_line_of_its_first_cell_and_every_line_a_role() -> None:
    document = _read("Company", "", "Ticker", "ACME INC", "", "ACM", "", "BELL CORP", "", "BLL", "July 01, 2019", "1")
    roles = {line.number: line.role for line in document.lines}
    assert [row.line for row in list_rows(document.lines)] == [4, 8]
    assert [number for number, role in roles.items() if role is Role.ROW] == [4, 6, 8, 10]
    assert [number for number, role in roles.items() if role is Role.HEADER] == [1, 3]
    assert [number for number, role in roles.items() if role is Role.BLANK] == [2, 5, 7, 9]


def test_cell_lines_continue_over_pages_with_heads_and_feet() -> None:
    pages = [_ROWS[:3], _ROWS[3:5], _ROWS[5:]]
    lines: list[str] = []
    for number, page in enumerate(pages, 1):
        lines += ["Company", "Ticker", *(cell for row in page for cell in row[:2])]
        lines += ["June 27, 2016", str(number), "Membership list", *_TITLE[:1], "Russell 3000® Index "]
    document = _read(*lines)
    assert document.reason is None
    assert str(document.as_of) == "2016-06-27"
    assert _found(document) == _names(_ROWS)


@pytest.mark.parametrize("longer", [0, 1, 3])
@pytest.mark.parametrize("form_feed", [True, False])
def test_cell_lines_of_pairs_across_the_page_are_read_down_its_columns(longer: int, form_feed: bool) -> None:
    """The last column of a page may be shorter: what is left of the first follows alone."""
    left, right = _ROWS[: 3 + longer], _ROWS[3 + longer : 6 + longer]
    across = [cell for row, beside in zip(left, right, strict=False) for cell in (*row[:2], *beside[:2])]
    page = ["Company", "", "Ticker", "", "Company", "", "Ticker", *across, *(c for row in left[3:] for c in row[:2])]
    last = [cell.replace("A", "Z", 1) for cell in page]
    document = _read(*page, "\f" * form_feed + "Russell 3000® Index", *last)
    assert document.reason is None
    assert _found(document)[: 6 + longer] == _names([*left, *right])


def test_cell_lines_of_pairs_down_each_column_keep_their_order() -> None:
    document = _read("Company", "Ticker", "Company", "Ticker", *(cell for row in _ROWS for cell in row[:2]))
    assert _found(document) == _names(_ROWS)


def test_cell_lines_of_unordered_pairs_are_a_finding() -> None:
    rows = [_ROWS[at] for at in (4, 2, 7, 0, 8, 5, 1, 6, 3)]
    document = _read("Company", "Ticker", "Company", "Ticker", *(cell for row in rows for cell in row[:2]))
    assert any("may be in another order" in note.message for note in document.notes)


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("at", [0, 4, 8])
def test_cell_lines_reject_a_missing_cell(column: int, at: int) -> None:
    cells = [cell for n, row in enumerate(_ROWS) for c, cell in enumerate(row) if (n, c) != (at, column)]
    document = _read(*_TITLE, "Company", "Symbol", "Industry", *cells)
    assert "unrecognised line" in (document.reason or "")


def test_cell_lines_reject_a_missing_symbol_before_a_name_that_could_be_one() -> None:
    document = _read(
        "Company", "Ticker", "ACME INC", "AECOM", "ACM", "BELL CORP", "BLL", "CEDAR CO", "C", "EAGLE OIL", "EGL"
    )
    assert "unrecognised line" in (document.reason or "")


@pytest.mark.parametrize("between", ["", "\n"])
@pytest.mark.parametrize("left", [["ZENITH INC"], ["ZNT"]])
def test_cell_lines_reject_a_cell_left_over_at_the_end_of_a_page(between: str, left: list[str]) -> None:
    cells = [cell for row in _ROWS for cell in row[:2]]
    page = [f"{cell}{between}" for cell in ["Company", "Ticker", *cells]]
    foot = ["June 27, 2016", "1", "Membership list"]
    document = _read(*page, *left, "", *foot, *page, *foot)
    assert "unrecognised line" in (document.reason or "")


def test_cell_lines_reject_columns_printed_one_below_the_other() -> None:
    names, symbols = [row[0] for row in _ROWS], [row[1] for row in _ROWS]
    document = _read("Company", "Ticker", *names, *symbols)
    assert document.reason is not None
    assert not _found(document)


@pytest.mark.parametrize("below", [["Nemo Ltd", "NEMO"], ["All rights are those of", "NEMO"], ["NEMO LTD"]])
def test_cell_lines_give_no_row_for_legal_text(below: list[str]) -> None:
    cells = [cell for row in _ROWS for cell in row[:2]]
    document = _read("Company", "Ticker", *cells, "© 2021 Nemo Typesetters. All rights reserved.", *below)
    assert document.reason is None
    assert _found(document) == _names(_ROWS)


@pytest.mark.parametrize("before", [[], ["Company"], ["© 2021 Nemo Typesetters."]])
@pytest.mark.parametrize("blank", [True, False])
def test_cell_lines_reject_rows_outside_the_table(before: list[str], blank: bool) -> None:
    """Above the first heads, or below a line that legal text begins with."""
    cells = [cell for row in _ROWS for cell in row[:2]]
    document = _read(*_TITLE[:1], *before, *[""] * blank, *cells, "1", "Company", "Ticker", *cells, "2")
    assert "unrecognised line" in (document.reason or "")
    document = _read("Company", "Ticker", *cells, *before, "© 2021 Nemo Typesetters.", *[""] * blank, *cells, "2")
    assert "unrecognised line" in (document.reason or "")
