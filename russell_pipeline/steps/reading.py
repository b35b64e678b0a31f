"""From landing/documents to the tables `documents` and `document_lines`: finds what is new, reads it and keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl

from russell_pipeline.documents.isolation import ReaderLimits, ReadingOrder, read_documents
from russell_pipeline.documents.model import Document, Note, Unread
from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import LandedDocument, LandedDocuments
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.other_formats import advised, document_advice
from russell_pipeline.progress import tracked
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.documents import document_row, line_rows

# Begins the note on an accepted document that could not be read again; the next run tries once more.
# Its parser_version stays, so that tables made from the document are not made again because a reader died.
_NOT_AGAIN = "it could not be read again: it "


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """The landed documents that must be read, and the quarantined ones that are forgotten because they are gone from landing."""

    read: Sequence[LandedDocument]
    forget: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.read or self.forget)


def plan_reading(lake: Lake, landed: LandedDocuments, again: Iterable[str] = ()) -> ReadingPlan:
    """What differs between landing and `documents`: new bytes, a new or changed sidecar, a newer reader, lines that are gone.

    An accepted document stays when its file leaves landing: removing a file loses nothing. `again` names documents to read in any
    case. Of several files with the same bytes, the one under whose name the document is known counts, with its sidecar.
    """
    again = set(again)
    known = _known(lake)
    with_lines = set(lake.keys("document_lines"))

    def due(document: LandedDocument) -> bool:
        row = known.get(document.document_id)
        if row is None or document.document_id in again:
            return True
        if (row["sidecar_sha256"], row["parser_version"]) != (document.sidecar_sha256, TABLES["documents"].version):
            return True
        lost = row["state"] == "accepted" and row["lines_total"] > 0 and row["document_id"] not in with_lines
        return lost or _failed(row)

    chosen = [
        document.known_as(known[document_id]["file_name"] if document_id in known else None)
        for document_id, document in landed.documents.items()
    ]
    read = [document for document in chosen if due(document)]
    forget = [
        document_id
        for document_id, row in known.items()
        if row["state"] == "quarantined" and document_id not in landed.documents
    ]
    return ReadingPlan(sorted(read, key=lambda document: document.name), sorted(forget))


def carry_out(
    lake: Lake, plan: ReadingPlan, processes: int | None = None, limits: ReaderLimits | None = None
) -> Iterator[Document]:
    """Read the plan's documents, save each as soon as it is read, and yield it.

    The row in `documents` is written last, so that a killed run reads the document again. If a document that was accepted before
    cannot be read now for a reason outside the document, its former rows stay.
    """
    for document_id in plan.forget:
        lake.remove("documents", document_id)
    known = _known(lake)
    for landed, document in tracked("documents", _read(plan.read, known, processes, limits), len(plan.read)):
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
        yield document


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
            f"{name} is not read: {advised(_READ, document_advice(name))}",
        )


_READ = "documents are .pdf or .txt, sidecars .yaml beside one of the same name"


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
                f"{copy.sidecar.name} is not heard: {copy.name} holds the same bytes as {name}, and a sidecar counts beside that",
                document_id,
            )  # fmt: skip
