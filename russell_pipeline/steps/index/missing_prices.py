"""All closes and rates that a refused year of an index lacks, found by computing it with missing prices carried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from russell_pipeline.index import levels as engine
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, MissingPrice, Review
from russell_pipeline.index.panel import Panel
from russell_pipeline.steps.index.calculation import Start, YearCalculator, baskets_until


def missing_prices(calculator: YearCalculator, definition: Definition, year: int) -> list[MissingPrice]:
    """The closes and rates that a year lacks: those that stand at earlier ones if missing prices are carried.

    Raises IndexRefusal if the year has no start.
    """
    policies = definition.policies.model_copy(update={"missing_price": "carry"})
    lenient = definition.model_copy(update={"policies": policies})
    previous, start = calculator.market.sessions.previous, calculator.start(definition, year)
    until = calculator.last_session(year)
    found: list[MissingPrice] = []
    weighed: list[pl.DataFrame] = []
    for review in (*start.in_force, *start.later):
        weights, lacks = _weighed(calculator, lenient, review)
        found += lacks
        if weights is None:
            until = min(until, previous(review.implemented_on))
        else:
            weighed.append(weights)
    while until >= start.since:
        refusal, lacks = _computed(calculator, lenient, start, weighed, until)
        found += lacks
        if refusal is None or refusal.day is None or refusal.day > until:
            break
        until = previous(refusal.day)
    return found


def _weighed(
    calculator: YearCalculator, definition: Definition, review: Review
) -> tuple[pl.DataFrame | None, list[MissingPrice]]:
    """The weights of a review without the names that have no close at all, None if it is refused still, and what it lacks."""
    without, found = set[str](), list[MissingPrice]()
    while True:
        try:
            weights = calculator.weigher.weigh(definition, review, without)
        except IndexRefusal as refusal:
            lacks = {one.name for one in refusal.missing_prices if one.what == "close"} - without
            found += refusal.missing_prices
            if not lacks:
                return None, found
            without |= lacks
        else:
            carried = weights.filter(price_carried="missing")["symbol"]
            return weights, found + [MissingPrice("close", symbol, review.cutoff_on) for symbol in carried]


def _computed(
    calculator: YearCalculator, definition: Definition, start: Start, weighed: Sequence[pl.DataFrame], until: date
) -> tuple[IndexRefusal | None, list[MissingPrice]]:
    """What the levels up to a day lack, and the refusal if they cannot be computed so far."""
    market, over = calculator.inputs.market_of(definition).over(start.since, until, definition.currency)
    baskets = [frame for frame in weighed if frame["implemented_on"][0] <= until]
    try:
        levels = engine.run(
            definition, market, baskets_until(until, weighed), over.sessions, start.state, prepared=over
        )
    except IndexRefusal as refusal:
        return refusal, [*refusal.missing_prices]
    missing = levels.stale_prices.filter(reason="missing").select("symbol", "date")
    found = [MissingPrice("close", symbol, day) for symbol, day in missing.iter_rows()]
    return None, [*found, *_without_rate(over, start.state, baskets)]


def _without_rate(over: Panel, state: IndexState | None, baskets: Sequence[pl.DataFrame]) -> Iterator[MissingPrice]:
    """The sessions without a rate of their own for a currency that is held: of the state before, then of each review."""
    spans: list[tuple[date, pl.Series]] = [(state.date + timedelta(days=1), state.names["currency"])] if state else []
    spans += [
        (frame["implemented_on"][0], frame.filter(pl.col("weighting_factor") != 0)["currency"]) for frame in baskets
    ]
    ends = [since for since, _ in spans[1:]] + [over.sessions[-1]]
    for (since, held), end in zip(spans, ends, strict=True):
        for currency in held.drop_nulls().unique().sort():
            if currency in over.currencies:
                unrated = over.without_rate[:, over.code(currency)]
                days = (day for day, lacks in zip(over.sessions, unrated, strict=True) if lacks)
                yield from (MissingPrice("rate", currency, day) for day in days if since <= day <= end)
