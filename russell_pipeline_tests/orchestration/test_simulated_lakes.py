"""Protects lakes of simulated markets: symbols that are used again years later, from landing files to the last level."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.index.definition import shipped_definitions
from russell_pipeline.lake.landing import write_files
from russell_pipeline.simulation import parameters
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulate
from russell_pipeline_tests.orchestration.markets import land_market, market_lake, publish_indexes, refresh_market

FIRST, LAST, BASE = date(2004, 11, 20), date(2007, 6, 29), date(2004, 12, 17)
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(2, 11))]


@pytest.fixture
def symbols_come_back_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many suspensions without an end, and symbols used again, in three years as by default in decades."""
    monkeypatch.setattr(parameters, "SYMBOL_REUSE", 1.0)
    monkeypatch.setitem(parameters.RATES, "suspended_to_zero", 0.06)


@pytest.mark.slow
@pytest.mark.usefixtures("symbols_come_back_soon")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_simulated_lake_has_a_level_on_every_session(tmp_path: Path, seed: int) -> None:
    """From the middle of a year, so that names have left before the first file."""
    lake = market_lake(tmp_path)
    write_files(simulate(Simulation(FIRST, LAST, seed, names=64)), lake.landing)
    shipped = shipped_definitions()["RSCC9010"]
    told = shipped.model_copy(update={"base": shipped.base.model_copy(update={"date": BASE})})
    land_market(lake, "indexes/RSCC9010.yaml", told.model_dump_json(exclude_none=True))
    refresh_market(lake)
    publish_indexes(lake, LAST)
    runs = lake.read("index_runs")
    assert runs["state"].unique().to_list() == ["computed"], runs["reason"].drop_nulls().to_list()
    sessions = lake.read("sessions").filter(pl.col("is_session") & pl.col("date").is_between(BASE, LAST))
    assert lake.read("index_levels").sort("date")["date"].to_list() == sessions.sort("date")["date"].to_list()
