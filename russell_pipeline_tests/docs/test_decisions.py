"""Protects the records of decisions: each has its number, date, status and parts, and stands in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from russell_pipeline_tests.conftest import PROJECT

FOLDER = PROJECT / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("0*.md"))
HEAD = re.compile(r"# (\d{4})\. (.+)\n\n- Date: (\d{4}-\d\d-\d\d(?: to \d{4}-\d\d-\d\d)?)\n- Status: (.+)\n")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_its_parts_and_its_line_in_the_index(record: Path) -> None:
    text = record.read_text("utf-8")
    head = HEAD.match(text)
    assert head is not None
    number, title, date, status = head.groups()
    assert record.name.startswith(f"{number}-")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert re.match("accepted|superseded by |rejected", status)
    line = f"| [{number}]({record.name}) | {title} | {date} | {status} |"
    assert line in (FOLDER / "index.md").read_text("utf-8").splitlines()


def test_records_are_numbered_without_a_gap() -> None:
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))
