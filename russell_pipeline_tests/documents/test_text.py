"""Text files become lines whatever program wrote them: line ends, form feeds, spaces that are none."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.text import read_text
from russell_pipeline.errors import Refusal


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_count_alike(end: str) -> None:
    [page] = read_text(end.join(["one", "", "three", ""]).encode())
    assert [(line.number, line.text) for line in page.lines] == [(1, "one"), (2, ""), (3, "three")]


def test_a_final_newline_adds_no_line_and_its_absence_loses_none() -> None:
    assert len(read_text(b"one\ntwo\n")[0].lines) == len(read_text(b"one\ntwo")[0].lines) == 2
    assert len(read_text(b"one\ntwo\n ")[0].lines) == 3


def test_form_feeds_divide_pages_and_lines_keep_their_number_in_the_file() -> None:
    pages = read_text(b"title\nrow one\n\x0ctitle\nrow two\n\x0c")
    assert [[(line.page, line.number, line.text) for line in page.lines] for page in pages] == [
        [(1, 1, "title"), (1, 2, "row one")],
        [(2, 3, "title"), (2, 4, "row two")],
        [(3, 5, "")],
    ]


def test_no_break_spaces_part_words_and_byte_order_marks_are_no_words() -> None:
    [page] = read_text("\ufeffACME\u00a0CORP\u200b\tACM".encode())
    assert [(word.x, word.text) for word in page.lines[0].words] == [(0, "ACME"), (5, "CORP"), (10, "ACM")]


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"PK\x03\x04" + b"\x00\x01\x02\x03" * 100])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(Refusal, match="not text"):
        read_text(data)
