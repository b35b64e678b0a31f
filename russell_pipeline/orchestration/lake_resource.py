"""The lake as a Dagster resource: where it is, and how a run works on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from logging import Logger
from pathlib import Path, PurePosixPath

import dagster as dg

from russell_pipeline.errors import StoreError
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.failures import raising
from russell_pipeline.orchestration.work import at_work
from russell_pipeline.settings import Settings
from russell_pipeline.steps.engine import StepDone, bring_up_to_date
from russell_pipeline.steps.step import Asked


class LakeResource(dg.ConfigurableResource[None]):
    """A lake in a folder, or the local mirror of one at an address."""

    root: str
    processes: int = 0  # 0: one for each core
    address: str = ""  # of a lake in an object store; it holds no credentials

    @classmethod
    def of(cls, settings: Settings) -> LakeResource:
        """The resource for these settings."""
        return cls(root=str(settings.root), processes=settings.processes or 0, address=settings.address or "")

    @property
    def lake(self) -> Lake:
        """The lake in its folder."""
        return Lake(Path(self.root))

    @property
    def settings(self) -> Settings:
        """The settings of a run on this lake."""
        return Settings(Path(self.root), self.processes or None, address=self.address or None)

    def bring_up_to_date(self, asked: Asked, tables: Collection[str], log: Logger) -> Iterator[StepDone]:
        """Make what is stale, as a run of its own that holds the lake and sends notices of new findings.

        Years that are shared between several machines are made without holding it: each file is made by one of them. Raises
        LakeBusy while another run holds the lake, StoreError, and at the end RunFailed if a step failed: of a lake at an address
        nothing is published then. Its years cannot be shared.
        """
        if asked.only_years:
            if self.address:
                raise StoreError(f"years of {self.address} are made again by `russell backfill`, which publishes them")
            yield from raising(bring_up_to_date(self.lake, asked, tables))
            return
        with at_work(self.settings) as work:
            yield from raising(map(work.note, bring_up_to_date(self.lake, asked, tables)))
        work.tell(PurePosixPath(self.settings.name).name, log)
