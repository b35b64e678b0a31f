"""What lies in landing: everything is read, or named with the reason; what cannot be listed is not gone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from russell_pipeline.lake import landing
from russell_pipeline.lake.landing import await_settled, landed_files, scan_documents
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps import sources, unrecognised_files
from russell_pipeline.steps.index.inputs import definitions
from russell_pipeline.steps.market import ReadMarket
from russell_pipeline.steps.market_findings import market_findings
from russell_pipeline.steps.market_landing import scan_market
from russell_pipeline.steps.reading import document_findings
from russell_pipeline.steps.reference import read_reference
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.conftest import land
from russell_pipeline_tests.lakes import make


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
    "a link to a folder": (
        lambda lake: _link(lake, "documents/2023", lake.landing / "market"),
        "documents/2023 is not read: it is a link to a folder",
    ),
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
    "a spreadsheet of reference": (
        lambda lake: _put(lake, "reference/suspensions.xlsx"),
        "reference/suspensions.xlsx is not read: reference has",
    ),
    "a definition as JSON": (lambda lake: _put(lake, "indexes/X.json"), "indexes/X.json is not read: indexes has"),
    "a misspelt folder": (lambda lake: _put(lake, "index/Y.yaml"), "index is not read: landing has documents, "),
    "a file beside the folders": (lambda lake: _put(lake, "list.pdf"), "list.pdf is not read: landing has documents, "),
}  # fmt: skip


@pytest.mark.parametrize("case", STRANGERS)
def test_what_is_not_read_is_named(case: str, lake: Lake) -> None:
    put, says = STRANGERS[case]
    put(lake)
    [finding] = unrecognised_files.findings(lake)
    assert finding.message.startswith(says)
    # ... and all else goes on.
    assert (scan_documents(lake.landing).documents, scan_market(lake)) == ({}, {})
    await_settled(lake.landing)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("market/closes.xlsx", "it is a spreadsheet: save its sheet as CSV, closes.csv"),
        ("market/closes.XLS", "it is a spreadsheet: save its sheet as CSV, closes.csv"),
        ("market/closes.ods", "it is a spreadsheet: save its sheet as CSV, closes.csv"),
        ("market/closes.numbers", "it is a spreadsheet: save its sheet as CSV, closes.csv"),
        ("market/closes.csv.gz", "it is packed: unpack it, closes.csv"),
        ("market/closes.zip", "it is packed: unpack it, closes"),
        ("market/closes.tsv", "it is separated by tabs or bars: save it as CSV with commas, closes.csv"),
        ("market/closes.json", "it is json: write its rows as CSV or Parquet, closes.csv"),
        ("market/closes.feather", "it is feather: write its rows as CSV or Parquet, closes.csv"),
        ("market/closes.txt", "it is text: if it holds CSV, name it closes.csv"),
        ("market/closes.pq", "if it is Parquet, name it closes.parquet"),
        ("market/prices.csv", "each as .csv or .parquet"),
        ("components/RSCC/2025-03.xlsx", "it is a spreadsheet: save its sheet as CSV, 2025-03.csv"),
        ("components/RSCC.csv", "each as .csv or .parquet"),
        ("reference/suspensions.ods", "it is a spreadsheet: save its sheet as CSV, suspensions.csv"),
        ("indexes/MINE.yml", "name it MINE.yaml"),
        ("indexes/MINE.json", "it is json: write the definition as YAML, MINE.yaml"),
        ("documents/list.docx", "it is docx: save or print it as PDF, list.pdf"),
        ("documents/list.xlsx", "it is a table: print a published list as PDF, list.pdf"),
        ("documents/list.md", "it is text: name it list.txt"),
        ("documents/list.yml", "a sidecar is named list.yaml"),
        ("documents/lists.zip", "it is packed: unpack it"),
    ],
)
def test_a_file_in_another_format_says_what_to_do_in_one_sentence(path: str, says: str, lake: Lake) -> None:
    _put(lake, path)
    make(lake, *ReadMarket.tables, asked=Asked(today=date(2025, 6, 27)))
    lake.write("market_findings", market_findings(lake))
    market = lake.read("market_findings").filter(severity="warning")["message"].to_list()
    documents = [found.message for found in document_findings(lake, scan_documents(lake.landing))]
    [message] = [*market, *documents, *(found.message for found in unrecognised_files.findings(lake))]
    assert " is not read: " in message
    assert says in message


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("list.doc", b"{\\rtf1 Company}", "it is rich text (RTF): save it as PDF, or as plain text"),
        ("list.doc", b"%PDF-1.4", "it is a PDF: name it list.pdf"),
        ("list.xls", b"<html><table>", "it is an HTML page, perhaps one for logging in: "),
    ],
)
def test_a_document_under_another_name_is_known_by_its_bytes(name: str, content: bytes, says: str, lake: Lake) -> None:
    path = lake.landing / "documents" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    [finding] = document_findings(lake, scan_documents(lake.landing))
    assert says in finding.message


def test_market_files_are_known_in_any_case(lake: Lake) -> None:
    _put(lake, "market/Closes 2025.CSV")
    assert [file.kind for file in scan_market(lake).values()] == ["closes"]


def test_components_of_an_index_in_another_case_are_named(lake: Lake) -> None:
    _put(lake, "components/rscc/2025-03.csv")
    _put(lake, "components/OWN/2025-03.csv")
    assert [found.message for found in unrecognised_files.findings(lake)] == [
        "components/rscc is no component of an index: name it components/RSCC, as the definition does"
    ]


def test_what_is_read_is_no_stranger(lake: Lake) -> None:
    for path in (
        "reference/suspensions-2024.csv",
        "indexes/X.yaml",
        "sources.yaml",
        "market/closes.csv",
        "documents/x.pdf",
    ):
        _put(lake, path)
    assert list(unrecognised_files.findings(lake)) == []


def test_a_file_in_place_of_a_folder_is_an_error(lake: Lake) -> None:
    (lake.landing / "market").rmdir()
    _put(lake, "market")
    [finding] = unrecognised_files.findings(lake)
    assert (finding.severity, finding.message) == (
        "error", "landing/market cannot be opened: it is no folder, and must be one"
    )  # fmt: skip


_SPARSE = 1 << 40


def _no_file(place: Path, what: str, outside: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    match what:
        case "a pipe":
            os.mkfifo(place)
        case "a sparse file":
            with place.open("wb") as file:
                file.truncate(_SPARSE)
        case "a link out of landing":
            outside.write_text("root:x:0:0\n")
            place.symlink_to(outside)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a pipe", "it is no file"),
        ("a sparse file", "1,099,511,627,776 bytes"),
        ("a link out of landing", "it is a link that leads out of landing"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "documents/a.pdf",
        "documents/a.txt",
        "market/closes.csv",
        "market/closes.parquet",
        "components/C/2025-03.csv",
        "reference/symbol_changes.csv",
        "reference/overrides.csv",
        "indexes/X.yaml",
        "sources.yaml",
    ],
)
def test_what_is_no_file_of_landing_is_named_and_never_opened(
    path: str, what: str, says: str, lake: Lake, tmp_path: Path
) -> None:
    """Opening a pipe would wait for ever, a sparse file of a terabyte for hours, and a link would show what is elsewhere."""
    outside = tmp_path / "passwd"
    _no_file(lake.landing / path, what, outside)
    make(lake, *ReadMarket.tables, asked=Asked(today=date(2025, 7, 1)))
    findings = [
        *unrecognised_files.findings(lake),
        *sources.findings(lake),
        *definitions(lake)[1],
        *read_reference(lake).findings,
    ]
    reasons = [
        *(finding.message for finding in findings),
        *(why for _, why in scan_documents(lake.landing).unreadable),
        *lake.read("landing_files")["reason"].drop_nulls(),
    ]
    assert any(says in reason for reason in reasons), reasons
    assert not any("root:x" in reason for reason in reasons)


def test_a_sidecar_that_is_a_pipe_holds_up_its_document_alone(lake: Lake) -> None:
    land(lake.root, "one.txt", b"one")
    land(lake.root, "two.txt", b"two")
    os.mkfifo(lake.landing / "documents" / "one.yaml")
    landed = scan_documents(lake.landing)
    assert [document.name for document in landed.documents.values()] == ["two.txt"]
    assert landed.unreadable == (("one.yaml", "it is no file; one.txt waits for it"),)


def test_a_folder_of_landing_that_is_a_link_elsewhere_is_not_looked_into(lake: Lake, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "closes.csv").write_text("date,symbol,close\n2025-01-02,A,1\n")
    (lake.landing / "market").rmdir()
    (lake.landing / "market").symlink_to(elsewhere)
    assert not scan_market(lake)
    [finding] = unrecognised_files.findings(lake)
    assert finding.severity == "error"
    assert finding.message == (
        "landing/market cannot be opened: it is a link that leads out of landing: the file itself must lie here"
    )


def test_links_within_landing_and_a_landing_that_is_a_link_are_followed(tmp_path: Path) -> None:
    real = tmp_path / "real"
    (real / "market").mkdir(parents=True)
    (real / "market" / "closes_2025.csv").write_text("date,symbol,close\n2025-01-02,A,1\n")
    (real / "market" / "closes_now.csv").symlink_to("closes_2025.csv")
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "landing").symlink_to(real)
    assert list(scan_market(Lake(tmp_path / "lake"))) == ["market/closes_2025.csv", "market/closes_now.csv"]


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
