"""What the reports share: frames from rows, notes on tables that are cut, findings, what a report was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from russell_pipeline.reports.page import Column, Section, Table


def on(day: date) -> str:
    """A day in a sentence: 5 Sep 2022."""
    return f"{day.day} {day:%b %Y}"


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as a frame, with types inferred from all of them."""
    return pl.DataFrame([dict(row) for row in rows], infer_schema_length=None)


def clipped(rows: pl.DataFrame, shown: int | None = None, what: str = "the first") -> str:
    """A note for a table that shows only some rows (of `rows_in_all`, else of the frame); empty if it shows all."""
    in_all = rows["rows_in_all"][0] if "rows_in_all" in rows.columns and rows.height else rows.height
    shown = min(rows.height, shown or rows.height)
    return f"{shown:,} of {in_all:,} are shown: {what}." if shown < in_all else ""


def industries(rows: pl.DataFrame) -> tuple[pl.Series, str]:
    """The industry of each row (`taxonomy`, `classification`), and the taxonomy if all rows have the same.

    The same string may be in both taxonomies, so if rows have several, each names its own.
    """
    known = rows.drop_nulls("classification")["taxonomy"].unique()
    named = pl.col("classification")
    if len(known) > 1:
        named = pl.format("{} ({})", named, pl.col("taxonomy").fill_null("taxonomy unknown"))
    names = rows.select(named.fill_null("Unclassified").alias("industry")).to_series()
    return names, known[0] if len(known) == 1 and known[0] else ""


def findings_section(findings: pl.DataFrame) -> Section:
    """The findings, or a sentence that there are none."""
    if findings.is_empty():
        return Section("findings", "Findings", ["Nothing was found that a person should look at."])
    place = (
        pl.when(pl.col("page").is_null())
        .then("file_name")
        .otherwise(pl.format("{} {}:{}", "file_name", "page", "line"))
    )
    columns = [
        Column("severity", "Severity", "severity"),
        Column("area", "Area"),
        Column("subject", "Subject"),
        Column("message", "Finding", "prose"),
        Column("place", "Place (page:line)"),
        Column("found_on", "Found", "date"),
    ]
    rows = findings.with_columns(place=place)
    return Section("findings", "Findings", [Table(rows, columns, "Findings", clipped(findings, what="the gravest"))])


def made_from(lake: pl.DataFrame) -> str:
    """The version and the hash of the tables that a report was made from; the same tables give the same report."""
    version, tables = lake.select("russell_pipeline_version", "tables_sha256").row(0)
    return f"Made by russell_pipeline {version} from tables {tables[:16]}."
