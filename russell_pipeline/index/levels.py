"""Daily levels of an index: price and total return, the divisor ledger, and the state from which the next day goes on.

A panel holds closes as (sessions, symbols), made once for all indexes; a basket holds its weights, shares x free float x
factor, in the same columns. The market value of a session is its row of prices times the weights, added in the order of the
symbols, so that it is the same to the bit in a run of one night and of thirty years. The walk goes through the events of the
agenda and writes down what names are worth; a level is a value over the divisor, which the chain has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

import polars as pl

from russell_pipeline.index.agenda import agenda
from russell_pipeline.index.basket import Basket, State
from russell_pipeline.index.chain import Chain
from russell_pipeline.index.decimals import EIGHT, displayed
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import BASKETS, IndexRefusal, Market
from russell_pipeline.index.panel import Panel, panel
from russell_pipeline.index.walk import Walk, starting_basket

LEVELS = {
    "index_code": pl.String(),
    "date": pl.Date(),
    "price_index": pl.Float64(),
    "total_return_index": pl.Float64(),
    "price_index_8dp": EIGHT,
    "total_return_index_8dp": EIGHT,
    "divisor": pl.Float64(),
    "market_value": pl.Float64(),
    "dividend_points": pl.Float64(),
    "names": pl.Int32(),
    "names_at_last_price": pl.Int32(),
}
LEDGER = {
    "index_code": pl.String(),
    "date": pl.Date(),
    "moment": pl.String(),
    "event": pl.String(),
    "symbol": pl.String(),
    "market_value_before": pl.Float64(),
    "market_value_after": pl.Float64(),
    "divisor_before": pl.Float64(),
    "divisor_after": pl.Float64(),
    "turnover": pl.Float64(),
    "gross_before": pl.Float64(),
    "gross_after": pl.Float64(),
    "ordinal": pl.Int32(),
}
CARRIED = {
    "index_code": pl.String(),
    "date": pl.Date(),
    "symbol": pl.String(),
    "close": pl.Float64(),
    "price_on": pl.Date(),
    "reason": pl.String(),
}


@dataclass(frozen=True, eq=False)
class Levels:
    """What a run gives: levels by session, the divisor ledger, names at their last price, and the state after it.

    Columns `LEVELS`, `LEDGER` and `CARRIED`. `ordinal` is the place of an event in its day, in the order applied; `reason`
    is suspended or missing, and `price_on` the day of the last price. `turnover`, `gross_before` and `gross_after` are what a
    review trades (`chain.Traded`), null for other events.
    """

    levels: pl.DataFrame
    ledger: pl.DataFrame
    carried: pl.DataFrame
    state: State


def run(
    definition: Definition,
    market: Market,
    baskets: pl.DataFrame,
    sessions: Sequence[date],
    state: State | None = None,
    *,
    prepared: Panel | None = None,
) -> Levels:
    """The levels of an index on the sessions after a state, or from its base on.

    `baskets` are rows of review weights (columns `BASKETS`) of the reviews that are implemented on these sessions, and
    without a state of the last one up to the base. `sessions` are those of the exchange, sorted, without a gap; without a
    state they begin at the implementation of that review or before. What is before the base, or not after the state, is
    not given again. Going on from the state of any session gives the bits of one run. `prepared` is the panel of these
    sessions, for several indexes of one currency. Raises IndexRefusal, and then gives nothing.
    """
    over = prepared or panel(market, sessions, definition.currency)
    over = over.including([*baskets["symbol"].unique().to_list(), *(state.names["symbol"].to_list() if state else ())])
    if over.currencies[0] != definition.currency:
        raise ValueError(f"the panel is in {over.currencies[0]}, and {definition.code} in {definition.currency}")
    if dict(baskets.schema) != BASKETS:
        baskets = baskets.select(pl.col(name).cast(type_) for name, type_ in BASKETS.items())
    if state is None:
        return _from_base(definition, baskets, over)
    walk = continued(definition, baskets, over, state)
    first = next((row for row, day in enumerate(over.sessions) if day > state.date), len(over.sessions))
    last = len(over.sessions) - 1
    if first > last:
        return _levels(walk, state)
    walk.through(first, last)
    return _levels(walk, walk.state(last))


def continued(definition: Definition, baskets: pl.DataFrame, over: Panel, state: State) -> Walk:
    """An index on its way from a state. Raises ValueError for the state of another index."""
    if state.index_code != definition.code:
        raise ValueError(f"the state is one of {state.index_code}, not of {definition.code}")
    stands = state.divisor, state.price_index, state.total_return_index
    chain = Chain(definition.code, over.sessions, definition.policies.total_return, *stands)
    return Walk(definition, over, agenda(definition.code, over, baskets, state.date), Basket.of(state, over), chain)


def _from_base(definition: Definition, baskets: pl.DataFrame, over: Panel) -> Levels:
    base, code = definition.base.date, definition.code
    in_force = baskets.filter(pl.col("implemented_on") <= base)
    if in_force.is_empty():
        raise IndexRefusal(f"{code}: no review is implemented on or before its base, {base}")
    begins = max(in_force["implemented_on"])
    in_force = in_force.filter(pl.col("implemented_on") == begins)
    if in_force["review"].n_unique() > 1:
        raise IndexRefusal(f"{code}: several reviews are implemented on {begins}")
    for day, what in ((begins, f"the implementation of {in_force['review'][0]}"), (base, "its base")):
        if day not in over.row:
            raise IndexRefusal(f"{code}: {what}, {day}, is not one of the sessions that are computed")
    first, base_row, last = over.row[begins], over.row[base], len(over.sessions) - 1
    basket = starting_basket(definition, over, first, in_force)
    chain = Chain(code, over.sessions, definition.policies.total_return, based=False)
    walk = Walk(definition, over, agenda(code, over, baskets, begins), basket, chain)
    if first < base_row:
        walk.through(first + 1, base_row)
    walk.set_base(base_row)
    if base_row < last:
        walk.through(base_row + 1, last)
    return _levels(walk, walk.state(last))


def _levels(walk: Walk, state: State) -> Levels:
    rounding = walk.definition.policies.rounding
    marked = Counter(day for _, day, *_ in walk.carried)
    noted = {name: type_ for name, type_ in LEVELS.items() if type_ != EIGHT and name != "names_at_last_price"}
    levels = pl.DataFrame(walk.chain.levels, noted, orient="row")
    levels = levels.with_columns(
        displayed(levels["price_index"], rounding).alias("price_index_8dp"),
        displayed(levels["total_return_index"], rounding).alias("total_return_index_8dp"),
        pl.Series("names_at_last_price", [marked[day] for day in levels["date"]], pl.Int32),
    )
    ledger = pl.DataFrame(walk.chain.ledger, LEDGER, orient="row")
    carried = pl.DataFrame(sorted(walk.carried, key=itemgetter(1, 2)), CARRIED, orient="row")
    return Levels(levels.select(list(LEVELS)), ledger, carried, state)
