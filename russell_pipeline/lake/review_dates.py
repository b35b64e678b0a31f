"""The calendar as other tables need it: sessions, and when a review holds and its lists are published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from russell_pipeline.calendar import rows
from russell_pipeline.calendar.sessions import Sessions, sessions_from_rows
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.years import year_of


def sessions_of(lake: Lake) -> Sessions:
    """The sessions that the table `sessions` holds. Raises ValueError where it has not been made yet."""
    return sessions_from_rows(lake.read("sessions").iter_rows(named=True))


class ReviewDates:
    """Dates of some reviews, from the tables `calendar` and `sessions`; None where no row gives one."""

    def __init__(self, lake: Lake, reviews: Iterable[str | None]) -> None:
        years = sorted({str(year) for review in reviews if (year := year_of(review)) is not None})
        self._rows: dict[str | None, list[rows.Row]] = defaultdict(list)
        for row in lake.read("calendar", years).iter_rows(named=True):
            self._rows[row["review"]].append(row)
        self._sessions = sessions_of(lake) if self._rows else None

    def effective_on(self, review: str | None) -> date | None:
        """The first session at whose open a review holds, published rather than computed."""
        found = self._rows.get(review)
        return rows.effective_on(found, self._sessions) if found and self._sessions else None

    def published_on(self, review: str | None, status: str | None) -> date | None:
        """The day on which lists of that status are published, where the calendar gives one day."""
        return rows.published_on(self._rows.get(review, []), status)
