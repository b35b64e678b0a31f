"""The audit of dependencies: it fails where a pinned version is vulnerable, and says by whose knowledge, of when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

AUDIT = Path(__file__).resolve().parents[1] / ".ci" / "audit.py"
RECORD = AUDIT.with_name("advisories.json")
CONSTRAINTS = (AUDIT.parents[1] / "constraints.txt").read_text("utf-8")
PINNED = dict(line.split("==") for line in CONSTRAINTS.splitlines() if not line.startswith("#"))
SOUND = {"name": "rich", "version": PINNED["rich"], "vulns": []}
VULNERABLE = {"name": "httpx", "version": "0.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.2"]}]}
UNKNOWN = {"name": "polars", "skip_reason": "not found"}
NOBODY: dict[str, list[Any]] = {}


def _audit(
    tmp_path: Path, answers: dict[str, list[Any]], *arguments: str, required: str = ""
) -> subprocess.CompletedProcess[str]:
    """The audit where these services answer so, and the others not at all."""
    (tmp_path / "pip_audit.py").write_text(
        f"import json, sys; print(json.dumps({{'dependencies': {answers!r}[sys.argv[-1].partition('=')[2]]}}))", "utf-8"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "RUSSELL_AUDIT": required}
    call = [sys.executable, str(AUDIT), *arguments]
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=False)


def _record(tmp_path: Path, days: int = 0, advisories: tuple[object, ...] = ()) -> str:
    file, day = tmp_path / "advisories.json", datetime.now(UTC).date() - timedelta(days)
    packages = {"rich": PINNED["rich"], "httpx": "0.1"}
    content = {"recorded_on": str(day), "service": "osv", "packages": packages, "advisories": advisories}
    file.write_text(json.dumps(content), "utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ({"pypi": [SOUND, UNKNOWN]}, 0, "audited by pypi at "),
        ({"pypi": [SOUND, UNKNOWN]}, 0, "1 of 2 pinned packages, each at its version in constraints.txt"),
        ({"pypi": [SOUND, UNKNOWN]}, 0, "pypi does not know polars"),
        ({"pypi": [UNKNOWN], "osv": [SOUND]}, 0, "audited by osv at "),
        ({"osv": [SOUND, VULNERABLE]}, 1, "httpx 0.1: PYSEC-1; mended in 0.2"),
    ],
)
def test_the_audit_fails_on_a_known_vulnerability_and_says_who_was_asked(
    tmp_path: Path, answers: dict[str, list[Any]], code: int, said: str
) -> None:
    done = _audit(tmp_path, answers)
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


def _advisory(version: str, *fixed: str) -> dict[str, object]:
    return {"package": "rich", "version": version, "id": "PYSEC-2", "fixed": fixed}


@pytest.mark.parametrize(
    ("days", "advisories", "code", "said"),
    [
        (3, (), 0, "(3 days old), from osv: 1 of "),
        (31, (), 0, "31 days old, which is too old: renew it"),
        (30, (), 0, "(30 days old)"),
        (3, (_advisory(PINNED["rich"], "99"),), 1, f"rich {PINNED['rich']}: PYSEC-2; mended in 99"),
        (3, (_advisory("1.0", "99"),), 1, "PYSEC-2"),
        (3, (_advisory("1.0"),), 1, "mended in none yet"),
        (3, (_advisory("1.0", "2.0"),), 0, "0 known vulnerabilities"),
    ],
)
def test_where_nobody_answers_the_record_counts_and_says_its_age(
    tmp_path: Path, days: int, advisories: tuple[object, ...], code: int, said: str
) -> None:
    done = _audit(tmp_path, NOBODY, "--record", _record(tmp_path, days, advisories))
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr
    assert "nobody answered at " in done.stdout


def test_a_record_counts_for_nothing_where_somebody_must_answer(tmp_path: Path) -> None:
    record = _record(tmp_path)
    assert _audit(tmp_path, NOBODY, "--record", record).returncode == 0
    assert _audit(tmp_path, NOBODY, "--record", record, required="required").returncode == 1


def test_the_record_is_renewed_by_answers_alone_and_new_advisories_fail(tmp_path: Path) -> None:
    record = _record(tmp_path, days=40)
    before = Path(record).read_bytes()
    assert _audit(tmp_path, NOBODY, "--renew", "--record", record).returncode == 1
    assert Path(record).read_bytes() == before
    new = _audit(tmp_path, {"pypi": [SOUND, VULNERABLE]}, "--renew", "--record", record)
    assert (new.returncode, "1 advisories are new" in new.stdout) == (1, True), new.stdout + new.stderr
    known = _audit(tmp_path, {"pypi": [SOUND, VULNERABLE]}, "--renew", "--record", record)
    assert (known.returncode, "0 advisories are new" in known.stdout) == (0, True)
    renewed = json.loads(Path(record).read_text("utf-8"))
    assert renewed["recorded_on"] == str(datetime.now(UTC).date())
    assert renewed["advisories"] == [{"package": "httpx", "version": "0.1", "id": "PYSEC-1", "fixed": ["0.2"]}]


def test_the_record_of_the_project_says_whether_it_knows_anything(tmp_path: Path) -> None:
    """Without an answer there is nothing to record, and that is said."""
    done, record = _audit(tmp_path, NOBODY), json.loads(RECORD.read_text("utf-8"))
    said = f"from {record['service']}" if record["service"] else "knows nothing, because nobody answered then either"
    assert said in done.stdout
    assert record["recorded_on"] in done.stdout
