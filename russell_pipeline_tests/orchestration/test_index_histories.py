"""Protects the way from landing files to levels: random histories, as houses cut and spell them, against exact fractions."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pytest

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.lake.store import Lake
from russell_pipeline_tests.index.exact import Exact, NotPositiveError
from russell_pipeline_tests.index.histories import History, random_history
from russell_pipeline_tests.orchestration.markets import land_market, market_lake, publish_indexes, refresh_market

SESSIONS = nyse_sessions().between(date(2024, 11, 15), date(2025, 7, 31))
# Cut-off and implementation of reviews, by the files of their components: three of the calendar, one that is named by its day.
REVIEWS = {
    "2024-12": (date(2024, 12, 11), date(2024, 12, 20)),
    "2025-03": (date(2025, 3, 12), date(2025, 3, 21)),
    "2025-05-05": (date(2025, 5, 5), date(2025, 5, 5)),
    "2025-06": (date(2025, 6, 18), date(2025, 6, 27)),
}
# What parts the class of a symbol in each kind of file.
SEPARATORS = {"components": ".", "closes": "-", "actions": "", "suspensions": "/", "symbol_changes": "."}
POLICIES = [
    ("net", "market_cap", "ex_open"),
    ("drop", "fixed_weight", "reinvest_close"),
    ("literal", "market_cap", "ex_open"),
]


class Dated(History):
    """A history on the sessions of an exchange."""

    @property
    def sessions(self) -> list[date]:
        return list(SESSIONS)


class House:
    """Puts files into landing with symbols as each kind of file spells them; some names are a class of a company."""

    def __init__(self, lake: Lake, told: History, rng: random.Random) -> None:
        self._lake, self._told = lake, told
        symbols = {symbol for name in told.names for _, symbol in name.symbols}
        self._classes = {symbol for symbol in sorted(symbols) if rng.random() < 0.4}

    def symbol(self, kind: str, name: int, day: int) -> str:
        symbol = self._told.names[name].symbol(day)
        return f"{symbol}{SEPARATORS[kind]}A" if symbol in self._classes else symbol

    def land(self, path: str, header: str, rows: Iterable[Sequence[object]]) -> None:
        file = land_market(self._lake, path, "")
        with file.open("w", newline="") as lines:
            csv.writer(lines).writerows([header.split(","), *rows])


def landed(lake: Lake, told: History, policies: tuple[str, str, str], rng: random.Random) -> None:
    """All that a history tells, as files: closes in a file of each month, in no order."""
    house, days = House(lake, told, rng), told.sessions
    closes: dict[str, list[tuple[object, ...]]] = {}
    for (day, name), close in rng.sample(sorted(told.closes.items()), len(told.closes)):
        row = days[day], house.symbol("closes", name, day), float(close), told.names[name].currency
        closes.setdefault(f"{days[day]:%Y-%m}", []).append(row)
    for month, rows in closes.items():
        house.land(f"market/closes_{month}.csv", "date,symbol,close,currency", rows)
    rates = [(day, "CAD", float(rate)) for day, rate in zip(days, told.rates, strict=True)]
    house.land("market/fx.csv", "date,currency,rate", rates)
    terms = ("new", "old", "amount", "price")
    actions = [
        (
            house.symbol("actions", event.name, event.day),
            days[event.day],
            event.kind,
            *(float(event.terms[term]) if term in event.terms else None for term in terms),
            None if event.into is None else house.symbol("actions", event.into, event.day),
        )
        for event in told.events
    ]
    house.land("market/actions.csv", f"symbol,date,action,{','.join(terms)},to_symbol", actions)
    suspended = [
        (house.symbol("suspensions", name, begin), days[begin], days[end], None, None)
        for name, begin, end in told.suspended
    ]
    header = "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market"
    house.land("reference/suspensions.csv", header, suspended)
    changes = [
        (days[day], house.symbol("symbol_changes", n, day - 1), house.symbol("symbol_changes", n, day))
        for n, name in enumerate(told.names)
        for day, _ in name.symbols[1:]
    ]
    house.land("reference/symbol_changes.csv", "date,old_symbol,new_symbol", changes)
    for held, review in zip(REVIEWS, told.reviews, strict=True):
        for leg, members in (("C", review.long), ("G", review.short)):
            rows = [
                (house.symbol("components", name, review.implemented + 1), *map(float, of))
                for name, of in members.items()
            ]
            house.land(f"components/{leg}/{held}.csv", "symbol,shares,free_float,style_weight", rows)
    named = dict(zip(("short_only_names", "corporate_actions", "total_return"), policies, strict=True))
    land_market(
        lake,
        "indexes/X.yaml",
        f"code: X\nname: X\ncurrency: USD\nbase: {{date: {days[told.base]}, value: 1000}}\npolicies: {named}\n"
        "legs: [{component: C, units: 9}, {component: G, units: -1}]\n",
    )


@pytest.mark.parametrize("seed", range(3))
def test_levels_of_landing_files_are_those_of_exact_fractions(tmp_path: Path, seed: int) -> None:
    """Over two years, each from the state of the one before; an index that is worth nothing is refused."""
    at, policies, lake = (
        {day: n for n, day in enumerate(SESSIONS)},
        POLICIES[seed % len(POLICIES)],
        market_lake(tmp_path),
    )
    reviewed = [(at[cutoff], at[day]) for cutoff, day in REVIEWS.values()]
    told = Dated(**vars(random_history(random.Random(seed), days=len(SESSIONS), events=60, reviewed=reviewed)))
    landed(lake, told, policies, random.Random(seed))
    refresh_market(lake)
    publish_indexes(lake, SESSIONS[-1])
    runs = lake.read("index_runs").filter(index_code="X")
    try:
        oracle = Exact(told, (9, 1), *policies)
    except NotPositiveError:
        assert "refused" in runs["state"].to_list()
        return
    assert runs["state"].to_list() == ["computed", "computed"], runs["reason"].to_list()
    levels = lake.read("index_levels").filter(index_code="X").sort("date")
    assert levels["date"].to_list() == [SESSIONS[day] for day in oracle.days]
    for column, of in (("price_index", "level"), ("total_return_index", "total_return"), ("divisor", "divisor")):
        expected = [float(getattr(day, of)) for day in oracle.days.values()]
        assert levels[column].to_list() == pytest.approx(expected, rel=1e-10), column
