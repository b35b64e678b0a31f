"""Rule against rule: reviews in which two wordings of a rule differ, or a rule names a day when the exchange is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from russell_pipeline.calendar.computed import RuleCalendar, reviews_of_year
from russell_pipeline.calendar.model import CalendarFinding
from russell_pipeline.calendar.words import day_words, event_words, listed, named


def rule_conflicts(years: Iterable[int], calendar: RuleCalendar) -> list[CalendarFinding]:
    """Every conflict of these years, one finding for each comparison and review.

    Kinds: rule_against_rule; closed_session for a rule whose day is not a session and whose document does not say what
    happens then.
    """
    return [finding for _, finding in _conflicts(years, calendar)]


def rule_findings(years: Iterable[int], calendar: RuleCalendar) -> list[CalendarFinding]:
    """The same conflicts, one finding for each comparison: that of its first review, which names the others."""
    grouped: dict[str, list[CalendarFinding]] = defaultdict(list)
    for group, finding in _conflicts(years, calendar):
        grouped[group].append(finding)
    return [_with_others(first, [one.review or "" for one in others]) for first, *others in grouped.values()]


def _with_others(finding: CalendarFinding, reviews: list[str]) -> CalendarFinding:
    if not reviews:
        return finding
    return replace(finding, explanation=f"{finding.explanation} So too in {listed(reviews)}.")


def _conflicts(years: Iterable[int], calendar: RuleCalendar) -> Iterator[tuple[str, CalendarFinding]]:
    for year in years:
        for review in reviews_of_year(year):
            yield from _wordings(review, calendar)
            yield from _closed(review, calendar)


def _wordings(review: str, calendar: RuleCalendar) -> Iterator[tuple[str, CalendarFinding]]:
    rules = calendar.rules
    for comparison in rules.comparisons:
        if not (comparison.first <= review <= comparison.last and rules.held(comparison.reviews, review)):
            continue
        named_versions = [rules.wording(name) for name in comparison.wordings]
        days = [calendar.evaluate(version.at[0], review) for _, version in named_versions]
        if days[0].nominal == days[1].nominal:
            continue
        clauses = (
            f"{version.says} ({version.source}) is {day_words(day.nominal)}"
            for (_, version), day in zip(named_versions, days, strict=True)
        )
        policies = [rule.subject.policy for rule, _ in named_versions]
        explanation = (
            f"Two wordings of the {event_words(comparison.event)} part ways: {listed(clauses)}. "
            f"Implementation is on {day_words(calendar.day(review, 'implementation'))}."
        )
        if all(policies):
            explanation += f" The policy of the index decides ({comparison.event}: {' or '.join(map(str, policies))})."
        computed = ", ".join(day.actual.isoformat() for day in days)
        yield (
            comparison.id,
            CalendarFinding(review, comparison.event, None, computed, "rule_against_rule", explanation),
        )


def _closed(review: str, calendar: RuleCalendar) -> Iterator[tuple[str, CalendarFinding]]:
    for event in calendar.rules.closed_day.unstated_for:
        moved = {
            one.nominal_on: one for one in reversed(calendar.dates(review, event)) if one.nominal_on != one.starts_on
        }
        for one in moved.values():
            closure = named(calendar.sessions.why_closed(one.nominal_on) or "")
            explanation = (
                f"The {event_words(event)} of {review}, {one.says}, is {day_words(one.nominal_on)}, {closure}: the "
                "exchange is closed and the rule does not say what happens then. "
                f"The session before, {day_words(one.starts_on)}, is taken."
            )
            finding = CalendarFinding(review, event, None, one.starts_on.isoformat(), "closed_session", explanation)
            yield f"closed {event}", finding
