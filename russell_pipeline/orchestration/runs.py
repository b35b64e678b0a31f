"""A run from beginning to end, in this process, through the very assets that the UI shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg
from filelock import FileLock, Timeout

from russell_pipeline.definitions import PUBLISH, READ, build_definitions
from russell_pipeline.lake.catalog import catalog_is_current
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.reading import plan_reading
from russell_pipeline.lake.staleness import BY_YEAR, MADE_BY, Inputs
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.partitions import REVIEW_YEARS
from russell_pipeline.orchestration.publishing import findings_now
from russell_pipeline.settings import Settings


class LakeBusy(Exception):
    """Another run holds the lake."""


class RunFailed(Exception):
    """A step of the run raised; the message names it."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: documents read and forgotten (ids), years made again, and whether anything was to be done."""

    read: Sequence[str]
    forgotten: Sequence[str]
    years: Sequence[str]
    anything: bool


def run(settings: Settings, again: Iterable[str] = (), years: Iterable[str] = ()) -> RunReport:
    """Bring the lake up to date with landing: everything new becomes tables, findings and the catalog.

    `again` names documents to read whatever is known of them, `years` the review years to materialize whatever their state. With
    nothing to do it does nothing. Raises LakeBusy while another run holds the lake, RunFailed when a step fails.
    """
    settings.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.root / ".run.lock", blocking=False):
            return _run(settings, list(again), set(years))
    except Timeout:
        raise LakeBusy(f"another run is working on {settings.root}; try again when it has ended") from None


def _run(settings: Settings, again: list[str], years: set[str]) -> RunReport:
    lake = Lake(settings.root)
    lake.sweep()
    plan = plan_reading(lake, scan_documents(lake.landing), again)
    if plan:
        _execute(settings, READ, run_config={"ops": {"read_landing": {"config": {"again": again}}}})
    inputs = Inputs(lake)
    stale = {key for table in BY_YEAR for key in inputs.stale(table)} | years
    rest = any(inputs.stale(table) for table in set(MADE_BY) - set(BY_YEAR))
    anything = bool(plan or stale or rest or not _findings_are_current(lake) or not catalog_is_current(lake))
    if anything:
        keys = [key for key in REVIEW_YEARS.get_partition_keys() if key in stale]
        _execute(settings, PUBLISH, keys=keys)
    return RunReport([document.document_id for document in plan.read], plan.forget, sorted(stale), anything)


def _findings_are_current(lake: Lake) -> bool:
    return findings_now(lake).equals(lake.read("findings"))


def _execute(
    settings: Settings, job: str, keys: Sequence[str] = (), run_config: dict[str, object] | None = None
) -> None:
    settings.set_dagster_home()
    definitions = build_definitions(settings)
    selection = None
    tags = {}
    if keys:
        tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    elif job == PUBLISH:
        selection = [
            spec.key
            for spec in definitions.resolve_all_asset_specs()
            if spec.partitions_def is None and spec.key.to_user_string() not in ("documents", "document_lines")
        ]
    with dg.DagsterInstance.get() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            tags=tags,
            asset_selection=selection,
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}, **(run_config or {})},
            raise_on_error=False,
        )
    if not result.success:
        failures = "; ".join(
            f"{event.step_key}: {event.step_failure_data.error.cause.message.strip() if event.step_failure_data.error and event.step_failure_data.error.cause else event.message}"
            for event in result.all_events
            if event.is_step_failure
        )
        raise RunFailed(f"the run of {job} failed: {failures or 'see the run in `russell ui`'}")
