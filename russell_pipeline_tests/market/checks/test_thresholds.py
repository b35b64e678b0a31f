"""Thresholds are data with their reasons."""

from __future__ import annotations

from russell_pipeline.market.checks.thresholds import Thresholds
from russell_pipeline_tests.market.checks.made_period import GIVEN


def test_every_threshold_has_a_source_and_is_read() -> None:
    expected = Thresholds(base_currency="USD", move=0.4, stale_sessions=5, material_action=0.15, examples=5)
    assert expected == GIVEN
