"""What names are worth, added up by index."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Protocol

import numpy as np

from russell_pipeline.index.basket import Basket
from russell_pipeline.index.chain import NOTHING, Traded
from russell_pipeline.index.lines import Lines, Paid
from russell_pipeline.index.panel import NOWHERE
from russell_pipeline.index.sums import Floats, row_totals, total


class Totals(Protocol):
    """How what names of a basket are worth counts in indexes; all that is given back is by index."""

    def review(self, review: str) -> None:
        """A basket of a review comes in."""

    def basket(self, basket: Basket) -> Floats:
        """What a basket is worth that just came in."""

    def closes(self, lines: Lines) -> Floats:
        """What lines are worth at each close, (rows, indexes)."""

    def after(self, lines: Lines, row: int, *, close: bool) -> Floats:
        """What lines are worth after the events of a row at its open, or after its close."""

    def dividends(self, paid: Paid, first: int, rows: int) -> Floats:
        """What dividends come to in so many rows from the first on, (rows, indexes)."""

    def part(self, origin: int, worth: float) -> Floats:
        """What it comes to if a name of the basket becomes worth so much more."""

    def traded(self, before: Basket, after: Basket) -> Traded:
        """What a review trades."""


class OneIndex:
    """One index whose names have the weighting factors of the basket; its sums repeat to the bit."""

    def review(self, review: str) -> None:
        """Nothing else comes with a basket."""

    def basket(self, basket: Basket) -> Floats:
        """What a basket is worth."""
        return np.array([total(basket.values())])

    def closes(self, lines: Lines) -> Floats:
        """What lines are worth at each close."""
        return row_totals(lines.worth().T)[:, None]

    def after(self, lines: Lines, row: int, *, close: bool) -> Floats:
        """What lines are worth after the events of a row at its open, or after its close."""
        worth, _ = lines.worth_after(row, close=close)
        return np.array([total(worth)])

    def dividends(self, paid: Paid, first: int, rows: int) -> Floats:
        """What dividends come to, added in the order of the columns."""
        return np.bincount(paid.row - first, paid.money, rows).astype(np.float64)[:, None]

    def part(self, origin: int, worth: float) -> Floats:  # noqa: ARG002
        """What a name is worth more, of whatever origin."""
        return np.array([worth])

    def traded(self, before: Basket, after: Basket) -> Traded:
        """What a review trades, from what each column of a panel is worth before and after it."""
        # A sum that is not above 0 is refused once it is handed on.
        with np.errstate(divide="ignore", invalid="ignore"):
            held, comes = (values / total(values) for values in (before.values(), after.values()))
        return Traded(total(np.abs(comes - held)) / 2, total(np.abs(held)), total(np.abs(comes)))


class ManyIndexes:
    """Indexes whose factors the names of each review have, (names, indexes); a matrix product adds in an order of its own."""

    def __init__(self, factors: Mapping[str, Floats], review: str) -> None:
        self._factors, self._own = factors, factors[review]

    def review(self, review: str) -> None:
        """The factors of a review come in."""
        self._own = self._factors[review]

    def basket(self, basket: Basket) -> Floats:
        """What a basket is worth that just came in."""
        worth = np.zeros(basket.size)
        worth[basket.origin[basket.held]] = basket.values()[basket.held]
        return worth @ self._own

    def closes(self, lines: Lines) -> Floats:
        """What lines are worth at each close."""
        return lines.worth_by_origin().T @ self._own

    def after(self, lines: Lines, row: int, *, close: bool) -> Floats:
        """What lines are worth after the events of a row at its open, or after its close."""
        worth, origin = lines.worth_after(row, close=close)
        return worth @ self._own[origin]

    def dividends(self, paid: Paid, first: int, rows: int) -> Floats:
        """What dividends come to, day by day."""
        found = np.zeros((rows, self._own.shape[1]))
        begins = np.flatnonzero(np.diff(paid.row, prepend=NOWHERE)).tolist()
        for begin, end in pairwise([*begins, len(paid.row)]):
            found[paid.row[begin] - first] = paid.money[begin:end] @ self._own[paid.origin[begin:end]]
        return found

    def part(self, origin: int, worth: float) -> Floats:
        """What a name is worth more, by the factors of what it comes from."""
        part: Floats = self._own[origin] * worth
        return part

    def traded(self, before: Basket, after: Basket) -> Traded:  # noqa: ARG002
        """Not told of many."""
        return NOTHING
