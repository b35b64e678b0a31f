"""Where the lake is and how much of the machine may be used: environment variables and their defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

LAKE = "RUSSELL_DATA_LAKE"
PROCESSES = "RUSSELL_PROCESSES"
DAGSTER_HOME = "DAGSTER_HOME"
# Dagster writes the events of a table's partitions at once, up to so many.
EVENT_BATCH = ("DAGSTER_EVENT_BATCH_SIZE", "1000")


@dataclass(frozen=True)
class Settings:
    """The root of the lake, and how many processes may read documents side by side (None: one for each core)."""

    root: Path
    processes: int | None = None

    @classmethod
    def from_environment(cls, lake: str | None = None) -> Settings:
        """Settings from RUSSELL_DATA_LAKE and RUSSELL_PROCESSES; `lake` goes before the former.

        Raises ValueError where RUSSELL_PROCESSES is not a positive number.
        """
        processes = os.environ.get(PROCESSES) or None
        if processes is not None and not (processes.isdecimal() and int(processes)):
            raise ValueError(f"{PROCESSES} must be a number of processes, not {processes!r}")
        return cls(
            root=Path(lake or os.environ.get(LAKE) or "data_lake").expanduser().resolve(),
            processes=int(processes) if processes else None,
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
