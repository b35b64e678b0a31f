"""Which names each component holds after a review, with what shares and float: ranks, breaks, buffers, thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.simulation import parameters
from russell_pipeline.simulation.names import Names, growth
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.prices import Floats, exponential

Flags = NDArray[np.bool_]

COMPONENTS = ("R3000", "SP500", "RSCC", "R2000G")


def review_members(names: Names, capitalisation: Floats, stays: Flags, recent: Flags | None, sizes: Simulation) -> None:
    """Set the members after a review. `capitalisation` is that of rank day, 0 for names not listed then.

    `stays` are the names still there after the implementation. A reconstitution (`recent` is None) takes the largest names. Other
    reviews keep the members that stay, including those that joined through an action, and add `recent` listings larger than the
    smallest member.
    """
    order = np.argsort(-capitalisation, kind="stable")
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    present = stays & (capitalisation > 0)
    if recent is None:
        largest = order[present[order]]
        names["r3000"] = np.isin(np.arange(len(names)), largest[: sizes.r3000])
        names["small"] = np.isin(np.arange(len(names)), largest[sizes.r1000 : sizes.r3000])
    else:
        members = names["r3000"] & present
        smallest = capitalisation[members].min(initial=np.inf)
        added = present & recent & ~members & (capitalisation > smallest)
        names["r3000"] = members | added
        names["small"] = np.where(added, rank >= sizes.r1000, names["small"])
    names["small"] &= names["r3000"]
    names["sp500"] = _chosen(names, capitalisation, sizes.sp500)


def _chosen(names: Names, capitalisation: Floats, size: int) -> Flags:
    """The SP500: R3000 members by size and a committee's taste. A member stays while its rank is within the buffer."""
    order = np.argsort(-capitalisation * names["taste"] * names["r3000"], kind="stable")[: names["r3000"].sum()]
    staying = names["sp500"][order] & (np.arange(len(order)) < parameters.BUFFER * size)
    chosen = np.concatenate([order[staying], order[~staying]])[:size]
    return np.isin(np.arange(len(names)), chosen)


def review_shares(names: Names, reconstitution: bool, rng: np.random.Generator) -> None:
    """Bring in the companies' own shares and floats: all at a reconstitution, else those that moved enough. Also styles."""
    count = len(names)
    names["true_shares"] *= exponential(0.012 * rng.standard_normal(count))
    names["true_float"] = (names["true_float"] + 0.015 * rng.standard_normal(count)).clip(0.05, 1)
    moved = reconstitution | (
        abs(names["true_shares"] - names["shares"]) > parameters.SHARES_THRESHOLD * names["shares"]
    )
    names["shares"] = np.where(moved, np.maximum(np.round(names["true_shares"]), 1), names["shares"])
    floated = reconstitution | (abs(names["true_float"] - names["free_float"]) > parameters.FLOAT_THRESHOLD)
    names["free_float"] = np.where(floated, np.round(names["true_float"], 4), names["free_float"])
    restyled, styles = rng.random(count) < 0.15, growth(count, rng)
    if reconstitution:
        names["growth"] = np.where(restyled, styles, names["growth"])


def members(names: Names, component: str) -> Flags:
    """The names that a component holds, as flags."""
    r3000, sp500 = names["r3000"], names["sp500"]
    flags: dict[str, Flags] = {
        "R3000": r3000,
        "SP500": sp500,
        "RSCC": r3000 & ~sp500,
        "R2000G": names["small"] & (names["growth"] > 0),
    }
    return flags[component]
