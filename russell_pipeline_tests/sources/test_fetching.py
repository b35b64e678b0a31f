"""Asking servers that stall, drip, truncate, redirect and lie: each costs its own answer, in bounded time."""

from __future__ import annotations

import gzip
import logging
import socket
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address

import pytest

from russell_pipeline.sources.fetching import Answer, FetchLimits, Request, fetch_all
from russell_pipeline_tests.sources.publisher import Publisher, Reply, in_turn, says, validated

LIST = b"Russell 3000 Index\nAs of July 1, 2019\n"
PDF = b"%PDF-1.4\n...\n%%EOF\n"
QUICK = FetchLimits(
    bytes=100_000, silence=0.25, seconds=1.0, night=2.0, backoff=0.01, patience=0.5, attempts=3, redirects=3
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def _ask(address: str, etag: str | None = None, last_modified: str | None = None) -> Answer:
    [answer] = fetch_all([Request("s", address, etag, last_modified)], QUICK)
    return answer


def _answer(publisher: Publisher, reply: Reply, path: str = "/list.txt") -> Answer:
    publisher.replies[path] = reply
    return _ask(publisher.address + path)


def _slowly(pieces: int, pause: float, piece: bytes, head: bytes = b"") -> Reply:
    """Send a piece now and then, for seconds."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)
        for _ in range(pieces):
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return reply


def test_a_document_comes_with_its_validators(publisher: Publisher) -> None:
    reply = says(200, LIST, Content_Type="text/plain", ETag='"1"', Last_Modified="Mon, 01 Jul 2019 00:00:00 GMT")
    answer = _answer(publisher, reply)
    assert answer == Answer("s", LIST, ".txt", '"1"', "Mon, 01 Jul 2019 00:00:00 GMT")
    [(_, headers)] = publisher.asked
    assert headers["User-Agent"].startswith("russell_pipeline/")
    assert headers["If-None-Match"] is None


def test_what_has_not_changed_is_not_sent_again(publisher: Publisher) -> None:
    publisher.replies["/list.txt"] = validated(LIST, '"1"')
    day = "Mon, 01 Jul 2019 00:00:00 GMT"
    assert _ask(f"{publisher.address}/list.txt", '"1"', day) == Answer("s")
    assert publisher.asked[0][1]["If-Modified-Since"] == day
    assert _ask(f"{publisher.address}/list.txt", '"0"').content == LIST


def test_not_modified_without_a_version_to_compare_with_is_refused(publisher: Publisher) -> None:
    assert _answer(publisher, says(304)).reason == "answers 304 Not Modified"


def test_a_validator_that_cannot_be_sent_back_is_not_kept(publisher: Publisher) -> None:
    answer = _answer(publisher, says(200, LIST, ETag='"caf\xe9"', Last_Modified="x" * 2000))
    assert (answer.content, answer.etag, answer.last_modified) == (LIST, None, None)


@pytest.mark.parametrize(
    ("replies", "asked", "reason"),
    [
        ([says(500), says(200, LIST)], 2, None),
        ([says(503), says(502), says(200, LIST)], 3, None),
        ([says(429, Retry_After="0"), says(200, LIST)], 2, None),
        ([says(429, Retry_After="soon"), says(200, LIST)], 2, None),
        ([says(429, Retry_After="Wed, 21 Oct 2015 07:28:00 -0000"), says(200, LIST)], 2, None),
        ([says(429, Retry_After=f"Wed, 21 Oct {'9' * 20} 07:28:00 GMT"), says(200, LIST)], 2, None),
        ([says(200, LIST[:9], length=len(LIST)), says(200, LIST)], 2, None),
        ([says(500)], 3, "answers 500 Internal Server Error"),
        ([says(404)], 1, "answers 404 Not Found"),
        ([says(401)], 1, "answers 401 Unauthorized"),
        ([says(302)], 1, "answers 302 Found"),
        ([says(799)], 1, "answers 799"),
        ([says(206, LIST)], 1, "answers 206 Partial Content"),
    ],
)
def test_what_may_pass_is_asked_again_and_what_will_not_is_not(
    publisher: Publisher, replies: list[Reply], asked: int, reason: str | None
) -> None:
    answer = _answer(publisher, in_turn(*replies))
    assert (answer.reason, len(publisher.asked)) == (reason, asked)
    assert answer.content == (None if reason else LIST)


@pytest.mark.parametrize("form", ["number", "moment"])
def test_a_server_that_asks_for_patience_gets_it_within_bounds(publisher: Publisher, form: str) -> None:
    later = "3600" if form == "number" else format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    answer = _answer(publisher, says(429, Retry_After=later))
    assert answer.reason == "answers 429 Too Many Requests and asks for more than 0.5 seconds of patience"
    assert len(publisher.asked) == 1


def test_retry_after_is_waited_for(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("russell_pipeline.sources.fetching._retry_after", lambda _: 0.3)
    began = time.monotonic()
    assert _answer(publisher, in_turn(says(503), says(200, LIST))).content == LIST
    assert time.monotonic() - began >= 0.3


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(_slowly(1, 1, b""), "was silent for 0.25 seconds", id="stalls before it answers"),
        pytest.param(
            _slowly(1, 1, b"half", HEAD + b"\r\n"), "was silent for 0.25 seconds", id="stalls within the body"
        ),
        pytest.param(_slowly(30, 0.1, b"x", HEAD + b"\r\n"), "took longer than 1 seconds", id="drips its body"),
        pytest.param(_slowly(30, 0.1, b"X: y\r\n", HEAD), "took longer than 1 seconds", id="drips its headers"),
        pytest.param(says(200, LIST, length=1000), "broke off, or does not keep to HTTP", id="says more than it sends"),
        pytest.param(
            _slowly(1, 0, b"", b"220 mail.example.org\r\n"), "broke off, or does not keep to HTTP", id="no HTTP"
        ),
        pytest.param(says(200, PDF, length=12), "is a PDF that was cut short", id="says less than it sends"),
        pytest.param(says(200, b"x", length=10**12), "is longer than 100,000 bytes", id="says too much"),
        pytest.param(
            _slowly(20, 0, b"x" * 10_000, b"HTTP/1.0 200 OK\r\n\r\n"), "is longer than 100,000 bytes", id="too long"
        ),
        pytest.param(
            says(200, gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"),
            "is longer than 100,000 bytes",
            id="a gzip bomb",
        ),
        pytest.param(
            says(200, gzip.compress(gzip.compress(bytes(50_000_000))), Content_Encoding="gzip, gzip"),
            "is encoded as 'gzip, gzip', which was not asked for",
            id="a gzip bomb in another",
        ),
        pytest.param(
            says(200, LIST, Content_Encoding="gzip"), "is not compressed as it says it is", id="is not what it says"
        ),
        pytest.param(
            says(200, b"<!DOCTYPE html><title>Log in</title>", Content_Type="application/pdf"),
            "is an HTML page, perhaps one for logging in: download the document itself",
            id="a log-in page as a PDF",
        ),
        pytest.param(says(200), "is empty", id="nothing"),
    ],
)
def test_a_server_that_misbehaves_is_a_reason_in_bounded_time(publisher: Publisher, reply: Reply, reason: str) -> None:
    began = time.monotonic()
    answer = _answer(publisher, reply)
    assert answer.content is None
    assert (answer.reason or "").startswith(reason)
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_document_that_comes_compressed_unasked_is_undone(publisher: Publisher, encoding: str, encode) -> None:  # type: ignore[no-untyped-def]
    assert _answer(publisher, says(200, encode(LIST), Content_Encoding=encoding)).content == LIST


def test_redirects_are_followed_to_the_document(publisher: Publisher) -> None:
    publisher.replies |= {"/b": says(301, Location=f"{publisher.address}/c"), "/c": says(200, LIST)}
    assert _answer(publisher, says(302, Location="b")).content == LIST


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/list.txt", "redirects more than 3 times"),
        ("file:///etc/passwd", "redirects from http to file:///etc/passwd"),
        ("ftp://example.org/x", "redirects from http to ftp://example.org/x"),
        (
            "http://localhost:1/x?token=hunter2",
            "redirects to http://localhost:1/x?token=***, which is in a private network",
        ),
        ("http://user:hunter2@169.254.169.254/", "redirects to http://169.254.169.254/, which is in a private network"),
        ("https://[::ffff:10.0.0.1]/", "which is in a private network"),
        ("http://0.0.0.0/", "which is in a private network"),
        ("http://[64:ff9b::10.0.0.1]/", "which is in a private network"),
        ("http://[2002:a00:1::]/", "which is in a private network"),
        ("http://[::1", "broke off, or does not keep to HTTP"),
    ],
)
def test_redirects_lead_round_in_circles_or_into_a_network_of_our_own_for_nobody(
    publisher: Publisher, location: str, reason: str
) -> None:
    answer = _answer(publisher, says(302, Location=location))
    assert reason in (answer.reason or "")
    assert "hunter2" not in (answer.reason or "")


class _Names:
    """A name server that answers for `name` with one address after another, the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> None:
        self._name, self._addresses, self._others = name, list(addresses), socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, host: str | bytes, port: object, *args: object, **kwargs: object) -> object:
        if host in (self._name, self._name.encode()):
            host = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        return self._others(host, port, *args, **kwargs)  # type: ignore[arg-type]


def test_a_name_that_changes_its_address_after_it_was_checked_leads_nowhere(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Names(monkeypatch, "rebound.example", "192.88.99.1", "127.0.0.1")
    publisher.replies["/inside"] = says(200, LIST)
    port = publisher.address.rpartition(":")[2]
    answer = _answer(publisher, says(302, Location=f"http://rebound.example:{port}/inside"))
    assert (answer.content, "/inside" in [path for path, _ in publisher.asked]) == (None, False)


def test_a_redirect_connects_to_the_address_that_was_checked_by_the_name_that_it_has(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server sees its name, and a relative redirect stays with it."""
    _Names(monkeypatch, "named.example", "127.0.0.1")
    monkeypatch.setattr(IPv4Address, "is_global", True)
    publisher.replies |= {"/b": says(302, Location="c"), "/c": says(200, LIST)}
    port = publisher.address.rpartition(":")[2]
    answer = _answer(publisher, says(302, Location=f"http://named.example:{port}/b"))
    assert answer.content == LIST
    hosts = [headers["Host"] for _, headers in publisher.asked]
    assert hosts == [f"127.0.0.1:{port}", f"named.example:{port}", f"named.example:{port}"]


def test_over_tls_a_document_comes_and_a_redirect_to_http_does_not(secure: Publisher, publisher: Publisher) -> None:
    assert _answer(secure, says(200, LIST)).content == LIST
    publisher.replies["/list.txt"] = says(200, LIST)
    answer = _answer(secure, says(302, Location=f"{publisher.address}/list.txt"))
    assert answer.reason == f"redirects from https to {publisher.address}/list.txt"
    assert not publisher.asked
    assert _answer(publisher, says(302, Location=f"{secure.address}/b"), "/a").reason == "answers 404 Not Found"


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    answer = _answer(secure, says(200, LIST))
    assert "certificate verify failed" in (answer.reason or "")
    assert not secure.asked


def test_nobody_there_is_a_reason() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        answer = _ask(f"http://127.0.0.1:{probe.getsockname()[1]}/")
    assert (answer.reason or "").startswith("cannot be reached: ")


def test_one_bad_source_holds_up_no_other_and_all_have_an_end(publisher: Publisher) -> None:
    publisher.replies |= {"/stalls": _slowly(1, 2, b""), "/list.txt": says(200, LIST)}
    requests = [Request(f"bad {n}", f"{publisher.address}/stalls") for n in range(30)]
    began = time.monotonic()
    answers = list(fetch_all([*requests[:3], Request("good", f"{publisher.address}/list.txt"), *requests[3:]], QUICK))
    assert time.monotonic() - began < 4
    assert answers[0].source_id == "good"
    assert {answer.source_id for answer in answers} == {"good", *(request.source_id for request in requests)}
    assert "was not done in the 2 seconds that all sources have together" in {answer.reason for answer in answers}


def test_credentials_are_sent_and_never_said(publisher: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    publisher.replies |= {"/a": says(302, Location="/list.txt?token=hunter4"), "/list.txt": says(200, LIST)}
    address = publisher.address.replace("//", "//user:hunter2@") + "/a?token=hunter3"
    request = Request("s", address)
    [answer] = fetch_all([request], QUICK)
    assert answer.content == LIST
    assert publisher.asked[0][1]["Authorization"].startswith("Basic ")
    assert "hunter" not in caplog.text + repr(request) + repr(answer)
