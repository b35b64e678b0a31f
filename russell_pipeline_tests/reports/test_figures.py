"""Protects the figures of reports against calculations by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from russell_pipeline.reports import figures

DAYS = [date(2025, 3, 21), date(2025, 3, 31), date(2025, 4, 30), date(2025, 12, 31), date(2026, 4, 30)]


def levels(price: list[float], total: list[float] | None = None, days: list[date] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"date": days or DAYS[: len(price)], "price_index": price, "total_return_index": total or price}
    )


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 15), 3, date(2024, 10, 15)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 12, 31), 12, date(2024, 12, 31)),
    ],
)
def test_months_before(day: date, months: int, before: date) -> None:
    assert figures.months_before(day, months) == before


def test_returns_go_back_to_the_last_session_on_or_before_the_day() -> None:
    found = {
        one.period: one
        for one in figures.returns(levels([1000, 1010, 990, 1100, 1210], [1000, 1020, 1000, 1200, 1500]))
    }
    assert found["1M"][1:] == (date(2025, 12, 31), pytest.approx(0.1), pytest.approx(0.25))
    assert found["3M"].since == date(2025, 12, 31)
    assert found["YTD"][1:] == (date(2025, 12, 31), pytest.approx(0.1), pytest.approx(0.25))
    assert found["1Y"][1:] == (date(2025, 4, 30), pytest.approx(1210 / 990 - 1), pytest.approx(0.5))
    assert found["Since base"][1:] == (date(2025, 3, 21), pytest.approx(0.21), pytest.approx(0.5))
    years = 405 / 365.25
    assert found["Since base, annualised"].total_return_index == pytest.approx(1.5 ** (1 / years) - 1)
    assert "3Y" not in found


def test_a_period_before_the_base_has_no_return() -> None:
    found = {one.period: one for one in figures.returns(levels([1000, 1010]))}
    assert {name: one.price_index for name, one in found.items()} == {
        "1M": None,
        "3M": None,
        "YTD": None,
        "1Y": None,
        "Since base": pytest.approx(0.01),
    }


def test_drawdowns_count_from_the_highest_level_up_to_then() -> None:
    found = levels([100, 80, 120, 90, 108])["price_index"]
    assert figures.drawdowns(found).to_list() == pytest.approx([0, -0.2, 0, -0.25, -0.1])
    days = pl.Series(DAYS)
    assert figures.deepest(days, found) == (pytest.approx(-0.25), DAYS[2], DAYS[3], None)
    assert figures.deepest(days, pl.Series([100.0, 50, 90, 100, 70])) == (
        pytest.approx(-0.5),
        DAYS[0],
        DAYS[1],
        DAYS[3],
    )
    assert figures.deepest(days, pl.Series([1.0, 2, 3, 4, 5])) is None


def test_volatility_is_that_of_daily_log_returns_over_a_year() -> None:
    found = pl.Series([100.0, 110.0, 100.0])
    assert figures.volatility(found) == pytest.approx(((2 * 0.0953101798) ** 2 / 2) ** 0.5 * 252**0.5)
    assert figures.volatility(pl.Series([100.0, 101.0])) is None


def test_months_chain_to_the_whole() -> None:
    found = figures.monthly(pl.Series(DAYS), levels([1000, 1010, 990, 1100, 1210])["price_index"])
    assert found.rows() == [
        (2025, 3, pytest.approx(0.01)),
        (2025, 4, pytest.approx(990 / 1010 - 1)),
        (2025, 12, pytest.approx(1100 / 990 - 1)),
        (2026, 4, pytest.approx(0.1)),
    ]
    at_the_end = figures.monthly(pl.Series([date(2025, 3, 31), date(2025, 4, 30)]), pl.Series([1000.0, 1100.0]))
    assert at_the_end.rows() == [(2025, 4, pytest.approx(0.1))]


@pytest.mark.parametrize(("count", "every"), [(1000, "daily"), (4000, "weekly"), (11000, "monthly")])
def test_a_thinned_series_ends_with_the_last_session_and_keeps_the_deepest_drawdown(count: int, every: str) -> None:
    days = [date(1990, 1, 1) + timedelta(days=n) for n in range(count)]
    fell = [-0.5 if n == count // 2 else 0.0 for n in range(count)]
    told = levels([100.0 + n for n in range(count)], days=days).with_columns(drawdown=pl.Series(fell))
    found, name = figures.thinned(told)
    assert name == every
    assert found.height <= figures.MOST_POINTS
    assert found["date"][-1] == days[-1]
    assert found["price_index"][-1] == told["price_index"][-1]
    assert found["date"].is_sorted()
    assert found["drawdown"].min() == -0.5


def test_the_cost_of_a_review_is_that_of_what_it_trades() -> None:
    found = figures.with_cost(pl.DataFrame({"turnover": [None, 0.06]}), 10)
    assert found.select("cost_one_way", "cost").rows() == [(None, None), (pytest.approx(0.6), pytest.approx(1.2))]


def test_sectors_sum_the_legs_and_keep_two_taxonomies_apart() -> None:
    rows = [
        ("RGS", "Energy", 0.5, -0.1, 0.4),
        ("ICB", "Energy", 0.2, None, 0.2),
        ("RGS", "Energy", 0.1, None, 0.1),
        (None, None, 0.3, None, 0.3),
    ]
    holdings = pl.DataFrame(rows, ["taxonomy", "classification", "long_leg", "short_leg", "weight"], orient="row")
    assert figures.sectors(holdings).rows() == [
        ("RGS", "Energy", pytest.approx(0.6), pytest.approx(-0.1), pytest.approx(0.5), 2),
        (None, None, 0.3, 0, 0.3, 1),
        ("ICB", "Energy", 0.2, 0, 0.2, 1),
    ]
