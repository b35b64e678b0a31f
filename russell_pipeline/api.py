"""The Python API to a lake: the questions of the command line, answered as polars frames. Imports no Dagster and no reader."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from russell_pipeline import arguments
from russell_pipeline.errors import WrongCall
from russell_pipeline.queries import answers, statements
from russell_pipeline.queries import catalog as query
from russell_pipeline.settings import Settings
from russell_pipeline.wording import first_few

if TYPE_CHECKING:
    from russell_pipeline.index.proforma import ProForma
    from russell_pipeline.queries.index import IndexQuestions


Day = date | str  # a text is YYYY-MM-DD


class OpenLake:
    """A lake to query. Each call reads the lake as it is at that moment, and never disturbs a run.

    Methods that take an index raise `UnknownIndex`, which names the known codes, for a code that no index has; codes are taken
    in any case. Days are dates or texts YYYY-MM-DD, reviews texts YYYY-MM; for others they raise `WrongCall`, which like
    `UnknownIndex` is a ValueError. Answers that are empty, or older than what was asked for, come with an `AnswerWarning` that
    says what is missing, once for each thing that is missing. Methods that query the catalog raise `NoCatalog` if the lake has
    none yet. For a lake at an address, every method raises `StoreError` if the store fails; `explain`, `pro_forma` and
    `together` also raise `LakeBusy` while a run works in the lake's mirror on this machine. What a
    method itself raises is a `russell_pipeline.errors.RussellError`.
    """

    def __init__(self, root: Path | str) -> None:
        self._settings = Settings.from_environment(str(root))
        self._warned: set[tuple[object, ...]] = set()

    def members(
        self, index: str, on: Day, known_on: Day | None = None, basis: Literal["list", "holdings"] | None = None
    ) -> pl.DataFrame:
        """The members of an index on a day, as known now, or as known on `known_on` from what had been published by then.

        One row for each member, with the document, page and line it comes from; empty if no list of the index holds on that day.
        The column `basis` says whether they are of lists (list, derived) or of a file of components (holdings), whichever is of
        the later day; `basis` asks for one of them. Warns with AnswerWarning if there is none, or if it is not of that day.
        """
        index, asked = self._known(index), (arguments.day(on), _day(known_on), basis)
        for note in answers.members_notes(self._ask, index, *asked):
            if note.doubt:
                self._warn(("members", index, basis, note.doubt), note.sentence)
        return self.sql(*query.members(index, *asked))

    def changes(self, index: str, review: str | None = None) -> pl.DataFrame:
        """Additions and deletions of an index, or of one of its reviews (YYYY-MM), by list status and in document order."""
        index, review = self._known(index), review and arguments.review(review)
        found = self.sql(*query.changes(index, review))
        if found.is_empty():
            held = self.sql(*query.changes(index))["review"].unique().drop_nulls().sort().to_list()
            has = f"the lake has those of {first_few(held)}" if held else "the lake has none of this index"
            when = f" in {review}" if review else ""
            needed = "lists of additions and deletions in landing/documents and `russell run` bring more"
            self._warn(("changes", index, review), f"no additions or deletions of {index}{when}: {has}; {needed}")
        return found

    def calendar(self, year: int) -> pl.DataFrame:
        """The dates of a year's reviews, published and computed side by side."""
        found = self.sql(*query.calendar(year))
        if found.is_empty():
            self._warn(("calendar", year), f"no date of {year} is published or computed; {self._years()}")
        return found

    def weights(self, index: str, review: str) -> pl.DataFrame:
        """The weights of an index at a review (YYYY-MM, or the day of its components), with every step, heaviest first."""
        index, review = self._known(index), arguments.held(review)
        found = self.sql(*query.weights(index, review))
        if found.is_empty():
            self._warn(("weights", index, review), f"no weights of {index} for {review}: {self._why(index)}")
        return found

    def levels(
        self, index: str, first: Day | None = None, last: Day | None = None, *, as_published: bool = False
    ) -> pl.DataFrame:
        """The daily price and total return levels of an index; with `as_published`, as they were first published."""
        index, days = self._known(index), (_day(first), _day(last))
        found = self.sql(*(query.levels_as_published if as_published else query.levels)(index, *days))
        if found.is_empty():
            span = f" from {first or 'the base'} to {last or 'now'}" if first or last else ""
            self._warn(("levels", index), f"no levels of {index}{span}: {self._why(index)}")
        return found

    def corrections(self, index: str, first: Day | None = None, last: Day | None = None) -> pl.DataFrame:
        """The sessions whose published level was restated or withdrawn, or kept although its inputs were corrected."""
        return self.sql(*query.corrections(self._known(index), _day(first), _day(last)))

    def explain(self, index: str, day: Day) -> pl.DataFrame:
        """Why an index moved on a day: the contribution of each name, largest first, and of each event of the day.

        Contributions are in points of the price index and add up to its move; the columns are
        `russell_pipeline.index.explain.PARTS`. Raises `IndexRefusal` if the index has no level on that day, or none before it.
        """
        return self._indexes.explain(index, arguments.day(day)).parts()

    def pro_forma(self, index: str, review: str, on: Day | None = None, notional: float = 1.0) -> ProForma:
        """A review before its implementation: drifted weights, turnover, and the trades for a notional in the index's currency.

        Uses the closes of `on`, a day from the price cut-off to the implementation; by default the last such day that has levels.
        Raises `IndexRefusal` for any other day, or if the review has no weights.
        """
        return self._indexes.pro_forma(index, arguments.held(review), _day(on), notional)

    def together(self, index: str, factors: pl.DataFrame) -> pl.DataFrame:
        """The levels of many other weightings of an index's names, computed in one pass from its base to its last session.

        `factors` has the columns `review` and `symbol`, and one for each weighting: the factor on price x rate x shares x free
        float, like `weighting_factor` in `weights`. A name without a row, or with null, is not held. The result has `weighting`,
        `date`, `price_index`, `total_return_index`, `divisor` and `simulated`. Raises `IndexRefusal` if the index is not
        computed, or if a weighting is worth nothing.
        """
        return self._indexes.together(index, factors)

    def _why(self, index: str) -> str:
        """Why an index has nothing to show: what its last run says, or that it is not defined."""
        runs = self.sql(
            "SELECT state, reason, last_session FROM index_runs WHERE index_code IN ($1, upper($1)) ORDER BY year DESC LIMIT 1",
            [index],
        ).rows()
        if not runs:
            return f"it is not computed; landing/indexes/{index.upper()}.yaml would define it, and `russell run` computes it"
        state, reason, last = runs[0]
        return f"it is {state}{f': {reason}' if reason else ''}{f'; its last session is {last}' if last else ''}"

    def _known(self, index: str) -> str:
        """The code as the lake spells it. Raises UnknownIndex for a code that no index has."""
        defined = [path.stem for path in (self._settings.root / "landing" / "indexes").glob("*.y*ml")]
        found = [code for (code,) in self._ask(query.index_codes()).rows]
        return answers.spelled(index, answers.known_codes(found, defined))

    def _ask(self, question: query.Question) -> query.Answer:
        return query.ask(query.catalog_of(self._settings.root, self._settings.address), *question)

    def _years(self) -> str:
        """The years that the calendar has."""
        first, last = self.sql("SELECT min(review_year), max(review_year) FROM calendar").row(0)
        return f"the calendar has {first} to {last}" if first else "`russell run` makes the calendar"

    def _warn(self, about: tuple[object, ...], sentence: str) -> None:
        """Warn the caller once of each thing that is missing."""
        if about not in self._warned:
            self._warned.add(about)
            warnings.warn(sentence, answers.AnswerWarning, stacklevel=3)

    @property
    def _indexes(self) -> IndexQuestions:
        from russell_pipeline.queries.index import IndexQuestions

        return IndexQuestions.of(self._settings.root, self._settings.address)

    def trace(self, company: str) -> pl.DataFrame:
        """Every fact about a symbol, an identifier or a company's name, back to file, page, line and the printed text.

        Raises WrongCall for the beginning of the names of several securities; the message lists them.
        """
        meant = query.meant(query.catalog_of(self._settings.root, self._settings.address), company)
        if meant.begins:
            raise WrongCall(f"{company} begins the names of several securities: {'; '.join(meant.names)}")
        found = self.sql(*query.trace(company, meant.security_ids or None))
        if found.is_empty():
            like = f"; did you mean {' or '.join(meant.names)}?" if meant.names else ""
            self._warn(("trace", company), f"nothing in the lake has the symbol, identifier or name {company}{like}")
        return found

    def sql(self, statement: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> pl.DataFrame:
        """The result of one SQL statement on the catalog; its parameters are $1, $2 and so on.

        The statement may only read. It is stopped after `seconds`, by default never, and by Ctrl-C. Raises `StatementRefused` (a
        ValueError) for one that does more than read, `StatementStopped` for one that takes too long, and `duckdb.Error` for what
        the database refuses.
        """
        catalog = query.catalog_of(self._settings.root, self._settings.address)
        frame: pl.DataFrame = statements.frame_of(catalog, statement, parameters, limits=statements.Limits(seconds))
        return frame


def _day(value: Day | None) -> date | None:
    return None if value is None else arguments.day(value)
