"""Levels over 30 ragged years of 3,000 names beside reading the closes, 200 definitions, pandas and bt."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from russell_pipeline.index.model import ACTIONS, BASKETS
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES

FIRST, YEARS, NAMES = 1994, 30, 3000
# Of names and years: listings that take the place of deletions, and events.
LEAVE, SPLIT, SPECIAL, PAYERS = 0.06, 0.015, 0.005, 0.4


def sessions_of(year: int) -> list[date]:
    """The weekdays of a year."""
    days = (date(year, 1, 1) + timedelta(n) for n in range(366))
    return [day for day in days if day.weekday() < 5 and day.year == year]


@dataclass
class Universe:
    """Names through the years: those that are listed, with price, shares, float and whether they pay dividends."""

    chance: np.random.Generator
    symbols: list[str]
    price: np.ndarray
    shares: np.ndarray
    free_float: np.ndarray
    payer: np.ndarray
    listed: int = 0

    @classmethod
    def of(cls, names: int) -> Universe:
        one = cls(np.random.default_rng(1), [""] * names, *(np.zeros(names) for _ in range(4)))
        one.list(range(names))
        return one

    def list(self, places: range | list[int]) -> None:
        """List new names at these places."""
        for place in places:
            self.symbols[place] = _symbol(self.listed)
            self.listed += 1
            self.price[place] = round(self.chance.lognormal(3.4, 0.8), 2)
            self.shares[place] = round(self.chance.lognormal(18, 1.2))
            self.free_float[place] = round(self.chance.uniform(0.2, 1), 4)
            self.payer[place] = self.chance.random() < PAYERS


def _symbol(number: int) -> str:
    """A symbol of four letters, in no order of the alphabet."""
    number, letters = number * 175_463 % 26**4, ""
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters += chr(65 + letter)
    return letters


def fill(lake: Lake, years: int = YEARS, names: int = NAMES) -> None:
    """Closes, actions and baskets of every year; the market is ragged: names come and go, split and pay."""
    universe = Universe.of(names)
    for year in range(FIRST, FIRST + years):
        closes, actions, baskets = _year(universe, year)
        for table, frame in (("closes", closes), ("actions", actions)):
            rows = frame.with_columns(
                month=pl.col("date").dt.strftime("%Y-%m"), simulated=True, file=pl.lit(f"{table}-{year}.csv"),
                row=pl.int_range(2, pl.len() + 2, dtype=pl.Int64),
            )  # fmt: skip
            for (month,), part in rows.partition_by("month", as_dict=True).items():
                lake.write(table, part.select(TABLES[table].empty.columns), str(month))
        baskets.write_parquet(lake.root / f"baskets-{year}.parquet")


def _year(universe: Universe, year: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    chance, days, names = universe.chance, sessions_of(year), len(universe.symbols)
    reviews = {n for n in range(len(days) - 1) if days[n].month % 3 == 0 and days[n].weekday() == 4 and 15 <= days[n].day <= 21}
    leaving = _scattered(chance, range(1, len(days) - 1), names, LEAVE)
    splitting = _scattered(chance, range(1, len(days)), names, SPLIT)
    special = _scattered(chance, range(1, len(days)), names, SPECIAL)
    ex_day = chance.integers(1, 62, names)
    moves = np.exp(chance.normal(0, 0.015, (len(days), names)))
    closes, actions, baskets = [], [], []
    for n, day in enumerate(days):
        gone = set()
        for place in splitting.get(n, ()):
            universe.price[place] /= 2
            universe.shares[place] *= 2
            actions.append((universe.symbols[place], day, "split", 2.0, 1.0, None, None, None))
        for place in special.get(n, ()):
            amount = round(universe.price[place] * 0.1, 2) + 0.01
            universe.price[place] = max(universe.price[place] - amount, 0.05)
            actions.append((universe.symbols[place], day, "special_dividend", None, None, amount, None, None))
        for place in np.flatnonzero((universe.payer > 0) & (n % 63 == ex_day)):
            amount = round(universe.price[place] * 0.006, 4) + 0.0001
            actions.append((universe.symbols[place], day, "ordinary_dividend", None, None, amount, None, None))
        universe.price = np.maximum(np.round(universe.price * moves[n], 2), 0.5)
        closes.append(pl.DataFrame({"symbol": universe.symbols, "close": universe.price}).with_columns(date=pl.lit(day)))
        for place in leaving.get(n, ()):
            gone.add(place)
            actions.append((universe.symbols[place], day, "delete", None, None, None, float(universe.price[place]), None))
        if n in reviews or (year == FIRST and n == 0):
            held = [place for place in range(names) if place not in gone]
            baskets.append(
                pl.DataFrame(
                    {
                        "review": f"{day:%Y-%m}", "symbol": [universe.symbols[place] for place in held], "cutoff_on": day,
                        "implemented_on": day, "effective_on": days[n + 1], "close": universe.price[held], "currency": "USD",
                        "shares": universe.shares[held], "free_float": universe.free_float[held], "weighting_factor": 1.0,
                    },
                    BASKETS,
                )
            )  # fmt: skip
        universe.list(sorted(gone))
    told = pl.concat(closes).with_columns(currency=pl.lit("USD"))
    return told, pl.DataFrame(actions, ACTIONS, orient="row"), pl.concat(baskets)


def _scattered(chance: np.random.Generator, days: range, names: int, share: float) -> dict[int, list[int]]:
    """By day of the year, the places that something happens to."""
    found: dict[int, list[int]] = {}
    for place in chance.permutation(names)[: round(share * names)]:
        found.setdefault(int(chance.choice(days)), []).append(int(place))
    return found
