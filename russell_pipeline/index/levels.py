"""Daily levels of an index: price and total return, the divisor ledger, and the state that the next day continues from.

A panel holds closes as (sessions, symbols), made once for all indexes; a basket holds weights (shares x free float x weighting
factor) in the same columns. The walk goes from review to review, and through the events of the agenda, which change the weights
of names from a row on. The market value of a session is the value of its names, added in the order of the symbols, so that a run
of one night and one of thirty years agree to the bit. Divisors and levels follow from the market values, in the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from russell_pipeline.index.aggregation import OneIndex, Totals
from russell_pipeline.index.basket import Basket, State
from russell_pipeline.index.corporate_actions import LEFT_OUT
from russell_pipeline.index.decimals import EIGHT, LARGEST, displayed
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.divisor_chain import NOTHING, OPEN, Chained, Event, Noted, Standing, noted
from russell_pipeline.index.event_schedule import Agenda, agenda
from russell_pipeline.index.level_calculator import Walk, starting_basket
from russell_pipeline.index.model import BASKETS, IndexRefusal, Market, cast_to
from russell_pipeline.index.panel import Ints, Panel, panel

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
NOTED = {name: type_ for name, type_ in LEDGER.items() if name not in ("index_code", "ordinal")}


@dataclass(frozen=True, eq=False)
class Levels:
    """The result of a run: levels by session, the divisor ledger, names at their last price, and the state after it.

    The columns are `LEVELS`, `LEDGER` and `CARRIED`. `ordinal` is the place of an event in its day, in the order applied.
    `turnover`, `gross_before` and `gross_after` are what a review trades (`divisor_chain.Traded`), null for other events. `price_on`
    is the day of the last price, `reason` suspended or missing.
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
    """The levels of an index on the sessions after a state, or from its base.

    `baskets` are the review weights (columns `BASKETS`) of the reviews implemented on these sessions and, without a state, of
    the last review up to the base. `sessions` are those of the exchange, sorted, without a gap; without a state they begin on
    or before the implementation of that review. A run continued from the state of any session gives the same bits as one run.
    `prepared` is the panel of these sessions, for several indexes of one currency. Raises IndexRefusal.
    """
    over = prepared or panel(market, sessions, definition.currency)
    if over.currencies[0] != definition.currency:
        raise ValueError(f"the panel is in {over.currencies[0]}, and {definition.code} in {definition.currency}")
    if state:
        walk = continued(definition, baskets, over, state)
    else:
        walk = based(definition, beginning(definition, baskets, over), OneIndex())
    walk.through(walk.first, len(over.sessions) - 1)
    chain = walk.chained()
    after = state if state and not walk.rows else _state(walk, chain)
    base = state is None
    return Levels(_level_rows(walk, chain, base=base), _ledger_rows(walk, chain, base=base), _carried_rows(walk), after)


def continued(definition: Definition, baskets: pl.DataFrame, over: Panel, state: State) -> Walk:
    """A walk that continues from a state. Raises ValueError for the state of another index."""
    if state.index_code != definition.code:
        raise ValueError(f"the state is one of {state.index_code}, not of {definition.code}")
    over, baskets, columns = _placed(over, baskets, state.names["symbol"])
    stands = state.market_value, state.divisor, state.price_index, state.total_return_index
    happens = agenda(definition.code, over, baskets, state.date)
    first = next((row for row, day in enumerate(over.sessions) if day > state.date), len(over.sessions))
    start = Standing(*(np.array([one]) for one in stands))
    return Walk(
        definition, over, happens, basket=Basket.of(state, over, columns), totals=OneIndex(), first=first, start=start
    )


class Beginning(NamedTuple):
    """How an index begins: its agenda, its first review and basket, and the rows of that review and of the base.

    `left_out` are the columns of names that the review leaves out.
    """

    agenda: Agenda
    review: str
    basket: Basket
    left_out: list[int]
    row: int
    base: int


def beginning(definition: Definition, baskets: pl.DataFrame, over: Panel) -> Beginning:
    """The beginning of an index in a panel. Raises IndexRefusal if the panel or the baskets do not reach it."""
    base, code = definition.base.date, definition.code
    over, baskets, _ = _placed(over, baskets, pl.Series(dtype=pl.String))
    implemented = baskets["implemented_on"]
    begins = implemented.filter(implemented <= base).max()
    if not isinstance(begins, date):
        raise IndexRefusal(f"{code}: no review is implemented on or before its base, {base}")
    in_force = baskets.filter(implemented == begins)
    if in_force["review"].n_unique() > 1:
        raise IndexRefusal(f"{code}: several reviews are implemented on {begins}")
    review: str = in_force["review"][0]
    for day, what in ((begins, f"the implementation of {review}"), (base, "its base")):
        if day not in over.row:
            raise IndexRefusal(f"{code}: {what}, {day}, is not one of the sessions that are computed")
    first = over.row[begins]
    basket, left_out = starting_basket(definition, over, first, in_force)
    return Beginning(agenda(code, over, baskets, begins), review, basket, left_out, first, over.row[base])


def _placed(over: Panel, baskets: pl.DataFrame, held: pl.Series) -> tuple[Panel, pl.DataFrame, Ints]:
    """The panel with the names of reviews and those held; the reviews with the column of each name; the columns of those held."""
    if dict(baskets.schema) != BASKETS:
        baskets = baskets.select(cast_to(BASKETS))
    over, columns = over.including(pl.concat([baskets["symbol"], held]))
    return over, baskets.with_columns(column=columns[: baskets.height]), columns[baskets.height :]


def based(definition: Definition, begins: Beginning, totals: Totals) -> Walk:
    """A walk that has reached its base, from where levels follow."""
    walk = Walk(
        definition, begins.basket.panel, begins.agenda, basket=begins.basket, totals=totals, first=begins.row + 1
    )
    walk.early = [(LEFT_OUT, walk.panel.symbols[column]) for column in begins.left_out]
    walk.through(begins.row + 1, begins.base)
    walk.set_base(definition.base.value)
    return walk


def _state(walk: Walk, chain: Chained) -> State:
    """The state after the last session of a panel."""
    value, divisor, level, total_return = (float(one[0]) for one in chain.end)
    code, day = walk.definition.code, walk.panel.sessions[-1]
    return State(code, day, divisor, level, total_return, value, walk.basket.names())


def _beyond(*levels: Any) -> bool:
    """Whether a level has more digits than are displayed, or is no number."""
    return not all(np.all(np.abs(one) < LARGEST) for one in levels)


def _level_rows(walk: Walk, chain: Chained, *, base: bool) -> pl.DataFrame:
    """The levels of the rows gone through, after that of the base where the walk starts there."""
    first, start, rounding = walk.first - base, walk.start, walk.definition.policies.rounding
    sessions = walk.panel.sessions[first:]

    def since(at_base: NDArray[Any], later: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([at_base, later]) if base else later

    price, total_return = since(start.level, chain.levels[:, 0]), since(start.total_return, chain.total_returns[:, 0])
    for level, total, day in zip(price, total_return, sessions, strict=True) if _beyond(price, total_return) else ():
        if _beyond(level, total):
            code = walk.definition.code
            raise IndexRefusal(
                f"{code} {day}: its level would be {max(level, total):.3g}, beyond any that is displayed", day=day
            )
    columns = {
        "index_code": [walk.definition.code] * len(sessions),
        "date": sessions,
        "price_index": price,
        "total_return_index": total_return,
        "price_index_8dp": displayed(price, rounding),
        "total_return_index_8dp": displayed(total_return, rounding),
        "divisor": since(start.divisor, chain.divisors[:, 0]),
        "market_value": since(start.value, chain.closed[:, 0]),
        "dividend_points": since(np.zeros(1), chain.points[:, 0]),
        "names": since(walk.names_at_start, walk.names),
        "names_at_last_price": np.bincount([one.row - first for one in walk.carried], minlength=len(sessions)),
    }
    return pl.DataFrame(columns, LEVELS)


def _ledger_rows(walk: Walk, chain: Chained, *, base: bool) -> pl.DataFrame:
    """The events of the rows gone through, after the base where the walk starts there."""
    sessions = walk.panel.sessions[walk.first :]
    events = noted_rows(sessions, walk.events, noted(chain, walk.events))
    if base:
        value, divisor = float(walk.start.value[0]), float(walk.start.divisor[0])
        day = walk.panel.sessions[walk.first - 1]
        begun = [
            (day, "base", event, symbol, None, value, None, divisor, *NOTHING)
            for event, symbol in (*walk.early, ("base", None))
        ]
        events = [*begun, *events]
    rows = [
        (walk.definition.code, *event, ordinal)
        for _, today in groupby(events, key=itemgetter(0))
        for ordinal, event in enumerate(today, 1)
    ]
    return pl.DataFrame(rows, LEDGER, orient="row")


def _carried_rows(walk: Walk) -> pl.DataFrame:
    code, panel = walk.definition.code, walk.panel
    rows = [
        (code, panel.sessions[one.row], panel.symbols[one.column], one.close, one.price_on, one.reason)
        for one in walk.carried
    ]
    return pl.DataFrame(rows, CARRIED, orient="row")


def noted_rows(sessions: Sequence[date], events: Sequence[Event], told: Noted) -> list[tuple[object, ...]]:
    """Events as rows of `NOTED`."""
    values = zip(*(of[:, 0].tolist() for of in told), strict=True)
    return [
        (
            sessions[event.row],
            "open" if event.moment == OPEN else "close",
            event.event,
            event.symbol,
            *around,
            *event.traded,
        )
        for event, around in zip(events, values, strict=True)
    ]
