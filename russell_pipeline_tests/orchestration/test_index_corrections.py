"""Protects what was published of indexes over several years: corrections that cross years, refusals, years made out of order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.index import calculations
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.index.findings import findings
from russell_pipeline.steps.index.step import ComputeIndexes
from russell_pipeline.steps.index.years import Indexes
from russell_pipeline.steps.market import accept
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    CLOSES,
    COMPONENTS,
    TODAY,
    land_market,
    market_lake,
    publish_indexes,
    refresh_market,
)

SESSIONS = nyse_sessions().between(date(2023, 12, 11), date(2024, 3, 28))
_CALCULATIONS = calculations.calculations()
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
    asked = Asked(years=["2024"], today=TODAY)
    assert ComputeIndexes(index.lake, asked).stale() == ["2023", "2024"]
    make(index.lake, *ComputeIndexes.tables, asked=asked)
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
    assert index.read("uncorrected_levels")["date"].dt.year().unique().to_list() == [2024]
    index.closes[CORRECTED, "AA"] = "11.70"
    index.shares_from(date(2023, 12, 28), 50.001)
    now = index.night()
    clean = index.from_the_beginning(tmp_path / "clean")
    assert index.read("uncorrected_levels").is_empty()
    assert now.equals(clean.read("index_levels"))
    assert all(before == pytest.approx(after, rel=1e-14) for before, after in _chain(index.read("divisor_events")))


def test_levels_that_are_there_no_more_are_kept_as_superseded(published: Callable[..., Published]) -> None:
    """What was said of a day stays known, with its year and without."""
    index = published()
    said = index.night()
    assert index.night(date(2024, 1, 24)).equals(said), "a file that is cut short withdraws nothing"
    for file in index.lake.landing.glob("market/closes*"):
        accept(index.lake, f"market/{file.name}")
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
    assert row["reason"] == f"corrected: closes {CORRECTED} AA (+0 bp) on {CORRECTED}"


def _also(index: Published, code: str, of: str) -> None:
    """Another index, of the names in a component of its own."""
    land_market(index.lake, f"components/{code}C/{BASE}.csv", f"{COMPONENTS}{of}")
    definition = f"code: {code}\nname: {code}\ncurrency: USD\nbase: {{date: {BASE}, value: 1000}}\n"
    land_market(index.lake, f"indexes/{code}.yaml", f"{definition}legs: [{{component: {code}C, units: 1}}]\n")


def _causes(row: dict[str, Any]) -> dict[str, float]:
    return {one["cause"]: one["basis_points"] for one in row["causes"]}


def test_an_index_is_restated_for_what_was_corrected_of_its_own_names(published: Callable[..., Published]) -> None:
    """A correction of another index's names on the same day is no reason of its levels, and shares add up to the whole."""
    index = published()
    _also(index, "Y", "BB,50,1\n")
    index.night()
    index.closes[CORRECTED, "AA"], index.closes[CORRECTED, "BB"] = "11.70", "19.00"
    index.night()
    restated = index.lake.read("index_restatements").filter(date=CORRECTED).sort("index_code")
    both, own = restated.to_dicts()
    assert list(_causes(both)) == [f"corrected: closes {CORRECTED} AA", f"corrected: closes {CORRECTED} BB"]
    assert list(_causes(own)) == [f"corrected: closes {CORRECTED} BB"]
    for row in (both, own):
        assert sum(_causes(row).values()) == pytest.approx(row["basis_points"], abs=1e-9)
    assert re.fullmatch(
        rf"corrected: closes {CORRECTED} AA \(\+\S+ bp\), closes {CORRECTED} BB \(-\S+ bp\) on {CORRECTED}",
        both["reason"],
    )


# Changes of a market of which AA and BB are held by X: file, former content, new content, and the causes that must be named.
_ELSEWHERE = "".join(f"ZZ,{CORRECTED},ordinary_dividend,,,{amount},,\n" for amount in (1, 2))
_SPLIT = f"{ACTIONS}TSLA,{CORRECTED},split,3,1,,,\n"
MOVED = {
    "dividend of a held name beside a split of another": (
        {"market/actions.csv": (_SPLIT, _SPLIT.replace("3,1", "5,1"))},
        {"market/actions_2.csv": f"{ACTIONS}AA,{CORRECTED},ordinary_dividend,,,0.5,,\n"},
        [f"added: actions {CORRECTED} AA ordinary_dividend"],
    ),
    "dividend withdrawn": (
        # Two more rows stay, for a file that loses most of its rows is damaged, and withdraws none.
        {
            "market/actions.csv": (
                f"{ACTIONS}BB,{CORRECTED},special_dividend,,,1,,\n{_ELSEWHERE}",
                f"{ACTIONS}{_ELSEWHERE}",
            )
        },
        {},
        [f"withdrawn: actions {CORRECTED} BB special_dividend"],
    ),
    "suspension that came late": (
        {"market/actions.csv": (_SPLIT, _SPLIT.replace("3,1", "5,1"))},
        {
            "reference/suspensions.csv": f"symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\n"
            f"AA,{CORRECTED},2023-12-22,,\n"
        },
        [f"added: suspensions AA {CORRECTED}"],
    ),
    "shares of one of two names": (
        {f"components/C/{BASE}.csv": (f"{COMPONENTS}AA,100,1\nBB,50,1\n", f"{COMPONENTS}AA,100,1\nBB,60,1\n")},
        {"market/actions_2.csv": f"{ACTIONS}TSLA,{CORRECTED},ordinary_dividend,,,0.5,,\n"},
        [f"corrected: components C/{BASE} BB"],
    ),
}


@pytest.mark.parametrize("case", MOVED)
def test_a_restatement_names_the_inputs_that_moved_the_level(published: Callable[..., Published], case: str) -> None:
    """Whatever else changed on that day; all later levels, of the next year too, have the same reason."""
    changed, new, expected = MOVED[case]
    index = published()
    for path, (former, _) in changed.items():
        land_market(index.lake, path, former)
    said = index.night()
    for path, (_, now) in changed.items():
        land_market(index.lake, path, now)
    for path, content in new.items():
        land_market(index.lake, path, content)
    levels = index.night()
    rows = index.read("index_restatements")
    assert rows.height
    for row in rows.iter_rows(named=True):
        assert list(_causes(row)) == expected, row["date"]
        assert "TSLA" not in row["reason"]
        assert sum(_causes(row).values()) == pytest.approx(row["basis_points"], abs=1e-9)
    assert rows["reason"].n_unique() == 1
    if "dividend" in case or "shares" in case:
        assert levels.height == said.height
        assert max(rows["date"]) == LAST, "the chain carries it on"
    index.night()
    assert index.read("index_restatements").equals(rows), "restated once"


def test_a_later_year_is_restated_for_the_earlier_one_and_for_its_own(published: Callable[..., Published]) -> None:
    """Until its own correction the reason is that of the year before; from then on both count, with their shares."""
    index, own = published(), date(2024, 1, 17)
    dividend = f"{ACTIONS}BB,{CORRECTED},special_dividend,,,1,,\n"
    land_market(index.lake, "market/actions.csv", dividend)
    index.night()
    land_market(index.lake, "market/actions.csv", dividend.replace(",1,,", ",2,,"))
    index.closes[own, "AA"] = "20.00"
    index.night()
    rows = {row["date"]: row for row in index.read("index_restatements").iter_rows(named=True)}
    paid, closed = f"corrected: actions {CORRECTED} BB special_dividend", f"corrected: closes {own} AA"
    for day, row in rows.items():
        assert (
            list(_causes(row)) == ([paid, closed] if day == own else [paid]) or day == SESSIONS[SESSIONS.index(own) + 1]
        )
        assert sum(_causes(row).values()) == pytest.approx(row["basis_points"], abs=1e-9)
    assert rows[CORRECTED]["reason"] == rows[date(2024, 1, 3)]["reason"] == rows[LAST]["reason"]
    assert f"on {own}" in rows[own]["reason"]


def test_a_component_of_the_last_session_of_a_year_is_the_reason_of_the_next(
    published: Callable[..., Published],
) -> None:
    """The year in which it is implemented stays as it was: only its end differs."""
    index, last = published(), date(2023, 12, 29)
    index.shares_from(last, 50)
    index.night()
    index.shares_from(last, 90)
    index.night()
    rows = index.read("index_restatements")
    assert rows["date"].min() == date(2024, 1, 2)
    assert rows["reason"].unique().to_list()[0].startswith(f"corrected: components C/{last} BB (")
    assert rows["reason"].n_unique() == 1


def test_a_changed_definition_is_named_beside_a_changed_input(published: Callable[..., Published]) -> None:
    index = published()
    index.night()
    index.closes[CORRECTED, "AA"] = "11.70"
    file = index.lake.landing / "indexes" / "X.yaml"
    land_market(index.lake, "indexes/X.yaml", file.read_text().replace("value: 1000", "value: 500"))
    index.night()
    rows = {row["date"]: row for row in index.read("index_restatements").iter_rows(named=True)}
    assert list(_causes(rows[CORRECTED])) == [f"corrected: closes {CORRECTED} AA", "the definition changed: base"]
    assert list(_causes(rows[LAST])) == ["the definition changed: base"]
    assert _causes(rows[LAST])["the definition changed: base"] == pytest.approx(-5000)
    assert rows[LAST]["reason"] == f"the definition changed: base (-5000 bp) on {BASE}"


def test_many_corrections_are_grouped_by_kind_and_file_with_their_number(published: Callable[..., Published]) -> None:
    index = published()
    index.night()
    for day in SESSIONS[2:20]:
        index.closes[day, "AA"] += "1"
    index.night()
    reasons = index.read("index_restatements")["reason"].unique().to_list()
    years = {2023: 0, 2024: 0}
    for day in SESSIONS[2:20]:
        years[day.year] += 1
    whole = [f"corrected: {count} closes of closes_{year}.csv" for year, count in years.items()]
    assert all(any(one in reason for one in whole) for reason in reasons), reasons


def test_a_group_counts_the_closes_of_held_names_on_the_days_that_they_are_held(
    published: Callable[..., Published],
) -> None:
    """BB leaves with a file of components: its later closes are in the same file, and no level rests on them."""
    index = published()
    land_market(index.lake, f"components/C/{CORRECTED}.csv", f"{COMPONENTS}AA,100,1\n")
    index.night()
    days = [day for day in SESSIONS if day > CORRECTED and day.year == 2024][:12]
    for day in days:
        index.closes[day, "AA"] += "1"
        index.closes[day, "BB"] += "1"
    index.night()
    reasons = index.read("index_restatements")["reason"].unique().to_list()
    assert len(reasons) == 1
    assert reasons[0].startswith("corrected: 12 closes of closes_2024.csv (+")


def test_levels_that_are_kept_no_more_name_why_they_were_kept(published: Callable[..., Published]) -> None:
    """A small correction stays, a second makes the difference material: both moved the level that is restated."""
    index = published("{corrections: material}")
    index.night()
    index.shares_from(date(2023, 12, 28), 50.001)
    index.night()
    (kept,) = index.read("uncorrected_levels")["reason"].unique().to_list()
    assert kept.startswith("added: 2 components of C/2023-12-28.csv ("), kept
    index.shares_from(date(2023, 12, 28), 80)
    index.night()
    rows = index.read("index_restatements").to_dicts()
    causes = {cause.partition(" (")[0] for row in rows for cause in _causes(row)}
    assert causes == {"no longer kept as published", "corrected: components C/2023-12-28 BB"}
    for row in rows:
        assert sum(_causes(row).values()) == pytest.approx(row["basis_points"], abs=1e-9)


def test_a_run_that_was_killed_counts_no_share_twice(published: Callable[..., Published]) -> None:
    """It wrote why levels are restated, and then none of them."""
    index = published()
    index.night()
    index.closes[CORRECTED, "AA"] = "11.70"
    index.today += timedelta(days=1)
    index.land()
    step = ComputeIndexes(index.lake, Asked(today=index.today))
    killed = next(Indexes(index.lake).compute(step.stale(), step.wanted(), index.today))
    index.lake.write("index_restatements", killed.tables["index_restatements"])
    before = index.read("index_restatements")
    publish_indexes(index.lake, index.today)
    assert index.read("index_restatements").filter(date=CORRECTED).equals(before.filter(date=CORRECTED))
    (row,) = before.filter(date=CORRECTED).to_dicts()
    assert sum(_causes(row).values()) == pytest.approx(row["basis_points"])


def test_an_index_that_is_no_longer_defined_is_withdrawn_for_that(published: Callable[..., Published]) -> None:
    index = published()
    said = index.night()
    (index.lake.landing / "indexes" / "X.yaml").unlink()
    index.night()
    rows = index.read("index_restatements")
    assert (rows.height, rows["reason"].unique().to_list()) == (said.height, ["its definition was removed"])


@pytest.mark.parametrize("made_by", [11, None])
def test_a_level_that_a_new_calculation_moves_says_what_changed_and_is_restated_once(
    published: Callable[..., Published], monkeypatch: pytest.MonkeyPatch, made_by: int | None
) -> None:
    """A lake made by a former version, with an input that changed as well; a level that does not change is not restated."""
    index = published()
    index.night()
    new = calculations.Calculation(version=99, since=TODAY, changes=("everything counts more", "and rounder"))
    monkeypatch.setattr(calculations, "calculations", lambda: (*_CALCULATIONS, new))
    monkeypatch.setitem(TABLES, "index_runs", replace(TABLES["index_runs"], version=99))
    lowered = pl.col("date") >= date(2024, 1, 10)
    for year in ("2023", "2024"):
        lake, runs, levels = index.lake, index.lake.read("index_runs", [year]), index.lake.read("index_levels", [year])
        columns = [pl.lit(made_by, pl.Int32).alias("made_by")]
        columns += [] if made_by else [pl.lit(None, pl.Int32).alias("corrections")]
        lake.write("index_runs", runs.with_columns(columns), year, lake.inputs("index_runs", year) or "")
        scaled = [
            pl.when(lowered).then(pl.col(n) * 0.5).otherwise(n).alias(n) for n in ("price_index", "total_return_index")
        ]
        lake.write("index_levels", levels.with_columns(scaled), year, lake.inputs("index_levels", year) or "")
    index.closes[CORRECTED, "AA"] = "11.70"
    index.night()
    rows = {row["date"]: row for row in index.read("index_restatements").iter_rows(named=True)}
    assert list(_causes(rows[CORRECTED])) == [f"corrected: closes {CORRECTED} AA"]
    versions = "; ".join(f"{one.version}: {'; '.join(one.changes)}" for one in (*_CALCULATIONS[1:], new))
    changed = f"the calculation changed ({versions})"
    assert list(_causes(rows[LAST])) == [changed]
    assert min(day for day in rows if day.year == 2024) == date(2024, 1, 10)
    assert index.read("index_runs")["made_by"].unique().to_list() == [99]
    before = index.read("index_restatements")
    index.night()
    assert index.read("index_restatements").equals(before)


def test_a_refused_year_is_restated_for_what_changed_since_its_levels_were_computed(
    published: Callable[..., Published],
) -> None:
    """The correction becomes known on the day of the refusal, the levels follow a day later."""
    index = published()
    index.night()
    index.closes[CORRECTED, "AA"] = "11.70"
    lost = index.closes.pop((SESSIONS[5], "BB"))
    index.night()
    assert index.states()[0] == "refused"
    index.closes[SESSIONS[5], "BB"] = lost
    index.night()
    rows = index.read("index_restatements").filter(date=CORRECTED)
    assert [list(_causes(row)) for row in rows.to_dicts()] == [[f"corrected: closes {CORRECTED} AA"]]


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
    assert [list(_causes(row)) for row in now.filter(date=other).to_dicts()] == [[f"corrected: closes {other} BB"]]
    del index.closes[SESSIONS[5], "AA"]
    index.again()
    assert index.states() == ["refused", "refused"]
    assert index.read("index_restatements").equals(now)


def test_a_changed_offering_moves_no_level_of_an_index_that_holds_its_name(tmp_path: Path) -> None:
    index, offerings = Published(tmp_path), "symbol,discovered_on,announced_review,shares\nAA,2024-01-05,2024-03,"
    land_market(index.lake, "reference/offerings.csv", f"{offerings}10\n")
    before = index.night()
    land_market(index.lake, "reference/offerings.csv", f"{offerings}20\n")
    index.closes[CORRECTED, "AA"] = "12.34"
    after = index.night()
    assert index.lake.read("market_corrections")["kind"].sort().to_list() == ["closes", "offerings"]
    moved = before.join(after, on=["date", "price_index"], how="anti")
    assert moved["date"].to_list() == [CORRECTED]
