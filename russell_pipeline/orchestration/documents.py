"""The assets that documents become: documents and their lines, then, year by year, what the lines hold."""

from collections.abc import Callable, Iterator

import dagster as dg
import polars as pl
from pydantic import Field

from russell_pipeline.documents.parse import PARSER_VERSION
from russell_pipeline.lake import documents as rows_of
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.reading import carry_out, plan_reading
from russell_pipeline.lake.staleness import documents_of, stale_keys
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.orchestration.metadata import asset_args, table_metadata
from russell_pipeline.orchestration.partitions import REVIEW_YEARS


class ReadingConfig(dg.Config):
    """Documents to read again, whatever is known of them."""

    again: list[str] = Field(default_factory=list)


@dg.multi_asset(
    name="read_landing",
    specs=[
        dg.AssetSpec(
            "documents", code_version=str(PARSER_VERSION), **asset_args("documents", kinds={"pdf", "parquet"})
        ),
        dg.AssetSpec("document_lines", deps=["documents"], **asset_args("document_lines", kinds={"parquet"})),
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
            "quarantined": documents.filter(state="quarantined").height,
            "engines": dg.MetadataValue.json(dict(engines.iter_rows())),
        },
    )
    yield dg.MaterializeResult(
        asset_key="document_lines",
        metadata=table_metadata(lake.lake, "document_lines", lake.lake.read("document_lines")),
    )


def _by_year(table: str, make: Callable[[Lake, pl.DataFrame], pl.DataFrame]) -> dg.AssetsDefinition:
    """An asset of one table that is made, year by year, from the documents of the year."""

    @dg.asset(
        name=table,
        deps=["documents", "document_lines"],
        partitions_def=REVIEW_YEARS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        code_version=str(PARSER_VERSION),
        **asset_args(table, kinds={"parquet", "polars"}),
    )
    def build(context: dg.AssetExecutionContext, lake: LakeResource) -> None:
        stale = stale_keys(lake.lake, table)
        for year in context.partition_keys:
            documents, inputs = documents_of(lake.lake, table, year)
            if year in stale:
                lake.lake.write(table, make(lake.lake, documents), year, inputs)
            rows = lake.lake.read(table, [year])
            context.add_asset_metadata(
                dict(table_metadata(lake.lake, table, rows)), asset_key=table, partition_key=year
            )

    return build


membership_lists = _by_year("membership_lists", rows_of.membership_lists)
membership_changes = _by_year("membership_changes", rows_of.membership_changes)
stated_dates = _by_year("stated_dates", rows_of.stated_dates)


@dg.asset(
    deps=["documents", "document_lines"],
    code_version=str(PARSER_VERSION),
    **asset_args("rulebook_clauses", kinds={"parquet", "polars"}),
)
def rulebook_clauses(lake: LakeResource) -> dg.MaterializeResult[None]:
    """Clauses of every accepted ground-rules document."""
    for document_id in stale_keys(lake.lake, "rulebook_clauses"):
        _, inputs = documents_of(lake.lake, "rulebook_clauses", document_id)
        lake.lake.write("rulebook_clauses", rows_of.rulebook_clauses(lake.lake, document_id), document_id, inputs)
    return dg.MaterializeResult(
        metadata=table_metadata(lake.lake, "rulebook_clauses", lake.lake.read("rulebook_clauses"))
    )


DOCUMENT_TABLES = [name for name, table in TABLES.items() if table.group == "documents"]
assets = [read_landing, membership_lists, membership_changes, stated_dates, rulebook_clauses]
