"""Lists of every published shape give their rows in document order, every line has one role, and no row is lost or invented."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfWriter
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline.documents.lists.columns import Columns
from russell_pipeline.documents.lists.page_account import account_page
from russell_pipeline.documents.lists.rows import list_rows, split_name
from russell_pipeline.documents.model import Document, Line, Page, Role, Word
from russell_pipeline.documents.parse import parse_document
from russell_pipeline_tests.layouts import (
    BAD_FILES,
    PUBLISHED,
    Entry,
    Layout,
    PdfLayout,
    Row,
    TextLayout,
    damaged,
    make_list,
    random_layout,
    random_rows,
)

_Printed = list[tuple[str, str | None, str, str | None]]


def _found(document: Document) -> _Printed:
    return [(row.company_name, row.class_marker, row.symbol, row.classification) for row in list_rows(document.lines)]


def _set(rows: Sequence[Row]) -> _Printed:
    return [(row.company_name, row.class_marker, row.symbol, row.classification) for row in rows]


def _random_list(seed: int) -> tuple[Layout, list[Row], Document]:
    rng = random.Random(seed)
    layout = random_layout(rng)
    rows = random_rows(rng, rng.randint(3, 260), layout.taxonomy)
    return layout, rows, parse_document(make_list(layout, rows))


@pytest.mark.parametrize("name", PUBLISHED)
def test_list_rows_of_published_layouts_are_in_document_order(name: str) -> None:
    layout = PUBLISHED[name]
    rows = random_rows(random.Random(name), 321, layout.taxonomy)
    document = parse_document(make_list(layout, rows))
    assert document.reason is None
    assert _found(document) == _set(rows)
    assert document.rows_parsed == len(rows)


def test_list_rows_of_random_layouts_are_right_or_the_list_is_rejected() -> None:
    """Silent row loss is what users of every PDF tool complain of most."""
    refused = []
    for seed in range(60):
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
def test_line_account_gives_each_line_one_role_and_cells_to_rows_and_headers_alone(seed: int) -> None:
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
def test_list_with_one_unrecognised_line_is_rejected_and_quotes_it(spoilt: str, quoted: str, medium: str) -> None:
    document = parse_document(BAD_FILES[f"{spoilt}.{medium}"]())
    assert document.reason is not None
    assert "1 unrecognised line" in document.reason
    assert quoted in document.reason
    assert document.lines_rejected == 1


def test_page_that_lost_its_rows_is_noted() -> None:
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
def test_split_name_takes_only_a_trailing_letter_in_brackets_as_class_marker(
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
def test_list_rows_in_single_spaces_are_read_from_the_right(line: str, name: str, symbol: str, industry: str) -> None:
    head = "Russell Microcap® Index - Additions\nCompany Symbol Industry"
    text = f"{head}\n{line}\nXPERI INC XPER Telecommunications\n© 2023 publisher\n"
    document = parse_document(text.encode())
    assert _found(document)[0] == (name, None, symbol, industry)
    assert document.taxonomy == "ICB"


def test_list_rejects_a_classification_of_another_taxonomy() -> None:
    rows = "ACME INC ACME Producer Durables\nBELL CO BELL Technology\nCORE LTD CORE Telecommunications\n"
    document = parse_document(
        f"Russell Microcap® Index - Deletions\nCompany Symbol Sector\n{rows}© 2020 publisher\n".encode()
    )
    assert document.reason is not None
    assert "'Telecommunications' is not of RGS" in document.reason


_HEAD = "Russell 3000® Index - Additions 2021"


def _text(*lines: str, title: str = _HEAD) -> Document:
    return parse_document("\n".join([title, *lines, ""]).encode())


def _aligned(*rows: tuple[str, ...], widths: tuple[int, ...] = (28, 8, 24)) -> list[str]:
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]


_THREE = ("Company", "Symbol", "Industry")
_SOUND = [
    ("22ND CENTURY GROUP INC", "XXII", "Energy"),
    ("ALPHA BETA INC", "ALB", "Health Care"),
    ("AGILENT", "A", "Energy"),
]


@pytest.mark.parametrize("name", ["LIBERTY CL A", "AMERICAN GOLD", "LIBERTY INC", "LIBERTY HOLDINGS"])
@pytest.mark.parametrize("fields", [3, 2])
@pytest.mark.parametrize("spacing", ["tab", "aligned", "right", "apart"])
def test_list_rejects_an_empty_symbol_cell_bounded_by_tabs_or_columns(name: str, fields: int, spacing: str) -> None:
    """The last word of a name is no symbol, however much it looks like one."""
    rows = [row[:fields] for row in (_THREE, *_SOUND, (name, "", "Energy"))]
    if spacing == "tab":
        lines = ["\t".join(row) for row in rows]
    elif spacing == "apart":
        lines = ["    ".join(cell for cell in row if cell) for row in rows]
    else:
        symbols = [row[1].rjust(6) if spacing == "right" else row[1] for row in rows]
        lines = _aligned(*((row[0], symbol, *row[2:]) for row, symbol in zip(rows, symbols, strict=True)))
    assert _found(_text(*lines[:-1])) == [(*row[:1], None, row[1], row[2] if fields == 3 else None) for row in _SOUND]
    document = _text(*lines)
    assert document.lines_rejected == 1, _found(document)
    assert document.reason is not None
    assert name in document.reason


@pytest.mark.parametrize(
    "lines",
    [
        ("Company\tSymbol\tIndustry", "A INC\tAA\tEnergy\tB INC\tBB\tEnergy"),
        ("Company\tSymbol", "GAMMA INC\tGGG\tDELTA INC\tDDD"),
        ("Company Symbol Industry", "A INC AA Energy B INC BB Energy"),
        tuple(_aligned(("Company", "Symbol"), ("GAMMA INC", "GGG     DELTA INC   DDD"))),
        ("Company Ticker Company Ticker", "A INC AAA BETA CORP BBB"),
    ],
)
def test_list_rejects_two_rows_on_one_line(lines: tuple[str, ...]) -> None:
    assert "unrecognised line" in (_text(*lines).reason or "")


@pytest.mark.parametrize("separator", ["\t", " ", "    "])
def test_list_rejects_a_name_alone_below_the_last_row(separator: str) -> None:
    document = _text(separator.join(_THREE[:2]), *(separator.join(row[:2]) for row in _SOUND), "LIBERTY HOLDINGS")
    assert "'LIBERTY HOLDINGS' is not recognised" in (document.reason or "")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\v"])
def test_list_rows_end_at_every_line_separator(end: str) -> None:
    document = _text("Company\tSymbol", f"ACME INC\tACM{end}BELL CORP\tBLL")
    assert [row[2] for row in _found(document)] == ["ACM", "BLL"]


@pytest.mark.parametrize("spacing", ["tab", "aligned"])
@pytest.mark.parametrize(
    ("head", "rows"),
    [
        (("No.", *_THREE), [(str(at), *row) for at, row in enumerate(_SOUND, 1)]),
        ((*_THREE, "Country"), [(*row, "USA") for row in _SOUND]),
        (("Company", "Country", *_THREE[1:]), [(row[0], "USA", *row[1:]) for row in _SOUND]),
    ],
)
def test_unknown_head_is_ignored_with_a_note(head: tuple[str, ...], rows: list[tuple[str, ...]], spacing: str) -> None:
    lines = ["\t".join(row) for row in (head, *rows)]
    if spacing == "aligned":
        lines = _aligned(
            head, *rows, widths=tuple(max(map(len, column)) + 3 for column in zip(head, *rows, strict=True))
        )
    document = _text(*lines)
    assert _found(document) == [(name, None, symbol, industry) for name, symbol, industry in _SOUND]
    strange = next(name for name in head if name not in _THREE)
    assert any(f"the column '{strange}' is none that is known" in note.message for note in document.notes)


def test_unknown_head_in_single_spaces_is_rejected() -> None:
    document = _text("No. Company Symbol Industry", "1 ACME INC ACM Energy", "2 BELL INC BLL Energy")
    assert document.reason is not None


@pytest.mark.parametrize("separator", ["\t", " ", None])
@pytest.mark.parametrize("name", ["THE COMPANY SYMBOL", "COMPANY SYMBOL INC", "SECURITY NAME", "COMPANY"])
def test_company_named_like_a_head_is_a_row(name: str, separator: str | None) -> None:
    rows = [("Company", "Symbol"), ("ACME INC", "ACM"), (name, "TCS"), ("BELL CORP", "BLL")]
    document = _text(*(separator.join(row) for row in rows) if separator else _aligned(*rows))
    assert [row[:3:2] for row in _found(document)] == rows[1:]


@pytest.mark.parametrize(
    "head",
    [("Name", "Ticker", "Industry"), ("Company Name", "Ticker Symbol", "Industry"), ("Name", "Symbol", "Sector")],
)
@pytest.mark.parametrize("separator", ["\t", " ", "   "])
def test_heads_have_several_names(head: tuple[str, ...], separator: str) -> None:
    document = _text(separator.join(head), *(separator.join(row) for row in _SOUND))
    assert [row[2] for row in _found(document)] == [symbol for _, symbol, _ in _SOUND]


def test_heads_of_three_pairs_may_be_called_name() -> None:
    rows = [("Name", "Ticker") * 3, ("ACME INC", "ACM", "BELL CORP", "BLL", "22ND CENTURY GROUP", "XXII")]
    rows += [("ACME GOLD", "ACG", "BELLWETHER INC", "BLW", "3D SYSTEMS", "DDD")]
    document = _text(*_aligned(*rows, widths=(28, 10) * 3))
    assert {row[:3:2] for row in _found(document)} == {
        (name, symbol) for row in rows[1:] for name, symbol in zip(row[::2], row[1::2], strict=True)
    }


@pytest.mark.parametrize("spacing", ["tab", "aligned"])
def test_list_rejects_cells_without_a_head(spacing: str) -> None:
    rows = [_THREE[:2], *_SOUND]
    document = _text(*(["\t".join(row) for row in rows] if spacing == "tab" else _aligned(*rows)))
    assert "unrecognised line" in (document.reason or "")


@pytest.mark.parametrize("separator", ["\t", None])
def test_symbol_may_have_a_space_before_its_class_where_columns_bound_it(separator: str | None) -> None:
    rows = [_THREE, *_SOUND, ("BERKSHIRE HATHAWAY", "BRK B", "Energy")]
    document = _text(*(separator.join(row) for row in rows) if separator else _aligned(*rows))
    assert _found(document)[-1] == ("BERKSHIRE HATHAWAY", None, "BRK B", "Energy")


@pytest.mark.parametrize("separator", ["\t", " "])
def test_symbol_cell_of_na_is_rejected(separator: str) -> None:
    document = _text(*(separator.join(row) for row in [_THREE, *_SOUND, ("SPINCO INC", "N/A", "Energy")]))
    assert "'N/A' is not a symbol" in (document.reason or "")


# --- PDF ------------------------------------------------------------------------------------------------------------


def _pdf(rows: Sequence[Entry] | None = None, **options: object) -> bytes:
    base = PUBLISHED["R3000 additions 2023"]
    assert isinstance(base, PdfLayout)
    changes: dict[str, Any] = {"rows_per_column": 40, **options}
    return make_list(replace(base, **changes), rows or _ROWS)


_ROWS = random_rows(random.Random(7), 90, "ICB")
_LONG = random_rows(random.Random(8), 78)


@pytest.mark.parametrize("symbol", ["BRK B", "MOG A"])
def test_pdf_symbol_may_have_a_space_before_its_class(symbol: str) -> None:
    rows = [*_ROWS[:50], Row("BERKSHIRE HATHAWAY", symbol, "Energy"), *_ROWS[50:]]
    assert _found(parse_document(_pdf(rows))) == _set(rows)


@pytest.mark.parametrize("head", [("Company", "Symbol", ""), ("Company", "SymbolIndustry", "")])
def test_pdf_list_rejects_cells_without_a_head(head: tuple[str, ...]) -> None:
    document = parse_document(_pdf(head=head))
    assert document.reason is not None


@pytest.mark.parametrize("align", ["left", "centre", "right"])
@pytest.mark.parametrize("name", ["LIBERTY CL A", "AMERICAN GOLD"])
def test_pdf_list_rejects_an_empty_symbol_cell_in_any_alignment(align: str, name: str) -> None:
    document = parse_document(_pdf([*_ROWS[:50], Row(name, "", "Energy"), *_ROWS[50:]], symbol_align=align))
    assert "1 unrecognised line" in (document.reason or "")


@pytest.mark.parametrize(
    "footer",
    [
        "FTSE Russell Page", "LSEG", "FTSE Russell, an LSEG Business", "www.lseg.com/en/ftse-russell", "Russell Investments",
        "6/4/2023 6:00:12 PM", "Information classification: Public", "Northern Light Typesetting", "NLT NLT",
    ],
)  # fmt: skip
@pytest.mark.parametrize("folio", ["inline", "symbol"])
def test_repeated_foot_of_pages_is_a_footer(footer: str, folio: str) -> None:
    """Known words, or any that stand at one place of several pages."""
    document = parse_document(_pdf(footers=(footer,), folio=folio))
    assert document.reason is None
    assert _found(document) == _set(_ROWS)
    assert {line.text for line in document.lines if line.role is Role.FOOTER} >= {f"{footer} 1", f"{footer} 2"}


@pytest.mark.parametrize("address", ["file:///C:/Users/nemo/list.html", "https://example.org/a/list?page=1"])
def test_address_printed_by_a_browser_below_the_rows_is_a_footer(address: str) -> None:
    document = _text("Company Symbol Industry", *(" ".join(row) for row in _SOUND), f"{address} 1/8")
    assert document.reason is None
    assert document.lines[-1].role is Role.FOOTER


def test_repeated_line_within_the_table_is_rejected_and_no_footer() -> None:
    """It joins on to the table, as furniture does not."""
    rows: list[Entry] = list(_ROWS)
    rows[39] = rows[79] = Row("AMERICAN GOLD", "", "Energy")
    document = parse_document(_pdf(rows))
    assert document.lines_rejected == 2


@pytest.mark.parametrize("last", [("FORD MTR CO", "F"), ("A B", "A"), ("X", "X"), ("U S X", "X")])
def test_last_page_of_few_letters_is_read(last: tuple[str, str]) -> None:
    rows = [*_ROWS[:40], Row(*last, "Energy")]
    layout = {"footers": (), "legal": (), "title_on": "first", "head_on": "first"}
    assert _found(parse_document(_pdf(rows, **layout))) == _set(rows)


def _wrapped(kind: str) -> bytes:
    """A list in which one cell goes on in a second line, by how its row is set beside it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    canvas.setFont("Helvetica", 9)
    y = 700
    xs = (36, 240, 360)

    def put(*cells: str, down: float) -> None:
        nonlocal y
        for x, cell in zip(xs, cells, strict=False):
            canvas.drawString(x, y, cell)
        y -= down

    canvas.drawString(36, 740, _HEAD)
    put("Company", "Symbol", "Industry", down=14)
    for letter in "ABCDEFGH":
        row = (f"ACME {letter} INC", f"AC{letter}", "Energy")
        if letter == "D" and kind == "name below":
            put("VERY LONG GLOBAL", *row[1:], down=10)
            put("HOLDINGS CORP", down=14)
        elif letter == "D" and kind == "name above":
            put("VERY LONG GLOBAL", down=10)
            put("HOLDINGS CORP", *row[1:], down=14)
        elif letter == "D" and kind == "as a footer":
            put("VERY LONG GLOBAL", *row[1:], down=10)
            put("FINAL REVIEW", down=14)
        elif letter == "D" and kind == "as a number":
            put("STUDIO CITY", *row[1:], down=10)
            put("100", down=14)
        elif letter == "D" and kind == "industry":
            put("VERY LONG GLOBAL HOLDINGS CORP", row[1], "Consumer", down=10)
            put("", "", "Discretionary", down=14)
        elif letter == "D" and kind == "unclear":
            put("VERY LONG GLOBAL", *row[1:], down=14)
            put("HOLDINGS CORP", down=14)
        else:
            put(*row, down=14)
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("kind", ["name below", "name above", "industry"])
def test_wrapped_cell_is_joined(kind: str) -> None:
    document = parse_document(_wrapped(kind))
    industry = "Consumer Discretionary" if kind == "industry" else "Energy"
    assert _found(document)[3] == ("VERY LONG GLOBAL HOLDINGS CORP", None, "ACD", industry)
    assert document.rows_parsed == len(_found(document)) == 8


@pytest.mark.parametrize(
    ("kind", "name"), [("as a footer", "VERY LONG GLOBAL FINAL REVIEW"), ("as a number", "STUDIO CITY 100")]
)
def test_wrapped_cell_that_resembles_a_footer_is_joined(kind: str, name: str) -> None:
    assert _found(parse_document(_wrapped(kind)))[3] == (name, None, "ACD", "Energy")


def test_wrapped_cell_at_the_pitch_of_rows_is_rejected() -> None:
    """It may as well be a row that lacks its symbol."""
    assert "'HOLDINGS CORP' is not recognised" in (parse_document(_wrapped("unclear")).reason or "")


def _of(text: str, *xs: float, y: float = 100.0) -> Line:
    """A line of a PDF whose words start at these places."""
    return Line(1, 1, text, [Word(x, word) for x, word in zip(xs, text.split(), strict=True)], y)


_PAIRS = Columns(("company", "symbol"), (40.0, 160.0, 300.0, 420.0), "starts", positioned=True)
_SECTORS = Columns(("company", "symbol", "classification"), (40.0, 160.0, 200.0), "starts", positioned=True)


def test_holds_texts_rejects_words_far_apart() -> None:
    """A symbol left of its column, as one that is centred may be, is no end of the name before it."""
    assert _PAIRS.holds_texts(_of("YORK OIL RLTY", 40, 62, 76))
    assert not _PAIRS.holds_texts(_of("YORK OIL RLTY OGW", 40, 62, 76, 150))


def test_reads_as_row_accepts_two_pairs() -> None:
    """Else a page whose header is not read would pass for legal text: classifications are written as sentences are."""
    assert _SECTORS.reads_as_row(_of("EVER COM KSJ Consumer Staples PEAK DEC Basic Materials", *range(40, 310, 30)))
    assert not _SECTORS.reads_as_row(_of("Past performance of LMN Energy is no guide", *range(40, 280, 30)))


def test_company_named_like_the_publisher_beside_one_named_index_is_a_row() -> None:
    """The line of both is no title of a "Russell ... Index"."""
    half = 40
    layout = replace(PUBLISHED["R3000 2010"], symbol_align="right", rows_per_column=half)
    rows = [*_LONG]
    rows.insert(5, Row("RUSSELL COMMUNICATIONS", "IEDS"))
    rows.insert(5 + half, Row("CAPITAL INDEX OIL TR", "N"))
    document = parse_document(make_list(layout, rows))
    assert document.index_code == "R3000"
    assert _found(document) == _set(rows)


def test_account_page_takes_the_foot_below_legal_text_as_a_footer() -> None:
    """It may be the only place that says whether a list is final."""
    lines = [
        _of("EVER INC KSJ Energy", 40, 70, 160, 200, y=140),
        _of("Copyright 2020 Nemo Typesetters.", 40, 80, 110, 140, y=80),
        _of("All of it is kept.", 40, 60, 70, 80, 90, y=70),
        _of("FTSE Russell | Final index Adds 1", 40, 60, 90, 95, 120, 150, 300, y=56),
    ]
    roles = account_page(Page(1, lines, "pdfium"), _SECTORS, headers={}).roles
    assert roles == [Role.ROW, Role.LEGAL, Role.LEGAL, Role.FOOTER]


@pytest.mark.parametrize("first", [_THREE, ("Symbol", "Company"), _THREE[:2], ("Symbol", "Company", "Industry")])
@pytest.mark.parametrize("second", [_THREE, ("Symbol", "Company"), _THREE[:2]])
@pytest.mark.parametrize("between", ["", "\f"])
def test_list_rows_have_the_columns_of_the_header_above(
    first: tuple[str, ...], second: tuple[str, ...], between: str
) -> None:
    """A table with its columns in another order would swap names and symbols."""
    lines: list[str] = []
    expected: _Printed = []
    for heads, rows in (
        (first, _SOUND),
        (second, [(f"{name} TWO", "T" + symbol[:3], kind) for name, symbol, kind in _SOUND]),
    ):
        lines += [between * bool(lines) + "\t".join(heads)]
        for row in rows:
            cells = dict(zip(_THREE, row, strict=True))
            lines.append("\t".join(cells[head] for head in heads))
            expected.append((row[0], None, row[1], row[2] if "Industry" in heads else None))
    document = _text(*lines)
    assert _found(document) == expected
    assert document.rows_parsed == len(expected)


def test_list_rows_above_another_header_on_their_page_keep_their_columns() -> None:
    document = _text(
        "Company\tSymbol", "ACME INC\tACM", "\fBELL CORP\tBLL", "Symbol\tCompany\tIndustry", "COR\tCORE\tEnergy"
    )
    assert [row[0] for row in _found(document)] == ["ACME INC", "BELL CORP", "CORE"]


@pytest.mark.parametrize("upper", [("Company", "Ticker", "ICB"), ("Company", "Ticker"), ("", "Ticker", "ICB")])
def test_header_on_two_lines_is_one(upper: tuple[str, ...]) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    canvas.setFont("Helvetica", 9)
    rows = [(f"ACME {letter} INC", f"AC{letter}", "Energy") for letter in "ABCDEFGH"]
    canvas.drawString(36, 740, _HEAD)
    for at, cells in enumerate([upper, ("Name", "Symbol", "Industry"), *rows]):
        for x, cell in zip((36, 240, 360), cells, strict=False):
            canvas.drawString(x, 715 - 12 * at, cell)
    canvas.save()
    document = parse_document(out.getvalue())
    assert _found(document) == [(row[0], None, *row[1:]) for row in rows]


_SENTENCES = ("Generated 7/1/2019 08:15 AM", "Data as of market close ET", "Members: 80 USD", "Tacoma, WA")
_PLAIN = [f"{letter}{letter} INC ACM{letter}" for letter in "ABCDEFGH"]


@pytest.mark.parametrize("sentence", _SENTENCES)
@pytest.mark.parametrize("at", ["above", "below"])
def test_sentence_around_a_table_is_no_row(sentence: str, at: str) -> None:
    lines = ["Company Ticker", *_PLAIN]
    document = _text(*([sentence, "", *lines] if at == "above" else [*lines, "", sentence]))
    assert _found(document) == [(row[:-5], None, row[-4:], None) for row in _PLAIN]


def test_sentence_that_reaches_the_symbols_is_no_row() -> None:
    rows = _aligned(("Company", "Ticker"), *(row[:2] for row in _SOUND))
    assert len(_found(_text(f"{'Generated 7/1/2019 08:15'.ljust(28)}AM", *rows))) == len(_SOUND)


@pytest.mark.parametrize("sentence", _SENTENCES[2:])
def test_sentence_among_or_right_below_rows_is_rejected(sentence: str) -> None:
    assert f"{sentence!r} is not recognised" in (_text("Company Ticker", *_PLAIN, sentence).reason or "")
    assert f"{sentence!r} is not recognised" in (
        _text("Company Ticker", *_PLAIN[:4], sentence, *_PLAIN[4:]).reason or ""
    )


def test_row_above_the_heads_is_rejected() -> None:
    assert "stands above the column heads" in (_text("SEATTLE WA", "", "Company Ticker", *_PLAIN).reason or "")


def test_isolated_row_is_noted() -> None:
    document = _text("Company Ticker", *_PLAIN, "", "SEATTLE WA")
    assert [note.line for note in document.notes if "stands apart" in note.message] == [12]
    spaced = _text("Company Ticker", *(line for row in _PLAIN for line in (row, "")))
    assert not [note for note in spaced.notes if "stands apart" in note.message]


def test_company_whose_name_begins_like_a_title_is_a_row() -> None:
    document = _text("Company Ticker", *_PLAIN, "AS OF CORP ASOF")
    assert _found(document)[-1] == ("AS OF CORP", None, "ASOF", None)


_NOTE = "Companies whose seat is in another country are listed below this line of text."


def _around_note(shift: int, fields: int) -> bytes:
    """A list whose rows go on, this much further right, below a note set apart from them."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    canvas.setFont("Helvetica", 9)
    canvas.drawString(36, 740, _HEAD)
    rows = [(f"ACME {letter} INC", f"AC{letter}", "Health Care") for letter in "ABCDEFGH"]
    for at, cells in enumerate([_THREE, *rows, (), (), (_NOTE,), (), (), *rows]):
        for x, cell in zip((36, 240, 360), cells[:fields], strict=False):
            canvas.drawString(x + shift * (at > len(rows) + 3), 715 - 12 * at, cell)
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("shift", [12, 60])
@pytest.mark.parametrize("fields", [2, 3])
def test_rows_below_a_paragraph_are_rejected(shift: int, fields: int) -> None:
    document = parse_document(_around_note(shift, fields))
    assert "unrecognised line" in (document.reason or "")


@pytest.mark.parametrize("separator", ["aligned", " ", "\t"])
@pytest.mark.parametrize("note", [_NOTE, "Copyright 2021 Nemo Typesetters."])
def test_rows_of_a_text_below_a_paragraph_are_rejected(separator: str, note: str) -> None:
    rows = [_THREE, *_SOUND]
    lines = _aligned(*rows) if separator == "aligned" else [separator.join(row) for row in rows]
    document = _text(*lines, "", note, "", *(f"    {line}" for line in lines[1:]))
    assert "unrecognised line" in (document.reason or ""), _found(document)


@pytest.mark.parametrize("number", ["{}", "{}."])
@pytest.mark.parametrize("head", [("#",), ()])
def test_running_numbers_are_removed_from_names(head: tuple[str, ...], number: str) -> None:
    rows = [(number.format(at).rjust(3), *row) for at, row in enumerate(_SOUND, 1)]
    heads = (*head, *_THREE)
    document = _text(*_aligned(heads, *rows, widths=(5, 28, 8, 24)) if head else map(" ".join, [heads, *rows]))
    assert _found(document) == [(name, None, symbol, kind) for name, symbol, kind in _SOUND]


def test_names_that_begin_with_numbers_are_kept() -> None:
    rows = [("1 800 FLOWERS", "FLWS"), ("2 BROTHERS", "BRO"), ("4 CORNERS INC", "FCPT")]
    assert [row[0] for row in _found(_text("\t".join(_THREE[:2]), *map("\t".join, rows)))] == [row[0] for row in rows]


@pytest.mark.parametrize("separator", ["\t", " ", "   "])
@pytest.mark.parametrize("group", ["Health Care", "TECHNOLOGY"])
def test_industry_above_rows_without_its_column_is_rejected(group: str, separator: str) -> None:
    heads, rows = separator.join(_THREE[:2]), [separator.join(row[:2]) for row in _SOUND]
    document = _text(group, heads, *rows)
    assert f"{group!r} is not recognised" in (document.reason or "")


def _drawn(*words: tuple[float, float, str], pages: int = 1) -> Document:
    """A list of eight rows, with these words (place from the left, from below, text) besides on each of its pages."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    for _ in range(pages):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(36, 740, _HEAD)
        rows = [(f"ACME {letter} INC", f"AC{letter}") for letter in "ABCDEFGH"]
        for at, cells in enumerate([_THREE[:2], *rows]):
            for x, cell in zip((36, 240), cells, strict=True):
                canvas.drawString(x, 715 - 12 * at, cell)
        for x, y, word in words:
            canvas.drawString(x, y, word)
        canvas.showPage()
    canvas.save()
    return parse_document(out.getvalue())


def test_repeated_foot_of_two_words_far_apart_is_a_footer() -> None:
    foot = ((36, 30, "RUSSELL INDEXES"), (440, 30, "RTWO"))
    assert _drawn(*foot, pages=2).rows_parsed == 16
    assert "RUSSELL INDEXES RTWO" in (_drawn(*foot).reason or "")


def test_raised_figure_is_no_part_of_a_name() -> None:
    assert _found(_drawn((262, 694, "1")))[1] == ("ACME B INC", None, "ACB", None)


def _set_lines(lines: Sequence[tuple[float, tuple[str, ...]]]) -> Document:
    """A PDF of lines: how far each stands below the one before, and its cells."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(612, 792), invariant=True)
    canvas.setFont("Helvetica", 9)
    canvas.drawString(36, 740, _HEAD)
    y = 728.0
    for down, cells in lines:
        y -= down
        for x, cell in zip((36, 240), cells, strict=False):
            canvas.drawString(x, y, cell)
    canvas.save()
    return parse_document(out.getvalue())


def _lettered(initials: str, *, down: float = 14, heads: bool = False) -> list[tuple[float, tuple[str, ...]]]:
    lines: list[tuple[float, tuple[str, ...]]] = [(14, ("Company", "Symbol"))]
    for letter in initials:
        lines.append((down, (letter,)))
        lines += [(14, ("Company", "Symbol"))] * heads
        lines += [(14, (f"{letter}CME {other} INC", f"{letter}C{other}")) for other in "XYZ"]
    return lines


@pytest.mark.parametrize("heads", [True, False])
def test_initial_letter_above_its_names_is_a_title(heads: bool) -> None:
    document = _set_lines(_lettered("ABC", heads=heads))
    assert document.reason is None
    assert [row[2] for row in _found(document)] == [f"{letter}C{other}" for letter in "ABC" for other in "XYZ"]
    assert [line.text for line in document.lines if line.role is Role.TITLE][1:] == ["A", "B", "C"]


@pytest.mark.parametrize(
    "lines",
    [
        [
            *_lettered("A"),
            *_lettered("B", down=14)[1:2],
            (14, ("ACME W INC", "ACW")),
        ],  # the name below begins otherwise
        [*_lettered("AB")[:5], (14, ("A",)), (14, ("ACME V INC", "ACV"))],  # a name above begins so too
        [*_lettered("AB")[:5], (10, ("B",)), *_lettered("AB")[6:]],  # it stands nearer than rows do: the end of a name
        [*_lettered("AB")[:5], (14, ("", "B")), *_lettered("AB")[6:]],  # it is a symbol
    ],
)
def test_other_letter_among_rows_is_no_title(lines: list[tuple[float, tuple[str, ...]]]) -> None:
    document = _set_lines(lines)
    texts = [line.text for line in document.lines if line.role is Role.TITLE]
    assert "B" not in texts
    assert texts.count("A") < 2
    assert document.reason or ("ACME Z INC B", None, "ACZ", None) in _found(document)


@pytest.mark.parametrize("end", ["without them.", "see the notice."])
def test_note_close_below_the_table_is_legal_text(end: str) -> None:
    note = [(12.0, ("* Added as a result of a spin-off of one of the companies above;",)), (12.0, (end,))]
    document = _set_lines([*_lettered("A"), *note])
    assert document.reason is None
    assert document.rows_parsed == 3
    assert [line.role for line in document.lines[-2:]] == [Role.LEGAL, Role.LEGAL]


@pytest.mark.parametrize(
    "cells",
    [
        ("Acme Holdings of the North and its Sons Inc", "ACH"),  # its words stand apart as those of rows do
        ("AMERICAN GOLD HOLDINGS INC OF THE NORTH",),
        ("American Gold",),
    ],
)
def test_possible_row_close_below_the_table_is_rejected(cells: tuple[str, ...]) -> None:
    document = _set_lines([*_lettered("A"), (14, cells)])
    assert document.reason or document.rows_parsed == 4


def test_note_close_below_names_in_lower_case_is_rejected() -> None:
    """It may be a row without its symbol."""
    rows = [(14.0, (f"Acme {letter} Holdings", f"AC{letter}")) for letter in "ABCD"]
    note = (14.0, ("Acme the Younger and its Sons of the North",))
    assert "1 unrecognised line" in (_set_lines([(14, ("Company", "Symbol")), *rows, note]).reason or "")


@pytest.mark.parametrize("separator", ["\t", None])
def test_uncertain_order_of_rows_side_by_side_without_pages_is_noted(separator: str | None) -> None:
    """What stands below the first column may be the next page."""
    heads = ("Company", "Symbol") * 2
    first = [("AAA INC", "AAA", "CCC INC", "CCC"), ("BBB INC", "BBB", "DDD INC", "DDD")]
    second = [("EEE INC", "EEE", "GGG INC", "GGG"), ("FFF INC", "FFF", "HHH INC", "HHH")]

    def notes(*rows: tuple[str, ...]) -> list[int | None]:
        lines = (
            [separator.join(row) for row in (heads, *rows)]
            if separator
            else _aligned(heads, *rows, widths=(28, 10) * 2)
        )
        return [note.line for note in _text(*lines).notes if "another order" in note.message]

    assert notes(*first) == []
    assert notes(*first, *second) == [3]


def test_blank_lines_among_rows_end_no_page_where_heads_show_the_pages() -> None:
    """Some programs keep the height of a page by blank lines, wherever they fall."""
    rows = [(f"ACME {n} INC", f"AC{chr(n)}", f"BELL {n} INC", f"BL{chr(n)}") for n in range(65, 73)]
    head, *lines = _aligned(("Company", "Ticker") * 2, *rows, widths=(28, 10) * 2)
    document = _text(head, *lines[:3], "", *lines[3:], "", "", head, *lines[:5], "", *lines[5:])
    assert [row[0] for row in _found(document)] == [row[at] for at in (0, 2) for row in rows] * 2


def test_gaps_bound_cells_where_symbols_are_in_no_column() -> None:
    """A converter that sets words by their places on the page, in a type that is not that of the text: most reach the column."""
    rows = [(f"ACME {n} INC", f"A{chr(65 + n)}", _SOUND[n % 3][2]) for n in range(26)]
    starts = (22, 26, 27, 28, 29, 30, 31)
    lines = [
        name.ljust(starts[n % 7]) + symbol + " " * (3 + n % 5) + kind for n, (name, symbol, kind) in enumerate(rows)
    ]
    document = _text("Company                 Symbol      Industry", *lines)
    assert [(name, symbol, industry) for name, _, symbol, industry in _found(document)] == rows


def _ragged(rows: Sequence[tuple[str, ...]], *, left: str = "") -> list[str]:
    """Lines whose cells stand apart, and in no columns."""
    return [
        left + "".join(f"{cell}{' ' * (2 + (n * 7 + at * 5) % 13)}" for at, cell in enumerate(row))
        for n, row in enumerate(rows)
    ]


_SIDE_BY_SIDE = [(f"ACME {n} INC", f"A{chr(65 + n)}", f"BELL {n} CORP", f"B{chr(65 + n)}") for n in range(12)]


def test_ragged_gaps_bound_pairs() -> None:
    head = "Company                    Ticker     Company                   Ticker"
    rest = [("CORE INC", "COR"), ("DELL INC", "DLL"), ("ELM INC", "ELM")]
    document = _text(
        head,
        *_ragged(_SIDE_BY_SIDE),
        *_ragged(rest[:1]),
        "Russell 3000® Index",
        "Company         Ticker",
        *_ragged(rest[1:]),
    )
    assert [row[:3:2] for row in _found(document)] == [
        *(row[:2] for row in _SIDE_BY_SIDE), rest[0], *(row[2:] for row in _SIDE_BY_SIDE), *rest[1:],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "row", [("AMERICAN GOLD", "", "BELL CORP", "BLL"), ("", "", "BELL CORP", "BLL"), ("ACME", "A", "BELL")]
)
def test_ragged_gaps_with_a_missing_cell_are_rejected(row: tuple[str, ...]) -> None:
    head = "Company                    Ticker     Company                   Ticker"
    lines = _ragged([*_SIDE_BY_SIDE, row, *_SIDE_BY_SIDE])
    document = _text(head, *lines)
    assert "1 unrecognised line" in (document.reason or "")


@pytest.mark.parametrize("name", ["AMERICAN  GOLD", "AMERICAN   OIL"])
def test_gaps_bound_no_cells_where_rows_are_in_columns(name: str) -> None:
    head, *lines = _aligned(
        ("Company", "Ticker") * 2, *_SIDE_BY_SIDE, (name, "", "BELL CORP", "BLL"), widths=(28, 10) * 2
    )
    assert "1 unrecognised line" in (_text(head, *lines).reason or "")


@pytest.mark.parametrize(("space", "noted"), [("", True), (" ", False)])
def test_names_without_spaces_are_noted(space: str, noted: bool) -> None:
    names = [
        space.join(name.split())
        for name in ("ACME GLOBAL HOLDINGS INC", "BELL WIDE WORLD CORP", "CEDAR LAKE PARTNERS LP")
    ]
    document = _text("Company\tTicker", *(f"{name}\t{name[:3]}" for name in [*names, "DELL"]))
    assert document.reason is None
    assert any("no spaces" in note.message for note in document.notes) == noted


@pytest.mark.parametrize(
    ("name", "hyphen"),
    [("R3000 additions 2023", "\u00ad"), *(("RMICRO additions 2023", hyphen) for hyphen in "\u00ad\u2010\u2011")],
)
def test_hyphens_in_names_are_normalised(name: str, hyphen: str) -> None:
    rows = random_rows(random.Random(1), 40, "ICB")
    rows[7] = rows[7]._replace(printed="AMERICAS CAR-MART INC")
    printed = rows[7]._replace(printed=f"AMERICAS CAR{hyphen}MART INC")
    document = parse_document(make_list(PUBLISHED[name], [*rows[:7], printed, *rows[8:]]))
    assert document.reason is None
    assert _found(document) == _set(rows)


def test_undecoded_name_is_noted_at_its_first_row() -> None:
    rows = random_rows(random.Random(1), 40, "ICB")
    rows[7] = rows[7]._replace(printed="AMERICAS CAR\ufffdMART INC")
    document = parse_document(make_list(PUBLISHED["RMICRO additions 2023"], rows))
    (note,) = (note for note in document.notes if "cannot be decoded" in note.message)
    assert "1 name holds" in note.message
    assert "'AMERICAS CAR\ufffdMART INC'" in note.message
    assert [line.text.split()[0] for line in document.lines if line.number == note.line] == ["AMERICAS"]


def test_unknown_line_of_a_text_is_a_title_above_heads_and_rejected_among_rows() -> None:
    first, second = ("ACME CORP\tACM", "BELL INC\tBLL"), ("FORD CO\tF", "GM CO\tGM")
    document = _text("Company\tSymbol", *first, "Of the second sort", "Company\tSymbol", *second)
    assert document.reason is None
    assert [line.role for line in document.lines if line.text == "Of the second sort"] == [Role.TITLE]
    among = _text("Company\tSymbol", *first, "Of the second sort", *second).reason
    assert among is not None
    assert "line 5: 'Of the second sort' is not recognised" in among


@pytest.mark.parametrize("words", ["Some stray words", "STRAY WORDS", "and so forth"])
def test_page_without_any_known_line_is_rejected(words: str) -> None:
    layout = replace(PUBLISHED["R3000 additions 2023"], legal=())
    stray, out, writer = io.BytesIO(), io.BytesIO(), PdfWriter()
    canvas = Canvas(stray, pagesize=(612, 792), invariant=True)
    canvas.drawString(100, 500, words)
    canvas.save()
    for page in (make_list(layout, random_rows(random.Random(1), 60, "ICB")), stray.getvalue()):
        writer.append(io.BytesIO(page))
    writer.write(out)
    reason = parse_document(out.getvalue()).reason
    assert reason is not None
    assert f"{words!r} is not recognised" in reason
