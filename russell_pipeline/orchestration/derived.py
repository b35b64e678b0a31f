"""The assets of tables that follow from other tables: made again, file by file, where their inputs changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import dagster as dg
import polars as pl

from russell_pipeline.lake.staleness import MADE_BY, WHOLE, Inputs
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.orchestration.partitions import REVIEW_YEARS

# The rows of each of some partitions, by key.
Make = Callable[[Lake, Sequence[str]], Iterable[tuple[str, pl.DataFrame]]]


def whole(make: Callable[[Lake], pl.DataFrame]) -> Make:
    """What makes a table of one file."""
    return lambda lake, _keys: [(WHOLE, make(lake))]


def from_documents(table: str, make: Callable[[Lake, pl.DataFrame], pl.DataFrame]) -> Make:
    """What makes a table partition by partition, from the documents of each."""

    def rows(lake: Lake, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        inputs = Inputs(lake)
        for key in keys:
            yield key, make(lake, inputs.documents(table, key))

    return rows


def derived_asset(table: str, make: Make, deps: Sequence[str]) -> dg.AssetsDefinition:
    """An asset of one table, parted by review year where the table is.

    A partition whose inputs are those of its file is left alone, whoever asks for it.
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
        stale = [key for key in Inputs(lake.lake).stale(table) if years is None or key in years]
        made_from = Inputs(lake.lake, as_made=True).fingerprints(table) if stale else {}
        for key, rows in make(lake.lake, stale) if stale else ():
            lake.lake.write(table, rows, key, made_from.get(key, ""))
        for year in years or [None]:
            rows = lake.lake.read(table, None if year is None else [year])
            metadata = dict(table_metadata(lake.lake, table, rows))
            context.add_asset_metadata(metadata, asset_key=table, partition_key=year)

    return build
