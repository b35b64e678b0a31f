"""Random histories of an index with every kind of event, by name rather than by symbol, and the frames that tell of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import ACTIONS, FX, SUSPENSIONS, SYMBOL_CHANGES, Market, Review
from russell_pipeline.index.weights import review_weights

START = date(2024, 1, 1)
KINDS = (
    "ordinary_dividend", "special_dividend", "capital_repayment", "split", "scrip", "rights", "conversion", "spin_off",
    "shares", "free_float", "delete",
)  # fmt: skip
Member = tuple[Fraction, Fraction, Fraction]  # shares, free float, share of the company


def money(low: float, high: float, rng: random.Random) -> Fraction:
    return Fraction(rng.randint(int(low * 100), int(high * 100)), 100)


@dataclass
class Name:
    """A security: its currency, the first session with a close, the one from which it is gone, and its symbols by session."""

    currency: str
    first: int
    symbols: list[tuple[int, str]]
    gone: int = 10**6

    def symbol(self, day: int) -> str:
        return [symbol for since, symbol in self.symbols if since <= max(day, self.first)][-1]


@dataclass
class Event:
    """An action on a name; `into` is the name that it is converted to or that is spun off."""

    day: int
    name: int
    kind: str
    terms: dict[str, Fraction] = field(default_factory=dict)
    into: int | None = None


@dataclass
class Reviewed:
    """A review by sessions, and what its legs hold after it, by name."""

    cutoff: int
    implemented: int
    long: dict[int, Member]
    short: dict[int, Member]


@dataclass
class History:
    """What happened. Closes and rates are as supplied; a suspended name may have closes that must not count."""

    days: int
    base: int
    names: list[Name]
    closes: dict[tuple[int, int], Fraction]
    rates: list[Fraction]
    events: list[Event]
    suspended: list[tuple[int, int, int]]
    reviews: list[Reviewed]

    @property
    def sessions(self) -> list[date]:
        return [START + timedelta(days=n) for n in range(self.days)]

    def is_suspended(self, name: int, day: int) -> bool:
        return any(one == name and begin <= day < end for one, begin, end in self.suspended)

    def market(self) -> Market:
        days = self.sessions
        closes = [
            (days[day], self.names[n].symbol(day), float(close), self.names[n].currency)
            for (day, n), close in self.closes.items()
        ]
        suspended = [(self.names[n].symbol(begin), days[begin], days[end]) for n, begin, end in self.suspended]
        changes = [
            (days[since], name.symbols[n][1], symbol)
            for name in self.names
            for n, (since, symbol) in enumerate(name.symbols[1:])
        ]
        return Market(
            pl.DataFrame(closes, ["date", "symbol", "close", "currency"], orient="row"),
            pl.DataFrame([(days[n], "CAD", float(rate)) for n, rate in enumerate(self.rates)], FX, orient="row"),
            pl.DataFrame([self._row(event) for event in self.events], ACTIONS),
            pl.DataFrame(suspended, SUSPENSIONS, orient="row"),
            pl.DataFrame(changes, SYMBOL_CHANGES, orient="row"),
        )

    def _row(self, event: Event) -> dict[str, Any]:
        into = None if event.into is None else self.names[event.into].symbol(event.day)
        terms = {name: float(value) for name, value in event.terms.items()}
        return {
            "symbol": self.names[event.name].symbol(event.day),
            "date": self.sessions[event.day],
            "action": event.kind,
            "to_symbol": into,
            **terms,
        }

    def baskets(
        self, definition: Definition, market: Market, *, shuffled: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    ) -> pl.DataFrame:
        """The weights of the reviews, one or two legs as the definition has."""
        found = []
        for n, one in enumerate(self.reviews):
            days = [*self.sessions, START + timedelta(days=self.days)]
            review = Review(f"20{24 + n}-03", days[one.cutoff], days[one.implemented], days[one.implemented + 1])
            sides = zip(sorted(definition.legs, key=lambda leg: -leg.units), (one.long, one.short), strict=False)
            components = {leg.component: self._component(held, one.implemented + 1) for leg, held in sides}
            if shuffled:
                components = {code: shuffled(frame) for code, frame in components.items()}
            found.append(review_weights(definition, review, components, market))
        return pl.concat(found)

    def _component(self, held: dict[int, Member], day: int) -> pl.DataFrame:
        rows = [(self.names[n].symbol(day), *map(float, of)) for n, of in held.items()]
        return pl.DataFrame(rows, ["symbol", "shares", "free_float", "style_weight"], orient="row")


def random_history(
    rng: random.Random,
    *,
    days: int = 24,
    events: int = 30,
    foreign: bool = True,
    symbol_changes: bool = True,
    gaps: int = 0,
    reviewed: Sequence[tuple[int, int]] = (),
) -> History:
    """A history in which every kind of event may happen on every session, several on one day and on one name.

    `gaps` closes are missing. `reviewed` are the sessions of cut-off and implementation of its reviews, by default of two at
    random.
    """
    names = [Name("CAD" if foreign and n % 4 == 3 else "USD", 0, [(0, f"N{n:02d}")]) for n in range(rng.randint(5, 9))]
    implemented = [rng.randint(2, 5), rng.randint(10, days - 3)]
    found, suspended = _events(rng, names, days, events), []
    for n in rng.sample(range(len(names)), 2):
        begin = rng.randint(1, days - 3)
        if names[n].first < begin:
            suspended.append((n, begin, min(begin + rng.randint(1, 6), days - 1)))
    if symbol_changes:
        for name in rng.sample(names, 2):
            day = rng.randint(1, days - 1)
            if name.first < day < name.gone and not any(
                event.into is not None and names[event.into] is name and event.day == day for event in found
            ):
                name.symbols.append((day, f"Z{name.symbols[0][1]}"))
    closes = {
        (day, n): money(40, 100, rng)
        for n, name in enumerate(names)
        for day in range(name.first, min(name.gone + 1, days))
        if not (any(one == n and begin <= day < end for one, begin, end in suspended) and rng.random() < 0.5)
    }
    for gap in rng.sample(sorted(closes), gaps):
        del closes[gap]
    rates = [Fraction(rng.randint(70, 80), 100) for _ in range(days)]
    reviewed = reviewed or [(rng.randint(max(0, day - 4), day), day) for day in implemented]
    reviews = [_review(rng, names, cutoff, day) for cutoff, day in reviewed]
    base = rng.randint(reviews[0].implemented, reviews[0].implemented + 3)
    return History(days, base, names, closes, rates, found, suspended, reviews)


def _events(rng: random.Random, names: list[Name], days: int, count: int) -> list[Event]:
    found: list[Event] = []
    for day in sorted(rng.randint(1, days - 1) for _ in range(count)):
        alive = [n for n, name in enumerate(names) if name.first <= day < name.gone]
        n, kind = rng.choice(alive), rng.choice(KINDS)
        today = [event for event in found if event.day == day]
        if any(event.name == n and event.kind in (kind, "conversion") for event in today):
            continue
        if kind != "ordinary_dividend" and any(event.into == n for event in today):
            continue
        if kind == "delete":
            if len(alive) > 4 and not any(event.day == day and event.name == n for event in found):
                price = rng.choice([Fraction(0), money(20, 120, rng), None])
                found.append(Event(day, n, kind, {} if price is None else {"price": price}))
                names[n].gone = day
            continue
        event = Event(day, n, kind)
        ratio = {"new": Fraction(rng.randint(1, 4)), "old": Fraction(rng.randint(1, 3))}
        match kind:
            case "ordinary_dividend" | "special_dividend" | "capital_repayment":
                event.terms = {"amount": money(0.01, 1, rng)}
            case "split" | "scrip":
                event.terms = ratio
            case "rights":
                event.terms = {**ratio, "price": money(20, 120, rng)}
            case "shares":
                event.terms = {"amount": Fraction(rng.randint(500, 5000))}
            case "free_float":
                event.terms = {"amount": Fraction(rng.randint(10, 100), 100)}
            case _:
                event.into = len(names)
                event.terms = ratio
                names.append(Name(names[n].currency, day, [(day, f"J{len(names):02d}")]))
                if kind == "spin_off":
                    event.terms = {**ratio, "price": money(0.1, 2, rng)}
                else:
                    names[n].gone = day - 1 if names[n].first < day else day
        found.append(event)
    return found


def _review(rng: random.Random, names: list[Name], cutoff: int, implemented: int) -> Reviewed:
    there = [n for n, name in enumerate(names) if name.first <= cutoff and name.gone > implemented]
    of = {n: (Fraction(rng.randint(500, 5000)), Fraction(rng.randint(20, 100), 100)) for n in there}
    in_short = rng.sample(there, max(1, len(there) // 2))
    in_long = [n for n in there if n not in in_short or rng.random() < 0.7] or there
    return Reviewed(
        cutoff,
        implemented,
        {n: (*of[n], Fraction(1)) for n in in_long},
        {n: (*of[n], Fraction(rng.randint(1, 5), 5)) for n in in_short},
    )
