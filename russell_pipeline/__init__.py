"""Published FTSE Russell documents and market files as tables that can be queried and traced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from russell_pipeline.api import OpenLake

__version__ = "0.1.0"


def open_lake(path: Path | str = "data_lake") -> OpenLake:
    """A lake to ask from Python: members, changes, calendar, trace and sql as polars frames.

    Example:
        lake = open_lake("data_lake")
        lake.members("R3000", date(2019, 7, 1))

    `path` may be the address of a lake in an object store, such as `s3://bucket/lake`.
    """
    from russell_pipeline.api import OpenLake

    return OpenLake(path)
