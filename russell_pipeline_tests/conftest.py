"""What every test may ask for: the real documents, an empty lake, the `russell` command."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import uuid
from collections import deque
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from filelock import FileLock
from hypothesis import settings

from russell_pipeline.settings import Settings
from russell_pipeline_tests.browsers import chromium
from russell_pipeline_tests.servers import object_store

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from playwright.sync_api import Browser

# A busy machine is no failure. What lands is tried on the same examples by everybody, other runs look for new ones.
settings.register_profile("untimed", deadline=None)
settings.register_profile("landing", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

# Each worker has one processor: threads beside it would wait for each other. Workers and the commands of tests inherit it.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

# Where the tests run in the background of a script, these are ignored, and so they would be by each process that a test starts.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"
SHIPPED = PROJECT / "data_lake" / "landing"

# A folder by its name, and what makes it.
Once = Callable[[str, Callable[[Path], object]], Path]
STORE_SECRET = "hunter2/hunter2"
# A file system in memory, and the bytes that the tests may need of it.
_MEMORY, _ROOM = Path("/dev/shm"), 4 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Folders of tests lie in memory where there is room for them: thousands of small files are written through."""
    if config.option.basetemp or hasattr(config, "workerinput") or not _MEMORY.is_dir():
        return
    if shutil.disk_usage(_MEMORY).free > _ROOM:
        config.option.basetemp = str(_MEMORY / f"russell-tests-{os.getpid()}")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for a server beside is run where there is one."""
    for item in items:
        if {"browser", "s3"}.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("servers")


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


@pytest.fixture(scope="session")
def rank_days() -> Path:
    """The folder of real rank days: a screener's files, and the lists before and after."""
    return _shared("rank_days")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    names = "DATA_LAKE", "PROCESSES", "YEARS_A_RUN", "NOTIFY", "MIRRORS"
    for name in (*(f"RUSSELL_{name}" for name in names), "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _settled_at_once() -> Iterator[None]:
    """Runs in the test's own process do not wait for files to be written: those of tests are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("russell_pipeline.lake.landing.SETTLED_AFTER", 0.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _history_of_each_lake() -> Iterator[None]:
    """Runs in the test's own process keep the history of their lake, whichever lake the process worked on before."""
    from russell_pipeline.orchestration import jobs

    kept = jobs.lake_instance

    def instance(settings: Settings, mended: list[str] | None = None) -> DagsterInstance:
        os.environ.pop("DAGSTER_HOME", None)
        return kept(settings, mended)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "lake_instance", instance)
        yield


@pytest.fixture
def without_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in the test's own process make their tables by the engine alone, without Dagster and its history: in half the time."""
    from russell_pipeline.orchestration import jobs
    from russell_pipeline.orchestration.failures import raising
    from russell_pipeline.orchestration.work import Work
    from russell_pipeline.steps.engine import bring_up_to_date
    from russell_pipeline.steps.step import Asked

    def execute(_settings: Settings, asked: Asked, tables: Collection[str], work: Work) -> None:
        deque(raising(map(work.note, bring_up_to_date(work.lake, asked, tables))), maxlen=0)

    monkeypatch.setattr(jobs, "execute", execute)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Makes a folder that tests read or copy: one worker does, by its name, and all have it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        root, done = shared / name, shared / f"{name}.done"
        with FileLock(f"{root}.lock"):
            if not done.exists():
                shutil.rmtree(root, ignore_errors=True)
                make(root)
                done.touch()
        return root

    return made


@pytest.fixture(scope="session")
def finished(once: Once) -> Path:
    """A lake of the shipped documents after one run."""
    return once("finished", lambda root: _run_on(root, *(SHIPPED / "documents").iterdir()))


@pytest.fixture(scope="session")
def dated(once: Once) -> Path:
    """A lake of one review schedule after one run: for tests that need no lists of thousands."""
    return once("dated", lambda root: _run_on(root, SHIPPED / "documents" / "reconstitution-2019.txt"))


def _run_on(root: Path, *documents: Path) -> None:
    from russell_pipeline.orchestration.runs import run

    for document in documents:
        land(root, document.name, document.read_bytes())
    run(Settings(root, processes=2))


@pytest.fixture
def lake(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished lake."""
    shutil.copytree(finished, tmp_path / "lake")
    return tmp_path / "lake"


def call_russell(lake: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The `russell` command on a lake, in this process; what it does not expect raises here."""
    from russell_pipeline.cli import main

    called = CliRunner().invoke(main, ["--lake", str(lake), *arguments])
    if called.exception is not None and not isinstance(called.exception, SystemExit):
        raise called.exception
    return subprocess.CompletedProcess(arguments, called.exit_code, called.stdout, called.stderr)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the tests of a module."""
    with chromium() as opened:
        yield opened


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


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.servers)])
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
