"""From landing/documents to the tables `documents` and `document_lines`: what is new, reading it, keeping it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from russell_pipeline.documents.isolation import ReaderLimits, ReadingOrder, read_documents
from russell_pipeline.documents.model import Document
from russell_pipeline.documents.parse import PARSER_VERSION
from russell_pipeline.findings import Finding
from russell_pipeline.lake.documents import document_row, line_rows
from russell_pipeline.lake.landing import LandedDocument, LandedDocuments
from russell_pipeline.lake.store import Lake
from russell_pipeline.progress import tracked


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """Which landed documents must be read, and which quarantined ones are gone from landing and are forgotten."""

    read: Sequence[LandedDocument]
    forget: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.read or self.forget)


def plan_reading(lake: Lake, landed: LandedDocuments, again: Iterable[str] = ()) -> ReadingPlan:
    """What differs between landing and `documents`: new bytes, a new or changed sidecar, a newer reader.

    An accepted document whose file is gone from landing stays: a removed file loses nothing. `again` names documents to read
    whatever is known of them. Of several files with the same bytes the one counts, with its sidecar, by whose name the document
    is known.
    """
    again = set(again)
    columns = ("document_id", "state", "file_name", "sidecar_sha256", "parser_version")
    known = {row[0]: row[1:] for row in lake.read("documents").select(columns).iter_rows()}
    unknown = (None, None, None, None)
    chosen = [document.known_as(known.get(document.document_id, unknown)[1]) for document in landed.documents.values()]
    read = [
        document
        for document in chosen
        if document.document_id in again
        or known.get(document.document_id, unknown)[2:] != (document.sidecar_sha256, PARSER_VERSION)
    ]
    forget = [
        document_id
        for document_id, (state, *_) in known.items()
        if state == "quarantined" and document_id not in landed.documents
    ]
    return ReadingPlan(sorted(read, key=lambda document: document.name), sorted(forget))


def carry_out(
    lake: Lake, plan: ReadingPlan, processes: int | None = None, limits: ReaderLimits | None = None
) -> Iterator[Document]:
    """Read the plan's documents, keep each as soon as it is read, and yield it.

    The row in `documents` is written last: a document without it was not kept, and a killed run reads it again.
    """
    for document_id in plan.forget:
        lake.remove("documents", document_id)
    orders = [ReadingOrder(landed.document_id, landed.path, landed.sidecar) for landed in plan.read]
    read = zip(plan.read, read_documents(orders, processes, limits), strict=True)
    for landed, document in tracked("documents", read, len(orders)):
        if document.accepted:
            lake.write("document_lines", line_rows(document), document.document_id)
        else:
            lake.remove("document_lines", document.document_id)
        lake.write("documents", document_row(document, landed), document.document_id)
        yield document


def document_findings(lake: Lake, landed: LandedDocuments) -> Iterator[Finding]:
    """What there is to look at among the documents: quarantines, notes of the reader, copies, files that no one reads."""
    for row in lake.read("documents").iter_rows(named=True):
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
    for name in landed.strangers:
        yield Finding(
            "documents",
            "info",
            name,
            f"{name} is not read: documents are .pdf or .txt, sidecars .yaml beside one of the same name",
        )


def _other_names(row: dict[str, Any], landed: LandedDocument) -> Iterator[Finding]:
    """What there is to say of the files in landing that hold a known document under other names."""
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
