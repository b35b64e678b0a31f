"""Checks of a document's dates: weekdays, repeats, windows, closed days, order. Its rules are checked in rule_checks.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from russell_pipeline.calendar.model import CalendarFinding
from russell_pipeline.calendar.rules import Edge, Order
from russell_pipeline.calendar.statements import Schedule, agree, place
from russell_pipeline.calendar.words import closed_words, day_words, event_words, listed, named, quoted, span_words
from russell_pipeline.dates.expressions import WEEKDAYS
from russell_pipeline.dates.reviews import REPEATED, shift_review
from russell_pipeline.dates.stated import StatedDate

_DAY = timedelta(days=1)
# Events whose names are in the plural.
_PLURAL = {"preliminary_shares", "preliminary_lists", "updated_lists", "final_lists", "indicative_products"}


def weekdays(schedule: Schedule) -> Iterator[CalendarFinding]:
    """Dates printed with a weekday that they do not have."""
    seen: set[tuple[date, str]] = set()
    for stated in schedule.statements.all:
        printed = (stated.weekday or "").strip().capitalize()
        key = (stated.starts_on, printed)
        if not printed or key in seen or WEEKDAYS[stated.starts_on.weekday()].startswith(printed[:3]):
            continue
        seen.add(key)
        text = f"Printed as a {printed}, but it is {day_words(stated.starts_on)}: {_text(stated)}."
        yield schedule.finding("weekday", (stated.review, stated.event), text, stated)


def repeats(schedule: Schedule) -> Iterator[CalendarFinding]:
    """An event dated twice for one review: `text_against_table`; `effective_two_days` for a close and the next open."""
    sessions = schedule.sessions
    for review, event in schedule.statements.keys:
        primary = schedule.statements.primary(review, event)
        first = primary[0]
        others: dict[tuple[date, date | None], list[StatedDate]] = {}
        for one in schedule.statements.repeats(review, event):
            if not any(agree(one, spoken) for spoken in primary):
                others.setdefault((one.starts_on, one.ends_on), []).append(one)
        for other, *more in others.values():
            texts = f"{_text(first)} against {listed(map(_text, [other, *more]))}."
            close, following = sorted((first.starts_on, other.starts_on))
            if event == "effective" and sessions.next(close) == following:
                yield schedule.finding(
                    "effective_two_days",
                    (review, event),
                    f'"Effective" means two days in {review}: {day_words(close)}, after whose close it is implemented, '
                    f"and {day_words(following)}, from whose open it holds: {texts}",
                    first,
                    published=f"{first.starts_on}, {other.starts_on}",
                ).against(other, schedule.document_id)
                continue
            spans = [(one.starts_on, one.ends_on) for one in (first, other)]
            printed = " and ".join(span_words(*span) for span in spans)
            closed = "".join(closed_words(*span, sessions) for span in spans)
            text = f"The {event_words(event)} of {review} is printed as both {printed}: {texts}{closed}"
            finding = schedule.finding("text_against_table", (review, event), text, first)
            yield finding.against(other, schedule.document_id)


def windows(schedule: Schedule) -> Iterator[CalendarFinding]:
    """Windows that should abut but do not: sessions in no window (`window_gap`) or in two (`window_overlap`)."""
    for review, event in schedule.statements.keys:
        window = schedule.statements.primary(review, event)[0]
        earlier = _window_before(schedule, review, event) if window.ends_on is not None else None
        if earlier is None:
            continue
        ended = earlier.ends_on or earlier.starts_on
        missed = schedule.sessions.between(ended + _DAY, window.starts_on - _DAY)
        if window.starts_on > ended and not missed:
            continue
        text = (
            f"The {event_words(event)} of {review} starts on {day_words(window.starts_on)}, "
            f"that of {earlier.review} ends on {day_words(ended)}: "
        )
        if missed:
            text += f"{_days_words(missed)} in no window. "
        else:
            text += f"{_days_words(schedule.sessions.between(window.starts_on, ended))} in both. "
        text += f"{_text(window)} follows {_text(earlier)}."
        wrong, other = (earlier, window) if _ends_wrong(schedule, earlier, window) else (window, earlier)
        kind = "window_gap" if missed else "window_overlap"
        finding = schedule.finding(kind, (wrong.review, wrong.event), text, wrong)
        yield finding.against(other, schedule.document_id)


def _ends_wrong(schedule: Schedule, earlier: StatedDate, window: StatedDate) -> bool:
    """Whether, of two windows that do not abut, the end of the earlier is wrong by the rules and the start of the later right."""
    if earlier.event != window.event or earlier.review is None or window.review is None or window.event is None:
        return False
    starts = {one.starts_on for one in schedule.calendar.dates(window.review, window.event)}
    ends = {one.ends_on for one in schedule.calendar.dates(earlier.review, window.event)}
    return schedule.sessions.on_or_after(window.starts_on) in starts and earlier.ends_on not in ends


def _window_before(schedule: Schedule, review: str, event: str) -> StatedDate | None:
    """The window before a window, that of the review from whose rank day its rule counts, or else that rank day."""
    for _, version in schedule.calendar.rules.dating(review, event):
        starts = version.starts
        if starts is not None and starts.review and starts.event is not None:
            before = shift_review(review, starts.review)
            found = schedule.statements.primary(before, event) or schedule.statements.primary(before, starts.event)
            if found:
                return found[0]
    return None


def _days_words(days: list[date]) -> str:
    if len(days) == 1:
        return f"{day_words(days[0])} is"
    return f"{day_words(days[0])} to {day_words(days[-1])} are" if days else "the day is"


def closed_days(schedule: Schedule) -> Iterator[CalendarFinding]:
    """Dates on which the exchange is closed.

    The day after a session may start a window ("rank day + 1"), even if it is a Saturday.
    """
    sessions = schedule.sessions
    for review, event in schedule.statements.keys:
        for stated in schedule.statements.primary(review, event):
            days = [stated.starts_on]
            if stated.ends_on is not None:
                days = [] if sessions.is_session(stated.starts_on - _DAY) else days
                days.append(stated.ends_on)
            for day in days:
                why = sessions.why_closed(day)
                if why is None:
                    continue
                moment = f"the {stated.moment.removeprefix('after_')} of " if stated.moment else ""
                text = (
                    f"The {event_words(event)} of {review} is set for {moment}{day_words(day)}, {named(why)}: the "
                    f"exchange is closed. The sessions before and after are {day_words(sessions.previous(day))} and "
                    f"{day_words(sessions.next(day))}. {_text(stated)}."
                )
                yield schedule.finding("closed_session", (review, event), text, stated)


def order(schedule: Schedule) -> Iterator[CalendarFinding]:
    """Dates of one review in the wrong order, in every reading that the document allows."""
    reviews = schedule.statements.reviews
    for rule in schedule.calendar.rules.order:
        pairs = {review: _pairs(schedule, review, rule) for review in reviews}
        wrong = {review: found for review in reviews if (found := _wrong_pair(pairs[review], rule)) is not None}
        right = [review for review in reviews if pairs[review] and review not in wrong]
        for review, (before, after) in wrong.items():
            edge = _edge_of(before, rule)
            day, reference = _day(after, rule.after), _day(before, edge)
            when = "on the day on which" if day == reference else "before"
            happens = f"{_does(after, rule.after)} on {day_words(day)}"
            text = (
                f"The {event_words(rule.after.event)} of {review} {happens}, {when} the {event_words(edge.event)} "
                f"{_does(before, edge)} ({day_words(reference)}), though {rule.because}."
            )
            if right:
                text += f" In {listed(right)} this document has the order right."
            text += f"{_coincidence(schedule, review, day, rule)} {_text(after)} against {_text(before)}."
            finding = schedule.finding("order", (review, rule.after.event), text, after)
            yield finding.against(before, schedule.document_id)


def _pairs(schedule: Schedule, review: str, rule: Order) -> list[tuple[StatedDate, StatedDate]]:
    """Every statement of the earlier edges beside every statement of the later one."""

    def stating(edge: Edge) -> list[StatedDate]:
        # Prose may name only some dates of a repeated event; the schedule has them all.
        find = schedule.statements.primary if edge.event in REPEATED else schedule.statements.readings
        return [one for one in find(review, edge.event) if edge.end == "starts" or one.ends_on is not None]

    return [(before, after) for edge in rule.before for before in stating(edge) for after in stating(rule.after)]


def _wrong_pair(pairs: list[tuple[StatedDate, StatedDate]], rule: Order) -> tuple[StatedDate, StatedDate] | None:
    """The first pair in the wrong order, None if some reading is in order."""

    def wrong(before: StatedDate, after: StatedDate) -> bool:
        earlier, later = _day(before, _edge_of(before, rule)), _day(after, rule.after)
        return earlier > later or (rule.strict and earlier == later)

    found = [pair for pair in pairs if wrong(*pair)]
    # Every date of a repeated event must be in order; of several readings of one date, one is enough.
    each = any(edge.event in REPEATED for edge in (*rule.before, rule.after))
    return found[0] if found and (each or len(found) == len(pairs)) else None


def _edge_of(stated: StatedDate, rule: Order) -> Edge:
    return next(edge for edge in rule.before if edge.event == stated.event)


def _day(stated: StatedDate, edge: Edge) -> date:
    return stated.ends_on if edge.end == "ends" and stated.ends_on is not None else stated.starts_on


def _does(stated: StatedDate, edge: Edge) -> str:
    """The verb that follows an event's name: lists are due, a period starts or ends."""
    if stated.ends_on is not None:
        return edge.end.removesuffix("s") if edge.event in _PLURAL else edge.end
    return "are due" if edge.event in _PLURAL else "is"


def _coincidence(schedule: Schedule, review: str, day: date, rule: Order) -> str:
    """A hint at what is meant, if by rule another event, which this one might wait for, falls on that day."""
    for edge in rule.before:
        if any(one.starts_on == day for one in schedule.calendar.dates(review, edge.event)):
            return f" By rule the {event_words(edge.event)} of {review} fall on that day."
    return ""


def _text(stated: StatedDate) -> str:
    return f"{quoted(stated.stated_text)} {place(stated)}"
