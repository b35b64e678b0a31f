"""`russell run` and a backfill of 22 years on the shipped documents, beside the same with Dagster's own storage of history.

And a quiet run, which is what most nights are, beside a job of Dagster that does nothing.
"""

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
# What somebody would have who wrote no `storage` into dagster.yaml.
OWN = "telemetry: {enabled: false}\n"
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


def _round(lake: Path, own: bool) -> dict[str, float]:
    """The seconds of each call on a new lake."""
    shutil.copytree(LANDED, lake / "landing" / "documents")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER", "RUSSELL"))}
    if own:
        (lake / ".dagster").mkdir()
        (lake / ".dagster" / "dagster.yaml").write_text(OWN)
        environment["DAGSTER_EVENT_BATCH_SIZE"] = "0"
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
        measured = [
            (_round(Path(folder) / f"{at}", own=False), _round(Path(folder) / f"{at}-own", own=True))
            for at in range(rounds)
        ]
    quiet = min(one["a quiet run"] for one, _ in measured)
    print(
        f"a quiet run takes {quiet / min(_empty_job() for _ in range(rounds)):.2f} times an empty in-process job of Dagster"
    )
    for what in CALLS:
        ours, own = min(one[what] for one, _ in measured), min(other[what] for _, other in measured)
        print(f"{what}: {ours:.1f} s; with Dagster's own storage {own / ours:.1f} times that")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
