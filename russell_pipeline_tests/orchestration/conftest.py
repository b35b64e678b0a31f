"""A lake for people to look at: a company that is called a script, and an index on a small simulated market."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from russell_pipeline.lake.landing import write_files
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulate
from russell_pipeline_tests.conftest import Once, land
from russell_pipeline_tests.reports.conftest import additions


@pytest.fixture(scope="session")
def shown(once: Once) -> Path:
    """The lake after one run, with the history that the UI shows; the same for all workers: tests read it."""

    def make(root: Path) -> None:
        land(root, "additions.txt", additions("final", "AAAA EVIL DDDD"))
        write_files(simulate(Simulation(date(2025, 3, 3), date(2025, 7, 31), names=80)), root / "landing")
        run(Settings(root, processes=1))

    return once("shown", make)
