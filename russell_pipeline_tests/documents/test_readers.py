"""Each kind of document has one reader, whose rows are as many as the document says and stand where they say."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.model import ROW_TABLES, Kind, Role
from russell_pipeline.documents.parse import READERS, document_rows, parse_document
from russell_pipeline.documents.pdf.reader import PdfReader
from russell_pipeline.documents.text import read_text
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline_tests.conftest import SHIPPED

_RULES = """Ground Rules of the Example Index
v1.0

1. Introduction
1.1 The Example Index is calculated in US dollars.
1.2 It is reviewed every June.
2. Eligibility
2.1 Companies of the Russell 3000 Index are eligible.
2.2 Their shares are those in issue.
2.3 A company is counted once.
"""

_RANGES = """Market capitalization ranges
As of April 30, 2024
Index  High  Low
Russell 1000  $2,893.6B  $2.4B
Russell 2000  $7.3B  $150.4M
"""


def _documents() -> dict[str, bytes]:
    shipped = {path.name: path.read_bytes() for path in sorted((SHIPPED / "documents").glob("*.*"))}
    return {**shipped, "ground-rules.txt": _RULES.encode(), "ranges.txt": _RANGES.encode()}


def test_readers_cover_each_kind_once() -> None:
    kinds = [kind for reader in READERS for kind in reader.kinds]
    assert sorted(kinds) == sorted(set(Kind) - {Kind.UNKNOWN})


@pytest.mark.parametrize("kind", ROW_TABLES)
def test_row_tables_have_the_place_of_each_row(kind: Kind) -> None:
    columns = TABLES[ROW_TABLES[kind]].schema.columns()
    assert {"document_id", "page", "line"} <= set(columns)


def test_parse_document_reads_every_kind() -> None:
    assert {parse_document(data).kind for data in _documents().values()} == set(Kind) - {Kind.UNKNOWN}


@pytest.mark.parametrize("name", _documents())
def test_document_rows_are_as_many_as_parsed_and_on_lines_of_the_document(name: str) -> None:
    document = parse_document(_documents()[name])
    assert document.accepted
    rows = list(document_rows(document))
    assert len(rows) == document.rows_parsed > 0
    assert len({tuple(row) for row in rows}) == 1
    assert {(row["page"], row["line"]) for row in rows} <= {
        (line.page, line.number) for line in document.lines if line.role in (Role.ROW, Role.PROSE, Role.HEADER)
    }


@pytest.mark.parametrize("name", _documents())
def test_recognises_gives_no_line_a_role(name: str) -> None:
    data = _documents()[name]
    if name.endswith(".pdf"):
        with PdfReader(data) as pdf:
            pages = pdf.pages()
    else:
        pages = read_text(data)
    before = [line.role for page in pages for line in page.lines]
    recognised = [reader.recognises(pages) for reader in READERS]
    assert any(recognised)
    assert [line.role for page in pages for line in page.lines] == before


def test_document_rows_of_a_rejected_document_are_none() -> None:
    refused = parse_document(b"Company\tTicker\nACME INC\tACM\n?? BELL ??\nBELL CORP\tBLL\n")
    assert refused.reason
    assert not list(document_rows(refused))
