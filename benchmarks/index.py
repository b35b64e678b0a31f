"""Levels over 30 ragged years of 3,000 names beside reading what they need; 200 weightings, plain pandas, and bt.

`python -m benchmarks index`; `python -m benchmarks.index STEP FOLDER` is one step in a process of its own, for its memory.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import Levels, run
from russell_pipeline.index.model import ACTIONS, BASKETS, CLOSES, Market
from russell_pipeline.index.panel import build_panel
from russell_pipeline.index.weightings import WeightingLevels, calculate_weightings
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

FIRST, YEARS, NAMES = 1994, 30, 3000
DEFINITIONS, ONE_BY_ONE = 200, 20
ROUNDS = 3
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
        baskets.write_parquet(_baskets(lake, year))


def _baskets(lake: Lake, year: int) -> Path:
    return lake.root / f"baskets-{year}.parquet"


def _year(universe: Universe, year: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    chance, days, names = universe.chance, sessions_of(year), len(universe.symbols)
    reviews = {
        n for n in range(len(days) - 1) if days[n].month % 3 == 0 and days[n].weekday() == 4 and 15 <= days[n].day <= 21
    }
    leaving = _scattered(chance, range(1, len(days) - 1), names, LEAVE)
    splitting = _scattered(chance, range(1, len(days)), names, SPLIT)
    special = _scattered(chance, range(1, len(days)), names, SPECIAL)
    ex_day = chance.integers(1, 62, names)
    moves = np.exp(chance.normal(0, 0.015, (len(days), names)))
    symbols: list[str] = []
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
        symbols += universe.symbols
        closes.append(universe.price.copy())
        for place in leaving.get(n, ()):
            gone.add(place)
            actions.append(
                (universe.symbols[place], day, "delete", None, None, None, float(universe.price[place]), None)
            )
        if n in reviews or (year == FIRST and n == 0):
            held = [place for place in range(names) if place not in gone]
            baskets.append(
                pl.DataFrame(
                    {
                        "review": f"{day:%Y-%m}", "symbol": [universe.symbols[place] for place in held], "cutoff_on": day,
                        "implemented_on": day, "effective_on": days[n + 1], "close": universe.price[held], "currency": "USD",
                        "price_on": day, "shares": universe.shares[held], "free_float": universe.free_float[held],
                        "weighting_factor": 1.0,
                    },
                    BASKETS,
                )
            )  # fmt: skip
        universe.list(sorted(gone))
    told = pl.DataFrame(
        {
            "date": np.repeat(np.array(days, "M8[D]"), names),
            "symbol": symbols,
            "close": np.concatenate(closes),
            "currency": "USD",
        }
    )
    return told, pl.DataFrame(actions, ACTIONS, orient="row"), pl.concat(baskets)


def _scattered(chance: np.random.Generator, days: range, names: int, share: float) -> dict[int, list[int]]:
    """By day of the year, the places that something happens to."""
    found: dict[int, list[int]] = {}
    for place in chance.permutation(names)[: round(share * names)]:
        found.setdefault(int(chance.choice(days)), []).append(int(place))
    return found


def definition(code: str = "X") -> Definition:
    """An ordinary free-float index of all names."""
    leg = {"component": "ALL", "units": 1}
    base = {"date": sessions_of(FIRST)[0], "value": 1000}
    return Definition.model_validate({"code": code, "name": code, "currency": "USD", "base": base, "legs": [leg]})


def years_of(lake: Lake) -> list[int]:
    """The years that a lake has closes of."""
    return sorted({int(key[:4]) for key in lake.keys("closes")})


def _months(year: int) -> list[str]:
    return [f"{year}-{month:02}" for month in range(1, 13)]


def read(lake: Lake, year: int) -> pl.DataFrame:
    """The columns that levels need of the closes of a year."""
    return lake.read("closes", _months(year), list(CLOSES))


def market(lake: Lake, year: int) -> tuple[Market, pl.DataFrame]:
    """All that levels of a year are made from."""
    actions = lake.read("actions", _months(year), list(ACTIONS))
    return Market(read(lake, year), actions=actions), pl.read_parquet(_baskets(lake, year))


def levels(lake: Lake) -> pl.DataFrame:
    """Price and total return levels of all years, each from the state of the one before; the next is read meanwhile."""
    found, state, years = [], None, years_of(lake)
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(market, lake, years[0])
        for year, following in zip_longest(years, years[1:]):
            inputs, baskets = reading.result()
            if following:
                reading = reader.submit(market, lake, following)
            done = run(definition(), inputs, baskets, sessions_of(year), state)
            found.append(done.levels)
            state = done.state
    return pl.concat(found)


def split(lake: Lake) -> str:
    """What the second year takes, in processor time beside reading its closes: all reading, the panel, the index itself."""
    first, year = years_of(lake)[:2]
    state = run(definition(), *market(lake, first), sessions_of(first)).state
    inputs, baskets = market(lake, year)
    steps: dict[str, Callable[[], object]] = {
        "all that is read": lambda: market(lake, year),
        "the panel": lambda: build_panel(inputs, sessions_of(year)),
        "panel and index": lambda: run(definition(), inputs, baskets, sessions_of(year), state),
    }
    alone, *took = (
        min(_seconds(step, time.process_time) for _ in range(ROUNDS))
        for step in (lambda: read(lake, year), *steps.values())
    )
    return "one year beside reading its closes: " + ", ".join(
        f"{name} {one / alone:.1f}x" for name, one in zip(steps, took, strict=True)
    )


def reading(lake: Lake) -> None:
    """The columns that levels need of all years: closes, actions, weights."""
    for year in years_of(lake):
        market(lake, year)


def reading_as_others(lake: Lake) -> dict[str, float]:
    """The seconds in which the same columns are read, year by year, by the other engines that the project is built on."""
    import duckdb
    import pyarrow.parquet as pq

    def files(year: int) -> list[tuple[list[str], list[str]]]:
        of = {"closes": CLOSES, "actions": ACTIONS}
        tables = [([str(lake.path(table, month)) for month in _months(year)], list(of[table])) for table in of]
        return [*tables, ([str(_baskets(lake, year))], list(BASKETS))]

    def by_duckdb() -> None:
        with duckdb.connect() as connection:
            for year in years_of(lake):
                for paths, columns in files(year):
                    read = f"SELECT {', '.join(columns)} FROM read_parquet({paths}, hive_partitioning = false)"
                    connection.sql(read).pl()

    def by_pyarrow() -> None:
        for year in years_of(lake):
            for paths, columns in files(year):
                for path in paths:
                    pq.read_table(path, columns=columns, partitioning=None)

    return {
        name: min(_seconds(step) for _ in range(ROUNDS))
        for name, step in {"DuckDB": by_duckdb, "PyArrow": by_pyarrow}.items()
    }


def many(lake: Lake) -> str:
    """As many weightings over the panel of one year, at once and one by one, and one matrix product of their size."""
    year = years_of(lake)[0]
    inputs, baskets = market(lake, year)
    days, chance = sessions_of(year), np.random.default_rng(2)
    over = build_panel(inputs, days)
    factors = {
        str(review): chance.uniform(0, 1, (names.height, DEFINITIONS))
        for (review,), names in baskets.group_by("review")
    }
    dense = chance.uniform(0, 1, (over.close.shape[1], DEFINITIONS))

    def at_once() -> WeightingLevels:
        return calculate_weightings(definition(), inputs, baskets, factors, days, prepared=over)

    def alone(index: int) -> Levels:
        factor = pl.concat(
            pl.Series(factors[review][:, index]) for review in baskets["review"].unique(maintain_order=True)
        )
        return run(definition(), inputs, baskets.with_columns(weighting_factor=factor), days, prepared=over)

    steps: tuple[Callable[[], object], ...] = (lambda: over.close @ dense, at_once)
    product, ours = (min(_seconds(step) for _ in range(7 * ROUNDS)) for step in steps)
    each = _seconds(lambda: [alone(index) for index in range(ONE_BY_ONE)]) / ONE_BY_ONE
    apart = np.abs(at_once().price_index[:, 0] / alone(0).levels["price_index"].to_numpy() - 1).max()
    return (
        f"{DEFINITIONS} weightings over one year: {ours / product:.1f}x of one matrix product (least of {7 * ROUNDS}); one by "
        f"one {1000 * each:.0f} ms each, {DEFINITIONS * each / product:.0f}x, levels apart by {apart:.1e}"
    )


def with_pandas(lake: Lake, years: list[int]) -> pd.DataFrame:
    """Plain pandas: closes as a wide frame, shares as another, and a day's return as the ratio of two sums."""
    import pandas as pd

    closes = pd.concat(read(lake, year).to_pandas() for year in years)
    wide = closes.pivot(index="date", columns="symbol", values="close")
    before, shares, paid, taken = wide.shift(1), wide * 0.0, wide * 0.0, wide * 0.0
    inputs = [market(lake, year) for year in years]
    actions = pd.concat(one.actions.to_pandas() for one, _ in inputs)
    reviews = [review for _, baskets in inputs for review in baskets.partition_by("review", maintain_order=True)]
    days = wide.index
    for review in reviews:
        held = pd.Series(review["shares"] * review["free_float"], review["symbol"])
        shares.loc[days > pd.Timestamp(review["implemented_on"][0]), :] = (
            held.reindex(wide.columns).fillna(0.0).to_numpy()
        )
        for split in actions[
            (actions.action == "split") & (actions.date > pd.Timestamp(review["implemented_on"][0]))
        ].itertuples():
            shares.loc[days >= split.date, split.symbol] *= split.new / split.old
        for gone in actions[actions.action == "delete"].itertuples():
            shares.loc[days > gone.date, gone.symbol] = 0.0
    for action in actions.itertuples():
        if action.action == "split":
            before.loc[action.date, action.symbol] *= action.old / action.new
        elif action.action == "special_dividend":
            taken.loc[action.date, action.symbol] += action.amount
        elif action.action == "ordinary_dividend":
            paid.loc[action.date, action.symbol] += action.amount
    for split in actions[actions.action == "split"].itertuples():  # dividends are for the shares before
        paid.loc[split.date, split.symbol] *= split.old / split.new
    now, then, cash, income = ((of * shares).sum(axis=1) for of in (wide, before, taken, paid))
    price = now / (then - cash)
    moves = pd.DataFrame({"price_index": price, "total_return_index": price * then / (then - income)})
    return moves.fillna(1.0).cumprod() * 1000


def with_bt(lake: Lake, year: int) -> None:
    """bt: the names that are listed all year, weighted anew every quarter; it knows no events of names."""
    import bt

    closes = read(lake, year).to_pandas().pivot(index="date", columns="symbol", values="close").dropna(axis=1)
    equal = dict.fromkeys(closes.columns, 1 / closes.shape[1])
    steps = [bt.algos.RunQuarterly(), bt.algos.SelectAll(), bt.algos.WeighSpecified(**equal), bt.algos.Rebalance()]
    bt.run(bt.Backtest(bt.Strategy("X", steps), closes, integer_positions=False, progress_bar=False))


def _seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    started = clock()
    call()
    return clock() - started


def _peak(step: str, folder: str) -> float:
    """The peak of a process that does one step, in MiB."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.index", step, folder], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def main(years: int = YEARS) -> None:
    """All of it, on a market of so many years in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        fill(lake, years)
        report(lake)


def report(lake: Lake) -> None:
    """Measure on a lake that is filled."""
    theirs, ours, busy = [], [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        theirs.append(_seconds(lambda: reading(lake)))
        between = time.process_time()
        ours.append(_seconds(lambda: levels(lake)))
        busy.append((time.process_time() - between) / (between - started))
    rows = lake.count("closes")
    print(
        f"{rows:,} closes of {len(years_of(lake))} years: price and total return in {min(ours):.1f} s, reading included, "
        f"{min(ours) / min(theirs):.2f}x of reading alone (least of {ROUNDS} turns), {min(busy):.2f}x of its processor time"
    )
    others = reading_as_others(lake)
    print("reading alone by " + ", by ".join(f"{name}: {min(ours) / took:.2f}x" for name, took in others.items()))
    imports, peak = _peak("imports", str(lake.root)), _peak("levels", str(lake.root))
    print(
        f"peak {peak:.0f} MiB, of which imports {imports:.0f} MiB; reading alone {_peak('reading', str(lake.root)):.0f} MiB"
    )
    print(split(lake))
    print(many(lake))
    few = years_of(lake)[:2]
    part = levels(lake).filter(pl.col("date").dt.year().is_in(few))
    found: list[pd.DataFrame] = []
    pandas = _seconds(lambda: found.append(with_pandas(lake, few)))
    share = min(ours) * len(few) / len(years_of(lake))
    apart = np.abs(found[0].to_numpy() / part.select("price_index", "total_return_index").to_numpy() - 1).max()
    print(f"plain pandas, {len(few)} years: {pandas / share:.0f}x of ours, levels apart by {apart:.1e}")
    try:
        bt = _seconds(lambda: with_bt(lake, few[0]))
    except ImportError:
        print("bt is not installed: pip install bt")
    else:
        print(f"bt, 1 year without events: {bt / (min(ours) / len(years_of(lake))):.0f}x of ours")


if __name__ == "__main__":
    step, where = sys.argv[1:]
    {"imports": lambda _: None, "reading": reading, "levels": levels, "report": report}[step](Lake(Path(where)))
    if step != "report":
        status = Path("/proc/self/status").read_text()  # getrusage would count what the parent held when it forked
        print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024)
