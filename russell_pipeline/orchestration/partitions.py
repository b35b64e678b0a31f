"""How the graph is parted: by the year of the review, plus `undated` for what no year is known of."""

from __future__ import annotations

import dagster as dg

from russell_pipeline.lake.tables import UNDATED
from russell_pipeline.lake.years import FIRST_YEAR, last_year

REVIEW_YEARS = dg.StaticPartitionsDefinition([UNDATED, *map(str, range(FIRST_YEAR, last_year() + 1))])
