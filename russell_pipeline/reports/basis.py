"""The sections of an index report on the basis of its levels: divisor, restatements, policies, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.policies import policies
from russell_pipeline.reports import charts, figures
from russell_pipeline.reports.common import clipped, frame
from russell_pipeline.reports.page import Block, Chart, Column, Section, Table
from russell_pipeline.wording import counted

_SHOWN = 15


def divisor_section(levels: pl.DataFrame, facts: Mapping[str, pl.DataFrame]) -> Section:
    """The divisor through time, and the events that moved it most."""
    thin, every = figures.thinned(levels)
    at_ends = Table(
        figures.month_ends(levels),
        [
            Column("date", "Session", "date"),
            Column("divisor", "Divisor", "level"),
            Column("market_value", "Market value", "level"),
        ],
        f"Divisor at the last session of each month{figures.LAST_MONTHS}",
    )
    kinds, ledger = facts["events_by_kind"], facts["ledger"]
    about = f"What the market value of each close was divided by, {every}. It moves so that no event moves the level."
    by_kind = Table(
        kinds,
        [
            Column("event", "Event"),
            Column("moment", "At"),
            Column("events", "Events", "count"),
            Column("moved", "Moved the divisor", "count"),
            Column("divisor_change", "Change of the divisor", "level"),
            Column("first", "First", "date"),
            Column("last", "Last", "date"),
        ],
        "Divisor events by kind",
    )
    shown = ledger.sort("date", maintain_order=True)
    entries = Table(
        shown,
        [
            Column("date", "Session", "date"),
            Column("moment", "At"),
            Column("event", "Event", "code"),
            Column("symbol", "Symbol"),
            Column("divisor_before", "Divisor before", "level"),
            Column("divisor_after", "Divisor after", "level"),
            Column("change", "Change", "change"),
        ],
        "Divisor ledger",
        clipped(ledger, what="base, reviews and corrections first, then the events that moved the divisor most"),
    )
    chart = Chart(
        "chart-divisor", "Divisor", about, charts.steps(thin.select("date", "divisor"), "divisor", "Divisor"), at_ends
    )
    if len(shown) > _SHOWN:
        great = ledger.head(_SHOWN).sort("date", maintain_order=True)
        first = Table(great, entries.columns, f"Base, reviews, corrections and greatest events: {great.height}")
        return Section("divisor", "Divisor ledger", [chart, by_kind, first, _folded(entries)])
    return Section("divisor", "Divisor ledger", [chart, by_kind, entries])


def _folded(table: Table) -> Table:
    caption = f"{table.caption}: {counted(table.rows.height, 'entry', 'entries')}"
    return replace(table, caption=caption, fold=True)


def restatements_section(by_day: pl.DataFrame, corrections: pl.DataFrame, code: str) -> Section:
    """Levels that were published otherwise before, and those kept although their inputs were corrected."""
    if corrections.is_empty():
        return Section(
            "restatements",
            "Restatements",
            ["No published level was ever restated, and none stays although its inputs changed."],
        )
    decided = [
        Column("decided_on", "Decided", "date"),
        Column("what", "What became of them"),
        Column("sessions", "Sessions", "count"),
        Column("first", "From", "date"),
        Column("last", "To", "date"),
        Column("basis_points", "Price, at most bp", "points"),
        Column("total_return_basis_points", "Total return, at most bp", "points"),
        Column("reason", "Reason", "prose"),
    ]
    columns = [
        Column("date", "Session", "date"),
        Column("what", "What became of it"),
        Column("published", "Price index as published", "exact"),
        Column("basis_points", "Price, bp", "points"),
        Column("total_return_basis_points", "Total return, bp", "points"),
        Column("decided_on", "Decided", "date"),
    ]
    note = clipped(corrections, what=f"the latest; russell levels {code} --corrections has all")
    caption = f"Each session: {corrections['rows_in_all'][0]:,}"
    each = Table(corrections, columns, caption, note, fold=corrections.height > _SHOWN)
    return Section(
        "restatements", "Restatements", [Table(by_day, decided, "Published levels whose inputs changed"), each]
    )


def policies_section(definition: Definition | None) -> Section:
    """The policies of the index, each with what its option means."""
    if definition is None:
        return Section("policies", "Policies", ["The definition was refused, so that its policies are not known."])
    chosen = dict(definition.policies)
    rows = [
        {
            "policy": name,
            "option": chosen[name],
            "standard": "default" if chosen[name] == policy.default else "definition",
            "clause": ", ".join((policy.clause, *policy.also)),
            "means": policy.options[chosen[name]].does,
        }
        for name, policy in policies().items()
    ]
    columns = [
        Column("policy", "Policy"),
        Column("option", "Option"),
        Column("standard", "Set by"),
        Column("clause", "Clause"),
        Column("means", "What that means", "prose"),
    ]
    limits = ", ".join(f"{name} {value:g}" for name, value in definition.correction_limits)
    note = f"Decisions that the ground rules leave open, with the clauses that they rest on. Limits of corrections: {limits}."
    return Section("policies", "Policies", [Table(frame(rows), columns, "Policies", note)])


def provenance_section(facts: Mapping[str, pl.DataFrame], definition: Definition | None) -> Section:
    """The documents, clauses and files that the index was made from."""
    documents, landed = facts["documents"], facts["files"]
    blocks: list[Block] = [_clauses(facts["clauses"], definition)]
    columns = [
        Column("file_name", "Document"),
        Column("kind", "Kind"),
        Column("index_code", "Index"),
        Column("as_of", "As of", "date"),
        Column("published_on", "Published", "date"),
        Column("pages", "Pages", "count"),
        Column("rows_parsed", "Rows", "count"),
        Column("state", "State"),
        Column("document_id", "SHA-256", "hash"),
    ]
    caption = "Documents in the lake on the index, its components and its review dates"
    blocks.append(
        Table(documents, columns, caption, clipped(documents))
        if len(documents)
        else "There is no document in the lake on this index, its components or its review dates."
    )
    if landed.is_empty():
        blocks.append("There are no files of a market in the lake.")
        return Section("provenance", "Data provenance", blocks)
    summary = [
        Column("kind", "Kind"),
        Column("files", "Files", "count"),
        Column("rows", "Rows", "count"),
        Column("rejected", "Set aside", "count"),
        Column("simulated", "Simulated files", "count"),
        Column("known_on", "Last seen anew", "date"),
    ]
    each = [
        Column("path", "File"),
        Column("state", "State"),
        Column("rows", "Rows", "count"),
        Column("rejected", "Set aside", "count"),
        Column("known_on", "Known since", "date"),
        Column("sha256", "SHA-256", "hash"),
    ]
    blocks.append(Table(facts["files_by_kind"], summary, "Files of the market"))
    blocks.append(
        Table(landed, each, f"Each file of the market: {landed['rows_in_all'][0]:,}", clipped(landed), fold=True)
    )
    return Section("provenance", "Data provenance", blocks)


def _clauses(clauses: pl.DataFrame, definition: Definition | None) -> Block:
    pinned = definition.rulebook if definition else None
    if pinned is None:
        return "The definition pins no clause of ground rules."
    newest: dict[str, dict[str, Any]] = {}
    for row in clauses.iter_rows(named=True):
        newest.setdefault(row["clause"], row)
    rows = [_clause(clause, wanted, newest.get(clause)) for clause, wanted in pinned.clauses.items()]
    columns = [Column("clause", "Clause"), Column("pinned", "SHA-256 of the pinned text", "hash")]
    note = "The clauses that the definition implements, by the hash of their text; no ground rules in the lake have any of them."
    if newest.keys() & pinned.clauses.keys():
        columns += [Column("title", "Title"), Column("held", "In the lake"), Column("document", "Document")]
        note = "The clauses that the definition implements, by the hash of their text, beside the newest that the lake has."
    return Table(frame(rows), columns, pinned.document, note)


def _clause(clause: str, wanted: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {"clause": clause, "pinned": wanted, "held": "not in the lake"}
    return {
        "clause": clause,
        "pinned": wanted,
        "title": found["title"],
        "held": "the same text" if found["text_sha256"] == wanted else "another text",
        "document": f"{found['file_name']} {found['page']}:{found['line']}",
    }
