"""A simulated year as frames of landing files."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from russell_pipeline.simulation.parameters import CURRENCIES
from russell_pipeline.simulation.year import Year

SIMULATED = pl.lit(True).alias("simulated")

ACTION = pl.Schema(
    {
        "symbol": pl.String,
        "date": pl.Date,
        "action": pl.String,
        "new": pl.Float64,
        "old": pl.Float64,
        "amount": pl.Float64,
        "price": pl.Float64,
        "to_symbol": pl.String,
    }
)
SUSPENSION = pl.Schema(
    {
        "symbol": pl.String,
        "suspended_on": pl.Date,
        "resumed_on": pl.Date,
        "resumption_announced_on": pl.Date,
        "replicable_market": pl.Boolean,
    }
)
OFFERING = pl.Schema({"symbol": pl.String, "discovered_on": pl.Date, "announced_review": pl.String, "shares": pl.Int64})
SYMBOL_CHANGE = pl.Schema({"date": pl.Date, "old_symbol": pl.String, "new_symbol": pl.String})


def landing_files(year: Year, first: date, last: date) -> dict[str, pl.DataFrame]:
    """The files of a year with what happens from `first` to `last`, by their path in landing/; none without rows.

    Closes have a file for each month, so that a new day changes a small one; components a file for each review, everything else a
    file for each year.
    """
    days = [n for n, day in enumerate(year.schedule.sessions) if first <= day <= last]
    if not days:
        return {}
    begin, end = days[0], days[-1] + 1
    name = year.schedule.sessions[0].year
    files = {
        **_closes(year, begin, end),
        f"market/fx_{name}.csv": _rates(year, begin, end),
        f"market/actions_{name}.csv": _actions(year, begin, end),
        f"reference/suspensions_{name}.csv": _suspensions(year, begin, end),
        f"reference/offerings_{name}.csv": _offerings(year, begin, end),
        f"reference/symbol_changes_{name}.csv": _symbol_changes(year, begin, end),
        **_components(year, begin, end),
    }
    return {path: frame.with_columns(SIMULATED) for path, frame in files.items() if frame.height}


def _closes(year: Year, begin: int, end: int) -> dict[str, pl.DataFrame]:
    listings, sessions = year.listings, np.array(year.schedule.sessions, "M8[D]")
    # The symbols of all names, then their later ones: a row finds its symbol by position, without looking up strings.
    symbols = pl.Series([*map(str, listings.symbols[0]), *map(str, listings.symbols[1])], dtype=pl.String)
    currencies = pl.Series(CURRENCIES, dtype=pl.String)
    months = np.array([day.month for day in year.schedule.sessions[begin:end]])
    files = {}
    for month in np.unique(months):
        days = begin + np.flatnonzero(months == month)
        day = days[:, None]
        trades = (
            (day >= listings.listed)
            & (day <= listings.last_close)
            & ~((day >= listings.suspended) & (day < listings.resumed))
        )
        row, column = np.nonzero(trades)
        renamed = days[row] >= listings.renamed[column]
        files[f"market/closes_{year.schedule.sessions[0].year}-{month:02d}.parquet"] = pl.DataFrame(
            {
                "date": sessions[days[row]],
                "symbol": symbols.gather(column + renamed * len(listings.listed)),
                "close": year.closes[days[row], column],
                "currency": currencies.gather(year.names["currency"][column]),
            }
        )
    return files


def _rates(year: Year, begin: int, end: int) -> pl.DataFrame:
    sessions, foreign = year.schedule.sessions[begin:end], CURRENCIES[1:]
    return pl.DataFrame(
        {
            "date": [day for day in sessions for _ in foreign],
            "currency": list(foreign) * len(sessions),
            "rate": year.rates[begin:end, 1:].ravel(),
        }
    )


def _actions(year: Year, begin: int, end: int) -> pl.DataFrame:
    rows = ({**row, "date": year.schedule.sessions[row["day"]]} for row in year.actions if begin <= row["day"] < end)
    # Several actions of a name on one day stay in the order in which they apply.
    return pl.DataFrame(list(rows), ACTION).sort("date", "symbol", maintain_order=True)


def _suspensions(year: Year, begin: int, end: int) -> pl.DataFrame:
    listings, sessions = year.listings, year.schedule.sessions

    def known(day: int) -> date | None:
        return sessions[day] if day < end else None

    def row(column: int) -> dict[str, Any]:
        start, resumed = int(listings.suspended[column]), int(listings.resumed[column])
        return {
            "symbol": listings.symbol(column, start),
            "suspended_on": sessions[start],
            "resumed_on": known(resumed),
            "resumption_announced_on": known(max(start, resumed - 2)) if resumed < len(sessions) else None,
            "replicable_market": resumed < len(sessions),
        }

    # The suspension of a name that left before has no end: its deletion is not in the files, and its symbol is used again.
    there = (listings.resumed > begin) & (listings.leaves >= begin)
    columns = np.flatnonzero(there & (listings.suspended < end))
    return pl.DataFrame([row(int(column)) for column in columns], SUSPENSION).sort("suspended_on", "symbol")


def _offerings(year: Year, begin: int, end: int) -> pl.DataFrame:
    def row(found: dict[str, Any]) -> dict[str, Any]:
        day = found["day"]
        review = next(one for one in year.schedule.reviews if one.implemented >= day)
        month = f"{year.schedule.sessions[review.implemented]:%Y-%m}"
        return {**found, "discovered_on": year.schedule.sessions[day], "announced_review": month}

    rows = [row(found) for found in year.offerings if begin <= found["day"] < end]
    return pl.DataFrame(rows, OFFERING).sort("discovered_on", "symbol")


def _symbol_changes(year: Year, begin: int, end: int) -> pl.DataFrame:
    listings = year.listings
    columns = np.flatnonzero((listings.renamed >= begin) & (listings.renamed < end))
    rows = [
        (year.schedule.sessions[listings.renamed[n]], str(listings.symbols[0][n]), str(listings.symbols[1][n]))
        for n in columns
    ]
    return pl.DataFrame(rows, SYMBOL_CHANGE, orient="row").sort("date", "old_symbol")


def _components(year: Year, begin: int, end: int) -> dict[str, pl.DataFrame]:
    return {
        f"components/{component}/{review.name}.csv": pl.DataFrame(
            {
                "symbol": names["symbol"].astype(str),
                "company_name": [f"Simulated Company {n:05d}" for n in names["id"]],
                "currency": [CURRENCIES[n] for n in names["currency"]],
                "shares": names["shares"].astype(np.int64),
                "free_float": names["free_float"],
                "style_weight": names["growth"] if component == "R2000G" else np.ones(len(names)),
            }
        )
        for (component, review), names in year.components.items()
        if begin <= review.cutoffs[0] and review.implemented < end
    }
