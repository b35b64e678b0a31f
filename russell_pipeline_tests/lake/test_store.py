"""Tables on disk: what is declared is what is there, files appear whole, and the same rows are the same bytes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.lake.store import DamagedFile, Lake, LostFile, publish
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.mending import mend


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def _clauses(*numbers: str, document: str = "d1") -> pl.DataFrame:
    rows = [
        {
            "document_id": document,
            "clause": number,
            "title": None,
            "text_sha256": "0" * 64,
            "page": 1,
            "line": at,
            "reading": "printed",
        }
        for at, number in enumerate(numbers, 1)
    ]
    return pl.DataFrame(rows, schema=TABLES["rulebook_clauses"].empty.schema)


def _list_row(year: int | None, document: str = "d1") -> pl.DataFrame:
    row = {
        "review_year": year, "index_code": "R3000", "as_of": date(2019, 7, 1), "company_name": "ACME", "class_marker": None,
        "symbol": "ACM", "document_id": document, "page": 1, "line": 1, "ordinal": 1, "reading": "printed",
    }  # fmt: skip
    return pl.DataFrame([row], schema=TABLES["membership_lists"].empty.schema)


def test_rows_come_back_as_they_were_declared(lake: Lake) -> None:
    rows = _clauses("1.1", "1.2")
    lake.write("rulebook_clauses", rows, "d1")
    assert lake.read("rulebook_clauses").equals(rows)
    assert lake.keys("rulebook_clauses") == ["d1"]


def test_a_partition_of_null_is_called_undated_and_comes_back_as_null(lake: Lake) -> None:
    lake.write("membership_lists", _list_row(None), "undated")
    lake.write("membership_lists", _list_row(2019), "2019")
    assert lake.keys("membership_lists") == ["2019", "undated"]
    assert lake.read("membership_lists")["review_year"].to_list() == [2019, None]
    assert (lake.tables / "membership_lists" / "review_year=__HIVE_DEFAULT_PARTITION__").is_dir()


@pytest.mark.parametrize("folder", ["year=2001/review_year=1999", "a [b] *", "50%20 of it"])
def test_where_a_lake_lies_does_not_matter(folder: str, tmp_path: Path) -> None:
    """Folders that look like partitions or patterns are only folders."""
    lake = Lake(tmp_path / folder)
    lake.write("membership_lists", _list_row(2019), "2019")
    lake.write("rulebook_clauses", _clauses("1.1"), "d1")
    assert lake.read("membership_lists")["review_year"].to_list() == [2019]
    assert lake.read("membership_lists", ["2018"]).is_empty()
    assert lake.read("rulebook_clauses")["document_id"].to_list() == ["d1"]


def test_rows_that_break_the_declaration_are_refused_before_anything_is_written(lake: Lake) -> None:
    lake.write("rulebook_clauses", _clauses("1.1"), "d1")
    before = lake.fingerprint()
    with pytest.raises(dy.exc.ValidationError, match="primary_key"):
        lake.write("rulebook_clauses", _clauses("1.1", "1.1"), "d1")
    assert lake.fingerprint() == before


@given(st.permutations(["1", "1.1", "2", "2.10", "2.9", "A"]))
def test_rows_in_any_order_are_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, numbers: list[str]) -> None:
    by_clause = pl.col("clause").replace_strict(
        {number: at for at, number in enumerate(sorted(numbers), 1)}, return_dtype=pl.Int32
    )
    lake = Lake(tmp_path_factory.mktemp("lake"))
    lake.write("rulebook_clauses", _clauses(*numbers).with_columns(line=by_clause), "d1")
    first = lake.path("rulebook_clauses", "d1").read_bytes()
    lake.write("rulebook_clauses", _clauses(*sorted(numbers)), "d1")
    assert lake.path("rulebook_clauses", "d1").read_bytes() == first


def test_the_same_rows_do_not_touch_the_file(lake: Lake) -> None:
    assert lake.write("rulebook_clauses", _clauses("1.1"), "d1", inputs="x")
    file = lake.path("rulebook_clauses", "d1")
    before = (file.stat().st_ino, file.stat().st_mtime_ns)  # not the time of reading, which reading changes
    assert not lake.write("rulebook_clauses", _clauses("1.1"), "d1", inputs="x")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == before
    assert lake.inputs("rulebook_clauses", "d1") == "x"


def test_a_partition_without_rows_is_gone(lake: Lake) -> None:
    lake.write("rulebook_clauses", _clauses("1.1"), "d1")
    assert lake.write("rulebook_clauses", _clauses(), "d1")
    assert lake.keys("rulebook_clauses") == []
    assert not (lake.tables / "rulebook_clauses" / "document_id=d1").exists()


def test_a_write_that_fails_leaves_the_former_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "table.parquet"
    publish(target, lambda file: file.write_bytes(b"good"))

    def fails(file: Path) -> None:
        file.write_bytes(b"half")
        raise OSError(28, os.strerror(28))

    with pytest.raises(OSError, match="No space left"):
        publish(target, fails)
    assert target.read_bytes() == b"good"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_killed_run_left_half_written_is_swept(lake: Lake) -> None:
    lake.write("rulebook_clauses", _clauses("1.1"), "d1")
    file = lake.path("rulebook_clauses", "d1")
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    names = _being_written(int(ended.stdout))
    leftovers = [file.with_name(names[0]), *(lake.root / name for name in names)]
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    lake.sweep()
    assert not any(leftover.exists() for leftover in leftovers)
    assert file.exists()


def test_a_damaged_file_is_named_with_what_to_do(lake: Lake) -> None:
    lake.write("rulebook_clauses", _clauses("1.1"), "d1")
    lake.write("rulebook_clauses", _clauses("1.1", document="d2"), "d2")
    damaged = lake.path("rulebook_clauses", "d2")
    damaged.write_bytes(damaged.read_bytes()[:40])
    for ask in (
        lambda: lake.read("rulebook_clauses"),
        lambda: lake.count("rulebook_clauses"),
        lambda: lake.inputs("rulebook_clauses", "d2"),
    ):
        with pytest.raises(DamagedFile) as raised:
            ask()
        assert str(raised.value) == f"{damaged} is damaged: `russell run` mends it, or says what is lost with it"
    assert lake.read("rulebook_clauses", ["d1"]).height == 1


def test_a_damaged_history_is_not_made_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    history = lake.path("market_corrections")
    history.parent.mkdir(parents=True)
    history.touch()
    with pytest.raises(DamagedFile):
        lake.read("market_corrections")
    with pytest.raises(LostFile, match="put a copy of it back if there is one"):
        mend(lake)
    assert history.exists()


def test_what_another_process_is_writing_is_not_swept(lake: Lake) -> None:
    """A run started from the UI may work on other partitions at the same time."""
    lake.write("rulebook_clauses", _clauses("1.1"), "d1")
    others = [lake.root / name for name in (*_being_written(os.getppid()), f".x.parquet.elsewhere.1.{'0' * 32}.tmp")]
    for other in others:
        other.write_bytes(b"half")
    lake.sweep()
    assert all(other.exists() for other in others)


def _being_written(process: int) -> list[str]:
    name = f".data.parquet.{socket.gethostname().replace('.', '-')}.{process}.{'0' * 32}.tmp"
    return [name, f"{name}.wal"]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_and_column_says_what_it_is(table: object) -> None:
    assert table.description.endswith(".")  # type: ignore[attr-defined]
    assert all(table.descriptions.values())  # type: ignore[attr-defined]
