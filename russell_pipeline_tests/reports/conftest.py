"""A lake to report on: a small simulated market, three versions of a list of additions, and a company that is called a script."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from filelock import FileLock

from russell_pipeline.cli import main as russell
from russell_pipeline.lake.landing import write_files
from russell_pipeline.lake.store import Lake
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulate
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.conftest import land
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.typeset.layout import Row, TextLayout
from russell_pipeline_tests.typeset.lists import make_list

SCRIPT = "<script>alert(1)</script>"
ENDING = "</script><img src=x onerror=alert(2)>"
TODAY = date(2025, 8, 1)
_SYMBOLS = {"preliminary": "AAAA BBBB EVIL", "updated": "AAAA EVIL", "final": "AAAA EVIL DDDD"}
_KNOWN = {"preliminary": "2025-05-23", "updated": "2025-05-30", "final": "2025-06-20"}


def additions(status: str, symbols: str) -> bytes:
    """A list of additions to the Russell Microcap of 2025."""
    layout = TextLayout(
        index_code="RMICRO",
        change="addition",
        status=status,
        review_year=2025,
        taxonomy="ICB",
        separator="tab",
        registered="none",
        head=("Company", "Symbol", "Industry"),
        titles=("{index} Index {changes} {year}",),
        footers=("{status} index {adds}",),
    )  # type: ignore[arg-type]
    industries = {"AAAA": "Energy", "EVIL": "Technology"}
    rows = [
        Row(SCRIPT if symbol == "EVIL" else f"{symbol} COMPANY INC", symbol, industries.get(symbol, "Utilities"))
        for symbol in symbols.split()
    ]
    return make_list(layout, rows)


def _tables(lake: Lake) -> None:
    """What a run makes of what is new, without the graph."""
    upstream = ("documents", "membership_changes", "closes", "index_levels", "market_findings")
    make(lake, *upstream, "findings", "catalog", asked=Asked(processes=1, today=TODAY))
    assert lake.read("documents")["reason"].drop_nulls().to_list() == []


@pytest.fixture(scope="session")
def reported(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake, the same for all workers: tests read it."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "reported"
    with FileLock(f"{root}.lock"):
        if not (root / "done").exists():
            shutil.copytree(finished, root)
            for status, symbols in _SYMBOLS.items():
                land(root, f"{status}.txt", additions(status, symbols))
                land(root, f"{status}.yaml", f"published_on: {_KNOWN[status]}\n".encode())
            files = simulate(Simulation(date(2025, 3, 3), date(2025, 7, 31), names=80))
            for path in [path for path in files if path.startswith("components/")]:
                some = pl.int_range(pl.len()) % 2 == 0
                files[path] = files[path].with_columns(
                    company_name=pl.when(some).then(pl.lit(ENDING)).otherwise("company_name")
                )
            write_files(files, root / "landing")
            _tables(Lake(root))
            (root / "done").touch()
    return root


@pytest.fixture(scope="session")
def files(reported: Path) -> dict[str, Path]:
    """The report on the index and that on the review, each made once by the command."""
    words = {"index": ["rscc9010", "--cost-bps", "7.5"], "review": ["--review", "2025-06"]}
    made = {name: reported / f"{name}.html" for name in words}
    with FileLock(f"{reported}.lock"):
        for name in (name for name, file in made.items() if not file.exists()):
            called = CliRunner().invoke(
                russell, ["--lake", str(reported), "report", *words[name], "--output", str(made[name])]
            )
            assert called.exit_code == 0, called.output
    return made


@pytest.fixture(scope="session")
def pages(files: dict[str, Path]) -> dict[str, str]:
    """Their texts."""
    return {name: file.read_text("utf-8") for name, file in files.items()}
