"""One run at a time on a lake: a lock file, and a record of who holds it since when."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from russell_pipeline.errors import LakeBusy

_LOCK, _OWNER = ".run.lock", ".run.owner"


@contextmanager
def held(root: Path, name: str | None = None) -> Iterator[None]:
    """Hold a lake for one run; messages call it `name`. Raises LakeBusy while another run holds it.

    The operating system frees the lock when its process ends, however it ends, so that a lock is never stale. The record beside
    it only says who holds it.
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
    """Who holds a lake and for how long, as far as the record says; empty if it says nothing."""
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(owner["since"])
        return f" (process {owner['process']} on {owner['host']}, for {max(0, int(age.total_seconds())):,} s)"
    except (ValueError, KeyError, TypeError):
        return ""


def _owner(file: Path) -> Any:
    """The record of who holds the lake; None if the run has only just begun, or the record cannot be read."""
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
