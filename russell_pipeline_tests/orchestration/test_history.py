"""The history of runs: what the UI shows of a run is there afterwards, and says nothing that did not happen."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.assets import NIGHTLY
from russell_pipeline.orchestration.checks import check_spec
from russell_pipeline.orchestration.failures import RunFailed
from russell_pipeline.orchestration.runs import run
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps.checks import CHECKS
from russell_pipeline_tests.conftest import SHIPPED, land

BY_YEAR = ("membership_lists", "membership_changes", "calendar", "constituents")


@pytest.fixture
def history(lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The instance of the finished lake."""
    monkeypatch.setenv("DAGSTER_HOME", str(lake / ".dagster"))
    with dg.DagsterInstance.get() as instance:
        yield instance


def _made(history: dg.DagsterInstance) -> Counter[tuple[str, str | None]]:
    """How often each table or partition was materialized, as the history has it."""
    found: Counter[tuple[str, str | None]] = Counter()
    for table in (*TABLES, CATALOG):
        records = history.fetch_materializations(dg.AssetRecordsFilter(dg.AssetKey(table)), limit=1000).records
        found.update((table, record.partition_key) for record in records)
    return found


def _stale(history: dg.DagsterInstance, table: str) -> bool:
    """Whether Dagster takes the last materialization of a table to be behind what it follows from."""
    last = history.get_latest_materialization_event(dg.AssetKey(table))
    assert last
    assert last.asset_materialization
    tags = last.asset_materialization.tags or {}
    for one in TABLES[table].upstream:
        above = history.get_latest_materialization_event(dg.AssetKey(one))
        told = above.asset_materialization.tags if above and above.asset_materialization else None
        version = told["dagster/data_version"] if told else "NULL"
        if tags[f"dagster/input_data_version/{one}"] != version and one not in BY_YEAR:
            return True
    return tags["dagster/code_version"] != TABLES[table].code_version


def test_run_is_one_job_with_an_event_for_each_table_that_it_made(history: dg.DagsterInstance, lake: Path) -> None:
    [only] = history.get_runs()
    assert (only.job_name, only.is_success) == (NIGHTLY, True)
    made = _made(history)
    assert set(made.values()) == {1}
    for table in BY_YEAR:
        assert {key for name, key in made if name == table} == set(Lake(lake).keys(table)), table
    whole = {name for name, key in made if key is None}
    assert {"documents", "membership_states", "findings", CATALOG} <= whole
    assert not {"sources", "closes", "components"} & whole
    last = history.get_latest_materialization_event(dg.AssetKey("findings"))
    assert last is not None
    assert last.asset_materialization.metadata["dagster/row_count"].value == Lake(lake).read("findings").height


@pytest.mark.slow
def test_tables_are_in_step_by_their_data_versions(history: dg.DagsterInstance, lake: Path) -> None:
    made = {table for table, key in _made(history) if key is None and table != CATALOG}
    assert not [table for table in made if _stale(history, table)]
    land(lake, "new.txt", (SHIPPED / "documents" / "reconstitution-2019.txt").read_bytes() + b"\n")
    run(Settings(lake, processes=1))
    assert not [table for table in made if _stale(history, table)]


@pytest.mark.faults
def test_killed_run_is_ended_and_what_it_made_without_an_event_is_told(history: dg.DagsterInstance, lake: Path) -> None:
    land(lake, "new.txt", (SHIPPED / "documents" / "reconstitution-2019.txt").read_bytes() + b"\n")
    script = """
import os, signal, sys
from pathlib import Path
from russell_pipeline.lake import landing
from russell_pipeline.orchestration.events import Materializations
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
landing.SETTLED_AFTER, Materializations._of_table = 0.0, killed
run(Settings(Path(sys.argv[1]), processes=1))
"""
    ended = subprocess.run([sys.executable, "-c", script, str(lake)], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    was = [one.status for one in history.get_runs()]
    assert was == [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.SUCCESS]
    run(Settings(lake, processes=1))
    is_now = [one.status for one in history.get_runs()]
    assert is_now == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
    for table in ("documents", "document_lines", "calendar_findings", "findings"):
        last = history.get_latest_materialization_event(dg.AssetKey(table))
        assert last is not None
        assert last.asset_materialization.tags["dagster/data_version"] == Lake(lake).version(table), table


def test_quiet_run_adds_nothing(history: dg.DagsterInstance, lake: Path) -> None:
    before = _made(history)
    run(Settings(lake, processes=1))
    assert _made(history) == before
    assert len(history.get_runs()) == 1


def test_run_tells_only_of_what_it_made(history: dg.DagsterInstance, lake: Path) -> None:
    before = _made(history)
    (lake / "landing" / "documents" / "reconstitution-2019.txt").touch()
    Lake(lake).remove("calendar", "2021")
    run(Settings(lake, processes=1))
    new = _made(history) - before
    assert {key for table, key in new if table == "calendar"} == {"2021"}
    assert not [table for table, _ in new if table in ("documents", "document_lines", "sessions", "membership_lists")]


@pytest.mark.slow
def test_failed_run_tells_of_what_was_made_and_fails(
    history: dg.DagsterInstance, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _made(history)
    for year in ("2020", "2021"):
        Lake(lake).remove("calendar", year)
    monkeypatch.setattr("russell_pipeline.steps.calendar.reviews_of_year", _unless_2020)
    with pytest.raises(RunFailed, match=r"^calendar: 2020: no reviews of this year$"):
        run(Settings(lake, processes=1))
    new = _made(history) - before
    assert {key for table, key in new if table == "calendar"} == {"2021"}
    assert not [table for table, _ in new if table.startswith("membership")]
    assert ("findings", None) in new, "found current, and did not fail with the run"
    assert history.get_runs(limit=1)[0].status is dg.DagsterRunStatus.FAILURE
    assert "'2020'" in _failures(history, "calendar")["years_are_current"]
    monkeypatch.undo()
    monkeypatch.setenv("DAGSTER_HOME", str(lake / ".dagster"))
    run(Settings(lake, processes=1))
    assert _failures(history, "calendar") == {}
    records = history.get_asset_records([dg.AssetKey(table) for table in TABLES])
    last = {record.asset_entry.last_run_id for record in records if record.asset_entry.last_run_id}
    assert all(known.is_success for run_id in last if (known := history.get_run_by_id(run_id)))


def _failures(history: dg.DagsterInstance, table: str) -> dict[str, str]:
    """The checks of a table that failed when they were last looked at, with rows that fail."""
    keys = [check_spec(check).key for check in CHECKS if check.table == table]
    found = history.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    told = {key.name: one.evaluation for key, one in found.items() if one.evaluation and not one.evaluation.passed}
    return {name: str(evaluation.metadata["examples"].value) for name, evaluation in told.items()}


def _unless_2020(year: int) -> list[str]:
    from russell_pipeline.calendar.computed import reviews_of_year

    if year == 2020:
        raise ValueError("no reviews of this year")
    return list(reviews_of_year(year))


def test_every_check_of_a_table_that_was_made_is_there(history: dg.DagsterInstance) -> None:
    made = {table for table, _ in _made(history)}
    keys = {check_spec(check).key for check in CHECKS if check.table in made}
    assert len(keys) > 10
    found = history.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    assert keys == set(found)
    assert {execution.status.value for execution in found.values()} <= {"SUCCEEDED", "FAILED"}


def test_partition_that_is_asked_for_is_made_whether_stale_or_not(history: dg.DagsterInstance, lake: Path) -> None:
    """What the button of the UI and a backfill do."""
    from russell_pipeline.definitions import build_definitions

    everything = build_definitions(Settings(lake, processes=1)).resolve_implicit_global_asset_job_def()
    before, files = _made(history), Lake(lake).hashes()
    job = everything.get_subset(asset_selection={dg.AssetKey("calendar"), dg.AssetKey("constituents")})
    assert job.execute_in_process(instance=history, partition_key="2019").success
    assert _made(history) - before == Counter({("calendar", "2019"): 1, ("constituents", "2019"): 1})
    assert Lake(lake).hashes() == files


def test_table_that_is_asked_for_is_told_of_and_changes_nothing_if_it_is_current(
    history: dg.DagsterInstance, lake: Path
) -> None:
    from russell_pipeline.definitions import build_definitions

    everything = build_definitions(Settings(lake, processes=1)).resolve_implicit_global_asset_job_def()
    before, files = _made(history), Lake(lake).hashes()
    job = everything.get_subset(asset_selection={dg.AssetKey("membership_states"), dg.AssetKey("symbols")})
    assert job.execute_in_process(instance=history).success
    assert _made(history) - before == Counter({("membership_states", None): 1, ("symbols", None): 1})
    assert Lake(lake).hashes() == files
