"""Dates are read as printed, whatever the wording, and what is no date is reported instead of lost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.dates.expressions import MONTHS, days_first, find_dates, month_number, states_no_date
from russell_pipeline.dates.rules import find_rules

Expected = list[tuple[str, str | None]]


def _read(text: str, **context: Any) -> Expected:
    found = find_dates(text, **context)
    return [(str(each.starts_on), str(each.ends_on) if each.ends_on else None) for each in found]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *((month, number) for number, month in enumerate(MONTHS, 1)),
        *((month[:3], number) for number, month in enumerate(MONTHS, 1)),
        ("SEPTEMBER", 9),
        ("june", 6),
        ("Febr.", 2),
        ("Sept", 9),
        ("SEPT.", 9),
        ("Dec.", 12),
    ],
)
def test_month_number_of_names_and_usual_abbreviations(name: str, number: int) -> None:
    assert month_number(name) == number


@pytest.mark.parametrize("word", ["Marble", "Marc", "Mayor", "Junior", "Decide", "Septem", "Ma", "", "."])
def test_month_number_rejects_other_words(word: str) -> None:
    with pytest.raises(ValueError, match="is no month"):
        month_number(word)
    assert find_dates(f"{word} 5, 2019") == find_dates(f"5 {word} 2019") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("28 June 2019", [("2019-06-28", None)]),
        ("June 28, 2019", [("2019-06-28", None)]),
        ("JUNE 28 2019", [("2019-06-28", None)]),
        ("14th January 2019", [("2019-01-14", None)]),
        ("the 10th of May 2019", [("2019-05-10", None)]),
        ("Sept. 20, 2019", [("2019-09-20", None)]),
        ("20SEPT2019", [("2019-09-20", None)]),
        ("Fri. 24 Jun. 2022", [("2022-06-24", None)]),
        ("on **Friday14 June 2019*** they", [("2019-06-14", None)]),
        ("**Friday 28 June 2019;** otherwise", [("2019-06-28", None)]),
        ("14 June 20191 (see note 1)", [("2019-06-14", None)]),
        ("June 24, 2022 (Friday)", [("2022-06-24", None)]),
        ("10-May-22 and 24June2022", [("2022-05-10", None), ("2022-06-24", None)]),
        ("2022-06-24", [("2022-06-24", None)]),
        ("6/24/2022", [("2022-06-24", None)]),
        ("6/24/22", [("2022-06-24", None)]),
        ("24/06/2022", [("2022-06-24", None)]),
        ("15 November 2021 to 11 February 2022", [("2021-11-15", "2022-02-11")]),
        ("15 November to 11 February 2022", [("2021-11-15", "2022-02-11")]),
        ("Friday 24 May to Friday 14 June 2019:", [("2019-05-24", "2019-06-14")]),
        ("24 May 2019 up to and including 14 June 2019", [("2019-05-24", "2019-06-14")]),
        ("10-14 June 2022", [("2022-06-10", "2022-06-14")]),
        ("Monday 10 – Friday 14 June 2019", [("2019-06-10", "2019-06-14")]),
        ("June 10 - 14, 2022", [("2022-06-10", "2022-06-14")]),
        ("6/10/2022 - 6/14/2022", [("2022-06-10", "2022-06-14")]),
        ("on 3 June and on 10 June 2022", [("None", None), ("2022-06-10", None)]),
        ("10 June and 17 June 2022", [("2022-06-10", None), ("2022-06-17", None)]),
        ("3, 10 and 17 June 2022", [("2022-06-03", None), ("2022-06-10", None), ("2022-06-17", None)]),
        ("June 7th, 14th & 21st, 2024", [("2024-06-07", None), ("2024-06-14", None), ("2024-06-21", None)]),
        ("Section 5, 10 June 2022", [("2022-06-10", None)]),
    ],
)
def test_printed_forms(text: str, expected: Expected) -> None:
    """Each way in which a date or span is printed is read, with a year at hand or without one."""
    assert _read(text) == expected


@pytest.mark.parametrize(
    "text",
    ["in June 2022, all", "it may 5 times", "May 10% of it", "Russell 2000", "clause 5.10.1", "T+2", "version 3.6"],
)
def test_what_only_looks_like_a_date(text: str) -> None:
    """Months, verbs, numbers and percentages are no dates."""
    assert find_dates(text, year=2022) == []


@pytest.mark.parametrize(
    ("text", "context", "expected"),
    [
        ("between Nov 16 and Feb 12.", {"review": "2022-03"}, [("2021-11-16", "2022-02-12")]),
        ("between May 9 and Aug 12", {"review": "2022-09"}, [("2022-05-09", "2022-08-12")]),
        ("Nov 16", {"review": "2022-03"}, [("2021-11-16", None)]),
        ("Monday 01 July", {"review": "2019-06"}, [("2019-07-01", None)]),
        ("Friday 24 May to Friday 14 June", {"year": 2019}, [("2019-05-24", "2019-06-14")]),
        ("2 January", {"review": "2025-12"}, [("2026-01-02", None)]),
        ("June 5 to 18", {"year": 2026}, [("2026-06-05", "2026-06-18")]),
        ("Nov 16 and Feb 12", {"review": "2022-03"}, [("2021-11-16", None), ("2022-02-12", None)]),
    ],
)
def test_a_missing_year_comes_from_the_review(text: str, context: dict[str, Any], expected: Expected) -> None:
    """Windows that cross a year's end get two years; the date nearest to the review is meant."""
    assert _read(text, **context) == expected
    assert not any(each.year_printed for each in find_dates(text, **context))


def test_weekdays_and_place_are_kept() -> None:
    """The printed weekdays, whole, and exactly the words of the date, for whoever holds them against the calendar."""
    text = "from Fri 24 May to Friday14 June 2019*** on"
    [found] = find_dates(text)
    assert found.weekdays == ("Friday", "Friday")
    assert text[found.start : found.end] == found.text == "Fri 24 May to Friday14 June 2019"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("31 June 2022", "June 2022 has no day 31"),
        ("February 29, 2022", "February 2022 has no day 29"),
        ("2022-13-01", "month 13 2022 has no day 1"),
        ("28 November 2022 to 2 December 2021", "ends before it starts"),
        ("28 November", "names no year"),
    ],
)
def test_impossible_dates_are_reported(text: str, because: str) -> None:
    """A misprint comes back with its words and what is wrong; it is neither dropped nor mended."""
    [found] = find_dates(text)
    assert (found.text, found.starts_on, found.ends_on) == (text, None, None)
    assert found.problem is not None
    assert because in found.problem


def test_ambiguous_figures_follow_the_publisher_unless_the_document_shows_otherwise() -> None:
    """10/06/2022 is 6 October, as an American publisher prints, except where other dates can only put the day first."""
    assert _read("10/06/2022") == [("2022-10-06", None)]
    for day in ("13/06/2022", "24/06/2022"):  # no month is the thirteenth
        assert _read("10/06/2022", day_first=days_first([day, "10/06/2022"])) == [("2022-06-10", None)]
    assert not days_first(["24/06/2022", "6/24/2022"])
    assert not days_first(["10/06/2022"])


@pytest.mark.parametrize("text", ["N/A", "n/a", "N.A.", "TBC", "tba *", "-", "–", "to be confirmed", "Not applicable"])
def test_marks_for_no_date(text: str) -> None:
    """A cell may say that it has no date."""
    assert states_no_date(text)
    assert find_dates(text) == []


@pytest.mark.parametrize("text", ["", "see note", "12 May 2022", "nan"])
def test_other_cells_do_not_say_that_there_is_no_date(text: str) -> None:
    assert not states_no_date(text)


_FORMS = (
    "{d} {B} {Y}", "{d:02d} {b} {Y}", "{A} {d} {B} {Y}", "{A}, {B} {d}, {Y}", "{b} {d}, {Y}", "{Y}-{m:02d}-{d:02d}",
    "{m}/{d}/{Y}", "{A}{d} {B} {Y}***", "**{B} {d}, {Y}**", "{d}-{b}-{Y}",
)  # fmt: skip
_days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def _print(form: str, day: date) -> str:
    return form.format(d=day.day, m=day.month, Y=day.year, A=f"{day:%A}", B=f"{day:%B}", b=f"{day:%b}")


@given(
    _days,
    st.sampled_from(_FORMS),
    st.sampled_from(["", "on ", "Rank day: ", "until "]),
    st.sampled_from(["", ".", ", and"]),
)
def test_every_day_is_found_in_every_form(day: date, form: str, before: str, after: str) -> None:
    """What one prints, the other reads: for any day, form and surrounding."""
    [found] = find_dates(f"{before}{_print(form, day)}{after}")
    assert (found.starts_on, found.ends_on, found.year_printed) == (day, None, True)


@given(_days, st.integers(0, 360), st.sampled_from(["to", "-", "–", "through", "until"]), st.sampled_from(_FORMS[:4]))
def test_every_span_is_found(day: date, length: int, joiner: str, form: str) -> None:
    """Spans of any length are spans, year ends included, and print what they mean."""
    last = day + timedelta(days=length)
    [found] = find_dates(f"{_print(form, day)} {joiner} {_print(form, last)}")
    assert (found.starts_on, found.ends_on) == (day, last)


@given(
    st.text(alphabet=st.sampled_from("0123456789 /-.,*()aMJFrunmyiday\tto–"), max_size=60),
    st.sampled_from([None, "2022-03"]),
)
def test_no_text_breaks_the_reader(text: str, review: str | None) -> None:
    """Whatever stands in a document, expressions lie in the text in order, and have a date or a problem."""
    found = find_dates(text, review=review)
    assert all(text[each.start : each.end] == each.text for each in found)
    assert all((each.starts_on is None) == (each.problem is not None) for each in found)
    assert [each.start for each in found] == sorted(each.start for each in found)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("the second Friday of February and August.", {"ordinal": 2, "weekday": "Friday", "months": (2, 8)}),
        ("Third Friday of the month", {"ordinal": 3, "weekday": "Friday", "months": ()}),
        ("the last business day of April", {"ordinal": -1, "weekday": "business day", "months": (4,)}),
        (
            "the Wednesday following the first Friday in March, September, and December",
            {"ordinal": 1, "weekday": "Friday", "months": (3, 9, 12), "next_weekday": "Wednesday"},
        ),
        (
            "the last Friday in June. When the last Friday in June falls on the 29th or 30th, it is the preceding Friday",
            {"ordinal": -1, "weekday": "Friday", "months": (6,), "unless_on": (29, 30)},
        ),
        (
            "the Friday five weeks prior to effective date",
            {"anchor": "effective", "offset": -5, "unit": "weeks", "weekday": "Friday"},
        ),
        ("3 business days before the announcement", {"anchor": "announcement", "offset": -3, "unit": "sessions"}),
        ("two days after implementation", {"anchor": "implementation", "offset": 2, "unit": "days"}),
        ("T+2 after the reconstitution effective date", {"anchor": "effective", "offset": 2, "unit": "sessions"}),
        ("it will be Rank Day in May", {"anchor": "rank_day", "offset": 0}),
        (
            "on the **Thursday** and Friday prior to the reconstitution come with two days' notice, so after the review",
            {
                "anchor_weekdays": ("Thursday", "Friday"),
                "anchor": "implementation",
                "offset": 2,
                "unit": "days",
                "after": "implementation",
            },
        ),
        (
            "the last business day of the first month of each quarter (January, April, July and October)",
            {"months": (1, 4, 7, 10), "ordinal": -1, "weekday": "business day"},
        ),
        (
            "the last business day of the first month of the quarter",
            {"months": (1, 4, 7, 10), "ordinal": -1, "weekday": "business day"},
        ),
        (
            "the last Friday of June (unless the last Friday occurs on the 29th or 30th, when it is on the Friday prior)",
            {"months": (6,), "ordinal": -1, "weekday": "Friday", "unless_on": (29, 30)},
        ),
        (
            "the fifth Friday prior to the reconstitution implementation",
            {"anchor": "implementation", "offset": -5, "unit": "weeks"},
        ),
        (
            "the Monday (open) after the first Friday prior to implementation",
            {"anchor": "implementation", "offset": -1, "unit": "weeks", "next_weekday": "Monday"},
        ),
    ],
)
def test_rules_in_words_become_parts(text: str, parts: dict[str, object]) -> None:
    """A rule is read into what can be computed with, and nothing else is claimed."""
    [found] = find_rules(text)
    said = asdict(found.rule)
    assert said == {**dict.fromkeys(said), "months": (), "unless_on": (), "anchor_weekdays": (), "offset": 0, **parts}


def test_days_before_a_printed_date() -> None:
    """A count of days can end on a date that the text prints."""
    text = "suspended for 60 or more days on or before Friday 07 June 2019"
    [found] = find_rules(text, find_dates(text))
    rule = found.rule
    assert (rule.anchor_on, rule.offset, rule.unit) == (date(2019, 6, 7), -60, "days")
