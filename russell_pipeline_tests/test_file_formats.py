"""A file in a format that is not read is named for what its bytes are, whatever its name, with what to bring in its place."""

from __future__ import annotations

import io
import zipfile

import pytest

from russell_pipeline.documents.parse import parse_document
from russell_pipeline.file_formats import format_of
from russell_pipeline_tests.typeset.documents import DOCUMENTS


def _archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _office(member: str) -> bytes:
    return _archive(**{"[Content_Types].xml": b"<Types/>" * 2000, "_rels/.rels": b"<r/>", member: b"<x/>" * 99})


def _open_document(kind: str) -> bytes:
    return _archive(mimetype=f"application/vnd.oasis.opendocument.{kind}".encode(), **{"content.xml": b"<x/>"})


def _compound(*streams: str) -> bytes:
    """A compound file with streams in its directory, whose entries hold a name of up to 32 UTF-16 characters."""
    entries = b"".join(f"{name:\0<32}".encode("utf-16-le") + bytes(64) for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2040) + entries


_SHEET_PAGE = b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table><tr><td>Company</td></tr></table></html>'
_SHEET_XML = (
    b'\xef\xbb\xbf<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<ss:Workbook><ss:Row/></ss:Workbook>'
)
_MAIL = b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=x\r\n\r\n--x"
# Files, and what each is called.
FILES: dict[str, tuple[bytes, str]] = {
    "RTF": (b"{\\rtf1\\ansi Company\\tab Ticker\\par ACME\\tab ACM}", "rich text (RTF)"),
    "Word": (_compound("WordDocument", "1Table"), "a Word document (.doc)"),
    "Excel": (_compound("Workbook"), "a spreadsheet (.xls)"),
    "Excel of 1995": (_compound("Book"), "a spreadsheet (.xls)"),
    "PowerPoint": (_compound("PowerPoint Document"), "a presentation (.ppt)"),
    "Outlook": (_compound("__nameid_version1.0"), "an Outlook message (.msg)"),
    "password": (_compound("EncryptionInfo", "EncryptedPackage"), "an Office file that opens only with a password"),
    "another compound file": (_compound("Contents"), "a file of old Office programs"),
    "docx": (_office("word/document.xml"), "a Word document (.docx)"),
    "xlsx": (_office("xl/workbook.xml"), "a spreadsheet (.xlsx)"),
    "xlsb": (_office("xl/workbook.bin"), "a spreadsheet (.xlsb)"),
    "pptx": (_office("ppt/presentation.xml"), "a presentation (.pptx)"),
    "ods": (_open_document("spreadsheet"), "a spreadsheet (.ods)"),
    "odt": (_open_document("text"), "a text document (.odt)"),
    "archive": (_archive(**{"list.pdf": b"%PDF-1.4"}), "a ZIP archive"),
    "cut archive": (_office("xl/workbook.xml")[:200], "a ZIP archive or an Office file"),
    "page": (b"<!DOCTYPE html><title>Log in</title>", "an HTML page, perhaps one for logging in"),
    "page after a mark": (b"\xef\xbb\xbf\n<HTML lang=en>", "an HTML page, perhaps one for logging in"),
    "page after a comment": (
        b'<?xml version="1.0"?><!-- saved -->\n<html>', "an HTML page, perhaps one for logging in"
    ),
    "page in UTF-16": ("<html><body>".encode("utf-16"), "an HTML page, perhaps one for logging in"),
    "spreadsheet as page": (_SHEET_PAGE, "a spreadsheet saved as an HTML page"),
    "spreadsheet as XML": (_SHEET_XML, "a spreadsheet saved as XML"),
    "mail": (_MAIL, "an e-mail or a page saved as one (MIME)"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture (PNG)"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(20), "a picture (JPEG)"),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), "a gzip archive"),
    "Parquet": (b"PAR1\x15\x04PAR1", "a Parquet file"),
}  # fmt: skip
TEXTS = {
    "markup of a converter": b"<!-- page 1 -->\n# Reconstitution 2019\n",
    "an element": b"<htmlish> text",
    "a page within text": b"Company <html> Ticker",
    "headers of a mail that was copied": b"From: A\nSubject: Reconstitution 2019\nDate: 1 March 2019\n\nRank day\n",
    "names that begin like signatures": b"BMO\nII\nMM\nPARK\n",
    "nothing": b"",
}


@pytest.mark.parametrize("case", FILES)
def test_format_of_other_files_is_named_by_their_content(case: str) -> None:
    data, name = FILES[case]
    found = format_of(data)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("case", TEXTS)
def test_format_of_text_is_none(case: str) -> None:
    assert format_of(TEXTS[case]) is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_format_of_documents_is_none(name: str) -> None:
    assert format_of(DOCUMENTS[name]()) is None


@pytest.mark.parametrize("case", FILES)
def test_parse_document_refuses_other_formats_in_one_sentence(case: str) -> None:
    data, name = FILES[case]
    reason = parse_document(data).reason or ""
    what, colon, advice = reason.partition(": ")
    assert (what, bool(colon), "\n" in advice) == (f"is {name}", True, False)
    assert advice
