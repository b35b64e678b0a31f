"""What a run says of values that changed: corrections, rows that came late, and rows that are gone, each by file."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from russell_pipeline.market.checks.file_findings import correction_sentences
from russell_pipeline.schemas.tables import TABLES

_WAS, _IS = "close 10.0", "close 11.0"


def _rows(*rows: tuple[str | None, str | None, bool]) -> pl.DataFrame:
    """Rows of `market_corrections`, each by what its value was, what it is, and whether it came late."""
    told = [
        {
            "ordinal": ordinal,
            "kind": "closes",
            "key": f"closes 2025-06-0{ordinal} AAA",
            "former": was,
            "new": now,
            "former_file": was and "a.csv",
            "new_file": now and "a.csv",
            "known_on": date(2025, 7, 1),
            "late": late,
        }
        for ordinal, (was, now, late) in enumerate(rows, 1)
    ]
    return TABLES["market_corrections"].frame(told)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([(_WAS, _IS, False)], ["a.csv: 1 correction: closes 2025-06-01 AAA was close 10.0 and is close 11.0"]),
        ([(None, _IS, False)], ["a.csv: 1 correction: closes 2025-06-01 AAA was withdrawn and is close 11.0"]),
        ([(None, _IS, True)], ["a.csv: 1 row of days already published: closes 2025-06-01 AAA is close 11.0"]),
        ([(_WAS, None, False)], ["a.csv no longer gives 1 row: closes 2025-06-01 AAA was close 10.0"]),
        (
            [(None, _IS, True), (_WAS, None, False), (_WAS, _IS, False), (None, _IS, True)],
            [
                "a.csv: 1 correction: closes 2025-06-03 AAA was close 10.0 and is close 11.0",
                "a.csv: 2 rows of days already published: closes 2025-06-01 AAA is close 11.0, and 1 more",
                "a.csv no longer gives 1 row: closes 2025-06-02 AAA was close 10.0",
            ],
        ),
    ],
)
def test_changes_are_told_by_file_and_kind(rows: list[tuple[str | None, str | None, bool]], says: list[str]) -> None:
    assert list(correction_sentences(_rows(*rows))) == says
