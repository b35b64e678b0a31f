"""The Dagster definitions: the graph and the night, on one lake."""

from __future__ import annotations

import dagster as dg

from russell_pipeline.orchestration.graph import build_graph
from russell_pipeline.orchestration.nightly import build_nightly
from russell_pipeline.settings import Settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """All that Dagster shows of the lake of the settings."""
    return dg.Definitions.merge(build_graph(settings), build_nightly())


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions on the lake that the environment names."""
    return build_definitions(Settings.from_environment())
