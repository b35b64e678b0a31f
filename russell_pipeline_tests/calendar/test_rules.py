"""Protects the rules file: what it may say, and that what is wrong in it is refused with its place."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml
from pydantic import ValidationError

from russell_pipeline.calendar.model import Confidence
from russell_pipeline.calendar.rules import Formula, Rules, read_rules, shipped_rules
from russell_pipeline.dates.reviews import EVENTS

SHIPPED = yaml.safe_load(files("russell_pipeline.calendar").joinpath("rules.yaml").read_text(encoding="utf-8"))


def rules_with(**parts: object) -> Rules:
    """The shipped rules with some parts replaced."""
    return read_rules(yaml.safe_dump({**SHIPPED, **parts}, sort_keys=False))


def version(**parts: object) -> dict[str, object]:
    return {
        "from": "2004-06",
        "at": {"event": "implementation"},
        "says": "the day of implementation",
        "source": "inferred",
        "confidence": "inferred",
        **parts,
    }


def one_rule(*versions: dict[str, object]) -> dict[str, object]:
    return {"id": "a", "for": {"event": "final_lists", "reviews": "june"}, "versions": list(versions)}


def test_every_event_has_a_rule() -> None:
    assert {rule.subject.event for rule in shipped_rules().rules} == set(EVENTS)


def test_every_version_says_its_formula_in_words_and_names_its_source() -> None:
    for rule in shipped_rules().rules:
        for one in rule.versions:
            assert one.says
            assert one.source.startswith(tuple(shipped_rules().sources))


def test_outside_the_reviews_that_a_source_attests_a_version_is_inferred() -> None:
    rule, one = shipped_rules().wording("quarterly_shares_float_cutoff@2018-09")
    assert rule.version_for("2022-03") is one
    assert one.confidence_for("2022-03") is Confidence.PUBLISHED
    assert one.confidence_for("2018-09") is Confidence.INFERRED
    assert rule.version_for("2018-03") is None


def test_december_is_quarterly_to_2025_and_a_reconstitution_from_2026() -> None:
    rules = shipped_rules()
    assert rules.held("quarterly", "2025-12")
    assert not rules.held("december", "2025-12")
    assert rules.held("december", "2026-12")
    assert not rules.held("quarterly", "2026-12")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"rules": [one_rule(version(), version(**{"from": "2010-06"}))]}, "overlap"),
        ({"rules": [one_rule(version(to="2003-06"))]}, "before it begins"),
        ({"rules": [one_rule(version(**{"from": "2004-05"}))]}, "no review in month 5"),
        ({"rules": [one_rule(version(at={"event": "lunch"}))]}, "no event of the calendar"),
        ({"rules": [one_rule(version(starts={"event": "rank_day"}))]}, "either `at` or both"),
        ({"rules": [one_rule(version(source="hearsay"))], "comparisons": []}, "begins with none of"),
        ({"rules": [one_rule(version()), one_rule(version())]}, "used twice"),
        ({"reviews": {"june": [{"months": [6]}]}}, "no kind of review"),
        ({"rules": [one_rule(version())]}, "no version of a rule is called"),
        ({"order": [{"before": ["lunch"], "after": "effective", "because": "so"}]}, "no event of the calendar"),
        ({"lunch": []}, "Extra inputs"),
    ],
)
def test_what_is_wrong_in_a_rules_file_is_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rules_with(**parts)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"weekday": "Friday"},
        {"weekday": "Friday", "nth": 1, "from_day": 6},
        {"weekday": "Friday", "nth": 6},
        {"nth": 1, "event": "rank_day"},
        {"event": "rank_day", "last_session": True},
        {"event": "rank_day", "days": 1, "sessions": 1},
        {"event": "rank_day", "review": 1},
    ],
)
def test_a_formula_has_one_base_and_one_kind_of_step(parts: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Formula.model_validate(parts)
