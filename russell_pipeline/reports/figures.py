"""The figures of reports: returns, drawdowns, volatility, months, costs of reviews, and series thinned for charts."""

from __future__ import annotations

import calendar
from datetime import date
from typing import NamedTuple

import polars as pl

SESSIONS_A_YEAR = 252
_DAYS_A_YEAR = 365.25
# Most points of a line in a chart: more than it has pixels, and few enough to keep the page small.
MOST_POINTS = 1000
# Lengths of periods in months, by their usual names.
PERIODS = {"1M": 1, "3M": 3, "1Y": 12, "3Y": 36, "5Y": 60, "10Y": 120}
# How many months tables show.
MONTHS = 60
LAST_MONTHS = f", of the last {MONTHS} where there are more"
_LEVELS = ("price_index", "total_return_index")


class Return(NamedTuple):
    """The price and total return of a period since the close of a session; None if the index does not go back that far."""

    period: str
    since: date | None
    price_index: float | None
    total_return_index: float | None


class Drawdown(NamedTuple):
    """The deepest fall from a peak: its depth, its dates, and when the peak was reached again (None: not yet)."""

    depth: float
    peak_on: date
    trough_on: date
    recovered_on: date | None


def months_before(day: date, months: int) -> date:
    """The same day of the month some months earlier; the last day of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def returns(levels: pl.DataFrame) -> list[Return]:
    """The returns up to the last of `levels` (`date`, `price_index`, `total_return_index`; sorted, at least one).

    A period of months begins at the last session on or before the same day that many months earlier, the year to date at the last
    session of the year before. A period that begins before the first level has no return. The return since base is annualised
    too, with years of 365.25 days, if it covers more than one.
    """
    first, last = levels.row(0, named=True), levels.row(-1, named=True)
    day: date = last["date"]
    periods = {name: months_before(day, months) for name, months in PERIODS.items()}
    since = {"1M": periods["1M"], "3M": periods["3M"], "YTD": date(day.year - 1, 12, 31), **periods}
    found = [_since(levels, name, begins) for name, begins in since.items()]
    found = [one for one in found if one.since is not None or one.period in ("1M", "3M", "YTD", "1Y")]
    whole = [last[name] / first[name] - 1 for name in _LEVELS]
    found.append(Return("Since base", first["date"], *whole))
    years = (day - first["date"]).days / _DAYS_A_YEAR
    if years > 1:
        yearly = [(1 + one) ** (1 / years) - 1 for one in whole]
        found.append(Return("Since base, annualised", first["date"], *yearly))
    return found


def _since(levels: pl.DataFrame, period: str, begins: date) -> Return:
    before = levels.filter(pl.col("date") <= begins)
    if before.is_empty():
        return Return(period, None, None, None)
    then, now = before.row(-1, named=True), levels.row(-1, named=True)
    return Return(period, then["date"], *(now[name] / then[name] - 1 for name in _LEVELS))


def volatility(levels: pl.Series) -> float | None:
    """The annualised volatility of daily levels: the deviation of log returns, times the root of 252. None below 3 levels."""
    deviation = levels.log().diff().drop_nulls().std()
    return None if deviation is None else float(deviation) * SESSIONS_A_YEAR**0.5  # type: ignore[arg-type]


def drawdowns(levels: pl.Series) -> pl.Series:
    """Each level relative to the highest so far, less 1: 0 or less."""
    return levels / levels.cum_max() - 1


def deepest(days: pl.Series, levels: pl.Series) -> Drawdown | None:
    """The deepest drawdown of levels; None if no level is below an earlier one."""
    below = drawdowns(levels)
    at = below.arg_min()
    if at is None or below[at] == 0:
        return None
    high = levels[: at + 1].max()
    peak = days.filter(levels == high)[0]
    after = days.filter((days > days[at]) & (levels >= high))
    return Drawdown(below[at], peak, days[at], after[0] if after.len() else None)


def monthly(days: pl.Series, levels: pl.Series) -> pl.DataFrame:
    """The returns of calendar months (`year`, `month`, `value`), the first of them since the base."""
    ends = pl.DataFrame({"day": days, "level": levels}).group_by(
        year=pl.col("day").dt.year(), month=pl.col("day").dt.month(), maintain_order=True
    )
    closes = ends.agg(pl.col("level").last())
    before = closes["level"].shift(1).fill_null(levels[0])
    value = closes["level"] / before - 1
    # The month of the base has a return only if sessions follow in it.
    alone = (days.dt.year() == days[0].year) & (days.dt.month() == days[0].month)
    found = closes.select("year", "month", value=value)
    return found[1:] if alone.sum() == 1 else found


def thinned(levels: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Rows of sessions (`date`) thinned for a chart, and their frequency: daily, weekly or monthly, the last session of each.

    `drawdown` is the deepest of the week or month, so that thinning does not hide any.
    """
    if levels.height <= MOST_POINTS:
        return levels, "daily"
    weeks = _last_of(levels, "1w")
    return (weeks, "weekly") if weeks.height <= MOST_POINTS else (_last_of(levels, "1mo"), "monthly")


def _last_of(levels: pl.DataFrame, every: str) -> pl.DataFrame:
    periods = levels.group_by(pl.col("date").dt.truncate(every).alias("period"), maintain_order=True)
    return periods.agg(pl.all().exclude("drawdown").last(), pl.col("^drawdown$").min()).drop("period")


def with_cost(reviews: pl.DataFrame, basis_points: float) -> pl.DataFrame:
    """Reviews with the cost of their `turnover` (one-way, a fraction of the index), at these basis points of the value traded.

    `cost_one_way` is the cost of one side, `cost` that of selling and buying; both in basis points of the index.
    """
    one_way = pl.col("turnover") * basis_points
    return reviews.with_columns(cost_one_way=one_way, cost=one_way * 2)


def sectors(holdings: pl.DataFrame) -> pl.DataFrame:
    """The legs by classification: `taxonomy`, `classification`, `long_leg`, `short_leg`, `net`, `names`; heaviest long leg first.

    The same string may be in both taxonomies, so the two together are the key. Null stands for names without a classification.
    """
    by_class = holdings.group_by("taxonomy", "classification").agg(
        pl.col("long_leg", "short_leg").fill_null(0).sum(), net=pl.col("weight").fill_null(0).sum(), names=pl.len()
    )
    return by_class.sort(["long_leg", "classification"], descending=[True, False])


def month_ends(levels: pl.DataFrame) -> pl.DataFrame:
    """The last session of each month, with the deepest drawdown in it."""
    return _last_of(levels, "1mo").tail(MONTHS)
