"""The assets of tables made from other tables, file by file where inputs changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import dagster as dg
import polars as pl

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.orchestration.partitions import REVIEW_YEARS
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.staleness import WHOLE, Inputs


class YearsFailed(Exception):
    """Some partitions of a table could not be made; the message names each with its reason."""


# Makes some partitions of a table: yields each key, in order, with its rows.
Make = Callable[[Lake, Sequence[str]], Iterable[tuple[str, pl.DataFrame]]]


def whole(make: Callable[[Lake], pl.DataFrame]) -> Make:
    """The maker of a table that is one file."""
    return lambda lake, _keys: [(WHOLE, make(lake))]


def from_documents(table: str, make: Callable[[Lake, pl.DataFrame], pl.DataFrame]) -> Make:
    """The maker of a table that makes each partition from its documents."""

    def rows(lake: Lake, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        inputs = Inputs(lake)
        for key in keys:
            yield key, make(lake, inputs.documents(table, key))

    return rows


def derived_asset(table: str, make: Make) -> dg.AssetsDefinition:
    """The asset of one table, partitioned by review year if the table is.

    A partition whose inputs have not changed is left alone, even if it is asked for.
    """
    by_year = TABLES[table].partition_by == "review_year"

    @dg.asset(
        name=table,
        partitions_def=REVIEW_YEARS if by_year else None,
        backfill_policy=dg.BackfillPolicy.single_run() if by_year else None,
        **asset_args(table, kinds={"parquet", "polars"}),
    )
    def build(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
        years = list(context.partition_keys) if by_year else None
        stale = [key for key in Inputs(lake.lake).stale(table) if years is None or key in years]
        if stale:
            _make(lake.lake, table, make, stale)
        whole = lake.lake.count(table) if by_year else None
        for year in years or [None]:
            rows = lake.lake.read(table, None if year is None else [year])
            metadata = dict(table_metadata(lake.lake, table, rows, whole))
            context.add_asset_metadata(metadata, asset_key=table, partition_key=year)

    return build


def _make(lake: Lake, table: str, make: Make, keys: Sequence[str]) -> None:
    """Make partitions of a table. A partition that fails does not affect the others; YearsFailed is raised at the end."""
    made_from = Inputs(lake, as_made=True).fingerprints(table)
    left, failed = list(keys), {}
    while left:
        try:
            for key, rows in make(lake, left):
                lake.write(table, rows, key, made_from.get(key, ""))
                left = left[1:]
        except Exception as error:
            if keys == [WHOLE]:
                raise
            failed[left[0]], left = error, left[1:]
        else:
            break
    if failed:
        raise YearsFailed("; ".join(f"{key}: {error}" for key, error in failed.items()))
