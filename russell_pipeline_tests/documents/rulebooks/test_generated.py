"""Ground rules in any typesetting are read right or refused, never wrong."""

from __future__ import annotations

import io

import pypdf
import pytest

from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.rulebooks.clauses import clauses
from russell_pipeline_tests.documents.rulebooks.generated import ground_rules

_SEEDS, _MOST_REFUSED = 20, 1


def test_generated_ground_rules_are_read_right_or_refused() -> None:
    """Each clause with its title and its words, whatever the type, the numbering, the contents and the furniture."""
    refused = []
    for seed in range(_SEEDS):
        written = ground_rules(seed)
        document = parse_document(written.data)
        if document.reason:
            refused.append((seed, document.reason))
            continue
        found = clauses(document.lines)
        assert [clause.clause for clause in found] == [*written.clauses], seed
        for clause in found:
            title, text = written.clauses[clause.clause]
            assert (clause.title, clause.text) == (title, clause.text if text is None else text), (seed, clause.clause)
    assert len(refused) <= _MOST_REFUSED, refused


@pytest.mark.parametrize("seed", range(100, 103))
def test_generated_ground_rules_with_a_section_left_out_are_refused(seed: int) -> None:
    """The numbers of clauses, or the contents, name what is missing."""
    written = ground_rules(seed)
    source = pypdf.PdfReader(io.BytesIO(written.data))
    whole = parse_document(written.data)
    assert whole.reason is None
    pages = sorted({clause.page for clause in clauses(whole.lines)})
    writer = pypdf.PdfWriter()
    for number, page in enumerate(source.pages, start=1):
        if number != pages[len(pages) // 2]:
            writer.add_page(page)
    out = io.BytesIO()
    writer.write(out)
    cut = parse_document(out.getvalue())
    assert cut.reason is not None
    assert cut.reason.startswith("is not whole: ")
