"""A publisher on the loopback: what it answers at each path is said by a function, and what it was asked is kept."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any

from russell_pipeline_tests.servers import serving

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Publisher:
    """Its address, its replies by path, which may change, and the path and headers of each request."""

    address: str
    replies: dict[str, Reply]
    asked: list[tuple[str, Message]] = field(default_factory=list)


@contextmanager
def publishing(replies: Mapping[str, Reply] | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Publisher]:
    """A publisher that answers until the block ends."""
    publisher = Publisher("", dict(replies or {}))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked.append((self.path, self.headers))
            try:
                publisher.replies.get(self.path.partition("?")[0], says(404))(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # who asked has had enough

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(Handler, tls) as port:
        publisher.address = f"http{'s' if tls else ''}://127.0.0.1:{port}"
        yield publisher


def says(status: int, body: bytes = b"", length: int | None = None, **headers: str) -> Reply:
    """Answer with this status, body and headers; `length` is claimed in place of the body's."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def in_turn(*replies: Reply) -> Reply:
    """One reply after another; the last one for good."""
    left = list(replies)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        now = left.pop(0) if len(left) > 1 else left[0]
        now(handler)

    return reply


def validated(body: bytes, etag: str) -> Reply:
    """A document that says 304 to whoever has this version."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        held = handler.headers["If-None-Match"] == etag
        (says(304, ETag=etag) if held else says(200, body, ETag=etag))(handler)

    return reply
