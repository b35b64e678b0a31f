"""Attributes moved levels to what moved them: one cause after another is applied, and the steps add up to the whole.

Each path is the levels that result once the causes up to its own have been applied to the inputs of the published levels. The
share of a cause is the step from the path before to its own, in basis points of the published level. Where a level moved only
because the year before had moved, and not how far by each cause, the shares of that year divide it, and the causes say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.restatement import differs

# What is left where nothing that is recorded moved a level.
OTHERWISE = "other inputs changed: the calendar of reviews or of sessions"
_INDEXES = ("price_index", "total_return_index")
_COMPARED = ("date", *_INDEXES, "price_index_8dp", "total_return_index_8dp", "divisor")


_IN_PROPORTION = " (in proportion to its share of "


def in_proportion(year: int) -> str:
    """What a cause says whose share is not measured, but in proportion to its share of the levels of another year."""
    return f"{_IN_PROPORTION}{year})"


def as_measured(cause: str) -> str:
    """A cause without what it says of the proportion of its share."""
    return cause.partition(_IN_PROPORTION)[0]


class Share(NamedTuple):
    """A cause and its share of the change of a level, in basis points of the published one; null where there is no level."""

    cause: str
    basis_points: float | None
    total_return_basis_points: float | None


def shares(said: pl.DataFrame, paths: Sequence[tuple[str, pl.DataFrame]]) -> dict[date, list[Share]]:
    """By session, the causes that moved its level, in the order applied.

    `said` are the published levels of an index and `paths` each cause with the levels once it is applied (columns `LEVELS`),
    the last of them the levels that hold now. A cause that does not move a level has no share in it.
    """
    found: dict[date, list[Share]] = defaultdict(list)
    published = said.select("date", *(pl.col(name).alias(f"{name}_said") for name in _INDEXES))
    before = said
    for cause, levels in paths:
        both = before.select(_COMPARED).join(
            levels.select(_COMPARED), on="date", how="full", suffix="_new", coalesce=True
        )
        moved = both.filter(differs()).join(published, on="date").sort("date")
        steps = moved.select(
            "date", *((pl.col(f"{name}_new") - pl.col(name)) / pl.col(f"{name}_said") * 10_000 for name in _INDEXES)
        )
        for day, price, total in steps.iter_rows():
            found[day].append(Share(cause, price, total))
        before = levels
    return dict(found)


def added(first: Iterable[Share], then: Iterable[Share], ratio: float) -> list[Share]:
    """The shares of two changes of one level, the second in basis points of a level that is `ratio` of the published one."""
    total: dict[str, Share] = {one.cause: one for one in first}
    for share in then:
        price, both = (None if one is None else one * ratio for one in share[1:])
        if had := total.get(share.cause):
            price, both = (None if None in pair else sum(pair) for pair in ((had[1], price), (had[2], both)))  # type: ignore[arg-type]
        total[share.cause] = Share(share.cause, price, both)
    return [*total.values()]


def reasons(moved: Mapping[date, Sequence[Share]], told: Mapping[tuple[str, ...], str]) -> dict[date, str]:
    """By session, the reason of its change: its causes with their shares of the first level that these causes moved.

    `told` has the reasons given before, by causes: levels that the same causes moved have the same reason.
    """
    said = dict(told)
    for day in sorted(moved):
        said.setdefault(_causes(moved[day]), _sentence(moved[day], day))
    return {day: said[_causes(found)] for day, found in moved.items()}


def _causes(found: Iterable[Share]) -> tuple[str, ...]:
    return tuple(share.cause for share in found)


def _sentence(found: Sequence[Share], day: date) -> str:
    """The causes of one level, those of one kind (`corrected: ...`, `added: ...`) together."""
    if not found:
        return OTHERWISE
    parts: list[str] = []
    last = ""
    for share in found:
        verb, _, what = share.cause.partition(": ")
        said = f"{what if what and verb == last else share.cause}{_measured(share)}"
        parts.append(f"{', ' if what and verb == last else '; ' if parts else ''}{said}")
        last = verb
    measured = any(None not in share for share in found)
    return "".join(parts) + (f" on {day}" if measured else "")


def _measured(share: Share) -> str:
    price, total = share.basis_points, share.total_return_basis_points
    if price is None or total is None:
        return ""
    # Beyond eight decimals there is only rounding; adding zero takes the sign from a zero.
    price, total = round(price, 8) + 0.0, round(total, 8) + 0.0
    return f" ({price:+.4g} bp)" if price or not total else f" ({total:+.4g} bp of total return)"
