"""Days and reviews as people write them: what is taken, and what was probably meant. The same for command line and Python."""

from __future__ import annotations

import re
from datetime import date, datetime

from russell_pipeline.errors import WrongCall

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def day(value: date | str) -> date:
    """The date itself, or that of YYYY-MM-DD; a moment is its day. Raises WrongCall that says what was probably meant."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except (TypeError, ValueError):
        pass  # what follows says it for every value that is no date
    raise WrongCall(f"{value!r} is no date: write YYYY-MM-DD{_here(meant_day(str(value)))}")


def review(value: str) -> str:
    """The review as it is written, YYYY-MM. Raises WrongCall that says what was probably meant."""
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", str(value)):
        return str(value)
    said = f"{value!r} is no review: write YYYY-MM, the month of its implementation"
    raise WrongCall(f"{said}{_here(meant_review(str(value)))}")


def held(value: str) -> str:
    """The name of components and weights: a review as YYYY-MM, or a day as YYYY-MM-DD. Raises WrongCall."""
    return day(value).isoformat() if re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)) else review(value)


def _here(meant: str | None) -> str:
    return f", here {meant}" if meant else ""


def meant_day(text: str) -> str | None:
    """The ISO date that a text in another order means, None if it may mean several, or none."""
    numbers = re.fullmatch(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})", text.strip())
    if not numbers:
        return None
    first, sign, second, third = numbers.groups()
    orders = [(first, second, third)] if len(first) == 4 else [(third, second, first)]
    if len(third) == 4 and sign != ".":
        orders.append((third, first, second))
    found = set()
    for year, month, day in orders:
        try:
            found.add(date(int(year), int(month), int(day)).isoformat())
        except ValueError:
            continue
    return found.pop() if len(found) == 1 and 4 in (len(first), len(third)) else None


def meant_review(text: str) -> str | None:
    """The review that a text such as 2025-6, 6/2025, June 2025, 2025Q2 or 2025-06-27 means, None if it means none."""
    said = text.strip().lower()
    if year := re.search(r"(?<!\d)\d{4}(?!\d)", said):
        rest = (said[: year.start()] + " " + said[year.end() :]).strip(" -/.,")
        if quarter := re.fullmatch(r"q([1-4])|([1-4])q", rest):
            month = 3 * int(quarter[1] or quarter[2])
        elif rest[:3] in _MONTHS and rest.isalpha():
            month = _MONTHS.index(rest[:3]) + 1
        elif rest.isdecimal() and len(rest) <= 2:
            month = int(rest)
        else:
            whole = meant_day(said)
            return whole and whole[:7]
        return f"{year[0]}-{month:02}" if 1 <= month <= 12 else None
    compact = re.fullmatch(r"(\d{4})(0[1-9]|1[0-2])|(\d{4})q([1-4])|([1-4])q(\d{4})", said)
    if not compact:
        return None
    year_, month_, *quarters = compact.groups()
    if year_:
        return f"{year_}-{month_}"
    return f"{quarters[0] or quarters[3]}-{3 * int(quarters[1] or quarters[2]):02}"
