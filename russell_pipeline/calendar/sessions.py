"""NYSE sessions: which days the exchange trades, which close early, and steps between them.

exchange_calendars knows every closure since 1990, including unscheduled ones, up to its own release; later years follow
the exchange's standing holiday rules, to which a day of mourning or a new holiday may be added. The default range ends with
the sixth year after the current one. A day outside the range is an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from russell_pipeline.errors import OutsideCalendarError
from russell_pipeline.wording import counted

FIRST = date(1990, 1, 1)
YEARS_AHEAD = 6
_DAY = timedelta(days=1)
# The columns of the table `sessions` that sessions are made from.
OF_ROWS = ("date", "is_session", "closes_early", "holiday")
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Sessions:
    """Trading days of an exchange between `first` and `last`, both covered.

    `holidays` are the closed weekdays and why, `early_closes` the sessions that end early. Every method raises
    OutsideCalendarError for a day that is not covered.
    """

    first: date
    last: date
    holidays: Mapping[date, str] = field(repr=False)
    early_closes: frozenset[date] = field(repr=False)

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on that day."""
        self._check(day)
        return day.weekday() < _SATURDAY and day not in self.holidays

    def closes_early(self, day: date) -> bool:
        """Whether that day is a session with an early close."""
        self._check(day)
        return day in self.early_closes

    def why_closed(self, day: date) -> str | None:
        """`Saturday`, `Sunday` or the name of the holiday; None for a session."""
        if self.is_session(day):
            return None
        return day.strftime("%A") if day.weekday() >= _SATURDAY else self.holidays[day]

    def previous(self, day: date) -> date:
        """The last session before that day."""
        return self.on_or_before(day - _DAY)

    def next(self, day: date) -> date:
        """The first session after that day."""
        return self.on_or_after(day + _DAY)

    def on_or_before(self, day: date) -> date:
        """The day if it is a session, else the session before it."""
        while not self.is_session(day):
            day -= _DAY
        return day

    def on_or_after(self, day: date) -> date:
        """The day if it is a session, else the session after it."""
        while not self.is_session(day):
            day += _DAY
        return day

    def shift(self, day: date, steps: int) -> date:
        """The session so many sessions after a day (negative: before); 0 is the day itself, session or not."""
        for _ in range(abs(steps)):
            day = self.next(day) if steps > 0 else self.previous(day)
        return day

    def between(self, starts_on: date, ends_on: date) -> list[date]:
        """The sessions from `starts_on` to `ends_on`, both included."""
        days = (starts_on + timedelta(days=n) for n in range((ends_on - starts_on).days + 1))
        return [day for day in days if self.is_session(day)]

    def rows(self, starts_on: date, ends_on: date) -> Iterator[dict[str, Any]]:
        """Rows of the table `sessions`, one for each calendar day, both ends included; a neighbour out of bounds is None."""
        day = starts_on
        while day <= ends_on:
            yield {
                "date": day,
                "is_session": self.is_session(day),
                "closes_early": self.closes_early(day),
                "previous_session": self._or_none(day, -1),
                "next_session": self._or_none(day, 1),
                "holiday": self.holidays.get(day),
            }
            day += _DAY

    def _or_none(self, day: date, steps: int) -> date | None:
        try:
            return self.shift(day, steps)
        except OutsideCalendarError:
            return None

    def _check(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise OutsideCalendarError(
                f"{day} is outside the session calendar, which covers {self.first} to {self.last}"
            )


@cache
def nyse_sessions(first: date = FIRST, last: date | None = None) -> Sessions:
    """Sessions of the New York Stock Exchange; `last` defaults to the end of the sixth year from today.

    Costs the import of pandas; `sessions_from_rows` gives the same from the table `sessions` without it.
    """
    import exchange_calendars

    last = last or date(date.today().year + YEARS_AHEAD, 12, 31)
    calendar = exchange_calendars.get_calendar("XNYS", start=first.isoformat(), end=last.isoformat())
    open_days = {stamp.date() for stamp in calendar.sessions}
    names = calendar.regular_holidays.holidays(first.isoformat(), last.isoformat(), return_name=True)
    named = {stamp.date(): str(name) for stamp, name in names.items()}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    closed = (day for day in days if day.weekday() < _SATURDAY and day not in open_days)
    holidays = {day: named.get(day, "unscheduled closure") for day in closed}
    return Sessions(first, last, holidays, frozenset(stamp.date() for stamp in calendar.early_closes))


def sessions_from_rows(rows: Iterable[tuple[date, bool, bool, str | None]]) -> Sessions:
    """Sessions from rows of the table `sessions` (columns `OF_ROWS`), in any order, one for every day of the range.

    Raises ValueError where days are missing.
    """
    days, holidays, early = set(), dict[date, str](), set()
    for day, is_session, closes_early, holiday in rows:
        days.add(day)
        if closes_early:
            early.add(day)
        if not is_session and day.weekday() < _SATURDAY:
            holidays[day] = holiday or "holiday"
    if not days:
        raise ValueError("no sessions: the table is empty")
    first, last = min(days), max(days)
    if len(days) != (last - first).days + 1:
        raise ValueError(f"sessions from {first} to {last} lack {counted((last - first).days + 1 - len(days), 'day')}")
    return Sessions(first, last, holidays, frozenset(early))
