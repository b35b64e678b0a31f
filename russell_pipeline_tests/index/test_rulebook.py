"""Protects the watch on the ground rules: pinned clauses that changed, facts that the definition contradicts."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.rulebook_facts import RulebookFact, rulebook_facts
from russell_pipeline.documents.rulebooks import account_ground_rules, clauses
from russell_pipeline.documents.text import read_text
from russell_pipeline.index.definition import shipped_definitions
from russell_pipeline.index.rulebook import ClauseFound, check_facts, check_pins, is_about
from russell_pipeline_tests.conftest import real_documents

Read = tuple[list[ClauseFound], list[RulebookFact]]


def ground_rules() -> str:
    (path,) = (real_documents() / "seeds").glob("004_*.txt")
    return path.read_text("utf-8")


def read(text: str) -> Read:
    pages = read_text(text.encode())
    account_ground_rules(pages)
    lines = [line for page in pages for line in page.lines]
    found = clauses(lines)
    return [ClauseFound(one.clause, one.text_sha256, one.page, one.line) for one in found], rulebook_facts(found, lines)


def changed(*replaced: tuple[str, str]) -> Read:
    text = ground_rules()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return read(text)


def test_the_shipped_definition_implements_the_published_ground_rules() -> None:
    told, (found, facts) = shipped_definitions()["RSCC9010"], read(ground_rules())
    assert is_about(told, facts)
    assert check_pins(told, found) == []
    assert check_facts(told, facts) == []
    assert {fact.name for fact in facts} >= {
        "legs",
        "scale",
        "currency",
        "decimals",
        "review_months",
        "calculation_frequency",
    }


def test_a_pinned_clause_that_changed_is_named_with_the_policies_that_rest_on_it() -> None:
    found, _ = changed(("close of Wednesday following the first", "close of Tuesday following the first"))
    (finding,) = check_pins(shipped_definitions()["RSCC9010"], found, "d" * 64)
    assert finding.subject == "RSCC9010 5.2"
    assert "clause 5.2" in finding.message
    assert {"short_only_names", "price_cutoff", "cutoff_holiday"} <= set(finding.message.replace(",", "").split())
    assert finding.document_id == "d" * 64
    assert (finding.page, finding.line) == next((one.page, one.line) for one in found if one.clause == "5.2")


def test_a_pinned_clause_that_vanished_is_named() -> None:
    found, _ = read(ground_rules())
    (finding,) = check_pins(shipped_definitions()["RSCC9010"], [one for one in found if one.clause != "6.3"])
    assert "clause 6.3" in finding.message
    assert "not there any more" in finding.message
    assert (finding.page, finding.line) == (None, None)


def test_a_clause_that_is_not_pinned_may_change() -> None:
    found, _ = changed(("does not take account of ESG factors", "takes account of ESG factors"))
    assert check_pins(shipped_definitions()["RSCC9010"], found) == []


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("90% long", "80% long", "legs"),
        ("10% short of Russell 2000 Growth", "10% short of Russell 2000 Value", "legs"),
        ("nine times", "eight times", "scale"),
        ("eight decimal points", "six decimal points", "decimals"),
        ("US Dollars (USD)", "Euros (EUR)", "currency"),
        ("end-of-day basis in USD", "end-of-day basis in EUR", "calculated_in"),
        ("in March, June, September and December. The", "in June and December. The", "review_months"),
        ("on an end-of-day basis in USD", "on an intraday basis in USD", "calculation_frequency"),
    ],
)
def test_a_fact_that_the_definition_contradicts_is_a_finding(old: str, new: str, fact: str) -> None:
    told, (_, facts) = shipped_definitions()["RSCC9010"], changed((old, new))
    (finding,) = check_facts(told, facts)
    assert finding.subject == f"RSCC9010 {fact}"
    assert finding.page is not None
