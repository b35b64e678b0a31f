"""A lake in an object store: brought here and published whole, by one run at a time, whatever ends a run."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from russell_pipeline.cli.main import main
from russell_pipeline.errors import LakeBusy, LeaseLost, NoCatalog, StoreError
from russell_pipeline.lake import lease as leases
from russell_pipeline.lake.mirror import landing_tags, refresh, working
from russell_pipeline.lake.remote import Store, without_secrets
from russell_pipeline.lake.store import publish
from russell_pipeline.queries.catalog import catalog_of
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import STORE_SECRET
from russell_pipeline_tests.stores import Killed, contents, dying_after, put

OnMachine = Callable[[str, str], Settings]
FORMER = {"tables/a/data.parquet": b"a1", "tables/b/year=2025/data.parquet": b"b1", "russell.duckdb": b"catalog 1"}
LATER = {
    "tables/a/data.parquet": b"a2",
    "tables/c/data.parquet": b"c2",
    "landing/documents/fetched/d.pdf": b"d2",
    "russell.duckdb": b"catalog 2",
}


def _work(settings: Settings, wanted: dict[str, bytes]) -> list[str]:
    """A run that makes these files of a lake, and no others; what it says of the store."""
    with working(settings.root, settings.address) as notes:
        _make(settings.root, wanted)
    return notes


def _make(root: Path, wanted: dict[str, bytes]) -> None:
    for file in [file for file in (root / "tables").rglob("*") if file.is_file()]:
        if file.relative_to(root).as_posix() not in wanted:
            file.unlink()
    for path, content in wanted.items():
        publish(root / path, lambda file, content=content: file.write_bytes(content))  # type: ignore[misc]


def _an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "now", lambda *_: datetime.now(UTC) + timedelta(hours=1))


def test_what_a_run_makes_is_published_and_another_machine_has_it(address: str, on_machine: OnMachine) -> None:
    put(address, **{"market/closes.csv": b"closes"})
    one = on_machine("one", address)
    assert _work(one, FORMER) == [f"brought 1 object from {address}", f"published 3 objects to {address}"]
    assert contents(address) == {**FORMER, "landing/market/closes.csv": b"closes"}
    other = on_machine("other", address)
    assert _work(other, LATER) == [f"brought 4 objects from {address}", f"published 5 objects to {address}"]
    assert contents(address) == {**LATER, "landing/market/closes.csv": b"closes"}
    one = on_machine("one", address)
    assert _work(one, LATER) == [f"brought 5 objects from {address}"]
    assert not (one.root / "tables" / "b").exists()


def test_a_run_that_changes_nothing_moves_nothing(
    address: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = on_machine("one", address)
    _work(settings, FORMER)
    before = {path: found for path, found in Store(address).list("").items() if not path.startswith(".")}
    for name in ("download", "upload", "copy"):
        monkeypatch.setattr(Store, name, lambda _, objects, **__: objects and pytest.fail(f"moved {objects}"))
    assert _work(settings, FORMER) == []
    assert {path: found for path, found in Store(address).list("").items() if not path.startswith(".")} == before


def test_landing_is_never_emptied_by_a_run(address: str, on_machine: OnMachine) -> None:
    """What a run has not put there stays, though it is gone from the folder, or comes or changes while the run works."""
    put(address, **{"one.csv": b"1", "two.csv": b"2"})
    settings = on_machine("one", address)
    with working(settings.root, address):
        (settings.root / "landing" / "one.csv").unlink()
        put(address, **{"two.csv": b"22", "three.csv": b"3"})
    assert contents(address) == {"landing/one.csv": b"1", "landing/two.csv": b"22", "landing/three.csv": b"3"}
    with working(settings.root, address):
        assert {file.name: file.read_bytes() for file in (settings.root / "landing").iterdir()} == {
            "one.csv": b"1",
            "two.csv": b"22",
            "three.csv": b"3",
        }


def test_sidecars_of_fetched_documents_go_when_the_run_removes_them(address: str, on_machine: OnMachine) -> None:
    settings = on_machine("one", address)
    _work(settings, {"landing/documents/fetched/d.pdf": b"d", "landing/documents/fetched/d.yaml": b"status: final"})
    with working(settings.root, address):
        (settings.root / "landing" / "documents" / "fetched" / "d.yaml").unlink()
    assert set(contents(address)) == {"landing/documents/fetched/d.pdf"}


def test_the_folder_becomes_what_the_store_holds(address: str, on_machine: OnMachine) -> None:
    settings = on_machine("one", address)
    put(address, **{"gone.csv": b"gone", "stays.csv": b"stays"})
    _work(settings, FORMER)
    Store(address).remove(["landing/gone.csv"])
    _make(settings.root, LATER)  # a run that was killed before it published
    (settings.root / ".mirror.json").write_text("{}"[:1])  # and its index too
    with working(settings.root, address):
        files = {file for folder in ("landing", "tables") for file in (settings.root / folder).rglob("*")}
        found = {file.relative_to(settings.root).as_posix(): file.read_bytes() for file in files if file.is_file()}
    assert found | {"russell.duckdb": b"catalog 1"} == FORMER | {"landing/stays.csv": b"stays"}


def test_a_run_that_fails_publishes_nothing_and_frees_the_lake(address: str, on_machine: OnMachine) -> None:
    settings = on_machine("one", address)
    _work(settings, FORMER)

    def failing() -> None:
        with working(settings.root, address):
            _make(settings.root, LATER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert contents(address) == FORMER
    assert _work(on_machine("other", address), LATER)
    assert contents(address) == LATER


def test_a_file_is_as_old_as_its_object(address: str, on_machine: OnMachine) -> None:
    """So that what was put long ago is not taken for a file that is just being written."""
    put(address, closes=b"1")
    put_at = Store(address).list("landing")["landing/closes"].put_at
    time.sleep(0.05)
    settings = on_machine("one", address)
    with working(settings.root, address):
        assert (settings.root / "landing" / "closes").stat().st_mtime == pytest.approx(put_at.timestamp(), abs=0.001)


# --- one run at a time ------------------------------------------------------------------------------------------------


def test_of_two_at_once_one_is_told_who_has_the_lake(address: str, on_machine: OnMachine) -> None:
    one = on_machine("one", address)
    with working(one.root, address):
        other = on_machine("other", address)
        with pytest.raises(
            LakeBusy, match=rf"process {os.getpid()} on one, for \d s\) is working on {address}, its last"
        ):
            _work(other, LATER)
        assert contents(address) == {}
    _work(other, LATER)
    assert contents(address) == LATER


def test_a_lock_that_ran_out_is_taken_over_and_its_holder_publishes_nothing(
    address: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that was suspended, and wakes when another one has the lake."""
    _work(on_machine("one", address), FORMER)
    one = on_machine("one", address)
    others_notes: list[str] = []

    def sleeping() -> None:
        with working(one.root, address):
            _make(one.root, {**FORMER, "tables/a/data.parquet": b"of the one that slept"})
            other = on_machine("other", address)
            with monkeypatch.context() as patch:
                _an_hour_later(patch)
                others_notes.extend(_work(other, LATER))

    with pytest.raises(LeaseLost, match="nothing of it was published"):
        sleeping()
    taken = f"took over the lock of a run that ended without giving it back (process {os.getpid()} on one"
    assert others_notes[0].startswith(taken)
    assert contents(address) == LATER
    assert _work(on_machine("third", address), FORMER)
    assert contents(address) == {**FORMER, "landing/documents/fetched/d.pdf": b"d2"}


def test_a_holder_gives_signs_of_life_and_sees_that_it_lost_the_lake(
    address: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_SIGNS", 3000)
    on_machine("one", address)
    store = Store(address)
    with leases.leased(store, "one") as lease:
        first = store.list(leases.LOCKS)
        for _ in range(600):
            time.sleep(0.1)
            if store.list(leases.LOCKS) != first:
                break
        else:
            pytest.fail("no sign of life in a minute")
        lease.check()
        store.create(f"{leases.LOCKS}/{lease.number + 1:08}", b"another's")
        lease.renew()
        with pytest.raises(LeaseLost):
            lease.check()


def test_a_holder_that_cannot_renew_stops_before_the_lock_is_another_s(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = on_machine("one", memory)
    began = time.time()

    def cut_off() -> None:
        with working(settings.root, memory):
            _make(settings.root, LATER)
            monkeypatch.setattr("russell_pipeline.lake.lease.time.time", lambda: began + leases.LEASE * 0.9)

    with pytest.raises(LeaseLost):
        cut_off()
    assert contents(memory) == {}


def test_the_lock_of_a_killed_run_is_free_at_once_on_its_own_machine_only(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = on_machine("one", memory)
    with pytest.raises(Killed), dying_after(4, monkeypatch):
        _work(one, FORMER)
    with pytest.raises(LakeBusy, match="without one for 300 s its lock is free"):
        _work(on_machine("other", memory), FORMER)
    assert "took over" in _work(on_machine("one", memory), FORMER)[0]
    assert contents(memory) == FORMER


def test_a_store_that_overwrites_what_is_made_once_is_refused(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers ignore the condition of a put: two runs could not be told apart there."""
    from fsspec.implementations.memory import MemoryFileSystem

    put_always = MemoryFileSystem.pipe_file
    monkeypatch.setattr(MemoryFileSystem, "pipe_file", lambda self, path, value, **_: put_always(self, path, value))
    with pytest.raises(StoreError, match="cannot keep two runs apart"):
        _work(on_machine("one", memory), FORMER)
    assert contents(memory) == {}


# --- what ends a run --------------------------------------------------------------------------------------------------


def test_a_push_that_is_killed_anywhere_is_completed_by_another_machine(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each request: the catalog is one or the other, and the next run ends in the bytes of an undisturbed one."""
    _an_hour_later(monkeypatch)
    states = set()
    for requests in range(100):
        _work(on_machine("one", memory), FORMER)
        before = contents(memory)
        try:
            with dying_after(requests, monkeypatch):
                _work(on_machine("one", memory), LATER)
            break
        except Killed:
            pass
        assert contents(memory)["russell.duckdb"] in (b"catalog 1", b"catalog 2")
        other = on_machine("other", memory)
        with working(other.root, memory):
            # All of the killed run, or nothing of it.
            completed = contents(memory)
            assert completed in (before, LATER | {"landing/documents/fetched/d.pdf": b"d2"})
            states.add(completed == before)
            _make(other.root, LATER)
        assert contents(memory) == LATER
        assert not [path for path in Store(memory).list(leases.PUSHES) if not path.endswith("/commit.json")]
    else:
        pytest.fail("a run that is never done")
    assert states == {True, False}


def test_a_store_that_fails_midway_is_a_sentence_and_costs_nothing_published(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    settings = on_machine("one", memory)
    _work(settings, FORMER)

    def full(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "put_file", full)
        with pytest.raises(StoreError, match=f"^{memory} cannot be written: Access Denied$"):
            _work(settings, LATER)
    assert contents(memory) == FORMER
    _work(settings, LATER)
    assert contents(memory) == LATER


# --- asking -----------------------------------------------------------------------------------------------------------


def test_a_question_fetches_the_catalog_when_it_changed_and_nothing_else(
    address: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _work(on_machine("one", address), FORMER)
    desk = on_machine("desk", address)
    catalog = catalog_of(desk.root, address)
    assert catalog.read_bytes() == b"catalog 1"
    with monkeypatch.context() as patch:
        patch.setattr(Store, "download", lambda *_: pytest.fail("fetched again"))
        assert catalog_of(desk.root, address) == catalog
    _work(on_machine("one", address), LATER)
    assert catalog_of(desk.root, address).read_bytes() == b"catalog 2"
    assert catalog.read_bytes() == b"catalog 1"  # for whoever has it open
    assert not (desk.root / "tables").exists()


def test_a_question_beside_a_run_sees_what_is_published(address: str, on_machine: OnMachine) -> None:
    settings = on_machine("one", address)
    with pytest.raises(NoCatalog, match=f"there is no catalog in {address} yet"):
        catalog_of(settings.root, address)
    _work(settings, FORMER)
    with working(settings.root, address):
        _make(settings.root, LATER)
        assert catalog_of(settings.root, address).read_bytes() == b"catalog 1"
    assert catalog_of(settings.root, address).read_bytes() == b"catalog 2"


def test_tables_are_brought_for_questions_that_read_them_once_they_are_whole(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _work(on_machine("one", memory), FORMER)
    desk = on_machine("desk", memory)
    refresh(desk.root, memory)
    assert (desk.root / "tables" / "a" / "data.parquet").read_bytes() == b"a1"
    # A commit that nobody completed.
    Store(memory).write(leases.commit_of(7), json.dumps({"puts": [], "removes": ["tables/a/data.parquet"]}).encode())
    monkeypatch.setattr("russell_pipeline.lake.mirror._BETWEEN_LOOKS", 0.0)
    with pytest.raises(StoreError, match="is being published to"):
        refresh(desk.root, memory)
    assert (desk.root / "tables" / "a" / "data.parquet").read_bytes() == b"a1"


def test_landing_can_be_watched_without_bringing_it(address: str) -> None:
    put(address, **{"closes.csv": b"1", ".hidden": b"2"})
    before = landing_tags(address)
    assert list(before) == ["landing/closes.csv"]
    put(address, **{"closes.csv": b"2"})
    assert landing_tags(address) != before


# --- addresses and secrets --------------------------------------------------------------------------------------------


def test_a_folder_is_what_it_was(tmp_path: Path) -> None:
    for named in (str(tmp_path), f"file://{tmp_path}"):
        settings = Settings.from_environment(named)
        assert settings == Settings(tmp_path.resolve())
        assert settings.name == str(tmp_path.resolve())
    with working(tmp_path, None) as notes:
        (tmp_path / "russell.duckdb").write_bytes(b"1")
    assert notes == []


@pytest.mark.parametrize("lake", ["s3://key:hunter2@desk/lake", "s3://desk/lake?secret=hunter2"])
def test_an_address_with_credentials_is_refused_and_not_repeated(lake: str) -> None:
    called = CliRunner().invoke(main, ["--lake", lake, "status"])
    assert called.exit_code == 2
    assert "s3://desk/lake must hold neither user nor password" in called.output
    assert "hunter2" not in called.output


def test_mirrors_of_different_lakes_are_different_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lakes = ("s3://desk/lake", "s3://desk/lake/", "s3://desk/other/lake", "s3://other/lake", "s3://desk")
    roots = [Settings.from_environment(lake).root for lake in lakes]
    assert roots[0] == roots[1]
    assert len(set(roots)) == 4
    assert all(root.parent == tmp_path / "russell_pipeline" for root in roots)


@pytest.mark.parametrize("key", ["landing/../../outside.csv", "landing//closes.csv", "landing/./closes.csv"])
def test_an_object_whose_name_leads_elsewhere_is_refused(s3: str, on_machine: OnMachine, key: str) -> None:
    import boto3

    bucket, _, prefix = s3.removeprefix("s3://").partition("/")
    boto3.client("s3").put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=b"1")
    settings = on_machine("one", s3)
    with pytest.raises(StoreError, match="no folder can hold"):
        _work(settings, FORMER)
    assert not list(settings.root.parent.rglob("*.csv"))


@pytest.mark.parametrize("command", [["status"], ["run"], ["simulate"], ["sql", "SELECT 1"]])
def test_a_store_that_cannot_be_reached_is_a_sentence_without_secrets(
    s3: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    from s3fs import S3FileSystem

    on_machine("one", s3)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://night:{STORE_SECRET.replace('/', '')}@127.0.0.1:9")
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    S3FileSystem.clear_instance_cache()
    called = CliRunner().invoke(main, ["--lake", s3, *command])
    S3FileSystem.clear_instance_cache()
    assert called.exit_code == 1
    assert f"russell: {s3} cannot be " in called.output
    assert "hunter2" not in called.output
    assert len(called.output.splitlines()) == 1


def test_a_bucket_that_is_not_there_is_a_sentence(s3: str, on_machine: OnMachine) -> None:
    on_machine("one", s3)
    called = CliRunner().invoke(main, ["--lake", "s3://nobody/lake", "run"])
    assert (called.exit_code, called.output) == (
        1,
        "russell: s3://nobody/lake cannot be written: The specified bucket does not exist\n",
    )


def test_without_the_packages_of_a_store_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "upath", None)
    called = CliRunner().invoke(main, ["--lake", "s3://desk/lake", "status"])
    assert called.exit_code == 1
    assert "pip install 'russell-pipeline[remote]'" in called.output


def test_what_is_kept_in_the_store_and_the_folder_holds_no_secret(s3: str, on_machine: OnMachine) -> None:
    settings = on_machine("one", s3)
    with working(settings.root, s3):
        _make(settings.root, FORMER)
        kept = [Store(s3).read(path) or b"" for path in Store(s3).list("")]
    kept += [file.read_bytes() for file in settings.root.rglob("*") if file.is_file()]
    assert kept
    assert not [content for content in kept if STORE_SECRET.encode() in content or b"AKIAEXAMPLE" in content]


def test_messages_lose_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSSPEC_SFTP_PASSWORD", "correct horse")
    said = without_secrets("login of http://desk:pw@host/x failed with correct horse")
    assert said == "login of http://***@host/x failed with ***"
