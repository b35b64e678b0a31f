"""What is counted in messages is one thing or several, in words as in numbers."""

from __future__ import annotations

import pytest

from russell_pipeline.wording import counted, first_few


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (1, ("row",), "1 row"),
        (0, ("row",), "0 rows"),
        (3012, ("row",), "3,012 rows"),
        (1, ("entry", "entries"), "1 entry"),
        (2, ("entry", "entries"), "2 entries"),
        (1, ("file is", "files are"), "1 file is"),
        (2, ("file is", "files are"), "2 files are"),
    ],
)
def test_one_is_singular_and_any_other_number_plural(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


def test_a_list_is_cut_after_the_first_few() -> None:
    assert first_few(["A", "B"], 2) == "A, B"
    assert first_few(["A", "B", "C", "D"], 2) == "A, B and 2 more"
