"""A month in order has no finding."""

from __future__ import annotations

from russell_pipeline.market.checks.all_checks import check_month
from russell_pipeline_tests.market.checks.made_month import GIVEN, month_with


def test_a_month_in_order_has_no_finding() -> None:
    assert check_month(month_with(), GIVEN) == []
