"""The assets at the end of the graph: the findings of every area, and the catalog that people query."""

from datetime import timedelta

import dagster as dg

from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, group_args, table_metadata
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.catalog import build_catalog
from russell_pipeline.steps.findings import findings_now

# Every run that makes anything makes these.
ALWAYS = ("findings", "catalog")


@dg.asset(
    **asset_args("findings", kinds={"parquet", "polars"}),
)
def findings(lake: LakeResource) -> dg.MaterializeResult[None]:
    """Everything that a person should look at now. A finding keeps the day on which it was first found."""
    rows = findings_now(lake.lake)
    lake.lake.write("findings", rows)
    return dg.MaterializeResult(metadata=table_metadata(lake.lake, "findings", rows))


@dg.asset(
    deps=list(TABLES),
    **group_args("catalog"),
    kinds={"duckdb"},
    description="The DuckDB catalog russell.duckdb: every table under its own name, one state of the lake for every reader.",
    # Made or confirmed on every session, and a long weekend has four days without one.
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=5), warn_window=timedelta(days=4)),
)
def catalog(lake: LakeResource) -> dg.MaterializeResult[None]:
    """Rebuild the catalog aside and put it in place whole."""
    counts = build_catalog(lake.lake)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "dagster/uri": lake.lake.catalog.resolve().as_uri(),
            "rows": dg.MetadataValue.json(counts),
        }
    )


assets = [findings, catalog]
