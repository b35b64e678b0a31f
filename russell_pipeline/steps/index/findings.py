"""Findings on indexes: refused definitions and years, corrected levels, rulebooks that a definition no longer follows."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.documents.rulebooks.clauses import clauses
from russell_pipeline.documents.rulebooks.facts import rulebook_facts
from russell_pipeline.documents.rulebooks.figures import stated_rules
from russell_pipeline.findings import Finding
from russell_pipeline.index.corporate_actions import AT_LAST_CLOSE, DROPPED, LEFT_OUT
from russell_pipeline.index.declared_rules import check_stated_rules
from russell_pipeline.index.rulebook import AREA, ClauseText, GroundRules, check_rules, newest
from russell_pipeline.index.weights import DROPPED as DROPPED_AT_CUTOFF
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.documents import lines_of
from russell_pipeline.steps.index.inputs import definitions
from russell_pipeline.steps.review_dates import sessions_of
from russell_pipeline.wording import counted, first_few


def findings(lake: Lake) -> Iterator[Finding]:
    """What a person should look at among the indexes, one finding each.

    Refused definitions and years, corrections that levels do not follow, prices carried on, and ground rules that contradict
    the rules of the project.
    """
    defined, refused = definitions(lake)
    yield from refused
    said = {finding.subject for finding in refused}
    for row in lake.read("index_runs").sort("year", "index_code", nulls_last=False).iter_rows(named=True):
        if row["state"] != "computed" and row["index_code"] not in said:
            severity = "error" if row["state"] == "refused" else "info"
            yield Finding(AREA, severity, row["index_code"], row["reason"])
            for one in row["lacking"] or ():
                yield Finding(AREA, "info", one["symbol"], one["message"])
    yield from _corrections(lake)
    yield from _last_closes(lake)
    yield from _carried(lake)
    if documents := [*_ground_rules(lake)]:
        calendar = RuleCalendar(sessions_of(lake))
        for definition in defined.values():
            yield from check_rules(definition, documents, calendar)
        for rules in newest(documents):
            yield from check_stated_rules(rules, calendar)


def _ground_rules(lake: Lake) -> Iterator[GroundRules]:
    """The accepted documents of ground rules, as they are read."""
    accepted = lake.read("documents").filter(kind="ground_rules", state="accepted").sort("published_on", "document_id")
    for document_id in accepted["document_id"]:
        lines = lines_of(lake, document_id)
        printed = clauses(lines)
        found = [ClauseText(one.clause, one.text_sha256, one.page, one.line) for one in printed]
        yield GroundRules(document_id, found, rulebook_facts(printed, lines), stated_rules(lines))


_AT_LAST_CLOSES = {
    AT_LAST_CLOSE: "deleted at the last close, because the deletion has no price",
    DROPPED: "dropped at the last close, because nobody supplied another (policy missing_price)",
    LEFT_OUT: "left out of the review of that day for want of a close (policy missing_price)",
}


def _last_closes(lake: Lake) -> Iterator[Finding]:
    """Names that went at their last close, and names that a review left out because they had none."""
    events = lake.read("divisor_events", columns=["index_code", "date", "event", "symbol"])
    events = events.filter(pl.col("event").is_in(_AT_LAST_CLOSES.keys()))
    for (code, event), rows in events.group_by("index_code", "event", maintain_order=True):
        names = [f"{symbol} on {day}" for symbol, day in rows.select("symbol", "date").iter_rows()]
        were = counted(len(names), "name was", "names were")
        yield Finding(AREA, "warning", str(code), f"{code}: {were} {_AT_LAST_CLOSES[str(event)]}: {first_few(names)}")
    weights = lake.read("weights", columns=["index_code", "review", "cutoff_on", "symbol", "price_carried"])
    dropped = weights.filter(price_carried=DROPPED_AT_CUTOFF)
    for (code, review, day), rows in dropped.group_by("index_code", "review", "cutoff_on", maintain_order=True):
        have = counted(rows.height, "name has", "names have")
        says = (
            f"{code} {review}: {have} no weight for want of a close on the price cut-off {day} (policy missing_price): "
        )
        yield Finding(AREA, "warning", str(code), says + first_few(rows["symbol"].to_list()))


def _carried(lake: Lake) -> Iterator[Finding]:
    """Names without a close that stand at their last price under the policy `carry`, by index and year."""
    rows = lake.read("stale_prices").filter(reason="missing").sort("index_code", "date", "symbol")
    for (code, year), ones in rows.group_by("index_code", "year", maintain_order=True):
        first = ones.row(0, named=True)
        prices = counted(ones.height, "missing close is carried", "missing closes are carried")
        says = f"{code}: {prices} in {year}: {first['symbol']} on {first['date']} at {first['close']:g} of {first['price_on']}"
        yield Finding(AREA, "warning", str(code), says)


def _corrections(lake: Lake) -> Iterator[Finding]:
    """Published levels that were restated, and those that stay although their inputs were corrected."""
    off = pl.max_horizontal(pl.col("basis_points").abs(), pl.col("total_return_basis_points").abs()).max().alias("off")
    figures = (pl.len().alias("days"), pl.col("date").min(), off)
    superseded = lake.read("index_restatements").with_columns(withdrawn=pl.col("basis_points").is_null())
    by_cause = superseded.group_by("index_code", "superseded_on", "reason", "withdrawn", maintain_order=True)
    for row in by_cause.agg(*figures).iter_rows(named=True):
        became = "withdrawn" if row["withdrawn"] else f"restated, at most {row['off']:.4g} bp"
        since = f"from {row['date']} on"
        levels = counted(row["days"], f"level {since} was", f"levels {since} were")
        message = f"{row['index_code']}: {levels} {became} ({row['reason']})"
        yield Finding(AREA, "warning", row["index_code"], message)
    kept = lake.read("uncorrected_levels").group_by("index_code", "kept_on", "reason", maintain_order=True)
    for row in kept.agg(*figures, pl.col("applied_after").max()).iter_rows(named=True):
        span = f"from {row['date']} to {row['applied_after']}"
        levels = counted(row["days"], f"level {span} stays", f"levels {span} stay")
        message = (
            f"{row['index_code']}: {levels} as published, at most {row['off'] or 0:.4g} bp from what the corrected inputs give; "
            f"the correction acts from the next session ({row['reason']})"
        )
        yield Finding(AREA, "info", row["index_code"], message)
