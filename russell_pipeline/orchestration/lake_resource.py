"""The lake as a Dagster resource: its root, the address that it mirrors, and how many processes may read documents."""

from pathlib import Path

import dagster as dg

from russell_pipeline.lake.store import Lake
from russell_pipeline.settings import Settings


class LakeResource(dg.ConfigurableResource[None]):
    """A data lake on disk."""

    root: str
    processes: int = 0  # 0: one for each core
    address: str = ""  # of a lake in an object store; it holds no credentials

    @classmethod
    def of(cls, settings: Settings) -> "LakeResource":
        """The resource that these settings ask for."""
        return cls(root=str(settings.root), processes=settings.processes or 0, address=settings.address or "")

    @property
    def lake(self) -> Lake:
        return Lake(Path(self.root))

    @property
    def settings(self) -> Settings:
        return Settings(Path(self.root), self.processes or None, self.address or None)
