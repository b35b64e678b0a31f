"""Market capitalisation ranges: figures in dollars whatever their unit, and nothing taken for one that may be something else."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.model import Kind, Role
from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline_tests.documents.schedules.random_schedules import as_pdf

_TABLE = """Market capitalisation ranges

The sizes of companies on rank day say which index they belong to.

As of April 30, 2024

Index\tNumber of securities\tLargest\tSmallest\tMedian{unit}
{rows}
© 2024 Small Index Family. All rights reserved.
"""
_ROWS = (
    "Russell 3000®\t3,023\t$2,893.6B\t$150.4M\t$2.1B",
    "Russell 1000® Index\t1,013\t2,893.6B\t$2.4B\t13.8B",
    "Russell Microcap\t1,900\t1.2 billion\t30 million\t$200,000,000",
)
_EXPECTED = [
    ("R3000", "2024-04-30", 3023, 2_893_600_000_000, 150_400_000, 2_100_000_000),
    ("R1000", "2024-04-30", 1013, 2_893_600_000_000, 2_400_000_000, 13_800_000_000),
    ("RMICRO", "2024-04-30", 1900, 1_200_000_000, 30_000_000, 200_000_000),
]


def _text(*rows: str, unit: str = "") -> str:
    return _TABLE.format(rows="\n".join(rows), unit=unit)


def _found(data: bytes) -> list[tuple[object, ...]]:
    document = parse_document(data)
    assert (document.kind, document.reason) == (Kind.CAPITALIZATION_RANGES, None)
    columns = ("index_code", "as_of", "securities", "largest", "smallest", "median")
    return [
        tuple(str(row[name]) if name == "as_of" else row[name] for name in columns) for row in document_rows(document)
    ]


@pytest.mark.parametrize("between", ["\t", " ", "    "])
def test_ranges_are_read_in_dollars(between: str) -> None:
    assert _found(_text(*_ROWS).replace("\t", between).encode()) == _EXPECTED


@pytest.mark.parametrize("seed", range(4))
def test_typeset_ranges_are_read_in_dollars(seed: int) -> None:
    assert _found(as_pdf(_text(*_ROWS), seed)) == _EXPECTED


@pytest.mark.parametrize(
    ("unit", "dollars"),
    [(" ($ billions)", 10**9), (" in USD bn", 10**9), (" (US$ million)", 10**6), (" ($M)", 10**6)],
)
def test_unit_of_the_heads_is_that_of_figures_without_one(unit: str, dollars: int) -> None:
    rows = ("Russell 1000\t1,013\t893.5\t2\t13", "Russell 2000\t2,010\t7\t$1M\t2")
    found = _found(_text(*rows, unit=unit).encode())
    assert [one[3:] for one in found] == [
        (int(893.5 * dollars), 2 * dollars, 13 * dollars),
        (7 * dollars, 10**6, 2 * dollars),
    ]


def test_unit_in_a_sentence_above_counts_for_the_rows_that_are_given() -> None:
    text = _text("Russell 1000\t1,013\t893\t2\t13", "Russell 2000\t2,010\t7\t1\t2")
    found = _found(text.replace("The sizes", "Sizes are in billions of dollars. The sizes").encode())
    assert [one[3] for one in found] == [893 * 10**9, 7 * 10**9]


def test_each_table_has_its_day() -> None:
    later = _text(*_ROWS)
    earlier = later.replace("April 30, 2024", "April 28, 2023")
    assert [one[1] for one in _found((later + earlier).encode())] == ["2024-04-30"] * 3 + ["2023-04-28"] * 3


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Russell 2000\t2,010\t7.3\t0.15\t0.9", "has no figure for largest whose unit is printed"),
        ("Russell 2000\t2,010\t$7.3B\t$9.1B\t$8.0B", "has sizes that are out of order"),
        ("Russell Microcap\t$7.3B\t$150.4M\t$0.9B", "has not the 4 figures that are under the heads"),
        ("Russell 2000\t$2.0B\t$7.3B\t$150.4M\t$0.9B", "has no figure for securities whose unit is printed"),
        ("The others\t2,010\t$7.3B\t$150.4M\t$0.9B", "names no index"),
    ],
)
def test_row_that_cannot_be_read_is_rejected_with_its_reason(row: str, why: str) -> None:
    document = parse_document(_text(*_ROWS, row).encode())
    assert document.reason is not None
    [rejected] = [line for line in document.lines if line.role is Role.REJECTED]
    assert [note.message for note in document.notes if note.severity == "error"] == [
        f"{why}: {rejected.text.strip()[:80]!r}"
    ]
    assert not list(document_rows(document))


@pytest.mark.parametrize(
    "text",
    [
        _text(*_ROWS[:1]),
        _text(*_ROWS).replace("ranges", "figures").replace("rank day", "a day"),
        "Market capitalization ranges\n\nLargest companies\nAPPLE INC\tAAPL\t$2.8T\nMICROSOFT CORP\tMSFT\t$2.7T\n",
    ],
    ids=["one row", "no ranges", "companies"],
)
def test_other_tables_of_sizes_are_no_ranges(text: str) -> None:
    assert parse_document(text.encode()).kind is not Kind.CAPITALIZATION_RANGES
