"""The calendar's tables as made from documents: every stated date with its place, beside what the rules give."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.rules import shipped_rules
from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.schedules.dates import stated_dates
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps import calendar as calendar_steps
from russell_pipeline.steps.documents import membership_changes
from russell_pipeline.steps.review_dates import ReviewDates, sessions_of
from russell_pipeline.steps.years import FIRST_RULED_YEAR, last_year
from russell_pipeline_tests.conftest import PROJECT, land, real_documents
from russell_pipeline_tests.lakes import SCHEDULES, calendar_lake

LISTS = ("microcap-additions-2023.txt", "microcap-deletions-2020.pdf")
# The contradictions of the two published schedules, and of the rules, by kind, review and event.
CONTRADICTIONS_2019 = [
    ("order", "2019-06", "preliminary_shares"),
    ("effective_two_days", "2019-06", "effective"),
    ("ambiguous_anchor", "2019-06", "effective"),
    ("day_basis", "2019-06", None),
    ("day_basis", "2019-06", None),
]
CONTRADICTIONS_2022 = [
    ("text_against_table", "2022-03", "ipo_window"),
    ("rule_against_date", "2022-03", "shares_float_cutoff"),
    ("rule_without_date", "2022-03", "icb_announcement"),
    ("rule_against_date", "2022-03", "effective"),
    ("order", "2022-06", "query_period"),
    ("order", "2022-06", "lock_down"),
    ("closed_session", "2022-09", "lock_down"),
    ("text_against_table", "2022-12", "ipo_window"),
    ("window_gap", "2022-12", "ipo_window"),
]
CONTRADICTIONS_OF_RULES = [
    ("rule_against_rule", "2007-09", "shares_float_cutoff"),
    ("closed_session", "2024-06", "price_cutoff"),
    ("rule_against_rule", "2026-12", "price_cutoff"),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The shipped schedules and lists."""
    landing = PROJECT / "data_lake" / "landing" / "documents"
    return calendar_lake(tmp_path_factory.mktemp("shipped"), [*SCHEDULES, *(landing / name for name in LISTS)])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The two schedules as their publisher printed them."""
    return calendar_lake(tmp_path_factory.mktemp("published"), sorted(real_documents().glob("seeds/00[23]_*.txt")))


def _named(findings: pl.DataFrame) -> Counter[tuple[str, str | None, str | None]]:
    return Counter(findings.select("kind", "review", "event").iter_rows())


def _schedules(lake: Lake) -> dict[str, Path]:
    landed = scan_documents(lake.landing).documents
    schedules = lake.read("documents").filter(kind="review_schedule")["document_id"]
    return {document_id: landed[document_id].path for document_id in schedules}


def _check_every_stated_date(lake: Lake) -> None:
    calendar = lake.read("calendar").filter(basis="published")
    for document_id, path in _schedules(lake).items():
        document = parse_document(path.read_bytes())
        stated = stated_dates(document.lines, document.review_year)[0]
        held = calendar.filter(document_id=document_id).sort("ordinal")
        columns = ("ordinal", "review", "starts_on", "ends_on", "page", "line", "stated_text")
        assert held.select(columns).rows() == [
            (ordinal, one.review, one.starts_on, one.ends_on, one.page, one.line, one.stated_text)
            for ordinal, one in enumerate(stated, 1)
        ]
        lines = lake.read("document_lines", [document_id]).select("page", "line", "text", "cells")
        for row in held.join(lines, on=["page", "line"], how="left").iter_rows(named=True):
            printed = " ".join([row["text"], *(cell or "" for cell in row["cells"] or ())])
            assert str(row["starts_on"].day) in printed, row


def test_every_date_that_a_schedule_states_is_there_with_its_place(lake: Lake) -> None:
    _check_every_stated_date(lake)


def test_every_date_of_the_published_schedules_is_there_with_its_place(published: Lake) -> None:
    _check_every_stated_date(published)
    documents = published.read("documents")
    assert published.read("calendar").filter(basis="published").height == documents["rows_parsed"].sum()


def test_all_contradictions_of_the_published_schedules_are_found_and_few_others(published: Lake) -> None:
    findings = published.read("calendar_findings")
    assert findings.height <= 25
    expected = [*CONTRADICTIONS_2019, *CONTRADICTIONS_2022, *CONTRADICTIONS_OF_RULES]
    assert not Counter(expected) - _named(findings)
    placed = findings.filter(pl.col("document_id").is_not_null())
    assert placed.filter(pl.col("page").is_null() | pl.col("line").is_null()).is_empty()
    assert _named(findings.filter(pl.col("document_id").is_null())) == Counter(CONTRADICTIONS_OF_RULES)


def test_the_shipped_schedules_have_the_contradictions_of_their_tables(lake: Lake) -> None:
    in_words = {
        ("effective_two_days", "2019-06", "effective"),
        ("ambiguous_anchor", "2019-06", "effective"),
        ("day_basis", "2019-06", None),
        ("rule_against_date", "2022-03", "shares_float_cutoff"),
        ("rule_without_date", "2022-03", "icb_announcement"),
    }  # the shipped documents repeat dates, not sentences
    expected = [*CONTRADICTIONS_2019, *CONTRADICTIONS_2022, *CONTRADICTIONS_OF_RULES]
    assert _named(lake.read("calendar_findings")) == Counter(one for one in expected if one not in in_words)


def test_findings_of_documents_are_warnings_and_those_of_rules_are_for_information(lake: Lake) -> None:
    found = list(calendar_steps.findings(lake))
    assert Counter(one.severity for one in found) == {"warning": 8, "info": 3}
    assert {one.area for one in found} == {"calendar"}
    gap = next(one for one in found if "in no window" in one.message)
    assert (gap.subject, gap.page, gap.line) == ("2022-12 ipo_window", 1, 11)


def test_every_review_from_2004_to_six_years_ahead_has_dates_without_any_document(lake: Lake) -> None:
    computed = lake.read("calendar").filter(basis="rule")
    assert last_year() >= date.today().year + 5
    years = range(FIRST_RULED_YEAR, last_year() + 1)
    assert sorted(computed["review"].unique()) == [f"{year}-{month:02}" for year in years for month in (3, 6, 9, 12)]
    for event in ("implementation", "effective", "rank_day"):
        assert computed.filter(event=event).height == 4 * len(years)
    first = min(version.first for rule in shipped_rules().rules for version in rule.versions)
    assert int(first[:4]) == FIRST_RULED_YEAR


def test_published_stands_beside_computed_and_is_gone_by(lake: Lake) -> None:
    rows = lake.read("calendar", ["2022"]).filter(review="2022-09", event="lock_down")
    assert rows.select("basis", "starts_on", "preferred", "moment").rows() == [
        ("published", date(2022, 9, 5), True, "open"),
        ("rule", date(2022, 9, 2), False, "open"),
    ]
    window = lake.read("calendar", ["2022"]).filter(review="2022-12", event="ipo_window", basis="published")
    assert window.select("starts_on", "ends_on", "preferred", "line").rows() == [
        (date(2022, 8, 16), date(2022, 11, 11), True, 11),
        (date(2022, 8, 16), date(2022, 11, 12), False, 27),
    ]


def test_sessions_come_back_as_they_were_and_name_holidays(lake: Lake) -> None:
    sessions = sessions_of(lake)
    table = lake.read("sessions")
    assert (sessions.first, sessions.last) == (date(1990, 1, 1), date(last_year(), 12, 31))
    assert table.height == (sessions.last - sessions.first).days + 1
    assert table.filter(date=date(2022, 9, 5)).rows() == [
        (date(2022, 9, 5), False, False, date(2022, 9, 2), date(2022, 9, 6), "Labor Day")
    ]
    assert table.filter(date=date(2022, 11, 25))["closes_early"].item()
    assert table.filter(date=date(2001, 9, 12))["holiday"].item() is not None
    assert list(sessions.rows(sessions.first, sessions.last)) == table.to_dicts()


def test_changes_take_the_dates_of_their_review(lake: Lake) -> None:
    documents = lake.read("documents").filter(kind="membership_changes")
    dates = membership_changes(lake, documents).select("review", "status", "known_on", "effective_on").unique()
    assert sorted(dates.rows(), key=str) == [
        ("2020-06", None, None, date(2020, 6, 29)),
        ("2023-06", "preliminary", date(2023, 5, 19), date(2023, 6, 26)),
    ]


def test_what_a_sidecar_says_of_publication_goes_before_the_calendar(tmp_path: Path) -> None:
    source = PROJECT / "data_lake" / "landing" / "documents" / "microcap-additions-2023.txt"
    land(tmp_path, source.name, source.read_bytes())
    land(tmp_path, source.with_suffix(".yaml").name, b"published_on: 2023-05-22\n")
    lake = calendar_lake(tmp_path, [], ["2023"])
    assert set(membership_changes(lake, lake.read("documents"))["known_on"]) == {date(2023, 5, 22)}


def test_a_review_without_rows_has_no_dates(lake: Lake) -> None:
    dates = ReviewDates(lake, ["2022-06", "1999-06", None])
    assert dates.effective_on("2022-06") == date(2022, 6, 27)
    assert [dates.effective_on(review) for review in ("1999-06", "2023-06", None)] == [None, None, None]
    assert dates.published_on("2022-06", "final") == date(2022, 6, 17)
    assert dates.published_on(None, "final") is None


SCHEDULE = """Russell US Indexes - June {year} Reconstitution

01 March {year}

Timetable:

Friday 10 May {year}: Rank day, at market close.

Friday 07 June {year}: Preliminary membership lists, after market close.

Monday 17 June {year}: Lock-down.

Friday 21 June {year}: Office party.

Friday 28 June {year}: Reconstitution implemented, after market close.
"""


def test_dates_without_an_event_and_of_years_out_of_reach_are_kept(tmp_path: Path) -> None:
    """A date that no one can use is still a row with its place: in the partition of no year where there is none."""
    beyond = last_year() + 1
    land(tmp_path, "schedule.txt", SCHEDULE.format(year=beyond).encode())
    lake = calendar_lake(tmp_path, [], ["undated"])
    rows = lake.read("calendar", ["undated"])
    assert set(rows["review"]) == {f"{beyond}-06"}
    assert set(rows["review_year"]) == {None}
    assert rows.height == lake.read("documents")["rows_parsed"].item()
    assert rows.filter(pl.col("event").is_null()).select("starts_on", "preferred").rows() == [
        (date(beyond, 6, 21), False)
    ]
    assert lake.read("calendar_findings").filter(kind="outside_calendar").height > 0


def test_of_two_schedules_the_one_published_last_is_gone_by(tmp_path: Path) -> None:
    """Whatever the files are called and in whichever order they come."""
    first = SCHEDULE.format(year=2019)
    later = first.replace("01 March", "15 April").replace("Monday 17 June", "Tuesday 18 June")
    for name, text in (("b.txt", first), ("a.txt", later)):
        land(tmp_path, name, text.encode())
    lake = calendar_lake(tmp_path, [], ["2019"])
    rows = lake.read("calendar", ["2019"]).filter(event="lock_down", basis="published")
    assert sorted(rows.select("starts_on", "preferred").rows()) == [
        (date(2019, 6, 17), False),
        (date(2019, 6, 18), True),
    ]
    kinds = _named(lake.read("calendar_findings"))
    assert kinds["document_against_document", "2019-06", "lock_down"] == 1


def test_rows_are_in_the_order_in_which_a_review_runs_and_their_key_is_unique(lake: Lake) -> None:
    calendar = lake.read("calendar")
    assert not calendar.select(TABLES["calendar"].key).is_duplicated().any()
    rule = RuleCalendar(sessions_of(lake)).dates("2026-12")
    events = calendar.filter(review="2026-12")["event"].to_list()
    assert Counter(events) == Counter(one.event for one in rule)
    assert events.index("rank_day") < events.index("lock_down") < events.index("effective")


def test_two_rows_of_one_key_are_refused(lake: Lake, tmp_path: Path) -> None:
    rows = lake.read("calendar", ["2026"])
    with pytest.raises(Exception, match="key_is_unique"):
        Lake(tmp_path).write("calendar", pl.concat([rows, rows.head(1)]), "2026")
    shifted = rows.head(1).with_columns(pl.col("starts_on") - timedelta(days=1))
    assert Lake(tmp_path).write("calendar", pl.concat([rows, shifted]), "2026")
