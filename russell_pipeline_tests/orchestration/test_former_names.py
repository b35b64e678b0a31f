"""A lake that an earlier release wrote goes on under the present names: no level changes, no history is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from polars.testing import assert_frame_equal

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.lake.checksums import forget
from russell_pipeline.lake.former_names import TABLES, rename_folders
from russell_pipeline.lake.remote import Store
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.run_report import RunReport
from russell_pipeline.orchestration.runs import run
from russell_pipeline.orchestration.verifying import verify
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import Once
from russell_pipeline_tests.earlier_release import give_former_names
from russell_pipeline_tests.orchestration.markets import CLOSES, COMPONENTS, land_market
from russell_pipeline_tests.stores import contents

pytestmark = pytest.mark.usefixtures("without_history")

SESSIONS = nyse_sessions().between(date(2023, 12, 11), date(2024, 2, 29))
SUSPENDED = (date(2023, 12, 27), date(2024, 1, 5))
PUBLISHED = (
    "index_levels", "divisor_events", "stale_prices", "index_states", "weights", "index_restatements", "uncorrected_levels",
)  # fmt: skip


def _land_closes(lake: Lake, corrected: str | None = None) -> None:
    """Closes of two names, a file for each year; the second name is suspended over the turn of the year."""
    for year in (2023, 2024):
        rows = []
        for n, day in enumerate(SESSIONS):
            rows += [f"{day},AA,{corrected if corrected and n == 7 else f'{10 + n / 10:.2f}'}\n"] * (day.year == year)
            if day.year == year and not SUSPENDED[0] <= day < SUSPENDED[1]:
                rows.append(f"{day},BB,{20 - n / 20:.2f}\n")
        land_market(lake, f"market/closes_{year}.csv", CLOSES + "".join(rows))


def _run(root: Path) -> RunReport:
    return run(Settings(root, processes=1), offline=True)


@pytest.fixture(scope="session")
def corrected(once: Once) -> Path:
    """A lake after two runs: the second corrected a file of components, which restates one index and leaves the other."""

    def make(root: Path) -> None:
        lake = Lake(root)
        _land_closes(lake)
        suspension = "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\n"
        land_market(lake, "reference/suspensions.csv", f"{suspension}BB,{SUSPENDED[0]},{SUSPENDED[1]},,\n")
        land_market(lake, f"components/C/{SESSIONS[0]}.csv", f"{COMPONENTS}AA,100,1\nBB,50,1\n")
        for code, corrections in (("STAYS", "material"), ("MOVES", "restate")):
            says = f"code: {code}\nname: {code}\ncurrency: USD\nbase: {{date: {SESSIONS[0]}, value: 1000}}\n"
            says += f"policies: {{corrections: {corrections}}}\nlegs: [{{component: C, units: 1}}]\n"
            land_market(lake, f"indexes/{code}.yaml", says)
        for shares in (55, 55.001):
            land_market(lake, "components/C/2024-02-01.csv", f"{COMPONENTS}AA,100,1\nBB,{shares},1\n")
            _run(root)
        assert all(lake.count(table) for table in (*PUBLISHED, "market_corrections"))

    return once("corrected", make)


@pytest.fixture
def before(corrected: Path) -> Lake:
    """The lake under the present names."""
    return Lake(corrected)


@pytest.fixture
def lake(corrected: Path, tmp_path: Path) -> Lake:
    """The same lake, as an earlier release wrote it."""
    shutil.copytree(corrected, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    give_former_names(lake)
    assert {*TABLES} <= {folder.name for folder in lake.tables.iterdir()}
    return lake


def _catalogued(lake: Lake) -> set[str]:
    with duckdb.connect(str(lake.catalog), read_only=True) as catalog:
        return {name for (name,) in catalog.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


@pytest.mark.slow
def test_lake_of_an_earlier_release_goes_on_after_one_run(lake: Lake, before: Lake) -> None:
    report = _run(lake.root)
    assert (list(report.mended), report.corrections.height, report.new_findings.height) == ([], 0, 0)
    for table in (*PUBLISHED, "components"):
        assert_frame_equal(lake.read(table), before.read(table))
    assert lake.read("index_runs").equals(before.read("index_runs"))
    for table in ("index_levels", "stale_prices", "uncorrected_levels"):
        files = [file.relative_to(before.tables) for file in before.folder(table).rglob("*.parquet")]
        assert all((lake.tables / file).read_bytes() == (before.tables / file).read_bytes() for file in files)
    assert not {*TABLES} & {folder.name for folder in lake.tables.iterdir()}
    assert _catalogued(lake) == _catalogued(before)
    assert not _run(lake.root).anything


def test_tables_have_their_rows_before_a_run_renames_their_folders(lake: Lake, before: Lake) -> None:
    for table in (*PUBLISHED, "components"):
        assert_frame_equal(lake.read(table), before.read(table))
    assert {lake.part(file) for file in lake.files()} == {before.part(file) for file in before.files()}
    assert verify(Settings(lake.root)).damages == []


@pytest.mark.faults
def test_corrections_of_both_releases_move_levels_as_in_a_lake_of_one(
    lake: Lake, corrected: Path, tmp_path: Path
) -> None:
    """The rows that the earlier release kept as JSON have the former name of a column."""
    shutil.copytree(corrected, tmp_path / "of one release")
    other = Lake(tmp_path / "of one release")
    for one in (lake, other):
        _land_closes(one, corrected="11.70")
        land_market(one, "components/C/2024-02-01.csv", f"{COMPONENTS}AA,100,1\nBB,60,1\n")
        _run(one.root)
    for table in PUBLISHED:
        assert_frame_equal(lake.read(table), other.read(table))
    assert lake.count("index_restatements") > Lake(corrected).count("index_restatements")


@pytest.mark.parametrize("table", ["stale_prices", "uncorrected_levels", "components"])
def test_damaged_file_under_a_former_name_is_put_back_from_the_former_catalog(
    lake: Lake, before: Lake, table: str
) -> None:
    file = next(file for file in lake.files() if lake.part(file)[0] == table)
    content, times = bytearray(file.read_bytes()), file.stat()
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    forget()
    (told,) = _run(lake.root).mended
    assert told.endswith("was damaged; what the catalog has of it was put back")
    for name in (*PUBLISHED, "components"):
        assert_frame_equal(lake.read(name), before.read(name))


def test_renaming_that_was_cut_off_is_completed(lake: Lake, before: Lake) -> None:
    (lake.tables / "index_kept").rename(lake.tables / "uncorrected_levels")
    assert rename_folders(lake.root) == []
    assert rename_folders(lake.root) == []
    for table in TABLES.values():
        assert_frame_equal(lake.read(table), before.read(table))


@pytest.mark.parametrize("later", ["index_kept", "uncorrected_levels"])
def test_of_two_folders_of_a_table_the_one_written_last_counts(lake: Lake, later: str) -> None:
    """An earlier release ran on the lake again: its levels rest on what it wrote under the former name."""
    former, present = lake.tables / "index_kept", lake.tables / "uncorrected_levels"
    shutil.copytree(former, present)
    for at, folder in enumerate(sorted((former, present), key=lambda one: one.name == later)):
        (folder / "data.parquet").write_text(folder.name)
        os.utime(folder / "data.parquet", (at, at))
    (told,) = rename_folders(lake.root)
    assert (present / "data.parquet").read_text() == later
    other = ({former.name, present.name} - {later}).pop()
    assert told.endswith(f"what was written last counts, tables/{other} is in .renamed/{other}")
    assert (lake.root / ".renamed" / other / "data.parquet").read_text() == other
    assert not former.exists()
    assert rename_folders(lake.root) == []


def test_lake_at_an_address_is_published_under_the_present_names(
    lake: Lake, before: Lake, memory: str, on_machine: Callable[[str, str], Settings]
) -> None:
    store = Store(memory)
    for file in sorted(lake.root.rglob("*")):
        name = file.relative_to(lake.root).as_posix()
        if file.is_file() and not name.startswith("."):
            store.write(name, file.read_bytes())
    run(on_machine("one", memory), offline=True)
    folders = {path.split("/")[1] for path in contents(memory) if path.startswith("tables/")}
    assert {*TABLES.values()} <= folders
    assert not {*TABLES} & folders
    other = on_machine("other", memory)
    assert not run(other, offline=True).anything
    for table in PUBLISHED:
        assert_frame_equal(Lake(other.root).read(table), before.read(table))
