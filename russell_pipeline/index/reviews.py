"""The days of a review for an index: price cut-off by the definition's policies, implementation, effective."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.errors import NoRuleError, OutsideCalendarError
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Review


def review_of(
    definition: Definition, name: str, calendar: RuleCalendar, published: Mapping[tuple[str, str], date] | None = None
) -> Review:
    """The days of a review for an index: price cut-off, implementation, effective.

    Parameters
    ----------
    definition
        The index, whose policies `price_cutoff` and `cutoff_holiday` date the price cut-off (Ground Rules of the 90/10, 5.2).
    name
        A review, YYYY-MM, or the day of a component file, YYYY-MM-DD, which is weighed and implemented at that close.
    calendar
        The rules and the sessions of the exchange.
    published
        Published days by review and event; they take precedence over the rules.

    Returns
    -------
    Review
        The price cut-off counts from the nominal day of implementation.

    Raises
    ------
    IndexRefusal
        For a review that is not in the calendar, and for a day that is no session.
    """
    sessions, policies = calendar.sessions, definition.policies
    published = published or {}
    try:
        if len(name) == len("YYYY-MM-DD"):
            day = date.fromisoformat(name)
            if not sessions.is_session(day):
                raise IndexRefusal(f"{definition.code} {name}: components are named by a day that is no session")
            return Review(name, day, day, sessions.next(day))
        counting = calendar.counting_from(published)
        implemented = published.get((name, "implementation")) or counting.day(name, "implementation")
        cutoffs = [one for one in counting.dates(name, "price_cutoff") if one.policy in (None, policies.price_cutoff)]
        if len(cutoffs) != 1:
            raise NoRuleError(f"no rule dates the price cut-off under {policies.price_cutoff}")
        nominal = cutoffs[0].nominal_on
        rolled = sessions.on_or_after if policies.cutoff_holiday == "next_session" else sessions.on_or_before
        return Review(name, rolled(nominal), implemented, sessions.next(implemented))
    except (LookupError, ValueError, OutsideCalendarError) as error:
        raise IndexRefusal(
            f"{definition.code} {name}: the calendar does not have this review: {error.args[0]}"
        ) from None
