"""Checks of a document's own rules against its dates. Dates are checked against each other in date_checks.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from russell_pipeline.calendar.computed import first_weekday_from, month_shifted, nth_weekday
from russell_pipeline.calendar.model import CalendarFinding
from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.calendar.statements import TWINS, Schedule, place
from russell_pipeline.calendar.words import day_words, event_words, iso_list, listed, quoted
from russell_pipeline.dates.expressions import WEEKDAYS
from russell_pipeline.dates.reviews import review_covering, year_month
from russell_pipeline.dates.stated import DateRule, StatedDate, StatedRule

_DAY = timedelta(days=1)
# What "n days" can mean if no basis is named.
_BASES = {"calendar_days": "calendar days", "sessions": "sessions"}


class _Miss(NamedTuple):
    """A review for which a rule gives another day than the one printed."""

    review: str
    given: date
    printed: date


def audit_rules(schedule: Schedule) -> list[CalendarFinding]:
    """Every contradiction between a document's rules and its dates, one finding for each rule however often it is printed.

    Kinds: rule_against_date; for rules that no printed date settles, rule_without_date, ambiguous_anchor and day_basis.
    """
    findings: list[CalendarFinding | None] = []
    undated: dict[str, list[StatedRule]] = {}
    for stated in _merged(schedule):
        event = stated.event
        if event is not None and any(_printed(schedule, review, event) for review in schedule.statements.reviews):
            findings.append(_against_dates(schedule, stated, event))
            continue
        unsettled = _day_basis(schedule, stated) or _two_anchors(schedule, stated)
        findings.append(unsettled)
        if unsettled is None and event is not None:
            undated.setdefault(event, []).append(stated)
    findings += [_without_date(schedule, event, rules) for event, rules in undated.items()]
    return [found for found in findings if found is not None]


def _merged(schedule: Schedule) -> list[StatedRule]:
    """A document's rules, those that compute the same merged: with the words of the first and the reviews of all."""
    groups: dict[tuple[str | None, str | None, DateRule], list[StatedRule]] = {}
    for stated in schedule.rules:
        groups.setdefault((stated.event, stated.moment, stated.rule), []).append(stated)
    return [replace(group[0], reviews=_reviews(schedule, group)) for group in groups.values()]


def _reviews(schedule: Schedule, same: list[StatedRule]) -> tuple[str, ...]:
    """The reviews of a rule stated once or more: those named, else of its months, else dated in its sections, else all."""
    first, known = same[0], schedule.statements.reviews
    named = {review for one in same for review in one.reviews}
    if named:
        return tuple(sorted(named))
    if first.rule.months:
        covered = {year_month(review_covering(2000, month))[1] for month in first.rule.months}
        return tuple(review for review in known if year_month(review)[1] in covered)
    sections = {one.section for one in same}
    dated = [
        review
        for review in known
        if any(one.section in sections for one in schedule.statements.readings(review, first.event or ""))
    ]
    return tuple(dated or known)


def _bases(schedule: Schedule, rule: DateRule, review: str) -> list[date]:
    """The days that a rule starts from; several if its anchor is dated several times or names several weekdays."""
    if rule.anchor_on is not None:
        return [rule.anchor_on]
    if rule.anchor is not None:
        anchors = sorted(schedule.days(review, rule.anchor))
        if not rule.anchor_weekdays:
            return anchors
        weeks = [anchor - _DAY * back for anchor in anchors for back in range(6, -1, -1)]
        return [day for day in weeks if WEEKDAYS[day.weekday()] in rule.anchor_weekdays]
    if rule.ordinal is None or rule.weekday is None:
        return []
    # The month that the rule names, at most a quarter before that of the review.
    months = [month_shifted(*year_month(review), -back) for back in range(3)]
    named = [one for one in months if one[1] in rule.months] if rule.months else months[:1]
    if not named:
        return []
    try:
        day = nth_weekday(*named[0], rule.ordinal, rule.weekday)
    except ValueError:  # that month has no fifth such weekday: the rule gives no day
        return []
    return [day - timedelta(weeks=1) if day.day in rule.unless_on else day]


def _stepped(rule: DateRule, base: date, unit: str | None, sessions: Sessions) -> date:
    """The day that a rule reaches from a base, counting in a unit."""
    if unit == "sessions":
        day = sessions.shift(base, rule.offset)
    else:
        day = base + timedelta(days=rule.offset * (7 if unit == "weeks" else 1))
    return day if rule.next_weekday is None else first_weekday_from(day + _DAY, rule.next_weekday)


def _given(schedule: Schedule, rule: DateRule, review: str) -> list[date]:
    """The days that a rule gives a review, on either basis if it counts days and names none."""
    units = list(_BASES) if rule.unit == "days" else [rule.unit]
    return [_stepped(rule, base, unit, schedule.sessions) for unit in units for base in _bases(schedule, rule, review)]


def _printed(schedule: Schedule, review: str, event: str) -> list[date]:
    """The days that a document states or implies for an event, with both ends of a span."""
    ends = [one.ends_on for one in schedule.statements.readings(review, event) if one.ends_on is not None]
    return [*schedule.days(review, event), *ends]


def _against_dates(schedule: Schedule, stated: StatedRule, event: str) -> CalendarFinding | None:
    """The finding on a rule that does not give the dates printed for its event."""
    sessions, rule = schedule.sessions, stated.rule
    misses: list[_Miss] = []
    for review in stated.reviews:
        printed, given = _printed(schedule, review, event), _given(schedule, rule, review)
        allowed = set(given) | {roll(day) for day in given for roll in (sessions.on_or_before, sessions.on_or_after)}
        if event == "effective" and stated.moment in ("close", "after_close"):
            # What happens after a close is effective at the next open.
            allowed |= {sessions.next(day) for day in given}
        if printed and given and allowed.isdisjoint(printed):
            misses.append(_Miss(review, given[0], printed[0]))
    if not misses:
        return None
    dated = schedule.statements.primary(misses[0].review, event)
    at: StatedDate | StatedRule = dated[0] if dated else stated
    pairs = listed(
        f"{day_words(miss.given)} for {miss.review}, where {day_words(miss.printed)} is printed" for miss in misses
    )
    claim = ""
    if rule.anchor is not None and rule.weekday not in (None, WEEKDAYS[misses[0].given.weekday()]):
        claim = f" {day_words(misses[0].given)} is not a {rule.weekday}."
    return schedule.finding(
        "rule_against_date",
        (misses[0].review, event),
        f"The {event_words(event)} does not follow its rule: {quoted(stated.stated_text)} {place(stated)} gives {pairs}"
        f"{f' {place(at)}' if dated else ''}.{claim}{_hint(schedule, stated, misses)}",
        at,
        published=iso_list(miss.printed for miss in misses),
        computed=iso_list(miss.given for miss in misses),
    ).against(stated, schedule.document_id)


def _hint(schedule: Schedule, stated: StatedRule, misses: list[_Miss]) -> str:
    """Whether rule and dates agree once implementation (a close) and effective (the next open) are exchanged."""
    sessions, rule = schedule.sessions, stated.rule
    if rule.anchor in TWINS:
        twin = replace(rule, anchor=TWINS[rule.anchor])
        if all(miss.printed in _given(schedule, twin, miss.review) for miss in misses):
            return f" It holds from {TWINS[rule.anchor]}, not from the {event_words(rule.anchor)}."
    if stated.event == "effective" and all(sessions.next(miss.given) == miss.printed for miss in misses):
        return (
            " The rule names implementation (after a close), the printed dates are the sessions after it (at the open)."
        )
    if stated.event == "implementation" and all(sessions.previous(miss.given) == miss.printed for miss in misses):
        return " The rule names the effective date (at the open), one session after implementation (after a close)."
    return ""


def _without_date(schedule: Schedule, event: str, rules: list[StatedRule]) -> CalendarFinding | None:
    """The finding on rules for an event that no row of the schedule dates, nor its days under any other name."""
    known = schedule.statements
    given: dict[str, date] = {}
    for stated in rules:
        for review in set(stated.reviews).intersection(known.reviews):
            events = {event for name, event in known.keys if name == review} | set(TWINS)
            taken = {day for one in events for day in _printed(schedule, review, one)}
            for day in _given(schedule, stated.rule, review):
                if day not in taken:
                    given.setdefault(review, day)
    if not given:
        return None
    days = listed(f"{day_words(day)} for {review}" for review, day in sorted(given.items()))
    first = rules[0]
    return schedule.finding(
        "rule_without_date",
        (min(given), event),
        f"The {event_words(event)} has a rule but no date: {quoted(first.stated_text)} {place(first)} gives {days}, "
        "which no row of the schedule carries.",
        first,
        computed=iso_list(sorted(given.values())),
    )


def _two_anchors(schedule: Schedule, stated: StatedRule) -> CalendarFinding | None:
    """The finding on a rule that no printed date settles, counted from an event that the document dates twice."""
    rule = stated.rule
    if rule.anchor is None or rule.anchor_weekdays or stated.event is not None:
        return None
    for review in stated.reviews:
        anchors = {one.starts_on: one for one in reversed(schedule.statements.readings(review, rule.anchor))}
        given = sorted(set(_given(schedule, rule, review)))
        if len(anchors) < 2 or len(given) < 2:
            continue
        dated = listed(f"{day_words(day)} {place(one)}" for day, one in sorted(anchors.items()))
        return schedule.finding(
            "ambiguous_anchor",
            (review, rule.anchor),
            f"{quoted(stated.stated_text)} {place(stated)} counts from the {event_words(rule.anchor)}, which is {dated}: "
            f"it can mean {' or '.join(map(day_words, given))}.",
            stated,
            published=iso_list(sorted(anchors)),
            computed=iso_list(given),
        ).against(anchors[min(anchors)], schedule.document_id)
    return None


def _day_basis(schedule: Schedule, stated: StatedRule) -> CalendarFinding | None:
    """The finding on a number of days without a basis, if the bases differ or the result is not after what it should follow."""
    rule = stated.rule
    if rule.unit != "days":
        return None
    for review in stated.reviews:
        bases = _bases(schedule, rule, review)
        readings = {name: [_in_force(schedule, rule, base, unit) for base in bases] for unit, name in _BASES.items()}
        claim = _claim(schedule, rule, review, readings)
        if not bases or (len(set(map(tuple, readings.values()))) == 1 and not claim):
            continue
        counted = listed(f"{listed(map(day_words, days))} in {name}" for name, days in readings.items())
        start = f", counted from {listed(map(day_words, bases))}," if rule.anchor_on is None else ""
        return schedule.finding(
            "day_basis",
            (review, stated.event),
            f"{quoted(stated.stated_text)} {place(stated)} names no day basis: "
            f"{abs(rule.offset)} days{start} are {counted}.{claim}",
            stated,
            computed=iso_list(dict.fromkeys(day for days in readings.values() for day in days)),
        )
    return None


def _in_force(schedule: Schedule, rule: DateRule, base: date, unit: str) -> date:
    """The day that a count reaches; a count forward to a closed day is in force from the next session."""
    day = _stepped(rule, base, unit, schedule.sessions)
    return schedule.sessions.on_or_after(day) if rule.offset > 0 else day


def _claim(schedule: Schedule, rule: DateRule, review: str, readings: dict[str, list[date]]) -> str:
    """If the result does not come after an event as the words claim: a sentence with the count for which it would."""
    # What is implemented after a close holds from the next open: only a later day is subsequent to it.
    event = "effective" if rule.after == "implementation" else rule.after
    limits = [] if event is None else schedule.days(review, event)
    if event is None or not limits:
        return ""
    limit = max(limits)
    if all(day > limit for days in readings.values() for day in days):
        return ""
    after = f"after the {event_words(event)}, {day_words(limit)}, as the words claim"
    bases = _bases(schedule, rule, review)
    for count in range(rule.offset, rule.offset + 10):
        if all(schedule.sessions.shift(base, count) > limit for base in bases):
            return f" They come {after}, only if the open of D+{count} is meant."
    return f" They do not come {after}."
