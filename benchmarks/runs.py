"""`russell run` and a backfill of 22 years on the shipped documents, beside a job of Dagster that does nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LANDED = Path(__file__).resolve().parents[1] / "data_lake" / "landing" / "documents"
ROUNDS = 3
YEARS = ("2005", "2026")
EMPTY = """
import dagster as dg

@dg.op
def nothing() -> None: ...

@dg.job
def empty(): nothing()

empty.execute_in_process()
"""
CALLS = {
    "a first run": ("run",),
    "a quiet run": ("run",),
    "one document more": ("run",),
    f"a backfill of {YEARS[0]} to {YEARS[1]}": ("backfill", "--from", YEARS[0], "--to", YEARS[1]),
}


def _round(lake: Path) -> dict[str, float]:
    """The seconds of each call on a new lake."""
    shutil.copytree(LANDED, lake / "landing" / "documents")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER", "RUSSELL"))}
    seconds = {}
    for what, arguments in CALLS.items():
        if what == "one document more":
            more = (LANDED / "microcap-additions-2023.txt").read_bytes() + b"\n"
            (lake / "landing" / "documents" / "more.txt").write_bytes(more)
        command = [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), *arguments]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        seconds[what] = time.perf_counter() - started
    return seconds


def _empty_job() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", EMPTY], check=True, capture_output=True)
    return time.perf_counter() - started


def main(rounds: int = ROUNDS) -> None:
    """All of it; `python -m benchmarks.runs ROUNDS` takes another number of rounds."""
    with tempfile.TemporaryDirectory() as folder:
        measured = [_round(Path(folder) / f"{at}") for at in range(rounds)]
    empty = min(_empty_job() for _ in range(rounds))
    for what in CALLS:
        least = min(one[what] for one in measured)
        print(f"{what}: {least:.1f} s, {least / empty:.2f} times an empty in-process job of Dagster")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
