"""Protects what a simulation is for: repeatable bytes, files that only grow, every kind of event, at full size."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from russell_pipeline.lake.landing import write_files as write
from russell_pipeline.simulation import parameters
from russell_pipeline.simulation.names import Symbols
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.prices import exponential, quoted
from russell_pipeline.simulation.simulate import simulate, simulated_years

SMALL = Simulation(date(2024, 1, 1), date(2025, 3, 31), seed=7, names=60)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def full() -> Mapping[str, pl.DataFrame]:
    """Two years at full size, as a fresh clone's."""
    return simulate(Simulation(date(2024, 1, 1), date(2025, 12, 31)))


def together(files: Mapping[str, pl.DataFrame], prefix: str) -> pl.DataFrame:
    return pl.concat([frame for path, frame in sorted(files.items()) if path.startswith(prefix)])


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    write(simulate(SMALL), tmp_path / "here")
    script = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from russell_pipeline.lake.landing import write_files as write\n"
        "from russell_pipeline.simulation.parameters import Simulation\n"
        "from russell_pipeline.simulation.simulate import simulate\n"
        "write(simulate(Simulation(date(2024, 1, 1), date(2025, 3, 31), seed=7, names=60)), Path(sys.argv[1]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], check=True, env=environment, timeout=120)
    assert digest(tmp_path / "here") == digest(tmp_path / "there")


def test_another_seed_gives_another_market() -> None:
    one, other = (simulate(Simulation(SMALL.first, SMALL.last, seed, 60)) for seed in (7, 8))
    assert not together(one, "market/closes").equals(together(other, "market/closes"))


@settings(max_examples=25)
@given(st.dates(date(2024, 2, 1), date(2025, 3, 30)))
def test_a_later_last_day_adds_rows_and_changes_none(last: date) -> None:
    """Else appending a day would restate history. Only the end of a suspension is told later."""
    shorter, longer = simulate(Simulation(SMALL.first, last, SMALL.seed, SMALL.names)), simulate(SMALL)
    assert shorter.keys() <= longer.keys()
    for path, frame in shorter.items():
        if "suspensions" in path:
            known = ["symbol", "suspended_on"]
            assert_frame_equal(frame.select(known), longer[path].select(known).head(frame.height))
        else:
            day = next((column for column in frame.columns if column in ("date", "discovered_on")), None)
            assert_frame_equal(frame, longer[path] if day is None else longer[path].filter(pl.col(day) <= last))


def test_a_new_day_touches_only_the_files_that_it_is_in(tmp_path: Path) -> None:
    write(simulate(Simulation(date(2023, 1, 1), date(2025, 3, 26), names=60)), tmp_path)
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in digest(tmp_path)}
    changed = write(simulate(Simulation(date(2023, 1, 1), date(2025, 3, 27), names=60)), tmp_path)
    names = {str(path.relative_to(tmp_path)) for path in changed}
    assert {"market/closes_2025-03.parquet", "market/fx_2025.csv"} <= names
    assert all("2025" in name and "components" not in name for name in names)
    assert all((tmp_path / path).stat().st_mtime_ns == then for path, then in before.items() if path not in names)
    assert write(simulate(Simulation(date(2023, 1, 1), date(2025, 3, 27), names=60)), tmp_path) == []


def test_files_hold_what_the_frames_do(tmp_path: Path) -> None:
    files = simulate(SMALL)
    write(files, tmp_path)
    for path, frame in files.items():
        read = (
            pl.read_parquet(tmp_path / path)
            if path.endswith(".parquet")
            else pl.read_csv(tmp_path / path, schema=frame.schema)
        )
        assert_frame_equal(read, frame, check_exact=True)


def test_years_in_turn_are_the_whole_and_share_no_file() -> None:
    years = list(simulated_years(SMALL))
    assert sum(map(len, years)) == len(simulate(SMALL))


def test_full_size_has_its_components_and_every_kind_of_event(full: Mapping[str, pl.DataFrame]) -> None:
    assert full["components/R3000/2024-06.csv"].height == 3000
    assert full["components/SP500/2024-06.csv"].height == 500
    assert full["components/RSCC/2024-06.csv"].height == 2500
    actions = together(full, "market/actions")
    counts = dict(actions["action"].value_counts().iter_rows())
    assert len(counts) == 11
    assert min(counts.values()) > 30
    splits = actions.filter(pl.col("action") == "split")
    assert splits.filter(pl.col("new") < pl.col("old")).height > 30
    assert actions.filter((pl.col("action") == "delete") & (pl.col("price") == 0)).height > 30
    assert together(full, "reference/symbol_changes").height > 30
    suspensions = together(full, "reference/suspensions")
    assert suspensions.filter(pl.col("resumed_on").is_null()).height > 3
    assert suspensions.filter(pl.col("resumed_on").is_not_null()).height > 30
    assert together(full, "reference/offerings").height > 10
    assert together(full, "market/closes")["currency"].n_unique() == 5
    restructurings = actions.filter(pl.col("action").is_in(["split", "special_dividend"]))
    assert restructurings.group_by("symbol", "date").len().filter(pl.col("len") == 2).height > 5


def test_what_happens_between_cut_off_and_implementation_is_there_too(full: Mapping[str, pl.DataFrame]) -> None:
    """Splits, deletions and new symbols of members there, names only in the short leg, and suspended members."""
    inside = pl.col("date").is_between(date(2024, 6, 20), date(2024, 6, 28))
    before = full["components/R3000/2024-03.csv"]
    actions = full["market/actions_2024.csv"].filter(inside).join(before, on="symbol")
    assert {"split", "delete", "ordinary_dividend", "shares"} <= set(actions["action"])
    assert not set(actions["action"]) & {"conversion", "spin_off", "rights"}
    assert full["components/R2000G/2024-06.csv"].join(full["components/SP500/2024-06.csv"], on="symbol").height > 0
    suspended = together(full, "reference/suspensions").filter(pl.col("resumed_on").is_not_null())
    implemented = pl.Series([date(2024, 3, 15), date(2024, 6, 28), date(2024, 9, 20), date(2024, 12, 20)])
    over = [
        suspended.filter((pl.col("suspended_on") <= day) & (pl.col("resumed_on") > day)).height for day in implemented
    ]
    assert sum(over) > 0


def test_components_change_as_reviews_do(full: Mapping[str, pl.DataFrame]) -> None:
    """June turns over a part of the R3000, quarters only add; the SP500 keeps most of its members."""
    members = {
        (code, review): set(full[f"components/{code}/{review}.csv"]["company_name"])
        for code in ("R3000", "SP500")
        for review in ("2024-03", "2024-06", "2024-09", "2024-12", "2025-03", "2025-06")
    }
    june = members["R3000", "2025-06"] - members["R3000", "2025-03"]
    september = members["R3000", "2024-09"] - members["R3000", "2024-06"]
    assert 30 < len(june) < 600
    assert 5 < len(september) < len(june) + 100
    assert len(members["SP500", "2024-06"] - members["SP500", "2025-06"]) < 120


def test_an_old_symbol_may_belong_to_a_new_company_years_later() -> None:
    """One symbol may be several companies over time: code that takes it for a key must be found out here."""
    files = simulate(Simulation(date(2005, 1, 1), date(2012, 12, 31), names=300))
    companies = together(files, "components/R3000").select("symbol", "company_name").unique()
    assert not companies["symbol"].is_unique().all()


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_suspension_has_its_end_or_a_deletion_in_the_files_unless_it_lasts(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Also from the middle of a year: else a symbol of who left before, used again, would be suspended still."""
    monkeypatch.setitem(parameters.RATES, "suspended_to_zero", 0.06)
    files = simulate(Simulation(date(2004, 11, 20), date(2005, 6, 30), seed, names=150))
    deleted = together(files, "market/actions").filter(action="delete")["symbol"]
    lasting = together(files, "reference/suspensions").filter(pl.col("resumed_on").is_null())
    sessions = together(files, "market/closes")["date"].unique()
    assert not lasting.is_empty()
    for symbol, begin in (
        lasting.filter(~pl.col("symbol").is_in(deleted.implode())).select("symbol", "suspended_on").iter_rows()
    ):
        assert sessions.filter(sessions >= begin).len() <= parameters.LONG_SUSPENSION, symbol


def test_without_foreign_names_all_is_in_the_base_currency() -> None:
    files = simulate(Simulation(SMALL.first, SMALL.last, 7, 60, foreign=0))
    assert set(together(files, "market/closes")["currency"]) == {"USD"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"first": date(1994, 12, 31)}, "1995"),
        ({"last": date(2023, 12, 31)}, "first <= last"),
        ({"names": 15}, "names 15"),
        ({"names": 20_000}, "names 20000"),
        ({"foreign": 1.1}, "foreign 1.1"),
        ({"volatility": -1.0}, "volatility -1.0"),
        ({"volatility": math.nan}, "volatility nan"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Simulation(**{"first": date(2024, 1, 1), "last": date(2024, 12, 31), **wrong})  # type: ignore[arg-type]


@given(st.floats(-7, 7))
def test_the_exponential_is_one(exponent: float) -> None:
    assert exponential(np.array([exponent]))[0] == pytest.approx(math.exp(exponent), rel=2e-4)


@given(st.floats(-0.1, 0.1))
def test_the_exponential_of_a_day_s_return_is_exact_enough(exponent: float) -> None:
    assert exponential(np.array([exponent]))[0] == pytest.approx(math.exp(exponent), rel=1e-9)


@pytest.mark.parametrize(
    ("price", "shown"), [(12.344, 12.34), (1.0, 1.0), (0.99996, 1.0), (0.12344, 0.1234), (0.00001, 0.0001)]
)
def test_quotes_are_in_cents_or_below_one_in_four_decimals(price: float, shown: float) -> None:
    assert quoted(np.array([price]))[0] == shown


def test_no_two_symbols_are_the_same() -> None:
    issued = Symbols().new(100_000)
    assert len(set(issued)) == 100_000
