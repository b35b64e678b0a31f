"""Findings on membership: each says what does not fit, of which document, and nothing is found where all fits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from russell_pipeline.findings import Finding
from russell_pipeline.membership.audit import audit_membership
from russell_pipeline.membership.indexes import Index, indexes
from russell_pipeline_tests.membership.histories import Documents, History, june, names

# Indexes of any size, as those of the tests have a handful of members.
_OF_ANY_SIZE = {code: index.model_copy(update={"nominal": None}) for code, index in indexes().items()}


def _audited(documents: Documents, register: Mapping[str, Index] = _OF_ANY_SIZE) -> list[Finding]:
    return list(audit_membership(documents.build(), register))


@pytest.mark.parametrize("seed", range(20))
def test_audit_of_a_consistent_history_finds_nothing(seed: int) -> None:
    history = History.random(seed)
    assert _audited(history.publish(history.years, history.years[1:])) == []


def test_audit_finds_deletion_of_a_non_member_and_addition_of_a_member() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    documents.add_changes("gone", 2011, "deletion", names("AX"))
    documents.add_changes("new", 2011, "addition", names("BY"))
    found = {(f.subject, f.document_id, f.page, f.line) for f in _audited(documents)}
    assert found == {("X", "gone", 1, 2), ("B", "new", 1, 1)}


def test_audit_finds_changes_without_a_base_and_their_unknown_deletions() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    documents.add_changes("gone", 2013, "deletion", names("AXY"))
    alone, unknown = _audited(documents)
    assert "changes only" in alone.message
    assert alone.document_id == unknown.document_id == "gone"
    assert unknown.message.endswith(": X, Y")


@pytest.mark.parametrize(("count", "findings"), [(8, 1), (9, 0), (11, 0), (12, 1)])
def test_audit_finds_a_count_far_from_nominal(count: int, findings: int) -> None:
    register = {"R3000": Index(source="a test", nominal=10, tolerance=0.1)}
    documents = Documents()
    documents.add_list("list", june(2010), names("ABCDEFGHIJKL"[:count]))
    assert len(_audited(documents, register)) == findings


def test_audit_finds_a_member_of_r2000_outside_r3000() -> None:
    documents = Documents()
    documents.add_list("all", june(2010), names("ABC"))
    documents.add_list("small", june(2010), names("BX"), index="R2000")
    [finding] = _audited(documents)
    assert (finding.document_id, finding.message) == ("small", f"R2000 {june(2010)}: 1 member is not in R3000: X")


def test_audit_finds_members_unseen_in_the_next_list_and_new_ones_without_an_addition() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), names("ABCD"))
    documents.add_changes("gone", 2011, "deletion", names("A"))
    documents.add_changes("new", 2011, "addition", names("E"))
    documents.add_list("after", june(2011), names("CDEF"))
    found = _audited(documents)
    assert [(f.document_id, f.message.split(": ")[-1]) for f in found] == [("after", "B"), ("after", "F")]
    assert "left between reviews" in found[0].message
    assert "joined between reviews" in found[1].message


def test_audit_finds_changes_that_the_list_of_their_review_contradicts() -> None:
    """A name in neither list is deleted (the Microcap of 2023 has six), one is deleted and stays, one is added and is not in."""
    documents = Documents()
    documents.add_list("before", june(2010), names("ABC"))
    documents.add_changes("gone", 2011, "deletion", names("AXC"))
    documents.add_changes("new", 2011, "addition", names("DYB"))
    documents.add_list("after", june(2011), names("BCD"))
    found = {(f.severity, f.document_id, f.message.split(": ", 1)[-1]) for f in _audited(documents)}
    assert found == {
        ("warning", "gone", f"X (X COMPANY OF X) is deleted, but is no member since {june(2010)}"),
        ("warning", "new", f"B (B COMPANY OF B) is added, but is a member already since {june(2010)}"),
        ("info", "after", f"1 deleted at the review, and yet in the list of {june(2011)}: C"),
        ("info", "after", f"1 added at the review, and yet not in the list of {june(2011)}: Y"),
    }


def test_audit_of_an_unknown_index_checks_no_size_and_no_containment() -> None:
    documents = Documents()
    documents.add_list("list", june(2010), names("A"), index="OTHER")
    assert _audited(documents) == []


def test_audit_compares_versions_of_one_list() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    documents.add_changes("p", 2011, "addition", names("CD"), june(2011) - timedelta(30), status="preliminary")
    documents.add_changes("u", 2011, "addition", names("CD"), june(2011) - timedelta(20), status="updated")
    documents.add_changes("f", 2011, "addition", names("CE"), june(2011) - timedelta(10), status="final")
    [finding] = _audited(documents)
    assert finding.document_id == "f"
    assert finding.message.endswith("1 new (E), 1 dropped (D)")


def test_audit_is_independent_of_document_order() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    documents.add_list("corrected", june(2010), names("AC"), june(2010) + timedelta(9))
    documents.add_list("small", june(2010), names("A"), index="R2000")
    documents.add_changes("p", 2011, "addition", names("CD"), june(2011) - timedelta(30), status="preliminary")
    documents.add_changes("gone", 2011, "deletion", names("A"))
    documents.add_changes("f", 2011, "addition", names("CE"), june(2011) - timedelta(10), status="final")
    found = _audited(documents)
    assert len(found) == 3
    documents.lists = documents.lists[::2] + documents.lists[1::2]
    documents.changes.reverse()
    assert _audited(documents) == found
    documents.changes.sort(key=lambda one: one.document_id)
    assert _audited(documents) == found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (("RGS", "Technology"), ("ICB", "Telecommunications"), 0),
        (("RGS", "Financial Services"), ("ICB", "Real Estate"), 0),
        (("RGS", "Energy"), ("ICB", "Health Care"), 1),
        (("ICB", "Energy"), ("ICB", "Energy"), 0),
        (("ICB", "Energy"), ("ICB", "Industrials"), 1),
        (("RGS", "Energy"), ("RGS", "Utilities"), 1),
    ],
)  # fmt: skip
def test_audit_finds_a_sector_change_beyond_the_change_of_taxonomy(
    before: tuple[str, str], after: tuple[str, str], found: int
) -> None:
    documents = Documents()
    for year, (taxonomy, classification) in ((2010, before), (2011, after)):
        change = "deletion" if year == 2010 else "addition"
        documents.add_changes(
            f"{year}", year, change, names("A"), index="RMICRO", taxonomy=taxonomy, classification=classification
        )
    sectors = [finding for finding in _audited(documents) if " became " in finding.message]
    assert len(sectors) == found


def test_audit_finds_no_sector_change_in_a_document_without_sectors() -> None:
    documents = Documents()
    documents.add_changes("with", 2010, "addition", names("A"), taxonomy="RGS", classification="Energy")
    documents.add_changes("without", 2011, "deletion", names("A"))
    assert not [finding for finding in _audited(documents) if " became " in finding.message]
