"""Why a run stops. Importing this does not import Dagster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from russell_pipeline.errors import WorkStopped, WrongCall
from russell_pipeline.steps.engine import StepDone
from russell_pipeline.wording import first_line

if TYPE_CHECKING:
    from russell_pipeline.orchestration.run_report import RunReport


class ClockBehind(WorkStopped):
    """The clock is behind the last change of the lake, so that days taken from it would be wrong."""


class RunFailed(WorkStopped):
    """Something of the run could not be made; the message names it, with the reason. `report` says what was done all the same."""

    report: RunReport | None = None


class CannotAccept(WrongCall):
    """A file that was named to be accepted as it is and cannot be: why."""


def raising(steps: Iterable[StepDone]) -> Iterator[StepDone]:
    """Pass on what became of steps, and raise RunFailed at the end if any failed: the first table of each, with the reason."""
    failed = []
    for done in steps:
        yield done
        if done.failure is not None:
            failed.append(f"{done.tables[0]}: {first_line(done.failure)}")
    if failed:
        raise RunFailed("; ".join(failed))
