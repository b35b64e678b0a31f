"""A run from beginning to end, in this process, through the very assets that the UI shows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import dagster as dg
import polars as pl

from russell_pipeline.lake.catalog import catalog_is_current
from russell_pipeline.lake.index import Indexes
from russell_pipeline.lake.landing import await_settled, scan_documents
from russell_pipeline.lake.lock import held
from russell_pipeline.lake.market import plan_market
from russell_pipeline.lake.reading import plan_reading
from russell_pipeline.lake.sources import plan_fetching
from russell_pipeline.lake.staleness import BY_YEAR, MADE_BY, Inputs
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import UNDATED
from russell_pipeline.orchestration.graph import FETCH, PUBLISH, READ, READ_MARKET, build_graph
from russell_pipeline.orchestration.partitions import REVIEW_YEARS
from russell_pipeline.orchestration.publishing import findings_now
from russell_pipeline.settings import Settings

_CLOCKS_DIFFER = timedelta(days=1)


class ClockBehind(Exception):
    """The clock stands before the lake's last change, and days that follow from it would be wrong."""


class RunFailed(Exception):
    """A step of the run raised; the message names it."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: documents read and forgotten (ids), years made again, and whether anything was to be done.

    `fetched` are new versions of documents that came from sources, by their names in landing/documents; `market_read` and
    `market_gone` are files of the market that were read, and that are no longer there; `unsettled` are files that were being
    written and are left for the next run; `new_findings` are the errors and warnings among the rows of `findings` that were not
    there before.
    """

    read: Sequence[str]
    forgotten: Sequence[str]
    years: Sequence[str]
    anything: bool
    new_findings: pl.DataFrame
    fetched: Sequence[str] = ()
    market_read: Sequence[str] = ()
    market_gone: Sequence[str] = ()
    unsettled: Sequence[str] = ()


def run(
    settings: Settings, again: Iterable[str] = (), years: Iterable[str] = (), *, offline: bool = False
) -> RunReport:
    """Bring the lake up to date with landing: everything new becomes tables, findings and the catalog.

    `again` names documents to read whatever is known of them, `years` the review years to materialize whatever their state;
    `offline` leaves the sources alone. With nothing to do it does nothing. Raises LakeBusy while another run holds the lake,
    ClockBehind where the clock cannot be right, RunFailed when a step fails.
    """
    with held(settings.root):
        return _run(settings, list(again), set(years), offline)


def _run(settings: Settings, again: list[str], years: set[str], offline: bool) -> RunReport:
    lake = Lake(settings.root)
    _check_clock(lake)
    lake.sweep()
    unsettled = await_settled(lake.landing)
    known = _worse_than_info(lake)
    jobs = _Jobs(settings)
    versions = lake.read("fetched_documents")
    if not offline and plan_fetching(lake):
        jobs.execute(FETCH)
        unsettled = await_settled(lake.landing)
    fetched = lake.read("fetched_documents").join(versions, on=versions.columns, how="anti")["file_name"]
    plan = plan_reading(lake, scan_documents(lake.landing), again)
    if plan:
        jobs.execute(READ, run_config={"ops": {"read_landing": {"config": {"again": again}}}})
    market = plan_market(lake)
    if market:
        jobs.execute(READ_MARKET)
    inputs = Inputs(lake)
    before = _made_from(lake)
    stale = {key for table in BY_YEAR for key in inputs.stale(table)} | set(Indexes(lake).stale()) | years
    rest = any(inputs.stale(table) for table in set(MADE_BY) - set(BY_YEAR))
    anything = bool(plan or market or stale or rest or not _findings_are_current(lake) or not catalog_is_current(lake))
    if anything:
        # Findings and the catalog are made over whatever years: with none stale, over the one that is least.
        jobs.execute(PUBLISH, keys=[key for key in REVIEW_YEARS.get_partition_keys() if key in stale] or [UNDATED])
    after = _made_from(lake)
    made = {key for table, key in {*before, *after} if before.get((table, key)) != after.get((table, key))}
    return RunReport(
        [document.document_id for document in plan.read],
        plan.forget,
        sorted(made | years),
        anything,
        _worse_than_info(lake).join(known, on=known.columns, how="anti", nulls_equal=True),
        sorted(set(fetched)),
        [file.path for file in market.read],
        market.gone,
        unsettled,
    )


def _worse_than_info(lake: Lake) -> pl.DataFrame:
    return lake.read("findings").filter(pl.col("severity") != "info")


def _check_clock(lake: Lake) -> None:
    """Refuse to work by a clock that was set back: the days of findings and the reach of the calendar follow from it."""
    if not lake.catalog.exists():
        return
    changed, now = datetime.fromtimestamp(lake.catalog.stat().st_mtime), datetime.fromtimestamp(time.time())
    if now < changed - _CLOCKS_DIFFER:
        raise ClockBehind(
            f"the clock says {now:%Y-%m-%d %H:%M}, but the lake was changed on {changed:%Y-%m-%d %H:%M}: "
            f"set the clock right or, if it is, `touch {lake.catalog}`"
        )


def _made_from(lake: Lake) -> dict[tuple[str, str], str | None]:
    """What every file of the tables by year was made from."""
    return {(table, key): lake.inputs(table, key) for table in (*BY_YEAR, "index_runs") for key in lake.keys(table)}


def _findings_are_current(lake: Lake) -> bool:
    return findings_now(lake).equals(lake.read("findings"))


def lake_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance of a lake, which keeps the history that the UI shows."""
    settings.set_dagster_home()
    return dg.DagsterInstance.get()


class _Jobs:
    """The jobs of the definitions on one lake, run in this process on the lake's Dagster instance."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _definitions(self) -> dg.Definitions:
        return build_graph(self._settings)

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        return lake_instance(self._settings)

    def execute(self, job: str, keys: Sequence[str] = (), run_config: dict[str, object] | None = None) -> None:
        """Run a job, over the partitions from the first to the last of `keys` where it has any."""
        tags = (
            {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
            if keys
            else {}
        )
        result = self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance,
            tags=tags,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}, **(run_config or {})},
            raise_on_error=False,
        )
        if not result.success:
            failed = "; ".join(_failure(event) for event in result.all_events if event.is_step_failure)
            raise RunFailed(f"{job} failed: {failed or 'see the run in `russell ui`'}")


def _failure(event: dg.DagsterEvent) -> str:
    """The step that failed and the first line of why."""
    error = event.step_failure_data.error
    cause = error.cause or error if error else None
    return f"{event.step_key}: {cause.message.strip().splitlines()[0] if cause else event.message}"
