"""Runs on a lake in an object store: the same tables as in a folder, from whichever machine, after a kill too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from russell_pipeline import open_lake
from russell_pipeline.cli.main import main
from russell_pipeline.definitions import build_definitions
from russell_pipeline.lake.checksums import is_as_noted
from russell_pipeline.lake.mirror import working
from russell_pipeline.lake.remote import Store
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.orchestration.verifying import verify
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import SHIPPED, STORE_SECRET, land, table_bytes
from russell_pipeline_tests.stores import Killed, contents, dying_after

OnMachine = Callable[[str, str], Settings]
DOCUMENTS = ("reconstitution-2019.txt", "microcap-additions-2023.txt")


def _document(name: str) -> bytes:
    return (SHIPPED / "documents" / name).read_bytes()


def _put(address: str, name: str) -> None:
    Store(address).write(f"landing/documents/{name}", _document(name))


def _tables(address: str) -> dict[str, bytes]:
    return {path: content for path, content in contents(address).items() if path.startswith("tables/")}


def _russell(address: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--lake", address, *arguments])


def _night(settings: Settings) -> dg.ExecuteInProcessResult:
    job = build_definitions(settings).resolve_job_def("nightly")
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)


@pytest.fixture(scope="session")
def in_a_folder(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of two documents in a folder."""
    root = tmp_path_factory.mktemp("folder")
    for name in DOCUMENTS:
        land(root, name, _document(name))
    run(Settings(root, processes=1))
    return table_bytes(root)


def test_two_machines_one_after_the_other_make_the_tables_of_a_folder(
    s3: str, on_machine: OnMachine, in_a_folder: dict[str, bytes]
) -> None:
    """The first from the command line, the second by the night's job."""
    _put(s3, DOCUMENTS[0])
    on_machine("one", s3)
    first = _russell(s3, "run")
    assert first.exit_code == 0, first.output
    assert f"brought 1 object from {s3}\npublished " in first.output
    assert f"tables: {s3}/tables    catalog: {s3}/russell.duckdb" in first.output
    published = Store(s3).list("tables") | Store(s3).list("landing")
    again = _russell(s3, "run")
    assert "published" not in again.output
    assert "nothing new in landing/: no table was touched" in again.output
    assert Store(s3).list("tables") | Store(s3).list("landing") == published
    for output in (first.output, again.output):
        assert STORE_SECRET not in output
        assert "AKIAEXAMPLE" not in output

    _put(s3, DOCUMENTS[1])
    assert _night(on_machine("other", s3)).success
    assert _tables(s3) == in_a_folder
    assert len(open_lake(s3).changes("RMICRO")) > 0


@pytest.mark.slow
def test_another_machine_finds_nothing_damaged(memory: str, on_machine: OnMachine) -> None:
    """The catalog's checksum goes with it through the store."""
    _put(memory, DOCUMENTS[0])
    run(on_machine("one", memory))
    other = on_machine("other", memory)
    report = run(other)
    assert (report.anything, list(report.mended)) == (False, [])
    assert verify(other).damages == []
    assert is_as_noted(Lake(other.root).catalog)


@pytest.mark.faults
def test_a_run_killed_while_it_publishes_is_completed_by_another_machine(
    memory: str, on_machine: OnMachine, in_a_folder: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DOCUMENTS:
        _put(memory, name)
    with pytest.raises(Killed), dying_after(3, monkeypatch, of="cp_file"):
        run(on_machine("one", memory))
    assert len(_tables(memory)) == 3
    with monkeypatch.context() as patch:
        patch.setattr(Store, "now", lambda *_: datetime.now(UTC) + timedelta(hours=1))
        report = run(on_machine("other", memory))
    assert any(note.startswith("completed what a run that was cut off") for note in report.store)
    assert not report.read
    assert _tables(memory) == in_a_folder


def test_files_of_the_market_are_imported_and_simulated_into_the_store(memory: str, on_machine: OnMachine) -> None:
    on_machine("one", memory)
    called = _russell(memory, "simulate", "--from", "2025-05-01", "--to", "2025-05-30", "--names", "60")
    assert called.exit_code == 0, called.output
    assert f"below {memory}/landing" in called.output
    assert f"published {len(contents(memory))} objects to {memory}" in called.output
    assert all(path.startswith("landing/") for path in contents(memory))
    again = _russell(memory, "simulate", "--from", "2025-05-01", "--to", "2025-05-30", "--names", "60")
    assert "published" not in again.output
    asked = _russell(memory, "explain", "RSCC9010", "2025-05-05")
    assert asked.exit_code == 1
    assert asked.output.startswith("russell: ")


def test_the_night_waits_for_who_has_the_lake(
    memory: str, on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("russell_pipeline.orchestration.assets.BUSY", {"max_retries": 1, "seconds_to_wait": 0})
    one = on_machine("one", memory)
    with working(one.root, memory):
        result = _night(on_machine("other", memory))
    assert [event.event_type_value for event in result.all_events].count("STEP_UP_FOR_RETRY") == 1


def test_the_watch_sees_what_is_put_into_the_store(memory: str, on_machine: OnMachine) -> None:
    definitions = build_definitions(on_machine("one", memory))

    def look(cursor: str | None) -> dg.SensorExecutionData:  # type: ignore[name-defined]
        context = dg.build_sensor_context(
            instance=dg.DagsterInstance.ephemeral(),
            cursor=cursor,
            resources=definitions.resources,
            definitions=definitions,
        )
        return definitions.resolve_sensor_def("watch_landing").evaluate_tick(context)

    first = look(None)
    assert not look(first.cursor).run_requests
    _put(memory, DOCUMENTS[0])
    assert len(look(first.cursor).run_requests or []) == 1


def test_tables_that_nobody_would_publish_are_not_made(memory: str, on_machine: OnMachine) -> None:
    """From the UI, years that several machines share, on the folder alone."""
    settings = on_machine("one", memory)
    everything = build_definitions(settings).resolve_implicit_global_asset_job_def()
    job = everything.get_subset(asset_selection={dg.AssetKey("calendar")})
    result = job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), partition_key="2019", raise_on_error=False)
    assert not result.success
    assert not (settings.root / "tables").exists()
