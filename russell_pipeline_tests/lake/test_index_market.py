"""What indexes read of the market of a lake: rates from before, where those of the first day are missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from russell_pipeline_tests.orchestration.markets import (
    COMPONENTS,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

DAYS = ("2024-12-31", "2025-01-02", "2025-01-03")


@pytest.mark.parametrize("base", DAYS[:2])
def test_a_rate_that_is_missing_on_the_first_day_is_the_last_before(tmp_path: Path, base: str) -> None:
    """Of the base, or of a year: under `missing_price: carry`, as on any other day."""
    lake = market_lake(tmp_path)
    land_market(lake, "market/closes.csv", "date,symbol,close,currency\n" + "".join(f"{d},A,100,GBP\n" for d in DAYS))
    land_market(lake, "market/fx.csv", "date,currency,rate\n2023-12-29,GBP,1.25\n2025-01-03,GBP,1.5\n")
    land_market(lake, f"components/L/{base}.csv", COMPONENTS + "A,1,1\n")
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\npolicies: {missing_price: carry}\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {base}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake)
    levels = dict(lake.read("index_levels").select("date", "market_value").iter_rows())
    assert levels == {date.fromisoformat(day): 150 if day == DAYS[-1] else 125 for day in DAYS if day >= base}
