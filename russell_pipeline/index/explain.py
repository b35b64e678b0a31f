"""Why a level and its divisor moved on a day: the contributions of names and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.basket import Basket, State
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.divisor_chain import DELETED, Event, Noted, noted
from russell_pipeline.index.levels import LEDGER, NOTED, continued, noted_rows
from russell_pipeline.index.model import IndexRefusal, Market, cast_to
from russell_pipeline.index.panel import Codes, Flags, Panel, panel
from russell_pipeline.index.segment import Stretch
from russell_pipeline.index.sums import Floats

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

    The contributions of `names` (columns `NAMES`) and `events` (`EVENTS`) add up to `level` - `level_before`; a name's
    `price_effect` and `currency_effect` add up to its contribution, `dividend_points` to those of the day. `price_before` is
    the last price after the events of the open, `weight` the name's weight then. `causes` has the changes of the divisor by
    kind of event, including those after the close; they add up to the next day's first divisor less this day's.
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
        """The explanation with earlier events of the day from the ledger (columns `LEDGER`), which moved no level."""
        change = pl.col("divisor_after") - pl.col("divisor_before")
        first = ledger.with_columns(divisor_change=change, contribution=pl.lit(0.0)).select(list(EVENTS))
        events = pl.concat([first, self.events]).with_columns(ordinal=pl.int_range(1, pl.len() + 1, dtype=pl.Int32))
        return replace(self, events=events)

    def parts(self) -> pl.DataFrame:
        """Names and events as one table (columns `PARTS`), whose contributions add up to the move."""
        names = self.names.with_columns(what=pl.lit("name"))
        events = self.events.with_columns(what="event").select(PARTS.keys() & self.events.columns | {"what"})
        return pl.concat([names, events], how="diagonal").select(cast_to(PARTS))


class _Opened(NamedTuple):
    """A basket after the events at the open, at the previous session's closes; by column of the panel."""

    price: Floats
    rate: Floats
    weight: Floats
    currency: Codes
    held: Flags


class _Traded(NamedTuple):
    """The closes of a session in local currency, the last price where a name does not trade; by column of the panel.

    `points` is what one unit of the index's currency in a name's price adds to the level.
    """

    price: Floats
    rate: Floats
    points: Floats


def explain(
    definition: Definition, market: Market, baskets: pl.DataFrame, sessions: Sequence[date], state: State, *, day: date
) -> Explanation:
    """Why an index moved on a day, from its state on any earlier day; `market`, `baskets` and `sessions` are as for `levels.run`.

    Raises IndexRefusal for a day that is not a session after the state.
    """
    days = [one for one in sessions if state.date < one <= day]
    if not days or days[-1] != day:
        raise IndexRefusal(
            f"{definition.code}: {day} is not one of the sessions after {state.date}, so that nothing moved"
        )
    walk = continued(definition, baskets, panel(market, days, definition.currency), state)
    over, row = walk.panel, len(days) - 1
    walk.through(0, row - 1)
    before = walk.chained().end
    stretch = Stretch(over, walk.basket, row, row)
    walk.open(row, stretch)
    opened = _opened(walk.basket)
    walk.delete(row, stretch)
    walk.close(stretch, row)
    walk.review(row)
    chain = walk.chained()
    dividends, divisor = stretch.paid(walk.agenda.dividends_of(row, row)), float(chain.divisors[-1, 0])
    points = np.bincount(dividends.column, dividends.money / divisor, len(over.symbols)).astype(np.float64)
    traded = _traded(opened, over, row, divisor=divisor)
    terms = {action.symbol: action.price for action in walk.agenda.deletions.get(row, ())}
    today = [n for n, event in enumerate(walk.events) if event.row == row]
    told = Noted(*(of[today] for of in noted(chain, walk.events)))
    happened = [walk.events[n] for n in today]
    return Explanation(
        index_code=definition.code,
        date=day,
        level_before=float(before.level[0]),
        level=float(chain.levels[-1, 0]),
        total_return_before=float(before.total_return[0]),
        total_return=float(chain.total_returns[-1, 0]),
        names=_names(over.symbols, opened, traded, points),
        events=_events(noted_rows(days, happened, told), [_contribution(event, terms, traded) for event in happened]),
    )


def _opened(basket: Basket) -> _Opened:
    """A copy of what the basket holds, which changes at the close."""
    return _Opened(
        basket.close.copy(), basket.rate.copy(), basket.weight.copy(), basket.currency.copy(), basket.held.copy()
    )


def _traded(opened: _Opened, over: Panel, row: int, *, divisor: float) -> _Traded:
    idle = over.idle[row]
    rate = over.rates[row, np.where(idle, opened.currency, over.currency[row])]
    return _Traded(np.where(idle, opened.price, over.close[row]), rate, opened.weight / divisor)


def _names(symbols: Sequence[str], opened: _Opened, traded: _Traded, dividend_points: Floats) -> pl.DataFrame:
    """What each name contributes (columns `NAMES`), the greatest contribution first."""
    price_effect = (traded.price - opened.price) * traded.rate * traded.points
    currency_effect = opened.price * (traded.rate - opened.rate) * traded.points
    at_open = opened.price * opened.rate * traded.points
    listed = np.flatnonzero(opened.held)
    columns = {
        "symbol": [symbols[column] for column in listed.tolist()],
        "contribution": (price_effect + currency_effect)[listed],
        "price_effect": price_effect[listed],
        "currency_effect": currency_effect[listed],
        "weight": at_open[listed] / at_open[listed].sum(),
        "price_before": opened.price[listed],
        "price": traded.price[listed],
        "dividend_points": dividend_points[listed],
    }
    return pl.DataFrame(columns, NAMES).sort(pl.col("contribution").abs(), "symbol", descending=[True, False])


def _events(told: Sequence[tuple[object, ...]], contributions: Sequence[float]) -> pl.DataFrame:
    """The events of a day in order (columns `EVENTS`), from rows of `NOTED`."""
    return (
        pl.DataFrame(told, NOTED, orient="row")
        .with_columns(
            ordinal=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
            divisor_change=pl.col("divisor_after") - pl.col("divisor_before"),
            contribution=pl.Series(contributions, dtype=pl.Float64),
        )
        .select(list(EVENTS))
    )


def _contribution(event: Event, terms: Mapping[str, float | None], traded: _Traded) -> float:
    """What an event adds to the level: nothing, unless a name is deleted at other terms than its last trade."""
    if event.moment != DELETED or event.symbol is None:
        return 0.0
    price, rate, points = (float(of[event.column]) for of in traded)
    given = terms[event.symbol]
    return 0.0 if given is None else (given - price) * rate * points
