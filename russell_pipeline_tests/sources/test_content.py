"""What is taken for a document, by its bytes."""

from __future__ import annotations

import pytest

from russell_pipeline.errors import Refusal
from russell_pipeline.sources.content import suffix_of

PDF = b"%PDF-1.4\n...\n%%EOF\n"
TEXT = "Russell 3000® Index\n"


@pytest.mark.parametrize(
    ("content", "path", "media_type", "suffix"),
    [
        (PDF, "/list.pdf", "application/pdf", ".pdf"),
        (PDF, "/list.txt", "text/html", ".pdf"),
        (PDF, "/download", "", ".pdf"),
        (TEXT.encode(), "/list.txt", "text/plain", ".txt"),
        (TEXT.encode("utf-16"), "/list", "", ".txt"),
        (TEXT.encode("cp1252"), "/list", "application/octet-stream", ".txt"),
    ],
)
def test_documents_are_told_by_their_bytes(content: bytes, path: str, media_type: str, suffix: str) -> None:
    assert suffix_of(content, path, media_type) == suffix


@pytest.mark.parametrize(
    ("content", "path", "media_type", "reason"),
    [
        (b"", "/list.pdf", "application/pdf", "is empty"),
        (b" \n", "/list.txt", "text/plain", "is empty"),
        (PDF[:-6], "/list.pdf", "application/pdf", "is a PDF that was cut short"),
        (b"<!DOCTYPE html><title>Log in</title>", "/list.pdf", "application/pdf", "is an HTML page"),
        (b"<div>Please log in</div>", "/list", "text/html", "is an HTML page"),
        (b"Please log in", "/list.PDF", "text/plain", "is promised as a PDF and is none"),
        (b"Please log in", "/list", "application/pdf", "is promised as a PDF and is none"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00" * 50, "/list", "", "is a ZIP archive or an Office file: unpack it"),
        (b"{\\rtf1\\ansi Russell 3000}", "/list.doc", "application/msword", r"is rich text \(RTF\): save it as PDF"),
        (bytes(range(256)) * 4, "/list", "", "is not text"),
    ],
)
def test_what_is_no_document_is_refused(content: bytes, path: str, media_type: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        suffix_of(content, path, media_type)
