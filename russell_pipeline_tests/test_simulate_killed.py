"""Protects landing against a `simulate` that is killed: the next command removes what is half written, and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from russell_pipeline.lake.store import _host
from russell_pipeline_tests.conftest import call_russell

# Killed by itself within the write of its third file: no moment of a clock hits that every time.
_KILLED = """
import os, signal, sys
from russell_pipeline.lake import store
written, sync = [], store._sync

def die(path):
    written.append(path)
    if len(written) == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(path)

store._sync = die
from russell_pipeline.cli import main
main(["--lake", sys.argv[1], "simulate", "--from", "2024-01-02", "--to", "2024-06-28", "--names", "30"])
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    "command", [["simulate", "--from", "2024-01-02", "--to", "2024-06-28", "--names", "30"], ["run"]]
)
def test_what_a_killed_simulate_left_half_written_is_gone_after_the_next_command(
    tmp_path: Path, command: list[str]
) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [*tmp_path.rglob("*.tmp")]
    market = tmp_path / "landing" / "market"
    others = [market / ".closes.csv.tmp", market / f".fx.csv.{_host()}.1.{'0' * 32}.tmp"]
    for other in others:
        other.write_text("another program, or another process that is at work")
    called = call_russell(tmp_path, *command)
    assert called.returncode == 0, called.stderr
    assert {*tmp_path.rglob("*.tmp")} == {*others}
