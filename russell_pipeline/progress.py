"""Progress of long work, told to a listener if there is one. How it is shown is up to the listener."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
# What is worked on, how many of it are done, and how many there are.
Listener = Callable[[str, int, int], None]

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have `listener` told of all work that is `tracked` within."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tracked(what: str, items: Iterable[Item], total: int) -> Iterator[Item]:
    """The items, of which there are `total`, one after the other; each counts as done when the next one is asked for."""
    tell = _LISTENER.get() or (lambda *_: None)
    done = 0
    for item in items:
        tell(what, done, total)
        yield item
        done += 1
    if done:
        tell(what, done, total)
