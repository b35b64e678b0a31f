"""Files of the landing folder: which documents lie there, and putting others there. Nothing is read into meaning here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from russell_pipeline.lake.store import publish

DOCUMENT_SUFFIXES = (".pdf", ".txt")


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


def scan_documents(landing: Path) -> LandedDocuments:
    """The documents of a landing folder, each once however many files hold it.

    A document has the name that sorts first and the sidecar beside that file; its copies have their own. Hidden files are passed
    over.
    """
    root = landing / "documents"
    if root.exists() and not root.is_dir():
        return LandedDocuments({}, (), (("landing/documents", "it is a file, and must be a folder"),))
    files = sorted(file for file in root.rglob("*") if file.is_file() and not _hidden(file.relative_to(root)))
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


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def sidecar_of(document: Path) -> Path | None:
    """The sidecar beside a document: NAME.yaml beside NAME.pdf."""
    beside = document.with_suffix(".yaml")
    return beside if beside.is_file() else None


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
