"""Asset checks: what must hold of a table after it was made. What must hold before, the table's declaration refuses."""

from collections.abc import Callable

import dagster as dg
import polars as pl

from russell_pipeline.documents.vocabulary import taxonomies
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.lake_resource import LakeResource

_EXAMPLES = 5


def _check(
    table: str, name: str, description: str, severity: dg.AssetCheckSeverity, failures: Callable[[Lake], pl.DataFrame]
) -> dg.AssetChecksDefinition:
    """A check that passes when `failures` finds no row, and shows the first of those that it finds."""

    @dg.asset_check(asset=table, name=name, description=description)
    def check(lake: LakeResource) -> dg.AssetCheckResult:
        rows = failures(lake.lake)
        return dg.AssetCheckResult(
            passed=rows.is_empty(),
            severity=severity,
            description=f"{rows.height:,} rows fail" if rows.height else None,
            metadata={
                "failures": rows.height,
                "examples": dg.MetadataValue.json([str(row) for row in rows.head(_EXAMPLES).rows()]),
            },
        )

    return check


def _duplicate_keys(table: str) -> Callable[[Lake], pl.DataFrame]:
    key = TABLES[table].key
    return lambda lake: lake.read(table).group_by(key).len().filter(pl.col("len") > 1)


def unaccounted_documents(lake: Lake) -> pl.DataFrame:
    """Accepted documents whose lines are not all there, once each, with one role that is not `rejected`."""
    lines = (
        lake.read("document_lines")
        .group_by("document_id")
        .agg(pl.len().alias("kept"), pl.col("role").eq("rejected").sum().alias("rejected"))
    )
    accepted = lake.read("documents").filter(state="accepted").select("document_id", "file_name", "lines_total")
    joined = accepted.join(lines, on="document_id", how="full", coalesce=True)
    return joined.filter(~(pl.col("kept").eq_missing(pl.col("lines_total")) & pl.col("rejected").eq_missing(0)))


def unmade_rows(lake: Lake) -> pl.DataFrame:
    """Accepted documents of which a table holds more or fewer rows than were parsed."""
    made = pl.concat(
        lake.read(table).group_by("document_id").len()
        for table in ("membership_lists", "membership_changes", "calendar", "rulebook_clauses")
    )
    accepted = lake.read("documents").filter(state="accepted").select("document_id", "file_name", "rows_parsed")
    return accepted.join(made, on="document_id", how="left").filter(pl.col("len").fill_null(0) != pl.col("rows_parsed"))


def strange_classifications(lake: Lake) -> pl.DataFrame:
    """Changes whose classification is not a string of their taxonomy."""
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
    """Symbols that one list holds twice."""
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
    """Computed IPO windows that do not begin on the session after a rank day: an offering would be in none or in two."""
    ruled = lake.read("calendar").filter(basis="rule")
    ranked = ruled.filter(event="rank_day").select("starts_on")
    begun = ruled.filter(event="ipo_window").join(lake.read("sessions"), left_on="starts_on", right_on="date")
    return begun.join(ranked, left_on="previous_session", right_on="starts_on", how="anti").select(
        "review", "starts_on", "ends_on"
    )


checks = [
    *(
        _check(table, "key_is_unique", f"No two rows of {table} have the same key.", dg.AssetCheckSeverity.ERROR, _duplicate_keys(table))
        for table in TABLES
        if TABLES[table].key
    ),
    _check("document_lines", "line_account_closes", "Every line of every accepted document is there and has one role.", dg.AssetCheckSeverity.ERROR, unaccounted_documents),
    _check("documents", "none_quarantined", "No document is in quarantine.", dg.AssetCheckSeverity.WARN, lambda lake: lake.read("documents").filter(state="quarantined").select("file_name", "reason")),
    _check("catalog", "rows_match_documents", "Tables hold as many rows of each document as were parsed.", dg.AssetCheckSeverity.ERROR, unmade_rows),
    _check("membership_changes", "taxonomy_is_known", "Every classification is a string of its taxonomy.", dg.AssetCheckSeverity.ERROR, strange_classifications),
    _check("calendar", "held_on_sessions", "No review is implemented or effective on a closed session.", dg.AssetCheckSeverity.ERROR, closed_reviews),
    _check("calendar", "windows_tile_the_year", "Every computed IPO window begins where another ended.", dg.AssetCheckSeverity.ERROR, windows_apart),
    _check("membership_lists", "symbols_are_unique_in_a_list", "No list holds a symbol twice.", dg.AssetCheckSeverity.WARN, repeated_symbols),
]  # fmt: skip
