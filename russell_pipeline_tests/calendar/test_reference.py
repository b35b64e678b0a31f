"""Protects the page docs/calendar.md from saying something else than the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from russell_pipeline.calendar.model import KINDS
from russell_pipeline.calendar.reference import made_again
from russell_pipeline.calendar.rules import read_rules, shipped_rules
from russell_pipeline_tests.calendar.test_rules import SHIPPED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "calendar.md"


def test_the_page_is_what_the_rules_make() -> None:
    page = PAGE.read_text("utf-8")
    assert page == made_again(page, shipped_rules()), (
        "make it again: python -m russell_pipeline.calendar.reference docs/calendar.md"
    )


def test_every_version_exception_source_and_kind_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    rules = shipped_rules()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for rule in rules.rules:
        for version in rule.versions:
            [row] = [row for row in rows if row.startswith(f"| `{rule.id}@{version.first}` ")]
            for said in (version.says, version.source, version.first, version.confidence.replace("_", "-")):
                assert said in row
    for name in (*rules.sources, *KINDS, *(f"exception:{one.id}" for one in rules.exceptions)):
        assert any(row.startswith(f"| `{name}` ") for row in rows), name


def test_a_changed_rule_changes_the_page_and_nothing_beside_its_parts() -> None:
    page = PAGE.read_text("utf-8")
    assert page.startswith("# The review calendar")
    changed = read_rules(yaml.safe_dump(SHIPPED, sort_keys=False).replace("the last Friday of June", "some Friday"))
    again = made_again(page, changed)
    assert "some Friday" in again
    assert [line for line in again.splitlines() if not line.startswith("|")] == [
        line for line in page.splitlines() if not line.startswith("|")
    ]


def test_a_part_that_nothing_makes_is_an_error() -> None:
    with pytest.raises(KeyError, match="weather"):
        made_again("<!-- made: weather -->\n<!-- end -->", shipped_rules())
