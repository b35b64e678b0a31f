"""The assets of the calendar: sessions, the dates of every review, and what contradicts what."""

from collections.abc import Iterator, Sequence

import polars as pl

from russell_pipeline.lake import calendar as rows_of
from russell_pipeline.lake.staleness import WHOLE, documents_of
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.derived import derived_asset

_SCHEDULES = ["documents", "document_lines", "sessions"]


def _sessions(lake: Lake, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    yield WHOLE, rows_of.sessions()


def _calendar(lake: Lake, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    yield from rows_of.calendar(lake, documents_of(lake, "calendar_findings", WHOLE), keys)


def _calendar_findings(lake: Lake, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    yield WHOLE, rows_of.calendar_findings(lake, documents_of(lake, "calendar_findings", WHOLE))


sessions = derived_asset("sessions", _sessions, deps=[])
calendar = derived_asset("calendar", _calendar, deps=_SCHEDULES)
calendar_findings = derived_asset("calendar_findings", _calendar_findings, deps=_SCHEDULES)

assets = [sessions, calendar, calendar_findings]
