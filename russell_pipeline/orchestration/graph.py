"""The graph on one lake: its assets, their checks, and the jobs of a run."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import dagster as dg

# Single-run backfills make the years of a run. Dagster calls them beta, and would say so at every start.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
# Indexes have another backfill policy on purpose: their years cannot be shared between runs.
warnings.filterwarnings("ignore", message=".*materializes assets with varying BackfillPolicies")

from russell_pipeline.orchestration import (  # noqa: E402
    calendar,
    checks,
    documents,
    index,
    market,
    membership,
    publishing,
    sources,
)
from russell_pipeline.orchestration.lake_resource import LakeResource  # noqa: E402
from russell_pipeline.settings import Settings  # noqa: E402

FETCH = "fetch_documents"
READ = "read_documents"
READ_MARKET = "read_market_files"
PUBLISH = "publish_tables"


def build_graph(settings: Settings) -> dg.Definitions:
    """The graph on the lake in the settings.

    A run consists of jobs. `fetch_documents` asks the sources; `read_documents` and `read_market_files` read what is new in
    landing; `publish_tables` makes the tables of the years affected, then findings and the catalog. The years are not known
    before the documents are read.
    """
    fetching = dg.AssetSelection.assets(*sources.FETCHED)
    market_files = dg.AssetSelection.assets(*market.LANDED)
    reading = dg.AssetSelection.assets("documents", "document_lines")
    return dg.Definitions(
        assets=[
            *_by_years([*calendar.assets, *documents.assets, *membership.assets], settings.years_a_run),
            *sources.assets,
            *market.assets,
            *index.assets,
            *publishing.assets,
        ],
        asset_checks=checks.checks,
        jobs=[
            dg.define_asset_job(FETCH, fetching, description="Ask the addresses of landing/sources.yaml."),
            dg.define_asset_job(READ, reading, description="Read what is new in landing/documents."),
            dg.define_asset_job(
                READ_MARKET, market_files, description="Read what is new in landing's files of the market."
            ),
            dg.define_asset_job(
                PUBLISH,
                dg.AssetSelection.all() - fetching - reading - market_files,
                description="Make the tables of some review years, the findings and the catalog.",
            ),
        ],
        resources={"lake": LakeResource.of(settings)},
        executor=dg.in_process_executor,
    )


def _by_years(assets: Iterable[dg.AssetsDefinition], years_a_run: int | None) -> list[dg.AssetsDefinition]:
    """Assets whose years do not follow from each other, backfilled at most `years_a_run` years in a run."""
    if years_a_run is None:
        return [*assets]
    policy = dg.BackfillPolicy.multi_run(max_partitions_per_run=years_a_run)
    return [asset.with_attributes(backfill_policy=policy) if asset.partitions_def else asset for asset in assets]
