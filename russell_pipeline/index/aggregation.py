"""The values of names added up by index: of one index, the same to the bit every time, or of many at once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Protocol

import numpy as np

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.divisor_chain import NOTHING, Traded
from russell_pipeline.index.panel import NOWHERE
from russell_pipeline.index.segment import Paid, Stretch
from russell_pipeline.index.sums import Floats, row_totals, total


class Totals(Protocol):
    """How the values of a basket's names add up to those of indexes; every result is by index."""

    def review(self, review: str) -> None:
        """Take in the basket of a review."""

    def basket(self, basket: Basket) -> Floats:
        """The market value of a new basket."""

    def closes(self, stretch: Stretch) -> Floats:
        """The market value at each close, (rows, indexes)."""

    def after(self, stretch: Stretch, row: int, *, close: bool) -> Floats:
        """The market value after the events at a row's open, or after its close."""

    def dividends(self, paid: Paid, first: int, rows: int) -> Floats:
        """The dividends of so many rows from the first, (rows, indexes)."""

    def part(self, origin: int, worth: float) -> Floats:
        """The change in market value if a name's value changes by `worth`."""

    def traded(self, before: Basket, after: Basket) -> Traded:
        """What a review trades."""


class OneIndex:
    """One index, with the weighting factors of its basket; its sums repeat to the bit."""

    def review(self, review: str) -> None:
        """Do nothing: the basket has all that counts."""

    def basket(self, basket: Basket) -> Floats:
        """The market value of a basket."""
        return np.array([total(basket.values())])

    def closes(self, stretch: Stretch) -> Floats:
        """The market value at each close."""
        return row_totals(stretch.worth().T)[:, None]

    def after(self, stretch: Stretch, row: int, *, close: bool) -> Floats:
        """The market value after the events at a row's open, or after its close."""
        worth, _ = stretch.worth_after(row, close=close)
        return np.array([total(worth)])

    def dividends(self, paid: Paid, first: int, rows: int) -> Floats:
        """The dividends of each row, added in the order of the columns."""
        return np.bincount(paid.row - first, paid.money, rows).astype(np.float64)[:, None]

    def part(self, origin: int, worth: float) -> Floats:  # noqa: ARG002
        """The change itself, whatever its origin."""
        return np.array([worth])

    def traded(self, before: Basket, after: Basket) -> Traded:
        """What a review trades, from the weights of each column before and after it."""
        # A sum that is not above 0 is refused later, by `divisor_chain.check`.
        with np.errstate(divide="ignore", invalid="ignore"):
            held, comes = (values / total(values) for values in (before.values(), after.values()))
        return Traded(total(np.abs(comes - held)) / 2, total(np.abs(held)), total(np.abs(comes)))


class ManyIndexes:
    """Many indexes, by the factors of each review, (names, indexes); a matrix product adds in an order of its own."""

    def __init__(self, factors: Mapping[str, Floats], review: str) -> None:
        self._factors, self._own = factors, factors[review]

    def review(self, review: str) -> None:
        """Take in the factors of a review."""
        self._own = self._factors[review]

    def basket(self, basket: Basket) -> Floats:
        """The market values of a new basket."""
        worth = np.zeros(basket.size)
        worth[basket.origin[basket.held]] = basket.values()[basket.held]
        return worth @ self._own

    def closes(self, stretch: Stretch) -> Floats:
        """The market values at each close."""
        return stretch.worth_by_origin().T @ self._own

    def after(self, stretch: Stretch, row: int, *, close: bool) -> Floats:
        """The market values after the events at a row's open, or after its close."""
        worth, origin = stretch.worth_after(row, close=close)
        return worth @ self._own[origin]

    def dividends(self, paid: Paid, first: int, rows: int) -> Floats:
        """The dividends of each row."""
        found = np.zeros((rows, self._own.shape[1]))
        begins = np.flatnonzero(np.diff(paid.row, prepend=NOWHERE)).tolist()
        for begin, end in pairwise([*begins, len(paid.row)]):
            found[paid.row[begin] - first] = paid.money[begin:end] @ self._own[paid.origin[begin:end]]
        return found

    def part(self, origin: int, worth: float) -> Floats:
        """The change, by the factors of the name that it comes from."""
        part: Floats = self._own[origin] * worth
        return part

    def traded(self, before: Basket, after: Basket) -> Traded:  # noqa: ARG002
        """Nothing: turnover is not computed for many indexes."""
        return NOTHING
