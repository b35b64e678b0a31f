"""A company is one security under each of its symbols: reviews, trades and reports across renames, in exact figures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.queries import catalog as query
from russell_pipeline.queries import report as query_report
from russell_pipeline.queries.index import IndexQuestions
from russell_pipeline.settings import Settings
from russell_pipeline.steps.catalog import build_catalog
from russell_pipeline_tests.conftest import table_bytes
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    CLOSES,
    COMPONENTS,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

pytestmark = pytest.mark.usefixtures("without_history")

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


@pytest.mark.parametrize(("first", "second", "changes"), [CASES[at].values[:3] for at in (0, 3, 4)])
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


def two_indexes(root: Path, files: dict[str, str], closes: dict[str, float]) -> Lake:
    """Indexes of one leg each, by code the words `SYMBOL SHARES ...` of its components, with these closes on every session."""
    lake = market_lake(root)
    rows = "".join(f"{day},{symbol},{close}\n" for day in SESSIONS for symbol, close in closes.items())
    land_market(lake, "market/closes.csv", CLOSES + rows)
    for code, held in files.items():
        words = held.split()
        members = "".join(f"{symbol},{shares},1\n" for symbol, shares in zip(words[::2], words[1::2], strict=True))
        land_market(lake, f"components/{code}/{FIRST}.csv", COMPONENTS + members)
        index = f"code: Q{code}\nname: Q\ncurrency: USD\nlegs: [{{component: {code}, units: 1}}]\n"
        land_market(lake, f"indexes/Q{code}.yaml", f"{index}base: {{date: {FIRST}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake, date(2025, 7, 1))
    build_catalog(lake)
    return lake


SPELLED = [
    # components of each index; closes; securities in the weights of each index
    pytest.param(
        {"L": "BRKB 1 AAA 1", "M": "BRK-B 1 BBB 1", "N": "BRK/B 1 BBB 1"},
        {"BRK.B": 400, "AAA": 50, "BBB": 60},
        {"QL": {"BRKB", "AAA"}, "QM": {"BRKB", "BBB"}, "QN": {"BRKB", "BBB"}},
        id="three spellings in three files",
    ),
    pytest.param(
        {"L": "BFA 1 AAA 1", "M": "BFA 1 BF.A 1"},
        {"BFA": 400, "BF.A": 30, "AAA": 50},
        {"QL": {"BFA", "AAA"}, "QM": {"BFA", "BF.A"}},
        id="two that one file has side by side",
    ),
    pytest.param(
        {"L": "BFA 1 AAA 1", "M": "BF.A 1 BBB 1"},
        {"BFA": 400, "BF.A": 30, "AAA": 50, "BBB": 60},
        {"QL": {"BFA", "AAA"}, "QM": {"BF.A", "BBB"}},
        id="two that one day of closes has side by side",
    ),
]


@pytest.mark.parametrize(("files", "closes", "securities"), SPELLED)
def test_spellings_are_one_security_unless_they_stand_side_by_side(
    tmp_path: Path, files: dict[str, str], closes: dict[str, float], securities: dict[str, set[str]]
) -> None:
    lake = two_indexes(tmp_path, files, closes)
    weights = lake.read("weights")
    assert {code: set(weights.filter(index_code=code)["security_id"]) for code in securities} == securities
    joined = query.ask(
        lake.catalog,
        "SELECT w.index_code, w.symbol, w.close, c.close FROM weights w LEFT JOIN closes c "
        "ON c.security_id = w.security_id AND c.date = w.cutoff_on",
    ).rows
    assert [row for row in joined if row[2] != row[3]] == []
    assert len(joined) == weights.height


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [("BF.A", {"QM"}), ("BF-A", {"QM"}), ("BFA", {"QL", "QM"}), ("AA-A", {"QL"})],
)
def test_a_refused_action_stops_the_indexes_that_hold_the_name_and_none_of_a_name_spelled_alike(
    tmp_path: Path, wrong: str, refused: set[str]
) -> None:
    """BFA and BF.A have closes on one day: they are two. AAA is one name in any spelling."""
    closes = {"BFA": 400, "BF.A": 30, "AAA": 50, "BBB": 60}
    lake = two_indexes(tmp_path, {"L": "BFA 1 AAA 1", "M": "BFA 1 BF.A 1", "N": "BBB 1"}, closes)
    land_market(Lake(tmp_path), "market/actions.csv", ACTIONS + f"{wrong},{SESSIONS[2]},special_dividend,,,-1,,\n")
    lake = two_indexes(tmp_path, {"L": "BFA 1 AAA 1", "M": "BFA 1 BF.A 1", "N": "BBB 1"}, closes)
    ours = lake.read("index_runs").filter(pl.col("index_code").is_in(["QL", "QM", "QN"]))
    assert set(ours.filter(state="refused")["index_code"]) == refused


def test_a_name_that_files_spell_in_several_ways_is_traced_once(tmp_path: Path) -> None:
    lake = two_indexes(tmp_path, {"L": "BRKB 1 AAA 1", "M": "BRK-B 1 BBB 1"}, {"BRK.B": 400, "AAA": 50, "BBB": 60})
    make(lake)
    for symbol in ("BRKB", "BRK.B", "brk-b"):
        meant = query.meant(lake.catalog, symbol)
        assert meant.security_ids == ["BRKB"]
        rows = query.ask(lake.catalog, *query.trace(symbol.upper(), meant.security_ids)).rows
        assert len(rows) == len(set(rows)) == 2


def test_legs_that_spell_a_name_in_two_ways_hold_it_once(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    rows = "".join(f"{day},{symbol},{close}\n" for day in SESSIONS for symbol, close in (("BRK.B", 400), ("AAA", 50)))
    land_market(lake, "market/closes.csv", CLOSES + rows)
    land_market(lake, f"components/L/{FIRST}.csv", COMPONENTS + "BRKB,10,1\nAAA,10,1\n")
    land_market(lake, f"components/S/{FIRST}.csv", COMPONENTS + "BRK-B,10,1\n")
    legs = "[{component: L, units: 9}, {component: S, units: -1}]"
    index = f"code: QX\nname: Q\ncurrency: USD\nlegs: {legs}\nbase: {{date: {FIRST}, value: 1000}}\n"
    land_market(lake, "indexes/QX.yaml", index)
    refresh_market(lake)
    publish_indexes(lake, date(2025, 7, 1))
    weights = lake.read("weights").sort("symbol")
    assert weights["security_id"].to_list() == ["AAA", "BRKB"]
    assert (weights["long_share"] > 0).to_list() == [True, True]
    assert (weights["short_share"] > 0).to_list() == [False, True]


def test_two_securities_that_differ_in_a_separator_are_traced_with_the_files_of_each(tmp_path: Path) -> None:
    lake = two_indexes(tmp_path, {"L": "BFA 1 AAA 1", "M": "BFA 1 BF.A 1"}, {"BFA": 400, "BF.A": 30, "AAA": 50})
    make(lake)
    found = query.ask(lake.catalog, *query.trace("BFA", query.meant(lake.catalog, "BFA").security_ids))
    held = pl.DataFrame(found.rows, found.columns, orient="row").select("index_code", "symbol", "security_id").rows()
    assert held == [("L", "BFA", "BFA"), ("M", "BFA", "BFA"), ("M", "BF.A", "BF.A")]


def test_weights_follow_a_file_of_a_later_year_that_has_two_spellings_side_by_side(tmp_path: Path) -> None:
    lake = two_indexes(tmp_path, {"L": "BF-A 1 AAA 1"}, {"BF-A": 400, "AAA": 50})
    make(lake)
    assert set(lake.read("weights").filter(index_code="QL")["security_id"]) == {"BFA", "AAA"}
    land_market(lake, "components/M/2026-01-05.csv", COMPONENTS + "BFA,1,1\nBF.A,1,1\n")
    make(lake)
    assert set(lake.read("weights").filter(index_code="QL")["security_id"]) == {"BF.A", "AAA"}
