"""What to do with a file that people bring in a format that is not read, by its suffix; with a document, by its bytes."""

from __future__ import annotations

from pathlib import PurePosixPath

from russell_pipeline.file_formats import format_of

_SPREADSHEETS = frozenset(("xlsx", "xlsm", "xlsb", "xls", "ods", "numbers", "gsheet"))
_PACKED = frozenset(("gz", "bz2", "xz", "zst", "zip", "7z", "rar", "tar", "tgz"))
_SEPARATED = frozenset(("tsv", "tab", "psv"))
_DATA = frozenset(
    (
        "json", "jsonl", "ndjson", "xml", "feather", "arrow", "ipc", "orc", "avro", "pkl", "pickle", "h5", "hdf5", "dta",
        "sas7bdat", "rds", "sqlite", "db", "duckdb",
    )
)  # fmt: skip
_PAGES = frozenset(
    (
        "docx",
        "doc",
        "odt",
        "rtf",
        "pages",
        "pptx",
        "html",
        "htm",
        "epub",
        "eml",
        "msg",
        "png",
        "jpg",
        "jpeg",
        "tif",
        "tiff",
    )
)
_TABLES = _SPREADSHEETS | _SEPARATED | _DATA | {"csv", "parquet"}


def advised(rule: str, advice: str | None) -> str:
    """Which files are read, and what to do with one that is not."""
    return f"{rule}; {advice}" if advice else rule


def table_advice(name: str) -> str | None:
    """What to do with a file of rows that is neither CSV nor Parquet; None if its suffix says nothing."""
    file = PurePosixPath(name)
    match file.suffix.lower().removeprefix("."):
        case suffix if suffix in _SPREADSHEETS:
            return f"it is a spreadsheet: save its sheet as CSV, {file.stem}.csv"
        case suffix if suffix in _PACKED:
            return f"it is packed: unpack it, {file.stem}"
        case suffix if suffix in _SEPARATED:
            return f"it is separated by tabs or bars: save it as CSV with commas, {file.stem}.csv"
        case suffix if suffix in _DATA:
            return f"it is {suffix}: write its rows as CSV or Parquet, {file.stem}.csv"
        case "txt":
            return f"it is text: if it holds CSV, name it {file.stem}.csv"
        case "pq" | "parq":
            return f"if it is Parquet, name it {file.stem}.parquet"
    return None


def definition_advice(name: str) -> str | None:
    """What to do with a definition that is not YAML by its name; None if its suffix says nothing."""
    file = PurePosixPath(name)
    match file.suffix.lower().removeprefix("."):
        case "yml" | "yaml":
            return f"name it {file.stem}.yaml"
        case suffix if suffix in _TABLES | _PAGES | {"txt", "toml", "ini"}:
            return f"it is {suffix}: write the definition as YAML, {file.stem}.yaml"
        case suffix if suffix in _PACKED:
            return "it is packed: unpack it"
    return None


def document_advice(name: str, data: bytes) -> str | None:
    """What to do with a document that is not named .pdf or .txt; None if neither its bytes nor its suffix say anything."""
    file = PurePosixPath(name)
    suffix = file.suffix.lower().removeprefix(".")
    elsewhere = "; prices and holdings belong in market and components" if suffix in _TABLES else ""
    if data.startswith(b"%PDF-"):
        return f"it is a PDF: name it {file.stem}.pdf"
    if other := format_of(data):
        return f"it is {other.name}: {other.advice}{elsewhere}"
    if suffix in _TABLES:
        return f"it is a table: print a published list as PDF, {file.stem}.pdf{elsewhere}"
    if suffix in _PACKED:
        return "it is packed: unpack it"
    if suffix in _PAGES:
        return f"it is {suffix}: save or print it as PDF, {file.stem}.pdf"
    match suffix:
        case "yml":
            return f"a sidecar is named {file.stem}.yaml"
        case "md" | "text" | "asc":
            return f"it is text: name it {file.stem}.txt"
    return None
