"""Sources in a run: fetched first, read in the same run, left alone offline, and no harm to anything when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.orchestration.verifying import verify
from russell_pipeline.settings import Settings
from russell_pipeline_tests.conftest import SHIPPED, call_russell, table_bytes
from russell_pipeline_tests.sources.publisher import Publisher, publishing, says, validated

pytestmark = pytest.mark.usefixtures("without_history")

SCHEDULE = (SHIPPED / "documents" / "reconstitution-2019.txt").read_bytes()


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setenv("NO_PROXY", "*")
    with publishing({"/schedule.txt": validated(SCHEDULE, '"1"')}) as serving:
        yield serving


def _list(root: Path, *addresses: str) -> None:
    (root / "landing").mkdir(parents=True, exist_ok=True)
    text = "".join(f"- {{address: '{address}', allow_http: true}}\n" for address in addresses)
    (root / "landing" / "sources.yaml").write_text(text)


def test_a_source_is_fetched_and_read_in_one_run_and_then_at_rest(tmp_path: Path, publisher: Publisher) -> None:
    _list(tmp_path, f"{publisher.address}/schedule.txt")
    settings, lake = Settings(tmp_path, processes=1), Lake(tmp_path)
    report = run(settings)
    [name] = report.fetched
    assert lake.read("documents").select("file_name", "kind", "state").rows() == [(name, "review_schedule", "accepted")]
    assert not lake.read("calendar").filter(document_id=report.read[0]).is_empty()
    before = table_bytes(tmp_path)
    again = run(settings)
    assert (again.anything, again.fetched, len(publisher.asked)) == (False, [], 2)
    assert table_bytes(tmp_path) == before


def test_failing_sources_are_findings_and_cost_nothing_else(lake: Path, publisher: Publisher) -> None:
    before = {name: data for name, data in table_bytes(lake).items() if "findings" not in name}
    secret = publisher.address.replace("//", "//user:hunter2@") + "/none.pdf?token=hunter3"
    publisher.replies["/login.pdf"] = says(200, b"<!doctype html>Log in", Content_Type="application/pdf")
    _list(lake, secret, f"{publisher.address}/login.pdf")
    called = call_russell(lake, "run")
    assert called.returncode == 0, called.stderr
    assert f"not fetched: {publisher.address}/none.pdf?token=*** answers 404 Not Found\n" in called.stderr
    assert f"not fetched: {publisher.address}/login.pdf is an HTML page" in called.stderr
    after = table_bytes(lake)
    assert {name: after[name] for name in before} == before
    assert Lake(lake).read("findings").filter(area="sources")["severity"].to_list() == ["error", "error"]
    again = call_russell(lake, "run")
    assert (again.returncode, "nothing new" in again.stderr) == (0, True)
    assert table_bytes(lake) == after
    kept = [file for file in lake.rglob("*") if file.is_file() and file.name != "sources.yaml"]
    assert not [file for file in kept if b"hunter" in file.read_bytes()]


def test_offline_and_backfills_ask_nobody(lake: Path, publisher: Publisher) -> None:
    _list(lake, f"{publisher.address}/schedule.txt")
    before = table_bytes(lake)
    assert call_russell(lake, "run", "--offline").returncode == 0
    assert call_russell(lake, "backfill", "--from", "2019", "--to", "2019").returncode == 0
    assert not publisher.asked
    assert table_bytes(lake) == before


def test_a_damaged_document_that_was_fetched_is_fetched_again(tmp_path: Path, publisher: Publisher) -> None:
    """A flipped digit is never read as if somebody had published it; without the address, what was read before stays."""
    _list(tmp_path, f"{publisher.address}/schedule.txt")
    settings, lake = Settings(tmp_path, processes=1), Lake(tmp_path)
    [name] = run(settings).fetched
    before, file = table_bytes(tmp_path), tmp_path / "landing" / "documents" / name
    for offline in (True, False):
        file.write_bytes(SCHEDULE.replace(b"28 June", b"29 June", 1))
        assert file.read_bytes() != SCHEDULE
        assert [found.file for found in verify(settings).damages] == [file]
        report = run(settings, offline=offline)
        [said] = report.mended
        assert said.startswith(f"landing/documents/{name} is not what was fetched; it is fetched again")
        assert not report.read
        assert file.exists() is not offline
    assert file.read_bytes() == SCHEDULE
    assert table_bytes(tmp_path) == before
    assert lake.read("documents").height == 1
