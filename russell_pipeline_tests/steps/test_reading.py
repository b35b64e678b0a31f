"""Reading documents into the lake: what fails for a reason outside of a document's bytes costs nothing and is tried again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from russell_pipeline.documents.isolation import ReadingOrder, read_documents
from russell_pipeline.documents.model import Document, Unread
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps import reading
from russell_pipeline.steps.reading import ReadDocuments, document_findings, read_and_keep
from russell_pipeline.steps.step import Asked, Written
from russell_pipeline_tests.conftest import PROJECT, land

LANDED = PROJECT / "data_lake" / "landing" / "documents"
GOOD = "microcap-additions-2023.txt"
TOO_SLOW = "took longer to read than 30 seconds"
Tries = list[tuple[int, int | None]]
Failing = Callable[[int], Tries]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    for name in (GOOD, "reconstitution-2019.txt"):
        land(tmp_path, name, (LANDED / name).read_bytes())
    return Lake(tmp_path)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Lets the reader of GOOD fail the first so many times; returns, for each round, how many were read by how many."""

    def fail(times: int) -> Tries:
        left, tries = [times], Tries()

        def read(orders: Iterable[ReadingOrder], processes: int | None = None, *_: object) -> Iterator[Document]:
            orders = list(orders)
            tries.append((len(orders), processes))
            for order, document in zip(orders, read_documents(orders, processes), strict=True):
                if order.path.name == GOOD and left[0]:
                    left[0] -= 1
                    yield Document(order.document_id, reason=TOO_SLOW, unread=Unread.FAILED)
                else:
                    yield document

        monkeypatch.setattr(reading, "read_documents", read)
        return tries

    return fail


def _run(lake: Lake, again: Sequence[str] = ()) -> list[str]:
    """The ids of the documents that a run reads, in order."""
    step = ReadDocuments(lake, Asked(again=again, processes=2))
    done = (one for one in step.make(step.stale()) if isinstance(one, Written))
    return [one.key for one in done if one.table == "documents"]


def _states(lake: Lake) -> dict[str, str]:
    return dict(lake.read("documents").select("file_name", "state").iter_rows())


def _said(lake: Lake) -> list[str]:
    return [finding.message for finding in document_findings(lake, scan_documents(lake.landing))]


def test_a_reader_that_fails_once_is_followed_by_another_alone(lake: Lake, failing: Failing) -> None:
    tries = failing(1)
    _run(lake)
    assert tries == [(2, 2), (1, 1)]
    assert set(_states(lake).values()) == {"accepted"}


def test_a_document_whose_reader_failed_is_tried_again_by_every_run_once(lake: Lake, failing: Failing) -> None:
    tries = failing(3)
    _run(lake)
    assert _states(lake)[GOOD] == "quarantined"
    del tries[:]
    _run(lake)
    assert tries == [(1, 2)], "what brings down every reader must not hold up every night"
    _run(lake)
    assert _states(lake)[GOOD] == "accepted"
    assert not ReadDocuments(lake, Asked()).stale()


def test_a_document_accepted_before_keeps_its_rows_when_its_reader_fails(lake: Lake, failing: Failing) -> None:
    _run(lake)
    before = lake.hashes()
    failing(2)
    _run(lake, list(scan_documents(lake.landing).documents))
    assert set(_states(lake).values()) == {"accepted"}
    says = f"{GOOD}: it could not be read again: it {TOO_SLOW}; what was read of it before stays, and the next run tries again"
    assert says in _said(lake)
    assert len(_run(lake)) == 1
    assert lake.hashes() == before


@pytest.mark.parametrize("known", [True, False])
def test_a_document_that_changes_while_a_run_reads_waits_for_the_next(lake: Lake, *, known: bool) -> None:
    """What was published of the file before stays, and its old bytes are not put into quarantine."""
    if known:
        _run(lake)
    before = _states(lake)
    landed = scan_documents(lake.landing)
    due = list(landed.documents.values())
    land(lake.root, GOOD, (LANDED / "microcap-deletions-2020.pdf").read_bytes())
    (lake.landing / "documents" / "reconstitution-2019.txt").unlink()
    assert {document.unread for _, document in read_and_keep(lake, due, processes=1)} == {Unread.CHANGED}
    assert _states(lake) == before
    assert f"{GOOD} came or changed while a run was at work; the next run reads it" in _said(lake)


def test_lines_that_are_gone_from_the_tables_are_read_again(lake: Lake) -> None:
    _run(lake)
    before = lake.hashes()
    shutil.rmtree(lake.tables / "document_lines")
    assert len(_run(lake)) == 2
    assert lake.hashes() == before
