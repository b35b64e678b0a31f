"""The register of all tables, in the order of the data flow, and the groups that they form."""

from __future__ import annotations

from russell_pipeline.schemas.calendar import Calendar, CalendarFindings, Sessions
from russell_pipeline.schemas.documents import (
    DocumentLines,
    Documents,
    MembershipChanges,
    MembershipLists,
    RulebookClauses,
)
from russell_pipeline.schemas.findings import Findings
from russell_pipeline.schemas.index import (
    DivisorEvents,
    IndexLevels,
    IndexRestatements,
    IndexRuns,
    IndexStates,
    StalePrices,
    UncorrectedLevels,
    Weights,
)
from russell_pipeline.schemas.market import (
    Actions,
    Closes,
    Components,
    Fx,
    LandingFiles,
    MarketBlocks,
    MarketCorrections,
    MarketFindings,
    Offerings,
    Overrides,
    Suspensions,
    SymbolChanges,
)
from russell_pipeline.schemas.membership import (
    Constituents,
    MembershipFindings,
    MembershipStates,
    RenameCandidates,
    Securities,
    SecurityIdentifiers,
    SecurityRows,
    Symbols,
)
from russell_pipeline.schemas.sources import FetchedDocuments, Sources

# The partition of rows without a known year.
UNDATED = "undated"
# What is made of all tables, and is none itself: the DuckDB file that people query.
CATALOG = "catalog"
# The groups of the graph in the order of the data flow, and the team that answers for the tables of each.
GROUPS = {
    "sources": "data-operations",
    "documents": "index-research",
    "calendar": "index-research",
    "membership": "index-research",
    "market": "market-data",
    "index": "index-calculation",
    "findings": "index-research",
    CATALOG: "data-operations",
}
TABLES = {
    schema.table.name: schema.table
    for schema in (
        Sources, FetchedDocuments,
        Documents, DocumentLines, MembershipLists, MembershipChanges, RulebookClauses,
        Calendar, CalendarFindings, Sessions,
        Securities, Symbols, SecurityIdentifiers, SecurityRows, RenameCandidates, MembershipStates, Constituents,
        MembershipFindings,
        LandingFiles, Closes, Fx, Actions, Components, Suspensions, SymbolChanges, Offerings, Overrides, MarketBlocks,
        MarketCorrections, MarketFindings,
        Weights, IndexLevels, DivisorEvents, StalePrices, IndexStates, IndexRuns, IndexRestatements, UncorrectedLevels,
        Findings,
    )
}  # fmt: skip
