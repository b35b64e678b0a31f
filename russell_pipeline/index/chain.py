"""Levels and divisors of indexes from their market values: pure functions of arrays, (rows, indexes)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.sums import Floats

# METHODOLOGY 4: what the total return index is multiplied by, from the price index of the session before and of this one, and
# dividend points; numbers or arrays.
TOTAL_RETURNS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "ex_open": lambda before, level, points: level / (before - points),
    "reinvest_close": lambda before, level, points: (level + points) / before,
}
# When a divisor changes: at the open, by deletions after the close, and by a review after these.
OPEN, DELETED, REVIEWED = range(3)


class Traded(NamedTuple):
    """What a review trades at the closes of its day: one-way turnover, the sum of weights without signs before and after."""

    turnover: float | None = None
    gross_before: float | None = None
    gross_after: float | None = None


NOTHING = Traded()


class Event(NamedTuple):
    """What happens in a row at a moment: OPEN, DELETED or REVIEWED; `column` is the name's.

    `change` is what it leaves the indexes worth more, by index; a review has none.
    """

    row: int
    moment: int
    event: str
    symbol: str | None
    column: int
    change: Floats
    traded: Traded = NOTHING


class Worth(NamedTuple):
    """What indexes are worth by row: after all that happens at the open, at the close, after deletions, and after a review."""

    opened: Floats
    closed: Floats
    deleted: Floats
    reviewed: Floats

    @classmethod
    def none(cls, indexes: int) -> Worth:
        """What so many indexes are worth in no rows."""
        return cls(*np.empty((4, 0, indexes)))

    def then(self, later: Worth) -> Worth:
        """These rows, and others after them."""
        return Worth(*map(np.concatenate, zip(self, later, strict=True)))


class Noted(NamedTuple):
    """An event with market value and divisor before and after it, by index."""

    event: Event
    value_before: Floats
    value: Floats
    divisor_before: Floats
    divisor: Floats


class Standing(NamedTuple):
    """Where indexes stand after all that happened on a day; the divisor is that of the next open."""

    value: Floats
    divisor: Floats
    level: Floats
    total_return: Floats


@dataclass(frozen=True, eq=False)
class Chained:
    """Price index and total return index by row, on the divisor at its close; dividend points, on that at its open.

    `before` and `after` are market values by row and moment, `changes` the divisors between all moments, one more than these.
    """

    levels: Floats
    total_returns: Floats
    divisors: Floats
    points: Floats
    before: Floats
    after: Floats
    changes: Floats
    end: Standing


def chained(form: str, start: Standing, worth: Worth, paid: Floats) -> Chained:
    """Go on from where indexes stand, through rows in which they are worth so much, and paid so much in ordinary dividends.

    Unrounded; going on from any row gives the bits of one chain, and the order in which names have their events at one moment
    leaves no trace. Nothing is refused here (`check`).
    """
    ends, closed = np.concatenate([start.value[None], worth.reviewed]), worth.closed
    before = np.stack([ends[:-1], closed, worth.deleted], axis=1)
    after = np.stack([worth.opened, worth.deleted, worth.reviewed], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (after / before).reshape(-1, closed.shape[1])
        divisors = np.multiply.accumulate(np.concatenate([start.divisor[None], ratios]))
        opening, closing = divisors[:-1:3], divisors[1::3]
        levels, points = np.concatenate([start.level[None], closed / closing]), paid / opening
        moves = TOTAL_RETURNS[form](levels[:-1], levels[1:], points)
        total_returns = np.multiply.accumulate(np.concatenate([start.total_return[None], moves]))
    end = Standing(ends[-1], divisors[-1], levels[-1], total_returns[-1])
    return Chained(levels[1:], total_returns[1:], closing, points, before, after, divisors, end)


def changed(events: Sequence[Event], rows: range, indexes: int) -> Floats:
    """What events of these rows change together, (rows, moments, indexes); those of a moment in the order of their columns."""
    total = np.zeros((len(rows), 2, indexes))
    ordered = sorted(events, key=lambda event: event.column)
    if ordered:
        row, moment, change = zip(
            *((event.row - rows.start, event.moment, event.change) for event in ordered), strict=True
        )
        np.add.at(total, (row, moment), change)
    return total


def noted(found: Chained, events: Sequence[Event]) -> list[Noted]:
    """The events of a chain one by one, those of one moment in their order."""
    told: list[Noted] = []
    for (row, moment), group in groupby(events, key=lambda event: (event.row, event.moment)):
        own, at = list(group), 3 * row + moment
        whole, divisor = found.before[row, moment], found.changes[at]
        value_before, divisor_before = whole, divisor
        for n, event in enumerate(own[:-1], 1):
            value = whole + changed(own[:n], range(row, row + 1), len(whole))[0, moment]
            with np.errstate(divide="ignore", invalid="ignore"):
                divisor_after = divisor * (value / whole)
            told.append(Noted(event, value_before, value, divisor_before, divisor_after))
            value_before, divisor_before = value, divisor_after
        told.append(Noted(own[-1], value_before, found.after[row, moment], divisor_before, found.changes[at + 1]))
    return told


def check(code: str, sessions: Sequence[date], found: Chained, events: Sequence[Event], start: Floats) -> None:
    """Raise IndexRefusal for the first moment that leaves no level.

    `sessions` are those of the rows, `start` the levels before these.
    """
    amiss = []  # each with its row, and its place in the day: open, close, deletions, review
    worth = np.asarray((found.after > 0).all(axis=2))
    if not worth.all():
        for event, _, value, *_ in noted(found, events):
            if not (worth[event.row, event.moment] or (value > 0).all()):
                amiss.append((event.row, (0, 2, 3)[event.moment], worthless(value, _when(event))))
    values = found.before[:, DELETED]
    for row in np.flatnonzero(~(values > 0).all(axis=1)).tolist():
        amiss.append((row, 1, worthless(values[row], "at the close")))
    before = np.concatenate([start[None], found.levels])[:-1]
    for row in np.flatnonzero(~(before > found.points).all(axis=1)).tolist():
        points, level = found.points[row].max(), before[row].min()
        amiss.append((row, 1, f"dividends of {points:.6g} points leave nothing of a level of {level:.6g}"))
    if amiss:
        row, _, sentence = min(amiss, key=lambda one: one[:2])
        raise IndexRefusal(f"{code} on {sessions[row]}: {sentence}")


def _when(event: Event) -> str:
    if event.moment == REVIEWED:
        return "with the basket of the review"
    return f"after {event.event if event.moment == OPEN else 'the deletion'} of {event.symbol}"


def worthless(value: Floats, when: str) -> str:
    """The sentence on a market value that gives no level."""
    return f"the market value {when} is {value.min():.6g}, and a level needs one above 0"
