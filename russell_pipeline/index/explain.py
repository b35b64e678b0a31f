"""Explains the move of a level and of its divisor on a day: the contributions of names and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.basket import Basket, IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.divisor_chain import AFTER_DELETIONS, Event, EventLedger, event_ledger
from russell_pipeline.index.levels import EVENT_COLUMNS, LEDGER, calculator_from_state, event_rows
from russell_pipeline.index.model import IndexRefusal, Market, cast_to
from russell_pipeline.index.panel import Codes, Flags, Panel, build_panel
from russell_pipeline.index.segment import Segment
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
    """The move of an index on a day, in points of the price index.

    The contributions of `names` (columns `NAMES`) and `events` (`EVENTS`) add up to `level` - `level_before`; the
    `price_effect` and `currency_effect` of a name add up to its contribution, `dividend_points` to those of the day, and
    `dividends_called` says what they are.
    `price_before` is the last price after the events at the open, in local currency, `weight` the name's weight then. `causes`
    has the changes of the divisor by kind of event, including those after the close; they add up to the next session's first
    divisor less this one's.
    """

    index_code: str
    date: date
    level_before: float
    level: float
    total_return_before: float
    total_return: float
    names: pl.DataFrame
    events: pl.DataFrame
    dividends_called: str

    @property
    def causes(self) -> pl.DataFrame:
        """The changes of the divisor by moment and kind of event."""
        by_kind = self.events.group_by("moment", "event", maintain_order=True)
        return by_kind.agg(pl.len().alias("events"), pl.col("divisor_change").sum())

    def with_earlier_events(self, ledger: pl.DataFrame) -> Explanation:
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


class _OpenBasket(NamedTuple):
    """A basket after the events at the open, at the previous session's closes in local currency; by column of the panel."""

    price: Floats
    rate: Floats
    weight: Floats
    currency: Codes
    held: Flags


class _ClosingPrices(NamedTuple):
    """The closes of a session in local currency, the last price where a name does not trade; by column of the panel.

    `points` is what one unit of the index's currency in a name's price adds to the level.
    """

    price: Floats
    rate: Floats
    points: Floats


def explain(
    definition: Definition,
    market: Market,
    baskets: pl.DataFrame,
    sessions: Sequence[date],
    state: IndexState,
    *,
    day: date,
) -> Explanation:
    """Explain the move of an index on a day, from its state at the end of any earlier session.

    Parameters
    ----------
    definition, market, baskets, sessions
        As for `levels.run`.
    state
        The state of the index at the end of a session before `day`.
    day
        The session to explain.

    Returns
    -------
    Explanation
        The contributions of names and events to the move from the previous session's level, in index points.

    Raises
    ------
    IndexRefusal
        For a day that is not a session after the state, and where `levels.run` would.
    """
    days = [one for one in sessions if state.date < one <= day]
    if not days or days[-1] != day:
        raise IndexRefusal(
            f"{definition.code}: {day} is not one of the sessions after {state.date}, so that nothing moved"
        )
    calculator = calculator_from_state(definition, baskets, build_panel(market, days, definition.currency), state)
    panel, row = calculator.panel, len(days) - 1
    calculator.calculate(0, row - 1)
    before = calculator.chain_levels().end
    segment = Segment(panel, calculator.basket, row, row)
    calculator.apply_open(row, segment)
    basket = _open_basket(calculator.basket)
    calculator.apply_deletions(row, segment)
    calculator.apply_closes(segment, row)
    calculator.apply_review(row)
    chain = calculator.chain_levels()
    payments = calculator.dividend_payments(segment, row)
    divisor = float(chain.divisor[-1, 0])
    points = np.bincount(payments.column, payments.amount / divisor, len(panel.symbols)).astype(np.float64)
    prices = _closing_prices(basket, panel, row, divisor=divisor)
    terms = {action.symbol: action.price for action in calculator.schedule.deletions.get(row, ())}
    today = [n for n, event in enumerate(calculator.events) if event.row == row]
    events = [calculator.events[n] for n in today]
    ledger = EventLedger(*(of[today] for of in event_ledger(chain, calculator.events)))
    contributions = [_contribution(event, terms, prices) for event in events]
    return Explanation(
        index_code=definition.code,
        date=day,
        level_before=float(before.price_index[0]),
        level=float(chain.price_index[-1, 0]),
        total_return_before=float(before.total_return_index[0]),
        total_return=float(chain.total_return_index[-1, 0]),
        names=_names(panel.symbols, basket, prices, points),
        events=_events(event_rows(days, events, ledger), contributions),
        dividends_called=calculator.dividends_called,
    )


def _open_basket(basket: Basket) -> _OpenBasket:
    """A copy of what the basket holds at the open, which changes at the close."""
    return _OpenBasket(
        basket.close.copy(), basket.rate.copy(), basket.weight.copy(), basket.currency.copy(), basket.held.copy()
    )


def _closing_prices(basket: _OpenBasket, panel: Panel, row: int, *, divisor: float) -> _ClosingPrices:
    untraded = panel.untraded[row]
    rate = panel.rates[row, np.where(untraded, basket.currency, panel.currency[row])]
    return _ClosingPrices(np.where(untraded, basket.price, panel.close[row]), rate, basket.weight / divisor)


def _names(
    symbols: Sequence[str], basket: _OpenBasket, prices: _ClosingPrices, dividend_points: Floats
) -> pl.DataFrame:
    """What each name contributes (columns `NAMES`), the greatest contribution first."""
    price_effect = (prices.price - basket.price) * prices.rate * prices.points
    currency_effect = basket.price * (prices.rate - basket.rate) * prices.points
    at_open = basket.price * basket.rate * prices.points
    listed = np.flatnonzero(basket.held)
    columns = {
        "symbol": [symbols[column] for column in listed.tolist()],
        "contribution": (price_effect + currency_effect)[listed],
        "price_effect": price_effect[listed],
        "currency_effect": currency_effect[listed],
        "weight": at_open[listed] / at_open[listed].sum(),
        "price_before": basket.price[listed],
        "price": prices.price[listed],
        "dividend_points": dividend_points[listed],
    }
    return pl.DataFrame(columns, NAMES).sort(pl.col("contribution").abs(), "symbol", descending=[True, False])


def _events(rows: Sequence[tuple[object, ...]], contributions: Sequence[float]) -> pl.DataFrame:
    """The events of a day in order (columns `EVENTS`), from rows of `EVENT_COLUMNS`."""
    return (
        pl.DataFrame(rows, EVENT_COLUMNS, orient="row")
        .with_columns(
            ordinal=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
            divisor_change=pl.col("divisor_after") - pl.col("divisor_before"),
            contribution=pl.Series(contributions, dtype=pl.Float64),
        )
        .select(list(EVENTS))
    )


def _contribution(event: Event, terms: Mapping[str, float | None], prices: _ClosingPrices) -> float:
    """What an event adds to the level: nothing, unless a name is deleted at a price other than its close."""
    if event.moment != AFTER_DELETIONS or event.symbol is None:
        return 0.0
    price, rate, points = (float(of[event.column]) for of in prices)
    terms_price = terms[event.symbol]
    return 0.0 if terms_price is None else (terms_price - price) * rate * points
