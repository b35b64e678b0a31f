"""The real published documents: every row, fact and line as verified by two independent engines."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import pytest
import yaml

from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.model import Document, Role
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline_tests.conftest import real_documents

DOCUMENTS = real_documents()
MANIFEST: list[dict[str, Any]] = yaml.safe_load((DOCUMENTS / "manifest.yaml").read_text("utf-8"))
LISTS = [entry for entry in MANIFEST if "expected" in entry]


@cache
def _parsed(file: str) -> Document:
    return parse_document((DOCUMENTS / file).read_bytes())


@pytest.mark.parametrize("entry", LISTS, ids=lambda entry: entry["file"])
def test_list_rows_of_real_documents_equal_the_verified_ones(entry: dict[str, Any]) -> None:
    document = _parsed(entry["file"])
    found = [
        (
            row.company_name,
            row.class_marker or "",
            row.symbol,
            (document.taxonomy or "") if row.classification else "",
            row.classification or "",
        )
        for row in list_rows(document.lines)
    ]
    with (DOCUMENTS / entry["expected"]).open(encoding="utf-8", newline="") as file:
        expected = [tuple(row) for row in csv.reader(file)][1:]
    assert found == expected
    assert document.rows_parsed == entry["rows"]


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_facts_and_line_accounts_of_real_documents_equal_the_manifest(entry: dict[str, Any]) -> None:
    document = _parsed(entry["file"])
    assert document.reason is None
    assert document.document_id == entry["document_id"]
    assert document.kind == entry["kind"]
    for name in ("index_code", "change", "status", "review_year"):
        assert getattr(document, name) == entry[name], name
    assert (document.as_of.isoformat() if document.as_of else None) == entry["as_of"]
    assert document.taxonomy == entry.get("taxonomy")
    if entry["pages"]:
        assert document.pages == entry["pages"]
    if "lines" in entry:
        assert len(document.lines) == entry["lines"]
    assert all(line.role not in (None, Role.REJECTED) for line in document.lines)


@pytest.mark.parametrize("file", [entry["file"] for entry in LISTS if entry["file"].endswith(".pdf")])
def test_engines_agree_on_a_page_of_each_real_document(file: str) -> None:
    """Two engines on the second page: where they disagree, one of them loses or invents text."""
    with PdfReader((DOCUMENTS / file).read_bytes()) as reader:
        by_pdfium = reader.page(2)
        by_pdfplumber = list(reader.rereadings(2, ()))[-1]
    assert [line.text for line in by_pdfium.lines] == [line.text for line in by_pdfplumber.lines]
