"""The assets of sources: what came from the addresses in landing/sources.yaml, before anything in landing is read."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.steps.sources import carry_out, plan_fetching
from russell_pipeline.wording import counted

FETCHED = ("sources", "fetched_documents")


@dg.multi_asset(
    name="fetch_sources",
    specs=[dg.AssetSpec(table, **asset_args(table, kinds={"https", "parquet"})) for table in FETCHED],
)
def fetch_sources(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Ask every listed address, and put new documents into landing/documents/fetched."""
    new = carry_out(lake.lake, plan_fetching(lake.lake), datetime.now(UTC).replace(tzinfo=None))
    sources = lake.lake.read("sources")
    failed = sources.filter(state="failed").height
    context.log.info(
        f"{counted(sources.height, 'address', 'addresses')} asked, {counted(len(new), 'new version')}, {failed} failed"
    )
    for table in FETCHED:
        metadata = table_metadata(lake.lake, table, lake.lake.read(table))
        yield dg.MaterializeResult(asset_key=table, metadata={**metadata, "fetched_now": len(new)})


assets = [fetch_sources]
