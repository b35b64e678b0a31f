"""The documents that a fresh clone runs on: made by the script, true to the facts, in no words of the publisher."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pypdfium2
import pytest

from russell_pipeline_tests.typeset.__main__ import LANDING, main
from russell_pipeline_tests.typeset.documents import CREDIT, DOCUMENTS, FACTS, _facts, _printed, _span

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "documents"
published = pytest.mark.skipif(
    not SHARED.is_dir() and "CI" not in os.environ, reason="the published documents are not beside the project"
)


def _text(name: str, data: bytes) -> str:
    if not name.endswith(".pdf"):
        return data.decode()
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data))


def test_landing_holds_what_the_script_makes(tmp_path: Path) -> None:
    """The committed files are those that the facts beside the script give, byte for byte, on every run."""
    main([str(tmp_path)])
    for name in DOCUMENTS:
        assert (LANDING / name).read_bytes() == (tmp_path / name).read_bytes(), (
            f"{name}: run `python -m {main.__module__}`"
        )
    main([str(tmp_path)])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        name: (LANDING / name).read_bytes() for name in DOCUMENTS
    }


def test_documents_are_small_and_say_who_typeset_them() -> None:
    """A clone stays light, and nobody can take a file of ours for one of the publisher's."""
    files = {name: make() for name, make in DOCUMENTS.items()}
    assert sum(map(len, files.values())) < 300_000
    for name, data in files.items():
        text = _text(name, data)
        assert CREDIT in text, name
        for foreign in ("\u00ae", "\u00a9", "\u2122", "Copyright", "All rights", "ftserussell.com", "LSE Group"):
            assert foreign not in text, (name, foreign)


@pytest.mark.parametrize(
    ("name", "rows", "title"),
    [
        ("microcap-deletions-2020", 256, "Russell Microcap Index - Deletions"),
        ("microcap-additions-2023", 161, "Russell Microcap Index - Additions"),
    ],
)
def test_lists_print_every_row_of_their_facts(name: str, rows: int, title: str) -> None:
    """No row is lost between the facts and the page, and index, change and year are printed."""
    file_name = next(file for file in DOCUMENTS if file.startswith(name))
    text = " ".join(_text(file_name, DOCUMENTS[file_name]()).split())
    with (FACTS / f"{name}.csv").open(newline="") as file:
        _, *facts = csv.reader(file)
    assert len(facts) == rows
    assert all(" ".join(row) in text for row in facts)
    assert title in text
    assert f"Reconstitution {name[-4:]}" in text


@published
@pytest.mark.parametrize("name", ["microcap-deletions-2020", "microcap-additions-2023"])
def test_list_facts_are_the_published_ones(name: str) -> None:
    """Names, symbols and sectors are those of the published list, row by row."""
    (source,) = (SHARED / "expected").glob(
        {"microcap-deletions-2020": "000_*", "microcap-additions-2023": "001_*"}[name]
    )
    with source.open(newline="") as file:
        expected = [
            [
                row["company_name"] + (f" ({row['class_marker']})" if row["class_marker"] else ""),
                row["symbol"],
                row["classification"],
            ]
            for row in csv.DictReader(file)
        ]
    with (FACTS / f"{name}.csv").open(newline="") as file:
        _, *facts = csv.reader(file)
    assert facts == expected


def _seed(number: str) -> str:
    (path,) = (SHARED / "seeds").glob(f"{number}_*.txt")
    return path.read_text(encoding="utf-8")


@published
def test_schedule_2019_has_the_published_dates() -> None:
    """Each date of timetable and summary, as printed and in the published order."""
    facts = _facts("reconstitution-2019")
    timetable = [_span(entry["date"], "%A %d %B", " %Y") for entry in facts["timetable"]]
    assert timetable == re.findall(r"^(\w+day \d\d \w+(?: to \w+day \d\d \w+)? 2019): ", _seed("002"), re.MULTILINE)
    summary = [_span(entry["date"], "%A %d %B") for entry in facts["summary"]]
    assert summary == re.findall(r"^(\w+day \d\d [^\t\n]+)\t", _seed("002"), re.MULTILINE)


@published
def test_schedule_2022_has_the_published_dates() -> None:
    """The table of twelve rows and four reviews, and the dated rows of the IPO table, cell by cell."""
    facts = _facts("review-schedule-2022")
    tables = [line.split("\t")[1:] for line in _seed("003").splitlines() if line.count("\t") == 4]
    assert facts["reviews"] == tables[0]
    assert [list(map(_printed, row["dates"])) for row in facts["table"]] == tables[1:13]
    months = [re.findall(r"[A-Z][a-z]{2} \d+", cell) for cell in tables[14][1:]]
    assert [cell.split(" to ") for cell in facts["ipo"]["rows"][0][2:]] == months
    assert [list(map(_printed, row[2:])) for row in facts["ipo"]["rows"][1:]] == [row[1:] for row in tables[15:18]]


def _runs(text: str) -> set[str]:
    """Every six words in a row between two marks, numbers or ends of line."""
    runs = set()
    for part in re.split(r"[.:;,()\t\r\n*]|\d", text.lower()):
        words = re.findall("[a-z]+", part)
        runs |= {" ".join(words[at : at + 6]) for at in range(len(words) - 5)}
    return runs


@published
@pytest.mark.parametrize("name", ["reconstitution-2019.txt", "review-schedule-2022.pdf"])
def test_schedules_hold_no_sentence_of_the_publisher(name: str) -> None:
    """Dates are facts, sentences are not ours to repeat: no six words in a row are the publisher's."""
    said = _runs(_seed("002")) | _runs(_seed("003"))
    assert "the russell us reconstitution is implemented" in said
    text = _text(name, DOCUMENTS[name]())
    # In a PDF a sentence goes on over the end of a line, in a text file it does not.
    assert said.isdisjoint(_runs(text.replace("\r\n", " ") if name.endswith(".pdf") else text))
