"""Levels and divisors from market values: pure functions of arrays shaped (rows, indexes)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.sums import Floats

# The daily total return by policy, from the previous price index, today's, and today's dividend points; numbers or arrays.
TOTAL_RETURNS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "ex_open": lambda before, level, points: level / (before - points),
    "reinvest_close": lambda before, level, points: (level + points) / before,
}
# When a divisor changes: at the open, on deletions after the close, and on the review after those.
OPEN, DELETED, REVIEWED = range(3)
# The places of these, and of the close, in the order of a day.
_PLACES, _CLOSE = {OPEN: 0, DELETED: 2, REVIEWED: 3}, 1


class Traded(NamedTuple):
    """What a review trades at the closes of its day: one-way turnover, and the gross weight (the sum of |w|) before and after."""

    turnover: float | None = None
    gross_before: float | None = None
    gross_after: float | None = None


NOTHING = Traded()


class Event(NamedTuple):
    """What happens in a row at a moment (OPEN, DELETED or REVIEWED) to the name in a column.

    `change` is the change in market value, by index; a review has none.
    """

    row: int
    moment: int
    event: str
    symbol: str | None
    column: int
    change: Floats
    traded: Traded = NOTHING


class Worth(NamedTuple):
    """Market values by row: after the events at the open, at the close, after deletions, and after a review."""

    opened: Floats
    closed: Floats
    deleted: Floats
    reviewed: Floats

    @classmethod
    def none(cls, indexes: int) -> Worth:
        """No rows, of so many indexes."""
        return cls(*np.empty((4, 0, indexes)))

    def then(self, later: Worth) -> Worth:
        """These rows followed by later ones."""
        return Worth(*map(np.concatenate, zip(self, later, strict=True)))


class Noted(NamedTuple):
    """An event with market value and divisor before and after it, by index."""

    event: Event
    value_before: Floats
    value: Floats
    divisor_before: Floats
    divisor: Floats


class Standing(NamedTuple):
    """Market value, divisor and levels after everything on a day; the divisor is that of the next open."""

    value: Floats
    divisor: Floats
    level: Floats
    total_return: Floats


@dataclass(frozen=True, eq=False)
class Chained:
    """Price and total return index by row on the divisor at the close, dividend points on the divisor at the open.

    `before` and `after` are the market values around each event, (rows, moments, indexes). `changes` are the divisors before,
    between and after all moments: 3 x rows + 1.
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
    """Chain levels and divisors from a start through rows of market values and ordinary dividends `paid`.

    Nothing is rounded. A chain continued from any row gives the same bits as one chain, and the order of events at one moment
    makes no difference. Nothing is refused here: see `check`.
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
    """The change in market value from all events of some rows, (rows, moments, indexes), added in the order of the columns."""
    total = np.zeros((len(rows), 2, indexes))
    for event in sorted(events, key=attrgetter("column")):
        total[event.row - rows.start, event.moment] += event.change
    return total


def noted(found: Chained, events: Sequence[Event]) -> list[Noted]:
    """The events of a chain one by one, in the order applied."""
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
    """Raise IndexRefusal for the first moment that leaves no level: a market value or a level less dividends not above 0.

    `sessions` are those of the rows, `start` the levels before the first.
    """
    faults: list[tuple[int, int, str]] = []  # row, place in the day, sentence
    positive = np.asarray((found.after > 0).all(axis=2))
    if not positive.all():
        for one in noted(found, events):
            event = one.event
            if not (positive[event.row, event.moment] or (one.value > 0).all()):
                faults.append((event.row, _PLACES[event.moment], worthless(one.value, _when(event))))
    values = found.before[:, DELETED]
    for row in np.flatnonzero(~(values > 0).all(axis=1)).tolist():
        faults.append((row, _CLOSE, worthless(values[row], "at the close")))
    before = np.concatenate([start[None], found.levels])[:-1]
    for row in np.flatnonzero(~(before > found.points).all(axis=1)).tolist():
        points, level = found.points[row].max(), before[row].min()
        faults.append((row, _CLOSE, f"dividends of {points:.6g} points leave nothing of a level of {level:.6g}"))
    if faults:
        row, _, sentence = min(faults, key=lambda one: one[:2])
        raise IndexRefusal(f"{code} on {sessions[row]}: {sentence}")


def _when(event: Event) -> str:
    if event.moment == REVIEWED:
        return "with the basket of the review"
    return f"after {event.event if event.moment == OPEN else 'the deletion'} of {event.symbol}"


def worthless(value: Floats, when: str) -> str:
    """The sentence on a market value that gives no level."""
    return f"the market value {when} is {value.min():.6g}, and a level needs one above 0"
