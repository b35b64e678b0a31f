"""The weights of reviews from the component files and the market of a lake, and what stands against an index holding them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import cached_property

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Review
from russell_pipeline.index.weights import review_weights
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.spelling import one_spelling, side_by_side
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.identity import SecurityIds
from russell_pipeline.steps.index.inputs import IndexInputs, sources


class ReviewWeigher:
    """Weighs the reviews of the indexes of a lake."""

    def __init__(self, lake: Lake, inputs: IndexInputs) -> None:
        self._lake, self._inputs, self._market = lake, inputs, inputs.market

    def weigh(
        self,
        definition: Definition,
        review: Review,
        without: Collection[str] = (),
        priced: str | None = None,
    ) -> pl.DataFrame:
        """The weights of a review at the closes of its price cut-off, rows of `weights`. Raises IndexRefusal.

        `priced` names the day in refusals if it is not the price cut-off.
        """
        for row in self._market.blocked.filter(kind="components").iter_rows(named=True):
            code, _, named = (row["file"] or "").rpartition(".")[0].partition("/")
            if named == review.name and code in sources(definition):
                raise IndexRefusal(f"{definition.code} {review.name}: {row['sentence']}")
        own = pl.col("index_code").is_in(sorted(sources(definition)))
        rows = self._inputs.components.filter(own, effective_review=review.name)
        read_as = self._inputs.market_of(definition)
        components = {
            code: read_as.like_components(rows.filter(index_code=code), "symbol").filter(
                ~pl.col("symbol").is_in(list(without))
            )
            for code in rows["index_code"].unique()
        }
        market = read_as.around(review.cutoff_on, review.implemented_on)
        simulated = rows["simulated"].any() or market.closes["simulated"].any()
        weights = review_weights(definition, review, components, market, priced)
        weights = weights.with_columns(simulated=pl.lit(simulated))
        return self.with_security_ids(weights, "effective_on", review.cutoff_on.year)

    def actions_set_aside(
        self, definition: Definition, weighed: Sequence[pl.DataFrame], since: date, until: date
    ) -> Iterator[IndexRefusal]:
        """Actions up to a day that were set aside on a symbol that the index holds, or comes to hold, in any spelling.

        Spellings side by side in a component file or on a day of closes are two names: a row about BF.A stops nothing of BFA.

        Raises IndexRefusal for one without a day, which may be of any.
        """
        faulty = self._market.blocked.filter(kind="actions")
        if faulty.is_empty():
            return
        names = pl.concat([frame.select("symbol", "review") for frame in weighed] or [TABLES["weights"].empty])
        years = range(since.year, until.year + 1)
        apart = side_by_side(names, "review").union(*map(self._market.apart_in, years))
        held = set(one_spelling(names, apart, "symbol")["symbol"])
        successors = one_spelling(self._successors, apart, "old", "new").rows()
        while more := {new for old, new in successors if old in held} - held:
            held |= more
        faulty = one_spelling(faulty.with_columns(key=pl.col("subject").str.to_uppercase()), apart, "key")
        for row in faulty.iter_rows(named=True):
            if row["blocks"] == "symbol" and row["key"] not in held:
                continue
            sentence, day = f"{definition.code}: {row['sentence']}", row["day"]
            if day is None:
                raise IndexRefusal(sentence)
            if since < day <= until:
                yield IndexRefusal(sentence, day=self._market.sessions.on_or_after(day))

    def with_security_ids(self, rows: pl.DataFrame, on: str, year: int) -> pl.DataFrame:
        """Rows with the security of each `symbol` on the day in the column `on`, spelled as in the closes of a year."""
        ids = self._security_ids.of(rows, on, apart=self._market.apart_in(year))
        return rows.with_columns(security_id=ids)

    @cached_property
    def _successors(self) -> pl.DataFrame:
        """Pairs `old`, `new`: a symbol, and one its holders come to hold by a symbol change, a conversion or a spin-off."""
        actions = self._lake.read("actions", columns=["symbol", "to_symbol"]).drop_nulls()
        changes = self._market.symbol_changes.select(old="old_symbol", new="new_symbol")
        return pl.concat([changes, actions.select(old="symbol", new="to_symbol")])

    @cached_property
    def _security_ids(self) -> SecurityIds:
        return SecurityIds.of_lake(self._lake)
