"""The calendar in words: days, spans and lists in sentences, or as ISO text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from russell_pipeline.calendar.sessions import Sessions

_EVENT_WORDS = {
    "icb_cutoff": "ICB cut-off",
    "icb_announcement": "ICB announcement",
    "ipo_window": "IPO window",
    "ipo_market_cap_cutoff": "IPO market cap cut-off",
    "shares_float_cutoff": "shares and free float cut-off",
    "price_cutoff": "price cut-off",
    "lock_down": "lock-down",
    "effective": "effective date",
}
MOMENT_WORDS = {"open": "at the open", "close": "at the close", "after_close": "after the close"}
_MAX_QUOTE = 120


def event_words(event: str) -> str:
    """An event as an analyst would call it: `lock_down` is lock-down."""
    return _EVENT_WORDS.get(event, event.replace("_", " "))


def day_words(day: date) -> str:
    """A day with its weekday: Mon 5 Sep 2022."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def span_words(starts_on: date, ends_on: date | None) -> str:
    """A day, or a span with the words `to`."""
    return day_words(starts_on) if ends_on is None else f"{day_words(starts_on)} to {day_words(ends_on)}"


def closed_words(starts_on: date, ends_on: date | None, sessions: Sessions) -> str:
    """A sentence on the ends of a span on which the exchange is closed, empty if it is open on both."""
    closed = [(day, why) for day in (starts_on, ends_on) if day is not None and (why := sessions.why_closed(day))]
    return "".join(f" {day_words(day)} is {named(why)}: the exchange is closed." for day, why in closed)


def named(closure: str) -> str:
    """A closure in a sentence: a Saturday, an unscheduled closure, Labor Day."""
    if closure in ("Saturday", "Sunday"):
        return f"a {closure}"
    return f"an {closure}" if closure.startswith("unscheduled") else closure


def iso(starts_on: date, ends_on: date | None = None) -> str:
    """A day in ISO form, or a span as `A to B`."""
    return starts_on.isoformat() if ends_on is None else f"{starts_on.isoformat()} to {ends_on.isoformat()}"


def iso_list(days: Iterable[date]) -> str:
    """Days in ISO form, joined by commas."""
    return ", ".join(day.isoformat() for day in days)


def listed(parts: Iterable[str]) -> str:
    """Parts in a sentence: a, b and c."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def quoted(text: str) -> str:
    """A printed text in quotation marks, runs of spaces as one, cut where it is long."""
    text = " ".join(text.split())
    return f'"{text if len(text) <= _MAX_QUOTE else text[: _MAX_QUOTE - 4].rstrip() + " ..."}"'
