"""Where the lake is and how much of the machine may be used: environment variables and their defaults."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

LAKE = "RUSSELL_DATA_LAKE"
PROCESSES = "RUSSELL_PROCESSES"
MIRRORS = "RUSSELL_MIRRORS"
DAGSTER_HOME = "DAGSTER_HOME"
_LOCAL = "file://"


@dataclass(frozen=True)
class Settings:
    """The root of the lake, and how many processes may read documents side by side (None: one for each core).

    A lake that lies at an `address` of an object store is worked on in the folder `root`, which mirrors it.
    """

    root: Path
    processes: int | None = None
    address: str | None = None

    @classmethod
    def from_environment(cls, lake: str | None = None) -> Settings:
        """Settings from RUSSELL_DATA_LAKE, RUSSELL_PROCESSES and RUSSELL_MIRRORS; `lake` goes before the first.

        Raises ValueError where RUSSELL_PROCESSES is not a positive number, and for an address that holds a password.
        """
        processes = os.environ.get(PROCESSES) or None
        if processes is not None and not (processes.isdecimal() and int(processes)):
            raise ValueError(f"{PROCESSES} must be a number of processes, not {processes!r}")
        named = lake or os.environ.get(LAKE) or "data_lake"
        address = _address(named)
        folder = _mirror(address) if address else Path(named.removeprefix(_LOCAL)).expanduser()
        return cls(folder.resolve(), int(processes) if processes else None, address)

    @property
    def name(self) -> str:
        """What people call the lake: its address, or its folder."""
        return self.address or str(self.root)

    def within(self, path: str) -> str:
        """What people call a file of the lake."""
        return f"{self.address}/{path}" if self.address else str(self.root / path)

    def set_dagster_home(self) -> Path:
        """Give Dagster this lake's instance, unless DAGSTER_HOME names another; the folder that holds it."""
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
