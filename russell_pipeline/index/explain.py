"""Why a level and its divisor moved on a day: the contribution of each name and each event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from russell_pipeline.index.basket import State
from russell_pipeline.index.chain import DELETED, Event, noted
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import LEDGER, NOTED, continued, noted_row
from russell_pipeline.index.lines import Lines
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
    over = panel(market, days, definition.currency).including(baskets["symbol"], state.names["symbol"])
    baskets = baskets.select(pl.col(name).cast(type_) for name, type_ in BASKETS.items())
    walk, row = continued(definition, baskets, over, state), len(days) - 1
    walk.through(0, row - 1)
    _, divisor_before, level_before, total_return_before = (float(one[0]) for one in walk.chained().end)
    lines = Lines(over, walk.basket, row, row)
    walk.open(row, lines)
    basket = walk.basket
    opened, rate, weight, currency = (of.copy() for of in (basket.close, basket.rate, basket.weight, basket.currency))
    held = basket.held.copy()
    walk.delete(row, lines)
    walk.close(lines, row)
    walk.review(row)
    chain = walk.chained()
    dividends = lines.paid(*walk.agenda.dividends_of(row, row))
    paid = np.bincount(dividends.column, dividends.money / divisor_before, len(weight))
    # A name that pays and goes at the same open is told too.
    told, counted = np.flatnonzero(held | (paid != 0)), weight / float(chain.divisors[-1, 0])
    idle = over.idle[row]
    traded = np.where(idle, opened, over.close[row])
    rate_now = over.rates[row, np.where(idle, currency, over.currency[row])]
    # What the terms of a deletion differ by from the last trade is the deletion's part.
    terms = {action.symbol: action.price for action in walk.agenda.deletions.get(row, ())}
    price_effect, currency_effect = (traded - opened) * rate_now * counted, opened * (rate_now - rate) * counted
    at_open = opened * rate * counted
    names = pl.DataFrame(
        {
            "symbol": [over.symbols[n] for n in told],
            "contribution": (price_effect + currency_effect)[told],
            "price_effect": price_effect[told],
            "currency_effect": currency_effect[told],
            "weight": at_open[told] / at_open[told].sum(),
            "price_before": opened[told],
            "price": traded[told],
            "dividend_points": paid[told],
        },
        NAMES,
    ).sort(pl.col("contribution").abs(), "symbol", descending=[True, False])

    def contribution(event: Event) -> float:
        """An event moves no level, but for a deletion whose terms are not the last trade."""
        if event.moment != DELETED or event.symbol is None:
            return 0.0
        own = over.column[event.symbol]
        return float((terms[event.symbol] - traded[own]) * rate_now[own] * counted[own])

    today = [one for one in noted(chain, walk.events) if one.event.row == row]
    happened = pl.DataFrame([noted_row(days, one) for one in today], NOTED, orient="row")
    events = happened.with_columns(
        ordinal=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        divisor_change=pl.col("divisor_after") - pl.col("divisor_before"),
        contribution=pl.Series([contribution(one.event) for one in today], dtype=pl.Float64),
    )
    level, total_return = float(chain.levels[-1, 0]), float(chain.total_returns[-1, 0])
    return Explanation(
        definition.code,
        day,
        level_before,
        level,
        total_return_before,
        total_return,
        names,
        events.select(list(EVENTS)),
    )
