"""The dates of any review, computed from the rules (rules.py) on sessions."""

from __future__ import annotations

import calendar as months
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from russell_pipeline.calendar.model import ComputedDate, Moment
from russell_pipeline.calendar.rules import Formula, Rules, shipped_rules
from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.dates.expressions import WEEKDAYS
from russell_pipeline.dates.reviews import reviews_between, shift_review, year_month
from russell_pipeline.errors import NoRuleError


class Day(NamedTuple):
    """A day by the rule, and the session that it rolls to."""

    nominal: date
    actual: date


def nth_weekday(year: int, month: int, nth: int, weekday: str) -> date:
    """The nth such weekday of a month, -1 the last. Raises ValueError where the month has none."""
    days = [
        date(year, month, day)
        for day in range(1, months.monthrange(year, month)[1] + 1)
        if date(year, month, day).weekday() == WEEKDAYS.index(weekday)
    ]
    position = nth - 1 if nth > 0 else nth
    if not -len(days) <= position < len(days):
        raise ValueError(f"{year}-{month:02d} has no {weekday} number {nth}")
    return days[position]


def month_shifted(year: int, month: int, steps: int) -> tuple[int, int]:
    """The year and month so many months later."""
    count = year * 12 + month - 1 + steps
    return count // 12, count % 12 + 1


def first_weekday_from(day: date, weekday: str) -> date:
    """The first such weekday on or after a day."""
    return day + timedelta(days=(WEEKDAYS.index(weekday) - day.weekday()) % 7)


class RuleCalendar:
    """The dates that the rules give, for any review that the sessions cover.

    Rules count from `published` dates, by review and event, in place of computed ones (a lock-down is eleven days before the
    published implementation). The event itself is still dated by its own rule.
    """

    def __init__(
        self, sessions: Sessions, rules: Rules | None = None, published: Mapping[tuple[str, str], date] | None = None
    ) -> None:
        self.sessions = sessions
        self.rules = rules or shipped_rules()
        self._published = dict(published or {})
        self._days: dict[tuple[str, str], Day | None] = {}

    def counting_from(self, published: Mapping[tuple[str, str], date]) -> RuleCalendar:
        """The same calendar with rules that count from these published dates."""
        return RuleCalendar(self.sessions, self.rules, published)

    def dates(self, review: str, event: str | None = None) -> list[ComputedDate]:
        """Every date of a review (or of one of its events), in the order of the rules; an event may have several rules.

        Raises ValueError for a string that is no review, OutsideCalendarError where the sessions do not reach.
        """
        excepted = list(self._excepted(review, event))
        return [*excepted, *self._ruled(review, event, {one.event for one in excepted})]

    def _excepted(self, review: str, event: str | None) -> Iterator[ComputedDate]:
        """The published dates that no rule explains."""
        for found in self.rules.exceptions:
            if found.review != review or event not in (None, found.event):
                continue
            if (day := self._evaluate(found.at, review)) is not None:
                yield ComputedDate(
                    review=review,
                    event=found.event,
                    starts_on=day.actual,
                    ends_on=None,
                    nominal_on=day.nominal,
                    moment=self._moment(found.event),
                    policy=None,
                    rule=f"exception:{found.id}",
                    valid_from=review,
                    valid_to=review,
                    confidence=found.confidence,
                    says=found.says,
                    source=found.source,
                )

    def _ruled(self, review: str, event: str | None, excepted: Collection[str]) -> Iterator[ComputedDate]:
        """The dates that rules give, but for events with an exception and formulas that count from what no rule dates."""
        for rule, version in self.rules.dating(review, event):
            if rule.subject.event in excepted:
                continue
            days = [self._evaluate(formula, review) for formula in version.formulas]
            known = [day for day in days if day is not None]
            if len(known) < len(days):
                continue
            is_span = version.starts is not None
            for first, last in [(known[0], known[1])] if is_span else [(day, None) for day in known]:
                yield ComputedDate(
                    review=review,
                    event=rule.subject.event,
                    starts_on=first.actual,
                    ends_on=last.actual if last else None,
                    nominal_on=first.nominal,
                    moment=rule.subject.moment,
                    policy=rule.subject.policy,
                    rule=f"{rule.id}@{version.first}",
                    valid_from=version.first,
                    valid_to=version.last,
                    confidence=version.confidence_for(review),
                    says=version.says,
                    source=version.source,
                )

    def day(self, review: str, event: str, policy: str | None = None) -> date:
        """The day of an event (of a span, its first) under a policy, such as `days_before_9` for the price cut-off.

        Raises NoRuleError if no rule dates it, ValueError if rules or policies give several days.
        """
        found = {one.starts_on for one in self.dates(review, event) if policy in (None, one.policy)}
        if not found:
            raise NoRuleError(f"no rule dates {event} of {review}" + (f" under {policy}" if policy else ""))
        if len(found) > 1:
            raise ValueError(
                f"{event} of {review} has several days: {', '.join(map(str, sorted(found)))}; name a policy"
            )
        return found.pop()

    def evaluate(self, formula: Formula, review: str) -> Day:
        """The day that a formula gives a review. Raises NoRuleError if it counts from an event that no rule dates."""
        day = self._evaluate(formula, review)
        if day is None:
            raise NoRuleError(f"a formula for {review} counts from what no rule dates")
        return day

    def _base(self, review: str, event: str) -> Day | None:
        """The day of an event that other rules count from, None if no rule dates it."""
        key = (review, event)
        if key not in self._days:
            formula = self._formula(review, event)
            day = None if formula is None else self._evaluate(formula, review)
            stated = self._published.get(key)
            # If rule and publication agree on the session, offsets still count from the rule's nominal day.
            if stated is not None and (day is None or day.actual != stated):
                day = Day(stated, stated)
            self._days[key] = day
        return self._days[key]

    def _moment(self, event: str) -> Moment | None:
        return next((rule.subject.moment for rule in self.rules.rules if rule.subject.event == event), None)

    def _formula(self, review: str, event: str) -> Formula | None:
        exception = self.rules.exception(review, event)
        if exception is not None:
            return exception.at
        return next((version.formulas[0] for _, version in self.rules.dating(review, event)), None)

    def _evaluate(self, formula: Formula, review: str) -> Day | None:
        if formula.event is not None:
            base = self._base(shift_review(review, formula.review), formula.event)
            if base is None:
                return None
            if formula.sessions:
                return self._rolled(self.sessions.shift(base.actual, formula.sessions), formula)
            return self._rolled(base.nominal + timedelta(days=formula.days), formula)
        return self._rolled(self._in_month(formula, review), formula)

    def _in_month(self, formula: Formula, review: str) -> date:
        if formula.date is not None:
            return formula.date
        year, month = month_shifted(*year_month(review), formula.month)
        if formula.last_session:
            return self.sessions.on_or_before(date(year, month, months.monthrange(year, month)[1]))
        assert formula.weekday is not None  # a Formula has one base
        if formula.from_day is not None:
            return first_weekday_from(date(year, month, formula.from_day), formula.weekday)
        day = nth_weekday(year, month, -1 if formula.nth == "last" else int(formula.nth or 1), formula.weekday)
        return day - timedelta(weeks=1) if day.day in formula.unless_on else day

    def _rolled(self, day: date, formula: Formula) -> Day:
        """The day after the last step, rolled to the session before where the exchange is closed (`closed_day`)."""
        if formula.then is not None:
            day = first_weekday_from(day + timedelta(days=1), formula.then)
        return Day(day, self.sessions.on_or_before(day))


def reviews_of_year(year: int) -> list[str]:
    """The four reviews of a year."""
    return list(reviews_between(year, year))
