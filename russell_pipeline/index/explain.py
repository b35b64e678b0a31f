"""Why a level and its divisor moved on a day: the contribution of each name and each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from russell_pipeline.index.basket import State
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.events import DELETION
from russell_pipeline.index.levels import LEDGER, continued
from russell_pipeline.index.model import BASKETS, IndexRefusal, Market
from russell_pipeline.index.panel import panel

NAMES = {
    "symbol": pl.String(),
    "contribution": pl.Float64(),
    "price_effect": pl.Float64(),
    "currency_effect": pl.Float64(),
    "weight": pl.Float64(),
    "price_before": pl.Float64(),
    "price": pl.Float64(),
    "dividend_points": pl.Float64(),
}
EVENTS = {
    **{name: type_ for name, type_ in LEDGER.items() if name != "index_code"},
    "divisor_change": pl.Float64(),
    "contribution": pl.Float64(),
}
PARTS = {"what": pl.String(), **NAMES, "divisor_before": pl.Float64(), "divisor_after": pl.Float64()}


@dataclass(frozen=True, eq=False)
class Explanation:
    """The move of a day, in points of the price index.

    The contributions of `names` (columns `NAMES`) and `events` (`EVENTS`) add up to `level` - `level_before`, a name's
    `price_effect` and `currency_effect` to its contribution, `dividend_points` to those of the day. `price_before` is the
    last price after the events of the open, `weight` the name's part of the index then. `causes` are the changes of the
    divisor by event, those after the close too: they add up to the next day's first divisor less this day's.
    """

    index_code: str
    date: date
    level_before: float
    level: float
    total_return_before: float
    total_return: float
    names: pl.DataFrame
    events: pl.DataFrame

    @property
    def causes(self) -> pl.DataFrame:
        """The changes of the divisor by moment and kind of event."""
        by_kind = self.events.group_by("moment", "event", maintain_order=True)
        return by_kind.agg(pl.len().alias("events"), pl.col("divisor_change").sum())

    def beginning_with(self, ledger: pl.DataFrame) -> Explanation:
        """The explanation with events of the ledger (columns `LEDGER`) that came before those of the day and moved no level."""
        change = pl.col("divisor_after") - pl.col("divisor_before")
        first = ledger.with_columns(divisor_change=change, contribution=pl.lit(0.0)).select(list(EVENTS))
        events = pl.concat([first, self.events]).with_columns(ordinal=pl.int_range(1, pl.len() + 1, dtype=pl.Int32))
        return replace(self, events=events)

    def parts(self) -> pl.DataFrame:
        """Names and events as one table (columns `PARTS`), whose contributions add up to the move."""
        names = self.names.with_columns(what=pl.lit("name"))
        events = self.events.with_columns(what="event").select(PARTS.keys() & self.events.columns | {"what"})
        return pl.concat([names, events], how="diagonal").select(
            pl.col(name).cast(type_) for name, type_ in PARTS.items()
        )


def explain(
    definition: Definition, market: Market, baskets: pl.DataFrame, sessions: Sequence[date], state: State, *, day: date
) -> Explanation:
    """Why an index moved on a day, from its state on any day before; `market`, `baskets` and `sessions` are as for `levels.run`.

    Raises IndexRefusal for a day that is no session after the state.
    """
    days = [one for one in sessions if state.date < one <= day]
    if not days or days[-1] != day:
        raise IndexRefusal(
            f"{definition.code}: {day} is not one of the sessions after {state.date}, so that nothing moved"
        )
    over = panel(market, days, definition.currency).including([*baskets["symbol"], *state.names["symbol"]])
    baskets = baskets.select(pl.col(name).cast(type_) for name, type_ in BASKETS.items())
    walk, row = continued(definition, baskets, over, state), len(days) - 1
    if row:
        walk.through(0, row - 1)
    chain = walk.chain
    level_before, total_return_before, divisor_before = chain.level, chain.total_return, chain.divisor
    events_before = len(chain.ledger)
    walk.open(row)
    walk.settle()
    basket = walk.basket
    paid = np.zeros(len(basket.weight))
    np.add.at(paid, *walk.paid)
    paid /= divisor_before
    # A name that pays and goes at the same open is told too.
    held, counted = np.flatnonzero(basket.held | (paid != 0)), basket.weight / chain.divisor
    opened, rate, traded = basket.close.copy(), basket.rate.copy(), walk.quotes(row, row).close[0]
    walk.close(row)
    walk.settle()
    happened = [dict(zip(LEDGER, event, strict=True)) for event in chain.ledger[events_before:]]
    # What the terms of a deletion differ by from the last trade is the deletion's part.
    terms = {event["symbol"]: over.column[event["symbol"]] for event in happened if event["event"] == DELETION}
    settled, rate_now = basket.close, basket.rate
    own = (settled - traded) * rate_now * counted
    price_effect, currency_effect = (traded - opened) * rate_now * counted, opened * (rate_now - rate) * counted
    at_open = opened * rate * counted
    names = pl.DataFrame(
        {
            "symbol": [over.symbols[n] for n in held],
            "contribution": (price_effect + currency_effect)[held],
            "price_effect": price_effect[held],
            "currency_effect": currency_effect[held],
            "weight": at_open[held] / at_open[held].sum(),
            "price_before": opened[held],
            "price": traded[held],
            "dividend_points": paid[held],
        },
        NAMES,
    ).sort(pl.col("contribution").abs(), "symbol", descending=[True, False])
    # An event moves no level, but for a deletion whose terms are not the last trade.
    events = pl.DataFrame(
        [
            {
                **event,
                "ordinal": n,
                "divisor_change": event["divisor_after"] - event["divisor_before"],
                "contribution": float(own[terms[event["symbol"]]]) if event["event"] == DELETION else 0.0,
            }
            for n, event in enumerate(happened, 1)
        ],
        EVENTS,
    )
    return Explanation(
        definition.code, day, level_before, chain.level, total_return_before, chain.total_return, names, events
    )
