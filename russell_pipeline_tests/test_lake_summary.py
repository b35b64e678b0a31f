"""What a run prints of findings: warnings that change numbers, by kind; and the warning on carried closes itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from russell_pipeline.cli.index import _tell_trades
from russell_pipeline.cli.lake import by_kind
from russell_pipeline.findings import Finding
from russell_pipeline.index.proforma import ProForma
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.index import findings as index_findings

MOVED = "2024-05: 1 action without the price that should follow: AAA on 2024-05-20, split"
MORE_MOVED = "2024-06: 3 actions without the price that should follow: BBB on 2024-06-20, split and 2 more"
WILD = "2024-05: 1 move of 40% or more that no action explains: CCC on 2024-05-21 from 10 to 20"


LEFT_OUT, MISSING = "2 names have no weight: AAA, BBB", "2 closes of 1 member missing on 2 sessions: AAA"


def _finding(message: str, area: str = "market", severity: str = "warning", subject: str = "2024-05") -> Finding:
    return Finding(area, severity, subject, message)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], []),
        ([_finding(MOVED)], [f"warning: {MOVED}"]),
        # The singular, the plural, the month and the names make no other kind; the first is printed.
        ([_finding(MOVED), _finding(MORE_MOVED)], [f"warning: {MOVED} (and 1 more of this kind)"]),
        ([_finding(MORE_MOVED), _finding(MOVED)], [f"warning: {MORE_MOVED} (and 1 more of this kind)"]),
        ([_finding(MOVED), _finding(WILD)], [f"warning: {MOVED}", f"warning: {WILD}"]),
        # Kinds stand in the order of their first warnings.
        (
            [_finding(WILD), _finding(MOVED), _finding(WILD), _finding(WILD)],
            [f"warning: {WILD} (and 2 more of this kind)", f"warning: {MOVED}"],
        ),
        # Two indexes: the subject is no part of the kind.
        (
            [
                _finding(f"{code}: 2 levels were restated (corrected: x)", "index", subject=code)
                for code in ("QX", "QY")
            ],
            ["warning: QX: 2 levels were restated (corrected: x) (and 1 more of this kind)"],
        ),
        # An index with a month or review, and a file with a row, stand before other kinds.
        *(
            (
                [_finding(f"{place}: {LEFT_OUT}"), _finding(f"{place}: {MISSING}")],
                [f"warning: {place}: {LEFT_OUT}", f"warning: {place}: {MISSING}"],
            )
            for place in ("QX 2025-06", "QX, 2025-06", "a file.csv, row 2", "a.csv, row 2: QX", "2025-06")
        ),
        (
            [_finding(f"a.csv, row {n}: {LEFT_OUT}") for n in (2, 3)],
            [f"warning: a.csv, row 2: {LEFT_OUT} (and 1 more of this kind)"],
        ),
        # What changes no number is not told here.
        ([_finding(MOVED, severity="info"), _finding(MOVED, severity="error")], []),
        ([_finding(MOVED, area="membership"), _finding(MOVED, area="calendar"), _finding(MOVED, area="documents")], []),
        ([_finding("market/a.xlsx is not read: it is a spreadsheet", subject="market/a.xlsx")], []),
    ],
)
def test_warnings_that_change_numbers_are_told_by_kind(found: list[Finding], said: list[str]) -> None:
    columns = ["area", "severity", "subject", "message"]
    rows = pl.DataFrame([one[:4] for one in found], dict.fromkeys(columns, pl.String), orient="row")
    assert list(by_kind(rows)) == said


def _carried(**changes: Any) -> dict[str, Any]:
    row = {
        "year": 2025, "index_code": "QX", "date": date(2025, 6, 20), "symbol": "AAA", "price_on": date(2025, 6, 18),
        "close": 10.25, "currency": "USD", "reason": "missing",
    }  # fmt: skip
    return row | changes


FIRST = "AAA on 2025-06-20 at 10.25 of 2025-06-18"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], []),
        ([_carried()], [f"QX: 1 missing close is carried in 2025: {FIRST}"]),
        ([_carried(reason="suspended")], []),
        (
            [_carried(), _carried(symbol="BBB", reason="suspended")],
            [f"QX: 1 missing close is carried in 2025: {FIRST}"],
        ),
        # The first by day, then by symbol, stands for all of an index and year.
        (
            [_carried(date=date(2025, 6, 23)), _carried(symbol="BBB"), _carried()],
            [f"QX: 3 missing closes are carried in 2025: {FIRST}"],
        ),
        (
            [
                _carried(),
                _carried(index_code="QY"),
                _carried(year=2026, date=date(2026, 1, 2), price_on=date(2025, 12, 31)),
            ],
            [
                f"QX: 1 missing close is carried in 2025: {FIRST}",
                "QX: 1 missing close is carried in 2026: AAA on 2026-01-02 at 10.25 of 2025-12-31",
                f"QY: 1 missing close is carried in 2025: {FIRST}",
            ],
        ),
    ],
)
def test_missing_closes_that_are_carried_are_warned_of_by_index_and_year(
    rows: list[dict[str, Any]], said: list[str], tmp_path: Path
) -> None:
    lake, table = Lake(tmp_path), TABLES["stale_prices"]
    for year in {row["year"] for row in rows}:
        given = pl.DataFrame([row for row in rows if row["year"] == year])
        full = pl.concat([table.empty, given.cast({"year": table.empty.schema["year"]})], how="diagonal_relaxed")
        lake.write("stale_prices", full.select(table.empty.columns), str(year))
    found = [one for one in index_findings.findings(lake) if "carried" in one.message]
    assert [one.message for one in found] == said
    assert {(one.area, one.severity) for one in found} <= {("index", "warning")}


@pytest.mark.parametrize(
    ("before", "after", "says", "traded"),
    [
        ({"A": 0.5, "B": 0.5}, {"A": 0.5, "C": 0.5}, "1 name joins and 1 leaves", "100.00"),
        ({"A": 1.0}, {"B": 0.5, "C": 0.5}, "2 names join and 1 leaves", "200.00"),
        ({"B": 0.5, "C": 0.5}, {"A": 1.0}, "1 name joins and 2 leave", "200.00"),
        ({"A": 1.0}, {"A": 1.0}, "0 names join and 0 leave", "0.00"),
    ],
)
def test_the_trades_of_a_review_are_told_in_the_singular_and_the_plural(
    before: dict[str, float], after: dict[str, float], says: str, traded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = sorted({*before, *after})
    trades = pl.DataFrame(
        {
            "symbol": names,
            "weight_held": [before.get(n, 0.0) for n in names],
            "weight": [after.get(n, 0.0) for n in names],
        }
    ).with_columns(trade_value=(pl.col("weight") - pl.col("weight_held")) * 200)
    day, implemented_on = date(2030, 6, 20), date(2030, 6, 28)
    _tell_trades(ProForma("QX", "2030-06", day, implemented_on, 0.5, trades, day, day), 200)
    assert capsys.readouterr().err == (
        "QX 2030-06 at the closes of 2030-06-20, with implementation on 2030-06-28: one-way turnover 50.00%; "
        f"{says}; for a notional of 200.00, purchases and sales are {traded} each\n"
    )
