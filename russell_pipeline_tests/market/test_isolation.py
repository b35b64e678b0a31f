"""One market file cannot take the run down: Parquet and long texts are read in a process of their own, which is bounded."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from russell_pipeline.bounded import Bounds
from russell_pipeline.market import isolation
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.reading import read_file
from russell_pipeline.market.isolation import FileOrder, read_files
from russell_pipeline_tests.market.files.test_reading import ONE_CLOSE

_TEXT = "date,symbol,close\n2024-01-02,A,1.5\n"
_INFLATED = 300_000_000  # bytes of text in a file whose footer says a thousand


def _good(folder: Path, name: str = "good.parquet") -> FileOrder:
    pq.write_table(pa.table(ONE_CLOSE), folder / name)
    return FileOrder("closes", folder / name, name)


def _lying(folder: Path) -> FileOrder:
    """A small Parquet file that says in its footer that its text is short, and in the head of a page that it is not."""
    file = folder / "lying.parquet"
    pq.write_table(
        pa.table(ONE_CLOSE | {"symbol": pa.array(["A" * _INFLATED])}),
        file,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
    )
    content = bytearray(file.read_bytes())
    column = pq.read_metadata(file).row_group(0).column(1)
    said = _varint(column.total_uncompressed_size)
    for stated in (said, _varint(pq.read_metadata(file).row_group(0).total_byte_size)):
        place = content.index(stated, len(content) - 8 - int.from_bytes(content[-8:-4], "little"))
        content[place : place + len(stated)] = _varint(1000, len(stated))
    file.write_bytes(content)
    assert pq.read_metadata(file).row_group(0).column(1).total_uncompressed_size == 1000
    assert len(content) < 100_000
    return FileOrder("closes", file, file.name)


def _varint(number: int, length: int = 1) -> bytes:
    """A signed number of Thrift's compact protocol, in at least `length` bytes."""
    number, found = number << 1, []
    while number or len(found) < length:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found[:-1], found[-1] & 0x7F])


@pytest.mark.faults
def test_parquet_whose_footer_lies_costs_its_reader_and_its_neighbours_nothing(tmp_path: Path) -> None:
    orders = [_good(tmp_path, "a.parquet"), _lying(tmp_path), _good(tmp_path, "b.parquet")]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, lying, last = read_files(orders, Bounds(memory=250_000_000, seconds=60, reserved=1 << 36))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (first.rows.height, last.rows.height) == (1, 1)
    assert lying.refused
    assert lying.refused.startswith("lying.parquet ")
    assert lying.refused.endswith("asking for more than 0.25 GB of memory")
    assert (after - before) * 1024 < 100_000_000


@pytest.mark.faults
def test_a_market_file_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    orders = [_lying(tmp_path), _good(tmp_path)]
    slow, good = read_files(orders, Bounds(memory=4_000_000_000, seconds=0.05, reserved=1 << 36))
    assert slow.refused == "lying.parquet took longer to read than 0.05 seconds"
    assert good.rows.height == 1 or good.refused


def test_files_come_back_in_the_order_asked_for_wherever_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "closes.csv").write_text(_TEXT)
    (tmp_path / "QX").mkdir()
    (tmp_path / "QX" / "2023-12.csv").write_text("symbol,shares,free_float\nA,100,1\n")
    orders = [
        FileOrder("closes", tmp_path / "closes.csv", "closes.csv"),
        _good(tmp_path),
        FileOrder("components", tmp_path / "QX" / "2023-12.csv", "QX/2023-12.csv"),
        FileOrder("closes", tmp_path / "gone.parquet", "gone.parquet"),
        FileOrder("closes", tmp_path / "link.csv", "link.csv", "is not read: it is a broken link"),
    ]
    read = list(read_files(orders))
    assert [one.file for one in read] == [order.name for order in orders]
    assert [one.kind.name for one in read] == [order.kind for order in orders]
    assert [one.refused for one in read] == [
        None, None, None, "gone.parquet cannot be opened: No such file or directory",
        "link.csv is not read: it is a broken link",
    ]  # fmt: skip
    assert read[0].rows.drop("file").equals(read[1].rows.drop("file"))


@pytest.mark.parametrize("held", ["2026-13", "2026-01-32", "last"])
def test_components_of_no_review_and_no_day_are_refused(held: str, tmp_path: Path) -> None:
    file = tmp_path / f"{held}.csv"
    file.write_text("symbol,shares,free_float\nA,100,1\n")
    [read] = read_files([FileOrder("components", file, f"FUND/{held}.csv")])
    why = f"'{held}' is neither a review such as 2025-06 nor a date such as 2025-06-27"
    assert read.refused == f"FUND/{held}.csv needs another name: {why}"
    assert read.rows.is_empty()


@pytest.mark.parametrize(("length", "apart"), [(len(_TEXT), False), (len(_TEXT) + 1, True)])
def test_long_texts_are_read_apart_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, apart: bool
) -> None:
    """The test's own process reads short ones: a process takes longer to start."""
    file, here = tmp_path / "closes.csv", []
    file.write_text(_TEXT.ljust(length, "\n"))
    monkeypatch.setattr(isolation, "_SHORT", len(_TEXT))
    monkeypatch.setattr(isolation, "read_file", lambda *order: here.append(os.getpid()) or read_file(*order))
    [read] = read_files([FileOrder("closes", file, "closes.csv")])
    assert here == ([] if apart else [os.getpid()])
    assert read.rows.equals(read_file(KINDS["closes"], file).rows)
