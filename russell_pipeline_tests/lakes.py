"""Lakes for tests: documents read and the tables of the calendar made of them, without a run of the graph."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps import calendar as rows_of
from russell_pipeline.steps.reading import carry_out, plan_reading
from russell_pipeline.steps.staleness import Inputs
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
    for read in carry_out(lake, plan_reading(lake, scan_documents(lake.landing)), processes=2):
        assert read.accepted, read.reason
    lake.write("sessions", rows_of.sessions())
    for key, rows in rows_of.calendar(lake, years or Inputs(lake).fingerprints("calendar")):
        lake.write("calendar", rows, key)
    lake.write("calendar_findings", rows_of.calendar_findings(lake))
    return lake
