"""Protects the table `calendar`, what comes next, and the iCalendar file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from icalendar import Calendar

from russell_pipeline.calendar.computed import RuleCalendar, reviews_of_year
from russell_pipeline.calendar.ics import calendar_ics
from russell_pipeline.calendar.rows import Row, calendar_rows, due, effective_on, preferred, published_on
from russell_pipeline.dates.stated import StatedDate
from russell_pipeline_tests.calendar.schedules import QUARTERS, TABLE_2022, schedule_2019, schedule_2022, stated

CONTRACT = (
    "review", "event", "starts_on", "ends_on", "moment", "basis", "rule", "stated_text", "document_id", "page", "line"
)  # fmt: skip


def rows_2022(calendar: RuleCalendar) -> list[Row]:
    return calendar_rows(reviews_of_year(2022), {"d22": schedule_2022()[0]}, calendar)


def test_every_row_has_the_columns_that_scripts_rely_on(calendar: RuleCalendar) -> None:
    for row in rows_2022(calendar):
        assert set(CONTRACT) <= set(row)
        assert row["basis"] in ("published", "rule")
        assert (row["rule"] is None) == (row["basis"] == "published")
        assert (row["document_id"] is None) == (row["basis"] == "rule")


def test_every_statement_is_a_row_and_the_table_of_the_schedule_is_what_to_go_by(calendar: RuleCalendar) -> None:
    rows = [row for row in rows_2022(calendar) if row["basis"] == "published"]
    assert sorted(row["ordinal"] for row in rows) == list(range(1, len(schedule_2022()[0]) + 1))
    published = {(row["review"], row["event"]): (row["starts_on"], row["ends_on"]) for row in rows if row["preferred"]}
    assert len(published) == sum(row["preferred"] for row in rows)
    for event, _, cells in TABLE_2022:
        for review, cell in zip(QUARTERS, cells, strict=True):
            if cell is not None:
                days = [date.fromisoformat(day) for day in cell.split()]
                assert published.pop((review, event)) == (days[0], days[1] if len(days) > 1 else None)
    assert set(published) == {(review, "announcement") for review in ("2022-03", "2022-09", "2022-12")}


def test_a_statement_without_an_event_or_a_review_is_kept_and_not_gone_by(calendar: RuleCalendar) -> None:
    nameless = replace(stated("rank_day", "2022-03", "2022-02-11"), event=None)
    homeless = replace(stated("rank_day", "2022-03", "2022-02-14"), review=None)
    rows = calendar_rows(["2022-03", None], {"d": [nameless, homeless]}, calendar)
    kept = {row["ordinal"]: row for row in rows if row["basis"] == "published"}
    assert (kept[1]["review"], kept[1]["event"]) == ("2022-03", None)
    assert (kept[2]["review"], kept[2]["event"]) == (None, "rank_day")
    assert not kept[1]["preferred"]
    assert not kept[2]["preferred"]
    assert [row["basis"] for row in calendar_rows(["2022-03"], {"d": [nameless]}, None)] == ["published"]


@pytest.mark.parametrize(
    ("event", "moment", "meant"),
    [
        ("effective", "after_close", "implementation"),
        ("effective", "open", "effective"),
        ("implementation", "open", "effective"),
        ("implementation", "after_close", "implementation"),
    ],
)
def test_rows_have_the_event_that_a_statement_means_by_its_moment(event: str, moment: str, meant: str) -> None:
    """What takes effect at the open is effective, what is effective after the close is implemented."""
    said = stated(event, "2022-06", "2022-06-27", moment=moment)
    assert [row["event"] for row in calendar_rows(["2022-06"], {"d": [said]}, None)] == [meant]


def test_published_and_computed_stand_side_by_side_and_published_wins(calendar: RuleCalendar) -> None:
    both = [row for row in rows_2022(calendar) if (row["review"], row["event"]) == ("2022-09", "lock_down")]
    assert [(row["basis"], row["starts_on"], row["preferred"]) for row in both] == [
        ("published", date(2022, 9, 5), True),
        ("rule", date(2022, 9, 2), False),
    ]
    chosen = {(row["review"], row["event"]): row["basis"] for row in preferred(rows_2022(calendar))}
    assert chosen["2022-09", "lock_down"] == "published"
    assert chosen["2022-06", "preliminary_shares"] == "rule"


def test_the_schedule_speaks_for_effective_not_the_prose(calendar: RuleCalendar) -> None:
    rows = calendar_rows(["2019-06"], {"d19": schedule_2019()[0]}, calendar)
    (effective,) = [row for row in rows if row["event"] == "effective" and row["preferred"]]
    assert (effective["starts_on"], effective["moment"], effective["line"]) == (date(2019, 7, 1), "open", 38)


def test_a_later_document_wins_and_the_earlier_one_stays_visible(calendar: RuleCalendar) -> None:
    documents = {
        "early": [stated("lock_down", "2022-06", "2022-06-13")],
        "late": [stated("lock_down", "2022-06", "2022-06-14")],
    }
    rows = [row for row in calendar_rows(["2022-06"], documents, calendar) if row["event"] == "lock_down"]
    assert [(row["document_id"], row["preferred"]) for row in rows] == [("early", False), ("late", True), (None, False)]


@pytest.mark.parametrize(
    ("review", "documents", "day"),
    [
        ("2022-06", {"d": schedule_2022()[0]}, date(2022, 6, 27)),
        ("2019-06", {"d": schedule_2019()[0]}, date(2019, 7, 1)),
        ("2026-12", {}, date(2026, 12, 14)),
        # only the implementation is published, a week from where the rule has it
        ("2026-12", {"d": [stated("implementation", "2026-12", "2026-12-18")]}, date(2026, 12, 21)),
        # the word "effective" for the day after whose close the review is implemented
        ("2022-06", {"d": [stated("effective", "2022-06", "2022-06-24")]}, date(2022, 6, 27)),
        ("2022-06", {"d": [stated("effective", "2022-06", "2022-07-01")]}, date(2022, 7, 1)),
    ],
)
def test_a_review_holds_from_the_session_after_its_implementation(
    calendar: RuleCalendar, review: str, documents: dict[str, list[StatedDate]], day: date
) -> None:
    assert effective_on(calendar_rows([review], documents, calendar), calendar.sessions) == day


def test_nothing_dates_a_review_of_which_nothing_is_said(calendar: RuleCalendar) -> None:
    assert effective_on([], calendar.sessions) is None
    assert published_on([], "final") is None


def test_lists_are_known_from_the_one_day_on_which_those_of_their_status_are_published(calendar: RuleCalendar) -> None:
    rows = calendar_rows(["2022-06"], {"d": schedule_2022()[0]}, calendar)
    days = [published_on(rows, status) for status in ("preliminary", "updated", "final", None)]
    assert days == [date(2022, 6, 3), date(2022, 6, 10), date(2022, 6, 17), None]
    daily, weekly = calendar_rows(["2019-06"], {}, calendar), calendar_rows(["2026-12"], {}, calendar)
    assert [published_on(rows, "updated") for rows in (daily, weekly)] == [None, None]


def test_the_price_cutoff_of_december_2026_shows_both_policies(calendar: RuleCalendar) -> None:
    rows = [row for row in calendar_rows(["2026-12"], {}, calendar) if row["event"] == "price_cutoff"]
    assert [(row["policy"], row["starts_on"], row["preferred"]) for row in rows] == [
        ("days_before_9", date(2026, 12, 2), True),
        ("ground_rules_v1_3", date(2026, 12, 9), True),
    ]


def test_rows_are_in_order_and_the_same_whenever_they_are_made(calendar: RuleCalendar) -> None:
    rows = rows_2022(calendar)
    assert [row["review"] for row in rows] == sorted(row["review"] for row in rows)
    assert rows == rows_2022(calendar)


def test_due_is_the_next_date_of_every_event(calendar: RuleCalendar) -> None:
    rows = calendar_rows([*reviews_of_year(2026), *reviews_of_year(2027)], {}, calendar)
    coming = due(rows, date(2026, 11, 21))
    told = [(row["review"], row["event"], row["starts_on"]) for row in coming if row["review"] == "2026-12"]
    assert told == [
        ("2026-12", "query_period", date(2026, 11, 16)),  # has begun and lasts to 27 November
        ("2026-12", "updated_lists", date(2026, 11, 27)),
        ("2026-12", "lock_down", date(2026, 11, 30)),
        ("2026-12", "price_cutoff", date(2026, 12, 2)),
        ("2026-12", "price_cutoff", date(2026, 12, 9)),
        ("2026-12", "final_lists", date(2026, 12, 11)),
        ("2026-12", "implementation", date(2026, 12, 11)),
        ("2026-12", "effective", date(2026, 12, 14)),
    ]
    assert {row["event"] for row in coming if row["review"] == "2027-03"} >= {"rank_day", "announcement"}
    assert not [row for row in coming if (row["ends_on"] or row["starts_on"]) < date(2026, 11, 21)]


def test_due_counts_today_and_ends_with_the_rows(calendar: RuleCalendar) -> None:
    rows = calendar_rows(["2026-12"], {}, calendar)
    assert [row["event"] for row in due(rows, date(2026, 12, 14))] == ["effective"]
    assert due(rows, date(2026, 12, 15)) == []


def read_back(content: bytes) -> dict[str, tuple[date, date]]:
    events = Calendar.from_ical(content).walk("VEVENT")
    return {str(event["uid"]): (event.decoded("dtstart"), event.decoded("dtend")) for event in events}


def test_the_ics_opens_with_all_day_events_whose_end_is_the_day_after(calendar: RuleCalendar) -> None:
    rows = rows_2022(calendar)
    events = read_back(calendar_ics(rows, date(2022, 1, 3)))
    assert events["2022-06-effective-1@russell-pipeline"] == (date(2022, 6, 27), date(2022, 6, 28))
    assert events["2022-06-query_period-1@russell-pipeline"] == (date(2022, 5, 20), date(2022, 6, 11))
    assert len(events) == len(preferred(rows))
    assert all(type(day) is date for days in events.values() for day in days)


def test_an_event_of_the_ics_says_where_it_is_printed_or_by_which_rule_it_is() -> None:
    published = {"basis": "published", "stated_text": "27 June 2022", "document_id": "d22", "page": 1, "line": 7}
    ruled = {"basis": "rule", "rule": "r@2007-06", "confidence": "published", "says": "a rule", "source": "a document"}
    row = {
        "review": "2022-06",
        "event": "effective",
        "ends_on": None,
        "moment": None,
        "policy": None,
        "preferred": True,
    }
    rows = [row | {"starts_on": date(2022, 6, 26 + n)} | one for n, one in enumerate((published, ruled))]
    events = Calendar.from_ical(calendar_ics(rows, date(2022, 1, 3))).walk("VEVENT")
    assert [str(event["description"]) for event in events] == [
        "Published: 27 June 2022. Document d22, page 1, line 7.",
        "By rule r@2007-06 (published): a rule. Source: a document.",
    ]


def test_a_moved_date_keeps_its_uid_and_a_later_file_supersedes(calendar: RuleCalendar) -> None:
    """So that importing the file again updates the event."""
    computed = calendar_rows(["2022-09"], {}, calendar)
    published = calendar_rows(["2022-09"], {"d22": schedule_2022()[0]}, calendar)
    early, late = calendar_ics(computed, date(2022, 1, 3)), calendar_ics(published, date(2022, 3, 1))
    uid = "2022-09-lock_down-1@russell-pipeline"
    assert read_back(early)[uid][0] == date(2022, 9, 2)
    assert read_back(late)[uid][0] == date(2022, 9, 5)
    assert set(read_back(early)) == set(read_back(late))
    sequences = [Calendar.from_ical(content).walk("VEVENT")[0]["sequence"] for content in (early, late)]
    assert sequences[1] - sequences[0] == (date(2022, 3, 1) - date(2022, 1, 3)) // timedelta(days=1)


def test_dates_of_one_event_have_uids_of_their_own_and_policies_are_told_apart(calendar: RuleCalendar) -> None:
    content = calendar_ics(calendar_rows(["2026-12"], {}, calendar), date(2026, 11, 21))
    events = read_back(content)
    assert [events[f"2026-12-updated_lists-{n}@russell-pipeline"][0].day for n in (1, 2, 3)] == [20, 27, 4]
    summaries = [str(event["summary"]) for event in Calendar.from_ical(content).walk("VEVENT")]
    assert [one for one in summaries if "price cut-off" in one] == [
        "Russell 2026-12: price cut-off (at the close, days_before_9)",
        "Russell 2026-12: price cut-off (at the close, ground_rules_v1_3)",
    ]
    assert content == calendar_ics(calendar_rows(["2026-12"], {}, calendar), date(2026, 11, 21))
