"""What is counted in messages is one thing or several, in words as in numbers."""

from __future__ import annotations

import pytest

from russell_pipeline.wording import counted


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
