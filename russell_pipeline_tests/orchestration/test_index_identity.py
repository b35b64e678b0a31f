"""A company is one security under each of its symbols: reviews, trades and reports across renames, in exact figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake import query, query_report
from russell_pipeline.lake.catalog import build_catalog
from russell_pipeline.lake.index_questions import IndexQuestions
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import table_bytes
from russell_pipeline_tests.orchestration.markets import (
    CLOSES,
    COMPONENTS,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

SESSIONS = [f"2025-06-{day:02d}" for day in (18, 20, 23, 24, 25, 26, 27, 30)]
FIRST, RENAMED, SECOND, EFFECTIVE = SESSIONS[0], SESSIONS[3], SESSIONS[4], SESSIONS[5]
PRICES = {"A": 100, "B": 50, "C": 100}  # of three companies, for ever


def reviewed(root: Path, first: str, second: str, changes: list[tuple[str, str, str]]) -> Lake:
    """An index of two reviews, `SYMBOL SHARES ...`, of companies A, B, C that begin as AAA, BBB, CCC, after symbol changes."""
    lake, rows = market_lake(root), []
    symbols = {company: 3 * company for company in PRICES}
    for day in SESSIONS:
        today = {old: new for on, old, new in changes if on == day}
        symbols = {company: today.get(symbol, symbol) for company, symbol in symbols.items()}
        rows += [f"{day},{symbol},{PRICES[company]}\n" for company, symbol in symbols.items()]
    land_market(lake, "market/closes.csv", CLOSES + "".join(rows))
    changed = "".join(f"{','.join(change)}\n" for change in changes)
    land_market(lake, "reference/symbol_changes.csv", f"date,old_symbol,new_symbol\n{changed}")
    for day, held in ((FIRST, first), (SECOND, second)):
        words = held.split()
        members = "".join(f"{symbol},{shares},1\n" for symbol, shares in zip(words[::2], words[1::2], strict=True))
        land_market(lake, f"components/L/{day}.csv", COMPONENTS + members)
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {FIRST}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake, date(2025, 7, 1))
    build_catalog(lake)
    return lake


CASES = [
    # first review, second, changes of symbols; joins, leaves; changes of weight of those who stay; one-way turnover
    pytest.param(
        "AAA 100 BBB 200",
        "AAX 100 BBB 600",
        [(RENAMED, "AAA", "AAX")],
        "",
        "",
        {"AAX": -0.25, "BBB": 0.25},
        0.25,
        id="rename",
    ),
    pytest.param(
        "AAA 100 BBB 200",
        "AAX 100 BBB 600",
        [(EFFECTIVE, "AAA", "AAX")],
        "",
        "",
        {"AAX": -0.25, "BBB": 0.25},
        0.25,
        id="rename on the effective day",
    ),
    pytest.param(
        "AAA 100 BBB 200",
        "AAZ 100 BBB 600",
        [(SESSIONS[2], "AAA", "AAX"), (RENAMED, "AAX", "AAZ")],
        "",
        "",
        {"AAZ": -0.25, "BBB": 0.25},
        0.25,
        id="renamed twice",
    ),
    pytest.param(
        "AAA 100 BBB 200",
        "BBB 100 AAA 600",
        [(RENAMED, "AAA", "BBB"), (RENAMED, "BBB", "AAA")],
        "",
        "",
        {"BBB": -0.25, "AAA": 0.25},
        0.25,
        id="swap",
    ),
    pytest.param(
        "AAA 100 BBB 200",
        "AAA 100 BBB 200",
        [(RENAMED, "AAA", "AAX"), (RENAMED, "CCC", "AAA")],
        "AAA",
        "AAA",
        {"BBB": 0.0},
        0.5,
        id="symbol taken over at once",
    ),
    pytest.param(
        "AAA 100 BBB 200",
        "AAA 100 BBB 200",
        [(SESSIONS[2], "AAA", "AAX"), (RENAMED, "CCC", "AAA")],
        "AAA",
        "AAA",
        {"BBB": 0.0},
        0.5,
        id="symbol taken over a day later",
    ),
]


@pytest.mark.parametrize(("first", "second", "changes", "joins", "leaves", "moves", "turnover"), CASES)
def test_a_review_trades_companies_not_symbols(
    tmp_path: Path,
    *,
    first: str,
    second: str,
    changes: list[tuple[str, str, str]],
    joins: str,
    leaves: str,
    moves: dict[str, float],
    turnover: float,
) -> None:
    lake = reviewed(tmp_path, first, second, changes)
    assert set(lake.read("index_levels")["price_index"]) == {1000.0}

    facts = query.frames(lake.catalog, query_report.review_report(SECOND, "QX"))
    rows = facts["weights"]
    assert rows.filter(pl.col("weight_before").is_null())["symbol"].to_list() == joins.split()
    assert rows.filter(pl.col("weight").is_null())["symbol"].to_list() == leaves.split()
    stay = rows.drop_nulls(["weight", "weight_before"])
    assert {row["symbol"]: row["weight"] - row["weight_before"] for row in stay.iter_rows(named=True)} == moves
    assert facts["traded"]["turnover"].to_list() == [turnover]

    trades = IndexQuestions(lake).pro_forma("QX", SECOND, date.fromisoformat(SECOND), 1000.0)
    assert trades.turnover == turnover
    gone = trades.trades.filter((pl.col("weight_held") != 0) & (pl.col("weight") == 0)).height
    came = trades.trades.filter((pl.col("weight_held") == 0) & (pl.col("weight") != 0)).height
    assert (came, gone) == (len(joins.split()), len(leaves.split()))


@pytest.mark.parametrize(("first", "second", "changes"), [case.values[:3] for case in CASES])
def test_a_report_on_an_index_shows_each_company_once_under_its_last_symbol(
    tmp_path: Path, first: str, second: str, changes: list[tuple[str, str, str]]
) -> None:
    lake = reviewed(tmp_path, first, second, [*changes, (SESSIONS[6], "BBB", "BBQ"), (SESSIONS[7], "BBQ", "BBZ")])
    held = query.frames(lake.catalog, query_report.index_report("QX"))["holdings"]
    assert held.height == 2
    assert held.select("weight").to_series().to_list() == held["weight_now"].to_list()
    assert "BBZ" in held["symbol"]
    assert "BBB" not in held["symbol"]


def test_weights_and_closes_have_the_securities_of_published_lists_and_a_second_run_changes_nothing(lake: Path) -> None:
    """Documents, components and closes that land together: the securities are known when the weights are made."""
    known = (
        Lake(lake).read("symbols").filter(pl.col("valid_to").is_null(), pl.col("security_id") != pl.col("symbol_key"))
    )
    symbol, security_id = known.sort("symbol").select("symbol", "security_id").row(0)
    for table in ("symbols", "securities", "security_rows"):  # as if the documents were new
        Lake(lake).path(table).unlink()
    rows = "".join(f"{day},{symbol},100\n{day},ZZZZ,50\n" for day in SESSIONS)
    land_market(Lake(lake), "market/closes.csv", CLOSES + rows)
    land_market(Lake(lake), f"components/L/{FIRST}.csv", COMPONENTS + f"{symbol},1,1\nZZZZ,1,1\n")
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
    land_market(Lake(lake), "indexes/QX.yaml", f"{index}base: {{date: {FIRST}, value: 1000}}\n")
    assert run(Settings(lake, processes=1)).anything
    held = {(symbol, security_id), ("ZZZZ", "ZZZZ")}
    assert set(Lake(lake).read("weights").select("symbol", "security_id").rows()) == held
    asked = "SELECT DISTINCT symbol, security_id FROM closes"
    assert set(query.ask(Lake(lake).catalog, asked).rows) == held
    assert "ZZZZ" in Lake(lake).read("securities")["security_id"]
    before = table_bytes(lake)
    assert not run(Settings(lake, processes=1)).anything
    assert table_bytes(lake) == before
