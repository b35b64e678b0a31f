"""The checks of months of market data before they are used. Pure: frames in, findings out, a few for each check and month.

Negative and zero prices, floats outside 0 to 1 and the like never get here: such rows are set aside when their file is read. The
severity of a finding follows from its effect: error if an index cannot be computed, warning if it would be computed from
something odd.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.actions import former_symbols, splits_and_shares
from russell_pipeline.market.checks.closes import closed_sessions, missing_closes, stale_prices, suspended_closes
from russell_pipeline.market.checks.period import Period
from russell_pipeline.market.checks.price_moves import price_moves
from russell_pipeline.market.checks.rates import missing_rates
from russell_pipeline.market.checks.thresholds import Thresholds

CHECKS: Sequence[Callable[[Period, Thresholds], Iterator[tuple[str, Finding]]]] = (
    missing_closes,
    stale_prices,
    suspended_closes,
    price_moves,
    former_symbols,
    closed_sessions,
    missing_rates,
    splits_and_shares,
)


def check(period: Period, limits: Thresholds) -> dict[str, list[Finding]]:
    """The findings of all checks by month, YYYY-MM. A check gives one for each kind of fault, or for each index or currency."""
    found = defaultdict[str, list[Finding]](list)
    for one in CHECKS:
        for month, finding in one(period, limits):
            found[month].append(finding)
    return found
