"""What must hold of tables after they are made: each check finds the rows that fail. Some stop what follows from the table.

What must hold before a table is written is in its declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from enum import Enum
from typing import NamedTuple

import polars as pl

from russell_pipeline.documents.model import ROW_TABLES
from russell_pipeline.documents.vocabulary import taxonomies
from russell_pipeline.errors import WorkStopped
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.model import Blocks
from russell_pipeline.schemas.table import Table
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.steps.flow import STEPS
from russell_pipeline.steps.step import Asked
from russell_pipeline.wording import counted, first_few

YEARS_ARE_CURRENT = "years_are_current"
_EXAMPLES = 3


class Effect(Enum):
    """What the failure of a check does."""

    BLOCKS = "nothing is made of the table"
    ERRS = "it is an error, and stops nothing"
    WARNS = "a person should look"


class Check(NamedTuple):
    """A check of a table: what must hold, the function that finds the rows that fail, and what a failure does."""

    table: str
    name: str
    description: str
    failures: Callable[[Lake], pl.DataFrame]
    effect: Effect = Effect.ERRS


class CheckFailed(WorkStopped):
    """A table breaks what must hold of it, so that nothing is made of it: which check, how many rows, and some of them."""


def checks_of(tables: Collection[str]) -> list[Check]:
    """The checks of some tables."""
    return [check for check in CHECKS if check.table in tables]


def blocking_failure(lake: Lake, table: str) -> CheckFailed | None:
    """The first check among those that block which a table breaks; None if all hold."""
    for check in checks_of([table]):
        if check.effect is Effect.BLOCKS and not (rows := check.failures(lake)).is_empty():
            fail = counted(rows.height, "row fails", "rows fail")
            examples = first_few([", ".join(map(str, row)) for row in rows.head(_EXAMPLES).rows()], _EXAMPLES)
            return CheckFailed(f"{check.name}: {check.description} {fail}: {examples}")
    return None


def _may_repeat(table: Table) -> bool:
    """Whether two files of a table may have the same key: within a file the declaration lets none be written.

    A month has only its own days, so decades of prices need no check.
    """
    return bool(table.key) and table.partition_by not in (None, "month", *table.key)


def _duplicate_keys(table: str) -> Callable[[Lake], pl.DataFrame]:
    key = TABLES[table].key
    return lambda lake: lake.read(table).group_by(key).len().filter(pl.col("len") > 1)


def _stale_years(table: str) -> Callable[[Lake], pl.DataFrame]:
    [step] = [step for step in STEPS if table in step.tables]

    def failures(lake: Lake) -> pl.DataFrame:
        return pl.DataFrame({"year": step(lake, Asked()).stale()}, schema={"year": pl.String})

    return failures


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
    made = pl.concat(lake.read(table).group_by("document_id").len() for table in ROW_TABLES.values())
    kinds = [kind.value for kind in ROW_TABLES]
    accepted = lake.read("documents").filter(pl.col("kind").is_in(kinds), state="accepted")
    parsed = accepted.select("document_id", "file_name", "rows_parsed").join(made, on="document_id", how="left")
    return parsed.filter(pl.col("len").fill_null(0) != pl.col("rows_parsed"))


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
    """Implementations and effective dates on which the exchange is closed: review, event, starts_on, basis."""
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


_BLOCKS, _WARNS = Effect.BLOCKS, Effect.WARNS

CHECKS: tuple[Check, ...] = (
    *(
        Check(table, "key_is_unique", f"No two rows of {table} have the same key.", _duplicate_keys(table))
        for table in TABLES
        if _may_repeat(TABLES[table])
    ),
    Check("document_lines", "account_closes", "Each line of an accepted document has one role.", unaccounted_documents, _BLOCKS),
    Check("documents", "none_quarantined", "No document is in quarantine.", quarantined_documents, _WARNS),
    Check(CATALOG, "rows_match_documents", "Tables hold as many rows of each document as were parsed.", unmade_rows),
    Check("sources", "all_gave_documents", "Every source gave its document.", failed_sources, _WARNS),
    Check("market_blocks", "nothing_is_blocked", "No row or conflict of landing files blocks anything.", blocked_rows, _WARNS),
    Check("index_runs", "none_refused", "Every index that has its inputs is computed.", refused_indexes),
    Check("membership_changes", "taxonomy_is_known", "Every classification is of its taxonomy.", strange_classifications),
    Check("membership_states", "never_overlap", "An index has one state on a day, as known on one.", overlapping_states, _BLOCKS),
    *(
        Check(table, YEARS_ARE_CURRENT, "Every year is what would be made now.", _stale_years(table), _WARNS)
        for table in TABLES
        if TABLES[table].has_review_years
    ),
    Check("calendar", "held_on_sessions", "No review is implemented or effective on a closed session.", closed_reviews),
    Check("calendar", "windows_tile_the_year", "Every computed IPO window begins where another ended.", windows_apart),
    Check("membership_lists", "symbols_are_unique_in_a_list", "No list holds a symbol twice.", repeated_symbols, _WARNS),
)  # fmt: skip
