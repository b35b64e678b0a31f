"""What a document is and says of itself comes from its content, each fact with its place, and contradictions are refused."""

from __future__ import annotations

import re
from datetime import date

import pytest

from russell_pipeline.documents.model import Kind
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.vocabulary import index_named, plain
from russell_pipeline_tests.layouts import BAD_FILES

_ROWS = "Company\tTicker\nACME INC\tACM\nBELL CORP\tBLL\n"
_CHANGES = "Company\tSymbol\tIndustry\nACME INC\tACM\tEnergy\nBELL CORP\tBLL\tIndustrials\n"


def _list(*titles: str, rows: str = _ROWS, legal: str = "© 2021 publisher") -> bytes:
    return "\n".join([*titles, rows, "For more information about our indexes", legal, ""]).encode()


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Russell 3000® Index membership list", "R3000"),
        ("Russell 3000E® Index - Additions", "R3000E"),
        ("Russell Microcap® Index - Deletions", "RMICRO"),
        ("Russell 2000® Growth Index", "R2000G"),
        ("Russell Midcap® Index", "RMIDCAP"),
        ("FTSE Russell 1000 Value Index", "R1000V"),
        ("Russell Custom Small Cap Completeness 90/10 Index", "RSCC9010"),
        ("S&P 500 Index", "SP500"),
        ("Russell Top 200® Index", "russell-top-200-index"),
        ("Russell US Indexes", None),
        ("Russell US Equity Index", None),
        ("Membership list", None),
    ],
)
def test_titles_name_one_index_a_slug_for_an_unknown_one_or_none(title: str, code: str | None) -> None:
    assert index_named(plain(title)) == code


@pytest.mark.parametrize(
    ("title", "as_of"),
    [
        ("As of 06/28/2010", date(2010, 6, 28)),
        ("As of 6/27/2014", date(2014, 6, 27)),
        ("As of June 26, 2015", date(2015, 6, 26)),
        ("July 01, 2019", date(2019, 7, 1)),
    ],
)
def test_dates_are_read_as_lists_print_them_and_win_over_the_copyright_year(title: str, as_of: date) -> None:
    document = parse_document(_list("Russell 3000® Index", "Membership list", title))
    assert (document.kind, document.as_of, document.review_year) == (Kind.MEMBERSHIP_LIST, as_of, as_of.year)


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("Russell 2000® Index Additions 2023", 2023),
        ("2023 Russell 2000® Index Additions", 2023),
        ("Russell 2000® Index - Additions - Reconstitution 2023", 2023),
        ("Russell 2000® Index Reconstitution Additions", 2021),
    ],
)
def test_the_year_stands_beside_what_the_list_is_and_is_not_the_2000_of_an_index(title: str, year: int) -> None:
    document = parse_document(_list(title, rows=_CHANGES))
    assert (document.index_code, document.review_year) == ("R2000", year)


def test_each_fact_keeps_where_it_came_from() -> None:
    document = parse_document(_list("Russell 3000® Index", "Membership list", "As of June 26, 2015"))
    facts = {(fact.name, fact.value, fact.origin, fact.line) for fact in document.facts}
    assert {
        ("index", "R3000", "title", 1),
        ("as_of", "2015-06-26", "title", 3),
        ("review_year", "2021", "copyright", 9),
    } <= facts


def test_the_copyright_year_is_the_last_resort_and_says_so() -> None:
    document = parse_document(_list("Russell 3000® Index - Additions", rows=_CHANGES))
    assert (document.review_year, document.review) == (2021, "2021-06")
    assert any("copyright" in note.message for note in document.notes)


def test_what_nothing_says_is_null_and_noted_not_guessed() -> None:
    document = parse_document(_list("Membership list", legal="All rights reserved"))
    assert document.accepted
    assert (document.index_code, document.status, document.as_of, document.review_year) == (None, None, None, None)
    assert {"index:", "review_year:"} <= {
        word for note in document.notes for word in note.message.replace("`", " ").split()
    }


@pytest.mark.parametrize(
    ("as_of", "review"),
    [
        ("June 23, 2023", "2023-06"),
        ("May 19, 2023", "2023-06"),
        ("July 01, 2019", "2019-06"),
        ("September 15, 2023", "2023-09"),
        ("December 11, 2026", "2026-12"),
    ],
)
def test_changes_with_a_date_belong_to_the_review_that_the_date_falls_to(as_of: str, review: str) -> None:
    document = parse_document(_list("Russell 3000® Index - Additions", f"As of {as_of}", rows=_CHANGES))
    assert document.review == review


def test_from_2026_a_list_without_a_date_needs_its_sidecar() -> None:
    data = _list("Russell 3000® Index - Additions", rows=_CHANGES, legal="© 2026 publisher")
    without = parse_document(data, sidecar_name="list.yaml")
    assert without.reason is not None
    assert "review: 2026-06" in without.reason
    assert "list.yaml" in without.reason
    assert parse_document(data, b"review: 2026-12").review == "2026-12"


@pytest.mark.parametrize(
    ("sidecar", "reason"),
    [
        (b"index: R2000", "says index: R2000, but it prints R3000 .title of page 1, line 1."),
        (b"status: final", "says status: final, but it prints preliminary"),
        (b"change: deletion", "says change: deletion, but it prints addition"),
        (b"as_of: 2020-01-01", "says as_of: 2020-01-01, but it prints 2023-06-23"),
        (b"review_year: 2019", "says 2019, but its date or title says 2023"),
        (b"review: 2023-06\nreview_year: 2022", "contradicts itself"),
        (b"colour: red", "'colour' is not one of index, change"),
        (b"index: ../../x", "'../../x' is not an index code such as R3000"),
        (b"status: [1, 2]", "is not preliminary, updated or final"),
        (b"a: b: c", "is not YAML"),
        (b"- 1", "must hold keys and values"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"!!python/object/apply:os.system ['true']", "is not YAML"),
    ],
)
def test_a_sidecar_that_contradicts_or_cannot_be_read_refuses_the_document(sidecar: bytes, reason: str) -> None:
    data = _list("Russell 3000® Index - Additions", "Preliminary index Adds", "As of June 23, 2023", rows=_CHANGES)
    document = parse_document(data, sidecar)
    assert document.reason is not None
    assert re.search(reason, document.reason), document.reason


def test_a_sidecar_supplies_what_the_text_does_not_say() -> None:
    data = _list("Company list", rows=_CHANGES, legal="All rights reserved")
    sidecar = b"index: RMICRO\nchange: deletion\nstatus: final\nreview_year: 2020\npublished_on: 2020-06-05\n"
    document = parse_document(data, sidecar)
    assert document.reason is None
    assert (document.index_code, document.change, document.status) == ("RMICRO", "deletion", "final")
    assert (document.review, document.published_on) == ("2020-06", date(2020, 6, 5))
    assert {fact.origin for fact in document.facts} == {"sidecar"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("two_indexes.pdf", "contradicts itself on its index: R3000 .*page 1.* R2000"),
        ("additions_and_deletions.pdf", "contradicts itself on its change: addition .* deletion"),
        ("empty.pdf", "is empty"),
        ("empty.txt", "is empty"),
        ("web_page.pdf", "is an HTML page"),
    ],
)
def test_bad_documents_are_refused_in_one_sentence(name: str, reason: str) -> None:
    document = parse_document(BAD_FILES[name]())
    assert re.search(reason, document.reason or ""), document.reason
    assert "\n" not in (document.reason or "")


def test_prose_that_is_none_of_the_kinds_is_refused() -> None:
    document = parse_document(b"Dear reader,\nthis is a letter about nothing in particular.\n")
    assert document.kind is Kind.UNKNOWN
    assert "none of what can be read" in (document.reason or "")
