"""The checks of a month of market data before it is used. Pure: frames in, findings out, a few for each check.

Negative and zero prices, floats outside 0 to 1 and the like never get here: such rows are set aside when their file is read. The
severity of a finding follows from its effect: error if an index cannot be computed, warning if it would be computed from
something odd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.actions import former_symbols, splits_and_shares
from russell_pipeline.market.checks.closes import closed_sessions, missing_closes, stale_prices, suspended_closes
from russell_pipeline.market.checks.month import Month
from russell_pipeline.market.checks.price_moves import price_moves
from russell_pipeline.market.checks.rates import missing_rates
from russell_pipeline.market.checks.thresholds import Thresholds

CHECKS: Sequence[Callable[[Month, Thresholds], Iterator[Finding]]] = (
    missing_closes,
    stale_prices,
    suspended_closes,
    price_moves,
    former_symbols,
    closed_sessions,
    missing_rates,
    splits_and_shares,
)


def check_month(month: Month, limits: Thresholds) -> list[Finding]:
    """Run all checks on a month. A check gives one finding for each kind of fault, or for each index or currency."""
    return [finding for check in CHECKS for finding in check(month, limits)]
