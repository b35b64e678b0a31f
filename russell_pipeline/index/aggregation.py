"""The values of names added up to market values: of one index, the same to the bit every time, or of many indexes at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Protocol

import numpy as np

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.divisor_chain import NO_TURNOVER, ReviewTurnover
from russell_pipeline.index.panel import ABSENT, Ints
from russell_pipeline.index.review_basket import ReviewBasket
from russell_pipeline.index.segment import DividendPayments, Segment
from russell_pipeline.index.sums import Floats, row_totals, total


class Aggregator(Protocol):
    """How the values of a basket's names add up to the market values of indexes; every result is by index."""

    def start_review(self, review: str, reviewed: ReviewBasket) -> None:
        """Begin with the basket of a review."""

    def basket_value(self, basket: Basket) -> Floats:
        """The market value of a basket."""

    def close_values(self, segment: Segment) -> Floats:
        """The market value at each close, (rows, indexes)."""

    def values_after(self, segment: Segment, row: int, *, close: bool) -> Floats:
        """The market value after the events at a row's open, or after its close."""

    def dividend_totals(self, segment: Segment, payments: DividendPayments, rows: int) -> Floats:
        """The dividends of the first rows of a segment, (rows, indexes)."""

    def value_change(self, segment: Segment, column: int, change: float) -> Floats:
        """The change in market value from an event that changes the value of the name in a column before it."""

    def turnover(self, before: Basket, after: Basket) -> ReviewTurnover:
        """The turnover of a review."""


class SingleIndex:
    """One index, with the weighting factors of its basket; its sums repeat to the bit."""

    def start_review(self, review: str, reviewed: ReviewBasket) -> None:
        """Do nothing: the basket has all that counts."""

    def basket_value(self, basket: Basket) -> Floats:
        """The market value of a basket."""
        return np.array([total(basket.values())])

    def close_values(self, segment: Segment) -> Floats:
        """The market value at each close, (rows, 1)."""
        return row_totals(segment.close_values().T)[:, None]

    def values_after(self, segment: Segment, row: int, *, close: bool) -> Floats:
        """The market value after the events at a row's open, or after its close."""
        return np.array([total(segment.values_after(row, close=close))])

    def dividend_totals(self, segment: Segment, payments: DividendPayments, rows: int) -> Floats:
        """The dividends of each row, added in the order of the columns, (rows, 1)."""
        return np.bincount(payments.row - segment.first, payments.amount, rows).astype(np.float64)[:, None]

    def value_change(self, segment: Segment, column: int, change: float) -> Floats:  # noqa: ARG002
        """The change itself, whatever its column."""
        return np.array([change])

    def turnover(self, before: Basket, after: Basket) -> ReviewTurnover:
        """The turnover of a review, from the weights of each column before and after it."""
        # A sum that is not above 0 is refused later, by `divisor_chain.check_levels`.
        with np.errstate(divide="ignore", invalid="ignore"):
            old, new = (values / total(values) for values in (before.values(), after.values()))
        return ReviewTurnover(total(np.abs(new - old)) / 2, total(np.abs(old)), total(np.abs(new)))


class ManyIndexes:
    """Many indexes with weighting factors of their own by review, (names, indexes); a matrix product adds in an order of its own.

    A name has the factors of its row in the review's weights; so has whatever comes of it by a corporate action or a change of
    its symbol, in another column. The row of each column is followed here, through the entries of a segment.
    """

    def __init__(self, factors: Mapping[str, Floats]) -> None:
        self._by_review = factors
        self._segment: Segment | None = None

    def start_review(self, review: str, reviewed: ReviewBasket) -> None:
        """Begin with the factors of a review."""
        self._factors = self._by_review[review]
        # By column, the row of the weights that its name is of or comes from.
        self._row_of: Ints = np.zeros(len(reviewed.basket.held), np.int64)
        self._row_of[reviewed.columns] = reviewed.weight_rows

    def _follow(self, segment: Segment) -> None:
        """Follow the entries of a segment since the last call; `_row_at_start` has the rows at the start of the segment."""
        if segment is not self._segment:
            self._segment, self._followed = segment, 0
            self._row_at_start, self._entered = self._row_of.copy(), list[tuple[int, int, int]]()
        for row, sources in segment.entries[self._followed :]:
            for column, weight_row in [(column, int(self._row_of[source])) for column, source in sources.items()]:
                self._row_of[column] = weight_row
                self._entered.append((row, column, weight_row))
        self._followed = len(segment.entries)

    def basket_value(self, basket: Basket) -> Floats:
        """The market values of a basket."""
        values = np.zeros(len(self._factors))
        values[self._row_of[basket.held]] = basket.values()[basket.held]
        return values @ self._factors

    def close_values(self, segment: Segment) -> Floats:
        """The market values at each close, (rows, indexes)."""
        self._follow(segment)
        return self._values_by_weight_row(segment).T @ self._factors

    def _values_by_weight_row(self, segment: Segment) -> Floats:
        """The value at each close of the names of a review, with whatever comes of them, (names, rows)."""
        changed, changed_values = segment.changed.columns, segment.changed_values()
        unchanged = segment.held_before.copy()
        unchanged[changed] = False
        columns = np.flatnonzero(unchanged)
        # One column of each name; what came of it in others is added.
        column_of = np.full(len(self._factors), ABSENT)
        column_of[self._row_at_start[columns]] = columns
        prices, weights = segment.prices, segment.weight_before
        values: Floats = prices[column_of]
        values *= np.where(column_of == ABSENT, 0.0, weights[column_of])[:, None]
        for column in columns[column_of[self._row_at_start[columns]] != columns].tolist():
            values[self._row_at_start[column]] += prices[column] * weights[column]
        entered: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for row, column, weight_row in self._entered:
            entered[column].append((row - segment.first, weight_row))
        for column, of_column in zip(changed, changed_values, strict=True):
            begin, weight_row = 0, int(self._row_at_start[column])
            for until, next_row in (*entered.get(column, ()), (None, ABSENT)):
                values[weight_row, begin:until] += of_column[begin:until]
                begin, weight_row = until, next_row
        return values

    def values_after(self, segment: Segment, row: int, *, close: bool) -> Floats:
        """The market values after the events at a row's open, or after its close."""
        self._follow(segment)
        row_of = self._row_at_start.copy()
        for since, column, weight_row in self._entered:
            if since <= row:
                row_of[column] = weight_row
        return segment.values_after(row, close=close) @ self._factors[row_of]

    def dividend_totals(self, segment: Segment, payments: DividendPayments, rows: int) -> Floats:
        """The dividends of each row, (rows, indexes)."""
        self._follow(segment)
        weight_row = self._row_at_start[payments.column]
        for since, column, entered in self._entered:
            weight_row[(payments.column == column) & (payments.row >= since)] = entered
        totals = np.zeros((rows, self._factors.shape[1]))
        begins = np.flatnonzero(np.diff(payments.row, prepend=ABSENT)).tolist()
        for begin, end in pairwise([*begins, len(payments.row)]):
            factors = self._factors[weight_row[begin:end]]
            totals[payments.row[begin] - segment.first] = payments.amount[begin:end] @ factors
        return totals

    def value_change(self, segment: Segment, column: int, change: float) -> Floats:
        """The change by index, by the factors of the name that was in a column before the event."""
        self._follow(segment)
        changes: Floats = self._factors[self._row_of[column]] * change
        return changes

    def turnover(self, before: Basket, after: Basket) -> ReviewTurnover:  # noqa: ARG002
        """Nothing: turnover is not computed for many indexes."""
        return NO_TURNOVER
