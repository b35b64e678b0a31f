"""Files of the landing folder: which documents lie there, and putting others there. Nothing is read into meaning here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

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
    """The files in a folder of landing and below, by path; hidden ones are passed over."""
    for file in sorted(root.rglob("*")):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(root).parts):
            yield file


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
    by_hash: dict[str, list[Path]] = {}
    sidecars: set[Path] = set()
    unreadable: list[tuple[str, str]] = []
    for file in files:
        if file.suffix.lower() in DOCUMENT_SUFFIXES:
            try:
                by_hash.setdefault(file_sha256(file), []).append(file)
            except OSError as error:
                unreadable.append((file.relative_to(root).as_posix(), error.strerror or str(error)))
            if sidecar := sidecar_of(file):
                sidecars.add(sidecar)
    documents = {}
    for document_id, found in by_hash.items():
        first, *copies = (_landed(document_id, file, root) for file in found)
        documents[document_id] = replace(first, copies=tuple(copies))
    strangers = tuple(
        file.relative_to(root).as_posix()
        for file in files
        if file.suffix.lower() not in DOCUMENT_SUFFIXES and file not in sidecars
    )
    return LandedDocuments(documents, strangers, tuple(unreadable))


def _landed(document_id: str, file: Path, root: Path) -> LandedDocument:
    sidecar = sidecar_of(file)
    return LandedDocument(
        document_id, file, file.relative_to(root).as_posix(), sidecar, file_sha256(sidecar) if sidecar else None
    )


def sidecar_of(document: Path) -> Path | None:
    """The sidecar beside a document: NAME.yaml beside NAME.pdf."""
    beside = document.with_suffix(".yaml")
    return beside if beside.is_file() else None


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
