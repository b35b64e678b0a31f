"""Files for the tests of supplied files, and reading them."""

from __future__ import annotations

from pathlib import Path

from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.model import Limits, Supplied
from russell_pipeline.market.files.reading import LIMITS, read_file

HEADERS = {name: ",".join(kind.values) + "\n" for name, kind in KINDS.items()}


def supply(folder: Path, kind: str, content: str | bytes, name: str = "", limits: Limits = LIMITS) -> Supplied:
    """A file of a kind with this content, as read."""
    file = folder / (name or f"{kind}.csv")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(KINDS[kind], file, name or file.name, limits=limits)
