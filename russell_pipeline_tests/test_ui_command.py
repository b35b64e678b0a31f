"""Protects `russell ui`: only the page of this lake is announced, and whatever ends the command ends all that it started."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from russell_pipeline.cli import ui
from russell_pipeline_tests.conftest import call_russell
from russell_pipeline_tests.servers import free_port, serving


def _stands_for_dagster(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Have `russell ui` start a Python program in place of Dagster's servers; its port is the last argument."""
    monkeypatch.setattr(ui, "_command", lambda _, __, port: [sys.executable, "-c", code, str(port)])


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _page(answer: object) -> type[BaseHTTPRequestHandler]:
    """A server that gives this answer to every question."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _of_lake(root: Path) -> dict[str, object]:
    values = [{"key": "root", "value": json.dumps(str(root))}]
    return {"data": {"allTopLevelResourceDetailsOrError": {"results": [{"configuredValues": values}]}}}


def test_a_busy_port_is_one_sentence_with_a_free_one(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui, "_command", lambda *_: pytest.fail("nothing is started"))
    called = call_russell(tmp_path, "ui", "--port", str(taken))
    assert called.returncode == 1
    told = re.fullmatch(
        rf"russell: port {taken} of 127\.0\.0\.1 is in use by another program, perhaps the page of another lake; "
        r"(\d+) is free: russell ui --port (\d+)\n",
        called.stderr,
    )
    assert told
    with socket.create_server(("127.0.0.1", int(told[1]))):
        pass


def test_an_address_of_another_machine_is_a_wrong_call(tmp_path: Path) -> None:
    called = call_russell(tmp_path, "ui", "--host", "192.0.2.1")
    assert called.returncode == 2
    assert "nothing can listen on port 3000 of 192.0.2.1" in called.stderr


@pytest.mark.parametrize(
    ("shown", "code", "says"),
    [
        ("mine", 0, "the graph of {lake} is on http://127.0.0.1:{port}; Ctrl-C ends it"),
        ("other", 1, "http://127.0.0.1:{port} is answered by {lake}-other, not by {lake}: name another --port"),
        ("program", 1, "http://127.0.0.1:{port} is answered by another program, not by {lake}: name another --port"),
    ],
)
def test_only_the_page_of_this_lake_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, code: int, says: str
) -> None:
    """Another server may take the port between the look at it and the start."""
    lake = tmp_path / "lake"
    pages = {"mine": _of_lake(lake), "other": _of_lake(tmp_path / "lake-other"), "program": {"errors": []}}
    _stands_for_dagster(monkeypatch, f"import time; time.sleep({2 if shown == 'mine' else 600})")
    monkeypatch.setattr(ui, "_refuse_a_busy_port", lambda *_: None)
    with serving(_page(pages[shown])) as port:
        called = call_russell(lake, "ui", "--port", str(port))
    assert called.returncode == code
    assert says.format(lake=lake, port=port) in called.stderr
    assert ("Ctrl-C ends it" in called.stderr) == (shown == "mine")


def test_a_server_that_ends_before_it_answers_is_not_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    _stands_for_dagster(monkeypatch, "raise SystemExit(1)")
    monkeypatch.setattr(ui, "_refuse_a_busy_port", lambda *_: None)
    monkeypatch.setattr(ui, "_lake_shown", lambda _: None)
    called = call_russell(tmp_path / "lake", "ui", "--port", str(taken))
    assert called.returncode == 1
    assert "the UI ended before it answered" in called.stderr
    assert "Ctrl-C ends it" not in called.stderr


# A server and its child, which both hold the port; stubborn ones do not hear SIGTERM.
_SERVER = """
import os, signal, socket, sys, time
if {stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
os.set_inheritable(server.fileno(), True)
os.fork()
os.write(1, b"%d\\n" % os.getpgrp())
time.sleep(600)
"""
# Started as by a script that goes on, which has the processes in its background ignore SIGINT.
_IN_THE_BACKGROUND = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
from russell_pipeline.cli import main, process_group, ui
process_group._GRACE = 1.0 if {stubborn} else 20.0
ui._command = lambda _, __, port: [sys.executable, "-c", {server!r}, str(port)]
ui._lake_shown = lambda _: None
main(["--lake", {lake!r}, "ui", "--port", {port!r}])
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    ("number", "stubborn"),
    [(signal.SIGTERM, False), (signal.SIGHUP, False), (signal.SIGINT, False), (signal.SIGTERM, True)],
)
def test_a_signal_ends_all_processes_of_the_ui_and_frees_its_port(
    tmp_path: Path, number: signal.Signals, stubborn: bool
) -> None:
    """Also those that do not hear it, and those of a server that does not answer yet."""
    port = free_port()
    code = _IN_THE_BACKGROUND.format(
        stubborn=stubborn, server=_SERVER.format(stubborn=stubborn), lake=str(tmp_path), port=str(port)
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ui_:
        try:
            assert ui_.stdout is not None
            group = int(ui_.stdout.readline())
            assert int(ui_.stdout.readline()) == group
            ui_.send_signal(number)
            _, said = ui_.communicate(timeout=60)
        finally:
            ui_.kill()
    assert ui_.returncode == 128 + number
    assert said.splitlines()[1:] == [f"the Dagster UI of {tmp_path} has ended"]
    _assert_gone(group, port)


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_servers_of_dagster(tmp_path: Path, number: signal.Signals) -> None:
    """The web server, the daemon, the code server and what starts them."""
    port, command = free_port(), [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(tmp_path), "ui"]
    with subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        said = iter(running.stderr.readline, "")
        assert any("Ctrl-C ends it" in line for line in said)
        [group] = _children(running.pid)
        assert len(_group(group)) >= 4
        running.send_signal(number)
        rest = [*said]
    assert running.returncode == 128 + number
    assert rest[-1] == f"the Dagster UI of {tmp_path} has ended\n"
    assert not any("Traceback" in line for line in rest)
    _assert_gone(group, port)


def _children(process: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid, parent in map(str.split, listed.splitlines()[1:]) if int(parent) == process]


def _group(group: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid,pgid"], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid, of in map(str.split, listed.splitlines()[1:]) if int(of) == group]


def _assert_gone(group: int, port: int) -> None:
    """No process of the group is left, but those that whoever took them over has yet to count as ended, and the port is free."""
    until = time.monotonic() + 5
    while _group(group) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _group(group)
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    with socket.create_server(("127.0.0.1", port)):
        pass
