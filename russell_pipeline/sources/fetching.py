"""Asks addresses over HTTP, each bounded in time, bytes and attempts. What to do with the answers is decided elsewhere.

Asynchronous, because only a limit on the total time ends a connection whose server keeps sending a byte now and then.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.request import getproxies, proxy_bypass

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from russell_pipeline import __version__
from russell_pipeline.errors import Refusal
from russell_pipeline.sources.content import suffix_of
from russell_pipeline.sources.model import shown

# With these a server may answer otherwise a moment later.
_PASSING = {408, 425, 429, 500, 502, 503, 504}
# Encodings that can be decoded piece by piece; several on top of each other cannot.
_UNDONE = {"", "identity", "gzip", "deflate"}
# RFC 6052: the last 32 bits are an IPv4 address.
_NAT64 = IPv6Network("64:ff9b::/96")
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,1000}")
_HEADERS = {
    "User-Agent": f"russell_pipeline/{__version__}",
    "Accept": "application/pdf, text/plain, */*;q=0.1",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds on fetching; times are in seconds.

    `bytes` is the most a document may have. `silence` is the longest wait for a sign of life, `seconds` the time for one address
    with its redirects and retries, `night` the time for all addresses. `backoff` is the pause before the first retry, `patience`
    the longest before any. `attempts` and `redirects` are per address; `at_once` addresses are asked at the same time.
    """

    bytes: int = 50_000_000
    silence: float = 20.0
    seconds: float = 120.0
    night: float = 900.0
    backoff: float = 1.0
    patience: float = 30.0
    attempts: int = 4
    redirects: int = 5
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Request:
    """An address to ask, with the validators of the version that is kept; without them, the document is fetched in any case."""

    source_id: str
    address: str = field(repr=False)
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a request: a document, a `reason` why there is none, or neither if the kept version is still current."""

    source_id: str
    content: bytes | None = field(default=None, repr=False)
    suffix: str = ""
    etag: str | None = None
    last_modified: str | None = None
    reason: str | None = None


class _Passing(Refusal):
    """A refusal that another attempt may mend; `after` is the pause in seconds that the server asks for, if any."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


def fetch_all(requests: Sequence[Request], limits: FetchLimits | None = None) -> Iterator[Answer]:
    """The answers to requests, each as soon as it is there. One that fails gives its reason and does not affect the others."""
    limits = limits or FetchLimits()
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # below this level they log addresses
    tls = httpx.create_ssl_context()
    with asyncio.Runner() as runner:
        loop, turn = runner.get_loop(), asyncio.Semaphore(limits.at_once)
        night = loop.time() + limits.night
        pending = {loop.create_task(_fetch(request, limits, turn, night, tls)) for request in requests}
        while pending:
            done, pending = runner.run(asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED))
            for task in done:
                yield task.result()


async def _fetch(
    request: Request, limits: FetchLimits, turn: asyncio.Semaphore, night: float, tls: ssl.SSLContext
) -> Answer:
    now = asyncio.get_running_loop().time
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((_Passing, httpx.TransportError)),
        stop=stop_after_attempt(limits.attempts),
        wait=_pauses(limits),
        reraise=True,
    )
    try:
        async with turn, asyncio.timeout_at(min(night, now() + limits.seconds)):
            return await retrying(_attempt, request, limits, tls)
    except TimeoutError:
        late = now() >= night
        reason = (
            f"was not done in the {limits.night:g} seconds that all sources have together"
            if late
            else f"took longer than {limits.seconds:g} seconds"
        )
    except Refusal as refusal:
        reason = str(refusal)
    except httpx.TimeoutException:
        reason = f"was silent for {limits.silence:g} seconds"
    except httpx.ConnectError as error:
        reason = f"cannot be reached: {error}"
    except httpx.DecodingError:
        reason = "is not compressed as it says it is"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        reason = "broke off, or does not keep to HTTP"
    return Answer(request.source_id, reason=reason)


async def _attempt(request: Request, limits: FetchLimits, tls: ssl.SSLContext) -> Answer:
    """Ask once, following redirects. Each attempt has its own client, so that no cookie of one source reaches another."""
    conditions = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
    headers = _HEADERS | {name: value for name, value in conditions.items() if value}
    async with httpx.AsyncClient(verify=tls, timeout=limits.silence, headers=headers) as client:
        url, connect_to = httpx.URL(request.address), None
        for _ in range(limits.redirects + 1):
            asking = _asking(client, url, connect_to)
            async with aclosing(await client.send(asking, stream=True)) as response:
                if not response.has_redirect_location:
                    return await _taken(response, request, limits)
                before, url = url, url.join(response.headers["Location"])
                connect_to = await _checked_redirect(before, url, httpx.URL(request.address))
    raise Refusal(f"redirects more than {limits.redirects} times")


def _asking(client: httpx.AsyncClient, url: httpx.URL, connect_to: str | None) -> httpx.Request:
    """A request for an address, to the host that it names or to the address of it that was looked up and checked."""
    if connect_to is None:
        return client.build_request("GET", url)
    named = {"Host": url.netloc.decode("ascii")}
    return client.build_request(
        "GET", url.copy_with(host=connect_to), headers=named, extensions={"sni_hostname": url.host}
    )


async def _taken(response: httpx.Response, request: Request, limits: FetchLimits) -> Answer:
    """The document in a response, or the answer that nothing has changed. Raises Refusal for any other response."""
    status = response.status_code
    if status == HTTPStatus.NOT_MODIFIED and (request.etag or request.last_modified):
        return Answer(request.source_id)
    if status in _PASSING:
        after = _retry_after(response.headers.get("Retry-After", ""))
        if after is not None and after > limits.patience:
            raise Refusal(f"answers {_named(status)} and asks for more than {limits.patience:g} seconds of patience")
        raise _Passing(f"answers {_named(status)}", after)
    if status != HTTPStatus.OK:
        raise Refusal(f"answers {_named(status)}")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _UNDONE:
        raise Refusal(f"is encoded as {encoding[:40]!r}, which was not asked for")
    too_long = Refusal(f"is longer than {limits.bytes:,} bytes")
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared[:20]) > limits.bytes:
        raise too_long
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > limits.bytes:
            raise too_long
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    document = bytes(content)
    return Answer(
        request.source_id,
        document,
        suffix_of(document, httpx.URL(request.address).path, media_type),
        _validator(response.headers.get("ETag")),
        _validator(response.headers.get("Last-Modified")),
    )


async def _checked_redirect(before: httpx.URL, to: httpx.URL, listed: httpx.URL) -> str | None:
    """The address to connect to for a redirect; None where its host may have any, or a proxy looks it up.

    Raises Refusal for a redirect that leaves https, or that leads from the listed host into a private network. Only the listed
    host may be private. The connection goes to the address that was checked: at a second look the name may have another.
    """
    if to.scheme not in ("http", "https") or (before.scheme, to.scheme) == ("https", "http"):
        raise Refusal(f"redirects from {before.scheme} to {shown(str(to))}")
    if to.host == listed.host:
        return None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(to.host, None, type=socket.SOCK_STREAM)
    except OSError:
        return None  # a proxy may resolve it; if none does, the request fails
    addresses = [str(place[0]) for *_, place in found]
    if not all(_within(ip_address(one)).is_global for one in addresses):
        raise Refusal(f"redirects to {shown(str(to))}, which is in a private network; list that address itself")
    return None if _by_proxy(to) else addresses[0]


def _within(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for (mapped, NAT64, 6to4, Teredo), or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


def _by_proxy(url: httpx.URL) -> bool:
    proxies = getproxies()
    return bool(proxies.get(url.scheme) or proxies.get("all")) and not proxy_bypass(url.host)


def _pauses(limits: FetchLimits) -> Callable[[RetryCallState], float]:
    backoff = wait_exponential(limits.backoff, limits.patience) + wait_random(0, limits.backoff)

    def pause(state: RetryCallState) -> float:
        """The pause that the server asks for, else a longer one each time."""
        error = state.outcome.exception() if state.outcome else None
        after = error.after if isinstance(error, _Passing) else None
        return backoff(state) if after is None else after

    return pause


def _retry_after(header: str) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3), be it a number or a moment; None if it is neither."""
    if header.isdecimal():
        return float(header[:12])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _validator(header: str | None) -> str | None:
    """The validator in a header, None if it cannot be sent back unchanged."""
    return header if header and _VALIDATOR.fullmatch(header) else None


def _named(status: int) -> str:
    """A status with its name from the standard, not from the server."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
