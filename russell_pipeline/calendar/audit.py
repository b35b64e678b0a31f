"""What contradicts what: a document against itself, the rules, other documents. One finding a contradiction.

The checks are general; none knows a document. They are in date_checks.py, rule_checks.py and conflicts.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from russell_pipeline.calendar import date_checks
from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.conflicts import rule_findings
from russell_pipeline.calendar.model import EVENTS, CalendarFinding, ComputedDate, Confidence
from russell_pipeline.calendar.rule_checks import audit_rules
from russell_pipeline.calendar.statements import Schedule, Statements, agree, matches, place
from russell_pipeline.calendar.words import event_words, iso, listed, quoted, span_words
from russell_pipeline.documents.stated import StatedDate, StatedRule

Stated = tuple[Sequence[StatedDate], Sequence[StatedRule]]


def audit(documents: Mapping[str, Stated], calendar: RuleCalendar, years: Iterable[int] = ()) -> list[CalendarFinding]:
    """Every contradiction in documents, between them, and among the calendar's rules in these years.

    `documents` are stated dates and rules by document_id, in order of publication. Findings are in order of review, event,
    document, page and line.
    """
    findings = rule_findings(years, calendar)
    for document_id, (stated, rules) in documents.items():
        within = audit_document(stated, rules, calendar, document_id)
        findings += within + audit_against_computed(stated, calendar, document_id, known=within)
    findings += audit_documents({document_id: stated for document_id, (stated, _) in documents.items()}, calendar)
    return sorted(findings, key=_place_in_order)


def _place_in_order(finding: CalendarFinding) -> tuple[str, int, str, int, int, str]:
    event = EVENTS.index(finding.event) if finding.event in EVENTS else len(EVENTS)
    return (finding.review or "", event, finding.document_id or "", finding.page or 0, finding.line or 0, finding.kind)


def _schedule(
    stated: Sequence[StatedDate], rules: Sequence[StatedRule], calendar: RuleCalendar, document_id: str | None
) -> Schedule:
    """A document under audit, without the dates and rules that the calendar's sessions do not reach."""
    first, last = calendar.sessions.first.year + _REACH_BACK, calendar.sessions.last.year

    def within(*days: date | None) -> bool:
        return all(day is None or first <= day.year < last for day in days)

    dates = [one for one in stated if within(one.starts_on, one.ends_on) and _year(one.review, first) in range(first, last)]
    return Schedule(Statements(dates), tuple(rule for rule in rules if within(rule.anchor_on)), calendar, document_id)


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
    # A date that is printed twice is called closed where it is called contradictory.
    closed = [found for found in date_checks.closed_days(schedule) if (found.review, found.event) not in dated_twice]
    return [
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
    """Published against computed: `published_against_computed`, but for events that a known finding is about.

    Where the document's rank day or implementation is not the rule's, the others are counted from the published one if
    that leaves fewer contradictions: one date that moved is one finding. A rule that is not attested by a publication
    gives one finding for all the dates that differ from it, and none where nothing counts from its event: there the
    published date says something of the rule, not of the document.
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
    """Stated dates that no rule gives, each with the nearest date that one does."""
    found: list[tuple[StatedDate, ComputedDate]] = []
    for review, event in schedule.statements.keys:
        # An effective date that implies the implementation is held against the rules alone.
        alone = event == "effective" and not schedule.statements.primary(review, "implementation")
        computed = (schedule.calendar if alone else calendar).dates(review, event)
        if event not in calendar.rules.bases:
            computed = [one for one in computed if one.confidence is not Confidence.INFERRED]
        if (review, event) in skipped or not computed:
            continue
        for stated in schedule.statements.primary(review, event):
            if not any(matches(stated, one, calendar.sessions) for one in computed):
                found.append((stated, min(computed, key=lambda one: abs(one.starts_on - stated.starts_on))))
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
        f"({computed.source}; {computed.confidence.value.replace('_', '-')}).",
        stated,
        published=", ".join(iso(one.starts_on, one.ends_on) for one, _ in pairs),
        computed=", ".join(iso(rule.starts_on, rule.ends_on) for _, rule in pairs),
    )


def audit_documents(stated: Mapping[str, Sequence[StatedDate]], calendar: RuleCalendar) -> list[CalendarFinding]:
    """Document against document: an event on which no reading of one agrees with any of the other.

    The finding is the later document's in the mapping; the other place is the earlier's.
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
                    f"and {quoted(other.stated_text)} in document {earlier.document_id} {place(other)}.",
                    one,
                    other,
                )
                findings.append(replace(finding, other_document_id=earlier.document_id))
                break
    return findings
