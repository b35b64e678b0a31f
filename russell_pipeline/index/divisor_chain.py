"""Levels and divisors from market values: pure functions of arrays shaped (sessions, indexes)."""

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
# The moments of a session at which the divisor changes, in order.
AT_OPEN, AFTER_DELETIONS, AFTER_REVIEW = _MOMENTS = range(3)
# The order of these and of the close within a session.
_ORDER, _CLOSE = {AT_OPEN: 0, AFTER_DELETIONS: 2, AFTER_REVIEW: 3}, 1


class ReviewTurnover(NamedTuple):
    """One-way turnover of a review at the closes of its day, and the gross weight (the sum of |w|) before and after it."""

    turnover: float | None = None
    gross_before: float | None = None
    gross_after: float | None = None


NO_TURNOVER = ReviewTurnover()


class Event(NamedTuple):
    """An event of the indexes of a segment.

    - `row`: the session, counted from the first that is computed; `moment`: AT_OPEN, AFTER_DELETIONS or AFTER_REVIEW of it;
    - `event`: its kind, as the column `event` of the table divisor_events has it;
    - `symbol`, `column`: the name that it happens to, and its column in the panel; None and -1 for a review;
    - `change`: by index, what the event adds to the market value, negative where it takes away, in the currency of the index;
      zero for a review and for a name that a review leaves out;
    - `turnover`: of a review, by index.
    """

    row: int
    moment: int
    event: str
    symbol: str | None
    column: int
    change: Floats
    turnover: ReviewTurnover = NO_TURNOVER


class DivisorAdjustment(NamedTuple):
    """The market value by index before and after all events of one moment of a session; the divisor moves by their ratio."""

    row: int
    moment: int
    value_before: Floats
    value_after: Floats


class EventLedger(NamedTuple):
    """Market values and divisors before and after each event, arrays shaped (events, indexes)."""

    value_before: Floats
    value_after: Floats
    divisor_before: Floats
    divisor_after: Floats


class ChainState(NamedTuple):
    """Market value, divisor and levels by index after all events of a session; the divisor is that of the next open."""

    market_value: Floats
    divisor: Floats
    price_index: Floats
    total_return_index: Floats


@dataclass(frozen=True, eq=False)
class ChainedLevels:
    """Levels, divisors, dividend points and market values at the close of each session, arrays shaped (sessions, indexes).

    `value_before` and `value_after` are the market values around each divisor adjustment, (adjustments, indexes);
    `divisor_steps` are the divisors before the first adjustment and after each, (adjustments + 1, indexes). `end` is the state
    after the last session.
    """

    price_index: Floats
    total_return_index: Floats
    divisor: Floats
    dividend_points: Floats
    market_value: Floats
    value_before: Floats
    value_after: Floats
    divisor_steps: Floats
    end: ChainState


@dataclass(frozen=True, eq=False)
class ChainInputs:
    """What levels are chained from: market values at the close and ordinary dividends, arrays shaped (sessions, indexes).

    `adjustments` are in order; `last_value` is the market value after all of them.
    """

    market_value: Floats
    dividends: Floats
    adjustments: Sequence[DivisorAdjustment]
    last_value: Floats


def chain_levels(total_return: str, start: ChainState, inputs: ChainInputs) -> ChainedLevels:
    """Chain levels and divisors from a start; `total_return` is the policy, a key of `TOTAL_RETURNS`.

    The divisor before the first session is that of `start`; each adjustment multiplies it by the ratio of the market values
    around it (METHODOLOGY 4). Nothing is rounded. A chain continued from any session gives the same bits as one chain, and the
    order of events at one moment makes no difference. Nothing is refused here: see `check_levels`.
    """
    sessions, indexes = inputs.market_value.shape
    before = np.array([one.value_before for one in inputs.adjustments]).reshape(-1, indexes)
    after = np.array([one.value_after for one in inputs.adjustments]).reshape(-1, indexes)
    adjusted_at = np.array([len(_MOMENTS) * one.row + one.moment for one in inputs.adjustments], np.int64)
    opens = len(_MOMENTS) * np.arange(sessions)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.multiply.accumulate(np.concatenate([start.divisor[None], after / before]))
        divisor = steps[np.searchsorted(adjusted_at, opens, side="right")]
        level = np.concatenate([start.price_index[None], inputs.market_value / divisor])
        points = inputs.dividends / divisor
        returns = TOTAL_RETURNS[total_return](level[:-1], level[1:], points)
        total_return_index = np.multiply.accumulate(np.concatenate([start.total_return_index[None], returns]))
    return ChainedLevels(
        price_index=level[1:],
        total_return_index=total_return_index[1:],
        divisor=divisor,
        dividend_points=points,
        market_value=inputs.market_value,
        value_before=before,
        value_after=after,
        divisor_steps=steps,
        end=ChainState(inputs.last_value, steps[-1], level[-1], total_return_index[-1]),
    )


def value_changes(events: Sequence[Event], rows: range, indexes: int) -> Floats:
    """The change in market value from all events of some rows, (rows, moments, indexes), added in the order of the columns."""
    total = np.zeros((len(rows), len(_MOMENTS), indexes))
    for event in sorted(events, key=attrgetter("column")):
        total[event.row - rows.start, event.moment] += event.change
    return total


def _by_moment(events: Sequence[Event]) -> tuple[list[list[Event]], NDArray[np.int64]]:
    """The events of each moment, and for each event the number of its moment."""
    groups = [list(group) for _, group in groupby(events, key=itemgetter(0, 1))]
    return groups, np.repeat(np.arange(len(groups)), [len(group) for group in groups])


def event_ledger(chain: ChainedLevels, events: Sequence[Event]) -> EventLedger:
    """The market values and divisors around each event of a chain, in the order applied."""
    groups, moment_of = _by_moment(events)
    ledger = EventLedger(
        chain.value_before[moment_of],
        chain.value_after[moment_of],
        chain.divisor_steps[moment_of],
        chain.divisor_steps[moment_of + 1],
    )
    last = -1
    for place, group in enumerate(groups):
        first, last = last + 1, last + len(group)
        for n in range(first, last):  # all but the last of the moment
            row, moment, indexes = group[0].row, group[0].moment, len(chain.value_before[place])
            change = value_changes(events[first : n + 1], range(row, row + 1), indexes)[0, moment]
            ledger.value_after[n] = chain.value_before[place] + change
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = ledger.value_after[n] / chain.value_before[place]
                ledger.divisor_after[n] = chain.divisor_steps[place] * ratio
            ledger.value_before[n + 1], ledger.divisor_before[n + 1] = ledger.value_after[n], ledger.divisor_after[n]
    return ledger


class Payers(NamedTuple):
    """What the dividends of an index are called, and the names that pay them in a row of a chain, the largest payer first."""

    dividends_called: str
    of_row: Callable[[int], Sequence[str]]


class _Fault(NamedTuple):
    """A moment that leaves no level: its row, its order within the session, and the sentence on it."""

    row: int
    order: int
    sentence: str


def check_levels(
    subject: str,
    sessions: Sequence[date],
    start: ChainState,
    chain: ChainedLevels,
    events: Sequence[Event],
    *,
    payers: Payers,
) -> None:
    """Raise IndexRefusal for the first moment that leaves no level: a market value or a level less dividends not above 0.

    `subject` is the code of the index, `sessions` are those of the chain's rows.
    """
    faults: list[_Fault] = []
    if not (chain.value_after > 0).all():
        values = event_ledger(chain, events).value_after
        _, moment_of = _by_moment(events)
        positive_moments = np.all(chain.value_after > 0, axis=1)[moment_of]
        for event, value, positive in zip(events, values, positive_moments, strict=True):
            if not (positive or (value > 0).all()):
                faults.append(_Fault(event.row, _ORDER[event.moment], no_market_value(value, _when(event))))
    for row in np.flatnonzero(~(chain.market_value > 0).all(axis=1)).tolist():
        faults.append(_Fault(row, _CLOSE, no_market_value(chain.market_value[row], "at the close")))
    before = np.concatenate([start.price_index[None], chain.price_index])[:-1]
    for row in np.flatnonzero(~(before > chain.dividend_points).all(axis=1)).tolist():
        points, level = chain.dividend_points[row].max(), before[row].min()
        faults.append(_Fault(row, _CLOSE, _dividends_beyond_level(points, level, payers, row)))
    if faults:
        first = min(faults, key=lambda fault: fault[:2])
        raise IndexRefusal(f"{subject} on {sessions[first.row]}: {first.sentence}", day=sessions[first.row])


def _dividends_beyond_level(points: float, level: float, payers: Payers, row: int) -> str:
    """The sentence on dividends that leave no level, with the names that pay most."""
    names = payers.of_row(row)
    return (
        f"{payers.dividends_called} of {points:.6g} points leave nothing of a level of {level:.6g}: "
        f"{counted(len(names), 'name pays', 'names pay')}, most of it {first_few(names, 3)}"
    )


def _when(event: Event) -> str:
    if event.moment == AFTER_REVIEW:
        return "with the basket of the review"
    return f"after {event.event if event.moment == AT_OPEN else 'the deletion'} of {event.symbol}"


def no_market_value(value: Floats, when: str) -> str:
    """The sentence on a market value that gives no level."""
    return f"the market value {when} is {value.min():.6g}, and a level needs one above 0"
