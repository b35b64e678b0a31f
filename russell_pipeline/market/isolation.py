"""Reads supplied files one after the other; those that can stand for far more than their length, in a process of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

from russell_pipeline.bounded import Bounds, Processes, half_of_memory
from russell_pipeline.market.adapters.holdings import read_components
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.model import Supplied
from russell_pipeline.market.files.reading import read_file, unread

_SECONDS = 600.0
_RESERVED = 1 << 36  # bytes that the allocators and threads of polars and Arrow claim on machines of many cores
# Bytes of text that take little memory however they are made, and less time than a process takes to start.
_SHORT = 1 << 24


@dataclass(frozen=True, slots=True)
class FileOrder:
    """A file to read: the name of its kind, its path, and what rows and sentences call it.

    `refused` is the reason if it is not to be opened.
    """

    kind: str
    path: Path
    name: str
    refused: str | None = None


def market_bounds() -> Bounds:
    """What reading one file may take: half of the machine's memory, and ten minutes."""
    return Bounds(half_of_memory(), _SECONDS, _RESERVED)


class FileReaders(AbstractContextManager["FileReaders"]):
    """Reads files as `read_file` and `read_components` do.

    Parquet, and text of more than 16 MB, is read in a process of its own. A file that takes more memory or time than `bounds`
    (default: `market_bounds`), or crashes its reader, is refused as a whole; the others are not affected.
    """

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._apart = Processes(_read, bounds or market_bounds(), _unread, module=__name__)

    def __exit__(self, *error: object) -> None:
        self._apart.__exit__(*error)

    def read(self, orders: Sequence[FileOrder]) -> Iterator[Supplied]:
        """What each file supplies, in the order given."""
        apart = [_is_read_apart(order) for order in orders]
        results = self._apart.results([*compress(orders, apart)])
        for order, is_apart in zip(orders, apart, strict=True):
            yield next(results) if is_apart else _read(order)


def read_files(orders: Sequence[FileOrder], bounds: Bounds | None = None) -> list[Supplied]:
    """What each of these files supplies, in the order given, as `FileReaders` reads them."""
    with FileReaders(bounds) as readers:
        return list(readers.read(orders))


def _is_read_apart(order: FileOrder) -> bool:
    try:
        return not order.refused and (order.path.suffix.lower() == ".parquet" or order.path.stat().st_size > _SHORT)
    except OSError:
        return False  # the attempt to read it says why


def _read(order: FileOrder) -> Supplied:
    kind = KINDS[order.kind]
    if refused := order.refused or kind.misnamed(order.name):
        return unread(kind, order.name, refused)
    return (
        read_components(order.path, order.name)
        if kind.name == "components"
        else read_file(kind, order.path, order.name)
    )


def _unread(order: FileOrder, reason: str) -> Supplied:
    return unread(KINDS[order.kind], order.name, reason)
