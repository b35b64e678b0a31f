"""The assets of the indexes: weights by review, levels and divisor events by year; each year goes on from the one before."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.orchestration.partitions import REVIEW_YEARS
from russell_pipeline.progress import tracked
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.index.published import publish_year
from russell_pipeline.steps.index.years import COMPUTED, Indexes


@dg.multi_asset(
    name="compute_indexes",
    specs=[
        dg.AssetSpec(
            table,
            partitions_def=REVIEW_YEARS,
            **asset_args(table, kinds={"parquet", "polars", "numpy"}),
        )
        for table in COMPUTED
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def compute_indexes(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Compute the years whose inputs changed, each from the state at the end of the year before."""
    indexes = Indexes(lake.lake)
    years = list(context.partition_keys)
    due = indexes.due(years)
    for computed in tracked("years of indexes", indexes.compute(due, date.today()), len(due)):
        publish_year(lake.lake, computed)
    for table in COMPUTED:
        whole = lake.lake.count(table)
        for year in years:
            keys = _keys(lake.lake, table, year)
            rows = lake.lake.read(table, keys)
            metadata = dict(table_metadata(lake.lake, table, rows, whole))
            if TABLES[table].partition_by == "review":
                metadata["reviews"] = ", ".join(rows.sort("implemented_on")["review"].unique(maintain_order=True))
            context.add_asset_metadata(metadata, asset_key=table, partition_key=year)
        yield dg.MaterializeResult(asset_key=table)


def _keys(lake: Lake, table: str, year: str) -> list[str] | None:
    """The partitions of a table that belong to a year: the year itself, or its reviews; None if the table is one file."""
    match TABLES[table].partition_by:
        case "year":
            return [year]
        case "review":
            return [key for key in lake.keys(table) if key.startswith(f"{year}-")]
    return None


assets = [compute_indexes]
