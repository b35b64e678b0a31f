"""The market: landing files, the tables made from their rows, and what was set aside or found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from types import new_class
from typing import Any

import dataframely as dy
import polars as pl

from russell_pipeline.market.files.kinds import KINDS as SUPPLIED
from russell_pipeline.market.files.kinds import TABLE_KINDS
from russell_pipeline.market.files.model import Blocks, Provided
from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.table import TableSchema

# Raised whenever the same landing files would give different rows: all are then read again.
_READING = 3
# Raised whenever the same rows of landing files would give a different partition.
_LANDED = 3


class LandingFiles(TableSchema, group="market", sort_by=("path",), version=_READING):
    """Every landing file of the market: what was last read from it, and which partitions it feeds."""

    path = column.text("Path of the file below landing/", key=True)
    kind = column.text("Kind of file; null for a file that is not read", nullable=True, values=TABLE_KINDS)
    file = column.text("Name of the file in rows, findings and overrides")
    sha256 = column.text("SHA-256 of its bytes, in hexadecimal; null where it cannot be opened", nullable=True)
    state = column.text(
        "Whether its rows are in the tables; of a damaged file these and, where it has none, rows of its last good version",
        values=("accepted", "damaged", "refused", "unread"),
    )
    reason = column.text(
        "Why it was refused or is damaged; what it no longer gives of its last good version stays", nullable=True
    )
    rows = column.whole("Rows that pass every rule", least=0)
    rejected = column.whole("Rows set aside", least=0)
    known_on = column.day("Day on which these bytes were first seen", nullable=False)
    simulated = column.flag("Whether the file says that its market is simulated")
    parts = column.items(
        dy.Struct({"key": dy.String(), "rows": dy.Int32(), "sha256": dy.String()}),
        description="Partitions with rows of the file, also those that stay, each with the number and the hash of these rows",
    )
    notes = column.items(
        dy.Struct({"severity": dy.String(), "message": dy.String(), "line": dy.Int32(nullable=True)}),
        description="What was noticed while reading; each becomes a finding",
    )
    reader_version = column.whole("Version of the reader; files are read again when it rises", least=1)
    found_columns = column.items(
        dy.String(), nullable=True, description="Columns of its kind that it has, with those of rows that stay"
    )
    kept = column.whole(
        "Rows of its last good version that stay because the present one is damaged", nullable=True, least=0
    )
    kept_from = column.day("First day of these rows")
    kept_to = column.day("Last day of these rows")
    kept_subjects = column.items(dy.String(), nullable=True, description="Symbols or currencies of these rows")
    accepted = column.text(
        "SHA-256 of the version that may take rows along, as an edit or by `russell run --accept`", nullable=True
    )

    @dy.rule()
    def damaged_with_reason(cls) -> pl.Expr:
        return pl.col("state").is_in(["refused", "damaged"]) == pl.col("reason").is_not_null()


class _Simulated(TableSchema):
    simulated = column.flag("Whether the file says that its market is simulated")


class _Landed(_Simulated, Provided):
    """Rows of a kind of landing file."""


def _landed(
    name: str, parted_by: Mapping[str, dy.Column], *, key: Collection[str], sort_by: tuple[str, ...], **facts: Any
) -> type[TableSchema]:
    """The declaration of a table with the columns of a kind of landing file, the day first."""
    kind = SUPPLIED[name]
    columns = {name: copy(kind.schema.columns()[name]) for name in kind.columns}
    for part in key:
        columns[part].primary_key = True
    day = {kind.day: columns[kind.day]} if kind.day else {}
    members = {"__doc__": kind.schema.__doc__, **parted_by, **day, **columns}
    facts |= {"group": "market", "version": _LANDED, "sort_by": sort_by}
    class_name = "".join(part.capitalize() for part in name.split("_"))
    return new_class(class_name, (_Landed,), facts, lambda namespace: namespace.update(members))


_MONTH = {"month": column.text("Month, YYYY-MM")}
Closes = _landed(
    "closes", _MONTH, key=("date", "symbol"), sort_by=("symbol", "date"), partition_by="month", security_on="date"
)
Fx = _landed(
    "fx", _MONTH, key=("date", "currency", "quote"), sort_by=("date", "currency", "quote"), partition_by="month"
)
# Actions of one day are in the order in which they apply: by file name, then by row.
Actions = _landed(
    "actions",
    _MONTH,
    key=(),
    sort_by=("date", "file", "row"),
    partition_by="month",
    identity=("file", "row"),
    security_on="date",
)
Components = _landed(
    "components",
    {
        "year": column.whole("Year of the review or day"),
        "index_code": column.text("Code of the component index", key=True),
        "effective_review": column.text(
            "Review, YYYY-MM, or day, YYYY-MM-DD, in the name of the file, after which its names are held", key=True
        ),
    },
    key=("symbol",),
    sort_by=("index_code", "effective_review", "symbol"),
    partition_by="year",
)
Universe = _landed(
    "universe",
    {
        **_MONTH,
        "as_of": column.day("Rank day, in the name of the file, after whose close companies are ranked", key=True),
    },
    key=("symbol",),
    sort_by=("as_of", "symbol"),
    partition_by="month",
    security_on="as_of",
)
Suspensions = _landed(
    "suspensions",
    {"year": column.whole("Year in which it begins")},
    key=("symbol", "suspended_on"),
    sort_by=("suspended_on", "symbol"),
    partition_by="year",
)
SymbolChanges = _landed(
    "symbol_changes",
    {"year": column.whole("Year of the change")},
    key=("date", "old_symbol"),
    sort_by=("date", "old_symbol"),
    partition_by="year",
)
Offerings = _landed(
    "offerings",
    {"year": column.whole("Year of the discovery")},
    key=("symbol", "discovered_on"),
    sort_by=("discovered_on", "symbol"),
    partition_by="year",
)
Overrides = _landed("overrides", {}, key=("subject", "key"), sort_by=("subject", "key"), partition_by="subject")


class MarketBlocks(TableSchema, group="market", sort_by=("kind", "part", "file", "row", "rule", "key")):
    """Rows of landing files that were set aside, and contradictions, each with what cannot be trusted until it is settled."""

    kind = column.text("Kind of file", values=TABLE_KINDS)
    part = column.text("Partition of a conflict; null for a row set aside", nullable=True)
    file = column.text("File that holds the row", nullable=True)
    row = dy.Int64(
        description="Line of the file; null for a whole file, and for a row that one of two files lacks", nullable=True
    )
    rule = column.text("Rule that is broken: column|rule, the name of a rule, conflict, skipped, override or repeated")
    key = column.text("Kind and key of a conflict, as an override names it", nullable=True)
    value = column.text("What the file has", nullable=True)
    sentence = column.text("File, row and reason, or the conflict with all its sides, in one sentence")
    blocks = column.text("What cannot be trusted", values=tuple(Blocks))
    subjects = column.items(
        dy.String(), description="Symbols or currencies that are blocked; empty if `blocks` is file or nothing"
    )
    day = column.day("Day that is blocked; null means any day")


class MarketCorrections(TableSchema, group="market", sort_by=("ordinal",)):
    """Values that changed, were withdrawn or came after levels of their day, with the former value and the day of it."""

    ordinal = column.whole("Place in the order in which they were found, from 1", key=True, least=1)
    kind = column.text("Kind of file", values=TABLE_KINDS)
    key = column.text("Kind and key, as an override names it: closes 2024-01-02 AAPL")
    day = column.day("Day that the value is of; null for a component")
    symbol = column.text("Symbol, currency of a rate, or key of a decision")
    former = column.text(
        "The former value in words; null where there was none, or it had been withdrawn before", nullable=True
    )
    new = column.text("The new value in words; null where it was withdrawn", nullable=True)
    former_value = column.number("Former close or rate", nullable=True)
    new_value = column.number("New close or rate", nullable=True)
    former_file = column.text("File of the former value", nullable=True)
    new_file = column.text("File of the new value", nullable=True)
    known_on = column.day("Day from which the new value is known", nullable=False)
    late = column.flag("Whether the value is a new one, of a day whose levels had been published", nullable=True)
    former_row = column.text("The former row of the table as JSON; null where there is no former value", nullable=True)
    new_row = column.text("The new row of the table as JSON; null where it was withdrawn", nullable=True)

    @dy.rule()
    def something_changes(cls) -> pl.Expr:
        return pl.col("former").ne_missing(pl.col("new"))


class MarketFindings(
    TableSchema,
    group="market",
    sort_by=("month", "severity", "subject", "message"),
    version=3,
    upstream=(
        "calendar",
        "sessions",
        "membership_states",
        "constituents",
        "landing_files",
        "closes",
        "fx",
        "actions",
        "components",
        "suspensions",
        "symbol_changes",
        "offerings",
        "overrides",
        "market_blocks",
        "market_corrections",
    ),
):
    """Findings on landing files, and those from the checks of every month."""

    month = column.text(
        "Month that was checked, YYYY-MM; null for findings on files", nullable=True, copied="closes.month"
    )
    severity = column.text(
        "info: worth knowing; warning: look at it; error: kept out, or no index can be computed",
        nullable=True,
        values=("info", "warning", "error"),
        made_from="landing_files.notes",
    )
    subject = column.text(
        "A file, a month, an index or a currency",
        nullable=True,
        made_from=(
            "landing_files.file market_blocks.file market_corrections.key fx.currency,quote "
            "components.index_code suspensions.symbol"
        ),
    )
    message = column.text(
        "The finding in a sentence; null on the row that records the check of a month",
        nullable=True,
        made_from=(
            "landing_files.notes market_blocks.sentence market_corrections.former,new closes.close "
            "fx.rate actions.action,new,old,amount,price components.shares constituents.symbol "
            "suspensions.suspended_on,resumed_on,file,row"
        ),
    )
    line = column.whole("Line of the file", nullable=True, made_from="landing_files.notes market_blocks.row")
    inputs = column.text(
        "On that row: the fingerprint of what the month was checked against",
        nullable=True,
        made_from="landing_files.sha256",
    )

    @dy.rule()
    def a_finding_or_a_checked_month(cls) -> pl.Expr:
        found = pl.all_horizontal(pl.col(name).is_not_null() for name in ("severity", "subject", "message"))
        return found ^ pl.col("inputs").is_not_null()
