"""`russell rulebook`: two versions as files or from the lake, on the terminal, as rows and as a page."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.catalog import build_catalog
from russell_pipeline_tests.conftest import call_russell, land
from russell_pipeline_tests.documents.rulebooks.invented import PARTS, rulebook
from russell_pipeline_tests.lakes import make

OLD = rulebook().replace("two decimals", "two <b>decimals</b>")
NEW = rulebook(
    changed={
        "1.3": "1.3 Its level is shown with four decimals.\n",
        "2.3.1": "2.3.1 Its closing price must be at or above $2.00.\n",
    }
).replace("v1.0", "v1.1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with both versions, and a list that is none."""
    folder = tmp_path_factory.mktemp("lake")
    land(folder, "old.txt", OLD.encode())
    land(folder, "new.txt", NEW.encode())
    lake = Lake(folder)
    make(lake, "documents", "sessions")
    build_catalog(lake)
    return folder


def _files(folder: Path) -> tuple[str, str]:
    (folder / "old.txt").write_text(OLD)
    (folder / "new.txt").write_text(NEW)
    return str(folder / "old.txt"), str(folder / "new.txt")


def test_changes_are_told_word_by_word_without_a_lake(tmp_path: Path) -> None:
    called = call_russell(tmp_path / "none", "rulebook", *_files(tmp_path))
    assert called.returncode == 0
    told = called.stdout.splitlines()
    assert told[0] == "Quay Index v1.0 to Quay Index v1.1: 1 added, 1 removed, 1 changed; 16 clauses as before"
    assert "1.3 changed (1:24 to 1:24)" in told
    assert "  Its level is shown with [-two <b>decimals</b>.-] {+four decimals.+}" in told
    assert "at or above $2.00', but the project has 1 (minimum_price, construction 5.8)" in " ".join(
        called.stdout.split()
    )


def test_the_same_version_differs_in_nothing(tmp_path: Path) -> None:
    old, _ = _files(tmp_path)
    called = call_russell(tmp_path / "none", "rulebook", old, old)
    assert "no clause differs; 18 clauses as before" in called.stdout


def test_page_has_the_words_marked_and_escaped(tmp_path: Path) -> None:
    page = tmp_path / "changes.html"
    called = call_russell(tmp_path / "none", "rulebook", *_files(tmp_path), "--output", str(page))
    assert (called.returncode, called.stdout) == (0, "")
    html = page.read_text("utf-8")
    assert "Its level is shown with <del>two &lt;b&gt;decimals&lt;/b&gt;.</del> <ins>four decimals.</ins>" in html
    assert "<h3>1.3</h3>" in html
    assert "What the versions state in other figures" in html
    assert "minimum_price" in html


def test_rows_come_from_documents_of_the_lake_by_name_and_digest(root: Path) -> None:
    digest = hashlib.sha256(NEW.encode()).hexdigest()
    called = call_russell(root, "rulebook", "old.txt", digest[:10], "--format", "csv")
    assert called.returncode == 0
    rows = [*csv.DictReader(io.StringIO(called.stdout))]
    assert [(row["change"], row["old_clause"], row["new_clause"]) for row in rows] == [
        ("changed", "1.3", "1.3"),
        ("removed", "2.3.1", ""),
        ("added", "", "2.3.1"),
    ]


@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        (("no.pdf", "new.txt"), 2, "no.pdf is neither a file nor ground rules of the lake; the lake has new.txt, old.txt"),
        (("old.txt", "new"), 2, "new is neither a file"),
    ],
)  # fmt: skip
def test_what_is_no_version_is_a_wrong_call(root: Path, names: tuple[str, str], code: int, says: str) -> None:
    called = call_russell(root, "rulebook", *names)
    assert called.returncode == code
    assert says in called.stderr


def test_file_that_is_refused_or_something_else_is_named(tmp_path: Path) -> None:
    old, new = _files(tmp_path)
    for name, text, says in (
        ("cut.txt", rulebook([part for part in PARTS if part != "1.2"]), "cut.txt is not whole: 1.2 is missing"),
        ("list.txt", "Company Ticker\nALPHA INC ALP\nBETA CORP BET\n", "list.txt "),
    ):
        (tmp_path / name).write_text(text)
        called = call_russell(tmp_path / "none", "rulebook", str(tmp_path / name), new)
        assert called.returncode == 1
        assert says in called.stderr
    assert "and there is no lake" in call_russell(tmp_path / "none", "rulebook", old, "nothing.pdf").stderr
