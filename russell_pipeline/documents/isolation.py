"""Reading documents in processes of their own, each bounded in time and memory, several side by side."""

from __future__ import annotations

import gc
import hashlib
import os
import resource
import sys
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as ReaderTimeout
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

from pebble import ProcessExpired, ProcessPool

from russell_pipeline.documents.model import Document, Unread
from russell_pipeline.documents.pdf import PdfLimits


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Bounds on reading one document: file size and memory in bytes, time in seconds, and what one PDF may hold."""

    bytes: int = 100_000_000
    memory: int = 1_000_000_000
    seconds: float = 30.0
    pdf: PdfLimits = field(default_factory=PdfLimits)


@dataclass(frozen=True, slots=True)
class ReadingOrder:
    """A document to read: the hash that its bytes must have, its file, and its sidecar's."""

    document_id: str
    path: Path
    sidecar: Path | None = None


def read_documents(
    orders: Iterable[ReadingOrder], processes: int | None = None, limits: ReaderLimits | None = None
) -> Iterator[Document]:
    """Documents read side by side in `processes` processes (default: one for each core), in the order given.

    A document that asks for more than its limits, or that brings its reader down, comes back with a reason; the others are
    not affected. A file that is gone, or whose bytes changed since it was hashed, comes back as a document with no lines and a
    reason. Where another try may succeed `unread` says so.
    """
    orders = list(orders)
    if not orders:
        return
    limits = limits or ReaderLimits()
    workers = max(1, min(processes or os.cpu_count() or 1, len(orders)))
    with ProcessPool(
        max_workers=workers,
        context=_readers(),
        initializer=_prepare_reader,
        initargs=[limits.memory],
    ) as pool:
        futures = [pool.schedule(_read, args=[order, limits], timeout=limits.seconds) for order in orders]
        for order, future in zip(orders, futures, strict=True):
            try:
                yield future.result()
            except ReaderTimeout:
                yield _unread(order, f"took longer to read than {limits.seconds:g} seconds")
            except ProcessExpired:
                yield _unread(
                    order,
                    f"brought its reader down, most likely by asking for more than {limits.memory / 1e9:g} GB of memory",
                )


def _unread(order: ReadingOrder, reason: str, why: Unread = Unread.FAILED) -> Document:
    return Document(order.document_id, reason=reason, unread=why)


class _Reader(ForkServerProcess):
    """A process that takes nothing from its caller: a script's main module may import anything, and would run again here."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:  # noqa: N802
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Readers(ForkServerContext):
    """Processes that begin as copies of one which has imported the reader once and for all."""

    Process = _Reader


def _readers() -> ForkServerContext:
    context = _Readers()
    context.set_forkserver_preload(["russell_pipeline.documents.parse"])
    return context


def _prepare_reader(memory: int) -> None:
    gc.disable()  # a read document holds no cycles, and looking for them costs a twentieth of the time
    if sys.platform == "linux":  # elsewhere the limit is refused or not kept; the limits on time and size still hold
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
        sidecar = order.sidecar.read_bytes() if order.sidecar else None
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
    except Exception as error:  # noqa: BLE001 - what nobody foresaw in one document must not keep the others from being read
        *_, frame = traceback.extract_tb(error.__traceback__)
        where = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
        return Document(
            order.document_id, reason=f"cannot be read for a fault of the reader: {where}; please report it"
        )


def _too_little(limits: ReaderLimits) -> str:
    return f"needs more than {limits.memory / 1e9:g} GB of memory to read"
