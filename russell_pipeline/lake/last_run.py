"""When the last run was and how it ended: one small file, which `russell status` shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_FILE = "last_run.json"


class LastRun(NamedTuple):
    """A run: when it began and ended, and why it failed; one without an end was killed or is still at work."""

    began: datetime
    ended: datetime | None = None
    failed: str | None = None

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        if self.failed:
            return f"failed: {self.failed}"
        return "done" if self.ended else "has not ended: it is at work, or was killed"


@contextmanager
def noted(root: Path) -> Iterator[None]:
    """Record the run of the body, and its error if it raises. A record that cannot be written is skipped."""
    began = datetime.now(UTC)
    _note(root, LastRun(began))
    try:
        yield
    except Exception as error:
        _note(root, LastRun(began, datetime.now(UTC), f"{error}"))
        raise
    _note(root, LastRun(began, datetime.now(UTC)))


def _note(root: Path, run: LastRun) -> None:
    from russell_pipeline.lake.store import publish  # slow to import, and asking for the last run does not need it

    text = json.dumps({name: str(value) for name, value in run._asdict().items() if value is not None})
    with suppress(OSError):
        publish(root / _FILE, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def last_run(root: Path) -> LastRun | None:
    """The last run on a lake; None if there is no record of one that can be read."""
    try:
        told = json.loads((root / _FILE).read_text(encoding="utf-8"))
        ended = told.get("ended")
        return LastRun(
            datetime.fromisoformat(told["began"]), datetime.fromisoformat(ended) if ended else None, told.get("failed")
        )
    except (OSError, ValueError, KeyError):
        return None
