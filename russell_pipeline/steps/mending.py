"""What of a lake is not as it was written, and what makes it whole again: tables from the catalog, the catalog from tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import dataframely as dy
import duckdb
import polars as pl

from russell_pipeline.lake import checksums
from russell_pipeline.lake.catalog import FileInCatalog, files_in_catalog, rows_in_catalog
from russell_pipeline.lake.landing import DOCUMENT_SUFFIXES, scan_documents
from russell_pipeline.lake.store import FETCHED, DamagedFile, Lake, LostFile
from russell_pipeline.market.files.kinds import TABLE_KINDS
from russell_pipeline.steps.flow import DERIVED

_ASIDE = ".damaged"
_HASH = re.compile(r"[0-9a-f]{64}")


class Damage(NamedTuple):
    """A file of a lake that is not as it was written: what is wrong with it, and what makes it whole again."""

    file: Path
    damage: str
    remedy: str


_DIFFERS = "is not what its checksum says"
_FROM_TABLES = "`russell run` makes it again from tables/"
_FROM_CATALOG = "`russell run` puts back what the catalog has of it"
_MADE_AGAIN = "`russell run` makes it again"
_FROM_BACKUP = "nothing else has what it holds: put a copy of it back if there is one, else delete it"


def damaged_tables(lake: Lake) -> Iterator[Damage]:
    """Every damaged file of the tables. Nothing is changed."""
    tables = _Tables(lake)
    for file in tables.damaged():
        remedy = _MADE_AGAIN if tables.is_made_again(file) else _FROM_BACKUP
        yield Damage(file, _DIFFERS, _FROM_CATALOG if tables.is_in_catalog(file) else remedy)


def unsealed_tables(lake: Lake) -> int:
    """How many files of the tables carry no checksum of their own, because an earlier release wrote them."""
    count = 0
    for file in lake.files():
        with suppress(FileNotFoundError):
            count += checksums.checked(file).seal is None
    return count


def damaged_documents(lake: Lake) -> Iterator[Damage]:
    """Every damaged file of landing that the pipeline fetched: their names are the hashes of what came."""
    for file in sorted((lake.landing / "documents" / FETCHED).glob("*")):
        if file.suffix in DOCUMENT_SUFFIXES and _HASH.fullmatch(file.stem) and _sha256(file) != file.stem:
            yield Damage(
                file, "is not what was fetched", "`russell run` sets it aside and asks its address for it again"
            )


def damaged_catalog(lake: Lake) -> Iterator[Damage]:
    """The catalog, if it is damaged."""
    if checksums.is_as_noted(lake.catalog) is False:
        yield Damage(lake.catalog, _DIFFERS, _FROM_TABLES)


def mend(lake: Lake) -> list[str]:
    """Make the tables whole before anything is built on them; returns a sentence for each file that was damaged.

    A file whose rows the catalog has is put back as it was. One that follows from others is set aside below `.damaged/`, and is
    then stale; so is a damaged catalog, without being moved. A document that the pipeline fetched is set aside too, so that its
    address is asked for it again. Raises LostFile for a file that nothing else can replace.
    """
    checksums.forget()
    tables = _Tables(lake)
    damaged = {file.relative_to(lake.root): file for file in tables.damaged()}
    put_back = [name for name, file in damaged.items() if tables.put_back(file)]
    told = [f"{name} was damaged; what the catalog has of it was put back" for name in put_back]
    for name in (name for name in damaged if name not in put_back):
        if not tables.is_made_again(damaged[name]):
            raise LostFile(damaged[name])
        told.append(f"{name} was damaged and is made again; as it was it is in {_set_aside(lake, name)}")
    for document in damaged_documents(lake):
        name = document.file.relative_to(lake.root)
        aside = _set_aside(lake, name)
        told.append(
            f"{name} is not what was fetched; it is fetched again, what was read of it stays, and it is in {aside}"
        )
    told += [f"{found.file.name} {found.damage}; it is made again from tables/" for found in damaged_catalog(lake)]
    return told


def _set_aside(lake: Lake, name: Path) -> Path:
    """Move a file of a lake below `.damaged/`, in place of any that was there; returns where it is."""
    aside = lake.root / _ASIDE / name
    aside.parent.mkdir(parents=True, exist_ok=True)
    return (lake.root / name).replace(aside)


def _sha256(file: Path) -> str | None:
    """The hash of a file; None if it is gone or the disk cannot read it."""
    try:
        return checksums.sha256_of(file)
    except OSError:
        return None


class _Tables:
    """The files of a lake's tables, and what the catalog has of them."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def damaged(self) -> list[Path]:
        """The files that are not as they were written."""
        found = []
        for file in self._lake.files():
            with suppress(FileNotFoundError):  # a run beside `verify` removed it
                found += [file] * self._is_damaged(file)
        return found

    def is_in_catalog(self, file: Path) -> bool:
        """Whether the catalog has the rows of a damaged file in the version that the file is of."""
        if file not in self._held:
            return False
        found, held = checksums.checked(file), self._held[file].sha256
        if found.seal is None and found.sha256 != held:  # its end is lost, or the disk cannot read it
            return file.stat().st_mtime_ns <= self._lake.catalog.stat().st_mtime_ns
        return held in (found.seal, found.sha256)  # damage elsewhere, or to the seal itself

    def put_back(self, file: Path) -> bool:
        """Write a damaged file again from the catalog, if that has it; returns whether it did."""
        if not self.is_in_catalog(file):
            return False
        table, key = self._lake.part(file)
        try:
            self._lake.write(table, rows_in_catalog(self._lake, table, key), key, self._held[file].inputs)
        except (
            duckdb.Error,
            pl.exceptions.PolarsError,
            dy.exc.ValidationError,
        ):  # the table is declared in another way since
            return False
        return True

    def is_made_again(self, file: Path) -> bool:
        """Whether the next run makes a file again as it was if it is gone."""
        table, key = self._lake.part(file)
        if table in TABLE_KINDS:
            return self._all_rows_are_in_landing
        if table in ("documents", "document_lines"):
            return key in scan_documents(self._lake.landing).documents
        return table in DERIVED

    @cached_property
    def _all_rows_are_in_landing(self) -> bool:
        """Whether the tables of the market have no rows that stay only because a file of landing is damaged."""
        try:
            return not (self._lake.read("landing_files", columns=["kept"])["kept"] > 0).any()
        except DamagedFile:
            return False

    @cached_property
    def _held(self) -> Mapping[Path, FileInCatalog]:
        return files_in_catalog(self._lake)

    def _is_damaged(self, file: Path) -> bool:
        found = checksums.checked(file)
        if found.damaged or found.seal:
            return found.damaged
        # Of an earlier release, or its end is lost: the catalog knows, else whether it can be read tells.
        if file in self._held:
            return found.sha256 != self._held[file].sha256
        try:
            pl.read_parquet(file, glob=False, hive_partitioning=False)
        except pl.exceptions.PolarsError:
            return True
        return False
