"""Decades of a simulated market through the whole graph: a first run, a quiet one, a day more; processor time and memory.

A quiet run and one after a day more are beside those of a lake of one year: what they take should not grow with the decades.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from russell_pipeline.lake import landing

LAST = date(2024, 12, 31)
YEARS, NAMES = 30, 1000
INDEX = """code: DECADES
name: The 90/10 over decades
currency: USD
base: {{date: {base}, value: 1000}}
legs: [{{component: RSCC, units: 9}}, {{component: R2000G, units: -1}}]
"""


class Took(NamedTuple):
    """What a command took: seconds of processor time, MiB at its peak."""

    seconds: float
    peak: float


def _russell(lake: Path, *arguments: str) -> Took:
    command = [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"russell {' '.join(arguments)} exits with {os.waitstatus_to_exitcode(status)}")
    return Took(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _one_day_more(lake: Path) -> None:
    """Files of a session after the last, with the closes and rates of that."""
    market = lake / "landing" / "market"
    closes = pl.read_parquet(market / f"closes_{LAST:%Y-%m}.parquet")
    rates = pl.read_csv(market / f"fx_{LAST.year}.csv", try_parse_dates=True)
    for kind, rows in (("closes", closes), ("fx", rates)):
        last = rows.filter(pl.col("date") == pl.col("date").max())
        last.with_columns(date=date(LAST.year + 1, 1, 2)).write_csv(market / f"{kind}_more.csv")


def _measured(lake: Path, years: int, names: int) -> dict[str, Took]:
    """A first run, a quiet one, and one after a day more."""
    first = LAST.year - years + 1
    simulated = ("--from", f"{first}-01-02", "--to", str(LAST), "--names", str(names))
    _russell(lake, "simulate", *simulated)
    definition = lake / "landing" / "indexes" / "DECADES.yaml"
    definition.parent.mkdir()
    # It begins with the June review of its first year.
    july = pl.read_parquet(lake / "landing" / "market" / f"closes_{first}-07.parquet")
    definition.write_text(INDEX.format(base=july["date"].min()))
    time.sleep(landing.SETTLED_AFTER)
    found = {"a first run": _russell(lake, "run"), "a quiet run": _russell(lake, "run")}
    _one_day_more(lake)
    time.sleep(landing.SETTLED_AFTER)
    return found | {"a run after a day more": _russell(lake, "run")}


def main(years: int = YEARS, names: int = NAMES) -> None:
    """All of it; `python -m benchmarks.decades YEARS NAMES` takes other sizes."""
    with tempfile.TemporaryDirectory() as folder:
        long, short = (_measured(Path(folder) / str(span), span, names) for span in (years, 1))
    for what, took in long.items():
        seconds, memory = (of / by for of, by in zip(took, short[what], strict=True))
        print(
            f"{what} over {years} years of {names:,} names: {took.seconds:.0f} s, {took.peak:.0f} MiB; "
            f"{seconds:.1f}x of the time of one year, {memory:.1f}x of its memory"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
