"""Eligibility: free float, price, size and votes, country against region, re-ranking, and IPOs at quarterly reviews."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Literal, get_args

from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.review_days import ReviewDays
from russell_pipeline.membership.review_rules import (
    COUNTRY_LEAD,
    COUNTRY_OVER_REGION,
    LEAST_FREE_FLOAT,
    LEAST_MARKET_CAP,
    LEAST_PRICE,
    LEAST_VOTES,
    MINIMUM_FREE_FLOAT,
    MINIMUM_MARKET_CAP,
    MINIMUM_PRICE,
    MINIMUM_VOTING_RIGHTS,
    QUARTERLY_IPO,
    RE_RANK,
    Exact,
    Verdict,
    above,
    exact,
    one_of,
    required,
    within,
)

Transaction = Literal["merger", "spin_off"]


def free_float_eligible(available: Exact | None, total: Exact | None) -> Verdict:
    """Whether a company has the minimum free float, from its shares available and its shares in total.

    Exactly the minimum is enough, and nothing is rounded. Raises RefusedError for shares that are missing, or not 0 to the total.
    Rule: schedule_2019, Minimum Free Float Requirement.
    """
    whole = above(total, 0, "the number of shares in total")
    free = exact(available, "the number of shares available")
    if not 0 <= free <= whole:
        raise RefusedError(f"{available} shares are available of {total}")
    holds = free >= LEAST_FREE_FLOAT * whole
    return Verdict(
        holds,
        MINIMUM_FREE_FLOAT.id,
        f"{available} of {total} shares are available, {'at least' if holds else 'less than'} "
        f"{LEAST_FREE_FLOAT * 100} percent",
    )


def price_eligible(close: Exact | None, average_close: Exact | None = None, *, is_member: bool) -> Verdict:
    """Whether a stock has the minimum price on rank day, in dollars.

    `average_close` is that of its daily closes over the 30 days before, which a member may have instead: it is needed where the
    close of a member is too low. Raises RefusedError where a price that decides is missing. Rule: construction 5.8.
    """
    price = above(close, 0, "the close on rank day")
    if price >= LEAST_PRICE or not is_member:
        holds = price >= LEAST_PRICE
        return Verdict(
            holds, MINIMUM_PRICE.id, f"a close of {close} on rank day is {_against(holds, LEAST_PRICE)} dollar"
        )
    holds = above(average_close, 0, "the average close before rank day") >= LEAST_PRICE
    says = f"a member with a close of {close} and an average of {average_close}, {_against(holds, LEAST_PRICE)} dollar"
    return Verdict(holds, MINIMUM_PRICE.id, says)


def market_cap_eligible(market_cap: Exact | None) -> Verdict:
    """Whether a company has the minimum total market capitalisation, in dollars; exactly the minimum is enough.

    Raises RefusedError where it is missing. Rule: construction 5.9.
    """
    holds = above(market_cap, 0, "the total market capitalisation") >= LEAST_MARKET_CAP
    says = f"a total market capitalisation of {market_cap} is {_against(holds, LEAST_MARKET_CAP)} dollars"
    return Verdict(holds, MINIMUM_MARKET_CAP.id, says)


def voting_rights_eligible(unrestricted: Exact | None, total: Exact | None) -> Verdict:
    """Whether enough of a company's votes are in unrestricted hands, of all its votes; exactly the minimum is enough.

    For companies of developed markets. Raises RefusedError for votes that are missing, or not 0 to the total. Rule:
    construction 5.15.
    """
    votes = above(total, 0, "the number of votes in total")
    free = exact(unrestricted, "the number of votes in unrestricted hands")
    if not 0 <= free <= votes:
        raise RefusedError(f"{unrestricted} votes are in unrestricted hands of {total}")
    holds = free >= LEAST_VOTES * votes
    says = f"{unrestricted} of {total} votes are in unrestricted hands, {_against(holds, LEAST_VOTES * 100)} percent"
    return Verdict(holds, MINIMUM_VOTING_RIGHTS.id, says)


def _against(holds: bool, least: Fraction | int) -> str:
    return f"{'at least' if holds else 'less than'} {int(least):,}"


def country_conclusive(country: Exact | None, region: Exact | None) -> Verdict:
    """Whether assets or revenues point to a country that is reported beside a region, both in percent of the whole.

    Raises RefusedError for percentages that are missing or not 0 to 100. Rule: schedule_2019, Country versus Regional Reporting.
    """
    lead = within(country, 0, 100, "the country's percentage") - within(region, 0, 100, "the region's percentage")
    holds = lead >= COUNTRY_LEAD
    return Verdict(
        holds,
        COUNTRY_OVER_REGION.id,
        f"the country's {country} percent stand against the region's {region}: "
        + ("conclusive" if holds else f"not conclusive, which takes a lead of {COUNTRY_LEAD} points"),
    )


def is_reranked(transaction: Transaction, effective_on: date | None, days: ReviewDays) -> Verdict:
    """Whether the companies of a merger or spin-off are re-ranked, by the day on which it is effective.

    That must be after rank day, no later than two weeks before implementation, and before lock-down. In 2019 these two limits
    agree; from 2023 lock-down comes first. Raises RefusedError without one of the days, except for the lock-down, which
    reviews before 2019 do not have. Rule: schedule_2019, Timetable.
    """
    one_of(transaction, get_args(Transaction), "the transaction")
    day = required(effective_on, f"the day on which the {transaction} is effective")
    rank_on = required(days.rank_on, f"the rank day of {days.review}")
    name = transaction.replace("_", "-")
    if day <= rank_on:
        return Verdict(False, RE_RANK.id, f"the {name} is effective on {day}, not after rank day {rank_on}")
    if day > days.suspension_on or (days.lock_down_on is not None and day >= days.lock_down_on):
        limit = min(filter(None, (days.suspension_on, days.lock_down_on)))
        return Verdict(False, RE_RANK.id, f"the {name} is effective on {day}, too late: ranking ended by {limit}")
    return Verdict(True, RE_RANK.id, f"the {name} is effective on {day}, after rank day {rank_on} and before lock-down")


def quarterly_ipo_eligible(
    days: ReviewDays,
    *,
    priced_on: date | None,
    traded_on: date | None,
    market_cap: Exact | None,
    smallest_cap: Exact | None,
    market_return: Exact | None,
) -> Verdict:
    """Whether an IPO joins at a quarterly review.

    `smallest_cap` is the total market capitalisation of the smallest company of the Russell 3000E at the latest June
    reconstitution, `market_return` the return of the Russell 3000E since then (0.1 is ten percent). The day that counts is the
    first on which it is priced and traded, that of its first trade: of an IPO priced on the last evening of a window, the
    next window has that day. Exactly equal is not larger. Raises RefusedError where an input is missing. Rule: cutoffs_2022 4.0
    and 5.0.
    """
    first_on, last_on = required(days.ipo_window, f"the IPO window of {days.review}")
    priced = required(priced_on, "the day on which the IPO is priced")
    traded = required(traded_on, "the day on which the IPO first trades")
    if traded < priced:
        raise RefusedError(f"the IPO trades on {traded}, before it is priced on {priced}")
    cap = above(market_cap, 0, "the total market capitalisation of the IPO")
    least = above(smallest_cap, 0, "the market capitalisation of the smallest company") * _growth(market_return)
    if not first_on <= traded <= last_on:
        return Verdict(
            False, QUARTERLY_IPO.id, f"first traded on {traded}, outside the window from {first_on} to {last_on}"
        )
    holds = cap > least
    return Verdict(
        holds,
        QUARTERLY_IPO.id,
        f"first traded on {traded}, within the window, and {'' if holds else 'not '}larger than the smallest company",
    )


def quarterly_ipo_index(
    market_cap: Exact | None, breaks: Mapping[str, Exact], market_return: Exact | None
) -> str | None:
    """The index that an IPO joins by the rule `quarterly_ipo_breaks`, None where it is too small for any.

    `breaks` are the total market capitalisations of the smallest company of each index (such as R1000, R2000 and RMICRO) at the
    latest June reconstitution, in the currency of `market_cap`. The IPO joins the index with the highest break, adjusted by the
    market's return (0.1 is ten percent), that it exceeds. Raises RefusedError where an input is missing or two breaks are equal.
    Rule: cutoffs_2022 4.0.
    """
    cap = above(market_cap, 0, "the total market capitalisation of the IPO")
    growth = _growth(market_return)
    by_break = {above(least, 0, f"the break of {code}") * growth: code for code, least in breaks.items()}
    if not by_break:
        raise RefusedError("the market capitalisation breaks of the latest June reconstitution are not known")
    if len(by_break) < len(breaks):
        raise RefusedError(
            f"two of the breaks are equal: {', '.join(f'{code} {least}' for code, least in breaks.items())}"
        )
    exceeded = [least for least in by_break if cap > least]
    return by_break[max(exceeded)] if exceeded else None


def _growth(market_return: Exact | None) -> Fraction:
    return 1 + above(market_return, -1, "the return of the Russell 3000E since the latest June reconstitution")
