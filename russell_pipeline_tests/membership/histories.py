"""Index histories for tests: members over the years, published as lists and changes."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from russell_pipeline.membership.build import Membership, Reference, build_membership
from russell_pipeline.membership.model import Decision, Observation, PublishedChanges, PublishedList, SymbolChange
from russell_pipeline.membership.states import Reconstitutions

_JUNE_DAYS = (28, 27, 26, 25, 30, 29, 28, 27, 25, 24, 30, 29, 27, 26, 25, 24, 29, 28)
JUNE = dict(enumerate(_JUNE_DAYS, 2004))
RECONSTITUTIONS = Reconstitutions([date(year, 6, day) for year, day in JUNE.items()], [f"{year}-06" for year in JUNE])


def june(year: int) -> date:
    """The day on which the reconstitution of a year takes effect."""
    return date(year, 6, JUNE[year])


@dataclass
class Documents:
    """Documents as they are published, one after another."""

    lists: list[PublishedList] = field(default_factory=list)
    changes: list[PublishedChanges] = field(default_factory=list)
    rows: list[Observation] = field(default_factory=list)

    def add_list(
        self, name: str, effective_on: date, members: dict[str, str], known_on: date | None = None, **more: str
    ) -> None:
        """A list of members, symbol -> company name."""
        published = PublishedList(
            more.get("index", "R3000"), name, effective_on, known_on or effective_on, more.get("status")
        )
        self.lists.append(published)
        day = min(published.known_on, effective_on)
        self.rows += [
            Observation(day, effective_on, symbol, company, None, published.index_code, "member", name, at, 1, at)
            for at, (symbol, company) in enumerate(members.items(), 1)
        ]

    def add_changes(
        self,
        name: str,
        year: int,
        change: str,
        companies: dict[str, str],
        known_on: date | None = None,
        *,
        acts: dict[str, date | None] | None = None,
        **more: str,
    ) -> None:
        """Additions or deletions of the reconstitution of a year; `acts` has the days of rows that a rule shifts."""
        effective_on = june(year)
        days = {symbol: (acts or {}).get(symbol, effective_on) for symbol in companies}
        published = PublishedChanges(
            more.get("index", "R3000"), name, f"{year}-06", change, effective_on,
            tuple(sorted({day for day in days.values() if day})), known_on or effective_on, more.get("status"),
        )  # fmt: skip
        self.changes.append(published)
        day = min(published.known_on, effective_on)
        self.rows += [
            Observation(
                day,
                effective_on,
                symbol,
                company,
                None,
                published.index_code,
                change,
                name,
                at,
                1,
                at,
                days[symbol],
                more.get("taxonomy"),
                more.get("classification"),
            )
            for at, (symbol, company) in enumerate(companies.items(), 1)
        ]

    def build(self, symbol_changes: Iterable[SymbolChange] = (), decisions: Iterable[Decision] = ()) -> Membership:
        """Membership as these documents tell it."""
        reference = Reference(tuple(symbol_changes), tuple(decisions))
        return build_membership(self.lists, self.changes, self.rows, RECONSTITUTIONS, reference)


def members_on(
    membership: Membership, day: date, known_on: date | None = None, index: str = "R3000"
) -> set[str] | None:
    """The symbols of an index on a day, None where no membership is known."""
    states = [
        state
        for state in membership.states.get(index, ())
        if state.valid_from <= day
        and (state.valid_to is None or day < state.valid_to)
        and (state.known_to is None if known_on is None else state.known_from <= known_on)
        and (known_on is None or state.known_to is None or known_on < state.known_to)
    ]
    assert len(states) <= 1, f"{index} has {len(states)} states on {day} as known on {known_on}"
    return {membership.rows[row].symbol for row in membership.replay.members(states[0]).values()} if states else None


def names(symbols: Iterable[str]) -> dict[str, str]:
    """A company for each symbol."""
    return {symbol: f"{symbol} COMPANY OF {symbol}" for symbol in symbols}


@dataclass(frozen=True)
class History:
    """What really happened: the members after the reconstitution of each year."""

    years: tuple[int, ...]
    members: dict[int, set[str]]

    @classmethod
    def random(cls, seed: int, years: int = 5, size: int = 8) -> History:
        chance = random.Random(seed)
        pool = [f"{chr(65 + at // 26)}{chr(65 + at % 26)}X" for at in range(8 * size)]
        members = {2004: set(chance.sample(pool, size))}
        for year in range(2005, 2004 + years):
            before = members[year - 1]
            gone = set(chance.sample(sorted(before), chance.randrange(len(before))))
            outside = sorted(set(pool) - before)
            members[year] = before - gone | set(chance.sample(outside, chance.randrange(1, 5)))
        return cls(tuple(members), members)

    def publish(self, lists: Iterable[int], changes: Iterable[int]) -> Documents:
        """Documents of these years' lists and changes, each published on the Friday before."""
        documents = Documents()
        for year in lists:
            documents.add_list(f"list-{year}", june(year), names(sorted(self.members[year])), june(year) - timedelta(3))
        for year in changes:
            before, after = self.members[year - 1], self.members[year]
            for change, symbols in (("deletion", before - after), ("addition", after - before)):
                if symbols:
                    documents.add_changes(
                        f"{change}s-{year}", year, change, names(sorted(symbols)), june(year) - timedelta(3)
                    )
        return documents


def renaming_history(seed: int) -> tuple[list[str], dict[int, dict[str, int]], list[SymbolChange]]:
    """Companies with one name each that take, swap and hand on symbols: names, lists by year, and every change of symbol.

    A list says which company a symbol stands for. Some years have no list, so that several changes lie between two.
    """
    chance = random.Random(seed)
    companies = [f"{chr(65 + at) * 3}{chr(90 - at) * 4} WORKS" for at in range(14)]
    symbols = [f"S{chr(65 + at)}" for at in range(9)]
    held = dict(zip(symbols, range(6), strict=False))
    coming = list(range(6, 14))
    lists: dict[int, dict[str, int]] = {}
    changes: list[SymbolChange] = []
    for year in range(2010, 2019):
        if year == 2010 or chance.random() < 0.6:
            lists[year] = dict(sorted(held.items(), key=lambda pair: companies[pair[1]]))
        for month in (8, 11, 12):
            day = date(year, month, chance.randrange(1, 28))
            movers = chance.sample(sorted(held), chance.randrange(min(4, len(held)) + 1))
            free = [symbol for symbol in symbols if symbol not in held]
            taken = dict(zip(movers, chance.sample(movers + free, len(movers)), strict=True))
            changes += [SymbolChange(day, old, new) for old, new in taken.items() if old != new]
            held = {taken.get(symbol, symbol): company for symbol, company in held.items()}
        if len(held) > 4 and chance.random() < 0.5:
            held.pop(chance.choice(sorted(held)))
        free = [symbol for symbol in symbols if symbol not in held]
        if coming and free and chance.random() < 0.5:
            held[chance.choice(free)] = coming.pop()
    return companies, lists, changes
