"""Strips Markdown markup from texts that a converter wrote, and puts tabs between the cells of their tables.

A text counts as Markdown if it has a table, whose heads and rows a line of dashes separates. Other texts stay unchanged.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

# The line below the heads of a table: "| --- | :---: |".
_RULE = re.compile(r"[ \t]*(?:\|(?:[ \t]*:?-+:?[ \t]*\|)+|:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+)[ \t]*")
_BAR = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SIGN = re.compile(r"<sup>\s*([®™])\s*</sup>", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~&-])")


def unmarked(lines: Sequence[str]) -> list[str]:
    """The lines of a text without Markdown markup; the line of dashes below the heads of a table becomes empty."""
    rules = [at for at, line in enumerate(lines) if "|" in line and _RULE.fullmatch(line.lstrip("\f"))]
    if not rules:
        return list(lines)
    bodies = [line.lstrip("\f") for line in lines]
    fronts = ["\f" * (len(line) - len(body)) for line, body in zip(lines, bodies, strict=True)]
    found = [_plain(_HEADING.sub("", line)) for line in bodies]
    for rule in rules:
        bounded = bodies[rule].lstrip().startswith("|")
        for at in _rows(bodies, rule, bounded):
            found[at] = "\t".join(_plain(cell.strip()) for cell in _cells(bodies[at], bounded))
    for rule in rules:
        found[rule] = ""
    return [front + line for front, line in zip(fronts, found, strict=True)]


def _rows(lines: Sequence[str], rule: int, bounded: bool) -> Iterator[int]:
    """Yield the indexes of a table's lines: the heads above its line of dashes, and the rows below.

    `bounded` says whether every line of the table begins with a bar.
    """

    def is_row(at: int) -> bool:
        return lines[at].lstrip().startswith("|") if bounded else _BAR.search(lines[at]) is not None

    if rule and is_row(rule - 1):
        yield rule - 1
    for at in range(rule + 1, len(lines)):
        if not is_row(at):
            return
        yield at


def _cells(line: str, bounded: bool) -> list[str]:
    cells = _BAR.split(line.strip())
    if not bounded:
        return cells
    return cells[1:] if cells[-1] else cells[1:-1]


def _plain(text: str) -> str:
    if not any(sign in text for sign in "*<&\\"):
        return text
    text = _SIGN.sub(r"\1", _BREAK.sub(" ", text))
    return html.unescape(_ESCAPED.sub(r"\1", _STRONG.sub(r"\1", text)))
