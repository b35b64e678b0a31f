"""The steps in the order of the flow: each comes after those whose tables it follows from."""

from __future__ import annotations

from russell_pipeline.steps.calendar import MakeCalendar, MakeCalendarFindings, MakeSessions
from russell_pipeline.steps.catalog import BuildCatalog
from russell_pipeline.steps.documents import MakeMembershipChanges, MakeMembershipLists, MakeRulebookClauses
from russell_pipeline.steps.findings import CollectFindings
from russell_pipeline.steps.index.step import ComputeIndexes
from russell_pipeline.steps.market import ReadMarket
from russell_pipeline.steps.market_findings import MakeMarketFindings
from russell_pipeline.steps.membership import (
    MakeConstituents,
    MakeMembershipFindings,
    MakeMembershipStates,
    MakeRenameCandidates,
    MakeSecurities,
    MakeSecurityIdentifiers,
    MakeSecurityRows,
    MakeSymbols,
)
from russell_pipeline.steps.reading import ReadDocuments
from russell_pipeline.steps.sources import FetchSources
from russell_pipeline.steps.step import Step, TableStep

STEPS: tuple[type[Step], ...] = (
    FetchSources,
    ReadDocuments,
    ReadMarket,
    MakeSessions,
    MakeCalendar,
    MakeCalendarFindings,
    MakeMembershipLists,
    MakeMembershipChanges,
    MakeRulebookClauses,
    MakeSymbols,
    MakeSecurityIdentifiers,
    MakeSecurities,
    MakeSecurityRows,
    MakeRenameCandidates,
    MakeMembershipStates,
    MakeMembershipFindings,
    MakeConstituents,
    MakeMarketFindings,
    ComputeIndexes,
    CollectFindings,
    BuildCatalog,
)

# The tables that a run makes again from others if they are gone.
DERIVED = frozenset(
    table for step in STEPS if issubclass(step, TableStep) or step is CollectFindings for table in step.tables
)
