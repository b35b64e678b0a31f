"""Months at their edges: Decembers and leap years, and in which a half-open span holds."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from russell_pipeline.market.checks.months import before, by_month, end, first_day, months_between, overlaps


@pytest.mark.parametrize(
    ("month", "former", "first", "after"),
    [
        ("2024-01", "2023-12", date(2024, 1, 1), date(2024, 2, 1)),
        ("2024-02", "2024-01", date(2024, 2, 1), date(2024, 3, 1)),
        ("2023-12", "2023-11", date(2023, 12, 1), date(2024, 1, 1)),
    ],
)
def test_a_month_reaches_from_its_first_day_to_that_of_the_next(
    month: str, former: str, first: date, after: date
) -> None:
    assert (before(month), first_day(month), end(month)) == (former, first, after)


def test_months_between_days_count_both() -> None:
    assert months_between(date(2023, 12, 31), date(2024, 2, 1)) == ["2023-12", "2024-01", "2024-02"]
    assert months_between(date(2024, 2, 1), date(2024, 1, 31)) == []


SPANS = {
    "ends as February begins": (date(2024, 1, 5), date(2024, 2, 1), ["2024-01"]),
    "one day of February": (date(2024, 1, 5), date(2024, 2, 2), ["2024-01", "2024-02"]),
    "open": (date(2024, 2, 29), None, ["2024-02", "2024-03"]),
    "begins as March begins": (date(2024, 3, 1), date(2024, 3, 2), ["2024-03"]),
    "over before": (date(2023, 1, 1), date(2024, 1, 1), []),
}


@pytest.mark.parametrize("name", SPANS)
def test_a_span_is_of_each_month_that_it_has_a_day_of(name: str) -> None:
    first, after, months = SPANS[name]
    found = by_month([(first, after, name)], date(2024, 1, 1), date(2024, 3, 31))
    assert found == {month: [name] for month in months}
    rows = pl.DataFrame({"first": [first], "after": [after]}, schema={"first": pl.Date, "after": pl.Date})
    for month in ("2024-01", "2024-02", "2024-03"):
        assert rows.select(overlaps([month], "first", "after")).item() == (month in months)
