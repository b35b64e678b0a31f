"""A server beside a command, in a process group of its own: whatever ends the command ends all processes of the group."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

_GRACE = 20.0  # seconds that processes have to end by themselves
_OFTEN = 0.05


class Signalled(BaseException):
    """The command was told to end by the signal `number`; `code` is what shells call that."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def code(self) -> int:
        """The exit code."""
        return 128 + self.number


@contextmanager
def process_group(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, and leave no process of its group behind, however what is done within ends.

    Raises Signalled within at Ctrl-C, SIGTERM, and SIGHUP unless that is ignored (nohup). A second signal does not wait.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    heard: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        heard.append(number)

    def leave(number: int, _: FrameType | None) -> None:
        for one in numbers:
            signal.signal(one, note)
        raise Signalled(number)

    # While the server starts, signals are only noted: raised then, they would leave a process that nobody knows. A signal that
    # is handled here is not ignored there, as SIGINT is by all that a script starts in the background.
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        server = subprocess.Popen(command, start_new_session=True)
        try:
            for number in numbers:
                signal.signal(number, leave)
            if heard:
                raise Signalled(heard.pop())
            yield server
        finally:
            for number in numbers:
                signal.signal(number, note)
            _end(server, heard)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(server: subprocess.Popen[bytes], heard: Sequence[int]) -> None:
    """End all processes of a group: asked first and, past their time or at another signal, without asking."""
    _signal(server, signal.SIGTERM)
    if not _gone(server, heard):
        _signal(server, signal.SIGKILL)
        _gone(server, ())
    server.wait()


def _gone(server: subprocess.Popen[bytes], heard: Sequence[int]) -> bool:
    """Wait until a group has no process, at most for their time or until a signal is heard; whether it has none."""
    until = time.monotonic() + _GRACE
    while there := _signal(server, 0):
        if heard or time.monotonic() > until:
            break
        time.sleep(_OFTEN)
    return not there


def _signal(server: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to all processes of a group (0: to none); whether there are any."""
    server.poll()
    with suppress(ChildProcessError):  # those that it left to us, as to the first process of a container
        os.waitpid(-server.pid, os.WNOHANG)
    try:
        os.killpg(server.pid, number)
    except (
        ProcessLookupError,
        PermissionError,
    ):  # on macOS, one that has ended and is not waited for yet is not permitted
        return False
    return True
