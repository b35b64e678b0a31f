"""Protects ordinary indexes: one leg, price-weighted, a real fund against its index, and published total returns."""

from __future__ import annotations

import csv
import io
import os
import statistics
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.index.levels import run
from russell_pipeline.index.model import Market, Review
from russell_pipeline.index.walk import TOTAL_RETURNS
from russell_pipeline.index.weights import review_weights
from russell_pipeline.membership.symbols import symbol_key
from russell_pipeline.supplied.adapters.registry import convert
from russell_pipeline_tests.conftest import SHARED
from russell_pipeline_tests.index.small import component, definition, levels, market

HELD_ON = date(2023, 11, 22)


@pytest.fixture(scope="module")
def real_market() -> Path:
    folder = SHARED / "market"
    if not folder.exists():
        if os.environ.get("CI"):
            raise FileNotFoundError(f"{folder} must be there in CI")
        pytest.skip("the real market files belong to their publishers and are not part of the project")
    return folder


def test_one_leg_is_weighted_by_free_float_capitalisation() -> None:
    found = market(
        {"A": [10, 11], "B": [20, 20]}, [{"symbol": "A", "date": 1, "action": "ordinary_dividend", "amount": 1}]
    )
    result = levels(definition(value=100), found, {"C": component(A=(100, 0.5), B=(75, 1.0))}, 2)
    row = result.levels.row(1, named=True)
    assert row["price_index"] == pytest.approx(102.5)
    assert row["dividend_points"] == pytest.approx(2.5)
    assert row["total_return_index"] == pytest.approx(100 * 102.5 / 97.5)
    assert result.state.names["weighting_factor"].to_list() == [1.0, 1.0]


def test_shares_and_free_float_of_one_make_a_price_weighted_index() -> None:
    """The divisor of three prices of 10, 20 and 30 at a level of 20 is 3, and 2 for each 2:1 split of the dearest."""
    found = market(
        {"A": [10, 12], "B": [20, 20], "C": [30, 14]},
        [{"symbol": "C", "date": 1, "action": "split", "new": 2, "old": 1}],
    )
    result = levels(definition(value=20), found, {"C": component(A=1, B=1, C=1)}, 2)
    # A split leaves an index of capitalisations alone: two shares at 14.
    assert result.levels["price_index"].to_list() == pytest.approx([20, (12 + 20 + 2 * 14) / 3])
    actions = [
        {"symbol": "C", "date": 1, "action": "split", "new": 2, "old": 1},
        {"symbol": "C", "date": 1, "action": "shares", "amount": 1},
    ]
    # One share again, as a price average has it: the divisor of 60 becomes that of 45.
    averaged = levels(
        definition(value=20),
        market({"A": [10, 12], "B": [20, 20], "C": [30, 14]}, actions),
        {"C": component(A=1, B=1, C=1)},
        2,
    )
    assert averaged.levels["divisor"].to_list() == pytest.approx([3, 2.25])
    assert averaged.levels["price_index"][1] == pytest.approx((12 + 20 + 14) / 2.25)


def test_a_fund_s_holdings_follow_the_published_index(real_market: Path) -> None:
    """The holdings that have closes, one leg, against the S&P 500 price index: within 2 bp over its sessions."""

    def source(*parts: str) -> tuple[str, bytes]:
        path = real_market.joinpath(*parts)
        return path.name, path.read_bytes()

    holdings, quoted = source("ishares", "IVV_20231122.csv"), source("yahoo", "long_20231120_20231208.csv")
    (held,) = convert("ishares", [holdings], {"index": "SP500", "date": HELD_ON.isoformat()}).files.values()
    files = convert("yahoo", [quoted, holdings], {}).files
    closes = next(frame for name, frame in files.items() if "closes" in name)
    # The fund writes BRKB where the price service writes BRK-B.
    closes = closes.with_columns(pl.col("symbol").map_elements(symbol_key, pl.String))
    names = held.with_columns(pl.col("symbol").map_elements(symbol_key, pl.String)).join(
        closes.select("symbol").unique(), on="symbol", how="semi"
    )
    assert names.height == 488
    sessions = nyse_sessions()
    published = {
        date.fromisoformat(row["Date"]): float(row["Close"])
        for row in csv.DictReader(io.StringIO(source("levels", "GSPC_20231120_20231208.csv")[1].decode()))
    }
    days = [day for day in sorted(published) if day >= HELD_ON]
    assert len(days) == 12
    base = {"date": HELD_ON, "value": published[HELD_ON]}
    told = definition(legs=[("SP500", 1)], base=base)
    supplied = Market(closes)
    weights = review_weights(
        told, Review(str(HELD_ON), HELD_ON, HELD_ON, sessions.next(HELD_ON)), {"SP500": names}, supplied
    )
    result = run(told, supplied, weights, sessions.between(HELD_ON, days[-1])).levels
    assert result["date"].to_list() == days
    apart = [abs(level / published[day] - 1) * 1e4 for day, level in result.select("date", "price_index").iter_rows()]
    assert max(apart) < 2, apart


def _read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))


def _day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day, not a moment)
    except ValueError:
        return None


@pytest.mark.parametrize("form", sorted(TOTAL_RETURNS))
def test_a_fund_s_value_and_distributions_give_its_published_monthly_returns(form: str, real_market: Path) -> None:
    """Net asset value as the price level, distributions as points on the ex-date.

    As published, to two decimals, the median difference is 0; unrounded each month is as near as figures of two decimals
    allow. Before the fund's split of June 2005 the values are halves, rounded again: half of a cent is 1 bp.
    """
    daily = sorted(
        (day, float(row[2]), 0.0 if row[3] == "--" else float(row[3]))
        for row in _read(real_market / "levels" / "IWM_nav_and_index_total_return.csv")
        if (day := _day(row[0], "%d-%b-%y")) and len(row) > 3
    )
    ends, values, paid, total, before = {}, {}, {}, 1.0, daily[0][1]
    for day, value, points in daily:
        month = 12 * day.year + day.month
        total, before = TOTAL_RETURNS[form](total, before, value, points), value
        ends[month], values[month] = total, value  # the month's last stay
        paid[month] = paid.get(month, False) or points > 0
    published = {
        12 * day.year + day.month: float(row[1])
        for row in _read(real_market / "levels" / "IWM_published_monthly_total_return.csv")
        if (day := _day(row[0], "%b %d, %Y")) and row[1] != "--"
    }
    months = [month for month in published if {month, month - 1} <= ends.keys()]
    assert len(months) > 200
    returns = {month: (ends[month] / ends[month - 1] - 1) * 100 for month in months}
    assert statistics.median(abs(round(returns[month], 2) - published[month]) * 100 for month in months) <= 0.3
    for month in months:
        cents = 1 + ends[month] / ends[month - 1] + paid[month]  # half a cent of each value that the return rests on
        allowed = 0.5 + 1e4 * 0.005 * cents / values[month - 1]
        assert abs(returns[month] - published[month]) * 100 <= allowed, month
    since = [abs(returns[month] - published[month]) * 100 for month in months if month > 12 * 2005 + 6]
    assert statistics.median(since) == pytest.approx(0.3, abs=0.01)
