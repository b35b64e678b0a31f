"""Rates that are missing, by what needs them."""

from __future__ import annotations

import polars as pl
import pytest

from russell_pipeline.market.checks.rates import missing_rates
from russell_pipeline_tests.market.checks.made_period import (
    SESSIONS,
    closes_of,
    found_by,
    members_of,
    period_with,
    prices_of,
    uses_of,
)


def test_a_currency_without_a_rate_is_an_error_where_a_member_is_in_it() -> None:
    foreign = closes_of(prices_of("EEE"), "EUR")
    closes = pl.concat([period_with().closes, foreign])
    rates = pl.DataFrame({"date": SESSIONS, "currency": "EUR", "into": "USD"})
    assert not found_by(missing_rates, period_with(closes=closes, fx=rates))
    lacking = rates.filter(pl.col("date") != SESSIONS[2])
    [found] = found_by(missing_rates, period_with(closes=closes, fx=lacking))
    assert found.severity == "warning"
    assert f"EUR has no rate on 1 session ({SESSIONS[2]}), and closes are in it: EEE" in found.message
    [found] = found_by(missing_rates, period_with(closes=closes, fx=lacking, members=members_of("EEE")))
    assert found.severity == "error"


@pytest.mark.parametrize(
    ("uses", "members", "rated", "found"),
    [
        pytest.param([("EUR", "error")], "EEE", [], [], id="an index in the currency of its closes"),
        pytest.param([("USD", "error")], "EEE", [], [("error", "EUR", "")], id="an index in USD"),
        pytest.param([("USD", "error")], "EEE", [("EUR", "USD")], [], id="an index in USD with the rate"),
        pytest.param([("USD", "carry")], "EEE", [], [("warning", "EUR", "")], id="the last rate is carried"),
        pytest.param([("USD", "drop")], "EEE", [], [("error", "EUR", "")], id="no policy drops a currency"),
        pytest.param(
            [("EUR", "error")], "AAA", [], [("error", "USD", " in EUR")], id="closes in USD of an index in EUR"
        ),
        pytest.param([("EUR", "error")], "AAA", [("USD", "EUR")], [], id="an index in EUR with the rate"),
        pytest.param([("EUR", "error")], "AAA", [("USD", "CHF")], [("error", "USD", " in EUR")], id="another rate"),
        pytest.param(
            [("EUR", "error"), ("USD", "error")], "EEE", [], [("error", "EUR", "")], id="two indexes of one component"
        ),
        pytest.param([], "EEE", [], [("error", "EUR", "")], id="a component that no definition uses yet"),
    ],
)
def test_rates_are_missed_into_the_currencies_of_the_indexes_that_hold_the_closes(
    uses: list[tuple[str, str]], members: str, rated: list[tuple[str, str]], found: list[tuple[str, str, str]]
) -> None:
    """AAA is quoted in USD and EEE in EUR; which of them is a member decides, not which one is quoted."""
    closes = closes_of(prices_of("EEE"), "EUR") if members == "EEE" else closes_of(prices_of("AAA"))
    rates = [{"date": day, "currency": currency, "into": into} for day in SESSIONS for currency, into in rated]
    fx = pl.DataFrame(rates, schema=dict(period_with().fx.schema))
    month = period_with(closes=closes, members=members_of(members), uses=uses_of(*uses), fx=fx)
    noticed = found_by(missing_rates, month)
    assert [(one.severity, one.subject) for one in noticed] == [one[:2] for one in found]
    assert all(f"has no rate{quote} on" in one.message for one, (*_, quote) in zip(noticed, found, strict=True))


@pytest.mark.parametrize(("of_others", "found"), [("USD", 1), ("EUR", 0), ("CHF", 1)])
def test_closes_that_no_index_holds_are_missed_only_without_a_rate_into_any_index(of_others: str, found: int) -> None:
    month = period_with(closes=closes_of(prices_of("EEE"), "EUR"), uses=uses_of(("USD", "error"), (of_others, "error")))
    assert [one.severity for one in found_by(missing_rates, month)] == ["warning"] * found
