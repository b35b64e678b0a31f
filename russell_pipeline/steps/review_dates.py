"""The calendar as other tables need it: sessions, and when a review holds and its lists are published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from russell_pipeline.calendar import rows
from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import OF_ROWS, Sessions, sessions_from_rows
from russell_pipeline.dates.reviews import review_of
from russell_pipeline.lake.store import Lake
from russell_pipeline.membership.review_days import ReviewDays, review_days
from russell_pipeline.steps.years import year_of


def sessions_of(lake: Lake) -> Sessions:
    """The sessions that the table `sessions` holds. Raises ValueError where it has not been made yet."""
    return sessions_from_rows(lake.read("sessions", columns=OF_ROWS).iter_rows())


class ReviewDates:
    """Dates of some reviews, from the tables `calendar` and `sessions`; None if no row gives one."""

    def __init__(self, lake: Lake, reviews: Iterable[str | None]) -> None:
        years = sorted({str(year) for review in reviews if (year := year_of(review)) is not None})
        self._rows: dict[str | None, list[rows.Row]] = defaultdict(list)
        for row in lake.read("calendar", years).iter_rows(named=True):
            self._rows[row["review"]].append(row)
        self._sessions = sessions_of(lake) if self._rows else None
        self._rules = RuleCalendar(self._sessions) if self._sessions else None

    @property
    def sessions(self) -> Sessions:
        """The sessions. Raises ValueError if these reviews have no rows in the calendar, because they are not read then."""
        if self._sessions is None:
            raise ValueError("no row of the calendar: the sessions were not read")
        return self._sessions

    def effective_on(self, review: str | None) -> date | None:
        """The first session at whose open a review holds; a published date goes before a computed one."""
        found = self._rows.get(review)
        return rows.effective_on(found, self._sessions) if found and self._sessions else None

    def days(self, review: str | None) -> ReviewDays | None:
        """The days of a review that the review rules count from; published dates go before computed ones."""
        if review not in self._rows or review is None or self._rules is None:
            return None
        return review_days(review, self._rules, self.published(review))

    def published(self, review: str) -> dict[tuple[str, str], date]:
        """The published dates of a review to go by, single days only, by review and event."""
        return {
            (review, row["event"]): row["starts_on"]
            for row in self._rows.get(review, ())
            if row["preferred"] and row["basis"] == "published" and row["ends_on"] is None and row["event"]
        }

    def list_holds_from(self, as_of: date | None, review: str | None, status: str | None) -> date | None:
        """The day from which a membership list holds; None if nothing says so.

        A list dated on the implementation or effective day of a review holds from the effective day, any other from its own date.
        A preliminary or updated list, a final one dated before its review, and a list without a date hold from the effective day
        of their review.
        """
        effective = self.effective_on(review)
        if as_of is None:
            return effective
        if status in ("preliminary", "updated") or (status == "final" and effective and as_of < effective):
            return effective
        found = self._rows.get(review_of(as_of))
        held = rows.held_from(found, self._sessions, as_of) if found and self._sessions else None
        return held or as_of

    def published_on(self, review: str | None, status: str | None) -> date | None:
        """The day on which lists of that status are published, where the calendar gives one day."""
        return rows.published_on(self._rows.get(review, []), status)
