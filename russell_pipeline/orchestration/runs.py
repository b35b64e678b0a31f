"""A run from beginning to end, which every command and schedule calls: what is stale is made, and what was done is returned."""

from __future__ import annotations

from collections.abc import Iterable

from russell_pipeline.bounded import begin_sharing
from russell_pipeline.orchestration.failures import RunFailed
from russell_pipeline.orchestration.run_report import RunReport
from russell_pipeline.orchestration.work import at_work
from russell_pipeline.settings import Settings
from russell_pipeline.steps.engine import affected
from russell_pipeline.steps.step import Asked


def run(
    settings: Settings,
    again: Iterable[str] = (),
    years: Iterable[str] = (),
    *,
    offline: bool = False,
    accepted: Iterable[str] = (),
) -> RunReport:
    """Bring the lake up to date with landing: everything new becomes tables, findings and the catalog.

    `again` names documents to read in any case, `years` the review years to make in any case; `offline` leaves the sources alone;
    `accepted` are paths below landing/ of files whose versions there may take rows along. Raises CannotAccept if one cannot.
    If nothing is new, nothing is done. A lake at an address is brought here first, and published when all is done. Raises
    LakeBusy while another run holds the lake, StoreError if its store fails, ClockBehind if the clock cannot be right,
    DamagedFile if a file of a table is damaged that nothing can replace, and RunFailed if a step fails.
    """
    asked = Asked(list(again), sorted({*years}), offline=offline, processes=settings.processes)
    with at_work(settings, accepted) as work:
        if tables := affected(work.lake, asked):
            begin_sharing()
            # Imported only here, so that a night without work does not wait for Dagster.
            from russell_pipeline.orchestration.jobs import execute

            try:
                execute(settings, asked, tables, work)
            except RunFailed as failed:
                failed.report = work.report()
                raise
    return work.report()
