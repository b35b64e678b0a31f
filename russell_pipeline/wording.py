"""Counts in messages for people."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number and what it counts, in the singular or the plural: "1 row", "3,012 rows", "2 entries".

    `many` is for plurals that do not end in an added s, and for the verbs that follow ("1 file is", "2 files are").
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
