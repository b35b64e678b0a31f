"""Protects the quote of exchange rates in a lake: part of the key, a default for older tables, and never taken for another."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline_tests.orchestration.markets import (
    COMPONENTS,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

DAY = "2025-01-02"
FX = "date,currency,rate,quote\n"


def euro_lake(root: Path, fx: str) -> Lake:
    """A lake with an index in EUR of 100 shares at 1,024 yen and 10 at 20 dollars."""
    lake = market_lake(root)
    land_market(lake, "market/closes.csv", f"date,symbol,close,currency\n{DAY},SONY,1024,JPY\n{DAY},US,20,USD\n")
    land_market(lake, "market/fx.csv", fx)
    land_market(lake, f"components/L/{DAY}.csv", COMPONENTS + "SONY,100,1\nUS,10,1\n")
    land_market(
        lake,
        "indexes/QX.yaml",
        f"code: QX\nname: Q\ncurrency: EUR\nlegs: [{{component: L, units: 1}}]\nbase: {{date: {DAY}, value: 1000}}\n",
    )
    refresh_market(lake)
    publish_indexes(lake)
    return lake


def reasons(lake: Lake) -> list[str]:
    return lake.read("index_runs").filter(index_code="QX", state="refused")["reason"].to_list()


@pytest.mark.parametrize(
    "rows",
    [
        f"{DAY},JPY,0.0078125,USD\n{DAY},EUR,2,USD\n",
        f"{DAY},JPY,0.0078125,\n{DAY},EUR,2,\n",
        f"{DAY},JPY,0.00390625,EUR\n{DAY},USD,0.5,EUR\n",
        f"{DAY},JPY,0.0078125,USD\n{DAY},JPY,0.00390625,EUR\n{DAY},EUR,2,USD\n",
        f"{DAY},EUR,256,JPY\n{DAY},EUR,2,USD\n",
    ],
)
def test_weights_are_the_same_whatever_the_rates_are_quoted_in(tmp_path: Path, rows: str) -> None:
    lake = euro_lake(tmp_path, FX + rows)
    weights = lake.read("weights").filter(index_code="QX").select("symbol", "weight", "fx").rows()
    assert weights == [("SONY", 0.8, 0.00390625), ("US", 0.2, 0.5)]
    assert lake.read("index_levels")["market_value"].to_list() == [500]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (f"{DAY},JPY,0.0078125,USD\n", "no rate for JPY in EUR"),
        (f"{DAY},JPY,0.0078125,USD\n{DAY},USD,0.5,USD\n", "no rate for JPY in EUR"),
        # two files' worth of values for one key, and a row that cannot be read
        (f"{DAY},JPY,0.0039,EUR\n{DAY},JPY,0.0040,EUR\n{DAY},USD,0.5,EUR\n", "no rate for JPY in EUR"),
        (f"{DAY},JPY,0.0039,eur\n{DAY},USD,0.5,EUR\n", "no rate for JPY in EUR"),
    ],
)
def test_a_rate_in_another_currency_is_never_taken_for_the_index_s(tmp_path: Path, rows: str, says: str) -> None:
    lake = euro_lake(tmp_path, FX + rows)
    assert [says in reason for reason in reasons(lake)] == [True], reasons(lake)
    assert lake.read("index_levels").is_empty()


def test_a_currency_in_itself_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """As files for indexes in other currencies than USD used to have it."""
    lake = euro_lake(tmp_path, f"date,currency,rate\n{DAY},USD,0.5\n{DAY},JPY,0.0039\n")
    [said] = lake.read("market_blocks").filter(kind="fx")["sentence"].to_list()
    assert "fx.csv, row 2" in said
    assert "the column quote names the currency of the rate" in said


def test_rates_in_two_quotes_contradict_nothing_and_a_conflict_names_its_quote(tmp_path: Path) -> None:
    rows = f"{DAY},JPY,0.0078125,USD\n{DAY},JPY,0.00390625,EUR\n{DAY},EUR,2,USD\n"
    lake = euro_lake(tmp_path, FX + rows)
    assert lake.read("market_blocks").is_empty()
    assert lake.read("fx").height == 3
    land_market(lake, "market/fx_b.csv", f"{FX}{DAY},JPY,0.0040,EUR\n{DAY},EUR,2.1,USD\n")
    refresh_market(lake)
    assert sorted({*lake.read("market_blocks")["key"]}) == [f"fx {DAY} EUR", f"fx {DAY} JPY EUR"]


def test_a_table_of_an_earlier_release_is_read_in_dollars_and_corrects_nothing(tmp_path: Path) -> None:
    lake = euro_lake(tmp_path, f"date,currency,rate\n{DAY},JPY,0.0078125\n{DAY},EUR,2\n")
    path = lake.path("fx", "2025-01")

    inputs = "russell_pipeline.inputs"  # all that an earlier release wrote into the footer
    metadata = {inputs: pl.read_parquet_metadata(path)[inputs]}
    frame = pl.read_parquet(path, hive_partitioning=False)
    assert "quote" in frame.columns
    frame.drop("quote").write_parquet(path, metadata=metadata)
    assert lake.read("fx")["quote"].to_list() == ["USD", "USD"]
    land_market(lake, "market/fx.csv", f"date,currency,rate\n{DAY},JPY,0.0078125\n{DAY},EUR,2.5\n")
    refresh_market(lake, date(2025, 1, 3))
    assert lake.read("market_corrections")["key"].to_list() == [f"fx {DAY} EUR"]
