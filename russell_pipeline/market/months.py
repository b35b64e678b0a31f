"""Months, YYYY-MM: their days, those that a span of days touches, and what holds in each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TypeVar

import polars as pl

from russell_pipeline.supplied.columns import LAST_DAY

DAY = timedelta(days=1)
# Looked up, for checks ask for the months of thousands of spans.
_ALL_MONTHS = [f"{year:04d}-{month:02d}" for year in range(LAST_DAY.year + 1) for month in range(1, 13)]
Item = TypeVar("Item")


def first_day(month: str) -> date:
    """The first day of a month."""
    return date.fromisoformat(f"{month}-01")


def end(month: str) -> date:
    """The day after the last of a month."""
    return (first_day(month) + timedelta(days=31)).replace(day=1)


def before(month: str) -> str:
    """The month before."""
    return f"{first_day(month) - DAY:%Y-%m}"


def months_between(since: date, until: date) -> list[str]:
    """The months from that of one day to that of another."""
    return _ALL_MONTHS[since.year * 12 + since.month - 1 : until.year * 12 + until.month]


def by_month(spans: Iterable[tuple[date, date | None, Item]], since: date, until: date) -> defaultdict[str, list[Item]]:
    """Things by each month that they hold in: from a day to before another, None being open; of `since` to `until` alone."""
    found = defaultdict[str, list[Item]](list)
    for first, after, item in spans:
        for month in months_between(max(first, since), until if after is None else min(after - DAY, until)):
            found[month].append(item)
    return found


def is_in(month: str, day: str) -> pl.Expr:
    """Whether a column of days has one of the month."""
    return pl.col(day).is_between(first_day(month), end(month), closed="left")


def overlaps(month: str, first: str, after: str) -> pl.Expr:
    """Whether two columns are a half-open span with a day in the month; null is open."""
    return (pl.col(first) < end(month)) & (pl.col(after).is_null() | (pl.col(after) > first_day(month)))
