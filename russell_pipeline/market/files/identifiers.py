"""Identifiers of securities in supplied files: read, checked by their check digits, and left empty where they are wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import polars as pl
from stdnum import cusip, figi, isin

from russell_pipeline.findings import Finding
from russell_pipeline.market.files.model import AREA, Kind

# By kind of identifier, whether a text is one.
CHECKS: Mapping[str, Callable[[str], bool]] = {
    "cusip": lambda text: len(text) == 9 and cusip.is_valid(text),
    "isin": lambda text: len(text) == 12 and isin.is_valid(text),
    "figi": lambda text: len(text) == 12 and figi.is_valid(text),
    "permno": lambda text: text.isascii() and text.isdigit() and 1 <= int(text) < 10**6,
}
IDENTIFIERS = tuple(CHECKS)
_MUST = {
    "cusip": "must be nine characters of which the last is the check digit; spreadsheets drop leading zeros",
    "isin": "must be a country, nine characters and the check digit",
    "figi": "must be twelve characters of which the last is the check digit",
    "permno": "must be a number of up to six digits",
}
_ABSENT = ("", "-", "--", "N/A", "NA", "NAN", "NULL", "NONE", "#N/A")
# Countries whose ISIN holds the CUSIP.
_OF_CUSIP = ("US", "CA")


def checked(kind: Kind, rows: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows of a file with their identifiers in capitals, null where one is wrong; and a note for each rule that is broken."""
    present = [name for name in kind.identifiers if rows[name].null_count() < rows.height]
    if not present:
        return rows, []
    # A column of whole numbers with gaps is one of floats in many tools: 14593.0.
    text = [pl.col(name).str.strip_chars().str.to_uppercase().str.replace(r"^([0-9]+)\.0$", "$1") for name in present]
    rows = rows.with_columns(text).with_columns(
        pl.when(~pl.col(name).is_in(_ABSENT)).then(pl.col(name)).alias(name) for name in present
    )
    notes: list[Finding] = []
    for name in present:
        wrong = [one for one in rows[name].drop_nulls().unique() if not CHECKS[name](one)]
        if wrong:
            broken = rows.filter(pl.col(name).is_in(wrong))
            notes += _notes(file, broken, name, f"{name} '{{}}' {_MUST[name]}; it is left empty")
            rows = rows.with_columns(pl.when(~pl.col(name).is_in(wrong)).then(pl.col(name)).alias(name))
    if {"cusip", "isin"} <= {*present}:
        holds = pl.col("isin").str.head(2).is_in(_OF_CUSIP)
        other = rows.filter(holds & (pl.col("isin").str.slice(2, 9) != pl.col("cusip")))
        notes += _notes(file, other, "cusip", "cusip '{}' is not the one in the isin of the row; both are kept")
    return rows, notes


def _notes(file: str, broken: pl.DataFrame, name: str, says: str) -> Iterator[Finding]:
    """One note for a rule: its first row, and how many more there are."""
    if broken.is_empty():
        return
    first, more = broken.row(0, named=True), broken.height - 1
    also = (
        f" ({more:,} more row{'s' if more > 1 else ''} of the file {'are' if more > 1 else 'is'} alike)" if more else ""
    )
    yield Finding(
        AREA,
        "warning",
        file,
        f"{file}, row {first['row']}: {says.format(str(first[name])[:40])}{also}",
        line=first["row"],
    )
