"""What moved a level: shares that add up, causes that move nothing, reasons of levels that the same causes moved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from russell_pipeline.index.attribution import OTHERWISE, Contribution, add_contributions, contributions, reasons
from russell_pipeline.index.calculations import calculations, changed_since
from russell_pipeline.index.levels import LEVELS
from russell_pipeline.schemas.index import IndexLevels
from russell_pipeline.steps.index.causes import _instead

SHARED = " (in proportion to its share of 2023)"
DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)]


def _levels(*prices: float, totals: tuple[float, ...] = ()) -> pl.DataFrame:
    rows = [
        ("X", day, price, total, Decimal(f"{price:.8f}"), Decimal(f"{total:.8f}"), 1.0, price, 0.0, 1, 0)
        for day, price, total in zip(DAYS, prices, totals or prices, strict=False)
    ]
    return pl.DataFrame(rows, LEVELS, orient="row")


def test_contributions_add_up_and_omit_causes_without_effect() -> None:
    said, now = _levels(100, 100, 100), _levels(100, 103, 104)
    paths = [("calculation", said), ("A", _levels(100, 101, 100)), ("B", _levels(100, 101, 100)), ("C", now)]
    found = contributions(said, paths)
    assert found == {
        DAYS[1]: [
            Contribution("A", pytest.approx(100), pytest.approx(100)),
            Contribution("C", pytest.approx(200), pytest.approx(200)),
        ],
        DAYS[2]: [Contribution("C", pytest.approx(400), pytest.approx(400))],
    }


def test_contributions_have_no_figure_for_withdrawn_level() -> None:
    said = _levels(100, 100, 100)
    assert contributions(said, [("A", _levels(100, 100))]) == {DAYS[2]: [Contribution("A", None, None)]}


def test_reasons_are_shared_by_levels_of_same_causes() -> None:
    both = [
        Contribution("corrected: closes A", 1.0, 1.0),
        Contribution("corrected: fx B", -2.0, -2.0),
        Contribution("added: actions C", 0.0, 3.0),
    ]
    moved = {DAYS[0]: both, DAYS[1]: [one._replace(basis_points=9.0) for one in both], DAYS[2]: both[:1]}
    said = reasons(moved, {("corrected: closes A",): "as told"})
    first = "corrected: closes A (+1 bp), fx B (-2 bp); added: actions C (+3 bp of total return) on 2024-01-02"
    assert said == {DAYS[0]: first, DAYS[1]: first, DAYS[2]: "as told"}


@pytest.mark.parametrize(
    ("chained", "causes"),
    [
        # One cause has the whole share, which is exact.
        ([Contribution("A", 2.0, 2.0)], [Contribution("A", 8.0, 4.0)]),
        (
            [Contribution("A", 3.0, 1.0), Contribution("B", 1.0, 1.0)],
            [Contribution(f"A{SHARED}", 6.0, 2.0), Contribution(f"B{SHARED}", 2.0, 2.0)],
        ),
        # Said once, of the year that the level continues from.
        (
            [Contribution("A (in proportion to its share of 2022)", 1.0, 1.0), Contribution("B", 1.0, 1.0)],
            [Contribution(f"A{SHARED}", 4.0, 2.0), Contribution(f"B{SHARED}", 4.0, 2.0)],
        ),
    ],
)  # fmt: skip
def test_contributions_in_proportion_say_so(chained: list[Contribution], causes: list[Contribution]) -> None:
    measured = Contribution("C", 1.0, 1.0)
    assert _instead([measured, Contribution(OTHERWISE, 8.0, 4.0)], chained, 2023) == [measured, *causes]


def test_add_contributions_by_cause() -> None:
    found = add_contributions(
        [Contribution("A", 10.0, 10.0)], [Contribution("A", -5.0, None), Contribution("B", 1.0, 1.0)], 2.0
    )
    assert found == [Contribution("A", 0.0, None), Contribution("B", 2.0, 2.0)]


def test_calculations_describe_every_version() -> None:
    """The register ends with the version that computes, so that no level is restated without a sentence."""
    known, last = [one.version for one in calculations()], IndexLevels.table.version or 0
    assert known == list(range(11, last + 1))
    assert all(one.changes for one in calculations()[1:])
    assert changed_since(last) is None
    assert changed_since(None) == changed_since(11)
    assert f"{last}: " in (changed_since(last - 1) or "")
