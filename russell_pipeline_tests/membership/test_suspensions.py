"""Protects when changes take effect in suspended securities: every row of the decision tables and every boundary day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.dates.reviews import reviews_between
from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.suspensions import (
    UNDECIDED,
    Change,
    DayBasis,
    EffectiveDay,
    Suspension,
    change_outcome,
    effective_day,
    long_suspended_deletion,
    suspensions_by_symbol,
)
from russell_pipeline_tests.membership.reviews import JUNE_2019, SESSIONS, day, days_of

CHANGES: tuple[Change, ...] = ("addition", "deletion")


def spell(
    suspended: str, resumed: str | None = None, announced: str | None = None, replicable: bool | None = None
) -> Suspension:
    suspended_on = day(suspended)
    assert suspended_on is not None
    return Suspension("XYZ", suspended_on, day(resumed), day(announced), replicable)


def outcome(
    change: Change, *spells: Suspension, basis: DayBasis = "calendar", review: str = "2019-06"
) -> tuple[date | None, str | None]:
    found = change_outcome(change, "XYZ", days_of(review), spells, SESSIONS, day_basis=basis)
    assert found.says
    return found.effective_on, found.rule


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("suspended", "resumed", "announced", "effective", "rule"),
    [
        # suspended on S = 14 June, half-open
        ("06-13", "06-14", None, "07-01", None),
        ("06-13", "06-17", None, "07-03", "suspended_deferred"),
        ("06-14", "06-17", None, "07-03", "suspended_deferred"),
        ("06-15", "06-17", None, "07-01", None),
        ("06-17", "06-20", None, "07-01", None),
        ("06-14", "06-14", None, "07-01", None),  # a halt of less than a day
        # deferred: on resumption, not before the second session after E
        ("06-10", "06-20", None, "07-03", "suspended_deferred"),
        ("06-10", "06-28", None, "07-03", "suspended_deferred"),
        ("06-10", "07-01", None, "07-03", "suspended_deferred"),
        ("06-10", "07-02", None, "07-03", "suspended_deferred"),
        ("06-10", "07-03", None, "07-03", "suspended_deferred"),
        ("06-10", "07-04", None, "07-05", "suspended_deferred"),  # Independence Day
        ("06-10", "07-05", None, "07-05", "suspended_deferred"),
        ("06-10", "07-06", None, "07-08", "suspended_deferred"),  # a Saturday
        ("06-10", None, None, None, "suspended_deferred"),
        # announced before E or not
        ("06-10", "06-20", "06-18", "07-01", "suspended_announced"),
        ("06-10", "06-28", "06-27", "07-01", "suspended_announced"),
        ("06-10", "06-20", "06-20", "07-01", "suspended_announced"),
        ("06-10", "07-03", "06-30", "07-03", "no_active_market"),
        ("06-10", "07-03", "07-01", "07-03", "suspended_deferred"),
        ("06-10", "07-02", "07-01", "07-03", "suspended_deferred"),
        ("06-10", "07-03", "07-02", "07-03", "suspended_deferred"),
        ("06-10", None, "07-01", None, "suspended_deferred"),
        # announced, but no active market on R = 28 June: the day before, the day, the day after
        ("06-10", "06-27", "06-18", "07-01", "suspended_announced"),
        ("06-10", "06-29", "06-18", "07-01", "no_active_market"),
        ("06-10", "07-01", "06-18", "07-01", "no_active_market"),
        ("06-10", "07-02", "06-18", "07-02", "no_active_market"),
        ("06-10", "07-10", "06-18", "07-10", "no_active_market"),
        ("06-10", None, "06-18", None, "no_active_market"),
        # not suspended on S, with and without an active market on R
        ("06-17", "06-27", None, "07-01", None),
        ("06-17", "06-28", None, "07-01", None),
        ("06-17", "07-01", None, "07-01", "no_active_market"),
        ("06-17", "07-02", None, "07-02", "no_active_market"),
        ("06-17", "07-04", None, "07-05", "no_active_market"),
        ("06-27", "07-09", None, "07-09", "no_active_market"),
        ("06-28", "07-09", None, "07-09", "no_active_market"),
        ("06-28", None, None, None, "no_active_market"),
        ("06-29", "07-09", None, "07-01", None),
        ("07-01", "07-09", None, "07-01", None),
    ],
)
def test_change_outcome_of_a_suspended_security(
    *,
    change: Change,
    suspended: str,
    resumed: str | None,
    announced: str | None,
    effective: str | None,
    rule: str | None,
) -> None:
    assert outcome(change, spell(suspended, resumed, announced)) == (day(effective), rule)


@pytest.mark.parametrize(
    ("review", "suspended", "resumed", "effective", "rule"),
    [
        ("2022-06", "2022-06-09", "2022-06-10", "2022-06-27", None),
        ("2022-06", "2022-06-10", "2022-06-16", "2022-06-29", "suspended_deferred"),
        ("2022-06", "2022-06-13", "2022-06-16", "2022-06-27", None),
        ("2022-06", "2022-06-13", "2022-06-28", "2022-06-28", "no_active_market"),
        ("2014-06", "2014-06-13", "2014-06-16", "2014-07-02", "suspended_deferred"),
        ("2015-06", "2015-06-12", "2015-06-16", "2015-07-01", "suspended_deferred"),
        ("2008-03", "2008-03-06", "2008-03-10", "2008-03-26", "suspended_deferred"),  # R before Good Friday
        ("2008-03", "2008-03-20", "2008-03-21", "2008-03-24", "no_active_market"),
    ],
)
def test_change_outcome_follows_the_calendar_of_other_reviews(
    review: str, suspended: str, resumed: str, effective: str, rule: str | None
) -> None:
    assert outcome("addition", spell(suspended, resumed), review=review) == (day(effective), rule)


@pytest.mark.parametrize("change", CHANGES)
def test_change_outcome_without_a_suspension_is_the_effective_day(change: Change) -> None:
    assert outcome(change) == (date(2019, 7, 1), None)


@pytest.mark.parametrize(
    ("spells", "effective", "rule"),
    [
        # the day of the deferral is one on which it is suspended again
        ([("06-10", "06-20"), ("07-02", "07-09")], "07-09", "suspended_deferred"),
        ([("06-10", "06-20"), ("07-02", "07-04")], "07-05", "suspended_deferred"),  # Independence Day
        ([("06-10", "06-20"), ("07-02", None)], None, "suspended_deferred"),
        ([("06-10", "06-20"), ("07-02", "07-08"), ("07-08", "07-11")], "07-11", "suspended_deferred"),
        # not suspended on S, twice since
        ([("06-17", "06-18"), ("06-26", "07-05")], "07-05", "no_active_market"),
        ([("06-03", "06-10"), ("06-17", "06-18")], "07-01", None),
        ([("06-26", "07-01"), ("07-01", "07-05")], "07-05", "no_active_market"),
    ],
)
def test_change_outcome_of_several_suspensions(
    spells: list[tuple[str, str | None]], effective: str | None, rule: str | None
) -> None:
    found = [spell(*one) for one in spells]
    assert outcome("addition", *found) == outcome("addition", *reversed(found)) == (day(effective), rule)


def test_change_outcome_ignores_an_announced_resumption_if_suspended_again_on_implementation() -> None:
    spells = spell("06-10", "06-20", "06-18"), spell("06-26", "07-08")
    assert outcome("deletion", *spells) == (date(2019, 7, 8), "no_active_market")


@pytest.mark.parametrize(
    ("suspended", "basis", "long"),
    [
        ("04-07", "calendar", True),  # 61 days
        ("04-08", "calendar", True),  # 60
        ("04-09", "calendar", False),  # 59
        ("04-08", "session", False),  # 42 sessions: 19 April and 27 May are holidays
        ("03-13", "session", True),  # 60 sessions
        ("03-14", "session", False),  # 59
    ],
)
def test_long_suspension_is_sixty_days_to_the_preliminary_lists_on_either_basis(
    suspended: str, basis: DayBasis, long: bool
) -> None:
    found = long_suspended_deletion(JUNE_2019, [spell(suspended)], SESSIONS, day_basis=basis)
    assert (found is not None) == long
    expected = (date(2019, 7, 1), "long_suspended") if long else (None, "suspended_deferred")
    assert outcome("deletion", spell(suspended), basis=basis) == expected


def test_long_suspension_days_are_counted_as_in_the_methodology() -> None:
    assert spell("04-08").length(date(2019, 6, 7), "calendar", SESSIONS) == 60
    assert spell("04-08").length(date(2019, 6, 7), "session", SESSIONS) == 42


@pytest.mark.parametrize(
    ("resumed", "replicable", "effective", "rule", "price"),
    [
        ("06-10", None, None, "long_suspended_rescinded", None),
        ("06-13", True, None, "long_suspended_rescinded", None),
        ("06-14", True, None, "long_suspended_rescinded", None),  # S
        ("06-15", True, "07-01", "long_suspended", "market"),  # between S and lock-down are no sessions
        ("06-17", True, "07-01", "long_suspended", "market"),  # L
        ("06-17", False, "07-01", "long_suspended", "zero"),
        ("06-18", True, "07-01", "long_suspended", "market"),
        ("06-28", True, "07-01", "long_suspended", "market"),  # R
        ("06-28", False, "07-01", "long_suspended", "zero"),
        ("06-29", True, "07-01", "long_suspended", "zero"),  # not trading at the close of R
        ("07-10", True, "07-01", "long_suspended", "zero"),
        (None, None, "07-01", "long_suspended", "zero"),
    ],
)
def test_long_suspended_deletion_of_constituents(
    resumed: str | None, replicable: bool | None, effective: str | None, rule: str, price: str | None
) -> None:
    one = spell("03-01", resumed, None, replicable)
    found = long_suspended_deletion(JUNE_2019, [one], SESSIONS, day_basis="calendar")
    assert found is not None
    assert (found.effective_on, found.rule, found.price) == (day(effective), rule, price)
    published = change_outcome("deletion", "XYZ", JUNE_2019, [one], SESSIONS, day_basis="calendar")
    assert (published.rule, published.price) == (rule, price)
    assert published.effective_on == date(2019, 7, 1)  # whatever deletes it, rescinded or not


@pytest.mark.parametrize("resumed", ["06-06", "06-07"])
def test_long_suspended_deletion_spares_a_security_that_trades_on_the_day_of_the_preliminary_lists(
    resumed: str,
) -> None:
    assert long_suspended_deletion(JUNE_2019, [spell("03-01", resumed)], SESSIONS, day_basis="calendar") is None
    assert outcome("deletion", spell("03-01", resumed)) == (date(2019, 7, 1), None)


def test_change_outcome_of_an_addition_is_never_a_deletion() -> None:
    assert outcome("addition", spell("03-01", "06-17", None, True)) == (date(2019, 7, 3), "suspended_deferred")
    assert outcome("addition", spell("03-01")) == (None, "suspended_deferred")


def test_change_outcome_after_a_rescinded_deletion_follows_the_normal_rules() -> None:
    """It resumed by S, and is suspended again on the day of implementation."""
    spells = spell("03-01", "06-12"), spell("06-27", "07-09")
    assert outcome("deletion", *spells) == (date(2019, 7, 9), "no_active_market")


def test_change_outcome_goes_by_the_day_of_suspension_where_lock_down_precedes_it() -> None:
    """From 2023 lock-down is 18 days before implementation: 5 and 9 June 2023."""
    for resumed, rule in (("06-05", "long_suspended_rescinded"), ("06-09", "long_suspended_rescinded")):
        found = outcome("deletion", spell("2023-03-01", f"2023-{resumed}"), review="2023-06")
        assert found == (date(2023, 6, 26), rule)
    late = spell("2023-03-01", "2023-06-12", None, True)
    assert outcome("deletion", late, review="2023-06") == (date(2023, 6, 26), "long_suspended")


def test_change_outcome_is_independent_of_lock_down_rolled_back_to_the_day_of_suspension() -> None:
    """In September 2022 the lock-down would be Labor Day."""
    found = outcome("deletion", spell("2022-03-01", "2022-09-02"), review="2022-09")
    assert found == (date(2022, 9, 19), "long_suspended_rescinded")


def test_suspensions_reject_missing_or_impossible_inputs() -> None:
    with pytest.raises(RefusedError, match="whether XYZ, resumed on 2019-06-17, has a replicable market is not known"):
        outcome("deletion", spell("03-01", "06-17"))
    with pytest.raises(RefusedError, match="preliminary lists of 2008-03 is not known"):
        outcome("deletion", spell("2008-03-05"), review="2008-03")
    with pytest.raises(RefusedError, match="is resumed on 2019-06-09, before it is suspended on 2019-06-10"):
        spell("06-10", "06-09")
    with pytest.raises(RefusedError, match="announced to resume on 2019-06-09, before"):
        spell("06-10", None, "06-09")
    with pytest.raises(RefusedError, match="resumed on 2019-06-12, but is announced to on 2019-06-13"):
        spell("06-10", "06-12", "06-13")
    with pytest.raises(RefusedError, match="two suspensions of XYZ overlap: those from 2019-06-10 and 2019-06-12"):
        outcome("addition", spell("06-10", "06-13"), spell("06-12", "06-14"))
    with pytest.raises(RefusedError, match="overlap"):
        suspensions_by_symbol([spell("06-10"), spell("06-12", "06-14")])
    with pytest.raises(RefusedError, match="the suspension of XYZ from 2019-06-10 is none of ABC"):
        change_outcome("addition", "ABC", JUNE_2019, [spell("06-10")], SESSIONS, day_basis="calendar")
    with pytest.raises(RefusedError, match="the change is 'merger', but must be one of addition, deletion"):
        change_outcome("merger", "XYZ", JUNE_2019, [], SESSIONS, day_basis="calendar")  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="the day basis is 'weeks'"):
        long_suspended_deletion(JUNE_2019, [], SESSIONS, day_basis="weeks")  # type: ignore[arg-type]


def test_suspensions_by_symbol_are_in_order_of_time() -> None:
    first, last = spell("06-10", "06-12"), spell("06-12", "06-14")
    other = Suspension("ABC", date(2019, 6, 1))
    assert suspensions_by_symbol([last, other, first]) == {"XYZ": (first, last), "ABC": (other,)}


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[Suspension]]:
    """A review and suspensions around it that do not overlap, the last perhaps without an end."""
    review = draw(st.sampled_from(list(reviews_between(2019, 2030))))
    offsets = sorted(draw(st.lists(st.integers(-150, 40), max_size=6, unique=True)))
    start = days_of(review).implemented_on
    marks = [start + timedelta(days=offset) for offset in offsets]
    spells = []
    for at in range(0, len(marks), 2):
        resumed = marks[at + 1] if at + 1 < len(marks) else None
        latest = resumed or marks[at] + timedelta(days=60)
        announced = draw(st.none() | st.dates(marks[at], latest))
        spells.append(Suspension("XYZ", marks[at], resumed, announced, draw(st.booleans())))
    return review, spells


@given(histories(), st.sampled_from(CHANGES), st.sampled_from(["calendar", "session"]))
def test_change_outcome_is_never_early_on_a_closed_session_or_within_a_suspension(
    history: tuple[str, list[Suspension]], change: Change, basis: DayBasis
) -> None:
    review, spells = history
    days = days_of(review)
    found = change_outcome(change, "XYZ", days, spells, SESSIONS, day_basis=basis)
    if found.effective_on is None:
        assert spells[-1].resumed_on is None
        assert found.rule in ("suspended_deferred", "no_active_market")
        return
    assert found.effective_on >= days.effective_on
    assert SESSIONS.is_session(found.effective_on)
    if found.effective_on > days.effective_on:
        assert found.rule in ("suspended_deferred", "no_active_market")
        assert not any(one.covers(found.effective_on) for one in spells)
    if found.rule == "suspended_deferred":
        assert found.effective_on >= SESSIONS.shift(days.effective_on, 2)
    if found.rule is None:
        assert not any(one.covers(day) for one in spells for day in (days.suspension_on, days.implemented_on))
    assert (found.price is not None) == (found.rule == "long_suspended")


@given(histories(), st.randoms(use_true_random=False))
def test_change_outcome_is_independent_of_the_order_of_suspensions(
    history: tuple[str, list[Suspension]], random: Random
) -> None:
    review, spells = history
    shuffled = random.sample(spells, len(spells))
    assert outcome("deletion", *shuffled, review=review) == outcome("deletion", *spells, review=review)


def test_effective_day_without_a_rule_or_an_input_is_that_of_the_review() -> None:
    with_review = EffectiveDay(date(2019, 7, 1))

    def dated(change: Change, one: Suspension) -> EffectiveDay:
        return effective_day(change, with_review, JUNE_2019, [one], SESSIONS)

    assert dated("addition", spell("05-01", "05-02")) == with_review
    deferred = dated("addition", spell("06-10", "06-20"))
    assert deferred[:2] == (date(2019, 7, 3), "suspended_deferred")
    assert "deferred to 2019-07-03" in str(deferred.dated_because)
    undecided = dated("deletion", spell("04-01", "06-20"))
    assert undecided[:2] == (date(2019, 7, 1), UNDECIDED)
    assert "replicable market" in str(undecided.dated_because)
