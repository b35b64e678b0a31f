"""Protects what was published of indexes over several years: corrections that cross years, refusals, years made out of order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.lake.index import Indexes
from russell_pipeline.lake.index_findings import findings
from russell_pipeline.lake.index_published import publish_year
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
BASE, CORRECTED, LAST = SESSIONS[0], date(2023, 12, 20), date(2024, 1, 31)


class Published:
    """An index of two names over a border of years, published night by night while its inputs change."""

    def __init__(self, root: Path, policies: str = "{}") -> None:
        self.lake, self.today = market_lake(root), TODAY
        self.closes = {
            (day, name): f"{close:.2f}"
            for n, day in enumerate(SESSIONS)
            for name, close in (("AA", 10 + n / 10), ("BB", 20 - n / 20))
        }
        land_market(self.lake, f"components/C/{BASE}.csv", f"{COMPONENTS}AA,100,1\nBB,50,1\n")
        definition = f"code: X\nname: X\ncurrency: USD\nbase: {{date: {BASE}, value: 1000}}\npolicies: {policies}\n"
        land_market(self.lake, "indexes/X.yaml", f"{definition}legs: [{{component: C, units: 1}}]\n")

    def shares_from(self, day: date, of_bb: float) -> None:
        """A file of components that is for the close of a day."""
        land_market(self.lake, f"components/C/{day}.csv", f"{COMPONENTS}AA,100,1\nBB,{of_bb},1\n")

    def land(self, until: date = LAST) -> None:
        """The closes up to a day, as they are now, a file for each year."""
        for year in {day.year for day in SESSIONS if day <= until}:
            rows = [f"{day},{of},{close}\n" for (day, of), close in self.closes.items() if day.year == year]
            land_market(
                self.lake, f"market/closes_{year}.csv", CLOSES + "".join(r for r in rows if r[:10] <= str(until))
            )
        refresh_market(self.lake, self.today)

    def night(self, until: date = LAST) -> pl.DataFrame:
        """A night of the day after the last."""
        self.today += timedelta(days=1)
        return self.again(until)

    def again(self, until: date = LAST) -> pl.DataFrame:
        """Another run of the same day."""
        self.land(until)
        publish_indexes(self.lake, self.today)
        return self.read("index_levels")

    def read(self, table: str) -> pl.DataFrame:
        return self.lake.read(table).filter(index_code="X")

    def states(self) -> list[str]:
        return self.read("index_runs").sort("year")["state"].to_list()

    def from_the_beginning(self, root: Path) -> Published:
        """An index that was never published otherwise."""
        other = Published(root)
        for file in sorted(self.lake.landing.rglob("*.*")):
            land_market(other.lake, file.relative_to(self.lake.landing).as_posix(), file.read_bytes())
        refresh_market(other.lake)
        publish_indexes(other.lake)
        return other


@pytest.fixture
def published(tmp_path: Path) -> Callable[[str], Published]:
    """An index under policies."""
    return lambda policies="{}": Published(tmp_path / "lake", policies)


def _chain(ledger: pl.DataFrame) -> Iterator[tuple[float, float]]:
    """The divisor after each event beside that before the next."""
    rows = ledger.sort("date", "ordinal")
    return zip(rows["divisor_after"][:-1], rows["divisor_before"][1:], strict=True)


def test_a_year_after_a_refused_one_waits_for_it_however_many_nights_pass(published: Callable[..., Published]) -> None:
    """A later close makes the later year stale alone; it must not go on from a state that nothing gives any more."""
    index = published()
    index.night()
    lost = index.closes.pop((CORRECTED, "AA"))
    said = index.night()
    assert index.states() == ["refused", "refused"]
    assert index.night(SESSIONS[-1]).equals(said)
    assert index.states() == ["refused", "refused"]
    index.closes[CORRECTED, "AA"] = lost
    assert index.night(SESSIONS[-1])["date"].max() == SESSIONS[-1]
    assert index.states() == ["computed", "computed"]


def test_a_year_that_is_asked_for_alone_takes_the_stale_years_before_it_along(
    published: Callable[..., Published], tmp_path: Path
) -> None:
    """Made from the old end of the year before it would count as made from the new one, and stay wrong."""
    index = published()
    index.night()
    index.shares_from(CORRECTED, 70)
    index.land()
    indexes = Indexes(index.lake)
    assert indexes.due(["2024"]) == ["2023", "2024"]
    assert indexes.due(["2023"]) == ["2023"]
    assert indexes.due(["undated"]) == []
    for year in indexes.compute(indexes.due(["2024"]), TODAY):
        publish_year(index.lake, year)
    clean = index.from_the_beginning(tmp_path / "clean")
    for table in ("index_levels", "divisor_events", "index_states", "weights"):
        assert index.read(table).equals(clean.read(table)), table


def test_what_goes_on_from_a_restated_year_is_restated_with_it(
    published: Callable[..., Published], tmp_path: Path
) -> None:
    """The year before is off by more than the limit, the year after by less: no leap between the two, no broken chain."""
    index = published("{corrections: material}")
    index.night()
    index.closes[date(2024, 1, 17), "BB"] += "1"
    index.night()
    assert index.read("index_kept")["date"].dt.year().unique().to_list() == [2024]
    index.closes[CORRECTED, "AA"] = "11.70"
    index.shares_from(date(2023, 12, 28), 50.001)
    now = index.night()
    clean = index.from_the_beginning(tmp_path / "clean")
    assert index.read("index_kept").is_empty()
    assert now.equals(clean.read("index_levels"))
    assert all(before == pytest.approx(after, rel=1e-14) for before, after in _chain(index.read("divisor_events")))


def test_levels_that_are_there_no_more_are_kept_as_superseded(published: Callable[..., Published]) -> None:
    """What was said of a day stays known, with its year and without."""
    index = published()
    said = index.night()
    now = index.night(date(2024, 1, 24))
    gone = index.read("index_restatements")
    assert gone.height == said.height - now.height > 0
    assert gone["price_index"].to_list() == said["price_index"].tail(gone.height).to_list()
    assert gone["basis_points"].null_count() == gone.height
    (message,) = (one.message for one in findings(index.lake) if "withdrawn" in one.message)
    assert f"X: {gone.height} levels from 2024-01-25 on" in message
    for file in (*index.lake.landing.glob("market/*"), *index.lake.landing.glob("components/*/*")):
        file.unlink()
    refresh_market(index.lake, index.today)
    publish_indexes(index.lake, index.today)
    assert index.read("index_levels").is_empty()
    assert index.read("index_restatements").sort("date")["price_index"].to_list() == said["price_index"].to_list()


def test_two_corrections_of_one_day_are_one_beside_what_holds_after_it(published: Callable[..., Published]) -> None:
    index = published()
    said = dict(index.night().select("date", "price_index").iter_rows())
    right = index.closes[CORRECTED, "AA"]
    index.closes[CORRECTED, "AA"] = "99.00"
    index.night()
    index.closes[CORRECTED, "AA"] = "10.90"
    now = dict(index.again().select("date", "price_index").iter_rows())
    (row,) = index.read("index_restatements").filter(date=CORRECTED).to_dicts()
    assert row["price_index"] == said[CORRECTED]
    assert row["basis_points"] == pytest.approx((now[CORRECTED] / said[CORRECTED] - 1) * 1e4)
    index.closes[CORRECTED, "AA"] = right
    index.again()
    (row,) = index.read("index_restatements").filter(date=CORRECTED).to_dicts()
    assert (row["price_index"], row["basis_points"]) == (said[CORRECTED], 0)
    assert row["reason"] == f"corrected: closes {CORRECTED} AA"


def test_an_index_is_restated_for_what_was_corrected_of_its_own_names(published: Callable[..., Published]) -> None:
    """A correction of another index's names on the same day is no reason of its levels."""
    index = published()
    land_market(index.lake, f"components/D/{BASE}.csv", f"{COMPONENTS}BB,50,1\n")
    definition = f"code: Y\nname: Y\ncurrency: USD\nbase: {{date: {BASE}, value: 1000}}\n"
    land_market(index.lake, "indexes/Y.yaml", f"{definition}legs: [{{component: D, units: 1}}]\n")
    index.night()
    index.closes[CORRECTED, "AA"], index.closes[CORRECTED, "BB"] = "11.70", "19.00"
    index.night()
    reasons = index.lake.read("index_restatements").select("index_code", "reason").unique().sort("index_code").rows()
    assert reasons == [
        ("X", f"corrected: closes {CORRECTED} AA, closes {CORRECTED} BB"),
        ("Y", f"corrected: closes {CORRECTED} BB"),
    ]


def test_a_later_correction_of_one_day_is_no_reason_of_what_it_leaves(published: Callable[..., Published]) -> None:
    index = published()
    index.night()
    index.closes[CORRECTED, "AA"] = "11.70"
    index.night()
    other = SESSIONS[SESSIONS.index(CORRECTED) + 2]
    first = index.read("index_restatements")
    index.closes[other, "BB"] = "19.00"
    index.again()
    now = index.read("index_restatements")
    assert now.filter(date=CORRECTED).equals(first.filter(date=CORRECTED))
    assert now.filter(date=other)["reason"].to_list() == [f"corrected: closes {CORRECTED} AA, closes {other} BB"]
    del index.closes[SESSIONS[5], "AA"]
    index.again()
    assert index.states() == ["refused", "refused"]
    assert index.read("index_restatements").equals(now)
