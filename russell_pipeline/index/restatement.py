"""Handles corrected inputs of published levels: restates the levels, or keeps them and corrects from the next session on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.index import levels as engine
from russell_pipeline.index.basket import State
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import CARRIED, LEDGER, LEVELS, Levels
from russell_pipeline.index.model import Market
from russell_pipeline.index.panel import Panel

# The published values of a level; the rest of its row follows from these and the inputs.
PUBLISHED = ("price_index", "total_return_index", "divisor")
_DISPLAYED = ("price_index_8dp", "total_return_index_8dp")
# Relative difference that the order of additions may make, in another release or on another processor.
_ROUNDING = 1e-12
CORRECTION = "correction"
_EVENTS = tuple(name for name in LEDGER if name not in ("index_code", "date"))
_CARRIED = tuple(name for name in CARRIED if name not in ("index_code", "date"))
# Levels that stay as published: what was published for each session, since when it is kept and why, and how far the corrected
# inputs are from it.
KEPT = {
    **LEVELS,
    "divisor_events": pl.List(pl.Struct({name: LEDGER[name] for name in _EVENTS})),
    "carried": pl.List(pl.Struct({name: CARRIED[name] for name in _CARRIED})),
    "applied_after": pl.Date(),
    "kept_on": pl.Date(),
    "reason": pl.String(),
    "basis_points": pl.Float64(),
    "total_return_basis_points": pl.Float64(),
}


class Said(NamedTuple):
    """What was published for an index over some sessions (columns `LEVELS`, `LEDGER`, `CARRIED`)."""

    levels: pl.DataFrame
    ledger: pl.DataFrame
    carried: pl.DataFrame


class Found(NamedTuple):
    """When corrected inputs were found; `age` says how many sessions ago a session was published.

    `restated_before` says whether the correction restated the previous year, which these sessions continue.
    """

    on: date
    age: Callable[[date], int]
    restated_before: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """A session whose closing level stays as published and which the corrected index continues from.

    `divisor` is the one at the end of the session.
    """

    date: date
    price_index: float
    total_return_index: float
    divisor: float


def anchors(kept: pl.DataFrame) -> list[Anchor]:
    """The sessions after which corrections act, in order; `kept` (columns `KEPT`) has the rows of one index."""
    found = []
    for row in kept.filter(pl.col("date") == pl.col("applied_after")).sort("date").iter_rows(named=True):
        events = row["divisor_events"]
        divisor = events[-1]["divisor_after"] if events else row["divisor"]
        found.append(Anchor(row["date"], row["price_index"], row["total_return_index"], divisor))
    return found


def run(
    definition: Definition,
    market: Market,
    baskets: pl.DataFrame,
    sessions: Sequence[date],
    state: State | None,
    *,
    anchored: Sequence[Anchor],
    prepared: Panel | None = None,
) -> Levels:
    """The levels computed from the inputs, reset to the published level at each anchor; without anchors, those of `levels.run`.

    After an anchor the divisor absorbs the difference, so the index does not move by it: the next session has the return of
    the corrected inputs. The ledger shows the change as a `correction` at that session's open. An anchor on the day of `state`
    applies before the first session after it. Raises IndexRefusal.
    """
    within = [one for one in anchored if sessions[0] <= one.date <= sessions[-1]]
    if not within:
        return engine.run(definition, market, baskets, sessions, state, prepared=prepared)
    parts: list[Levels] = []
    begin, last = 0, None
    for anchor in [*within, None]:
        end = sessions.index(anchor.date) + 1 if anchor else len(sessions)
        if begin < end:
            found = engine.run(definition, market, baskets, sessions[begin:end], state)
            parts.append(_corrected(found, last, state) if last and state else found)
            state, begin, last = parts[-1].state, end, None
        if anchor and state:
            last = anchor
            state = replace(
                state,
                divisor=state.divisor * (state.price_index / anchor.price_index),
                price_index=anchor.price_index,
                total_return_index=anchor.total_return_index,
            )
    levels, ledger, carried = (pl.concat(getattr(part, name) for part in parts) for name in Said._fields)
    return Levels(levels, ledger, carried, state or parts[-1].state)


def _corrected(found: Levels, anchor: Anchor, state: State) -> Levels:
    """Levels after an anchor, with the correction as the first event in the ledger."""
    if found.levels.is_empty():
        return found
    first = min(found.levels["date"])
    event = {
        "index_code": state.index_code,
        "date": first,
        "moment": "open",
        "event": CORRECTION,
        "symbol": None,
        "market_value_before": anchor.divisor * anchor.price_index,
        "market_value_after": state.divisor * state.price_index,
        "divisor_before": anchor.divisor,
        "divisor_after": state.divisor,
        "ordinal": 0,
    }
    later = pl.when(pl.col("date") == first).then(1).otherwise(0).cast(pl.Int32)
    ledger = pl.concat([pl.DataFrame([event], LEDGER), found.ledger]).with_columns(pl.col("ordinal") + later)
    return replace(found, ledger=ledger)


def settled(
    definition: Definition,
    said: Said,
    kept: pl.DataFrame,
    compute: Callable[[Sequence[Anchor]], Levels],
    found: Found,
) -> tuple[Levels, pl.DataFrame]:
    """The levels to publish, and those kept as published although the corrected inputs give others (columns `KEPT`).

    The reason of a level that is newly kept is null: the caller knows what changed.

    `said` is what was published for these sessions, `kept` what was kept before; `compute` gives the levels of the inputs
    for given anchors (`run`). The policy `corrections` decides. Either levels are recomputed from the first session to be
    restated, or published levels stay and the correction acts from the session after the last of them. Sessions that continue
    a restated year are restated too, so that the index does not jump at the turn of the year. The same inputs and history give
    the same result. Ground Rules of the 90/10, 3.6.1.
    """
    if found.restated_before:
        return compute([]), kept.clear()
    computed = compute(anchors(kept))
    apart = _compared(said, computed, kept)
    first = _restated_from(definition, apart, found)
    if first is not None:
        dropped = kept.filter(pl.col("applied_after") >= first)
        if dropped.height:
            kept = kept.filter(pl.col("applied_after") < first)
            computed = compute(anchors(kept))
    elif (new := apart.filter("differs", ~pl.col("kept"))).height:
        kept = _keep(said, kept, min(new["date"]), found)
        computed = compute(anchors(kept))
    if kept.is_empty():
        return computed, kept
    return _overlaid(computed, kept), _measured(kept, computed.levels)


def _compared(said: Said, computed: Levels, kept: pl.DataFrame) -> pl.DataFrame:
    """For each published session: whether the inputs give another level, by how many basis points, and whether it was kept."""
    before, now = _ended(said.levels, said.ledger), _ended(computed.levels, computed.ledger)
    both = before.join(now, on="date", how="left", suffix="_new")
    return both.select(
        "date",
        differs=differs() | _differs("ended", "_new"),
        basis_points=pl.max_horizontal(basis_points(name).abs() for name in PUBLISHED[:2]),
        kept=pl.col("date").is_in(kept["date"].implode()),
    )


def differs(suffix: str = "_new") -> pl.Expr:
    """Whether levels (columns `LEVELS`) differ from those with the suffix: as displayed, or by more than rounding.

    A level without a new one counts as different.
    """
    displayed = (pl.col(name).ne_missing(pl.col(f"{name}{suffix}")) for name in _DISPLAYED)
    return pl.any_horizontal(*displayed, *(_differs(name, suffix) for name in PUBLISHED))


def _differs(name: str, suffix: str) -> pl.Expr:
    off = (pl.col(f"{name}{suffix}") - pl.col(name)).abs() > _ROUNDING * pl.col(name).abs()
    return off.fill_null(value=True)


def _ended(levels: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Levels with the divisor after each session, in the column `ended`; it includes events after the close."""
    last = ledger.sort("date", "ordinal").group_by("date").agg(ended=pl.col("divisor_after").last())
    return levels.join(last, on="date", how="left").with_columns(pl.col("ended").fill_null(pl.col("divisor")))


def basis_points(name: str) -> pl.Expr:
    """How far a column with the suffix `_new` is from the one without, in basis points."""
    return (pl.col(f"{name}_new") / pl.col(name) - 1) * 10_000


def _restated_from(definition: Definition, apart: pl.DataFrame, found: Found) -> date | None:
    """The first session that the policy on corrections restates; None if all stay as published."""
    limits = definition.correction_limits
    changed = apart.filter("differs")
    new = changed.filter(~pl.col("kept"))
    match definition.policies.corrections:
        case "restate":
            restated = changed
        case "material":
            # A level that no longer exists is material whatever the limit.
            off = changed.filter(pl.col("basis_points").fill_null(float("inf")) >= limits.basis_points)
            restated = pl.concat([off, new]) if off.height else off
        case "recent":
            restated = new if new.height and found.age(min(new["date"])) <= limits.sessions else new.clear()
        case _:
            restated = changed.clear()
    return min(restated["date"], default=None)


def _keep(said: Said, kept: pl.DataFrame, first: date, found: Found) -> pl.DataFrame:
    """The levels kept before the session `first`, and from it on everything that was published."""
    events = said.ledger.sort("date", "ordinal").group_by("date").agg(divisor_events=pl.struct(_EVENTS))
    carried = said.carried.sort("date", "symbol").group_by("date").agg(carried=pl.struct(_CARRIED))
    before = kept.select("date", "applied_after", "kept_on", "reason")
    rows = said.levels.filter(pl.col("date") >= first)
    rows = rows.join(events, on="date", how="left").join(carried, on="date", how="left")
    rows = (
        rows.join(before, on="date", how="left")
        .sort("date")
        .with_columns(
            pl.col("divisor_events", "carried").fill_null([]),
            # Levels before ones that are already kept share the session after which the correction acts.
            pl.col("applied_after").backward_fill().fill_null(pl.lit(max(said.levels["date"]))),
            pl.col("kept_on").fill_null(pl.lit(found.on)),
            basis_points=None,
            total_return_basis_points=None,
        )
    )
    rows = rows.select(pl.col(name).cast(type_) for name, type_ in KEPT.items())
    return pl.concat([kept.filter(pl.col("date") < first), rows]).sort("date")


def _overlaid(computed: Levels, kept: pl.DataFrame) -> Levels:
    """Computed levels, replaced by the published ones on sessions that are kept."""
    stays = (
        kept.select(list(LEVELS)),
        _unnested(kept, "divisor_events", LEDGER),
        _unnested(kept, "carried", CARRIED),
    )
    given = (computed.levels, computed.ledger, computed.carried)
    elsewhere = ~pl.col("date").is_in(kept["date"].implode())
    levels, ledger, carried = (
        pl.concat([one.filter(elsewhere), other]).sort("date", maintain_order=True)
        for one, other in zip(given, stays, strict=True)
    )
    return Levels(levels, ledger, carried, computed.state)


def _unnested(kept: pl.DataFrame, column: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    rows = kept.select("index_code", "date", column).filter(pl.col(column).list.len() > 0)
    return rows.explode(column).unnest(column).select(pl.col(name).cast(type_) for name, type_ in schema.items())


def _measured(kept: pl.DataFrame, computed: pl.DataFrame) -> pl.DataFrame:
    """Kept levels with their distance, in basis points, from the levels that the current inputs give."""
    both = kept.join(computed.select("date", *PUBLISHED[:2]), on="date", how="left", suffix="_new")
    return both.with_columns(
        basis_points=basis_points("price_index"), total_return_basis_points=basis_points("total_return_index")
    ).select(list(KEPT))
