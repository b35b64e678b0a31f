"""Why a run stops. Importing these imports no Dagster."""

from __future__ import annotations


class ClockBehind(Exception):
    """The clock stands before the lake's last change, and days that follow from it would be wrong."""


class RunFailed(Exception):
    """A step of the run raised; the message names it."""


class StepsFailed(RunFailed):
    """The steps with these keys raised."""

    def __init__(self, message: str, steps: set[str]) -> None:
        super().__init__(message)
        self.steps = steps
