"""One simulated year: listings, the plan, prices, then actions and reviews in time order. State in, state out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from russell_pipeline.simulation import parameters
from russell_pipeline.simulation.ledger import Ledger
from russell_pipeline.simulation.listings import Listings
from russell_pipeline.simulation.members import COMPONENTS, members, review_members, review_shares
from russell_pipeline.simulation.names import NAME, Names, Symbols, new_names
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.plans import Ints, Plan, plan
from russell_pipeline.simulation.prices import Floats, growth_factors, quoted, rate_path
from russell_pipeline.simulation.schedule import Review, Schedule

# The order of what happens on one session: actions at the open, delistings after the close, then ranks and reviews.
_OPEN, _CLOSE, _RANK, _REVIEW = range(4)


class _Event(NamedTuple):
    """An action or review: its session, the moment of it, what happens, and the column of the name or the place of the review."""

    day: int
    moment: int
    what: str
    n: int


@dataclass
class Market:
    """What one year hands to the next: the listed names with their last prices, exchange rates, and symbols."""

    names: Names = field(default_factory=lambda: np.zeros(0, NAME))
    rates: Floats = field(default_factory=lambda: np.array(parameters.FIRST_RATES))
    symbols: Symbols = field(default_factory=Symbols)
    next_id: int = 1
    ranked_on: date = date.min


@dataclass(frozen=True)
class Year:
    """What happened in a year. `closes` and `rates` have a row for each session; `day` in `actions` and `offerings` is one."""

    schedule: Schedule
    names: Names
    listings: Listings
    closes: Floats
    rates: Floats
    actions: list[dict[str, Any]]
    offerings: list[dict[str, Any]]
    components: dict[tuple[str, Review], Names]


def simulated_year(market: Market, year: int, schedule: Schedule, wanted: Simulation) -> Year:
    """Simulate a year and leave `market` as it stands at the end. Random numbers depend on the seed and the year alone."""
    rng = np.random.default_rng([wanted.seed, year])
    never = len(schedule.sessions)
    if not len(market.names):
        market.names = _listed(market, wanted.names, wanted, rng)
        market.names["listed_on"] = schedule.sessions[0]
    old = len(market.names)
    rates = rate_path(market.rates, never, wanted.volatility, rng)
    drawn = plan(market.names, market.names["level"] * market.rates[market.names["currency"]], schedule, rng)
    converted = np.isin(drawn.kind, parameters.CONVERSIONS)
    gone = converted | np.isin(drawn.kind, parameters.DELISTINGS)

    sources = np.flatnonzero(np.isin(drawn.kind, parameters.SUCCEEDED))
    fresh = _newcomers(market, max(wanted.names - old + int(gone.sum()) - len(sources), 0), year, wanted, rng)
    names = np.concatenate([market.names, fresh, _listed(market, len(sources), wanted, rng)])
    new = len(names) - old
    successors = {int(source): len(names) - len(sources) + n for n, source in enumerate(sources)}
    listed = np.concatenate([np.full(old, -1), rng.integers(1, never, len(fresh)), drawn.day[sources]])
    names["listed_on"][old:] = np.array(schedule.sessions, "M8[D]")[listed[old:]]
    paths = _paths(names, drawn, listed, successors, wanted.volatility, rng=rng)

    renamed = _extended(drawn.renamed, new, never)
    later = names["symbol"].copy()
    later[renamed < never] = market.symbols.new(int((renamed < never).sum()))
    listings = Listings(
        listed=listed,
        leaves=_extended(np.where(gone, drawn.day, never), new, never),
        last_close=_extended(np.where(gone, drawn.day - converted, never), new, never),
        suspended=_extended(drawn.suspended, new, never),
        resumed=_extended(drawn.resumed, new, never),
        renamed=renamed,
        symbols=(names["symbol"].copy(), later),
    )
    ledger = Ledger(names, drawn, listings, quoted(paths), successors, rng)
    ledger.pay_dividends()
    components = _through_time(market, ledger, rates, schedule, wanted)

    given_up = [*listings.symbols[0][renamed < never], *later[listings.leaves < never]]
    market.symbols.retired += [(year, str(symbol)) for symbol in given_up]
    stays = listings.leaves == never
    market.names, market.rates = names[stays], rates[-1]
    market.names["symbol"], market.names["level"] = later[stays], paths[-1, stays]
    return Year(schedule, names, listings, ledger.closes, rates, ledger.rows, ledger.offerings, components)


def _extended(days: Ints, new: int, never: int) -> Ints:
    """The days of the names that were listed before, and `never` for the new ones."""
    return np.concatenate([days, np.full(new, never)])


def _listed(market: Market, count: int, wanted: Simulation, rng: np.random.Generator) -> Names:
    market.next_id += count
    names = new_names(count, wanted.foreign, market.rates, market.symbols, rng)
    names["id"] = np.arange(market.next_id - count, market.next_id)
    return names


def _newcomers(market: Market, count: int, year: int, wanted: Simulation, rng: np.random.Generator) -> Names:
    names = _listed(market, count, wanted, rng)
    reused = market.symbols.reused(year, int(parameters.SYMBOL_REUSE * count + rng.random()))
    names["symbol"][: len(reused)] = reused
    return names


def _paths(
    names: Names, drawn: Plan, listed: Ints, successors: dict[int, int], scale: float, *, rng: np.random.Generator
) -> Floats:
    """Unrounded prices, shape (sessions, names). Also sets the level and the character at which each successor begins."""
    relatives = growth_factors(names["beta"], names["volatility"], drawn.never, scale, rng)
    old = len(drawn.kind)
    relatives[:, :old] *= drawn.price_factors(names["dividend"][:old])
    relatives[np.arange(drawn.never)[:, None] < listed] = 1
    paths: Floats = np.cumprod(relatives, axis=0, out=relatives)
    for source, heir in successors.items():
        value = names["level"][source] * paths[drawn.day[source] - 1, source] * drawn.old[source] / drawn.new[source]
        if drawn.kind[source] == "spin_off":
            names["level"][heir] = quoted(value * drawn.part[source])
        else:
            for what in ("beta", "volatility", "dividend", "phase", "growth", "taste"):
                names[what][heir] = names[what][source]
            names["level"][heir] = value
        names["currency"][heir] = names["currency"][source]
    paths *= names["level"]
    return paths


def _event_schedule(drawn: Plan, schedule: Schedule) -> list[_Event]:
    """What happens, in time order."""
    events: list[_Event] = []
    for days, what in ((drawn.updated, "updated"), (drawn.refloated, "refloated"), (drawn.offered, "offered")):
        events += [_Event(int(days[n]), _OPEN, what, int(n)) for n in np.flatnonzero(days < drawn.never)]
    for column in np.flatnonzero(drawn.day < drawn.never):
        kind = str(drawn.kind[column])
        moment = _CLOSE if kind in parameters.DELISTINGS else _OPEN
        events.append(_Event(int(drawn.day[column]), moment, kind, int(column)))
    for n, review in enumerate(schedule.reviews):
        events += [_Event(review.rank, _RANK, "rank", n), _Event(review.implemented, _REVIEW, "review", n)]
    return sorted(events, key=lambda event: (event.day, event.moment))


def _through_time(
    market: Market, ledger: Ledger, rates: Floats, schedule: Schedule, wanted: Simulation
) -> dict[tuple[str, Review], Names]:
    """Apply actions and hold reviews in time order; returns the components' names after each review."""
    names, listings = ledger.names, ledger.listings
    components: dict[tuple[str, Review], Names] = {}
    ranked: Floats = np.zeros(len(names))
    recent = np.zeros(len(names), dtype=bool)

    def capitalisation(day: int) -> Floats:
        worth: Floats = ledger.closes[day] * rates[day, names["currency"]] * names["shares"]
        return worth

    for day, _, what, n in _event_schedule(ledger.plan, schedule):
        if what == "rank":
            ranked = np.where(listings.listed <= day, capitalisation(day), 0.0)
            ledger.restructured.clear()
            recent = names["listed_on"] > np.datetime64(market.ranked_on)
            market.ranked_on = schedule.sessions[day]
        elif what == "review":
            review = schedule.reviews[n]
            # Names that a merger or spin-off changed after rank day are ranked again (schedule of 2019, Re-rank).
            again = sorted(ledger.restructured)
            ranked[again] = capitalisation(review.cutoffs[0])[again]
            review_shares(names, review.reconstitution, ledger.rng)
            rebuilt = review.reconstitution or not names["r3000"].any()
            symbols = np.where(listings.renamed <= day + 1, listings.symbols[1], listings.symbols[0])
            review_members(names, ranked, listings.leaves > day, None if rebuilt else recent, wanted)
            for component in COMPONENTS:
                of_component = members(names, component)
                rows = names[of_component]
                rows["symbol"] = symbols[of_component]
                components[component, review] = np.sort(rows, order="symbol")
        else:
            ledger.apply(n, what, day)
    return components
