"""Protects `russell ui`: a page is announced once the server that was started answers with this lake, and never another's."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from russell_pipeline.cli import ui
from russell_pipeline_tests.conftest import call_russell
from russell_pipeline_tests.servers import serving


class _Server:
    """Stands for the process that Dagster would be; it ends with `code` after so many questions."""

    def __init__(self, code: int | None = None, after: int = 0) -> None:
        self.code, self.asked, self.after, self.signals = code, 0, after, list[int]()

    def poll(self) -> int | None:
        self.asked += 1
        return self.code if self.asked > self.after or self.signals else None

    def wait(self) -> int:
        self.code = self.code or 0
        return self.code

    def send_signal(self, number: int) -> None:
        self.signals.append(number)
        self.code = 0


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
    monkeypatch.setattr(subprocess, "Popen", lambda *_: pytest.fail("nothing is started"))
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
    lake, server = tmp_path / "lake", _Server()
    pages = {"mine": _of_lake(lake), "other": _of_lake(tmp_path / "lake-other"), "program": {"errors": []}}
    monkeypatch.setattr(subprocess, "Popen", lambda _: server)
    monkeypatch.setattr(ui, "_refuse_a_busy_port", lambda *_: None)
    with serving(_page(pages[shown])) as port:
        called = call_russell(lake, "ui", "--port", str(port))
    assert called.returncode == code
    assert says.format(lake=lake, port=port) in called.stderr
    assert ("Ctrl-C ends it" in called.stderr) == (shown == "mine")
    assert server.signals == ([] if shown == "mine" else [signal.SIGINT])


def test_a_server_that_ends_before_it_answers_is_not_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda _: _Server(code=1))
    monkeypatch.setattr(ui, "_refuse_a_busy_port", lambda *_: None)
    monkeypatch.setattr(ui, "_lake_shown", lambda _: None)
    called = call_russell(tmp_path / "lake", "ui", "--port", str(taken))
    assert called.returncode == 1
    assert "the UI ended before it answered" in called.stderr
    assert "Ctrl-C ends it" not in called.stderr
