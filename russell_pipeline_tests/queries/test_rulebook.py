"""What rests on a clause that changed is named with it: definitions that pin it, policies, and rules that cite it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.index.declared_rules import rules_on_clause
from russell_pipeline.index.definition import Definition, Rulebook, shipped_definitions
from russell_pipeline.queries.rulebook import Resting, RulebookVersion, compare_versions, comparison_rows, version_of
from russell_pipeline_tests.documents.rulebooks.invented import PARTS, rulebook

CALENDAR = RuleCalendar(nyse_sessions())
# An index of the invented ground rules, which pins two of their clauses.
QUAY = shipped_definitions()["RSCC9010"].model_copy(
    update={
        "code": "QUAY",
        "name": "Quay Index",
        "rulebook": Rulebook(document="Quay", clauses={"1.2": "0" * 64, "3.1.1": "0" * 64}),
    }
)


def _version(changed: Mapping[str, str] | None = None) -> RulebookVersion:
    document = parse_document(rulebook(changed=changed).encode())
    assert document.reason is None
    return version_of("quay.txt", document.document_id, document.lines)


FOUR = {"1.3": "\n".join((*PARTS["1.3"], "1.4 It is computed by a machine.", ""))}
CHANGED = {
    "1.2": "1.2 The index takes companies of one country, and is reviewed in July.\n",
    "3.1.2": "\n".join(PARTS["3.1.2"]).replace("nothing", "little"),
}


def _compared(definition: Definition) -> dict[str, Resting]:
    found = compare_versions(_version(FOUR), _version(CHANGED), {definition.code: definition}, CALENDAR)
    assert found.unchanged == len(found.new.clauses) - 2
    return {change.numbers[0]: resting for change, resting in found.changes}


def test_what_rests_on_a_clause_stands_with_its_change() -> None:
    assert _compared(QUAY) == {
        "1.2": Resting(["QUAY"], [], []),
        "1.4": Resting([], ["total_return", "dividend_tax"], []),
        "3.1.2": Resting([], [], []),
    }


def test_nothing_rests_on_ground_rules_of_another_index() -> None:
    """Numbers of clauses are the same in any document; only a definition of its own index rests on them."""
    resting = _compared(QUAY.model_copy(update={"name": "Pier Index"}))
    assert {what.told for what in resting.values()} == {""}


@pytest.mark.parametrize(
    ("name", "clause", "rules"),
    [
        ("Russell US Equity Indexes", "5.8.1", ["minimum_price"]),
        ("Russell US Equity Indexes", "5.8", ["minimum_price"]),
        ("Russell US Equity Indexes", "5.1", []),
        ("Russell US Equity Indexes", "5", ["minimum_price", "minimum_market_cap", "minimum_voting_rights"]),
        ("Quay Index", "5", []),
    ],
)
def test_rules_that_cite_a_clause(name: str, clause: str, rules: list[str]) -> None:
    assert rules_on_clause(name, clause) == rules


def test_rules_of_the_calendar_cite_clauses_too() -> None:
    found = rules_on_clause("Russell Custom Small Cap Completeness 90/10 Index", "5.2")
    assert {"price_cutoff_june_ground_rules_v1_3", "price_cutoff_days_before_9"} <= {*found}


def test_rows_of_a_comparison_hold_no_text() -> None:
    """They may be kept and sent on; the words of the publisher may not."""
    found = compare_versions(_version(FOUR), _version(CHANGED), {"QUAY": QUAY}, CALENDAR)
    answer = comparison_rows(found)
    assert [row[:5] for row in answer.rows] == [
        ("changed", "1.2", "1.2", 1, 1),
        ("removed", "1.4", None, 6, 0),
        ("changed", "3.1.2", "3.1.2", 1, 1),
    ]
    assert {len(answer.columns), len(answer.types)} == {len(row) for row in answer.rows}
    texts = {cell for row in answer.rows for cell in row if isinstance(cell, str)}
    assert texts == {"changed", "removed", "1.2", "1.4", "3.1.2", "QUAY", "total_return, dividend_tax"}
