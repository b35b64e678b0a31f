"""Findings on what is in landing and not read, because of its kind, place or name."""

from __future__ import annotations

from collections.abc import Iterator

from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import LEFT_BEHIND, entries, shown, why_no_file, why_no_folder
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.kinds import FOLDERS, REFERENCE, kind_of, read_in
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.files.other_formats import advised, definition_advice, table_advice
from russell_pipeline.steps.index.inputs import definitions, sources
from russell_pipeline.steps.sources import LIST

# The folders of landing, and the area that findings on them belong to.
_AREAS = {"documents": "documents", **dict.fromkeys(FOLDERS, AREA), "indexes": "index"}
_INDEXES = "indexes has definitions, CODE.yaml"


def findings(lake: Lake) -> Iterator[Finding]:
    """What lies in landing and is not read, beside the unrecognised files that documents and the market report themselves."""
    top = sorted(place for place in lake.landing.glob("*") if not LEFT_BEHIND.match(place.name))
    for place in top:
        if place.name in _AREAS:
            yield from _in_folder(lake, place.name)
        elif place.name != LIST:
            yield _not_read(
                "operations", shown(place.relative_to(lake.landing)), f"landing has {', '.join(_AREAS)} and {LIST}"
            )


def _in_folder(lake: Lake, folder: str) -> Iterator[Finding]:
    root, area = lake.landing / folder, _AREAS[folder]
    if folder != "documents" and (why := why_no_folder(lake.landing, folder)):
        yield Finding(area, "error", folder, f"landing/{folder} cannot be opened: {why}")
    for entry in entries(lake.landing, folder):
        path = entry.relative_to(lake.landing)
        why = why_no_file(lake.landing, entry)
        if why is None and folder == REFERENCE and kind_of(path.as_posix()) is None:
            why = advised(read_in(folder), table_advice(path.name))
        if why is None and folder == "indexes" and (entry.suffix != ".yaml" or entry.parent != root):
            why = advised(_INDEXES, definition_advice(path.name))
        if why:
            yield _not_read(area, shown(path), why)
    if folder == "components":
        yield from _spelled_otherwise(lake)


def _spelled_otherwise(lake: Lake) -> Iterator[Finding]:
    """Folders of components whose names differ from a component of a definition by case alone."""
    used = {code for one in definitions(lake)[0].values() for code in sources(one)}
    alike = {code.upper(): code for code in sorted(used)}
    for place in sorted((lake.landing / "components").glob("*")):
        meant = alike.get(place.name.upper())
        if place.is_dir() and meant and place.name not in used:
            path = f"components/{shown(place.relative_to(place.parent))}"
            says = f"{path} is no component of an index: name it components/{meant}, as the definition does"
            yield Finding("market", "warning", path, says)


def _not_read(area: str, path: str, why: str) -> Finding:
    return Finding(area, "warning", path, f"{path} is not read: {why}")
