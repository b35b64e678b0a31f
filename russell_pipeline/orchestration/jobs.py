"""Runs the jobs of the graph in this process, on the lake's own Dagster instance."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Self

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from sqlalchemy.exc import SQLAlchemyError

from russell_pipeline.orchestration.failures import RunFailed, StepsFailed
from russell_pipeline.orchestration.graph import FETCH, PUBLISH, READ, READ_MARKET, build_graph
from russell_pipeline.orchestration.instance import mend_instance, note_history
from russell_pipeline.orchestration.partitions import REVIEW_YEARS
from russell_pipeline.orchestration.publishing import ALWAYS
from russell_pipeline.settings import Settings
from russell_pipeline.steps.index.years import COMPUTED


def lake_instance(settings: Settings, mended: list[str] | None = None) -> dg.DagsterInstance:
    """The Dagster instance of a lake, with the history that the UI shows.

    Damaged files of it are set aside first; `mended` grows by a sentence for each. Raises RunFailed for a configuration outside
    the lake that Dagster cannot take.
    """
    told = mend_instance(settings)
    if mended is not None:
        mended += told
    return dg.DagsterInstance.get()


class Jobs:
    """The jobs of one lake, run in this process on the lake's Dagster instance, which is closed at the end of a `with`.

    `mended` grows by a sentence for each file of the instance that was damaged.
    """

    def __init__(self, settings: Settings, mended: list[str]) -> None:
        self._settings = settings
        self._mended = mended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "_instance" in vars(self):
            self._instance.dispose()
            note_history(Path(self._instance.root_directory))

    @cached_property
    def _definitions(self) -> dg.Definitions:
        return build_graph(self._settings)

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        return lake_instance(self._settings, self._mended)

    def fetch(self) -> None:
        """Ask the addresses of landing/sources.yaml."""
        self._execute(FETCH)

    def read(self, again: Sequence[str]) -> None:
        """Read what is new in landing/documents, and in any case the documents with the ids in `again`."""
        self._execute(READ, run_config={"ops": {"read_landing": {"config": {"again": list(again)}}}})

    def read_market(self) -> None:
        """Read the new files of the market in landing."""
        self._execute(READ_MARKET)

    def publish(self, stale: Mapping[str, Collection[str]], years: Collection[str]) -> None:
        """Make the tables that have stale files (keys by table), then findings and the catalog.

        If `years` are named, all tables are made for them too. If a step fails, whatever follows from its tables stays as it was;
        findings and the catalog are made all the same, from what could be made. Raises StepsFailed.
        """
        due = {*years, *chain(*stale.values())}
        keys = [key for key in REVIEW_YEARS.get_partition_keys() if key in due]
        tables = {*stale, *(COMPUTED if "index_runs" in stale else ()), *ALWAYS}
        try:
            self._execute(PUBLISH, keys, tables=[] if {*years}.intersection(keys) else sorted(tables))
        except StepsFailed as failure:
            if failure.steps.isdisjoint(ALWAYS):
                self._execute(PUBLISH, tables=ALWAYS)
            raise

    def _execute(
        self,
        job: str,
        keys: Sequence[str] = (),
        tables: Sequence[str] = (),
        run_config: dict[str, object] | None = None,
    ) -> None:
        """Run a job over the partitions from the first to the last of `keys`, limited to `tables` if any are named.

        Raises StepsFailed if a step fails, and RunFailed if the history of runs cannot be written.
        """
        tags = (
            {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
            if keys
            else {}
        )
        try:
            result = self._definitions.resolve_job_def(job).execute_in_process(
                instance=self._instance,
                tags={**tags, **_of_worker()},
                asset_selection=[dg.AssetKey(table) for table in tables],
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **(run_config or {})},
                raise_on_error=False,
            )
        except SQLAlchemyError as error:
            raise RunFailed(f"{job} failed: its history cannot be written: {_first_line(str(error))}") from error
        if not result.success:
            failed = [event for event in result.all_events if event.is_step_failure]
            if any(map(_was_interrupted, failed)):
                raise KeyboardInterrupt
            reasons = "; ".join(map(_failure, failed)) or "see the run in `russell ui`"
            raise StepsFailed(f"{job} failed: {reasons}", {event.step_key or "" for event in failed})


def _of_worker() -> dict[str, str]:
    """Tags with the Celery task that this runs in, if any, by which Dagster sees whether the run is still alive."""
    celery = sys.modules.get("celery")
    task = celery.current_task if celery else None
    # This run must not be retried by itself: the run of the task will be.
    return {"dagster-celery/task_id": task.request.id, "dagster/max_retries": "0"} if task else {}


def _was_interrupted(event: dg.DagsterEvent) -> bool:
    """Whether Ctrl-C ended a step, which Dagster counts as a failure."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name == DagsterExecutionInterruptedError.__name__


def _failure(event: dg.DagsterEvent) -> str:
    """The step that failed, and the first line of the reason."""
    error = event.step_failure_data.error
    cause = error.cause or error if error else None
    return f"{event.step_key}: {_first_line(cause.message) if cause else event.message}"


def _first_line(message: str) -> str:
    """The first line of an error's message, with the modules cut from the name of its class."""
    return re.sub(r"^[\w.]+\.(?=\w+: )", "", message.strip().partition("\n")[0])
