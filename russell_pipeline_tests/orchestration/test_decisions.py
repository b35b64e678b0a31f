"""A refused list goes in once a person has decided its lines, and every face says which rows rest on that."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from pathlib import Path

import pytest
import yaml

from russell_pipeline.documents.parse import parse_document
from russell_pipeline.queries.catalog import ask
from russell_pipeline_tests.conftest import call_russell, land
from russell_pipeline_tests.layouts import PUBLISHED, Row, make_list

pytestmark = pytest.mark.usefixtures("without_history")

# By document, its state, why it is refused, and why it would be without decisions.
Before = dict[str, tuple[str, str | None, str | None]]

_LIST = """Russell 3000 Index
As of June 27, 2014
Company\tTicker
AES CORP\tAES
AFLAC INC\tAF?
some note
AGCO CORP\tAGCO
"""
_DECIDED = """lines:
- {page: 1, line: 5, text: 'AFLAC INC AF?', cells: [AFLAC INC, AFL], by: J. Doe, why: the symbol is smudged}
- {page: 1, line: 6, text: some note, role: prose, by: J. Doe, why: it is a remark}
"""
_DAMAGED = "#REF!"


def _additions() -> tuple[bytes, str]:
    """A list of additions to R3000 at the review 2023-06 with a damaged symbol, and the sidecar that decides its line."""
    layout = PUBLISHED["R3000 additions 2023"]
    rows = [Row("ALPINE DAIRY INC", "ALPD", "Consumer Staples"), Row("BOREAL TIN", _DAMAGED, "Basic Materials")]
    data = make_list(layout, rows)
    line = next(line for line in parse_document(data).lines if _DAMAGED in line.text)
    decision = {
        "page": line.page, "line": line.number, "text": line.text, "cells": ["BOREAL TIN", "BORT", "Basic Materials"],
        "by": "J. Doe", "why": "its symbol in the list of the week before",
    }  # fmt: skip
    return data, yaml.safe_dump({"lines": [decision]})


def _csv(root: Path, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(call_russell(root, *arguments, "--format", "csv").stdout)))


def _documents(root: Path) -> Before:
    said = ask(root / "russell.duckdb", "SELECT file_name, state, reason, reason_without_decisions FROM documents")
    return {name: (state, reason, without) for name, state, reason, without in said.rows}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Before]:
    """A lake whose two lists were refused and then decided, and what it said of them before."""
    root = tmp_path_factory.mktemp("decided")
    land(root, "list.txt", _LIST.encode())
    additions, decided = _additions()
    land(root, "additions.pdf", additions)
    assert call_russell(root, "run", "--strict").returncode == 1
    before = _documents(root)
    land(root, "list.yaml", _DECIDED.encode())
    land(root, "additions.yaml", decided.encode())
    assert call_russell(root, "run", "--strict").returncode == 0
    return root, before


def test_refused_list_is_published_after_a_decision_of_two_lines(
    refused: tuple[Path, Before],
) -> None:
    root, before = refused
    state, reason, _ = before["list.txt"]
    assert state == "quarantined"
    assert (reason or "").startswith("holds 2 unrecognised lines")
    assert _documents(root)["list.txt"] == ("accepted", None, reason), "why it was refused stays on record"
    findings = ask(
        root / "russell.duckdb", "SELECT severity, line FROM findings WHERE subject = 'list.txt' ORDER BY line"
    )
    assert findings.rows == [("info", 5), ("info", 6)]


@pytest.mark.parametrize(
    ("table", "where"),
    [("membership_lists", "true"), ("constituents", "index_code = 'R3000'")],
)
def test_rows_of_tables_say_that_they_rest_on_a_decision(refused: tuple[Path, Before], table: str, where: str) -> None:
    root, _ = refused
    found = ask(root / "russell.duckdb", f"SELECT symbol, reading FROM {table} WHERE {where} ORDER BY symbol")
    assert found.rows == [("AES", "printed"), ("AFL", "decided"), ("AGCO", "printed")]


def test_faces_say_which_rows_rest_on_a_decision(
    refused: tuple[Path, Before],
) -> None:
    root, _ = refused
    members = _csv(root, "members", "R3000", "--on", "2014-07-01")
    assert {row["symbol"]: row["reading"] for row in members} == {"AES": "printed", "AFL": "decided", "AGCO": "printed"}
    assert "decided" in call_russell(root, "members", "R3000", "--on", "2014-07-01").stdout
    changes = _csv(root, "changes", "R3000")
    assert {row["symbol"]: row["reading"] for row in changes} == {"ALPD": "printed", "BORT": "decided"}
    (traced,) = json.loads(call_russell(root, "trace", "AFL", "--format", "json").stdout)
    assert (traced["reading"], traced["decided_by"], traced["decided_because"]) == (
        "decided", "J. Doe", "the symbol is smudged",
    )  # fmt: skip
    parsed = _csv(root, "parse", str(root / "landing" / "documents" / "list.txt"))
    assert [row["reading"] for row in parsed] == ["printed", "decided", "printed"]


def test_report_shows_the_line_of_each_decided_row(refused: tuple[Path, Before], tmp_path: Path) -> None:
    root, _ = refused
    called = call_russell(root, "report", "--review", "2023-06", "--output", str(tmp_path / "report.html"))
    assert called.returncode == 0, called.stderr
    text = (tmp_path / "report.html").read_text("utf-8")
    assert re.search(r"\d+:\d+, decided</td>", text)
    ((picture, told),) = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]*)">', text)
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert "BOREAL TIN, BORT. additions.pdf 1:" in told
    assert "decided by J. Doe: its symbol in the list of the week before" in told


def test_tables_for_people_have_no_column_of_decisions_where_there_are_none(
    refused: tuple[Path, Before],
) -> None:
    root, _ = refused
    head = call_russell(root, "trace", "AES").stdout.splitlines()[0]
    assert "printed" in head
    assert "reading" not in head
    assert "decided" not in head


def test_list_is_as_it_was_before_when_its_decision_is_taken_away_or_lapses(
    refused: tuple[Path, Before], tmp_path: Path
) -> None:
    _, before = refused
    land(tmp_path, "list.txt", _LIST.encode())
    land(tmp_path, "list.yaml", _DECIDED.replace("some note", "another note").encode())
    called = call_russell(tmp_path, "run", "--strict")
    assert called.returncode == 1
    state, reason, without = _documents(tmp_path)["list.txt"]
    assert (state, without) == ("quarantined", before["list.txt"][1])
    assert "a decision has lapsed: page 1, line 6 reads 'some note', not 'another note'" in (reason or "")
    findings = ask(
        tmp_path / "russell.duckdb", "SELECT severity, message FROM findings WHERE subject = 'list.txt'"
    ).rows
    assert [severity for severity, message in findings if "has lapsed" in message] == ["error"]


def test_parse_explains_what_is_in_doubt_and_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(_LIST)
    called = call_russell(tmp_path, "parse", str(file))
    assert "russell parse --explain" in called.stderr
    explained = call_russell(tmp_path, "parse", str(file), "--explain")
    assert explained.returncode == 1
    filled = (
        explained.stdout.replace("  role:", "  role: prose", 2)
        .replace("  by:", "  by: J. Doe")
        .replace("  why:", "  why: W")
    )
    (tmp_path / "list.yaml").write_text(filled.replace("prose  # of", "prose # of"))
    assert call_russell(tmp_path, "parse", str(file)).returncode == 0
    assert call_russell(tmp_path, "parse", str(file), "--explain", "--format", "csv").returncode == 2
