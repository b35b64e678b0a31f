"""The report on an index: what it is, how it did, what it holds, what its reviews trade, and the basis of all that."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from russell_pipeline.errors import NothingKnown
from russell_pipeline.index.definition import Definition
from russell_pipeline.reports import figures
from russell_pipeline.reports.basis import divisor_section, policies_section, provenance_section, restatements_section
from russell_pipeline.reports.common import findings_section, made_from, on
from russell_pipeline.reports.composition import exposure_section, holdings_sections, turnover_section
from russell_pipeline.reports.page import Page
from russell_pipeline.reports.performance import performance_sections
from russell_pipeline.wording import counted


def fact_sheet(facts: Mapping[str, pl.DataFrame], cost_bps: float) -> Page:
    """The report on an index from the frames of `query_report.index_report`; reviews cost `cost_bps` basis points a side.

    An index without levels has a report too, which says what it waits for. Raises NothingKnown if no run ever named the index.
    """
    runs = facts["runs"]
    if runs.is_empty():
        raise NothingKnown("no run ever named this index")
    told = runs["definition"].drop_nulls()
    definition = Definition.model_validate_json(told[-1]) if told.len() else None
    code = runs["index_code"][0]
    levels = facts["levels"].with_columns(drawdown=figures.drawdowns(facts["levels"]["total_return_index"]))
    simulated = bool(levels["simulated"].any() or facts["reviews"]["simulated"].any())
    sections = [*performance_sections(levels, runs, facts["reviews"])]
    if not facts["reviews"].is_empty():
        sections += [
            exposure_section(facts["reviews"], definition),
            *holdings_sections(facts["holdings"]),
            turnover_section(
                facts["reviews"],
                (facts["reviews"]["implemented_on"] if levels.is_empty() else levels["date"])[-1],
                cost_bps,
            ),
        ]
    if not levels.is_empty():
        sections += [
            divisor_section(levels, facts),
            restatements_section(facts["corrections_by_day"], facts["corrections"], code),
        ]
    sections += [
        findings_section(facts["findings"]),
        policies_section(definition),
        provenance_section(facts, definition),
    ]
    return Page(
        kind="Index report",
        title=definition.name if definition else code,
        facts=_identity(code, definition, levels, facts["reviews"]),
        sections=sections,
        made_from=made_from(facts["lake"]),
        simulated=simulated,
        notes=[
            "Levels chain unrounded and are shown rounded; returns are those of closing levels, without any cost of trading."
        ],
    )


def _identity(code: str, definition: Definition | None, levels: pl.DataFrame, reviews: pl.DataFrame) -> dict[str, str]:
    found = {"Code": code}
    if definition:
        found |= {
            "Currency": definition.currency,
            "Base": f"{definition.base.value:,g} at the close of {on(definition.base.date)}",
            "Legs": ", ".join(f"{leg.component} {leg.units:+g}" for leg in definition.legs),
        }
        if definition.rulebook:
            found["Methodology"] = (
                f"{definition.rulebook.document}; {counted(len(definition.rulebook.clauses), 'clause')} pinned by hash"
            )
    if not levels.is_empty():
        last = levels.row(-1, named=True)
        found |= {"As of": f"the close of {on(last['date'])}", "Sessions": f"{levels.height:,}"}
    if not reviews.is_empty():
        last_review = reviews.row(-1, named=True)
        found["Last review"] = f"{last_review['review']}, effective {on(last_review['effective_on'])}"
    return found
