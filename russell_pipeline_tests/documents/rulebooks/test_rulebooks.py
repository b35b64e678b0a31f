"""Ground rules become clauses whose hashes change with their words only, and facts that name their clause."""

from __future__ import annotations

import hashlib
import io
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer

from russell_pipeline.documents.model import Line, Page, Role
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline.documents.rulebooks.clauses import (
    Clause,
    account_ground_rules,
    clauses,
    joined_text,
    looks_like_ground_rules,
)
from russell_pipeline.documents.rulebooks.facts import Leg, RulebookFact, rulebook_facts
from russell_pipeline.documents.text import read_text
from russell_pipeline_tests.conftest import real_documents


def _pages(source: str | bytes) -> list[Page]:
    if isinstance(source, bytes) and source.startswith(b"%PDF"):
        with PdfReader(source) as reader:
            return reader.pages()
    return read_text(source.encode() if isinstance(source, str) else source)


def _lines(source: str | bytes) -> list[Line]:
    pages = _pages(source)
    account_ground_rules(pages)
    return [line for page in pages for line in page.lines]


def _clauses(source: str | bytes) -> dict[str, Clause]:
    found = clauses(_lines(source))
    assert len({clause.clause for clause in found}) == len(found)
    return {clause.clause: clause for clause in found}


def _facts(source: str | bytes) -> dict[str, RulebookFact]:
    lines = _lines(source)
    return {fact.name: fact for fact in rulebook_facts(clauses(lines), lines)}


# --- the published ground rules ---------------------------------------------------------------------------------------


def _seed(number: str = "004") -> bytes:
    (path,) = (real_documents() / "seeds").glob(f"{number}_*.txt")
    return path.read_bytes()


def test_clauses_of_the_published_ground_rules() -> None:
    """Sections, clauses on two and three levels, bulleted ones and the appendix, in order, with their lines."""
    found = _clauses(_seed())
    assert " ".join(found) == (
        "1 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 2 2.1 2.1.1 2.1.2 2.2 2.2.1 2.2.2 3 3.1 3.1.1 3.2 3.2.1 3.3 3.3.1 3.4 3.4.1 3.5 3.5.1"
        " 3.6 3.6.1 3.7 3.7.1 3.8 3.8.1 4 4.1 4.2 5 5.1 5.2 6 6.1 6.2 6.2.1 6.3 7 7.1 7.1.1 7.2 7.2.1 Appendix A"
    )
    places = {
        clause.clause: clause.line for clause in found.values() if clause.clause in ("1", "4.1", "5.2", "Appendix A")
    }
    assert places == {"1": 29, "4.1": 152, "5.2": 167, "Appendix A": 231}
    titled = {clause.clause: clause.title for clause in found.values() if clause.title}
    assert titled["5"] == "Periodic review"
    assert titled["6.3"] == "Suspension of dealing"
    assert titled["Appendix A"] == "Further information"
    assert {"1.1", "4.1", "5.1", "5.2", "7.1.1"}.isdisjoint(titled)


def test_clauses_end_at_the_next_and_hold_no_furniture() -> None:
    """Bullets and formulas belong to the clause above them; footnotes, section heads and legal text to none."""
    found = _clauses(_seed())
    assert found["5.2"].text.startswith("At each review")
    assert found["5.2"].text.endswith("second Friday in June.")
    assert " - " not in found["5.2"].text
    assert found["2.2.2"].text.endswith("provide greater clarity.")
    assert found["7.2.1"].text.endswith("without distorting the index.")
    everything = " ".join(clause.text for clause in found.values())
    for foreign in ("Section 5", "Regulation (EU)", "Disclaimer", "©", "All rights reserved", "....", "¹"):
        assert foreign not in everything


def test_clause_hash_is_of_its_text() -> None:
    """Anybody can check a pin with the text that the clause has."""
    for clause in _clauses(_seed()).values():
        assert clause.text_sha256 == hashlib.sha256(clause.text.encode()).hexdigest()
        assert clause.text == " ".join(clause.text.split())


def test_rulebook_facts_of_the_published_ground_rules() -> None:
    """What the index definition is checked against, each with its clause and line."""
    found = _facts(_seed())
    assert {name: (fact.value, fact.clause, fact.line) for name, fact in found.items() if name != "price_cutoff"} == {
        "version": ("v1.3", None, 5),
        "index_name": ("Russell Custom Small Cap Completeness 90/10 Index", None, 3),
        "currency": ("USD", "1.5", 39),
        "calculated_in": ("USD", "1.4", 37),
        "calculation_frequency": ("end-of-day", "1.4", 37),
        "legs": (
            (
                Leg("Russell Small Cap Completeness Index", "long", 90.0),
                Leg("Russell 2000 Growth Index", "short", 10.0),
            ),
            "4.2",
            153,
        ),
        "review_months": ((3, 6, 9, 12), "5.1", 163),
        "scale": (9, "5.2", 170),
        "decimals": (8, "7.1.1", 212),
    }
    cut_off = found["price_cutoff"]
    assert (cut_off.clause, cut_off.line) == ("5.2", 174)
    assert isinstance(cut_off.value, tuple)
    assert [(one.rule.next_weekday, one.rule.ordinal, one.rule.weekday, one.rule.months) for one in cut_off.value] == [  # type: ignore[union-attr]
        ("Wednesday", 1, "Friday", (3, 9, 12)),
        ("Wednesday", 2, "Friday", (6,)),
    ]


@pytest.mark.parametrize("width", [60, 77, 100])
def test_clause_hash_is_the_same_for_any_wrapping(width: int) -> None:
    """A text file set at another width, hyphens at its line ends included, is the same rulebook."""
    wrapped = "\n".join(textwrap.fill(line, width, break_long_words=False) for line in _seed().decode().split("\n"))
    before, after = _clauses(_seed()), _clauses(wrapped)
    assert {c.clause: (c.title, c.text_sha256) for c in after.values()} == {
        c.clause: (c.title, c.text_sha256) for c in before.values()
    }


def test_line_account_gives_each_line_one_role_and_clauses_need_no_positions() -> None:
    """What the lake keeps of a line (text, role, cells) is enough to read the clauses again."""
    lines = _lines(_seed())
    roles = {role: [line.number for line in lines if line.role is role] for role in Role}
    assert sum(map(len, roles.values())) == len(lines)
    assert roles[Role.FOOTER] == [78, 140, 142, 144]  # footnotes
    assert {25, 27, 29, 41, *range(14, 15), *range(16, 24)} <= set(roles[Role.HEADER])
    assert min(roles[Role.LEGAL]) == 241
    assert roles[Role.TITLE] == [3, 5, 9, 10, 12]
    assert clauses([replace(line, words=[], y=None) for line in lines]) == clauses(lines)


def test_looks_like_ground_rules_accepts_ground_rules_alone() -> None:
    assert looks_like_ground_rules(_pages(_seed()))[0] == "42 numbered clauses, 1.1 to 7.2.1"
    for other in ("000", "001", "002", "003"):
        assert looks_like_ground_rules(_pages(_seed(other))) == []


# --- other ground rules, invented -------------------------------------------------------------------------------------

_RULES: tuple[tuple[str, str], ...] = (
    ("h", "Section 1"),
    ("h", "Introduction"),
    ("h", "1. Introduction"),
    ("p", "1.1 These Ground Rules set out how the Harbour Composite 70/30 Index is put together, and they are read with the"
          " methodology of its two parts, which stands in a document of its own."),
    ("p", "1.2 The base currency of the index is Euro (EUR)."),
    ("h", "2. Keeping the index"),
    ("p", "2.1 Who decides"),
    ("p", "2.1.1 A committee of three decides what these rules leave open<super>1</super>. It meets on every working day on"
          " which a question has come in before noon, and tells all users of the index within ten days of the meeting."),
    ("f", "1 The committee is named in the register, which users may ask for at any time of the year without paying for it."),
    ("p", "2.1.2 The committee decides neither on end-of-day prices that were corrected after the fact, nor on"
          " anything else that is a matter for the exchange alone, whatever is said in Section"
          " 2.2 about the two parts and their weights."),
    ("p", "2.2 A composite stands for 70% long of the Harbour Large Index and 30% short of the Harbour Small Growth Index."),
    ("h", "3. Reviews"),
    ("p", "3.1 The index is reviewed in March, June, September and December."),
    ("p", "3.2 At each review weights are set in these steps."),
    ("b", "Companies are weighted by market value."),
    ("b", "The sum of the first part is made equal to seven times that of the second, or to whatever else is asked for."),
    ("p", "All values use the prices at the close of Tuesday following the second Friday in March and September, and at the"
          " close of Tuesday following the third Friday in June and December."),
    ("p", "3.3 The index is calculated on an end-of-day basis and shown to six decimal places."),
    ("h", "Appendix A"),
    ("h", "Where to ask"),
    ("p", "Write to the committee."),
    ("h", "Disclaimer"),
    ("p", "© 2025 Harbour Indexes. All rights reserved. Nothing here is advice, and no one answers for errors in it."),
)  # fmt: skip


def _rulebook(
    *,
    size: float = 10,
    width: float = 450,
    page: tuple[float, float] = A4,
    leading: float = 1.25,
    after: float = 6,
    rules: Sequence[tuple[str, str]] = _RULES,
) -> bytes:
    """The invented rules as a PDF with a title page, contents, running feet and a footnote."""
    text = ParagraphStyle("text", fontName="Helvetica", fontSize=size, leading=size * leading, spaceAfter=after)
    styles = {
        "p": text,
        "h": ParagraphStyle(
            "head", parent=text, fontName="Helvetica-Bold", fontSize=size + 2, leading=(size + 2) * 1.2
        ),
        "b": ParagraphStyle("bullet", parent=text, leftIndent=15, bulletIndent=5),
        "f": ParagraphStyle("note", parent=text, fontSize=7, leading=8.5),
    }
    title = ParagraphStyle("title", parent=text, fontName="Helvetica-Bold", fontSize=20, leading=26)
    contents = (
        ("Section 1 Introduction", 3),
        ("Section 2 Keeping the index", 3),
        ("Section 3 Reviews", 4),
        ("Appendix A Where to ask", 4),
    )
    story: list[Flowable] = [
        Paragraph("Harbour Composite 70/30 Index", title),
        Paragraph("v2.1", text),
        PageBreak(),
        Paragraph("Contents", styles["h"]),
    ]
    story += [Paragraph(f"{entry} {'.' * 30} {number}", text) for entry, number in contents]
    story.append(PageBreak())
    for kind, words in rules:
        if kind == "f":
            story.append(Spacer(1, 120))
        story.append(Paragraph(words, styles[kind], bulletText="\u2022" if kind == "b" else None))
        if kind == "f":
            story.append(PageBreak())

    def foot(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 7)
        canvas.drawString(50, 25, "Harbour Indexes | Harbour Composite 70/30 Index, v2.1, May 2025")
        canvas.drawRightString(page[0] - 50, 25, f"{canvas.getPageNumber()} of 6")

    margin = (page[0] - width) / 2
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=page, leftMargin=margin, rightMargin=margin, topMargin=60, bottomMargin=60).build(
        story, onFirstPage=foot, onLaterPages=foot
    )
    return out.getvalue()


def test_clauses_of_a_pdf() -> None:
    """Wrapped clauses, a raised reference, a footnote, a figure at the start of a line: clauses are read as written."""
    found = _clauses(_rulebook())
    assert " ".join(found) == "1 1.1 1.2 2 2.1 2.1.1 2.1.2 2.2 3 3.1 3.2 3.3 Appendix A"
    assert {c.clause: c.title for c in found.values() if c.title} == {
        "1": "Introduction",
        "2": "Keeping the index",
        "2.1": "Who decides",
        "3": "Reviews",
        "Appendix A": "Where to ask",
    }
    written = {
        words.split(" ", 1)[0]: words.split(" ", 1)[1] for kind, words in _RULES if kind == "p" and words[0].isdigit()
    }
    for number in ("1.1", "1.2", "2.1.2", "2.2", "3.1", "3.3"):
        assert found[number].text == written[number]
    assert found["2.1.1"].text == written["2.1.1"].replace("<super>1</super>", "")
    assert found["3.2"].text == " ".join(words for _, words in _RULES[13:17]).removeprefix("3.2 ")
    assert (found["2.2"].page, found["1.1"].page) == (4, 3)


@settings(max_examples=20)
@given(
    size=st.sampled_from([9.0, 10.0, 11.0, 12.0]),
    width=st.sampled_from([260.0, 330.0, 400.0, 470.0]),
    page=st.sampled_from([A4, LETTER]),
    leading=st.sampled_from([1.15, 1.25, 1.4]),
    after=st.sampled_from([0.0, 3.0, 8.0]),
)
def test_clause_hash_is_the_same_for_any_typesetting(**form: Any) -> None:
    """Type, width, spacing and page breaks are not part of a rule: a pin survives all of them."""
    assert {c.clause: (c.title, c.text_sha256) for c in _clauses(_rulebook(**form)).values()} == {
        c.clause: (c.title, c.text_sha256) for c in _clauses(_rulebook()).values()
    }


def test_clause_hash_changes_with_a_word_of_that_clause_alone() -> None:
    """What a pin is for: the one clause that was amended is named, and one that was struck out is gone."""
    amended = [
        (kind, words.replace("seven times", "eight times")) for kind, words in _RULES if not words.startswith("3.1")
    ]
    before, after = _clauses(_rulebook()), _clauses(_rulebook(rules=amended))
    changed = {
        number for number in before if number in after and before[number].text_sha256 != after[number].text_sha256
    }
    assert (changed, before.keys() - after.keys(), after.keys() - before.keys()) == ({"3.2"}, {"3.1"}, set())


def test_rulebook_facts_of_other_ground_rules() -> None:
    """The patterns are those of the language, not of one document; the place is the line that holds the words."""
    lines = _lines(_rulebook(width=300))
    found = {fact.name: fact for fact in rulebook_facts(clauses(lines), lines)}
    assert {name: fact.value for name, fact in found.items() if name != "price_cutoff"} == {
        "version": "v2.1",
        "index_name": "Harbour Composite 70/30 Index",
        "currency": "EUR",
        "legs": (Leg("Harbour Large Index", "long", 70.0), Leg("Harbour Small Growth Index", "short", 30.0)),
        "review_months": (3, 6, 9, 12),
        "scale": 7,
        "calculation_frequency": "end-of-day",
        "decimals": 6,
    }
    by_place = {(line.page, line.number): line.text for line in lines}
    for fact in found.values():
        assert fact.text.split()[0] in by_place[fact.page, fact.line]
    assert [one.rule.months for one in found["price_cutoff"].value] == [(3, 9), (6, 12)]  # type: ignore[union-attr]


def test_joined_text_keeps_hyphens_at_line_ends() -> None:
    """Words are joined again: a hyphen of the word stays, a soft hyphen goes."""
    text = (
        "Ground Rules\n\n1. Introduction\n\n1.1 Prices are end-\nof-day prices, and the conver\u00ad\nsion is daily.\n"
    )
    assert _clauses(text)["1.1"].text == "Prices are end-of-day prices, and the conversion is daily."


def test_joined_text_keeps_places_after_a_soft_hyphen() -> None:
    """Facts name the line that states them by its offset in the joined text."""
    lines = [
        Line(1, number, text, [])
        for number, text in enumerate(("Re\u00adview months are", "March and Sep\u00ad", "tember."), 1)
    ]
    text, places = joined_text([(line, line.text) for line in lines])
    assert text == "Review months are March and September."
    assert [(text[at:].split()[0], line.number) for at, line in places] == [("Review", 1), ("March", 2), ("tember.", 3)]


def test_clauses_hold_no_contents_and_running_heads() -> None:
    """Numbers in the contents, and a section's title repeated at the top of its pages, start nothing."""
    text = (
        "Index Ground Rules\n\nContents\n1. Introduction 3\n2. Reviews ..... 4\n2.1 Dates\t4\n\f"
        "1. Introduction\n\n1.1 What this is.\n\n1.2 What it is not.\n\f"
        "1. Introduction\n\nand never was.\n\n2. Reviews\n\n2.1 Dates\n\nIn June.\n"
    )
    lines = _lines(text)
    assert [(c.clause, c.title, c.text, c.page) for c in clauses(lines)] == [
        ("1", "Introduction", "Introduction", 2),
        ("1.1", None, "What this is.", 2),
        ("1.2", None, "What it is not. and never was.", 2),
        ("2", "Reviews", "Reviews", 3),
        ("2.1", "Dates", "In June.", 3),
    ]


@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from(
            (
                "1. A",
                "1.1 B c.",
                "2.1.1 D",
                "\n",
                "\n\n",
                "\f",
                "Section 2",
                "Appendix A",
                "¹ note",
                "- e;",
                "© 2024",
                "Contents",
                "x 3",
            )
        ),
        max_size=40,
    ).map(" ".join)
)
def test_line_account_and_clauses_accept_any_text(text: str) -> None:
    """Each line gets one role, and no number is given twice."""
    lines = _lines(text)
    assert all(line.role for line in lines)
    found = clauses(lines)
    assert len({clause.clause for clause in found}) == len(found)
    rulebook_facts(found, lines)


def test_clause_that_goes_on_with_the_next_page_has_no_title() -> None:
    """Its first line is short and ends without a full stop, because the page does."""
    text = (
        "Index Ground Rules\n\n1. Scope\n\n1.1 A rule.\n\n1.2 The level of the index is\n\fshown with two decimals.\n"
    )
    (_, _, last) = clauses(_lines(text))
    assert (last.title, last.text) == (None, "The level of the index is shown with two decimals.")


def test_same_title_under_other_numbers_is_no_running_head() -> None:
    """Every section may begin with an introduction, at the same place of its first page."""
    pages = [f"Section {n}\n\nPart\n\n{n}.1 Introduction\n\nOf part {n}.\n\n{n}.2 More\n" for n in range(1, 5)]
    found = _clauses("Index Ground Rules\n\f" + "\f".join(pages))
    assert " ".join(found) == "1.1 1.2 2.1 2.2 3.1 3.2 4.1 4.2"


@pytest.mark.parametrize(
    "head", ["Harbour Index Ground Rules, v2.1, March 2024", "Harbour Index Ground Rules, March 2024"]
)
def test_running_head_with_its_month_is_in_no_clause(head: str) -> None:
    pages = [f"{head}\n\n1.{n} What is said on page {n} in words.\n\nIt goes on so.\n" for n in range(1, 5)]
    found = _clauses("Harbour Index\n\nMarch 2024\n\f" + "\f".join(pages))
    assert " ".join(found) == "1.1 1.2 1.3 1.4"
    assert not any("Harbour" in clause.text for clause in found.values())


def test_number_at_the_start_of_a_wrapped_line_is_no_clause() -> None:
    """The end of "Appendix 2." and of "clause 2.2", at the margin, with a sentence or a name in capitals after it."""
    text = (
        "Index Ground Rules\n\n1.1 It is weighed by what is free of it, as told in Appendix\n2. Float is counted once a year.\n\n"
        "1.2 What is meant by that is told in more words in clause\n1.3.1 Free Float, which is below.\n\n1.3 Float\n\n"
        "1.3.1 What is free.\n\nAppendix 1\n\nWords\n\nSo.\n\nAppendix 2\n\nFloat\n\nSo too.\n"
    )
    assert " ".join(_clauses(text)) == "1.1 1.2 1.3 1.3.1 Appendix 1 Appendix 2"
