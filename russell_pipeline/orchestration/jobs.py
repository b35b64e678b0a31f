"""Runs the job of the graph in this process, on the lake's own Dagster instance."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from logging import Logger
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from russell_pipeline.orchestration.assets import MAKE, NIGHTLY
from russell_pipeline.orchestration.failures import RunFailed, raising
from russell_pipeline.orchestration.graph import build_graph
from russell_pipeline.orchestration.instance import mend_instance, note_history
from russell_pipeline.orchestration.partitions import BY_YEAR
from russell_pipeline.orchestration.work import Work
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps.engine import StepDone, bring_up_to_date
from russell_pipeline.steps.step import Asked
from russell_pipeline.wording import first_line

# On runs of `russell run`, which hold the lake as long as they are at work.
_HOLDS_LAKE = {"russell/holds_lake": "true"}
# What an error is called that Ctrl-C raises in a step.
_INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")


def lake_instance(settings: Settings, mended: list[str] | None = None) -> dg.DagsterInstance:
    """The Dagster instance of a lake, with the history that the UI shows.

    Damaged files of it are set aside first; `mended` grows by a sentence for each. Raises RunFailed for a configuration outside
    the lake that Dagster cannot take.
    """
    told = mend_instance(settings)
    if mended is not None:
        mended += told
    return dg.DagsterInstance.get()


def execute(settings: Settings, asked: Asked, tables: Collection[str], work: Work) -> None:
    """Make what is stale of these tables through the assets that the UI shows; `work` is the run, which holds the lake.

    Raises RunFailed if a step fails, or if the history of runs cannot be written.
    """
    try:
        with lake_instance(settings, work.mended) as instance:
            graph = build_graph(settings, _HeldLake(settings, work))
            killed, last = _end_killed(instance), _last_runs(instance)
            failed = _failed(instance, last.values())
            tables = {*tables, *(table for table, run in last.items() if run in failed)}
            # Of tables by year Dagster takes all or none in one run that is for no year in particular.
            by_year = () if tables.isdisjoint(BY_YEAR) else BY_YEAR
            chosen = {dg.AssetKey(table) for table in (*tables, *by_year)}
            job = graph.resolve_job_def(NIGHTLY).get_subset(asset_selection=chosen, asset_check_selection=set())
            result = job.execute_in_process(
                instance=instance,
                run_config={
                    "ops": {
                        MAKE: {
                            "config": {
                                "again": [*asked.again],
                                "years": [*asked.years],
                                "offline": asked.offline,
                                "untold": sorted(table for table, run in last.items() if run in killed),
                            }
                        }
                    },
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                tags=_HOLDS_LAKE,
                raise_on_error=False,
            )
    except SQLAlchemyError as error:
        raise RunFailed(f"the history of runs cannot be written: {first_line(error)}") from error
    note_history(Path(instance.root_directory))
    if not result.success:
        failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
        if any(failure.error and failure.error.cls_name in _INTERRUPTS for failure in failures):
            raise KeyboardInterrupt
        raise RunFailed("; ".join(map(_reason, failures)) or "see the run in `russell ui`")


class _HeldLake:
    """The lake of a run that holds it already, in place of the resource of the graph."""

    def __init__(self, settings: Settings, work: Work) -> None:
        self.lake, self.processes, self._work = work.lake, settings.processes or 0, work

    def bring_up_to_date(self, asked: Asked, tables: Collection[str], _log: Logger) -> Iterator[StepDone]:
        """Make what is stale, and remember it for the report of the run. Raises RunFailed at the end if a step failed."""
        return raising(map(self._work.note, bring_up_to_date(self.lake, asked, tables)))


def _last_runs(instance: dg.DagsterInstance) -> dict[str, str]:
    """By table, the id of the last run that was to make it."""
    records = instance.get_asset_records([dg.AssetKey(table) for table in (*TABLES, CATALOG)])
    last = {one.asset_entry.asset_key.to_user_string(): one.asset_entry.last_run_id for one in records}
    return {table: run for table, run in last.items() if run}


def _end_killed(instance: dg.DagsterInstance) -> set[str]:
    """Have runs failed that held the lake and are not at work, since this one holds it; returns their ids."""
    runs = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags=_HOLDS_LAKE))
    for run in runs:
        instance.report_run_failed(run, "The process of this run was killed.")
    return {run.run_id for run in runs}


def _failed(instance: dg.DagsterInstance, runs: Iterable[str]) -> set[str]:
    """Those of some runs that failed. Their tables are looked at again, and fail no longer, also where nothing is to be made."""
    found = {name: instance.get_run_by_id(name) for name in {*runs}}
    return {name for name, run in found.items() if run and run.is_failure}


def _reason(failure: Any) -> str:
    """Why the operation failed: the first line of the error that caused it, without the modules before its class."""
    error = failure.error
    cause = error.cause or error if error else None
    said = cause.message.strip().partition("\n")[0] if cause else "see the run in `russell ui`"
    return re.sub(r"^[\w.]+\.(?=\w+: )", "", said).removeprefix(f"{RunFailed.__name__}: ")
