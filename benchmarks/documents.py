"""Reading a 3,000-name list beside other programs, and 20 documents on one process and on two.

Ours goes from bytes to rows in a process that has read before, as the processes that read documents are but for their first
document. pdftotext goes from file to file in a process of its own, whose start is in its time; how much of it is printed.
pdfplumber only extracts the words of an open document, in the same process as ours.
"""

from __future__ import annotations

import gc
import hashlib
import io
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pdfplumber

from russell_pipeline.documents.isolation import ReadingOrder, read_documents
from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.parse import parse_document
from russell_pipeline_tests.layouts import PUBLISHED, make_list, random_rows

ROUNDS = 25
REAL = Path(__file__).resolve().parents[2] / "shared" / "documents" / "pdf"


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def one_list(name: str, data: bytes) -> None:
    """Rows per second, and the time of one reading as a ratio to the others', round by round."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list.pdf"
        file.write_bytes(data)
        layout = ["pdftotext", "-layout", str(file), str(file.with_suffix(".txt"))]
        rows = len(list(list_rows(parse_document(data).lines)))
        ours, theirs = [], []
        gc.disable()  # as in the processes that read documents
        for _ in range(ROUNDS):
            ours.append(_seconds(lambda: list(list_rows(parse_document(data).lines))))
            theirs.append(_seconds(lambda: subprocess.run(layout, check=True)))
        gc.enable()
        start = min(
            _seconds(lambda: subprocess.run(["pdftotext", "-v"], check=True, capture_output=True))
            for _ in range(ROUNDS)
        )
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            words = _seconds(lambda: [page.extract_words() for page in pdf.pages])
    print(
        f"{name}: {rows:,} rows, {rows / min(ours):,.0f} rows/s; {_ratio(ours, theirs)} pdftotext -layout "
        f"(its start {start / min(theirs):.0%}); "
        f"extract_words takes {words / statistics.median(ours):.0f}x of ours"
    )


def _ratio(ours: list[float], theirs: list[float]) -> str:
    """Two programs run in turn: their least times, which a busy machine disturbs least, and the middle of the pairs."""
    pairs = statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
    return f"{min(ours) / min(theirs):.2f}x (least times; middle of {len(ours)} pairs {pairs:.2f}x)"


def twenty_documents() -> None:
    """The same 20 documents read by one process and by two, alternately."""
    layout = PUBLISHED["R3000 2019"]
    with tempfile.TemporaryDirectory() as folder:
        orders = []
        for number in range(20):
            file = Path(folder) / f"{number}.pdf"
            file.write_bytes(make_list(replace(layout, seed=number), random_rows(random.Random(number), 3000)))
            orders.append(ReadingOrder(hashlib.sha256(file.read_bytes()).hexdigest(), file))
        one, two = [], []
        for _ in range(5):
            one.append(_seconds(lambda: list(read_documents(orders, processes=1))))
            two.append(_seconds(lambda: list(read_documents(orders, processes=2))))
    print(f"20 documents of 3,000 names: two processes take {_ratio(two, one)} the time of one")


def main() -> None:
    """All of it; the published list only where it is at hand."""
    if shutil.which("pdftotext") is None:
        raise SystemExit("pdftotext is missing: install poppler-utils")
    real = REAL / "RU3000_MembershipList_20190701.pdf"
    if real.exists():
        one_list("a published list", real.read_bytes())
    one_list("a generated list", make_list(PUBLISHED["R3000 2019"], random_rows(random.Random(1), 3000)))
    twenty_documents()
