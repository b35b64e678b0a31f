"""Where the lake is and how much of the machine may be used: environment variables and their defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

LAKE = "RUSSELL_DATA_LAKE"
PROCESSES = "RUSSELL_PROCESSES"
YEARS_A_RUN = "RUSSELL_YEARS_A_RUN"
DAGSTER_HOME = "DAGSTER_HOME"
# Dagster writes the events of a table's partitions at once, up to so many.
EVENT_BATCH = ("DAGSTER_EVENT_BATCH_SIZE", "1000")


@dataclass(frozen=True)
class Settings:
    """The root of the lake, and how the work on it is divided.

    `processes` is how many may read documents side by side (None: one for each core), `years_a_run` how many review years one run
    of a backfill makes (None: all, in one run); several machines share a backfill by its runs.
    """

    root: Path
    processes: int | None = None
    years_a_run: int | None = None

    @classmethod
    def from_environment(cls, lake: str | None = None) -> Settings:
        """Settings from RUSSELL_DATA_LAKE, RUSSELL_PROCESSES and RUSSELL_YEARS_A_RUN; `lake` goes before the first.

        Raises ValueError where one of the numbers is not positive.
        """
        return cls(
            root=Path(lake or os.environ.get(LAKE) or "data_lake").expanduser().resolve(),
            processes=_number(PROCESSES, "processes"),
            years_a_run=_number(YEARS_A_RUN, "years"),
        )

    def set_dagster_home(self) -> Path:
        """Give Dagster this lake's instance, unless DAGSTER_HOME names another; the folder that holds it."""
        os.environ.setdefault(*EVENT_BATCH)
        if os.environ.get(DAGSTER_HOME):
            return Path(os.environ[DAGSTER_HOME])
        home = self.root / ".dagster"
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        shipped = files("russell_pipeline").joinpath("dagster.yaml").read_text("utf-8")
        if not config.exists():
            config.write_text(shipped, "utf-8")
        os.environ[DAGSTER_HOME] = str(home)
        return home


def _number(variable: str, of: str) -> int | None:
    """A positive number that the environment may hold."""
    said = os.environ.get(variable) or None
    if said is not None and not (said.isdecimal() and int(said)):
        raise ValueError(f"{variable} must be a number of {of}, not {said!r}")
    return int(said) if said else None
