"""What is said of a lake's market and definitions, from landing files to sentences: names that are suspended, files unread."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.market_findings import market_sha256
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    CLOSES,
    COMPONENTS,
    land_market,
    market_lake,
    messages,
    refresh_market,
)

DAYS = [f"2025-04-{day:02d}" for day in (1, 2, 3, 4, 7, 8)]


def _market(root: Path) -> Lake:
    """A lake of AAA, which becomes NEW on 4 April and is suspended from the 3rd on, and of BBB."""
    lake = market_lake(root)
    rows = [f"{day},AAA,{100 + n}\n" for n, day in enumerate(DAYS[:2])]
    rows += [f"{day},BBB,{50 + n}\n" for n, day in enumerate(DAYS)]
    land_market(lake, "market/closes.csv", CLOSES + "".join(rows))
    land_market(lake, f"components/L/{DAYS[0]}.csv", COMPONENTS + "AAA,1,1\nBBB,1,1\n")
    land_market(lake, "reference/symbol_changes.csv", "date,old_symbol,new_symbol\n2025-04-04,AAA,NEW\n")
    return lake


def test_closes_of_who_is_suspended_are_not_missing_under_a_new_symbol(tmp_path: Path) -> None:
    lake = _market(tmp_path)
    refresh_market(lake)
    assert any("4 closes of 2 members missing" in message for message in messages(lake))
    halts = "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\nAAA,2025-04-03,,,\n"
    land_market(lake, "reference/suspensions.csv", halts)
    refresh_market(lake)
    assert messages(lake) == []


HALTS = "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\n"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("2025-04-03", "AA.A", 101)], []),
        ([("2025-04-03", "AA.A", 99)], [("AA-A", "2025-04-03", "1 new close", "2025-04-03")]),
        ([("2025-04-04", "NEW", 99), ("2025-04-07", "NEW", 98)], [("NEW", "2025-04-04", "2 new closes", "2025-04-04")]),
        ([("2025-04-04", "NEW", 99), ("2025-04-07", "NEW", 99)], [("NEW", "2025-04-04", "1 new close", "2025-04-04")]),
        ([("2025-04-08", "NEW", 99)], []),
    ],
    ids=["the last close repeated", "another spelling", "a new symbol", "one that is repeated", "on the day it resumes"],
)  # fmt: skip
def test_a_new_close_before_the_stated_end_of_a_suspension_is_named(
    tmp_path: Path, rows: list[tuple[str, str, int]], found: list[tuple[str, ...]]
) -> None:
    """AA.A, which becomes NEW on 4 April, is suspended from the 3rd on, and a file says that it resumes on the 8th."""
    lake = market_lake(tmp_path)
    closes = [("2025-04-01", "AA.A", 100), ("2025-04-02", "AA.A", 101), *rows]
    land_market(lake, "market/closes.csv", CLOSES + "".join(f"{day},{name},{close}\n" for day, name, close in closes))
    land_market(lake, "reference/symbol_changes.csv", "date,old_symbol,new_symbol\n2025-04-04,AA-A,NEW\n")
    land_market(lake, "reference/suspensions.csv", HALTS + "QQQ,2025-04-01,,,\nAA-A,2025-04-03,2025-04-08,,\n")
    refresh_market(lake)
    expected = [
        f"suspensions.csv, row 3: {name} is suspended from {since} until 2025-04-08, but has {new} in 2025-04, from {day} on: "
        "what is stated counts, these do not; if it trades, correct resumed_on"
        for name, since, new, day in found
    ]
    assert [message for message in messages(lake, "warning") if "is suspended" in message] == expected


def test_an_action_is_under_a_former_symbol_as_soon_as_the_change_is_known(tmp_path: Path) -> None:
    """Also where the symbol was given up in a month before."""
    lake = _market(tmp_path)
    land_market(lake, "market/actions.csv", ACTIONS + "AAA,2025-05-02,special_dividend,,,1,,\n")
    land_market(lake, "market/closes-may.csv", CLOSES + "2025-05-01,BBB,57\n2025-05-02,BBB,58\n")
    changes = land_market(lake, "reference/symbol_changes.csv", "date,old_symbol,new_symbol\n")
    refresh_market(lake)
    assert not any("former symbol" in message for message in messages(lake, "warning"))
    changes.write_text("date,old_symbol,new_symbol\n2025-04-04,AAA,NEW\n")
    refresh_market(lake)
    [found] = [message for message in messages(lake, "warning") if "former symbol" in message]
    assert found.endswith("actions.csv, row 2: special_dividend of AAA on 2025-05-02, which is NEW since 2025-04-04")


@pytest.mark.parametrize(("split_on", "warned"), [(DAYS[1], True), (DAYS[2], True), (DAYS[3], False)])
def test_a_file_of_components_has_the_shares_of_its_day_and_no_split_of_the_next(
    split_on: str, warned: bool, tmp_path: Path
) -> None:
    """The shares of 3 April hold after its close; a split at the open of the 4th comes on top of them."""
    lake = market_lake(tmp_path)
    land_market(lake, "market/closes.csv", CLOSES + "".join(f"{day},AAA,100\n" for day in DAYS[:4]))
    land_market(lake, "market/actions.csv", ACTIONS + f"AAA,{split_on},split,2,1,,,\n")
    for held in (DAYS[0], DAYS[2]):
        land_market(lake, f"components/L/{held}.csv", COMPONENTS + "AAA,1000,1\n")
    refresh_market(lake)
    assert any("do not follow their splits" in message for message in messages(lake, "warning")) == warned


@pytest.mark.parametrize(
    ("changes", "held", "warned"),
    [
        pytest.param(f"{DAYS[2]},AAA,AAX\n{DAYS[2]},CCC,AAA\n", "AAA,1000,1\n", False, id="another company of that symbol"),
        pytest.param(f"{DAYS[1]},OLD,AAA\n", "AAA,1000,1\n", True, id="the same company under another symbol"),
    ],
)  # fmt: skip
def test_shares_of_two_reviews_are_compared_by_company(tmp_path: Path, changes: str, held: str, warned: bool) -> None:
    lake = market_lake(tmp_path)
    land_market(lake, "market/closes.csv", CLOSES + "".join(f"{day},AAA,100\n" for day in DAYS[:4]))
    land_market(lake, "market/actions.csv", ACTIONS + f"AAA,{DAYS[2]},split,2,1,,,\n")
    land_market(lake, "reference/symbol_changes.csv", f"date,old_symbol,new_symbol\n{changes}")
    land_market(lake, "components/L/2025-03-31.csv", COMPONENTS + ("OLD" if warned else "AAA") + ",1000,1\n")
    land_market(lake, f"components/L/{DAYS[2]}.csv", COMPONENTS + held)
    refresh_market(lake)
    assert any("do not follow their splits" in message for message in messages(lake, "warning")) == warned


def test_a_component_file_of_no_review_is_named_once(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    land_market(lake, "components/CMP/2025-04.csv", COMPONENTS + "AAA,1,1\n")
    refresh_market(lake)
    [says] = messages(lake)
    assert says.count("CMP/2025-04.csv") == 1


def test_simulated_closes_beside_others_are_a_warning_once_the_others_have_rows(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    simulated = land_market(lake, "market/closes_1.csv", "date,symbol,close,simulated\n2025-04-01,AAA,100,true\n")
    real = land_market(lake, "market/closes_2.csv", CLOSES)
    refresh_market(lake)
    assert not any("simulated" in message for message in messages(lake, "warning"))
    real.write_text(CLOSES + "2025-04-01,BBB,50\n")
    refresh_market(lake)
    assert messages(lake, "warning") == [
        "closes: files of a simulated market stand beside others, such as closes_2.csv"
    ]
    simulated.unlink()
    refresh_market(lake)
    assert not any("simulated" in message for message in messages(lake, "info", "warning"))


def test_rates_and_closes_are_missed_as_the_definitions_need_them(tmp_path: Path) -> None:
    """An index in EUR of closes in EUR needs no rate; a changed currency or policy is seen by the next run."""
    lake = market_lake(tmp_path)
    rows = [f"{day},{name},{100 + n},EUR\n" for n, day in enumerate(DAYS) for name in ("AAA", "BBB")]
    land_market(lake, "market/closes.csv", "date,symbol,close,currency\n" + "".join(rows[:-1]))
    land_market(lake, f"components/L/{DAYS[0]}.csv", COMPONENTS + "AAA,1,1\nBBB,1,1\n")

    def found(currency: str, policy: str) -> list[tuple[str, str]]:
        index = f"code: QX\nname: Q\ncurrency: {currency}\nbase: {{date: {DAYS[0]}, value: 1000}}\n"
        legs = f"legs: [{{component: L, units: 1}}]\npolicies: {{missing_price: {policy}}}\n"
        before = market_sha256(lake)
        land_market(lake, "indexes/QX.yaml", index + legs)
        assert market_sha256(lake) is None or market_sha256(lake) != before
        refresh_market(lake)
        rows = lake.read("market_findings").filter(pl.col("severity").is_in(["warning", "error"]))
        return sorted(
            (severity, " ".join(says.split()[2:5])) for severity, says in rows.select("severity", "message").iter_rows()
        )

    assert found("EUR", "carry") == [("warning", "1 close of")]
    assert found("EUR", "error") == [("error", "1 close of")]
    assert found("USD", "error") == [("error", "1 close of"), ("error", "has no rate")]
    assert found("USD", "carry") == [("warning", "1 close of"), ("warning", "has no rate")]
