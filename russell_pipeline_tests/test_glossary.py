"""Protects the glossary: what a term points to is there, and each is a term that tables or pages use."""

from __future__ import annotations

import re

import pytest

from russell_pipeline.glossary import glossary, terms
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline_tests.conftest import PROJECT

DOCS = PROJECT / "docs"
# Of projections, which the pages come to with the universe of rank days.
COMING = {"banding", "breakpoint", "total market capitalisation"}


def test_terms_stand_in_alphabetical_order() -> None:
    assert list(terms()) == sorted(terms(), key=str.casefold)


@pytest.mark.parametrize("name", terms())
def test_a_term_points_to_documents_and_terms_there_are(name: str) -> None:
    term = terms()[name]
    assert name not in term.see
    assert set(term.see) <= set(terms())
    assert term.source is None or term.source.document in glossary().documents
    sentences = re.findall(r"\.(?= [A-Z]|$)", term.definition)
    assert term.definition.endswith(".")
    assert 1 <= len(sentences) <= 2, term.definition


def test_each_term_is_used_on_another_page_or_by_a_table() -> None:
    pages = [page.read_text("utf-8") for page in DOCS.glob("*.md") if page.stem != "glossary"]
    tables = [text for table in TABLES.values() for text in (table.description, *table.descriptions.values())]
    used = re.sub(r"[\s_]+", " ", " ".join((*pages, *tables, (PROJECT / "README.md").read_text("utf-8")))).casefold()
    unused = {name for name in terms() if not re.search(rf"\b{re.escape(name.replace('_', ' ').casefold())}", used)}
    assert unused <= COMING
