"""What must be made again: exactly what follows from what changed, and nothing on another day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps import staleness, years
from russell_pipeline.steps.reading import carry_out, plan_reading
from russell_pipeline.steps.staleness import BY_YEAR, DERIVED, WHOLE, Inputs
from russell_pipeline.steps.years import FIRST_RULED_YEAR, in_reach, last_year, year_of
from russell_pipeline_tests.conftest import PROJECT, land

OF_MEMBERSHIP = {
    "securities", "symbols", "security_identifiers", "security_rows", "rename_candidates", "membership_states",
    "membership_findings",
}  # fmt: skip

LANDED = PROJECT / "data_lake" / "landing" / "documents"
Fingerprints = dict[str, dict[str, str]]


def _read(lake: Lake, *names: str) -> None:
    for name in names:
        land(lake.root, name, (LANDED / name).read_bytes())
    for document in carry_out(lake, plan_reading(lake, scan_documents(lake.landing)), processes=1):
        assert document.accepted, document.reason


def _inputs(lake: Lake) -> Fingerprints:
    return {table: Inputs(lake).fingerprints(table) for table in DERIVED}


def _changed(before: Fingerprints, after: Fingerprints) -> set[tuple[str, str]]:
    return {
        (table, key)
        for table in DERIVED
        for key in {*before[table], *after[table]}
        if before[table].get(key) != after[table].get(key)
    }


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    _read(lake, "microcap-deletions-2020.pdf", "microcap-additions-2023.txt", "review-schedule-2022.pdf")
    return lake


def _on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    class Someday(date):
        @classmethod
        def today(cls) -> date:
            return day

    monkeypatch.setattr(years, "date", Someday)


def test_an_empty_lake_lacks_the_computed_calendar_and_nothing_else(tmp_path: Path) -> None:
    stale = {table: Inputs(Lake(tmp_path)).stale(table) for table in DERIVED}
    assert {table for table, keys in stale.items() if keys} == {
        "sessions",
        "calendar",
        "calendar_findings",
        *OF_MEMBERSHIP,
    }
    assert stale["calendar"] == [str(year) for year in range(FIRST_RULED_YEAR, last_year() + 1)]


def test_a_schedule_concerns_the_years_that_it_states_dates_of(tmp_path: Path) -> None:
    alone = Lake(tmp_path)
    before = _inputs(alone)
    _read(alone, "reconstitution-2019.txt")
    assert _changed(before, _inputs(alone)) == {
        ("calendar", "2019"),
        ("calendar_findings", WHOLE),
        *((table, WHOLE) for table in OF_MEMBERSHIP),
    }


def test_changes_follow_the_calendar_of_their_review(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their dates are the calendar's: where it would be made differently so must they, the other lists not."""
    before = _inputs(lake)
    monkeypatch.setattr(staleness, "rules_sha256", lambda: "other rules")
    changed = _changed(before, _inputs(lake))
    assert {table for table, _ in changed} == {"calendar", "calendar_findings", "membership_changes", *OF_MEMBERSHIP}
    assert {key for table, key in changed if table == "membership_changes"} == {"2020", "2023"}


def test_another_release_of_the_exchange_calendars_makes_all_dates_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _inputs(lake)
    monkeypatch.setattr(staleness, "version", lambda _: "99.0")
    changed = {table for table, _ in _changed(before, _inputs(lake))}
    assert changed == {"sessions", "calendar", "calendar_findings", "membership_changes", *OF_MEMBERSHIP}


def test_another_day_changes_nothing_and_a_new_year_adds_one(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, date(2026, 1, 1))
    before = _inputs(lake)
    _on(monkeypatch, date(2026, 12, 31))
    assert _inputs(lake) == before
    _on(monkeypatch, date(2027, 1, 1))
    assert _changed(before, _inputs(lake)) == {
        ("sessions", WHOLE),
        ("calendar", "2033"),
        ("calendar_findings", WHOLE),
        *((table, WHOLE) for table in OF_MEMBERSHIP),
    }


def test_every_year_of_a_review_is_one_that_the_graph_has_a_partition_for() -> None:
    assert [in_reach(year) for year in (None, 1989, 1990, last_year(), last_year() + 1)] == [
        None, None, 1990, last_year(), None
    ]  # fmt: skip
    assert [year_of(review) for review in (None, "2022-06", "9999-06")] == [None, 2022, None]
    assert set(BY_YEAR) == {name for name, table in TABLES.items() if table.partition_by == "review_year"}
