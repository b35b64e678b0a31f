"""Asset checks: what must hold of a table after it is made. What must hold before it is written is in its declaration."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

import dagster as dg
import polars as pl

from russell_pipeline.documents.vocabulary import taxonomies
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.model import Blocks
from russell_pipeline.orchestration.lake_resource import LakeResource
from russell_pipeline.schemas.tables import TABLES

_EXAMPLES = 5


class Check(NamedTuple):
    """A check of a table: what must hold, how severe a failure is, and the function that finds the rows that fail."""

    table: str
    name: str
    description: str
    severity: dg.AssetCheckSeverity
    failures: Callable[[Lake], pl.DataFrame]

    @property
    def spec(self) -> dg.AssetCheckSpec:
        return dg.AssetCheckSpec(self.name, asset=self.table, description=self.description)

    def result(self, lake: Lake) -> dg.AssetCheckResult:
        """The result of the check now, with the first of the rows that fail."""
        rows = self.failures(lake)
        return dg.AssetCheckResult(
            asset_key=self.table,
            check_name=self.name,
            passed=rows.is_empty(),
            severity=self.severity,
            description=f"rows that fail: {rows.height:,}" if rows.height else None,
            metadata={
                "failures": rows.height,
                "examples": dg.MetadataValue.json([str(row) for row in rows.head(_EXAMPLES).rows()]),
            },
        )


def _duplicate_keys(table: str) -> Callable[[Lake], pl.DataFrame]:
    key = TABLES[table].key
    return lambda lake: lake.read(table).group_by(key).len().filter(pl.col("len") > 1)


def unaccounted_documents(lake: Lake) -> pl.DataFrame:
    """Accepted documents of which a line is missing, extra, or rejected."""
    lines = (
        lake.read("document_lines")
        .group_by("document_id")
        .agg(pl.len().alias("kept"), pl.col("role").eq("rejected").sum().alias("rejected"))
    )
    accepted = lake.read("documents").filter(state="accepted").select("document_id", "file_name", "lines_total")
    joined = accepted.join(lines, on="document_id", how="full", coalesce=True)
    return joined.filter(~(pl.col("kept").eq_missing(pl.col("lines_total")) & pl.col("rejected").eq_missing(0)))


def quarantined_documents(lake: Lake) -> pl.DataFrame:
    """Documents in quarantine, with the reason."""
    return lake.read("documents").filter(state="quarantined").select("file_name", "reason")


def unmade_rows(lake: Lake) -> pl.DataFrame:
    """Accepted documents for which a table holds more or fewer rows than were parsed."""
    made = pl.concat(
        lake.read(table).group_by("document_id").len()
        for table in ("membership_lists", "membership_changes", "calendar", "rulebook_clauses")
    )
    accepted = lake.read("documents").filter(state="accepted").select("document_id", "file_name", "rows_parsed")
    return accepted.join(made, on="document_id", how="left").filter(pl.col("len").fill_null(0) != pl.col("rows_parsed"))


def strange_classifications(lake: Lake) -> pl.DataFrame:
    """Changes whose classification is not in their taxonomy."""
    known = pl.DataFrame(
        [(t, c) for t, classes in taxonomies().items() for c in classes],
        schema=["taxonomy", "classification"],
        orient="row",
    )
    changes = lake.read("membership_changes").filter(pl.col("classification").is_not_null())
    return changes.join(known, on=["taxonomy", "classification"], how="anti").select(
        "symbol", "taxonomy", "classification", "document_id", "line"
    )


def repeated_symbols(lake: Lake) -> pl.DataFrame:
    """Symbols that appear twice on one list."""
    lists = pl.concat(
        lake.read(table).select("document_id", "symbol") for table in ("membership_lists", "membership_changes")
    )
    return lists.group_by("document_id", "symbol").len().filter(pl.col("len") > 1)


def closed_reviews(lake: Lake) -> pl.DataFrame:
    """Implementations and effective dates on which the exchange is closed."""
    held = lake.read("calendar").filter(pl.col("event").is_in(["implementation", "effective"]))
    closed = lake.read("sessions").filter(~pl.col("is_session"))
    return held.join(closed, left_on="starts_on", right_on="date").select("review", "event", "starts_on", "basis")


def windows_apart(lake: Lake) -> pl.DataFrame:
    """Computed IPO windows that do not begin on the session after a rank day: an offering could be in none, or in two."""
    ruled = lake.read("calendar").filter(basis="rule")
    ranked = ruled.filter(event="rank_day").select("starts_on")
    begun = ruled.filter(event="ipo_window").join(lake.read("sessions"), left_on="starts_on", right_on="date")
    return begun.join(ranked, left_on="previous_session", right_on="starts_on", how="anti").select(
        "review", "starts_on", "ends_on"
    )


def overlapping_states(lake: Lake) -> pl.DataFrame:
    """Pairs of states of one index that both hold on the same day, as known on the same day."""
    states = lake.read("membership_states").select("index_code", "valid_from", "valid_to", "known_from", "known_to")
    ends = states.with_columns(pl.col("valid_to", "known_to").fill_null(date.max)).with_row_index("state")
    return ends.join_where(
        ends,
        pl.col("index_code") == pl.col("index_code_right"),
        pl.col("state") < pl.col("state_right"),
        pl.col("valid_from") < pl.col("valid_to_right"),
        pl.col("valid_from_right") < pl.col("valid_to"),
        pl.col("known_from") < pl.col("known_to_right"),
        pl.col("known_from_right") < pl.col("known_to"),
    ).select("index_code", "valid_from", "valid_from_right", "known_from", "known_from_right")


def failed_sources(lake: Lake) -> pl.DataFrame:
    """Addresses whose last request gave no document, with the reason."""
    return lake.read("sources").filter(state="failed").select("address", "reason")


def blocked_rows(lake: Lake) -> pl.DataFrame:
    """Rows of landing files that are set aside and block something, and conflicts between files."""
    blocks = lake.read("market_blocks").filter(pl.col("blocks") != Blocks.NOTHING.value)
    return blocks.select("file", "row", "sentence", "blocks")


def refused_indexes(lake: Lake) -> pl.DataFrame:
    """Indexes that could not be computed, with the reason. Their published levels stay."""
    return lake.read("index_runs").filter(state="refused").select("index_code", "year", "reason")


_ERROR, _WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN

CHECKS: tuple[Check, ...] = (
    *(
        Check(table, "key_is_unique", f"No two rows of {table} have the same key.", _ERROR, _duplicate_keys(table))
        for table in TABLES
        # Not by month: a month has only its own days, and is written only without duplicates, so decades of prices need no check.
        if TABLES[table].key and TABLES[table].partition_by != "month"
    ),
    Check("document_lines", "account_closes", "Each line of an accepted document has one role.", _ERROR, unaccounted_documents),
    Check("documents", "none_quarantined", "No document is in quarantine.", _WARN, quarantined_documents),
    Check("catalog", "rows_match_documents", "Tables hold as many rows of each document as were parsed.", _ERROR, unmade_rows),
    Check("sources", "all_gave_documents", "Every source gave its document.", _WARN, failed_sources),
    Check("market_blocks", "nothing_is_blocked", "No row or conflict of landing files blocks anything.", _WARN, blocked_rows),
    Check("index_runs", "none_refused", "Every index that has its inputs is computed.", _ERROR, refused_indexes),
    Check("membership_changes", "taxonomy_is_known", "Every classification is of its taxonomy.", _ERROR, strange_classifications),
    Check("membership_states", "never_overlap", "On a day, as known on one, an index has one state.", _ERROR, overlapping_states),
    Check("calendar", "held_on_sessions", "No review is implemented or effective on a closed session.", _ERROR, closed_reviews),
    Check("calendar", "windows_tile_the_year", "Every computed IPO window begins where another ended.", _ERROR, windows_apart),
    Check("membership_lists", "symbols_are_unique_in_a_list", "No list holds a symbol twice.", _WARN, repeated_symbols),
)  # fmt: skip


@dg.multi_asset_check(name="table_checks", specs=[check.spec for check in CHECKS], can_subset=True)
def table_checks(context: dg.AssetCheckExecutionContext, lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
    """The checks of all tables that a job makes, in one step: starting a step takes Dagster longer than running them all."""
    for check in CHECKS:
        if check.spec.key in context.selected_asset_check_keys:
            yield check.result(lake.lake)


checks = [table_checks]
