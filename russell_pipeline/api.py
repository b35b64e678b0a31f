"""The Python API to a lake: the questions of the command line, answered as polars frames. Imports no Dagster and no reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from russell_pipeline.lake import query
from russell_pipeline.settings import Settings

if TYPE_CHECKING:
    from russell_pipeline.index.proforma import ProForma
    from russell_pipeline.lake.index_questions import IndexQuestions


class OpenLake:
    """A lake to query. Each call reads the lake as it is at that moment, and never disturbs a run.

    Methods that query the catalog raise `russell_pipeline.lake.query.NoCatalog` if the lake has none yet. For a lake at an
    address, every method raises `russell_pipeline.lake.remote.StoreError` if the store fails; `explain`, `pro_forma` and
    `together` also raise `russell_pipeline.lake.lock.LakeBusy` while a run works in the lake's mirror on this machine.
    """

    def __init__(self, root: Path | str) -> None:
        self._settings = Settings.from_environment(str(root))

    def members(self, index: str, on: date, known_on: date | None = None) -> pl.DataFrame:
        """The members of an index on a day, as known now, or as known on `known_on` from what had been published by then.

        One row for each member, with the document, page and line it comes from; empty if no list of the index holds on that day.
        """
        return self.sql(*query.members(index, on, known_on))

    def changes(self, index: str, review: str | None = None) -> pl.DataFrame:
        """Additions and deletions of an index, or of one of its reviews (YYYY-MM), by list status and in document order."""
        return self.sql(*query.changes(index, review))

    def calendar(self, year: int) -> pl.DataFrame:
        """The dates of a year's reviews, published and computed side by side."""
        return self.sql(*query.calendar(year))

    def weights(self, index: str, review: str) -> pl.DataFrame:
        """The weights of an index at a review (YYYY-MM, or the day of its components), with every step, heaviest first."""
        return self.sql(*query.weights(index, review))

    def levels(
        self, index: str, first: date | None = None, last: date | None = None, *, as_published: bool = False
    ) -> pl.DataFrame:
        """The daily price and total return levels of an index; with `as_published`, as they were first published."""
        return self.sql(*(query.levels_as_published if as_published else query.levels)(index, first, last))

    def corrections(self, index: str, first: date | None = None, last: date | None = None) -> pl.DataFrame:
        """The sessions whose published level was restated or withdrawn, or kept although its inputs were corrected."""
        return self.sql(*query.corrections(index, first, last))

    def explain(self, index: str, day: date) -> pl.DataFrame:
        """Why an index moved on a day: the contribution of each name, largest first, and of each event of the day.

        Contributions are in points of the price index and add up to its move; the columns are
        `russell_pipeline.index.explain.PARTS`. Raises `russell_pipeline.index.model.IndexRefusal` if the index has no level on
        that day, or none before it.
        """
        return self._indexes.explain(index, day).parts()

    def pro_forma(self, index: str, review: str, on: date | None = None, notional: float = 1.0) -> ProForma:
        """A review before its implementation: drifted weights, turnover, and the trades for a notional in the index's currency.

        Uses the closes of `on`, a day from the price cut-off to the implementation; by default the last such day that has levels.
        Raises `russell_pipeline.index.model.IndexRefusal` for any other day, or if the review has no weights.
        """
        return self._indexes.pro_forma(index, review, on, notional)

    def together(self, index: str, factors: pl.DataFrame) -> pl.DataFrame:
        """The levels of many other weightings of an index's names, computed in one pass from its base to its last session.

        `factors` has the columns `review` and `symbol`, and one for each weighting: the factor on price x rate x shares x free
        float, like `weighting_factor` in `weights`. A name without a row, or with null, is not held. The result has `weighting`,
        `date`, `price_index`, `total_return_index`, `divisor` and `simulated`. Raises `russell_pipeline.index.model.IndexRefusal`
        if the index is not computed, or if a weighting is worth nothing.
        """
        return self._indexes.together(index, factors)

    @property
    def _indexes(self) -> IndexQuestions:
        from russell_pipeline.lake.index_questions import IndexQuestions

        return IndexQuestions.of(self._settings.root, self._settings.address)

    def trace(self, symbol: str) -> pl.DataFrame:
        """Every fact about a symbol, back to document, page, line and the printed text."""
        return self.sql(*query.trace(symbol))

    def sql(self, statement: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
        """The result of one SQL statement on the catalog; its parameters are $1, $2 and so on."""
        with query.connect(query.catalog_of(self._settings.root, self._settings.address)) as connection:
            frame: pl.DataFrame = connection.sql(statement, params=list(parameters)).pl()
            return frame
