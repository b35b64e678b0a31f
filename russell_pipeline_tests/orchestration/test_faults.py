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
from russell_pipeline_tests.sources.publisher import publishing, validated

pytestmark = pytest.mark.faults


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


# These say when a document was fetched, which differs.
_DATED = ("tables/sources", "tables/fetched_documents")


@pytest.mark.nightly
@pytest.mark.parametrize(
    "arguments", [("run",), ("backfill", "--from", "2019", "--to", "2023")], ids=["run", "backfill"]
)
def test_a_hundred_kills_never_cost_a_byte(
    tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the moment: each table stays readable, the catalog too, and in the end nothing is left over.

    Of a run that ends before it is killed the tables are taken away, so that every kill is of one at work.
    """
    monkeypatch.setenv("NO_PROXY", "*")
    expected, lake = tmp_path / "expected", tmp_path / "lake"
    schedule = (SHIPPED / "documents" / "reconstitution-2019.txt").read_bytes()
    with publishing({"/schedule.txt": validated(schedule, '"1"')}) as publisher:
        for root in (expected, lake):
            _land(root, "microcap-deletions-2020.pdf", "microcap-additions-2023.txt")
            source = f"- {{address: '{publisher.address}/schedule.txt', allow_http: true}}\n"
            (root / "landing" / "sources.yaml").write_text(source)
            assert call_russell(root, "run").returncode == 0
        chance, killed = random.Random(arguments[0]), 0
        while killed < 100:
            process = subprocess.Popen(
                _command(lake, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            time.sleep(chance.uniform(0.3, 6))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                killed += 1
            elif arguments[0] == "run":
                for folder in ("tables", "landing/documents/fetched"):
                    shutil.rmtree(lake / folder)
                (lake / "russell.duckdb").unlink()
            process.wait()
            for file in (lake / "tables").rglob("data.parquet"):
                pl.read_parquet(file)
            if (lake / "russell.duckdb").exists():
                with duckdb.connect(str(lake / "russell.duckdb"), read_only=True) as catalog:
                    assert catalog.sql("FROM lake_info").fetchall()
        assert call_russell(lake, "run").returncode == 0
    assert _undated(lake) == _undated(expected)
    assert not _leftovers(lake)


def _undated(lake: Path) -> dict[str, bytes]:
    return {name: data for name, data in table_bytes(lake).items() if not name.startswith(_DATED)}


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
