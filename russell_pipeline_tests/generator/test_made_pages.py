"""Protects the pages of the docs from saying something else than the data that they are made from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from docs.generator import calendar
from docs.generator.all_parts import all_parts
from docs.generator.parts import made_again
from docs.generator.picture import picture
from russell_pipeline.calendar.model import KINDS
from russell_pipeline.calendar.rules import read_rules, shipped_rules
from russell_pipeline.index.policies import policies
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline_tests.calendar.test_rules import SHIPPED
from russell_pipeline_tests.conftest import PROJECT

DOCS = PROJECT / "docs"


def _rows(page: str) -> list[str]:
    return [line for line in (DOCS / page).read_text("utf-8").splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_is_what_the_data_makes(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == made_again(text, all_parts()), "make it again: python -m docs.generator docs/*.md"


def test_each_part_stands_on_one_page() -> None:
    text = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    assert sorted(re.findall(r"<!-- made: (\w+) -->", text)) == sorted(all_parts())


def test_every_version_exception_source_and_kind_is_on_the_page_of_the_calendar() -> None:
    rows = _rows("calendar.md")
    rules = shipped_rules()
    for rule in rules.rules:
        for version in rule.versions:
            [row] = [row for row in rows if row.startswith(f"| `{rule.id}@{version.first}` ")]
            for said in (version.says, version.source, version.first, version.confidence.replace("_", "-")):
                assert said in row
    for name in (*rules.sources, *KINDS, *(f"exception:{one.id}" for one in rules.exceptions)):
        assert any(row.startswith(f"| `{name}` ") for row in rows), name


def test_every_policy_stands_in_the_register_with_its_options() -> None:
    page = (DOCS / "policies.md").read_text("utf-8")
    for name, policy in policies().items():
        options = (f"| `{one}` | {option.does} |" for one, option in policy.options.items())
        sources = (option.source for option in policy.options.values() if option.source)
        for text in (f"## {name}\n", policy.about, *options, *sources):
            assert text in page


def test_every_column_of_every_table_stands_in_the_data_dictionary() -> None:
    sections = re.split(r"^## ", (DOCS / "tables.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert [section.split("`")[1] for section in sections] == list(TABLES)
    for section, table in zip(sections, TABLES.values(), strict=True):
        assert table.description in section
        rows = [row for row in section.splitlines() if row.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == list(table.descriptions)
        for row, description in zip(rows, table.descriptions.values(), strict=True):
            assert description, row
            assert description.replace("|", "&#124;") in row
            assert len(row.split(" | ")) == 5, row


def test_a_changed_rule_changes_the_page_and_nothing_beside_its_parts() -> None:
    page = (DOCS / "calendar.md").read_text("utf-8")
    assert page.startswith("# The review calendar")
    changed = read_rules(yaml.safe_dump(SHIPPED, sort_keys=False).replace("the last Friday of June", "some Friday"))
    again = made_again(page, calendar.parts(changed))
    assert "some Friday" in again
    assert [line for line in again.splitlines() if not line.startswith("|")] == [
        line for line in page.splitlines() if not line.startswith("|")
    ]


def test_a_part_that_nothing_makes_is_an_error() -> None:
    with pytest.raises(KeyError, match="weather"):
        made_again("<!-- made: weather -->\n<!-- end -->", all_parts())


def test_the_picture_of_the_architecture_is_that_of_the_graph() -> None:
    committed = (DOCS / "pictures" / "architecture.svg").read_text("utf-8")
    assert committed == picture(), "make it again: python -m docs.generator.picture > docs/pictures/architecture.svg"
    for table in TABLES.values():
        assert table.group == "findings" or f">{table.name}<" in committed
    assert committed.count('class="arc"') == 9 + 5
    assert committed.count('class="arc back"') == 2
