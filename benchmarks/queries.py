"""The start of commands that ask the lake, beside that of Python importing DuckDB alone: each in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.runs import LANDED

ROUNDS = 15
ASKED = (
    ("status",),
    ("members", "R3000", "--on", "2019-07-01"),
    ("changes", "RMICRO"),
    ("calendar", "2019"),
    ("trace", "CERS"),
    ("levels", "RSCC9010"),
    ("sql", "SELECT count(*) FROM documents"),
)


def _seconds(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


def main(rounds: int = ROUNDS) -> None:
    """A small lake, and each command in turn with the import, as often as `rounds`; the least time of each counts."""
    with tempfile.TemporaryDirectory() as folder:
        russell = ("-m", "russell_pipeline.cli", "--lake", folder)
        shutil.copytree(LANDED, Path(folder) / "landing" / "documents")
        _seconds(*russell, "simulate", "--from", "2024-11-20", "--to", "2025-11-20", "--names", "200")
        _seconds(*russell, "run")
        measured = [
            [_seconds("-c", "import duckdb"), *(_seconds(*russell, *asked) for asked in ASKED)] for _ in range(rounds)
        ]
    alone, *took = (min(times) for times in zip(*measured, strict=True))
    for asked, least in zip(ASKED, took, strict=True):
        print(f"russell {asked[0]}: {least * 1000:.0f} ms, {least / alone:.2f} times `import duckdb`")
