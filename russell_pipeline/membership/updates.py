"""What a review updates besides membership (shares, free float, industries), and what may be corrected in lock-down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from russell_pipeline.dates.reviews import shift_review, year_month
from russell_pipeline.errors import RefusedError
from russell_pipeline.membership.review_days import ReviewDays
from russell_pipeline.membership.review_rules import (
    CORRECTION_WINDOW,
    FREE_FLOAT_BUFFER,
    FREE_FLOAT_UPDATE,
    INDUSTRY_CHANGE,
    LOCK_DOWN_CORRECTION,
    MATERIAL_ERROR,
    SHARES_BUFFER,
    SHARES_UPDATE,
    UNBUFFERED_MONTH,
    Exact,
    Outcome,
    Rule,
    Verdict,
    above,
    exact,
    required,
    within,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A person's judgement, with its reason. Raises RefusedError without one."""

    holds: bool
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise RefusedError("a judgement needs a reason")


def shares_updated(days: ReviewDays, known_on: date | None, old: Exact | None, new: Exact | None) -> Verdict:
    """Whether a review brings in a new number of shares.

    Raises RefusedError where an input or the cut-off is missing. Rule: cutoffs_2022 3.0.
    """
    before, after = above(old, 0, "the old number of shares"), above(new, 0, "the new number of shares")
    large = abs(after - before) > SHARES_BUFFER * before
    return _updated(SHARES_UPDATE, days, known_on, f"shares from {old} to {new}", large if before != after else None)


def free_float_updated(days: ReviewDays, known_on: date | None, old: Exact | None, new: Exact | None) -> Verdict:
    """Whether a review brings in a new free float, 0 to 1.

    Raises RefusedError where an input or the cut-off is missing. Rule: cutoffs_2022 3.0.
    """
    before, after = within(old, 0, 1, "the old free float"), within(new, 0, 1, "the new free float")
    large = abs(after - before) > FREE_FLOAT_BUFFER
    return _updated(
        FREE_FLOAT_UPDATE, days, known_on, f"free float from {old} to {new}", large if before != after else None
    )


def _updated(rule: Rule, days: ReviewDays, known_on: date | None, what: str, large: bool | None) -> Verdict:
    """Whether an update is applied; `large` is whether it exceeds the buffer, None if nothing changes."""
    known = required(known_on, f"the day on which the update ({what}) was known")
    cutoff_on = required(days.shares_float_cutoff_on, f"the cut-off for shares and free float of {days.review}")
    whatever_size = year_month(days.review)[1] == UNBUFFERED_MONTH
    if large is None:
        return Verdict(False, rule.id, f"{what}: nothing changes")
    if known > cutoff_on:
        return Verdict(False, rule.id, f"{what}: known on {known}, after the cut-off on {cutoff_on}")
    if not (large or whatever_size):
        return Verdict(False, rule.id, f"{what}: within the buffer")
    size = "in June, whatever the size" if whatever_size else "beyond the buffer"
    return Verdict(True, rule.id, f"{what}: known on {known}, by the cut-off on {cutoff_on}, {size}")


def industry_change(days: ReviewDays, known_on: date | None) -> Outcome:
    """When a change of industry takes effect: with the review, or not known if it came after the review's cut-off.

    The day of its announcement is `days.icb_announced_on`. Raises RefusedError where an input or the cut-off is missing.
    Rule: cutoffs_2022 2.0.
    """
    known = required(known_on, "the day on which the change of industry was known")
    cutoff_on = required(days.icb_cutoff_on, f"the cut-off for industries of {days.review}")
    if known > cutoff_on:
        return Outcome(
            None, INDUSTRY_CHANGE.id, f"known on {known}, after the cut-off on {cutoff_on}: a later review's"
        )
    announced = f"announced on {days.icb_announced_on}, " if days.icb_announced_on is not None else ""
    return Outcome(
        days.effective_on,
        INDUSTRY_CHANGE.id,
        f"known on {known}, by the cut-off on {cutoff_on}: {announced}takes effect with the review on {days.effective_on}",
    )


def industry_revisable(days: ReviewDays, revised_on: date) -> Verdict:
    """Whether an announced change of industry may still be revised, as it may until two weeks before implementation.

    Later it may be only under exceptional circumstances. Rule: cutoffs_2022 2.0.
    """
    # The Friday two weeks before implementation is also the day of the suspension rule.
    holds = revised_on <= days.suspension_on
    return Verdict(
        holds,
        INDUSTRY_CHANGE.id,
        f"revised on {revised_on}, {'by' if holds else 'exceptional only after'} {days.suspension_on}",
    )


def lock_down_correction(
    days: ReviewDays,
    found_on: date,
    old: Exact | None,
    new: Exact | None,
    *,
    replicability: Judgement | None,
    price_pressure: Judgement | None,
) -> Verdict:
    """Whether an error in index shares (shares times free float) is a candidate for correction, which a person decides on.

    The judgements are whether the error compromises the replicability of the index, and whether it puts pressure on the price.
    The rule does not apply before lock-down. Raises RefusedError if nothing dates the lock-down, or if a judgement is missing
    that is needed to decide. Rule: schedule_2019, Timetable, note * on lock-down.
    """
    lock_down_on = required(days.lock_down_on, f"the lock-down of {days.review}")
    before, after = above(old, 0, "the old number of index shares"), exact(new, "the new number of index shares")
    if after < 0:
        raise RefusedError(f"the new number of index shares is {new}")
    if found_on < lock_down_on:
        return Verdict(
            False, None, f"found on {found_on}, before the lock-down on {lock_down_on}: no matter of this rule"
        )
    otherwise = f"corrected at the review of {shift_review(days.review, 1)}"
    last_on = days.implemented_on + CORRECTION_WINDOW
    if found_on > last_on:
        return Verdict(False, LOCK_DOWN_CORRECTION.id, f"found on {found_on}, after {last_on}: {otherwise}")
    if abs(after - before) >= MATERIAL_ERROR * before:
        return Verdict(True, LOCK_DOWN_CORRECTION.id, f"candidate: from {old} to {new} index shares, a material error")
    judged = ((replicability, "compromises replicability"), (price_pressure, "puts pressure on the price"))
    for judgement, what in judged:
        if judgement is not None and judgement.holds:
            return Verdict(True, LOCK_DOWN_CORRECTION.id, f"candidate: {what} ({judgement.reason})")
    for judgement, what in judged:
        required(judgement, f"whether the error {what}")
    return Verdict(False, LOCK_DOWN_CORRECTION.id, f"neither material nor judged egregious: {otherwise}")
