"""The landing folder: its documents, the files still being written to it, and writing others into it. Nothing is parsed."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import polars as pl

from russell_pipeline.lake.store import file_sha256, publish, sweep_landing

DOCUMENT_SUFFIXES = (".pdf", ".txt")
# Hidden entries, and what Office and Windows leave in a folder: the lock of an open workbook, pictures, settings.
LEFT_BEHIND = re.compile(r"\.|~\$|(thumbs\.db|desktop\.ini)$", re.IGNORECASE)
LARGEST = 1 << 29  # bytes; a larger file is not opened, however little of it is on the disk
_LEADS_OUT = "it is a link that leads out of landing: the file itself must lie here"
_OF_A_NEW_VOLUME = "lost+found"
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
        """The same document under the name of another of its files, whose sidecar then counts; itself if none is named so."""
        chosen = next((file for file in self.files if file.name == name), self)
        others = tuple(replace(file, copies=()) for file in self.files if file.name != chosen.name)
        return replace(chosen, copies=others)


@dataclass(frozen=True, slots=True)
class LandedDocuments:
    """All of landing/documents: the documents by hash, the files that are not read, and those that cannot be opened."""

    documents: dict[str, LandedDocument]
    unrecognised: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...] = ()


def landed_files(landing: Path, folder: str = "") -> Iterator[Path]:
    """The files that can be read in landing, or in a folder of it, and below, by path, without hidden ones.

    Raises OSError if a folder cannot be listed, so that its files are not taken to be gone.
    """
    return (entry for entry in entries(landing, folder) if why_no_file(landing, entry) is None)


def has_landing(landing: Path) -> bool:
    """Whether there is a landing folder with anything in it: a volume that is not mounted leaves none, or one that is empty.

    Raises OSError if it cannot be listed.
    """
    return landing.is_dir() and any(
        not LEFT_BEHIND.match(place.name) and place.name != _OF_A_NEW_VOLUME for place in landing.iterdir()
    )


def definition_files(landing: Path) -> list[Path]:
    """The definitions in landing/indexes by path, without what systems and Office leave behind."""
    return sorted(file for file in (landing / "indexes").glob("*.yaml") if not LEFT_BEHIND.match(file.name))


def entries(landing: Path, folder: str = "") -> list[Path]:
    """Everything in landing, or in a folder of it, and below but folders, by path; links to folders are included.

    Hidden entries are not, nor what Office and Windows leave behind. A folder that is a link out of landing has none.
    """
    root = landing / folder
    if why_no_folder(landing, folder):
        return []
    found = []
    for below, folders, files in os.walk(root, onerror=_unless_gone):
        folders[:] = [name for name in folders if not LEFT_BEHIND.match(name)]
        links = [name for name in folders if Path(below, name).is_symlink()]
        found += [Path(below, name) for name in (*files, *links) if not LEFT_BEHIND.match(name)]
    return sorted(found)


def why_no_folder(landing: Path, folder: str) -> str | None:
    """Why a folder of landing cannot be looked into; None if it can."""
    root = landing / folder
    if folder and _leads_out(landing, root):
        return _LEADS_OUT
    return None if root.is_dir() else "it is no folder, and must be one"


def why_no_file(landing: Path, entry: Path) -> str | None:
    """Why an entry of landing is not a file that can be read; None if it is one."""
    if shown(entry) != str(entry):
        return "its name is no UTF-8 text"
    if _leads_out(landing, entry):
        return _LEADS_OUT
    if entry.is_file():
        return None
    if not entry.is_symlink():
        return "it is no file"
    return "it is a link to a folder, whose files must lie here themselves" if entry.is_dir() else "it is a broken link"


def _leads_out(landing: Path, entry: Path) -> bool:
    """Whether an entry is a link out of landing: who may write there would read what only the run may."""
    return entry.is_symlink() and entry.exists() and not entry.resolve().is_relative_to(landing.resolve())


def landed_sha256(landing: Path, entry: Path) -> str:
    """SHA-256 of a landed file. Raises OSError for one that cannot be read or is larger than LARGEST, which is not opened."""
    if why := why_no_file(landing, entry):
        raise OSError(errno.EINVAL, why, str(entry))
    if (size := entry.stat().st_size) > LARGEST:
        raise OSError(errno.EFBIG, f"it has {size:,} bytes, more than {LARGEST:,}", str(entry))
    return file_sha256(entry)


def shown(path: Path) -> str:
    """A path as text, with bytes that are not UTF-8 escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def is_settled(file: Path) -> bool:
    """Whether a file has not changed for SETTLED_AFTER seconds. A file that is gone counts as settled."""
    try:
        return abs(time.time() - file.stat().st_mtime) >= SETTLED_AFTER
    except FileNotFoundError:
        return True


def await_settled(landing: Path) -> list[str]:
    """Wait up to PATIENCE seconds for files that are being written; returns the paths in landing of those that still are."""
    end = time.monotonic() + PATIENCE
    while True:
        unsettled = [file.relative_to(landing).as_posix() for file in landed_files(landing) if not is_settled(file)]
        if not unsettled or time.monotonic() >= end:
            return unsettled
        time.sleep(min(SETTLED_AFTER, PATIENCE) / 10)


def scan_documents(landing: Path) -> LandedDocuments:
    """The documents of a landing folder, each once however many files hold it.

    A document has the name that sorts first and the sidecar beside that file; its copies keep their own. Hidden files, and files
    that are still being written, are passed over.
    """
    root = landing / "documents"
    if os.path.lexists(root) and (why := why_no_folder(landing, root.name)):
        return LandedDocuments({}, (), (("landing/documents", why),))
    files = [
        file
        for file in landed_files(landing, root.name)
        if all(map(is_settled, filter(None, (file, sidecar_of(file)))))
    ]
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
            document_id = landed_sha256(landing, file)
        except OSError as error:
            unreadable.append((name, error.strerror or str(error)))
            continue
        try:
            sidecar_sha256 = landed_sha256(landing, sidecar) if sidecar else None
        except OSError as error:
            beside = str(PurePosixPath(name).with_suffix(".yaml"))
            unreadable.append((beside, f"{error.strerror or error}; {name} waits for it"))
            continue
        found = LandedDocument(document_id, file, name, sidecar, sidecar_sha256)
        by_hash.setdefault(document_id, []).append(found)
    documents = {document_id: replace(first, copies=tuple(copies)) for document_id, (first, *copies) in by_hash.items()}
    unrecognised = tuple(
        file.relative_to(root).as_posix()
        for file in files
        if file.suffix.lower() not in DOCUMENT_SUFFIXES and file not in sidecars
    )
    return LandedDocuments(documents, unrecognised, tuple(unreadable))


def sidecar_of(document: Path) -> Path | None:
    """The sidecar beside a document, NAME.yaml beside NAME.pdf, even if it cannot be opened; None if there is none."""
    beside = document.with_suffix(".yaml")
    return beside if os.path.lexists(beside) else None


def write_files(files: Mapping[str, pl.DataFrame], landing: Path) -> list[Path]:
    """Write frames into a landing folder, as Parquet or CSV by the suffix of their paths; returns the files that changed.

    Each file is replaced whole: a reader sees the former file or the new one. A file that holds the same bytes already is left
    alone.
    """
    sweep_landing(landing)
    changed = []
    for name, frame in files.items():
        write = frame.write_parquet if name.endswith(".parquet") else frame.write_csv
        if publish(landing / name, write):
            changed.append(landing / name)
    return changed
