"""The market through the lake: landing files to tables, month by month; conflicts, corrections, removals, and what is blocked."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.landing import write_files
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulate
from russell_pipeline.steps import calendar as calendar_rows
from russell_pipeline.steps.market import ReadMarket, blocked, refresh
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.conftest import table_bytes
from russell_pipeline_tests.lakes import make
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

LATER = date(2024, 7, 8)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return market_lake(tmp_path / "lake")


def _closes(lake: Lake) -> list[tuple[object, ...]]:
    return lake.read("closes").select("date", "symbol", "close", "file", "row").rows()


def _times(lake: Lake) -> Mapping[str, int]:
    return {str(file.relative_to(lake.tables)): file.stat().st_mtime_ns for file in lake.tables.rglob("*.parquet")}


def _small(lake: Lake, first: date, last: date, seed: int = 3) -> None:
    write_files(simulate(Simulation(first, last, seed, names=40)), lake.landing)


# --- incremental ------------------------------------------------------------------------------------------------------


def test_a_day_appended_rewrites_no_older_file(lake: Lake) -> None:
    _small(lake, date(2022, 11, 1), date(2023, 3, 14))
    refresh_market(lake)
    before = _times(lake)
    _small(lake, date(2022, 11, 1), date(2023, 3, 15))
    assert {("closes", "2023-03"), ("fx", "2023-03")} <= set(refresh_market(lake))
    rewritten = {name for name, time in _times(lake).items() if before.get(name) != time}
    assert {name.split("/")[1] for name in rewritten if "/month=" in name} == {"month=2023-03"}
    assert rewritten - {name for name in rewritten if "month=2023-03" in name} <= {
        "landing_files/data.parquet",
        "market_findings/data.parquet",
    }
    assert lake.read("closes")["date"].max() == date(2023, 3, 15)


def test_a_day_appended_to_one_file_of_many_years_rewrites_its_month_alone(lake: Lake) -> None:
    rows = "".join(f"2023-{month:02d}-03,AAA,{month}\n" for month in range(1, 13))
    land_market(lake, "market/closes.csv", CLOSES + rows)
    refresh_market(lake)
    before = _times(lake)
    land_market(lake, "market/closes.csv", CLOSES + rows + "2023-12-04,AAA,13\n")
    assert refresh_market(lake) == [("closes", "2023-12")]
    assert [name for name, time in _times(lake).items() if name.startswith("closes") and before.get(name) != time] == [
        "closes/month=2023-12/data.parquet"
    ]


def test_a_second_run_changes_no_byte_and_plans_nothing(lake: Lake) -> None:
    _small(lake, date(2023, 1, 3), date(2023, 4, 28))
    land_market(lake, "market/closes_bad.csv", CLOSES + "2023-01-04,ZZZ,-1\n")
    land_market(lake, "market/readme.txt", "not for us")
    refresh_market(lake)
    before = table_bytes(lake.root)
    assert not ReadMarket(lake, Asked()).stale()
    assert refresh_market(lake, LATER) == []
    assert table_bytes(lake.root) == before


@pytest.mark.faults
def test_the_order_in_which_files_arrive_does_not_matter(lake: Lake, tmp_path: Path) -> None:
    files = {
        "market/closes_a.csv": CLOSES + "2024-01-02,AAA,1\n2024-02-01,AAA,2\n",
        "market/closes_b.csv": CLOSES + "2024-01-02,AAA,9\n2024-01-02,BBB,3\n",
        "market/closes_c.csv": CLOSES + "2024-02-01,AAA,2\n2024-02-01,BBB,x\n",
    }
    for path, content in files.items():
        land_market(lake, path, content)
    refresh_market(lake)
    tables = ("closes", "market_blocks", "landing_files", "market_findings")
    for seed in range(4):
        other = Lake(tmp_path / str(seed))
        other.write("sessions", calendar_rows.sessions())
        for path in random.Random(seed).sample(sorted(files), len(files)):
            land_market(other, path, files[path])
            refresh_market(other)
        withdrawn = pl.col("message").str.starts_with("corrected").fill_null(False)
        for table in tables:
            ours, theirs = lake.read(table), other.read(table)
            if table == "market_findings":
                ours, theirs = ours.filter(~withdrawn), theirs.filter(~withdrawn)
            assert theirs.equals(ours), table


def test_a_lost_partition_is_made_again(lake: Lake) -> None:
    land_market(lake, "market/closes.csv", CLOSES + "2024-01-02,AAA,1\n2024-02-01,AAA,2\n")
    refresh_market(lake)
    before = table_bytes(lake.root)
    lake.remove("closes", "2024-01")
    assert ReadMarket(lake, Asked()).stale() == ["closes 2024-01"]
    refresh_market(lake)
    assert table_bytes(lake.root) == before


@pytest.mark.faults
def test_a_run_killed_before_the_end_is_done_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever write the run does not reach: the next one leaves what an untroubled one would have left."""
    land_market(lake, "market/closes_a.csv", CLOSES + "2024-01-02,AAA,1\n2024-01-02,BBB,2\n")
    refresh_market(lake)
    original = {file: (lake.tables / file).read_bytes() for file in _times(lake)}
    land_market(lake, "market/closes_b.csv", CLOSES + "2024-01-02,AAA,3\n2024-01-02,CCC,0\n")
    refresh_market(lake, LATER)
    expected = table_bytes(lake.root)
    for survives in range(4):
        for file in _times(lake):
            (lake.tables / file).unlink()
        for file, data in original.items():
            (lake.tables / file).parent.mkdir(parents=True, exist_ok=True)
            (lake.tables / file).write_bytes(data)
        left = [survives]

        def dying(self: Lake, *args: object, left: list[int] = left, write=Lake.write, **named: object) -> bool:  # type: ignore[no-untyped-def] # fmt: skip
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return bool(write(self, *args, **named))

        step = ReadMarket(lake, Asked())
        plan = step.plan(step.stale())
        with monkeypatch.context() as patched:
            patched.setattr(Lake, "write", dying)
            with pytest.raises(KeyboardInterrupt):
                refresh(lake, plan, LATER)
        lake.sweep()
        refresh_market(lake, LATER)
        assert table_bytes(lake.root) == expected, f"killed after {survives} writes"


# --- conflicts, removal, corrections ----------------------------------------------------------------------------------


def test_a_conflict_blocks_until_an_override_decides(lake: Lake) -> None:
    land_market(lake, "market/closes_a.csv", CLOSES + "2024-01-02,AAA,10\n2024-01-03,AAA,11\n")
    land_market(lake, "market/closes_b.csv", CLOSES + "2024-01-02,AAA,12\n")
    refresh_market(lake)
    assert [row[:3] for row in _closes(lake)] == [(date(2024, 1, 3), "AAA", 11.0)]
    assert blocked(lake).select("kind", "blocks", "subject", "day").unique().rows() == [
        ("closes", "symbol_and_day", "AAA", date(2024, 1, 2))
    ]
    assert any(
        "closes_a.csv row 2 has date 2024-01-02, symbol AAA, close 10.0" in message for message in messages(lake)
    )

    decide = "subject,key,decision,reason\nvalue,closes 2024-01-02 AAA,closes_b.csv,"
    land_market(lake, "reference/overrides.csv", f"{decide}\n")
    refresh_market(lake)
    assert blocked(lake).height == 2, "no decision without a reason"
    land_market(lake, "reference/overrides.csv", f"{decide}the exchange confirmed it\n")
    assert refresh_market(lake) == [("closes", "2024-01"), ("overrides", "value")]
    assert _closes(lake)[0] == (date(2024, 1, 2), "AAA", 12.0, "closes_b.csv", 2)
    assert blocked(lake).is_empty()
    assert not messages(lake)

    (lake.landing / "reference" / "overrides.csv").unlink()
    refresh_market(lake)
    assert blocked(lake).height == 2, "a decision that is taken back decides nothing"


def test_removing_a_file_settles_a_conflict_and_takes_its_rows_away(lake: Lake) -> None:
    land_market(lake, "market/closes_a.csv", CLOSES + "2024-01-02,AAA,10\n2024-02-01,AAA,11\n")
    wrong = land_market(lake, "market/closes_b.csv", CLOSES + "2024-01-02,AAA,12\n2024-03-01,AAA,13\n")
    refresh_market(lake)
    wrong.unlink()
    assert refresh_market(lake, LATER) == [("closes", "2024-01"), ("closes", "2024-03")]
    assert [row[2] for row in _closes(lake)] == [10.0, 11.0]
    assert lake.keys("closes") == ["2024-01", "2024-02"]
    assert blocked(lake).is_empty()
    assert lake.read("landing_files")["file"].to_list() == ["closes_a.csv"]
    gone = lake.read("market_corrections").select("key", "former", "new", "former_file", "known_on").rows()
    assert gone == [("closes 2024-03-01 AAA", gone[0][1], None, "closes_b.csv", LATER)]


def test_a_corrected_file_keeps_what_it_supersedes(lake: Lake) -> None:
    land_market(lake, "market/closes.csv", CLOSES + "2024-01-02,AAA,10\n2024-01-02,BBB,20\n")
    refresh_market(lake)
    land_market(lake, "market/closes.csv", CLOSES + "2024-01-02,BBB,20\n2024-01-02,AAA,10.5\n2024-01-03,AAA,11\n")
    refresh_market(lake, LATER)
    columns = ("kind", "day", "symbol", "former_value", "new_value", "known_on")
    assert lake.read("market_corrections").select(columns).rows() == [
        ("closes", date(2024, 1, 2), "AAA", 10.0, 10.5, LATER)
    ], "neither another line nor a new day is a correction"
    assert lake.read("landing_files")["known_on"].to_list() == [LATER]
    assert any(message.startswith("corrected on 2024-07-08") for message in messages(lake, "info"))


def test_a_value_withdrawn_and_given_back_is_told_twice(lake: Lake) -> None:
    land_market(lake, "market/closes_a.csv", CLOSES + "2024-01-02,AAA,10\n")
    refresh_market(lake)
    other = land_market(lake, "market/closes_b.csv", CLOSES + "2024-01-02,AAA,12\n")
    refresh_market(lake)
    other.unlink()
    refresh_market(lake)
    assert lake.read("market_corrections").select("former_value", "new_value").rows() == [(10.0, None), (None, 10.0)]


# --- what is wrong with files -----------------------------------------------------------------------------------------


def test_a_bad_price_blocks_its_symbol_and_day_and_nothing_else(lake: Lake) -> None:
    land_market(lake, "market/closes.csv", CLOSES + "2024-01-02,AAA,-5\n2024-01-02,BBB,20\n2024-01-03,AAA,6\n")
    refresh_market(lake)
    assert blocked(lake).select("blocks", "subject", "day").rows() == [("symbol_and_day", "AAA", date(2024, 1, 2))]
    assert [row[:2] for row in _closes(lake)] == [(date(2024, 1, 3), "AAA"), (date(2024, 1, 2), "BBB")]


def test_a_bad_action_blocks_its_symbol_and_one_of_a_component_its_file(lake: Lake) -> None:
    land_market(lake, "market/actions.csv", ACTIONS + "AAA,2024-01-02,split,2,,,,\nBBB,2024-01-02,delete,,,,1,\n")
    land_market(lake, "components/R2000/2024-01-02.csv", COMPONENTS + "AAA,1,1.5\nBBB,1,1\n")
    refresh_market(lake)
    assert blocked(lake).select("kind", "blocks", "subject", "day", "file").rows() == [
        ("actions", "symbol", "AAA", date(2024, 1, 2), "actions.csv"),
        ("components", "file", None, None, "R2000/2024-01-02.csv"),
    ]
    assert lake.read("actions")["symbol"].to_list() == ["BBB"]
    assert any("free_float '1.5' must be from 0 to 1" in message for message in messages(lake))


def test_a_file_replaced_by_garbage_keeps_its_last_good_rows(lake: Lake) -> None:
    file = land_market(lake, "market/closes.csv", CLOSES + "2024-01-02,AAA,10\n")
    refresh_market(lake)
    published = _closes(lake)
    file.write_bytes(b"PK\x03\x04")
    refresh_market(lake)
    assert _closes(lake) == published
    assert lake.read("landing_files").select("state", "kept").rows() == [("refused", 1)]
    # What else feeds the month is put together with them.
    land_market(lake, "market/closes_2.csv", CLOSES + "2024-01-03,AAA,11\n")
    refresh_market(lake)
    assert [row[2] for row in _closes(lake)] == [10.0, 11.0]
    assert not ReadMarket(lake, Asked()).stale()
    file.write_text(CLOSES + "2024-01-02,AAA,10\n")
    refresh_market(lake)
    assert not messages(lake)


def test_a_file_full_of_errors_gives_a_handful_of_findings(lake: Lake) -> None:
    rows = "".join(f"2024-01-{2 + n % 4:02d},A{n},{'-1' if n % 2 else 'x'}\n" for n in range(5000))
    land_market(lake, "market/closes.csv", CLOSES + rows)
    land_market(lake, "market/closes_2.csv", CLOSES + "".join(f"2024-01-02,B{n},1\n" for n in range(2000)))
    land_market(lake, "market/closes_3.csv", CLOSES + "".join(f"2024-01-02,B{n},2\n" for n in range(2000)))
    refresh_market(lake)
    assert lake.read("market_blocks").height == 5000 + 4000
    assert len(messages(lake)) <= 5
    assert any("2,499 more rows of the file are alike" in message for message in messages(lake))
    assert any("1,999 more keys of these files alike" in message for message in messages(lake))


def test_unrecognised_files_and_misnamed_components_are_named(lake: Lake) -> None:
    land_market(lake, "market/prices.csv", CLOSES)
    land_market(lake, "components/R2000/june.csv", COMPONENTS + "AAA,1,1\n")
    refresh_market(lake)
    assert any(message.startswith("market/prices.csv is not read") for message in messages(lake, "warning"))
    assert any("june" in message for message in messages(lake))
    assert lake.read("components").is_empty()


def test_an_override_for_what_no_file_has_is_named(lake: Lake) -> None:
    land_market(lake, "market/closes.csv", CLOSES + "2024-01-02,AAA,10\n")
    land_market(
        lake,
        "reference/overrides.csv",
        "subject,key,decision,reason\nvalue,closes 2019-01-02 AAA,closes.csv,why\nvalue,closes 2024-01-02 AAA,closes.csv,why\n",
    )
    refresh_market(lake)
    idle = [
        message
        for severity in ("info", "warning")
        for message in messages(lake, severity)
        if "decides nothing" in message
    ]
    assert len(idle) == 2


# --- whole markets ----------------------------------------------------------------------------------------------------


def test_a_simulated_market_has_no_error_and_says_that_it_is_simulated(lake: Lake) -> None:
    make(lake, "calendar")
    write_files(simulate(Simulation(date(2022, 1, 3), date(2023, 12, 29), 7, names=120)), lake.landing)
    refresh_market(lake)
    assert messages(lake) == []
    assert blocked(lake).is_empty()
    checked = lake.read("market_findings").drop_nulls("inputs")
    assert checked["month"].to_list() == lake.keys("closes")
    for table in ("closes", "fx", "actions", "components"):
        assert lake.read(table)["simulated"].all(), table
        assert any(message.startswith(f"{table}: ") for message in messages(lake, "info")), table

    # A close that is taken out, and only that, is missed.
    month = lake.landing / "market" / "closes_2023-05.parquet"
    rows = pl.read_parquet(month)
    member = lake.read("components", ["2023"]).filter(effective_review="2023-03")["symbol"][0]
    day = rows.filter(symbol=member)["date"][5]
    rows.filter(~((pl.col("symbol") == member) & (pl.col("date") == day))).write_parquet(month)
    refresh_market(lake, LATER)
    missing = messages(lake)
    assert missing
    assert all(f"2023-05: 1 close of 1 member missing on 1 session: {member} on {day}" in one for one in missing)


@pytest.mark.parametrize(
    ("file", "names", "skipped"),
    [("IVV_20231122", 503, 5), ("IWM_20251105", 1952, 16), ("IWM_20260121", 1941, 17), ("IWC_20260120", 1301, 18)],
)
def test_holdings_as_downloaded_are_components(
    lake: Lake, real_market: Path, file: str, names: int, skipped: int
) -> None:
    """The fund house's file, put in place of a file of components; what was no share is listed and blocks nothing."""
    held = f"{file[4:8]}-{file[8:10]}-{file[10:]}"
    land_market(lake, f"components/FUND/{held}.csv", (real_market / "ishares" / f"{file}.csv").read_bytes())
    refresh_market(lake)
    rows = lake.read("components")
    assert rows.select("index_code", "effective_review").unique().rows() == [("FUND", held)]
    assert rows.height == names
    assert rows["free_float"].unique().to_list() == [1.0]
    [(state, taken, aside)] = lake.read("landing_files").select("state", "rows", "rejected").rows()
    assert (state, taken, aside) == ("accepted", names, skipped)
    assert lake.read("market_blocks").select("rule", "blocks").unique().rows() == [("skipped", "nothing")]
    assert messages(lake) == []
    assert any(f"holdings of {held}" in message for message in messages(lake, "info"))


def test_holdings_of_another_day_than_their_name_says_are_refused(lake: Lake, real_market: Path) -> None:
    land_market(lake, "components/FUND/2025-11-06.csv", (real_market / "ishares" / "IWM_20251105.csv").read_bytes())
    refresh_market(lake)
    [message] = messages(lake)
    assert message.startswith("FUND/2025-11-06.csv is of 2025-11-05 by")


# --- the graph --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_graph_reads_the_market_once_and_a_quiet_night_does_nothing(dated: Path, tmp_path: Path) -> None:
    import shutil

    import duckdb

    root = tmp_path / "lake"
    shutil.copytree(dated, root)
    lake = Lake(root)
    _small(lake, date(2022, 1, 3), date(2022, 8, 31))
    land_market(lake, "market/closes_bad.csv", CLOSES + "2022-01-04,ZZZ,-1\n")
    settings = Settings(root, processes=1)
    report = run(settings)
    assert "market/closes_bad.csv" in report.market_read
    assert lake.read("findings").filter(area="market", severity="error").height == 1
    before = table_bytes(root)
    assert not run(settings).anything
    assert table_bytes(root) == before
    with duckdb.connect(str(lake.catalog), read_only=True) as connection:
        [(count, simulated)] = connection.sql("SELECT count(*), bool_and(simulated) FROM closes").fetchall()
    assert (count, simulated) == (lake.count("closes"), True)
    (lake.landing / "market" / "closes_bad.csv").unlink()
    run(settings)
    assert "market/closes_bad.csv" not in set(lake.read("landing_files")["path"])
    assert lake.read("findings").filter(area="market", severity="error").is_empty()
