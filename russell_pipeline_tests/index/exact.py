"""A second implementation of weights and levels, in exact fractions, one name and one event after the other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from russell_pipeline_tests.index.histories import Event, History, Reviewed

ZERO = Fraction(0)


@dataclass
class Held:
    s: Fraction
    f: Fraction
    c: Fraction
    p: Fraction
    e: Fraction

    @property
    def m(self) -> Fraction:
        return self.p * self.s * self.f

    @property
    def value(self) -> Fraction:
        return self.m * self.e * self.c

    def old_shares(self, event: Event) -> Fraction:
        """The old shares that one share after an event stands for."""
        new, old = event.terms.get("new", ZERO), event.terms.get("old", ZERO)
        match event.kind:
            case "split" | "conversion":
                return old / new
            case "scrip":
                return old / (old + new)
            case "rights" if event.terms["price"] < self.p:
                return old / (old + new)
        return Fraction(1)


@dataclass
class Day:
    level: Fraction
    total_return: Fraction
    divisor: Fraction
    value: Fraction
    points: Fraction


class NotPositiveError(Exception):
    """The index is worth nothing, and has no level."""


class Exact:
    """An index through a history; `days` are its levels by session, `weights` c by review and name."""

    def __init__(
        self,
        told: History,
        units: tuple[int, int] | None = (9, 1),
        short_only: str = "net",
        convention: str = "market_cap",
        total_return: str = "ex_open",
        *,
        drop: bool = False,
        withheld: Fraction = ZERO,
    ) -> None:
        self.drop, self.withheld = drop, withheld
        self.told, self.units, self.short_only, self.convention, self.form = (
            told,
            units,
            short_only,
            convention,
            total_return,
        )
        self.held: dict[int, Held] = {}
        self.days: dict[int, Day] = {}
        self.divisor = self.level = self.tr = Fraction(1)
        self.weights = [self._weigh(review) for review in told.reviews]
        for day in range(told.reviews[0].implemented, told.days):
            self._session(day)

    def _rate(self, name: int, day: int) -> Fraction:
        return self.told.rates[day] if self.told.names[name].currency == "CAD" else Fraction(1)

    def _traded(self, name: int, day: int) -> Fraction | None:
        return None if self.told.is_suspended(name, day) else self.told.closes.get((day, name))

    def _lacks(self, name: int, day: int) -> bool:
        """Whether a name is dropped on a day: it has no close, and is not suspended."""
        return self.drop and (day, name) not in self.told.closes and not self.told.is_suspended(name, day)

    def _lacks_price(self, name: int, cutoff: int) -> bool:
        """Whether a name is left out at a price cut-off: it is dropped then, or suspended without any close to weigh it by."""
        unknown = (cutoff, name) not in self.told.closes and all(self._traded(name, d) is None for d in range(cutoff))
        return self.drop and (unknown or self._lacks(name, cutoff))

    def _last(self, name: int, day: int, until: int, cutoff: int) -> Fraction:
        """The last close of a name up to a day, after all that happened to it since, then its splits and scrip issues.

        A name that never traded has the close of the price cut-off, in spite of its suspension.
        """
        on = max((d for d in range(day + 1) if self._traded(name, d) is not None), default=cutoff)
        price = self.told.closes[on, name]
        for event in self.told.events:
            if event.name == name and on < event.day <= until:
                new, old = event.terms.get("new", ZERO), event.terms.get("old", ZERO)
                if event.kind == "split":
                    price *= old / new
                elif event.kind == "scrip":
                    price /= 1 + new / old
                elif event.day > day:
                    continue
                elif event.kind in ("special_dividend", "capital_repayment"):
                    price -= event.terms["amount"]
                elif event.kind == "rights" and event.terms["price"] < price:
                    price = (old * price + new * event.terms["price"]) / (old + new)
                elif event.kind == "spin_off":
                    price -= event.terms["price"] * new / old
        return price

    def _weigh(self, review: Reviewed) -> dict[int, Fraction]:
        def cap(n: int, shares: Fraction, free_float: Fraction, share: Fraction) -> Fraction:
            if self._lacks_price(n, review.cutoff):
                return ZERO
            price = self._last(n, review.cutoff, review.implemented, review.cutoff)
            return share * price * self._rate(n, review.cutoff) * shares * free_float

        long, short = review.long, review.short if self.units else {}
        total_long, total_short = (sum((cap(n, *of) for n, of in leg.items()), ZERO) for leg in (long, short))
        k = Fraction(self.units[0], self.units[1]) * total_short / total_long if self.units else Fraction(1)
        factors = {}
        for n in sorted({*long, *short}):
            weighted = (
                not self.units or {"net": True, "drop": n in long, "literal": n in long and n in short}[self.short_only]
            )
            factor = (k * long[n][2] if n in long else ZERO) - (short[n][2] if n in short else ZERO)
            factors[n] = factor if weighted and not self._lacks_price(n, review.cutoff) else ZERO
        return factors

    def _value(self) -> Fraction:
        value = sum((one.value for one in self.held.values()), ZERO)
        if value <= 0:
            raise NotPositiveError
        return value

    def _session(self, day: int) -> None:
        events = [event for event in self.told.events if event.day == day and event.name in self.held]
        first = day == self.told.reviews[0].implemented
        points = ZERO
        if not first:
            due: list[tuple[int, Fraction]] = []  # ordinary dividends: the name that pays, and the amount per share
            for event in self.told.events:
                if event.day != day or event.kind == "delete":
                    continue
                if event.kind == "ordinary_dividend":
                    due.append((event.name, event.terms["amount"]))
                elif event.name in self.held:
                    before, one = self._value(), self.held[event.name]
                    pays = event.into if event.kind == "conversion" else event.name
                    assert pays is not None
                    given = one.old_shares(event)
                    due = [(pays, amount * given) if n == event.name else (n, amount) for n, amount in due]
                    self._open(event)
                    self.divisor *= self._value() / before
            going = {event.name for event in events if event.kind == "delete"}
            for n in [n for n in self.held if self._lacks(n, day) and n not in going]:
                before = self._value()
                del self.held[n]
                self.divisor *= self._value() / before
            for n, amount in due:
                if n in self.held:
                    one = self.held[n]
                    points += (1 - self.withheld) * amount * one.e * one.s * one.f * one.c / self.divisor
            gone = {event.name: event.terms.get("price") for event in events if event.kind == "delete"}
            for n, one in self.held.items():
                one.e = self._rate(n, day)
                price = gone.get(n)
                one.p = (self._traded(n, day) or one.p) if price is None else price
            if day > self.told.base:
                self._record(day, points)
            for n in gone:
                before = self._value()
                del self.held[n]
                self.divisor *= self._value() / before
        for review, factors in zip(self.told.reviews, self.weights, strict=True):
            if review.implemented == day:
                before = None if first else self._value()
                self._implement(day, review, factors)
                self.divisor *= self._value() / before if before else 1
        if day == self.told.base:
            self.level = self.tr = Fraction(1000)
            self.divisor = self._value() / self.level
            self.days[day] = Day(self.level, self.tr, self.divisor, self._value(), ZERO)

    def _implement(self, day: int, review: Reviewed, factors: dict[int, Fraction]) -> None:
        previous = self.held
        self.held = {}
        for n, c in factors.items():
            if c == 0 or self._lacks(n, day):
                continue
            s, f, _ = review.long.get(n) or review.short[n]
            price = self._traded(n, day)
            if price is None:
                price = previous[n].p if n in previous else self._last(n, day, day, review.cutoff)
            self.held[n] = Held(s, f, c, price, self._rate(n, day))

    def _open(self, event: Event) -> None:
        one, terms = self.held[event.name], event.terms
        worth = one.m
        new, old = terms.get("new", ZERO), terms.get("old", ZERO)
        match event.kind:
            case "split":
                one.p, one.s = one.p * old / new, one.s * new / old
            case "scrip":
                n = new / old
                one.p, one.s = one.p / (1 + n), one.s * (1 + n)
            case "special_dividend" | "capital_repayment":
                one.p -= terms["amount"]
            case "rights":
                if terms["price"] < one.p:
                    one.p = (old * one.p + new * terms["price"]) / (old + new)
                    one.s = one.s * (old + new) / old
            case "conversion":
                assert event.into is not None
                self.held[event.into] = Held(one.s * new / old, one.f, one.c, one.p * old / new, one.e)
                del self.held[event.name]
            case "spin_off":
                assert event.into is not None
                one.p -= terms["price"] * new / old
                self.held[event.into] = Held(one.s * new / old, one.f, one.c, terms["price"], one.e)
            case "shares":
                one.s = terms["amount"]
            case "free_float":
                one.f = terms["amount"]
        if self.convention == "fixed_weight" and event.kind not in ("conversion", "spin_off"):
            one.c *= worth / one.m

    def _record(self, day: int, points: Fraction) -> None:
        value = self._value()
        level = value / self.divisor
        if self.form == "ex_open":
            self.tr *= level / (self.level - points)
        else:
            self.tr *= (level + points) / self.level
        self.level = level
        self.days[day] = Day(level, self.tr, self.divisor, value, points)
