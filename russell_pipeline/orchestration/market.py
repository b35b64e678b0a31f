"""The assets of the market: tables from landing files, and the findings on them."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from russell_pipeline.market.files.model import TABLE_KINDS
from russell_pipeline.orchestration.derived import derived_asset, whole
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.market import plan_market, refresh
from russell_pipeline.steps.market_findings import market_findings as rows_of_findings
from russell_pipeline.wording import counted

LANDED = (*TABLE_KINDS, "market_blocks", "market_corrections", "landing_files")


@dg.multi_asset(
    name="read_market",
    specs=[dg.AssetSpec(table, **asset_args(table, kinds={"parquet", "polars"})) for table in LANDED],
)
def read_market(context: dg.AssetExecutionContext, lake: LakeResource) -> Iterator[dg.MaterializeResult[None]]:
    """Read new files of the market in landing, and make again the months and years that they feed."""
    plan = plan_market(lake.lake)
    made = refresh(lake.lake, plan, date.today()) if plan else []
    context.log.info(
        f"{counted(len(plan.read), 'file')} read, {len(plan.gone)} gone, {counted(len(made), 'partition')} made again"
    )
    for table in LANDED:
        keys = [key for name, key in made if name == table]
        # Decades of prices do not fit into memory, so only the first partition is shown.
        rows = lake.lake.read(table, keys[:1] if TABLES[table].partition_by else None)
        metadata = {**table_metadata(lake.lake, table, rows), "dagster/row_count": lake.lake.count(table)}
        yield dg.MaterializeResult(asset_key=table, metadata={**metadata, "made_now": dg.MetadataValue.json(keys)})


market_findings = derived_asset("market_findings", whole(rows_of_findings))

assets = [read_market, market_findings]
