"""Questions to a lake that need the index engine: why a level moved, what a review trades, levels of other weightings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple, Self

import polars as pl

from russell_pipeline.index import levels as engine
from russell_pipeline.index import restatement
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.explain import Explanation, explain
from russell_pipeline.index.model import IndexRefusal, Market, Review
from russell_pipeline.index.proforma import ProForma, pro_forma
from russell_pipeline.index.weightings import calculate_weightings
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.index.inputs import IndexInputs
from russell_pipeline.steps.index.published import Published, last_session, state_of
from russell_pipeline.steps.index.weighing import ReviewWeigher


class BeforeDay(NamedTuple):
    """What an index is computed from up to a day: the market, the review weights and the sessions since a state before it."""

    definition: Definition
    market: Market
    baskets: pl.DataFrame
    sessions: list[date]
    state: IndexState


class IndexQuestions:
    """Questions about the indexes of a lake, answered from what it has published and from their inputs."""

    @classmethod
    def of(cls, root: Path, address: str | None) -> Self:
        """The questions of the lake in a folder; a lake at an address is first copied there.

        Raises LakeBusy and StoreError for a lake at an address.
        """
        if address is not None:
            from russell_pipeline.lake.mirror import refresh

            refresh(root, address)
        return cls(Lake(root))

    def __init__(self, lake: Lake) -> None:
        self._lake, self._inputs = lake, IndexInputs(lake)
        self._market = self._inputs.market

    def explain(self, code: str, day: date) -> Explanation:
        """Why an index moved on a day. Raises IndexRefusal for a day without a level, or without one before it."""
        found = self.before(code, day)
        code, base = found.definition.code, found.definition.base
        sessions = self._market.sessions
        if day == base.date:
            first = sessions.next(day)
            raise IndexRefusal(
                f"{code} begins on {day} at {base.value:g} with no level before it: ask for {first} or a later session"
            )
        if not sessions.is_session(day):
            beside = f"ask for {sessions.previous(day)} or {sessions.next(day)}"
            raise IndexRefusal(f"{code} has no level of {day}, which is no session: {beside}")
        corrected = self._lake.read("divisor_events", [str(day.year)]).filter(
            index_code=code, date=day, event=restatement.CORRECTION
        )
        return explain(*found, day=day).with_earlier_events(corrected)

    def before(self, code: str, day: date) -> BeforeDay:
        """What an index is computed from up to a day. Raises IndexRefusal where it is not computed up to that day."""
        definition = self._inputs.defined(code)
        code = definition.code
        baskets, last, reason = self._computed(code)
        if day > last:
            why = reason or "`russell run` goes on with later closes"
            raise IndexRefusal(f"{code} has no level of {day}: its last is of {last} ({why})")
        if day < definition.base.date:
            raise IndexRefusal(
                f"{code} has no level of {day}: it begins on {definition.base.date}, ask for a later session"
            )
        if day.year > definition.base.date.year and str(day.year - 1) in self._lake.keys("index_states"):
            state = state_of(self._lake, self._inputs.market_of(definition), code, day.year - 1)
        else:
            since, base = _begins(definition, baskets), definition.base.date
            days = self._market.sessions.between(since, base)
            market = self._inputs.market_of(definition).between(since, base)
            state = engine.run(definition, market, baskets, days).state
        market, days = (
            self._inputs.market_of(definition).between(state.date, day),
            self._market.sessions.between(state.date, day),
        )
        kept = Published.by(self._lake, day.year, day).kept_of(code, day.year)
        if anchored := [one for one in restatement.anchors(kept) if state.date < one.date < day]:
            until = [one for one in days if one <= anchored[-1].date]
            inputs = engine.LevelInputs(definition, market, baskets, until)
            state = restatement.run_anchored(inputs, state, anchored=anchored).state
        return BeforeDay(definition, market, baskets, days, state)

    def _computed(self, code: str) -> tuple[pl.DataFrame, date, str | None]:
        """The baskets of an index, its last session, and why it went no further. Raises IndexRefusal if it is not computed."""
        baskets, last = self._lake.read("weights").filter(index_code=code), last_session(self._lake, code)
        reasons = self._lake.read("index_runs").filter(index_code=code)["reason"].drop_nulls()
        reason: str | None = reasons[0] if len(reasons) else None
        if baskets.is_empty() or last is None:
            raise IndexRefusal(reason or f"{code} is not computed yet: `russell run` computes it")
        return baskets, last, reason

    def together(self, code: str, factors: pl.DataFrame) -> pl.DataFrame:
        """The levels of other weightings of the names of an index, from its base to its last session.

        `factors` has the columns review and symbol, and one for each weighting with the weighting factors of the names; a name
        without a row, or with null, is not held. Raises IndexRefusal where the index is not computed, or a weighting is worth
        nothing.
        """
        definition = self._inputs.defined(code)
        baskets, last, _ = self._computed(definition.code)
        baskets = baskets.filter(pl.col("implemented_on") <= last)
        weightings = [name for name in factors.columns if name not in ("review", "symbol")]
        told = baskets.select("review", "symbol").join(
            factors, on=["review", "symbol"], how="left", maintain_order="left"
        )
        by_review = {
            str(review): rows.select(pl.col(weightings).fill_null(0.0).cast(pl.Float64)).to_numpy()
            for (review,), rows in told.partition_by("review", as_dict=True).items()
        }
        since = _begins(definition, baskets)
        market, sessions = (
            self._inputs.market_of(definition).between(since, last),
            self._market.sessions.between(since, last),
        )
        found = calculate_weightings(definition, market, baskets, by_review, sessions)
        simulated = baskets["simulated"].any() or market.closes["simulated"].any()
        return pl.concat(
            pl.DataFrame(
                {
                    "weighting": name,
                    "date": found.sessions,
                    "price_index": found.price_index[:, n],
                    "total_return_index": found.total_return_index[:, n],
                    "divisor": found.divisor[:, n],
                    "simulated": simulated,
                },
                schema_overrides={"date": pl.Date},
            )
            for n, name in enumerate(weightings)
        )

    def pro_forma(self, code: str, review: str, on: date | None = None, notional: float = 1.0) -> ProForma:
        """A review at the closes of a day up to its implementation; without a day, of the last one that has levels.

        On a day before its price cut-off it is weighed at the closes of that day. Raises IndexRefusal for a review that cannot
        be weighed, or a later day.
        """
        definition = self._inputs.defined(code)
        code = definition.code
        weights = self._lake.read("weights", [review]).filter(index_code=code)
        days = self._weighed_on(weights) or self._days(definition, review)
        if days.implemented_on <= definition.base.date:
            raise IndexRefusal(f"{code} {review}: nothing is held before it, the index begins with it")
        day = on or min(last_session(self._lake, code) or days.cutoff_on, days.implemented_on)
        if not self._market.sessions.is_session(day):
            raise IndexRefusal(f"{code} {review}: {day} is no session: ask for {self._market.sessions.previous(day)}")
        before = self.before(code, day)
        if day < days.cutoff_on:
            weights = self._weighed_early(definition, days, day)
        elif weights.is_empty():
            raise IndexRefusal(self._not_weighed(definition, review))
        others = before.baskets.filter(pl.col("review") != review)
        held = engine.run(definition, before.market, others, before.sessions, before.state).state
        market = self._inputs.market_of(definition).around(min(day, days.cutoff_on), days.implemented_on)
        return pro_forma(definition, weights, held, market, notional, cutoff_on=days.cutoff_on)

    def _weighed_on(self, weights: pl.DataFrame) -> Review | None:
        """The days of a review that has weights."""
        named = weights.select("review", "cutoff_on", "implemented_on", "effective_on").unique()
        return None if named.is_empty() else Review(*named.row(0))

    def _days(self, definition: Definition, review: str) -> Review:
        """The days of a review that has no weights yet. Raises IndexRefusal if a leg of it has no component file."""
        if review not in self._inputs.complete[definition.code]:
            raise IndexRefusal(self._not_weighed(definition, review))
        return next(one for one in self._inputs.reviews(definition.code) if one.name == review)

    def _weighed_early(self, definition: Definition, days: Review, day: date) -> pl.DataFrame:
        """The weights of a review at the closes of a day before its price cut-off."""
        early = f"{day}, before its price cut-off {days.cutoff_on}"
        return ReviewWeigher(self._lake, self._inputs).weigh(definition, replace(days, cutoff_on=day), priced=early)

    def _not_weighed(self, definition: Definition, review: str) -> str:
        code = definition.code
        known = self._lake.read("weights", columns=["index_code", "review", "implemented_on"]).filter(index_code=code)
        reviews = ", ".join(known.sort("implemented_on")["review"].unique(maintain_order=True)) or "none"
        lacks = ", ".join(f"landing/components/{leg}/{review}.csv" for leg in self._inputs.missing(definition, review))
        until = f"; the lake has no {lacks}" if lacks else ""
        return (
            f"{code} has no weights of a review {review}; weighed are {reviews}. "
            f"A review is weighed once the lake has its component files and the closes of its price cut-off{until}"
        )


def _begins(definition: Definition, baskets: pl.DataFrame) -> date:
    """The price cut-off of the review with which an index begins."""
    base, days = definition.base.date, baskets.select("implemented_on", "cutoff_on").iter_rows()
    _, since = max(pair for pair in days if pair[0] <= base)
    return since  # type: ignore[no-any-return]
