"""Servers on the loopback for tests: a webhook, a mailbox, an object store, the UI, and what other tests serve."""

from __future__ import annotations

import logging
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import httpx


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer on a free port of the loopback; the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, list[bytes]]]:
    """A webhook: its address for notices, and the bodies that it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(Handler) as port:
        yield f"json://127.0.0.1:{port}/hook?secret=hunter2", bodies


@contextmanager
def mailbox() -> Iterator[tuple[str, list[EmailMessage]]]:
    """A mail server: its address for notices, and the mails that it took."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Message

    mails: list[Any] = []

    class Handler(Message):
        def handle_message(self, message: Any) -> None:
            mails.append(message)

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{controller.port}/?from=night@example.org&to=desk@example.org&mode=insecure", mails
    finally:
        controller.stop()


@contextmanager
def object_store() -> Iterator[str]:
    """An S3 server that keeps its objects in memory; its address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


@contextmanager
def dagster_ui(lake: Path) -> Iterator[str]:
    """The web server that `russell ui` starts on a lake, without the daemon that it starts beside it; its address."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    with as_file(files("russell_pipeline").joinpath("workspace.yaml")) as workspace:
        server = subprocess.Popen(
            [sys.executable, "-m", "dagster_webserver", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)],
            env={**os.environ, "RUSSELL_DATA_LAKE": str(lake), "DAGSTER_HOME": str(lake / ".dagster")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not _answers(f"{address}/server_info"):
                assert server.poll() is None, "the UI has ended"
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port of the loopback on which nothing listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
