"""What a lake keeps of its sources: versions under their hash, rows that change only with what they say, findings."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from russell_pipeline.lake.store import Lake
from russell_pipeline.sources.fetching import FetchLimits
from russell_pipeline.steps.sources import FetchingPlan, carry_out, findings, plan_fetching
from russell_pipeline_tests.conftest import table_bytes
from russell_pipeline_tests.sources.publisher import Publisher, publishing, says, validated

FIRST, SECOND = b"Russell 3000 Index\nAs of July 1, 2019\n", b"Russell 3000 Index\nAs of July 2, 2019\n"
QUICK = FetchLimits(bytes=10_000, silence=0.4, seconds=1.0, backoff=0.01, attempts=2)
NIGHTS = [datetime(2026, 6, day, 22, 0, 0, 123, UTC).replace(tzinfo=None) for day in range(1, 10)]


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setenv("NO_PROXY", "*")
    with publishing({"/list.txt": validated(FIRST, '"1"')}) as serving:
        yield serving


@pytest.fixture
def lake(tmp_path: Path, publisher: Publisher) -> Lake:
    lake = Lake(tmp_path / "lake")
    _list(lake, f"- {{address: '{publisher.address}/list.txt', allow_http: true}}\n")
    return lake


def _list(lake: Lake, text: str) -> None:
    lake.landing.mkdir(parents=True, exist_ok=True)
    (lake.landing / "sources.yaml").write_text(text)


def _night(lake: Lake, night: int = 0) -> list[str]:
    return carry_out(lake, plan_fetching(lake), NIGHTS[night], QUICK)


def _landed(lake: Lake) -> dict[str, bytes]:
    folder = lake.landing / "documents"
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _named(content: bytes, suffix: str = ".txt") -> str:
    return f"fetched/{hashlib.sha256(content).hexdigest()}{suffix}"


def _messages(lake: Lake) -> list[tuple[str, str]]:
    return [(found.severity, found.message) for found in findings(lake)]


def test_a_document_lies_under_its_hash_with_address_and_time(lake: Lake, publisher: Publisher) -> None:
    assert _night(lake) == [_named(FIRST)]
    assert _landed(lake) == {_named(FIRST): FIRST}
    [row] = lake.read("sources").iter_rows(named=True)
    assert row | {"source_id": None} == {
        "source_id": None, "address": f"{publisher.address}/list.txt", "state": "fetched", "reason": None,
        "document_id": hashlib.sha256(FIRST).hexdigest(), "file_name": _named(FIRST), "bytes": len(FIRST),
        "etag": '"1"', "last_modified": None, "fetched_at": NIGHTS[0],
    }  # fmt: skip
    assert lake.read("fetched_documents").height == 1
    assert not _messages(lake)


def test_what_has_not_changed_changes_no_byte(lake: Lake, publisher: Publisher) -> None:
    _night(lake)
    before, landed = table_bytes(lake.root), _landed(lake)
    assert _night(lake, 1) == []
    assert publisher.asked[-1][1]["If-None-Match"] == '"1"'
    assert (table_bytes(lake.root), _landed(lake)) == (before, landed)


def test_the_same_bytes_with_other_validators_change_no_byte(lake: Lake, publisher: Publisher) -> None:
    _night(lake)
    before = table_bytes(lake.root)
    publisher.replies["/list.txt"] = says(200, FIRST, ETag='"renewed"', Last_Modified="Tue, 02 Jun 2026 00:00:00 GMT")
    assert _night(lake, 1) == []
    assert table_bytes(lake.root) == before


def test_a_changed_document_is_a_new_version_and_the_old_one_stays(lake: Lake, publisher: Publisher) -> None:
    _night(lake)
    publisher.replies["/list.txt"] = validated(SECOND, '"2"')
    assert _night(lake, 1) == [_named(SECOND)]
    publisher.replies["/list.txt"] = validated(FIRST, '"3"')
    assert _night(lake, 2) == [_named(FIRST)]
    assert _landed(lake) == {_named(FIRST): FIRST, _named(SECOND): SECOND}
    assert lake.read("fetched_documents").select("file_name", "fetched_at").rows() == [
        (_named(FIRST), NIGHTS[0]), (_named(SECOND), NIGHTS[1]), (_named(FIRST), NIGHTS[2]),
    ]  # fmt: skip
    assert lake.read("sources").select("file_name", "etag", "fetched_at").rows() == [(_named(FIRST), '"3"', NIGHTS[2])]
    address = f"{publisher.address}/list.txt"
    assert ("info", f"{address} changed: {_named(SECOND)} of 2026-06-02 follows {_named(FIRST)}") in _messages(lake)


def test_a_failure_is_a_finding_and_its_repetition_changes_no_byte(lake: Lake, publisher: Publisher) -> None:
    _list(lake, f"- {{address: '{publisher.address}/none.pdf?key=hunter2', allow_http: true}}\n")
    assert _night(lake) == []
    before = table_bytes(lake.root)
    assert _night(lake, 1) == []
    assert table_bytes(lake.root) == before
    assert _messages(lake) == [("error", f"{publisher.address}/none.pdf?key=*** answers 404 Not Found")]
    assert not any(b"hunter2" in file.read_bytes() for file in lake.tables.rglob("*") if file.is_file())


def test_a_failure_keeps_the_version_before_and_is_over_when_it_is_over(lake: Lake, publisher: Publisher) -> None:
    _night(lake)
    good = table_bytes(lake.root)
    publisher.replies["/list.txt"] = says(200, b"<html>Log in</html>")
    _night(lake, 1)
    [(severity, message)] = _messages(lake)
    assert severity == "warning"
    assert "/list.txt is an HTML page" in message
    assert message.endswith("; the version of 2026-06-01 stays")
    assert _landed(lake) == {_named(FIRST): FIRST}
    publisher.replies["/list.txt"] = validated(FIRST, '"1"')
    _night(lake, 2)
    assert not _messages(lake)
    assert table_bytes(lake.root) == good


def test_a_run_that_ends_between_file_and_table_is_completed_by_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write", ends)
        with pytest.raises(KeyboardInterrupt):
            _night(lake)
    assert _landed(lake) == {_named(FIRST): FIRST}
    assert not lake.tables.exists()
    assert _night(lake, 1) == [_named(FIRST)]
    assert lake.read("sources")["fetched_at"].to_list() == [NIGHTS[1]]


def test_a_file_that_is_gone_from_landing_comes_again(lake: Lake) -> None:
    _night(lake)
    before = table_bytes(lake.root)
    (lake.landing / "documents" / _named(FIRST)).unlink()
    assert _night(lake, 1) == []
    assert _landed(lake) == {_named(FIRST): FIRST}
    assert table_bytes(lake.root) == before


def test_facts_become_the_sidecar_and_follow_the_list(lake: Lake, publisher: Publisher) -> None:
    entry = f"address: '{publisher.address}/list.txt', allow_http: true"
    sidecar = _named(FIRST, ".yaml")
    _list(lake, f"- {{{entry}, status: final, published_on: 2019-07-01}}\n")
    _night(lake)
    assert _landed(lake)[sidecar] == b"published_on: 2019-07-01\nstatus: final\n"
    _list(lake, f"- {{{entry}, status: updated}}\n")
    publisher.replies["/list.txt"] = says(500)
    _night(lake, 1)
    assert _landed(lake)[sidecar] == b"status: updated\n"
    _list(lake, f"- {{{entry}}}\n")
    _night(lake, 2)
    assert _landed(lake) == {_named(FIRST): FIRST}


def test_decisions_in_the_sidecar_of_a_fetched_document_stay_beside_its_facts(lake: Lake, publisher: Publisher) -> None:
    entry = f"address: '{publisher.address}/list.txt', allow_http: true"
    sidecar = lake.landing / "documents" / _named(FIRST, ".yaml")
    _list(lake, f"- {{{entry}, status: final}}\n")
    _night(lake)
    decided = "lines: [{page: 1, line: 1, text: x, role: prose, by: J. Doe, why: W}]\n"
    sidecar.write_text(f"status: final\n{decided}")
    before = sidecar.read_bytes()
    _night(lake)
    assert sidecar.read_bytes() == before, "nobody's spelling is changed for nothing"
    _list(lake, f"- {{{entry}, status: updated}}\n")
    _night(lake)
    assert yaml.safe_load(sidecar.read_text()) == {"status": "updated", **yaml.safe_load(decided)}
    sidecar.write_text("status: [\n")
    _night(lake)
    assert sidecar.read_text() == "status: [\n"
    _list(lake, f"- {{{entry}}}\n")
    sidecar.write_text(decided)
    _night(lake)
    assert sidecar.read_text() == decided


def test_two_addresses_of_one_document_are_one_file_and_the_first_facts_hold(lake: Lake, publisher: Publisher) -> None:
    publisher.replies["/again.txt"] = says(200, FIRST)
    entries = [
        f"- {{address: '{publisher.address}/{name}', allow_http: true, status: {status}}}\n"
        for name, status in (("list.txt", "final"), ("again.txt", "updated"))
    ]
    _list(lake, "".join(entries))
    assert _night(lake) == [_named(FIRST)]
    assert _landed(lake) == {_named(FIRST): FIRST, _named(FIRST, ".yaml"): b"status: final\n"}
    assert lake.read("fetched_documents").height == 2
    [(severity, message)] = _messages(lake)
    assert (severity, message) == (
        "info",
        f"{publisher.address}/again.txt holds the same document as {publisher.address}/list.txt, whose facts hold",
    )


def test_a_source_that_is_listed_no_longer_leaves_its_documents(lake: Lake) -> None:
    _night(lake)
    (lake.landing / "sources.yaml").unlink()
    assert plan_fetching(lake)
    assert _night(lake, 1) == []
    assert lake.read("sources").is_empty()
    assert lake.read("fetched_documents").height == 1
    assert _landed(lake) == {_named(FIRST): FIRST}
    assert not plan_fetching(lake)


def test_a_wrong_list_is_a_finding_and_asks_nobody(lake: Lake, publisher: Publisher) -> None:
    _list(lake, f"address: {publisher.address}/list.txt\n")
    assert not plan_fetching(lake)
    assert [severity for severity, _ in _messages(lake)] == ["error"]
    assert not publisher.asked


def test_a_list_that_is_being_written_waits(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    _night(lake)
    monkeypatch.setattr("russell_pipeline.lake.landing.SETTLED_AFTER", 30.0)
    assert plan_fetching(lake) == FetchingPlan((), ())


def test_what_a_killed_run_left_half_written_is_swept(lake: Lake) -> None:
    _night(lake)
    left = lake.landing / "documents" / "fetched" / f".x.pdf.elsewhere.1.{'0' * 32}.tmp"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    lake.sweep()
    assert _landed(lake) == {_named(FIRST): FIRST}
