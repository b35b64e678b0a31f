"""The Dagster definitions of one lake: the graph and the nightly job."""

from __future__ import annotations

import dagster as dg

from russell_pipeline.orchestration.graph import build_graph
from russell_pipeline.orchestration.nightly import build_nightly
from russell_pipeline.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that Dagster shows for the lake in the settings."""
    return dg.Definitions.merge(build_graph(settings), build_nightly())


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions for the lake that the environment names."""
    return build_definitions(Settings.from_environment())
