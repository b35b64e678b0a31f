"""The assets of the indexes: weights of reviews, levels and divisor events of years, each year going on from the one before."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from russell_pipeline.lake.index import MADE_BY, Indexes, publish_year
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.orchestration.partitions import REVIEW_YEARS

COMPUTED = (
    "weights", "index_levels", "divisor_events", "index_carried", "index_states", "index_runs", "index_restatements",
    "index_kept",
)  # fmt: skip
_INPUTS = [
    "components",
    "closes",
    "fx",
    "actions",
    "market_blocks",
    "market_corrections",
    "calendar",
    "sessions",
    "symbols",
]


@dg.multi_asset(
    name="compute_indexes",
    specs=[
        dg.AssetSpec(
            table,
            deps=_INPUTS,
            partitions_def=REVIEW_YEARS,
            code_version=str(MADE_BY),
            **asset_args(table, kinds={"parquet", "polars", "numpy"}),
        )
        for table in COMPUTED
    ],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def compute_indexes(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Compute the years whose inputs changed, each from the state that the year before ended in."""
    indexes = Indexes(lake.lake)
    years = list(context.partition_keys)
    for computed in indexes.compute((key for key in indexes.stale() if key in years), date.today()):
        publish_year(lake.lake, computed)
    for table in COMPUTED:
        by_year = TABLES[table].partition_by == "year"
        for year in years:
            rows = lake.lake.read(table, [year]) if by_year else lake.lake.read(table)
            context.add_asset_metadata(
                dict(table_metadata(lake.lake, table, rows)), asset_key=table, partition_key=year
            )
        yield dg.MaterializeResult(asset_key=table)


assets = [compute_indexes]
