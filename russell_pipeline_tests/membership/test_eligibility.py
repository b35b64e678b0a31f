"""Protects who is eligible: bounds met exactly, without rounding, and refusals where an input is missing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.eligibility import (
    country_conclusive,
    free_float_eligible,
    is_reranked,
    market_cap_eligible,
    price_eligible,
    quarterly_ipo_eligible,
    quarterly_ipo_index,
    voting_rights_eligible,
)
from russell_pipeline_tests.membership.reviews import JUNE_2019, day, days_of

SEPTEMBER_2022 = days_of("2022-09")
IPO: dict[str, Any] = {
    "priced_on": day("2022-06-01"),
    "traded_on": day("2022-06-02"),
    "market_cap": 111,
    "smallest_cap": 100,
    "market_return": Decimal("0.1"),
}
BREAKS = {"RMICRO": 100, "R2000": 1000, "R1000": 4000}


@pytest.mark.parametrize(
    ("available", "total", "eligible"),
    [(5, 100, True), (4, 100, False), (6, 100, True), (49_999_999, 1_000_000_000, False), (50_000_000, 1_000_000_000, True),
     (1, 21, False), (1, 20, True), (1, 19, True), (0, 1, False), (7, 7, True), (Decimal("4.9999"), 100, False)],
)  # fmt: skip
def test_free_float_eligible_at_exactly_five_percent(available: int, total: int, eligible: bool) -> None:
    assert free_float_eligible(available, total).holds == eligible


@given(st.integers(1, 10**12), st.data())
def test_free_float_eligible_compares_twenty_times_available_with_total(total: int, data: st.DataObject) -> None:
    around = st.integers(max(0, total // 20 - 2), min(total, total // 20 + 2))
    available = data.draw(around)
    assert free_float_eligible(available, total).holds == (20 * available >= total)


@pytest.mark.parametrize(
    ("available", "total", "message"),
    [
        (None, 100, "the number of shares available is not known"),
        (5, None, "the number of shares in total is not known"),
        (5, 0, "is 0, but must be greater than 0"),
        (101, 100, "101 shares are available of 100"),
        (-1, 100, "-1 shares are available of 100"),
        (5.0, 100, "must be a whole number, Decimal or Fraction, not float 5.0"),
        (True, 100, "not bool True"),
        (Decimal("NaN"), 100, "is NaN, which is no number"),
    ],
)
def test_free_float_eligible_rejects_missing_or_impossible_shares(available: Any, total: Any, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        free_float_eligible(available, total)


@pytest.mark.parametrize(
    ("country", "region", "conclusive"),
    [(60, 40, True), (Decimal("59.9999"), 40, False), (Decimal("60.0001"), 40, True), (39, 20, False), (40, 20, True),
     (41, 20, True), (30, 60, False), (Fraction(100, 3), Fraction(40, 3), True), (20, 0, True)],
)  # fmt: skip
def test_country_conclusive_from_twenty_points(country: Any, region: Any, conclusive: bool) -> None:
    assert country_conclusive(country, region).holds == conclusive


def test_country_conclusive_rejects_missing_or_impossible_percentages() -> None:
    with pytest.raises(RefusedError, match="the region's percentage is not known"):
        country_conclusive(60, None)
    with pytest.raises(RefusedError, match="the country's percentage is 101, but must be 0 to 100"):
        country_conclusive(101, 0)


@pytest.mark.parametrize(
    ("review", "effective", "again"),
    [
        ("2019-06", "05-09", False),
        ("2019-06", "05-10", False),  # rank day
        ("2019-06", "05-13", True),
        ("2019-06", "06-13", True),
        ("2019-06", "06-14", True),
        ("2019-06", "06-15", False),
        ("2019-06", "06-17", False),  # lock-down
        ("2019-06", "06-18", False),
        ("2022-06", "2022-05-06", False),
        ("2022-06", "2022-05-09", True),
        ("2022-06", "2022-06-10", True),
        ("2022-06", "2022-06-13", False),
        ("2018-06", "2018-06-08", True),  # without a lock-down
        ("2018-06", "2018-06-11", False),
        ("2023-06", "2023-06-02", True),
        ("2023-06", "2023-06-05", False),  # lock-down comes before two weeks before implementation
    ],
)
def test_is_reranked_after_rank_day_and_before_lock_down(review: str, effective: str, again: bool) -> None:
    assert is_reranked("merger", day(effective), days_of(review)).holds == again
    assert is_reranked("spin_off", day(effective), days_of(review)).holds == again


def test_is_reranked_rejects_a_transaction_without_a_day_or_of_another_kind() -> None:
    with pytest.raises(RefusedError, match="the day on which the spin_off is effective is not known"):
        is_reranked("spin_off", None, JUNE_2019)
    with pytest.raises(RefusedError, match="the transaction is 'tender'"):
        is_reranked("tender", day("06-01"), JUNE_2019)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("priced", "traded", "eligible"),
    [
        ("2022-05-05", "2022-05-06", False),
        ("2022-05-06", "2022-05-09", True),  # priced on the last evening of the window before
        ("2022-05-09", "2022-05-09", True),
        ("2022-08-11", "2022-08-12", True),
        ("2022-08-12", "2022-08-12", True),
        ("2022-08-12", "2022-08-15", False),
    ],
)
def test_quarterly_ipo_window_includes_both_ends(priced: str, traded: str, eligible: bool) -> None:
    dated = IPO | {"priced_on": day(priced), "traded_on": day(traded)}
    assert quarterly_ipo_eligible(SEPTEMBER_2022, **dated).holds == eligible


def test_quarterly_ipo_is_in_one_window_whenever_priced() -> None:
    """Priced on 12 August 2022, the last day of the September window, and traded on 15 August, in the December one."""
    dated = IPO | {"priced_on": day("2022-08-12"), "traded_on": day("2022-08-15")}
    assert [quarterly_ipo_eligible(days_of(f"2022-{month}"), **dated).holds for month in ("09", "12")] == [False, True]


@pytest.mark.parametrize(
    ("cap", "smallest", "market_return", "eligible"),
    [
        (110, 100, Decimal("0.1"), False),  # exactly equal is not larger
        (Decimal("110.000001"), 100, Decimal("0.1"), True),
        (Decimal("109.999999"), 100, Decimal("0.1"), False),
        (80, 100, Decimal("-0.2"), False),
        (81, 100, Decimal("-0.2"), True),
        (100, 100, 0, False),
        (Fraction(400, 3), 100, Fraction(1, 3), False),
    ],
)
def test_quarterly_ipo_must_exceed_the_adjusted_smallest_company(
    cap: Any, smallest: Any, market_return: Any, eligible: bool
) -> None:
    sized = IPO | {"market_cap": cap, "smallest_cap": smallest, "market_return": market_return}
    assert quarterly_ipo_eligible(SEPTEMBER_2022, **sized).holds == eligible


@pytest.mark.parametrize("missing", IPO)
def test_quarterly_ipo_rejects_a_missing_input(missing: str) -> None:
    with pytest.raises(RefusedError, match="is not known"):
        quarterly_ipo_eligible(SEPTEMBER_2022, **IPO | {missing: None})


def test_quarterly_ipo_rejects_trading_before_pricing_and_a_return_of_minus_one() -> None:
    with pytest.raises(RefusedError, match="trades on 2022-05-31, before it is priced on 2022-06-01"):
        quarterly_ipo_eligible(SEPTEMBER_2022, **IPO | {"traded_on": day("2022-05-31")})
    with pytest.raises(RefusedError, match="must be greater than -1"):
        quarterly_ipo_eligible(SEPTEMBER_2022, **IPO | {"market_return": -1})


@pytest.mark.parametrize(
    ("cap", "code"),
    [(4401, "R1000"), (4400, "R2000"), (1101, "R2000"), (1100, "RMICRO"), (111, "RMICRO"), (110, None), (1, None)],
)
def test_quarterly_ipo_index_follows_the_adjusted_breaks(cap: int, code: str | None) -> None:
    assert quarterly_ipo_index(cap, BREAKS, Decimal("0.1")) == code


def test_quarterly_ipo_index_rejects_missing_or_equal_breaks() -> None:
    with pytest.raises(RefusedError, match="breaks of the latest June reconstitution are not known"):
        quarterly_ipo_index(1, {}, 0)
    with pytest.raises(RefusedError, match="two of the breaks are equal: R2000 1, R1000 1"):
        quarterly_ipo_index(1, {"R2000": 1, "R1000": 1}, 0)
    with pytest.raises(
        RefusedError, match="the return of the Russell 3000E since the latest June reconstitution is not"
    ):
        quarterly_ipo_index(1, BREAKS, None)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.fractions(Fraction(-9, 10), 2))
def test_quarterly_ipo_index_is_no_smaller_for_a_larger_ipo(cap: int, more: int, market_return: Fraction) -> None:
    order = [None, *BREAKS]
    small, large = (quarterly_ipo_index(size, BREAKS, market_return) for size in (cap, cap + more))
    assert order.index(small) <= order.index(large)


@pytest.mark.parametrize(
    ("close", "average", "is_member", "eligible"),
    [
        (1, None, False, True), (Decimal("0.9999"), None, False, False), (Decimal("0.9999"), 2, False, False),
        (1, None, True, True), (Decimal("0.5"), 1, True, True), (Decimal("0.5"), Decimal("0.9999"), True, False),
    ],
)  # fmt: skip
def test_price_eligible_from_one_dollar_and_for_members_by_their_average(
    close: Any, average: Any, is_member: bool, eligible: bool
) -> None:
    assert price_eligible(close, average, is_member=is_member).holds == eligible


def test_price_eligible_needs_the_average_of_a_member_below_the_minimum_only() -> None:
    with pytest.raises(RefusedError, match="the average close before rank day is not known"):
        price_eligible(Decimal("0.5"), is_member=True)
    with pytest.raises(RefusedError, match="the close on rank day is not known"):
        price_eligible(None, is_member=True)


@pytest.mark.parametrize(("cap", "eligible"), [(30_000_000, True), (29_999_999, False), (Decimal("30000000.01"), True)])
def test_market_cap_eligible_at_exactly_thirty_million(cap: Any, eligible: bool) -> None:
    assert market_cap_eligible(cap).holds == eligible


def test_voting_rights_eligible_counts_unlisted_classes() -> None:
    """The worked example: 65m of 3.1bn votes are 2.097 percent; exactly five percent is enough."""
    assert not voting_rights_eligible(65_000_000, 3_100_000_000).holds
    assert voting_rights_eligible(155_000_000, 3_100_000_000).holds
    with pytest.raises(RefusedError, match="7 votes are in unrestricted hands of 6"):
        voting_rights_eligible(7, 6)
