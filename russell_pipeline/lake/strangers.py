"""Findings on what is in landing and not read, because of its kind, place or name."""

from __future__ import annotations

from collections.abc import Iterator

from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import entries, shown, why_no_file
from russell_pipeline.lake.sources import LIST
from russell_pipeline.lake.store import Lake
from russell_pipeline.supplied.kinds import kind_of

# The folders of landing, and the area that findings on them belong to.
_AREAS = {
    "documents": "documents",
    "components": "market",
    "market": "market",
    "reference": "market",
    "indexes": "index",
}
_REFERENCE = "reference has suspensions*, offerings*, symbol_changes* and overrides*, each as .csv or .parquet"
_INDEXES = "indexes has definitions, CODE.yaml"


def findings(lake: Lake) -> Iterator[Finding]:
    """What lies in landing and is not read, beside the strangers that documents and the market find among their files."""
    top = sorted(place for place in lake.landing.glob("*") if not place.name.startswith("."))
    for place in top:
        if place.name in _AREAS:
            yield from _in_folder(lake, place.name)
        elif place.name != LIST:
            yield _not_read(
                "operations", shown(place.relative_to(lake.landing)), f"landing has {', '.join(_AREAS)} and {LIST}"
            )


def _in_folder(lake: Lake, folder: str) -> Iterator[Finding]:
    root, area = lake.landing / folder, _AREAS[folder]
    if not root.is_dir() and folder != "documents":
        yield Finding(area, "error", folder, f"landing/{folder} cannot be opened: it is no folder, and must be one")
    for entry in entries(root):
        path = entry.relative_to(lake.landing)
        why = why_no_file(entry)
        if why is None and folder == "reference" and kind_of(path.as_posix()) is None:
            why = _REFERENCE
        if why is None and folder == "indexes" and (entry.suffix != ".yaml" or entry.parent != root):
            why = _INDEXES
        if why:
            yield _not_read(area, shown(path), why)


def _not_read(area: str, path: str, why: str) -> Finding:
    return Finding(area, "warning", path, f"{path} is not read: {why}")
