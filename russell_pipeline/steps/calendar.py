"""The steps of the calendar: sessions, the dates of reviews, and contradictions, as calendar/ says what a date means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version

import polars as pl

from russell_pipeline.calendar.audit import Stated, audit
from russell_pipeline.calendar.computed import RuleCalendar, reviews_of_year
from russell_pipeline.calendar.rows import calendar_rows
from russell_pipeline.calendar.rules import rules_sha256
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.documents.decisions import decided_places, reading_of
from russell_pipeline.documents.schedules.dates import stated_dates
from russell_pipeline.documents.schedules.rules import stated_rules
from russell_pipeline.findings import Finding
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES, UNDATED
from russell_pipeline.steps.accepted import accepted, by_key, dated_years, read_as
from russell_pipeline.steps.documents import lines_of
from russell_pipeline.steps.review_dates import sessions_of
from russell_pipeline.steps.step import TableStep, WholeTableStep
from russell_pipeline.steps.years import FIRST_RULED_YEAR, last_year, year_of


class MakeSessions(WholeTableStep, table="sessions"):
    """The sessions of the exchange."""

    def follows_from(self) -> tuple[object, ...]:
        return _exchange_calendars(), last_year()

    def all_rows(self) -> pl.DataFrame:
        return sessions()


class MakeCalendar(TableStep, table="calendar"):
    """The dates of the reviews of each year, published and by rule."""

    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        rules, schedules = (rules_sha256(), _sessions_are()), by_key(_schedules(self.lake), dated_years)
        read = {year: read_as(documents) for year, documents in schedules.items()}
        ruled = map(str, range(FIRST_RULED_YEAR, last_year() + 1))
        return {year: (*rules, read.get(year, [])) for year in sorted({*read, *ruled})}

    def rows(self, keys: Sequence[str]) -> Iterator[tuple[str, pl.DataFrame]]:
        return calendar(self.lake, keys)


class MakeCalendarFindings(WholeTableStep, table="calendar_findings"):
    """Contradictions in and between schedules and rules."""

    def follows_from(self) -> tuple[object, ...]:
        return rules_sha256(), _sessions_are(), last_year(), read_as(_schedules(self.lake))

    def all_rows(self) -> pl.DataFrame:
        return calendar_findings(self.lake)


def _exchange_calendars() -> str:
    return version("exchange-calendars")


def _sessions_are() -> tuple[str, str]:
    """What the sessions of the years before the last follow from: a further year moves no date of these."""
    return _exchange_calendars(), TABLES["sessions"].code_version


def _schedules(lake: Lake) -> pl.DataFrame:
    return accepted(lake, "review_schedule")


def sessions() -> pl.DataFrame:
    """The rows of `sessions`, to the end of the last year of the calendar."""
    known = nyse_sessions(last=date(last_year(), 12, 31))
    return TABLES["sessions"].frame(known.rows(known.first, known.last))


def calendar(lake: Lake, keys: Iterable[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of `calendar` for some years: the dates that schedules state for their reviews, beside those of the rules.

    The key `undated` has the statements without a review, or with one outside the partitioned years; no rule dates those.
    """
    published = {document_id: dates for document_id, (dates, _) in _stated(lake).items()}
    named = {one.review for dates in published.values() for one in dates if one.review}
    unreached = sorted(review for review in named if year_of(review) is None)
    settled = _schedules(lake).filter(pl.col("lines_decided") > 0)["document_id"]
    decided = {document_id: decided_places(lines_of(lake, document_id)) for document_id in settled}
    rules = RuleCalendar(sessions_of(lake))
    for key in keys:
        if key == UNDATED:
            found = calendar_rows([None, *unreached], published, None)
        else:
            found = calendar_rows(reviews_of_year(int(key)), published, rules)
        rows = [row | {"review_year": year_of(row["review"]), "reading": _reading(row, decided)} for row in found]
        yield key, TABLES["calendar"].frame(rows)


def _reading(row: Mapping[str, object], decided: Mapping[object, frozenset[tuple[object, object]]]) -> str | None:
    """How the row of a published date was read; None for a date of a rule."""
    of_document = decided.get(row["document_id"], frozenset())
    return reading_of((row["page"], row["line"]), of_document) if row["document_id"] else None


def calendar_findings(lake: Lake) -> pl.DataFrame:
    """The rows of `calendar_findings`: contradictions in and between schedules and rules."""
    found = audit(_stated(lake), RuleCalendar(sessions_of(lake)), range(FIRST_RULED_YEAR, last_year() + 1))
    return TABLES["calendar_findings"].frame(map(asdict, found))


def findings(lake: Lake) -> Iterator[Finding]:
    """The calendar's findings: a warning where a document is wrong, info where only rules disagree."""
    for row in lake.read("calendar_findings").iter_rows(named=True):
        subject = " ".join(filter(None, (row["review"], row["event"]))) or row["kind"]
        severity = "warning" if row["document_id"] else "info"
        yield Finding(
            "calendar", severity, subject, row["explanation"], row["document_id"], row["page"], row["line"]
        )  # fmt: skip


def _stated(lake: Lake) -> dict[str, Stated]:
    """The dates and rules that the accepted schedules state, by document_id, in order of publication."""
    stated: dict[str, Stated] = {}
    for document_id, year in _schedules(lake).select("document_id", "review_year").iter_rows():
        lines = lines_of(lake, document_id)
        stated[document_id] = (stated_dates(lines, year)[0], stated_rules(lines, year))
    return stated
