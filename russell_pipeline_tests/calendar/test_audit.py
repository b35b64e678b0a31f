"""Protects the audit as a whole: two published schedules, what corrections leave of their findings, other documents."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from russell_pipeline.calendar.audit import audit, audit_against_computed, audit_document, audit_documents
from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.model import CalendarFinding, Confidence
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.documents.schedules.account import account_schedule
from russell_pipeline.documents.schedules.dates import stated_dates
from russell_pipeline.documents.schedules.rules import stated_rules
from russell_pipeline.documents.text import read_text
from russell_pipeline_tests.calendar.schedules import (
    CORRECTIONS,
    QUARTERS,
    Facts,
    corrected_2022,
    redated,
    schedule_2019,
    schedule_2022,
    stated,
)

FOUND_2022 = {found for found, _ in CORRECTIONS.values()}
FOUND_2019 = [
    ("ambiguous_anchor", "2019-06", "effective"),
    ("day_basis", "2019-06", None),
    ("day_basis", "2019-06", None),
    ("effective_two_days", "2019-06", "effective"),
    ("order", "2019-06", "preliminary_shares"),
]


def named(findings: list[CalendarFinding]) -> list[tuple[str, str | None, str | None]]:
    return sorted(((one.kind, one.review, one.event) for one in findings), key=str)


def test_every_contradiction_of_the_2022_schedule_is_one_finding(calendar: RuleCalendar) -> None:
    assert named(audit({"2022": schedule_2022()}, calendar)) == sorted(FOUND_2022)


def test_every_contradiction_of_the_2019_schedule_is_one_finding(calendar: RuleCalendar) -> None:
    assert named(audit({"2019": schedule_2019()}, calendar)) == FOUND_2019


def test_findings_give_both_texts_and_their_places(calendar: RuleCalendar) -> None:
    for found in audit({"2022": schedule_2022(), "2019": schedule_2019()}, calendar):
        assert found.document_id in ("2022", "2019")
        assert found.page == 1
        assert found.line is not None
        assert f"line {found.line}" in found.explanation
        if found.other_line is not None:
            assert f"line {found.other_line}" in found.explanation
        elif found.kind not in ("closed_session", "day_basis", "rule_without_date"):
            pytest.fail(f"no second place: {found}")


def test_the_corrected_schedule_has_no_finding(calendar: RuleCalendar) -> None:
    assert named(audit({"2022": corrected_2022()}, calendar)) == []


@pytest.mark.parametrize("left", CORRECTIONS)
def test_each_correction_settles_its_own_contradiction(calendar: RuleCalendar, left: str) -> None:
    """With one correction left out, the audit finds that contradiction and no other."""
    found = named(audit({"2022": corrected_2022(without=left)}, calendar))
    expected = {CORRECTIONS[left][0]}
    if left.startswith("a"):  # the uncorrected table then differs from the corrected text
        expected.add(CORRECTIONS["c: December window in 5.0"][0])
    assert set(found) == expected


@pytest.mark.parametrize(
    ("event", "review", "days"),
    [
        ("lock_down", "2022-09", "2022-09-02"),  # to the session before instead of after
        ("query_period", "2022-06", "2022-06-06 2022-06-10"),  # the Monday after the lists
        ("final_lists", "2022-06", "2022-06-13"),  # final files as lock-down opens
    ],
)
def test_other_corrections_serve_as_well(calendar: RuleCalendar, event: str, review: str, days: str) -> None:
    assert named(audit({"2022": redated(event, review, days, "table")(*corrected_2022())}, calendar)) == []


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_a_date_moved_by_a_day_or_a_week_is_found_without_a_flood(data: st.DataObject) -> None:
    """Any misprint in the corrected schedule leads to a finding on its review, and to few."""
    calendar = RuleCalendar(nyse_sessions(last=date(2037, 12, 31)))
    dates, rules = corrected_2022()
    at = data.draw(st.integers(0, len(dates) - 1))
    moved = timedelta(days=data.draw(st.sampled_from((-7, -1, 1, 7))))
    one = dates[at]
    if (one.review, one.event) == ("2022-06", "query_period"):  # no attested rule: the published period stands
        return
    ends_on = None if one.ends_on is None else one.ends_on + moved
    dates[at] = replace(one, starts_on=one.starts_on + moved, ends_on=ends_on)
    found = audit({"2022": (dates, rules)}, calendar)
    assert 1 <= len(found) <= 4
    assert one.review in {each.review for each in found}


class TestAgainstComputed:
    """Published against computed."""

    def test_a_date_off_its_rule_names_the_rule_and_how_sure_it_is(self, calendar: RuleCalendar) -> None:
        off = stated("implementation", "2022-06", "2022-06-17", line=3)
        (found,) = audit_against_computed([off], calendar, "d")
        assert (found.kind, found.published, found.computed) == (
            "published_against_computed",
            "2022-06-17",
            "2022-06-24",
        )
        assert "june_implementation@2007-06" in found.explanation
        assert Confidence.PUBLISHED in found.explanation
        assert "by rule" not in found.explanation  # 17 June is no effective date

    def test_published_exceptions_are_no_findings(self, calendar: RuleCalendar) -> None:
        dates = [
            stated("rank_day", "2016-06", "2016-05-27"),
            stated("rank_day", "2018-03", "2018-02-14"),
            stated("implementation", "2006-06", "2006-06-30"),
            stated("implementation", "2008-03", "2008-03-20"),
        ]
        assert not audit_against_computed(dates, calendar)

    def test_windows_are_compared_by_their_sessions(self, calendar: RuleCalendar) -> None:
        """2018 and 2019 start them on the Saturday after rank day."""
        window = stated("ipo_window", "2018-12", "2018-08-18 2018-11-16")
        assert not audit_against_computed([window], calendar)
        assert audit_against_computed([replace(window, ends_on=date(2018, 11, 15))], calendar)

    def test_a_single_day_printed_for_a_span_is_its_first_or_its_last(self, calendar: RuleCalendar) -> None:
        days = ("2022-05-09", "2022-08-12", "2022-08-11")
        dates = [stated("ipo_window", "2022-09", day) for day in days]
        assert [len(audit_against_computed([one], calendar)) for one in dates] == [0, 0, 1]

    def test_a_span_printed_for_a_single_day_is_compared_by_its_first_day(self, calendar: RuleCalendar) -> None:
        assert not audit_against_computed([stated("implementation", "2022-06", "2022-06-24 2022-06-27")], calendar)
        (found,) = audit_against_computed([stated("implementation", "2022-06", "2022-06-23 2022-06-24")], calendar)
        assert (found.published, found.computed) == ("2022-06-23 to 2022-06-24", "2022-06-24")

    def test_a_review_that_moved_as_a_whole_is_one_finding(self, calendar: RuleCalendar) -> None:
        """Lists and lock-down that follow a moved implementation follow their rules."""
        dates = [
            stated("implementation", "2020-06", "2020-06-19"),
            stated("effective", "2020-06", "2020-06-22"),
            stated("preliminary_lists", "2020-06", "2020-05-29"),
            stated("lock_down", "2020-06", "2020-06-08"),
        ]
        (found,) = audit_against_computed(dates, calendar)
        assert found.event == "implementation"

    def test_an_inferred_rule_gives_one_finding_for_all_its_dates(self, calendar: RuleCalendar) -> None:
        dates = [
            stated("announcement", "2024-03", "2024-02-16", line=1),
            stated("announcement", "2024-09", "2024-08-23", line=2),
        ]
        (found,) = audit_against_computed(dates, calendar)
        assert found.published == "2024-02-16, 2024-08-23"
        assert "inferred" in found.explanation

    def test_by_an_inferred_rule_a_month_is_too_far_and_days_are_not(self, calendar: RuleCalendar) -> None:
        """Rules that are our own reading do not contradict a publisher, but they do know a wrong year."""
        [rule] = calendar.dates("2023-06", "shares_float_cutoff")
        assert rule.confidence is Confidence.INFERRED
        days = [rule.starts_on + timedelta(n) for n in (-365, -35, -30, 3, 35)]
        dates = [stated("shares_float_cutoff", "2023-06", str(day)) for day in days]
        assert [len(audit_against_computed([one], calendar)) for one in dates] == [1, 1, 0, 0, 1]

    def test_effective_after_the_close_is_implementation(self, calendar: RuleCalendar) -> None:
        """A document's word effective means either; without a moment the finding says which day it is."""
        friday = stated("effective", "2022-06", "2022-06-24", moment="after_close")
        assert not audit_against_computed([friday], calendar)
        (found,) = audit_against_computed([replace(friday, moment=None)], calendar)
        assert found.computed == "2022-06-27"
        assert "Fri 24 Jun 2022 is the implementation by rule" in found.explanation

    def test_what_is_known_to_be_contradictory_is_not_found_again(self, calendar: RuleCalendar) -> None:
        dates, rules = schedule_2022()
        known = audit_document(dates, rules, calendar)
        assert audit_against_computed(dates, calendar)
        assert not audit_against_computed(dates, calendar, known=known)


class TestDocumentAgainstDocument:
    """Two documents on one event."""

    def test_different_dates_are_one_finding_with_both_documents(self, calendar: RuleCalendar) -> None:
        earlier = [stated("lock_down", "2022-06", "2022-06-13", line=3)]
        later = [stated("lock_down", "2022-06", "2022-06-14", line=8), stated("rank_day", "2022-06", "2022-05-06")]
        (found,) = audit_documents({"first": earlier, "second": later}, calendar)
        assert (found.kind, found.review, found.event) == ("document_against_document", "2022-06", "lock_down")
        assert (found.document_id, found.line, found.other_document_id, found.other_line) == ("second", 8, "first", 3)

    def test_a_reading_in_common_is_enough(self, calendar: RuleCalendar) -> None:
        earlier = [stated("effective", "2019-06", "2019-06-28")]
        later = [stated("effective", "2019-06", "2019-07-01"), stated("effective", "2019-06", "2019-06-28")]
        assert not audit_documents({"first": earlier, "second": later}, calendar)


@pytest.mark.parametrize("days", ["2022-07-04 2022-11-11", "2022-08-16 2022-11-11", "2022-08-14 2022-11-11"])
def test_a_wrong_start_of_an_ipo_window_is_one_finding(calendar: RuleCalendar, days: str) -> None:
    """July 4th is closed and within the window before; 16 August leaves a session out; 14 August is a Sunday."""
    windows = [stated("ipo_window", "2022-09", "2022-05-09 2022-08-12"), stated("ipo_window", "2022-12", days)]
    (found,) = audit({"2022": (windows, [])}, calendar)
    assert (found.review, found.event) == ("2022-12", "ipo_window")


def test_a_wrong_end_of_an_ipo_window_is_one_finding_and_not_one_of_the_next_review(calendar: RuleCalendar) -> None:
    windows = [
        stated("ipo_window", "2022-09", "2022-05-09 2022-08-15"),
        stated("ipo_window", "2022-12", "2022-08-15 2022-11-11"),
    ]
    (found,) = audit({"2022": (windows, [])}, calendar)
    assert (found.kind, found.review) == ("window_overlap", "2022-09")


def test_rules_of_the_calendar_are_audited_for_the_years_asked(calendar: RuleCalendar) -> None:
    found = audit({}, calendar, years=range(2026, 2032))
    assert ("rule_against_rule", "2026-12", "price_cutoff") in named(found)


def test_a_year_out_of_reach_is_a_finding_not_a_crash(calendar: RuleCalendar) -> None:
    dates = [
        stated("rank_day", "2022-03", "2202-02-11"),
        stated("ipo_window", "2022-06", "1921-05-10 2022-05-06"),
        stated("lock_down", "2022-03", "2022-03-07"),
    ]
    assert [one.kind for one in audit({"d": (dates, [])}, calendar)] == ["outside_calendar", "outside_calendar"]


def test_dates_without_an_event_or_a_review_do_no_harm(calendar: RuleCalendar) -> None:
    nameless = replace(stated("rank_day", "2022-03", "2022-02-11"), event=None)
    homeless = replace(stated("rank_day", "2022-03", "2022-02-11", weekday="Monday"), review=None)
    assert [one.kind for one in audit({"d": ([nameless, homeless], [])}, calendar)] == ["weekday"]


def real(name: str, year: int, edits: dict[str, str] | None = None) -> Facts:
    """Dates and rules of a published schedule, its text edited."""
    path = Path(__file__).resolve().parents[3] / "shared" / "documents" / "seeds" / name
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing")
        pytest.skip("the published documents are not here")
    text = path.read_text(encoding="utf-8")
    for printed, corrected in (edits or {}).items():
        assert printed in text, printed
        text = text.replace(printed, corrected)
    pages = read_text(text.encode())
    account_schedule(pages)
    lines = [line for page in pages for line in page.lines]
    return stated_dates(lines, year)[0], stated_rules(lines, year)


SCHEDULE_2019 = ("002_461ccda891476011.txt", 2019)
SCHEDULE_2022 = ("003_eccd5305d23701c5.txt", 2022)


def test_the_published_schedules_have_these_contradictions_and_no_other(calendar: RuleCalendar) -> None:
    found = audit({"2019": real(*SCHEDULE_2019), "2022": real(*SCHEDULE_2022)}, calendar)
    assert len(found) <= 25
    assert named([one for one in found if one.document_id == "2019"]) == FOUND_2019
    assert named([one for one in found if one.document_id == "2022"]) == sorted(FOUND_2022)


def test_a_corrected_copy_of_the_published_schedules_has_none(calendar: RuleCalendar) -> None:
    edits_2022 = {
        "16 August 2022 to": "15 August 2022 to",
        "Nov 16 and Feb 12": "Nov 15 and Feb 11",
        "Aug 16 and Nov 12": "Aug 15 and Nov 11",
        "\tThird Friday of the month.\t": "\tMonday following the third Friday of the month.\t",
        "5 September 2022": "6 September 2022",
        "17 June 2022": "10 June 2022",
        "20 May 2022 to": "3 June 2022 to",
        "prior to effective date": "prior to implementation date",
        "Review Effective Date": "ICB announcement date\t16 February 2022\tN/A\t17 August 2022\t16 November 2022\n"
        "Review Effective Date",
    }
    edits_2019 = {
        "reconstitution effective date on 28 June 2019": "reconstitution effective date on 1 July 2019",
        "60 or more days": "60 or more calendar days",
        "two days' notice and therefore": "three business days' notice and therefore",
        "daily until 07 June 2019": "daily until 14 June 2019",
    }
    assert named(audit({"2022": real(*SCHEDULE_2022, edits_2022)}, calendar)) == []
    assert named(audit({"2019": real(*SCHEDULE_2019, edits_2019)}, calendar)) == []


def test_the_published_schedules_state_what_was_typed_in_by_hand() -> None:
    """The facts of the tests are those that the documents print."""
    read = {(one.event, one.review, one.starts_on, one.ends_on) for one in real(*SCHEDULE_2022)[0]}
    typed = {(one.event, one.review, one.starts_on, one.ends_on) for one in schedule_2022()[0]}
    assert read == typed
    assert {one.review for one in schedule_2022()[0]} == set(QUARTERS)
