"""Published FTSE Russell documents and market files as tables that can be queried and traced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from russell_pipeline.api import OpenLake

__version__ = "0.1.0"


def open_lake(path: Path | str = "data_lake") -> OpenLake:
    """Open a lake to query from Python: membership, calendar, weights, levels, and plain SQL.

    `path` is a folder, such as `~/lake`, or the address of a lake in an object store, such as `s3://bucket/lake`. Raises
    WrongCall, a ValueError, for a folder that cannot hold a lake: one with a wildcard in its path.

    Example:
        lake = open_lake("data_lake")
        lake.members("R3000", date(2019, 7, 1))
    """
    from russell_pipeline.api import OpenLake

    return OpenLake(path)
