"""How the graph is parted: by the year of the review, plus `undated` for what no year is known of."""

from __future__ import annotations

from datetime import date

import dagster as dg

from russell_pipeline.lake.tables import UNDATED

FIRST_YEAR = 2000
YEARS_AHEAD = 6

REVIEW_YEARS = dg.StaticPartitionsDefinition(
    [UNDATED, *(str(year) for year in range(FIRST_YEAR, date.today().year + YEARS_AHEAD + 1))]
)
