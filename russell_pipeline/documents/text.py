"""Divides text files into pages and lines: line ends, form feeds, markup. What a line means is decided elsewhere."""

from __future__ import annotations

import re

from russell_pipeline.documents.markdown import unmarked
from russell_pipeline.documents.model import Line, Page, Word
from russell_pipeline.file_content import decode, restored_signs

# The line ends of every system, and the line separators of Unicode.
_LINE_END = re.compile(r"\r\n|[\r\n\v\x85\u2028\u2029]")
_WORD = re.compile(r"\S+")
# Characters that print as a space or a hyphen, and those that print as nothing.
_PRINTED = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u202f", " ")
    | dict.fromkeys("\u2010\u2011", "-")
    | dict.fromkeys("\u200b\u200c\u200d\ufeff")
)


def read_text(data: bytes) -> list[Page]:
    """The pages of a text file, divided by form feeds, with its lines in the order of the file.

    Lines keep their numbers in the file and lose Markdown markup; signs that were saved in a wrong encoding are restored. A
    final newline adds no line. Raises Refusal for bytes that are not text.
    """
    text, _ = decode(data)
    raw_lines = _LINE_END.split(restored_signs(text))
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
