"""The calendar as an iCalendar file of all-day events; rows.py decides which rows it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from russell_pipeline.calendar.rows import Row, preferred
from russell_pipeline.calendar.words import MOMENT_WORDS, event_words


def calendar_ics(rows: Iterable[Row], known_on: date) -> bytes:
    """An iCalendar file (RFC 5545) of the preferred rows, one all-day event for each date.

    The UID consists of the review, the event and the number of the date within that event, so that a later file with moved
    dates updates what an earlier one put into a calendar. `known_on`, the day of the knowledge, is the DTSTAMP and, counted in
    days, the SEQUENCE. The same rows and day give the same bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//russell_pipeline//review calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", "Russell US index reviews")
    stamp = datetime(known_on.year, known_on.month, known_on.day, tzinfo=UTC)
    chosen = preferred(rows)
    dates = Counter((row["review"], row["event"]) for row in chosen)
    places: Counter[tuple[str, str]] = Counter()
    for row in chosen:
        key = (row["review"], row["event"])
        places[key] += 1
        event = Event()
        event.add("uid", f"{row['review']}-{row['event']}-{places[key]}@russell-pipeline")
        event.add("dtstamp", stamp)
        event.add("sequence", known_on.toordinal())
        event.add("dtstart", row["starts_on"])
        event.add("dtend", (row["ends_on"] or row["starts_on"]) + timedelta(days=1))
        event.add("summary", _summary(row, row["policy"] if dates[key] > 1 else None))
        event.add("description", _description(row))
        event.add("categories", [row["event"], row["basis"]])
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _summary(row: Row, policy: str | None) -> str:
    """The title of an event, with the policy if policies give different days."""
    details = ", ".join(detail for detail in (MOMENT_WORDS.get(row["moment"] or ""), policy) if detail)
    return f"Russell {row['review']}: {event_words(row['event'])}" + (f" ({details})" if details else "")


def _description(row: Row) -> str:
    if row["basis"] == "published":
        return (
            f"Published: {row['stated_text']}. Document {row['document_id']}, page {row['page']}, line {row['line']}."
        )
    return f"By rule {row['rule']} ({row['confidence']}): {row['says']}. Source: {row['source']}."
