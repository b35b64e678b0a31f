"""Protects the watch on the ground rules: pinned clauses that changed, facts that the definition contradicts."""

from __future__ import annotations

import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.documents.rulebooks.clauses import account_ground_rules, clauses
from russell_pipeline.documents.rulebooks.facts import Leg, RulebookFact, rulebook_facts
from russell_pipeline.documents.rulebooks.figures import StatedRules
from russell_pipeline.documents.text import read_text
from russell_pipeline.index.definition import shipped_definitions
from russell_pipeline.index.rulebook import ClauseText, GroundRules, check_facts, check_pins, check_rules, is_about
from russell_pipeline_tests.conftest import real_documents

CALENDAR = RuleCalendar(nyse_sessions())
NOTHING_STATED = StatedRules(None, (), (), ())
Read = tuple[list[ClauseText], list[RulebookFact]]


def ground_rules() -> str:
    (path,) = (real_documents() / "seeds").glob("004_*.txt")
    return path.read_text("utf-8")


def read(text: str) -> Read:
    pages = read_text(text.encode())
    account_ground_rules(pages)
    lines = [line for page in pages for line in page.lines]
    found = clauses(lines)
    return [ClauseText(one.clause, one.text_sha256, one.page, one.line) for one in found], rulebook_facts(found, lines)


def changed(*replaced: tuple[str, str]) -> Read:
    text = ground_rules()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return read(text)


def test_shipped_definition_implements_published_ground_rules() -> None:
    told, (found, facts) = shipped_definitions()["RSCC9010"], read(ground_rules())
    assert is_about(told, facts)
    assert check_pins(told, found) == []
    (known,) = check_facts(told, facts, CALENDAR)
    assert known.severity == "info"
    assert "2026-12 is weighed at 2026-12-02, not 2026-12-09; " in known.message
    assert {fact.name for fact in facts} >= {
        "legs",
        "scale",
        "currency",
        "decimals",
        "review_months",
        "calculation_frequency",
        "price_cutoff",
    }


def test_changed_pinned_clause_names_its_policies() -> None:
    found, _ = changed(("close of Wednesday following the first", "close of Tuesday following the first"))
    (finding,) = check_pins(shipped_definitions()["RSCC9010"], found, "d" * 64)
    assert finding.subject == "RSCC9010 5.2"
    assert "clause 5.2" in finding.message
    assert {"short_only_names", "price_cutoff", "cutoff_holiday"} <= set(finding.message.replace(",", "").split())
    assert finding.document_id == "d" * 64
    assert (finding.page, finding.line) == next((one.page, one.line) for one in found if one.clause == "5.2")


def test_missing_pinned_clause_is_named() -> None:
    found, _ = read(ground_rules())
    (finding,) = check_pins(shipped_definitions()["RSCC9010"], [one for one in found if one.clause != "6.3"])
    assert "clause 6.3" in finding.message
    assert "not there any more" in finding.message
    assert (finding.page, finding.line) == (None, None)


@pytest.mark.parametrize(
    ("version", "compared", "severities"),
    [
        ("v1.2", ["b"], {"info"}),
        ("v1.10", ["a"], {"info", "warning"}),
        ("v1.3", ["a", "b"], {"info", "warning"}),
        ("", ["a", "b"], {"info", "warning"}),
    ],
)
def test_check_rules_compares_newest_version_only(version: str, compared: list[str], severities: set[str]) -> None:
    """What an older version says otherwise is no change to look at; one that prints no version speaks whatever there is."""
    tuesday = ("close of Wednesday following the first", "close of Tuesday following the first")
    other, published = changed(("v1.3", version), tuesday), read(ground_rules())
    documents = [GroundRules("a", *other, NOTHING_STATED), GroundRules("b", *published, NOTHING_STATED)]
    found = [*check_rules(shipped_definitions()["RSCC9010"], documents, CALENDAR)]
    told = [one for one in found if "not compared with it: v" in one.message]
    assert sorted({one.document_id for one in found if one not in told}) == compared
    assert {one.severity for one in found} == severities
    if older := {"a", "b"} - {*compared}:
        (finding,) = told
        assert ({finding.document_id}, finding.severity) == (older, "info")


def test_unpinned_clause_may_change() -> None:
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
def test_contradicted_fact_is_finding(old: str, new: str, fact: str) -> None:
    told, (_, facts) = shipped_definitions()["RSCC9010"], changed((old, new))
    (finding,) = (one for one in check_facts(told, facts, CALENDAR) if one.severity == "warning")
    assert finding.subject == f"RSCC9010 {fact}"
    assert finding.page is not None


def test_finding_names_title_page() -> None:
    said = RulebookFact("currency", "EUR", "in Euros", None, 1, 3)
    (finding,) = check_facts(shipped_definitions()["RSCC9010"], [said], CALENDAR)[1:]
    assert finding.message == "the title page says 'in Euros', but RSCC9010 is computed in USD"


def test_leg_of_unknown_name_is_compared_by_units() -> None:
    legs = (Leg("The Completeness Index of Others", "long", 90), Leg("Russell 2000 Growth", "short", 10))
    said = RulebookFact("legs", legs, "90% long and 10% short", "1.1", 2, 3)
    found = check_facts(shipped_definitions()["RSCC9010"], [said], CALENDAR)
    assert [one.subject for one in found] == ["RSCC9010 price_cutoff"]


CUTOFF = (
    "at the close of Wednesday following the first Friday in March, September, and December (price cut-off date) and at the "
    "close of Wednesday following the second Friday in June"
)
QUARTERLY = "first Friday in March, September, and December and the Wednesday following the second Friday of June"


def cutoff(said: str, policy: str = "days_before_9") -> list[tuple[str, str]]:
    """Severity and message of what is found on the price cut-off, where the clause says this of it."""
    shipped = shipped_definitions()["RSCC9010"]
    told = shipped.model_copy(update={"policies": shipped.policies.model_copy(update={"price_cutoff": policy})})
    _, facts = changed((CUTOFF, said))
    found = check_facts(told, facts, CALENDAR)
    return [(one.severity, one.message) for one in found if one.subject == "RSCC9010 price_cutoff"]


@pytest.mark.parametrize(
    "said",
    [
        CUTOFF,
        f"on the Wednesday after the {QUARTERLY}",
        f"at the close on the Wednesday immediately following the {QUARTERLY}",
    ],
)
def test_price_cutoff_clause_agrees_with_literal_policy(said: str) -> None:
    assert cutoff(said, "ground_rules_v1_3") == []


@pytest.mark.parametrize(
    "said",
    [
        "at the close of the Wednesday nine days before the implementation date",
        "at the close of the day 9 calendar days prior to implementation",
    ],
)
def test_price_cutoff_counted_from_implementation_is_compared(said: str) -> None:
    assert cutoff(said) == []
    assert {severity for severity, _ in cutoff(said, "ground_rules_v1_3")} == {"info"}, "but for December from 2026"


@pytest.mark.parametrize(
    ("said", "day", "severity"),
    [
        (f"at the close of Tuesday following the {QUARTERLY.replace('Wednesday', 'Tuesday')}", "2025-06-17", "warning"),
        ("at the close of the second Friday of March, June, September and December", "2025-06-13", "warning"),
        ("at the close of the last business day of February, May, August and November", "2025-05-30", "warning"),
        ("at the close five business days prior to the implementation date", "2025-06-20", "warning"),
        # Right in three months of four.
        ("at the close of the Wednesday following the first Friday of the review month", "2025-06-11", "info"),
    ],
)
def test_other_price_cutoff_is_finding_with_both_days(said: str, day: str, severity: str) -> None:
    found = cutoff(said)
    assert {one for one, _ in found} == {severity}
    assert any(f"2025-06 is weighed at 2025-06-18, not {day}" in message for _, message in found), found


@pytest.mark.parametrize(
    "said",
    [
        "at the close of the Wednesday before the second Friday in March, June, September and December",
        "at the close nine days before the implementation date",
        "at the latest close",
        "at the close of the Wednesday following the first Friday in March, September and December",
    ],
)
def test_unreadable_price_cutoff_is_not_compared(said: str) -> None:
    severities = {severity for severity, _ in cutoff(said)}
    assert severities == {"info"}
    assert any("was not compared with it" in message for _, message in cutoff(said))
