"""Schedules: the reader of review schedules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from russell_pipeline.documents.facts import apply_facts, copyright_years
from russell_pipeline.documents.model import Document, Fact, Kind, Page
from russell_pipeline.documents.readers import Source
from russell_pipeline.documents.schedules.account import account_schedule
from russell_pipeline.documents.schedules.dates import reviews_of, stated_dates
from russell_pipeline.documents.schedules.recognition import is_schedule
from russell_pipeline.documents.schedules.self_description import published_on, schedule_year


class ScheduleReader:
    """Recognises a schedule by dates of several events of a review. Its rows are the dates that it states."""

    kinds: tuple[Kind, ...] = (Kind.REVIEW_SCHEDULE,)

    def recognises(self, pages: Sequence[Page]) -> bool:
        """Whether dates of several events of a review are stated, by reading a copy."""
        return is_schedule(pages)

    def account(self, source: Source, document: Document) -> None:
        """Give each line of a schedule its role, and note which dates a person should check.

        Fills in `document`: its kind, lines, facts (review year, publication, reviews), notes and number of rows. Raises nothing;
        a line without a role stays in doubt.
        """
        document.kind = Kind.REVIEW_SCHEDULE
        account_schedule(source.pages)
        document.lines = source.settled_lines(document)
        if year := schedule_year(document.lines):
            document.facts.append(Fact("review_year", str(year[0]), "title", year[1], year[2]))
        if published := published_on(document.lines):
            document.facts.append(Fact("published_on", published[0].isoformat(), "title", published[1], published[2]))
        document.facts.extend(copyright_years(document.lines))
        apply_facts(document, source.sidecar, source.sidecar_name)
        stated, notes = stated_dates(document.lines, document.review_year)
        document.rows_parsed = len(stated)
        document.facts.extend(reviews_of(stated))
        document.notes.extend(notes)

    def rows(self, document: Document) -> Iterator[Mapping[str, object]]:
        """The dates in the order of the text, once for each place where one is printed."""
        for ordinal, stated in enumerate(stated_dates(document.lines, document.review_year)[0], 1):
            yield stated.row(ordinal)
