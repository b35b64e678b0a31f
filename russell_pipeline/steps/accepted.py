"""The accepted documents that tables are made from, by partition, and what their rows follow from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from russell_pipeline.documents.schedules.dates import NO_REVIEW, STATES_DATES_OF
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import UNDATED
from russell_pipeline.steps.years import in_reach, year_of

# What the rows of a document follow from.
_READ = ("document_id", "sidecar_sha256", "parser_version")

Row = Mapping[str, Any]


def accepted(lake: Lake, kind: str) -> pl.DataFrame:
    """The accepted documents of a kind, rows of `documents`: schedules by publication, undated ones first; others by id."""
    found = lake.read("documents").filter(kind=kind, state="accepted")
    if kind == "review_schedule":
        return found.sort("published_on", "review_year", "document_id", nulls_last=False)
    return found.sort("document_id")


def by_key(documents: pl.DataFrame, keys: Callable[[Row], Iterable[str]]) -> dict[str, pl.DataFrame]:
    """The documents of each partition, in their order; `keys` tells the partitions that a document belongs to."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, document in enumerate(documents.iter_rows(named=True)):
        for key in keys(document):
            places[key].append(place)
    return {key: documents[found] for key, found in places.items()}


def review_year(document: Row) -> list[str]:
    """The partition of a list: the year of its review."""
    return [key_of(in_reach(document["review_year"]))]


def dated_years(document: Row) -> set[str]:
    """The partitions of a schedule: the years of all reviews that it states dates of."""
    reviews = {fact["value"] for fact in document["facts"] if fact["name"] == STATES_DATES_OF}
    return {key_of(year_of(None if review == NO_REVIEW else review)) for review in reviews}


def key_of(year: int | None) -> str:
    """The key of the partition of a year."""
    return UNDATED if year is None else str(year)


def read_as(documents: pl.DataFrame) -> list[list[object]]:
    """What the rows of these documents follow from: the bytes, the sidecar and the reader of each."""
    return [list(row) for row in documents.select(_READ).iter_rows()]
