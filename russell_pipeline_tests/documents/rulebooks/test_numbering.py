"""The numbers of clauses: what may follow what, and which numbers of many are the numbering."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.documents.rulebooks.numbering import (
    CERTAIN,
    STRONG,
    WEAK,
    Number,
    appendix_number,
    clause_number,
    left_out,
    numbering,
)


def _number(text: str) -> Number:
    return appendix_number(*text.split()) if " " in text else clause_number(text)


@pytest.mark.parametrize(
    ("before", "after", "missing"),
    [
        (None, "1", ""),
        (None, "1.1.1", ""),
        (None, "3", "1 2"),
        ("5", "5.1", ""),
        ("5", "5.1.1", ""),  # without a heading 5.1
        ("5.1.1", "5.1.2", ""),
        ("5.9", "5.10", ""),
        ("5.3.5", "6", ""),
        ("5.3.5", "6.1.1", ""),
        ("1.0", "1.1", ""),
        ("5", "5.2", "5.1"),
        ("5.1.1", "5.1.3", "5.1.2"),
        ("5.6.1", "5.8", "5.7"),
        ("5.6.1", "5.7.2", "5.7.1"),
        ("4.3.4", "6", "5"),
        ("4.3.4", "6.2", "5 6.1"),
        ("9.3", "Appendix A", ""),
        ("9.3", "Appendix B", "Appendix A"),
        ("Appendix D", "Appendix F", "Appendix E"),
        ("Appendix 9", "Appendix 10", ""),
        ("Appendix 9", "Appendix 11", "Appendix 10"),
    ],
)
def test_numbers_that_are_missing_between_two(before: str | None, after: str, missing: str) -> None:
    found = left_out(_number(before) if before else None, _number(after))
    assert [number.text for number in found] == ([missing] if missing.startswith("App") else missing.split())


@pytest.mark.parametrize(
    ("numbers", "chosen"),
    [
        # A reference to an appendix at the start of a wrapped line, in the middle of everything.
        ("1 1.1 Appendix_B- 1.2 2 2.1 Appendix_A Appendix_B", "1 1.1 1.2 2 2.1 Appendix_A Appendix_B"),
        # A reference to a later clause, and one to an earlier one.
        ("1 1.1 9.9- 1.2 1.1- 2 2.1", "1 1.1 1.2 2 2.1"),
        # A figure that comes next nowhere.
        ("1 1.1 1.7- 2", "1 1.1 2"),
        # What looks like a clause stays after a gap, however wide.
        ("1 1.1 1.7 2 2.1 8 8.1", "1 1.1 1.7 2 2.1 8 8.1"),
        # The items of a list in the last clause of a section, and the section that its contents announce.
        ("1 1.1 1- 2- 2+ 2.1", "1 1.1 2+ 2.1"),
        # Of two that are alike the first counts.
        ("1 1.1 1.2 1.1 1.3", "1 1.1 1.2 1.3"),
    ],
)
def test_numbering_of_what_is_found(numbers: str, chosen: str) -> None:
    """`-` is a number that does not look like a start, `+` one whose title is announced."""
    found = [one.replace("_", " ") for one in numbers.split()]
    weights = [WEAK if one.endswith("-") else CERTAIN if one.endswith("+") else STRONG for one in found]
    places = numbering([_number(one.rstrip("+-")) for one in found], weights)
    assert " ".join(found[at].replace(" ", "_") for at in places) == chosen


_NUMBERS = st.lists(st.integers(1, 12), min_size=1, max_size=3).map(lambda at: Number("", tuple(at)))


@given(st.lists(st.tuples(_NUMBERS, st.sampled_from([WEAK, STRONG, CERTAIN])), max_size=40))
def test_numbering_ascends_and_weighs_most(found: list[tuple[Number, int]]) -> None:
    """As a search over every pair finds it."""
    numbers, weights = [one for one, _ in found], [weight for _, weight in found]
    chosen = numbering(numbers, weights)
    assert all(numbers[one] < numbers[two] for one, two in itertools.pairwise(chosen))

    def costs(before: Number, after: Number) -> int:
        return 2 if [*left_out(before, after)] else 0

    best: list[int] = []
    for here, number in enumerate(numbers):
        before = [best[at] - costs(numbers[at], number) for at in range(here) if numbers[at] < number]
        best.append(weights[here] + max([0, *before]))
    total = sum(weights[at] for at in chosen) - sum(
        costs(numbers[one], numbers[two]) for one, two in itertools.pairwise(chosen)
    )
    assert total == max(best, default=0)
