"""Protects what was published from a disk that changes it: each damage is healed or named, and no value changes."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from russell_pipeline.lake.checksums import forget
from russell_pipeline.lake.store import DamagedFile, Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration import verifying
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import call_russell, table_bytes


@pytest.fixture
def lake(shown: Path, tmp_path: Path) -> Lake:
    """A copy of a lake with documents, a market and an index."""
    shutil.copytree(shown, tmp_path / "lake")
    return Lake(tmp_path / "lake")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run publishes beside these tests, so that `verify` need not wait for the checksum of a catalog."""
    monkeypatch.setattr(verifying, "_BETWEEN_LOOKS", 0.0)


def _flip(file: Path, bit: int) -> None:
    """What a disk does: a bit is another, and no time tells. `bit` counts from the end if it is negative."""
    found, content = file.stat(), bytearray(file.read_bytes())
    place = bit % (8 * len(content))
    content[place // 8] ^= 1 << place % 8
    _overwrite(file, bytes(content), found)


def _overwrite(file: Path, content: bytes, found: os.stat_result | None = None) -> None:
    found = found or file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    forget()


def _middle(file: Path) -> int:
    return 4 * file.stat().st_size


def _file_of(lake: Lake, table: str) -> Path:
    return next(file for file in lake.files() if lake.part(file)[0] == table)


# Derived from others, read from documents, made of landing, and kept because nothing else has them.
KINDS = (
    "calendar", "membership_changes", "symbols", "documents", "document_lines", "closes", "components", "landing_files",
    "market_blocks", "weights", "index_levels", "divisor_events", "index_states", "index_runs", "index_restatements",
    "index_kept", "findings",
)  # fmt: skip


@pytest.mark.parametrize("where", ["data", "name of the seal", "label of the seal", "seal", "end"])
def test_a_flipped_bit_in_a_table_is_named_and_put_back(lake: Lake, shown: Path, where: str) -> None:
    """Wherever it is, in tables that follow from others and in those that nothing else has."""
    files = sorted(_file_of(lake, table) for table in KINDS)
    for file in files:
        label = 8 * file.read_bytes().rfind(b"of this file with zeros here")
        places = {
            "data": _middle(file),
            "name of the seal": label - 60,
            "label of the seal": label + 1,
            "seal": label + 400,
        }
        _flip(file, places.get(where, -20))
    names = [str(file.relative_to(lake.root)) for file in files]
    verified = call_russell(lake.root, "verify", "--format", "csv")
    assert (verified.returncode, verified.stdout.count("\n")) == (1, 1 + len(names))
    assert all(f"{file},is not what its checksum says" in verified.stdout for file in files)
    mended = run(Settings(lake.root, processes=1), offline=True).mended
    assert mended == [f"{name} was damaged; what the catalog has of it was put back" for name in names]
    assert table_bytes(lake.root) == table_bytes(shown)
    assert call_russell(lake.root, "verify").returncode == 0


def test_a_damaged_table_is_not_read(lake: Lake) -> None:
    """By whatever makes tables of it without a run: a job that a person starts in the UI."""
    file = _file_of(lake, "closes")
    _flip(file, _middle(file))
    with pytest.raises(DamagedFile, match="closes"):
        lake.read("closes")
    with pytest.raises(DamagedFile, match="closes"):
        lake.hashes()


def test_all_files_come_back_from_the_catalog_byte_for_byte(lake: Lake, shown: Path) -> None:
    """At once, and cut short, which leaves no seal."""
    for file in lake.files():
        _overwrite(file, file.read_bytes()[:-60])
    report = run(Settings(lake.root, processes=1), offline=True)
    assert len(report.mended) == len(lake.files())
    assert table_bytes(lake.root) == table_bytes(shown)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "a bit": lambda file: _flip(file, _middle(file)),
    "empty": lambda file: _overwrite(file, b""),
    "random bytes": lambda file: _overwrite(file, random.Random(1).randbytes(50_000)),
    "another checksum": lambda file: _flip(file.with_name(f"{file.name}.sha256"), 9),
    "a block of zeros": lambda file: _overwrite(file, (old := file.read_bytes())[:4096] + bytes(4096) + old[8192:]),
}


def test_a_damaged_catalog_is_made_again_from_the_tables(lake: Lake, shown: Path) -> None:
    """Whatever has become of it; it is not opened before it is compared with its checksum."""
    for damage in DAMAGES.values():
        shutil.copy2(shown / "russell.duckdb", lake.catalog)
        shutil.copy2(shown / "russell.duckdb.sha256", lake.root)
        damage(lake.catalog)
        verified = call_russell(lake.root, "verify")
        assert (verified.returncode, "russell.duckdb" in verified.stdout) == (1, True)
    called = call_russell(lake.root, "run", "--offline")
    assert called.returncode == 0
    assert "russell.duckdb is not what its checksum says; it is made again from tables/" in called.stderr
    assert "nothing new" not in called.stderr
    assert call_russell(lake.root, "verify").returncode == 0
    assert table_bytes(lake.root) == table_bytes(shown)
    assert _catalogued(lake.root) == _catalogued(shown)


def _catalogued(root: Path) -> dict[str, str]:
    """Every table of the catalog as text."""
    import duckdb

    with duckdb.connect(str(root / "russell.duckdb"), read_only=True) as connection:
        return {name: str(connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall()) for name in TABLES}


def test_a_reader_of_a_damaged_catalog_is_told_what_to_do(lake: Lake) -> None:
    content = bytearray(lake.catalog.read_bytes())
    for at in range(3 * 4096 + 100, len(content), 4096):  # every block, the headers at the beginning not
        content[at] ^= 1
    _overwrite(lake.catalog, bytes(content))
    for command in (
        ["levels", "RSCC9010"],
        ["sql", "SELECT * FROM closes"],
        ["status"],
        ["members", "R3000", "--on", "2025-05-01"],
    ):
        called = call_russell(lake.root, *command)
        assert (called.returncode, called.stdout) == (1, "")
        assert called.stderr == f"russell: {lake.catalog} is damaged: `russell run` makes it again from the tables\n"


def test_what_both_have_lost_is_made_again_or_stops_the_run(lake: Lake, shown: Path) -> None:
    """Of a table that follows from others and of one that holds history, with the catalog damaged too."""
    values = lake.read("calendar")
    made, kept = _file_of(lake, "calendar"), _file_of(lake, "index_levels")
    _flip(made, _middle(made))
    _flip(lake.catalog, _middle(lake.catalog))
    report = run(Settings(lake.root, processes=1), offline=True)
    assert report.mended[0].startswith(
        f"{made.relative_to(lake.root)} was damaged and is made again; as it was it is in "
    )
    assert_frame_equal(lake.read("calendar"), values)
    before = lake.catalog.read_bytes()
    _flip(kept, _middle(kept))
    _flip(lake.catalog, _middle(lake.catalog))
    called = call_russell(lake.root, "run", "--offline")
    assert called.returncode == 1
    assert called.stderr.startswith(f"russell: {kept} is damaged: delete it, and ")
    _overwrite(lake.catalog, before)
    assert call_russell(lake.root, "run", "--offline").returncode == 0
    assert table_bytes(lake.root) == table_bytes(shown)


def test_files_of_an_earlier_release_are_taken_as_they_are(lake: Lake) -> None:
    """Without checksums; their catalog has none either and is made again, and from then on it knows their hashes."""
    file, rows = (
        _file_of(lake, "index_levels"),
        pl.read_parquet(_file_of(lake, "index_levels"), hive_partitioning=False),
    )
    inputs = pl.read_parquet_metadata(file)["russell_pipeline.inputs"]
    rows.write_parquet(file, compression="zstd", statistics=True, metadata={"russell_pipeline.inputs": inputs})
    (lake.root / "russell.duckdb.sha256").unlink()
    old = file.read_bytes()
    assert run(Settings(lake.root, processes=1), offline=True).mended == []
    assert file.read_bytes() == old
    for bit in (_middle(file), -20):
        _flip(file, bit)
        report = run(Settings(lake.root, processes=1), offline=True)
        assert report.mended == [f"{file.relative_to(lake.root)} was damaged; what the catalog has of it was put back"]
        assert_frame_equal(pl.read_parquet(file, hive_partitioning=False), rows)
