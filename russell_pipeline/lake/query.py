"""Questions to the catalog. Only DuckDB is imported here, so that a query starts at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb


class NoCatalog(Exception):
    """There is no catalog to ask yet."""


class Answer(NamedTuple):
    """Column names and rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def connect(catalog: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a lake's catalog that can neither write, nor attach, nor read other files.

    Raises NoCatalog where the lake has none yet.
    """
    if not catalog.exists():
        raise NoCatalog(f"there is no catalog in {catalog.parent} yet: `russell run` makes it")
    return duckdb.connect(
        str(catalog),
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "lock_configuration": "true",
        },
    )


def ask(catalog: Path, sql: str, parameters: Sequence[object] = ()) -> Answer:
    """The answer of the catalog to one SQL statement."""
    with connect(catalog) as connection:
        cursor = connection.execute(sql, parameters)
        return Answer([column[0] for column in cursor.description or ()], cursor.fetchall())


def changes(catalog: Path, index: str, review: str | None = None) -> Answer:
    """Additions and deletions of an index, by review and list status, in document order."""
    return ask(
        catalog,
        """
        SELECT c.review, c.change, c.status, c.symbol, c.company_name, c.class_marker, c.taxonomy, c.classification, c.known_on,
               c.effective_on, d.file_name AS document, c.page, c.line
        FROM membership_changes c JOIN documents d USING (document_id)
        WHERE c.index_code = $1 AND ($2 IS NULL OR c.review = $2)
        ORDER BY c.review, c.change, array_position(['preliminary', 'updated', 'final'], c.status), c.document_id, c.ordinal
        """,
        [index, review],
    )


def trace(catalog: Path, symbol: str) -> Answer:
    """Every fact about a symbol, back to document, page, line and the printed text."""
    return ask(
        catalog,
        """
        WITH facts AS (
            SELECT CAST(as_of AS VARCHAR) AS said_of, index_code, 'member' AS fact, NULL AS status, company_name, class_marker,
                   NULL AS classification, document_id, page, line, review_year
            FROM membership_lists WHERE symbol = $1
            UNION ALL
            SELECT review, index_code, change, status, company_name, class_marker, classification, document_id, page, line,
                   review_year
            FROM membership_changes WHERE symbol = $1
        )
        SELECT f.said_of, f.index_code, f.fact, f.status, f.company_name, f.class_marker, f.classification,
               d.file_name AS document, f.page, f.line, trim(l.text) AS printed, f.document_id
        FROM facts f JOIN documents d USING (document_id)
        LEFT JOIN document_lines l ON l.document_id = f.document_id AND l.page = f.page AND l.line = f.line
        ORDER BY f.review_year, f.said_of, f.index_code, f.document_id, f.page, f.line
        """,
        [symbol],
    )


def indexes(catalog: Path) -> list[str]:
    """The indexes that any accepted document is of."""
    rows = ask(
        catalog,
        "SELECT DISTINCT index_code FROM documents WHERE state = 'accepted' AND index_code IS NOT NULL ORDER BY 1",
    ).rows
    return [row[0] for row in rows]
