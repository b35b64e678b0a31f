"""Protects Ctrl-C: whatever a command is doing, it and its processes say one sentence, and the command begins again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from russell_pipeline_tests.conftest import SHIPPED, call_russell

# Seconds count from here: what Python says of Ctrl-C before it has started is its own.
_BEGUN = "import sys; print('begun', flush=True); from russell_pipeline.cli import main; main(sys.argv[1:])"
STOPPED = "russell: stopped by Ctrl-C; nothing that was published is lost, and the same command begins again\n"
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b"


def _interrupted(lake: Path, *arguments: str, after: float, times: int = 1) -> tuple[int, str]:
    """Exit code and words of a command that Ctrl-C reaches after so many seconds, as from a terminal: with all its processes."""
    command = [sys.executable, "-c", _BEGUN, "--lake", str(lake), *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "begun\n"
            time.sleep(after)
            for _ in range(times):
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGINT)
                    time.sleep(0.05)
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
    return running.returncode, said


def _told_of_ctrl_c(said: str) -> bool:
    return any(word in said for word in ("Ctrl-C", "Traceback", "Interrupt"))


def _ends_in_a_sentence(code: int, said: str) -> bool:
    """Whether a command ended as Ctrl-C ends it, or had ended before; what it said until then is its own."""
    return (code == 130) == said.endswith(STOPPED) and not _told_of_ctrl_c(said.removesuffix(STOPPED))


def _landed(lake: Path, *names: str) -> Path:
    (lake / "landing" / "documents").mkdir(parents=True)
    for name in names:
        shutil.copy(SHIPPED / "documents" / name, lake / "landing" / "documents" / name)
    return lake


def _arguments(command: str, tmp_path: Path) -> list[str]:
    """A command that takes a while."""
    lists = [str(SHIPPED / "documents" / f"russell-3000-{year}.pdf") for year in (2016, 2019)]
    fund = tmp_path / "fund.csv"
    fund.write_text("Ticker,Name,Shares\n" + "".join(f"S{n},NAME {n},{n}\n" for n in range(1, 200_000)))
    return {
        "parse": ["parse", *lists],
        "import": ["import", "yahoo", str(fund)],
        "simulate": ["simulate", "--from", "2000-01-03", "--to", "2026-11-20"],
        "backfill": ["backfill", "--from", "2016", "--to", "2019"],
        "sql": ["sql", ENDLESS],
        "report": ["report", "R3000", "--output", str(tmp_path / "report.html")],
        "status": ["status"],
        "run": ["run"],
    }[command]


@pytest.mark.faults
@pytest.mark.parametrize("command", ["parse", "sql", "run"])
@pytest.mark.parametrize("after", [1.0, *(pytest.param(seconds, marks=pytest.mark.nightly) for seconds in (0.1, 3.0))])
def test_ctrl_c_is_one_sentence_at_whatever_a_command_is(
    finished: Path, tmp_path: Path, command: str, after: float
) -> None:
    """Also while it is still importing; a command that was done before said what it says."""
    lake = _landed(tmp_path / "lake", "russell-3000-2016.pdf") if command in ("run", "simulate") else finished
    code, said = _interrupted(lake, *_arguments(command, tmp_path), after=after)
    assert _ends_in_a_sentence(code, said), said
    assert code == 130 or command in ("parse", "status"), f"it was at work: {said}"


@pytest.mark.faults
def test_ctrl_c_twice_does_not_wait(tmp_path: Path) -> None:
    assert _interrupted(tmp_path, *_arguments("simulate", tmp_path), after=2.0, times=2) == (130, STOPPED)


def test_ctrl_c_waits_for_a_library_in_c_to_be_loaded() -> None:
    """DuckDB's makes enumerations by calling Python, and aborts the process if that call raises."""
    script = """
import enum, os, signal, sys, time
from russell_pipeline.cli.interrupt import heard_here
call = enum.EnumMeta.__call__
def interrupted(*arguments, **named):
    if arguments[1] == "token_type":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        print("called", flush=True)
    return call(*arguments, **named)
enum.EnumMeta.__call__ = interrupted
with heard_here():
    try:
        import duckdb
        time.sleep(30)
    except KeyboardInterrupt:
        print("interrupted")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "called\ninterrupted\n", "")


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["run", "backfill", "parse", "import", "report", "simulate"])
def test_ctrl_c_is_one_sentence_at_any_moment(finished: Path, tmp_path: Path, command: str) -> None:
    """Also in steps of Dagster, in readers of documents and in processes that follow its logs."""
    moments = random.Random(command)
    for number in range(4):
        lake = tmp_path / f"lake{number}"
        if command == "run":
            _landed(lake, *(file.name for file in (SHIPPED / "documents").iterdir()))
        else:
            shutil.copytree(finished, lake)
        at_work = {"run": 20.0, "backfill": 12.0}.get(command, 3.0)
        code, said = _interrupted(lake, *_arguments(command, tmp_path), after=moments.uniform(0.5, at_work))
        assert _ends_in_a_sentence(code, said), said
    if command == "run":
        assert call_russell(lake, "run", "--strict").returncode == 0
