"""Where the lake is and how much of the machine may be used: environment variables and their defaults."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LAKE = "RUSSELL_DATA_LAKE"
PROCESSES = "RUSSELL_PROCESSES"
YEARS_A_RUN = "RUSSELL_YEARS_A_RUN"
MIRRORS = "RUSSELL_MIRRORS"
DAGSTER_HOME = "DAGSTER_HOME"
# Dagster writes the events of a table's partitions at once, up to so many.
EVENT_BATCH = ("DAGSTER_EVENT_BATCH_SIZE", "1000")
_LOCAL = "file://"
# SQLite, DuckDB and polars take these for wildcards or escapes, not for part of a path.
_NO_PATH = re.compile(r"[?*[\\]|%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Settings:
    """The root of the lake, and how the work on it is divided.

    `processes` is how many may read documents side by side (None: one for each core), `years_a_run` how many review years one run
    of a backfill makes (None: all, in one run); several machines share a backfill by its runs. A lake at an `address` of
    an object store is worked on in the folder `root`, which mirrors it.
    """

    root: Path
    processes: int | None = None
    years_a_run: int | None = None
    address: str | None = None

    @classmethod
    def from_environment(cls, lake: str | None = None) -> Settings:
        """Settings from the variables named above; `lake` goes before RUSSELL_DATA_LAKE.

        Raises ValueError where one of the numbers is not positive, for an address that holds a password, and for a folder whose
        path those who read its files would take for another.
        """
        named = lake or os.environ.get(LAKE) or "data_lake"
        address = _address(named)
        folder = _mirror(address) if address else Path(named.removeprefix(_LOCAL)).expanduser()
        if odd := _NO_PATH.search(str(folder.resolve())):
            raise ValueError(
                f"a lake cannot lie in {folder.resolve()}: its files cannot be opened where the path has {odd[0]}"
            )
        return cls(folder.resolve(), _number(PROCESSES, "processes"), _number(YEARS_A_RUN, "years"), address)

    @property
    def name(self) -> str:
        """What people call the lake: its address, or its folder."""
        return self.address or str(self.root)

    def within(self, path: str) -> str:
        """What people call a file of the lake."""
        return f"{self.address}/{path}" if self.address else str(self.root / path)

    def set_dagster_home(self) -> Path:
        """Give Dagster this lake's instance, unless DAGSTER_HOME names another; the folder that holds it.

        Raises OSError where DAGSTER_HOME names no folder, or not from the root on.
        """
        from importlib.resources import files  # takes its time, and queries do without

        os.environ.setdefault(*EVENT_BATCH)
        if named := os.environ.get(DAGSTER_HOME):
            if not (Path(named).is_absolute() and Path(named).is_dir()):
                raise NotADirectoryError(
                    errno.ENOTDIR, f"{DAGSTER_HOME} must name a folder that is there, from the root on", named
                )
            return Path(named)
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


def _address(lake: str) -> str | None:
    """The address of a lake in an object store; None of one in a folder."""
    if "://" not in lake or lake.startswith(_LOCAL):
        return None
    parts = urlsplit(lake)
    if "@" in parts.netloc or parts.query or parts.fragment:
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        raise ValueError(
            f"the lake's address {bare} must hold neither user nor password nor a query: they belong in the environment"
        )
    return lake.rstrip("/")


def _mirror(address: str) -> Path:
    """The folder on this machine in which the lake at an address is worked on."""
    mirrors = os.environ.get(MIRRORS) or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "russell_pipeline")
    name = re.sub(r"[^\w.-]+", "-", address.rpartition("/")[2])
    return Path(mirrors, f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:12]}").expanduser()
