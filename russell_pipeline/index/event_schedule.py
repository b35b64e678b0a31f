"""The events of an index by session: symbol changes, dividends, restructurings, deletions, reviews."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl

from russell_pipeline.index.corporate_actions import DELETION, DIVIDEND, Action
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.panel import Dividends, Panel


@dataclass
class EventSchedule:
    """The events by row of a panel: at the open, after the close, and the review implemented after both.

    The dividends of a row are `dividends[dividend_offsets[row] : dividend_offsets[row + 1]]`. Dividends without an amount are in
    `incomplete_dividends`: they are refused if the index holds the name. Restructurings come with their place among all actions.
    `reviews` has the rows of weights of each review.
    """

    dividends: Dividends
    dividend_offsets: list[int]
    incomplete_dividends: dict[int, list[Action]] = field(default_factory=lambda: defaultdict(list))
    restructurings: dict[int, list[tuple[int, Action]]] = field(default_factory=lambda: defaultdict(list))
    deletions: dict[int, list[Action]] = field(default_factory=lambda: defaultdict(list))
    symbol_changes: dict[int, Mapping[str, str]] = field(default_factory=dict)
    reviews: dict[int, pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def _rows_with_events(self) -> list[int]:
        by_kind = (self.symbol_changes, self.incomplete_dividends, self.restructurings, self.deletions)
        return sorted(set().union(*by_kind))

    def rows_with_events(self, first: int, last: int) -> list[int]:
        """The rows from `first` to `last`, both included, with events other than dividends and reviews."""
        rows = self._rows_with_events
        return rows[bisect_left(rows, first) : bisect_right(rows, last)]

    def next_review(self, first: int, last: int) -> int:
        """The first row from `first` to `last` with a review, or `last` if there is none."""
        return min((row for row in self.reviews if first <= row <= last), default=last)

    def dividends_between(self, first: int, last: int) -> Dividends:
        """The ordinary dividends of the rows from `first` to `last`, both included."""
        return self.dividends.select(slice(self.dividend_offsets[first], self.dividend_offsets[last + 1]))


def schedule_events(index_code: str, panel: Panel, baskets: pl.DataFrame, after: date) -> EventSchedule:
    """The events after a day, up to the panel's last session.

    An event that is dated on a closed day applies on the next session. `baskets` are rows of review weights (columns `BASKETS`,
    and the `column` of each name in the panel). Raises IndexRefusal for a review that is not implemented on a session, and for
    two on one session.
    """
    days, last = panel.sessions, max(panel.sessions, default=after)
    dividends = panel.dividends_after(after)
    schedule = EventSchedule(dividends, np.searchsorted(dividends.row, np.arange(len(days) + 1)).tolist())
    for row, place, action in panel.actions:
        if action.date <= after:
            continue
        if action.action == DIVIDEND:
            schedule.incomplete_dividends[row].append(action)
        elif action.action == DELETION:
            schedule.deletions[row].append(action)
        else:
            schedule.restructurings[row].append((place, action))
    changes = panel.prices.symbol_changes
    for row in {bisect_left(days, day) for day in changes.days if after < day <= last}:
        schedule.symbol_changes[row] = changes.between(max(after, days[row - 1]) if row else after, days[row])
    for weights in _by_implementation(baskets):
        day, review = weights["implemented_on"][0], weights["review"][0]
        if not after < day <= last:
            continue
        if day not in panel.row:
            raise IndexRefusal(
                f"{index_code} {review}: it is implemented on {day}, which is not one of the sessions", day=day
            )
        others = weights["review"].filter(weights["review"] != review)
        if len(others):
            raise IndexRefusal(f"{index_code} {others[0]}: another review is implemented on {day} too", day=day)
        schedule.reviews[panel.row[day]] = weights
    return schedule


def _by_implementation(baskets: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of review weights by day of implementation, in order."""
    if not baskets["implemented_on"].is_sorted():
        baskets = baskets.sort("implemented_on", maintain_order=True)
    days = baskets["implemented_on"].to_physical().to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), baskets.height]
    return [baskets.slice(begin, end - begin) for begin, end in pairwise(edges) if begin < end]
