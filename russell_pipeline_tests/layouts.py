"""Made-up lists in every shape that lists were published in, and files that nobody should accept; no parsing here."""

from __future__ import annotations

import io
import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from russell_pipeline_tests.typeset.layout import INDEX_NAMES, Entry, Layout, PdfLayout, Row, Taxonomy, TextLayout
from russell_pipeline_tests.typeset.lists import make_list, make_sections
from russell_pipeline_tests.typeset.pdf import list_pdf

__all__ = [
    "BAD_FILES", "CLASSIFICATIONS", "INDEX_NAMES", "PUBLISHED", "Entry", "Layout", "PdfLayout", "Row", "Taxonomy",
    "TextLayout", "invented_legal", "make_list", "make_sections", "random_layout", "random_rows",
]  # fmt: skip

# Methodology 2: two vocabularies that share some strings.
CLASSIFICATIONS: dict[str, tuple[str, ...]] = {
    "RGS": (
        "Consumer Discretionary", "Consumer Staples", "Energy", "Financial Services", "Health Care",
        "Materials & Processing", "Producer Durables", "Technology", "Utilities",
    ),
    "ICB": (
        "Technology", "Telecommunications", "Health Care", "Financials", "Real Estate", "Consumer Discretionary",
        "Consumer Staples", "Industrials", "Basic Materials", "Energy", "Utilities",
    ),
}  # fmt: skip


# --- rows -------------------------------------------------------------------------------------------------------------


def _words(text: str, between: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(between))


_STEMS = _words(
    "ACME ALDER APEX AXON BARROW BELL CAPITAL CEDAR CORE CREST DELTA EAGLE ELM EVER FIRST FORGE GLOBAL GRAND HARBOR "
    "IRON KITE LAKE LIBERTY LUMEN MAPLE MERIDIAN NORTH NOVA OAK ORBIT PACIFIC PEAK PINE PRIME QUILL RIVER SILVER SOUTH "
    "STAR SUMMIT TERRA TITAN UNION UNITED VALLEY VERTEX WEST WILLOW YORK ZENITH"
)
_TRADES = _words(
    "BANCORP BANCSHARES BIO BRANDS COMMUNICATIONS DIAGNOSTICS ENTMNT FINL FOODS GAMING GOLD HOTELS INSTRUMENTS LABS "
    "LOGISTICS MEDIA MOTORS NETWORKS OIL PHARMACEUTICALS PPTYS RESTAURANTS RLTY SEMICONDUCTOR SOFTWARE STEEL SVCS "
    "THERAPEUTICS"
)
_ENDS = _words(
    "INC;CORP;LTD;PLC;CO;N V;N.V.;S A;SA;LP;TR;HLDGS;HOLDINGS INC;GROUP INC;CL A;CL B;CLASS A;INC NEW;(THE);INC/THE",
    between=";",
)
_INDUSTRY_WORDS = sorted({part.upper() for names in CLASSIFICATIONS.values() for part in names})
# Shapes that real names have and that look like something else: a header, a number, a footer, a column's content.
_ODD_NAMES = (
    "1-800 {0} COM", "1ST {0} CORP", "22ND CENTURY {0}", "3D {1} CORP", "2{0} INC", "8X8 {0} NEW", "360 {1}", "89{1}",
    "{0} & {1}", "{0} & CO", "AT&{0} INC", "D&B {1}", "B & G {1}", "{0}/{1} INC", "M/I {1} INC", "{0} / {1} INC",
    "{0}  {1} INC", "{0} {1}  LTD", "{0}'S {1}", "{0}S' {1}", "{0}! {1}", "U.S. {0} {1}", "Y-{0} {1}", "{0}-{1} INC",
    "I-80 {0} CORP (NYSE AMERICAN)", "{0} XXI (BERMUDA) LTD", "{0}) {1}", "THE {0} COMPANY", "COMPANY {0} STORE",
    "SYMBOL {1} INC", "SECTOR 10 {0}", "TICKER {0} LTD", "{0} INDEX {1} TR", "RUSSELL {1}", "{0} INDUSTRY {1}",
    "ADDITIONS {0} INC", "{0} 2000 INC", "{0} {1} 3000", "A {0} {1}", "S & T {1}",
)  # fmt: skip


def _random_symbol(rng: random.Random, class_mark: str = ".") -> str:
    """A symbol: one to five letters, some with a class suffix behind `class_mark` ("." or "/")."""
    letters = "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=rng.choices((1, 2, 3, 4, 5), (4, 8, 30, 50, 8))[0]))
    symbol = f"{letters[:4]}{class_mark}{rng.choice('ABC')}" if rng.random() < 0.04 else letters
    return "NA" if symbol == "N/A" else symbol  # which says that there is none


def random_rows(rng: random.Random, n: int, taxonomy: Taxonomy | None = None, cut: int = 24) -> list[Row]:
    """`n` rows with unique symbols whose names collide with all that stands beside them.

    Names are cut at `cut` characters, class marker included. Sorted by name, by symbol, by name with a tail of foreign
    names, or not at all. A list writes its class suffixes with one sign throughout, BRK.B or BRK/B.
    """
    class_mark = rng.choice("./")
    symbols: list[str] = []
    while len(symbols) < n:
        symbols = list(dict.fromkeys([*symbols, *(_random_symbol(rng, class_mark) for _ in range(n - len(symbols)))]))
    rows = []
    for symbol in symbols:
        classification = rng.choice(CLASSIFICATIONS[taxonomy]) if taxonomy else None
        rows.append(Row(_random_name(rng, symbol, rng.choice(symbols), cut), symbol, classification))
    order = rng.choice(("name", "symbol", "tail", "none"))
    if order in ("name", "tail"):
        rows.sort(key=lambda row: row.printed)
    elif order == "symbol":
        rows.sort(key=lambda row: row.symbol)
    if order == "tail":
        home = n - n // 10
        rows[home:] = sorted(rng.sample(rows[home:], n - home), key=lambda row: row.symbol[::-1])
    return rows


def _random_name(rng: random.Random, symbol: str, other_symbol: str, cut: int) -> str:
    stem, trade, end = rng.choice(_STEMS), rng.choice(_TRADES), rng.choice(_ENDS)
    bare = re.sub("[^A-Z]", "", symbol)
    shapes: list[tuple[int, Callable[[], str]]] = [
        (40, lambda: f"{stem} {trade} {end}"),
        (8, lambda: f"{stem} {end}"),
        (6, lambda: f"{stem} {trade} (A)" if rng.random() < 0.7 else f"{stem} ({rng.choice('BC')})"),
        (25, lambda: rng.choice(_ODD_NAMES).format(stem, trade)),
        (6, lambda: f"{stem} {rng.choice(_INDUSTRY_WORDS)}"),  # CUE HEALTH HLTH Health Care
        (4, lambda: f"{bare} {rng.choice(_INDUSTRY_WORDS)}"),  # SPI ENERGY SPI Energy
        (4, lambda: f"{bare} {end}"),  # DAVE INC DAVE
        (3, lambda: f"{stem} {other_symbol}"),  # ends in the symbol of another row
        (2, lambda: symbol),  # DOLE DOLE
        (2, lambda: f"{stem} {trade} {rng.choice(_TRADES)} {end}"),  # long enough to be cut
    ]
    (_, make), *_ = rng.choices(shapes, [weight for weight, _ in shapes])
    return make()[:cut].strip()


# --- random layouts ----------------------------------------------------------------------------------------------

_SYLLABLES = _words("ba cen dor el fi gra hun il jo kar lem mon nu or pel qua ris sol tam ul ven wex yor zan")


def invented_legal(rng: random.Random, year: str = "{year}", paragraphs: int = 4) -> tuple[str, ...]:
    """Paragraphs like the small print behind a list, in words that mean nothing; `year` is that of the copyright."""

    def word() -> str:
        return "".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4)))

    def sentence() -> str:
        words = [word() for _ in range(rng.randint(6, 28))]
        for special in rng.sample(_words("Index (1) 5% LMN \u201cQuor\u201d (A) Energy 2014 any/all"), 3):
            words.insert(rng.randint(1, len(words)), special)
        return " ".join([words[0].capitalize(), *words[1:]]) + "."

    body = [" ".join(sentence() for _ in range(rng.randint(1, 5))) for _ in range(paragraphs)]
    mark = rng.choice(("\u00a9 {year} Nemo Typesetters plc.", "Copyright \u00a9 Nemo Typesetters {year}. All kept."))
    opening = rng.choice(((), ("For more information about these tables, please visit example.org.",)))
    ending = rng.choice(((), ("First use: June {year}.", "FORM-5761")))
    return tuple(text.replace("{year}", year) for text in (*opening, mark, *body, *ending))


_FONTS = (
    ("Helvetica", "Helvetica-Bold"),
    ("Helvetica-Bold", "Helvetica-Bold"),
    ("Times-Roman", "Times-Bold"),
    ("Courier", "Courier-Bold"),
    ("Vera", "VeraBd"),
)


def random_layout(rng: random.Random, medium: Literal["pdf", "text"] | None = None) -> Layout:
    """A layout that might have been published: membership lists and changes, every habit of published lists mixed anew.

    Every fact in the layout is printed in the file (in the PDF title for one of the ways to give a title), so that a
    reader must find `index_code change status as_of review_year taxonomy` as the layout has them.
    """
    facts = _random_changes(rng) if rng.random() < 0.5 else _random_membership(rng)
    facts |= {
        "head_on": rng.choices(("every", "first"), (4, 1))[0],
        "registered": rng.choice(("inline", "inline", "raised", "none")),
        "last_page": rng.choice(("fill", "balance")),
        "seed": rng.randrange(2**31),
    }
    medium = medium or ("pdf" if rng.random() < 0.65 else "text")
    return _random_text(rng, facts) if medium == "text" else _random_pdf(rng, facts)


def _company_head(rng: random.Random) -> str:
    return rng.choice(("Company", "Company", "Company Name", "Name", "Security Name", "Constituent", "Issuer"))


def _random_membership(rng: random.Random) -> dict[str, Any]:
    as_of = date(rng.randint(2005, 2025), 6, 20) + timedelta(rng.randrange(18))
    style = rng.choice(("old", "dated", "new"))
    # Small print that nobody renewed: a list of 2014 says 2011.
    legal = invented_legal(rng, str(as_of.year - rng.choice((0, 0, 0, 3)))) if rng.random() < 0.7 else ()
    facts: dict[str, Any] = {
        "index_code": rng.choice(list(INDEX_NAMES)),
        "as_of": as_of,
        "review_year": as_of.year,
        "head": (_company_head(rng), rng.choice(("Ticker", "Ticker", "Symbol", "Ticker Symbol"))),
        "title_on": rng.choice(("every", "first", "last", "pdf_title")),
    }
    if style == "new":
        return facts | {
            "date_form": "July 01, 2019",
            "footers": rng.choice((("{date}", "ftserussell.com"), ("{date}",))),
            "legal": legal,
            "legal_on": "page",
        }
    return facts | {
        "date_form": rng.choice(("06/28/2010", "6/27/2014", "June 26, 2015")),
        "titles": ("{index} Index membership list",),
        "running_head": ("As of {date}", "Russell Indexes.") if style == "old" else ("{date}",),
        "footers": rng.choice(((), ("russell.com/indexes",))),
        "legal": legal,
        "legal_on": rng.choice(("last", "page")),
    }


def _random_changes(rng: random.Random) -> dict[str, Any]:
    taxonomy = rng.choice(("RGS", "ICB"))
    # RGS ended in September 2020; from 2026 a year has two reconstitutions and a list alone does not name its review.
    year = rng.randint(2007, 2020) if taxonomy == "RGS" else rng.randint(2021, 2025)
    status = rng.choice(("preliminary", "final", None))
    noun = "Sector" if taxonomy == "RGS" else "Industry"
    said, site = "FTSE Russell | {status} index {adds}", "ftserussell.com"
    title_on = rng.choice(("every", "first", "last", "pdf_title"))
    year_in_title = title_on != "pdf_title" and rng.random() < 0.4
    return {
        "index_code": rng.choice(list(INDEX_NAMES)),
        "change": rng.choice(("addition", "deletion")),
        "status": status,
        "review_year": year,
        "taxonomy": taxonomy,
        "head": (
            _company_head(rng),
            rng.choice(("Symbol", "Symbol", "Ticker", "Ticker Symbol")),
            rng.choice((noun, noun, f"{taxonomy} {noun}")),
        ),
        "titles": (
            "Russell US Indexes",
            "Reconstitution {year}" if year_in_title else "Reconstitution",
            "{index} Index - {changes}",
        ),
        "title_on": title_on,
        "footers": rng.choice(((said, site), (said,)) if status else ((site,), ())),
        "legal": () if year_in_title else invented_legal(rng),
        "legal_on": rng.choice(("last", "page")),
    }


def _random_text(rng: random.Random, facts: dict[str, Any]) -> TextLayout:
    separators: tuple[Literal["tab", "space", "aligned"], ...] = ("tab", "space", "aligned")
    separator = rng.choice(separators)
    if facts["title_on"] == "pdf_title":
        facts = facts | {"title_on": "last"}
    return TextLayout(
        **facts,
        separator=separator,
        line_end=rng.choice(("\n", "\r\n")),
        encoding=rng.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252")),
        pairs=2 if separator == "aligned" and rng.random() < 0.2 else 1,
        hard_spaces=rng.random() < 0.15,
        blank_between=rng.random() < 0.3,
        form_feeds=rng.random() < 0.4,
        trailing_space=rng.random() < 0.3,
        rows_per_column=rng.randint(12, 60),
    )


def _random_pdf(rng: random.Random, facts: dict[str, Any]) -> PdfLayout:
    size = rng.choice((LETTER, A4))
    font, head_font = rng.choice(_FONTS)
    wide = len(facts["head"]) == 3
    pairs = rng.choices((1, 2), (4, 1))[0] if wide else rng.choices((1, 2, 3), (1, 4, 1))[0]
    margin = rng.uniform(34, 76 if pairs < 3 else 40)
    share = (size[0] - 2 * margin) / pairs
    # In ems: 24 wide letters, five wider ones under a head a point larger, the longest classification, and a gutter.
    name, symbol, classification, gutter = 24 * 0.74, 6.2, 13.6 if wide else 0.0, 1.5
    ems = name + symbol + classification + gutter
    font_size = round(min(rng.uniform(6.5, 11), share / ems), 1)
    slack = max(share - ems * font_size, 0.0)
    second = name * font_size + rng.uniform(0, 0.5) * slack
    third = second + symbol * font_size + rng.uniform(0, 0.4) * slack
    steps = (0.0, second, third)[: len(facts["head"])]
    if len(facts["head"][1]) * 0.75 * (font_size + 1) > (third if wide else share) - second:
        facts = facts | {"head": (facts["head"][0], "Ticker", *facts["head"][2:])}
    columns = [tuple(round(margin + i * share + step + rng.uniform(0, 1), 1) for step in steps) for i in range(pairs)]
    pitch = round(font_size * rng.uniform(1.15, 1.7), 2)
    top, foot = round(rng.uniform(150, 190), 1), round(rng.uniform(24, 50), 1)
    head_drop = tuple(rng.choice((0.0, 0.0, 0.0, 2.5, 4.0)) for _ in facts["head"])
    head_gap = max(head_drop) + rng.choice((0.0, 0.0, 2.5, 6.0))
    most = int((size[1] - top - foot - pitch - head_gap) / pitch)
    spaces: Any = rng.choices(("plain", "trailing", "padded", "none", "glyphs"), (4, 2, 2, 2, 1))[0]
    align: Any = "left" if spaces == "padded" else rng.choices(("left", "centre", "right"), (6, 1, 1))[0]
    # What overlaps can be told apart only where a symbol begins exactly in its column, in a piece of its own.
    may_overlap = align == "left" and spaces in ("plain", "trailing", "none")
    return PdfLayout(
        **facts,
        size=size,
        font=font,
        head_font=head_font,
        font_size=font_size,
        pitch=pitch,
        columns=tuple(columns),
        symbol_align=align,
        head_drop=head_drop,
        head_gap=head_gap,
        top=top,
        foot=foot,
        rows_per_column=rng.randint(min(12, most), most),
        extra_rows=rng.choice((0, int((top - 70) / pitch))) if facts["title_on"] in ("first", "pdf_title") else 0,
        folio=rng.choice(("right", "symbol", "inline", "none")),
        spaces=spaces,
        stream=rng.choice(("rows", "columns", "columns", "cells", "shuffled")),
        title_late=rng.random() < 0.5,
        ruled=rng.random() < 0.4,
        overlap=rng.choice((0.0, 1.5, 3.0)) if may_overlap and rng.random() < 0.15 else None,
        compress=rng.random() < 0.8,
    )


# --- layouts modelled on the published ones ---------------------------------------------------------------------------

_SMALL_PRINT = invented_legal(random.Random(0))
_OLD: dict[str, Any] = {
    "titles": ("{index} Index membership list",),
    "title_on": "first",
    "registered": "raised",
    "running_head": ("As of {date}", "Russell Indexes."),
    "legal": _SMALL_PRINT,
    "folio": "none",
}
_CHANGES: dict[str, Any] = {
    "titles": ("Russell US Indexes", "Reconstitution", "{index} Index - {changes}"),
    "legal": _SMALL_PRINT,
}
_SAID = "FTSE Russell | {status} index {adds}"

PUBLISHED: dict[str, Layout] = {
    # Words placed one by one without space glyphs; small print on the last data page.
    "R3000 2010": PdfLayout(
        **_OLD, as_of=date(2010, 6, 28), review_year=2010, legal_on="last", last_page="balance", spaces="none",
        columns=((75.2, 257.4), (327.2, 509.4)), font_size=10, pitch=12.75, top=173, foot=60,
        rows_per_column=41, extra_rows=6,
    ),
    # A4; the date spelled out.
    "R3000 2012": PdfLayout(
        **_OLD, as_of=date(2012, 6, 25), review_year=2012, date_form="June 26, 2015", size=A4,
        columns=((70, 247), (315, 492)), font_size=9.5, pitch=13, top=180, foot=60, rows_per_column=42, extra_rows=5,
    ),
    # Trailing spaces; as of the implementation Friday; small print three years old.
    "R3000 2014": PdfLayout(
        **_OLD | {"legal": tuple(text.replace("{year}", "2011") for text in _SMALL_PRINT)},
        as_of=date(2014, 6, 27), review_year=2014, date_form="6/27/2014", spaces="trailing",
        columns=((72, 254.2), (324.1, 506.3)), font_size=10.5, pitch=15.7, top=173, foot=60,
        rows_per_column=34, extra_rows=5,
    ),
    # Heads on two baselines; padded cells; footers differ; page number under the symbols; titles late in the stream.
    "R3000 2019": PdfLayout(
        as_of=date(2019, 7, 1), review_year=2019, date_form="July 01, 2019", footers=("{date}", "ftserussell.com"),
        legal=_SMALL_PRINT, font="Helvetica-Bold", head_gap=2.5, head_drop=(0, 2.5), rows_per_column=48,
        spaces="padded", title_late=True, ruled=True, folio="symbol",
    ),
    # One triple of columns; the status in every other footer.
    "R3000 additions 2023": PdfLayout(
        **_CHANGES, change="addition", status="final", review_year=2023, taxonomy="ICB",
        head=("Company", "Symbol", "Industry"), footers=(_SAID, "ftserussell.com"), font="Helvetica-Bold",
        columns=((38, 242, 363),), rows_per_column=49, top=158, title_late=True, ruled=True,
    ),
    # Tabs; titles and heads again and again; small print at the end.
    "RMICRO deletions 2020": TextLayout(
        **_CHANGES, index_code="RMICRO", change="deletion", review_year=2020, taxonomy="RGS",
        head=("Company", "Symbol", "Sector"), separator="tab", rows_per_column=49,
    ),
    # Single spaces; blank lines between the rows; the title on the last page only.
    "RMICRO additions 2023": TextLayout(
        **_CHANGES, index_code="RMICRO", change="addition", status="preliminary", review_year=2023, taxonomy="ICB",
        head=("Company", "Symbol", "Industry"), footers=(_SAID,), separator="space", rows_per_column=49,
        title_on="last", blank_between=True, trailing_space=True,
    ),
}  # fmt: skip


# --- files that nobody should accept ---------------------------------------------------------------------------------


def _sound() -> tuple[PdfLayout, list[Row]]:
    """A list that is sound, to be spoilt: 90 rows with ICB industries on three pages."""
    layout = PUBLISHED["R3000 additions 2023"]
    assert isinstance(layout, PdfLayout)
    return replace(layout, rows_per_column=40), random_rows(random.Random(7), 90, "ICB")


def empty() -> bytes:
    """A download that never began: no bytes."""
    return b""


def truncated(share: float = 0.6) -> bytes:
    """A download that broke off: the head of a sound PDF, which lenient readers repair into fewer rows."""
    data = make_list(*_sound())
    return data[: int(len(data) * share)]


def damaged() -> bytes:
    """A sound PDF with a hole in the second page's content: lenient readers show the rows before the hole and no error.

    Not among BAD_FILES: nothing but the page's own data tells, and a reader may well be unable to see it.
    """
    data = make_list(*_sound())
    _, second, *_ = (found.span() for found in re.finditer(rb"\bstream\n.*?endstream", data, re.DOTALL))
    hole = sum(second) // 2
    return data[:hole] + bytes(64) + data[hole + 64 :]


def encrypted() -> bytes:
    """A PDF that opens with a password only."""
    return list_pdf([_sound()], encrypt=StandardEncryption("user", "owner", strength=128))


def scanned() -> bytes:
    """A scan: a page that is one picture of a list, without text."""
    picture = Image.new("L", (850, 1100), 255)
    pen = ImageDraw.Draw(picture)
    for at, row in enumerate(_sound()[1][:40]):
        pen.text((60, 80 + 24 * at), f"{row.printed:30}{row.symbol:10}{row.classification}", fill=0)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=LETTER, invariant=True)
    canvas.drawImage(ImageReader(picture), 0, 0, *LETTER)
    canvas.save()
    return out.getvalue()


def blank() -> bytes:
    """A page with nothing on it."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=LETTER, invariant=True)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def unmapped() -> bytes:
    """A page full of glyphs whose font does not say which characters they are."""
    # Codes count the glyphs in their order of first use: without the map from code to character they mean nothing.
    # The library keeps one font per face, so this face must be one that no layout uses.
    pdfmetrics.registerFont(TTFont("Unmapped", "VeraIt.ttf", asciiReadable=False))
    layout, rows = _sound()
    data = make_list(replace(layout, font="Unmapped", head_font="Unmapped", compress=False), rows)
    return re.sub(rb"/ToUnicode \d+ 0 R", lambda found: b" " * len(found[0]), data)


def web_page() -> bytes:
    """What a server sends in place of a file that it does not have, under the file's name."""
    return b"<!DOCTYPE html>\n<html><head><title>404</title></head><body><h1>Page not found</h1></body></html>\n"


def too_many_pages(pages: int = 2000) -> bytes:
    """A PDF of many more pages than any list has, one row each."""
    return make_list(replace(_sound()[0], rows_per_column=1, legal=()), random_rows(random.Random(7), pages, "ICB"))


def inflating_text(megabytes: int = 300) -> bytes:
    """A small PDF whose one page inflates to hundreds of megabytes of text operators."""
    return _inflating(b"BT /F1 7 Tf 38 600 Td (ACME CORP) Tj 204 0 Td (ACME) Tj ET\n", megabytes)


def inflating_spaces(megabytes: int = 300) -> bytes:
    """A small PDF whose one page inflates to hundreds of megabytes of plain spaces."""
    return _inflating(b" ", megabytes)


def _inflating(piece: bytes, megabytes: int) -> bytes:
    """A PDF of one page whose content is `piece` over and over; made without ever holding the content."""
    chunk = piece * (2**20 // len(piece))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # A fully flushed block refers to nothing before it: it can stand behind itself any number of times.
    block = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 1
    for _ in range(megabytes):
        checksum = zlib.adler32(chunk, checksum)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    stream = b"\x78\xda" + block * megabytes + end + struct.pack(">I", checksum)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size, table, size, len(out),
    )  # fmt: skip


def two_indexes() -> bytes:
    """Two lists bound into one file: the titles name two indexes."""
    layout, rows = _sound()
    return make_sections([(layout, rows[:45]), (replace(layout, index_code="R2000"), rows[45:])])


def additions_and_deletions() -> bytes:
    """Additions and deletions of one index bound into one file."""
    layout, rows = _sound()
    return make_sections([(layout, rows[:45]), (replace(layout, change="deletion"), rows[45:])])


def unknown_sector(rows: Sequence[Row]) -> list[Entry]:
    """A row whose classification neither taxonomy has."""
    return [*rows[:17], rows[17]._replace(classification="Space Tourism"), *rows[18:]]


def missing_symbol(rows: Sequence[Row]) -> list[Entry]:
    """A row with a name and an industry and no symbol."""
    return [*rows[:17], rows[17]._replace(symbol=""), *rows[18:]]


def stray_line(rows: Sequence[Row]) -> list[Entry]:
    """A line between the rows that is neither a row nor anything else that a list has."""
    return [*rows[:17], "see the note overleaf", *rows[17:]]


def spoilt(spoil: Callable[[Sequence[Row]], list[Entry]], medium: Literal["pdf", "text"] = "pdf") -> bytes:
    """A sound list but for what `spoil` does to its rows."""
    layout, rows = _sound()
    return make_list(layout if medium == "pdf" else PUBLISHED["RMICRO additions 2023"], spoil(rows))


# File name -> what makes it. The large ones take a moment: make them where they are used, not at import.
BAD_FILES: dict[str, Callable[[], bytes]] = {
    "empty.pdf": empty,
    "empty.txt": empty,
    "truncated.pdf": truncated,
    "encrypted.pdf": encrypted,
    "scanned.pdf": scanned,
    "blank.pdf": blank,
    "unmapped.pdf": unmapped,
    "web_page.pdf": web_page,
    "too_many_pages.pdf": too_many_pages,
    "inflating_text.pdf": inflating_text,
    "inflating_spaces.pdf": inflating_spaces,
    "two_indexes.pdf": two_indexes,
    "additions_and_deletions.pdf": additions_and_deletions,
    "unknown_sector.pdf": lambda: spoilt(unknown_sector),
    "unknown_sector.txt": lambda: spoilt(unknown_sector, "text"),
    "missing_symbol.pdf": lambda: spoilt(missing_symbol),
    "missing_symbol.txt": lambda: spoilt(missing_symbol, "text"),
    "stray_line.pdf": lambda: spoilt(stray_line),
    "stray_line.txt": lambda: spoilt(stray_line, "text"),
}
