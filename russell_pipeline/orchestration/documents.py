"""The assets made from documents: documents and their lines, then, year by year, what the lines hold."""

from collections.abc import Callable, Iterator

import dagster as dg
import polars as pl
from pydantic import Field

from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.derived import derived_asset, from_documents
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.steps import documents as rows_of
from russell_pipeline.steps.reading import carry_out, plan_reading


class ReadingConfig(dg.Config):
    """Documents to read again in any case."""

    again: list[str] = Field(default_factory=list)


@dg.multi_asset(
    name="read_landing",
    specs=[
        dg.AssetSpec(table, **asset_args(table, kinds={"pdf", "parquet"})) for table in ("documents", "document_lines")
    ],
)
def read_landing(
    context: dg.AssetExecutionContext, config: ReadingConfig, lake: LakeResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Read what is new in landing/documents, each document in a process of its own."""
    plan = plan_reading(lake.lake, scan_documents(lake.lake.landing), config.again)
    for document in carry_out(lake.lake, plan, lake.processes or None):
        context.log.info(f"{document.document_id[:12]}: {document.reason or document.kind} ({document.text_engine})")
    documents = lake.lake.read("documents")
    engines = documents["text_engine"].drop_nulls().value_counts(sort=True)
    yield dg.MaterializeResult(
        asset_key="documents",
        metadata={
            **table_metadata(lake.lake, "documents", documents),
            "read_now": len(plan.read),
            "engines": dg.MetadataValue.json(dict(engines.iter_rows())),
        },
    )
    yield dg.MaterializeResult(
        asset_key="document_lines",
        metadata=table_metadata(lake.lake, "document_lines", lake.lake.read("document_lines")),
    )


def _from_documents(table: str, make: Callable[[Lake, pl.DataFrame], pl.DataFrame]) -> dg.AssetsDefinition:
    return derived_asset(table, from_documents(table, make))


membership_lists = _from_documents("membership_lists", rows_of.membership_lists)
membership_changes = _from_documents("membership_changes", rows_of.membership_changes)
rulebook_clauses = _from_documents("rulebook_clauses", rows_of.rulebook_clauses)

assets = [read_landing, membership_lists, membership_changes, rulebook_clauses]
