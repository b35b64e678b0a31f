"""Actions that nothing applies, and shares that do not follow splits."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from russell_pipeline.findings import Finding
from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.market.checks.actions import former_symbols, splits_and_shares
from russell_pipeline.market.files.model import AREA
from russell_pipeline_tests.market.checks.made_period import (
    APRIL,
    SESSIONS,
    actions_of,
    closes_of,
    found_by,
    members_of,
    period_with,
    symbol_changes,
)

REVIEWED = {"index_code": "R2000", "symbol": "AAA", "since": date(2024, 3, 15), "until": date(2024, 5, 24)}


@pytest.mark.parametrize("holder", [None, "quoted", "member", "renamed"])
def test_an_action_under_a_symbol_that_was_given_up_is_told_with_the_new_one(holder: str | None) -> None:
    """Unless another company has the symbol by then: it is quoted or held under it, or changed its own to it."""
    day = SESSIONS[3]
    changes = [(day, "OLD", "NEW"), *([(SESSIONS[4], "ZZZ", "OLD")] if holder == "renamed" else [])]
    place: dict[str, object] = {"file": "actions.csv", "row": 2}
    paid = {"symbol": "OLD", "date": SESSIONS[5], "action": "special_dividend", "amount": 1.0, **place}
    quoted = closes_of([(one, "OLD", 5.0) for one in (SESSIONS if holder == "quoted" else SESSIONS[:3])])
    month = period_with(
        actions=actions_of(paid),
        changed=SymbolChanges(symbol_changes(*changes)).changed(),
        closes=pl.concat([period_with().closes, quoted]).sort("date"),
        members=members_of("AAA", *["OLD"] * (holder == "member")),
    )
    says = (
        f"2024-05: 1 action under a former symbol, which nothing applies: actions.csv, row 2: special_dividend of OLD on "
        f"{SESSIONS[5]}, which is NEW since {day}"
    )
    assert found_by(former_symbols, month) == ([] if holder else [Finding(AREA, "warning", "2024-05", says)])


def test_a_split_explains_shares_however_it_is_spelled() -> None:
    changes = period_with().share_changes.vstack(
        pl.DataFrame(
            [("R2000", "BRK.B", 100.0, 100.0, APRIL[0], SESSIONS[-1])], period_with().share_changes.schema, orient="row"
        )
    )
    actions = pl.DataFrame([("BRKB", SESSIONS[1], "split", 2.0, 1.0)], period_with().share_actions.schema, orient="row")
    [found] = found_by(splits_and_shares, period_with(share_changes=changes, share_actions=actions))
    assert "BRK.B from 100 to 100, where splits make it 2 times" in found.message


@pytest.mark.parametrize(
    ("after", "day", "found"),
    [
        (200.0, date(2024, 4, 2), 0),  # as the split says
        (205.0, date(2024, 4, 2), 0),  # and a few issued
        (100.0, date(2024, 4, 2), 1),  # as if there had been none
        (101.0, date(2024, 4, 2), 1),
        (100.0, date(2024, 3, 15), 0),  # in the shares of before already
        (100.0, date(2024, 6, 3), 0),  # to come
    ],
)
def test_shares_follow_splits_between_two_files(after: float, day: date, found: int) -> None:
    changes = pl.DataFrame([{**REVIEWED, "before": 100.0, "after": after}])
    split = pl.DataFrame({"symbol": ["AAA"], "date": [day], "action": ["split"], "new": [2.0], "old": [1.0]})
    noticed = found_by(splits_and_shares, period_with(share_changes=changes, share_actions=split))
    assert len(noticed) == found
    issued = pl.concat([split, split.with_columns(action=pl.lit("rights"))])
    assert not found_by(splits_and_shares, period_with(share_changes=changes, share_actions=issued))


@pytest.mark.parametrize(("after", "found"), [(50.0, 0), (49.0, 0), (100.0, 1)])
def test_shares_follow_a_reverse_split(after: float, found: int) -> None:
    changes = pl.DataFrame([{**REVIEWED, "before": 100.0, "after": after}])
    day = [date(2024, 4, 2)]
    halved = pl.DataFrame({"symbol": ["AAA"], "date": day, "action": ["split"], "new": [1.0], "old": [2.0]})
    assert len(found_by(splits_and_shares, period_with(share_changes=changes, share_actions=halved))) == found


@pytest.mark.parametrize(("after", "found"), [(125.0, 0), (100.0, 1)])
def test_shares_follow_a_scrip_that_adds_to_them(after: float, found: int) -> None:
    """One new share for four held makes 125 of 100."""
    changes = pl.DataFrame([{**REVIEWED, "before": 100.0, "after": after}])
    day = [date(2024, 4, 2)]
    scrip = pl.DataFrame({"symbol": ["AAA"], "date": day, "action": ["scrip"], "new": [1.0], "old": [4.0]})
    assert len(found_by(splits_and_shares, period_with(share_changes=changes, share_actions=scrip))) == found
