"""Progress of long work, told to a listener if there is one. How it is shown is up to the listener."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
# Called with what is worked on, how many are done, and how many there are.
Listener = Callable[[str, int, int], None]

_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Report all work `tracked` in this context to `listener`."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tracked(what: str, items: Iterable[Item], total: int) -> Iterator[Item]:
    """Yield the items and report progress; an item is done when the next is asked for. `total` is how many there are."""
    tell = _LISTENER.get() or (lambda *_: None)
    done = 0
    for item in items:
        tell(what, done, total)
        yield item
        done += 1
    if done:
        tell(what, done, total)
