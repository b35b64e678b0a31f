"""What indexes read of the market of a lake: rates from before, where those of the first day are missing; nothing blocked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    COMPONENTS,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

DAYS = ("2024-12-31", "2025-01-02", "2025-01-03")
# Closes of two names, and what two funds hold in their own spelling.
SPELLED = {
    "the other has none of it": (("BRK-B", "AA"), "BRKB AA", "AA"),
    "the other spells it as the closes do": (("BRK-B", "AA"), "BRKB AA", "BRK-B AA"),
    "the other spells it as nobody does": (("BRK-B", "AA"), "BRKB AA", "BRK.B AA"),
    "several names": (("BRK-B", "BF-B", "AA"), "BRKB BFB", "BRK.B BF.B AA"),
    "the closes have it twice": (("BRKB", "BRK-B", "AA"), "BRKB AA", "BRK-B AA"),
    "the closes have two securities": (("BFA", "BF.A", "AA"), "BFA AA", "BF.A AA"),
    "the other has two securities, and one no close": (("BF-A", "AA"), "BFA AA", "BFA BF.A AA"),
}


def _spelled(root: Path, quoted: Sequence[str], held: Mapping[str, str], earlier: str | None = None) -> Lake:
    """A lake with an index of what each fund holds; the component file of `earlier` is the first to spell a name."""
    lake, day = market_lake(root), DAYS[0]
    rows = [
        f"{on},{symbol},{100 + 7 * place * (nth + 1)}"
        for place, on in enumerate(DAYS)
        for nth, symbol in enumerate(quoted)
    ]
    land_market(lake, "market/closes.csv", "\n".join(["date,symbol,close", *rows, ""]))
    land_market(lake, "market/actions.csv", f"{ACTIONS}BRK/B,2025-01-03,ordinary_dividend,,,1,,\n")
    for code, symbols in held.items():
        file = COMPONENTS + "".join(f"{symbol},{n},1\n" for n, symbol in enumerate(symbols.split(), 1))
        for held_on in (day, *(("2010-06-30",) if code == earlier else ())):
            land_market(lake, f"components/{code}/{held_on}.csv", file)
        index = f"code: {code}X\nname: {code}\ncurrency: USD\nbase: {{date: {day}, value: 1000}}\n"
        land_market(lake, f"indexes/{code}X.yaml", f"{index}legs: [{{component: {code}, units: 1}}]\n")
    refresh_market(lake)
    publish_indexes(lake)
    return lake


@pytest.mark.parametrize("earlier", ["H", pytest.param("O", marks=pytest.mark.nightly)])
@pytest.mark.parametrize("case", SPELLED)
def test_an_index_does_not_depend_on_how_another_spells_its_names(tmp_path: Path, case: str, earlier: str) -> None:
    """Symbols, weights, levels and findings are those of a lake with this index alone."""
    quoted, one, other = SPELLED[case]
    both = _spelled(tmp_path / "both", quoted, {"H": one, "O": other}, earlier)
    for fund, held in (("H", one), ("O", other)):
        alone = _spelled(tmp_path / fund, quoted, {fund: held}, earlier)
        for table in ("weights", "index_levels", "divisor_events", "index_states", "index_runs"):
            rows = (lake.read(table).filter(index_code=f"{fund}X") for lake in (both, alone))
            assert next(rows).equals(next(rows)), (fund, table)
        said = [
            lake.read("market_findings").drop_nulls("message").filter(subject=fund)["message"].to_list()
            for lake in (both, alone)
        ]
        assert said[0] == said[1]
        symbols = both.read("weights").filter(index_code=f"{fund}X")["symbol"].unique()
        assert {*symbols} <= {*held.split()}, "as its own file has them"
        computed = both.read("index_runs").filter(index_code=f"{fund}X")["state"].to_list()
        complete = "no close" not in case or fund == "H"
        assert computed == (["computed", "computed"] if complete else ["refused", "waiting"])
        assert complete == (not said[0]), said[0]


@pytest.mark.parametrize("base", DAYS[:2])
def test_a_rate_that_is_missing_on_the_first_day_is_the_last_before(tmp_path: Path, base: str) -> None:
    """Of the base, or of a year: under `missing_price: carry`, as on any other day."""
    lake = market_lake(tmp_path)
    land_market(lake, "market/closes.csv", "date,symbol,close,currency\n" + "".join(f"{d},A,100,GBP\n" for d in DAYS))
    land_market(lake, "market/fx.csv", "date,currency,rate\n2023-12-29,GBP,1.25\n2025-01-03,GBP,1.5\n")
    land_market(lake, f"components/L/{base}.csv", COMPONENTS + "A,1,1\n")
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\npolicies: {missing_price: carry}\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {base}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake)
    levels = dict(lake.read("index_levels").select("date", "market_value").iter_rows())
    assert levels == {date.fromisoformat(day): 150 if day == DAYS[-1] else 125 for day in DAYS if day >= base}


@pytest.mark.parametrize(
    ("file", "row", "lacks"),
    [
        ("market/closes_2.csv", "2025-01-02,A,1OO,GBP", "no close of A"),
        ("market/closes_2.csv", "2025-01-02,a,1OO,GBP", "no close of A"),
        ("market/fx_2.csv", "2025-01-02,GBP,-1.5", "no rate for GBP"),
    ],
)
def test_what_a_bad_row_blocks_is_blocked_whatever_another_row_says(
    tmp_path: Path, file: str, row: str, lacks: str
) -> None:
    """Nobody knows whether the bad row contradicts the good one; once it is mended or removed, the index goes on."""
    lake = market_lake(tmp_path)
    closes, rates = "date,symbol,close,currency\n", "date,currency,rate\n"
    land_market(lake, "market/closes.csv", closes + "".join(f"{day},A,100,GBP\n" for day in DAYS))
    land_market(lake, "market/fx.csv", rates + "".join(f"{day},GBP,1.25\n" for day in DAYS))
    bad = land_market(lake, file, (closes if "closes" in file else rates) + f"{row}\n")
    land_market(lake, f"components/L/{DAYS[0]}.csv", COMPONENTS + "A,1,1\n")
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {DAYS[0]}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake)
    reasons = lake.read("index_runs").filter(index_code="QX", state="refused")["reason"].to_list()
    assert [lacks in reason and "2025-01-02" in reason for reason in reasons] == [True], reasons
    bad.unlink()
    refresh_market(lake)
    publish_indexes(lake)
    assert lake.read("index_levels")["market_value"].to_list() == [125] * len(DAYS)
