"""The days of a review for an index: price cut-off by the definition's policies, implementation, effective."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from russell_pipeline.calendar.computed import NoRuleError, RuleCalendar
from russell_pipeline.calendar.sessions import OutsideCalendarError
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Review


def review_of(
    definition: Definition, name: str, calendar: RuleCalendar, published: Mapping[tuple[str, str], date] | None = None
) -> Review:
    """The days of a review, YYYY-MM, or of a component file named by its day, YYYY-MM-DD, which is weighted at that close.

    `published` days, by review and event, take precedence over the rules. The price cut-off counts from the nominal day of
    implementation; if it is not a session, the policy `cutoff_holiday` moves it. Raises IndexRefusal for a review that is not
    in the calendar.
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
        found = [one for one in counting.dates(name, "price_cutoff") if one.policy in (None, policies.price_cutoff)]
        if len(found) != 1:
            raise NoRuleError(f"no rule dates the price cut-off under {policies.price_cutoff}")
        nominal = found[0].nominal_on
        rolled = sessions.on_or_after if policies.cutoff_holiday == "next_session" else sessions.on_or_before
        return Review(name, rolled(nominal), implemented, sessions.next(implemented))
    except (LookupError, ValueError, OutsideCalendarError) as error:
        raise IndexRefusal(
            f"{definition.code} {name}: the calendar does not have this review: {error.args[0]}"
        ) from None
