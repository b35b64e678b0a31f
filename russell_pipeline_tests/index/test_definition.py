"""Protects definitions: what ships, what policies there are, and one sentence that names the key for each thing wrong."""

from __future__ import annotations

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.definition import Definition, Policies, load_definition, shipped_definitions
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.policies import Policy, policies, policies_on_clause

VALID = {
    "code": "X",
    "name": "An Index",
    "currency": "USD",
    "base": {"date": date(2025, 3, 21), "value": 1000},
    "legs": [{"component": "A", "units": 9}, {"component": "B", "units": -1}],
}


def refused(told: object, name: str = "X.yaml") -> tuple[str, ...]:
    text = told if isinstance(told, str) else yaml.safe_dump(told)
    with pytest.raises(IndexRefusal) as refusal:
        load_definition(text, name)
    assert all(message.startswith(name) and "\n" not in message for message in refusal.value.messages)
    return refusal.value.messages


def test_shipped_definition_is_that_of_contract() -> None:
    told = shipped_definitions()["RSCC9010"]
    assert (told.currency, told.base.date, told.base.value) == ("USD", date(2025, 3, 21), 1000)
    assert [(leg.component, leg.units) for leg in told.legs] == [("RSCC", 9), ("R2000G", -1)]
    assert told.components["RSCC"].difference == ("R3000", "SP500")
    contract = {
        "short_only_names": "net",
        "corporate_actions": "market_cap",
        "total_return": "ex_open",
        "price_cutoff": "days_before_9",
        "cutoff_holiday": "previous_session",
        "missing_price": "error",
    }
    assert contract.items() <= dict(told.policies).items()


def test_definition_has_policies_of_register() -> None:
    """Each has a clause, what is decided, and a sentence on each option; the default is the first."""
    assert list(policies()) == list(Policies.model_fields)
    assert dict(Policies()) == {name: one.default for name, one in policies().items()}
    for policy in policies().values():
        assert policy.clause
        assert all(says.endswith(".") for says in [policy.about, *(one.does for one in policy.options.values())])
        assert all(bool(one.source) == any(one.figures.values()) for one in policy.options.values())
    assert list(policies()["short_only_names"].options) == ["net", "drop", "literal"]
    assert list(policies()["price_cutoff"].options) == ["days_before_9", "ground_rules_v1_3"]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"basis_points": 0}, "`correction_limits.basis_points`"),
        ({"sessions": 1.5}, "`correction_limits.sessions`"),
        (
            {"days": 2},
            "`correction_limits.days` is no key of a definition; correction_limits has basis_points, sessions",
        ),
    ],
)
def test_definition_rejects_correction_limit_not_above_zero(limits: dict[str, float], says: str) -> None:
    assert any(says in message for message in refused({**VALID, "correction_limits": limits}))


def test_definition_defaults_correction_limits_to_register() -> None:
    wanted = {name: limit.default for name, limit in policies()["corrections"].limits.items()}
    assert load_definition(yaml.safe_dump(VALID), "X.yaml").correction_limits.model_dump() == wanted


def test_policies_on_clause_include_subclauses() -> None:
    assert "short_only_names" in policies_on_clause("5.2")
    assert "short_only_names" in policies_on_clause("4.2")
    assert policies_on_clause("7.1.1") == ["rounding"]
    assert policies_on_clause("7.1") == ["rounding"]
    assert policies_on_clause("7.11") == []


@pytest.mark.parametrize("written", ["1000", "1e3", "1.0E+3", '"1000"', "'1000.0'", '" 1000 "', "+1000", "1000."])
def test_definition_reads_number_however_written(written: str) -> None:
    """YAML 1.1 takes 1e3 for a text; in quotes every number is one."""
    text = yaml.safe_dump({**VALID, "base": {"date": date(2025, 3, 21), "value": 5}}).replace(
        "value: 5", f"value: {written}"
    )
    assert load_definition(text, "X.yaml").base.value == 1000
    told = load_definition(
        yaml.safe_dump({**VALID, "legs": [{"component": "A", "units": written.strip("'\"")}]}), "X.yaml"
    )
    assert told.long.units == 1000


def test_definition_rejects_text_for_number() -> None:
    [message] = refused({**VALID, "base": {"date": date(2025, 3, 21), "value": "1,000"}})
    assert message.endswith(
        "`base.value`: '1,000' is no number, write digits with a decimal point, such as 1000 or 0.5"
    )


def test_definition_of_first_release_is_written_as_by_it() -> None:
    """Lakes know their definitions by this text: policies that came later are in it where they are not the default alone."""
    first = (
        '{"short_only_names":"net","negative_factors":"keep","corporate_actions":"market_cap","total_return":"ex_open",'
        '"price_cutoff":"days_before_9","cutoff_holiday":"previous_session","missing_price":"error","leavers":"at_review",'
        '"rounding":"half_up","corrections":"restate"}'
    )
    assert Policies().model_dump_json() == first
    assert Policies.model_validate_json(first) == Policies()
    for name, policy in policies().items():
        for option in policy.options:
            chosen = Policies.model_validate({name: option})
            written = chosen.model_dump_json()
            assert Policies.model_validate_json(written) == chosen
            assert (f'"{name}":"{option}"' in written) == (policy.since is None or option != policy.default)


def test_policy_rejects_options_of_different_figures() -> None:
    told = {"clause": "1", "about": "A.", "options": {"a": {"does": "A.", "figures": {"rate": 0}}, "b": "B."}}
    with pytest.raises(ValueError, match="same figures"):
        Policy.model_validate(told)


def test_definition_takes_every_option() -> None:
    for name, policy in policies().items():
        for option in policy.options:
            told = load_definition(yaml.safe_dump({**VALID, "policies": {name: option}}), "X.yaml")
            assert getattr(told.policies, name) == option


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"colour": "red"}, "`colour`"),
        ({"base": {"date": date(2025, 3, 21)}}, "`base.value`"),
        ({"base": {"date": 20250321, "value": 1}}, "`base.date`"),
        ({"base": {"date": "21.3.2025", "value": 1}}, "`base.date`"),
        ({"base": {"date": date(2025, 3, 21), "value": 0}}, "`base.value`"),
        ({"base": {"date": date(2025, 3, 21), "value": True}}, "`base.value`"),
        ({"base": {"date": date(2025, 3, 21), "value": float("nan")}}, "`base.value`"),
        ({"base": {"date": date(2025, 3, 21), "value": "1,000"}}, "`base.value`"),
        ({"base": {"date": date(2025, 3, 21), "value": "1e999"}}, "`base.value`"),
        ({"legs": []}, "`legs`"),
        ({"legs": [{"component": "A", "units": 0}]}, "`legs.0.units`"),
        ({"legs": [{"component": "A", "units": "nine"}]}, "`legs.0.units`"),
        ({"legs": [{"component": "A", "units": -1}]}, "`legs`"),
        ({"legs": [{"component": "A", "units": 1}, {"component": "A", "units": -1}]}, "`legs`"),
        ({"legs": [{"component": name, "units": 1} for name in "AB"]}, "`legs`"),
        ({"legs": [{"component": "A", "units": 2}, *({"component": name, "units": -1} for name in "BC")]}, "`legs`"),
        ({"currency": "dollars"}, "`currency`"),
        ({"policies": {"total_return": "daily"}}, "`policies.total_return`"),
        ({"policies": {"totl_return": "ex_open"}}, "`policies.totl_return`"),
        ({"components": {"A": {"difference": ["A", "B"]}}}, "`components.A`"),
        ({"components": {"A": {"difference": ["B"]}}}, "`components.A.difference.1`"),
        ({"rulebook": {"document": "D", "clauses": {"5.2": "abc"}}}, "`rulebook.clauses.5.2`"),
        ({"rulebook": {"document": "D", "clauses": {5.2: "0" * 64}}}, "`rulebook.clauses.5.2`"),
        ({"code": "Y"}, "`code`"),
    ],
)
def test_definition_names_faulty_key(change: dict[str, object], key: str) -> None:
    (message,) = refused({**VALID, **change})
    assert key in message


def test_definition_has_one_sentence_per_fault() -> None:
    messages = refused({"code": "X", "base": {"date": date(2025, 3, 21), "value": -1}, "legs": 3})
    assert [message.split("`")[1] for message in messages] == ["name", "currency", "base.value", "legs"]


@pytest.mark.parametrize(
    "text", ["", "- 1", "code: [", "x: 2025-13-45", "code: X\ncode: Y", "!!python/object:os.x {}", "a: &a [*a]", "\0"]
)
def test_load_definition_rejects_other_yaml(text: str) -> None:
    assert refused(text)


@given(st.text(max_size=60))
def test_load_definition_rejects_any_text_with_refusal(text: str) -> None:
    with pytest.raises(IndexRefusal):
        load_definition(text, "X.yaml")


def test_definition_round_trips_through_yaml() -> None:
    told = Definition.model_validate(VALID)
    assert load_definition(yaml.safe_dump(told.model_dump(mode="json", exclude_none=True)), "X.yaml") == told
