"""Counts in messages for people."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun in the singular or the plural: "1 row", "3,012 rows", "2 entries".

    `many` is the plural if it is more than `one` with an s. It may carry a verb: "1 file is", "2 files are".
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
