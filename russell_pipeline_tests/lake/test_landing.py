"""What lies in landing: everything is read, or named with the reason; what cannot be listed is not gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from russell_pipeline.lake import landing, strangers
from russell_pipeline.lake.landing import await_settled, landed_files, scan_documents
from russell_pipeline.lake.market_landing import scan_market
from russell_pipeline.lake.reading import document_findings
from russell_pipeline.lake.store import Lake
from russell_pipeline_tests.conftest import land


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    for folder in ("documents", "components", "market", "reference", "indexes"):
        (tmp_path / "landing" / folder).mkdir(parents=True)
    return Lake(tmp_path)


def _put(lake: Lake, path: str) -> Path:
    file = lake.landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    return file


def _link(lake: Lake, path: str, to: Path) -> None:
    (lake.landing / path).symlink_to(to)


STRANGERS: dict[str, tuple[Callable[[Lake], object], str]] = {
    "a link to a folder": (lambda lake: _link(lake, "documents/2023", lake.root), "documents/2023 is not read: it is a link to"),
    "a broken link": (
        lambda lake: _link(lake, "market/closes-2.csv", Path("nowhere")),
        "market/closes-2.csv is not read: it is a broken link",
    ),
    "a pipe": (lambda lake: os.mkfifo(lake.landing / "market" / "fx.csv"), "market/fx.csv is not read: it is no file"),
    "a name that is no text": (
        lambda lake: _put(lake, os.fsdecode(b"market/closes-\xe9.csv")),
        "market/closes-\\xe9.csv is not read: its name is no UTF-8 text",
    ),
    "a document with such a name": (
        lambda lake: _put(lake, os.fsdecode(b"documents/\xe9/list.pdf")),
        "documents/\\xe9/list.pdf is not read: its name is no UTF-8 text",
    ),
    "a misspelt file of reference": (
        lambda lake: _put(lake, "reference/symbol-changes.csv"),
        "reference/symbol-changes.csv is not read: reference has",
    ),
    "a definition with another suffix": (lambda lake: _put(lake, "indexes/X.yml"), "indexes/X.yml is not read: indexes has"),
    "a definition in a folder": (lambda lake: _put(lake, "indexes/a/X.yaml"), "indexes/a/X.yaml is not read: indexes has"),
    "a misspelt folder": (lambda lake: _put(lake, "index/Y.yaml"), "index is not read: landing has documents, "),
    "a file beside the folders": (lambda lake: _put(lake, "list.pdf"), "list.pdf is not read: landing has documents, "),
}  # fmt: skip


@pytest.mark.parametrize("case", STRANGERS)
def test_what_is_not_read_is_named(case: str, lake: Lake) -> None:
    put, says = STRANGERS[case]
    put(lake)
    [finding] = strangers.findings(lake)
    assert finding.message.startswith(says)
    # ... and all else goes on.
    assert (scan_documents(lake.landing).documents, scan_market(lake)) == ({}, {})
    await_settled(lake.landing)


def test_what_is_read_is_no_stranger(lake: Lake) -> None:
    for path in (
        "reference/suspensions-2024.csv",
        "indexes/X.yaml",
        "sources.yaml",
        "market/closes.csv",
        "documents/x.pdf",
    ):
        _put(lake, path)
    assert list(strangers.findings(lake)) == []


def test_a_file_in_place_of_a_folder_is_an_error(lake: Lake) -> None:
    (lake.landing / "market").rmdir()
    _put(lake, "market")
    [finding] = strangers.findings(lake)
    assert (finding.severity, finding.message) == (
        "error", "landing/market cannot be opened: it is no folder, and must be one"
    )  # fmt: skip


def test_a_folder_that_cannot_be_listed_is_not_empty(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of files that are gone leave the tables: those of a folder that cannot be read for a night must not."""
    listed = os.scandir

    def refuses(folder: str) -> object:
        if Path(folder).name == "market":
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(os, "scandir", refuses)
    with pytest.raises(PermissionError):
        list(landed_files(lake.landing))
    with pytest.raises(PermissionError):
        scan_market(lake)


@pytest.mark.parametrize("sidecar", ["a folder", "a broken link", "locked"])
def test_a_document_whose_sidecar_cannot_be_opened_waits_and_others_do_not(
    sidecar: str, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(lake.root, "one.txt", b"one")
    land(lake.root, "two.txt", b"two")
    beside = lake.landing / "documents" / "one.yaml"
    match sidecar:
        case "a folder":
            beside.mkdir()
        case "a broken link":
            beside.symlink_to("nowhere")
        case _:
            beside.touch()
            sha256 = landing.file_sha256

            def refuses(file: Path) -> str:
                if file == beside:
                    raise PermissionError(13, "Permission denied", str(file))
                return sha256(file)

            monkeypatch.setattr(landing, "file_sha256", refuses)
    landed = scan_documents(lake.landing)
    assert [document.name for document in landed.documents.values()] == ["two.txt"]
    [message] = (found.message for found in document_findings(lake, landed) if found.severity == "error")
    assert message.startswith("one.yaml cannot be opened: ")
    assert message.endswith("; one.txt waits for it")
