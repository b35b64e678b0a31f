"""Finds dates in English text. Other modules decide what they date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# How months are abbreviated: by three letters, and these two by four.
_LONGER_ABBREVIATIONS = ("Febr", "Sept")
# Two-digit years from here on are of the last century: the Russell indexes were launched in 1984.
_FIRST_SHORT_YEAR = 84


def _any_case(name: str) -> str:
    """A pattern for a name or its first three or more letters, capitalised or in capitals: `sun` is a word, `Sun` a weekday."""
    rest = name[3:]
    form = name[:3] + "".join(f"(?:{letter}" for letter in rest) + ")?" * len(rest)
    return f"{form}|{form.upper()}"


_MONTH_NUMBERS = {month: number for number, month in enumerate(MONTHS, 1)}
_MONTH_NUMBERS |= {month[:3]: number for month, number in _MONTH_NUMBERS.items()}
_MONTH_NUMBERS |= {longer: _MONTH_NUMBERS[longer[:3]] for longer in _LONGER_ABBREVIATIONS}

_ABBREVIATED = r")(?![A-Za-z])(?:\.(?=,|\s*\d))?"
# Capitalised or in capitals, as `may` is a word. The longest first: alternatives are tried in order.
_MONTH_FORMS = sorted(_MONTH_NUMBERS, key=len, reverse=True)
MONTH = "(?:" + "|".join(f"{form}|{form.upper()}" for form in _MONTH_FORMS) + _ABBREVIATED
WEEKDAY = "(?:" + "|".join(map(_any_case, WEEKDAYS)) + _ABBREVIATED

NEAR = 100  # characters before a date that bear on how it is read
GAP = r"[\s*_]{0,8}"  # between the parts of a date: a few spaces, and the marks of bold type
_SUFFIX = "(?:st|nd|rd|th)"
_NTH = rf"(?:[12]\d|3\d|0?[1-9])(?!\d)(?:{GAP}{_SUFFIX}(?![a-z])|(?!{GAP}{_SUFFIX}\b))"
# A fifth digit is a footnote mark that the text file has glued on ("14 June 20191").
_YEAR = r"(?:19|20)\d\d(?=\d?(?!\d))(?![:/]\d)"
_TO = (
    rf"{GAP}(?:-|–|—|\bto\b|\bthrough\b|\bthru\b|\buntil\b|\btill\b|\bup to\b)"
    rf"(?:{GAP}\(?(?:and\s+)?including\)?)?{GAP}"
)
# Between the parts of a list.
BY = rf"{GAP}(?:,{GAP}(?:and|&)|,|\band\b|&){GAP}"
_ON = rf"{GAP},?{GAP}(?:the{GAP}\b)?"
_NO_MONTH = rf"(?!\d|\.\d|[%/]|:\d|{GAP}(?:of\s+)?{MONTH})"
_FIRST = rf"(?:(?P<weekday>{WEEKDAY}){_ON})?"
_SECOND = rf"(?:(?P<weekday2>{WEEKDAY}){_ON})?"

_ISO = r"(?<!\d)(?<!\d[-/.])(?P<y>(?:19|20)\d\d)(?P<mark>[-/])(?P<m>\d\d)(?P=mark)(?P<d>\d\d)(?!\d|[-/]\d)"
_FIGURES = (
    r"(?<!\d)(?<!\d[-/.])(?P<n1>\d{1,2})(?P<mark>[/.-])(?P<n2>\d{1,2})(?P=mark)"
    r"(?P<y>(?:19|20)\d\d|(?<=/)\d\d)(?!\d|[-/]\d)"
)
# "14 June 2019", "10-14 June", "3, 10 and 17 June", "10-May-22"
_DAY_FIRST = (
    rf"(?<!\d)(?<!\d[.,/:])"
    rf"(?:(?P<lead>{_NTH}(?:{BY}{_NTH}){{0,5}})(?P<by>{BY})|(?P<from>{_NTH}){_TO}{_SECOND})?"
    rf"(?P<d>{_NTH})(?:(?P<mark>[-/])|{GAP}(?:of\s+)?)(?P<m>{MONTH})"
    rf"(?:(?(mark)(?P=mark)|{GAP},?{GAP})(?P<y>{_YEAR}|(?(mark)\d\d(?!\d)|'\d\d(?!\d))))?"
)
# "June 14, 2019", "June 10-14", "June 7th, 14th and 21st"; a web page's "May 31st" may run into it
_MONTH_FIRST = (
    rf"(?:(?<![A-Za-z])|(?<=\d(?:st|nd|rd|th)))(?P<m>{MONTH}){GAP}(?P<d>{_NTH})(?!\d|\.\d|[%/]|:\d|,\d)"
    rf"(?:{_TO}{_SECOND}(?P<to>{_NTH}){_NO_MONTH}"
    rf"|(?P<trail>(?:{BY}{_NTH}{_NO_MONTH})+)(?:(?<=[a-z])|(?!\s+[a-z])))?"
    rf"(?:{GAP},?{GAP}(?P<y>{_YEAR}|'\d\d(?!\d)))?"
)
_IN_FIGURES = re.compile(_FIRST + _FIGURES)
_DATES = (re.compile(_FIRST + _ISO), _IN_FIGURES, re.compile(_FIRST + _DAY_FIRST), re.compile(_FIRST + _MONTH_FIRST))
_WEEKDAY_AFTER = re.compile(rf"{GAP}\(({WEEKDAY})\)")
_BROKEN = re.compile(rf"(?<!\d)\d{{1,2}}-(?:{MONTH}-|\d{{1,2}}-)?$|(?<!\d)\d{{4}}-(?:\d\d-)?$")
_RANGE = re.compile(_TO)
_AND = re.compile(rf"{GAP}(?:\band\b|&){GAP}")
_LIST = re.compile(BY)
_BETWEEN = re.compile(rf"\bbetween\s+(?:the\s+)?{GAP}$", re.IGNORECASE)
# A number after one of these counts something; it is no day ("Section 5, 10 June").
_COUNTED = re.compile(
    r"\b(?:section|step|table|note|appendix|stage|phase|week|update|no\.?|clause|faq|page|part)\s*$", re.IGNORECASE
)
_NO_DATE = re.compile(
    r"(?:n\.?\s?/?\s?a\.?|not applicable|none|nil|tb[acd]|to be (?:confirmed|announced|advised|determined)|[-–—]+)"
    r"[\s*†^]*",
    re.IGNORECASE,
)


# A line without this holds no date; quicker than find_dates.
PERHAPS_DATE = re.compile(rf"\d.{{0,5}}{MONTH}|{MONTH}.{{0,3}}\d|\d[-/.]\d\d?[-/.]\d")


@dataclass(frozen=True, slots=True)
class DateExpression:
    """A date, or a span of dates, as a text prints it at `text[start:end]`.

    `ends_on` is inclusive and None for a single date. `weekdays` are the full names of the weekdays printed with start
    and end. `year_printed` is False if the year, or one of the two, comes from the context. If the printed date does not
    exist, its year is unknown, or the span ends before it starts, `problem` says so and both dates are None.
    """

    start: int
    end: int
    text: str
    starts_on: date | None
    ends_on: date | None = None
    weekdays: tuple[str | None, str | None] = (None, None)
    year_printed: bool = True
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Atom:
    """One printed day: its parts as read, and where they stand."""

    start: int
    end: int
    day: int
    month: int
    year: int | None
    weekday: str | None = None
    to_next: bool = False  # the first day of a span whose month is printed only once ("10-14 June")


def states_no_date(text: str) -> bool:
    """Whether a text says that there is no date, or none yet: N/A, TBC, a dash."""
    return _NO_DATE.fullmatch(text.strip()) is not None


def month_number(name: str) -> int:
    """1..12 for the name of a month or a usual abbreviation, in any case, with or without a full stop.

    Raises ValueError for other words.
    """
    number = _MONTH_NUMBERS.get(name.removesuffix(".").title())
    if number is None:
        raise ValueError(f"{name!r} is no month")
    return number


def weekday_name(name: str) -> str:
    """The full name of a weekday that may be abbreviated. Raises StopIteration for other words."""
    return next(weekday for weekday in WEEKDAYS if weekday[:3].lower() == name[:3].lower())


def days_first(texts: Sequence[str]) -> bool:
    """Whether dates such as 10/06/2022 print the day first.

    True if at least one date in the texts can only be read so, and none only the other way. Without such evidence the month
    comes first, as the publisher is American.
    """
    orders = {order for text in texts for order in orders_of_figures(text)}
    return True in orders and False not in orders


def orders_of_figures(text: str) -> Iterator[bool | None]:
    """For each date in figures, whether the day comes first; None if both orders give a date.

    Dates with the same day and month (06/06/2022) are left out.
    """
    for match in _IN_FIGURES.finditer(text):
        first, second = int(match["n1"]), int(match["n2"])
        if first > 12 or second > 12:
            yield first > 12
        elif first != second:
            yield None


def find_dates(
    text: str, *, year: int | None = None, review: str | None = None, day_first: bool = False
) -> list[DateExpression]:
    """The date expressions of a text in order: single dates, spans, each date of a list ("June 7th, 14th and 21st").

    A date without a year takes the year that brings it nearest to `review` (`YYYY-MM`), else `year`; a span starts
    on or before its end ("between Nov 16 and Feb 12"). Dates in figures (10/06/2022) put the month first unless only the
    day can be meant or `day_first` is set. Impossible dates come back with `problem` set.
    """
    atoms = _borrow_years(text, list(_atoms(text, day_first)))
    expressions = []
    at = 0
    while at < len(atoms):
        first = atoms[at]
        last = atoms[at + 1] if at + 1 < len(atoms) and _is_span(text, first, atoms[at + 1]) else None
        expressions.append(_expression(text, first, last, year, review))
        at += 2 if last else 1
    return expressions


def parted_date(above: str, below: str) -> str | None:
    """The text of a date that begins at the end of `above` and ends in `below`.

    None if there is no such date, or a complete one stands at the end of `above` or the start of `below`.
    """
    end, start = above.rstrip()[-NEAR:], below.lstrip()[:NEAR]
    if any(found.end == len(end) for found in find_dates(end)) or any(not found.start for found in find_dates(start)):
        return None
    return next((found.text for found in find_dates(rejoined(end, start)) if found.start < len(end) < found.end), None)


def rejoined(above: str, below: str) -> str:
    """Two lines as one text: joined by a space, or by nothing if a date is broken at its hyphen ("02-", "Jun-2023")."""
    return above + below if _BROKEN.search(above) and re.match(rf"{MONTH}|\d", below) else f"{above} {below}"


def _atoms(text: str, day_first: bool) -> Iterator[_Atom]:
    ahead = [pattern.search(text) for pattern in _DATES]
    while any(ahead):
        # The leftmost match; of several there, that of the first pattern.
        match = min((found for found in ahead if found), key=lambda found: found.start())
        yield from _read(text, match, day_first)
        end = match.end()
        for at, found in enumerate(ahead):
            if found and found.start() < end:
                ahead[at] = _DATES[at].search(text, end)


def _read(text: str, match: re.Match[str], day_first: bool) -> Iterator[_Atom]:
    parts = match.groupdict()
    year = _year(parts["y"])
    weekday = weekday_printed(parts["weekday"])
    end = match.end()
    if (after := _WEEKDAY_AFTER.match(text, end)) and weekday is None:
        weekday, end = weekday_printed(after[1]), after.end()
    start = match.start()
    if "n1" in parts:
        first, second = int(parts["n1"]), int(parts["n2"])
        day, month = (first, second) if first > 12 or (day_first and second <= 12) else (second, first)
        yield _Atom(start, end, day, month, year, weekday)
        return
    month = int(parts["m"]) if parts["m"].isdigit() else month_number(parts["m"])
    day = day_printed(parts["d"])
    lead, trail = parts.get("lead"), parts.get("trail")
    if parts.get("from"):
        if _COUNTED.search(text, max(0, start - NEAR), start):
            yield _Atom(match.start("d"), end, day, month, year, weekday_printed(parts["weekday2"]))
        else:
            yield _Atom(start, match.end("from"), day_printed(parts["from"]), month, year, weekday, to_next=True)
            yield _Atom(match.start("d"), end, day, month, year, weekday_printed(parts["weekday2"]))
    elif parts.get("to"):
        yield _Atom(start, match.end("d"), day, month, year, weekday, to_next=True)
        yield _Atom(match.start("to"), end, day_printed(parts["to"]), month, year, weekday_printed(parts["weekday2"]))
    elif (
        lead
        and _is_day_list(days := [*_days(lead), day], lead + parts["by"])
        and not _COUNTED.search(text, max(0, start - NEAR), start)
    ):
        for nth, found in enumerate(re.finditer(_NTH, lead)):
            begin = match.start("lead")
            at = begin + found.start() if nth else start
            yield _Atom(at, begin + found.end(), days[nth], month, year, None if nth else weekday)
        yield _Atom(match.start("d"), end, day, month, year)
    elif lead:
        yield _Atom(match.start("d"), end, day, month, year)
    else:
        yield _Atom(start, match.end("d") if trail else end, day, month, year, weekday)
        for found in re.finditer(_NTH, trail or ""):
            begin = match.start("trail")
            stop = begin + found.end()
            yield _Atom(
                begin + found.start(), end if stop == match.end("trail") else stop, day_printed(found[0]), month, year
            )


def _year(printed: str | None) -> int | None:
    if printed is None:
        return None
    number = int(printed.lstrip("'"))
    if number >= 100:
        return number
    return number + (1900 if number >= _FIRST_SHORT_YEAR else 2000)


def weekday_printed(printed: str | None) -> str | None:
    """The full name of a printed weekday; None if none is printed."""
    return weekday_name(printed) if printed else None


def day_printed(printed: str) -> int:
    """The day of the month in a printed number ("3rd")."""
    return int(re.sub(r"\D", "", printed))


def _days(printed: str) -> list[int]:
    return [day_printed(found) for found in re.findall(_NTH, printed)]


def _is_day_list(days: Sequence[int], printed: str) -> bool:
    return all(earlier < later for earlier, later in pairwise(days)) and ("and" in printed or "&" in printed)


def _borrow_years(text: str, atoms: list[_Atom]) -> list[_Atom]:
    """The atoms, changed in place: in a list the year printed at its end holds for all ("10 June and 17 June 2022")."""
    for at in range(len(atoms) - 2, -1, -1):
        this, following = atoms[at], atoms[at + 1]
        listed = _LIST.fullmatch(text, this.end, following.start) and not _is_span(text, this, following)
        ascends = (this.month, this.day) < (following.month, following.day)
        if this.year is None and following.year is not None and listed and ascends:
            atoms[at] = replace(this, year=following.year)
    return atoms


def _is_span(text: str, first: _Atom, second: _Atom) -> bool:
    if first.to_next or _RANGE.fullmatch(text, first.end, second.start):
        return True
    return bool(
        _AND.fullmatch(text, first.end, second.start) and _BETWEEN.search(text, max(0, first.start - NEAR), first.start)
    )


def _expression(text: str, first: _Atom, last: _Atom | None, year: int | None, review: str | None) -> DateExpression:
    end = (last or first).end
    printed = text[first.start : end]
    weekdays = (first.weekday, last.weekday if last else None)
    year_printed = first.year is not None and (last is None or last.year is not None)

    def unreadable(problem: str) -> DateExpression:
        return DateExpression(first.start, end, printed, None, None, weekdays, year_printed, problem)

    start_year, end_year = first.year, last.year if last else None
    if last is None:
        start_year = start_year or _context_year(first, year, review)
    else:
        later = (last.month, last.day) < (first.month, first.day)  # the span crosses a year's end
        if end_year is None:
            end_year = start_year + later if start_year is not None else _context_year(last, year, review)
        if start_year is None and end_year is not None:
            start_year = end_year - later
    if start_year is None:
        return unreadable(f"{printed!r} names no year, and none is known")
    starts_on, ends_on = _date(start_year, first), _date(end_year, last) if last and end_year else None
    for atom, its_year, day in ((first, start_year, starts_on), (last, end_year, ends_on)):
        if atom and day is None:
            month = MONTHS[atom.month - 1] if 1 <= atom.month <= 12 else f"month {atom.month}"
            return unreadable(f"{printed!r} is no date: {month} {its_year} has no day {atom.day}")
    if starts_on and ends_on and ends_on < starts_on:
        return unreadable(f"{printed!r} ends before it starts")
    return DateExpression(first.start, end, printed, starts_on, ends_on, weekdays, year_printed)


def _date(year: int, atom: _Atom) -> date | None:
    try:
        return date(year, atom.month, atom.day)
    except ValueError:
        return None


def _context_year(atom: _Atom, year: int | None, review: str | None) -> int | None:
    if review is None:
        return year
    anchor = date(int(review[:4]), int(review[5:7]), 15)
    candidates = [day for y in (anchor.year - 1, anchor.year, anchor.year + 1) if (day := _date(y, atom))]
    return min(candidates, key=lambda day: abs(day - anchor)).year if candidates else anchor.year
