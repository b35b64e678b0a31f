"""The audit of the dependencies in CI: it must fail where a pinned version is known to be vulnerable, and only there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).resolve().parents[1] / ".ci" / "audit.py"
SOUND = {"name": "rich", "version": "15.0.0", "vulns": []}
VULNERABLE = {"name": "httpx", "version": "0.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.2"]}]}
UNKNOWN = {"name": "polars", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "required", "code", "said"),
    [
        ([SOUND, UNKNOWN], "", 0, "audited 1 of 2 pinned packages: 0 known"),
        ([SOUND, VULNERABLE], "", 1, "httpx 0.1: PYSEC-1; mended in 0.2"),
        ([UNKNOWN], "", 0, "not audited"),
        ([UNKNOWN], "required", 1, "not audited"),
    ],
    ids=["sound", "vulnerable", "nobody answers", "nobody answers though somebody must"],
)
def test_ci_fails_on_a_known_vulnerability(
    tmp_path: Path, packages: list[object], required: str, code: int, said: str
) -> None:
    answers = tmp_path / "pip_audit.py"
    answers.write_text(f"print({json.dumps(json.dumps({'dependencies': packages}))})", "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "RUSSELL_AUDIT": required}
    done = subprocess.run([sys.executable, str(AUDIT)], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr
