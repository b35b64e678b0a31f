"""The partitions of the graph: the years of reviews, and `undated` for rows without a known year."""

from __future__ import annotations

import dagster as dg

from russell_pipeline.schemas.tables import UNDATED
from russell_pipeline.steps.years import FIRST_YEAR, last_year

REVIEW_YEARS = dg.StaticPartitionsDefinition([UNDATED, *map(str, range(FIRST_YEAR, last_year() + 1))])
