"""Missing closes, stale prices, closes of closed sessions: each check finds what it is for and nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.closes import closed_sessions, missing_closes, stale_prices
from russell_pipeline.market.files.model import AREA
from russell_pipeline_tests.market.checks.made_period import (
    APRIL,
    DAYS,
    GIVEN,
    HOLIDAY,
    SESSIONS,
    actions_of,
    closes_of,
    closes_with,
    closes_without,
    found_by,
    members_of,
    period_with,
    prices_of,
    uses_of,
)


def test_a_member_without_a_close_is_an_error_for_an_index_that_is_computed() -> None:
    [found] = found_by(missing_closes, period_with(closes=closes_without("BBB", SESSIONS[3])))
    says = f"R2000, 2024-05: 1 close of 1 member missing on 1 session: BBB on {SESSIONS[3]}"
    assert found == Finding(AREA, "error", "R2000", says)
    published = period_with(closes=closes_without("BBB", SESSIONS[3]), members=members_of("BBB", computed=False))
    assert [one.severity for one in found_by(missing_closes, published)] == ["warning"]


@pytest.mark.parametrize(
    ("policies", "severity", "on_an_empty_session"),
    [
        (("error",), "error", "error"),
        (("carry",), "warning", "warning"),
        (("drop",), "warning", "error"),  # nothing is left of the index
        (("carry", "error"), "error", "error"),
        (("carry", "drop"), "warning", "error"),
        ((), "error", "error"),  # no definition uses the component yet
    ],
)
def test_a_missing_close_is_an_error_only_where_an_index_is_refused_for_want_of_it(
    policies: tuple[str, ...], severity: str, on_an_empty_session: str
) -> None:
    uses = uses_of(*(("USD", policy) for policy in policies))
    [found] = found_by(missing_closes, period_with(closes=closes_without("BBB", SESSIONS[3]), uses=uses))
    assert found.severity == severity
    empty = period_with().closes.filter(pl.col("date") != SESSIONS[2])
    [found] = found_by(missing_closes, period_with(closes=empty, uses=uses))
    assert found.severity == on_an_empty_session


@pytest.mark.parametrize(("symbols", "missing"), [(("A-AA",), None), (("AAA", "A-AA"), "A-AA")])
def test_a_close_under_another_spelling_is_not_missed(symbols: tuple[str, ...], missing: str | None) -> None:
    """Unless both spellings are members: then they are two securities."""
    found = found_by(missing_closes, period_with(members=members_of(*symbols)))
    assert ["missing on" in one.message and str(missing) in one.message for one in found] == [True] * bool(missing)


def test_a_close_of_the_other_of_two_that_are_quoted_side_by_side_is_no_close() -> None:
    """BFA and BF.A are two securities where both are quoted, also when only one of them is a member."""
    quoted = pl.concat([closes_without("BBB", SESSIONS[3]), closes_of(prices_of("BB.B", 70))])
    [found] = found_by(missing_closes, period_with(closes=quoted))
    assert found.message.endswith(f"BBB on {SESSIONS[3]}")


def test_a_close_is_missed_only_while_a_member_trades() -> None:
    closes = closes_without("BBB", *SESSIONS[3:])
    left = members_of("AAA", "BBB").with_columns(valid_to=pl.lit(SESSIONS[3]))
    assert not found_by(missing_closes, period_with(closes=closes, members=left))
    halted = pl.DataFrame({"symbol": ["BBB"], "suspended_on": [SESSIONS[3]], "resumed_on": [SESSIONS[5]]})
    [found] = found_by(missing_closes, period_with(closes=closes, suspensions=halted))
    assert f"missing on {len(SESSIONS) - 5} sessions: BBB on {SESSIONS[5]}" in found.message
    open_ended = halted.with_columns(resumed_on=pl.lit(None, pl.Date))
    assert not found_by(missing_closes, period_with(closes=closes, suspensions=open_ended))


def test_the_close_of_a_deletion_is_what_it_pays() -> None:
    deleted = actions_of({"symbol": "BBB", "date": SESSIONS[3], "action": "delete", "price": 45.0})
    assert not found_by(missing_closes, period_with(closes=closes_without("BBB", SESSIONS[3]), actions=deleted))


def test_blocked_closes_and_days_to_come_are_not_missed() -> None:
    blocked = pl.DataFrame({"symbol": ["BBB"], "date": [SESSIONS[3]]})
    assert not found_by(missing_closes, period_with(closes=closes_without("BBB", SESSIONS[3]), blocked=blocked))
    to_here = period_with().closes.filter(pl.col("date") <= SESSIONS[4])
    assert not found_by(missing_closes, period_with(closes=to_here, ends_on=SESSIONS[4]))
    from_here = period_with().closes.filter(pl.col("date") >= SESSIONS[4])
    assert not found_by(missing_closes, period_with(closes=from_here, begins_on=SESSIONS[4]))


def test_a_session_without_any_close_is_one_finding() -> None:
    closes = period_with().closes.filter(pl.col("date") != SESSIONS[2])
    says = f"2024-05: no closes at all for 1 session: {SESSIONS[2]}"
    assert found_by(missing_closes, period_with(closes=closes)) == [Finding(AREA, "error", "2024-05", says)]
    nobody = period_with(closes=closes, members=members_of("AAA", until=SESSIONS[2]))
    assert found_by(missing_closes, nobody) == [Finding(AREA, "warning", "2024-05", says)]


def test_real_members_are_not_missed_in_a_simulated_market() -> None:
    simulated = period_with().closes.with_columns(simulated=pl.lit(True))
    assert not found_by(missing_closes, period_with(closes=simulated, members=members_of("AAA", "REAL")))


def test_a_thousand_missing_closes_are_one_sentence() -> None:
    [found] = found_by(missing_closes, period_with(members=members_of(*(f"N{n}" for n in range(1000)))))
    assert f"{1000 * len(SESSIONS):,} closes of 1,000 members" in found.message
    assert len(found.message) < 300


@pytest.mark.parametrize(("sessions", "found"), [(GIVEN.stale_sessions - 1, 0), (GIVEN.stale_sessions, 1)])
def test_a_price_that_stands_still_is_stale_from_the_threshold_on(sessions: int, found: int) -> None:
    start = len(SESSIONS) - sessions
    noticed = found_by(stale_prices, period_with(closes=closes_with("AAA", SESSIONS[start], 70.0)))
    assert len(noticed) == found
    assert all(f"AAA at 70 on {sessions} sessions" in one.message for one in noticed)


def test_stale_sessions_of_the_month_before_count() -> None:
    flat = closes_of([(day, "AAA", 5.0) for day in [*APRIL, *SESSIONS[:3]]])
    [found] = found_by(stale_prices, period_with(closes=flat))
    assert "AAA at 5 on 5 sessions" in found.message
    assert not found_by(stale_prices, period_with(closes=flat.filter(pl.col("date") > APRIL[0])))


def test_two_names_at_one_price_are_not_one_run() -> None:
    rows = [(day, symbol, 5.0) for symbol in ("AAA", "BBB") for day in SESSIONS[:3]]
    assert not found_by(stale_prices, period_with(closes=closes_of(rows)))


def test_a_halted_member_is_not_missed_however_it_is_spelled() -> None:
    halts = pl.DataFrame(
        [("BB.B", SESSIONS[2], None)],
        {"symbol": pl.String, "suspended_on": pl.Date, "resumed_on": pl.Date},
        orient="row",
    )
    closes = closes_without("BBB", *SESSIONS[2:])
    assert found_by(missing_closes, period_with(closes=closes))
    assert found_by(missing_closes, period_with(closes=closes, suspensions=halts)) == []


def test_closes_of_closed_sessions_are_told_with_the_reason() -> None:
    extra = closes_of([(HOLIDAY, "AAA", 105.5), (DAYS[5], "AAA", 105.5), (HOLIDAY, "BBB", 55.5)])
    [found] = found_by(closed_sessions, period_with(closes=pl.concat([period_with().closes, extra])))
    assert found.severity == "warning"
    assert "3 closes of closed sessions" in found.message
    assert "1 on 2024-05-25 (Saturday), 2 on 2024-05-27 (Memorial Day)" in found.message
