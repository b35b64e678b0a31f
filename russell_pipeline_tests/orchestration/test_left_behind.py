"""Files that systems and Office leave in folders are no inputs: they refuse nothing, withdraw nothing, and are not told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from russell_pipeline_tests.conftest import call_russell, table_bytes
from russell_pipeline_tests.orchestration.test_slips import _good

pytestmark = pytest.mark.usefixtures("without_history")

_LEFT_BEHIND = (
    "._landing", ".DS_Store", "Thumbs.db",
    "documents/._list.pdf", "documents/.DS_Store", "documents/~$list.pdf",
    "indexes/._QX.yaml", "indexes/~$QX.yaml", "indexes/.DS_Store", "indexes/Thumbs.db", "indexes/desktop.ini",
    "market/._closes.csv", "market/~$closes.xlsx", "market/Thumbs.db",
    "reference/._suspensions.csv", "components/.DS_Store", "components/._L", "components/L/._2025-06-18.csv",
)  # fmt: skip


def test_what_systems_leave_behind_in_landing_is_no_input(tmp_path: Path) -> None:
    for name, content in _good().items():
        file = tmp_path / "landing" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    assert call_russell(tmp_path, "run").returncode == 0
    before = table_bytes(tmp_path)
    for name in _LEFT_BEHIND:
        file = tmp_path / "landing" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"\0\5\26\7")  # as macOS begins them
    again = call_russell(tmp_path, "run")
    assert again.returncode == 0, again.stderr
    assert "nothing new in landing/: no table was touched" in again.stderr
    assert table_bytes(tmp_path) == before
