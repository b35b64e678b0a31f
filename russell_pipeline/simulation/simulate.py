"""The simulated market as landing files, year by year or all at once. landing_files.py says where they are put."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import Sessions, nyse_sessions
from russell_pipeline.simulation.landing_files import landing_files
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.schedule import schedule
from russell_pipeline.simulation.year import Market, simulated_year


def simulate(parameters: Simulation) -> dict[str, pl.DataFrame]:
    """The simulated market's landing files by their path in landing/; every row says `simulated`.

    The same parameters give the same frames. A later last date adds rows, and changes earlier ones only by telling when a
    suspension ended. A review is included if its price cut-offs and its implementation are. For decades, which may not fit into
    memory, use `simulated_years`.
    """
    return {path: frame for files in simulated_years(parameters) for path, frame in files.items()}


def simulated_years(parameters: Simulation) -> Iterator[dict[str, pl.DataFrame]]:
    """The same files, a year at a time; no file has rows of two years."""
    calendar = RuleCalendar(_sessions(parameters.last))
    market = Market()
    for year in range(parameters.first.year, parameters.last.year + 1):
        book = simulated_year(market, year, schedule(year, calendar), parameters)
        yield landing_files(book, parameters.first, parameters.last)


def _sessions(last: date) -> Sessions:
    """NYSE sessions at least to the end of the year after `last`; by default they end some years from today."""
    known = nyse_sessions()
    return known if known.last.year > last.year else nyse_sessions(last=date(last.year + 1, 12, 31))
