"""Calculates one index through the sessions of a panel: applies its events in order, and adds up its market values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.aggregation import Aggregator
from russell_pipeline.index.basket import Basket
from russell_pipeline.index.corporate_actions import AT_LAST_CLOSE, DROPPED, LEFT_OUT
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.divisor_chain import (
    AFTER_DELETIONS,
    AFTER_REVIEW,
    AT_OPEN,
    ChainedLevels,
    ChainInputs,
    ChainState,
    DivisorAdjustment,
    Event,
    Payers,
    chain_levels,
    check_levels,
    no_market_value,
    value_changes,
)
from russell_pipeline.index.event_schedule import EventSchedule
from russell_pipeline.index.model import IndexRefusal, MissingPrice
from russell_pipeline.index.rates import no_rate
from russell_pipeline.index.review_basket import review_basket
from russell_pipeline.index.segment import DividendPayments, Segment, StalePrice
from russell_pipeline.index.sums import Floats
from russell_pipeline.wording import first_few

# Sessions are computed in blocks up to a review, of no more than this: a bound on memory that changes no level.
_ROWS = 80
# Where events leave less than this part of an index, its names are summed again, so that no more than a few bits are lost.
_SMALL_PART = 0.25


class ExcludedName(NamedTuple):
    """A name without a close that was dropped, or left out of a review, before the base; `event` is one of those words."""

    event: str
    symbol: str


@dataclass(frozen=True, eq=False)
class _Gap:
    """The first row of a segment without a price that may not be missing: the sentence on it, and the names or currencies."""

    row: int
    sentence: str
    what: str
    names: Sequence[str]


class LevelCalculator:
    """Calculates an index through the rows of a panel, from the basket that it holds before the row `first`.

    It collects, by row from `first`: market values at the close, dividends, the number of names (`name_count`), events, and the
    market values around the events of each moment. None of these depends on a level; levels follow from them and from the
    `start` (`chain_levels`). Without a start the index has a market value, but no level before `set_base`.
    """

    def __init__(
        self,
        definition: Definition,
        schedule: EventSchedule,
        basket: Basket,
        aggregator: Aggregator,
        *,
        first: int,
        start: ChainState | None = None,
    ) -> None:
        self.definition, self.schedule, self.basket, self.aggregator = definition, schedule, basket, aggregator
        self.panel = basket.panel
        self._missing_price = definition.policies.missing_price
        self._fixed_weight = definition.policies.corporate_actions == "fixed_weight"
        self._withheld = definition.policies.figure("dividend_tax", "withheld")
        value = aggregator.basket_value(basket)
        without_base = ChainState(value, np.ones_like(value), np.ones_like(value), np.ones_like(value))
        self._begin(first, start or without_base, has_base=start is not None)

    def _begin(self, first: int, start: ChainState, *, has_base: bool) -> None:
        self.first, self.start, self._has_base = first, start, has_base
        self.name_count = np.empty(0, np.int32)
        self.name_count_at_start = np.count_nonzero(self.basket.held, keepdims=True)
        self.excluded_before_base: list[ExcludedName] = []
        # Of each segment, (rows, indexes); and the market value after all events so far.
        none = np.empty((0, len(start.market_value)))
        self._close_values, self._dividend_totals, self._value = [none], [none], start.market_value
        self._adjustments: list[DivisorAdjustment] = []
        self._payments: list[DividendPayments] = []
        self.events: list[Event] = []
        self.stale_prices: list[StalePrice] = []

    @property
    def rows(self) -> int:
        """The number of rows calculated so far."""
        return len(self.name_count)

    def set_base(self, level: float) -> None:
        """Set the base level at the last row calculated: the divisor follows from it, and levels begin here."""
        value = self._value
        row, base = self.first + self.rows - 1, np.full(len(value), level)
        excluded = [
            *self.excluded_before_base,
            *(ExcludedName(one.event, str(one.symbol)) for one in self.events if one.event in (DROPPED, LEFT_OUT)),
        ]
        if not (value > 0).all():
            raise IndexRefusal(f"{self._index_on(row)}: {no_market_value(value, 'at the base')}")
        self._begin(row + 1, ChainState(value, value / base, base, base), has_base=True)
        self.excluded_before_base = excluded
        basket, panel = self.basket, self.panel
        for column in np.flatnonzero(basket.held & panel.untraded[row]).tolist():
            price = float(basket.close[column]), basket.price_on[column].item(), panel.untraded_reason(row, column)
            self.stale_prices.append(StalePrice(row, column, *price))

    def calculate(self, first: int, last: int) -> None:
        """Calculate the rows from `first` to `last`, both included.

        Raises IndexRefusal, with its day, for the first row that must be refused.
        """
        try:
            while first <= last:
                until = self.schedule.next_review(first, min(first + _ROWS - 1, last))
                self._calculate_segment(Segment(self.panel, self.basket, first, until))
                with self._refused_on(until):
                    self.apply_review(until)
                first = until + 1
        except IndexRefusal:
            self.events = [event for event in self.events if event.row < self.rows]
            self.chain_levels()  # may refuse an earlier row
            raise

    def _calculate_segment(self, segment: Segment) -> None:
        eventful = self.schedule.rows_with_events(segment.first, segment.last)
        for row in range(segment.first, segment.last + 1) if self._missing_price == "drop" else eventful:
            try:
                with self._refused_on(row):
                    self.apply_open(row, segment)
                    self.apply_deletions(row, segment)
            except IndexRefusal:
                if row > segment.first:
                    self.apply_closes(segment, row - 1)
                raise
        self.apply_closes(segment, segment.last)

    def apply_open(self, row: int, segment: Segment) -> None:
        """Apply the events at an open: symbol changes, restructurings in the order of the file, drops of unpriced names."""
        schedule, basket = self.schedule, self.basket
        if row in schedule.symbol_changes:
            self._change_symbols(row, segment)
        self._check_dividends(row)
        for place, action in schedule.restructurings.get(row, ()):
            if basket.holds(action.symbol):
                if basket.holds(action.to_symbol):
                    action.checked()
                    what = f"{action.action} of {action.symbol} into {action.to_symbol}"
                    raise IndexRefusal(f"{self._index_on(row)}: {what}, which is held already")
                change = segment.restructure(row, action, place, fixed_weight=self._fixed_weight)
                changes = self.aggregator.value_change(segment, self.panel.column[action.symbol], change)
                self._record_event(row, AT_OPEN, action.action, action.symbol, changes)
        self._check_dividends(row)
        if self._missing_price == "drop":
            self._drop_unpriced(row, segment)

    def _drop_unpriced(self, row: int, segment: Segment) -> None:
        """Drop the names without a close in a row; one that is deleted after it is valued at its terms instead."""
        panel, basket = self.panel, self.basket
        unpriced = np.flatnonzero(basket.held & panel.untraded[row] & ~panel.suspended[row]).tolist()
        deleted = {action.symbol for action in self.schedule.deletions.get(row, ())}
        dropped = [column for column in unpriced if panel.symbols[column] not in deleted]
        if dropped and len(dropped) == np.count_nonzero(basket.held):
            raise IndexRefusal(f"{self._index_on(row)}: no close of any of its names")
        for column in dropped:
            changes = self.aggregator.value_change(segment, column, segment.drop(row, column))
            self._record_event(row, AT_OPEN, DROPPED, panel.symbols[column], changes)

    def _check_dividends(self, row: int) -> None:
        """Raise IndexRefusal for a dividend without its terms of a name in the basket."""
        for action in self.schedule.incomplete_dividends.get(row, ()):
            if self.basket.holds(action.symbol):
                action.checked()

    def apply_deletions(self, row: int, segment: Segment) -> None:
        """Apply the deletions after a close, in the order of the file; the close counts the deletion's price."""
        deletions = [action for action in self.schedule.deletions.get(row, ()) if self.basket.holds(action.symbol)]
        prices = {action.symbol: action.checked().price for action in deletions}
        for action in deletions:
            if self.basket.holds(action.symbol):  # not deleted twice
                price = prices[action.symbol]
                change = segment.delete(row, action.symbol, price)
                changes = self.aggregator.value_change(segment, self.panel.column[action.symbol], change)
                event = AT_LAST_CLOSE if price is None else action.action
                self._record_event(row, AFTER_DELETIONS, event, action.symbol, changes)

    def apply_closes(self, segment: Segment, last: int) -> None:
        """Add up the closes of a segment to a row. Raises IndexRefusal for a price or rate that may not be missing."""
        segment.settle(last)
        gap = self._first_gap(segment)
        until = gap.row - 1 if gap else last
        rows = until + 1 - segment.first
        close_values = self.aggregator.close_values(segment)[:rows]
        self._adjustments += self._adjustments_of(segment, close_values)
        self._close_values.append(close_values)
        payments = self.dividend_payments(segment, until)
        self._payments.append(payments)
        self._dividend_totals.append(self.aggregator.dividend_totals(segment, payments, rows))
        self.name_count = np.concatenate([self.name_count, segment.name_count[:rows]])
        self.stale_prices += segment.stale_prices
        if gap:
            day = self.panel.sessions[gap.row]
            missing = [MissingPrice(gap.what, name, day) for name in gap.names]
            raise IndexRefusal(gap.sentence, day=day, missing_prices=missing)

    def dividend_payments(self, segment: Segment, last: int) -> DividendPayments:
        """What the ordinary dividends of a segment up to a row contribute to the index: of each, what is not withheld."""
        paid = segment.dividend_payments(self.schedule.dividends_between(segment.first, last))
        return paid._replace(amount=paid.amount * (1 - self._withheld))

    @property
    def dividends_called(self) -> str:
        """What sentences call that which ordinary dividends contribute."""
        return "ordinary dividends" + (f" net of {100 * self._withheld:g} % tax" if self._withheld else "")

    def _adjustments_of(self, segment: Segment, close_values: Floats) -> list[DivisorAdjustment]:
        """The divisor adjustments of the next rows, from the market values at their closes and the changes by events.

        Where events leave little of the index its names are summed again, since the difference would be mostly rounding.
        """
        begin, end = self.rows, self.rows + len(close_values)
        later = self.events[bisect_left(self.events, begin, key=itemgetter(0)) :]
        events = [event for event in later if event.row < end]
        changes = value_changes(events, range(begin, end), len(self._value))
        after_deletions = self._values_after(segment, close_values, changes[:, AFTER_DELETIONS], close=True)
        previous = np.concatenate([self._value[None], after_deletions])
        after_open = self._values_after(segment, previous[:-1], changes[:, AT_OPEN], close=False)
        self._value = previous[-1]
        around = {AT_OPEN: (previous, after_open), AFTER_DELETIONS: (close_values, after_deletions)}
        return [
            DivisorAdjustment(row, moment, *(values[row - begin] for values in around[moment]))
            for row, moment in dict.fromkeys(event[:2] for event in events)
        ]

    def _values_after(self, segment: Segment, before: Floats, changes: Floats, *, close: bool) -> Floats:
        """Market values by row plus their changes, summed again where little is left."""
        after = before + changes
        for row in np.flatnonzero((np.abs(after) < _SMALL_PART * np.abs(before)).any(axis=1)).tolist():
            after[row] = self.aggregator.values_after(segment, segment.first + row, close=close)
        return after

    def chain_levels(self) -> ChainedLevels:
        """The levels and divisors so far. Raises IndexRefusal for the first moment that leaves none."""
        dividends = np.concatenate(self._dividend_totals)
        inputs = ChainInputs(np.concatenate(self._close_values), dividends, self._adjustments, self._value)
        chain = chain_levels(self.definition.policies.total_return, self.start, inputs)
        if self._has_base:  # before the base there are no levels, and a long/short index may have a negative value
            sessions = self.panel.sessions[self.first :]
            payers = Payers(self.dividends_called, self._payers)
            check_levels(self.definition.code, sessions, self.start, chain, self.events, payers=payers)
        return chain

    def _payers(self, row: int) -> list[str]:
        """The names that pay ordinary dividends in a row of the chain, the largest payer first."""
        payments = [one for one in self._payments if one.row.size]
        if not payments:
            return []
        rows, columns, amounts = (
            np.concatenate([getattr(one, name) for one in payments]) for name in ("row", "column", "amount")
        )
        today = rows == self.first + row
        by_column = np.bincount(columns[today], np.abs(amounts[today]))
        return [self.panel.symbols[column] for column in np.argsort(-by_column, kind="stable") if by_column[column]]

    def _record_event(self, row: int, moment: int, event: str, symbol: str, changes: Floats) -> None:
        column = int(self.panel.columns(pl.Series([symbol]))[0])
        self.events.append(Event(row - self.first, moment, event, symbol, column, changes))

    def apply_review(self, row: int) -> None:
        """Replace the basket by that of the row's review, if it has one, after the close and its deletions."""
        if row not in self.schedule.reviews:
            return
        weights, before = self.schedule.reviews[row], self.basket
        review = weights["review"][0]
        reviewed = review_basket(self.definition, self.panel, row, weights, before)
        self.basket = reviewed.basket
        self.aggregator.start_review(review, reviewed)
        value_before, self._value = self._value, self.aggregator.basket_value(self.basket)
        self._adjustments.append(DivisorAdjustment(row - self.first, AFTER_REVIEW, value_before, self._value))
        no_change = 0 * self._value
        for column in reviewed.left_out:
            self._record_event(row, AFTER_REVIEW, LEFT_OUT, self.panel.symbols[column], no_change)
        turnover = self.aggregator.turnover(before, self.basket)
        event = Event(row - self.first, AFTER_REVIEW, f"review {review}", None, -1, no_change, turnover)
        self.events.append(event)

    def _change_symbols(self, row: int, segment: Segment) -> None:
        changes = {old: new for old, new in self.schedule.symbol_changes[row].items() if self.basket.holds(old)}
        taken = [new for new in changes.values() if self.basket.holds(new) and new not in changes]
        if taken:
            raise IndexRefusal(
                f"{self._index_on(row)}: {first_few(taken)} is held already, and another name changes its symbol to it"
            )
        if changes:
            segment.change_symbols(row, changes)

    def _first_gap(self, segment: Segment) -> _Gap | None:
        """The first row of a segment without a close or a rate that may not be missing."""
        gaps: list[_Gap] = []
        if self._missing_price == "error":
            missing = [one for one in segment.stale_prices if one.reason == "missing"]
            if missing:
                row = missing[0].row
                names = [self.panel.symbols[one.column] for one in missing if one.row == row]
                gaps.append(_Gap(row, f"{self._index_on(row)}: no close of {first_few(names)}", "close", names))
        if without_rate := segment.currencies_without_rate(strict=self._missing_price != "carry"):
            row, currencies = without_rate[0], sorted(without_rate[1])
            sentence = f"{self._index_on(row)}: {no_rate(currencies, self.definition.currency)}"
            gaps.append(_Gap(row, sentence, "rate", currencies))
        return min(gaps, key=lambda gap: gap.row, default=None)

    @contextmanager
    def _refused_on(self, row: int) -> Iterator[None]:
        """Give a refusal that names no day the day of a row."""
        try:
            yield
        except IndexRefusal as refusal:
            refusal.day = refusal.day or self.panel.sessions[row]
            raise

    def _index_on(self, row: int) -> str:
        return f"{self.definition.code} on {self.panel.sessions[row]}"
