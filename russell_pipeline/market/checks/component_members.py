"""Which names should have a close on which days: the members of component files, followed through actions to the next file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from russell_pipeline.market.spelling import spelled_as

_DAY = timedelta(days=1)
_TO_NEXT_SESSION = timedelta(days=4)
SPAN = {"index_code": pl.String, "symbol": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
MEMBERS = {**SPAN, "simulated": pl.Boolean, "computed": pl.Boolean}
SHARE_CHANGES = {
    "index_code": pl.String,
    "symbol": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "since": pl.Date,
    "until": pl.Date,
}


class ComponentFile(NamedTuple):
    """A file of components: its index, the review or day in its name, and the session after whose close its members are held."""

    index_code: str
    effective_review: str
    holds_after: date


class ComponentSpan(NamedTuple):
    """The half-open span of days on which the members of a file should have a close, and the former file of the index."""

    file: ComponentFile
    valid_from: date
    valid_to: date | None
    before: ComponentFile | None


def component_spans(files: Sequence[ComponentFile]) -> list[ComponentSpan]:
    """The span of each file, by index and day.

    A span begins on the session at whose close the members are bought, and includes the session at whose close the next file's
    are.
    """
    spans = []
    ordered = sorted(files, key=lambda one: (one.index_code, one.holds_after, one.effective_review))
    for place, file in enumerate(ordered):
        before = ordered[place - 1] if place and ordered[place - 1].index_code == file.index_code else None
        after = ordered[place + 1] if place + 1 < len(ordered) else None
        last = after.holds_after if after and after.index_code == file.index_code else None
        spans.append(ComponentSpan(file, file.holds_after, last + _DAY if last else None, before))
    return spans


def members_of_file(
    span: ComponentSpan, rows: pl.DataFrame, actions: pl.DataFrame, symbol_changes: pl.DataFrame
) -> pl.DataFrame:
    """The members of a file of components (`rows`), followed through its span; the columns of `MEMBERS`."""
    valid = {"valid_from": pl.lit(span.valid_from), "valid_to": pl.lit(span.valid_to, pl.Date)}
    found = follow_actions(rows.select("index_code", "symbol", **valid), actions, symbol_changes)
    return found.with_columns(simulated=pl.lit(bool(rows["simulated"].any())), computed=pl.lit(True))


def share_changes(
    file: ComponentFile, rows: pl.DataFrame, former: ComponentFile, former_rows: pl.DataFrame
) -> pl.DataFrame:
    """The shares of each name by a file of components and by the former one, and the days between (`SHARE_CHANGES`).

    Both have the `security_id` of each name, since a symbol may be another company's by the later day.
    """
    before = former_rows.select("security_id", before="shares")
    both = rows.select("index_code", "symbol", "security_id", after="shares").join(before, on="security_id")
    days = both.with_columns(since=pl.lit(former.holds_after), until=pl.lit(file.holds_after))
    return days.select(list(SHARE_CHANGES))


def follow_actions(members: pl.DataFrame, actions: pl.DataFrame, symbol_changes: pl.DataFrame) -> pl.DataFrame:
    """Spans of members (`SPAN`) followed through actions: a deletion ends a span, a new symbol continues it.

    `actions` are rows of the kind with symbol, date, action and to_symbol; `symbol_changes` has date, old_symbol, new_symbol. The
    day of a deletion is still in the span; a conversion or a new symbol holds from the open of its day; a spin-off adds its
    child.
    """
    if members.is_empty():
        return members.select(list(SPAN))
    known = pl.concat([members["symbol"], actions["to_symbol"].drop_nulls(), symbol_changes["new_symbol"]])
    # What happens before or after all spans is of no concern, and most files have a year or a quarter of decades.
    first, last = members["valid_from"].min(), members["valid_to"].fill_null(date.max).max()
    in_spans = pl.col("date").is_between(first, pl.lit(last) + _TO_NEXT_SESSION)
    actions, symbol_changes = actions.filter(in_spans), symbol_changes.filter(in_spans)
    actions, symbol_changes = spelled_as(known, actions, "symbol"), spelled_as(known, symbol_changes, "old_symbol")
    events = pl.concat(
        [
            actions.filter(pl.col("action") == "delete").select(
                "symbol", pl.col("date").dt.offset_by("1d"), pl.lit(None, pl.String).alias("to_symbol"), ends=True
            ),
            actions.filter(pl.col("action").is_in(["conversion", "spin_off"])).select(
                "symbol", "date", "to_symbol", ends=pl.col("action") == "conversion"
            ),
            symbol_changes.select(
                pl.col("old_symbol").alias("symbol"), "date", pl.col("new_symbol").alias("to_symbol"), ends=True
            ),
        ]
    )
    done, current = [], _renamed_after(members.select(list(SPAN)), symbol_changes)
    while not current.is_empty():
        met = current.join(events, on="symbol").filter(
            (pl.col("date") > pl.col("valid_from")) & (pl.col("date") < pl.col("valid_to").fill_null(date.max))
        )
        if met.is_empty():
            done.append(current)
            break
        ends = met.filter("ends").group_by(list(SPAN)).agg(pl.col("date").min().alias("end"))
        ended = current.join(ends, on=list(SPAN), how="left", nulls_equal=True)
        done.append(
            ended.select("index_code", "symbol", "valid_from", pl.coalesce("end", "valid_to").alias("valid_to"))
        )
        # Events after the one that ends the span happen to another security with the same symbol.
        met = met.join(ends, on=list(SPAN), how="left", nulls_equal=True)
        met = met.filter(pl.col("to_symbol").is_not_null() & (pl.col("date") <= pl.col("end").fill_null(date.max)))
        current = met.select(
            "index_code", pl.col("to_symbol").alias("symbol"), pl.col("date").alias("valid_from"), "valid_to"
        ).unique(maintain_order=True)
    return pl.concat(done).unique(maintain_order=True)


def _renamed_after(members: pl.DataFrame, symbol_changes: pl.DataFrame) -> pl.DataFrame:
    """Spans whose symbol is new on the next session begin there: files have the symbols that hold after implementation."""
    new = spelled_as(members["symbol"], symbol_changes, "new_symbol").select(
        pl.col("new_symbol").alias("symbol"), pl.col("date").alias("renamed_on")
    )
    if new.is_empty():
        return members
    soon = pl.col("renamed_on").is_between(pl.col("valid_from"), pl.col("valid_from") + _TO_NEXT_SESSION)
    late = members.join(new, on="symbol").filter(soon).group_by(list(SPAN)).agg(pl.col("renamed_on").max())
    found = members.join(late, on=list(SPAN), how="left", nulls_equal=True)
    return found.with_columns(pl.coalesce("renamed_on", "valid_from").alias("valid_from")).drop("renamed_on")
