"""Protects rule against rule: the reviews for which two wordings part ways, and holidays that a rule forgets."""

from __future__ import annotations

from datetime import date

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.conflicts import rule_conflicts, rule_findings

# Second Friday of the month before against five weeks before implementation.
PARTED = {
    *("2007-09", "2007-12", "2008-03", "2008-09", "2012-09", "2012-12", "2013-09", "2013-12", "2014-09"),
    *("2018-09", "2018-12", "2019-09", "2019-12", "2024-09", "2024-12", "2025-09"),
}


def test_second_friday_and_five_weeks_before_part_ways_in_these_reviews_only(calendar: RuleCalendar) -> None:
    found = [one for one in rule_conflicts(range(2004, 2026), calendar) if one.event == "shares_float_cutoff"]
    assert {one.review for one in found} == PARTED
    assert len(found) == len(PARTED)
    assert all(one.kind == "rule_against_rule" for one in found)


def test_a_conflict_shows_both_dates(calendar: RuleCalendar) -> None:
    (found,) = [
        one for one in rule_conflicts([2024], calendar) if one.review == "2024-09" and one.event != "price_cutoff"
    ]
    assert found.computed == "2024-08-09, 2024-08-16"
    assert "Fri 9 Aug 2024" in found.explanation
    assert "Fri 16 Aug 2024" in found.explanation


def test_the_policies_of_the_price_cutoff_agree_until_december_2026_and_differ_every_december_after(
    calendar: RuleCalendar,
) -> None:
    found = [
        one
        for one in rule_conflicts(range(2007, 2036), calendar)
        if one.event == "price_cutoff" and one.kind == "rule_against_rule"
    ]
    assert [one.review for one in found] == [f"{year}-12" for year in range(2026, 2036)]
    assert found[0].computed == "2026-12-02, 2026-12-09"
    assert "days_before_9 or ground_rules_v1_3" in found[0].explanation


def test_a_price_cutoff_on_a_holiday_is_found_once_whatever_the_policies(calendar: RuleCalendar) -> None:
    found = [one for one in rule_conflicts(range(2004, 2030), calendar) if one.kind == "closed_session"]
    assert [(one.review, one.computed) for one in found] == [("2024-06", date(2024, 6, 18).isoformat())]
    assert "Juneteenth" in found[0].explanation


def test_findings_are_one_a_comparison_and_name_every_review(calendar: RuleCalendar) -> None:
    conflicts = rule_conflicts(range(2004, 2033), calendar)
    findings = rule_findings(range(2004, 2033), calendar)
    assert [(one.kind, one.event, one.review) for one in findings] == [
        ("rule_against_rule", "shares_float_cutoff", "2007-09"),
        ("closed_session", "price_cutoff", "2024-06"),
        ("rule_against_rule", "price_cutoff", "2026-12"),
    ]
    told = " ".join(f"{one.review} {one.explanation}" for one in findings)
    assert all(one.review is not None and one.review in told for one in conflicts)
