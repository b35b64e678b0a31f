"""Which files of the market are in landing, and which of them must be read. Nothing is parsed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from russell_pipeline.lake.landing import has_landing, landed_files, landed_sha256, why_no_folder
from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.market.files.kinds import FOLDERS, REFERENCE, kind_of
from russell_pipeline.schemas.tables import TABLES

# A table and the key of a partition of it.
Part = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A file in landing: its path there, its kind (None if it is not read), its name within its kind, and its hash."""

    path: str
    kind: str | None
    name: str
    place: Path
    sha256: str | None


@dataclass(frozen=True, slots=True)
class MarketPlan:
    """The files in landing, which of them must be read, those that are gone, and the partitions to make in any case."""

    landed: Mapping[str, LandedFile]
    read: Sequence[LandedFile]
    gone: Sequence[str]
    stale: Collection[Part]


def scan_market(lake: Lake) -> dict[str, LandedFile]:
    """The market's files in landing, by path, without hidden ones. Files that are not read are listed, but not hashed."""
    found = {}
    for folder in FOLDERS:
        root = lake.landing / folder
        for place in landed_files(lake.landing, folder):
            inside = place.relative_to(root).as_posix()
            path = f"{folder}/{inside}"
            kind = kind_of(path)
            if kind is None and folder == REFERENCE:
                continue
            sha256 = _hash(lake.landing, place) if kind else None
            found[path] = LandedFile(path, kind.name if kind else None, inside, place, sha256)
    return found


def with_those_in_the_way(lake: Lake, landed: Mapping[str, LandedFile]) -> dict[str, LandedFile]:
    """The files in landing, and what lies under the path of a known file, but is no file that can be read: it is not gone."""
    found = dict(landed)
    known = lake.read("landing_files", columns=["path", "kind", "file"]).drop_nulls("kind")
    for path, kind, name in known.iter_rows():
        if path not in found and _is_in_the_way(lake.landing, path):
            found[path] = LandedFile(path, kind, name, lake.landing / path, None)
    return found


def read_as(file: LandedFile) -> str:
    """The fingerprint of what a file would be read as now."""
    return fingerprint(file.kind, file.sha256, TABLES["landing_files"].version)


def was_read_as(row: Mapping[str, Any]) -> str | None:
    """The fingerprint of what a file (row of `landing_files`) was read as; None if a person has accepted a damaged version."""
    if row["kept"] and row["accepted"] and row["accepted"] == row["sha256"]:
        return None
    return fingerprint(row["kind"], row["sha256"], row["reader_version"])


def _is_in_the_way(landing: Path, path: str) -> bool:
    """Whether a path says nothing of its file: something else lies there or in place of its folder, or there is no landing."""
    folder = path.split("/", maxsplit=1)[0]
    shut = os.path.lexists(landing / folder) and why_no_folder(landing, folder)
    return not has_landing(landing) or bool(shut) or os.path.lexists(landing / path)


def unread_row(file: LandedFile) -> Mapping[str, object]:
    """The row of `landing_files` for a file that has not been read yet."""
    return {
        "path": file.path, "kind": file.kind, "file": file.name, "sha256": file.sha256, "state": "unread", "reason": None,
        "rows": 0, "rejected": 0, "simulated": False, "parts": [], "notes": [], "reader_version": TABLES["landing_files"].version,
        "found_columns": [], "kept": 0, "kept_from": None, "kept_to": None, "kept_subjects": [], "accepted": None,
    }  # fmt: skip


def parts_of(files: pl.DataFrame) -> pl.DataFrame:
    """The partitions that files feed, a row for each file and partition: table, key, path, file, part_sha256."""
    return (
        files.filter(pl.col("kind").is_not_null())
        .select("kind", "path", "file", "parts")
        .explode("parts", empty_as_null=False)
        .unnest("parts")
        .select(pl.col("kind").alias("table"), "key", "path", "file", pl.col("sha256").alias("part_sha256"))
    )


def _hash(landing: Path, place: Path) -> str | None:
    try:
        return landed_sha256(landing, place)
    except OSError:
        return None  # the attempt to read it says why
