"""The files of landing/reference, which state what no document does: read, settled, and handed to membership."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import polars as pl

from russell_pipeline.errors import RefusedError
from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import landed_files, landed_sha256
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.conflicts import settle
from russell_pipeline.market.files.kinds import KINDS, kind_of
from russell_pipeline.market.files.model import Kind
from russell_pipeline.market.isolation import FileOrder, read_files
from russell_pipeline.membership.build import Reference
from russell_pipeline.membership.model import SymbolChange
from russell_pipeline.membership.offerings import Offering
from russell_pipeline.membership.overrides import security_decisions
from russell_pipeline.membership.securities import AREA
from russell_pipeline.membership.suspensions import Suspension, suspensions_by_symbol
from russell_pipeline.membership.symbols import symbol_key

_FOLDER = "reference"


@dataclass(frozen=True, slots=True)
class ReferenceFiles:
    """The content of landing/reference: symbols, suspensions by symbol key, offerings, and findings on what was left out."""

    symbols: Reference
    suspensions: dict[str, tuple[Suspension, ...]]
    offerings: Sequence[Offering]
    findings: Sequence[Finding]


def reference_sha256(lake: Lake, *kinds: str) -> str | None:
    """A hash over the overrides and the reference files of some kinds (default: all); None if there are none."""
    told = [
        (name, _sha256(lake, path))
        for kind, path, name in _files(lake)
        if not kinds or kind.name in kinds or kind.name == "overrides"
    ]
    # Of a damaged file the tables know rows that stay.
    stays = lake.read("landing_files").filter(pl.col("path").str.starts_with(f"{_FOLDER}/") & (pl.col("kept") > 0))
    told += [(path, str(parts)) for path, parts in stays.sort("path").select("path", "parts").iter_rows()]
    return hashlib.sha256(repr(told).encode()).hexdigest() if told else None


def read_reference(lake: Lake) -> ReferenceFiles:
    """Read the reference files in landing, anew at every call.

    A row that breaks a rule or is contradicted is left out and becomes a finding. Raises OSError if the folder cannot be listed.
    """
    findings: list[Finding] = []
    overrides = _settled(lake, "overrides", None, findings)
    rows = {name: _settled(lake, name, overrides, findings) for name in ("suspensions", "offerings", "symbol_changes")}
    changes = [
        SymbolChange(*row)
        for row in rows["symbol_changes"].select("date", "old_symbol", "new_symbol", "file", "row").iter_rows()
    ]
    return ReferenceFiles(
        Reference(changes, security_decisions(overrides)),
        _suspensions(rows["suspensions"], findings),
        list(_offerings(rows["offerings"], findings)),
        findings,
    )


def _files(lake: Lake) -> Iterator[tuple[Kind, Path, str]]:
    folder = lake.landing / _FOLDER
    for path in landed_files(lake.landing, _FOLDER):
        name = path.relative_to(folder).as_posix()
        kind = kind_of(f"{_FOLDER}/{name}")
        if kind is not None:
            yield kind, path, name


def _sha256(lake: Lake, path: Path) -> str | None:
    try:
        return landed_sha256(lake.landing, path)
    except OSError:
        return None  # the attempt to read it says why


def _settled(lake: Lake, kind: str, overrides: pl.DataFrame | None, findings: list[Finding]) -> pl.DataFrame:
    """The rows of all files of a kind that break no rule and that no other file contradicts; the others become `findings`."""
    known = {row["file"]: row for row in lake.read("landing_files").filter(kind=kind).iter_rows(named=True)}
    files = read_files([FileOrder(kind, path, name) for found, path, name in _files(lake) if found.name == kind])
    rows = {file.file: file.rows for file in files}
    # Of a damaged file the tables have the rows that count; what is wrong with it is said with the levels that rest on them.
    damaged = {name for name, row in known.items() if row["kept"]}
    for name in damaged:
        rows[name] = lake.read(kind, columns=KINDS[kind].schema.column_names()).filter(file=name)
    settled = settle(KINDS[kind], rows.values(), overrides)
    for file in files:
        findings += [note._replace(area=AREA) for note in file.notes]
        if file.file not in damaged:
            findings += [
                _left_out(file.file, sentence) for sentence in file.rejected["sentence"].unique(maintain_order=True)
            ]
    findings += [note._replace(area=AREA) for note in settled.notes]
    findings += [
        _left_out(KINDS[kind].name, sentence) for sentence in settled.conflicts["sentence"].unique(maintain_order=True)
    ]
    return settled.rows


def _left_out(subject: str, sentence: str) -> Finding:
    return Finding(AREA, "error", subject, sentence)


def _suspensions(rows: pl.DataFrame, findings: list[Finding]) -> dict[str, tuple[Suspension, ...]]:
    found: dict[str, tuple[Suspension, ...]] = {}
    for (symbol,), ones in rows.group_by("symbol", maintain_order=True):
        try:
            by_symbol = suspensions_by_symbol(
                Suspension(*row)
                for row in ones.select(
                    "symbol", "suspended_on", "resumed_on", "resumption_announced_on", "replicable_market"
                ).iter_rows()
            )
        except RefusedError as refused:
            findings.append(_left_out(str(symbol), f"suspensions: {refused}"))
        else:
            found |= {symbol_key(name): each for name, each in by_symbol.items()}
    return found


def _offerings(rows: pl.DataFrame, findings: list[Finding]) -> Iterator[Offering]:
    columns = ("symbol", "discovered_on", "announced_review", "shares")
    for symbol, discovered_on, review, shares in rows.select(columns).iter_rows():
        try:
            yield Offering(symbol, discovered_on, review, Fraction(shares))
        except ValueError as refused:
            findings.append(_left_out(symbol, f"offerings: {refused}"))
