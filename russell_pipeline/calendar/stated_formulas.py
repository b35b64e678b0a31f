"""Rules for dates that documents state in words, as formulas of the calendar, so that they can be compared by their days."""

from __future__ import annotations

from typing import Any

from russell_pipeline.calendar.rules import Formula
from russell_pipeline.dates.expressions import WEEKDAYS
from russell_pipeline.dates.reviews import year_month
from russell_pipeline.dates.stated import DateRule


def months_before(rule: DateRule, review: str) -> int | None:
    """How many months before that of a review the month lies that a rule names for it; None if it names none of three."""
    month = year_month(review)[1]
    return next((back for back in range(3) if (month - back - 1) % 12 + 1 in rule.months), None)


def formula_of(rule: DateRule, review: str) -> Formula | None:
    """A rule in words as a formula of the calendar; None if it says more than a formula can, or leaves something open."""
    then: Any = rule.next_weekday
    if rule.anchor_weekdays or rule.anchor_on or rule.after:
        return None
    if rule.anchor is not None:
        if rule.unit == "sessions":
            return Formula(event=rule.anchor, sessions=rule.offset, then=then)
        if rule.offset == 0:
            return Formula(event=rule.anchor, then=then)
        # Plain days name no basis; with the weekday that they lead to they can only be those of the calendar.
        if rule.unit in ("weeks", "calendar_days") or (rule.unit == "days" and rule.weekday):
            return Formula(event=rule.anchor, days=rule.offset * (7 if rule.unit == "weeks" else 1), then=then)
        return None
    month = -(months_before(rule, review) or 0)
    if rule.weekday not in WEEKDAYS:
        return Formula(last_session=True, month=month) if rule.ordinal == -1 else None
    nth: Any = "last" if rule.ordinal == -1 else rule.ordinal
    weekday: Any = rule.weekday
    return Formula(weekday=weekday, nth=nth, unless_on=rule.unless_on, month=month, then=then)
