"""The assets at the end of the graph: the findings of every area, and the catalog that people query."""

from collections.abc import Iterable
from datetime import date

import dagster as dg
import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.lake import calendar, index, market_findings, membership, sources
from russell_pipeline.lake.catalog import build_catalog
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.reading import document_findings
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata

_IDENTITY = ["area", "severity", "subject", "message", "document_id", "page", "line"]


@dg.asset(
    deps=["sources", "documents", "calendar_findings", "membership_findings", "market_findings", "index_runs"],
    **asset_args("findings", kinds={"parquet"}),
)
def findings(lake: LakeResource) -> dg.MaterializeResult[None]:
    """Everything that a person should look at now; a finding keeps the day on which it was first found."""
    rows = findings_now(lake.lake)
    lake.lake.write("findings", rows)
    counts = dict(rows["severity"].value_counts().iter_rows())
    return dg.MaterializeResult(
        metadata={
            **table_metadata(lake.lake, "findings", rows),
            **{severity: counts.get(severity, 0) for severity in ("error", "warning", "info")},
        }
    )


def findings_now(lake: Lake) -> pl.DataFrame:
    """The findings of every area as rows of `findings`, in the table's order."""
    of_documents = document_findings(lake, scan_documents(lake.landing))
    found = [
        *sources.findings(lake),
        *of_documents,
        *calendar.findings(lake),
        *membership.findings(lake),
        *market_findings.findings(lake),
        *index.findings(lake),
    ]
    rows = with_first_days(lake, found, date.today())
    return rows.select(TABLES["findings"].empty.columns).sort(TABLES["findings"].sort_by, maintain_order=True)


def with_first_days(lake: Lake, found: Iterable[Finding], today: date) -> pl.DataFrame:
    """Findings as rows: one that stood already keeps its day, one that is new gets today."""
    now = pl.DataFrame(
        list(found), schema={name: TABLES["findings"].empty.schema[name] for name in _IDENTITY}, orient="row"
    )
    before = lake.read("findings").select(*_IDENTITY, "found_on")
    joined = now.unique(maintain_order=True).join(before, on=_IDENTITY, how="left", nulls_equal=True)
    return joined.with_columns(pl.col("found_on").fill_null(today))


@dg.asset(
    deps=list(TABLES),
    group_name="catalog",
    kinds={"duckdb"},
    description="The DuckDB catalog russell.duckdb: every table under its own name, one state of the lake for every reader.",
)
def catalog(lake: LakeResource) -> dg.MaterializeResult[None]:
    """Rebuild the catalog aside and put it in place whole."""
    counts = build_catalog(lake.lake)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(counts.values()),
            "dagster/uri": lake.lake.catalog.resolve().as_uri(),
            "rows": dg.MetadataValue.json(counts),
        }
    )


assets = [findings, catalog]
