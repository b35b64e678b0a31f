"""The documents of the project's own are read as recorded, wherever the suite runs: what is published need not be there."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from russell_pipeline.documents.model import Kind, Role
from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline_tests.corpus.lists import LISTS, companies
from russell_pipeline_tests.documents.schedules.random_schedules import as_pdf
from russell_pipeline_tests.layouts import TextLayout, make_list

FOLDER = Path(__file__).parent
SCHEDULES = sorted((FOLDER / "schedules").glob("*.txt"))
RULEBOOKS = sorted((FOLDER / "rulebooks").glob("*.txt"))
# What has its columns told by bars has them drawn in a PDF.
TYPESET = [file for file in SCHEDULES if file.stem != "pipes"]


def _recorded(document: Path) -> Sequence[dict[str, str]]:
    with document.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]


@pytest.mark.parametrize("name", LISTS)
def test_list_of_each_layout_is_read_as_recorded(name: str) -> None:
    """Every company, the facts of the list, and one role for each line."""
    layout = LISTS[name]
    recorded = companies(layout.taxonomy)
    kept = layout.kept(len(recorded)) if isinstance(layout, TextLayout) else range(len(recorded))
    document = parse_document(make_list(layout, [row for row, _ in recorded]))
    assert document.reason is None
    said = (document.index_code, document.change, document.status, document.as_of, document.taxonomy)
    assert said == (layout.index_code, layout.change, layout.status, layout.as_of, layout.taxonomy)
    columns = ("company_name", "class_marker", "symbol", "classification")
    assert [tuple(row[column] for column in columns) for row in document_rows(document)] == [
        recorded[at][1] for at in kept
    ]
    assert not {line.role for line in document.lines} & {None, Role.REJECTED}


@pytest.mark.parametrize("file", SCHEDULES, ids=lambda file: file.stem)
def test_schedule_of_each_form_is_read_as_recorded(file: Path) -> None:
    assert _dates(file.read_bytes()) == _stated(file)


@pytest.mark.parametrize("file", TYPESET, ids=lambda file: file.stem)
def test_typeset_schedule_of_each_form_is_read_as_recorded(file: Path) -> None:
    assert _dates(as_pdf(file.read_text("utf-8"), 7)) == _stated(file)


@pytest.mark.parametrize("file", RULEBOOKS, ids=lambda file: file.stem)
def test_ground_rules_are_read_as_recorded(file: Path) -> None:
    document = parse_document(file.read_bytes())
    assert (document.kind, document.reason) == (Kind.GROUND_RULES, None)
    found = [(row["clause"], row["title"] or "", str(row["line"])) for row in document_rows(document)]
    assert found == [(row["clause"], row["title"], row["line"]) for row in _recorded(file)]


def _dates(data: bytes) -> list[tuple[str, ...]]:
    """What a schedule states: event, review, first and last day."""
    document = parse_document(data)
    assert (document.kind, document.reason) == (Kind.REVIEW_SCHEDULE, None)
    columns = ("event", "review", "starts_on", "ends_on")
    return sorted(tuple(str(row[column] or "") for column in columns) for row in document_rows(document))


def _stated(file: Path) -> list[tuple[str, ...]]:
    return sorted(tuple(row.values()) for row in _recorded(file))
