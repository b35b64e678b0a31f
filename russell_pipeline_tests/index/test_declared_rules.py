"""What ground rules state is compared with the project's own rules by days and numbers; a contradiction is a finding."""

from __future__ import annotations

import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.rulebooks.clauses import clauses
from russell_pipeline.documents.rulebooks.facts import rulebook_facts
from russell_pipeline.documents.rulebooks.figures import stated_rules
from russell_pipeline.index.declared_rules import ComparedRule, check_stated_rules, compare_rules
from russell_pipeline.index.rulebook import GroundRules, newest
from russell_pipeline_tests.conftest import real_documents
from russell_pipeline_tests.documents.rulebooks.invented import rulebook

CALENDAR = RuleCalendar(nyse_sessions())


def _rules(data: bytes, document_id: str = "a") -> GroundRules:
    document = parse_document(data)
    assert document.reason is None
    lines = document.lines
    return GroundRules(document_id, (), rulebook_facts(clauses(lines), lines), stated_rules(lines))


def _compared(sentence: str, published: str = "January 2024") -> ComparedRule:
    text = rulebook(changed={"1.3": f"1.3 {sentence}\n", "3.1.1": "3.1.1 It is held.\n"})
    (compared,) = compare_rules(_rules(text.replace("v1.0", f"v1.0\n\n{published}").encode()).stated, CALENDAR)
    return compared


@pytest.mark.parametrize(
    ("sentence", "agrees"),
    [
        # The rule of the project is the last Friday, or the one before where that is the 29th or 30th.
        ("The June reconstitution is implemented on the fourth Friday in June.", True),
        ("The June reconstitution is implemented on the last Friday in June.", False),
        ("It is implemented on the last Friday in June; if the last Friday falls on the 29th, the preceding Friday.", False),
        ("The June reconstitution is implemented on the third Friday in June.", False),
        ("The rank day of June is the last business day of April.", True),
        ("The rank day of June is the last business day of May.", False),
        ("The quarterly review is implemented on the third Friday of the month.", True),
        ("Additions and deletions of June are out five weeks prior to implementation.", True),
        ("Additions and deletions of June are out four weeks prior to implementation.", False),
        ("Its closing price must be at or above $1.00.", True),
        ("Its closing price must be at or above $2.00.", False),
        ("With a total market capitalisation less than $30 million it is out.", True),
        ("With a total market capitalisation less than $35 million it is out.", False),
        ("With less than an absolute 4% of shares in free hands it is out.", False),
        ("Changes greater than 1% in cumulative shares count.", True),
        ("Changes greater than two percentage points in cumulative free float count.", False),
        ("Russell 2000 Index Companies #1,001-3,000 by size.", True),
        ("Russell 2000 Index Companies #1,001-2,999 by size.", False),
        # The project has no rule for it.
        ("It stays within a cumulative 5% market cap range.", None),
        ("The June review is announced five weeks prior to implementation.", None),
    ],
)  # fmt: skip
def test_rule_is_compared_by_what_it_gives(sentence: str, agrees: bool | None) -> None:
    compared = _compared(sentence)
    assert compared.agrees is agrees
    assert bool(compared.difference) == (agrees is False)
    assert bool(compared.ours) == (agrees is not None)


def test_rule_in_force_at_publication_is_the_one_that_counts() -> None:
    """Ground rules of 2019 speak of the rank day of May, as the rules of the project then did."""
    may, april = (
        "The rank day of June is the last business day of May.",
        "The rank day of June is the last business day of April.",
    )
    assert (_compared(may, "January 2014").agrees, _compared(may, "January 2024").agrees) == (True, False)
    assert (_compared(april, "January 2014").agrees, _compared(april, "January 2024").agrees) == (False, True)


def test_difference_names_the_first_review_and_how_many_agree() -> None:
    compared = _compared("The June reconstitution is implemented on the last Friday in June.")
    assert "2028-06 has 2028-06-23, not 2028-06-30; " in compared.difference
    assert compared.difference.endswith(" reviews agree")


def test_contradictions_are_findings_with_their_place() -> None:
    text = rulebook(
        changed={
            "1.3": "1.3 Its closing price must be at or above $2.00. It is worth $1.8B * 1.0205 = $1.804 then.\n",
            "2.3.1": "2.3.1 A closing price at or above $3.00 is better.\n",
        }
    )
    findings = [*check_stated_rules(_rules(text.encode()), CALENDAR)]
    assert [(one.area, one.severity, one.subject) for one in findings] == [
        ("membership", "warning", "Quay Index v1.0 minimum_price"),
        ("membership", "warning", "Quay Index v1.0 minimum_price"),
        ("documents", "warning", "Quay Index v1.0 1.3"),
        ("documents", "warning", "Quay Index v1.0 2.3.1"),
    ]
    assert "the product is 1.8369" in findings[2].message
    assert {(one.document_id, one.page) for one in findings} == {("a", 1)}


def test_newest_leaves_out_versions_that_a_later_one_replaces() -> None:
    one, two, other = (
        _rules(rulebook().replace(*change).encode(), name)
        for name, change in (("a", ("v1.0", "v1.9")), ("b", ("v1.0", "v1.10")), ("c", ("Quay Index", "Pier Index")))
    )
    assert newest([one, two, other]) == [two, other]


def test_published_methodology_contradicts_the_project_in_two_days_and_itself_once() -> None:
    """Its announcement and its lock-down, and the example of Appendix F; its thresholds and other days agree."""
    path = real_documents() / "rulebooks" / "construction-and-methodology-v6.0.pdf"
    rules = _rules(path.read_bytes())
    name = "Russell US Equity Indexes v6.0"
    findings = [*check_stated_rules(rules, CALENDAR)]
    assert [one.subject for one in findings] == [
        f"{name} announcement 03, 09, 12",
        f"{name} lock_down 06",
        f"{name} Appendix F",
    ]
    compared = compare_rules(rules.stated, CALENDAR)
    assert sum(one.agrees is True for one in compared) >= 25
    assert {one.subject for one in compared if one.agrees is None} == {
        "announcement 06", "members RMICRO", "band", "microcap_band", "small_free_float", "small_free_float_buffer",
        "offering_value", "offering_shares", "offering_value_with_shares",
    }  # fmt: skip
