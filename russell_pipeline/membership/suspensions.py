"""Suspensions: when additions and deletions of suspended securities take effect, and deletions for long suspension."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from russell_pipeline.calendar.sessions import Sessions
from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.review_days import ReviewDays
from russell_pipeline.membership.review_rules import (
    DEFERRAL_SESSIONS,
    LONG_SUSPENDED,
    LONG_SUSPENDED_RESCINDED,
    LONG_SUSPENSION_DAYS,
    NO_ACTIVE_MARKET,
    SUSPENDED_ANNOUNCED,
    SUSPENDED_DEFERRED,
    Outcome,
    one_of,
    required,
)

Change = Literal["addition", "deletion"]
DayBasis = Literal["calendar", "session"]
# "60 or more days" of the schedule of 2019 names no basis; from 8 April to the lists of 7 June 2019 it is 60 calendar days.
LONG_SUSPENSION_BASIS: DayBasis = "calendar"
# In place of a rule that applies but lacks an input.
UNDECIDED = "undecided"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A suspension from trading, half-open: on the day of its resumption a security trades.

    Raises RefusedError for one that ends, or whose end is announced, before it begins, or announced after it ended.
    """

    symbol: str
    suspended_on: date
    resumed_on: date | None = None
    resumption_announced_on: date | None = None
    replicable_market: bool | None = None

    def __post_init__(self) -> None:
        for day, what in ((self.resumed_on, "resumed"), (self.resumption_announced_on, "announced to resume")):
            if day is not None and day < self.suspended_on:
                raise RefusedError(f"{self.symbol} is {what} on {day}, before it is suspended on {self.suspended_on}")
        announced_on = self.resumption_announced_on
        if announced_on is not None and self.resumed_on is not None and announced_on > self.resumed_on:
            raise RefusedError(
                f"{self.symbol} resumed on {self.resumed_on}, but is announced to on {announced_on}, later"
            )

    def covers(self, day: date) -> bool:
        """Whether the security is suspended on that day."""
        return self.suspended_on <= day and (self.resumed_on is None or day < self.resumed_on)

    def length(self, day: date, basis: DayBasis, sessions: Sessions) -> int:
        """Days from the first of the suspension to that day, every day or sessions only; the document does not say which.

        From 8 April to 7 June 2019 it is 60 calendar days and 42 sessions.
        """
        if basis == "calendar":
            return (day - self.suspended_on).days
        return len(sessions.between(self.suspended_on, day - _DAY))


def suspensions_by_symbol(suspensions: Iterable[Suspension]) -> dict[str, tuple[Suspension, ...]]:
    """The suspensions of each symbol in order of time. Raises RefusedError if two of one symbol overlap."""
    found: dict[str, list[Suspension]] = defaultdict(list)
    for suspension in suspensions:
        found[suspension.symbol].append(suspension)
    return {symbol: _in_order(symbol, ones) for symbol, ones in found.items()}


class EffectiveDay(NamedTuple):
    """When a published change takes effect, with the rule that dates it and the reason, None if its review does."""

    effective_on: date | None
    dated_by: str | None = None
    dated_because: str | None = None


def effective_day(
    change: Change, with_review: EffectiveDay, days: ReviewDays, suspensions: Sequence[Suspension], sessions: Sessions
) -> EffectiveDay:
    """The day on which an addition or deletion of a security with these `suspensions` takes effect.

    `with_review` is that of a security without any. If a rule applies but lacks an input, it is taken and marked `UNDECIDED`,
    with the input that is missing as the reason. Rules: schedule_2019, Stocks Suspended during the Reconstitution Period and
    Long Term Suspended Stocks.
    """
    symbol = suspensions[0].symbol
    try:
        outcome = change_outcome(change, symbol, days, suspensions, sessions, day_basis=LONG_SUSPENSION_BASIS)
    except RefusedError as refused:
        return with_review._replace(dated_by=UNDECIDED, dated_because=str(refused))
    return EffectiveDay(outcome.effective_on, outcome.rule, outcome.says if outcome.rule else None)


def change_outcome(
    change: Change,
    symbol: str,
    days: ReviewDays,
    suspensions: Sequence[Suspension],
    sessions: Sessions,
    *,
    day_basis: DayBasis,
) -> Outcome:
    """When a published addition or deletion takes effect, and the rule that says so; `suspensions` are those of the symbol.

    Without a suspension that matters, it is the effective day, by no rule. A constituent deleted for long suspension goes with
    the review, whether or not it trades. If that deletion is rescinded, a published deletion is dated like any other: the list
    does not say why a company is on it, so a person must decide whether it stands, and the rule is named for that.
    Raises RefusedError for suspensions of another symbol or that overlap, and if a rule lacks an input. Rules: schedule_2019,
    Stocks Suspended during the Reconstitution Period and Long Term Suspended Stocks.
    """
    one_of(change, get_args(Change), "the change")
    one_of(day_basis, get_args(DayBasis), "the day basis")
    if not suspensions:
        return _as_scheduled(days)
    suspensions = _in_order(symbol, suspensions)
    long = _long_suspended(days, suspensions, sessions, day_basis) if change == "deletion" else None
    if long is not None and long.rule == LONG_SUSPENDED.id:
        return long
    outcome = _short_suspended(days, suspensions, sessions)
    if long is not None and outcome.rule is None:
        return replace(long, effective_on=outcome.effective_on)
    return outcome


def long_suspended_deletion(
    days: ReviewDays, suspensions: Sequence[Suspension], sessions: Sessions, *, day_basis: DayBasis
) -> Outcome | None:
    """The deletion of a constituent for long suspension, None if there is none; if it is rescinded, its effective day is None.

    `suspensions` are those of one symbol. Raises RefusedError if nothing dates the preliminary lists, or if it is not known
    whether a security that trades again has a replicable market. Rule: schedule_2019, Long Term Suspended Stocks.
    """
    one_of(day_basis, get_args(DayBasis), "the day basis")
    if not suspensions:
        return None
    return _long_suspended(days, _in_order(suspensions[0].symbol, suspensions), sessions, day_basis)


def _as_scheduled(days: ReviewDays) -> Outcome:
    return Outcome(days.effective_on, None, f"takes effect with the review of {days.review} on {days.effective_on}")


def _in_order(symbol: str, suspensions: Sequence[Suspension]) -> tuple[Suspension, ...]:
    ordered = tuple(sorted(suspensions, key=lambda one: (one.suspended_on, one.resumed_on or date.max)))
    for one in ordered:
        if one.symbol != symbol:
            raise RefusedError(f"the suspension of {one.symbol} from {one.suspended_on} is none of {symbol}")
    for one, following in pairwise(ordered):
        if one.resumed_on is None or one.resumed_on > following.suspended_on:
            raise RefusedError(
                f"two suspensions of {symbol} overlap: those from {one.suspended_on} and {following.suspended_on}"
            )
    return ordered


def _covering(suspensions: Sequence[Suspension], day: date) -> Suspension | None:
    return next((one for one in suspensions if one.covers(day)), None)


def _trading_from(day: date, suspensions: Sequence[Suspension], sessions: Sessions) -> date | None:
    """The first session from that day on which the security trades, None where that is not known."""
    day = sessions.on_or_after(day)
    for one in suspensions:
        if one.covers(day):
            if one.resumed_on is None:
                return None
            day = sessions.on_or_after(one.resumed_on)
    return day


def _short_suspended(days: ReviewDays, suspensions: Sequence[Suspension], sessions: Sessions) -> Outcome:
    before = _covering(suspensions, days.suspension_on)
    announced_on = before.resumption_announced_on if before is not None else None
    announced = announced_on is not None and announced_on < days.effective_on
    if before is not None and not announced:
        floor = sessions.shift(days.effective_on, DEFERRAL_SESSIONS)
        day = _resumption(before, floor, suspensions, sessions)
        return Outcome(
            day,
            SUSPENDED_DEFERRED.id,
            f"suspended on {days.suspension_on} with no resumption announced before {days.effective_on}: deferred to "
            + _until(day, f"its resumption, not before {floor}"),
        )
    if (closed := _covering(suspensions, days.implemented_on)) is not None:
        day = _resumption(closed, days.effective_on, suspensions, sessions)
        return Outcome(
            day,
            NO_ACTIVE_MARKET.id,
            f"without an active market on {days.implemented_on}: postponed, with notice, to "
            + _until(day, "resumption"),
        )
    if before is not None:
        return Outcome(
            days.effective_on,
            SUSPENDED_ANNOUNCED.id,
            f"suspended on {days.suspension_on}, but its resumption was announced on {announced_on} and it trades on "
            f"{days.implemented_on}: takes effect with the review on {days.effective_on}",
        )
    return _as_scheduled(days)


def _resumption(one: Suspension, floor: date, suspensions: Sequence[Suspension], sessions: Sessions) -> date | None:
    return None if one.resumed_on is None else _trading_from(max(floor, one.resumed_on), suspensions, sessions)


def _until(day: date | None, what: str) -> str:
    return f"{what}, which is not known yet" if day is None else f"{day} ({what})"


def _long_suspended(
    days: ReviewDays, suspensions: Sequence[Suspension], sessions: Sessions, day_basis: DayBasis
) -> Outcome | None:
    preliminary_on = required(days.preliminary_on, f"the day of the preliminary lists of {days.review}")
    one = _covering(suspensions, preliminary_on)
    if one is None or (length := one.length(preliminary_on, day_basis, sessions)) < LONG_SUSPENSION_DAYS:
        return None
    suspended = f"suspended for {length} {day_basis} days on {preliminary_on}"
    # The clause dates a rescission by S and a deletion from L on. Where they leave a gap or overlap (L rolls back to S before
    # Labor Day and precedes it from 2023), S decides: the deletion is the rule, a resumption by S its exception.
    if one.resumed_on is not None and one.resumed_on <= days.suspension_on:
        return Outcome(
            None,
            LONG_SUSPENDED_RESCINDED.id,
            f"{suspended}, but resumed on {one.resumed_on}, by {days.suspension_on}: a deletion for suspension is rescinded",
        )
    if _covering(suspensions, days.implemented_on) is not None:
        return Outcome(
            days.effective_on,
            LONG_SUSPENDED.id,
            f"{suspended} and not trading on {days.implemented_on}: deleted at zero",
            "zero",
        )
    replicable = required(
        one.replicable_market, f"whether {one.symbol}, resumed on {one.resumed_on}, has a replicable market"
    )
    return Outcome(
        days.effective_on,
        LONG_SUSPENDED.id,
        f"{suspended} and resumed on {one.resumed_on}, after {days.suspension_on}: deleted at "
        + ("market price" if replicable else "zero, for want of a replicable market"),
        "market" if replicable else "zero",
    )
