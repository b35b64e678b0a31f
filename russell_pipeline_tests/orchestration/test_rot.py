"""Protects what was published from a disk that changes it: each damage is healed or named, and no value changes."""

from __future__ import annotations

import errno
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
from russell_pipeline.orchestration import verifying
from russell_pipeline.orchestration.failures import RunFailed
from russell_pipeline.orchestration.instance import damaged_history, mend_configuration, mend_instance
from russell_pipeline.orchestration.jobs import execute
from russell_pipeline.orchestration.runs import run
from russell_pipeline.orchestration.verifying import verify
from russell_pipeline.orchestration.work import at_work
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps.mending import mend
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.conftest import call_russell, table_bytes

pytestmark = pytest.mark.faults


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
    "uncorrected_levels", "findings",
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
    assert called.stderr.startswith(
        f"russell: {kept} is damaged: neither the catalog nor landing has all it held; delete it, and "
    )
    _overwrite(lake.catalog, before)
    assert call_russell(lake.root, "run", "--offline").returncode == 0
    assert table_bytes(lake.root) == table_bytes(shown)


def test_a_file_that_the_disk_cannot_read_is_put_back(lake: Lake, shown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, read = _file_of(lake, "index_levels"), Path.read_bytes
    inode = file.stat().st_ino

    def fails(path: Path) -> bytes:
        if path == file and path.stat().st_ino == inode:
            raise OSError(errno.EIO, "Input/output error", str(path))
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        assert [found.file for found in verify(Settings(lake.root)).damages] == [file]
        assert len(mend(lake)) == 1
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


HISTORY = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
OF_DATABASES: dict[str, Callable[[Path], None]] = {
    "a bit": lambda file: _flip(file, 2 * file.stat().st_size),
    "the first bytes": lambda file: _overwrite(file, b"garbage" * 20 + file.read_bytes()[140:]),
    "garbage": lambda file: _overwrite(file, random.Random(2).randbytes(file.stat().st_size)),
    "garbage beyond the first page": lambda file: _written(file, file.read_bytes()[:4096] + b"garbage" * 9000),
    "empty": lambda file: _written(file, b""),
}


def _written(file: Path, content: bytes) -> None:
    """As by somebody, now: the checksum of the last run says nothing of it."""
    file.write_bytes(content)


def _work(root: Path) -> list[str]:
    """The least that writes history; what was said of damage."""
    settings = Settings(root, processes=1)
    with at_work(settings) as work:
        execute(settings, Asked(offline=True), {"catalog"}, work)
    return work.mended


@pytest.mark.parametrize("name", HISTORY)
def test_a_damaged_history_is_set_aside_and_begun_anew(lake: Lake, shown: Path, name: str) -> None:
    """However it is damaged; runs go on, and what they publish is the same."""
    home = lake.root / ".dagster"
    file = home / name
    sound = file.with_name("sound")
    shutil.copy2(file, sound)
    for damage in OF_DATABASES.values():
        shutil.copy2(sound, file)
        damage(file)
        assert [found for found, _ in damaged_history(home)] == [file]
    file.with_name(f"{file.name}-wal").write_bytes(b"garbage" * 9000)
    file.with_name(f"{file.name}-shm").write_bytes(b"garbage" * 9000)
    [said] = _work(lake.root)
    [aside] = file.parent.glob(f"{file.name}.damaged-*")
    assert said.startswith(f"{file} ")
    assert f"; it was set aside as {aside.name}, and the history of runs begins anew" in said
    assert ("schedules and sensors are off" in said) == ("schedules" in name)
    assert table_bytes(lake.root) == table_bytes(shown)
    assert call_russell(lake.root, "verify").returncode == 0
    assert _work(lake.root) == []


def test_garbage_beside_a_sound_history_is_harmless(lake: Lake) -> None:
    """Logs that a crash of the machine left."""
    for name in HISTORY:
        for suffix in ("-wal", "-shm"):
            (lake.root / ".dagster" / f"{name}{suffix}").write_bytes(b"garbage" * 9000)
    assert _work(lake.root) == []
    assert call_russell(lake.root, "verify").returncode == 0


CONFIGURATIONS = {
    "no YAML": b"storage: [",
    "no text": b"\xff\xfe\x00",
    "no mapping": b"- 1\n",
    "a key that Dagster has not": b"wrong: 1\n",
    "a value that Dagster has not": b"telemetry: {enabled: perhaps}\n",
}


def test_a_configuration_that_dagster_cannot_take_is_replaced(lake: Lake, shown: Path) -> None:
    """By the one that ships; one in a folder that a person named is theirs, and stops the run."""
    file = lake.root / ".dagster" / "dagster.yaml"
    shipped = file.read_bytes()
    for content in CONFIGURATIONS.values():
        file.write_bytes(content)
        assert call_russell(lake.root, "verify").returncode == 1
        assert mend_configuration(file.parent) != []
        assert file.read_bytes() == shipped
    file.write_bytes(CONFIGURATIONS["a key that Dagster has not"])
    called = call_russell(lake.root, "backfill", "--from", "2025", "--to", "2025")
    assert called.returncode == 0
    [said] = [line for line in called.stderr.splitlines() if str(file) in line]
    assert said.startswith(f"{file} is not what Dagster takes: ")
    assert "; it was set aside as dagster.yaml.damaged-" in said
    assert said.endswith(", and the one that ships is in its place")
    assert table_bytes(lake.root) == table_bytes(shown)


def test_a_configuration_of_a_persons_own_is_theirs_to_mend(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_bytes(CONFIGURATIONS["no YAML"])
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with pytest.raises(RunFailed, match=r"dagster.yaml is no YAML: mend it, or let the lake have its own"):
        mend_instance(Settings(lake.root))
    assert (home / "dagster.yaml").read_bytes() == CONFIGURATIONS["no YAML"]


def test_configuration_of_an_earlier_release_is_replaced_without_a_word(lake: Lake) -> None:
    """It names a storage of that release; nobody has changed it."""
    file = lake.root / ".dagster" / "dagster.yaml"
    shipped = file.read_text()
    storage = "storage:\n  custom:\n    module: russell_pipeline.orchestration.history\n    class: History\n"
    former = shipped.replace(
        "telemetry:", f"{storage}    config:\n      base_dir: {{env: DAGSTER_HOME}}\ntelemetry:", 1
    )
    file.write_text(former)
    assert mend_configuration(file.parent) == []
    assert file.read_text() == shipped
    file.write_text(former.replace("purge_after_days: 30", "purge_after_days: 60"))
    [said] = mend_configuration(file.parent)
    assert "is not what Dagster takes: " in said


def test_a_configuration_that_people_changed_stays(lake: Lake) -> None:
    file = lake.root / ".dagster" / "dagster.yaml"
    file.write_text(file.read_text().replace("purge_after_days: 30", "purge_after_days: 60"))
    assert mend_configuration(file.parent) == []
    assert "purge_after_days: 60" in file.read_text()


EACH = 334


@pytest.mark.nightly
@pytest.mark.parametrize("part", ["tables", "catalog", "history"])
def test_bits_in_numbers(lake: Lake, shown: Path, part: str) -> None:
    """A thousand in all, one at a time, anywhere: `verify` names each, and a run makes good what was published."""
    chance, settings = random.Random(part), Settings(lake.root, processes=1)
    published, catalogued = table_bytes(shown), _catalogued(shown)
    for number in range(EACH):
        history = sorted((lake.root / ".dagster").rglob("*.db"))
        file = chance.choice({"tables": lake.files(), "catalog": [lake.catalog], "history": history}[part])
        sound, before = file.read_bytes(), file.stat()
        bit = chance.randrange(8 * len(sound))
        _flip(file, bit)
        where = f"bit {bit} of {file.relative_to(lake.root)}"
        assert [found.file for found in verify(settings).damages] == [file], where
        if number % 20 == 0:
            assert run(settings, years=["2025"] * (part == "history"), offline=True).anything, where
            assert _catalogued(lake.root) == catalogued, where
        elif part == "tables":
            mend(lake)
        if verify(settings).damages:  # the catalog is not made again every time, nor is a history of a former run ever
            _overwrite(file, sound, before)
        assert table_bytes(lake.root) == published, where
