"""Daily levels of an index: price and total return, the divisor ledger, and the state that the next session continues from.

A panel holds closes as (sessions, symbols), made once for all indexes; a basket holds weights (shares x free float x weighting
factor) in the same columns. The calculator goes from review to review, and applies the events of the schedule, each of which
changes the weights of names from a row on. The market value of a session is the value of its names, added in the order of the
symbols, so that a run of one night and one of thirty years agree to the bit. Divisors and levels are chained from the market
values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from russell_pipeline.index.aggregation import Aggregator, SingleIndex
from russell_pipeline.index.basket import Basket, IndexState
from russell_pipeline.index.corporate_actions import LEFT_OUT
from russell_pipeline.index.decimals import EIGHT_DECIMALS, LARGEST_DISPLAYED, displayed
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.divisor_chain import (
    AT_OPEN,
    NO_TURNOVER,
    ChainedLevels,
    ChainState,
    Event,
    EventLedger,
    event_ledger,
)
from russell_pipeline.index.event_schedule import EventSchedule, schedule_events
from russell_pipeline.index.level_calculator import ExcludedName, LevelCalculator
from russell_pipeline.index.model import BASKETS, IndexRefusal, Market, cast_to
from russell_pipeline.index.panel import Ints, Panel, build_panel
from russell_pipeline.index.review_basket import ReviewBasket, review_basket

LEVELS = {
    "index_code": pl.String(),
    "date": pl.Date(),
    "price_index": pl.Float64(),
    "total_return_index": pl.Float64(),
    "price_index_8dp": EIGHT_DECIMALS,
    "total_return_index_8dp": EIGHT_DECIMALS,
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
STALE_PRICES = {
    "index_code": pl.String(),
    "date": pl.Date(),
    "symbol": pl.String(),
    "close": pl.Float64(),
    "price_on": pl.Date(),
    "reason": pl.String(),
}
EVENT_COLUMNS = {name: type_ for name, type_ in LEDGER.items() if name not in ("index_code", "ordinal")}


@dataclass(frozen=True, eq=False)
class Levels:
    """The result of a run, and the state after it.

    `levels` (columns `LEVELS`) has a row for each session; `market_value` is in the index's currency, the indexes and
    `dividend_points` are in points. `ledger` (`LEDGER`) has a row for each event, `ordinal` its place in its session in the order
    applied; `turnover`, `gross_before` and `gross_after` are those of a review (`divisor_chain.ReviewTurnover`), null for other
    events. `stale_prices` (`STALE_PRICES`) has the names valued at a last price, that of `price_on`; `reason` is suspended or
    missing.
    """

    levels: pl.DataFrame
    ledger: pl.DataFrame
    stale_prices: pl.DataFrame
    state: IndexState


@dataclass(frozen=True, eq=False)
class LevelInputs:
    """What the levels of an index are calculated from, beside a state; each part is as for `run`."""

    definition: Definition
    market: Market
    baskets: pl.DataFrame
    sessions: Sequence[date]
    prepared: Panel | None = None


def run(
    definition: Definition,
    market: Market,
    baskets: pl.DataFrame,
    sessions: Sequence[date],
    state: IndexState | None = None,
    *,
    prepared: Panel | None = None,
) -> Levels:
    """Calculate the levels of an index on the sessions after a state, or from its base.

    A run continued from the state of any session gives the same bits as one run.

    Parameters
    ----------
    definition
        The index: its base, currency and policies.
    market
        Closes, rates, corporate actions, suspensions and symbol changes that concern these sessions.
    baskets
        The weights (columns `BASKETS`, a row for each name) of the reviews implemented on these sessions and, without a state, of
        the last review up to the base.
    sessions
        The sessions of the exchange, sorted, without a gap. Without a state they begin on or before the implementation of the
        last review up to the base.
    state
        The state of the index at the end of an earlier session.
    prepared
        The panel of these sessions in the index's currency, where several indexes share it.

    Returns
    -------
    Levels
        From the session after the state, or from the base on.

    Raises
    ------
    IndexRefusal
        With the first session that has no level (`day`), and the closes or rates that are missing for it (`missing_prices`).
    ValueError
        For a state of another index, or a panel in another currency.
    """
    panel = prepared or build_panel(market, sessions, definition.currency)
    if panel.currencies[0] != definition.currency:
        raise ValueError(f"the panel is in {panel.currencies[0]}, and {definition.code} in {definition.currency}")
    if state:
        calculator = calculator_from_state(definition, baskets, panel, state)
    else:
        calculator = calculator_from_base(definition, index_start(definition, baskets, panel), SingleIndex())
    calculator.calculate(calculator.first, len(panel.sessions) - 1)
    chain, base = calculator.chain_levels(), state is None
    return Levels(
        _level_rows(calculator, chain, base=base),
        _ledger_rows(calculator, chain, base=base),
        _stale_price_rows(calculator),
        state if state and not calculator.rows else _end_state(calculator, chain),
    )


def calculator_from_state(
    definition: Definition, baskets: pl.DataFrame, panel: Panel, state: IndexState
) -> LevelCalculator:
    """The calculator that continues from a state. Raises ValueError for the state of another index."""
    if state.index_code != definition.code:
        raise ValueError(f"the state is one of {state.index_code}, not of {definition.code}")
    panel, baskets, columns = _with_columns(panel, baskets, state.names["symbol"])
    values = state.market_value, state.divisor, state.price_index, state.total_return_index
    return LevelCalculator(
        definition,
        schedule_events(definition.code, panel, baskets, state.date),
        Basket.from_state(state, panel, columns),
        SingleIndex(),
        first=next((row for row, day in enumerate(panel.sessions) if day > state.date), len(panel.sessions)),
        start=ChainState(*(np.array([one]) for one in values)),
    )


@dataclass(frozen=True, eq=False)
class IndexStart:
    """The start of an index: its first review and basket, the rows of that review and of the base, and the events after."""

    review: str
    reviewed: ReviewBasket
    review_row: int
    base_row: int
    schedule: EventSchedule


def index_start(definition: Definition, baskets: pl.DataFrame, panel: Panel) -> IndexStart:
    """The start of an index in a panel. Raises IndexRefusal if the panel or the baskets do not reach it."""
    base, code = definition.base.date, definition.code
    panel, baskets, _ = _with_columns(panel, baskets, pl.Series(dtype=pl.String))
    implemented = baskets["implemented_on"]
    first_day = implemented.filter(implemented <= base).max()
    if not isinstance(first_day, date):
        raise IndexRefusal(f"{code}: no review is implemented on or before its base, {base}")
    in_force = baskets.filter(implemented == first_day)
    if in_force["review"].n_unique() > 1:
        raise IndexRefusal(f"{code}: several reviews are implemented on {first_day}")
    review: str = in_force["review"][0]
    for day, what in ((first_day, f"the implementation of {review}"), (base, "its base")):
        if day not in panel.row:
            raise IndexRefusal(f"{code}: {what}, {day}, is not one of the sessions that are computed")
    row = panel.row[first_day]
    reviewed = review_basket(definition, panel, row, in_force)
    return IndexStart(review, reviewed, row, panel.row[base], schedule_events(code, panel, baskets, first_day))


def _with_columns(panel: Panel, baskets: pl.DataFrame, held: pl.Series) -> tuple[Panel, pl.DataFrame, Ints]:
    """The panel with the symbols of reviews and those held; the reviews with the column of each name; the columns held."""
    if dict(baskets.schema) != BASKETS:
        baskets = baskets.select(cast_to(BASKETS))
    panel, columns = panel.including(pl.concat([baskets["symbol"], held]))
    return panel, baskets.with_columns(column=columns[: baskets.height]), columns[baskets.height :]


def calculator_from_base(definition: Definition, start: IndexStart, aggregator: Aggregator) -> LevelCalculator:
    """The calculator at the base of an index, from where levels follow; `aggregator` has not begun."""
    aggregator.start_review(start.review, start.reviewed)
    first = start.review_row + 1
    calculator = LevelCalculator(definition, start.schedule, start.reviewed.basket, aggregator, first=first)
    symbols = calculator.panel.symbols
    calculator.excluded_before_base = [ExcludedName(LEFT_OUT, symbols[column]) for column in start.reviewed.left_out]
    calculator.calculate(first, start.base_row)
    calculator.set_base(definition.base.value)
    return calculator


def _end_state(calculator: LevelCalculator, chain: ChainedLevels) -> IndexState:
    """The state after the last session of a panel."""
    end = chain.end
    return IndexState(
        index_code=calculator.definition.code,
        date=calculator.panel.sessions[-1],
        divisor=float(end.divisor[0]),
        price_index=float(end.price_index[0]),
        total_return_index=float(end.total_return_index[0]),
        market_value=float(end.market_value[0]),
        names=calculator.basket.names(),
    )


def _not_displayable(*levels: Any) -> bool:
    """Whether a level has more digits than are displayed, or is no number."""
    return not all(np.all(np.abs(one) < LARGEST_DISPLAYED) for one in levels)


def _level_rows(calculator: LevelCalculator, chain: ChainedLevels, *, base: bool) -> pl.DataFrame:
    """The levels of the rows calculated (columns `LEVELS`), after that of the base where the calculator starts there."""
    first, start, policies = calculator.first - base, calculator.start, calculator.definition.policies
    code, sessions = calculator.definition.code, calculator.panel.sessions[first:]

    def with_base(at_base: NDArray[Any], later: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([at_base, later]) if base else later

    price = with_base(start.price_index, chain.price_index[:, 0])
    total_return = with_base(start.total_return_index, chain.total_return_index[:, 0])
    if _not_displayable(price, total_return):
        for level, total, day in zip(price, total_return, sessions, strict=True):
            if _not_displayable(level, total):
                size = f"{max(level, total):.3g}"
                raise IndexRefusal(f"{code} {day}: its level would be {size}, beyond any that is displayed", day=day)
    stale = [one.row - first for one in calculator.stale_prices]
    columns = {
        "index_code": [code] * len(sessions),
        "date": sessions,
        "price_index": price,
        "total_return_index": total_return,
        "price_index_8dp": displayed(price, policies.rounding),
        "total_return_index_8dp": displayed(total_return, policies.rounding),
        "divisor": with_base(start.divisor, chain.divisor[:, 0]),
        "market_value": with_base(start.market_value, chain.market_value[:, 0]),
        "dividend_points": with_base(np.zeros(1), chain.dividend_points[:, 0]),
        "names": with_base(calculator.name_count_at_start, calculator.name_count),
        "names_at_last_price": np.bincount(stale, minlength=len(sessions)),
    }
    return pl.DataFrame(columns, LEVELS)


def _ledger_rows(calculator: LevelCalculator, chain: ChainedLevels, *, base: bool) -> pl.DataFrame:
    """The events of the rows calculated (columns `LEDGER`), after the base where the calculator starts there."""
    sessions = calculator.panel.sessions[calculator.first :]
    events = event_rows(sessions, calculator.events, event_ledger(chain, calculator.events))
    if base:
        value, divisor = float(calculator.start.market_value[0]), float(calculator.start.divisor[0])
        day = calculator.panel.sessions[calculator.first - 1]
        at_base = [
            (day, "base", event, symbol, None, value, None, divisor, *NO_TURNOVER)
            for event, symbol in (*calculator.excluded_before_base, ("base", None))
        ]
        events = [*at_base, *events]
    rows = [
        (calculator.definition.code, *event, ordinal)
        for _, of_day in groupby(events, key=itemgetter(0))
        for ordinal, event in enumerate(of_day, 1)
    ]
    return pl.DataFrame(rows, LEDGER, orient="row")


def _stale_price_rows(calculator: LevelCalculator) -> pl.DataFrame:
    code, panel = calculator.definition.code, calculator.panel
    rows = [
        (code, panel.sessions[one.row], panel.symbols[one.column], one.close, one.price_on, one.reason)
        for one in calculator.stale_prices
    ]
    return pl.DataFrame(rows, STALE_PRICES, orient="row")


def event_rows(sessions: Sequence[date], events: Sequence[Event], ledger: EventLedger) -> list[tuple[object, ...]]:
    """Events as rows of `EVENT_COLUMNS`, from the ledger of one index; `sessions` are those of the events' rows."""
    values = zip(*(of[:, 0].tolist() for of in ledger), strict=True)
    return [
        (
            sessions[event.row],
            "open" if event.moment == AT_OPEN else "close",
            event.event,
            event.symbol,
            *around,
            *event.turnover,
        )
        for event, around in zip(events, values, strict=True)
    ]
