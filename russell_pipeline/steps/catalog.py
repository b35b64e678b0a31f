"""The catalog of a lake: its tables, with the security of each symbol and day."""

from __future__ import annotations

from russell_pipeline.lake.catalog import write_catalog
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.identity import SecurityIds


def build_catalog(lake: Lake) -> dict[str, int]:
    """Rebuild the catalog from the tables, and return the number of rows of each. Raises DamagedFile."""
    return write_catalog(lake, SecurityIds.of_lake(lake))
