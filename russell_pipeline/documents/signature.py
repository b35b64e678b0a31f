"""What a file's bytes are at first sight: a whole PDF, a web page. What is said on them is read elsewhere."""

from __future__ import annotations

import re

from russell_pipeline.documents.model import Refusal

_HTML = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
WEB_PAGE = "is an HTML page (a log-in or error page?), not a published document"


def is_web_page(data: bytes) -> bool:
    """Whether bytes begin as a web page does."""
    return _HTML.match(data[:2048]) is not None


def require_whole_pdf(data: bytes) -> None:
    """Raise Refusal for a PDF without its end: readers would mend it and lose pages without a word."""
    if b"%%EOF" not in data[-2048:]:
        raise Refusal("is a PDF that was cut short: its end-of-file mark is missing")
