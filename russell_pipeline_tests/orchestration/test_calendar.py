"""The calendar in the graph: made with everything else, left alone where nothing changed, checked where it is used."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from russell_pipeline.definitions import build_definitions
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps import findings, years
from russell_pipeline.steps.checks import closed_reviews, windows_apart
from russell_pipeline_tests.conftest import land, table_bytes

pytestmark = pytest.mark.usefixtures("without_history")

SCHEDULE_2020 = b"""Russell US Indexes - Annual Reconstitution 2020

02 March 2020

Timetable:

Friday 08 May 2020: Rank day, at market close.

Friday 19 June 2020: Reconstitution implemented, after market close.

Monday 22 June 2020: Reconstitution effective, from the open.
"""


def _settings(root: Path) -> Settings:
    return Settings(root, processes=2)


def test_a_run_makes_the_calendar_its_findings_and_sessions(finished: Path) -> None:
    lake = Lake(finished)
    calendar = lake.read("calendar")
    assert calendar.filter(basis="published")["document_id"].n_unique() == 2
    assert calendar["review_year"].max() == years.last_year()
    found = lake.read("findings").filter(area="calendar")
    assert found.height == lake.read("calendar_findings").height == 11
    assert (
        found.select("message")
        .sort("message")
        .equals(lake.read("calendar_findings").select(message="explanation").sort("message"))
    )
    dates = lake.read("membership_changes").select("review", "effective_on").unique().sort("review")
    assert dates.rows() == [("2020-06", date(2020, 6, 29)), ("2023-06", date(2023, 6, 26))]


def test_a_second_run_on_the_next_day_changes_no_byte_and_starts_no_job(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date.today() + timedelta(days=0 if date.today().month == 12 else 1)

    before = table_bytes(lake)
    for module in (findings, years):
        monkeypatch.setattr(module, "date", Tomorrow)
    assert not run(_settings(lake)).anything
    assert table_bytes(lake) == before


def test_removed_schedules_lose_nothing_and_lost_tables_come_back(lake: Path) -> None:
    before = table_bytes(lake)
    shutil.rmtree(lake / "landing")
    run(_settings(lake))
    assert table_bytes(lake) == before
    for table in ("calendar/review_year=2022", "calendar_findings", "sessions", "membership_changes"):
        shutil.rmtree(lake / "tables" / table)
    report = run(_settings(lake))
    assert report.years == ["2020", "2022", "2023"]
    assert table_bytes(lake) == before


def test_a_new_schedule_moves_the_dates_of_its_year_and_of_the_changes_in_it(lake: Path) -> None:
    """A published date goes before a computed one, wherever it is used."""
    before = table_bytes(lake)
    land(lake, "2020.txt", SCHEDULE_2020)
    report = run(_settings(lake))
    after = table_bytes(lake)
    assert report.years == ["2020"]
    changed = {name.split("/")[1] + "/" + name.split("/")[2] for name in after if after[name] != before.get(name)}
    assert {name for name in changed if not name.startswith("document")} == {
        "calendar/review_year=2020",
        "calendar_findings/data.parquet",
        "findings/data.parquet",
        "membership_changes/review_year=2020",
        *(
            f"{name}/data.parquet"
            for name in (
                "securities",
                "symbols",
                "security_identifiers",
                "security_rows",
                "rename_candidates",
                "membership_states",
                "membership_findings",
            )
        ),
    }
    changes = Lake(lake).read("membership_changes", ["2020"])
    assert set(changes["effective_on"]) == {date(2020, 6, 22)}
    moved = Lake(lake).read("calendar_findings").filter(review="2020-06")
    assert moved.select("event", "kind", "published", "computed").rows() == [
        ("implementation", "published_against_computed", "2020-06-19", "2020-06-26")
    ]


def test_the_assets_are_the_tables_and_their_partitions_fit(finished: Path) -> None:
    definitions = build_definitions(_settings(finished))
    dg.Definitions.validate_loadable(definitions)
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    for name in ("calendar", "calendar_findings", "sessions"):
        assert specs[name].group_name == "3_calendar"
        assert specs[name].description == TABLES[name].description
    assert specs["calendar"].partitions_def == specs["membership_changes"].partitions_def
    assert specs["sessions"].partitions_def is None
    upstream = {dep.asset_key.to_user_string() for dep in specs["membership_changes"].deps}
    assert upstream == {"documents", "document_lines", "calendar", "sessions"}


def test_reviews_are_held_on_sessions_and_windows_tile_the_year(lake: Path) -> None:
    """The checks pass on what the rules give, and find a date moved to a closed day and a window that starts late."""
    shared = Lake(lake)
    assert closed_reviews(shared).is_empty()
    assert windows_apart(shared).is_empty()
    rows = shared.read("calendar", ["2026"])
    late = (pl.col("review") == "2026-12") & pl.col("event").is_in(["effective", "ipo_window"])
    moved = rows.with_columns(pl.when(late).then(pl.col("starts_on") - pl.duration(days=1)).otherwise("starts_on"))
    shared.write("calendar", moved, "2026")
    assert closed_reviews(shared)["review"].to_list() == ["2026-12"]
    assert windows_apart(shared)["review"].to_list() == ["2026-12"]
