"""States of an index: which document holds when, as known when, and that changes replayed both ways agree with lists."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from russell_pipeline.membership.members import Move
from russell_pipeline.membership.model import Difference
from russell_pipeline.membership.states import review_of_list
from russell_pipeline_tests.membership.histories import Documents, History, june, members_on, names

DAY = timedelta(1)


def test_states_of_a_list_hold_until_the_next_and_none_before_the_first() -> None:
    documents = Documents()
    documents.add_list("one", june(2010), names("AB"))
    documents.add_list("two", june(2012), names("BC"))
    membership = documents.build()
    assert members_on(membership, june(2010) - DAY) is None
    assert members_on(membership, june(2010)) == {"A", "B"}
    assert members_on(membership, june(2012) - DAY) == {"A", "B"}
    assert members_on(membership, june(2012)) == {"B", "C"}
    assert members_on(membership, date(2040, 1, 1)) == {"B", "C"}


def test_states_need_a_list() -> None:
    documents = Documents()
    documents.add_changes("added", 2010, "addition", names("AB"))
    assert documents.build().states == {}


def test_states_apply_changes_to_the_list_of_the_year_before_only() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("ABC"))
    documents.add_changes("gone", 2011, "deletion", names("A"))
    documents.add_changes("new", 2011, "addition", names("D"))
    documents.add_changes("later", 2013, "addition", names("E"))
    membership = documents.build()
    assert members_on(membership, june(2011) - DAY) == {"A", "B", "C"}
    assert members_on(membership, june(2011)) == {"B", "C", "D"}
    assert members_on(membership, june(2013)) == {"B", "C", "D"}, "the changes of 2012 are unknown"
    assert [state.behind_from for state in membership.current("R3000") if state.valid_to is None] == [june(2012)]


def test_states_apply_a_shifted_change_on_its_own_day_even_to_a_list_of_the_review() -> None:
    """A deletion that a rule defers beyond the list's day still happens."""
    deferred = june(2011) + 9 * DAY
    documents = Documents()
    documents.add_list("base", june(2010), names("ABC"))
    documents.add_changes("gone", 2011, "deletion", names("AB"), acts={"B": deferred})
    assert members_on(documents.build(), deferred - DAY) == {"B", "C"}
    assert members_on(documents.build(), deferred) == {"C"}
    documents.add_list("after", june(2011), names("BC"))
    assert members_on(documents.build(), deferred - DAY) == {"B", "C"}
    assert members_on(documents.build(), deferred) == {"C"}


def test_states_ignore_a_change_without_a_day() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    documents.add_changes("gone", 2011, "deletion", names("AB"), acts={"A": None})
    assert members_on(documents.build(), date(2030, 1, 1)) == {"A"}


def test_states_keep_a_member_deleted_and_added_on_one_day() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    documents.add_changes("gone", 2011, "deletion", names("A"))
    documents.add_changes("new", 2011, "addition", names("A"))
    assert members_on(documents.build(), june(2011)) == {"A", "B"}


def test_best_version_ranks_status_before_publication() -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("AB"))
    for status, symbol, days in (
        ("preliminary", "C", 30),
        ("final", "D", 10),
        ("updated", "E", 5),
        ("preliminary", "F", 1),
    ):
        documents.add_changes(status + symbol, 2011, "addition", names(symbol), june(2011) - days * DAY, status=status)
    membership = documents.build()
    assert members_on(membership, june(2011)) == {"A", "B", "D"}
    assert members_on(membership, june(2011), june(2011) - 31 * DAY) == {"A", "B"}
    assert members_on(membership, june(2011), june(2011) - 30 * DAY) == {"A", "B", "C"}
    assert members_on(membership, june(2011), june(2011) - 10 * DAY) == {"A", "B", "D"}


@pytest.mark.parametrize(("better", "worse"), [("final", None), (None, "updated"), ("updated", "preliminary")])
def test_best_version_ranks_no_status_below_final_and_above_others(better: str | None, worse: str | None) -> None:
    documents = Documents()
    documents.add_list("base", june(2010), names("A"))
    for status, symbol, days in ((better, "B", 10), (worse, "C", 5)):
        printed = {"status": status} if status else {}
        documents.add_changes(symbol, 2011, "addition", names(symbol), june(2011) - days * DAY, **printed)
    assert members_on(documents.build(), june(2011)) == {"A", "B"}


def test_states_of_a_corrected_list_add_knowledge_and_end_the_old() -> None:
    documents = Documents()
    documents.add_list("list", june(2010), names("AB"))
    documents.add_list("corrected", june(2010), names("AC"), june(2010) + 20 * DAY)
    membership = documents.build()
    assert members_on(membership, june(2010)) == {"A", "C"}
    assert members_on(membership, june(2010), june(2010) - DAY) is None
    assert members_on(membership, june(2010), june(2010)) == {"A", "B"}
    assert members_on(membership, june(2010) + 90 * DAY, june(2010) + 19 * DAY) == {"A", "B"}
    assert members_on(membership, june(2010), june(2010) + 20 * DAY) == {"A", "C"}


def test_derived_states_of_r1000_pair_lists_of_one_reconstitution() -> None:
    documents = Documents()
    documents.add_list("all 2010", june(2010), names("ABCD"))
    documents.add_list("small 2011", june(2011), names("CD"), index="R2000")
    assert "R1000" not in documents.build().states, "a list of one year less that of another is no index"
    documents.add_list("all 2011", june(2011), names("ABCE"))
    membership = documents.build()
    assert members_on(membership, june(2011), index="R1000") == {"A", "B", "E"}
    [state] = membership.current("R1000")
    assert isinstance(state, Difference)
    assert (state.minuend.base.document_id, state.subtrahend.base.document_id) == ("all 2011", "small 2011")


def test_derived_states_of_completeness_pair_a_large_cap_list_of_any_day() -> None:
    documents = Documents()
    documents.add_list("all", june(2010), names("ABCD"))
    documents.add_list("large", date(2010, 9, 17), names("AB"), index="SP500")
    membership = documents.build()
    assert members_on(membership, date(2010, 9, 16), index="RSCC") is None
    assert members_on(membership, date(2010, 9, 17), index="RSCC") == {"C", "D"}


def test_derived_states_prefer_a_published_list() -> None:
    documents = Documents()
    documents.add_list("all", june(2010), names("ABCD"))
    documents.add_list("small", june(2010), names("CD"), index="R2000")
    documents.add_list("large", june(2010), names("AX"), index="R1000")
    assert members_on(documents.build(), june(2010), index="R1000") == {"A", "X"}


def test_derived_states_beside_a_published_list_keep_other_years_and_knowledge() -> None:
    """Of two ways to know an index the one of the later reconstitution counts, and stays the best knowledge until a later one."""
    documents = Documents()
    for year, members in ((2010, "ABCD"), (2011, "ABCE"), (2013, "ABF")):
        documents.add_list(f"all-{year}", june(year), names(members))
        documents.add_list(f"small-{year}", june(year), names("CD"), index="R2000")
    documents.add_list("small-2014", june(2014), names("C"), index="R2000")
    before = documents.build()
    documents.add_list("large", june(2012), names("AX"), index="R1000")
    after = documents.build()

    def held(year: int, known_on: date | None = None) -> set[str] | None:
        return members_on(after, june(year), known_on, index="R1000")

    assert [held(year) for year in range(2010, 2015)] == [set("AB"), set("ABE"), set("AX"), set("ABF"), set("ABF")]
    last = after.current("R1000")[-1]
    assert (last.valid_from, last.valid_to) == (june(2013), None)
    assert isinstance(last, Difference)
    assert last.minuend.behind_from == june(2014)
    for year in (2010, 2011):
        assert held(year, june(year)) == members_on(before, june(year), june(year), index="R1000") is not None
    assert held(2012, june(2012) - timedelta(1)) == set("ABE")


def test_reconstitution_needs_additions_and_deletions() -> None:
    documents = Documents()
    documents.add_list("list", june(2010), names("AB"))
    documents.add_changes("new", 2011, "addition", names("C"))
    assert [(one.reconstitution, one.behind_from) for one in documents.build().current("R3000")] == [
        ("2010-06", june(2011)),
        ("2010-06", june(2011)),
    ]
    documents.add_changes("gone", 2011, "deletion", names("A"))
    assert [(one.reconstitution, one.behind_from) for one in documents.build().current("R3000")] == [
        ("2010-06", june(2011)),
        ("2011-06", june(2012)),
    ]


def _backward(members: set[str], moves: Iterable[Move]) -> set[str]:
    """The members before the moves, given those after them."""
    before = set(members)
    for move in sorted(moves, key=lambda move: (move.day, move.change != "deletion", move.row), reverse=True):
        if move.change == "deletion":
            before.add(move.security_id)
        else:
            before.discard(move.security_id)
    return before


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_changes_replayed_forward_and_backward_agree_with_the_lists(seed: int) -> None:
    """From the first list forward, and from the last backward, every year is what it really was."""
    history = History.random(seed)
    forward_only = history.publish(history.years[:1], history.years[1:]).build()
    for year in history.years:
        if all(history.members[y] != history.members[y - 1] for y in range(2005, year + 1)):
            assert members_on(forward_only, june(year)) == history.members[year]
    members = set(history.members[history.years[-1]])
    documents = history.publish(history.years, history.years[1:])
    membership = documents.build()
    for year in reversed(history.years[1:]):
        moves = [
            move._replace(security_id=membership.rows[move.row].symbol)
            for one in documents.changes
            if one.review == f"{year}-06"
            for move in membership.replay.moves(one.document_id)
        ]
        members = _backward(members, moves)
        assert members == history.members[year - 1]


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_states_of_an_index_never_overlap(seed: int) -> None:
    """Whatever is published when: on one day, as known on one day, an index has one state."""
    chance = random.Random(seed)
    history = History.random(seed)
    documents = history.publish(chance.sample(history.years, 3), chance.sample(history.years[1:], 3))
    extra = chance.choice(history.years)
    documents.add_list(
        "corrected", june(extra), names(history.members[extra]), june(extra) + chance.randrange(400) * DAY
    )
    for states in documents.build().states.values():
        for one, other in combinations(states, 2):
            valid = one.valid_from < (other.valid_to or date.max) and other.valid_from < (one.valid_to or date.max)
            known = one.known_from < (other.known_to or date.max) and other.known_from < (one.known_to or date.max)
            assert not (valid and known)


@pytest.mark.parametrize("seed", range(8))
def test_states_are_independent_of_document_order(seed: int) -> None:
    history = History.random(seed)
    documents = history.publish(history.years[::2], history.years[1:])
    first = documents.build()
    for part in (documents.lists, documents.changes, documents.rows):
        random.Random(seed).shuffle(part)
    second = documents.build()
    assert first.states == second.states
    assert [s.security_id for s in first.securities.securities] == [s.security_id for s in second.securities.securities]
    assert {r: s.security_id for r, s in first.securities.by_row.items()} == {
        r: s.security_id for r, s in second.securities.by_row.items()
    }
    assert first.securities.findings == second.securities.findings


@pytest.mark.parametrize("seed", range(8))
def test_states_known_on_a_day_follow_from_the_documents_of_that_day(seed: int) -> None:
    """Later publications never change an answer as known on an earlier day."""
    history = History.random(seed)
    documents = history.publish(history.years[::2], history.years[1:])
    membership = documents.build()
    for known_on in sorted({one.known_on for one in (*documents.lists, *documents.changes)}):
        then = Documents(
            [one for one in documents.lists if one.known_on <= known_on],
            [one for one in documents.changes if one.known_on <= known_on],
            documents.rows,
        ).build()
        for year in history.years:
            assert members_on(membership, june(year), known_on) == members_on(then, june(year))


@pytest.mark.parametrize(
    ("named", "as_of", "year", "review"),
    [
        ("2019-09", date(2019, 7, 1), 2019, "2019-09"),
        (None, date(2019, 7, 1), 2020, "2019-06"),
        (None, None, 2019, "2019-06"),
        (None, None, 2026, None),  # from then on a year has two
        (None, None, None, None),
    ],
)
def test_review_of_list_is_named_or_follows_from_the_date(
    named: str | None, as_of: date | None, year: int | None, review: str | None
) -> None:
    assert review_of_list(named, as_of, year) == review
