"""Corrects published levels whose inputs turn out wrong: restates them, or leaves them and corrects from the next session on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.index import levels as engine
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import LEDGER, LEVELS, STALE_PRICES, LevelInputs, Levels

# The published values of a level; the rest of its row follows from these and the inputs.
PUBLISHED = ("price_index", "total_return_index", "divisor")
_DISPLAYED = ("price_index_8dp", "total_return_index_8dp")
# Relative difference that the order of additions may make, in another release or on another processor.
_ROUNDING = 1e-12
CORRECTION = "correction"
_EVENTS = tuple(name for name in LEDGER if name not in ("index_code", "date"))
_STALE_PRICES = tuple(name for name in STALE_PRICES if name not in ("index_code", "date"))
# Levels that stay as published: what was published for each session, since when they stay and why, and how far the corrected
# inputs are from them.
UNCORRECTED_LEVELS = {
    **LEVELS,
    "divisor_events": pl.List(pl.Struct({name: LEDGER[name] for name in _EVENTS})),
    "carried": pl.List(pl.Struct({name: STALE_PRICES[name] for name in _STALE_PRICES})),
    "applied_after": pl.Date(),
    "kept_on": pl.Date(),
    "reason": pl.String(),
    "basis_points": pl.Float64(),
    "total_return_basis_points": pl.Float64(),
}


class PublishedLevels(NamedTuple):
    """What was published for an index over some sessions (columns `LEVELS`, `LEDGER`, `STALE_PRICES`)."""

    levels: pl.DataFrame
    ledger: pl.DataFrame
    stale_prices: pl.DataFrame


class Correction(NamedTuple):
    """When corrected inputs were found; `age` gives for a session the number of sessions since it was published.

    `restated_before` says whether the correction restated the previous year, which these sessions continue.
    """

    found_on: date
    age: Callable[[date], int]
    restated_before: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """A session whose closing level stays as published, and from which the corrected index continues.

    `divisor` is the one at the end of the session.
    """

    date: date
    price_index: float
    total_return_index: float
    divisor: float


def anchors(uncorrected: pl.DataFrame) -> list[Anchor]:
    """The sessions after which corrections act, in order; `uncorrected` (columns `UNCORRECTED_LEVELS`) is of one index."""
    last_uncorrected = uncorrected.filter(pl.col("date") == pl.col("applied_after")).sort("date")
    found = []
    for row in last_uncorrected.iter_rows(named=True):
        events = row["divisor_events"]
        divisor = events[-1]["divisor_after"] if events else row["divisor"]
        found.append(Anchor(row["date"], row["price_index"], row["total_return_index"], divisor))
    return found


def run_anchored(inputs: LevelInputs, state: IndexState | None, *, anchored: Sequence[Anchor]) -> Levels:
    """The levels calculated from inputs, reset to the published level at each anchor; without anchors, those of `levels.run`.

    After an anchor the divisor absorbs the difference, so that the index does not move by it: the next session has the return of
    the corrected inputs. The ledger has the change as a `correction` at that session's open. An anchor on the day of `state`
    applies before the first session after it. Raises IndexRefusal as `levels.run` does.
    """
    definition, market, baskets, sessions = inputs.definition, inputs.market, inputs.baskets, inputs.sessions
    within = [one for one in anchored if sessions[0] <= one.date <= sessions[-1]]
    if not within:
        return engine.run(definition, market, baskets, sessions, state, prepared=inputs.prepared)
    parts: list[Levels] = []
    begin, last = 0, None
    for anchor in [*within, None]:
        end = sessions.index(anchor.date) + 1 if anchor else len(sessions)
        if begin < end:
            part = engine.run(definition, market, baskets, sessions[begin:end], state)
            parts.append(_with_correction_event(part, last, state) if last and state else part)
            state, begin, last = parts[-1].state, end, None
        if anchor and state:
            last = anchor
            state = replace(
                state,
                divisor=state.divisor * (state.price_index / anchor.price_index),
                price_index=anchor.price_index,
                total_return_index=anchor.total_return_index,
            )
    levels, ledger, stale_prices = (
        pl.concat(getattr(part, name) for part in parts) for name in PublishedLevels._fields
    )
    return Levels(levels, ledger, stale_prices, state or parts[-1].state)


def _with_correction_event(levels: Levels, anchor: Anchor, state: IndexState) -> Levels:
    """Levels after an anchor, with the correction as the first event in the ledger."""
    if levels.levels.is_empty():
        return levels
    first = min(levels.levels["date"])
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
    ledger = pl.concat([pl.DataFrame([event], LEDGER), levels.ledger]).with_columns(pl.col("ordinal") + later)
    return replace(levels, ledger=ledger)


def apply_corrections(
    definition: Definition,
    published: PublishedLevels,
    uncorrected: pl.DataFrame,
    calculate: Callable[[Sequence[Anchor]], Levels],
    correction: Correction,
) -> tuple[Levels, pl.DataFrame]:
    """Decide by the policy `corrections` which published levels are restated (Ground Rules of the 90/10, 3.6.1).

    Either levels are recalculated from the first session to be restated, or published levels stay and the correction acts from
    the session after the last of them. Sessions that continue a restated year are restated too, so that the index does not jump
    at the turn of the year. The same inputs and history give the same result.

    Parameters
    ----------
    definition
        The index, with its policy and the limits of it.
    published
        What was published for these sessions.
    uncorrected
        The levels that stayed as published at earlier corrections (columns `UNCORRECTED_LEVELS`).
    calculate
        Gives the levels of the inputs that hold now for given anchors (`run_anchored`).
    correction
        When the corrected inputs were found.

    Returns
    -------
    tuple of Levels and DataFrame
        The levels to publish, and those of them that stay as published although the corrected inputs give others (columns
        `UNCORRECTED_LEVELS`). The reason of a level that newly stays is null: the caller knows what changed.

    Raises
    ------
    IndexRefusal
        Where `calculate` does.
    """
    if correction.restated_before:
        return calculate([]), uncorrected.clear()
    calculated = calculate(anchors(uncorrected))
    compared = _compare(published, calculated, uncorrected)
    first = _restated_from(definition, compared, correction)
    if first is not None:
        dropped = uncorrected.filter(pl.col("applied_after") >= first)
        if dropped.height:
            uncorrected = uncorrected.filter(pl.col("applied_after") < first)
            calculated = calculate(anchors(uncorrected))
    elif (new := compared.filter("differs", ~pl.col("uncorrected"))).height:
        uncorrected = _uncorrected_from(min(new["date"]), published, uncorrected, correction)
        calculated = calculate(anchors(uncorrected))
    if uncorrected.is_empty():
        return calculated, uncorrected
    return _with_uncorrected(calculated, uncorrected), _with_distances(uncorrected, calculated.levels)


def _compare(published: PublishedLevels, calculated: Levels, uncorrected: pl.DataFrame) -> pl.DataFrame:
    """For each published session: whether the inputs give another level, by how many basis points, and whether it stayed."""
    before = _with_last_divisor(published.levels, published.ledger)
    now = _with_last_divisor(calculated.levels, calculated.ledger)
    both = before.join(now, on="date", how="left", suffix="_new")
    return both.select(
        "date",
        differs=differs() | _differs("last_divisor", "_new"),
        basis_points=pl.max_horizontal(basis_points(name).abs() for name in PUBLISHED[:2]),
        uncorrected=pl.col("date").is_in(uncorrected["date"].implode()),
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


def _with_last_divisor(levels: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Levels with the divisor after each session, in the column `last_divisor`; it includes events after the close."""
    last = ledger.sort("date", "ordinal").group_by("date").agg(last_divisor=pl.col("divisor_after").last())
    return levels.join(last, on="date", how="left").with_columns(pl.col("last_divisor").fill_null(pl.col("divisor")))


def basis_points(name: str) -> pl.Expr:
    """The difference of a column with the suffix `_new` from the one without, in basis points."""
    return (pl.col(f"{name}_new") / pl.col(name) - 1) * 10_000


def _restated_from(definition: Definition, compared: pl.DataFrame, correction: Correction) -> date | None:
    """The first session that the policy on corrections restates; None if all stay as published."""
    limits = definition.correction_limits
    changed = compared.filter("differs")
    new = changed.filter(~pl.col("uncorrected"))
    match definition.policies.corrections:
        case "restate":
            restated = changed
        case "material":
            # A level that no longer exists is material whatever the limit.
            off = changed.filter(pl.col("basis_points").fill_null(float("inf")) >= limits.basis_points)
            restated = pl.concat([off, new]) if off.height else off
        case "recent":
            recent = new.height and correction.age(min(new["date"])) <= limits.sessions
            restated = new if recent else new.clear()
        case _:
            restated = changed.clear()
    return min(restated["date"], default=None)


def _uncorrected_from(
    first: date, published: PublishedLevels, uncorrected: pl.DataFrame, correction: Correction
) -> pl.DataFrame:
    """The levels that stay: those before the session `first` that stayed before, and all published levels from it on."""
    events = published.ledger.sort("date", "ordinal").group_by("date").agg(divisor_events=pl.struct(_EVENTS))
    stale = published.stale_prices.sort("date", "symbol").group_by("date").agg(carried=pl.struct(_STALE_PRICES))
    before = uncorrected.select("date", "applied_after", "kept_on", "reason")
    rows = published.levels.filter(pl.col("date") >= first)
    rows = rows.join(events, on="date", how="left").join(stale, on="date", how="left")
    rows = (
        rows.join(before, on="date", how="left")
        .sort("date")
        .with_columns(
            pl.col("divisor_events", "carried").fill_null([]),
            # Levels before ones that already stay share the session after which the correction acts.
            pl.col("applied_after").backward_fill().fill_null(pl.lit(max(published.levels["date"]))),
            pl.col("kept_on").fill_null(pl.lit(correction.found_on)),
            basis_points=None,
            total_return_basis_points=None,
        )
    )
    rows = rows.select(pl.col(name).cast(type_) for name, type_ in UNCORRECTED_LEVELS.items())
    return pl.concat([uncorrected.filter(pl.col("date") < first), rows]).sort("date")


def _with_uncorrected(calculated: Levels, uncorrected: pl.DataFrame) -> Levels:
    """Calculated levels, replaced by the published ones on sessions that stay uncorrected."""
    published = (
        uncorrected.select(list(LEVELS)),
        _unnested(uncorrected, "divisor_events", LEDGER),
        _unnested(uncorrected, "carried", STALE_PRICES),
    )
    frames = (calculated.levels, calculated.ledger, calculated.stale_prices)
    elsewhere = ~pl.col("date").is_in(uncorrected["date"].implode())
    levels, ledger, stale_prices = (
        pl.concat([one.filter(elsewhere), other]).sort("date", maintain_order=True)
        for one, other in zip(frames, published, strict=True)
    )
    return Levels(levels, ledger, stale_prices, calculated.state)


def _unnested(uncorrected: pl.DataFrame, column: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    rows = uncorrected.select("index_code", "date", column).filter(pl.col(column).list.len() > 0)
    return rows.explode(column).unnest(column).select(pl.col(name).cast(type_) for name, type_ in schema.items())


def _with_distances(uncorrected: pl.DataFrame, calculated: pl.DataFrame) -> pl.DataFrame:
    """Levels that stay, with their distance in basis points from the levels that the current inputs give."""
    both = uncorrected.join(calculated.select("date", *PUBLISHED[:2]), on="date", how="left", suffix="_new")
    return both.with_columns(
        basis_points=basis_points("price_index"), total_return_basis_points=basis_points("total_return_index")
    ).select(list(UNCORRECTED_LEVELS))
