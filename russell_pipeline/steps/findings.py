"""The step of findings: those of every area now, each with the day on which it was first found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps import calendar, damaged_files, market_findings, membership, sources, unrecognised_files
from russell_pipeline.steps.index import findings as index_findings
from russell_pipeline.steps.reading import document_findings
from russell_pipeline.steps.step import WHOLE, Left, Step, Written

_IDENTITY = list(Finding._fields)


class CollectFindings(Step):
    """Collects what a person should look at now, also after a step has failed. It is compared with the table row by row."""

    tables = ("findings",)
    always = True

    def wanted(self) -> Mapping[str, str]:
        return {WHOLE: _told(self._rows)}

    def made(self) -> Mapping[str, str | None]:
        return {WHOLE: _told(self.lake.read("findings"))} if self.lake.path("findings").exists() else {}

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:  # noqa: ARG002
        """Write the findings."""
        self.lake.write("findings", self._rows)
        yield Written("findings")

    @cached_property
    def _rows(self) -> pl.DataFrame:
        return findings_now(self.lake, self.asked.today)


def _told(rows: pl.DataFrame) -> str:
    return fingerprint(rows.rows())


def findings_now(lake: Lake, today: date) -> pl.DataFrame:
    """The findings of every area as rows of `findings`, in the table's order."""
    of_documents = document_findings(lake, scan_documents(lake.landing))
    found = [
        *sources.findings(lake),
        *of_documents,
        *unrecognised_files.findings(lake),
        *calendar.findings(lake),
        *membership.findings(lake),
        *market_findings.findings(lake),
        *damaged_files.findings(lake),
        *index_findings.findings(lake),
    ]
    rows = with_first_days(lake, found, today)
    return rows.select(TABLES["findings"].empty.columns).sort(TABLES["findings"].sort_by, maintain_order=True)


def with_first_days(lake: Lake, found: Iterable[Finding], today: date) -> pl.DataFrame:
    """Findings as rows: one that was there before keeps its day, a new one gets `today`."""
    now = pl.DataFrame(
        list(found), schema={name: TABLES["findings"].empty.schema[name] for name in _IDENTITY}, orient="row"
    )
    before = lake.read("findings").select(*_IDENTITY, "found_on")
    joined = now.unique(maintain_order=True).join(before, on=_IDENTITY, how="left", nulls_equal=True)
    return joined.with_columns(pl.col("found_on").fill_null(today))
