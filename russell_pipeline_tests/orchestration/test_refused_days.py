"""Protects what a refused day costs: the levels before it are published, what was published stays, and all that lacks is told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.lake.store import Lake
from russell_pipeline.queries.index import IndexQuestions
from russell_pipeline.steps.index.findings import findings
from russell_pipeline_tests.orchestration.markets import (
    CLOSES,
    COMPONENTS,
    TODAY,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

SESSIONS = nyse_sessions().between(date(2023, 12, 11), date(2024, 3, 28))
BASE, LAST = SESSIONS[0], SESSIONS[-1]
REVIEW = date(2024, 2, 15)
TABLES = ("index_levels", "divisor_events", "stale_prices", "index_states", "weights", "uncorrected_levels")


class House:
    """An index X of one leg over a border of years, with a review in February, published night by night."""

    def __init__(self, root: Path, policies: str = "{}") -> None:
        self.lake, self.today = market_lake(root), TODAY
        self.closes = {
            (day, name): f"{begin + n * step:.2f}"
            for n, day in enumerate(SESSIONS)
            for name, begin, step in (("AA", 10, 0.1), ("BB", 20, -0.05), ("CC", 30, 0.2))
        }
        for day, shares in ((BASE, 100), (REVIEW, 150)):
            land_market(self.lake, f"components/C/{day}.csv", f"{COMPONENTS}AA,{shares},1\nBB,50,1\n")
        text = f"code: X\nname: X\ncurrency: USD\nbase: {{date: {BASE}, value: 1000}}\npolicies: {policies}\n"
        land_market(self.lake, "indexes/X.yaml", f"{text}legs: [{{component: C, units: 1}}]\n")

    def night(self, until: date = LAST) -> Lake:
        """A run of the next day with the closes up to a day."""
        self.today += timedelta(days=1)
        rows = "".join(f"{day},{of},{close}\n" for (day, of), close in self.closes.items() if day <= until)
        land_market(self.lake, "market/closes.csv", CLOSES + rows)
        refresh_market(self.lake, self.today)
        publish_indexes(self.lake, self.today)
        return self.lake

    def runs(self) -> list[tuple[int, str, date | None, str | None]]:
        rows = self.lake.read("index_runs").filter(index_code="X").sort("year")
        return rows.select("year", "state", "last_session", "reason").rows()

    def published(self) -> dict[str, pl.DataFrame]:
        return {name: self.lake.read(name).filter(index_code="X") for name in TABLES}


def _same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return all(one[name].equals(other[name]) for name in TABLES)


@pytest.mark.parametrize(
    "at",
    [
        12,
        SESSIONS.index(REVIEW),
        *(pytest.param(at, marks=pytest.mark.faults) for at in (1, SESSIONS.index(REVIEW) + 5, len(SESSIONS) - 1)),
    ],
)
def test_levels_before_a_refused_day_are_those_of_a_lake_that_ends_there(tmp_path: Path, at: int) -> None:
    """Also on the day of a review; the next run after the mend goes on, as if nothing had been refused."""
    refused, last = SESSIONS[at], SESSIONS[at - 1]
    house = House(tmp_path / "refused")
    lost = house.closes.pop((refused, "AA"))
    house.night()
    found = house.published()
    ends = House(tmp_path / "ends")
    ends.night(last)
    if at == SESSIONS.index(REVIEW):
        assert set(found["weights"]["review"]) == {str(BASE)}
    for name in TABLES:
        weighed = pl.col("implemented_on") <= last if name == "weights" else True
        assert found[name].filter(weighed).equals(ends.published()[name]), name
    year, _, ended, reason = next(run for run in house.runs() if run[1] == "refused")
    assert (year, ended) == (refused.year, last if last.year == refused.year else None)
    assert f"X: levels end on {last}; from {refused} on there are none: " in str(reason)
    assert "no close of AA" in str(reason)
    later = [run for run in house.runs() if run[0] > refused.year]
    assert [run[1] for run in later] == ["waiting"] * len(later)
    if later:
        assert later[0][3] == "X: 2024 waits until 2023 has all its levels"
    house.closes[refused, "AA"] = lost
    house.night()
    whole = House(tmp_path / "whole")
    whole.night()
    assert _same(house.published(), whole.published())
    assert house.lake.read("index_restatements").is_empty()


@pytest.mark.parametrize("policy", ["restate", "forward"])
def test_what_was_published_beyond_a_refused_day_stays_to_the_bit(tmp_path: Path, policy: str) -> None:
    house = House(tmp_path, f"{{corrections: {policy}}}")
    house.night(SESSIONS[-3])
    before = house.published()
    refused = SESSIONS[-10]
    lost = house.closes.pop((refused, "BB"))
    house.night()
    assert _same(house.published(), before)
    _, state, last, reason = house.runs()[-1]
    assert (state, last) == ("refused", SESSIONS[-3])
    stays = f"X: the levels from {refused} to {SESSIONS[-3]} stay as published and rest on former inputs: "
    assert str(reason).startswith(f"{stays}no close of BB")
    house.closes[refused, "BB"] = lost
    house.night()
    assert house.published()["index_levels"]["date"].max() == LAST
    assert house.lake.read("index_restatements").is_empty()


def test_a_day_that_is_explained_lies_before_the_refused_one(tmp_path: Path) -> None:
    house = House(tmp_path)
    del house.closes[SESSIONS[12], "AA"]
    lake = house.night()
    assert IndexQuestions(lake).explain("X", SESSIONS[11]).level == lake.read("index_levels")["price_index"][-1]
    with pytest.raises(Exception, match=f"its last is of {SESSIONS[11]} .*no close of AA"):
        IndexQuestions(lake).explain("X", SESSIONS[12])


def test_everything_that_lacks_is_told_at_once_with_its_cause_and_remedy(tmp_path: Path) -> None:
    """On sessions, at a cut-off and of a review to come: names without, with some and with rejected closes."""
    house, day = House(tmp_path), SESSIONS[20]
    members = "AA,100,1\nBB,50,1\nCC,1,1\nNONE,1,1\nGOOG,1,1\nHALT,1,1\n"
    land_market(house.lake, f"components/C/{REVIEW}.csv", COMPONENTS + members)
    land_market(
        house.lake,
        "reference/suspensions.csv",
        "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\nHALT,2024-01-02,,,\n",
    )
    for n in (20, 21, 30):
        del house.closes[SESSIONS[n], "AA"]
    house.closes[SESSIONS[25], "BB"] = "nothing"
    house.closes |= {(one, "GOOGL"): "5" for one in SESSIONS}
    del house.closes[SESSIONS[-2], "CC"]
    lake = house.night()
    _, state, last, reason = house.runs()[-1]
    assert (state, last) == ("refused", SESSIONS[19])
    assert f"X: levels end on {SESSIONS[19]}; from {day} on there are none: no close of AA; " in str(reason)
    assert "in all 6 names lack closes, each with a finding of its own: " in str(reason)
    told = {one.subject: one.message for one in findings(lake) if one.severity == "info"}
    assert set(told) >= {"AA", "BB", "CC", "NONE", "GOOG", "HALT"}
    for name, says in {
        "AA": f"AA on 3 sessions, {day} to {SESSIONS[30]} (its last close before is of {SESSIONS[19]}): no close on these",
        "BB": f"BB on {SESSIONS[25]} (closes.csv, row ",
        "CC": f"CC on {SESSIONS[-2]} (its last close before is of {SESSIONS[-3]}): no close on these sessions; add the closes",
        "NONE": f"NONE on {REVIEW}: never a close in the files; add its closes",
        "GOOG": f"GOOG on {REVIEW} (there are closes of GOOGL, which no index holds): never a close in the files",
        "HALT": f"HALT on {REVIEW} (suspended from 2024-01-02 on by suspensions.csv, row 2): suspended without any earlier",
    }.items():
        assert f"X has no price of {says}" in told[name]


@pytest.mark.parametrize("lost", [(5, 8), (20, 21)])
def test_rates_that_lack_are_told_at_once(tmp_path: Path, lost: tuple[int, int]) -> None:
    """In the year of the base, and in one that goes on from a state."""
    house = House(tmp_path)
    rates = [f"{day},EUR,1.1\n" for n, day in enumerate(SESSIONS) if n not in lost]
    land_market(house.lake, "market/fx.csv", "date,currency,rate\n" + "".join(rates))
    rows = "".join(
        f"{day},{of},{close},{'EUR' if of == 'AA' else 'USD'}\n" for (day, of), close in house.closes.items()
    )
    land_market(house.lake, "market/closes.csv", "date,symbol,close,currency\n" + rows)
    refresh_market(house.lake)
    publish_indexes(house.lake)
    told = [one.message for one in findings(house.lake) if one.subject == "EUR"]
    assert told == [
        f"X has no price of EUR on 2 sessions, {SESSIONS[lost[0]]} to {SESSIONS[lost[1]]}: no rate; add the rate to a file "
        "fx*.csv; or set the policy missing_price to carry, which takes the last rate"
    ]


def test_a_close_that_lacks_after_an_ended_suspension_names_the_suspension(tmp_path: Path) -> None:
    """A close on 10 January ended it; on the 12th nobody says why there is none."""
    house = House(tmp_path)
    land_market(
        house.lake,
        "reference/suspensions.csv",
        "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\nAA,2024-01-08,,,\n",
    )
    for day in (date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 12)):
        del house.closes[day, "AA"]
    house.night()
    assert house.runs()[-1][2] == date(2024, 1, 11)
    assert (
        "AA on 2024-01-12 (its last close before is of 2024-01-11; suspended from 2024-01-08 on by suspensions.csv, row 2, "
        "and that ended on 2024-01-10: close)" in str(house.runs()[-1][3])
    )
