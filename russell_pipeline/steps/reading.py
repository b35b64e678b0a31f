"""The step of documents: reads what is new in landing/documents into the tables `documents` and `document_lines`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import Any

import polars as pl

from russell_pipeline.documents.isolation import ReaderLimits, ReadingOrder, read_documents
from russell_pipeline.documents.model import Document, Note, Unread
from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import LandedDocument, LandedDocuments, scan_documents
from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.market.files.other_formats import advised, document_advice
from russell_pipeline.progress import tracked
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.documents import document_row, line_rows
from russell_pipeline.steps.step import Left, Step, Written

# Begins the note on an accepted document that could not be read again; the next run tries once more.
# Its parser_version stays, so that tables made from the document are not made again because a reader died.
_NOT_AGAIN = "it could not be read again: it "
_READER = TABLES["documents"].version


class ReadDocuments(Step):
    """Reads new bytes, a new or changed sidecar, and what an earlier reader read, each document in a process of its own.

    A part is a document, by its id. An accepted document stays when its file leaves landing: removing a file loses nothing. Of
    several files with the same bytes, the one under whose name the document is known counts, with its sidecar.
    """

    tables = ("documents", "document_lines")
    # What lies in landing is read whether or not sources could be asked.
    always = True

    def wanted(self) -> Mapping[str, str]:
        return self._stay | {id_: _read_as(one.sidecar_sha256, _READER) for id_, one in self._landed.items()}

    def made(self) -> Mapping[str, str | None]:
        with_lines = set(self.lake.keys("document_lines"))

        def lacks(row: dict[str, Any]) -> bool:
            lost = row["state"] == "accepted" and row["lines_total"] > 0 and row["document_id"] not in with_lines
            return row["document_id"] in self._landed and (lost or _failed(row))

        return {
            id_: None if lacks(row) else _read_as(row["sidecar_sha256"], row["parser_version"])
            for id_, row in self._known.items()
        }

    def demanded(self) -> Iterable[str]:
        """The documents that are asked for, if they are in landing."""
        return self._landed.keys() & {*self.asked.again}

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:
        """Read these documents, or forget those that are gone from landing."""
        for document_id in (key for key in keys if key not in self._landed):
            self.lake.remove("documents", document_id)
            yield Written("documents", document_id)
        due = sorted((self._landed[key] for key in keys if key in self._landed), key=lambda document: document.name)
        for landed, document in read_and_keep(self.lake, due, self.asked.processes):
            if document.unread is Unread.CHANGED:
                yield Left(landed.name)
            else:
                yield Written("documents", document.document_id)
                yield Written("document_lines", document.document_id)

    @cached_property
    def _known(self) -> dict[str, dict[str, Any]]:
        return _known(self.lake)

    @cached_property
    def _landed(self) -> dict[str, LandedDocument]:
        """The documents in landing by their ids, under the names by which they are known."""
        names = {id_: row["file_name"] for id_, row in self._known.items()}
        return {id_: one.known_as(names.get(id_)) for id_, one in scan_documents(self.lake.landing).documents.items()}

    @property
    def _stay(self) -> dict[str, str]:
        """What accepted documents were read with: they stay as they are when they are gone from landing."""
        return {
            id_: _read_as(row["sidecar_sha256"], row["parser_version"])
            for id_, row in self._known.items()
            if row["state"] == "accepted"
        }


def _read_as(sidecar_sha256: str | None, parser_version: int | None) -> str:
    return fingerprint(sidecar_sha256, parser_version)


def read_and_keep(
    lake: Lake, due: Sequence[LandedDocument], processes: int | None = None, limits: ReaderLimits | None = None
) -> Iterator[tuple[LandedDocument, Document]]:
    """Read documents, save each as soon as it is read, and yield it.

    The row in `documents` is written last, so that a killed run reads the document again. If a document that was accepted before
    cannot be read now for a reason outside the document, its former rows stay.
    """
    known = _known(lake)
    for landed, document in tracked("documents", _read(due, known, processes, limits), len(due)):
        former = known.get(document.document_id)
        if document.unread is Unread.CHANGED:
            pass  # the file changed meanwhile: the next run reads it
        elif document.unread and former and former["state"] == "accepted":
            lake.write("documents", _not_read_again(former, str(document.reason)), document.document_id)
        else:
            if document.accepted:
                lake.write("document_lines", line_rows(document), document.document_id)
            else:
                lake.remove("document_lines", document.document_id)
            lake.write("documents", document_row(document, landed), document.document_id)
        yield landed, document


def _known(lake: Lake) -> dict[str, dict[str, Any]]:
    """The rows of `documents` by their ids."""
    return {row["document_id"]: row for row in lake.read("documents").iter_rows(named=True)}


def _failed(row: dict[str, Any]) -> bool:
    """Whether a row of `documents` says that the reader failed the last time."""
    return row["parser_version"] is None or any(note["message"].startswith(_NOT_AGAIN) for note in row["notes"])


def _read(
    landed: Sequence[LandedDocument],
    known: Mapping[str, dict[str, Any]],
    processes: int | None,
    limits: ReaderLimits | None,
) -> Iterator[tuple[LandedDocument, Document]]:
    """The documents as read. Each whose reader failed is tried once more, alone, when the others are done.

    One that failed in the run before too is tried only once: a document that brings down every reader must not hold up every
    night.
    """

    def read(some: Sequence[LandedDocument], processes: int | None) -> Iterator[tuple[LandedDocument, Document]]:
        orders = [ReadingOrder(one.document_id, one.path, one.sidecar) for one in some]
        return zip(some, read_documents(orders, processes, limits), strict=True)

    failed = []
    for one, document in read(landed, processes):
        former = known.get(one.document_id)
        if document.unread is Unread.FAILED and not (former and _failed(former)):
            failed.append(one)
        else:
            yield one, document
    yield from chain.from_iterable(read([one], 1) for one in failed)


def _not_read_again(former: dict[str, Any], reason: str) -> pl.DataFrame:
    """The row of an accepted document with a note on why it was not read again."""
    notes = [note for note in former["notes"] if not note["message"].startswith(_NOT_AGAIN)]
    stays = f"{_NOT_AGAIN}{reason}; what was read of it before stays, and the next run tries again"
    rows = [former | {"notes": [*notes, Note("warning", stays)._asdict()]}]
    return TABLES["documents"].frame(rows)


def document_findings(lake: Lake, landed: LandedDocuments) -> Iterator[Finding]:
    """The findings on documents: quarantines, notes of the reader, copies, files that are not read."""
    known = _known(lake)
    for document_id in sorted(landed.documents.keys() - known.keys()):
        name = landed.documents[document_id].name
        yield Finding(
            "documents", "info", name, f"{name} came or changed while a run was at work; the next run reads it"
        )
    for row in known.values():
        if row["document_id"] in landed.documents:
            yield from _other_names(row, landed.documents[row["document_id"]].known_as(row["file_name"]))
        if row["state"] == "quarantined":
            yield Finding(
                "documents", "error", row["file_name"], f"{row['file_name']} {row['reason']}", row["document_id"]
            )
            continue
        for note in row["notes"]:
            yield Finding(
                "documents", note["severity"], row["file_name"], f"{row['file_name']}: {note['message']}",
                row["document_id"], note["page"], note["line"],
            )  # fmt: skip
    for name, reason in landed.unreadable:
        yield Finding("documents", "error", name, f"{name} cannot be opened: {reason}")
    for name in landed.unrecognised:
        yield Finding(
            "documents",
            "warning",
            name,
            f"{name} is not read: {advised(_READ, _advice(lake, name))}",
        )


_READ = "documents are .pdf or .txt, sidecars .yaml beside one of the same name"
_BEGINNING = 1 << 23  # bytes


def _advice(lake: Lake, name: str) -> str | None:
    """What to do with a file in landing/documents that is not named like a document."""
    data = b""
    with suppress(OSError), (lake.landing / "documents" / name).open("rb") as file:  # its suffix says something too
        data = file.read(_BEGINNING)
    return document_advice(name, data)


def _other_names(row: dict[str, Any], landed: LandedDocument) -> Iterator[Finding]:
    """Findings on files in landing that hold a known document under another name."""
    name, document_id = row["file_name"], row["document_id"]
    if landed.name != name:
        yield Finding(
            "documents", "info", landed.name, f"{name} is gone from landing, and its bytes lie there as {landed.name}",
            document_id,
        )  # fmt: skip
    for copy in landed.copies:
        yield Finding(
            "documents", "info", copy.name, f"{copy.name} holds the same bytes as {name} and adds nothing", document_id
        )
        if copy.sidecar and copy.sidecar_sha256 != landed.sidecar_sha256:
            yield Finding(
                "documents", "warning", copy.name,
                f"{copy.sidecar.name} is ignored: {copy.name} holds the same bytes as {name}, and a sidecar counts beside that",
                document_id,
            )  # fmt: skip
