"""Schedules give every date they print, once, with event, review and place, however they are worded and set."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from russell_pipeline.dates.stated import DateRule, StatedDate
from russell_pipeline.documents.model import Line, Note, Page, Role
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline.documents.schedules.account import account_schedule
from russell_pipeline.documents.schedules.dates import stated_dates
from russell_pipeline.documents.schedules.recognition import is_schedule
from russell_pipeline.documents.schedules.rules import stated_rules
from russell_pipeline.documents.schedules.self_description import published_on, schedule_year
from russell_pipeline.documents.schedules.words import event_named, review_named
from russell_pipeline.documents.text import read_text
from russell_pipeline_tests.conftest import real_documents
from russell_pipeline_tests.documents.schedules.random_schedules import FORMS, as_pdf, random_schedule
from russell_pipeline_tests.typeset.documents import DOCUMENTS, FACTS

Stated = list[tuple[str | None, str | None, str, str | None]]


def _lines(pages: Sequence[Page]) -> list[Line]:
    account_schedule(pages)
    return [line for page in pages for line in page.lines]


def _read(source: str | bytes) -> list[Line]:
    if isinstance(source, bytes) and source.startswith(b"%PDF"):
        with PdfReader(source) as reader:
            return _lines(reader.pages())
    return _lines(read_text(source.encode() if isinstance(source, str) else source))


def _said(dates: Sequence[StatedDate]) -> Stated:
    return [(d.event, d.review, d.starts_on.isoformat(), d.ends_on.isoformat() if d.ends_on else None) for d in dates]


def _stated(source: str | bytes, year: int | None = None) -> Stated:
    return _said(stated_dates(_read(source), year)[0])


# --- the published schedules ------------------------------------------------------------------------------------------


def _seed(number: str) -> list[Line]:
    (path,) = (real_documents() / "seeds").glob(f"{number}_*.txt")
    return _read(path.read_bytes())


def _facts(name: str) -> Any:
    return yaml.safe_load((FACTS / f"{name}.yaml").read_text("utf-8"))


_TABLE_EVENTS = (
    *("rank_day", "icb_cutoff", "shares_float_cutoff", "ipo_window", "ipo_market_cap_cutoff", "preliminary_lists"),
    *("updated_lists", "final_lists", "query_period", "lock_down", "indicative_products", "effective"),
)
_QUARTERS = ("2022-03", "2022-06", "2022-09", "2022-12")
_IPO_TABLE: Stated = [
    ("ipo_window", "2022-03", "2021-11-16", "2022-02-12"),
    ("ipo_window", "2022-09", "2022-05-09", "2022-08-12"),
    ("ipo_window", "2022-12", "2022-08-16", "2022-11-12"),
    *(
        (event, review, day, None)
        for event, days in {
            "rank_day": ("2022-02-11", "2022-08-12", "2022-11-11"),
            "announcement": ("2022-02-25", "2022-08-26", "2022-11-25"),
            "effective": ("2022-03-21", "2022-09-19", "2022-12-19"),
        }.items()
        for review, day in zip(("2022-03", "2022-09", "2022-12"), days, strict=True)
    ),
]


def _table_2022() -> Stated:
    return [
        (
            event,
            review,
            str(when[0] if isinstance(when, list) else when),
            str(when[1]) if isinstance(when, list) else None,
        )
        for event, row in zip(_TABLE_EVENTS, _facts("review-schedule-2022")["table"], strict=True)
        for review, when in zip(_QUARTERS, row["dates"], strict=True)
        if when is not None
    ]


def test_stated_dates_of_the_table_of_2022() -> None:
    """Twelve rows by four reviews less three N/A: none lost, none added, none shifted by a column."""
    dates, notes = stated_dates(_seed("003"), 2022)
    table = [d for d in dates if d.section == "table"]
    assert len(table) == 45
    assert _said(table) == _table_2022()
    assert {d.event for d in table if d.moment == "open"} == {"lock_down", "effective"}
    assert {d.moment for d in table} == {None, "open"}
    assert notes == []


def test_stated_dates_of_the_questions_of_2022() -> None:
    """The table of quarterly additions, its windows without years, and the three dates given for illustration."""
    dates, _ = stated_dates(_seed("003"), 2022)
    numbered = {number: [d for d in dates if d.section.startswith(number)] for number in ("3.0", "5.0")}
    assert _said(numbered["5.0"]) == _IPO_TABLE
    assert _said(numbered["3.0"]) == [
        ("shares_float_cutoff", "2022-03", "2022-02-11", None),
        ("shares_float_cutoff", "2022-09", "2022-08-12", None),
        ("shares_float_cutoff", "2022-12", "2022-11-11", None),
    ]
    assert [(d.weekday, d.line) for d in numbered["3.0"]] == [("Friday", 70), ("Friday", 82), ("Friday", 88)]
    assert len(dates) == 45 + 12 + 3


def test_stated_dates_of_2019() -> None:
    """Introduction, timetable, summary and clarifications, each date where it is printed."""
    dates, notes = stated_dates(_seed("002"), 2019)
    assert {d.review for d in dates} == {"2019-06"}
    assert [
        (d.line, d.event, f"{d.starts_on:%m-%d}", f"{d.ends_on:%m-%d}" if d.ends_on else None, d.moment) for d in dates
    ] == [
        (7, "implementation", "06-28", None, "after_close"),
        (11, "effective", "06-28", None, None),
        (15, "rank_day", "05-10", None, "close"),
        (17, "preliminary_shares", "05-24", None, None),
        (17, "preliminary_shares", "05-24", "06-07", None),
        (19, "preliminary_lists", "06-07", None, "after_close"),
        (21, "query_period", "05-24", "06-14", None),
        (23, None, "06-14", None, None),
        (25, "lock_down", "06-17", None, None),
        (29, "implementation", "06-28", None, "after_close"),
        (34, "rank_day", "05-10", None, None),
        (35, "preliminary_shares", "05-24", None, None),
        (36, "preliminary_lists", "06-07", None, "after_close"),
        (37, "query_period", "05-24", "06-14", None),
        (38, "lock_down", "06-17", None, None),
        (39, "effective", "07-01", None, "open"),
        (43, None, "06-14", None, None),
        (43, "implementation", "06-28", None, "after_close"),
        (47, "preliminary_lists", "06-07", None, None),
        (47, None, "06-14", None, None),
        (47, "lock_down", "06-17", None, None),
        (49, "effective", "07-01", None, "open"),
    ]
    sections = {d.line: d.section for d in dates}
    assert {sections[line] for line in (15, 17, 19, 21, 25, 29)} == {"timetable"}
    assert {sections[line] for line in range(34, 40)} == {"summary"}
    assert sections[7] == "introduction"
    assert sections[43] == "Additional Clarifications"
    assert {(note.severity, note.line) for note in notes} == {("info", 23), ("info", 43), ("info", 47)}


def test_stated_dates_hold_no_dates_of_publication() -> None:
    """The document's own date is exposed; those of other announcements are left alone."""
    lines = _seed("002")
    dates, _ = stated_dates(lines, 2019)
    assert published_on(lines) == (date(2019, 3, 1), 1, 5)
    assert {date(2019, 3, 1), date(2019, 1, 14), date(2019, 2, 25)}.isdisjoint(d.starts_on for d in dates)
    assert published_on(_seed("003")) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("01 March 2019", date(2019, 3, 1)),
        ("**1 March 2019**", date(2019, 3, 1)),
        ("Published: March 1, 2019", date(2019, 3, 1)),
        ("New York, March 1, 2019", date(2019, 3, 1)),
        ("March 2019", None),
        ("Queries until 1 March 2019", None),
    ],
)
def test_published_on_reads_the_date_line(line: str, expected: date | None) -> None:
    """A date under the title is the document's own, whatever announces it."""
    found = published_on(_read(f"Annual reconstitution 2019\n\n{line}\n\nFriday 10 May 2019: Rank day.\n"))
    assert (found and found[0]) == expected


@pytest.mark.parametrize(("number", "expected"), [("002", (2019, 1, 3)), ("003", (2022, 1, 7))])
def test_schedule_year_of_published_schedules(number: str, expected: tuple[int, int, int]) -> None:
    assert schedule_year(_seed(number)) == expected


def test_stated_rules_of_2022() -> None:
    """Rules without a date are exposed with event, reviews and parts, for the audit."""
    rules = stated_rules(_seed("003"))
    said = {(r.line, r.event): r for r in reversed(rules)}
    assert [(r.line, r.event) for r in rules if r.event] == [
        (58, "icb_cutoff"),
        (58, "icb_cutoff"),
        (60, "implementation"),
        (62, "icb_announcement"),
        (68, "shares_float_cutoff"),
        (74, "shares_float_cutoff"),
        (80, "shares_float_cutoff"),
        (86, "shares_float_cutoff"),
        (101, "rank_day"),
        (102, "announcement"),
        (103, "effective"),
        (105, "effective"),
        (109, "implementation"),
    ]
    announced = said[62, "icb_announcement"].rule
    assert (announced.ordinal, announced.weekday, announced.months, announced.next_weekday) == (
        2,
        "Friday",
        (2, 8, 11),
        "Wednesday",
    )
    cut_off = said[68, "shares_float_cutoff"]
    assert cut_off.rule == DateRule(anchor="effective", offset=-5, unit="weeks", weekday="Friday")
    assert cut_off.reviews == ("2022-03",)
    assert said[60, "implementation"].moment == said[105, "effective"].moment == "after_close"
    last_friday = said[109, "implementation"].rule
    assert (last_friday.months, last_friday.unless_on) == ((6,), (29, 30))
    assert said[101, "rank_day"].reviews == ("2022-03", "2022-09", "2022-12")
    assert (said[62, None].rule.anchor, said[62, None].rule.offset) == ("implementation", -2)


def test_stated_rules_of_2019_date_no_event() -> None:
    """Suspensions and offerings have rules too, but they are no dates of the calendar."""
    rules = stated_rules(_seed("002"))
    assert [(r.line, r.event, r.rule.anchor, r.rule.anchor_on, r.rule.offset, r.rule.unit) for r in rules] == [
        (43, None, "effective", None, 2, "sessions"),
        (47, None, None, date(2019, 6, 7), -60, "days"),
        (49, None, "implementation", None, 2, "days"),
    ]
    assert (rules[2].rule.anchor_weekdays, rules[2].rule.after) == (("Thursday", "Friday"), "implementation")


@pytest.mark.parametrize("number", ["002", "003"])
def test_line_account_gives_each_line_one_role_and_dates_need_no_positions(number: str) -> None:
    """What the lake keeps of a line (text, role, cells) is enough to read the document again."""
    lines = _seed(number)
    assert all(line.role for line in lines)
    assert {line.role for line in lines} >= {Role.ROW, Role.HEADER, Role.TITLE, Role.LEGAL, Role.BLANK, Role.PROSE}
    kept = [replace(line, words=[], y=None) for line in lines]
    assert stated_dates(kept, None) == stated_dates(lines, None)
    assert stated_rules(kept) == stated_rules(lines)


def test_stated_dates_of_shipped_schedules_equal_the_published_ones() -> None:
    """The typeset schedules (a PDF with wrapped cells, a text) state the facts that they were made from."""
    assert _stated(DOCUMENTS["review-schedule-2022.pdf"]()) == [*_table_2022(), *_IPO_TABLE]
    shipped = _stated(DOCUMENTS["reconstitution-2019.txt"]())
    facts = _facts("reconstitution-2019")
    days = [entry["date"] for part in ("timetable", "summary") for entry in facts[part]]
    spans = [(str(day[0]), str(day[1])) if isinstance(day, list) else (str(day), None) for day in days]
    assert [
        (start, end) for event, _, start, end in shipped if (event, end) != ("preliminary_shares", "2019-06-07")
    ] == spans
    assert {review for _, review, _, _ in shipped} == {"2019-06"}


# --- other schedules, invented ----------------------------------------------------------------------------------------

_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=20)
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9.5, leading=12, spaceAfter=6)
_HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=12, leading=15, spaceBefore=8, spaceAfter=4)

_HEADS = (
    "Key date",
    "March 2024 quarterly review",
    "Annual reconstitution June 2024",
    "September 2024 quarterly review",
    "Q4 2024 review",
)
_REVIEWS = ("2024-03", "2024-06", "2024-09", "2024-12")
_CUT_OFFS = "2024-01-31|2024-04-30|2024-07-31|2024-10-31"
# Label, event, and what is printed under each review: a date, a span, or nothing.
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("Ranking day: market values at the close decide who is eligible", "rank_day", _CUT_OFFS),
    ("Cut-off for shares in issue and free float received from issuers", "shares_float_cutoff", _CUT_OFFS),
    (
        "Window of IPOs taken into account",
        "ipo_window",
        "2023-11-01 2024-01-31|2023-05-01 2024-04-30|2024-05-01 2024-07-31|2024-08-01 2024-10-31",
    ),
    ("Provisional lists sent out", "preliminary_lists", "2024-02-16|2024-05-24|2024-08-23|2024-11-22"),
    ("Revised lists sent out", "updated_lists", "|2024-05-31||"),
    (
        "Clients may raise queries about any provisional list",
        "query_period",
        "2024-02-19 2024-03-01|2024-05-24 2024-06-07|2024-08-26 2024-09-06|2024-11-25 2024-12-06",
    ),
    ("Lock-down (at the open)", "lock_down", "2024-03-04|2024-06-10|2024-09-09|2024-12-09"),
    ("Changes implemented (after the close)", "implementation", "2024-03-15|2024-06-28|2024-09-20|2024-12-20"),
    ("Changes effective (open of)", "effective", "2024-03-18|2024-07-01|2024-09-23|2024-12-23"),
)


def _pdf(story: list[Flowable], size: tuple[float, float] = A4, head: str = "") -> bytes:
    def running(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(50, 25, f"Index operations | Calendar    {canvas.getPageNumber()}")
        canvas.drawString(50, size[1] - 30, head)

    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=size, leftMargin=50, rightMargin=50, topMargin=50, bottomMargin=50).build(
        story, onFirstPage=running, onLaterPages=running
    )
    return out.getvalue()


def _matrix(
    rows: Sequence[tuple[str, Sequence[str]]],
    *,
    align: str = "TOP",
    size: float = 8,
    padding: float = 3,
    label_width: float = 110,
    width: float = A4[0],
    centred: bool = False,
    font: str = "Helvetica",
) -> Table:
    """A table of events by reviews with wrapped cells."""
    cell = ParagraphStyle("cell", fontName=font, fontSize=size, leading=1.2 * size, alignment=int(centred))
    label = ParagraphStyle("label", parent=cell, alignment=0)
    body = [
        [Paragraph(text, cell if at else label) for at, text in enumerate(row)]
        for row in (_HEADS, *((name, *days) for name, days in rows))
    ]
    style = [("VALIGN", (0, 0), (-1, -1), align), ("GRID", (0, 0), (-1, -1), 0.5, colors.grey)]
    style += [(f"{side}PADDING", (0, 0), (-1, -1), padding) for side in ("TOP", "BOTTOM")]
    widths = [label_width, *[(width - 100 - label_width) / 4] * 4]
    return Table(body, colWidths=widths, repeatRows=1, style=TableStyle(style))


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _printed(cells: str) -> list[str]:
    return [" - ".join(_long(date.fromisoformat(day)) for day in cell.split()) or "N/A" for cell in cells.split("|")]


_EXPECTED: Stated = [
    (event, review, *((*cell.split(), None)[:2]))
    for _, event, cells in _ROWS
    for review, cell in zip(_REVIEWS, cells.split("|"), strict=True)
    if cell
]  # type: ignore[misc]


@settings(max_examples=25)
@example(align="BOTTOM", size=9.5, padding=6.0, label_width=90.0, wide=True, centred=False, font="Helvetica-Bold")
@given(
    align=st.sampled_from(["TOP", "MIDDLE", "BOTTOM"]),
    size=st.sampled_from([7.0, 8.0, 9.5]),
    padding=st.sampled_from([1.5, 3.0, 6.0]),
    label_width=st.sampled_from([90.0, 110.0, 150.0]),
    wide=st.booleans(),
    centred=st.booleans(),
    font=st.sampled_from(["Helvetica", "Times-Roman", "Helvetica-Bold"]),
)
def test_pdf_table_is_read_however_set(wide: bool, **form: Any) -> None:
    """Labels, heads and spans wrap, cells stand at the top, middle or bottom: each date keeps its row and column."""
    size = landscape(A4) if wide else A4
    rows = [(label, _printed(cells)) for label, _, cells in _ROWS]
    note = "Every date may still be moved by the publisher when the exchange announces that it will be closed."
    story = [
        Paragraph("Index review calendar 2024", _TITLE),
        Spacer(1, 12),
        Paragraph(note, _TEXT),
        _matrix(rows, width=size[0], **form),
    ]
    lines = _read(
        _pdf([*story, Spacer(1, 10), Paragraph("Note: drawn up before the holidays were known.", _TEXT)], size)
    )
    dates, notes = stated_dates(lines, None)
    assert _said(dates) == _EXPECTED
    assert notes == []
    assert {d.section for d in dates} == {"table"}
    assert {d.event: d.moment for d in dates if d.moment} == {
        "rank_day": "close",
        "lock_down": "open",
        "implementation": "after_close",
        "effective": "open",
    }
    assert all(line.role for line in lines)
    assert all(line.role is Role.ROW for line in lines if (line.page, line.number) in {(d.page, d.line) for d in dates})


@settings(max_examples=15)
@given(st.lists(st.dates(date(2023, 7, 1), date(2024, 12, 31)), min_size=8, max_size=8), st.integers(0, 7))
def test_table_of_any_dates_is_read(days: list[date], missing: int) -> None:
    """No date depends on its being a plausible one, and a cell without a date moves no other."""
    cells = [_long(day) for day in days]
    cells[missing] = "TBC"
    lines = _read(
        _pdf([Paragraph("Review calendar 2024", _TITLE), _matrix([("Rank day", cells[:4]), ("Lock-down", cells[4:])])])
    )
    expected = [
        ("rank_day" if at < 4 else "lock_down", _REVIEWS[at % 4], str(day), None)
        for at, day in enumerate(days)
        if at != missing
    ]
    assert _said(stated_dates(lines, None)[0]) == expected


def test_wrapped_heads_close_together_belong_to_their_columns() -> None:
    """A head in bold type nearly reaches the next one: what begins where a column does is of that column."""
    heads = (
        ("Spring", "review", "March 2022"),
        ("Annual", "Reconstitution", "June 2022"),
        ("Autumn", "September", "2022"),
    )
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawString(60, 700, "Index review dates 2022")
    for x, head in zip((200, 280, 360), heads, strict=True):
        for line, text in enumerate(head):
            canvas.drawString(x, 660 - 12 * line, text)
    canvas.setFont("Helvetica", 10)
    rows = (("Rank day", "11 Feb 2022", "6 May 2022", "12 Aug 2022"), ("Lock-down", "7 Mar 2022", "N/A", "5 Sep 2022"))
    for row, texts in enumerate(rows):
        for x, text in zip((60, 200, 280, 360), texts, strict=True):
            canvas.drawString(x, 620 - 16 * row, text)
    canvas.save()
    dates, notes = stated_dates(_read(out.getvalue()), None)
    assert _said(dates) == [
        ("rank_day", "2022-03", "2022-02-11", None),
        ("rank_day", "2022-06", "2022-05-06", None),
        ("rank_day", "2022-09", "2022-08-12", None),
        ("lock_down", "2022-03", "2022-03-07", None),
        ("lock_down", "2022-09", "2022-09-05", None),
    ]
    assert notes == []


@pytest.mark.parametrize("labels_first", [False, True])
@pytest.mark.parametrize("width", [12, 15, 22])
@pytest.mark.parametrize("typeset", [False, True])
def test_wrapped_dates_belong_to_their_rows(width: int, labels_first: bool, typeset: bool) -> None:
    """Rows stand as close as their lines: a date goes on in the next line where its day, month or year is missing."""
    rows = (
        ("Friday, May 10, 2019", "Rank day, as found from prices of that day at the close"),
        ("Friday, June 7, 2019", "Preliminary lists are posted in the evening of that day"),
        ("Monday, June 17, 2019", "Lock-down begins"),
        ("Friday, June 28, 2019", "Reconstitution final after the close of all the markets"),
    )
    lines = ["Reconstitution schedule 2019", ""]
    for day, label in rows:
        cells = [textwrap.wrap(day, width), textwrap.wrap(label, 30)]
        first, last = reversed(cells) if labels_first else cells
        lines += [f"{a:34}{b}" for a, b in zip_longest(first, last, fillvalue="")]
    text = "\n".join(lines) + "\n"
    assert _stated(as_pdf(text, 1) if typeset else text) == [
        ("rank_day", "2019-06", "2019-05-10", None),
        ("preliminary_lists", "2019-06", "2019-06-07", None),
        ("lock_down", "2019-06", "2019-06-17", None),
        ("implementation", "2019-06", "2019-06-28", None),
    ]


@pytest.mark.parametrize("head", ["Third round 2022", "Sepember 2022", ""])
def test_column_whose_head_names_no_review_is_noted(head: str) -> None:
    """They are neither dropped nor taken for those of the review that the title names."""
    text = f"June 2022 review schedule\n\n\tMarch 2022\t{head}\nRank day\t11 Feb 2022\t12 Aug 2022\n"
    dates, notes = stated_dates(_read(text), None)
    assert _said(dates) == [("rank_day", "2022-03", "2022-02-11", None), ("rank_day", None, "2022-08-12", None)]
    assert notes == [Note("warning", "12 Aug 2022: no review is named for 'Rank day'", 1, 4)]


def test_table_over_several_pages_keeps_its_columns() -> None:
    """Repeated heads, running titles and page numbers come between rows and lose none."""
    rows = [(f"{label}, part {part}", _printed(cells)) for part in range(6) for label, _, cells in _ROWS]
    lines = _read(
        _pdf(
            [Paragraph("Index review calendar 2024", _TITLE), Spacer(1, 12), _matrix(rows, align="MIDDLE", size=9)],
            head="Review calendar",
        )
    )
    dates, notes = stated_dates(lines, None)
    assert len({d.page for d in dates}) > 2
    assert _said(dates) == _EXPECTED * 6
    assert notes == []
    assert {line.role for line in lines if "Index operations" in line.text} == {Role.FOOTER}


def test_timetable_in_prose_is_read() -> None:
    """Entries wrap over lines, a title and remarks stand around them, one entry has four dates, one runs until a date."""
    story = [
        Paragraph("Small index family: annual reconstitution 2024", _TITLE),
        Paragraph("4 March 2024", _TEXT),
        Paragraph(
            "As was set out in the notice published on 12 February 2024, the yearly reconstitution of the index family takes"
            " place after the close on <b>Friday 28 June 2024</b>. Whoever holds funds on these indexes should plan for it.",
            _TEXT,
        ),
        Paragraph("Timetable", _HEADING),
        *(
            Paragraph(entry, _TEXT)
            for entry in (
                "Tuesday 30 April 2024: Rank day. The size of every company at the close decides whether it belongs to"
                " the large or to the small index.",
                "Friday 17 May 2024: Preliminary shares and float of all members are given out. The same table is then"
                " sent daily until 7 June 2024, and marks in it what has changed.",
                "Friday 24 May 2024: Preliminary lists appear after the market close.",
                "Friday, May 31st, and June 7th, 14th and 21st, 2024 &ndash; Updated lists go to all clients.",
                "Monday 27 May to Friday 7 June 2024: Query period.",
                "Monday 10 June 2024: Lock-down begins at the open.",
                "Friday 28 June 2024: The reconstitution is final after the close.",
                "Monday 1 July 2024: Markets open with the newly reconstituted indexes.",
            )
        ),
        Paragraph("Further remarks", _HEADING),
        Paragraph(
            "Companies that are suspended on Thursday 13 June 2024 stay where they are. Nothing can be changed any more"
            " from the open of Monday 10 June 2024.",
            _TEXT,
        ),
        Paragraph("Copyright 2024 Small Index Family Ltd. All rights reserved.", _TEXT),
    ]
    lines = _read(_pdf(story))
    assert schedule_year(lines) == (2024, 1, 1)
    assert published_on(lines) == (date(2024, 3, 4), 1, 2)
    dates, _ = stated_dates(lines, None)
    assert {d.review for d in dates} == {"2024-06"}
    assert [
        (d.event, f"{d.starts_on:%m-%d}", f"{d.ends_on:%m-%d}" if d.ends_on else None, d.moment) for d in dates
    ] == [
        ("implementation", "06-28", None, "after_close"),
        ("rank_day", "04-30", None, "close"),
        ("preliminary_shares", "05-17", None, None),
        ("preliminary_shares", "05-17", "06-07", None),
        ("preliminary_lists", "05-24", None, "after_close"),
        *(("updated_lists", day, None, None) for day in ("05-31", "06-07", "06-14", "06-21")),
        ("query_period", "05-27", "06-07", None),
        ("lock_down", "06-10", None, "open"),
        ("implementation", "06-28", None, "after_close"),
        ("effective", "07-01", None, "open"),
        (None, "06-13", None, None),
        ("lock_down", "06-10", None, "open"),
    ]
    assert lines[-2].role is Role.LEGAL
    by_place = {(line.page, line.number): line.text for line in lines}
    assert all(d.stated_text.split()[0] in by_place[d.page, d.line] for d in dates)


def test_dates_without_years_belong_to_the_two_reconstitutions() -> None:
    """Headings name the reviews of 2026; a table for each, its rows set without rulings and its labels wrapped."""

    def table(*rows: tuple[str, str]) -> Table:
        body = [["Date", "Event"], *([Paragraph(cell, _TEXT) for cell in row] for row in rows)]
        return Table(body, colWidths=[110, 300])

    story = [
        Paragraph("Semi-annual reconstitution: calendar for 2026", _TITLE),
        Paragraph("June 2026 reconstitution", _HEADING),
        table(
            ("Thursday, April 30", "Rank day"),
            (
                "Friday, May 22",
                "Preliminary lists of additions and deletions, to be found where they were in the years before this one",
            ),
            ("Monday, June 8", "Lock-down"),
            ("Friday, June 26", "Reconstitution takes effect after the close"),
            ("Monday, June 29", "Indexes are effective at the open"),
        ),
        Paragraph("December 2026 reconstitution", _HEADING),
        table(
            ("Friday, October 30", "Rank day"),
            ("Monday, November 30", "Lock-down"),
            ("Friday, December 11", "Reconstitution day"),
        ),
    ]
    assert _stated(_pdf(story)) == [
        ("rank_day", "2026-06", "2026-04-30", None),
        ("preliminary_lists", "2026-06", "2026-05-22", None),
        ("lock_down", "2026-06", "2026-06-08", None),
        ("implementation", "2026-06", "2026-06-26", None),
        ("effective", "2026-06", "2026-06-29", None),
        ("rank_day", "2026-12", "2026-10-30", None),
        ("lock_down", "2026-12", "2026-11-30", None),
        ("implementation", "2026-12", "2026-12-11", None),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_stated_dates_of_random_schedules_are_what_was_set(form: str) -> None:
    """Whatever is told of the wrong event or review would look right in every table that follows."""
    for seed in range(300):
        schedule = random_schedule(seed)
        if schedule.form == form:
            files = [schedule.text.encode(), *([as_pdf(schedule.text, seed)] if form != "pipes" else [])]
            for document in map(parse_document, files):
                assert document.reason is None, seed
                dates, _ = stated_dates(document.lines, document.review_year)
                found = [(one.event, one.review, one.starts_on, one.ends_on) for one in dates]
                assert sorted(found, key=str) == sorted(schedule.states, key=str), seed


@pytest.mark.parametrize(
    "when", ["after the U.S. market closes", "as markets close", "after the close", "following the US market close"]
)
def test_effective_after_the_close_is_implementation(when: str) -> None:
    """As an effective date without a moment it would be one session late."""
    text = f"Key dates for the 2025 Reconstitution\n- June 27, 2025: The reconstitution is effective {when}.\n"
    (date,), _ = stated_dates(_read(text), None)
    assert (date.event, date.moment) == ("effective", "after_close")


def test_moment_is_read_from_a_column_of_times() -> None:
    text = """Russell US Indexes: reconstitution schedule 2025

EVENT                         DATE                  TIME
Rank day                      Apr 30 (Wed)          Market close
Preliminary lists             May 23 (Fri)          After 6:00 p.m. ET
Indexes effective             Jun 30 (Mon)          Market open
"""
    dates, _ = stated_dates(_read(text), None)
    assert [(one.event, one.moment) for one in dates] == [
        ("rank_day", "close"), ("preliminary_lists", None), ("effective", "open"),
    ]  # fmt: skip


def test_moment_may_stand_between_label_and_date() -> None:
    text = "Russell reconstitution: schedule 2024\n\nImplementation: after the close on 28 June 2024\nEffective: 1 July 2024\n"
    dates, _ = stated_dates(_read(text), None)
    assert [(one.event, one.moment) for one in dates] == [("implementation", "after_close"), ("effective", None)]


@pytest.mark.parametrize("between", [": ", " - ", " | "])
def test_moment_may_stand_behind_the_date(between: str) -> None:
    """They end neither the entry nor its label, and say nothing of the entry above."""
    entries = (
        ("Rank day", "May 10, 2019"),
        ("Preliminary lists", "June 7, 2019, 6:00 p.m. Eastern time"),
        ("Lock-down period", "June 17 to 28, 2019"),
        ("Reconstitution final", "June 28, 2019, after the close of US equity markets"),
        ("Effective", "July 1, 2019, at market open"),
    )
    text = "Schedule of 2019\n\n" + "\n".join(between.join(entry) for entry in entries)
    dates, notes = stated_dates(_read(text), 2019)
    assert [(d.event, str(d.starts_on)[5:], d.ends_on and str(d.ends_on)[5:], d.moment) for d in dates] == [
        ("rank_day", "05-10", None, None),
        ("preliminary_lists", "06-07", None, None),
        ("lock_down", "06-17", "06-28", None),
        ("implementation", "06-28", None, "after_close"),
        ("effective", "07-01", None, "open"),
    ]
    assert [note.message for note in notes if "no review" not in note.message] == []


def test_entry_with_a_reservation_is_separate_from_the_one_above() -> None:
    text = "Reconstitution 2019\n\nLock-down: June 17, 2019\nImplementation: June 28, 2019, unless markets are shut\n"
    dates, notes = stated_dates(_read(text), None)
    assert [(d.event, d.line) for d in dates] == [("lock_down", 3), ("implementation", 4)]
    assert notes == []


_OF_2009 = "Russell US Indexes: 2009 reconstitution schedule"
_IN_PROSE = {
    "the date first, then what happens": (
        "On May 29 all companies are ranked by market capitalization. On June 12 the preliminary lists are posted, and on "
        "June 15 the lock-down begins. On June 26 the reconstitution is final after the close of US markets; on June 29 "
        "markets open with the newly reconstituted indexes."
    ),
    "each in brackets": (
        "There are five steps: rank day (May 29, 2009), the preliminary lists (June 12, 2009), the start of the lock-down "
        "period (June 15, 2009), the implementation (June 26, 2009, after the close) and the effective date (June 29, 2009)."
    ),
    "with what each is in brackets": (
        "May 29 (rank day), June 12 (preliminary lists), June 15 (lock-down), June 26 (implementation, after the close) and "
        "June 29 (effective) are the days to know."
    ),
    "without a mark between them": (
        "May 29 Rank day June 12 Preliminary lists June 15 Lock-down June 26 Implementation June 29 Effective"
    ),
    "without a mark between them, labels first": (
        "Rank day May 29 Preliminary lists June 12 Lock-down June 15 Implementation June 26 Effective June 29"
    ),
    "labels and semicolons": (
        "Rank day: May 29, 2009; preliminary lists: June 12, 2009; lock-down: June 15, 2009; implementation: June 26, 2009; "
        "effective: June 29, 2009."
    ),
    "what a day is": (
        "Capitalizations are taken at the close on May 29, which is rank day. Preliminary lists are due on June 12, the "
        "membership is locked down from June 15, the reconstitution is implemented on June 26; on June 29 it is effective."
    ),
}


@pytest.mark.parametrize("said", _IN_PROSE.values(), ids=_IN_PROSE)
@pytest.mark.parametrize("width", [60, 66, 72, 90, 1000])
def test_sentence_with_several_dates_is_read_at_any_line_break(said: str, width: int) -> None:
    pages = f"{_OF_2009}\n\n{textwrap.fill(said, width)}\n"
    document = parse_document(pages.encode())
    assert document.reason is None
    dates, notes = stated_dates(document.lines, None)
    assert _said(dates) == [
        ("rank_day", "2009-06", "2009-05-29", None),
        ("preliminary_lists", "2009-06", "2009-06-12", None),
        ("lock_down", "2009-06", "2009-06-15", None),
        ("implementation", "2009-06", "2009-06-26", None),
        ("effective", "2009-06", "2009-06-29", None),
    ]
    assert notes == []


@pytest.mark.parametrize(
    "said",
    [
        "The preliminary and the final lists are published on June 12, 2009 and June 26, 2009 respectively.",
        "A webinar on the preliminary lists will be held on June 12, 2009.",
    ],
)
def test_date_that_is_said_to_be_no_event_has_none(said: str) -> None:
    dates, notes = stated_dates(_read(f"{_OF_2009}\n\nRank day is May 29, 2009. {said}\n"), None)
    assert [one.event for one in dates] == ["rank_day", *[None] * (len(dates) - 1)]
    assert len(notes) == len(dates) - 1 > 0


def test_first_and_last_day_in_two_columns_are_a_span() -> None:
    table = "Event\tStart\tEnd\nRank day\tMay 29\t\nQuery period\tJune 12\tJune 19\nLock-down\tJune 15\tJune 26\n"
    assert [(event, day, end) for event, _, day, end in _stated(f"{_OF_2009}\n\n{table}")] == [
        ("rank_day", "2009-05-29", None),
        ("query_period", "2009-06-12", "2009-06-19"),
        ("lock_down", "2009-06-15", "2009-06-26"),
    ]


def test_ambiguous_figures_are_read_with_a_note() -> None:
    unsure = "nothing tells whether dates in figures have the day first or the month: the month is read first"
    both = "dates in figures have the day first and the month first: where both can be meant, the month is read first"
    found = {
        days: [note.message for note in stated_dates(_read(f"{_OF_2009}\n\n" + "\n".join(days) + "\n"), None)[1]]
        for days in (
            ("Preliminary lists: 06/12/2009", "Updated lists: 06/06/2009"),
            ("Preliminary lists: 06/12/2009", "Updated lists: 06/19/2009"),
            ("Preliminary lists: 12/06/2009", "Updated lists: 19/06/2009"),
            ("Preliminary lists: 06/12/2009", "Updated lists: 06/19/2009", "Effective: 29/06/2009"),
        )
    }
    assert list(found.values()) == [[unsure], [], [], [both]]


def test_lines_of_dates_alone_are_no_titles() -> None:
    text = f"{_OF_2009}\n\nMay 29 June 12\nRank day Lists\n\nLock-down: June 15, 2009\n"
    _, notes = stated_dates(_read(text), None)
    assert [note.message.partition(":")[0] for note in notes] == ["May 29", "June 12"]


def test_updates_belong_to_the_lists_of_their_sentence() -> None:
    said = "Preliminary lists are published on June 5, with updates on June 12 and June 19."
    assert [(event, day) for event, _, day, _ in _stated(f"Reconstitution 2009\n\n{said}\n")] == [
        ("preliminary_lists", "2009-06-05"),
        ("updated_lists", "2009-06-12"),
        ("updated_lists", "2009-06-19"),
    ]


@pytest.mark.parametrize("dateline", ["NEW YORK, March 3, 2009 – ", "LONDON, 3 March 2009 (FTSE Russell) - "])
def test_dateline_of_a_press_release_is_its_publication(dateline: str) -> None:
    lines = _read(f"{_OF_2009}\n\n{dateline}The preliminary lists are published on June 12, 2009.\n")
    assert published_on(lines) == (date(2009, 3, 3), 1, 3)
    dates, notes = stated_dates(lines, None)
    assert _said(dates) == [("preliminary_lists", "2009-06", "2009-06-12", None)]
    assert notes == []


def test_event_names_beside_dates_need_no_separator() -> None:
    text = (
        "Schedule of 2019\n\nRank day Friday 10 May 2019\nLock-down Monday 17 June 2019\nEffective Monday 1 July 2019\n"
    )
    dates, notes = stated_dates(_read(text), 2019)
    assert [(d.event, str(d.starts_on)) for d in dates] == [
        ("rank_day", "2019-05-10"),
        ("lock_down", "2019-06-17"),
        ("effective", "2019-07-01"),
    ]
    assert all("no review" in note.message for note in notes)


def test_date_split_between_two_texts_is_noted() -> None:
    text = f"{_OF_2009}\n\nThe rank day of the reconstitution is May\n\n29, 2009. Lock-down begins on June 15, 2009.\n"
    dates, notes = stated_dates(_read(text), None)
    assert [d.event for d in dates] == ["lock_down"]
    parted = "May 29, 2009: it begins here and ends in another text, and is read of no event"
    assert notes == [Note("warning", parted, 1, 3)]


def test_title_in_large_type_does_not_affect_line_ends() -> None:
    page = io.BytesIO()
    canvas = Canvas(page)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(50, 800, "Russell US Indexes: reconstitution schedule 2009")
    canvas.setFont("Helvetica", 10)
    said = "On Friday June 12 the preliminary lists will be posted. The lock-down period begins on Monday June 15. "
    said += "The reconstitution is implemented after the close on Friday June 26."
    for at, line in enumerate(textwrap.wrap(said, 50)):
        canvas.drawString(50, 760 - 12 * at, line)
    canvas.save()
    assert _stated(page.getvalue()) == [
        ("preliminary_lists", "2009-06", "2009-06-12", None),
        ("lock_down", "2009-06", "2009-06-15", None),
        ("implementation", "2009-06", "2009-06-26", None),
    ]


_NARROW = (
    (
        "rank_day",
        "Friday, May 29, 2009",
        "Rank day - index membership eligibility is determined from market capitalization",
    ),
    ("preliminary_lists", "Friday, June 12, 2009", "Preliminary membership lists are posted to the website after 6 PM"),
    (
        "lock_down",
        "Monday, June 15, 2009",
        "Lock-down period begins; updates to the membership are considered to be final",
    ),
    ("implementation", "Friday, June 26, 2009", "The reconstitution is final after the close of the US equity markets"),
)


@pytest.mark.parametrize("date_width", [55, 75])
@pytest.mark.parametrize("dates_first", [True, False])
def test_table_of_wrapped_dates_is_recognised_as_a_schedule(date_width: int, dates_first: bool) -> None:
    rows = [[Paragraph(day, _TEXT), Paragraph(label, _TEXT)][:: 1 if dates_first else -1] for _, day, label in _NARROW]
    widths = [date_width, 200][:: 1 if dates_first else -1]
    table = Table(rows, colWidths=widths, style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
    document = parse_document(_pdf([Paragraph(_OF_2009, _HEADING), table]))
    assert document.reason is None
    dates, notes = stated_dates(document.lines, None)
    days = ("2009-05-29", "2009-06-12", "2009-06-15", "2009-06-26")
    assert _said(dates) == [(event, "2009-06", day, None) for (event, _, _), day in zip(_NARROW, days, strict=True)]
    assert notes == []


def test_date_broken_at_its_hyphen_is_one_date() -> None:
    text = f"{_OF_2009}\n\nRank day         29-May-2009\nUpdated lists    12-Jun-2009, 19-\n                 Jun-2009\n"
    assert [(event, day) for event, _, day, _ in _stated(text)] == [
        ("rank_day", "2009-05-29"),
        ("updated_lists", "2009-06-12"),
        ("updated_lists", "2009-06-19"),
    ]


def test_list_or_span_broken_after_the_month_is_joined() -> None:
    text = (
        f"{_OF_2009}\n\n"
        "Rank day         May 29th\n"
        "Query period     June 5th to June\n                 12th\n"
        "Updated lists    June 12th, June\n                 19th and June 26th\n"
    )
    assert [(event, day, end) for event, _, day, end in _stated(text)] == [
        ("rank_day", "2009-05-29", None),
        ("query_period", "2009-06-05", "2009-06-12"),
        ("updated_lists", "2009-06-12", None),
        ("updated_lists", "2009-06-19", None),
        ("updated_lists", "2009-06-26", None),
    ]


def test_date_split_between_two_rows_is_noted() -> None:
    table = "Event\tDate\nRank day\tMay 29\nUpdated lists\tJune 12 and June\nEffective on the\t19 or later: June 29\n"
    _, notes = stated_dates(_read(f"{_OF_2009}\n\n{table}"), None)
    parted = "June 19: it begins here and ends in another text, and is read of no event"
    assert parted in [note.message for note in notes]


def test_dates_after_dot_leaders_are_read() -> None:
    text = f"{_OF_2009}\n\nRank day ............ 29.05.2009\nLock-down ........... 15.06.2009\nEffective ........... 29.06.2009\n"
    document = parse_document(text.encode())
    assert [(one.event, str(one.starts_on)) for one in stated_dates(document.lines, None)[0]] == [
        ("rank_day", "2009-05-29"),
        ("lock_down", "2009-06-15"),
        ("effective", "2009-06-29"),
    ]


@pytest.mark.parametrize(
    "note", ["* Friday, July 3 is a market holiday.", "Note: markets are closed on Friday, July 3."]
)
def test_note_right_below_a_table_is_no_part_of_its_last_label(note: str) -> None:
    rows = [[Paragraph(label, _TEXT), Paragraph(day, _TEXT)] for _, day, label in _NARROW]
    table = Table(rows, colWidths=[200, 130], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
    dates, _ = stated_dates(_read(_pdf([Paragraph(_OF_2009, _HEADING), table, Paragraph(note, _TEXT)])), None)
    assert [one.event for one in dates] == [*(event for event, _, _ in _NARROW), None]


def test_dates_of_two_columns_that_run_together_have_no_event() -> None:
    heads = "Review\tRank day\tLock-down Implementation\nJune 2009\t29 May 2009\t15 June 2009 26 June 2009\n"
    dates, notes = stated_dates(_read(f"{_OF_2009}\n\n{heads}"), None)
    assert [(one.event, str(one.starts_on)) for one in dates] == [
        ("rank_day", "2009-05-29"),
        (None, "2009-06-15"),
        (None, "2009-06-26"),
    ]
    assert [note.severity for note in notes] == ["warning", "warning"]
    stacked = "Event\tDate\nUpdates to the preliminary lists\t12 June 2009 19 June 2009\n"
    assert {event for event, *_ in _stated(f"{_OF_2009}\n\n{stacked}")} == {"updated_lists"}


def test_dates_that_run_into_an_empty_column_are_of_no_review() -> None:
    """A single space between two columns of a text makes one cell of two."""
    text = """Index review schedule 2023

Event                March 2023         September 2023    December 2023
Rank day             10 February 2023   31 July 2023      31 October 2023
Lock-down            6 March 2023       4 September 2023 4 December 2023
Updated lists        3 March 2023       1 September 2023  1 December 2023
"""
    found = _stated(text)
    assert ("rank_day", "2023-12", "2023-10-31", None) in found
    assert [review for event, review, *_ in found if event == "lock_down"] == ["2023-03", None, None]


def test_date_in_a_title_that_names_an_event_is_noted() -> None:
    title = "Preliminary reconstitution schedule, June 7, 2019"
    dates, notes = stated_dates(_read(f"Reconstitution 2019\n{title}\n\nLock-down: June 17, 2019\n"), None)
    assert [d.event for d in dates] == ["lock_down"]
    assert notes == [Note("warning", "June 7, 2019: it stands in a heading, and is read of no event", 1, 2)]


def test_date_over_a_label_of_two_lines_is_no_publication() -> None:
    text = "Reconstitution 2019\n\nMay 10, 2019\nRank day - membership is\nfound\nJune 17, 2019\nLock-down\n"
    assert _stated(text) == [("rank_day", "2019-06", "2019-05-10", None), ("lock_down", "2019-06", "2019-06-17", None)]


def test_date_in_a_heading_is_noted() -> None:
    heading = "Changes decided by the committee of 3 June 2024"
    text = f"Russell reconstitution: schedule 2024\n\n1 May 2024: Rank day\n\n{heading}\n\n1 July 2024: Effective\n"
    dates, notes = stated_dates(_read(text), None)
    assert [one.event for one in dates] == ["rank_day", "effective"]
    assert [note.message for note in notes] == ["3 June 2024: it stands in a heading, and is read of no event"]


def test_schedule_that_names_neither_reconstitution_goes_by_months() -> None:
    text = """Russell US Indexes: reconstitution schedule 2026

Thursday, April 30: Rank day
Friday, June 26: Reconstitution final
Friday, October 30: Rank day
Monday, December 14: Effective
Friday, February 13: Cut-off for the survey
"""
    dates, _ = stated_dates(_read(text), None)
    assert [one.review for one in dates] == ["2026-06", "2026-06", "2026-12", "2026-12", None]


_DAYS_OF_2023 = [
    ("Rank day", "Friday, April 28, 2023", "rank_day", None),
    ("Preliminary lists", "Friday, May 19, 2023", "preliminary_lists", None),
    ("Updated lists", "Friday, May 26, June 2, June 9 and June 16, 2023", "updated_lists", None),
    ("Lock-down period", "Monday, June 5, 2023", "lock_down", None),
    ("Reconstitution final", "Friday, June 23, 2023 after the close", "implementation", "after_close"),
    ("Newly reconstituted indexes effective", "Monday, June 26, 2023 at the open", "effective", "open"),
]


@pytest.mark.parametrize("labels", ["above", "below"])
@pytest.mark.parametrize("blank", ["", "\n"])
def test_dates_alone_on_lines_belong_to_labels_all_above_or_all_below(labels: str, blank: str) -> None:
    """However wide the lines are: the widest of them would pass for the first of a paragraph."""
    entries = [f"{label}\n{day}" if labels == "above" else f"{day}\n{label}" for label, day, *_ in _DAYS_OF_2023]
    text = "Russell US Indexes\n2023 Annual Reconstitution Schedule\n\n" + f"\n{blank}".join(entries) + "\n"
    dates, notes = stated_dates(_read(text), None)
    assert not notes
    expected = [(event, moment) for _, _, event, moment in _DAYS_OF_2023]
    expected[2:3] *= 4
    assert [(date.event, date.moment) for date in dates] == expected


def test_date_over_two_labels_belongs_to_both() -> None:
    """The second label would pass for a heading, and name the event of the next date, whose own label was lost."""
    text = """Annual reconstitution 2014

Reconstitution schedule

June 13

Preliminary additions and deletions to all indexes published after 3:00 p.m. PST

June 27

Updates to the list of additions and deletions

Reconstitution final after the close of the U.S. markets

June 30

Final membership lists posted for the broad market, large, small, mid and microcap indexes, and the global index of all states

Research
"""
    assert [(event, day) for event, _, day, *_ in _stated(text)] == [
        ("preliminary_lists", "2014-06-13"),
        ("updated_lists", "2014-06-27"),
        ("implementation", "2014-06-27"),
        ("final_lists", "2014-06-30"),
    ]


def test_dates_that_run_into_each_other_belong_to_one_entry() -> None:
    """A web page that loses what stands between two dates lost all but the first."""
    dates, _ = stated_dates(
        _read("2024 Russell Reconstitution schedule\n- Friday, May 31stJune 7th, 14th – Updated lists\n"), None
    )
    assert [(date.event, f"{date.starts_on:%m-%d}") for date in dates] == [
        ("updated_lists", day) for day in ("05-31", "06-07", "06-14")
    ]


@pytest.mark.parametrize(
    ("sentence", "events"),
    [
        ("On Friday, May 31st, June 7th and 14th, updated membership lists are posted.", ["updated_lists"] * 3),
        (
            "Friday, May 31 st , June 7 th and 14 th – preliminary lists (reflecting any updates).",
            ["updated_lists"] * 3,
        ),
        (
            "On May 31st and June 7th the lists are updated, and June 14th is lock-down.",
            ["updated_lists"] * 2 + ["lock_down"],
        ),
        ("On May 31st, June 7th is announced, and June 14th is lock-down.", [None, "announcement", "lock_down"]),
    ],
)
def test_text_after_a_list_of_dates_applies_to_all(sentence: str, events: list[str | None]) -> None:
    text = f"2024 Russell Reconstitution schedule\n\nThis is the plan of the year, in a few words. {sentence}\n"
    dates, _ = stated_dates(_read(text), None)
    assert [date.event for date in dates] == events


def test_columns_of_reviews_set_one_below_the_other_name_no_review() -> None:
    """Of a table whose cells became lines, the last head would be taken for the heading of all."""
    text = """Index additions: review calendar 2018

2018 Third-quarter additions

2018 Fourth-quarter additions

Rank date

17-Aug-2018

16-Nov-2018

Effective date

21-Sep-2018

21-Dec-2018
"""
    dates, notes = stated_dates(_read(text), None)
    assert {date.review for date in dates} == {None}
    assert len([note for note in notes if "no review is named" in note.message]) == len(dates) == 4


@pytest.mark.parametrize("blank", ["", "\n"])
def test_heading_of_a_second_review_is_no_part_of_the_last_row(blank: str) -> None:
    table = "{} reconstitution\n" + "".join(
        f"{day:30}{label}\n"
        for day, label in (
            ("Thursday, {}", "Rank day"),
            ("Friday, {}", "Reconstitution final"),
            ("Monday, {}", "Effective at the open"),
        )
    )
    june, december = ("30 April", "26 June", "29 June"), ("29 October", "11 December", "14 December")
    text = "Russell US Indexes 2026 reconstitution schedule\n\n" + "\n".join(
        table.format(name, *days).replace("n\n", f"n\n{blank}", 1)
        for name, days in (("June", june), ("December", december))
    )
    assert [(event, review) for event, review, *_ in _stated(text)] == [
        (event, review) for review in ("2026-06", "2026-12") for event in ("rank_day", "implementation", "effective")
    ]


_ALIGNED = """REVIEW CALENDAR 2025

Event                          March 2025            June 2025             September 2025        December 2025
Rank day                       31 Jan 2025           30 Apr 2025           31 Jul 2025           31 Oct 2025
Preliminary membership         14 Feb 2025           23 May 2025           22 Aug 2025           21 Nov 2025
  lists (after close)
Update of the lists            n/a                   30 May 2025           -                     TBC
Query window                   17 Feb - 28 Feb 2025  23 May - 6 Jun 2025   25 Aug - 5 Sep 2025   24 Nov - 5 Dec 2025
Final lists                    7 Mar 2025            31 Jun 2025           5 Sep 2025            see note
Coffee with the team           1 Mar 2025            N/A                   N/A                   N/A

Note: subject to change.
"""


def test_columns_of_spaces_are_read_and_their_faults_noted() -> None:
    """Runs of spaces divide columns; an impossible date, a cell without one and an unknown label are reported."""
    dates, notes = stated_dates(_read(_ALIGNED), None)
    assert [event for event, *_ in _said(dates)] == [
        *["rank_day"] * 4, *["preliminary_lists"] * 4, "updated_lists", *["query_period"] * 4, *["final_lists"] * 2, None,
    ]  # fmt: skip
    assert [d.review for d in dates if d.event == "final_lists"] == ["2025-03", "2025-09"]
    assert {(d.label, d.moment) for d in dates if d.event == "preliminary_lists"} == {
        ("Preliminary membership lists (after close)", "after_close")
    }
    assert [(note.severity, note.line) for note in notes] == [("warning", 9), ("warning", 9), ("warning", 10)]
    assert "31 Jun 2025" in notes[0].message
    assert "see note" in notes[1].message
    assert "names no event" in notes[2].message


_ARRANGEMENTS = {
    "reviews in rows": """Index review dates 2024

Review\tRank day\tQuery period\tEffective date
March 2024\t1/31/2024\t2/19/2024 to 3/1/2024\t3/18/2024
""",
    "reviews in rows, columns of spaces": """Index review dates 2024

Review      Rank day    Query period          Effective date
March 2024  2024-01-31  19 Feb - 1 March 2024  March 18, 2024
""",
    "pipes": """# Quarterly review March 2024: key dates

| Date                   | What     |
|------------------------|----------|
| 31 January 2024        | Rank day |
| 19 February to 1 March | Queries  |

Effective: Monday 18 March 2024
""",
    "labels first": """Review of March 2024: timetable

Rank day - Wednesday 31 January 2024 (close)
Query period: 19 February 2024 to 1 March 2024
- Effective date: 18 March 2024
""",
    "dates on lines of their own": """Quarterly review March 2024 schedule

Wednesday 31 January 2024

Rank day

19 February 2024 to 1 March 2024

Query period

18 March 2024

Effective at the open
""",
    "events as headings": """Index reviews 2024: schedule

Rank day

March 2024: 31 January 2024

Query period

March 2024: 19 February 2024 to 1 March 2024

Effective

March 2024: 18 March 2024
""",
}


@pytest.mark.parametrize("text", _ARRANGEMENTS.values(), ids=_ARRANGEMENTS)
def test_other_arrangements_are_read(text: str) -> None:
    """The same three dates are read from rows, columns, entries and headings in any order."""
    assert _stated(text) == [
        ("rank_day", "2024-03", "2024-01-31", None),
        ("query_period", "2024-03", "2024-02-19", "2024-03-01"),
        ("effective", "2024-03", "2024-03-18", None),
    ]


@pytest.mark.parametrize("width", range(28, 100, 6))
def test_lines_may_break_anywhere(width: int) -> None:
    """A text file wrapped at any width states the same dates, each at the line where it begins."""
    paragraphs = (
        "Annual reconstitution 2024",
        "The lists were drawn up early this year. The reconstitution takes place after the close on Friday 28 June 2024.",
        "Tuesday 30 April 2024: Rank day. The size of every company decides whether it is large.",
        "Friday 17 May 2024: Preliminary shares are given out. The same table is sent daily until 7 June 2024.",
    )
    text = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs)
    lines = _read(text)
    dates, _ = stated_dates(lines, None)
    assert _said(dates) == [
        ("implementation", "2024-06", "2024-06-28", None),
        ("rank_day", "2024-06", "2024-04-30", None),
        ("preliminary_shares", "2024-06", "2024-05-17", None),
        ("preliminary_shares", "2024-06", "2024-05-17", "2024-06-07"),
    ]
    assert all(d.stated_text.split()[0] in lines[d.line - 1].text for d in dates)


@pytest.mark.parametrize("width", range(40, 130, 3))
def test_wrapped_sentence_that_ends_in_a_date_is_no_entry(width: int) -> None:
    """Wherever the lines break, a date is of the words before it, and of the review that they speak of."""
    paragraphs = (
        "Schedule of the 2026 reconstitutions",
        "The rank day of the June 2026 reconstitution is Thursday, April 30, 2026. Preliminary lists are published on "
        "May 22, 2026. Updated lists are published after the close on Friday, May 29, 2026 and Friday, June 5, 2026, as "
        "ever. The lock-down period begins on Monday, June 8, 2026.",
        "The rank day of the December 2026 reconstitution is Friday, October 30, 2026. Preliminary lists are published "
        "on November 13, 2026. The lock-down period begins on Monday, November 30, 2026.",
    )
    assert _stated("\n\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs) + "\n") == [
        ("rank_day", "2026-06", "2026-04-30", None),
        ("preliminary_lists", "2026-06", "2026-05-22", None),
        ("updated_lists", "2026-06", "2026-05-29", None),
        ("updated_lists", "2026-06", "2026-06-05", None),
        ("lock_down", "2026-06", "2026-06-08", None),
        ("rank_day", "2026-12", "2026-10-30", None),
        ("preliminary_lists", "2026-12", "2026-11-13", None),
        ("lock_down", "2026-12", "2026-11-30", None),
    ]


def test_dates_of_a_list_in_a_sentence_have_one_event() -> None:
    """Unless words after one say what it is."""
    text = "Reconstitution 2023\n\nUpdated lists follow on May 26, June 2, 9 and 16, and June 19 is the lock-down of all.\n"
    assert [(event, day[5:]) for event, _, day, _ in _stated(text)] == [
        *(("updated_lists", day) for day in ("05-26", "06-02", "06-09", "06-16")),
        ("lock_down", "06-19"),
    ]


def test_entry_that_begins_with_several_dates_is_separate_from_the_one_above() -> None:
    text = "Reconstitution 2019\n\nMay 10, 2019: Rank day\nJune 14, 2019 and Friday, June\n21, 2019: Updated lists\n"
    (_, first), *others = [(day, event) for event, _, day, _ in _stated(text)]
    assert first == "rank_day"
    assert "rank_day" not in [event for _, event in others]


@pytest.mark.parametrize(
    "text",
    [
        "Rank day: May 10, 2019 (previously May 3, 2019)\nLock-down: June 17, 2019 (was June 10)\n",
        "Rank day is on May 10, 2019 instead of May 3, 2019. Lock-down begins on June 17, 2019, moved from June 10.\n",
        "Event\tOld date\tNew date\nRank day\tMay 3, 2019\tMay 10, 2019\nLock-down\tJune 10, 2019\tJune 17, 2019\n",
    ],
)
def test_former_dates_are_noted_and_not_read(text: str) -> None:
    dates, notes = stated_dates(_read(f"Reconstitution 2019\n\n{text}"), None)
    assert [(event, day[5:]) for event, _, day, _ in _said(dates)] == [("rank_day", "05-10"), ("lock_down", "06-17")]
    assert ["May 3" in notes[0].message, "June 10" in notes[1].message, len(notes)] == [True, True, 2]
    assert all(note.message.endswith("holds no more, by its own words") for note in notes)


def test_columns_of_years_hold_the_dates_of_their_reviews() -> None:
    text = "Reconstitution 2019\n\nEvent\t2018\t2019\nRank day\tMay 11\tMay 10\n"
    assert _stated(text) == [("rank_day", "2018-06", "2018-05-11", None), ("rank_day", "2019-06", "2019-05-10", None)]


@pytest.mark.parametrize(
    "entry",
    [
        "{n}. {label}: {day}",
        "{n}) {day}: {label}",
        "{n}. {day} ({moment}) {label}",
        "Week {n}: {day} ({moment}) {label}",
        "{day} ({moment}) {label}",
        "{label} ............ {day}",
        "- {label} . . . . . . {day}",
    ],
)
def test_entry_may_be_numbered_led_or_say_the_moment_before_its_label(entry: str) -> None:
    said = (
        ("Friday 10 May 2019", "close", "Rank day"),
        ("Friday 7 June 2019", "after close", "Preliminary lists"),
        ("Monday 1 July 2019", "open", "Rebalanced indexes begin"),
    )
    entries = [entry.format(n=n, day=day, moment=moment, label=label) for n, (day, moment, label) in enumerate(said, 1)]
    dates, notes = stated_dates(_read("\n".join(["Reconstitution 2019", "", *entries, ""])), None)
    assert [(d.event, d.line) for d in dates] == [("rank_day", 3), ("preliminary_lists", 4), ("effective", 5)]
    assert [d.moment for d in dates] == (["close", "after_close", "open"] if "moment" in entry else [None] * 3)
    assert notes == []


def test_weekly_entry_is_read() -> None:
    text = "Reconstitution 2023\n\nApril 28: Rank day\nFridays, May 26th, June 2nd, 9th and 16th - Updated lists\n"
    assert [(event, day[5:]) for event, _, day, _ in _stated(text)] == [
        ("rank_day", "04-28"),
        *(("updated_lists", day) for day in ("05-26", "06-02", "06-09", "06-16")),
    ]


def test_date_set_wide_is_no_row_of_columns() -> None:
    """Else the label below it were taken for the rest of its row, and each date for that of the next event."""
    pairs = (
        ("Rank day", "28 April 2023"), ("Preliminary lists", "19 May     2023"), ("News", "26 May,     2 June 2023"),
        ("Lock-down", "5 June 2023"), ("Effective", "26 June 2023"),
    )  # fmt: skip
    text = "\n".join(["Reconstitution 2023", "", *(line for pair in pairs for line in pair), ""])
    assert ("preliminary_lists", "2023-06", "2023-05-19", None) in _stated(text)
    assert ("lock_down", "2023-06", "2023-06-05", None) in _stated(text)


def test_schedule_without_a_year_takes_that_of_the_caller_with_a_note() -> None:
    """A year that nothing prints is never guessed."""
    text = "Reconstitution timetable\n\nFriday 10 May: Rank day\n"
    dates, notes = stated_dates(_read(text), None)
    assert (dates, [note.severity for note in notes]) == ([], ["warning"])
    assert _stated(text, 2019) == [("rank_day", "2019-06", "2019-05-10", None)]


def test_last_day_of_a_span_on_another_weekday_is_noted() -> None:
    """The weekday of the start is kept with the date, so that of the end must not be lost."""
    dates, notes = stated_dates(
        _read("Reconstitution 2019\n\nFriday 24 May to Monday 14 June 2019: Query period\n"), None
    )
    assert [d.weekday for d in dates] == ["Friday"]
    assert notes == [Note("warning", "Query period: 'Friday 24 May to Monday 14 June 2019' ends on a Friday", 1, 3)]


@pytest.mark.parametrize(
    ("label", "event"),
    [
        ("Index rebalance market capitalisation data cut-off", "rank_day"),
        ("Rank and cut-off day for new information", "rank_day"),
        ("ICB classification cut off", "icb_cutoff"),
        ("Industry changes announced", "icb_announcement"),
        ("IPO market cap cut-off", "ipo_market_cap_cutoff"),
        ("Market capitalisation date used for IPO eligibility", "ipo_market_cap_cutoff"),
        ("Initial offering period", "ipo_window"),
        ("Free float and shares cut-off", "shares_float_cutoff"),
        ("Price cut-off date", "price_cutoff"),
        ("Preliminary shares in issue and free float", "preliminary_shares"),
        ("Release of preliminary index membership files", "preliminary_lists"),
        ("Preliminary additions and deletions posted", "preliminary_lists"),
        ("Preliminary lists (reflecting any updates)", "updated_lists"),
        ("Updated preliminary files", "updated_lists"),
        ("Preliminary membership lists updated", "updated_lists"),
        ("Preliminary adds and deletes are updated", "updated_lists"),
        ("Preliminary membership updates", "updated_lists"),
        ("Preliminary lists and updates", "preliminary_lists"),
        ("Preliminary lists posted, to be updated weekly", "preliminary_lists"),
        ("Final files: additions and deletions", "final_lists"),
        ("Lock-down period begins, lists are considered final", "lock_down"),
        ("Lockdown", "lock_down"),
        ("Query window", "query_period"),
        ("Enquiry period", "query_period"),
        ("Rankings determined", "rank_day"),
        ("Completion of the reconstitution", "implementation"),
        ("Indexes rebalanced after the close", "implementation"),
        ("Indicative review products", "indicative_products"),
        ("Announce date", "announcement"),
        ("The reconstitution is final after the close of the market", "implementation"),
        ("Reconstitution final", "implementation"),
        ("Review implementation", "implementation"),
        ("Markets open with newly reconstituted indexes", "effective"),
        ("Review effective date (open of)", "effective"),
        ("Rebalanced indices go live", "effective"),
        ("Reconstituted indexes take effect", "effective"),
        ("No further re-ranking", None),
        ("Holiday", None),
    ],
)
def test_event_named_by_labels(label: str, event: str | None) -> None:
    assert event_named(label) == event


@pytest.mark.parametrize(
    ("text", "year", "review"),
    [
        ("Quarterly IPO March 2022", None, "2022-03"),
        ("Annual Reconstitution June 2022", None, "2022-06"),
        ("2022 First-quarter additions", None, "2022-03"),
        ("2022 Third-quarter additions", None, "2022-09"),
        ("Fourth quarter additions", 2022, "2022-12"),
        ("Q3 2024 review", None, "2024-09"),
        ("1Q2025 IPO additions", None, "2025-03"),
        ("Q4'25 review", None, "2025-12"),
        ("Q10 review", 2025, None),
        ("June review", 2022, "2022-06"),
        ("Annual Reconstitution 2019", None, "2019-06"),
        ("the 2019 reconstitution", None, "2019-06"),
        ("Reconstitution schedule, March 2024", None, "2024-06"),
        ("Reconstitution 2026", None, None),
        ("December reconstitution", 2026, "2026-12"),
        ("Review schedule 2022", None, None),
        ("Reviews in March, June and September 2022", None, None),
        ("June review", None, None),
        ("March 2022", None, None),
    ],
)
def test_review_named_by_texts(text: str, year: int | None, review: str | None) -> None:
    """One review or none: a heading that names several, or a year with two reconstitutions, settles nothing."""
    assert review_named(text, year) == review


def test_review_named_takes_a_bare_month_only_as_a_heading() -> None:
    assert review_named("March 2022", bare=True) == "2022-03"
    assert review_named("May 2022", bare=True) is None


@pytest.mark.parametrize("number", ["002", "003"])
def test_is_schedule_accepts_published_schedules(number: str) -> None:
    (path,) = (real_documents() / "seeds").glob(f"{number}_*.txt")
    assert is_schedule(read_text(path.read_bytes()))


@pytest.mark.parametrize("number", ["000", "001"])
def test_is_schedule_rejects_lists(number: str) -> None:
    (path,) = (real_documents() / "seeds").glob(f"{number}_*.txt")
    assert not is_schedule(read_text(path.read_bytes()))


@pytest.mark.parametrize(
    "text",
    [
        "Reconstitution\nCompany\tSymbol\n" + "ACME CORP\tACM\n" * 50 + "June 28, 2019\n",
        "Rank day is 10 May 2019, the lock-down 17 June 2019. Best wishes.",
        "Annual Reconstitution 2019\n\nDates will follow.\n",
        "",
    ],
)
def test_is_schedule_rejects_dates_alone(text: str) -> None:
    """A list with a dated footer, a letter that mentions a review, a title without dates."""
    assert not is_schedule(read_text(text.encode()))


_PIECES = (
    *(
        "Friday ",
        "10 ",
        "May ",
        "2022",
        " to ",
        " - ",
        ",",
        ".",
        "N/A",
        "(",
        "**",
        "\t",
        "   ",
        "| ",
        "\n",
        "\n\n",
        "\f",
    ),
    *("Rank day", "Lock-down", "Date", "Timetable:", "5.1 ", "© 2022 ", "Contents", "March 2022", "until ", "the "),
)


@settings(max_examples=150, deadline=timedelta(seconds=5))
@given(st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))
def test_line_account_and_dates_accept_any_text(text: str) -> None:
    """Each line gets one role, spans run forward, and places are those of lines."""
    lines = _read(text)
    assert all(line.role in set(Role) - {Role.REJECTED} for line in lines)
    dates, notes = stated_dates(lines, 2022)
    stated_rules(lines, 2022)
    places = {(line.page, line.number) for line in lines}
    assert {(each.page, each.line) for each in (*dates, *notes)} <= places
    assert all(d.ends_on is None or d.ends_on >= d.starts_on for d in dates)
