"""Decides whether the answer of an address is a document, by its bytes and not by what the server calls it."""

from __future__ import annotations

from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import decode, require_whole_pdf
from russell_pipeline.file_formats import WEB_PAGE, format_of

_PDF = "application/pdf"
_MARKUP = ("text/html", "application/xhtml+xml")


def suffix_of(content: bytes, path: str, media_type: str) -> str:
    """The suffix that a document is kept under: `.pdf`, or `.txt` for text.

    `path` is that of the address, `media_type` what the server says. A PDF is accepted whatever they say; text is refused if
    either promises a PDF. Raises Refusal if the content is not a document.
    """
    if not content.strip():
        raise Refusal("is empty")
    if content.startswith(b"%PDF-"):
        require_whole_pdf(content)
        return ".pdf"
    if other := format_of(content) or (WEB_PAGE if media_type in _MARKUP else None):
        raise Refusal(f"is {other.name}: {other.advice}")
    if media_type == _PDF or path.lower().endswith(".pdf"):
        raise Refusal("is promised as a PDF and is none")
    decode(content)
    return ".txt"
