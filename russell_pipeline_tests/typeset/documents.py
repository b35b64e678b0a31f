"""The documents that a fresh clone runs on: published facts, in `facts/`, typeset anew under their file names."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from russell_pipeline_tests.typeset.layout import Layout, PdfLayout, Row, TextLayout
from russell_pipeline_tests.typeset.lists import make_list

FACTS = Path(__file__).parent / "facts"
CREDIT = "Typeset by russell_pipeline from published facts; not a publication of FTSE Russell"

_TITLES = ("Russell US Indexes", "Reconstitution {year}", "{index} Index - {changes}")


def microcap_deletions_2020() -> bytes:
    """The Russell Microcap deletions of 2020 (RGS sectors; neither preliminary nor final is said), as PDF."""
    layout = PdfLayout(
        index_code="RMICRO",
        change="deletion",
        review_year=2020,
        taxonomy="RGS",
        head=("Company", "Symbol", "Sector"),
        titles=_TITLES,
        registered="none",
        footers=(CREDIT,),
        columns=((38, 242, 363),),
        font_size=8,
        pitch=12.2,
        rows_per_column=46,
        ruled=True,
        compress=False,
    )
    return make_list(layout, _rows("microcap-deletions-2020", layout))


def microcap_additions_2023() -> bytes:
    """The preliminary Russell Microcap additions of 2023 (ICB industries), as text read from the right."""
    layout = TextLayout(
        index_code="RMICRO",
        change="addition",
        status="preliminary",
        review_year=2023,
        taxonomy="ICB",
        head=("Company", "Symbol", "Industry"),
        titles=_TITLES,
        title_on="last",
        registered="none",
        footers=("{status} index {adds}",),
        separator="space",
        blank_between=True,
        rows_per_column=49,
    )
    return make_list(layout, _rows("microcap-additions-2023", layout)) + f"{CREDIT}\n".encode()


def russell_3000(day: date) -> bytes:
    """The members of the Russell 3000 after the reconstitution that is effective on a day, in two pairs of columns, as PDF."""
    layout = PdfLayout(
        as_of=day,
        review_year=day.year,
        date_form="July 01, 2019",
        titles=("Russell US Indexes", "Membership list", "{index} Index"),
        registered="none",
        footers=("As of {date}", CREDIT),
        rows_per_column=48,
    )
    return make_list(layout, _rows(f"russell-3000-{day.year}", layout))


def reconstitution_2019() -> bytes:
    """The dates of the annual reconstitution of 2019: a timetable and a tab-separated summary, as text."""
    facts = _facts("reconstitution-2019")
    lines = [
        f"Russell US Indexes - Annual Reconstitution {facts['year']}",
        f"{facts['dated']:%d %B %Y}",
        "Timetable:",
        *(f"{_span(entry['date'], '%A %d %B', ' %Y')}: {entry['label']}" for entry in facts["timetable"]),
        "Summary:",
        "\n".join(
            ["Date\tAction", *(f"{_span(entry['date'], '%A %d %B')}\t{entry['label']}" for entry in facts["summary"])]
        ),
        CREDIT,
    ]
    return ("\n\n".join(lines) + "\n").encode()


def review_schedule_2022() -> bytes:
    """The dates of the reviews of 2022: a table of events by reviews, its cells wrapped, and the IPO table, as PDF."""
    facts = _facts("review-schedule-2022")
    ipo = facts["ipo"]
    table = [["", *facts["reviews"]], *([row["label"], *map(_printed, row["dates"])] for row in facts["table"])]
    story: list[Flowable] = [
        Paragraph("Russell US Equity Indexes", _style(9)),
        Paragraph(f"Review Schedule {facts['year']}", _style(20, "Helvetica-Bold")),
        Spacer(0, 12),
        _table(table, (136, 100, 100, 100, 100)),
        Spacer(0, 24),
        Paragraph(ipo["title"], _style(11, "Helvetica-Bold")),
        Spacer(0, 8),
        _table([ipo["head"], *(list(map(_printed, row)) for row in ipo["rows"])], (96, 140, 100, 100, 100)),
        Spacer(0, 4),
        *(Paragraph(note, _style(8)) for note in ipo["notes"]),
    ]
    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=LETTER,
        leftMargin=36,
        rightMargin=36,
        topMargin=40,
        bottomMargin=56,
        title=f"Review Schedule {facts['year']}",
        invariant=True,
        pageCompression=0,
    ).build(story, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "microcap-additions-2023.txt": microcap_additions_2023,
    "microcap-deletions-2020.pdf": microcap_deletions_2020,
    "reconstitution-2019.txt": reconstitution_2019,
    "review-schedule-2022.pdf": review_schedule_2022,
    "russell-3000-2016.pdf": lambda: russell_3000(date(2016, 6, 27)),
    "russell-3000-2019.pdf": lambda: russell_3000(date(2019, 7, 1)),
}


def _rows(name: str, layout: Layout) -> list[Row]:
    """The rows of a list; the file's column heads are those of the layout."""
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    if tuple(head) != layout.head:
        raise ValueError(f"{name}.csv has the columns {head}, not {layout.head}")
    return [Row(*row) for row in rows]


def _facts(name: str) -> Any:
    return yaml.safe_load((FACTS / f"{name}.yaml").read_text(encoding="utf-8"))


def _span(when: date | Sequence[date], form: str, year: str = "") -> str:
    """A date, or "from to to" of two with the year behind the second."""
    if isinstance(when, date):
        return when.strftime(form + year)
    return f"{when[0].strftime(form)} to {when[1].strftime(form + year)}"


def _printed(cell: Any) -> str:
    """A cell of a table: text as it is, a date as "6 May 2022", a span of two, N/A for none."""
    if cell is None:
        return "N/A"
    if isinstance(cell, date):
        return f"{cell.day} {cell:%B %Y}"
    return cell if isinstance(cell, str) else " to ".join(map(_printed, cell))


def _style(size: float, font: str = "Helvetica") -> ParagraphStyle:
    return ParagraphStyle(font, fontName=font, fontSize=size, leading=1.2 * size)


def _table(cells: Sequence[Sequence[str]], widths: Sequence[float]) -> Table:
    head, *rows = cells
    body = [
        [Paragraph(cell, _style(8, "Helvetica-Bold")) for cell in head],
        *([Paragraph(cell, _style(8)) for cell in row] for row in rows),
    ]
    lines = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    return Table(body, colWidths=widths, repeatRows=1, style=TableStyle(lines))


def _foot(canvas: Canvas, _: SimpleDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(36, 34, CREDIT)
    canvas.drawRightString(LETTER[0] - 36, 34, str(canvas.getPageNumber()))
