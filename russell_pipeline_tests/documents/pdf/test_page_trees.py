"""Trees of pages that are not what they say: the document is refused, or read as it shows, and never the reader blamed."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from russell_pipeline.documents import isolation
from russell_pipeline.documents.isolation import ReaderLimits, ReadingOrder


def _pdf(*objects: str) -> bytes:
    """A PDF of these objects, numbered from 1, the first of which is its catalog."""
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        out
        + (
            f"xref\n0 {size}\n0000000000 65535 f \n{table}"
            f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
        ).encode()
    )


def _page(parent: int, contents: int = 5, more: str = "") -> str:
    return (
        f"<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 612 792] {more} /Contents {contents} 0 R "
        "/Resources << /Font << /F1 4 0 R >> >> >>"
    )


_CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"
_FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_LINES = "BT /F1 10 Tf 36 740 Td 14 TL " + " ".join(f"(DELTA AIR LINES INC DAL {n}) Tj T*" for n in range(30)) + " ET"
_TEXT = f"<< /Length {len(_LINES)} >>\nstream\n{_LINES}\nendstream"


def _tree(pages: str, page: str | None = None, *more: str) -> bytes:
    """A PDF whose object 2 is the root of the tree, 3 a page, 4 its font, 5 its text; `more` are those from 6 on."""
    return _pdf(_CATALOG, pages, page or _page(2), _FONT, _TEXT, *more)


def _root(kids: str, count: object) -> str:
    return f"<< /Type /Pages /Kids {kids} /Count {count} >>"


def _branch(parent: int, kids: str, count: int) -> str:
    return f"<< /Type /Pages /Parent {parent} 0 R /Kids {kids} /Count {count} >>"


_NO_LIST = "is none of what can be read: "
_DEEP = [_branch(number - 1, f"[{number + 1} 0 R]", 1) for number in range(6, 3000)]
_TREES = {
    "400 pages by its count, one in truth": (_tree(_root("[3 0 R]", 400)), "page 2: cannot be opened"),
    "one page more by its count": (_tree(_root("[3 0 R]", 2)), "page 2: cannot be opened"),
    "400 by its count, turned": (_tree(_root("[3 0 R]", 400), _page(2, more="/Rotate 90")), "page 2: cannot be opened"),
    "a count below nothing": (_tree(_root("[3 0 R]", -1)), _NO_LIST),
    "a count of nothing": (_tree(_root("[3 0 R]", 0)), _NO_LIST),
    "no count": (_tree("<< /Type /Pages /Kids [3 0 R] >>"), _NO_LIST),
    "a count that is text": (_tree(_root("[3 0 R]", "(x)")), _NO_LIST),
    "a count of two thousand millions": (_tree(_root("[3 0 R]", 2**31 - 1)), _NO_LIST),
    "a tree within itself": (_tree(_root("[2 0 R]", 1)), _NO_LIST),
    "a tree within itself after a page": (_tree(_root("[3 0 R 2 0 R]", 2)), "page 2: cannot be opened"),
    "a tree within itself and 400 by its count": (_tree(_root("[3 0 R 2 0 R]", 400)), "page 2: cannot be opened"),
    "a circle of two": (_tree(_root("[6 0 R]", 1), None, _branch(2, "[2 0 R]", 1)), _NO_LIST),
    "a circle of two with pages": (_tree(_root("[3 0 R 6 0 R]", 3), None, _branch(2, "[2 0 R 3 0 R]", 2)), _NO_LIST),
    "a page three times": (_tree(_root("[3 0 R 3 0 R 3 0 R]", 3)), _NO_LIST),
    "a page that is its own parent": (_tree(_root("[3 0 R]", 1), _page(3)), _NO_LIST),
    "a page that is not there": (_tree(_root("[9 0 R]", 1)), _NO_LIST),
    "a page that is a font": (_tree(_root("[4 0 R]", 1)), _NO_LIST),
    "a page that is null": (_tree(_root("[null]", 1)), "page 1: cannot be opened"),
    "kids that are no list": (_tree(_root("3 0 R", 1)), _NO_LIST),
    "a catalog that is its own tree": (_pdf("<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 3 >>"), "page 1: "),
    "3,000 levels": (_tree(_root("[6 0 R]", 1), _page(2999), *_DEEP, _page(2999)), "page 1: cannot be opened"),
    "a branch that counts 50": (_tree(_root("[6 0 R 3 0 R]", 2), None, _branch(2, "[3 0 R]", 50)), _NO_LIST),
    "fewer by its count": (_tree(_root("[3 0 R 6 0 R]", 1), None, _page(2)), _NO_LIST),
    "a page that is its own content": (_tree(_root("[3 0 R]", 1), _page(2, contents=3)), "page 1: it is blank"),
}


@pytest.mark.parametrize("what", _TREES)
def test_pdf_reader_rejects_a_broken_page_tree(tmp_path: Path, what: str) -> None:
    data, reason = _TREES[what]
    (file := tmp_path / "tree.pdf").write_bytes(data)
    began = time.monotonic()
    document = isolation._read(ReadingOrder(hashlib.sha256(data).hexdigest(), file), ReaderLimits())
    assert time.monotonic() - began < 20
    assert (document.reason or "").startswith(reason)
    assert not document.rows_parsed
