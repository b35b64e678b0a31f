"""One run at a time on a lake: a lock file, and who holds it since when."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_LOCK, _OWNER = ".run.lock", ".run.owner"


class LakeBusy(Exception):
    """Another run holds the lake; the message names its process and age."""


@contextmanager
def held(root: Path, name: str | None = None) -> Iterator[None]:
    """Hold a lake, which people call `name`, for one run. Raises LakeBusy while another run does.

    The operating system frees the lock of a process that ends, however it ends, so that none is ever stale; the owner's file
    beside it only says who it is.
    """
    from filelock import FileLock, Timeout

    root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(root / _LOCK, blocking=False):
            owner = {"host": socket.gethostname(), "process": os.getpid(), "since": datetime.now(UTC).isoformat()}
            (root / _OWNER).write_text(json.dumps(owner), "utf-8")
            try:
                yield
            finally:
                (root / _OWNER).unlink(missing_ok=True)
    except Timeout:
        raise LakeBusy(
            f"another run{described(_owner(root / _OWNER))} is working on {name or root}; try again when it has ended"
        ) from None


def described(owner: Any) -> str:
    """Who has a lake and for how long, as far as the record of it tells."""
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(owner["since"])
        return f" (process {owner['process']} on {owner['host']}, for {max(0, int(age.total_seconds())):,} s)"
    except (ValueError, KeyError, TypeError):
        return ""


def _owner(file: Path) -> Any:
    """The record of who has the lake; none of a run that just begins and has not said yet."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
