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
        ("Russell 2000® Growth", "R2000G"),
        ("Russell 2000® Growth Additions", "R2000G"),
        ("Russell 3000® - Additions", "R3000"),
        ("Russell 2000® Indexes", "R2000"),
        ("Russell US Indexes - Russell 2000® Index", "R2000"),
        ("Russell US Indexes reconstitution 2021 - Russell Microcap additions", "RMICRO"),
        ("Russell 2000® Index - Additions from Russell 1000® Index", "R2000"),
        ("Russell 2000 Dynamic additions", "russell-2000-dynamic-index"),
        ("Russell 3000 Growth® Index", "russell-3000-growth-index"),
        ("Russell 2000 is a registered trademark", None),
        ("Russell 3000® and Russell 2000® Index", None),
        ("Russell Top 200® Index", "russell-top-200-index"),
        ("Russell US Indexes", None),
        ("Russell US Equity Index", None),
        ("Membership list", None),
    ],
)
def test_index_named_by_title_is_one_code_or_a_slug_or_none(title: str, code: str | None) -> None:
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
def test_as_of_is_read_as_printed_and_precedes_the_copyright_year(title: str, as_of: date) -> None:
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
def test_review_year_stands_beside_a_word_for_the_list_and_is_not_the_2000_of_an_index(title: str, year: int) -> None:
    document = parse_document(_list(title, rows=_CHANGES))
    assert (document.index_code, document.review_year) == ("R2000", year)


def test_facts_keep_their_place() -> None:
    document = parse_document(_list("Russell 3000® Index", "Membership list", "As of June 26, 2015"))
    facts = {(fact.name, fact.value, fact.origin, fact.line) for fact in document.facts}
    assert {
        ("index", "R3000", "title", 1),
        ("as_of", "2015-06-26", "title", 3),
        ("review_year", "2021", "copyright", 9),
    } <= facts


def test_copyright_year_is_used_last_with_a_note() -> None:
    document = parse_document(_list("Russell 3000® Index - Additions", rows=_CHANGES))
    assert (document.review_year, document.review) == (2021, "2021-06")
    assert any("copyright" in note.message for note in document.notes)


def test_missing_facts_are_null_and_noted() -> None:
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
def test_review_of_dated_changes_follows_from_the_date(as_of: str, review: str) -> None:
    document = parse_document(_list("Russell 3000® Index - Additions", f"As of {as_of}", rows=_CHANGES))
    assert document.review == review


def test_undated_list_of_2026_needs_a_sidecar() -> None:
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
        (b"review: 2023-12", "says review: 2023-12, but it prints 2023-06-23, which is of 2023-06"),
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
def test_sidecar_that_contradicts_or_cannot_be_read_is_rejected(sidecar: bytes, reason: str) -> None:
    data = _list("Russell 3000® Index - Additions", "Preliminary index Adds", "As of June 23, 2023", rows=_CHANGES)
    document = parse_document(data, sidecar)
    assert document.reason is not None
    assert re.search(reason, document.reason), document.reason


def test_sidecar_supplies_missing_facts() -> None:
    data = _list("Company list", rows=_CHANGES, legal="All rights reserved")
    sidecar = b"index: RMICRO\nchange: deletion\nstatus: final\nreview_year: 2020\npublished_on: 2020-06-05\n"
    document = parse_document(data, sidecar)
    assert document.reason is None
    assert (document.index_code, document.change, document.status) == ("RMICRO", "deletion", "final")
    assert (document.review, document.published_on) == ("2020-06", date(2020, 6, 5))
    assert {fact.origin for fact in document.facts} == {"sidecar"}


@pytest.mark.parametrize(
    ("titles", "sidecar", "reason"),
    [
        (["Russell 3000® Index - Additions", "Reconstitution 2019"], b"as_of: 2021-06-25", "2021-06-25, but it prints 2019"),
        (["Russell 3000® Index - Additions", "September 2022"], b"review: 2022-06", "review: 2022-06, but it prints 2022-09"),
        (["Russell 3000® Index - Additions", "September 2022"], b"as_of: 2022-06-24", "prints 2022-09, which is of 2022-06"),
        (["Russell 3000® Index membership list"], b"change: addition", "but it prints 'Russell 3000. Index membership list'"),
        (["Russell 3000® Index - Additions and Deletions"], None, "contradicts itself on its change: addition .* deletion"),
        (["Russell 3000® Index", "Additions          Deletions"], None, "contradicts itself on its change"),
        (["Russell 3000® Index - Additions", "Russell 2000® Growth Additions"], None, "index: R3000 .* R2000G"),
        (["Russell 3000® and Russell 2000® Index - Additions"], None, "index: R3000 .* R2000"),
        (["Russell 3000® Index - Additions 2012", "As of June 28, 2019"], None, "dated 2019-06-28, but prints 2012"),
        (["Russell 3000® Index - Additions", "June 2019", "As of September 20, 2019"], None, "2019-06 and 2019-09-20"),
    ],
)  # fmt: skip
def test_contradicting_facts_are_rejected(titles: list[str], sidecar: bytes | None, reason: str) -> None:
    rows = _ROWS if sidecar and b"change" in sidecar else _CHANGES
    document = parse_document(_list(*titles, rows=rows), sidecar)
    assert re.search(reason, document.reason or ""), document.reason


@pytest.mark.parametrize(
    ("titles", "sidecar", "review"),
    [
        (["As of June 28, 2019"], b"review: 2019-06\npublished_on: 2019-07-05", "2019-06"),
        (["As of July 1, 2019"], b"review: 2019-06", "2019-06"),
        (["As of August 30, 2019"], b"review: 2019-06", "2019-06"),
        (["Reconstitution 2019"], b"as_of: 2019-06-28", None),
        (["2019 membership list", "As of March 20, 2020"], None, None),
    ],
)
def test_dates_of_one_review_agree(titles: list[str], sidecar: bytes | None, review: str | None) -> None:
    document = parse_document(_list("Russell 3000® Index", "Membership list", *titles), sidecar)
    assert document.reason is None
    assert document.review == review


@pytest.mark.parametrize(
    ("title", "review"),
    [
        ("September 2022 Quarterly review", "2022-09"),
        ("Q3 2022 IPO additions", "2022-09"),
        ("2022 Q1", "2022-03"),
        ("Reconstitution December 2026", "2026-12"),
        ("December 2026 Reconstitution", "2026-12"),
        ("June 2019", "2019-06"),
        ("May 2019", "2021-06"),
        ("First use: 25 June 2019", "2019-06"),
    ],
)
def test_review_is_named_by_month_or_quarter_of_a_title(title: str, review: str) -> None:
    document = parse_document(_list("Russell 3000® Index - Additions", title, rows=_CHANGES))
    assert (document.review, document.review_year) == (review, int(review[:4]))


@pytest.mark.parametrize(
    ("footer", "status", "as_of"),
    [
        ("Preliminary as of June 4, 2021", "preliminary", date(2021, 6, 4)),
        ("Preliminary - subject to change", "preliminary", None),
        ("Source: FTSE Russell. Preliminary data as of June 4, 2021. 1", "preliminary", date(2021, 6, 4)),
        ("Data as of June 4, 2021", None, date(2021, 6, 4)),
        ("Final 1", "final", None),
        ("June 4, 2021   Page 1 of 4", None, date(2021, 6, 4)),
        ("LSEG | FTSE Russell", None, None),
        ("Printed June 4, 2021", None, None),
        ("Run date: 06/04/2021", None, None),
        ("06/25/2021 12:30 PM", None, None),
        ("These lists are preliminary and may change until the final ones are published.", None, None),
    ],
)
def test_footer_states_facts_but_not_prose_or_time_of_printing(
    footer: str, status: str | None, as_of: date | None
) -> None:
    data = "\n".join(["Russell 3000® Index - Additions", _CHANGES, footer, "© 2021 publisher", ""]).encode()
    document = parse_document(data)
    assert document.reason is None
    assert (document.status, document.as_of) == (status, as_of)


def test_legal_text_that_resembles_a_footer_states_no_facts() -> None:
    data = (
        _list("Russell 3000® Index - Additions", rows=_CHANGES)
        + b"All that is printed here is\nfinal data as of June 4, 2019\n"
    )
    document = parse_document(data)
    assert (document.status, document.as_of) == (None, None)


def test_date_that_does_not_exist_is_noted() -> None:
    document = parse_document(_list("Russell 3000® Index", "Membership list", "As of June 31, 2019"))
    assert document.as_of is None
    assert any("'June 31, 2019' is no date" in note.message and note.line == 3 for note in document.notes)


@pytest.mark.parametrize("first", [0, 1])
def test_members_and_changes_in_one_file_are_rejected(first: int) -> None:
    """Their rows would all be additions, of the date of the members."""
    lists = [
        "Russell 3000® Index\nMembership list\nAs of 6/26/2023\n" + _ROWS,
        "Russell 3000® Index - Additions\n" + _CHANGES,
    ]
    document = parse_document("\f".join([lists[first], lists[1 - first]]).encode())
    assert "contradicts itself on what it lists: members, by 'Membership list'" in (document.reason or "")


def test_title_may_name_members_and_changes() -> None:
    assert parse_document(_list("Russell 3000® Index membership list", "Additions")).reason is None
    assert parse_document(_list("Russell 3000® Index membership list: additions", rows=_CHANGES)).reason is None


@pytest.mark.parametrize(("written", "code"), [("r3000", "R3000"), ("Rtop200", "rtop200"), ("RTOP200", "rtop200")])
def test_sidecar_index_is_a_known_code_in_any_case_or_a_slug(written: str, code: str) -> None:
    document = parse_document(_list("Membership list"), f"index: {written}".encode())
    assert document.index_code == code
    assert any("is no index that is known" in note.message for note in document.notes) == (code != "R3000")


def test_title_continues_on_the_next_line() -> None:
    assert parse_document(_list("Russell 2000®", "Growth", "Membership list")).index_code == "R2000G"
    assert parse_document(_list("Russell 2000®", "Membership list")).index_code == "R2000"


def test_rejected_list_of_changes_keeps_its_kind() -> None:
    document = parse_document(_list("Russell 3000® Index - Deletions", rows=_CHANGES), b"status: final\nindex: R2000")
    assert not document.accepted
    assert (document.kind, document.change) == (Kind.MEMBERSHIP_CHANGES, None)
    contradicts = parse_document(_list("Russell 3000® Index - Deletions", "Final", "Preliminary", rows=_CHANGES))
    assert (contradicts.kind, contradicts.change) == (Kind.MEMBERSHIP_CHANGES, "deletion")


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
def test_bad_document_is_rejected_in_one_sentence(name: str, reason: str) -> None:
    document = parse_document(BAD_FILES[name]())
    assert re.search(reason, document.reason or ""), document.reason
    assert "\n" not in (document.reason or "")


def test_prose_of_no_kind_is_rejected() -> None:
    document = parse_document(b"Dear reader,\nthis is a letter about nothing in particular.\n")
    assert document.kind is Kind.UNKNOWN
    assert "none of what can be read" in (document.reason or "")
