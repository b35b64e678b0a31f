"""Text files become lines whatever program wrote them: line ends, form feeds, spaces that are none."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.text import read_text
from russell_pipeline.errors import Refusal


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_read_text_accepts_line_ends_of_every_system(end: str) -> None:
    [page] = read_text(end.join(["one", "", "three", ""]).encode())
    assert [(line.number, line.text) for line in page.lines] == [(1, "one"), (2, ""), (3, "three")]


def test_read_text_counts_no_line_for_a_final_newline() -> None:
    assert len(read_text(b"one\ntwo\n")[0].lines) == len(read_text(b"one\ntwo")[0].lines) == 2
    assert len(read_text(b"one\ntwo\n ")[0].lines) == 3


def test_read_text_divides_pages_at_form_feeds_and_numbers_lines_by_file() -> None:
    pages = read_text(b"title\nrow one\n\x0ctitle\nrow two\n\x0c")
    assert [[(line.page, line.number, line.text) for line in page.lines] for page in pages] == [
        [(1, 1, "title"), (1, 2, "row one")],
        [(2, 3, "title"), (2, 4, "row two")],
        [(3, 5, "")],
    ]


def test_read_text_divides_words_at_no_break_spaces_and_drops_byte_order_marks() -> None:
    [page] = read_text("\ufeffACME\u00a0CORP\u200b\tACM".encode())
    assert [(word.x, word.text) for word in page.lines[0].words] == [(0, "ACME"), (5, "CORP"), (10, "ACM")]


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"PK\x03\x04" + b"\x00\x01\x02\x03" * 100])
def test_read_text_rejects_bytes_that_are_no_text(data: bytes) -> None:
    with pytest.raises(Refusal, match="not text"):
        read_text(data)
