"""What indexes read of the market of a lake: rates from before, where those of the first day are missing; nothing blocked."""

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


@pytest.mark.parametrize(
    ("file", "row", "lacks"),
    [
        ("market/closes_2.csv", "2025-01-02,A,1OO,GBP", "no close of A"),
        ("market/closes_2.csv", "2025-01-02,a,1OO,GBP", "no close of A"),
        ("market/fx_2.csv", "2025-01-02,GBP,-1.5", "no rate for GBP"),
    ],
)
def test_what_a_bad_row_blocks_is_blocked_whatever_another_row_says(
    tmp_path: Path, file: str, row: str, lacks: str
) -> None:
    """Nobody knows whether the bad row contradicts the good one; once it is mended or removed, the index goes on."""
    lake = market_lake(tmp_path)
    closes, rates = "date,symbol,close,currency\n", "date,currency,rate\n"
    land_market(lake, "market/closes.csv", closes + "".join(f"{day},A,100,GBP\n" for day in DAYS))
    land_market(lake, "market/fx.csv", rates + "".join(f"{day},GBP,1.25\n" for day in DAYS))
    bad = land_market(lake, file, (closes if "closes" in file else rates) + f"{row}\n")
    land_market(lake, f"components/L/{DAYS[0]}.csv", COMPONENTS + "A,1,1\n")
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {DAYS[0]}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake)
    reasons = lake.read("index_runs").filter(index_code="QX", state="refused")["reason"].to_list()
    assert [lacks in reason and "2025-01-02" in reason for reason in reasons] == [True], reasons
    bad.unlink()
    refresh_market(lake)
    publish_indexes(lake)
    assert lake.read("index_levels")["market_value"].to_list() == [125] * len(DAYS)
