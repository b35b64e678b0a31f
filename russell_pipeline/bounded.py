"""Calls a function in processes of their own, bounded in memory and time: what hostile input does there costs its own result."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import islice
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

Order = TypeVar("Order")
Result = TypeVar("Result")

_LOOKS_EVERY = 0.02  # seconds
# What readers need, imported once by the process that they are forked from. None of these starts a thread, which no copy of a
# process has; polars and NumPy do.
_SHARED = ("russell_pipeline.quiet", "pebble", "russell_pipeline.documents.parse", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may take: bytes of memory beyond those of an idle process, and seconds.

    `reserved` are bytes of address space that libraries may claim besides, without using them.
    """

    memory: int
    seconds: float
    reserved: int = 0


def begin_sharing() -> None:
    """Let what readers share be imported while the caller does something else; without it the first reader waits."""
    _keep_blocked(resource_tracker.ensure_running)
    forkserver.set_forkserver_preload(list(_SHARED))
    _keep_blocked(forkserver.ensure_running)


def half_of_memory() -> int:
    """Half of the machine's memory, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


class Processes(AbstractContextManager["Processes[Order, Result]"], Generic[Order, Result]):
    """Processes that call `function` on orders; they start with the first order and end with the context.

    `exceeded` has a result for a call that ended badly: it is given the order and the reason, as the rest of a sentence.
    `module` is imported before memory is counted. Besides the calls under way, `ahead` results wait for the caller.
    """

    def __init__(
        self,
        function: Callable[[Order], Result],
        bounds: Bounds,
        exceeded: Callable[[Order, str], Result],
        *,
        module: str,
        most: int = 1,
        ahead: int = 1,
    ) -> None:
        self._function, self._bounds, self._exceeded = function, bounds, exceeded
        self._module, self._most, self._ahead = module, most, ahead
        self._stack = ExitStack()

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def results(self, orders: Sequence[Order]) -> Iterator[Result]:
        """What the function returns for each of the orders, in their order, or what `exceeded` gives for a call that ended badly.

        Raises what the function raises.
        """
        # A result can be thousands of times larger than its order, so that only some are made ahead of the caller.
        coming, futures = iter(orders), deque[Any]()
        for order in orders:
            for next_one in islice(coming, self._most + self._ahead - len(futures)):
                call = self._pool.schedule(self._function, args=[next_one], timeout=self._bounds.seconds)
                futures.append(call)
            try:
                result = futures.popleft().result()
            except TookTooLong:
                result = self._exceeded(order, f"took longer to read than {self._bounds.seconds:g} seconds")
            except ProcessExpired:
                limit = f"{self._bounds.memory / 1e9:.3g} GB of memory"
                result = self._exceeded(order, f"brought its reader down, most likely by asking for more than {limit}")
            yield result

    @cached_property
    def _pool(self) -> ProcessPool:
        begin_sharing()
        bounded = [self._module, self._bounds]
        return self._stack.enter_context(
            ProcessPool(max_workers=self._most, context=_Context(), initializer=_prepare, initargs=bounded)
        )


def _keep_blocked(start: Callable[[], None]) -> None:
    """Start a process by a function of multiprocessing that has this one hear SIGINT where it did not before."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    start()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class _Process(ForkServerProcess):
    """A process that does not import the caller's main module, which may import anything and would run again here."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:  # noqa: N802
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return ForkServerProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Context(ForkServerContext):
    """Starts processes as forks of one that has imported what they share."""

    Process = _Process


def _prepare(module: str, bounds: Bounds) -> None:
    import_module(module)
    Thread(target=_end_beyond, args=[_most_held() + bounds.memory], daemon=True).start()
    # Other systems refuse or ignore this limit, which also holds while a library lets no thread run.
    if sys.platform == "linux":
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (held + bounds.memory + bounds.reserved, hard))


def _end_beyond(most: int) -> None:
    """End this process once it holds more than some bytes of memory."""
    while _most_held() <= most:
        time.sleep(_LOOKS_EVERY)
    os._exit(1)


def _most_held() -> int:
    """The most memory that this process has held, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
