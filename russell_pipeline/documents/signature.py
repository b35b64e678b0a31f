"""Tells from a file's bytes whether it is a web page or a whole PDF."""

from __future__ import annotations

import re

from russell_pipeline.documents.model import Refusal

_HTML = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
WEB_PAGE = "is an HTML page (a log-in or error page?), not a published document"


def is_web_page(data: bytes) -> bool:
    """Whether bytes begin as a web page does."""
    return _HTML.match(data[:2048]) is not None


def require_whole_pdf(data: bytes) -> None:
    """Raise Refusal for a PDF without its end-of-file mark: readers would repair it and silently lose pages."""
    if b"%%EOF" not in data[-2048:]:
        raise Refusal("is a PDF that was cut short: its end-of-file mark is missing")
