"""Self checks of the made-up lists: a generator that is wrong would make every test that rests on it worthless."""

from __future__ import annotations

import math
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pypdfium2
import pytest
from reportlab.pdfbase import pdfmetrics

from russell_pipeline_tests import layouts
from russell_pipeline_tests.irregular_lists import irregular_list
from russell_pipeline_tests.layouts import (
    BAD_FILES,
    CLASSIFICATIONS,
    PUBLISHED,
    PdfLayout,
    Row,
    TextLayout,
    make_list,
    make_sections,
    random_layout,
    random_rows,
)
from russell_pipeline_tests.typeset.layout import DATE_FORMS

SEEDS = range(60)


def _dump(data: bytes) -> list[str]:
    """The text of each page of a PDF, as one independent engine reads it."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)]


def _without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def _pages_needed(layout: PdfLayout, n: int) -> int:
    """Pages of data for n rows: the first takes its own number, the others theirs."""
    pairs = len(layout.columns)
    first, later = layout.rows_per_column * pairs, (layout.rows_per_column + layout.extra_rows) * pairs
    return 1 + max(0, math.ceil((n - first) / later))


@pytest.mark.parametrize(
    ("name", "pages"),
    [("R3000 2010", 3), ("R3000 2012", 4), ("R3000 2014", 4), ("R3000 2019", 4), ("R3000 additions 2023", 6)],
)
def test_modelled_pdf_has_its_pages_and_every_row(name: str, pages: int) -> None:
    """A layout that loses a row or a page would hide that a parser does."""
    layout = PUBLISHED[name]
    rows = random_rows(random.Random(3), 210, layout.taxonomy)
    dump = _dump(make_list(layout, rows))
    assert len(dump) == pages
    text = " ".join(dump).split()
    assert {row.symbol for row in rows} <= set(text)
    squeezed = _without_spaces("".join(dump))
    assert all(_without_spaces(row.printed) in squeezed for row in rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_pdf_opens_with_its_pages_and_every_row(seed: int) -> None:
    """Whatever is drawn, no row is lost and no page is added but one for the small print."""
    rng = random.Random(seed)
    layout = random_layout(rng, "pdf")
    assert isinstance(layout, PdfLayout)
    layout = replace(layout, overlap=None, stream="columns")  # so that names and symbols come out unbroken
    rows = random_rows(rng, rng.randint(0, 150), layout.taxonomy)
    dump = _dump(make_list(layout, rows))
    needed = _pages_needed(layout, len(rows))
    own_page = bool(layout.legal) and layout.legal_on == "page"
    assert len(dump) - needed in ({1} if own_page else {0, 1} if layout.legal else {0})
    squeezed = _without_spaces("".join(dump))
    assert all(
        _without_spaces(row.printed) + row.symbol + _without_spaces(row.classification or "") in squeezed
        for row in rows
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_random_text_decodes_with_every_row_in_order(seed: int) -> None:
    """What is written in an encoding can be read in it, row by row in document order."""
    rng = random.Random(seed)
    layout = random_layout(rng, "text")
    assert isinstance(layout, TextLayout)
    rows = random_rows(rng, rng.randint(0, 150), layout.taxonomy)
    layout = replace(layout, pairs=1)
    text = make_list(layout, rows).decode(layout.encoding)
    assert ("\r\n" in text) == (layout.line_end == "\r\n")
    at = 0
    for row in rows:
        printed = [part for part in (row.printed, row.symbol, row.classification) if part]
        if layout.hard_spaces:
            printed = [part.replace(" ", "\u00a0") for part in printed]
        between = {"tab": "\t", "space": " ", "aligned": " +"}[layout.separator]
        found = re.compile(between.join(map(re.escape, printed))).search(text, at)
        assert found, row
        at = found.end()


@pytest.mark.parametrize("seed", SEEDS)
def test_same_layout_and_rows_give_the_same_bytes(seed: int) -> None:
    """A failure that a seed shows today it must show tomorrow."""
    layouts_and_rows = []
    for rng in (random.Random(seed), random.Random(seed)):
        layout = random_layout(rng)
        layouts_and_rows.append((layout, random_rows(rng, 60, layout.taxonomy)))
    assert layouts_and_rows[0] == layouts_and_rows[1]
    assert make_list(*layouts_and_rows[0]) == make_list(*layouts_and_rows[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_keep_apart_unless_they_are_meant_to_overlap(seed: int) -> None:
    """A cell printed over another by accident would blame parsers for what no eye can read."""
    rng = random.Random(seed)
    layout = random_layout(rng, "pdf")
    assert isinstance(layout, PdfLayout)
    rows = random_rows(rng, 300, layout.taxonomy)
    make_list(layout, rows[:1])  # registers the fonts
    for pair in layout.columns:
        right_edge = layout.size[0] - 10
        next_pair = min((other[0] for other in layout.columns if other[0] > pair[0]), default=right_edge)
        for row in rows:
            texts = (row.printed, row.symbol, row.classification or "")
            for x, end, text in zip(pair, (*pair[1:], next_pair), texts, strict=False):
                width = pdfmetrics.stringWidth(text, layout.font, layout.font_size)
                aligned = 5 if layout.symbol_align != "left" and text == row.symbol else 0
                room = max(width, aligned * pdfmetrics.stringWidth("M", layout.font, layout.font_size))
                assert x + room < end - 0.1 * layout.font_size, (text, layout)


def _options(hint: Any) -> set[Any]:
    """The values that a field of literals takes; empty where its type is no literal."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return set().union(*map(_options, get_args(hint))) if get_origin(hint) is UnionType else set()


def test_random_layouts_reach_every_habit() -> None:
    """Each option of a layout is drawn by some seed: an oddity that is never drawn is never tested."""
    drawn = [random_layout(random.Random(seed)) for seed in range(600)]
    drawn += [layout for seed in range(200) for layout, _ in irregular_list(random.Random(seed))[1]]
    for kind, pairs in ((PdfLayout, {1, 2, 3}), (TextLayout, {1, 2})):
        mine = [layout for layout in drawn if isinstance(layout, kind)]
        for name, hint in get_type_hints(kind).items():
            options = _options(hint) - ({"pdf_title"} if kind is TextLayout else set())
            if hint is bool:
                options = {True, False}
            assert options <= {getattr(layout, name) for layout in mine}, (kind, name)
        assert {layout.pair_count for layout in mine} == pairs
        assert {layout.date_form for layout in mine} == set(DATE_FORMS)
        assert {layout.legal == () for layout in mine} == {True, False}
    assert {layout.overlap for layout in drawn if isinstance(layout, PdfLayout)} == {0.0, 1.5, 3.0, None}


def test_layouts_modelled_by_hand_use_real_options() -> None:
    """A misspelt option in a layout written by hand would pass for the default."""
    for layout in PUBLISHED.values():
        for name, hint in get_type_hints(type(layout)).items():
            assert not _options(hint) or getattr(layout, name) in {*_options(hint), None}, name


@pytest.mark.parametrize("taxonomy", [None, "RGS", "ICB"])
def test_random_rows_are_unique_and_collide(taxonomy: layouts.Taxonomy | None) -> None:
    """Rows can be told apart by symbol, and hold the names that trip parsers."""
    rows = random_rows(random.Random(1), 2000, taxonomy)
    assert len({row.symbol for row in rows}) == 2000
    assert all(re.fullmatch(r"[A-Z]{1,5}|[A-Z]{1,4}[./][ABC]", row.symbol) for row in rows)
    assert all(0 < len(row.printed) <= 24 and row.printed == row.printed.strip() for row in rows)
    assert {row.classification for row in rows} == (set(CLASSIFICATIONS[taxonomy]) if taxonomy else {None})
    symbols = {row.symbol for row in rows}
    industries = {name.upper() for names in CLASSIFICATIONS.values() for name in names}
    assert any(len(row.symbol) == 1 for row in rows)
    assert any(row.class_marker for row in rows)
    for oddity in (
        lambda row: row.printed[0].isdigit(),
        lambda row: row.printed.count("(") != row.printed.count(")"),
        lambda row: "  " in row.printed and "  " not in row.company_name,
        lambda row: "&" in row.printed,
        lambda row: "/" in row.printed,
        lambda row: row.printed.split()[-1] in symbols and len(row.printed.split()) > 1,
        lambda row: any(row.printed.endswith(" " + name) for name in industries),
        lambda row: row.printed == row.symbol,
        lambda row: len(row.printed) == 24 and not row.printed.endswith(")"),
    ):
        assert any(oddity(row) for row in rows)


def test_row_takes_name_and_marker_apart() -> None:
    """The expected values of every parsing test come from here."""
    assert (Row("ADV  SOLUTIONS INC (A)", "ADV").company_name, Row("ADV INC (A)", "ADV").class_marker) == (
        "ADV SOLUTIONS INC",
        "A",
    )
    for name in ("I-80 GOLD CORP (NYSE AME", "KITE CORP (THE)", "ENERGY XXI (BERMUDA) LT", "ACME (A"):
        assert (Row(name, "X").company_name, Row(name, "X").class_marker) == (name, None)


ROWS = random_rows(random.Random(5), 100, "ICB")


def _pdf(**options: object) -> PdfLayout:
    base = PUBLISHED["R3000 additions 2023"]
    assert isinstance(base, PdfLayout)
    changes: dict[str, Any] = {"rows_per_column": 40, "legal": (), **options}
    return replace(base, **changes)


def test_titles_stand_where_they_are_said_to() -> None:
    """Late titles and titles that only the PDF's own title holds are real, so they must be real here."""
    title = "Russell 3000\u00ae Index - Additions"
    assert [title in page for page in _dump(make_list(_pdf(title_on="every"), ROWS))] == [True, True, True]
    assert [title in page for page in _dump(make_list(_pdf(title_on="first"), ROWS))] == [True, False, False]
    assert [title in page for page in _dump(make_list(_pdf(title_on="last"), ROWS))] == [False, False, True]
    hidden = make_list(_pdf(title_on="pdf_title"), ROWS)
    assert not any(title in page for page in _dump(hidden))
    assert pypdfium2.PdfDocument(hidden).get_metadata_value("Title") == title


def test_heads_stand_on_the_first_page_only_where_they_are_not_repeated() -> None:
    """A later page without column heads takes those of the page before."""
    assert ["Industry" in page for page in _dump(make_list(_pdf(head_on="first"), ROWS))] == [True, False, False]


def test_layout_without_space_glyphs_has_none() -> None:
    """Words placed one by one: the content stream holds no space between them."""
    data = make_list(_pdf(spaces="none", compress=False, footers=(), title_on="pdf_title"), ROWS)
    strings = re.findall(rb"\((.*?[^\\])\) Tj", data)
    assert len(strings) > 300
    assert not any(b" " in string for string in strings)


def test_page_number_stands_under_the_symbols() -> None:
    """The number begins at the x of the symbol column, where a careless parser takes it for a symbol."""
    layout = _pdf(folio="symbol", footers=("ftserussell.com",))
    page = pypdfium2.PdfDocument(make_list(layout, ROWS))[1].get_textpage()
    text = page.get_text_range()
    left, bottom, *_ = page.get_charbox(text.index("ftserussell.com") + len("ftserussell.com "), loose=True)
    assert text[text.index("ftserussell.com") :].split()[:2] == ["ftserussell.com", "2"]
    assert (left, bottom) == pytest.approx((layout.columns[0][1], layout.foot), abs=2)


def test_overlap_lets_the_longest_name_into_the_symbol_column() -> None:
    """The longest name ends as far into the next column as it is said to."""
    rows = [Row("W" * 24, "AAA", "Energy"), *ROWS[:5]]
    page = pypdfium2.PdfDocument(make_list(_pdf(overlap=3.0), rows))[0].get_textpage()
    text = page.get_text_range()
    name_right = page.get_charbox(text.index("W" * 24) + 23, loose=True)[2]
    symbol_left = page.get_charbox(text.index("AAA"), loose=True)[0]
    assert name_right - symbol_left == pytest.approx(3.0, abs=0.5)


def test_balanced_and_filled_last_pages() -> None:
    """The last page ends with two columns alike, or with the left one full and the right one short or absent."""
    layout = PdfLayout(rows_per_column=40)
    assert layout.paginate(90) == [[range(40), range(40, 80)], [range(80, 90), range(90, 90)]]
    assert replace(layout, last_page="balance").paginate(95)[1] == [range(80, 88), range(88, 95)]


def test_text_variants_say_what_they_are() -> None:
    """Marks, line ends and separators are those of the layout, byte for byte."""
    layout = PUBLISHED["RMICRO additions 2023"]
    assert isinstance(layout, TextLayout)
    layout = replace(layout, legal=("\u00a9 {year} Nemo",), blank_between=False)
    assert make_list(replace(layout, encoding="utf-8-sig"), ROWS).startswith(b"\xef\xbb\xbf")
    assert make_list(replace(layout, encoding="utf-16"), ROWS)[:2] in (b"\xff\xfe", b"\xfe\xff")
    latin = make_list(replace(layout, encoding="cp1252", line_end="\r\n", hard_spaces=True), ROWS)
    assert all(said in latin for said in (b"Microcap\xae Index", b"\xa9 2023 Nemo", b"\xa0"))
    assert latin.count(b"\n") == latin.count(b"\r\n") > 100
    assert make_list(replace(layout, form_feeds=True), ROWS).count(b"\f") == 3
    raised = make_list(replace(layout, registered="raised"), ROWS).decode()
    assert "\n\u00ae\nRussell Microcap Index - Additions\n" in raised
    two = replace(layout, separator="aligned", pairs=2, trailing_space=False)
    line = make_list(two, ROWS).decode().splitlines()[1]
    assert line.startswith(ROWS[0].printed)
    assert line.endswith(ROWS[49].classification or "")


def test_impossible_layouts_are_refused() -> None:
    """A layout that cannot be printed is an error of the test that asks for it."""
    with pytest.raises(ValueError, match="do not fit"):
        PdfLayout(rows_per_column=80)
    with pytest.raises(ValueError, match="each pair needs"):
        PdfLayout(head=("Company", "Symbol", "Industry"))
    with pytest.raises(ValueError, match="single spaces"):
        TextLayout(separator="space", pairs=2)
    with pytest.raises(TypeError, match="cannot mix"):
        make_sections([(PdfLayout(), []), (TextLayout(), [])])


def test_unreadable_files_are_unreadable() -> None:
    """Broken, locked and foreign files are refused by the engine itself."""
    for name in ("empty.pdf", "truncated.pdf", "encrypted.pdf", "web_page.pdf"):
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(BAD_FILES[name]())
    assert len(pypdfium2.PdfDocument(BAD_FILES["encrypted.pdf"](), password="user")) == 4


def test_files_without_text_hold_pages_without_text() -> None:
    """Blank pages, pictures and unmapped glyphs open without error: that is what is bad about them."""
    assert _dump(layouts.blank()) == [""]
    assert _dump(layouts.scanned()) == [""]
    picture = pypdfium2.PdfDocument(layouts.scanned())[0].render(scale=1).to_pil().convert("L")
    assert sum(picture.histogram()[:128]) > 1000  # dark points
    page = _dump(layouts.unmapped())[0]
    assert len(page) > 1000
    assert "Company" not in page


def test_damaged_file_loses_rows_without_an_error() -> None:
    """The hole costs rows of the second page and nothing else."""
    sound, damaged = _dump(make_list(*layouts._sound())), _dump(layouts.damaged())
    assert [len(page) for page in damaged] != [len(page) for page in sound]
    assert 0 < len(damaged[1]) < len(sound[1])
    assert (damaged[0], damaged[2:]) == (sound[0], sound[2:])


def test_too_many_pages_are_as_many_as_asked_for() -> None:
    """Checked with 30 pages: the 2,000 take a second."""
    assert len(_dump(layouts.too_many_pages(30))) == 30


@pytest.mark.parametrize("make", [layouts.inflating_text, layouts.inflating_spaces])
def test_inflating_files_are_small_and_inflate(make: Callable[..., bytes]) -> None:
    """One page that opens, whose whole and checksummed stream inflates to the megabytes that were asked for."""
    assert len(make()) < 1_000_000
    data = make(3)
    assert len(pypdfium2.PdfDocument(data)) == 1
    stream = data[data.index(b"stream\n") + 7 : data.index(b"\nendstream")]
    assert 3 * 2**20 * 0.99 < len(zlib.decompress(stream)) <= 3 * 2**20


def test_spoilt_lists_are_sound_but_for_one_thing() -> None:
    """Each spoilt list differs from the sound one by what its name says."""
    sound = " ".join(" ".join(_dump(make_list(*layouts._sound()))).split())
    row = layouts._sound()[1][17]
    as_printed = f"{row.printed} {row.symbol} {row.classification}"
    assert as_printed in sound
    spoilt = {name: " ".join(" ".join(_dump(make())).split()) for name, make in BAD_FILES.items() if name in _SPOILT}
    assert spoilt["unknown_sector.pdf"] == sound.replace(as_printed, f"{row.printed} {row.symbol} Space Tourism")
    assert f"{row.printed} {row.classification}" in spoilt["missing_symbol.pdf"]
    assert f"see the note overleaf {as_printed}" in _dump_in_order(BAD_FILES["stray_line.pdf"]())
    assert {"Russell 3000\u00ae Index", "Russell 2000\u00ae Index"} <= set(
        re.findall(r"Russell \d+\S Index", spoilt["two_indexes.pdf"])
    )
    assert "Index - Additions" in spoilt["additions_and_deletions.pdf"]
    assert "Index - Deletions" in spoilt["additions_and_deletions.pdf"]
    for name in ("unknown_sector.txt", "missing_symbol.txt", "stray_line.txt"):
        assert BAD_FILES[name]() != make_list(PUBLISHED["RMICRO additions 2023"], layouts._sound()[1])


_SPOILT = {
    "unknown_sector.pdf",
    "missing_symbol.pdf",
    "stray_line.pdf",
    "two_indexes.pdf",
    "additions_and_deletions.pdf",
}


def _dump_in_order(data: bytes) -> str:
    """The text of a PDF line by line from the top of each page."""
    pages = []
    for page in pypdfium2.PdfDocument(data):
        text = page.get_textpage()
        boxes = (text.get_rect(i) for i in range(text.count_rects()))
        lines = sorted(
            (
                (-round(bottom), left, text.get_text_bounded(left, bottom, right, top))
                for left, bottom, right, top in boxes
            )
        )
        pages.append(" ".join(line[2].strip() for line in lines))
    return " ".join(" ".join(pages).split())
