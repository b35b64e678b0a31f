"""A simulated market written, read and checked; and a day appended to decades of it beside making them again."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from russell_pipeline.lake import landing
from russell_pipeline.lake.landing import write_files
from russell_pipeline.lake.store import Lake
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulated_years
from russell_pipeline.steps.engine import bring_up_to_date
from russell_pipeline.steps.market import ReadMarket
from russell_pipeline.steps.step import Asked

LAST = date(2025, 12, 31)
ROUNDS = 3
APPENDED = 5


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _simulate(lake: Lake, parameters: Simulation) -> None:
    for year in simulated_years(parameters):
        write_files(year, lake.landing)


def _new_lake(root: Path, years: int, names: int) -> tuple[Lake, float]:
    """A lake with a simulated market in landing and nothing read yet, and the seconds that the simulation took."""
    lake = Lake(root)
    assert not any(done.failure for done in bring_up_to_date(lake, Asked(), ("sessions", "calendar")))
    market = Simulation(date(LAST.year - years + 1, 1, 2), LAST, names=names)
    return lake, _seconds(lambda: _simulate(lake, market))


def _read_and_check(lake: Lake) -> None:
    """What the assets of the market do."""
    made = bring_up_to_date(lake, Asked(today=LAST), (*ReadMarket.tables, "market_findings"))
    assert not any(done.failure for done in made)


def _copied(lake: Lake, aside: Path) -> None:
    """The closes of landing read and written by polars alone, month by month."""
    for file in sorted((lake.landing / "market").glob("closes*.parquet")):
        pl.read_parquet(file).sort("date", "symbol").write_parquet(aside)


def simulate_and_validate(names: int, years: int = 2) -> None:
    """Seconds for two years, and as a ratio to sorting and writing the same closes without a look at them."""
    with tempfile.TemporaryDirectory() as folder:
        simulated, validated, copied = [], [], []
        for place in range(ROUNDS):
            lake, seconds = _new_lake(Path(folder) / str(place), years, names)
            simulated.append(seconds)
            validated.append(_seconds(lambda lake=lake: _read_and_check(lake)))
            copied.append(_seconds(lambda lake=lake: _copied(lake, Path(folder) / "aside.parquet")))
        rows = lake.count("closes")
    print(
        f"{years} years of {names:,} names, {rows:,} closes: simulated in {min(simulated):.1f} s, read and checked in "
        f"{min(validated):.1f} s, {min(validated) / min(copied):.1f}x of sorting and writing the closes alone"
    )


def append_a_day(names: int, years: int) -> None:
    """A new day in the file of its month, as a part of making all tables and checks again."""
    with tempfile.TemporaryDirectory() as folder:
        lake, _ = _new_lake(Path(folder), years, names)
        rebuilt = _seconds(lambda: _read_and_check(lake))
        file = lake.landing / "market" / f"closes_{LAST:%Y-%m}.parquet"
        month = pl.read_parquet(file)
        older = {path: path.stat().st_mtime_ns for path in lake.tables.glob("closes/*/*.parquet")}
        appended = []
        for _ in range(APPENDED):
            month.filter(pl.col("date") < month["date"].max()).write_parquet(file)
            _read_and_check(lake)
            month.write_parquet(file)
            appended.append(_seconds(lambda: _read_and_check(lake)))
        rewritten = [path.parent.name for path, at in older.items() if path.stat().st_mtime_ns != at]
    print(
        f"a day appended to {years} years of {names:,} names: 1/{rebuilt / min(appended):.0f} of a rebuild "
        f"({1000 * min(appended):.0f} ms to {rebuilt:.0f} s); months of closes rewritten: {', '.join(rewritten)}"
    )


def main(names: int = 4000, years: int = 30) -> None:
    """All of it; `python -m benchmarks.market NAMES YEARS` takes other sizes."""
    landing.SETTLED_AFTER = 0.0  # what is landed here is written
    simulate_and_validate(names)
    append_a_day(names, years)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
