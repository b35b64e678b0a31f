"""Files in the landing folder: which documents are there, which are still being written, writing others. Nothing is parsed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import polars as pl

from russell_pipeline.lake.store import file_sha256, publish

DOCUMENT_SUFFIXES = (".pdf", ".txt")
# Seconds without a change after which a file counts as written, and how long a run waits for files to be.
SETTLED_AFTER = 1.0
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class LandedDocument:
    """A document in landing: its hash, the file it was found as, its sidecar, and further files with the same bytes."""

    document_id: str
    path: Path
    name: str
    sidecar: Path | None
    sidecar_sha256: str | None
    copies: tuple[LandedDocument, ...] = ()

    @property
    def files(self) -> tuple[LandedDocument, ...]:
        """This file and its copies."""
        return (self, *self.copies)

    def known_as(self, name: str | None) -> LandedDocument:
        """The same document as the file of that name, where it is among its files: whose sidecar counts."""
        chosen = next((file for file in self.files if file.name == name), self)
        others = tuple(replace(file, copies=()) for file in self.files if file.name != chosen.name)
        return replace(chosen, copies=others)


@dataclass(frozen=True, slots=True)
class LandedDocuments:
    """All of landing/documents: the documents by hash, the files that no one will read, and those that cannot be opened."""

    documents: dict[str, LandedDocument]
    strangers: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...] = ()


def landed_files(root: Path) -> Iterator[Path]:
    """The files in a folder of landing and below, by path; hidden ones are passed over, and those that nothing can read.

    Raises OSError where a folder cannot be listed: what lies in it is not gone.
    """
    return (entry for entry in entries(root) if why_no_file(entry) is None)


def entries(root: Path) -> list[Path]:
    """What lies in a folder and below that is no folder itself, by path; hidden files and folders are passed over."""
    if not root.is_dir():
        return []
    found = []
    for folder, folders, files in os.walk(root, onerror=_unless_gone):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if Path(folder, name).is_symlink()]
        found += [Path(folder, name) for name in (*files, *links) if not name.startswith(".")]
    return sorted(found)


def why_no_file(entry: Path) -> str | None:
    """Why something in landing is no file that can be read, None where it is one."""
    if shown(entry) != str(entry):
        return "its name is no UTF-8 text"
    if entry.is_file():
        return None
    if not entry.is_symlink():
        return "it is no file"
    return "it is a link to a folder, whose files must lie here themselves" if entry.is_dir() else "it is a broken link"


def shown(path: Path) -> str:
    """A path as text; bytes that are no UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def is_settled(file: Path) -> bool:
    """Whether a file has not changed for a moment; one that is gone has."""
    try:
        return abs(time.time() - file.stat().st_mtime) >= SETTLED_AFTER
    except FileNotFoundError:
        return True


def await_settled(landing: Path) -> list[str]:
    """Wait a little for files that are being written; the paths in landing of those that still are, for a later run."""
    end = time.monotonic() + PATIENCE
    while True:
        unsettled = [file.relative_to(landing).as_posix() for file in landed_files(landing) if not is_settled(file)]
        if not unsettled or time.monotonic() >= end:
            return unsettled
        time.sleep(SETTLED_AFTER / 10)


def scan_documents(landing: Path) -> LandedDocuments:
    """The documents of a landing folder, each once however many files hold it.

    A document has the name that sorts first and the sidecar beside that file; its copies have their own. Hidden files are passed
    over, and files that are still being written.
    """
    root = landing / "documents"
    if root.exists() and not root.is_dir():
        return LandedDocuments({}, (), (("landing/documents", "it is a file, and must be a folder"),))
    files = [file for file in landed_files(root) if all(map(is_settled, filter(None, (file, sidecar_of(file)))))]
    by_hash: dict[str, list[LandedDocument]] = {}
    sidecars: set[Path] = set()
    unreadable: list[tuple[str, str]] = []
    for file in files:
        if file.suffix.lower() not in DOCUMENT_SUFFIXES:
            continue
        name, sidecar = file.relative_to(root).as_posix(), sidecar_of(file)
        if sidecar:
            sidecars.add(sidecar)
        try:
            document_id = file_sha256(file)
        except OSError as error:
            unreadable.append((name, error.strerror or str(error)))
            continue
        try:
            sidecar_sha256 = file_sha256(sidecar) if sidecar else None
        except OSError as error:
            beside = str(PurePosixPath(name).with_suffix(".yaml"))
            unreadable.append((beside, f"{error.strerror or error}; {name} waits for it"))
            continue
        found = LandedDocument(document_id, file, name, sidecar, sidecar_sha256)
        by_hash.setdefault(document_id, []).append(found)
    documents = {document_id: replace(first, copies=tuple(copies)) for document_id, (first, *copies) in by_hash.items()}
    strangers = tuple(
        file.relative_to(root).as_posix()
        for file in files
        if file.suffix.lower() not in DOCUMENT_SUFFIXES and file not in sidecars
    )
    return LandedDocuments(documents, strangers, tuple(unreadable))


def sidecar_of(document: Path) -> Path | None:
    """The sidecar beside a document: NAME.yaml beside NAME.pdf, also where it is none that can be opened."""
    beside = document.with_suffix(".yaml")
    return beside if os.path.lexists(beside) else None


def write_files(files: Mapping[str, pl.DataFrame], landing: Path) -> list[Path]:
    """Put frames into a landing folder, by the suffix of their paths as CSV or Parquet; the files that changed.

    Each is replaced at once: a reader sees the former file or the new one. One that holds these bytes already is left alone.
    """
    changed = []
    for name, frame in files.items():
        write = frame.write_parquet if name.endswith(".parquet") else frame.write_csv
        if publish(landing / name, write):
            changed.append(landing / name)
    return changed
