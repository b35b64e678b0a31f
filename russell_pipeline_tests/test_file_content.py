"""What the bytes of a file are: text in an encoding, a web page, a whole PDF."""

from __future__ import annotations

import pytest

from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import decode, is_web_page, require_whole_pdf


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_decode_keeps_registered_signs_of_every_encoding(encoding: str) -> None:
    text = "Russell Microcap® Index - Additions\n© 2023 publisher\nACME – “B” CORP ACM Energy\n"
    assert decode(text.encode(encoding))[0] == text


def test_decode_refuses_control_characters() -> None:
    with pytest.raises(Refusal, match="is not text: it holds control characters"):
        decode(b"PK\x03\x04" + b"\x00\x01\x02\x03" * 100)


@pytest.mark.parametrize(
    ("data", "is_page"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", True),
        (b"\xef\xbb\xbf\n<HTML lang=en>", True),
        (b"<htmlish> text", False),
        (b"Company <html> Ticker", False),
    ],
)
def test_is_web_page_tells_by_the_first_element(data: bytes, is_page: bool) -> None:
    assert is_web_page(data) is is_page


def test_require_whole_pdf_refuses_one_without_its_end() -> None:
    require_whole_pdf(b"%PDF-1.4\n...\n%%EOF\n")
    with pytest.raises(Refusal, match="was cut short"):
        require_whole_pdf(b"%PDF-1.4\n...\n")
