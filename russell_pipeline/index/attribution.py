"""Attributes the change of published levels to its causes, which are applied one after the other.

A path has a cause, and the levels that result once this cause and those before it have been applied to the inputs of the
published levels. The contribution of a cause is the step from the path before to its own, in basis points of the published
level; the steps add up to the whole change. Where a level changed only because the year before had changed, it is not measured
by cause: the contributions of that year divide it, and the causes say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.restatement import differs

# The cause where nothing that is recorded changed a level.
OTHERWISE = "other inputs changed: the calendar of reviews or of sessions"
_INDEXES = ("price_index", "total_return_index")
_COMPARED = ("date", *_INDEXES, "price_index_8dp", "total_return_index_8dp", "divisor")


_IN_PROPORTION = " (in proportion to its share of "


def proportion_note(year: int) -> str:
    """The words behind a cause whose contribution is in proportion to its share of the levels of another year."""
    return f"{_IN_PROPORTION}{year})"


def without_proportion_note(cause: str) -> str:
    """A cause without the words on the proportion of its contribution."""
    return cause.partition(_IN_PROPORTION)[0]


class Contribution(NamedTuple):
    """A cause and its contribution to the change of a level, in basis points of the published one; None without a level."""

    cause: str
    basis_points: float | None
    total_return_basis_points: float | None


def contributions(published: pl.DataFrame, paths: Sequence[tuple[str, pl.DataFrame]]) -> dict[date, list[Contribution]]:
    """By session, the causes that changed its level, in the order applied, with their contributions.

    `published` are the published levels of an index and `paths` each cause with the levels once it is applied (columns `LEVELS`),
    the last of them the levels that hold now. A cause that does not change a level has no contribution to it.
    """
    by_day: dict[date, list[Contribution]] = defaultdict(list)
    level = published.select("date", *(pl.col(name).alias(f"{name}_published") for name in _INDEXES))
    before = published
    for cause, levels in paths:
        both = before.select(_COMPARED).join(
            levels.select(_COMPARED), on="date", how="full", suffix="_new", coalesce=True
        )
        changed = both.filter(differs()).join(level, on="date").sort("date")
        step = ((pl.col(f"{name}_new") - pl.col(name)) / pl.col(f"{name}_published") * 10_000 for name in _INDEXES)
        for day, price, total in changed.select("date", *step).iter_rows():
            by_day[day].append(Contribution(cause, price, total))
        before = levels
    return dict(by_day)


def add_contributions(
    first: Iterable[Contribution], second: Iterable[Contribution], ratio: float
) -> list[Contribution]:
    """The contributions to two changes of one level; those of the second are of a level that is `ratio` of the published one."""
    total: dict[str, Contribution] = {one.cause: one for one in first}
    for one in second:
        price, both = (None if points is None else points * ratio for points in one[1:])
        if earlier := total.get(one.cause):
            pairs = ((earlier[1], price), (earlier[2], both))
            price, both = (None if None in pair else sum(pair) for pair in pairs)  # type: ignore[arg-type]
        total[one.cause] = Contribution(one.cause, price, both)
    return [*total.values()]


def reasons(changed: Mapping[date, Sequence[Contribution]], given: Mapping[tuple[str, ...], str]) -> dict[date, str]:
    """By session, the reason of its change: its causes with their contributions to the first level that these causes changed.

    `given` has the reasons given before, by causes: levels that the same causes changed have the same reason.
    """
    by_causes = dict(given)
    for day in sorted(changed):
        by_causes.setdefault(_causes(changed[day]), _sentence(changed[day], day))
    return {day: by_causes[_causes(contributions)] for day, contributions in changed.items()}


def _causes(of_level: Iterable[Contribution]) -> tuple[str, ...]:
    return tuple(one.cause for one in of_level)


def _sentence(of_level: Sequence[Contribution], day: date) -> str:
    """The causes of one level, those of one kind (`corrected: ...`, `added: ...`) together."""
    if not of_level:
        return OTHERWISE
    parts: list[str] = []
    last = ""
    for one in of_level:
        verb, _, what = one.cause.partition(": ")
        again = what and verb == last
        parts.append(f"{', ' if again else '; ' if parts else ''}{what if again else one.cause}{_measured(one)}")
        last = verb
    measured = any(None not in one for one in of_level)
    return "".join(parts) + (f" on {day}" if measured else "")


def _measured(one: Contribution) -> str:
    price, total = one.basis_points, one.total_return_basis_points
    if price is None or total is None:
        return ""
    # Beyond eight decimals there is only rounding; adding zero takes the sign from a zero.
    price, total = round(price, 8) + 0.0, round(total, 8) + 0.0
    return f" ({price:+.4g} bp)" if price or not total else f" ({total:+.4g} bp of total return)"
