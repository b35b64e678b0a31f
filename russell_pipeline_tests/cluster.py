"""A cluster on the loopback for tests: Redis, Postgres, Dagster's daemon and web server, and workers that can be killed."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from russell_pipeline_tests.conftest import PROJECT

DEPLOY = PROJECT / "deploy"
_PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class Cluster:
    """The processes of a cluster by name, the environment that they share, and its web server's address."""

    environment: Mapping[str, str]
    processes: Mapping[str, subprocess.Popen[bytes]]
    address: str

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What the web server answers to a question in GraphQL."""
        answer = httpx.post(f"{self.address}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def kill(self, name: str) -> None:
        """What becomes of a process when its machine loses power; Celery's main process takes its children with it."""
        self.processes[name].kill()
        self.processes[name].wait()


@contextmanager
def cluster(lake: Path, home: Path, workers: Sequence[str], years_a_run: int) -> Iterator[Cluster]:
    """The deployment of deploy/ on one lake, with `home` for DAGSTER_HOME and logs; each worker does one run at a time."""
    logs = home / "output"
    logs.mkdir(parents=True)
    shutil.copy(DEPLOY / "dagster.yaml", home)
    code, port = _free_port(), _free_port()
    # What compose.yaml starts in containers is started here, with what differs outside of them.
    here = {"0.0.0.0": "127.0.0.1", "3000": str(port), "4000": str(code)}
    here |= {name: str(DEPLOY / name) for name in ("workspace.yaml", "./worker.sh")}
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    commands = {
        name: [here.get(word, word) for word in services[name]["command"]]
        for name in ("history", "code", "webserver", "daemon", "worker")
    }
    with redis(logs) as redis_there, postgres(logs) as postgres_there, ExitStack() as stack:
        environment = {
            **os.environ,
            **redis_there,
            **postgres_there,
            "PATH": f"{_PROGRAMS}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            "DAGSTER_HOME": str(home),
            "RUSSELL_DATA_LAKE": str(lake),
            "RUSSELL_CODE_HOST": "127.0.0.1",
            "RUSSELL_CODE_PORT": str(code),
            "RUSSELL_RUNS_AT_ONCE": str(len(workers)),
            "RUSSELL_YEARS_A_RUN": str(years_a_run),
        }
        # The tables of the history are made once, before all others look for them.
        subprocess.run(commands.pop("history"), env=environment, check=True, capture_output=True)
        worker = commands.pop("worker")
        commands |= {name: [*worker, "--hostname", f"{name}@%h"] for name in workers}
        processes = {
            name: stack.enter_context(_running(command, logs / f"{name}.log", environment))
            for name, command in commands.items()
        }
        there = Cluster(environment, processes, f"http://127.0.0.1:{port}")
        wait_for(lambda: _shows_the_graph(there), 180, "the web server")
        yield there


def _shows_the_graph(there: Cluster) -> bool:
    try:
        return bool(there.ask("{ assetNodes { id } }")["assetNodes"])
    except httpx.TransportError:
        return False


@contextmanager
def redis(logs: Path) -> Iterator[dict[str, str]]:
    """A Redis of our own that keeps nothing; how to reach it."""
    port, password = _free_port(), secrets.token_hex()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--requirepass", password]
    with tempfile.TemporaryDirectory() as folder, _running(command, logs / "redis.log", cwd=folder):
        wait_for(lambda: _listens(port), 30, "Redis")
        yield {"REDIS_URL": f"redis://:{password}@127.0.0.1:{port}/0"}


@contextmanager
def postgres(logs: Path) -> Iterator[dict[str, str]]:
    """A Postgres of our own with an empty database; how to reach it."""
    port, password = _free_port(), secrets.token_hex()
    # Postgres refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        (there / "password").write_text(password)
        if as_user:
            for path in (there, there / "password"):
                shutil.chown(path, "postgres")
        programs = _postgres_programs()
        initdb = [
            f"{programs / 'initdb'}",
            "--pgdata",
            f"{there / 'data'}",
            "--username",
            "dagster",
            "--encoding",
            "UTF8",
        ]
        secured = ["--auth", "scram-sha-256", "--pwfile", f"{there / 'password'}", "--no-sync"]
        subprocess.run([*as_user, *initdb, *secured], check=True, capture_output=True, cwd=folder)
        options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", folder, "-c", "fsync=off"]
        command = [*as_user, str(programs / "postgres"), "-D", str(there / "data"), *options]
        with _running(command, logs / "postgres.log", cwd=folder):
            wait_for(lambda: _listens(port), 60, "Postgres")
            yield {
                "POSTGRES_HOST": "127.0.0.1",
                "POSTGRES_PORT": str(port),
                "POSTGRES_USER": "dagster",
                "POSTGRES_PASSWORD": password,
                "POSTGRES_DB": "postgres",
            }


def _postgres_programs() -> Path:
    """Where initdb is: Debian keeps it off the path, by version."""
    found = shutil.which("initdb")
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return Path(found).parent if found else max(versions, key=lambda path: int(path.parts[-3])).parent


@contextmanager
def _running(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, cwd: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, all of which ends with the context."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=cwd, start_new_session=True
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all of its session, kindly first."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--sid", str(process.pid)], capture_output=True, text=True, check=False
    )
    for left in listed.stdout.split():
        try:
            os.kill(int(left), signal.SIGKILL)
        except ProcessLookupError:
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something is so; after so many seconds it is an error that names it."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds:g} seconds")
        time.sleep(1)
