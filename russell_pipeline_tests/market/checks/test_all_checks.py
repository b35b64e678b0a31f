"""Months in order have no finding, and a month is checked in the same way alone and among others."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.market.checks.all_checks import check
from russell_pipeline.market.checks.months import DAY, before, end, first_day, is_in, overlaps
from russell_pipeline.market.checks.period import Period
from russell_pipeline_tests.market.checks.made_period import (
    ACTIONS,
    GIVEN,
    closes_of,
    members_of,
    period_with,
    symbol_changes,
    uses_of,
)

MONTHS = ["2024-01", "2024-02", "2024-03", "2024-04"]
START = date(2023, 12, 1)
DAYS = [START + timedelta(days=n) for n in range((end(MONTHS[-1]) - START).days)]
NAMES = ["AAA", "BBB", "CCC"]
PRICES = st.sampled_from([10.0, 10.5, 4.0, 31.0])
DAY_OF_ALL = st.sampled_from(DAYS)
NAME = st.sampled_from(NAMES)


def test_a_month_in_order_has_no_finding() -> None:
    assert check(period_with(), GIVEN) == {}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Four months and the one before, with closes that are missing, stay, jump, or are of another kind or currency."""
    gone = draw(st.sets(st.tuples(DAY_OF_ALL, NAME), max_size=20))
    empty = draw(st.none() | st.sampled_from(["2024-01", "2024-03"]))
    open_on = draw(st.sets(DAY_OF_ALL, max_size=3))  # Saturdays and Sundays too
    changes = draw(st.lists(st.tuples(NAME, DAY_OF_ALL, PRICES, st.booleans()), max_size=6))
    prices: dict[tuple[date, str], float] = {}
    for name in NAMES:
        price, moving = 10.0, True
        for place, day in enumerate(DAYS):
            for _, _, price, moving in (one for one in changes if one[:2] == (name, day)):  # noqa: B007
                pass
            if (day.weekday() < 5 or day in open_on) and (day, name) not in gone and f"{day:%Y-%m}" != empty:
                prices[day, name] = price + place / 1000 * moving
    closes = closes_of([(*key, price) for key, price in sorted(prices.items())])
    split = st.fixed_dictionaries({
        "symbol": NAME, "date": DAY_OF_ALL, "action": st.sampled_from(["split", "delete"]),
        "new": st.just(3.0), "old": st.just(1.0), "file": st.just("actions.csv"), "row": st.integers(2, 9),
    })  # fmt: skip
    renamed_on, halted_on, since = draw(DAY_OF_ALL), draw(DAY_OF_ALL), draw(DAY_OF_ALL)
    resumed_on = halted_on + timedelta(days=draw(st.integers(1, 70)))
    until = since + timedelta(days=draw(st.integers(1, 90)))
    return period_with(
        first=first_day(MONTHS[0]),
        begins_on=first_day(MONTHS[0]),
        ends_on=DAYS[-1],
        closes=closes.with_columns(
            simulated=pl.col("date") < draw(st.sampled_from([START, date(2024, 2, 1)])),
            currency=pl.when(pl.col("date") < draw(DAY_OF_ALL)).then(pl.lit("USD")).otherwise(pl.lit("EUR")),
        ),
        actions=pl.DataFrame(draw(st.lists(split, max_size=4)), ACTIONS),
        changed=SymbolChanges(symbol_changes((renamed_on, "CCC", "DDD"))).changed(),
        fx=pl.DataFrame(
            {"date": sorted(draw(st.sets(DAY_OF_ALL, max_size=3))), "currency": "EUR", "into": "USD"},
            {"date": pl.Date, "currency": pl.String, "into": pl.String},
        ),
        sessions=pl.DataFrame({"date": DAYS}).filter(pl.col("date") >= first_day(MONTHS[0])).with_columns(
            is_session=pl.col("date").dt.weekday() < 6, holiday=pl.lit(None, pl.String)
        ),
        members=pl.concat([
            members_of("AAA", "CCC"),
            members_of("BBB", computed=False, until=until).with_columns(valid_from=pl.lit(since)),
        ]),
        uses=uses_of(("USD", draw(st.sampled_from(["error", "carry"])))),
        suspensions=pl.DataFrame(
            [(draw(NAME), halted_on, resumed_on, resumed_on, "suspensions.csv", 2)],
            period_with().suspensions.schema,
            orient="row",
        ),
        blocked=pl.DataFrame([(draw(NAME), draw(DAY_OF_ALL))], period_with().blocked.schema, orient="row"),
        share_changes=pl.DataFrame(
            [("R2000", draw(NAME), 100.0, 100.0, since, until)], period_with().share_changes.schema, orient="row"
        ).filter(is_in(MONTHS, "until")),
        share_actions=pl.DataFrame(
            [(draw(NAME), draw(DAY_OF_ALL), "split", 3.0, 1.0)], period_with().share_actions.schema, orient="row"
        ),
    )  # fmt: skip


def alone(period: Period, month: str) -> Period:
    """A month of the period, with the month before and nothing else."""
    two = is_in([before(month), month], "date")
    return dataclasses.replace(
        period,
        first=first_day(month),
        begins_on=first_day(month),
        ends_on=end(month) - DAY,
        closes=period.closes.filter(two),
        actions=period.actions.filter(two),
        fx=period.fx.filter(is_in([month], "date")),
        sessions=period.sessions.filter(is_in([month], "date")),
        members=period.members.filter(overlaps([month], "valid_from", "valid_to")),
        suspensions=period.suspensions.filter(overlaps([month], "suspended_on", "resumed_on")),
        blocked=period.blocked.filter(is_in([month], "date")),
        share_changes=period.share_changes.filter(is_in([month], "until")),
    )


@settings(max_examples=25)
@given(periods())
def test_a_month_is_checked_in_the_same_way_alone_and_among_others(period: Period) -> None:
    together = check(period, GIVEN)
    apart = {month: check(alone(period, month), GIVEN).get(month, []) for month in MONTHS}
    assert {month: together.get(month, []) for month in MONTHS} == apart
    assert together.keys() <= {*MONTHS}
