"""Lists that only white space divides, and copied texts: each fault met in a published file, typeset small, with its rows."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline.documents.lists.columns import Columns
from russell_pipeline.documents.lists.corridors import in_corridors, shown_by
from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.model import Document, Line, Role, Word
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.ruler import Ruler
from russell_pipeline_tests.irregular_lists import readings

_Cells = tuple[str, ...]

_ROWS: list[_Cells] = [
    ("AES CORP", "AES", "Utilities"), ("AGILENT", "A", "Health Care"), ("BELL CO (A)", "BELLA", "Energy"),
    ("BRIGHT HORIZONS FAM SOLN", "BFAM", "Industrials"), ("CEDAR TR", "CDR", "Real Estate"), ("DELTA GOLD", "DG", "Energy"),
    ("EAGLE OIL", "EGL", "Energy"), ("FORGE INC", "FRG", "Industrials"), ("GRAND TR", "GRD", "Financials"),
]  # fmt: skip


def _found(document: Document) -> list[_Cells]:
    rows = list_rows(document.lines)
    marked = (
        (f"{row.company_name} ({row.class_marker})" if row.class_marker else row.company_name, row) for row in rows
    )
    return [(name, row.symbol, *filter(None, [row.classification])) for name, row in marked]


def _two(rows: Sequence[_Cells]) -> list[_Cells]:
    return [row[:2] for row in rows]


def _text(*lines: str) -> Document:
    return parse_document("\n".join([*lines, ""]).encode())


# --- (a) one page set otherwise than the others -------------------------------------------------------------------------


def _deletions(last: Sequence[tuple[float, _Cells]]) -> bytes:
    """A list of deletions whose last page has these rows, each with the place of its symbol; columns as published in 2025."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    for rows in ([(242.3, row) for row in _ROWS], last):
        canvas.setFont("Helvetica", 7)
        canvas.drawString(38, 680, "Russell 3000\u00ae Index - Deletions 2025")
        for at, (x, cells) in enumerate([(242.3, ("Company", "Symbol", "Industry")), *rows]):
            for place, cell in zip((38, x, 363.3), cells, strict=True):
                canvas.drawString(place, 640 - 11.85 * at, cell)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_short_page_with_centred_symbols_is_read(count: int) -> None:
    """In the published list its first row stands as those before, and the others from 239.7 to 244.0.

    A row that stands otherwise is no wrapped name of the one above.
    """
    rows = [("ZETA CORP", "ZETA", "Energy"), ("ZION INC", "ZIONS", "Energy"), ("ZUORA A", "ZUOR", "Technology")]
    rows = [*rows, ("ZYLA HLDGS", "ZY", "Energy"), ("ZZ TOP", "Z", "Energy")][:count]
    xs = (242.3, 239.7, 240.9, 243.1, 244.0)
    document = parse_document(_deletions(list(zip(xs, rows, strict=False))))
    assert document.reason is None
    assert _found(document) == [*_ROWS, *rows]


@pytest.mark.parametrize("name", ["LIBERTY CL A", "AMERICAN GOLD", "ZUORA"])
def test_short_page_with_centred_symbols_and_an_empty_symbol_cell_is_rejected(name: str) -> None:
    last = [
        (242.3, ("ZETA CORP", "ZETA", "Energy")),
        (244.0, ("ZION INC", "ZN", "Energy")),
        (239.7, (name, "", "Energy")),
    ]
    document = parse_document(_deletions(last))
    assert "1 unrecognised line" in (document.reason or "")
    assert name in (document.reason or "")


# --- heads that do not stand over their columns -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "share"),
    [
        (200, 0.0),
        (200, 0.5),  # centred
        (230, 1.0),  # right-aligned
        (170, 0.0),  # the longest name ends at 170.5
    ],
)
def test_columns_are_found_below_heads_that_stand_elsewhere(place: float, share: float) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    for _ in range(2):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(38, 680, "Russell 3000\u00ae Index - Deletions 2025")
        for at, (name, symbol, industry) in enumerate([("Company", "Symbol", "Industry"), *_ROWS]):
            off = (0, -share * canvas.stringWidth(symbol), 0) if at else (52, 8, 20)
            for x, right, cell in zip((38, place, 300), off, (name, symbol, industry), strict=True):
                canvas.drawString(x + right, 640 - 13 * at, cell)
        canvas.showPage()
    canvas.save()
    document = parse_document(out.getvalue())
    assert document.reason is None
    assert _found(document) == _ROWS * 2


# --- (b) the footer of a page on the end of its last row ----------------------------------------------------------------

_FOOT = "As of 6/27/2014 Russell Indexes."


@pytest.mark.parametrize("separator", [" ", "\t", "    "])
@pytest.mark.parametrize("foot", [_FOOT, f"{_FOOT} russell.com/indexes 3", "6/27/2014", "June 27, 2014 Page 1 of 3"])
@pytest.mark.parametrize("heads", ["every page", "first page"])
def test_footer_on_the_end_of_the_last_row_of_a_page_is_told_apart(separator: str, foot: str, heads: str) -> None:
    lines = ["Russell 3000\u00ae Index membership list"]
    for page in range(0, 9, 3):
        lines += [separator.join(("Company", "Ticker"))] if heads == "every page" or not page else []
        lines += [separator.join(row) for row in _two(_ROWS)[page : page + 3]]
        lines[-1] += f" {foot}"
    document = _text(*lines)
    assert document.reason is None
    assert _found(document) == _two(_ROWS)
    assert str(document.as_of) == "2014-06-27"
    assert [line.text for line in document.lines if line.foot] == [line for line in lines if line.endswith(foot)]


def test_copyright_on_the_end_of_a_row_is_told_apart() -> None:
    """Legal text begins within the line: what stands before it would be lost with it."""
    lines = ["Russell 3000\u00ae Index", "Company Ticker", *map(" ".join, _two(_ROWS))]
    document = _text(*lines, "ZETA CORP ZETA \u00a9 2014 Nemo Typesetters. All rights reserved.", "Index (1) of LMN")
    assert document.reason is None
    assert _found(document) == [*_two(_ROWS), ("ZETA CORP", "ZETA")]
    assert document.lines[-1].role is Role.LEGAL


def test_footer_on_the_end_of_a_row_with_an_industry_is_told_apart() -> None:
    lines = ["Russell 3000\u00ae Index - Additions 2021", "Company Symbol Industry", *map(" ".join, _ROWS)]
    lines[-1] += " FTSE Russell | Final index Adds 1"
    document = _text(*lines)
    assert _found(document) == _ROWS
    assert document.status == "final"


@pytest.mark.parametrize(
    "ends",
    [
        dict.fromkeys(range(9), "6/27/2014"),  # a column without a head
        {at: str(100 + at) for at in range(9)},
        {3: "6/27/2014"},  # a remark on one row
        {8: "see the note"},
    ],
)
def test_what_else_stands_on_the_ends_of_rows_is_rejected(ends: dict[int, str]) -> None:
    rows = [" ".join([*row, ends.get(at, "")]).strip() for at, row in enumerate(_two(_ROWS))]
    document = _text("Russell 3000\u00ae Index", "Company Ticker", *rows)
    assert document.reason or [row[1] for row in _found(document)] != [row[1] for row in _ROWS], _found(document)


@pytest.mark.parametrize("name", ["ACME ADDITIONS", "PRELIMINARY INDEX", "FINAL DATA INDEX TR"])
def test_row_with_words_of_footers_before_a_footer_is_kept(name: str) -> None:
    lines = ["Russell 3000\u00ae Index - Additions 2021", "Company Symbol Industry", *map(" ".join, _ROWS)]
    document = _text(*lines, f"{name} ZAD Energy FTSE Russell | Preliminary index Adds 2")
    assert _found(document) == [*_ROWS, (name, "ZAD", "Energy")]


# --- (c), (d) the top of a text is missing ------------------------------------------------------------------------------


def _clipped(
    separator: str, *, first: Sequence[str] = (), heads: Sequence[_Cells] = (("Company", "Ticker"),) * 2
) -> Document:
    pages = [_two(_ROWS)[at : at + 3] for at in range(0, 9, 3)]
    lines = [*first, *(separator.join(row) for row in pages[0]), "Russell 3000\u00ae Index", "6/27/2014 1"]
    for head, page in zip(heads, pages[1:], strict=False):
        lines += [
            separator.join(head),
            *(separator.join(row) for row in page),
            "Russell 3000\u00ae Index",
            "6/27/2014 2",
        ]
    return _text(*lines)


@pytest.mark.parametrize("separator", [" ", "\t"])
def test_rows_above_heads_that_later_pages_repeat_are_read(separator: str) -> None:
    document = _clipped(separator)
    assert document.reason is None
    assert _found(document) == _two(_ROWS)
    assert any("rows above its first line may be missing" in note.message for note in document.notes)


@pytest.mark.parametrize("separator", [" ", "\t"])
@pytest.mark.parametrize(
    ("first", "heads"),
    [
        ((), (("Company", "Ticker"),)),  # one page alone has heads
        ((), (("Ticker", "Company"), ("Company", "Ticker"))),  # they differ
        (("Seattle",), (("Company", "Ticker"),) * 2),  # the text begins with something else
    ],
)
def test_rows_above_other_heads_are_rejected(separator: str, first: tuple[str, ...], heads: tuple[_Cells, ...]) -> None:
    assert "unrecognised line" in (_clipped(separator, first=first, heads=heads).reason or "")


@pytest.mark.parametrize("heads", ["every page", "first page"])
@pytest.mark.parametrize("clipped", [True, False])
def test_columns_of_a_text_may_differ_from_page_to_page(heads: str, clipped: bool) -> None:
    """As `pdftotext -layout` sets them, which makes each page as wide as it needs."""
    pages = []
    for number, width in enumerate((26, 34, 29)):
        cells = [("Company", "Ticker")] * (heads == "every page" or not number) + _two(_ROWS)[
            3 * number : 3 * number + 3
        ]
        pages.append("\n".join(name.ljust(width) + symbol.rjust(number + 5) for name, symbol in cells))
    text = "\n\f".join(["Russell 3000\u00ae Index\n" * (not clipped) + pages[0], *pages[1:]])
    document = parse_document((text.partition("\n")[2] if clipped else text).encode())
    if clipped and heads == "first page":
        assert document.reason  # nothing says what its columns are
    else:
        assert document.reason is None
        assert _found(document) == _two(_ROWS)


# --- corridors ----------------------------------------------------------------------------------------------------------

_PAIRS = Columns(("company", "symbol"), (40.0, 160.0, 300.0, 420.0), "starts", positioned=True)


def _line(*words: tuple[float, str]) -> Line:
    return Line(1, 1, " ".join(text for _, text in words), [Word(*word) for word in words], 100.0, Role.ROW)


def _lines(shift: float = 0.0) -> list[Line]:
    """Three rows of two pairs, each `shift` further right than the one before; the second stands where the heads do."""
    rows = [("EVER INC", "KSJ", "PEAK LABS", "L"), ("A B GAS", "AC", "PINE A", "PNSL"), ("OAK SA", "O", "Q I Z", "QLL")]
    return [
        _line(*(
            (x + shift * (at - 1) + 8 * found.start(), found.group())
            for x, cell in zip((40, 160, 300, 420), row, strict=True)
            for found in re.finditer(r"\S+", cell)
        ))
        for at, row in enumerate(rows)
    ]  # fmt: skip


@pytest.mark.parametrize("shift", [0.0, 3.0, 6.0])
def test_in_corridors_parts_columns_where_no_word_crosses(shift: float) -> None:
    lines = _lines(shift)
    found = in_corridors(_PAIRS, lines, Ruler(lines))
    assert found is not None
    assert found.starts == tuple(x - shift for x in (40, 160, 300, 420))
    assert found.place(lines[0]) == ["EVER INC", "KSJ", "PEAK LABS", "L"]


def test_row_that_crosses_a_corridor_is_divided_nowhere() -> None:
    crossing = _line((40, "EVER"), (110, "INTERNATIONALLY"), (160, "KSJ"), (300, "PEAK"), (420, "L"))
    found = in_corridors(_PAIRS, [*_lines(), crossing], Ruler(_lines()))
    assert found is None or not isinstance(found.place(crossing), list)


def test_in_corridors_is_none_where_few_rows_divide() -> None:
    """Corridors between words of names, where a column is empty, are none between columns."""
    rows = [_line((40, "EVER"), (200, "HOLDINGS"), (300, "PEAK"), (420, "PARTNERS"))] * 3
    assert in_corridors(_PAIRS, [*rows, _lines()[0]], Ruler(_lines())) is None


def test_shown_by_few_rows_leaves_columns_at_their_heads() -> None:
    assert shown_by(_PAIRS, [_line((43, "EVER"), (163, "KSJ"))]).starts == _PAIRS
    assert shown_by(_PAIRS, []).starts == _PAIRS


def test_irregular_lists_are_right_or_refused() -> None:
    """Seeds of nine ways in which lists are irregular."""
    read = list(readings(range(90)))
    assert [(seed, kind, reading.why) for seed, kind, reading in read if reading.outcome == "wrong"] == []
    assert sum(reading.outcome == "refused" for *_, reading in read) <= 2


# Of the first 3,000 those of which rows were lost or changed, or whose reader broke down, before corridors were looked for.
_MISREAD = (194, 671, 704, 861, 1149, 1179, 1615, 1662, 1822, 1863, 2183, 2243, 2264, 2616, 2777, 2956, 2977)


def test_irregular_lists_that_were_once_misread_are_right_or_refused() -> None:
    read = [reading for seed in _MISREAD for reading in readings(range(seed, seed + 1))]
    assert [(seed, kind, reading) for seed, kind, reading in read if reading.outcome == "wrong"] == []
    assert sum(reading.outcome == "refused" for *_, reading in read) <= 1


@pytest.mark.nightly
def test_irregular_lists_in_thousands_are_right_or_refused() -> None:
    read = list(readings(range(3000)))
    assert [(seed, kind, reading.why) for seed, kind, reading in read if reading.outcome == "wrong"] == []
    assert sum(reading.outcome == "refused" for *_, reading in read) <= 60
