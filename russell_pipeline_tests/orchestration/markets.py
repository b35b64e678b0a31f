"""Lakes with a market for tests: files put into landing, read and checked, and what was found."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.kinds import TABLE_KINDS
from russell_pipeline.steps import calendar as calendar_rows
from russell_pipeline.steps.index.step import ComputeIndexes
from russell_pipeline.steps.market import ReadMarket
from russell_pipeline.steps.market_findings import market_findings
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.lakes import make

CLOSES = "date,symbol,close\n"
ACTIONS = "symbol,date,action,new,old,amount,price,to_symbol\n"
COMPONENTS = "symbol,shares,free_float\n"
TODAY = date(2024, 7, 1)


_sessions = cache(calendar_rows.sessions)


def market_lake(root: Path) -> Lake:
    """A lake with sessions and nothing else."""
    lake = Lake(root)
    lake.write("sessions", _sessions())
    return lake


def land_market(lake: Lake, path: str, content: str | bytes) -> Path:
    """Put a file into landing."""
    file = lake.landing / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def refresh_market(lake: Lake, today: date = TODAY) -> list[tuple[str, str]]:
    """What the assets of the market do: read what is new, check it; returns the partitions made again."""
    written = make(lake, *ReadMarket.tables, asked=Asked(today=today))
    lake.write("market_findings", market_findings(lake))
    return [(one.table, one.key) for one in written if one.table in TABLE_KINDS]


def publish_indexes(lake: Lake, today: date = TODAY) -> None:
    """What the assets of the indexes do: compute the years that are stale, each from the state of the one before."""
    make(lake, *ComputeIndexes.tables, asked=Asked(today=today))


def messages(lake: Lake, *severities: str) -> list[str]:
    """The findings of these severities, by default the errors."""
    found = lake.read("market_findings").drop_nulls("message")
    return [row["message"] for row in found.iter_rows(named=True) if row["severity"] in (severities or ("error",))]
