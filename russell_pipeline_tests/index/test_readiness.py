"""Protects what a coming review says of its inputs: files by leg, closes and rates by day, ready or missing."""

from __future__ import annotations

from datetime import date

import pytest

from russell_pipeline.index.definition import load_definition
from russell_pipeline.index.model import Review
from russell_pipeline.index.readiness import AvailableInputs, Need, readiness

_REVIEW = Review("2026-12", date(2026, 12, 2), date(2026, 12, 11), date(2026, 12, 14))
_CUTOFF, _IMPLEMENTED, _BEFORE = date(2026, 12, 2), date(2026, 12, 11), date(2026, 11, 20)
_DEFINITION = load_definition(
    """
    code: X
    name: x
    currency: USD
    base: {date: 2025-03-21, value: 1000}
    legs: [{component: C, units: 9}, {component: G, units: -1}]
    components: {C: {difference: [A, B]}}
    """,
    "X.yaml",
)
_BOTH = {"C": {"ONE", "TWO"}, "G": {"TWO"}}
_QUOTED = {"ONE": "USD", "TWO": "JPY"}


def _supplied(
    components: dict[str, set[str]],
    last_close: date | None = _BEFORE,
    quoted: dict[date, dict[str, str]] | None = None,
    rates: set[tuple[date, str]] | None = None,
    *,
    has_weights: bool = False,
) -> AvailableInputs:
    return AvailableInputs(
        components, last_close, quoted or {_BEFORE: {"ONE": "USD", "TWO": "USD"}}, rates or set(), has_weights
    )


_C, _G, _CLOSES, _RATES = "component C", "component G", "closes of the price cut-off", "rates of the price cut-off"


@pytest.mark.parametrize(
    ("supplied", "what", "on", "ready", "note"),
    [
        (_supplied({"C": {"ONE"}}), _C, None, True, "1 name"),
        (_supplied({"C": {"ONE"}}), _G, None, False, "landing/components/G/2026-12.csv"),
        (_supplied({"G": {"ONE"}}), _C, None, False, "landing/components/C/2026-12.csv, or files of A and B"),
        (_supplied({"A": {"ONE"}}), "component A", None, True, "1 name"),
        (_supplied({"A": {"ONE"}}), "component B", None, False, "landing/components/B/2026-12.csv"),
        (_supplied(_BOTH), _CLOSES, _CUTOFF, False, "the last are of 2026-11-20"),
        (
            _supplied(_BOTH, quoted={_BEFORE: {"ONE": "USD"}}),
            "closes of the last session",
            _BEFORE,
            False,
            "no close of TWO",
        ),
        (_supplied(_BOTH, None, {}), _CLOSES, _CUTOFF, False, "the lake has none"),
        (_supplied(_BOTH, quoted={_BEFORE: _QUOTED}), _RATES, _CUTOFF, False, "for JPY"),
        (_supplied(_BOTH, _CUTOFF, {_CUTOFF: {"ONE": "USD"}}), _CLOSES, _CUTOFF, False, "no close of TWO"),
        (_supplied(_BOTH, _CUTOFF, {_CUTOFF: {"ONE": "USD"}}, has_weights=True), _CLOSES, _CUTOFF, True, "of 1 name"),
        (_supplied(_BOTH, _CUTOFF, {_CUTOFF: _QUOTED}), _CLOSES, _CUTOFF, True, "of 2 names"),
        (_supplied(_BOTH, _CUTOFF, {_CUTOFF: _QUOTED}), _RATES, _CUTOFF, False, "for JPY"),
        (_supplied(_BOTH, _CUTOFF, {_CUTOFF: _QUOTED}, {(_BEFORE, "JPY")}), _RATES, _CUTOFF, False, "for JPY"),
        (_supplied(_BOTH, _CUTOFF, {_CUTOFF: _QUOTED}, {(_CUTOFF, "JPY")}), _RATES, _CUTOFF, True, "for JPY"),
        (
            _supplied(_BOTH, _CUTOFF, {_CUTOFF: _QUOTED}),
            "closes of the implementation",
            _IMPLEMENTED,
            False,
            "the last are of 2026-12-02",
        ),
    ],
)
def test_readiness_of_each_input(supplied: AvailableInputs, what: str, on: date | None, ready: bool, note: str) -> None:
    found = readiness(_DEFINITION, _REVIEW, supplied)
    assert (what, on, ready, note) in found.needs


@pytest.mark.parametrize(
    ("ready", "on", "state"),
    [
        (True, _IMPLEMENTED, "ready"), (True, None, "ready"), (False, None, "missing"),
        (False, _CUTOFF, "missing"), (False, _BEFORE, "missing"), (False, _IMPLEMENTED, "due"),
    ],
)  # fmt: skip
def test_need_of_later_day_is_due(ready: bool, on: date | None, state: str) -> None:
    assert Need("closes", on, ready, "").state(_CUTOFF) == state


def test_readiness_lists_unpriced_names_before_cutoff() -> None:
    for last, quoted, has_weights in (
        (_BEFORE, {"ONE": "USD", "TWO": "USD"}, False),
        (_CUTOFF, {}, False),
        (_BEFORE, {}, True),
    ):
        found = readiness(_DEFINITION, _REVIEW, _supplied(_BOTH, last, {last: quoted}, has_weights=has_weights))
        assert "closes of the last session" not in {need.what for need in found.needs}


@pytest.mark.parametrize(
    ("components", "ready"),
    [
        ({"C": {"ONE"}}, False),
        ({"A": {"ONE"}, "G": {"ONE"}}, False),
        ({"A": {"ONE"}, "B": {"TWO"}, "G": {"ONE"}}, True),
    ],
)
def test_components_ready_once_every_leg_has_files(components: dict[str, set[str]], ready: bool) -> None:
    assert readiness(_DEFINITION, _REVIEW, _supplied(components)).components_ready == ready


def test_readiness_ignores_names_outside_derived_component() -> None:
    supplied = _supplied({"A": {"ONE", "TWO"}, "B": {"TWO"}, "G": {"ONE"}}, _CUTOFF, {_CUTOFF: {"ONE": "USD"}})
    assert (_CLOSES, _CUTOFF, True, "of 1 name") in readiness(_DEFINITION, _REVIEW, supplied).needs


def test_readiness_of_dated_file_lists_day_once() -> None:
    review = Review("2026-12-02", _CUTOFF, _CUTOFF, date(2026, 12, 3))
    days = [need.on for need in readiness(_DEFINITION, review, _supplied(_BOTH)).needs if need.on]
    assert days == [_CUTOFF]
