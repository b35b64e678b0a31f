"""Facts of two published schedules, typed in by hand as stated dates and rules, and corrections that settle them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from russell_pipeline.dates.stated import DateRule, StatedDate, StatedRule

QUARTERS = ("2022-03", "2022-06", "2022-09", "2022-12")
# Rows of the table of 2022: event, moment, and a date or span for each review.
TABLE_2022 = (
    ("rank_day", None, ("2022-02-11", "2022-05-06", "2022-08-12", "2022-11-11")),
    ("icb_cutoff", None, ("2022-02-11", "2022-05-06", "2022-08-12", "2022-11-11")),
    ("shares_float_cutoff", None, ("2022-02-11", "2022-05-06", "2022-08-12", "2022-11-11")),
    (
        "ipo_window",
        None,
        ("2021-11-15 2022-02-11", "2021-05-10 2022-05-06", "2022-05-09 2022-08-12", "2022-08-16 2022-11-11"),
    ),
    ("ipo_market_cap_cutoff", None, ("2022-02-11", "2022-05-06", "2022-08-12", "2022-11-11")),
    ("preliminary_lists", None, ("2022-02-25", "2022-06-03", "2022-08-26", "2022-11-25")),
    ("updated_lists", None, (None, "2022-06-10", None, None)),
    ("final_lists", None, ("2022-03-04", "2022-06-17", "2022-09-02", "2022-12-02")),
    (
        "query_period",
        None,
        ("2022-02-28 2022-03-04", "2022-05-20 2022-06-10", "2022-08-29 2022-09-02", "2022-11-28 2022-12-02"),
    ),
    ("lock_down", "open", ("2022-03-07", "2022-06-13", "2022-09-05", "2022-12-05")),
    ("indicative_products", None, ("2022-02-25", "2022-06-10", "2022-08-26", "2022-11-25")),
    ("effective", "open", ("2022-03-21", "2022-06-27", "2022-09-19", "2022-12-19")),
)
ADDITIONS_2022 = (
    ("ipo_window", ("2021-11-16 2022-02-12", None, "2022-05-09 2022-08-12", "2022-08-16 2022-11-12")),
    ("rank_day", ("2022-02-11", None, "2022-08-12", "2022-11-11")),
    ("announcement", ("2022-02-25", None, "2022-08-26", "2022-11-25")),
    ("effective", ("2022-03-21", None, "2022-09-19", "2022-12-19")),
)


def stated(
    event: str,
    review: str,
    days: str,
    *,
    section: str = "table",
    moment: str | None = None,
    weekday: str | None = None,
    line: int = 1,
) -> StatedDate:
    """A stated date; `days` is one ISO date or two, the ends of a span."""
    starts_on, *ends_on = map(date.fromisoformat, days.split())
    return StatedDate(
        event, review, starts_on, ends_on[0] if ends_on else None, moment, weekday, section, event, days, 1, line
    )


def rule(
    event: str | None,
    text: str,
    section: str,
    line: int,
    *,
    reviews: tuple[str, ...] = (),
    moment: str | None = None,
    **parts: object,
) -> StatedRule:
    """A stated rule on page 1, read into these parts."""
    read = DateRule(**parts)  # type: ignore[arg-type]
    return StatedRule(event, text, section, 1, line, read, reviews=reviews, moment=moment)


def schedule_2022() -> tuple[list[StatedDate], list[StatedRule]]:
    """The 2022 schedule: a table of four reviews, numbered questions, a table of quarterly additions."""
    dates = [
        stated(event, review, days, moment=moment, line=10 + line)
        for line, (event, moment, row) in enumerate(TABLE_2022)
        for review, days in zip(QUARTERS, row, strict=True)
        if days is not None
    ]
    dates += [
        stated(event, review, days, section="5.0", line=50 + line)
        for line, (event, row) in enumerate(ADDITIONS_2022)
        for review, days in zip(QUARTERS, row, strict=True)
        if days is not None
    ]
    second_friday = {"ordinal": 2, "weekday": "Friday", "months": (2, 8, 11)}
    five_weeks = {"offset": -5, "unit": "weeks"}
    rules = [
        rule("icb_cutoff", "second Friday", "2.0", 30, **second_friday),
        rule("icb_announcement", "Wednesday after", "2.0", 31, **second_friday, next_weekday="Wednesday"),
        rule(
            "implementation",
            "third Friday",
            "2.0",
            32,
            ordinal=3,
            weekday="Friday",
            months=(3, 9, 12),
            moment="after_close",
        ),
        *(
            rule(
                "shares_float_cutoff",
                "the Friday five weeks before effective",
                "3.0",
                line,
                anchor="effective",
                weekday="Friday",
                reviews=(review,),
                **five_weeks,
            )
            for line, review in ((35, "2022-03"), (37, "2022-09"), (38, "2022-12"))
        ),
        rule("rank_day", "five weeks before implementation", "5.0", 51, anchor="implementation", **five_weeks),
        rule(
            "announcement",
            "three weeks before implementation",
            "5.0",
            52,
            anchor="implementation",
            offset=-3,
            unit="weeks",
        ),
        rule("effective", "third Friday of the month", "5.0", 53, ordinal=3, weekday="Friday"),
        rule(
            "effective",
            "after the close on the third Friday",
            "5.0",
            55,
            ordinal=3,
            weekday="Friday",
            moment="after_close",
        ),
        rule(
            "implementation",
            "last Friday unless 29/30",
            "6.0",
            58,
            ordinal=-1,
            weekday="Friday",
            months=(6,),
            unless_on=(29, 30),
        ),
    ]
    return dates, rules


Facts = tuple[list[StatedDate], list[StatedRule]]
# Each contradiction of the 2022 schedule: what finding it is, and the edit that settles it.
Edit = Callable[[list[StatedDate], list[StatedRule]], Facts]


def redated(event: str, review: str, days: str, *sections: str) -> Edit:
    """An edit of the printed date of an event, in some sections."""
    starts_on, *ends_on = map(date.fromisoformat, days.split())

    def edit(dates: list[StatedDate], rules: list[StatedRule]) -> Facts:
        return [
            replace(one, starts_on=starts_on, ends_on=ends_on[0] if ends_on else None, stated_text=days)
            if (one.event, one.review) == (event, review) and one.section in sections
            else one
            for one in dates
        ], rules

    return edit


def reworded(event: str, **parts: object) -> Edit:
    """An edit of the rules for an event that are printed without saying `after the close`."""

    def edit(dates: list[StatedDate], rules: list[StatedRule]) -> Facts:
        return dates, [
            replace(one, rule=replace(one.rule, **parts)) if one.event == event and one.moment is None else one  # type: ignore[arg-type]
            for one in rules
        ]

    return edit


def with_icb_announcements(dates: list[StatedDate], rules: list[StatedRule]) -> Facts:
    """The table with a row for the ICB announcements."""
    days = {"2022-03": "2022-02-16", "2022-09": "2022-08-17", "2022-12": "2022-11-16"}
    return [*dates, *(stated("icb_announcement", review, day, line=22) for review, day in days.items())], rules


CORRECTIONS: dict[str, tuple[tuple[str, str, str], Edit]] = {
    "a: 15 August in no window": (
        ("window_gap", "2022-12", "ipo_window"),
        redated("ipo_window", "2022-12", "2022-08-15 2022-11-11", "table"),
    ),
    "b: March window in 5.0": (
        ("text_against_table", "2022-03", "ipo_window"),
        redated("ipo_window", "2022-03", "2021-11-15 2022-02-11", "5.0"),
    ),
    "c: December window in 5.0": (
        ("text_against_table", "2022-12", "ipo_window"),
        redated("ipo_window", "2022-12", "2022-08-15 2022-11-11", "5.0"),
    ),
    "d: effective on a Friday": (
        ("rule_against_date", "2022-03", "effective"),
        reworded("effective", next_weekday="Monday"),
    ),
    "e: lock-down on Labor Day": (
        ("closed_session", "2022-09", "lock_down"),
        redated("lock_down", "2022-09", "2022-09-06", "table"),
    ),
    "f: lock-down before the final files": (
        ("order", "2022-06", "lock_down"),
        redated("final_lists", "2022-06", "2022-06-10", "table"),
    ),
    "g: queries before the lists": (
        ("order", "2022-06", "query_period"),
        redated("query_period", "2022-06", "2022-06-03 2022-06-10", "table"),
    ),
    "h: five weeks before effective": (
        ("rule_against_date", "2022-03", "shares_float_cutoff"),
        reworded("shares_float_cutoff", anchor="implementation"),
    ),
    "i: ICB announcements in no row": (
        ("rule_without_date", "2022-03", "icb_announcement"),
        with_icb_announcements,
    ),
}


def corrected_2022(without: str | None = None) -> Facts:
    """The 2022 schedule with every correction, or with all but one."""
    dates, rules = schedule_2022()
    for name, (_, edit) in CORRECTIONS.items():
        if name != without:
            dates, rules = edit(dates, rules)
    return dates, rules


def schedule_2019() -> tuple[list[StatedDate], list[StatedRule]]:
    """The schedule of the reconstitution of 2019: a timetable, a summary, and clarifications in prose."""

    def in_timetable(event: str, days: str, line: int, **more: str) -> StatedDate:
        return stated(event, "2019-06", days, section="timetable", line=line, **more)  # type: ignore[arg-type]

    def in_summary(event: str, days: str, line: int, **more: str) -> StatedDate:
        return stated(event, "2019-06", days, section="summary", line=line, **more)  # type: ignore[arg-type]

    dates = [
        stated("implementation", "2019-06", "2019-06-28", section="introduction", moment="after_close", line=6),
        stated("effective", "2019-06", "2019-06-28", section="introduction", line=10),
        in_timetable("rank_day", "2019-05-10", 14, weekday="Friday"),
        in_timetable("preliminary_shares", "2019-05-24 2019-06-07", 16, weekday="Friday"),
        in_timetable("preliminary_lists", "2019-06-07", 18, weekday="Friday"),
        in_timetable("query_period", "2019-05-24 2019-06-14", 20, weekday="Friday"),
        in_timetable("lock_down", "2019-06-17", 24, weekday="Monday"),
        in_timetable("implementation", "2019-06-28", 28, weekday="Friday", moment="after_close"),
        in_summary("rank_day", "2019-05-10", 33, weekday="Friday"),
        in_summary("shares_float_cutoff", "2019-05-10", 33, weekday="Friday"),
        in_summary("preliminary_shares", "2019-05-24", 34, weekday="Friday"),
        in_summary("preliminary_lists", "2019-06-07", 35, weekday="Friday"),
        in_summary("query_period", "2019-05-24 2019-06-14", 36, weekday="Friday"),
        in_summary("lock_down", "2019-06-17", 37, weekday="Monday"),
        in_summary("effective", "2019-07-01", 38, weekday="Monday", moment="open"),
    ]
    rules = [
        rule(None, "T+2 after effective", "suspensions", 42, anchor="effective", offset=2, unit="sessions"),
        rule(None, "60 or more days", "suspensions", 46, anchor_on=date(2019, 6, 7), offset=-60, unit="days"),
        rule(
            None,
            "two days' notice, hence subsequent",
            "offerings",
            48,
            anchor="implementation",
            anchor_weekdays=("Thursday", "Friday"),
            offset=2,
            unit="days",
            after="implementation",
        ),
    ]
    return dates, rules
