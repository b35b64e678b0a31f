"""The lake from Python: the questions of the command line, answered as polars frames. Imports neither Dagster nor the reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from russell_pipeline.lake import query


class OpenLake:
    """A lake to ask. Each question reads the catalog as it is then; a run beside it disturbs nothing.

    Every method raises `russell_pipeline.lake.query.NoCatalog` where the lake has no catalog yet.
    """

    def __init__(self, root: Path | str) -> None:
        self._catalog = Path(root) / "russell.duckdb"

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
        """The daily levels of an index, price and total return; with `as_published` those that were said first."""
        return self.sql(*(query.levels_as_published if as_published else query.levels)(index, first, last))

    def explain(self, index: str, day: date) -> pl.DataFrame:
        """Why an index moved on a day: the contribution of each name in points of the price index, the greatest first.

        Raises `russell_pipeline.index.model.IndexRefusal` for a day without a level.
        """
        from russell_pipeline.index.explain import explain
        from russell_pipeline.lake.index import Indexes
        from russell_pipeline.lake.store import Lake

        return explain(*Indexes(Lake(self._catalog.parent)).before(index.upper(), day), day=day).names

    def trace(self, symbol: str) -> pl.DataFrame:
        """Every fact about a symbol, back to document, page, line and the printed text."""
        return self.sql(*query.trace(symbol))

    def sql(self, statement: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
        """The answer of the catalog to one SQL statement, whose parameters are $1, $2 and so on."""
        with query.connect(self._catalog) as connection:
            frame: pl.DataFrame = connection.sql(statement, params=list(parameters)).pl()
            return frame
