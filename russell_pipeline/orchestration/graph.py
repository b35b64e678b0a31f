"""The graph of one lake: its assets, their checks, and the job that makes what is stale."""

from __future__ import annotations

import warnings
from typing import Any

import dagster as dg

# Single-run backfills make the years of a run. Dagster calls them beta, and would say so at every start.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from russell_pipeline.orchestration.assets import NIGHTLY, lake_assets  # noqa: E402
from russell_pipeline.orchestration.checks import table_checks  # noqa: E402
from russell_pipeline.orchestration.lake_resource import LakeResource  # noqa: E402
from russell_pipeline.settings import Settings  # noqa: E402


def build_graph(settings: Settings, lake: Any = None) -> dg.Definitions:
    """The graph on the lake in the settings; `lake` is the resource to work on if it is not that of the settings."""
    everything = dg.AssetSelection.all().without_checks()
    return dg.Definitions(
        assets=[lake_assets(settings)],
        asset_checks=[table_checks],
        jobs=[dg.define_asset_job(NIGHTLY, everything, description="Make what is stale, as `russell run` does.")],
        resources={"lake": lake or LakeResource.of(settings)},
        executor=dg.in_process_executor,
    )
