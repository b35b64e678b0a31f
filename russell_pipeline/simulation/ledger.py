"""A year's corporate actions in time order: their rows in the landing file, and their effect on shares and holdings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from russell_pipeline.simulation.listings import Listings
from russell_pipeline.simulation.names import MEMBERSHIP, Names
from russell_pipeline.simulation.plans import Plan
from russell_pipeline.simulation.prices import Floats, quoted


@dataclass
class Ledger:
    """The names of a year as they stand after the actions applied so far, and those actions as rows.

    `closes` are as quoted, shape (sessions, names). `successors` maps a column to that of the name that its spin-off or holding
    company brings. `restructured` are the columns that spin-offs and conversions changed, until the caller clears it.
    """

    names: Names
    plan: Plan
    listings: Listings
    closes: Floats
    successors: dict[int, int]
    rng: np.random.Generator
    rows: list[dict[str, Any]] = field(default_factory=list)
    offerings: list[dict[str, Any]] = field(default_factory=list)
    restructured: set[int] = field(default_factory=set)

    def pay_dividends(self) -> None:
        """Add the ordinary dividends of the year, each with the amount that the price lost."""
        for days in self.plan.dividends:
            for column in np.flatnonzero(days < self.plan.never):
                day = int(days[column])
                amount = round(float(self.names["dividend"][column] * self.closes[day - 1, column]), 4)
                if amount > 0:
                    self._add(day, int(column), "ordinary_dividend", amount=amount)

    def apply(self, column: int, kind: str, day: int) -> None:
        """Apply what is planned for a name on a session. Raises ValueError for an unknown kind of action."""
        new, old, part = (float(terms[column]) for terms in (self.plan.new, self.plan.old, self.plan.part))
        previous = float(self.closes[day - 1, column])
        match kind:
            case "split" | "reverse_split":
                self._add(day, column, "split", new=new, old=old)
                self._scale(column, new / old)
            case "scrip":
                self._add(day, column, "scrip", new=new, old=old)
                self._scale(column, (new + old) / old)
            case "special_dividend" | "capital_repayment":
                self._add(day, column, kind, amount=round(part * previous, 4))
            case "special_and_split":
                self._add(day, column, "special_dividend", amount=round(part * previous, 4))
                self._add(day, column, "split", new=new, old=old)
                self._scale(column, new / old)
            case "rights":
                self._add(day, column, "rights", new=new, old=old, price=_quote(part * previous))
                self._scale(column, (new + old) / old)
            case "spin_off":
                self._spin_off(day, column, new, old)
            case "holding_company":
                self._succeed(day, column, new, old)
            case "merger":
                self._merge(day, column)
            case "cash_takeover":
                self._add(day, column, "delete", price=_quote((1 + part) * float(self.closes[day, column])))
            case "last_trade":
                self._add(day, column, "delete", price=float(self.closes[day, column]))
            case "bankruptcy" | "suspended_to_zero":
                self._add(day, column, "delete", price=0.0)
            case "updated" | "offered":
                factor = 0.94 + 0.2 * self.rng.random() if kind == "updated" else 1.05 + 0.15 * self.rng.random()
                shares = max(round(self.names["shares"][column] * factor), 1)
                self._add(day, column, "shares", amount=float(shares))
                self.names["true_shares"][column] = self.names["shares"][column] = shares
                if kind == "offered":
                    found = int(self.plan.discovered[column])
                    self.offerings.append(
                        {"day": found, "symbol": self.listings.symbol(column, found), "shares": shares}
                    )
            case "refloated":
                free_float = round(0.1 + 0.9 * self.rng.random(), 4)
                self._add(day, column, "free_float", amount=free_float)
                self.names["true_float"][column] = self.names["free_float"][column] = free_float
            case _:
                raise ValueError(f"no action of kind {kind!r}")

    def _spin_off(self, day: int, column: int, new: float, old: float) -> None:
        child, names = self.successors[column], self.names
        self._add(
            day,
            column,
            "spin_off",
            to_symbol=self.listings.symbol(child, day),
            new=new,
            old=old,
            price=float(names["level"][child]),
        )
        self.restructured |= {column, child}
        names["shares"][child] = names["true_shares"][child] = max(round(names["shares"][column] * new / old), 1)
        for what in ("free_float", "true_float", *MEMBERSHIP):
            names[what][child] = names[what][column]

    def _succeed(self, day: int, column: int, new: float, old: float) -> None:
        heir, names = self.successors[column], self.names
        names["shares"][heir] = names["true_shares"][heir] = 0
        for what in ("free_float", "true_float", "growth"):
            names[what][heir] = names[what][column]
        self._convert(day, column, heir, new, old)

    def _convert(self, day: int, column: int, into: int, new: float, old: float) -> None:
        names = self.names
        self._add(day, column, "conversion", to_symbol=self.listings.symbol(into, day), new=new, old=old)
        self.restructured |= {column, into}
        issued = max(round(names["shares"][column] * new / old), 1)
        names["shares"][into] += issued
        names["true_shares"][into] += issued
        for what in MEMBERSHIP:
            names[what][into] = names[what][column]
            names[what][column] = False

    def _merge(self, day: int, column: int) -> None:
        """Convert into a name outside the components that has no event of its own; if there is none, delist at the last close."""
        names, plan = self.names, self.plan
        listed = len(plan.kind)
        fit = (plan.kind == "") & (plan.suspended == plan.never) & ~names["r3000"][:listed]
        fit &= names["currency"][:listed] == names["currency"][column]
        fit &= (plan.renamed != day) & (self.closes[day - 1, :listed] >= 1)
        others = np.flatnonzero(fit)
        if not len(others):
            self._add(day - 1, column, "delete", price=float(self.closes[day - 1, column]))
            return
        into = int(others[int(self.rng.random() * len(others))])
        ratio = max(round(float(self.closes[day - 1, column] / self.closes[day - 1, into]), 4), 0.0001)
        self._convert(day, column, into, ratio, 1)

    def _scale(self, column: int, ratio: float) -> None:
        self.names["shares"][column] = max(round(self.names["shares"][column] * ratio), 1)
        self.names["true_shares"][column] *= ratio

    def _add(self, day: int, column: int, action: str, **terms: float | str) -> None:
        self.rows.append({"day": day, "symbol": self.listings.symbol(column, day), "action": action, **terms})


def _quote(price: float) -> float:
    return float(quoted(np.array([price]))[0])
