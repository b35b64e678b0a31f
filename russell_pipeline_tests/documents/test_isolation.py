"""One document cannot take the others down: time, memory and size are bounded, in processes of their own."""

from __future__ import annotations

import gc
import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from russell_pipeline.documents import isolation, parse
from russell_pipeline.documents.isolation import ReaderLimits, ReadingOrder, read_documents
from russell_pipeline.documents.model import Document, Unread
from russell_pipeline_tests.conftest import PROJECT
from russell_pipeline_tests.layouts import inflating_text

GOOD = PROJECT / "data_lake" / "landing" / "documents" / "microcap-deletions-2020.pdf"


def _order(path: Path) -> ReadingOrder:
    return ReadingOrder(hashlib.sha256(path.read_bytes()).hexdigest(), path)


@pytest.mark.faults
def test_read_documents_rejects_a_pdf_beyond_the_memory_limit_and_reads_its_neighbours(tmp_path: Path) -> None:
    poisoned = tmp_path / "poisoned.pdf"
    poisoned.write_bytes(inflating_text())
    documents = list(read_documents([_order(GOOD), _order(poisoned), _order(GOOD)], processes=2))
    assert [document.rows_parsed for document in documents] == [256, 0, 256]
    assert "memory" in (documents[1].reason or "") or "seconds" in (documents[1].reason or "")


@pytest.mark.faults
def test_read_documents_rejects_a_document_beyond_the_time_limit(tmp_path: Path) -> None:
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(inflating_text())
    [document] = read_documents([_order(slow)], limits=ReaderLimits(seconds=0.3))
    assert document.reason == "took longer to read than 0.3 seconds"


def test_read_documents_does_not_open_a_file_that_is_too_large() -> None:
    [document] = read_documents([_order(GOOD)], limits=ReaderLimits(bytes=1000))
    assert document.reason == f"is {GOOD.stat().st_size:,} bytes long; the limit is 1,000"


def test_read_documents_leaves_a_changed_file_to_the_next_run() -> None:
    [document] = read_documents([ReadingOrder("0" * 64, GOOD)])
    assert "changed while it was being read" in (document.reason or "")
    assert document.unread is Unread.CHANGED


def test_read_documents_reports_a_missing_file(tmp_path: Path) -> None:
    [document] = read_documents([ReadingOrder("0" * 64, tmp_path / "gone.txt")])
    assert (document.reason, document.unread) == (
        "cannot be read: gone.txt: No such file or directory", Unread.CHANGED
    )  # fmt: skip


def test_read_documents_reports_the_place_of_a_reader_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback, and not the end of a run that has others to read."""
    monkeypatch.setattr(parse, "parse_document", lambda *_: int("a list"))
    document = isolation._read(_order(GOOD), ReaderLimits())
    assert document.document_id == _order(GOOD).document_id
    assert re.fullmatch(
        r"cannot be read for a fault of the reader: ValueError in test_isolation\.py, line \d+; please report it",
        document.reason or "",
    )


def test_read_documents_keeps_the_order_with_any_number_of_processes() -> None:
    landed = sorted((PROJECT / "data_lake" / "landing" / "documents").glob("*.*"))
    orders = [_order(path) for path in landed]
    one, two = (list(read_documents(orders, processes=n)) for n in (1, 2))
    assert one == two
    assert [document.document_id for document in one] == [order.document_id for order in orders]


@pytest.mark.faults
def test_read_documents_keeps_few_documents_in_memory(tmp_path: Path) -> None:
    """Sixteen texts of 600 kB that are refused held 900 MB while they were saved one by one."""
    orders = []
    for number in range(16):
        text = tmp_path / f"{number}.txt"
        text.write_text(f"list {number}\n" + "no line of a list\n" * 2_000)
        orders.append(_order(text))
    most = read = 0
    for document in read_documents(orders, processes=1):
        assert document.reason
        read += 1
        time.sleep(0.1)  # readers are quicker than who saves
        most = max(most, sum(isinstance(one, Document) and one.lines != [] for one in gc.get_objects()))
    assert read == 16
    assert most <= 6


def test_read_documents_does_not_run_the_calling_script(tmp_path: Path) -> None:
    """A script without a guard for `__main__` is not run again in each reader, nor is what it imports held against the memory."""
    script = tmp_path / "script.py"
    script.write_text(
        f"""
import dagster, polars
from pathlib import Path
from russell_pipeline.documents.isolation import ReaderLimits, ReadingOrder, read_documents
print("the script runs")
order = ReadingOrder({_order(GOOD).document_id!r}, Path({str(GOOD)!r}))
print([document.rows_parsed for document in read_documents([order], limits=ReaderLimits(memory=400_000_000))])
"""
    )
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=120, env=environment
    )
    assert done.stdout.splitlines() == ["the script runs", "[256]"], done.stderr
