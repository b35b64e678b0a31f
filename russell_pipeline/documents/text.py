"""Divides text files into pages and lines: encodings, line ends, form feeds. What a line means is decided elsewhere."""

from __future__ import annotations

import codecs
import re

from russell_pipeline.documents.markdown import unmarked
from russell_pipeline.documents.model import Line, Page, Refusal, Word

# The line ends of every system, and the line separators of Unicode.
_LINE_END = re.compile(r"\r\n|[\r\n\v\x85\u2028\u2029]")
# UTF-32 goes first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORD = re.compile(r"\S+")
# Characters that print as a space or a hyphen, and those that print as nothing.
_PRINTED = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u202f", " ")
    | dict.fromkeys("\u2010\u2011", "-")
    | dict.fromkeys("\u200b\u200c\u200d\ufeff")
)
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


def read_text(data: bytes) -> list[Page]:
    """The pages of a text file, divided by form feeds, with its lines in the order of the file.

    Lines keep their numbers in the file, and lose Markdown markup. A final newline adds no line. Raises Refusal for bytes that
    are not text.
    """
    text, _ = decode(data)
    raw_lines = _LINE_END.split(text)
    if raw_lines[-1] == "":
        raw_lines.pop()
    pages = [Page(1, [], "text")]
    for number, raw in enumerate(unmarked(raw_lines), 1):
        before, *after = raw.split("\f")
        # A form feed begins a page, and any text on the same line belongs to the new page.
        visible = "\f".join(after).replace("\f", "") if after and not before.strip() else raw.replace("\f", " ")
        for _ in after:
            pages.append(Page(pages[-1].number + 1, [], "text"))
        pages[-1].lines.append(text_line(pages[-1].number, number, visible.translate(_PRINTED)))
    return pages


def text_line(page: int, number: int, printed: str) -> Line:
    """A line of a text, with its words."""
    words = [Word(float(match.start()), match.group()) for match in _WORD.finditer(printed)]
    return Line(page, number, printed, words)
