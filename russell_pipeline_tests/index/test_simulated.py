"""Protects the way from a simulated market to levels: two years of the 90/10 with every kind of event, each day explained."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.index.definition import Definition, shipped_definitions
from russell_pipeline.index.explain import explain
from russell_pipeline.index.levels import Levels, run
from russell_pipeline.index.model import ACTIONS, SUSPENSIONS, SYMBOL_CHANGES, Market
from russell_pipeline.index.reviews import review_of
from russell_pipeline.index.weights import review_weights
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulate

FROM_ONE_STATE = 10  # sessions
FIRST, LAST = date(2023, 1, 3), date(2025, 6, 30)


class Simulated:
    """The 90/10 over a simulated market."""

    def __init__(self, seed: int = 4, **policies: str) -> None:
        files = simulate(Simulation(FIRST, LAST, seed, names=500))

        def frames(prefix: str, schema: dict[str, pl.DataType] | None = None) -> pl.DataFrame:
            found = [frame for path, frame in sorted(files.items()) if path.startswith(prefix)]
            return pl.concat(found) if found else pl.DataFrame(schema=schema)

        self.market = Market(
            frames("market/closes"),
            frames("market/fx"),
            frames("market/actions", ACTIONS),
            frames("reference/suspensions", SUSPENSIONS),
            frames("reference/symbol_changes", SYMBOL_CHANGES),
        )
        calendar = RuleCalendar(nyse_sessions())
        shipped = shipped_definitions()["RSCC9010"]
        base = shipped.base.model_copy(update={"date": date(2023, 4, 3)})
        self.definition: Definition = shipped.model_copy(
            update={"base": base, "policies": shipped.policies.model_copy(update=policies)}
        )
        names = sorted({path.split("/")[2].removesuffix(".csv") for path in files if path.startswith("components/")})
        self.files = files
        self.weights = pl.concat(
            review_weights(
                self.definition,
                review_of(self.definition, name, calendar),
                {code: files[f"components/{code}/{name}.csv"] for code in self.components},
                self.market,
            )
            for name in names
        )
        self.sessions = calendar.sessions.between(FIRST, LAST)
        self.result: Levels = run(self.definition, self.market, self.weights, self.sessions)

    components = ("RSCC", "R2000G")


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return Simulated()


def test_simulated_market_has_every_kind_of_event_and_level(simulated: Simulated) -> None:
    result = simulated.result
    events = set(result.ledger["event"].str.replace(r" .*", ""))
    wanted = {
        "split",
        "scrip",
        "special_dividend",
        "capital_repayment",
        "rights",
        "spin_off",
        "conversion",
        "shares",
        "free_float",
        "delete",
    }
    assert {*wanted, "review", "base"} <= events
    assert result.levels["date"].to_list() == [
        day for day in simulated.sessions if day >= simulated.definition.base.date
    ]
    assert result.levels["price_index"].min() > 0
    assert (result.stale_prices["reason"] == "suspended").all()
    assert result.stale_prices.height > 0
    moves = (result.levels["price_index"] / result.levels["price_index"].shift() - 1).abs()
    assert moves.max() < 0.2, "an event that is applied on one side only shows as a jump"


def test_derived_component_gives_same_weights(simulated: Simulated) -> None:
    """RSCC as the difference of R3000 and SP500, member by member."""
    told, market = simulated.definition, simulated.market
    name = simulated.weights["review"][0]
    codes = ("R3000", "SP500", "R2000G")
    parts = {code: simulated.files[f"components/{code}/{name}.csv"] for code in codes}
    derived = review_weights(told, review_of(told, name, RuleCalendar(nyse_sessions())), parts, market)
    assert derived.equals(simulated.weights.filter(pl.col("review") == name))


@pytest.mark.slow
def test_explain_accounts_for_every_simulated_day(simulated: Simulated) -> None:
    """To 1e-9 of the level, on the sessions of a year and a half after the base; dividend points to those of the day."""
    result = simulated.result
    days = [day for day in result.levels["date"].to_list()[1:] if day < date(2024, 7, 15)]
    assert len(days) > 300
    kinds = result.ledger.with_columns(pl.col("event").str.replace(r" .*", "")).filter(pl.col("event") != "base")
    assert set(kinds.filter(pl.col("date").is_in(days))["event"]) == set(kinds["event"]), "every kind is explained"
    levels = {row["date"]: row for row in result.levels.to_dicts()}
    definition, weights, whole = simulated.definition, simulated.weights, simulated.market
    base = simulated.sessions.index(definition.base.date)
    state = run(definition, whole, weights, simulated.sessions[: base + 1]).state
    for at in range(0, len(days), FROM_ONE_STATE):
        some = days[at : at + FROM_ONE_STATE]
        between = pl.col("date").is_between(some[0], some[-1])
        market = replace(whole, closes=whole.closes.filter(between), actions=whole.actions.filter(between))
        for day in some:
            told = explain(definition, market, weights, some, state, day=day)
            row = levels[day]
            moved = told.parts()["contribution"].sum()
            assert told.level == row["price_index"]
            assert moved == pytest.approx(told.level - told.level_before, abs=1e-9 * told.level)
            effects = told.names["price_effect"] + told.names["currency_effect"]
            assert effects.to_list() == pytest.approx(told.names["contribution"].to_list())
            assert told.names["dividend_points"].sum() == pytest.approx(row["dividend_points"], abs=1e-9)
            assert (
                told.events.select("event", "symbol").rows()
                == result.ledger.filter(pl.col("date") == day).select("event", "symbol").rows()
            )
        state = run(definition, market, weights, some, state).state


def test_run_year_by_year_gives_same_bits(simulated: Simulated) -> None:
    state, levels = None, []
    for year in (2023, 2024, 2025):
        sessions = [day for day in simulated.sessions if day.year == year]
        result = run(simulated.definition, simulated.market, simulated.weights, sessions, state)
        state = result.state
        levels.append(result.levels)
    assert pl.concat(levels).equals(simulated.result.levels)
