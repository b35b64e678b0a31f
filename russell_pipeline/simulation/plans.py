"""What happens to which name on which session of a year. Drawn before prices are, so it has no amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.simulation import parameters
from russell_pipeline.simulation.names import Names
from russell_pipeline.simulation.prices import Floats
from russell_pipeline.simulation.schedule import Schedule

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
DIVIDEND_SESSIONS = 63


@dataclass
class Plan:
    """One entry for each name. Sessions count from 0; `never`, the number of sessions, is past the last.

    `kind` is one of parameters.RATES, or "", on session `day`, with the ratio `new` to `old` and `part` of the previous close. A
    name is suspended from `suspended` until before `resumed`, and has a new symbol from `renamed` on. `updated` and `refloated`
    are the sessions of a shares or float update, `offered` and `discovered` those of an offering. `dividends` are the ex-dates of
    ordinary dividends, one row for each.
    """

    never: int
    kind: NDArray[np.str_]
    day: Ints
    new: Floats
    old: Floats
    part: Floats
    suspended: Ints
    resumed: Ints
    renamed: Ints
    updated: Ints
    refloated: Ints
    offered: Ints
    discovered: Ints
    dividends: Ints

    def price_factors(self, dividend: Floats) -> Floats:
        """The factors that actions put on prices, shape (sessions, names)."""
        factors = np.ones((self.never, len(self.kind)))
        ratio = self.old / self.new
        paid = 1 - self.part
        for kind, factor in (
            ("split", ratio),
            ("reverse_split", ratio),
            ("scrip", self.old / (self.old + self.new)),
            ("special_dividend", paid),
            ("capital_repayment", paid),
            ("special_and_split", paid * ratio),
            ("rights", (self.old + self.new * self.part) / (self.old + self.new)),
            ("spin_off", paid),
        ):
            columns = np.flatnonzero(self.kind == kind)
            factors[self.day[columns], columns] *= factor[columns]
        for days in self.dividends:
            columns = np.flatnonzero(days < self.never)
            factors[days[columns], columns] *= 1 - dividend[columns]
        return factors


def plan(names: Names, price: Floats, schedule: Schedule, rng: np.random.Generator) -> Plan:
    """A year's plan for the names listed when it begins, at these prices in the base currency."""
    count, never = len(names), len(schedule.sessions)
    kind = _kinds(price, rng)
    idle, leaves = kind == "", np.isin(kind, parameters.DELISTINGS + parameters.CONVERSIONS)
    day = _days(kind, schedule, rng)
    new, old, part = _terms(kind, price, rng)
    chance = rng.random((4, count))
    suspended, resumed = _short_suspensions(idle & (chance[0] < parameters.SUSPENSIONS), schedule, rng)
    forever = kind == "suspended_to_zero"
    day = np.where(forever, _ends_of_long_suspensions(count, schedule, rng), day)
    renamed = _renames((chance[1] < parameters.SYMBOL_CHANGES) & ~leaves & (resumed == never), schedule, rng)
    discovered, offered = _offerings(count, schedule, rng)
    drawn = Plan(
        never=never,
        kind=kind,
        day=day,
        new=new,
        old=old,
        part=part,
        suspended=np.where(forever, day - parameters.LONG_SUSPENSION, suspended),
        resumed=resumed,
        renamed=renamed,
        updated=np.where(idle & (chance[2] < parameters.SHARE_UPDATES), rng.integers(1, never, count), never),
        refloated=np.where(idle & (chance[3] < parameters.FLOAT_UPDATES), rng.integers(1, never, count), never),
        offered=np.where(idle, offered, never),
        discovered=discovered,
        dividends=_dividends(names, never, rng),
    )
    return _without_collisions(drawn)


def _kinds(price: Floats, rng: np.random.Generator) -> NDArray[np.str_]:
    kinds = np.array([*parameters.RATES, ""])
    drawn = kinds[np.searchsorted(np.cumsum(list(parameters.RATES.values())), rng.random(len(price)), side="right")]
    drawn[np.isin(drawn, parameters.PRICED) & (price < 1)] = ""
    drawn[np.isin(drawn, ("split", "special_and_split")) & (price < 10)] = ""
    drawn[(drawn == "reverse_split") & (price > 50)] = ""
    returning = rng.random(len(price)) < parameters.RETURN_CHANCE
    drawn[returning & (price > parameters.HIGH_PRICE)] = "split"
    drawn[returning & (price < parameters.LOW_PRICE)] = "reverse_split"
    drawn[price < parameters.WORTHLESS] = "bankruptcy"
    return drawn


def _terms(kind: NDArray[np.str_], price: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """The ratio and part of each kind; 1 to 1 and 0 where a kind has none."""
    new, old, part = np.ones(len(kind)), np.ones(len(kind)), np.zeros(len(kind))
    choice, place = rng.random(len(kind)), rng.random(len(kind))
    for name, ratios in parameters.RATIOS.items():
        of_kind = np.flatnonzero(kind == name)
        table = np.array(ratios, dtype=float)
        new[of_kind], old[of_kind] = table[(choice[of_kind] * len(table)).astype(int)].T
    for name, (least, most) in parameters.PARTS.items():
        of_kind = kind == name
        part[of_kind] = least + (most - least) * place[of_kind]
    high = (kind == "split") & (price > parameters.HIGH_PRICE)
    new[high], old[high] = np.where(price[high] > 4 * parameters.HIGH_PRICE, 20, 10), 1
    return new, old, part


def _days(kind: NDArray[np.str_], schedule: Schedule, rng: np.random.Generator) -> Ints:
    """The session on which the event of each name happens."""
    never = len(schedule.sessions)
    anywhere = rng.integers(1, never, len(kind))
    quiet = np.setdiff1d(np.arange(1, never), [day for review in schedule.reviews for day in review.window])
    out_of_window = quiet[rng.integers(0, len(quiet), len(kind))]
    day = np.where(np.isin(kind, parameters.OUT_OF_WINDOW), out_of_window, anywhere)
    return np.where(kind == "", never, day)


def _short_suspensions(hit: Bools, schedule: Schedule, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """First and resumed sessions of suspensions of the names in `hit`; none spans a cut-off, where members need a close."""
    never = len(schedule.sessions)
    length = rng.integers(1, parameters.LONGEST_SUSPENSION + 1, len(hit))
    start = rng.integers(2, never, len(hit))
    closed_at = [(start <= cutoff) & (cutoff < start + length) for cutoff in schedule.cutoffs]
    stopped = hit & ~np.any(closed_at, axis=0) & (start + length < never)
    return np.where(stopped, start, never), np.where(stopped, start + length, never)


def _ends_of_long_suspensions(count: int, schedule: Schedule, rng: np.random.Generator) -> Ints:
    """Sessions that end a long suspension in which no price cut-off falls."""
    cutoffs = np.array(schedule.cutoffs)
    ends = np.arange(parameters.LONG_SUSPENSION + 2, len(schedule.sessions))
    ends = ends[[not ((end - parameters.LONG_SUSPENSION <= cutoffs) & (cutoffs <= end)).any() for end in ends]]
    return ends[rng.integers(0, len(ends), count)]


def _renames(hit: Bools, schedule: Schedule, rng: np.random.Generator) -> Ints:
    """The first session under a new symbol for the names in `hit`; never the first session after an implementation."""
    never = len(schedule.sessions)
    renamed = rng.integers(1, never, len(hit))
    first_sessions = [review.implemented + 1 for review in schedule.reviews]
    return np.where(hit & ~np.isin(renamed, first_sessions), renamed, never)


def _offerings(count: int, schedule: Schedule, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Sessions on which offerings are discovered, in the two weeks before an implementation, and applied.

    They are applied with two days' notice, at the open of the third session. In the week of the implementation, those discovered
    or due on its Monday to Wednesday are applied when the review is effective (schedule of 2019, Equity Offerings).
    """
    never = len(schedule.sessions)
    discovered, applied = np.full(count, never), np.full(count, never)
    for review in schedule.reviews:
        days = np.arange(review.implemented - 9, review.implemented + 1)
        week = schedule.sessions[review.implemented].isocalendar()[:2]
        within = np.array([schedule.sessions[day].isocalendar()[:2] == week for day in range(never)])
        weekday = np.array([day.weekday() for day in schedule.sessions])
        drawn = days[rng.integers(0, len(days), count)]
        due = np.minimum(drawn + 3, never - 1)
        moved = (within[drawn] & (weekday[drawn] <= 2)) | (within[due] & (weekday[due] <= 2))
        hit = rng.random(count) < parameters.OFFERINGS
        discovered = np.where(hit, drawn, discovered)
        applied = np.where(hit, np.where(moved, np.minimum(review.implemented + 1, never - 1), due), applied)
    return discovered, applied


def _dividends(names: Names, never: int, rng: np.random.Generator) -> Ints:
    """Four ex-dates a year for the names that pay; each name has a phase of its own."""
    quarters = np.arange(4)[:, None] * DIVIDEND_SESSIONS
    days = names["phase"] + quarters + rng.integers(0, 3, (4, len(names)))
    return np.where((names["dividend"] > 0) & (days < never), days, never)


def _without_collisions(drawn: Plan) -> Plan:
    """The plan without what cannot happen: anything while suspended or just resumed, or once the name is gone."""
    never = drawn.never

    def possible(days: Ints) -> Ints:
        halted = (days >= drawn.suspended) & (days <= drawn.resumed)
        leaves = np.isin(drawn.kind, parameters.DELISTINGS + parameters.CONVERSIONS)
        return np.where(halted | (leaves & (days >= drawn.day)), never, days)

    # An event that lowers the price by an amount has the day to itself, so that the amount is a fraction of the right price.
    alone = np.isin(drawn.kind, parameters.PRICED)
    dividends = np.where(alone & (drawn.dividends == drawn.day), never, drawn.dividends)
    drawn.dividends = np.stack([possible(days) for days in dividends])
    drawn.updated, drawn.refloated = possible(drawn.updated), possible(drawn.refloated)
    drawn.offered = np.where(drawn.offered == drawn.updated, never, possible(drawn.offered))
    return drawn
