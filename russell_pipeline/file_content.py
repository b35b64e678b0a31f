"""Reads a file's bytes as text: packed or not, its encoding, signs saved in a wrong one. Tells whether a PDF is whole."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from io import BytesIO

from russell_pipeline.errors import Refusal
from russell_pipeline.file_formats import format_of

# UTF-32 goes first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
# What UTF-8 looks like in Windows-1252. It begins as signs, letters of western languages, quotation marks and dashes do; other
# characters may follow those in a text that was misread twice.
_CONTINUED = "[\\x80-\\xbf" + "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)) + "]"
_MISREAD = re.compile(f"(?:[ÂÃ]{_CONTINUED}|â{_CONTINUED}{{2}})(?:[Â-ß]{_CONTINUED}|[à-ï]{_CONTINUED}{{2}})*")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.001


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and its encoding.

    UTF-8 (with or without byte-order mark) is tried first, then the encoding that charset-normalizer finds most likely.
    Raises Refusal for bytes that are not text, or text in a format of its own such as RTF and HTML.
    """
    if found := format_of(data):
        raise Refusal(f"is {found.name}, not text")
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


def restored_signs(text: str) -> str:
    """A text with the signs restored that were saved as UTF-8 and read as Windows-1252 ("Microcap®" for "MicrocapÂ®").

    Only runs of characters that begin as such signs do are tried, and stay if their bytes are not UTF-8.
    """
    while (restored := _MISREAD.sub(_restored, text)) != text:  # as often as it was misread
        text = restored
    return text


def _restored(misread: re.Match[str]) -> str:
    # Windows-1252 leaves five bytes undefined, which programs pass on as they are.
    data = b"".join(bytes([ord(sign)]) if ord(sign) < 256 else sign.encode("cp1252") for sign in misread[0])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return misread[0]


def require_whole_pdf(data: bytes) -> None:
    """Raise Refusal for a PDF without its end-of-file mark: readers would repair it and silently lose pages."""
    if b"%%EOF" not in data[-2048:]:
        raise Refusal("is a PDF that was cut short: its end-of-file mark is missing")
