"""Sources: the addresses that documents are fetched from, and every version that was fetched."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.columns import DOCUMENT_ID
from russell_pipeline.schemas.table import TableSchema

_SOURCE_ID = "First digits of the SHA-256 of the address without its credentials"
_ADDRESS = "Address without credentials and query values"
_FETCHED_AS = "File in landing/documents that holds it"


class Sources(TableSchema, group="sources", sort_by=("address", "source_id")):
    """Every address of landing/sources.yaml that was asked: the outcome, and the current version of its document."""

    source_id = column.text(_SOURCE_ID, key=True)
    address = column.text(_ADDRESS)
    state = column.text("Outcome of the last request", values=("fetched", "failed"))
    reason = column.text("Why the request failed; the version before stays", nullable=True)
    document_id = column.text(DOCUMENT_ID, nullable=True)
    file_name = column.text(_FETCHED_AS, nullable=True)
    bytes = column.long("Length of the document", nullable=True, min=1, unit="bytes")
    etag = column.text("ETag that the server gave with these bytes", nullable=True)
    last_modified = column.text("Last-Modified that the server gave with these bytes", nullable=True)
    fetched_at = column.moment("When these bytes were first fetched", nullable=True)

    @dy.rule()
    def failed_with_reason(cls) -> pl.Expr:
        return (pl.col("state") == "failed") == pl.col("reason").is_not_null()

    @dy.rule()
    def fetched_a_document(cls) -> pl.Expr:
        return (pl.col("state") == "failed") | pl.col("document_id").is_not_null()


class FetchedDocuments(TableSchema, group="sources", sort_by=("fetched_at", "source_id")):
    """Every version of a document that was ever fetched from an address, with the time; none is removed."""

    source_id = column.text(_SOURCE_ID, key=True)
    address = column.text(_ADDRESS)
    document_id = column.text(DOCUMENT_ID)
    file_name = column.text(_FETCHED_AS)
    bytes = column.long("Length of the document", min=1, unit="bytes")
    fetched_at = column.moment("When these bytes were first fetched", key=True)
