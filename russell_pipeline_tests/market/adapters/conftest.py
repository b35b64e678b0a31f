"""Files for the tests of adapters."""

from __future__ import annotations

from pathlib import Path


def source(path: Path) -> tuple[str, bytes]:
    return path.name, path.read_bytes()
