"""The lake as a Dagster resource: its root, the address that it mirrors, and how many processes may read documents."""

from pathlib import Path

import dagster as dg

from russell_pipeline.lake.mirror import is_worked_on
from russell_pipeline.lake.remote import StoreError
from russell_pipeline.lake.store import Lake
from russell_pipeline.settings import Settings

# The job that brings a lake up to date. It brings and publishes a lake at an address itself.
NIGHTLY = "nightly"


class LakeResource(dg.ConfigurableResource[None]):
    """A lake in a folder, or the local mirror of one at an address."""

    root: str
    processes: int = 0  # 0: one for each core
    address: str = ""  # of a lake in an object store; it holds no credentials

    @classmethod
    def of(cls, settings: Settings) -> "LakeResource":
        """The resource for these settings."""
        return cls(root=str(settings.root), processes=settings.processes or 0, address=settings.address or "")

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Raise StoreError if the job would make tables of a lake at an address that nobody publishes."""
        if self.address and context.run and context.run.job_name != NIGHTLY and not is_worked_on(Path(self.root)):
            raise StoreError(
                f"tables of {self.address} are made by `russell run`, `russell backfill` or the job {NIGHTLY}, which publish them"
            )

    @property
    def lake(self) -> Lake:
        return Lake(Path(self.root))

    @property
    def settings(self) -> Settings:
        return Settings(Path(self.root), self.processes or None, address=self.address or None)
