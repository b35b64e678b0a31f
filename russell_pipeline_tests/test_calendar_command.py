"""`russell calendar` and the dates in `russell status`: what they print, for people, programs and other calendars."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar

from russell_pipeline import cli
from russell_pipeline.queries import catalog as query
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps import calendar as calendar_steps
from russell_pipeline.steps.catalog import build_catalog
from russell_pipeline_tests.lakes import calendar_lake

TODAY = date(2026, 11, 21)


def _on(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    for module in ("calendar", "lake"):
        monkeypatch.setattr(f"russell_pipeline.cli.{module}.today", lambda: day)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = calendar_lake(tmp_path_factory.mktemp("lake"))
    found = [one._asdict() | {"found_on": TODAY} for one in calendar_steps.findings(lake)]
    lake.write("findings", pl.DataFrame(found, schema=TABLES["findings"].empty.schema))
    build_catalog(lake)
    return lake.root


@pytest.fixture
def on_that_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today is 21 November 2026."""
    _on(monkeypatch, TODAY)


def _russell(root: Path, *arguments: str) -> Result:
    called = CliRunner().invoke(cli.main, ["--lake", str(root), *arguments])
    assert called.exception is None or isinstance(called.exception, SystemExit), called.exception
    return called


def _rows(root: Path, *arguments: str) -> list[dict[str, str]]:
    called = _russell(root, "calendar", *arguments, "--format", "csv")
    assert called.exit_code == 0
    return list(csv.DictReader(io.StringIO(called.stdout)))


def _events(content: bytes) -> dict[str, tuple[date, date]]:
    events = Calendar.from_ical(content).walk("VEVENT")
    return {str(event["uid"]): (event.decoded("dtstart"), event.decoded("dtend")) for event in events}


def test_a_year_has_published_beside_computed_with_rule_place_and_contradiction(root: Path) -> None:
    by_event = {(row["review"], row["event"]): row for row in _rows(root, "2022")}
    assert by_event["2022-09", "lock_down"] == {
        "review": "2022-09",
        "event": "lock_down",
        "published": "2022-09-05",
        "computed": "2022-09-02",
        "rule": "quarterly_lock_down@2018-09",
        "confidence": "published",
        "document": "review-schedule-2022.pdf",
        "page": "1",
        "line": "21",
        "findings": "closed_session",
    }
    window = by_event["2022-12", "ipo_window"]
    assert window["published"] == "2022-08-16 to 2022-11-11"
    assert window["computed"] == "2022-08-15 to 2022-11-11"
    assert window["findings"] == "text_against_table, window_gap"
    final = by_event["2022-06", "final_lists"]
    assert (final["published"], final["computed"], final["rule"]) == ("2022-06-17", "", "")
    assert by_event["2022-06", "implementation"]["published"] == ""
    assert by_event["2022-06", "preliminary_lists"]["findings"] == ""


def test_there_is_a_line_for_each_event_and_rule_in_order_of_its_date(root: Path) -> None:
    rows = _rows(root, "2022")
    assert len({(row["review"], row["event"], row["rule"]) for row in rows}) == len(rows)
    first_days = [(row["review"], (row["published"] or row["computed"])[:10]) for row in rows]
    assert first_days == sorted(first_days)


def test_december_2026_is_the_second_reconstitution_of_its_year(root: Path) -> None:
    december = [row for row in _rows(root, "2026") if row["review"] == "2026-12"]
    computed = {row["event"]: row["computed"] for row in december}
    assert {event: computed[event] for event in ("rank_day", "preliminary_lists", "updated_lists", "lock_down")} == {
        "rank_day": "2026-10-30",
        "preliminary_lists": "2026-11-13",
        "updated_lists": "2026-11-20, 2026-11-27, 2026-12-04",
        "lock_down": "2026-11-30",
    }
    assert (computed["implementation"], computed["effective"]) == ("2026-12-11", "2026-12-14")
    assert "announcement" not in computed
    cutoffs = [row for row in december if row["event"] == "price_cutoff"]
    assert [(row["computed"], row["rule"].split("@")[0], row["findings"]) for row in cutoffs] == [
        ("2026-12-02", "price_cutoff_days_before_9", "rule_against_rule"),
        ("2026-12-09", "price_cutoff_december_ground_rules_v1_3", "rule_against_rule"),
    ]
    policies = query.ask(
        root / "russell.duckdb",
        "SELECT policy, starts_on FROM calendar WHERE review = '2026-12' AND event = 'price_cutoff' ORDER BY 2",
    )
    assert policies.rows == [("days_before_9", date(2026, 12, 2)), ("ground_rules_v1_3", date(2026, 12, 9))]


def test_findings_tell_both_texts_and_may_be_asked_of_a_year(root: Path) -> None:
    found = _rows(root, "--findings")
    assert len(found) == 11
    assert list(found[0]) == [
        "review", "event", "published", "computed", "kind", "explanation", "document", "page", "line"
    ]  # fmt: skip
    [gap] = [row for row in found if row["kind"] == "window_gap"]
    assert "Mon 15 Aug 2022 is in no window" in gap["explanation"]
    assert (gap["document"], gap["page"], gap["line"]) == ("review-schedule-2022.pdf", "1", "11")
    assert {row["review"][:4] for row in _rows(root, "2022", "--findings")} == {"2022"}
    [cutoff] = _rows(root, "2027", "--findings")  # told once, at the first review that it concerns
    assert cutoff["review"] == "2026-12"
    none = _russell(root, "calendar", "2005", "--findings")
    assert (none.exit_code, none.stderr) == (0, "no contradiction is known of 2005\n")


@pytest.mark.usefixtures("on_that_day")
def test_next_is_what_is_due_with_the_days_that_are_left(root: Path) -> None:
    rows = _rows(root, "--next")
    told = {(row["event"], row["starts_on"]): int(row["days_left"]) for row in rows if row["review"] == "2026-12"}
    assert told == {
        ("query_period", "2026-11-16"): 0,
        ("updated_lists", "2026-11-27"): 6,
        ("lock_down", "2026-11-30"): 9,
        ("price_cutoff", "2026-12-02"): 11,
        ("price_cutoff", "2026-12-09"): 18,
        ("final_lists", "2026-12-11"): 20,
        ("implementation", "2026-12-11"): 20,
        ("effective", "2026-12-14"): 23,
    }
    assert _rows(root)[0]["review"] == "2026-03"


def test_next_goes_by_the_published_date(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _on(monkeypatch, date(2022, 9, 1))
    [lock_down] = [row for row in _rows(root, "--next") if row["event"] == "lock_down"]
    assert (lock_down["starts_on"], lock_down["basis"], lock_down["days_left"]) == ("2022-09-05", "published", "4")
    assert (lock_down["document"], lock_down["line"]) == ("review-schedule-2022.pdf", "21")


@pytest.mark.usefixtures("on_that_day")
def test_status_tells_the_next_three_dates_and_counts_contradictions(root: Path) -> None:
    told = _russell(root, "status").stderr.splitlines()
    assert told[-4:] == [
        "warning: 8 contradictions in published dates: russell calendar --findings",
        "next: Fri 27 Nov 2026, in 6 days: updated lists of 2026-12 (by rule, second-hand)",
        "next: Mon 30 Nov 2026, in 9 days: lock-down of 2026-12 (by rule, second-hand)",
        "next: Wed 2 Dec 2026, in 11 days: price cut-off of 2026-12 (by rule, inferred)",
    ]


def test_the_calendar_opens_elsewhere_as_all_day_events_that_keep_their_identity(root: Path, tmp_path: Path) -> None:
    file, again = tmp_path / "2022.ics", tmp_path / "again.ics"
    for output in (file, again):
        assert _russell(root, "calendar", "2022", "--format", "ics", "--output", str(output)).exit_code == 0
    assert file.read_bytes() == again.read_bytes()
    events = _events(file.read_bytes())
    assert events["2022-06-effective-1@russell-pipeline"] == (date(2022, 6, 27), date(2022, 6, 28))
    # the last day of a printed span is in it, the end of an event in iCalendar is not
    assert events["2022-06-query_period-1@russell-pipeline"] == (date(2022, 5, 20), date(2022, 6, 11))
    assert events["2022-09-lock_down-1@russell-pipeline"][0] == date(2022, 9, 5)
    assert all(type(day) is date for days in events.values() for day in days)
    printed = _russell(root, "calendar", "2022", "--format", "ics").stdout_bytes
    assert _events(printed) == events


@pytest.mark.usefixtures("on_that_day")
def test_what_is_next_opens_elsewhere_too(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "next.ics"
    assert _russell(root, "calendar", "--next", "--format", "ics", "--output", str(file)).exit_code == 0
    assert min(end for _, end in _events(file.read_bytes()).values()) > TODAY


@pytest.mark.parametrize("more", [["2022"], ["--next"], ["--findings"]])
def test_every_format_has_the_same_rows(root: Path, tmp_path: Path, more: list[str]) -> None:
    count = len(_rows(root, *more))
    assert count
    assert len(json.loads(_russell(root, "calendar", *more, "--format", "json").stdout)) == count
    file = tmp_path / "rows.parquet"
    assert _russell(root, "calendar", *more, "--format", "parquet", "--output", str(file)).exit_code == 0
    assert pl.read_parquet(file).height == count
    assert len(_russell(root, "calendar", *more).stdout.splitlines()) > count


def test_a_year_that_nothing_is_known_of_and_wrong_calls(root: Path, tmp_path: Path) -> None:
    unknown = _russell(root, "calendar", "1950")
    assert (unknown.exit_code, unknown.stderr) == (0, "no date of 1950 is published or computed\n")
    past = _russell(root, "calendar", "2005", "--next")
    assert (past.exit_code, past.stderr) == (0, "no date to come is published or computed of 2005\n")
    for wrong in (["--findings", "--next"], ["--findings", "--format", "ics"], ["twenty"], ["--format", "xml"]):
        assert _russell(root, "calendar", *wrong).exit_code == 2
    assert _russell(tmp_path, "calendar").exit_code == 1


@pytest.mark.parametrize("arguments", [["2026"], ["--next"], ["--findings"], ["2026", "--format", "ics"]])
def test_the_command_asks_the_catalog_and_imports_nothing_heavy(root: Path, arguments: list[str]) -> None:
    call = f"main(['--lake', {str(root)!r}, 'calendar', *{arguments}], standalone_mode=False)"
    code = f"import sys; from russell_pipeline.cli import main; {call}; print(*sys.modules, file=sys.stderr)"
    called = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"dagster", "polars", "pandas", "numpy", "exchange_calendars", "dataframely", "pyarrow", "pydantic"}
    loaded = set(called.stderr.split())
    assert not heavy & loaded
    assert ("icalendar" in loaded) == ("ics" in arguments)
    assert called.stdout


def test_days_left_count_to_the_day(root: Path) -> None:
    """On the real day too: the first date that has not begun is as many days away as the calendar says."""
    today = date.today()
    for row in _rows(root, "--next"):
        begins = date.fromisoformat(row["starts_on"])
        assert today + timedelta(days=int(row["days_left"])) == max(begins, today)
        assert date.fromisoformat(row["ends_on"] or row["starts_on"]) >= today
