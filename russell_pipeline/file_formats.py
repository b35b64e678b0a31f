"""Tells by a file's bytes, not by its name, which format that is not read it has, and what to bring in its place."""

from __future__ import annotations

import io
import re
import zipfile
from typing import NamedTuple


class FileFormat(NamedTuple):
    """A format in which no document is read: what a file in it is ("an HTML page"), and what to do with it."""

    name: str
    advice: str


_AS_TEXT = "save it as PDF, or as plain text"
_AS_SHEET = "save its sheet as text with tabs between the cells, or print it as PDF"
_FROM_PAGE = "download the document itself, or print the page as PDF"
_NO_PICTURES = "nothing here reads pictures, take the PDF or text that it shows"
_UNPACK = "unpack it"
_NO_DATA = "a document is a PDF or a text"

_RTF = FileFormat("rich text (RTF)", _AS_TEXT)
WEB_PAGE = FileFormat("an HTML page, perhaps one for logging in", _FROM_PAGE)
_SHEET_AS_PAGE = FileFormat("a spreadsheet saved as an HTML page", _AS_SHEET)
_SHEET_AS_XML = FileFormat("a spreadsheet saved as XML", _AS_SHEET)
_WORD_AS_XML = FileFormat("a Word document saved as XML", _AS_TEXT)
_MAIL = FileFormat("an e-mail or a page saved as one (MIME)", "save what is attached to it, or print it as PDF")
_PROTECTED = FileFormat("an Office file that opens only with a password", "save it without one, as PDF or text")
_OLD_OFFICE = FileFormat("a file of old Office programs", _AS_TEXT)
_PACKED_OFFICE = FileFormat("a ZIP archive or an Office file", "unpack it, or save it as PDF or plain text")
_ZIP = FileFormat("a ZIP archive", _UNPACK)

# How files begin. What begins like several formats is looked into.
_BEGINNINGS = (
    (rb"\{\\rtf", _RTF),
    (rb"%!PS", FileFormat("PostScript", "convert it to PDF (ps2pdf)")),
    (rb"\x1f\x8b", FileFormat("a gzip archive", _UNPACK)),
    (rb"BZh[1-9]1AY&SY", FileFormat("a bzip2 archive", _UNPACK)),
    (rb"\xfd7zXZ\x00", FileFormat("an xz archive", _UNPACK)),
    (rb"7z\xbc\xaf\x27\x1c", FileFormat("a 7-Zip archive", _UNPACK)),
    (rb"Rar!\x1a\x07", FileFormat("a RAR archive", _UNPACK)),
    (rb"\x89PNG\r\n", FileFormat("a picture (PNG)", _NO_PICTURES)),
    (rb"\xff\xd8\xff", FileFormat("a picture (JPEG)", _NO_PICTURES)),
    (rb"GIF8[79]a", FileFormat("a picture (GIF)", _NO_PICTURES)),
    (rb"II\*\x00|MM\x00\*", FileFormat("a picture (TIFF)", _NO_PICTURES)),
    (rb"RIFF.{4}WEBP", FileFormat("a picture (WebP)", _NO_PICTURES)),
    (rb"PAR1", FileFormat("a Parquet file", _NO_DATA)),
    (rb"SQLite format 3\x00", FileFormat("a SQLite database", _NO_DATA)),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), found) for pattern, found in _BEGINNINGS)

# Streams of a compound file (OLE2), by their names in its directory.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = (
    ("EncryptedPackage", _PROTECTED),
    ("__nameid_version1.0", FileFormat("an Outlook message (.msg)", _MAIL.advice)),
    ("WordDocument", FileFormat("a Word document (.doc)", _AS_TEXT)),
    ("Workbook", FileFormat("a spreadsheet (.xls)", _AS_SHEET)),
    ("Book", FileFormat("a spreadsheet (.xls)", _AS_SHEET)),
    ("PowerPoint Document", FileFormat("a presentation (.ppt)", _AS_TEXT)),
)
# Members of a ZIP archive that make it a document, and the types that OpenDocument files and books state.
_ARCHIVE = b"PK\x03\x04"
_MEMBERS = (
    ("word/document.xml", FileFormat("a Word document (.docx)", _AS_TEXT)),
    ("xl/workbook.xml", FileFormat("a spreadsheet (.xlsx)", _AS_SHEET)),
    ("xl/workbook.bin", FileFormat("a spreadsheet (.xlsb)", _AS_SHEET)),
    ("ppt/presentation.xml", FileFormat("a presentation (.pptx)", _AS_TEXT)),
    ("Index/Document.iwa", FileFormat("a file of Numbers, Pages or Keynote", _AS_TEXT)),
)
_TYPES = (
    ("application/vnd.oasis.opendocument.spreadsheet", FileFormat("a spreadsheet (.ods)", _AS_SHEET)),
    ("application/vnd.oasis.opendocument.text", FileFormat("a text document (.odt)", _AS_TEXT)),
    ("application/vnd.oasis.opendocument.presentation", FileFormat("a presentation (.odp)", _AS_TEXT)),
    ("application/epub+zip", FileFormat("a book (EPUB)", _AS_TEXT)),
)
_LONGEST_TYPE = 100

_HEAD = 4096
_MARKS = b"\xef\xbb\xbf\xff\xfe"
# Markup begins with declarations and comments. Other elements may begin a text that a converter wrote.
_PROLOGUE = re.compile(rb"\s*(?:<\?[^>]*\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|title|table|script|style)\b", re.IGNORECASE)
_OFFICE_PAGE = re.compile(rb"office:excel|progid\W+Excel", re.IGNORECASE)
_SHEET_XML = re.compile(rb"<(?:\w+:)?Workbook\b|<office:document\b[^>]*opendocument\.spreadsheet")
_WORD_XML = re.compile(rb"<w:wordDocument\b|<pkg:package\b|<office:document\b[^>]*opendocument\.text")
_HEADER = re.compile(rb"(?:[A-Za-z-]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+")


def format_of(data: bytes) -> FileFormat | None:
    """The format of a file if it is one in which no document is read; None for text, for a PDF and for what is unknown.

    The first bytes of a file are enough, but do not tell an Office file from an archive.
    """
    for beginning, found in _COMPILED:
        if beginning.match(data):
            return found
    if data.startswith(_COMPOUND):
        streams = (found for name, found in _STREAMS if _in_directory(name, data))
        return next(streams, _OLD_OFFICE)
    return _packed(data) if data.startswith(_ARCHIVE) else _marked_up(data)


def _in_directory(name: str, data: bytes) -> bool:
    """Whether the directory of a compound file has a stream: an entry holds its whole name in UTF-16, padded with zeros."""
    return f"{name}\0".encode("utf-16-le") in data


def _packed(data: bytes) -> FileFormat:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            stated = ""
            if "mimetype" in names and archive.getinfo("mimetype").file_size <= _LONGEST_TYPE:
                stated = archive.read("mimetype").decode("ascii", "replace").strip()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return _PACKED_OFFICE
    members = (found for name, found in _MEMBERS if name in names)
    types = (found for name, found in _TYPES if stated == name)
    return next(members, None) or next(types, _ZIP)


def _marked_up(data: bytes) -> FileFormat | None:
    head = data[:_HEAD]
    if b"\0" in head:  # UTF-16
        head = head.replace(b"\0", b"")
    head = head.lstrip(_MARKS)
    prologue = _PROLOGUE.match(head)
    start = prologue.end() if prologue else 0
    if _HTML.match(head, start):
        return _SHEET_AS_PAGE if _OFFICE_PAGE.search(head) else WEB_PAGE
    if _SHEET_XML.match(head, start):
        return _SHEET_AS_XML
    if _WORD_XML.match(head, start):
        return _WORD_AS_XML
    header = _HEADER.match(head.lstrip())
    stated = header[0].lower() if header else b""
    return _MAIL if b"mime-version:" in stated and b"content-type:" in stated else None
