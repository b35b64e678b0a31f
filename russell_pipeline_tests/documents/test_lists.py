"""Lists of every published shape give their rows in document order, every line has one role, and no row is lost or invented."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from russell_pipeline.documents.lists import split_name
from russell_pipeline.documents.model import Document, Role
from russell_pipeline.documents.parse import list_rows, parse_document
from russell_pipeline_tests.layouts import (
    BAD_FILES,
    PUBLISHED,
    Layout,
    Row,
    TextLayout,
    damaged,
    make_list,
    random_layout,
    random_rows,
)

_Printed = list[tuple[str, str | None, str, str | None]]


def _found(document: Document) -> _Printed:
    return [(row.company_name, row.class_marker, row.symbol, row.classification) for row in list_rows(document)]


def _set(rows: Sequence[Row]) -> _Printed:
    return [(row.company_name, row.class_marker, row.symbol, row.classification) for row in rows]


def _random_list(seed: int) -> tuple[Layout, list[Row], Document]:
    rng = random.Random(seed)
    layout = random_layout(rng)
    rows = random_rows(rng, rng.randint(3, 260), layout.taxonomy)
    return layout, rows, parse_document(make_list(layout, rows))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_shapes_give_every_row_in_document_order(name: str) -> None:
    layout = PUBLISHED[name]
    rows = random_rows(random.Random(name), 321, layout.taxonomy)
    document = parse_document(make_list(layout, rows))
    assert document.reason is None
    assert _found(document) == _set(rows)
    assert document.rows_parsed == len(rows)


def test_random_shapes_are_read_right_or_refused_but_never_read_wrong() -> None:
    """Silent row loss is what users of every PDF tool complain of most."""
    refused = []
    for seed in range(100):
        layout, rows, document = _random_list(seed)
        if document.reason:
            refused.append(seed)
            continue
        if not _pages_show(layout):
            continue
        assert _found(document) == _set(rows), f"seed {seed}: {layout}"
        assert (document.index_code, document.change, document.status) == (
            layout.index_code,
            layout.change,
            layout.status,
        )
        assert document.as_of == layout.as_of
        assert document.review_year == (layout.review_year or (layout.as_of and layout.as_of.year))
    assert len(refused) <= 2, refused


def _pages_show(layout: Layout) -> bool:
    """Whether anything shows where a page ends: two pairs of columns in a text that runs on can be read in two orders."""
    return not isinstance(layout, TextLayout) or layout.pair_count == 1 or layout.head_on == "every"


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_every_line_has_exactly_one_role_and_rows_alone_have_cells(seed: int) -> None:
    _, _, document = _random_list(seed)
    assert all(line.role is not None for line in document.lines)
    assert len({(line.page, line.number) for line in document.lines}) == len(document.lines)
    for line in document.lines:
        assert (line.cells is not None) == (line.role in (Role.ROW, Role.HEADER))
        assert (line.role is Role.BLANK) == (not line.words)


@pytest.mark.parametrize("medium", ["pdf", "txt"])
@pytest.mark.parametrize(
    ("spoilt", "quoted"),
    [
        ("unknown_sector", "Space Tourism"),
        ("missing_symbol", "CAPITAL/BIO INC"),
        ("stray_line", "see the note overleaf"),
    ],
)
def test_one_line_that_nobody_can_place_refuses_the_whole_list_and_is_quoted(
    spoilt: str, quoted: str, medium: str
) -> None:
    document = parse_document(BAD_FILES[f"{spoilt}.{medium}"]())
    assert document.reason is not None
    assert "1 line that nobody can place" in document.reason
    assert quoted in document.reason
    assert document.lines_rejected == 1


def test_a_page_that_lost_its_rows_is_noticed() -> None:
    document = parse_document(damaged())
    assert [note.page for note in document.notes if "rows may be missing" in note.message] == [2]


@pytest.mark.parametrize(
    ("printed", "name", "marker"),
    [
        ("FISCAL NOTE HOLDINGS (A)", "FISCAL NOTE HOLDINGS", "A"),
        ("MOUNTAIN CREST ACQUISITION  III", "MOUNTAIN CREST ACQUISITION III", None),
        ("I-80 GOLD CORP (NYSE AME", "I-80 GOLD CORP (NYSE AME", None),
        ("MICHAELS COS INC (THE)", "MICHAELS COS INC (THE)", None),
        ("ENERGY XXI (BERMUDA) LT", "ENERGY XXI (BERMUDA) LT", None),
        ("(A)", "(A)", None),
    ],
)
def test_a_trailing_letter_in_brackets_is_a_class_and_other_brackets_are_the_name(
    printed: str, name: str, marker: str | None
) -> None:
    assert split_name(printed) == (name, marker)


@pytest.mark.parametrize(
    ("line", "name", "symbol", "industry"),
    [
        ("CUE HEALTH HLTH Health Care", "CUE HEALTH", "HLTH", "Health Care"),
        ("SPI ENERGY SPI Energy", "SPI ENERGY", "SPI", "Energy"),
        ("DAVE INC DAVE Technology", "DAVE INC", "DAVE", "Technology"),
        ("AGILENT TECHNOLOGIES IN A Health Care ", "AGILENT TECHNOLOGIES IN", "A", "Health Care"),
        ("BERKSHIRE HATHAWAY INC BRK.B Financials", "BERKSHIRE HATHAWAY INC", "BRK.B", "Financials"),
        ("2U INC TWOU Consumer Discretionary", "2U INC", "TWOU", "Consumer Discretionary"),
        ("LIMITED BRANDS INC LTD Consumer Discretionary", "LIMITED BRANDS INC", "LTD", "Consumer Discretionary"),
    ],
)
def test_text_with_single_spaces_is_read_from_the_right(line: str, name: str, symbol: str, industry: str) -> None:
    head = "Russell Microcap® Index - Additions\nCompany Symbol Industry"
    text = f"{head}\n{line}\nXPERI INC XPER Telecommunications\n© 2023 publisher\n"
    document = parse_document(text.encode())
    assert _found(document)[0] == (name, None, symbol, industry)
    assert document.taxonomy == "ICB"


def test_a_classification_of_the_other_taxonomy_refuses_the_list() -> None:
    rows = "ACME INC ACME Producer Durables\nBELL CO BELL Technology\nCORE LTD CORE Telecommunications\n"
    document = parse_document(
        f"Russell Microcap® Index - Deletions\nCompany Symbol Sector\n{rows}© 2020 publisher\n".encode()
    )
    assert document.reason is not None
    assert "'Telecommunications' is not of RGS" in document.reason
