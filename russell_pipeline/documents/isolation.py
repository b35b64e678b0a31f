"""Reads documents in parallel, in separate processes that are bounded in time and memory."""

from __future__ import annotations

import gc
import hashlib
import os
import resource
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as ReaderTimeout
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from pebble import ProcessExpired, ProcessPool

from russell_pipeline.documents.model import Document, Unread
from russell_pipeline.documents.pdf import PdfLimits
from russell_pipeline.yaml_text import YamlRefused, bytes_of_yaml

_AHEAD = 4  # documents that are read and wait, besides one for each reader


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Bounds on reading one document: file size and memory in bytes, time in seconds, and what one PDF may hold."""

    bytes: int = 100_000_000
    memory: int = 1_000_000_000
    seconds: float = 30.0
    pdf: PdfLimits = field(default_factory=PdfLimits)


@dataclass(frozen=True, slots=True)
class ReadingOrder:
    """A document to read: the SHA-256 that its bytes must have, its path, and the path of its sidecar if it has one."""

    document_id: str
    path: Path
    sidecar: Path | None = None


def read_documents(
    orders: Iterable[ReadingOrder], processes: int | None = None, limits: ReaderLimits | None = None
) -> Iterator[Document]:
    """Read documents in `processes` parallel processes (default: one per core) and yield them in the order given.

    A document that exceeds its limits or crashes its reader comes back without lines and with a `reason`; the others are not
    affected. So does a file that is gone or whose bytes have changed since it was hashed. `unread` is set if another try may
    succeed.
    """
    orders = list(orders)
    if not orders:
        return
    limits = limits or ReaderLimits()
    _keep_blocked(resource_tracker.ensure_running)
    workers = max(1, min(processes or os.cpu_count() or 1, len(orders)))
    with ProcessPool(
        max_workers=workers,
        context=_readers(),
        initializer=_prepare_reader,
        initargs=[limits.memory],
    ) as pool:
        # A document of a few kilobytes can have a hundred megabytes of lines, so that only some are read ahead of the caller.
        ahead, futures = iter(orders), deque[Any]()
        for order in orders:
            for coming in islice(ahead, workers + _AHEAD - len(futures)):
                futures.append(pool.schedule(_read, args=[coming, limits], timeout=limits.seconds))
            yield _result(futures.popleft(), order, limits)


def _keep_blocked(start: Callable[[], None]) -> None:
    """Start a process by a function of multiprocessing that has this one hear SIGINT where it did not before."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    start()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _result(future: Any, order: ReadingOrder, limits: ReaderLimits) -> Document:
    """The document that a reader returns, or why it returns none."""
    try:
        document: Document = future.result()
    except ReaderTimeout:
        return _unread(order, f"took longer to read than {limits.seconds:g} seconds")
    except ProcessExpired:
        return _unread(
            order, f"brought its reader down, most likely by asking for more than {limits.memory / 1e9:g} GB of memory"
        )
    return document


def _unread(order: ReadingOrder, reason: str, why: Unread = Unread.FAILED) -> Document:
    return Document(order.document_id, reason=reason, unread=why)


class _Reader(ForkServerProcess):
    """A process that does not import the caller's main module, which may import anything and would run again here."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:  # noqa: N802
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Readers(ForkServerContext):
    """Starts processes as forks of one that has already imported the reader."""

    Process = _Reader


def _readers() -> ForkServerContext:
    context = _Readers()
    context.set_forkserver_preload(["russell_pipeline.documents.quiet", "russell_pipeline.documents.parse"])
    return context


def _prepare_reader(memory: int) -> None:
    gc.disable()  # a document has no reference cycles, and looking for them takes a twentieth of the time
    if sys.platform == "linux":  # other systems refuse or ignore this limit; those on time and size still hold
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (held + memory, hard))


def _read(order: ReadingOrder, limits: ReaderLimits) -> Document:
    from russell_pipeline.documents.parse import parse_document

    try:
        size = order.path.stat().st_size
        if size > limits.bytes:
            return Document(order.document_id, reason=f"is {size:,} bytes long; the limit is {limits.bytes:,}")
        data = order.path.read_bytes()
        sidecar = bytes_of_yaml(order.sidecar) if order.sidecar else None
    except YamlRefused as refused:
        return Document(order.document_id, reason=f"its sidecar {order.sidecar and order.sidecar.name} {refused}")
    except OSError as error:
        file = Path(error.filename or order.path).name
        return _unread(order, f"cannot be read: {file}: {error.strerror or error}", Unread.CHANGED)
    except MemoryError:
        return _unread(order, _too_little(limits))
    if hashlib.sha256(data).hexdigest() != order.document_id:
        return _unread(order, "changed while it was being read; the next run reads it again", Unread.CHANGED)
    try:
        return parse_document(
            data, sidecar, order.sidecar.name if order.sidecar else f"{order.path.stem}.yaml", limits.pdf
        )
    except MemoryError:
        return _unread(order, _too_little(limits))
    except Exception as error:  # noqa: BLE001 - an unforeseen fault in one document must not stop the others
        *_, frame = traceback.extract_tb(error.__traceback__)
        where = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
        return Document(
            order.document_id, reason=f"cannot be read for a fault of the reader: {where}; please report it"
        )


def _too_little(limits: ReaderLimits) -> str:
    return f"needs more than {limits.memory / 1e9:g} GB of memory to read"
