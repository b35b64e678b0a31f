"""The history of runs: what the UI shows of a run is there afterwards, in the files that Dagster itself keeps and reads."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.checks import CHECKS
from russell_pipeline.orchestration.graph import PUBLISH, READ


@pytest.fixture(params=["as the lake has it", "as Dagster has it"])
def history(lake: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """The instance of the finished lake; or one with Dagster's own storage, on the same files."""
    monkeypatch.setenv("DAGSTER_HOME", str(lake / ".dagster"))
    if request.param == "as Dagster has it":
        (lake / ".dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    instance = dg.DagsterInstance.get()
    own = type(instance.event_log_storage) is type(DagsterSqliteStorage.from_local(str(lake / "own")).event_log_storage)
    assert own == (request.param == "as Dagster has it")
    return instance


def test_runs_and_their_partitions_are_there(history: dg.DagsterInstance, lake: Path) -> None:
    runs = {run.job_name: run for run in history.get_runs()}
    assert set(runs) == {READ, PUBLISH}
    assert all(run.is_success for run in runs.values())
    for table in ("membership_lists", "calendar"):
        made = history.get_materialized_partitions(dg.AssetKey(table))
        assert set(Lake(lake).keys(table)) <= made, table
        planned = history.get_event_records(
            dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, asset_key=dg.AssetKey(table))
        )
        assert {record.partition_key for record in planned} == made
    last = history.get_latest_materialization_event(dg.AssetKey("findings"))
    assert last is not None
    assert last.asset_materialization.metadata["dagster/row_count"].value == Lake(lake).read("findings").height


def test_every_check_of_a_table_that_was_made_is_there(history: dg.DagsterInstance) -> None:
    made = {check for check in CHECKS if history.get_latest_materialization_event(dg.AssetKey(check.table))}
    assert len(made) > 10
    found = history.event_log_storage.get_latest_asset_check_execution_by_key([check.spec.key for check in made])
    assert {check.spec.key for check in made} == set(found)
    assert {execution.status.value for execution in found.values()} <= {"SUCCEEDED", "FAILED"}
