"""Finds rules for dates in English text ("third Friday of March"). Other modules decide what they date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from russell_pipeline.dates.expressions import (
    BY,
    GAP,
    MONTH,
    NEAR,
    WEEKDAY,
    DateExpression,
    day_printed,
    month_number,
    weekday_name,
    weekday_printed,
)
from russell_pipeline.dates.stated import DateRule

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "final": -1,
}  # fmt: skip
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_FIRST_OF_QUARTERS = (1, 4, 7, 10)
_ORDINAL = "(?i:" + "|".join(_ORDINALS) + ")"
_NUMBER = r"(?i:\d{1,3}|" + "|".join(_NUMBERS) + ")"
_DAY_NAME = rf"{WEEKDAY}|(?i:business day|trading day|business(?=\s+of\b))"
_MONTH_LIST = rf"{MONTH}(?:\s*(?:,\s*and|,|and|&)\s*{MONTH})*"
# Words for the event that a rule counts from, and the calendar event that they mean.
_ANCHORS = {
    r"implement\w*": "implementation",
    r"effective": "effective",
    r"announce\w*": "announcement",
    r"rank(?:ing)? (?:day|date)": "rank_day",
    r"lock-?\s?down": "lock_down",
    r"preliminary (?:\w+ )?lists?": "preliminary_lists",
    r"(?:reconstitution|review|rebalanc\w+)(?!\s+(?:effective|implement|announce|rank|lock))": "implementation",
}
_ANCHOR = r"(?:\w+\s+){0,3}?(?P<anchor>(?i:" + "|".join(_ANCHORS) + r"))(?:\s+(?:effective\s+)?(?:date|day))?"
_UNIT = r"(?i:weeks?|(?:(?:calendar|business|trading|working)\s+)?days?|sessions?)"
# Plain "days" are not listed: they do not say which days count.
_UNITS = {
    "week": "weeks", "calendar": "calendar_days",
    "business": "sessions", "trading": "sessions", "working": "sessions", "session": "sessions",
}  # fmt: skip
_BEFORE = r"(?i:prior to|before|ahead of|preceding)"
_AFTER = r"(?i:after|following)"

_NTH_WEEKDAY = re.compile(
    rf"(?:(?P<next>{WEEKDAY})\s+(?:(?i:immediately|directly|next)\s+)?{_AFTER}\s+(?:the\s+)?)?(?P<ordinal>{_ORDINAL})\s+(?P<weekday>{_DAY_NAME})"
    rf"(?:\s+(?:of|in)\s+(?:(?:the\s+)?(?:(?i:month\s+in)\s+)?(?P<months>{_MONTH_LIST})"
    rf"|(?i:(?:the\s+)?(?P<quarterly>first\s+month\s+of\s+(?:the|each)\s+quarter))(?:\s*\((?P<of_quarters>{_MONTH_LIST}))?"
    rf"|(?i:(?:the|each)(?:\s+(?:review|relevant))?\s+month))"
    rf"|(?=\s*(?:[.,;)]|$)|\s+(?:falls?|occurs?)\s+on\b))"
)
_UNLESS = re.compile(
    r"\s+(?:falls?|occurs?)\s+on\s+(?:the\s+)?(?P<days>\d+\w\w(?:(?:,|\s+or|\s+and)\s+(?:the\s+)?\d+\w\w)*)"
    rf"[^.]*?\b(?:(?:preceding|previous|prior)\s+\w+|{WEEKDAY}\s+(?:prior|before))"
)
_COUNTED_DAYS = re.compile(
    rf"(?:(?P<weekday>{WEEKDAY})\s+(?:(?i:that|which)\s+is\s+)?)?"
    rf"(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})\s+(?:(?P<before>{_BEFORE})|{_AFTER})\s+{_ANCHOR}"
)
_NTH_BEFORE = re.compile(
    rf"(?:(?P<next>{WEEKDAY})\s+(?:\(\w+\)\s+)?{_AFTER}\s+(?:the\s+)?)?"
    rf"(?P<ordinal>{_ORDINAL})\s+{WEEKDAY}\s+{_BEFORE}\s+{_ANCHOR}"
)
_T_PLUS = re.compile(rf"\bT\s?\+\s?(?P<n>\d+)\s+(?:{_AFTER}|from)\s+{_ANCHOR}")
_SAME_DAY = re.compile(r"(?<=\bbe )(?:as of )?(?:the )?(?P<anchor>(?i:rank(?:ing)? (?:day|date)))(?! ?\+)")
_NOTICE = re.compile(
    rf"\b(?P<weekdays>{WEEKDAY}(?:{BY}(?:the\s+)?{WEEKDAY})*){GAP}\s*{_BEFORE}\s+{_ANCHOR}\b"
    rf"[^.]*?\b(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})['’]?\s+notice"
    rf"(?:[^.]*?\b(?:subsequent to|after|following)\s+(?:the\s+)?(?P<after>{'|'.join(_ANCHORS)}))?"
)
_DAYS_BEFORE_DATE = re.compile(
    rf"\b(?P<n>{_NUMBER})\s+(?:or\s+more\s+)?(?P<unit>{_UNIT})\s+(?:on\s+or\s+)?{_BEFORE}\s+(?:the\s+)?{GAP}$"
)


@dataclass(frozen=True, slots=True)
class RuleExpression:
    """A rule for dates as a text prints it at `text[start:end]`."""

    start: int
    end: int
    text: str
    rule: DateRule


def find_rules(text: str, dates: Sequence[DateExpression] = ()) -> list[RuleExpression]:
    """The rules for dates that a text states in words, in order.

    These forms are recognised:
    - the nth weekday of months ("third Friday of March", "last business day of April"), perhaps with a weekday that follows
      it or an exception ("falls on the 29th or 30th ... the preceding Friday");
    - the nth weekday before implementation, perhaps with a weekday that follows it;
    - a number of weeks, days or sessions before or after an event;
    - the same day as rank day;
    - weekdays before an event with a number of days' notice;
    - a number of days before one of `dates`, which are the result of `find_dates` for the text.
    """
    found = [*_nth_weekdays(text), *_counted(text, dates)]
    return sorted(found, key=lambda rule: rule.start)


def _nth_weekdays(text: str) -> Iterator[RuleExpression]:
    found: list[RuleExpression] = []
    for match in _NTH_WEEKDAY.finditer(text):
        rule = DateRule(
            months=_months(match),
            ordinal=_ORDINALS[match["ordinal"].lower()],
            weekday=_day_name(match["weekday"]),
            next_weekday=weekday_printed(match["next"]),
        )
        printed = _printed(match, rule)
        unless = _UNLESS.match(text, match.end())
        if unless is None:
            found.append(printed)
            continue
        # An exception belongs to the rule that it repeats.
        base = next((one for one in reversed(found) if _names_the_same(one.rule, rule)), None)
        if base is None:
            base = printed
        else:
            found.remove(base)
        days = tuple(day_printed(day) for day in re.findall(r"\d+\w\w", unless["days"]))
        text_of_both = text[base.start : unless.end()]
        found.append(replace(base, text=text_of_both, rule=replace(base.rule, unless_on=days)))
    yield from found


def _months(match: re.Match[str]) -> tuple[int, ...]:
    """The months of a rule: those that it lists, or the first of each quarter."""
    listed = tuple(month_number(name) for name in re.findall(MONTH, match["months"] or match["of_quarters"] or ""))
    return listed or (_FIRST_OF_QUARTERS if match["quarterly"] else ())


def _day_name(printed: str) -> str:
    """A weekday by its name, or `business day` or `trading day`."""
    word = printed.lower()
    return "business day" if word == "business" else word if " " in word else weekday_name(printed)


def _names_the_same(one: DateRule, other: DateRule) -> bool:
    """Whether two rules name the same weekday, of the same months if the second names any."""
    return (one.ordinal, one.weekday) == (other.ordinal, other.weekday) and other.months in ((), one.months)


def _counted(text: str, dates: Sequence[DateExpression]) -> Iterator[RuleExpression]:
    for match in _COUNTED_DAYS.finditer(text):
        n, unit = _count(match)
        weekday = weekday_printed(match["weekday"])
        offset = -n if match["before"] else n
        yield _printed(match, DateRule(anchor=_anchor(match["anchor"]), offset=offset, unit=unit, weekday=weekday))
    for match in _NTH_BEFORE.finditer(text):
        # Of the events that rules count from, implementation alone has a weekday: its own, Friday.
        weeks, event = abs(_ORDINALS[match["ordinal"].lower()]), _anchor(match["anchor"])
        if event == "implementation":
            then = weekday_printed(match["next"])
            yield _printed(match, DateRule(anchor=event, offset=-weeks, unit="weeks", next_weekday=then))
    for match in _T_PLUS.finditer(text):
        yield _printed(match, DateRule(anchor=_anchor(match["anchor"]), offset=int(match["n"]), unit="sessions"))
    for match in _SAME_DAY.finditer(text):
        yield _printed(match, DateRule(anchor=_anchor(match["anchor"])))
    for match in _NOTICE.finditer(text):
        n, unit = _count(match)
        rule = DateRule(
            anchor=_anchor(match["anchor"]),
            anchor_weekdays=tuple(weekday_name(name) for name in re.findall(WEEKDAY, match["weekdays"])),
            offset=n,
            unit=unit,
            after=_anchor(match["after"]) if match["after"] else None,
        )
        yield _printed(match, rule)
    for day in dates:
        if day.starts_on and (before := _DAYS_BEFORE_DATE.search(text, max(0, day.start - NEAR), day.start)):
            n, unit = _count(before)
            rule = DateRule(anchor_on=day.starts_on, offset=-n, unit=unit)
            yield RuleExpression(before.start(), day.end, text[before.start() : day.end], rule)


def _printed(match: re.Match[str], rule: DateRule) -> RuleExpression:
    return RuleExpression(match.start(), match.end(), match[0], rule)


def _count(match: re.Match[str]) -> tuple[int, str]:
    number = match["n"].lower()
    unit = match["unit"].lower()
    basis = next((name for word, name in _UNITS.items() if unit.startswith(word)), "days")
    return int(number) if number.isdigit() else _NUMBERS[number], basis


def _anchor(printed: str) -> str:
    return next(event for pattern, event in _ANCHORS.items() if re.fullmatch(pattern, printed, re.IGNORECASE))
