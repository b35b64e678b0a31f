"""Checksums by which a flipped bit is found: a Parquet file of the tables carries its own, any other file has it beside it."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_ALGORITHM = "sha256"
_ZEROS = b"0" * hashlib.new(_ALGORITHM).digest_size * 2
_KEY, _LABEL = b"russell_pipeline.sha256", b"of this file with zeros here: "
_FRAME = 2  # bytes that Parquet puts between a key and its value
# To be written into the footer of a Parquet file that `seal` completes.
UNSEALED = {_KEY.decode(): (_LABEL + _ZEROS).decode()}
_AT_ONCE = 2**17  # files whose checksums are remembered


class Checked(NamedTuple):
    """A file as read: the hash of its bytes (with zeros for the seal in it), the seal, whether they contradict, and its size.

    A file without a seal is of an earlier release, or has lost its end. One that cannot be read has neither.
    """

    sha256: str
    seal: str | None
    damaged: bool
    size: int


def seal(path: Path) -> None:
    """Write the SHA-256 of a Parquet file into its own footer, where `UNSEALED` keeps the place."""
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(_place(content))
        file.write(hashlib.new(_ALGORITHM, content).hexdigest().encode())


def checked(path: Path | str) -> Checked:
    """The checksums of a file of the tables; while the file is not replaced, it is read once until `forget`.

    Raises FileNotFoundError.
    """
    return _checked(str(path), *_version(path))


def sha256_of(path: Path) -> str:
    """The SHA-256 of any file; while it is not replaced, it is read once until `forget`. Raises OSError."""
    return _sha256_of(str(path), *_version(path))


def forget() -> None:
    """Read every file again when it is next asked for: a disk may have changed it without a trace."""
    _checked.cache_clear()
    _sha256_of.cache_clear()


def beside(path: Path) -> Path:
    """The file that holds the checksum of another, in the form of `sha256sum`."""
    return path.with_name(f"{path.name}.{_ALGORITHM}")


def noted(path: Path) -> str:
    """The line for the file beside a file. Raises OSError."""
    return f"{sha256_of(path)}  {path.name}\n"


def is_as_noted(path: Path) -> bool | None:
    """Whether a file is what the checksum beside it says; None if there is no such checksum, or no file."""
    if not path.exists() or not beside(path).exists():
        return None
    try:
        return beside(path).read_bytes() == noted(path).encode()
    except OSError:
        return False


def _version(path: Path | str) -> tuple[int, int, int]:
    found = os.stat(path)  # noqa: PTH116 - asked for at every read of every file, for which no Path is made
    return found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(_AT_ONCE)
def _checked(path: str, *_version: int) -> Checked:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except OSError:  # the disk cannot read it
        return Checked("", None, damaged=True, size=0)
    place = _place(content)
    if place < 0:
        return Checked(hashlib.new(_ALGORITHM, content).hexdigest(), None, damaged=False, size=len(content))
    seal = content[place : place + len(_ZEROS)]
    total = hashlib.new(_ALGORITHM, memoryview(content)[:place])
    total.update(_ZEROS)
    total.update(memoryview(content)[place + len(_ZEROS) :])
    said = seal.decode("ascii", "replace")
    return Checked(total.hexdigest(), said, said != total.hexdigest(), len(content))


@lru_cache(_AT_ONCE)
def _sha256_of(path: str, *_version: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, _ALGORITHM).hexdigest()


def _place(content: bytes) -> int:
    """Where a Parquet file carries its seal, -1 if it has none. Key or label may be damaged: either tells."""
    if (at := content.rfind(_LABEL)) >= 0:
        return at + len(_LABEL)
    if (at := content.rfind(_KEY)) >= 0:
        return at + len(_KEY) + _FRAME + len(_LABEL)
    return -1
