"""Why a run stops. Importing this does not import Dagster."""

from __future__ import annotations

from collections.abc import Sequence

from russell_pipeline.errors import WorkStopped, WrongCall
from russell_pipeline.steps.engine import StepDone
from russell_pipeline.wording import first_line


class ClockBehind(WorkStopped):
    """The clock is behind the last change of the lake, so that days taken from it would be wrong."""


class RunFailed(WorkStopped):
    """Something of the run could not be made; the message names it, with the reason."""


class CannotAccept(WrongCall):
    """A file that was named to be accepted as it is and cannot be: why."""


def steps_failed(failed: Sequence[StepDone]) -> RunFailed:
    """The failure of a run in which steps failed: the first table of each, with the reason."""
    return RunFailed("; ".join(f"{done.tables[0]}: {first_line(done.failure)}" for done in failed if done.failure))
