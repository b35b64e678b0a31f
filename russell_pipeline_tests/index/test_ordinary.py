"""Protects ordinary indexes: one leg, price-weighted, a real fund against its index, and published total returns."""

from __future__ import annotations

import csv
import io
import statistics
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.index.divisor_chain import TOTAL_RETURNS
from russell_pipeline.index.levels import run
from russell_pipeline.index.model import Market, Review
from russell_pipeline.index.weights import review_weights
from russell_pipeline.market.adapters.registry import convert
from russell_pipeline.membership.symbols import symbol_key
from russell_pipeline_tests.index.small import component, definition, levels, market

HELD_ON = date(2023, 11, 22)


def test_single_leg_is_weighted_by_free_float_capitalisation() -> None:
    found = market(
        {"A": [10, 11], "B": [20, 20]}, [{"symbol": "A", "date": 1, "action": "ordinary_dividend", "amount": 1}]
    )
    result = levels(definition(value=100), found, {"C": component(A=(100, 0.5), B=(75, 1.0))}, 2)
    row = result.levels.row(1, named=True)
    assert row["price_index"] == pytest.approx(102.5)
    assert row["dividend_points"] == pytest.approx(2.5)
    assert row["total_return_index"] == pytest.approx(100 * 102.5 / 97.5)
    assert result.state.names["weighting_factor"].to_list() == [1.0, 1.0]


def test_equal_shares_make_price_weighted_index() -> None:
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


def test_holdings_of_fund_follow_published_index(real_market: Path) -> None:
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


class Fund:
    """A fund's net asset values as a price index, its distributions as dividend points, and the returns that it published.

    By month (12 * year + month): returns in per cent, unrounded by form and as published to two decimals, and how far apart
    figures of two decimals allow them to be, in basis points: half a cent of each net asset value and distribution.
    """

    # Before the split of June 2005 the file has values divided by two and rounded again: half a cent is 1 bp.
    SPLIT = 12 * 2005 + 6

    def __init__(self, folder: Path) -> None:
        daily = sorted(
            (day, float(row[2]), 0.0 if row[3] == "--" else float(row[3]))
            for row in _read(folder / "IWM_nav_and_index_total_return.csv")
            if (day := _day(row[0], "%d-%b-%y")) and len(row) > 3
        )
        published = {
            12 * day.year + day.month: float(row[1])
            for row in _read(folder / "IWM_published_monthly_total_return.csv")
            if (day := _day(row[0], "%b %d, %Y")) and row[1] != "--"
        }
        values = {12 * day.year + day.month: value for day, value, _ in daily}  # the month's last stays
        self.paying = {12 * day.year + day.month for day, _, points in daily if points}
        self.months = [month for month in published if {month, month - 1} <= values.keys()]
        self.published = published
        self.returns = {form: self._returns(form, daily) for form in TOTAL_RETURNS}
        self.allowed = {
            month: 0.5 + 50 * (1 + values[month] / values[month - 1] + (month in self.paying)) / values[month - 1]
            for month in self.months
        }

    def _returns(self, form: str, daily: list[tuple[date, float, float]]) -> dict[int, float]:
        total, before, ends = 1.0, daily[0][1], {}
        for day, value, points in daily:
            total, before = total * TOTAL_RETURNS[form](before, value, points), value
            ends[12 * day.year + day.month] = total
        return {month: (ends[month] / ends[month - 1] - 1) * 100 for month in self.months}

    def apart(self, form: str, *, places: int | None = None, paying: bool = False, since: int = 0) -> list[float]:
        """Basis points between the returns of a form, rounded where places are given, and those published."""
        months = [month for month in self.months if month > since and (month in self.paying or not paying)]
        returned = {month: self.returns[form][month] for month in months}
        if places is not None:
            returned = {month: round(value, places) for month, value in returned.items()}
        return [abs(returned[month] - self.published[month]) * 100 for month in months]


@pytest.fixture(scope="module")
def fund(real_market: Path) -> Fund:
    return Fund(real_market / "levels")


@pytest.mark.parametrize("form", sorted(TOTAL_RETURNS))
def test_total_return_of_fund_is_published_return(form: str, fund: Fund) -> None:
    """To the two decimals that are published the median difference is nothing, and no month is off by more than rounding."""
    assert len(fund.months) == 225
    assert statistics.median(fund.apart(form, places=2)) <= 1e-9
    for month, apart in zip(fund.months, fund.apart(form), strict=True):
        assert apart <= fund.allowed[month], month


def test_fund_reinvests_at_close_of_ex_date(fund: Fund) -> None:
    """Fund returns take a distribution at the net asset value of its ex-date: that form, unrounded, is within 0.3 bp.

    A return of two decimals is 0.25 bp from the unrounded one in the median. The other form differs in months with a
    distribution only, where it is further off.
    """
    close, opening = "reinvest_close", "ex_open"
    assert statistics.median(fund.apart(close, since=Fund.SPLIT)) <= 0.3
    further, nearer = (statistics.median(fund.apart(form, paying=True, since=Fund.SPLIT)) for form in (opening, close))
    assert nearer < further < 0.5
    for month in set(fund.months) - fund.paying:
        assert fund.returns[close][month] == pytest.approx(fund.returns[opening][month], abs=1e-9)
