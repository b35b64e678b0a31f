"""Malformed landing files of every kind: one clear message with file, row, rule and value, and no published row is lost."""

from __future__ import annotations

import io
import re
import shutil
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl
import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.lake.store import Lake
from russell_pipeline_tests.conftest import Once, call_russell
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    CLOSES,
    COMPONENTS,
    land_market,
    market_lake,
    messages,
    refresh_market,
)

pytestmark = pytest.mark.usefixtures("without_history")

FX = "date,currency,rate\n"
NUMBER = "must be digits with a decimal point"
DAY = "must be a date that exists, written YYYY-MM-DD"
SYMBOL = "must be a symbol"
SESSIONS = nyse_sessions().between(date(2024, 1, 2), date(2024, 1, 31))
PUBLISHED = ("closes", "fx", "actions", "components")


class Case(NamedTuple):
    """A landing file, and what its one message must hold, in this order."""

    path: str
    content: str | bytes
    says: tuple[str, ...]
    severity: str = "error"


def _row(line: str, *says: str) -> Case:
    """A bad row of closes, line 2 of its file."""
    return Case("market/closes_x.csv", f"{CLOSES}{line}\n", ("closes_x.csv, row 2", *says))


def _file(content: str | bytes, *says: str) -> Case:
    return Case("market/closes_x.csv", content, ("closes_x.csv", *says, "it is not read"))


def _parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


def _prices(symbol: str, prices: list[float]) -> str:
    return CLOSES + "".join(f"{day},{symbol},{price}\n" for day, price in zip(SESSIONS, prices, strict=False))


GROWING = [10 + 0.01 * n for n in range(len(SESSIONS))]
GOOD_PARQUET = _parquet(date=[date(2024, 1, 5)], symbol=["CCC"], close=[1.0])
CASES = {
    # values
    "negative price": _row("2024-01-05,CCC,-5", "close '-5' must be above 0", "that symbol and day is blocked"),
    "zero price": _row("2024-01-05,CCC,0", "close '0' must be above 0"),
    "NaN": _row("2024-01-05,CCC,NaN", f"close 'NaN' {NUMBER}"),
    "infinity": _row("2024-01-05,CCC,inf", f"close 'inf' {NUMBER}"),
    "negative infinity": _row("2024-01-05,CCC,-Infinity", f"close '-Infinity' {NUMBER}"),
    "beyond the numbers": _row("2024-01-05,CCC,1e999", "close '1e999' must be a number below"),
    "thousands separators": _row('2024-01-05,CCC,"1,234.50"', f"close '1,234.50' {NUMBER}"),
    "a word for a number": _row("2024-01-05,CCC,ten", f"close 'ten' {NUMBER}"),
    "no price": _row("2024-01-05,CCC,", "close is missing"),
    "NaN in Parquet": Case(
        "market/closes_x.parquet",
        _parquet(date=[date(2024, 1, 5)], symbol=["CCC"], close=[float("nan")]),
        ("closes_x.parquet, row 2", f"close 'NaN' {NUMBER}"),
    ),
    "a day that is none": _row("2024-02-30,CCC,1", f"date '2024-02-30' {DAY}"),
    "another order of the date": _row("05/01/2024,CCC,1", f"date '05/01/2024' {DAY}"),
    "a day long ago": _row("0001-01-01,CCC,1", "date '0001-01-01' must be from 1900-01-01"),
    "a day far ahead": _row("9999-12-31,CCC,1", "date '9999-12-31' must be from 1900-01-01"),
    "no symbol": _row("2024-01-05,,1", "symbol is missing"),
    "SQL in a symbol": _row("2024-01-05,A'; DROP TABLE closes;--,1", "'A'; DROP TABLE closes;--'", SYMBOL),
    "HTML in a symbol": _row("2024-01-05,<script>x</script>,1", "'<script>x</script>'", SYMBOL),
    "non-UTF-8 in a symbol": _row("2024-01-05,CAF\xc9,1", "CAF\xc9", SYMBOL)._replace(
        content=f"{CLOSES}2024-01-05,CAF\xc9,1\n".encode("latin-1")
    ),
    # rows
    "too few fields": _row("2024-01-05,CCC", "has 2 fields where the header has 3"),
    "too many fields": _row("2024-01-05,CCC,1,2,3", "has 5 fields where the header has 3"),
    "an open quote": _row('2024-01-05,"CCC,1', "has a quote that is not closed"),
    # files
    "a column twice": _file("date,symbol,close,close\n2024-01-05,CCC,1,2\n", "has the column close more than once"),
    "a column missing": _file("date,name,close\n2024-01-05,CCC,1\n", "lacks the column symbol"),
    "semicolons": _file("date;symbol;close\n2024-01-05;CCC;1\n", "has no commas in its header"),
    "nothing": _file("", "is empty"),
    "a page": _file("<!DOCTYPE html><html>Log in</html>", "is an HTML page"),
    "a workbook": _file(b"PK\x03\x04" + bytes(500), "is a ZIP archive or an Office file"),
    "no text": _file(bytes(range(128, 256)) * 64, ""),
    "hundreds of megabytes of garbage": _file(b"\0" * 4096, "is not text: it holds null bytes"),
    "a torn Parquet file": Case(
        "market/closes_x.parquet", GOOD_PARQUET[:-30], ("closes_x.parquet", "is no Parquet file", "it is not read")
    ),
    "lists in Parquet": Case(
        "market/closes_x.parquet",
        _parquet(date=[date(2024, 1, 5)], symbol=["CCC"], close=[[1.0]]),
        ("closes_x.parquet", "large_list<element: double> in the column close"),
    ),
    # other kinds of file
    "a rate of zero": Case(
        "market/fx_x.csv",
        f"{FX}2024-01-05,EUR,0\n",
        ("fx_x.csv, row 2", "rate '0' must be above 0", "currency and day"),
    ),
    "an unknown action": Case(
        "market/actions_x.csv",
        f"{ACTIONS}AAA,2024-01-05,splitt,2,1,,,\n",
        ("actions_x.csv, row 2", "action 'splitt' must be one of", "every index that holds the symbol is blocked"),
    ),
    "an action without its terms": Case(
        "market/actions_x.csv",
        f"{ACTIONS}AAA,2024-01-05,split,2,,,,\n",
        ("actions_x.csv, row 2", "split takes new above 0 and old above 0", "every index that holds the symbol"),
    ),
    "an action that names nobody": Case(
        "market/actions_x.csv",
        f"{ACTIONS},2024-01-05,split,2,1,,,\n",
        ("actions_x.csv, row 2", "symbol is missing", "all that rests on the file is blocked"),
    ),
    "a float outside 0 to 1": Case(
        "components/XX/2024-01-02.csv",
        f"{COMPONENTS}AAA,1,1.5\n",
        ("XX/2024-01-02.csv, row 2", "free_float '1.5' must be from 0 to 1", "all that rests on the file is blocked"),
    ),
    "an index without members": Case(
        "components/XX/2024-01-02.csv", COMPONENTS, ("XX/2024-01-02.csv", "has a header but no rows")
    ),
    "a component file of no day": Case(
        "components/XX/january.csv", f"{COMPONENTS}AAA,1,1\n", ("XX/january.csv", "neither a review such as")
    ),
    # what only a look at other files shows
    "a member without closes": Case(
        "components/XX/2024-01-02.csv",
        f"{COMPONENTS}AAA,1,1\nZZZ,1,1\n",
        ("XX, 2024-01: 21 closes of 1 member missing", "ZZZ on 2024-01-02"),
    ),
    "a session without closes": Case(
        "market/closes_x.csv",
        f"{CLOSES}2024-02-02,AAA,10.5\n2024-02-02,BBB,20.5\n",
        ("2024-02", "no closes at all", "2024-02-01"),
    ),
    "a stale price": Case("market/closes_x.csv", _prices("CCC", [7.0] * 6), ("CCC at 7 on 6 sessions",), "warning"),
    "a move without an action": Case(
        "market/closes_x.csv", _prices("CCC", [10, 11, 25]), ("CCC on 2024-01-04 from 11 to 25",), "warning"
    ),
    "an action without its move": Case(
        "market/actions_x.csv",
        f"{ACTIONS}AAA,2024-01-05,split,2,1,,,\n",
        ("action without the price", "AAA on 2024-01-05, split"),
        "warning",
    ),
    "a close on a closed day": Case(
        "market/closes_x.csv", f"{CLOSES}2024-01-15,CCC,1\n", ("1 close of closed sessions", "2024-01-15"), "warning"
    ),
    "a currency without a rate": Case(
        "market/closes_x.csv",
        "date,symbol,close,currency\n2024-01-05,CCC,1,EUR\n",
        ("EUR has no rate on 1 session (2024-01-05)", "CCC"),
        "warning",
    ),
}


def _base(lake: Lake) -> None:
    """A market in order: two names of an index, every session of a month."""
    rows = "".join(f"{day},AAA,{price}\n{day},BBB,{2 * price}\n" for day, price in zip(SESSIONS, GROWING, strict=True))
    land_market(lake, "market/closes.csv", CLOSES + rows)
    land_market(lake, "market/fx.csv", f"{FX}2024-01-02,GBP,1.27\n")
    land_market(lake, "market/actions.csv", f"{ACTIONS}BBB,2024-01-10,ordinary_dividend,,,0.1,,\n")
    land_market(lake, "components/IDX/2024-01-02.csv", f"{COMPONENTS}AAA,1,1\nBBB,1,1\n")


def _published(lake: Lake) -> dict[str, list[tuple[object, ...]]]:
    """The rows of the market in order, by table."""
    return {table: [row for row in lake.read(table).rows() if not any("_x." in str(cell) or "XX/" in str(cell) for cell in row)]
            for table in PUBLISHED}  # fmt: skip


def _land(lake: Lake, case: Case, name: str) -> None:
    file = land_market(lake, case.path, case.content)
    if name.startswith("hundreds of megabytes"):
        with file.open("r+b") as sparse:
            sparse.truncate(300_000_000)


@pytest.fixture(scope="module")
def in_order(once: Once) -> Path:
    """A lake with a market in order that was read."""

    def make(root: Path) -> None:
        root.mkdir()
        lake = market_lake(root)
        _base(lake)
        refresh_market(lake)
        assert messages(lake, "error", "warning") == []

    return once("in_order", make)


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_file_gives_one_message_and_costs_no_published_row(
    name: str, in_order: Path, tmp_path: Path
) -> None:
    shutil.copytree(in_order, tmp_path / "lake")
    lake, case = Lake(tmp_path / "lake"), CASES[name]
    before = _published(lake)
    assert all(before.values())
    _land(lake, case, name)
    began = time.process_time()
    refresh_market(lake)
    assert time.process_time() - began < 20, "bounded, whatever the size"
    [message] = messages(lake, "error", "warning")
    assert [message] == messages(lake, case.severity)
    assert re.search(".*".join(map(re.escape, case.says)), message), message
    assert "\n" not in message
    assert _published(lake) == before


def test_splits_that_shares_do_not_follow_are_told(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    halved = [price if day < date(2024, 1, 10) else price / 2 for day, price in zip(SESSIONS, GROWING, strict=True)]
    land_market(lake, "market/closes.csv", _prices("AAA", halved))
    land_market(lake, "market/actions.csv", f"{ACTIONS}AAA,2024-01-10,split,2,1,,,\n")
    land_market(lake, "components/IDX/2024-01-02.csv", f"{COMPONENTS}AAA,1000,1\n")
    land_market(lake, "components/IDX/2024-01-19.csv", f"{COMPONENTS}AAA,1000,1\n")
    refresh_market(lake)
    [message] = messages(lake, "error", "warning")
    assert message.startswith("IDX, 2024-01: the shares of 1 name do not follow their splits: AAA from 1,000 to 1,000")


def test_a_split_is_asked_of_the_file_after_it_and_of_no_later_one_of_its_month(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    halved = [price if day < date(2024, 1, 10) else price / 2 for day, price in zip(SESSIONS, GROWING, strict=True)]
    land_market(lake, "market/closes.csv", _prices("AAA", halved))
    land_market(lake, "market/actions.csv", f"{ACTIONS}AAA,2024-01-10,split,2,1,,,\n")
    for day, shares in (("2024-01-02", 1000), ("2024-01-12", 2000), ("2024-01-19", 2000)):
        land_market(lake, f"components/IDX/{day}.csv", f"{COMPONENTS}AAA,{shares},1\n")
    refresh_market(lake)
    assert messages(lake, "error", "warning") == []


def test_two_files_that_contradict_each_other_block_their_key_alone(in_order: Path, tmp_path: Path) -> None:
    shutil.copytree(in_order, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    before = _published(lake)["closes"]
    land_market(lake, "market/closes_x.csv", f"{CLOSES}2024-01-05,AAA,99\n")
    refresh_market(lake)
    contested = [row for row in before if row not in _published(lake)["closes"]]
    assert len(contested) == 1, "neither side is taken"
    assert {date(2024, 1, 5), "AAA"} < set(contested[0])
    [message] = messages(lake, "error", "warning")
    assert re.search(r"closes 2024-01-05 AAA: closes\.csv row 8 has .* closes_x\.csv row 2 has .*close 99\.0", message)


def test_all_of_it_at_once_through_the_command(dated: Path, tmp_path: Path) -> None:
    """Every malformed file in one lake: the command ends well, says each, and publishes what was there before."""
    root = tmp_path / "lake"
    shutil.copytree(dated, root)
    lake = Lake(root)
    _base(lake)
    landed = {}
    for number, (name, case) in enumerate(CASES.items()):
        if case.severity == "error" and case.path.startswith("market/"):
            path = case.path.replace("_x.", f"_x{number}.")
            landed[path.split("/")[1]] = name
            _land(lake, case._replace(path=path), name)
    called = call_russell(root, "run")
    assert called.returncode == 0, called.stderr
    assert "Traceback" not in called.stderr
    with duckdb.connect(str(lake.catalog), read_only=True) as catalog:
        said = catalog.sql(
            "SELECT subject, message FROM findings WHERE area = 'market' AND severity = 'error'"
        ).fetchall()
        [(closes,)] = catalog.sql("SELECT count(*) FROM closes WHERE file = 'closes.csv'").fetchall()
    about = [subject for subject, _ in said]
    for file, name in landed.items():
        if name != "a session without closes":
            assert about.count(file) == 1, f"{name}: {[message for subject, message in said if subject == file]}"
    assert closes == 2 * len(SESSIONS)
