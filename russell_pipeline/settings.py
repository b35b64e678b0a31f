"""Where the lake is and how much of the machine may be used: environment variables and their defaults."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from russell_pipeline.errors import WrongCall

LAKE = "RUSSELL_DATA_LAKE"
PROCESSES = "RUSSELL_PROCESSES"
YEARS_A_RUN = "RUSSELL_YEARS_A_RUN"
MIRRORS = "RUSSELL_MIRRORS"
DAGSTER_HOME = "DAGSTER_HOME"
_LOCAL = "file://"
# SQLite, DuckDB and polars take these for wildcards or escapes, not for part of a path.
_NO_PATH = re.compile(r"[?*[\\]|%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Settings:
    """Where the lake is, and how the work on it is divided.

    `processes` is how many processes may read documents side by side (None: one for each core). `years_a_run` is how many review
    years one run of a backfill makes (None: all of them); several machines share a backfill by its runs. A lake at an `address`
    in an object store is worked on in the folder `root`, which mirrors it.
    """

    root: Path
    processes: int | None = None
    years_a_run: int | None = None
    address: str | None = None

    @classmethod
    def from_environment(cls, lake: str | None = None) -> Settings:
        """Settings from the environment variables above; `lake` takes precedence over RUSSELL_DATA_LAKE.

        Raises WrongCall if a number is not positive, if an address holds credentials or a query, or if SQLite, DuckDB or polars
        would read part of the folder's path as a wildcard or an escape.
        """
        named = lake or os.environ.get(LAKE) or "data_lake"
        address = _address(named)
        folder = _mirror(address) if address else Path(named.removeprefix(_LOCAL)).expanduser()
        if odd := _NO_PATH.search(str(folder.resolve())):
            raise WrongCall(
                f"a lake cannot lie in {folder.resolve()}: its files cannot be opened where the path has {odd[0]}"
            )
        return cls(folder.resolve(), _number(PROCESSES, "processes"), _number(YEARS_A_RUN, "years"), address)

    @property
    def name(self) -> str:
        """The lake as messages name it: its address, or its folder."""
        return self.address or str(self.root)

    def within(self, path: str) -> str:
        """A file of the lake as messages name it."""
        return f"{self.address}/{path}" if self.address else str(self.root / path)

    @property
    def own_dagster_home(self) -> Path:
        """The folder of this lake's own Dagster instance, which is used where DAGSTER_HOME names no other."""
        return self.root / ".dagster"

    def set_dagster_home(self) -> Path:
        """Point DAGSTER_HOME at the instance of this lake, unless it is set already; returns the folder of the instance.

        Raises OSError if DAGSTER_HOME is set to anything but the absolute path of an existing folder.
        """
        from importlib.resources import files  # slow to import, and queries do not need it

        if named := os.environ.get(DAGSTER_HOME):
            if not (Path(named).is_absolute() and Path(named).is_dir()):
                raise NotADirectoryError(
                    errno.ENOTDIR, f"{DAGSTER_HOME} must name a folder that is there, from the root on", named
                )
            return Path(named)
        home = self.own_dagster_home
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        shipped = files("russell_pipeline").joinpath("dagster.yaml").read_text("utf-8")
        if not config.exists():
            config.write_text(shipped, "utf-8")
        os.environ[DAGSTER_HOME] = str(home)
        return home


def _number(variable: str, of: str) -> int | None:
    """The positive number in an environment variable, None if it is not set. Raises WrongCall for anything else."""
    said = os.environ.get(variable) or None
    if said is not None and not (said.isdecimal() and int(said)):
        raise WrongCall(f"{variable} must be a number of {of}, not {said!r}")
    return int(said) if said else None


def _address(lake: str) -> str | None:
    """The address of a lake in an object store, None for a folder. Raises WrongCall if it holds credentials or a query."""
    if "://" not in lake or lake.startswith(_LOCAL):
        return None
    parts = urlsplit(lake)
    if "@" in parts.netloc or parts.query or parts.fragment:
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
        raise WrongCall(
            f"the lake's address {bare} must hold neither user nor password nor a query: they belong in the environment"
        )
    return lake.rstrip("/")


def _mirror(address: str) -> Path:
    """The folder on this machine that mirrors the lake at an address."""
    mirrors = os.environ.get(MIRRORS) or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "russell_pipeline")
    name = re.sub(r"[^\w.-]+", "-", address.rpartition("/")[2])
    return Path(mirrors, f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:12]}").expanduser()
