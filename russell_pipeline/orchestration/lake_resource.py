"""The lake as a Dagster resource: its root and how many processes may read documents."""

from pathlib import Path

import dagster as dg

from russell_pipeline.lake.store import Lake


class LakeResource(dg.ConfigurableResource[None]):
    """A data lake on disk."""

    root: str
    processes: int = 0  # 0: one for each core

    @property
    def lake(self) -> Lake:
        return Lake(Path(self.root))
