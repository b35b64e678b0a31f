"""Tells from a file's bytes whether it is text and in which encoding, packed, a web page, or a whole PDF."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from io import BytesIO

from russell_pipeline.errors import Refusal

_HTML = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
WEB_PAGE = "is an HTML page (a log-in or error page?), not a published document"
# UTF-32 goes first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.001


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding.

    UTF-8 (with or without byte-order mark) is tried first, then the encoding that charset-normalizer finds most likely.
    Raises Refusal for bytes that are not text.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        sample = data[:1_000_000]
        # Short English texts are plausible in many encodings: the one that Windows programs write goes first.
        best = from_bytes(sample, cp_isolation=["cp1252"]).best() or from_bytes(sample).best()
        if best is None:
            raise Refusal("is not text in any encoding that can be recognised") from None
        encoding = best.encoding
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            raise Refusal(f"looks like {encoding} text, but byte {error.start} is not: {error.reason}") from None
    if len(_CONTROL.findall(text[:100_000])) > _MAX_CONTROL_SHARE * min(len(text), 100_000):
        raise Refusal("is not text: it holds control characters")
    return text, encoding


def unzipped(data: bytes, most: int) -> bytes:
    """The bytes that gzip has packed; bytes that it has not are returned as they are.

    Raises Refusal if they cannot be unpacked, or are more than `most`, of which no more are unpacked.
    """
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(BytesIO(data)) as packed:
            found = packed.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise Refusal("is packed by gzip and damaged: it cannot be unpacked") from None
    if len(found) > most:
        raise Refusal(f"is packed by gzip and has more than {most:,} bytes")
    return found


def is_web_page(data: bytes) -> bool:
    """Whether bytes begin as a web page does."""
    return _HTML.match(data[:2048]) is not None


def require_whole_pdf(data: bytes) -> None:
    """Raise Refusal for a PDF without its end-of-file mark: readers would repair it and silently lose pages."""
    if b"%%EOF" not in data[-2048:]:
        raise Refusal("is a PDF that was cut short: its end-of-file mark is missing")
