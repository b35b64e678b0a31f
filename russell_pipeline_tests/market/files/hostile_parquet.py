"""Columns of Parquet that polars cannot take, each with the sentence that refuses the file, and one close to put them beside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa

ONE_CLOSE = {"date": pa.array([date(2024, 1, 2)]), "symbol": pa.array(["A"]), "close": pa.array([1.5])}
NEITHER = "which is neither text, number nor date"
BEYOND = "what cannot be read: a day outside 0001-01-01 to 9999-12-31"
HOSTILE_PARQUET: dict[str, tuple[dict[str, pa.Array], str]] = {
    "an infinite day": (
        {"date": pa.array([2**31 - 1], pa.int32()).view(pa.date32())},
        f"holds in the column date, row 2, {BEYOND}",
    ),
    "a day before the calendar": (
        {"date": pa.array([-(2**31)], pa.int32()).view(pa.date32())},
        f"holds in the column date, row 2, {BEYOND}",
    ),
    "an infinite time": (
        {"date": pa.array([2**63 - 1], pa.int64()).view(pa.timestamp("us"))},
        f"holds in the column date, row 2, {BEYOND}",
    ),
    "an infinite time in a zone": (
        {"date": pa.array([2**63 - 1], pa.int64()).view(pa.timestamp("us", "UTC"))},
        f"holds in the column date, row 2, {BEYOND}",
    ),
    "wide decimals": (
        {"close": pa.array([Decimal("1.5")], pa.decimal256(60, 2))},
        f"has decimal256(60, 2) in the column close, {NEITHER}",
    ),
    "views of lists": (
        {"close": pa.array([[1.5]], pa.list_view(pa.float64()))},
        f"has list_view<element: double> in the column close, {NEITHER}",
    ),
    "a dictionary of maps": (
        {"close": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))},
        f"has map<string, int64 ('close')> in the column close, {NEITHER}",
    ),
    "an unknown time zone": (
        {"date": pa.array([0], pa.timestamp("us", "Mars/Olympus"))},
        "has times of 'Mars/Olympus' in the column date, which is no time zone that is known",
    ),
    "a thousand columns": ({f"x{place}": pa.array([1]) for place in range(1000)}, "has more than 1,000 columns"),
}
