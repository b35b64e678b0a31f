"""Ctrl-C ends a command in one sentence, and none of the processes that it starts hears it. Imports little, to be early."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130  # as shells say it
STOPPED = "russell: stopped by Ctrl-C; nothing that was published is lost, and the same command begins again"
# Wakes the main thread from what it waits for; nobody else sends it here, and processes that are started ignore it.
_WAKE = signal.SIGURG
_AGAIN = 0.05  # seconds
_telling = threading.Lock()
_lost: list[BaseException] = []


def stop() -> NoReturn:
    """Say that Ctrl-C stopped the command, and end it."""
    tell()
    raise SystemExit(INTERRUPTED)


@contextmanager
def heard_here() -> Iterator[None]:
    """Have Ctrl-C heard by this process and by none that is started within; a second one does not wait for what is at work.

    A terminal tells all of its processes at once, and those of libraries would answer with tracebacks of their own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, before, unraisable = threading.Event(), signal.signal(_WAKE, _as_interrupt), sys.unraisablehook
    sys.unraisablehook = _raise_again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    listener = threading.Thread(target=_listen, args=[over], name="ctrl-c", daemon=True)
    listener.start()
    try:
        yield
    finally:
        if not _telling.locked():  # else the listener stays, for a second one
            over.set()
            signal.pthread_kill(listener.ident or 0, signal.SIGINT)
            listener.join()
            signal.signal(_WAKE, before)
            sys.unraisablehook = unraisable
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # the work is done by then
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _listen(over: threading.Event) -> None:
    """Pass Ctrl-C on to the main thread, where a handler of it may be, and end the process at a second one."""
    heard = 0
    while True:
        signal.sigwait({signal.SIGINT})
        if over.is_set():
            return
        heard += 1
        if heard > 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            tell()
            os._exit(INTERRUPTED)
        _wake()


def _wake() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, _WAKE)


def _as_interrupt(_: int, frame: FrameType | None) -> None:
    if _loads_extension(frame):
        threading.Timer(_AGAIN, _wake).start()
        return
    if _lost:
        raise _lost.pop()
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)


def _loads_extension(frame: FrameType | None) -> bool:
    """Whether a library in C is being loaded, such as abort the process when something is raised where they call Python."""
    while frame is not None:
        if frame.f_code.co_name == "exec_module" and isinstance(frame.f_locals.get("self"), ExtensionFileLoader):
            return True
        frame = frame.f_back
    return False


def _raise_again(raised: sys.UnraisableHookArgs) -> None:
    """Where a signal's exception is raised in the end of an object, Python would print it and go on."""
    if raised.exc_value is None or isinstance(raised.exc_value, Exception):
        sys.__unraisablehook__(raised)
    else:
        _lost.append(raised.exc_value)
        _wake()


def tell() -> None:
    """Say it once."""
    if _telling.acquire(blocking=False):
        print(STOPPED, file=sys.stderr, flush=True)
