"""The partitions of the graph: the review years that a lake knows, and `undated` for rows without a known year."""

from __future__ import annotations

import dagster as dg

from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES, UNDATED
from russell_pipeline.steps.years import FIRST_RULED_YEAR, last_year

# The tables that Dagster sees by year: those whose years do not follow from each other, so that several machines may share them.
BY_YEAR = tuple(name for name, table in TABLES.items() if table.has_review_years)


def review_years(lake: Lake) -> dg.StaticPartitionsDefinition:
    """The years that the rules date, and every other year of which a lake has rows, as it is now."""
    ruled = map(str, range(FIRST_RULED_YEAR, last_year() + 1))
    return dg.StaticPartitionsDefinition([UNDATED, *sorted({*ruled, *known_years(lake)} - {UNDATED})])


def known_years(lake: Lake) -> set[str]:
    """The years of which a lake has rows."""
    return {key for table in BY_YEAR for key in lake.keys(table)}
