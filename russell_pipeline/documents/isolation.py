"""Reads documents, and draws their lines, in separate processes that are bounded in time and memory."""

from __future__ import annotations

import gc
import hashlib
import os
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from russell_pipeline.bounded import Bounds, Processes
from russell_pipeline.documents.model import Box, Document, Unread
from russell_pipeline.documents.pdf.reader import PdfLimits
from russell_pipeline.errors import Refusal
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
    limits, orders = limits or ReaderLimits(), list(orders)
    with Processes(
        partial(_read_apart, limits=limits),
        Bounds(limits.memory, limits.seconds),
        _unread,
        module="russell_pipeline.documents.parse",
        most=max(1, min(processes or os.cpu_count() or 1, len(orders))),
        ahead=_AHEAD,
    ) as readers:
        yield from readers.results(orders)


@dataclass(frozen=True, slots=True)
class DrawingOrder:
    """Lines of one page of a PDF to draw: the SHA-256 of its bytes, its path, the page, and the boxes of the lines."""

    document_id: str
    path: Path
    page: int
    boxes: Sequence[Box]


def draw_lines(orders: Sequence[DrawingOrder], limits: ReaderLimits | None = None) -> Iterator[list[bytes] | str]:
    """A PNG for each box of each order, or why there is none, as the rest of a sentence about the document."""
    limits = limits or ReaderLimits()
    with Processes(
        _draw,
        Bounds(limits.memory, limits.seconds),
        lambda _, reason: f"cannot be drawn: it {reason}",
        module="russell_pipeline.documents.pdf.pictures",
    ) as artists:
        yield from artists.results(orders)


def _draw(order: DrawingOrder) -> list[bytes] | str:
    from russell_pipeline.documents.pdf.pictures import pictures

    try:
        data = order.path.read_bytes()
        if hashlib.sha256(data).hexdigest() != order.document_id:
            return "is no longer what was read"
        return pictures(data, order.page, order.boxes)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    except Refusal as refusal:
        return f"cannot be drawn: it {refusal}"


def _unread(order: ReadingOrder, reason: str, why: Unread = Unread.FAILED) -> Document:
    return Document(order.document_id, reason=reason, unread=why)


def _read_apart(order: ReadingOrder, limits: ReaderLimits) -> Document:
    gc.disable()  # a document has no reference cycles, and looking for them takes a twentieth of the time
    return _read(order, limits)


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
