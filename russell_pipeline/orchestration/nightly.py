"""What starts the job that brings the lake up to date: a schedule after the close, and a sensor that watches landing."""

import hashlib
from datetime import date

import dagster as dg

from russell_pipeline.lake.landing import is_settled, landed_files
from russell_pipeline.lake.mirror import landing_tags
from russell_pipeline.lake.store import Lake
from russell_pipeline.notices import tell
from russell_pipeline.orchestration.assets import NIGHTLY
from russell_pipeline.orchestration.lake_resource import LakeResource

EXCHANGE = "America/New_York"
# Two hours after the close, when closes have been published.
AFTER_THE_CLOSE = "0 18 * * 1-5"
_LOOK_EVERY = 60  # seconds


@dg.schedule(
    job_name=NIGHTLY,
    cron_schedule=AFTER_THE_CLOSE,
    execution_timezone=EXCHANGE,
    description="After the close of every session of the exchange; other days are passed over.",
)
def after_the_close(context: dg.ScheduleEvaluationContext, lake: LakeResource) -> dg.RunRequest | dg.SkipReason:
    """Ask for the nightly run if the day is a session."""
    day = context.scheduled_execution_time.date()
    closed = _why_closed(lake.lake, day)
    return dg.SkipReason(f"{day} is no session: {closed}") if closed else dg.RunRequest(run_key=f"{day}")


def _why_closed(lake: Lake, day: date) -> str | None:
    """Why the exchange is closed on a weekday, None if it is open; a lake without sessions takes it to be open."""
    found = lake.read("sessions").filter(date=day, is_session=False)["holiday"]
    return str(found[0]) if len(found) else None


@dg.sensor(
    job_name=NIGHTLY,
    minimum_interval_seconds=_LOOK_EVERY,
    description="When files in landing are new, changed or gone; the same files are not looked at twice.",
)
def watch_landing(context: dg.SensorEvaluationContext, lake: LakeResource) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when landing has changed since the last look and none of its files is still being written."""
    if lake.address:
        # An object of a store is never half written.
        told = repr(sorted(landing_tags(lake.address).items()))
    else:
        files = list(landed_files(lake.lake.landing))
        unsettled = [file.name for file in files if not is_settled(file)]
        if unsettled:
            return dg.SkipReason(f"still being written: {', '.join(unsettled)}")
        told = repr([(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files])
    seen = hashlib.sha256(told.encode())
    if seen.hexdigest() == context.cursor:
        return dg.SkipReason("nothing in landing has changed since the last look")
    # Without a key: Dagster asks for no run twice with one, and landing may come back to what it was.
    return dg.SensorResult([dg.RunRequest()], cursor=seen.hexdigest())


@dg.run_failure_sensor(
    description="When a run fails, tells those whom RUSSELL_NOTIFY names.", minimum_interval_seconds=_LOOK_EVERY
)
def tell_of_failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Send a notice of which job failed, with the reason in one line."""
    reason = context.failure_event.message or "see the run in `russell ui`"
    tell(f"run of {context.dagster_run.job_name} failed", [reason], warn=context.log.warning)


def build_nightly() -> dg.Definitions:
    """The schedule and the sensors; all are off until somebody turns them on."""
    return dg.Definitions(schedules=[after_the_close], sensors=[watch_landing, tell_of_failed_runs])
