"""Ground rules that are not whole are refused with the name of what is missing; a person can say that they are printed so."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace

import pypdf
import pytest

from russell_pipeline.documents.model import Document, Line, Page, Role
from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline.documents.rulebooks.clauses import account_ground_rules
from russell_pipeline.documents.rulebooks.completeness import flaws
from russell_pipeline.documents.rulebooks.numbering import Number
from russell_pipeline_tests.conftest import real_documents
from russell_pipeline_tests.documents.rulebooks.invented import CLAUSES, PARTS, rulebook, within


def _read(text: str, sidecar: str | None = None) -> Document:
    return parse_document(text.encode(), sidecar.encode() if sidecar else None)


def _clauses(document: Document) -> list[object]:
    return [row["clause"] for row in document_rows(document)]


def test_whole_ground_rules_are_read_with_every_clause() -> None:
    """A line "Appendix B.", a numbered list, figures in a table, a wrapped title and a letter left out end nothing."""
    document = _read(rulebook())
    assert (document.reason, _clauses(document)) == (None, CLAUSES)
    titles = {row["clause"]: row["title"] for row in document_rows(document)}
    assert titles["Appendix B"] == "How the home of a company is determined"
    assert titles["Appendix D"] == "Removals"
    assert titles["2.1.2"] is None
    assert [line.role for line in document.lines if line.text.startswith("QUAY")] == [Role.PROSE] * 2


@pytest.mark.parametrize("part", [part for part in PARTS if part.startswith(("Section", "Appendix"))])
def test_announced_part_that_is_cut_out_is_named(part: str) -> None:
    """What the contents announce must be there, the last part included."""
    document = _read(rulebook([one for one in PARTS if one not in within(part)]))
    assert document.reason is not None
    assert document.reason.startswith(f"is not whole: {part} (")
    assert _clauses(document) == []


@pytest.mark.parametrize(
    ("cut", "missing"),
    [
        ("1.1", "1.1 is missing between 1 (page 1, line 18) and 1.2 (page 1, line 20)"),
        ("2.1.1", "2.1.1 is missing between 2.1"),
        ("2.2", "2.2 is missing between 2.1.2"),
        ("3.1.1", "3.1.1 is missing between 3 "),
    ],
)
def test_clause_that_is_cut_out_is_named_by_its_neighbours(cut: str, missing: str) -> None:
    """The numbers count on, even where the contents announce no clauses, or there are none."""
    parts = [one for one in PARTS if one not in within(cut)]
    for contents in (True, False):
        reason = _read(rulebook(parts, contents=contents)).reason or ""
        assert missing.split(" (", maxsplit=1)[0] in reason
        assert f'as_printed: ["{cut}"' in reason
    assert missing in (_read(rulebook(parts)).reason or "")


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ([*itertools.chain(*(within(f"Section {n}") for n in (1, 3, 2)))], "out of order"),
        ([*[*PARTS][:9], "2.1.1", *[*PARTS][9:]], "2.1.1 is there twice"),
    ],
)
def test_clauses_out_of_order_or_repeated_are_refused(parts: list[str], wrong: str) -> None:
    reason = _read(rulebook(parts)).reason or ""
    assert wrong in reason


def test_heading_whose_only_clause_is_cut_out_is_named_where_headings_have_clauses() -> None:
    """Nothing is numbered after the last clause of a heading, but the other headings have something under them."""
    numbered = [f"{n}. Part\n\n{n}.1 Matter {n}\n\n{n}.1.1 What it says of matter {n}.\n" for n in range(1, 8)]
    text = "Quay Index Ground Rules\n\n" + "\n".join(numbered)
    assert _read(text).reason is None
    assert "5.1 is a heading with nothing under it" in (
        _read(text.replace("5.1.1 What it says of matter 5.", "")).reason or ""
    )


def test_section_or_appendix_whose_heading_alone_is_left_is_named() -> None:
    """The heading is there as announced, but its clauses or its text are not."""
    clauses_of = [one for one in within("Section 2") if one != "Section 2"]
    reason = _read(rulebook([one for one in PARTS if one not in clauses_of])).reason or ""
    assert "2 is missing between 1.3" in reason
    reason = (
        _read(rulebook(changed={"Appendix B": "Appendix B\n\nHow the home of a company\nis determined\n"})).reason or ""
    )
    assert "Appendix B is a heading with nothing under it" in reason


def test_sections_numbered_with_a_nought_are_whole() -> None:
    parts = [f"{n}.0 Part {n}\n\n{n}.1 Matter\n\n{n}.1.1 What it says of matter {n}.\n" for n in range(1, 8)]
    assert _read("Quay Index Ground Rules\n\n" + "\n".join(parts)).reason is None


def test_text_in_no_clause_is_a_warning() -> None:
    text = rulebook().replace("1. Scope\n", "This text stands before the first clause.\n\n1. Scope\n")
    (said,) = [note for note in _read(text).notes if "no clause" in note.message]
    assert (said.severity, said.line) == ("warning", 18)
    assert said.message == "1 line of text belongs to no clause, from page 1, line 18 on"


def test_pages_are_counted() -> None:
    """A page that was left out of a copy is missed, though no number of a clause is."""
    matters = ("Scope", "Home", "Votes", "Reviews", "Removals", "Levels")
    pages = [f"{n}. {matter}\n\n{n}.1 What is said of {matter}.\n" for n, matter in enumerate(matters, start=1)]
    pages[2:2] = ["It goes on.\n"]
    feet = [f"{page}\nQuay Index Ground Rules, page {at} of 8\n" for at, page in enumerate(pages, start=2)]
    assert _read("\f".join(["Quay Index\n", *feet])).reason is None
    assert "page 4 is missing after page 3" in (_read("\f".join(["Quay Index\n", *feet[:2], *feet[3:]])).reason or "")


def test_person_can_say_that_a_part_is_printed_so() -> None:
    """The way out: the sidecar names what the publisher left out; it is noted, and a word that no longer fits is a warning."""
    text = rulebook([one for one in PARTS if one not in within("2.2")])
    document = _read(text, 'as_printed: ["2.2", "Appendix A"]')
    assert document.reason is None
    assert _clauses(document) == [one for one in CLAUSES if one not in within("2.2")]
    assert [(note.severity, note.message.split(" is ")[0].split(", but")[0]) for note in document.notes][:2] == [
        ("info", "2.2"),
        ("warning", "its sidecar NAME.yaml says as_printed: Appendix A"),
    ]


# --- the published methodology of 42 pages ----------------------------------------------------------------------------


def _published() -> bytes:
    return (real_documents() / "rulebooks" / "construction-and-methodology-v6.0.pdf").read_bytes()


def test_published_methodology_is_read_whole_with_its_pages() -> None:
    """All of its clauses and appendices, on the pages that an independent list has."""
    listed = real_documents() / "rulebooks" / "construction-and-methodology-v6.0.clauses.csv"
    expected = [(row["clause"], int(row["page"])) for row in csv.DictReader(listed.open())]
    document = parse_document(_published())
    assert (document.reason, document.notes[1:]) == (None, [])
    rows = [*document_rows(document)]
    assert [(row["clause"], row["page"]) for row in rows] == expected
    assert len(expected) == 174
    titles = {row["clause"]: row["title"] for row in rows}
    assert titles["Appendix B"] == "Country assignment methodology details"


@pytest.mark.slow
def test_published_methodology_with_any_section_cut_out_is_refused_with_its_name() -> None:
    """Each section and each appendix, and parts of sections that another follows, cut out by their lines."""
    with PdfReader(_published()) as reader:
        pages = reader.pages()

    def copy(cut: set[tuple[int, int]]) -> list[Page]:
        kept = [[replace(line) for line in page.lines if (page.number, line.number) not in cut] for page in pages]
        return [Page(page.number, lines, page.engine, page.marked) for page, lines in zip(pages, kept, strict=True)]

    whole = copy(set())
    outline = account_ground_rules(whole)
    lines = [line for page in whole for line in page.lines if line.role not in (Role.FOOTER, Role.LEGAL)]
    begins: list[tuple[Number, Line]] = [(start.number, start.line) for start in outline.starts]
    for number, heading in outline.sections.items():
        begins = [(one, heading if one == number else line) for one, line in begins]
    at = {id(line): place for place, line in enumerate(lines)}
    cuts = 0
    for here, (number, line) in enumerate(begins):
        if len(number.at) > 2 or (len(number.at) == 2 and number.at[0] not in (5, 9)):
            continue
        others = (
            one for one, _ in begins[here + 1 :] if one.part != number.part or one.at[: len(number.at)] != number.at
        )
        after = next(others, None)
        end = at[id(dict(begins)[after])] if after else len(lines)
        cut = {(one.page, one.number) for one in lines[at[id(line)] : end]}
        left = copy(cut)
        missing = {flaw.part for flaw in flaws(account_ground_rules(left), left)}
        if len(number.at) == 1:
            assert missing == {outline.announced[number].name}
        elif after is not None and len(after.at) == 2:
            assert missing == {number.text}
        cuts += bool(missing)
    assert cuts > 25


@pytest.mark.parametrize(
    ("first", "last", "missing"),
    [
        (11, 14, "Section 5 (Defining eligible securities)"),
        (33, 35, "Appendix B"),
        (14, 14, "page 14"),
        (40, 40, "page 40"),
    ],
)
def test_published_methodology_without_some_pages_is_refused(first: int, last: int, missing: str) -> None:
    writer, source = pypdf.PdfWriter(), pypdf.PdfReader(io.BytesIO(_published()))
    for number, page in enumerate(source.pages, start=1):
        if not first <= number <= last:
            writer.add_page(page)
    out = io.BytesIO()
    writer.write(out)
    document = parse_document(out.getvalue())
    assert missing in (document.reason or "")
    assert _clauses(document) == []
