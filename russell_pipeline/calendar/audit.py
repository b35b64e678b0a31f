"""The calendar's findings: a document against itself, the rules and other documents, one finding for each contradiction.

The checks themselves, none of which knows a document, are in date_checks.py, rule_checks.py and conflicts.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from russell_pipeline.calendar import date_checks
from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.conflicts import rule_findings
from russell_pipeline.calendar.model import CalendarFinding, ComputedDate, Confidence
from russell_pipeline.calendar.rule_checks import audit_rules
from russell_pipeline.calendar.statements import TWINS, Schedule, Statements, agree, matches, place
from russell_pipeline.calendar.words import day_words, event_words, iso, listed, quoted, span_words
from russell_pipeline.dates.reviews import EVENTS, year_month
from russell_pipeline.dates.stated import StatedDate, StatedRule

# Kinds that say that one date is wrong in itself.
_WRONG_DATE = frozenset(
    {"closed_session", "rule_against_date", "published_against_computed", "weekday", "window_gap", "window_overlap"}
)

# An inferred rule may miss a published date by days, but not by a month: then the month or the year is wrong.
_FAR = timedelta(31)

Stated = tuple[Sequence[StatedDate], Sequence[StatedRule]]


def audit(documents: Mapping[str, Stated], calendar: RuleCalendar, years: Iterable[int] = ()) -> list[CalendarFinding]:
    """Every contradiction within and between documents, and among the calendar's rules in these years.

    `documents` are stated dates and rules by document_id, in order of publication. Findings are sorted by review, event,
    document, page and line.
    """
    findings = rule_findings(years, calendar)
    for document_id, (stated, rules) in documents.items():
        within = audit_document(stated, rules, calendar, document_id)
        findings += folded([*within, *audit_against_computed(stated, calendar, document_id, known=within)])
    findings += audit_documents({document_id: stated for document_id, (stated, _) in documents.items()}, calendar)
    return sorted(findings, key=_place_in_order)


def folded(findings: Sequence[CalendarFinding]) -> list[CalendarFinding]:
    """The findings on one document, with those that come from one wrong date folded into one.

    A date that is closed, off its rule, off its weekday or off the window before is one finding with all that is wrong with
    it, including any events in the wrong order because of it.
    """
    kept: list[CalendarFinding] = []
    wrong: dict[tuple[str | None, str | None], int] = {}
    for finding in sorted(findings, key=lambda one: one.kind == "order"):
        keys: list[tuple[str | None, str | None]] = []
        if finding.kind == "order":
            keys = [(finding.review, finding.event), (finding.review, finding.other_event)]
        elif finding.kind in _WRONG_DATE and finding.event is not None:
            keys = [(finding.review, finding.event)]
        known = next((wrong[key] for key in keys if key in wrong), None)
        if known is not None:
            kept[known] = replace(kept[known], explanation=f"{kept[known].explanation} {finding.explanation}")
            continue
        if keys:
            wrong[keys[0]] = len(kept)
        kept.append(finding)
    return kept


def _place_in_order(finding: CalendarFinding) -> tuple[str, int, str, int, int, str]:
    event = EVENTS.index(finding.event) if finding.event in EVENTS else len(EVENTS)
    return (finding.review or "", event, finding.document_id or "", finding.page or 0, finding.line or 0, finding.kind)


def _within_reach(stated: StatedDate, calendar: RuleCalendar) -> bool:
    """Whether the sessions cover a stated date and, since its review counts from and to others, the years around it."""
    years = range(calendar.sessions.first.year + 2, calendar.sessions.last.year)
    named = [stated.starts_on.year, (stated.ends_on or stated.starts_on).year]
    return all(year in years for year in (*named, *([] if stated.review is None else [year_month(stated.review)[0]])))


def _schedule(
    stated: Sequence[StatedDate], rules: Sequence[StatedRule], calendar: RuleCalendar, document_id: str | None
) -> Schedule:
    """A document under audit, without the dates that the sessions do not cover."""
    return Schedule(
        Statements(one for one in stated if _within_reach(one, calendar)), tuple(rules), calendar, document_id
    )


def audit_document(
    stated: Sequence[StatedDate], rules: Sequence[StatedRule], calendar: RuleCalendar, document_id: str | None = None
) -> list[CalendarFinding]:
    """A document against itself: repeats, weekdays, windows, closed days, order, and its own rules.

    Kinds: text_against_table, effective_two_days, weekday, window_gap, window_overlap, closed_session, order,
    rule_against_date, rule_without_date, ambiguous_anchor, day_basis, and outside_calendar for dates out of reach.
    """
    schedule = _schedule(stated, rules, calendar, document_id)
    repeats = list(date_checks.repeats(schedule))
    dated_twice = {(finding.review, finding.event) for finding in repeats}
    # The finding on a date that is printed twice says that it is closed.
    closed = [found for found in date_checks.closed_days(schedule) if (found.review, found.event) not in dated_twice]
    unreached = [
        schedule.finding(
            "outside_calendar",
            (None, one.event),
            f"{quoted(one.stated_text)} {place(one)} is outside the years that the session calendar can check, "
            f"{calendar.sessions.first.year + 2} to {calendar.sessions.last.year - 1}.",
            one,
        )
        for one in stated
        if not _within_reach(one, calendar)
    ]
    return [
        *unreached,
        *date_checks.weekdays(schedule),
        *repeats,
        *date_checks.windows(schedule),
        *closed,
        *date_checks.order(schedule),
        *audit_rules(schedule),
    ]


def audit_against_computed(
    stated: Sequence[StatedDate],
    calendar: RuleCalendar,
    document_id: str | None = None,
    known: Iterable[CalendarFinding] = (),
) -> list[CalendarFinding]:
    """Published against computed dates (`published_against_computed`), except for events that have a `known` finding.

    If the document's rank day or implementation is not the rule's, other dates are counted from the published one if that
    leaves fewer contradictions: one date that moved is one finding. A rule that no publication attests gives one finding for
    all dates that differ from it, and none if nothing counts from its event: then the published date corrects the rule.
    """
    schedule = _schedule(stated, (), calendar, document_id)
    skipped = {(finding.review, finding.event) for finding in known}
    counted_from: dict[tuple[str, str], date] = {}
    differing = _differing(schedule, calendar, skipped)
    for key, day in schedule.statements.counted_from(calendar.sessions).items():
        adopted = counted_from | {key: day}
        fewer = _differing(schedule, calendar.counting_from(adopted), skipped)
        if len(fewer) < len(differing):
            counted_from, differing = adopted, fewer
    grouped: dict[tuple[str, str], list[tuple[StatedDate, ComputedDate]]] = defaultdict(list)
    for one, computed in differing:
        attested = computed.confidence is Confidence.PUBLISHED
        grouped[computed.rule, f"{one.review} {one.starts_on}" if attested else ""].append((one, computed))
    return [_difference(schedule, pairs) for pairs in grouped.values()]


def _differing(
    schedule: Schedule, calendar: RuleCalendar, skipped: set[tuple[str | None, str | None]]
) -> list[tuple[StatedDate, ComputedDate]]:
    """Stated dates that no rule gives, each with the nearest computed date; for an inferred rule, only those far off."""
    found: list[tuple[StatedDate, ComputedDate]] = []
    for review, event in schedule.statements.keys:
        # An effective date that implies the implementation is compared with the rules alone.
        alone = event == "effective" and not schedule.statements.primary(review, "implementation")
        computed = (schedule.calendar if alone else calendar).dates(review, event)
        inferred = event not in calendar.rules.bases and all(one.confidence is Confidence.INFERRED for one in computed)
        if event not in calendar.rules.bases and not inferred:
            computed = [one for one in computed if one.confidence is not Confidence.INFERRED]
        if (review, event) in skipped or not computed:
            continue
        for stated in schedule.statements.primary(review, event):
            if any(matches(stated, one, calendar.sessions) for one in computed):
                continue
            nearest = min(computed, key=lambda one: abs(one.starts_on - stated.starts_on))
            if not inferred or abs(nearest.starts_on - stated.starts_on) > _FAR:
                found.append((stated, nearest))
    return found


def _difference(schedule: Schedule, pairs: list[tuple[StatedDate, ComputedDate]]) -> CalendarFinding:
    stated, computed = pairs[0]
    compared = listed(
        f"{quoted(one.stated_text)} for {one.review} {place(one)}, "
        f"where the rule gives {span_words(rule.starts_on, rule.ends_on)}"
        for one, rule in pairs
    )
    return schedule.finding(
        "published_against_computed",
        (computed.review, computed.event),
        f"The {event_words(computed.event)} is published as {compared}. Rule {computed.rule}: {computed.says} "
        f"({computed.source}; {computed.confidence.value.replace('_', '-')}).{_twin(schedule, stated)}",
        stated,
        published=", ".join(iso(one.starts_on, one.ends_on) for one, _ in pairs),
        computed=", ".join(iso(rule.starts_on, rule.ends_on) for _, rule in pairs),
    )


def _twin(schedule: Schedule, stated: StatedDate) -> str:
    """A hint that a date is the implementation's under the name of effective, or the reverse."""
    twin = TWINS.get(stated.event or "")
    if twin is None or stated.review is None or schedule.calendar.day(stated.review, twin) != stated.starts_on:
        return ""
    return f" {day_words(stated.starts_on)} is the {event_words(twin)} by rule."


def audit_documents(stated: Mapping[str, Sequence[StatedDate]], calendar: RuleCalendar) -> list[CalendarFinding]:
    """Document against document: events on which no reading of one agrees with any of the other.

    The finding is on the document that is later in the mapping; the other place is the earlier's.
    """
    documents = [_schedule(dates, (), calendar, document_id) for document_id, dates in stated.items()]
    findings: list[CalendarFinding] = []
    for n, later in enumerate(documents):
        for review, event in later.statements.keys:
            readings = later.statements.readings(review, event)
            for earlier in documents[:n]:
                others = earlier.statements.readings(review, event)
                if not others or any(agree(one, other) for one in readings for other in others):
                    continue
                one, other = readings[0], others[0]
                finding = later.finding(
                    "document_against_document",
                    (review, event),
                    f"Two documents date the {event_words(event)} of {review}: {quoted(one.stated_text)} {place(one)} "
                    f"and {quoted(other.stated_text)} in document {(earlier.document_id or '')[:12]} {place(other)}.",
                    one,
                )
                findings.append(finding.against(other, earlier.document_id))
                break
    return findings
