"""What every test may ask for: the real documents, an empty lake, the `russell` command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from russell_pipeline.settings import Settings
from russell_pipeline_tests.servers import object_store

# A busy machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"
SHIPPED = PROJECT / "data_lake" / "landing"

STORE_SECRET = "hunter2/hunter2"

Russell = Callable[..., subprocess.CompletedProcess[str]]


def _shared(name: str) -> Path:
    """A folder of what belongs to its publishers; tests that need it skip where it is absent, except in CI."""
    folder = SHARED / name
    if not folder.exists():
        if os.environ.get("CI"):
            raise FileNotFoundError(f"{folder} must be there in CI")
        pytest.skip(f"{folder.name}: belongs to its publishers and is not part of the project", allow_module_level=True)
    return folder


def real_documents() -> Path:
    """The folder of real published documents."""
    return _shared("documents")


@pytest.fixture(scope="session")
def real_market() -> Path:
    """The folder of real market files."""
    return _shared("market")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RUSSELL_DATA_LAKE", "RUSSELL_PROCESSES", "RUSSELL_NOTIFY", "RUSSELL_MIRRORS", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _settled_at_once() -> Iterator[None]:
    """Runs in the test's own process do not wait for files to be written: those of tests are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("russell_pipeline.lake.landing.SETTLED_AFTER", 0.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _history_in_memory() -> Iterator[None]:
    """Runs in the test's own process keep their history in memory, which halves their time; those of the command do not."""
    from dagster import DagsterInstance

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("russell_pipeline.orchestration.jobs.lake_instance", lambda _: DagsterInstance.ephemeral())
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of the shipped documents after one run, the same for all workers: tests read it or copy it."""
    from russell_pipeline.orchestration.runs import run
    from russell_pipeline.settings import Settings

    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    with FileLock(f"{root}.lock"):
        if not (root / "done").exists():
            shutil.copytree(SHIPPED / "documents", root / "landing" / "documents")
            run(Settings(root, processes=2))
            (root / "done").touch()
    return root


@pytest.fixture
def lake(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished lake."""
    shutil.copytree(finished, tmp_path / "lake")
    return tmp_path / "lake"


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3 server for all tests of a process."""
    with object_store() as endpoint:
        yield endpoint


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty lake in a bucket of its own."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", STORE_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = f"desk-{uuid.uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/lakes/russell"


@pytest.fixture
def memory() -> Iterator[str]:
    """The address of an empty lake in this process's memory."""
    from fsspec.implementations.memory import MemoryFileSystem

    yield f"memory://{uuid.uuid4().hex}/lake"
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.fixture(params=["memory", "s3"])
def address(request: pytest.FixtureRequest) -> str:
    """The address of an empty lake, in memory and behind a server."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def on_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Settings]:
    """What a machine of that name works with on a lake: a folder of its own and a host of its own."""

    def machine(name: str, lake: str) -> Settings:
        monkeypatch.setenv("RUSSELL_MIRRORS", str(tmp_path / name))
        monkeypatch.setattr("socket.gethostname", lambda: name)
        return Settings.from_environment(lake)

    return machine


def call_russell(lake: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The `russell` command on a lake, in a process of its own."""
    command = [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), *arguments]
    environment = {k: v for k, v in os.environ.items() if k not in ("RUSSELL_DATA_LAKE", "DAGSTER_HOME")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300, **options)  # type: ignore[call-overload,no-any-return]


def land(lake: Path, name: str, data: bytes) -> Path:
    """Put a document into a lake's landing folder."""
    file = lake / "landing" / "documents" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def table_bytes(lake: Path) -> dict[str, bytes]:
    """Every file under tables/ with its bytes."""
    return {
        str(file.relative_to(lake)): file.read_bytes()
        for file in sorted((lake / "tables").rglob("*"))
        if file.is_file()
    }
