"""Levels and divisors from market values: pure functions of arrays shaped (rows, indexes)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.sums import Floats
from russell_pipeline.wording import counted, first_few

# The daily total return by policy, from the previous price index, today's, and today's dividend points; numbers or arrays.
TOTAL_RETURNS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "ex_open": lambda before, level, points: level / (before - points),
    "reinvest_close": lambda before, level, points: (level + points) / before,
}
# When a divisor changes: at the open, on deletions after the close, and on the review after those.
OPEN, DELETED, REVIEWED = _MOMENTS = range(3)
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

    `change` is the change in market value, by index; a review has none, nor has a name that it leaves out.
    """

    row: int
    moment: int
    event: str
    symbol: str | None
    column: int
    change: Floats
    traded: Traded = NOTHING


class Moment(NamedTuple):
    """The market value before and after all events of a row at a moment, by index."""

    row: int
    moment: int
    before: Floats
    after: Floats


class Noted(NamedTuple):
    """Market values and divisors before and after each event, (events, indexes)."""

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
    """Price and total return index and dividend points by row, on the divisor at the close.

    `closed` are the market values at the closes. `before` and `after` are those around each moment, (moments, indexes), and
    `changes` the divisors before the first moment and after each.
    """

    levels: Floats
    total_returns: Floats
    divisors: Floats
    points: Floats
    closed: Floats
    before: Floats
    after: Floats
    changes: Floats
    end: Standing


def chained(
    form: str, start: Standing, closed: Floats, paid: Floats, moments: Sequence[Moment], *, value: Floats
) -> Chained:
    """Chain levels and divisors from a start through rows of market values at the close and ordinary dividends `paid`.

    `moments` are in order; `value` is the market value after all of them. The divisor before the first row is that of `start`;
    each moment multiplies it by the ratio of the market values around it. Nothing is rounded. A chain continued from any row
    gives the same bits as one chain, and the order of events at one moment makes no difference. Nothing is refused here: see
    `check`.
    """
    rows, indexes = closed.shape
    before = np.array([one.before for one in moments]).reshape(-1, indexes)
    after = np.array([one.after for one in moments]).reshape(-1, indexes)
    happens = np.array([len(_MOMENTS) * one.row + one.moment for one in moments], np.int64)
    opens = len(_MOMENTS) * np.arange(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        divisors = np.multiply.accumulate(np.concatenate([start.divisor[None], after / before]))
        closing = divisors[np.searchsorted(happens, opens, side="right")]
        levels, points = np.concatenate([start.level[None], closed / closing]), paid / closing
        moves = TOTAL_RETURNS[form](levels[:-1], levels[1:], points)
        total_returns = np.multiply.accumulate(np.concatenate([start.total_return[None], moves]))
    end = Standing(value, divisors[-1], levels[-1], total_returns[-1])
    return Chained(levels[1:], total_returns[1:], closing, points, closed, before, after, divisors, end)


def changed(events: Sequence[Event], rows: range, indexes: int) -> Floats:
    """The change in market value from all events of some rows, (rows, moments, indexes), added in the order of the columns."""
    total = np.zeros((len(rows), len(_MOMENTS), indexes))
    for event in sorted(events, key=attrgetter("column")):
        total[event.row - rows.start, event.moment] += event.change
    return total


def _by_moment(events: Sequence[Event]) -> tuple[list[list[Event]], NDArray[np.int64]]:
    """The events of each moment, and the place of each event's moment among these."""
    groups = [list(group) for _, group in groupby(events, key=itemgetter(0, 1))]
    return groups, np.repeat(np.arange(len(groups)), [len(group) for group in groups])


def noted(found: Chained, events: Sequence[Event]) -> Noted:
    """The market values and divisors around the events of a chain one by one, in the order applied."""
    groups, at = _by_moment(events)
    told = Noted(found.before[at], found.after[at], found.changes[at], found.changes[at + 1])
    last = -1
    for place, own in enumerate(groups):
        first, last = last + 1, last + len(own)
        for n in range(first, last):  # all but the last of the moment
            row, moment, indexes = own[0].row, own[0].moment, len(found.before[place])
            change = changed(events[first : n + 1], range(row, row + 1), indexes)[0, moment]
            told.value[n] = found.before[place] + change
            with np.errstate(divide="ignore", invalid="ignore"):
                told.divisor[n] = found.changes[place] * (told.value[n] / found.before[place])
            told.value_before[n + 1], told.divisor_before[n + 1] = told.value[n], told.divisor[n]
    return told


def check(
    code: str,
    sessions: Sequence[date],
    found: Chained,
    events: Sequence[Event],
    start: Floats,
    *,
    payers: Callable[[int], Sequence[str]],
) -> None:
    """Raise IndexRefusal for the first moment that leaves no level: a market value or a level less dividends not above 0.

    `sessions` are those of the rows, `start` the levels before the first, `payers` the names that pay dividends in a row, the
    largest payer first.
    """
    faults: list[tuple[int, int, str]] = []  # row, place in the day, sentence
    if not (found.after > 0).all():
        values = noted(found, events).value
        _, at = _by_moment(events)
        for event, value, positive in zip(events, values, np.all(found.after > 0, axis=1)[at], strict=True):
            if not (positive or (value > 0).all()):
                faults.append((event.row, _PLACES[event.moment], worthless(value, _when(event))))
    for row in np.flatnonzero(~(found.closed > 0).all(axis=1)).tolist():
        faults.append((row, _CLOSE, worthless(found.closed[row], "at the close")))
    before = np.concatenate([start[None], found.levels])[:-1]
    for row in np.flatnonzero(~(before > found.points).all(axis=1)).tolist():
        points, level = found.points[row].max(), before[row].min()
        faults.append((row, _CLOSE, _paid_out(points, level, payers(row))))
    if faults:
        row, _, sentence = min(faults, key=lambda one: one[:2])
        raise IndexRefusal(f"{code} on {sessions[row]}: {sentence}", day=sessions[row])


def _paid_out(points: float, level: float, payers: Sequence[str]) -> str:
    """The sentence on dividends that leave no level, with the names that pay most."""
    return (
        f"ordinary dividends of {points:.6g} points leave nothing of a level of {level:.6g}: "
        f"{counted(len(payers), 'name pays', 'names pay')}, most of it {first_few(payers, 3)}"
    )


def _when(event: Event) -> str:
    if event.moment == REVIEWED:
        return "with the basket of the review"
    return f"after {event.event if event.moment == OPEN else 'the deletion'} of {event.symbol}"


def worthless(value: Floats, when: str) -> str:
    """The sentence on a market value that gives no level."""
    return f"the market value {when} is {value.min():.6g}, and a level needs one above 0"
