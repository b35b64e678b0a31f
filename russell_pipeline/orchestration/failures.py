"""Why a run stops. Importing this does not import Dagster."""

from __future__ import annotations


class ClockBehind(Exception):
    """The clock is behind the last change of the lake, so that days taken from it would be wrong."""


class RunFailed(Exception):
    """A step of the run raised; the message names it."""


class StepsFailed(RunFailed):
    """The steps with these keys raised."""

    def __init__(self, message: str, steps: set[str]) -> None:
        super().__init__(message)
        self.steps = steps


class CannotAccept(Exception):
    """A file that was named to be accepted as it is and cannot be: why."""
