"""What happens to an index on each session: renames, dividends, restructurings, deletions, reviews."""

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
class Agenda:
    """What happens by row of a panel: at the open, after the close, and the weights of a review implemented after that.

    The dividends of a row are `dividends[dividends_from[row] : dividends_from[row + 1]]`; those without an amount are in
    `incomplete`, to be refused if the index holds the name. Restructurings have their place among all actions.
    """

    dividends: Dividends
    dividends_from: list[int]
    incomplete: dict[int, list[Action]] = field(default_factory=lambda: defaultdict(list))
    restructurings: dict[int, list[tuple[int, Action]]] = field(default_factory=lambda: defaultdict(list))
    deletions: dict[int, list[Action]] = field(default_factory=lambda: defaultdict(list))
    renames: dict[int, Mapping[str, str]] = field(default_factory=dict)
    reviews: dict[int, pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def _eventful(self) -> list[int]:
        return sorted(self.renames.keys() | self.incomplete.keys() | self.restructurings.keys() | self.deletions.keys())

    def eventful(self, first: int, last: int) -> list[int]:
        """The rows from `first` to `last`, both included, in which something happens to names."""
        return self._eventful[bisect_left(self._eventful, first) : bisect_right(self._eventful, last)]

    def until_review(self, first: int, last: int) -> int:
        """The first row with a review, or `last` if there is none."""
        return min((row for row in self.reviews if first <= row <= last), default=last)

    def dividends_of(self, first: int, last: int) -> Dividends:
        """The ordinary dividends of some rows."""
        return self.dividends.at(slice(self.dividends_from[first], self.dividends_from[last + 1]))


def agenda(code: str, panel: Panel, baskets: pl.DataFrame, after: date) -> Agenda:
    """What happens after a day, up to the panel's last session.

    What is dated on a day that is no session applies on the next one. `baskets` are rows of review weights (columns `BASKETS`).
    Raises IndexRefusal for a review that is not implemented on a session, and for two on one session.
    """
    days, last = panel.sessions, max(panel.sessions, default=after)
    dividends = panel.dividends_after(after)
    found = Agenda(dividends, np.searchsorted(dividends.row, np.arange(len(days) + 1)).tolist())
    for row, place, action in panel.actions:
        if action.date <= after:
            continue
        if action.action == DIVIDEND:
            found.incomplete[row].append(action)
        elif action.action == DELETION:
            found.deletions[row].append(action)
        else:
            found.restructurings[row].append((place, action))
    renames = panel.quotes.renames
    for row in {bisect_left(days, day) for day in renames.days if after < day <= last}:
        found.renames[row] = renames.between(max(after, days[row - 1]) if row else after, days[row])
    for names in _implemented(baskets):
        day, review = names["implemented_on"][0], names["review"][0]
        if not after < day <= last:
            continue
        if day not in panel.row:
            raise IndexRefusal(
                f"{code} {review}: it is implemented on {day}, which is not one of the sessions", day=day
            )
        others = names["review"].filter(names["review"] != review)
        if len(others):
            raise IndexRefusal(f"{code} {others[0]}: another review is implemented on {day} too", day=day)
        found.reviews[panel.row[day]] = names
    return found


def _implemented(baskets: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of review weights by day of implementation, in order."""
    if not baskets["implemented_on"].is_sorted():
        baskets = baskets.sort("implemented_on", maintain_order=True)
    days = baskets["implemented_on"].to_physical().to_numpy()
    edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), baskets.height]
    return [baskets.slice(begin, end - begin) for begin, end in pairwise(edges) if begin < end]
