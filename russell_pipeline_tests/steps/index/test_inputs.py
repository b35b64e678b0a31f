"""What indexes of a lake are defined by: the shipped definitions, and the files in landing/indexes that override them."""

from __future__ import annotations

from pathlib import Path

import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.index.inputs import definitions


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"\xff\xfe\xfa", "is not UTF-8 text"), (b"name: 1\n", "code"), (b"code: OTHER\n", "RSCC9010.yaml")],
)
def test_a_file_that_is_refused_leaves_no_shipped_definition_in_force(tmp_path: Path, data: bytes, said: str) -> None:
    """Levels by another definition than the one that somebody meant would look right."""
    assert "RSCC9010" in definitions(Lake(tmp_path))[0]
    (tmp_path / "landing" / "indexes").mkdir(parents=True)
    (tmp_path / "landing" / "indexes" / "RSCC9010.yaml").write_bytes(data)
    found, findings = definitions(Lake(tmp_path))
    assert "RSCC9010" not in found
    assert {(one.severity, one.subject) for one in findings} == {("error", "RSCC9010")}
    assert any(said in one.message for one in findings)
