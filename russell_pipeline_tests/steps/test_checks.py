"""Checks of tables: which can fail at all, and what a failure says and stops."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.steps.checks import CHECKS, Effect, blocking_failure


def test_checks_are_of_tables_and_have_names_of_their_own() -> None:
    assert {check.table for check in CHECKS} <= {*TABLES, CATALOG}
    assert len({(check.table, check.name) for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize(
    ("table", "checked"),
    [
        ("membership_lists", True),  # by year, and a key may stand in two of them
        ("index_runs", False),  # the year is in the key, and a file has one year
        ("securities", False),  # one file, which is written without duplicates only
        ("closes", False),  # a month has only its own days
    ],
)
def test_keys_are_checked_where_two_files_may_repeat_one(table: str, *, checked: bool) -> None:
    assert any((check.table, check.name) == (table, "key_is_unique") for check in CHECKS) is checked


def test_blocking_check_names_the_table_the_check_and_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    row = {"document_id": "a" * 64, "file_name": "list.txt", "kind": "unknown", "lines_total": 3, "state": "accepted"}
    lake.write(
        "documents",
        TABLES["documents"].frame(
            [row | {"rows_parsed": 0, "lines_rejected": 0, "pages": 1, "facts": [], "notes": []}]
        ),
        "a" * 64,
    )
    failure = blocking_failure(lake, "document_lines")
    assert str(failure).startswith("account_closes: Each line of an accepted document has one role. 1 row fails: ")
    assert "list.txt" in str(failure)
    assert blocking_failure(lake, "documents") is None
    lake.write("documents", pl.DataFrame(schema=TABLES["documents"].empty.schema), "a" * 64)
    assert blocking_failure(lake, "document_lines") is None


def test_few_checks_block() -> None:
    assert {check.table for check in CHECKS if check.effect is Effect.BLOCKS} == {"document_lines", "membership_states"}
