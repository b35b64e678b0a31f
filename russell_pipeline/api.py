"""The lake from Python: the questions of the command line, answered as polars frames. Imports neither Dagster nor the reader."""

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
    """A lake to ask. Each question reads the catalog as it is then; a run beside it disturbs nothing.

    Every method raises `russell_pipeline.lake.query.NoCatalog` where the lake has no catalog yet, and of a lake at an address
    `russell_pipeline.lake.remote.StoreError` where its store fails.
    """

    def __init__(self, root: Path | str) -> None:
        if isinstance(root, str) and "://" in root:
            self._settings = Settings.from_environment(root)
        else:
            self._settings = Settings(Path(root))

    def members(self, index: str, on: date, known_on: date | None = None) -> pl.DataFrame:
        """Who was in an index on a day, as it is known now, or was known on `known_on` from what was published by then.

        One row for each member, with the document, page and line that say so; none where no list of the index holds on the day.
        """
        return self.sql(*query.members(index, on, known_on))

    def changes(self, index: str, review: str | None = None) -> pl.DataFrame:
        """Additions and deletions of an index (of one review, YYYY-MM), by list status, in document order."""
        return self.sql(*query.changes(index, review))

    def calendar(self, year: int) -> pl.DataFrame:
        """The dates of a year's reviews, published beside computed."""
        return self.sql(*query.calendar(year))

    def weights(self, index: str, review: str) -> pl.DataFrame:
        """The weights of a review of an index, YYYY-MM, each intermediate column, the heaviest first."""
        return self.sql(*query.weights(index, review))

    def levels(
        self, index: str, first: date | None = None, last: date | None = None, *, as_published: bool = False
    ) -> pl.DataFrame:
        """The daily levels of an index, price and total return; with `as_published` those that were published first."""
        return self.sql(*(query.levels_as_published if as_published else query.levels)(index, first, last))

    def corrections(self, index: str, first: date | None = None, last: date | None = None) -> pl.DataFrame:
        """Each session whose published level was restated or withdrawn, or stays although its inputs were corrected."""
        return self.sql(*query.corrections(index, first, last))

    def explain(self, index: str, day: date) -> pl.DataFrame:
        """Why an index moved on a day: the contributions of its names, the greatest first, and of the day's events.

        In points of the price index; they add up to the move (columns `russell_pipeline.index.explain.PARTS`). Raises
        `russell_pipeline.index.model.IndexRefusal` for a day without a level.
        """
        return self._indexes.explain(index, day).parts()

    def pro_forma(self, index: str, review: str, on: date | None = None, notional: float = 1.0) -> ProForma:
        """A review before its implementation: drifted weights, turnover, and the trades that it takes for a notional.

        At the closes of a day from the price cut-off to implementation, the last one that has levels where none is named.
        Raises `russell_pipeline.index.model.IndexRefusal` for another day, or a review without weights.
        """
        return self._indexes.pro_forma(index, review, on, notional)

    def together(self, index: str, factors: pl.DataFrame) -> pl.DataFrame:
        """The levels of many other weightings of an index's names at once, from its base to its last session.

        `factors` has the columns `review` and `symbol`, and one for each weighting: what it multiplies price x rate x shares x
        free float by, as `weighting_factor` does in `weights`; a name without a row, or with null, is not held. The answer has
        `weighting`, `date`, `price_index`, `total_return_index`, `divisor` and `simulated`. Raises
        `russell_pipeline.index.model.IndexRefusal` where the index is not computed, or a weighting is worth nothing.
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
        """The answer of the catalog to one SQL statement, whose parameters are $1, $2 and so on."""
        with query.connect(query.catalog_of(self._settings.root, self._settings.address)) as connection:
            frame: pl.DataFrame = connection.sql(statement, params=list(parameters)).pl()
            return frame
