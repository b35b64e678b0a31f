"""Lakes for tests: what a run makes of them, without the graph."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.engine import bring_up_to_date
from russell_pipeline.steps.step import Asked, Written
from russell_pipeline_tests.conftest import PROJECT, land

SCHEDULES = tuple(
    PROJECT / "data_lake" / "landing" / "documents" / name
    for name in ("reconstitution-2019.txt", "review-schedule-2022.pdf")
)


def calendar_lake(root: Path, documents: Iterable[Path] = SCHEDULES, years: Iterable[str] = ()) -> Lake:
    """A lake that holds these documents and the tables of the calendar (of these years; default: of all)."""
    for document in documents:
        land(root, document.name, document.read_bytes())
    lake = Lake(root)
    make(lake, "documents", "sessions")
    assert lake.read("documents")["reason"].drop_nulls().to_list() == []
    made = [*years]
    make(lake, "calendar", asked=Asked(years=made, only_years=bool(made)))
    make(lake, "calendar_findings")
    return lake


def make(lake: Lake, *tables: str, asked: Asked | None = None) -> list[Written]:
    """What a run makes of these tables (default: of all), without the graph; raises why a step fails."""
    written = list[Written]()
    for done in bring_up_to_date(lake, asked or Asked(processes=2), tables or None):
        if done.failure is not None:
            raise done.failure
        written += done.written
    return written
