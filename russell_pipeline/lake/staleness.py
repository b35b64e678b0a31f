"""Which files of a table no longer follow from the documents, told by the fingerprint of inputs that each file keeps."""

from __future__ import annotations

import hashlib

import polars as pl

from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES, UNDATED

# Raised whenever a table would be made differently from the same documents.
_MADE_BY = {"membership_lists": 1, "membership_changes": 1, "stated_dates": 1, "rulebook_clauses": 1}
_KIND = {
    "membership_lists": "membership_list",
    "membership_changes": "membership_changes",
    "stated_dates": "review_schedule",
    "rulebook_clauses": "ground_rules",
}
MADE_FROM_DOCUMENTS = tuple(_KIND)
BY_YEAR = tuple(name for name in MADE_FROM_DOCUMENTS if TABLES[name].partition_by == "review_year")


def documents_of(lake: Lake, table: str, key: str) -> tuple[pl.DataFrame, str]:
    """The accepted documents that a partition of a table is made from, and their fingerprint (empty where there are none)."""
    documents = lake.read("documents").filter(kind=_KIND[table], state="accepted").sort("document_id")
    column = TABLES[table].partition_by
    assert column is not None
    value = pl.lit(None if key == UNDATED else key).cast(documents.schema[column])
    found = documents.filter(pl.col(column).eq_missing(value))
    return found, _fingerprint(table, found)


def _fingerprint(table: str, documents: pl.DataFrame) -> str:
    if documents.is_empty():
        return ""
    told = documents.select("document_id", "sidecar_sha256", "parser_version").rows()
    return hashlib.sha256(repr((_MADE_BY[table], told)).encode()).hexdigest()


def stale_keys(lake: Lake, table: str) -> list[str]:
    """The partitions of a table that must be made again, or removed because no document is left."""
    column = TABLES[table].partition_by
    assert column is not None
    documents = lake.read("documents").filter(kind=_KIND[table], state="accepted")
    wanted = {UNDATED if value is None else str(value) for value in documents[column].unique()}
    keys = sorted(wanted | set(lake.keys(table)))
    return [key for key in keys if (lake.inputs(table, key) or "") != documents_of(lake, table, key)[1]]
