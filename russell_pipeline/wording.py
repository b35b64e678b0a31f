"""Counts, shortened lists and reasons in messages for people."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun in the singular or the plural: "1 row", "3,012 rows", "2 entries".

    `many` is the plural if it is more than `one` with an s. It may carry a verb: "1 file is", "2 files are".
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def first_few(names: Sequence[str], shown: int = 5) -> str:
    """The first few names and the number of others: "A, B and 3 more"."""
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def first_line(error: BaseException) -> str:
    """The first line of an error's message; the name of its class where it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
