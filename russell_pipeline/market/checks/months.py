"""Months as YYYY-MM: their days, the months that a span touches, and filters on columns of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import TypeVar

import polars as pl

DAY = timedelta(days=1)
Item = TypeVar("Item")


def first_day(month: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{month}-01")


def end(month: str) -> date:
    """The first day after a month."""
    return (first_day(month) + timedelta(days=31)).replace(day=1)


def before(month: str) -> str:
    """The month before."""
    return f"{first_day(month) - DAY:%Y-%m}"


def months_between(since: date, until: date) -> list[str]:
    """The months from that of `since` to that of `until`, both included."""
    return [_month(number) for number in range(since.year * 12 + since.month - 1, until.year * 12 + until.month)]


@cache
def _month(number: int) -> str:
    """A month by its number since year 0; cached, because checks ask for the months of thousands of spans."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def by_month(spans: Iterable[tuple[date, date | None, Item]], since: date, until: date) -> defaultdict[str, list[Item]]:
    """Items by each month from `since` to `until` in which they hold.

    A span is its first day, the day after its last (None: open), and an item.
    """
    found = defaultdict[str, list[Item]](list)
    for first, after, item in spans:
        for month in months_between(max(first, since), until if after is None else min(after - DAY, until)):
            found[month].append(item)
    return found


def runs_of(months: Iterable[str], rows: Mapping[str, int], at_most: int) -> Iterator[list[str]]:
    """The months, in order, in runs of such as follow each other and have `at_most` rows together, one month at least.

    >>> list(runs_of(["2024-01", "2024-02", "2024-03", "2024-05"], {"2024-01": 5, "2024-02": 5, "2024-03": 1}, 10))
    [['2024-01', '2024-02'], ['2024-03'], ['2024-05']]
    """
    run: list[str] = []
    for month in sorted(months):
        if run and (run[-1] != before(month) or sum(rows.get(one, 0) for one in (*run, month)) > at_most):
            yield run
            run = []
        run.append(month)
    if run:
        yield run


def is_in(months: Sequence[str], day: str) -> pl.Expr:
    """Whether the days of a column are in months that follow each other."""
    return pl.col(day).is_between(first_day(months[0]), end(months[-1]), closed="left")


def overlaps(months: Sequence[str], first: str, after: str) -> pl.Expr:
    """Whether the half-open span in two columns has a day in months that follow each other; a null end is open."""
    return (pl.col(first) < end(months[-1])) & (pl.col(after).is_null() | (pl.col(after) > first_day(months[0])))
