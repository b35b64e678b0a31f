"""Two versions of ground rules: each difference is of one kind, names its clause, and is told word by word."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.rulebooks.clauses import Clause, clauses
from russell_pipeline.documents.rulebooks.comparison import ClauseChange, compare_clauses, compare_figures
from russell_pipeline.documents.rulebooks.figures import StatedRules, stated_rules
from russell_pipeline_tests.conftest import real_documents
from russell_pipeline_tests.documents.rulebooks.invented import PARTS, rulebook


def _clauses(**said: object) -> list[Clause]:
    document = parse_document(rulebook(**said).encode())  # type: ignore[arg-type]
    assert document.reason is None
    return clauses(document.lines)


def _stated(changed: dict[str, str]) -> StatedRules:
    return stated_rules(parse_document(rulebook(changed=changed).encode()).lines)


def _told(changes: list[ClauseChange]) -> list[tuple[str, ...]]:
    return [(change.kind, *change.numbers) for change in changes]


OLD = _clauses()
# A new clause 2.2 with a heading and a text, so that the two after it have the next numbers.
INSERTED = {
    "2.2": "2.2 Audit\n\n2.2.1 Its accounts must have been looked at by somebody else.\n\n2.3 Tests\n",
    "2.2.1": "\n".join(PARTS["2.2.1"]).replace("2.2.1", "2.3.1"),
    "2.3": "2.4 Votes\n",
    "2.3.1": "2.4.1 One vote in twenty must be in free hands.\n",
}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"1.3": "1.3 Its level is shown with four decimals.\n"}, [("changed", "1.3")]),
        ({"2.1": "2.1 Homes\n"}, [("removed", "2.1"), ("added", "2.1")]),
        ({"2.3": "2.3 Votes and vetoes\n"}, [("changed", "2.3")]),
        ({"1.3": ""}, [("removed", "1.3")]),
        ({"1.3": "\n".join((*PARTS["1.3"], "1.4 It is computed by a machine.", ""))}, [("added", "1.4")]),
        (
            INSERTED,
            [("added", "2.2"), ("added", "2.2.1"), ("renumbered", "2.2", "2.3"), ("renumbered", "2.2.1", "2.3.1"),
             ("renumbered", "2.3", "2.4"), ("renumbered", "2.3.1", "2.4.1")],
        ),
        # Renumbered and changed in one: one vote in ten.
        (
            {**INSERTED, "2.3.1": "2.4.1 One vote in ten must be in free hands.\n"},
            [("added", "2.2"), ("added", "2.2.1"), ("renumbered", "2.2", "2.3"), ("renumbered", "2.2.1", "2.3.1"),
             ("renumbered", "2.3", "2.4"), ("changed", "2.3.1", "2.4.1")],
        ),
        # Nothing of the old clause is left: it is another one.
        ({"1.3": "1.3 Nobody may ask why.\n"}, [("removed", "1.3"), ("added", "1.3")]),
        ({"Appendix D": "Appendix D: Removals\n\nA company that is bought stays a day.\n"}, [("changed", "Appendix D")]),
    ],
)  # fmt: skip
def test_clauses_that_differ(changed: dict[str, str], told: list[tuple[str, ...]]) -> None:
    assert _told(compare_clauses(OLD, _clauses(changed=changed))) == told


def test_words_of_a_change_are_told_one_by_one() -> None:
    (change,) = compare_clauses(OLD, _clauses(changed={"1.3": "1.3 Its level is never shown with more decimals.\n"}))
    assert [tuple(run) for run in change.words] == [
        ("same", "Its level is"),
        ("added", "never"),
        ("same", "shown with"),
        ("removed", "two"),
        ("added", "more"),
        ("same", "decimals."),
    ]
    assert (change.count("removed"), change.count("added")) == (1, 2)


def test_comparison_backwards_is_the_comparison_turned_round() -> None:
    new = _clauses(changed={**INSERTED, "1.3": ""})
    turned = {"added": "removed", "removed": "added"}
    there = {(change.kind, change.old, change.new) for change in compare_clauses(OLD, new)}
    back = {(turned.get(change.kind, change.kind), change.new, change.old) for change in compare_clauses(new, OLD)}
    assert there == back


@given(st.lists(st.sampled_from(OLD), max_size=8, unique=True), st.lists(st.sampled_from(OLD), max_size=8, unique=True))
def test_every_clause_is_accounted_for(old: list[Clause], new: list[Clause]) -> None:
    """What is in no change stands in both versions as it is; each clause is in one change at most."""
    changes = compare_clauses(old, new)
    for side, own in (("old", old), ("new", new)):
        there = [clause for change in changes if (clause := getattr(change, side))]
        assert len({clause.clause for clause in there}) == len(there)
        assert {clause for clause in own if clause not in there} == {*old} & {*new} - {*there}
    for change in changes:
        words = [run for run in change.words if run.state != "removed"]
        assert " ".join(run.text for run in words) in {"", *(_whole(clause) for clause in new)}
        assert all(len([*same]) == 1 for _, same in groupby(run.state for run in change.words))


def _whole(clause: Clause) -> str:
    return clause.text if clause.title in (None, clause.text) else f"{clause.title} {clause.text}"


def test_rules_in_other_figures_are_told_by_what_they_give() -> None:
    """Not by their words: five percent is one in twenty, however it is printed."""
    stated = [
        _stated({"1.3": f"1.3 {price} {float_}\n", "3.1.1": f"3.1.1 {day}\n"})
        for price, float_, day in (
            ("Its closing price is at or above $1.00.", "It stays within a cumulative 5% market cap range.",
             "The June review is implemented on the last Friday in June."),
            ("Its closing price is at or above $2.00.", "It stays within a cumulative 5.0% market cap range.",
             "The June review is implemented on the fourth Friday in June."),
        )
    ]  # fmt: skip
    assert [tuple(change) for change in compare_figures(*stated)] == [
        ("implementation 06", ("last Friday in June",), ("fourth Friday in June",)),
        ("minimum_price", ("closing price is at or above $1.00",), ("closing price is at or above $2.00",)),
    ]
    (added,) = compare_figures(
        _stated({"3.1.1": "3.1.1 It is held.\n"}),
        _stated({"1.3": "1.3 A free float of 15% or below.\n", "3.1.1": "3.1.1 It is held.\n"}),
    )
    assert (added.subject, added.old) == ("small_free_float", ())


def test_published_methodology_against_itself_with_one_clause_less() -> None:
    """On the real one: a clause taken out is the only change, and the same version has none."""
    path = real_documents() / "rulebooks" / "construction-and-methodology-v6.0.pdf"
    published = clauses(parse_document(path.read_bytes()).lines)
    assert compare_clauses(published, published) == []
    for at in (0, 60, 173):
        (change,) = compare_clauses(published, published[:at] + published[at + 1 :])
        assert (change.kind, change.old) == ("removed", published[at])
