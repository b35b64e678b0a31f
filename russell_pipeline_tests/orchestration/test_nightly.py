"""The night: on sessions only, once for the same files, quiet when nothing is new, telling whom it should."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from russell_pipeline.definitions import build_definitions
from russell_pipeline.lake.lock import held
from russell_pipeline.orchestration.nightly import EXCHANGE
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import land, table_bytes
from russell_pipeline_tests.layouts import BAD_FILES
from russell_pipeline_tests.servers import webhook


def _definitions(lake: Path) -> dg.Definitions:
    return build_definitions(Settings(lake, processes=1))


def _night(lake: Path) -> dg.ExecuteInProcessResult:
    job = _definitions(lake).resolve_job_def("nightly")
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)


def _tick(lake: Path, *moment: int) -> dg.RunRequest | dg.SkipReason:
    definitions = _definitions(lake)
    schedule = definitions.resolve_schedule_def("after_the_close")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(*moment, tzinfo=ZoneInfo(EXCHANGE)),  # type: ignore[arg-type]
        resources=definitions.resources,
    )
    data = schedule.evaluate_tick(context)
    return data.run_requests[0] if data.run_requests else dg.SkipReason(data.skip_message)


def _look(lake: Path, cursor: str | None = None) -> dg.SensorExecutionData:  # type: ignore[name-defined]
    definitions = _definitions(lake)
    context = dg.build_sensor_context(
        instance=dg.DagsterInstance.ephemeral(), cursor=cursor, resources=definitions.resources, definitions=definitions
    )
    return definitions.resolve_sensor_def("watch_landing").evaluate_tick(context)


def test_schedule_and_sensors_are_off_until_somebody_turns_them_on(finished: Path) -> None:
    definitions = _definitions(finished)
    schedule = definitions.resolve_schedule_def("after_the_close")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.execution_timezone == "America/New_York"
    for name in ("watch_landing", "tell_of_failed_runs"):
        assert definitions.resolve_sensor_def(name).default_status is dg.DefaultSensorStatus.STOPPED


@pytest.mark.parametrize(
    ("moment", "skipped"),
    [
        ((2026, 11, 25, 18), None),
        ((2026, 11, 26, 18), "2026-11-26 is no session: Thanksgiving"),
        ((2026, 11, 27, 18), None),  # an early close
        ((2026, 12, 25, 18), "2026-12-25 is no session: Christmas"),
    ],
)
def test_the_schedule_asks_on_sessions_only(finished: Path, moment: tuple[int, ...], skipped: str | None) -> None:
    told = _tick(finished, *moment)
    if skipped is None:
        assert isinstance(told, dg.RunRequest)
    else:
        assert isinstance(told, dg.SkipReason)
        assert (told.skip_message or "").startswith(skipped)


def test_a_second_look_at_the_same_files_asks_for_nothing(lake: Path) -> None:
    first = _look(lake)
    assert len(first.run_requests or []) == 1
    second = _look(lake, first.cursor)
    assert not second.run_requests
    assert second.skip_message == "nothing in landing has changed since the last look"
    land(lake, "new.txt", b"anything")
    third = _look(lake, first.cursor)
    assert len(third.run_requests or []) == 1
    assert third.cursor != first.cursor


def test_landing_that_comes_back_to_what_it_was_is_a_change_each_time(lake: Path) -> None:
    """A file that is added and removed again: the rows that it gave must go."""
    first = _look(lake)
    file = land(lake, "new.txt", b"anything")
    second = _look(lake, first.cursor)
    file.unlink()
    third = _look(lake, second.cursor)
    requests = [*(first.run_requests or ()), *(second.run_requests or ()), *(third.run_requests or ())]
    assert len(requests) == 3
    assert {request.run_key for request in requests} == {None}


def test_the_watch_waits_for_files_that_are_being_written(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(lake, "new.txt", b"half")
    monkeypatch.setattr("russell_pipeline.lake.landing.SETTLED_AFTER", 30.0)
    assert "new.txt" in str(_look(lake).skip_message)


def test_a_quiet_night_touches_nothing_and_says_so(lake: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before, catalog = table_bytes(lake), (lake / "russell.duckdb").stat()
    night = _night(lake)
    assert night.success
    assert night.asset_materializations_for_node("bring_up_to_date") == []
    [observed] = night.asset_observations_for_node("bring_up_to_date")
    assert (observed.asset_key, observed.description) == (
        dg.AssetKey("catalog"),
        "Still current: nothing new in landing.",
    )
    assert table_bytes(lake) == before
    assert (lake / "russell.duckdb").stat().st_mtime_ns == catalog.st_mtime_ns
    assert "nothing new in landing: no table was touched" in capfd.readouterr().err


def test_a_night_tells_of_new_findings_and_only_once(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(lake, "page.pdf", BAD_FILES["web_page.pdf"]())
    with webhook() as (address, told):
        monkeypatch.setenv("RUSSELL_NOTIFY", address)
        assert _night(lake).success
        assert _night(lake).success
    [notice] = [json.loads(body) for body in told]
    assert "page.pdf is an HTML page" in notice["message"]


def test_a_night_that_finds_the_lake_busy_tries_again_before_it_gives_up(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("russell_pipeline.orchestration.assets.BUSY", {"max_retries": 2, "seconds_to_wait": 0})
    with held(lake):
        result = _night(lake)
    assert not result.success
    assert [event.event_type_value for event in result.all_events].count("STEP_UP_FOR_RETRY") == 2
