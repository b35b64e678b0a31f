"""What the environment says of the lake and of how work is divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from russell_pipeline import open_lake
from russell_pipeline.errors import NoCatalog
from russell_pipeline.settings import Settings


def test_the_environment_says_where_the_lake_is_and_how_work_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RUSSELL_DATA_LAKE", "/srv/lake"), ("RUSSELL_PROCESSES", "3"), ("RUSSELL_YEARS_A_RUN", "1")):
        monkeypatch.setenv(name, value)
    assert Settings.from_environment() == Settings(Path("/srv/lake"), processes=3, years_a_run=1)
    assert Settings.from_environment("/elsewhere").root == Path("/elsewhere")


@pytest.mark.parametrize("folder", ["what?", "a%20b", "back\\slash", "a[b]", "st*r"])
def test_a_folder_whose_path_is_taken_for_another_is_refused(tmp_path: Path, folder: str) -> None:
    """Before anything is written, there or elsewhere."""
    with pytest.raises(ValueError, match="a lake cannot lie in"):
        Settings.from_environment(str(tmp_path / folder))
    assert Settings.from_environment(str(tmp_path / "100% a'b #1")).root == tmp_path / "100% a'b #1"


def test_python_finds_a_lake_as_the_command_line_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NoCatalog, match=f"no catalog in {tmp_path}/lake yet"):
        open_lake("~/lake").changes("R3000")
    with pytest.raises(ValueError, match="a lake cannot lie in"):
        open_lake(tmp_path / "what?")


@pytest.mark.parametrize("variable", ["RUSSELL_PROCESSES", "RUSSELL_YEARS_A_RUN"])
@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_a_number_that_is_not_positive_is_a_sentence(monkeypatch: pytest.MonkeyPatch, variable: str, said: str) -> None:
    monkeypatch.setenv(variable, said)
    with pytest.raises(ValueError, match=rf"{variable} must be a number of \w+, not '{said}'"):
        Settings.from_environment()
