"""Protects terminals, editors and browsers: names that control them or turn text around are shown as text, by every command."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.orchestration.metadata import _markdown
from russell_pipeline.output import emit
from russell_pipeline.queries.catalog import Answer
from russell_pipeline.reports.page import Page, Section, as_json, render, shown
from russell_pipeline_tests.conftest import call_russell, land

# Red, the text behind turned around, red in one character, a new line.
_NAME = "a\x1b[31m\u202egpj\x9b31m\nb"
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def hostile(dated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A lake with a document and market files of such a name and content, and what its run said."""
    lake = tmp_path_factory.mktemp("hostile") / "lake"
    shutil.copytree(dated, lake)
    land(lake, f"{_NAME}.txt", f"Russell 3000 {_NAME}\nno list at all\n".encode())
    (lake / "landing" / "market").mkdir()
    (lake / "landing" / "market" / f"closes{_NAME}.csv").write_text(f"date,symbol,close\n2025-01-02,{_NAME!s:.5},x\n")
    (lake / "landing" / "market" / "closes.csv").write_text("date,symbol,close\n2025-01-02,A\u202eB\x1b[31m,\u202e1\n")
    (lake / "landing" / "indexes").mkdir()
    (lake / "landing" / "indexes" / "X\x1b\u202e.yaml").write_text("code: X\n")
    called = call_russell(lake, "run")
    return lake, called.stdout + called.stderr


def test_a_run_shows_names_as_text(hostile: tuple[Path, str]) -> None:
    _, said = hostile
    assert "gpj" in said, "it is about these files"
    assert not _ACTS.search(said)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize(
    "arguments", [["status"], ["sql", "FROM findings"], ["sql", "SELECT [file_name] AS names FROM documents"]]
)
def test_queries_show_names_as_text(hostile: tuple[Path, str], form: str, arguments: list[str]) -> None:
    called = call_russell(hostile[0], *arguments, "--format", form)
    assert "gpj" in called.stdout
    assert not _ACTS.search(called.stdout + called.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["members", _NAME],
        ["levels", _NAME],
        ["trace", _NAME],
        ["parse", f"{_NAME}.pdf"],
        ["import", _NAME, "x"],
        ["calendar", _NAME],
        ["members", "R3000", "--on", _NAME],
        ["sql", f"SELECT {_NAME}"],
        ["report", "--review", _NAME],
        ["run", "--accept", _NAME],
        [_NAME],
        ["status", f"--{_NAME}"],
        ["status", "--output", f"{_NAME}/x"],
        ["ui", "--host", _NAME],
    ],
    ids=lambda arguments: arguments[0] if arguments[0] != _NAME else "no command",
)
def test_errors_show_what_was_typed_as_text(hostile: tuple[Path, str], arguments: list[str]) -> None:
    called = call_russell(hostile[0], *arguments)
    assert called.stderr
    assert not _ACTS.search(called.stdout + called.stderr)


def test_a_file_that_is_parsed_shows_its_name_and_lines_as_text(hostile: tuple[Path, str]) -> None:
    [file] = (hostile[0] / "landing" / "documents").glob("a*")
    called = call_russell(hostile[0], "parse", str(file))
    assert "gpj" in called.stderr
    assert not _ACTS.search(called.stdout + called.stderr)


def test_json_spells_what_controls_a_terminal_and_holds_the_same_values(tmp_path: Path) -> None:
    emit(Answer([_NAME], [(_NAME,)]), "json", tmp_path / "rows.json")
    text = (tmp_path / "rows.json").read_text()
    assert not _ACTS.search(text)
    assert json.loads(text) == [{_NAME: _NAME}]


def test_a_report_shows_names_as_text() -> None:
    page = Page("index", _NAME, {_NAME: _NAME}, [Section("names", _NAME, [_NAME])], _NAME, False, [_NAME])
    assert not _ACTS.search(render(page))
    assert not _ACTS.search(as_json(shown({"name": [_NAME]})))


@pytest.mark.parametrize(
    "name", [_NAME, "a|b", "a`b`", "a\\|b", "**a**", "[a](https://example.org)", "<b>", "a\r\n| x |"]
)
def test_a_name_stays_in_its_cell_of_the_preview(name: str) -> None:
    """A name with a new line ended the table in Dagster."""
    *_, row = lines = _markdown(pl.DataFrame({"file_name": [name], "rows": [1]})).split("\n")
    assert len(lines) == 3
    assert not _ACTS.search(row)
    cells = row.split("|")
    assert [cells[0], cells[2].strip(), cells[3]] == ["", "1", ""]
    assert not re.search(r"[`*<>\\\[]|://", cells[1])
