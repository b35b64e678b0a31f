"""Generated parts of pages: the text between `<!-- made: NAME -->` and `<!-- end -->`; the rest is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

Parts = Mapping[str, Iterable[str]]

_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def made_again(page: str, parts: Parts) -> str:
    """The page with its generated parts replaced by the lines in `parts`, by name. Raises KeyError for a name without lines."""
    return _PART.sub(lambda part: part[1] + "".join(f"{line}\n" for line in parts[part[2]]) + part[3], page)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
