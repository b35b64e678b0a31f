"""A made-up period of market data in order, a month of it, May 2024, and what tests change in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.index.model import SYMBOL_CHANGES
from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.market.checks.period import Period
from russell_pipeline.market.checks.thresholds import Thresholds, thresholds

GIVEN = thresholds()
DAYS = [date(2024, 5, 20) + timedelta(days=n) for n in range(12)]
HOLIDAY = date(2024, 5, 27)
SESSIONS = [day for day in DAYS if day.weekday() < 5 and day != HOLIDAY]
APRIL = [date(2024, 4, 29), date(2024, 4, 30)]
TERMS = {"new": pl.Float64, "old": pl.Float64, "amount": pl.Float64, "price": pl.Float64, "to_symbol": pl.String}
ACTIONS = {"symbol": pl.String, "date": pl.Date, "action": pl.String, **TERMS, "file": pl.String, "row": pl.Int64}


def closes_of(rows: list[tuple[date, str, float]], currency: str = "USD") -> pl.DataFrame:
    schema = {"date": pl.Date, "symbol": pl.String, "close": pl.Float64}
    return pl.DataFrame(rows, schema, orient="row").with_columns(currency=pl.lit(currency), simulated=pl.lit(False))


def actions_of(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), ACTIONS)


def members_of(*symbols: str, computed: bool = True, until: date | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [("R2000", symbol, date(2024, 3, 15), until, False, computed) for symbol in symbols],
        schema={"index_code": pl.String, "symbol": pl.String, "valid_from": pl.Date, "valid_to": pl.Date,
                "simulated": pl.Boolean, "computed": pl.Boolean},
        orient="row",
    )  # fmt: skip


def uses_of(*rows: tuple[str, str], of: str = "R2000") -> pl.DataFrame:
    """The definitions that use a component: the currency and the policy on missing prices of each."""
    schema = {"index_code": pl.String, "currency": pl.String, "missing_price": pl.String}
    return pl.DataFrame([(of, *row) for row in rows], schema, orient="row")


def symbol_changes(*rows: tuple[date, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), SYMBOL_CHANGES, orient="row")


def _empty(**columns: pl.DataType | type[pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=columns)


def prices_of(symbol: str, first: float = 100.0) -> list[tuple[date, str, float]]:
    """A price on every session that moves a little each day."""
    return [(day, symbol, first + n) for n, day in enumerate(APRIL + SESSIONS)]


def period_with(**changes: object) -> Period:
    """May 2024 from the 20th on, two names in order."""
    period = Period(
        first=date(2024, 5, 1),
        begins_on=SESSIONS[0],
        ends_on=DAYS[-1],
        closes=closes_of([*prices_of("AAA"), *prices_of("BBB", 50)]),
        actions=actions_of(),
        changed=SymbolChanges(symbol_changes()).changed(),
        fx=_empty(date=pl.Date, currency=pl.String, into=pl.String),
        sessions=pl.DataFrame(
            [(day, day in SESSIONS, "Memorial Day" if day == HOLIDAY else None) for day in DAYS],
            schema={"date": pl.Date, "is_session": pl.Boolean, "holiday": pl.String},
            orient="row",
        ),
        members=members_of("AAA", "BBB"),
        uses=uses_of(),
        suspensions=_empty(
            symbol=pl.String, suspended_on=pl.Date, resumed_on=pl.Date, stated_end=pl.Date, file=pl.String, row=pl.Int64
        ),
        blocked=_empty(symbol=pl.String, date=pl.Date),
        share_changes=_empty(
            index_code=pl.String, symbol=pl.String, before=pl.Float64, after=pl.Float64, since=pl.Date, until=pl.Date
        ),
        share_actions=_empty(symbol=pl.String, date=pl.Date, action=pl.String, new=pl.Float64, old=pl.Float64),
    )
    return dataclasses.replace(period, **changes)  # type: ignore[arg-type]


def found_by(check: Callable[[Period, Thresholds], Iterator[tuple[str, Finding]]], period: Period) -> list[Finding]:
    """What a check finds in a period."""
    return [finding for _, finding in check(period, GIVEN)]


def closes_without(symbol: str, *days: date) -> pl.DataFrame:
    return period_with().closes.filter(~((pl.col("symbol") == symbol) & pl.col("date").is_in(days)))


def closes_with(symbol: str, day: date, close: float) -> pl.DataFrame:
    changed = (pl.col("symbol") == symbol) & (pl.col("date") >= day)
    return period_with().closes.with_columns(pl.when(changed).then(close).otherwise("close").alias("close"))
