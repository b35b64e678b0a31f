"""Declarations of supplied files: the promised columns, a sentence for each rule, the terms of each action."""

from __future__ import annotations

from pathlib import Path

import pytest

from russell_pipeline.errors import Refusal
from russell_pipeline.market.files.actions import ACTIONS, TERMS
from russell_pipeline.market.files.columns import must
from russell_pipeline.market.files.kinds import KINDS, component_of, kind_of
from russell_pipeline_tests.market.files.supplying import HEADERS, supply

CONTRACT = {
    "components": ("symbol shares free_float", "style_weight company_name currency cusip isin figi permno"),
    "closes": ("date symbol close", "currency"),
    "fx": ("date currency rate", "quote"),
    "actions": ("symbol date action new old amount price to_symbol", ""),
    "suspensions": ("symbol suspended_on resumed_on resumption_announced_on replicable_market", ""),
    "offerings": ("symbol discovered_on announced_review shares", ""),
    "symbol_changes": ("date old_symbol new_symbol", "cusip isin figi permno"),
    "overrides": ("subject key decision reason", ""),
}


@pytest.mark.parametrize("name", KINDS)
def test_columns_are_those_of_the_contract(name: str) -> None:
    required, optional = CONTRACT[name]
    kind = KINDS[name]
    assert set(kind.required) == set(required.split())
    assert set(kind.columns) - set(kind.required) == set(optional.split())


@pytest.mark.parametrize("name", KINDS)
def test_every_rule_has_one_plain_sentence(name: str) -> None:
    schema = KINDS[name].schema
    for rule in schema._validation_rules(with_cast=False):
        column, _, part = rule.rpartition("|")
        sentence = must(schema.columns()[column], part) if column else getattr(schema, rule).validation_fn.__doc__
        assert sentence.strip(), rule
        assert "\n" not in sentence.strip(), rule


GOOD = {"new": "2", "old": "1", "amount": "0.5", "price": "3", "to_symbol": "CHILD"}


def action(folder: Path, name: str, terms: dict[str, str]) -> list[str]:
    """The sentences on one action with these terms."""
    line = ",".join(["AAA", "2024-01-02", name, *(terms.get(term, "") for term in TERMS)])
    return supply(folder, "actions", f"{HEADERS['actions']}{line}\n").rejected["sentence"].to_list()


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_takes_its_terms_and_no_others(name: str, tmp_path: Path) -> None:
    terms = {term: GOOD[term] for term in ACTIONS[name]}
    assert action(tmp_path, name, terms) == []
    for term in TERMS:
        changed = {**terms, term: ""} if term in terms else {**terms, term: GOOD[term]}
        if term in terms and ACTIONS[name][term].optional:
            assert action(tmp_path, name, changed) == []
            continue
        (sentence,) = action(tmp_path, name, changed)
        assert sentence.startswith(f"actions.csv, row 2: {name} takes ")


@pytest.mark.parametrize(
    ("name", "term", "taken", "refused"),
    [
        ("split", "new", "0.5", "0"),
        ("split", "old", "20", "-1"),
        ("ordinary_dividend", "amount", "0.0001", "0"),
        ("special_dividend", "amount", "1e3", "-2"),
        ("rights", "price", "0.01", "0"),
        ("spin_off", "to_symbol", "AAB", "AAA"),
        ("conversion", "to_symbol", "A.B", "AAA"),
        ("shares", "amount", "0", "-1"),
        ("free_float", "amount", "1", "1.0001"),
        ("free_float", "amount", "0", "-0.1"),
        ("delete", "price", "0", "-0.01"),
    ],
)
def test_ranges_of_terms(name: str, term: str, taken: str, refused: str, tmp_path: Path) -> None:
    terms = {term: GOOD[term] for term in ACTIONS[name]}
    assert action(tmp_path, name, {**terms, term: taken}) == []
    assert len(action(tmp_path, name, {**terms, term: refused})) == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("market/closes.csv", "closes"),
        ("market/closes-2024.parquet", "closes"),
        ("market/fx.CSV", "fx"),
        ("reference/symbol_changes_old.csv", "symbol_changes"),
        ("reference/overrides.csv", "overrides"),
        ("components/RSCC/2025-03.csv", "components"),
        ("market/notes.txt", None),
        ("market/closes_old/notes.csv", None),
        ("reference/market/closes.csv", None),
        ("market/closes.xlsx", None),
        ("market/levels.csv", None),
    ],
)
def test_the_place_of_a_file_tells_its_kind(path: str, kind: str | None) -> None:
    found = kind_of(path)
    assert (found.name if found else None) == kind


def test_components_are_named_by_index_and_review_or_day() -> None:
    assert component_of("RSCC/2025-03.csv") == ("RSCC", "2025-03")
    assert component_of("components/SP500/2023-11-22.parquet") == ("SP500", "2023-11-22")
    for wrong in ("2025-03.csv", "RSCC/2025-04.csv", "RSCC/2023-02-30.csv", "R S/2025-03.csv", "RSCC/20250321.csv"):
        with pytest.raises(Refusal):
            component_of(wrong)
