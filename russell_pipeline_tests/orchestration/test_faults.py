"""What nights bring: a full disk, a lake that cannot be written, a reader who never closes, readers and kills in numbers.

After each: a sentence, published tables intact, and a next run that ends in the same bytes.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from russell_pipeline_tests.conftest import SHIPPED, Once, call_russell, table_bytes

SMALL = ("microcap-deletions-2020.pdf", "microcap-additions-2023.txt", "reconstitution-2019.txt")


def _command(lake: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), *arguments]


def _land(lake: Path, *names: str) -> None:
    (lake / "landing" / "documents").mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(SHIPPED / "documents" / name, lake / "landing" / "documents" / name)


def _leftovers(lake: Path) -> list[Path]:
    return [path for path in lake.rglob("*.tmp*") if ".dagster" not in path.parts]


def _limited(size: int) -> Callable[[], None]:
    """No file of the process may grow beyond a size: what a full disk looks like to one that writes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def _land_more(lake: Path) -> None:
    """A document that the lake has, and an empty line."""
    more = (SHIPPED / "documents" / "microcap-additions-2023.txt").read_bytes()
    (lake / "landing" / "documents" / "more.txt").write_bytes(more + b"\n")


@pytest.fixture(scope="module")
def with_more(finished: Path, once: Once) -> Path:
    """The finished lake after one document more."""

    def make(root: Path) -> None:
        shutil.copytree(finished, root)
        _land_more(root)
        assert call_russell(root, "run").returncode == 0

    return once("with_more", make)


@pytest.mark.parametrize("size", [20_000, 1_000_000], ids=["of the history", "of the catalog"])
def test_a_full_disk_is_a_sentence_and_costs_nothing_published(lake: Path, with_more: Path, size: int) -> None:
    """Whatever is written last before it is full."""
    catalog = (lake / "russell.duckdb").read_bytes()
    _land_more(lake)
    full = subprocess.run(_command(lake, "run"), capture_output=True, text=True, check=False, preexec_fn=_limited(size))
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert full.stderr.splitlines()[-1].startswith("russell: ")
    assert (lake / "russell.duckdb").read_bytes() == catalog
    for file in (lake / "tables").rglob("data.parquet"):
        pl.read_parquet(file)
    assert call_russell(lake, "run").returncode == 0
    assert table_bytes(lake) == table_bytes(with_more)
    assert not _leftovers(lake)


def test_a_lake_that_cannot_be_written_is_a_sentence(lake: Path) -> None:
    before = table_bytes(lake)
    (lake / "landing" / "documents" / "new.txt").write_bytes(b"Russell 3000\n")
    # Root may write anywhere, unless it gives that up.
    as_others = ["setpriv", "--bounding-set=-dac_override"] if os.getuid() == 0 else []
    folders = [lake, *(path for path in lake.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    called = subprocess.run([*as_others, *_command(lake, "run")], capture_output=True, text=True, check=False)
    asked = subprocess.run([*as_others, *_command(lake, "trace", "CERS")], capture_output=True, text=True, check=False)
    for folder in folders:
        folder.chmod(0o755)
    assert called.returncode == 1
    assert called.stderr.startswith("russell: Permission denied: ")
    assert "Traceback" not in called.stderr
    assert asked.returncode == 0
    assert table_bytes(lake) == before


def test_a_reader_who_holds_the_catalog_open_stops_nobody_and_sees_one_state(lake: Path) -> None:
    """An analyst's notebook left open over night."""
    with duckdb.connect(str(lake / "russell.duckdb"), read_only=True) as reader:
        before = reader.sql("SELECT count(*) FROM documents").fetchall()
        _land_more(lake)
        subprocess.run(_command(lake, "run"), check=True, capture_output=True)
        assert reader.sql("SELECT count(*) FROM documents").fetchall() == before
    with duckdb.connect(str(lake / "russell.duckdb"), read_only=True) as reader:
        assert reader.sql("SELECT count(*) FROM documents").fetchall() == [(before[0][0] + 1,)]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "arguments", [("run",), ("backfill", "--from", "2019", "--to", "2023")], ids=["run", "backfill"]
)
def test_a_hundred_kills_never_cost_a_byte(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Whatever the moment: each table stays readable, the catalog too, and in the end nothing is left over."""
    expected, lake = tmp_path / "expected", tmp_path / "lake"
    for root in (expected, lake):
        _land(root, *SMALL)
    assert call_russell(expected, "run").returncode == 0
    if arguments[0] == "backfill":
        assert call_russell(lake, "run").returncode == 0
    chance = random.Random(arguments[0])
    for kill in range(100):
        if arguments[0] == "run" and kill % 10 == 0:
            shutil.rmtree(lake / "tables", ignore_errors=True)
            (lake / "russell.duckdb").unlink(missing_ok=True)
        process = subprocess.Popen(
            _command(lake, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.3, 8))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for file in (lake / "tables").rglob("data.parquet"):
            pl.read_parquet(file)
        if (lake / "russell.duckdb").exists():
            with duckdb.connect(str(lake / "russell.duckdb"), read_only=True) as catalog:
                assert catalog.sql("FROM lake_info").fetchall()
    assert call_russell(lake, "run").returncode == 0
    assert table_bytes(lake) == table_bytes(expected)
    assert not _leftovers(lake)


_POLL = """
import sys, time, duckdb
from pathlib import Path
catalog, stop = Path(sys.argv[1]), Path(sys.argv[2])
while not stop.exists():
    with duckdb.connect(str(catalog), read_only=True) as reader:
        [(documents, rows, listed)] = reader.sql('''
            SELECT (SELECT count(*) FROM documents), (SELECT sum(rows_parsed) FROM documents WHERE kind LIKE 'membership%'),
                   (SELECT count(*) FROM membership_lists) + (SELECT count(*) FROM membership_changes)
        ''').fetchall()
    assert (rows or 0) == listed, (documents, rows, listed)
    time.sleep(0.05)
"""


@pytest.mark.nightly
def test_twenty_readers_during_twenty_runs_see_no_lock_and_no_mixed_version(tmp_path: Path) -> None:
    lake, stop = tmp_path / "lake", tmp_path / "stop"
    _land(lake, "microcap-deletions-2020.pdf")
    assert call_russell(lake, "run").returncode == 0
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", _POLL, str(lake / "russell.duckdb"), str(stop)], stderr=subprocess.PIPE, text=True
        )
        for _ in range(20)
    ]
    text = (SHIPPED / "documents" / "microcap-additions-2023.txt").read_bytes()
    for at in range(20):
        (lake / "landing" / "documents" / f"version-{at}.txt").write_bytes(text + b"\n" * (at + 1))
        assert call_russell(lake, "run").returncode == 0
    stop.touch()
    for reader in readers:
        _, said = reader.communicate(timeout=60)
        assert reader.returncode == 0, said
