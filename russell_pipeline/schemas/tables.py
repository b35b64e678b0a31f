"""The register of all tables, in the order of the data flow, and the groups that they form."""

from __future__ import annotations

from types import ModuleType

from russell_pipeline.schemas import calendar, documents, findings, index, market, membership, sources
from russell_pipeline.schemas.table import Table, TableSchema

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


def _declared(subject: ModuleType) -> dict[str, Table]:
    """The tables that a subject declares, in its order."""
    schemas = [one for one in vars(subject).values() if isinstance(one, type) and issubclass(one, TableSchema)]
    tables = [schema.table for schema in schemas if "table" in vars(schema)]
    return {table.name: table for table in tables}


TABLES = {
    name: table
    for subject in (sources, documents, calendar, membership, market, index, findings)
    for name, table in _declared(subject).items()
}
