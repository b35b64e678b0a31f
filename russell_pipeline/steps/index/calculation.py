"""The levels of a year of an index: where the year starts, which reviews it has, and its calculation from there on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from russell_pipeline.index import restatement
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import LevelInputs, Levels
from russell_pipeline.index.model import IndexRefusal, Review
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.index.inputs import IndexInputs
from russell_pipeline.steps.index.published import state_of
from russell_pipeline.steps.index.weighing import ReviewWeigher


@dataclass(frozen=True, slots=True)
class Start:
    """Where a year of an index starts: the state before it, or the review `in_force` at the base.

    The market counts from `since`; reviews implemented after `after` are still to come, of which `later` come into force in the
    year or are weighted before their own.
    """

    state: IndexState | None
    since: date
    after: date
    in_force: Sequence[Review]
    later: Sequence[Review]


class YearCalculator:
    """Computes years of the indexes of a lake from its inputs, whatever was published of them."""

    def __init__(self, lake: Lake, inputs: IndexInputs | None = None) -> None:
        self._lake, self.inputs = lake, inputs or IndexInputs(lake)
        self.market, self.weigher = self.inputs.market, ReviewWeigher(lake, self.inputs)

    def last_session(self, year: int) -> date:
        """The last day of a year that has closes, or could have."""
        return min(date(year, 12, 31), self.market.last_close)

    def start(self, definition: Definition, year: int) -> Start:
        """Where a year starts, with all reviews whose price cut-off has closes. Raises IndexRefusal."""
        reviews = self.inputs.reviews(definition.code)
        return self._start(definition, year, [one for one in reviews if one.cutoff_on <= self.market.last_close])

    def _start(
        self, definition: Definition, year: int, reviews: Sequence[Review], state: IndexState | None = None
    ) -> Start:
        base, market = definition.base.date, self.inputs.market_of(definition)
        if year > base.year:
            if state is None:
                state = state_of(self._lake, market, definition.code, year - 1)
            else:
                state = IndexState.from_frame(market.like_closes_of(year, state.to_frame(), "symbol"))
            after = date(year - 1, 12, 31)
            return Start(state, state.date, after, (), self._later(after, reviews, year))
        in_force = [review for review in reviews if review.implemented_on <= base][-1:]
        if not in_force:
            raise IndexRefusal(f"{definition.code}: no review is implemented on or before its base, {base}")
        # Actions since the cut-off change the price of a name that does not trade.
        after = in_force[0].implemented_on
        return Start(None, in_force[0].cutoff_on, after, in_force, self._later(after, reviews, year))

    def _later(self, after: date, reviews: Sequence[Review], year: int) -> list[Review]:
        """The reviews of a year that come into force after a day, and those that are weighted before their own year."""
        ends = date(year, 12, 31)
        return [
            review
            for review in reviews
            if after < review.implemented_on <= ends
            or year == self.inputs.last_year < review.implemented_on.year  # weighted now, in a year without closes yet
        ]

    def levels(
        self, definition: Definition, start: Start, weighed: Sequence[pl.DataFrame], last: date
    ) -> Callable[[Sequence[restatement.Anchor]], Levels]:
        """What computes the levels from a start to a session, for given anchors. It raises IndexRefusal."""
        market, over = self.inputs.market_of(definition).over(start.since, last, definition.currency)
        inputs = LevelInputs(definition, market, baskets_until(last, weighed), over.sessions, prepared=over)

        def compute(anchored: Sequence[restatement.Anchor]) -> Levels:
            return restatement.run_anchored(inputs, start.state, anchored=anchored)

        return compute

    def path(
        self,
        definition: Definition,
        year: int,
        state: IndexState | None,
        anchored: Sequence[restatement.Anchor],
        until: date,
    ) -> Levels:
        """The levels of a year by a definition from a state, or if it is None from that of the lake. Raises IndexRefusal."""
        self.inputs.definitions[definition.code] = definition
        until = min(until, self.market.last_close)
        reviews = [review for review in self.inputs.reviews(definition.code) if review.implemented_on <= until]
        start = self._start(definition, year, reviews, state)
        weighed = [self.weigher.weigh(definition, review) for review in (*start.in_force, *start.later)]
        for refusal in self.weigher.actions_set_aside(definition, weighed, start.after, until):
            raise refusal
        return self.levels(definition, start, weighed, until)(anchored)


def baskets_until(last: date, weighed: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The weights of the reviews that are implemented up to a day, rows of `weights`."""
    return pl.concat([frame for frame in weighed if frame["implemented_on"][0] <= last] or [TABLES["weights"].empty])
