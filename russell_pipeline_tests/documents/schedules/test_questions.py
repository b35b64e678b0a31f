"""Frequently asked questions and their matrices: an answer is of its own question, and a column of its own indexes."""

from __future__ import annotations

import io
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline_tests.documents.schedules.random_schedules import as_pdf

_ASKED = (
    (
        "Why are the indexes reconstituted every year?",
        "Markets change, and indexes with them. That was so in 1984 and is so now.",
    ),
    ("When is rank day?", "On Friday, May 10, 2019. In 2018 it was May 11, 2018."),
    (
        "When will preliminary lists of additions and deletions of all the indexes of the family be published?",
        "On June 7, 2019 in the evening. Updates follow weekly, on June 14 and June 21.",
    ),
    ("When does the lock-down begin?", "June 17, 2019."),
    ("What happens if a company is suspended?", "It stays as it was on June 13, 2019."),
    ("When do the changes take effect?", "After the close on June 28, 2019."),
    ("When are the newly reconstituted indexes effective?", "They will be so from the open on July 1, 2019."),
)
_ANSWERED = [
    ("rank_day", "2019-05-10", None),
    (None, "2018-05-11", None),
    ("preliminary_lists", "2019-06-07", None),
    ("updated_lists", "2019-06-14", None),
    ("updated_lists", "2019-06-21", None),
    ("lock_down", "2019-06-17", None),
    (None, "2019-06-13", None),
    ("implementation", "2019-06-28", "after_close"),
    ("effective", "2019-07-01", "open"),
]
# How a question and its answer begin.
_MARKS = {
    "letters": ("Q: ", "A: "),
    "letters and numbers": ("Q{n}. ", "A{n}. "),  # Q4 is no quarter
    "numbers": ("{n}. ", ""),
    "none": ("", ""),
}


def _rows(text: str, typeset: bool = False) -> list[tuple[object, object, object]]:
    document = parse_document(as_pdf(text, 5) if typeset else text.encode())
    assert document.reason is None
    rows = list(document_rows(document))
    assert {row["review"] for row in rows} == {"2019-06"}
    return [(row["event"], str(row["starts_on"]), row["moment"]) for row in rows]


@pytest.mark.parametrize("typeset", [False, True])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize("width", [50, 72, 110])
@pytest.mark.parametrize("marks", _MARKS.values(), ids=_MARKS)
def test_answers_are_dates_of_their_questions(marks: tuple[str, str], width: int, between: str, typeset: bool) -> None:
    """A date beside the answer, such as that of an earlier year, has no event."""
    asked, answered = marks
    text = "\n\n".join(
        textwrap.fill(asked.format(n=n) + question, width)
        + between
        + textwrap.fill(answered.format(n=n) + answer, width)
        for n, (question, answer) in enumerate(_ASKED, 1)
    )
    assert _rows(f"Reconstitution 2019: frequently asked questions\n\n{text}\n", typeset) == _ANSWERED


@pytest.mark.parametrize("typeset", [False, True])
def test_table_of_questions_and_answers_is_read(typeset: bool) -> None:
    rows = "\n".join("\t".join(pair) for pair in _ASKED)
    found = _rows(f"Reconstitution 2019: frequently asked questions\n\nQuestion\tAnswer\n{rows}\n", typeset)
    assert [row for row in found if row[0]] == [row for row in _ANSWERED if row[0]]


@pytest.mark.parametrize("widths", [(150, 260), (200, 200), (120, 330)])
@pytest.mark.parametrize("align", ["TOP", "MIDDLE"])
@pytest.mark.parametrize("size", [9, 11])
def test_wrapped_answers_beside_their_questions_are_refused_by_name(
    size: int, align: str, widths: tuple[int, int]
) -> None:
    """Nothing tells which lines of an answer are of which question."""
    style = ParagraphStyle("cell", fontName="Helvetica", fontSize=size, leading=1.2 * size)
    title = Paragraph("Reconstitution 2019: frequently asked questions", style)
    rows = [[Paragraph(text, style) for text in pair] for pair in (("Question", "Answer"), *_ASKED)]
    out = io.BytesIO()
    SimpleDocTemplate(out).build([title, Table(rows, colWidths=widths, style=[("VALIGN", (0, 0), (-1, -1), align)])])
    document = parse_document(out.getvalue())
    assert (document.reason or "").startswith("sets questions and their answers side by side, on several lines each")


@pytest.mark.parametrize(
    ("asked", "answered", "events"),
    [
        ("When are the preliminary and the final lists published?", "On June 7, 2019 and June 21, 2019.", [None, None]),
        ("When is rank day?", "Last year it was May 11. Now it is held on May 9, 2019.", [None, None]),
        ("Why does the lock-down matter?", "The holiday is on June 19, 2019.", [None]),
        ("When is rank day?", "Have a look. Is it on June 5, 2019? No, on May 9, 2019.", [None, None]),
    ],
)
def test_answer_that_may_be_of_something_else_has_no_event(asked: str, answered: str, events: list[str | None]) -> None:
    text = (
        "Reconstitution 2019: frequently asked questions\n\nRank day: May 10\nLock-down: June 17\nEffective: July 1\n\n"
    )
    assert [event for event, _, _ in _rows(f"{text}Q: {asked}\nA: {answered}\n")[3:]] == events


_STEPS = (
    ("Rank day", "10 May 2019", "29 March 2019"),
    ("Preliminary lists", "7 June 2019", "N/A"),
    ("Lock-down (at the open)", "17 June 2019", "3 June 2019"),
    ("Implementation (after the close)", "28 June 2019", "21 June 2019"),
    ("Effective (at the open)", "1 July 2019", "24 June 2019"),
)
_US = [
    ("rank_day", "2019-05-10", None),
    ("preliminary_lists", "2019-06-07", None),
    ("lock_down", "2019-06-17", "open"),
    ("implementation", "2019-06-28", "after_close"),
    ("effective", "2019-07-01", "open"),
]


def _matrix(*heads: str) -> str:
    rows = [
        ("Step", *heads),
        *((label, *(us if "US" in head else other for head in heads)) for label, us, other in _STEPS),
    ]
    return "\n".join("\t".join(row) for row in rows)


@pytest.mark.parametrize("typeset", [False, True])
@pytest.mark.parametrize("heads", [("Russell US Indexes", "Russell Global Indexes"), ("FTSE GEIS", "Russell US")])
def test_columns_of_other_families_are_left_out(heads: tuple[str, str], typeset: bool) -> None:
    text = f"Reconstitution 2019: frequently asked questions\n\n{_matrix(*heads)}\n"
    assert _rows(text, typeset) == _US


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["Helvetica", "Times-Roman"]),
    st.sampled_from([8, 9, 10]),
    st.sampled_from(["TOP", "MIDDLE"]),
    st.permutations(["Russell US Indexes", "FTSE Global Equity Index Series (GEIS)"]),
    st.sampled_from([(130, 85), (180, 100)]),
)
def test_typeset_columns_of_other_families_are_left_out(
    font: str, size: int, align: str, heads: list[str], widths: tuple[int, int]
) -> None:
    """Heads wrap, and days of the same width would pass for typewriter type, whose columns are elsewhere."""
    style = ParagraphStyle("cell", fontName=font, fontSize=size, leading=1.2 * size)
    body = [[Paragraph(cell, style) for cell in row.split("\t")] for row in _matrix(*heads).splitlines()]
    table = Table(body, colWidths=[widths[0], widths[1], widths[1]], style=[("VALIGN", (0, 0), (-1, -1), align)])
    title = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=20, spaceAfter=10)
    out = io.BytesIO()
    SimpleDocTemplate(out).build([Paragraph("Reconstitution 2019: frequently asked questions", title), table])
    document = parse_document(out.getvalue())
    assert [(row["event"], str(row["starts_on"]), row["moment"]) for row in document_rows(document)] == _US


def test_rows_of_other_families_are_left_out() -> None:
    rows = [
        ("Index", *(label for label, *_ in _STEPS)),
        ("Russell 3000 Index", *(us for _, us, _ in _STEPS)),
        ("Russell Global Index", *(other for *_, other in _STEPS)),
    ]
    text = "\n".join("\t".join(row) for row in rows)
    assert _rows(f"Reconstitution schedule 2019\n\n{text}\n") == _US


def test_dates_marked_for_other_families_alone_are_left_out() -> None:
    rows = ["Date\tEvent\tRussell US\tRussell Global", *(f"{us}\t{label}\tX\t" for label, us, _ in _STEPS)]
    rows += [f"{other}\t{label}\t\tX" for label, _, other in _STEPS if other != "N/A"]
    assert _rows("Reconstitution schedule 2019\n\n" + "\n".join(rows) + "\n") == _US


def test_dates_that_differ_between_indexes_have_no_event() -> None:
    table = "Event\tRussell 3000\tRussell Microcap\nRank day\t10 May 2019\t10 May 2019\n"
    table += "Preliminary lists\t7 June 2019\t14 June 2019\n"
    table += "Lock-down\t17 June 2019\t17 June 2019\nEffective\t1 July 2019\t1 July 2019\n"
    found = _rows(f"Reconstitution schedule 2019\n\n{table}")
    assert [(event, day) for event, day, _ in found if event is None or event == "rank_day"] == [
        ("rank_day", "2019-05-10"),
        ("rank_day", "2019-05-10"),
        (None, "2019-06-07"),
        (None, "2019-06-14"),
    ]
