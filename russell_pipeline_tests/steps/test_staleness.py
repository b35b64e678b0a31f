"""What must be made again: exactly what follows from what changed, and nothing on another day."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.steps import calendar as calendar_steps
from russell_pipeline.steps import years
from russell_pipeline.steps.engine import affected, bring_up_to_date, upstream_of
from russell_pipeline.steps.flow import STEPS
from russell_pipeline.steps.step import WHOLE, Asked, PartsFailed, TableStep, differing
from russell_pipeline.steps.years import FIRST_RULED_YEAR, in_reach, last_year, year_of
from russell_pipeline_tests.conftest import PROJECT, land
from russell_pipeline_tests.lakes import make

OF_MEMBERSHIP = {
    "securities", "symbols", "security_identifiers", "security_rows", "rename_candidates", "membership_states",
    "membership_findings",
}  # fmt: skip

LANDED = PROJECT / "data_lake" / "landing" / "documents"
Parts = set[tuple[str, str]]


@pytest.fixture(scope="module")
def current(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that is up to date, with changes of two years and a schedule."""
    lake = Lake(tmp_path_factory.mktemp("made"))
    _land(lake, "microcap-deletions-2020.pdf", "microcap-additions-2023.txt", "review-schedule-2022.pdf")
    make(lake)
    return lake.root


@pytest.fixture
def lake(current: Path, tmp_path: Path) -> Lake:
    """A copy of that lake."""
    shutil.copytree(current, tmp_path / "lake")
    return Lake(tmp_path / "lake")


def _land(lake: Lake, *names: str) -> None:
    for name in names:
        land(lake.root, name, (LANDED / name).read_bytes())


def _made(lake: Lake) -> Parts:
    """What a run makes of tables from others."""
    derived = {table for step in STEPS if issubclass(step, TableStep) for table in step.tables}
    return {(one.table, one.key) for one in make(lake) if one.table in derived}


def _on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    class Someday(date):
        @classmethod
        def today(cls) -> date:
            return day

    monkeypatch.setattr(years, "date", Someday)


def test_steps_come_after_those_that_they_follow_from_and_make_every_table_once() -> None:
    made = [table for step in STEPS for table in step.tables]
    assert sorted(made) == sorted([*TABLES, CATALOG])
    for place, step in enumerate(STEPS):
        assert upstream_of(step) <= {table for before in STEPS[:place] for table in before.tables}, step


def test_empty_lake_lacks_the_computed_calendar_and_what_follows_from_it(tmp_path: Path) -> None:
    made = _made(Lake(tmp_path))
    assert {table for table, _ in made} == {"sessions", "calendar", "calendar_findings", *OF_MEMBERSHIP}
    years_made = [str(year) for year in range(FIRST_RULED_YEAR, last_year() + 1)]
    assert sorted(key for table, key in made if table == "calendar") == years_made


def test_lake_that_is_up_to_date_has_nothing_to_make(lake: Lake) -> None:
    assert affected(lake, Asked()) == set()
    assert make(lake) == []


def test_schedule_concerns_the_years_that_it_states_dates_of(lake: Lake) -> None:
    _land(lake, "reconstitution-2019.txt")
    assert _made(lake) == {
        ("calendar", "2019"),
        ("calendar_findings", WHOLE),
        *((table, WHOLE) for table in OF_MEMBERSHIP),
    }


def test_affected_tables_hold_all_that_a_run_makes(lake: Lake) -> None:
    """The run of the graph is of these tables alone."""
    _land(lake, "reconstitution-2019.txt")
    expected = affected(lake, Asked())
    assert {one.table for one in make(lake)} <= expected
    assert "sessions" not in expected


def test_changes_follow_the_calendar_of_their_review(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their dates are the calendar's: where it would be made differently so must they, the other lists not."""
    monkeypatch.setattr(calendar_steps, "rules_sha256", lambda: "other rules")
    made = _made(lake)
    assert {table for table, _ in made} == {"calendar", "calendar_findings", "membership_changes", *OF_MEMBERSHIP}
    assert {key for table, key in made if table == "membership_changes"} == {"2020", "2023"}


def test_another_release_of_the_exchange_calendars_makes_all_dates_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_steps, "version", lambda _: "99.0")
    made = {table for table, _ in _made(lake)}
    assert made == {"sessions", "calendar", "calendar_findings", "membership_changes", *OF_MEMBERSHIP}


def test_another_day_changes_nothing_and_a_new_year_adds_one(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, date(2026, 1, 1))
    make(lake)
    _on(monkeypatch, date(2026, 12, 31))
    assert make(lake) == []
    _on(monkeypatch, date(2027, 1, 1))
    assert _made(lake) == {
        ("sessions", WHOLE),
        ("calendar", "2033"),
        ("calendar_findings", WHOLE),
        *((table, WHOLE) for table in OF_MEMBERSHIP),
    }


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        (Asked(), set()),
        (Asked(years=["2020"]), {("calendar", "2020")}),
        (Asked(years=["2020"], only_years=True), {("calendar", "2020")}),
    ],
)
def test_years_are_made_when_they_are_asked_for_stale_or_not(lake: Lake, asked: Asked, made: Parts) -> None:
    written = make(lake, "calendar", "symbols", asked=asked)
    assert {(one.table, one.key) for one in written} == made


def test_years_that_are_shared_leave_other_stale_years_alone(lake: Lake) -> None:
    for year in ("2020", "2021"):
        lake.remove("calendar", year)
    make(lake, "calendar", asked=Asked(years=["2020"], only_years=True))
    assert "2020" in lake.keys("calendar")
    assert "2021" not in lake.keys("calendar")


def test_step_that_fails_leaves_what_follows_and_stops_nothing_else(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    _land(lake, "reconstitution-2019.txt")
    before = lake.hashes()
    write = Lake.write

    def failing(self: Lake, table: str, rows: pl.DataFrame, key: str | None = None, inputs: str = "") -> bool:
        if (table, key) == ("calendar", "2019"):
            raise ValueError("no room\nfor this")
        return write(self, table, rows, key, inputs)

    monkeypatch.setattr(Lake, "write", failing)
    done = {one.tables[0]: one for one in bring_up_to_date(lake, Asked(processes=1))}
    assert isinstance(done["calendar"].failure, PartsFailed)
    assert str(done["calendar"].failure) == "2019: no room"
    assert not OF_MEMBERSHIP & done.keys(), "they follow from the calendar"
    assert done["calendar_findings"].written
    assert done["findings"].written
    assert done["catalog"].written
    changed = {lake.part(file) for file, sha256 in lake.hashes().items() if before.get(file) != sha256}
    assert {table for table, _ in changed} == {"documents", "document_lines", "calendar_findings", "findings"}


def test_table_that_breaks_a_blocking_check_leaves_what_follows_in_every_run(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Lake.write

    def losing(self: Lake, table: str, rows: pl.DataFrame, key: str | None = None, inputs: str = "") -> bool:
        return write(self, table, rows.head(-3) if table == "document_lines" else rows, key, inputs)

    _land(lake, "reconstitution-2019.txt")
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write", losing)
        first = {one.tables[0]: one for one in bring_up_to_date(lake, Asked(processes=1))}
    assert first["documents"].failure is None
    second = {one.tables[0]: one for one in bring_up_to_date(lake, Asked(processes=1))}
    for done in (first, second):
        assert str(done["document_lines"].failure).startswith("account_closes: ")
        assert "reconstitution-2019.txt" in str(done["document_lines"].failure)
        assert "calendar" not in done
    assert second["catalog"].failure is None


def test_check_that_cannot_be_looked_at_is_a_failure_and_ends_no_run(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(*_: object) -> None:
        raise ValueError("no such column")

    lake.remove("calendar", "2021")
    monkeypatch.setattr("russell_pipeline.steps.engine.blocking_failure", raises)
    failures = [str(one.failure) for one in bring_up_to_date(lake, Asked()) if one.failure]
    assert set(failures) == {"no such column"}


def test_step_that_cannot_be_looked_at_fails_alone_and_counts_as_affected(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(*_: object) -> None:
        raise ValueError("no reference")

    monkeypatch.setattr("russell_pipeline.steps.documents.reference_sha256", raises)
    assert "membership_changes" in affected(lake, Asked())
    done = {one.tables[0]: one for one in bring_up_to_date(lake, Asked())}
    assert str(done["membership_changes"].failure) == "no reference"
    assert "symbols" not in done
    assert done["catalog"].failure is None


def test_documents_are_read_also_when_sources_cannot_be_asked(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(*_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("russell_pipeline.steps.sources.plan_fetching", raises)
    _land(lake, "reconstitution-2019.txt")
    done = {one.tables[0]: one for one in bring_up_to_date(lake, Asked(processes=1))}
    assert done["sources"].failure
    assert done["documents"].written


@pytest.mark.parametrize(
    ("table", "upstream"),
    [
        ("calendar", "sessions"),
        ("calendar_findings", "sessions"),
        ("membership_changes", "calendar"),
        ("symbols", "membership_lists"),
        ("symbols", "components"),
        ("symbols", "sessions"),
        ("membership_states", "membership_changes"),
        ("membership_findings", "symbol_changes"),
    ],
)
def test_upstream_table_that_would_be_made_otherwise_makes_a_table_stale(
    lake: Lake, table: str, upstream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert upstream in TABLES[table].upstream
    [step] = [step for step in STEPS if table in step.tables]
    before = dict(step(lake, Asked()).wanted())
    inputs, version, keys = Lake.inputs, type(TABLES[table]).code_version.func, Lake.keys

    def otherwise(self: Lake, name: str, key: str | None = None) -> str | None:
        return "otherwise" if name == upstream else inputs(self, name, key)

    monkeypatch.setattr(Lake, "inputs", otherwise)
    monkeypatch.setattr(Lake, "keys", lambda self, name: keys(self, name) or (["2025"] if name == upstream else []))
    monkeypatch.setattr(
        type(TABLES[table]), "code_version", property(lambda self: "other" if self.name == upstream else version(self))
    )
    assert before != dict(step(lake, Asked()).wanted())


@pytest.mark.parametrize(
    ("wanted", "made", "stale"),
    [
        ({}, {}, []),
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, ["a"]),
        ({"a": "1"}, {"a": None}, ["a"]),
        ({"a": "1"}, {}, ["a"]),
        ({}, {"a": ""}, ["a"]),
        ({"b": "1", "a": "1"}, {"c": "1"}, ["a", "b", "c"]),
    ],
)
def test_differing_parts(wanted: dict[str, str], made: dict[str, str | None], stale: list[str]) -> None:
    assert differing(wanted, made) == stale


def test_every_year_of_a_review_is_one_that_the_graph_has_a_partition_for() -> None:
    assert [in_reach(year) for year in (None, 1989, 1990, last_year(), last_year() + 1)] == [
        None, None, 1990, last_year(), None
    ]  # fmt: skip
    assert [year_of(review) for review in (None, "2022-06", "9999-06")] == [None, 2022, None]
