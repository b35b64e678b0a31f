"""The assets of tables that follow from other tables: made again, file by file, where their inputs changed."""

from collections.abc import Callable, Iterable, Sequence

import dagster as dg
import polars as pl

from russell_pipeline.lake.staleness import MADE_BY, inputs_of, stale_keys
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.orchestration.partitions import REVIEW_YEARS

Make = Callable[[Lake, Sequence[str]], Iterable[tuple[str, pl.DataFrame]]]


def derived_asset(table: str, make: Make, deps: Sequence[str]) -> dg.AssetsDefinition:
    """An asset of one table, parted by review year where the table is.

    `make` gives the rows of each of the stale partitions by key. A partition whose inputs are those of its file is left
    alone, whoever asks for it.
    """
    by_year = TABLES[table].partition_by == "review_year"

    @dg.asset(
        name=table,
        deps=deps,
        partitions_def=REVIEW_YEARS if by_year else None,
        backfill_policy=dg.BackfillPolicy.single_run() if by_year else None,
        code_version=str(MADE_BY[table]),
        **asset_args(table, kinds={"parquet", "polars"}),
    )
    def build(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
        years = list(context.partition_keys) if by_year else None
        inputs = inputs_of(lake.lake, table)
        stale = [key for key in stale_keys(lake.lake, table) if years is None or key in years]
        for key, rows in make(lake.lake, stale) if stale else ():
            lake.lake.write(table, rows, key, inputs.get(key, ""))
        for year in years or [None]:
            rows = lake.lake.read(table, None if year is None else [year])
            metadata = dict(table_metadata(lake.lake, table, rows))
            context.add_asset_metadata(metadata, asset_key=table, partition_key=year)

    return build
