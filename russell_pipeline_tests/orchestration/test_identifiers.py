"""Identifiers in landing files: carried to securities, checked, followed through renames, and doubted where they contradict."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.catalog import build_catalog
from russell_pipeline_tests.conftest import call_russell
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.orchestration.markets import land_market, market_lake, messages, refresh_market

pytestmark = pytest.mark.usefixtures("without_history")

APPLE, OTHER, THIRD = "037833100", "594918104", "17275R102"
HEAD = "symbol,shares,free_float,company_name,cusip,isin,figi,permno\n"
BEFORE, AFTER = "2025-06-18", "2025-06-25"
CHANGED = "2025-06-23"


def identified(root: Path, files: dict[str, str], changes: str = "", head: str = HEAD) -> Lake:
    """A lake with component files of L by day, and its tables of securities."""
    lake = market_lake(root)
    for day, rows in files.items():
        land_market(lake, f"components/L/{day}.csv", head + rows)
    if changes:
        land_market(lake, "reference/symbol_changes.csv", changes)
    refresh_market(lake)
    make(lake, "symbols", "security_identifiers", "securities", "membership_findings")
    return lake


def spans(lake: Lake) -> list[tuple[str | None, ...]]:
    columns = ("security_id", "kind", "value", "valid_from", "valid_to")
    return lake.read("security_identifiers").select(columns).cast(pl.String).rows()


def doubts(lake: Lake) -> list[str]:
    return lake.read("membership_findings")["message"].to_list()


def test_an_identifier_holds_from_the_first_file_that_has_it_to_the_first_with_another(tmp_path: Path) -> None:
    files = {
        BEFORE: f"AAA,1,1,ALFA CORP,{APPLE},US0378331005,BBG000B9XRY4,14593\n",
        AFTER: f"AAA,1,1,ALFA CORP,{OTHER},,,14593\n",
    }
    lake = identified(tmp_path, files)
    assert spans(lake) == [
        ("AAA", "cusip", APPLE, "2025-06-20", "2025-06-26"),
        ("AAA", "cusip", OTHER, "2025-06-26", None),
        ("AAA", "figi", "BBG000B9XRY4", "2025-06-20", None),
        ("AAA", "isin", "US0378331005", "2025-06-20", None),
        ("AAA", "permno", "14593", "2025-06-20", None),
    ]
    assert lake.read("security_identifiers").select("file", "row").unique().sort("file").rows() == [
        ("components/L/2025-06-18.csv", 2),
        ("components/L/2025-06-25.csv", 2),
    ]
    [security] = lake.read("securities").to_dicts()
    now = {
        name: security[name]
        for name in ("security_id", "symbol", "company_name", "cusip", "isin", "permno", "documents")
    }
    assert now == {
        "security_id": "AAA", "symbol": "AAA", "company_name": "ALFA CORP", "cusip": OTHER, "isin": "US0378331005",
        "permno": "14593", "documents": 0,
    }  # fmt: skip
    assert doubts(lake) == []


def test_a_rename_carries_its_identifiers_on(tmp_path: Path) -> None:
    changes = f"date,old_symbol,new_symbol,cusip\n{CHANGED},AAA,AAX,{OTHER}\n"
    files = {BEFORE: f"AAA,1,1,ALFA CORP,{APPLE},,,14593\n", AFTER: "AAX,1,1,ALFA CORP,,,,14593\n"}
    lake = identified(tmp_path, files, changes)
    assert spans(lake) == [
        ("AAA", "cusip", APPLE, "2025-06-20", CHANGED),
        ("AAA", "cusip", OTHER, CHANGED, None),
        ("AAA", "permno", "14593", "2025-06-20", None),
    ]
    assert lake.read("symbols").drop("symbol_key").cast(pl.String).rows() == [
        ("AAA", "AAA", "2025-06-20", CHANGED),
        ("AAX", "AAA", CHANGED, None),
    ]
    assert lake.read("securities")["symbol"].to_list() == ["AAX"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        pytest.param(
            f"AAA,1,1,ALFA CORP,{APPLE},,,\n", f"AAX,1,1,ALFA CORP,{APPLE},,,\n",
            f"cusip {APPLE} is of AAA until 2025-06-20 (components/L/2025-06-18.csv row 2) and of AAX from 2025-06-26 on "
            "(components/L/2025-06-25.csv row 2): if the symbol changed, a row DATE,AAA,AAX in "
            "landing/reference/symbol_changes.csv makes them one security", id="a rename that no file states",
        ),
        pytest.param(
            f"AAA,1,1,,{APPLE},,,\nBBB,1,1,,{APPLE},,,\n", "",
            f"cusip {APPLE} is of AAA (components/L/2025-06-18.csv row 2) and of BBB (components/L/2025-06-18.csv row 3) "
            "on 2025-06-20: an identifier names one security", id="two securities on one day",
        ),
        pytest.param(
            "AAA,1,1,ALFA CORP,,,,14593\n", "AAA,1,1,ALFA CORP,,,,10107\n",
            "AAA has permno 14593 from 2025-06-20 (components/L/2025-06-18.csv row 2) and 10107 from 2025-06-26 on "
            "(components/L/2025-06-25.csv row 2): a permno does not change, so the symbol may stand for two securities; the "
            "change of symbol of the first belongs into landing/reference/symbol_changes.csv", id="one symbol is two securities",
        ),
        pytest.param(
            f"AAA,1,1,ALFA CORP,{APPLE},,,\n", f"AAA,1,1,ZULU HOLDINGS,{OTHER},,,\n",
            f"AAA has cusip {APPLE} from 2025-06-20 (components/L/2025-06-18.csv row 2) and {OTHER} from 2025-06-26 "
            "on (components/L/2025-06-25.csv row 2): the issuer changes too, and ALFA CORP becomes ZULU HOLDINGS, so the symbol "
            "may stand for two securities; the change of symbol of the first belongs into landing/reference/symbol_changes.csv",
            id="another issuer",
        ),
        pytest.param(f"AAA,1,1,ALFA CORP,{APPLE},,,\n", f"AAA,1,1,ALFA CORP,{OTHER},,,\n", None, id="another cusip"),
    ],
)  # fmt: skip
def test_identifiers_that_contradict_symbols_are_findings_and_merge_nothing(
    tmp_path: Path, before: str, after: str, says: str | None
) -> None:
    lake = identified(tmp_path, {BEFORE: before, **({AFTER: after} if after else {})})
    assert doubts(lake) == ([says] if says else [])
    held = {row.split(",")[0] for row in (before + after).split()}
    assert {one for one in lake.read("securities")["security_id"] if len(one) == 3} == {
        one for one in held if len(one) == 3
    }


def test_two_identifiers_of_one_kind_on_one_day_are_a_finding(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    land_market(lake, f"components/M/{BEFORE}.csv", HEAD + f"AAA,1,1,,{OTHER},,,\n")
    lake = identified(tmp_path, {BEFORE: f"AAA,1,1,,{APPLE},,,\n"})
    [says] = doubts(lake)
    places = f"{APPLE} (components/L/2025-06-18.csv row 2) and {OTHER} (components/M/2025-06-18.csv row 2)"
    assert says == f"AAA has two cusips on 2025-06-20: {places}; the first counts"
    assert lake.read("securities")["cusip"].to_list() == [APPLE]


@pytest.mark.parametrize(
    ("column", "wrong", "right"),
    [
        ("cusip", "037833101", APPLE), ("cusip", "37833100", APPLE), ("isin", "US0378331006", "US0378331005"),
        ("figi", "BBG000B9XRY5", "BBG000B9XRY4"), ("permno", "14593.5", "14593"), ("permno", "0", "14593.0"),
    ],
)  # fmt: skip
def test_a_wrong_identifier_is_a_note_and_costs_no_row(tmp_path: Path, column: str, wrong: str, right: str) -> None:
    rows = f"AAA,1,1,{wrong}\nBBB,2,1,{right.lower()}\nCCC,3,1,-\n"
    lake = identified(tmp_path, {BEFORE: rows}, head=f"symbol,shares,free_float,{column}\n")
    assert lake.read("components").select("symbol", column).rows() == [
        ("AAA", None),
        ("BBB", right.removesuffix(".0")),
        ("CCC", None),
    ]
    [note] = messages(lake, "warning")
    assert note.startswith(f"L/2025-06-18.csv, row 2: {column} '{wrong}' must be ")
    assert messages(lake) == []


def test_identifiers_are_neither_a_conflict_nor_a_correction(tmp_path: Path) -> None:
    lake = identified(tmp_path, {BEFORE: f"AAA,1,1,,{APPLE},,,\n"}, f"date,old_symbol,new_symbol\n{CHANGED},AAA,AAX\n")
    land_market(lake, "reference/symbol_changes-2.csv", f"date,old_symbol,new_symbol,permno\n{CHANGED},AAA,AAX,14593\n")
    land_market(lake, f"components/L/{BEFORE}.csv", HEAD + f"AAA,1,1,,{OTHER},,,\n")
    refresh_market(lake)
    assert lake.read("symbol_changes").select("old_symbol", "new_symbol", "permno").rows() == [("AAA", "AAX", "14593")]
    assert lake.read("market_corrections").is_empty()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    changes = f"date,old_symbol,new_symbol\n{CHANGED},AAA,AAX\n"
    files = {
        BEFORE: f"AAA,100,1,ALFA CORP,{APPLE},,,14593\nBBB,7,1,BETA INC,,,,\nBBC,8,1,BETA MINES CO,,,,\n",
        AFTER: "AAX,200,1,Alfa Corp.,,,,\n",
    }
    lake = identified(tmp_path_factory.mktemp("traced"), files, changes)
    build_catalog(lake)
    return lake.root


ALFA = [
    ("2025-06-18", "AAA", "components/L/2025-06-18.csv", 2),
    ("2025-06-25", "AAX", "components/L/2025-06-25.csv", 2),
]


@pytest.mark.parametrize("asked", ["AAA", "aax", APPLE, "US0378331005", "14593", "ALFA CORP", "alfa corp.", "Alfa"])
def test_trace_takes_symbols_identifiers_and_names(traced: Path, asked: str) -> None:
    answer = call_russell(traced, "trace", asked, "--format", "csv")
    assert answer.returncode == 0, answer.stderr
    rows = [row for row in csv.DictReader(answer.stdout.splitlines()) if row["fact"] == "holding"]
    assert [(row["said_of"], row["symbol"], row["document"], int(row["line"])) for row in rows] == ALFA


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ("beta", 2, "beta begins the names of 2 securities"),
        ("ALFA CROP", 0, "did you mean ALFA CORP"),
        ("037833101", 0, "no document or file in the lake has the symbol, identifier or name 037833101"),
        ("ZZZZ", 0, "ZZZZ"),
    ],
)
def test_trace_says_what_else_was_meant(traced: Path, asked: str, code: int, says: str) -> None:
    answer = call_russell(traced, "trace", asked)
    assert answer.returncode == code
    assert says in answer.stderr


def test_a_simulated_symbol_is_no_security(tmp_path: Path) -> None:
    lake = identified(tmp_path, {BEFORE: f"AAA,1,1,{APPLE},true\n"}, head="symbol,shares,free_float,cusip,simulated\n")
    assert lake.read("symbols").is_empty()
    assert lake.read("securities").is_empty()
    assert lake.read("security_identifiers").is_empty()
