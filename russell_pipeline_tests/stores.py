"""What tests do with lakes in object stores: look at them, put something there, and die while they work on them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from russell_pipeline.lake.remote import Store


class Killed(BaseException):
    """What stands for a process that ends at once: no code of the project catches it."""


def contents(address: str) -> dict[str, bytes]:
    """The objects of a lake, those that only runs need left out."""
    store = Store(address)
    paths = [path for path in store.list("") if not path.startswith(".")]
    return {path: store.read(path) or b"" for path in paths}


def put(address: str, **objects: bytes) -> None:
    """Put objects into a lake's landing folder, as its users do."""
    for name, content in objects.items():
        Store(address).write(f"landing/{name}", content)


@contextmanager
def dying_after(requests: int, monkeypatch: pytest.MonkeyPatch, of: str | None = None) -> Iterator[None]:
    """A process that ends when it has made so many requests to a store in memory, of one kind or any that changes something.

    Nothing that it does afterwards arrives.
    """
    from fsspec.implementations.memory import MemoryFileSystem

    left = itertools.count(requests, -1)
    dead = threading.Event()

    def counted(name: str, method: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            if of in (None, name) and next(left) <= 0:
                dead.set()
            if dead.is_set():
                raise Killed
            return method(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for name in ("pipe_file", "put_file", "cp_file", "rm_file"):
            patch.setattr(MemoryFileSystem, name, counted(name, getattr(MemoryFileSystem, name)))
        yield
