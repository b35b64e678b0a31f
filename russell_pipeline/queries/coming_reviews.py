"""Questions to the catalog on coming reviews: which inputs they have, and which are still missing, by date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import OF_ROWS, sessions_from_rows
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Review
from russell_pipeline.index.readiness import AvailableInputs, Readiness, readiness
from russell_pipeline.index.reviews import review_of
from russell_pipeline.queries.catalog import ask
from russell_pipeline.steps.index.inputs import sources

_KEY = "regexp_replace(upper(symbol), '[./ -]', '', 'g')"


class _Index(NamedTuple):
    definition: Definition
    last_session: date | None


class ComingReviews:
    """The coming reviews of the indexes in a catalog: those that are implemented after the last level.

    Closes and rates are found by the symbols of the component files, whichever way a class is spelled.
    """

    def __init__(self, catalog: Path) -> None:
        self._catalog = catalog

    def all(self) -> Iterator[Readiness]:
        """Every coming review that a component file is there for, by index and day of implementation."""
        for code, index in self._indexes.items():
            named = {
                one for component in sources(index.definition) for one in self._effective_reviews.get(component, ())
            }
            days = [review for one in named if (review := self._coming(index, one))]
            for review in sorted(days, key=lambda one: (one.implemented_on, one.name)):
                yield self._readiness(code, review)

    def of(self, code: str, review: str) -> Readiness | None:
        """What a review of an index needs; None if it is implemented already or the index is not defined.

        Raises IndexRefusal for a review that is not in the calendar.
        """
        index = self._indexes.get(code)
        if index is None:
            return None
        days = self._days(index.definition, review)
        late = index.last_session is not None and days.implemented_on <= index.last_session
        return None if late else self._readiness(code, days)

    def named(self, review: str) -> list[Readiness]:
        """A coming review of every index that has levels or component files of it."""
        with_files = {component for component, reviews in self._effective_reviews.items() if review in reviews}
        return [
            self._readiness(code, days)
            for code, index in self._indexes.items()
            if (index.last_session or with_files & sources(index.definition)) and (days := self._coming(index, review))
        ]

    def _coming(self, index: _Index, review: str) -> Review | None:
        first = index.last_session or index.definition.base.date
        if review < f"{first:%Y-%m}":
            return None  # a review is named after the month in which it is implemented: most are past
        try:
            days = self._days(index.definition, review)
        except IndexRefusal:
            return None  # the run says what is wrong with the file's name
        return days if days.implemented_on > first else None

    def _days(self, definition: Definition, review: str) -> Review:
        weighed = self._weighed.get((definition.code, review))
        return weighed or review_of(definition, review, self._calendar, self._published(review))

    def _readiness(self, code: str, review: Review) -> Readiness:
        definition = self._indexes[code].definition
        components: dict[str, set[str]] = defaultdict(set)
        for component, key in ask(
            self._catalog, f"SELECT index_code, {_KEY} FROM components WHERE effective_review = $1", [review.name]
        ).rows:
            components[component].add(key)
        wanted = [review.cutoff_on, review.implemented_on, *filter(None, [self._last_close])]
        quoted: dict[date, dict[str, str]] = defaultdict(dict)
        for day, key, currency in ask(
            self._catalog, f"SELECT date, {_KEY}, currency FROM closes WHERE list_contains($1, date)", [wanted]
        ).rows:
            quoted[day][key] = currency
        rates = ask(self._catalog, "SELECT date, currency FROM fx WHERE list_contains($1, date)", [wanted]).rows
        weighed = (code, review.name) in self._weighed
        supplied = AvailableInputs(components, self._last_close, quoted, {(day, one) for day, one in rates}, weighed)
        return readiness(definition, review, supplied)

    @cached_property
    def _indexes(self) -> dict[str, _Index]:
        """The indexes by code, as the last run that could read their definitions has them."""
        rows = ask(
            self._catalog,
            """
            SELECT index_code, arg_max(definition, coalesce(year, 0)), max(last_session) FROM index_runs
            GROUP BY 1 HAVING count(definition) > 0 ORDER BY 1
            """,
        ).rows
        return {code: _Index(Definition.model_validate_json(definition), last) for code, definition, last in rows}

    @cached_property
    def _effective_reviews(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for component, review in ask(
            self._catalog, "SELECT DISTINCT index_code, effective_review FROM components"
        ).rows:
            found[component].append(review)
        return found

    @cached_property
    def _weighed(self) -> dict[tuple[str, str], Review]:
        """The reviews that have weights, by index and name."""
        days = "SELECT DISTINCT index_code, review, cutoff_on, implemented_on, effective_on FROM weights"
        return {(code, name): Review(name, *rest) for code, name, *rest in ask(self._catalog, days).rows}

    @cached_property
    def _last_close(self) -> date | None:
        ((last,),) = ask(self._catalog, "SELECT max(date) FROM closes").rows
        return last  # type: ignore[no-any-return]

    @cached_property
    def _calendar(self) -> RuleCalendar:
        return RuleCalendar(sessions_from_rows(ask(self._catalog, f"SELECT {', '.join(OF_ROWS)} FROM sessions").rows))

    def _published(self, review: str) -> dict[tuple[str, str], date]:
        rows = ask(
            self._catalog,
            """
            SELECT event, starts_on FROM calendar
            WHERE review = $1 AND preferred AND basis = 'published' AND ends_on IS NULL AND event IS NOT NULL
            """,
            [review],
        ).rows
        return {(review, event): day for event, day in rows}
