"""More than one machine: a backfill over two workers, one of which dies at work, ends in the bytes of one process."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from russell_pipeline.documents.vocabulary import taxonomies
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline.steps.sources import FetchSources
from russell_pipeline_tests.cluster import Cluster, cluster, wait_for
from russell_pipeline_tests.conftest import SHIPPED, call_russell, land, table_bytes
from russell_pipeline_tests.typeset.layout import Row, TextLayout
from russell_pipeline_tests.typeset.lists import make_list

FIRST, LAST = 2004, 2023
WORKERS = ("worker-1", "worker-2")
_NAMES = 300
_TASK = "dagster-celery/task_id"

_LAUNCH_BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } } }"""
_LAUNCH_NIGHTLY = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } } }"""
_BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status error { message } } } }"""
_RUNS = "{ runsOrError { ... on Runs { results { runId status jobName tags { key value } } } } }"


def _history() -> Iterator[tuple[str, bytes]]:
    """Twenty years of an index: its members each year, of which a twentieth is new, and the additions that say so."""
    symbols = [
        f"{first}{second}{third}" for first in "QXZ" for second in "BCDFGHJKLM" for third in "ABCDEFGHIJKLMNOPQRST"
    ]
    for year in range(FIRST, LAST + 1):
        begin = (year - FIRST) * _NAMES // 20
        listed, new = symbols[begin : begin + _NAMES], symbols[begin + _NAMES * 19 // 20 : begin + _NAMES]
        taxonomy = "RGS" if year <= 2020 else "ICB"
        classes = sorted(taxonomies()[taxonomy])
        members = TextLayout(
            index_code="R2000",
            as_of=date(year, 6, 27),
            registered="none",
            footers=("{date}",),
            titles=("{index} Index",),
        )
        additions = TextLayout(
            index_code="R2000",
            change="addition",
            status="final",
            review_year=year,
            taxonomy=taxonomy,
            registered="none",
            head=("Company", "Symbol", "Industry"),
            titles=("{index} Index {changes} {year}",),
            footers=("{status} index {adds}",),
        )
        yield f"members-{year}.txt", make_list(members, [Row(f"{symbol} COMPANY INC", symbol) for symbol in listed])
        rows = [Row(f"{symbol} COMPANY INC", symbol, classes[at % len(classes)]) for at, symbol in enumerate(new)]
        yield f"additions-{year}.txt", make_list(additions, rows)


@pytest.fixture
def lakes(tmp_path: Path) -> tuple[Path, Path]:
    """Two copies of a lake that is up to date, each with twenty years of documents that have just landed."""
    first, second = tmp_path / "one_machine", tmp_path / "cluster"
    for name in ("reconstitution-2019.txt", "review-schedule-2022.pdf"):
        land(first, name, (SHIPPED / "documents" / name).read_bytes())
    run(Settings(first, processes=1))
    for name, document in _history():
        land(first, name, document)
    shutil.copytree(first, second)
    return first, second


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def _repository() -> dict[str, str]:
    return {"repositoryLocationName": "russell_pipeline", "repositoryName": "__repository__"}


def _runs(there: Cluster) -> dict[str, dict[str, Any]]:
    """All runs by id, their tags as a dictionary."""
    found = there.ask(_RUNS)["runsOrError"]["results"]
    return {each["runId"]: each | {"tags": {tag["key"]: tag["value"] for tag in each["tags"]}} for each in found}


def _launch_backfill(there: Cluster) -> str:
    """Ask for what `russell backfill` makes: every table but those of sources, parted ones over the years."""
    keys = [node["assetKey"] for node in there.ask("{ assetNodes { assetKey { path } } }")["assetNodes"]]
    params = {
        "assetSelection": [key for key in keys if key["path"][0] not in FetchSources.tables],
        "partitionNames": [str(year) for year in range(FIRST, LAST + 1)],
    }
    launched = there.ask(_LAUNCH_BACKFILL, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    return str(launched["backfillId"])


def _worker_of(there: Cluster, task: str) -> str | None:
    """The worker that is at a task, as Celery notes it in Redis."""
    import redis

    noted = redis.Redis.from_url(there.environment["REDIS_URL"]).get(f"celery-task-meta-{task}")
    meta = json.loads(noted) if isinstance(noted, bytes) else {}
    return str(meta["result"]["hostname"]).partition("@")[0] if meta.get("status") == "STARTED" else None


def _kill_at_work(there: Cluster, after: int) -> tuple[str, str]:
    """Kill the worker of a run of the years, after so many of them are made; the worker's name and the run's id."""
    killed: list[tuple[str, str]] = []

    def killed_one() -> bool:
        runs = _runs(there).values()
        years = [each for each in runs if "dagster/asset_partition_range_start" in each["tags"]]
        if sum(each["status"] == "SUCCESS" for each in years) < after:
            return False
        for each in years:
            task = each["tags"].get(_TASK)
            worker = _worker_of(there, task) if task and each["status"] == "STARTED" else None
            if worker:
                there.kill(worker)
                killed.append((worker, each["runId"]))
                return True
        return False

    wait_for(killed_one, 600, "a worker at work")
    return killed[0]


def _backfill_status(there: Cluster, backfill: str) -> str:
    found = there.ask(_BACKFILL, id=backfill)["partitionBackfillOrError"]
    assert found["error"] is None, found
    return str(found["status"])


def _nightly(there: Cluster) -> None:
    """The night's run, on whichever worker is left; run monitoring looks after the runs in it by its task."""
    selector = {**_repository(), "pipelineName": "nightly"}
    launched = there.ask(_LAUNCH_NIGHTLY, params={"selector": selector, "mode": "default"})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    night = launched["run"]["runId"]
    wait_for(lambda: _runs(there)[night]["status"] in ("SUCCESS", "FAILURE"), 300, "the night's run")
    runs = _runs(there)
    assert runs[night]["status"] == "SUCCESS"
    task = runs[night]["tags"][_TASK]
    assert {each["jobName"] for each in runs.values() if each["tags"].get(_TASK) == task} == {"nightly"}


def _assert_same_catalog(one: Path, other: Path) -> None:
    """Every table of the two catalogs holds the same rows."""
    with duckdb.connect() as connection:
        for name, lake in (("one", one), ("other", other)):
            connection.execute(f"ATTACH '{lake / 'russell.duckdb'}' AS {name} (READ_ONLY)")
        tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = $1 ORDER BY 1"
        names = [name for (name,) in connection.execute(tables, ["one"]).fetchall()]
        assert names == [name for (name,) in connection.execute(tables, ["other"]).fetchall()]
        for name in names:
            left, right = f"FROM one.{name}", f"FROM other.{name}"
            assert (
                connection.sql(f"({left} EXCEPT ALL {right}) UNION ALL ({right} EXCEPT ALL {left})").fetchall() == []
            ), name


@pytest.mark.cluster
def test_a_backfill_over_two_workers_of_which_one_is_killed_ends_in_the_bytes_of_one_machine(
    lakes: tuple[Path, Path], tmp_path: Path
) -> None:
    alone, shared = lakes
    before = len(table_bytes(alone))
    done = call_russell(alone, "backfill", "--from", str(FIRST), "--to", str(LAST))
    assert done.returncode == 0, done.stderr
    expected = table_bytes(alone)
    _say(f"one process: {before} files of tables became {len(expected)}")
    with cluster(shared, tmp_path / "dagster", WORKERS, years_a_run=2) as there:
        backfill = _launch_backfill(there)
        _say(f"{FIRST} to {LAST} asked of {', '.join(WORKERS)}: backfill {backfill}")
        worker, lost = _kill_at_work(there, after=random.SystemRandom().randrange(12))
        _say(
            f"killed {worker} at run {lost}; until then {dict(Counter(each['status'] for each in _runs(there).values()))}"
        )
        wait_for(lambda: _backfill_status(there, backfill) != "REQUESTED", 900, "the end of the backfill")
        runs = _runs(there)
        assert _backfill_status(there, backfill) == "COMPLETED_SUCCESS", runs
        assert [name for name, each in runs.items() if each["status"] != "SUCCESS"] == [lost]
        # A run that was killed after the last of its steps has nothing left to be done.
        again = runs[lost]["tags"].get("dagster/auto_retry_run_id", "none: all its steps were done")
        _say(f"all made: {dict(Counter(each['status'] for each in runs.values()))}; in place of the killed run {again}")
        land(shared, "late.txt", (SHIPPED / "documents" / "microcap-additions-2023.txt").read_bytes())
        land(alone, "late.txt", (SHIPPED / "documents" / "microcap-additions-2023.txt").read_bytes())
        _say("the night, with one more document")
        backfilled = table_bytes(shared)
        _nightly(there)
    assert {name: data for name, data in backfilled.items() if ".tmp" not in name} == expected
    run(Settings(alone, processes=1))
    assert table_bytes(shared) == table_bytes(alone)
    _assert_same_catalog(alone, shared)
    _say(f"the same bytes in {len(expected)} files, and the same rows in both catalogs")
