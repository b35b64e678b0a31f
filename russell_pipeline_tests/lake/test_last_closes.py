"""Protects what a lake says of names that went at their last close, and of names that a review left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from russell_pipeline.steps.index.findings import findings
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    CLOSES,
    COMPONENTS,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

DAYS = ("2025-01-02", "2025-01-03", "2025-01-06")


def test_names_at_their_last_close_are_events_and_findings(tmp_path: Path) -> None:
    """B is deleted without a price, C has no close on the last day, D never had one."""
    lake = market_lake(tmp_path)
    rows = [f"{day},{name},10\n" for day in DAYS for name in "ABC" if (day, name) != (DAYS[2], "C")]
    land_market(lake, "market/closes.csv", CLOSES + "".join(rows))
    land_market(lake, "market/actions.csv", f"{ACTIONS}B,{DAYS[1]},delete,,,,,\n")
    land_market(lake, f"components/L/{DAYS[0]}.csv", COMPONENTS + "".join(f"{name},1,1\n" for name in "ABCD"))
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\npolicies: {missing_price: drop}\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {DAYS[0]}, value: 1000}}\n")
    refresh_market(lake)
    assert lake.read("market_blocks").is_empty()
    publish_indexes(lake)
    levels = lake.read("index_levels")
    assert levels["price_index"].to_list() == pytest.approx([1000] * 3)
    assert levels["names"].to_list() == [3, 3, 1]
    told = [one.message for one in findings(lake) if one.subject == "QX"]
    assert told == [
        f"QX: 1 name was deleted at the last close, because the deletion has no price: B on {DAYS[1]}",
        "QX: 1 name was dropped at the last close, because nobody supplied another (policy missing_price): "
        f"C on {DAYS[2]}",
        f"QX {DAYS[0]}: 1 name has no weight for want of a close on the price cut-off {DAYS[0]} (policy missing_price): D",
    ]
