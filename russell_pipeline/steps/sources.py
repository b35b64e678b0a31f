"""The step of sources: fetches documents from the addresses in landing/sources.yaml, and keeps them in landing and two tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from russell_pipeline.findings import Finding
from russell_pipeline.lake.landing import await_settled, is_settled, why_no_file
from russell_pipeline.lake.store import FETCHED, Lake, publish
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.sources.model import Listed, Source, read_sources
from russell_pipeline.steps.step import WHOLE, Left, Step, Written
from russell_pipeline.yaml_text import YamlRefused, bytes_of_yaml, plain_values

if TYPE_CHECKING:
    from russell_pipeline.sources.fetching import Answer, FetchLimits

LIST = "sources.yaml"
_AREA = "sources"
_VERSION = ("document_id", "file_name", "bytes", "fetched_at")
_VALIDATORS = ("etag", "last_modified")

Row = dict[str, Any]


class FetchSources(Step):
    """Asks every listed address whether it has another document. They are asked in every run that is not offline."""

    tables = ("sources", "fetched_documents")

    def wanted(self) -> Mapping[str, str]:
        """One part, which nothing but asking can tell to be current; none where no address is listed or was."""
        return {WHOLE: ""} if not self.asked.offline and plan_fetching(self.lake) else {}

    def made(self) -> Mapping[str, str | None]:
        return {}

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:  # noqa: ARG002
        """Ask the addresses; the names of new documents are yielded when their files count as written."""
        before = self.lake.version("sources")
        new = carry_out(self.lake, plan_fetching(self.lake), datetime.now(UTC).replace(tzinfo=None))
        if self.lake.version("sources") != before:
            yield Written("sources")
        if new:
            await_settled(self.lake.landing)
        yield from (Written("fetched_documents", name) for name in new)


@dataclass(frozen=True, slots=True)
class FetchingPlan:
    """The sources to ask, each with its current row of `sources`, and the ids of those that are no longer listed."""

    asked: Sequence[tuple[Source, Row]]
    gone: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.asked or self.gone)


def plan_fetching(lake: Lake) -> FetchingPlan:
    """The sources to ask; none while the list is being written.

    Validators are those of the version that is kept. If its file is gone from landing, the source is asked without them, for the
    whole document.
    """
    if not is_settled(lake.landing / LIST):
        return FetchingPlan((), ())
    listed = _listed(lake).sources
    known = {row["source_id"]: row for row in lake.read("sources").iter_rows(named=True)}
    last = {row["source_id"]: row for row in lake.read("fetched_documents").sort("fetched_at").iter_rows(named=True)}
    asked = [(source, _row(lake, source, known, last)) for source in listed]
    return FetchingPlan(asked, sorted(known.keys() - {source.source_id for source in listed}))


def _row(lake: Lake, source: Source, known: Mapping[str, Row], last: Mapping[str, Row]) -> Row:
    """What is known of a source: the last version of its document, with validators if its file is there."""
    version = last.get(source.source_id, {})
    there = version and (lake.landing / "documents" / version["file_name"]).is_file()
    validators = known.get(source.source_id, {}) if there else {}
    return {
        "source_id": source.source_id,
        "address": source.shown,
        **{column: version.get(column) for column in _VERSION},
        **{column: validators.get(column) for column in _VALIDATORS},
    }


def carry_out(lake: Lake, plan: FetchingPlan, now: datetime, limits: FetchLimits | None = None) -> list[str]:
    """Ask the plan's sources and keep what comes; returns the names in landing/documents of new versions.

    A document is put into landing as soon as it comes, and the tables are written last: what a killed run fetched is fetched
    again. For a source that fails, or whose document is unchanged, only `state` and `reason` change.
    """
    from russell_pipeline.sources.fetching import Request, fetch_all

    rows = {source.source_id: row for source, row in plan.asked}
    requests = [
        Request(source.source_id, source.address, *(rows[source.source_id][column] for column in _VALIDATORS))
        for source, _ in plan.asked
    ]
    versions: list[Row] = []
    for answer in fetch_all(requests, limits) if requests else ():
        row = rows[answer.source_id]
        row |= {"state": "failed" if answer.reason else "fetched", "reason": answer.reason}
        if answer.content is not None and _keep(lake, row, answer, now):
            versions.append(row)
    kept = lake.read("fetched_documents")
    lake.write("fetched_documents", pl.concat([kept, TABLES["fetched_documents"].frame(versions)]))
    _write_sidecars(lake, plan)
    lake.write("sources", TABLES["sources"].frame(rows.values()))
    return sorted({row["file_name"] for row in versions})


def _keep(lake: Lake, row: Row, answer: Answer, now: datetime) -> bool:
    """Put a document into landing and its facts into the row of its source; returns whether it is a new version.

    Unchanged bytes keep their validators: otherwise a server that renews them each time would change the table each night.
    """
    assert answer.content is not None
    content = answer.content
    document_id = hashlib.sha256(content).hexdigest()
    file_name = f"{FETCHED}/{document_id}{answer.suffix}"
    publish(lake.landing / "documents" / file_name, lambda file: file.write_bytes(content))
    another = bool(row["document_id"] != document_id)
    if another:
        row |= {"document_id": document_id, "file_name": file_name, "bytes": len(content), "fetched_at": now}
    if another or not any(row[column] for column in _VALIDATORS):
        row |= {"etag": answer.etag, "last_modified": answer.last_modified}
    return another


def _write_sidecars(lake: Lake, plan: FetchingPlan) -> None:
    """Write the facts of each source beside the current version of its document; for a shared one, those of the first source.

    What people decided there of single lines stays, and so does a sidecar that cannot be read, which its document is refused for.
    """
    sidecars: dict[Path, Source] = {}
    for source, row in plan.asked:
        document = lake.landing / "documents" / (row["file_name"] or "")
        if document.is_file():
            sidecars.setdefault(document.with_suffix(".yaml"), source)
    for file, source in sidecars.items():
        try:
            there = plain_values(bytes_of_yaml(file)) if file.exists() else None
        except YamlRefused:
            continue
        sidecar = source.sidecar(there.get("lines") if isinstance(there, dict) else None)
        if not sidecar:
            file.unlink(missing_ok=True)
        elif sidecar != there:
            publish(file, _writes(yaml.safe_dump(sidecar, allow_unicode=True, sort_keys=False)))


def findings(lake: Lake) -> Iterator[Finding]:
    """The findings on sources: a wrong list, sources that fail, documents that changed, and those that two sources have."""
    listed = _listed(lake)
    for problem in listed.problems:
        yield Finding(_AREA, "error", LIST, problem)
    rows = {row["source_id"]: row for row in lake.read("sources").iter_rows(named=True)}
    first: dict[str, str] = {}
    for source in listed.sources:
        row = rows.get(source.source_id)
        if row is None:
            continue
        address, document_id = row["address"], row["document_id"]
        if row["state"] == "failed" and document_id is None:
            yield Finding(_AREA, "error", address, f"{address} {row['reason']}")
        elif row["state"] == "failed":
            stays = f"the version of {row['fetched_at']:%Y-%m-%d} stays"
            yield Finding(_AREA, "warning", address, f"{address} {row['reason']}; {stays}", document_id)
        if document_id and first.setdefault(document_id, source.source_id) != source.source_id:
            message = f"{address} holds the same document as {rows[first[document_id]]['address']}, whose facts hold"
            yield Finding(_AREA, "info", address, message, document_id)
    yield from _changes(lake)


def _changes(lake: Lake) -> Iterator[Finding]:
    """Findings on versions that replaced others."""
    before: dict[str, str] = {}
    for row in lake.read("fetched_documents").sort("fetched_at").iter_rows(named=True):
        former = before.get(row["source_id"])
        if former:
            message = f"{row['address']} changed: {row['file_name']} of {row['fetched_at']:%Y-%m-%d} follows {former}"
            yield Finding(_AREA, "info", row["address"], message, row["document_id"])
        before[row["source_id"]] = row["file_name"]


def _listed(lake: Lake) -> Listed:
    """The sources that are listed; none where there is no list."""
    try:
        place = lake.landing / LIST
        if not place.exists():
            return Listed()
        if why := why_no_file(lake.landing, place):
            raise YamlRefused(why)
        return read_sources(bytes_of_yaml(place), LIST)
    except YamlRefused as refused:
        return Listed(problems=[f"{LIST} {refused}"])
    except OSError as error:
        return Listed(problems=[f"{LIST} cannot be opened: {error.strerror or error}"])


def _writes(text: str) -> Callable[[Path], int]:
    return lambda file: file.write_text(text, "utf-8")
