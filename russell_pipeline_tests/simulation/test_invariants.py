"""Protects the simulated market's promise: whatever the seed, no file breaks the contract or contradicts another."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.simulation.parameters import CURRENCIES, Simulation
from russell_pipeline_tests.simulation.replay import COMPONENTS, Files, Row, holdings, theoretical

# RUSSELL_SIMULATIONS=200 for the long run.
SEEDS = range(int(os.environ.get("RUSSELL_SIMULATIONS", "16")))

COLUMNS = {
    "components/": ["symbol", "company_name", "currency", "shares", "free_float", "style_weight"],
    "market/closes": ["date", "symbol", "close", "currency"],
    "market/fx": ["date", "currency", "rate"],
    "market/actions": ["symbol", "date", "action", "new", "old", "amount", "price", "to_symbol"],
    "reference/suspensions": [
        "symbol", "suspended_on", "resumed_on", "resumption_announced_on", "replicable_market",
    ],
    "reference/offerings": ["symbol", "discovered_on", "announced_review", "shares"],
    "reference/symbol_changes": ["date", "old_symbol", "new_symbol"],
}  # fmt: skip
TERMS = {
    "ordinary_dividend": {"amount"},
    "special_dividend": {"amount"},
    "capital_repayment": {"amount"},
    "split": {"new", "old"},
    "scrip": {"new", "old"},
    "rights": {"new", "old", "price"},
    "conversion": {"to_symbol", "new", "old"},
    "spin_off": {"to_symbol", "new", "old", "price"},
    "shares": {"amount"},
    "free_float": {"amount"},
    "delete": {"price"},
}


@pytest.fixture(scope="module", params=SEEDS)
def files(request: pytest.FixtureRequest) -> Files:
    """A small market: one to three years from any since 1995, also from and to the middle of one."""
    draw = random.Random(request.param)
    first = date(draw.randint(1995, 2035), draw.choice([1, 1, draw.randint(1, 12)]), draw.randint(1, 28))
    last = date(first.year + draw.randint(1, 2), draw.randint(1, 12), draw.randint(1, 28))
    return Files(Simulation(first, last, request.param, draw.randint(16, 150), draw.random()))


def dated_reviews(files: Files) -> list[tuple[str, date, date, list[date]]]:
    """Each review with its implementation, its effective day and its price cut-offs."""
    sessions = nyse_sessions(last=date(2045, 12, 31))
    calendar = RuleCalendar(sessions)
    found = []
    for name in files.reviews:
        if len(name) == len("YYYY-MM"):
            implemented = calendar.day(name, "implementation")
            cutoffs = sorted({one.starts_on for one in calendar.dates(name, "price_cutoff")})
        else:
            implemented = date.fromisoformat(name)
            cutoffs = [implemented]
        found.append((name, implemented, sessions.next(implemented), cutoffs))
    return sorted(found, key=lambda one: one[1])


def test_every_file_is_one_of_the_contract_s_and_says_that_it_is_simulated(files: Files) -> None:
    for path, frame in files.frames.items():
        columns = next(columns for prefix, columns in COLUMNS.items() if path.startswith(prefix))
        assert frame.columns == [*columns, "simulated"], path
        assert frame["simulated"].all(), path
        assert frame.height, path
    assert files.table("market/closes").select(pl.exclude("simulated")).null_count().sum_horizontal().item() == 0


def test_closes_are_quotes_above_zero_on_sessions_one_a_name_and_day(files: Files) -> None:
    closes = files.table("market/closes")
    assert set(closes["date"]) == set(files.sessions)
    assert closes.select("date", "symbol").is_unique().all()
    ticks = pl.when(pl.col("close") < 1).then(pl.col("close").round(4)).otherwise(pl.col("close").round(2))
    assert closes.filter((pl.col("close") <= 0) | (pl.col("close") != ticks)).is_empty()
    assert set(closes["currency"]) <= set(CURRENCIES)


def test_a_name_trades_on_every_session_of_its_life_but_while_suspended(files: Files) -> None:
    """Each last close before a gap is explained: a delisting, a conversion, a new symbol or a suspension."""
    place, sessions = files.place, files.sessions
    delisted = {(row["symbol"], row["date"]) for row in files.of("delete")}
    converted = {(row["symbol"], row["date"]) for row in files.of("conversion")}
    renamed = {(row["old_symbol"], row["date"]) for row in files.renames}
    halted = {(row["symbol"], row["suspended_on"]) for row in files.rows_of_suspensions}
    resumed = {(row["symbol"], row["resumed_on"]) for row in files.rows_of_suspensions}
    days: dict[str, list[date]] = {}
    for day, symbol in sorted(files.closes):
        days.setdefault(symbol, []).append(day)
    for symbol, traded in days.items():
        for here, following in pairwise([*traded, None]):
            if here == sessions[-1] or (following is not None and place[following] == place[here] + 1):
                continue
            after = (symbol, sessions[place[here] + 1])
            assert (symbol, here) in delisted or after in converted | renamed | halted, (symbol, here)
            if after in halted and following is not None:
                assert (symbol, following) in resumed, (symbol, here, following)


def test_no_close_while_suspended(files: Files) -> None:
    for row in files.rows_of_suspensions:
        ends = row["resumed_on"] or date.max
        assert row["suspended_on"] < ends
        assert not [
            day for day in files.sessions if row["suspended_on"] <= day < ends and (day, row["symbol"]) in files.closes
        ]
        announced = row["resumption_announced_on"]
        assert announced is None or row["suspended_on"] <= announced < ends


def test_actions_are_on_sessions_of_names_that_trade_and_have_their_terms_and_no_other(files: Files) -> None:
    for row in files.actions:
        day, symbol = row["date"], row["symbol"]
        assert day in files.place, row
        assert {term for term in ("new", "old", "amount", "price", "to_symbol") if row[term] is not None} == TERMS[
            row["action"]
        ]
        assert all(row[term] > 0 for term in ("new", "old", "amount") if row[term] is not None), row
        assert row["price"] is None or row["price"] > 0 or (row["action"] == "delete" and row["price"] == 0)
        if row["action"] == "free_float":
            assert row["amount"] <= 1
        if row["action"] == "delete" and files.suspended(symbol, day):
            assert row["price"] == 0
        elif row["action"] != "conversion":
            assert (day, symbol) in files.closes, row
        if day != files.sessions[0] and not files.suspended(symbol, day):
            previous = files.sessions[files.place[day] - 1]
            assert (previous, files.symbol_before(symbol, previous, day)) in files.closes, row
        if row["to_symbol"] is not None:
            assert (day, row["to_symbol"]) in files.closes, row


def test_two_names_never_share_a_symbol(files: Files) -> None:
    """Nobody trades under a symbol before the session on which somebody takes it, nor after it was given up."""
    for row in files.renames:
        change = files.place[row["date"]]
        assert (row["date"], row["new_symbol"]) in files.closes
        assert (row["date"], row["old_symbol"]) not in files.closes
        if change:
            assert (files.sessions[change - 1], row["new_symbol"]) not in files.closes
            assert (files.sessions[change - 1], row["old_symbol"]) in files.closes
    for row in files.of("spin_off"):
        assert not any(
            (day, row["to_symbol"]) in files.closes for day in files.sessions[: files.place[row["date"]]][-5:]
        )
    for row in files.of("delete"):
        following = files.sessions[files.place[row["date"]] + 1 :][:5]
        assert not any((day, row["symbol"]) in files.closes for day in following)


def test_every_currency_has_a_rate_on_every_session(files: Files) -> None:
    rates = files.table("market/fx")
    assert set(rates.select("date", "currency").iter_rows()) == {
        (day, currency) for day in files.sessions for currency in CURRENCIES[1:]
    }
    assert rates.select("date", "currency").is_unique().all()
    assert (rates["rate"] > 0).all()


def test_components_are_what_their_names_say(files: Files) -> None:
    for review in files.reviews:
        r3000, sp500, rscc, r2000g = (files.component(code, review) for code in COMPONENTS)
        assert rscc.keys() == r3000.keys() - sp500.keys()
        assert sp500.keys() <= r3000.keys()
        assert r2000g.keys() <= r3000.keys()
        assert len(sp500) == min(files.wanted.sp500, len(r3000))
        assert all(0 < row["style_weight"] <= 1 for row in r2000g.values())
        for code in COMPONENTS:
            rows = files.frames[f"components/{code}/{review}.csv"]
            assert rows["symbol"].is_unique().all()
            for symbol, row in files.component(code, review).items():
                assert row["shares"] > 0
                assert 0 < row["free_float"] <= 1
                assert code == "R2000G" or row["style_weight"] == 1
                same = ("shares", "free_float", "currency", "company_name")
                assert [row[what] for what in same] == [r3000[symbol][what] for what in same]


def test_reviews_are_those_that_the_period_holds(files: Files) -> None:
    first, last = files.wanted.first, files.wanted.last
    calendar = RuleCalendar(nyse_sessions(last=date(2045, 12, 31)))
    names = (f"{year}-{month:02d}" for year in range(max(first.year, 2004), last.year + 1) for month in (3, 6, 9, 12))
    held = {
        name
        for name in names
        if min(one.starts_on for one in calendar.dates(name, "price_cutoff")) >= first
        and calendar.day(name, "implementation") <= last
    }
    assert {name for name in files.reviews if len(name) == len("YYYY-MM")} == held
    assert all(date.fromisoformat(name) in files.place for name in set(files.reviews) - held)


def test_members_have_a_close_at_every_cut_off_and_at_the_implementation_unless_suspended(files: Files) -> None:
    for review, implemented, effective, cutoffs in dated_reviews(files):
        for symbol in files.component("R3000", review):
            for cutoff in cutoffs:
                then = files.symbol_before(symbol, cutoff, effective)
                assert (cutoff, then) in files.closes, (review, symbol)
            now = files.symbol_before(symbol, implemented, effective)
            assert (implemented, now) in files.closes or files.suspended(now, implemented), (review, symbol)


@pytest.mark.parametrize("component", COMPONENTS)
def test_holdings_can_be_carried_through_every_action_from_review_to_review(files: Files, component: str) -> None:
    """No conversion into a held name, and the next file's shares are those carried along, or an update of 1% to 8%."""
    reviews = dated_reviews(files)
    held_before = holdings(
        files, component, [(review, implemented, effective) for review, implemented, effective, _ in reviews]
    )
    for (review, held), (_, implemented, effective, _) in zip(held_before, reviews[1:], strict=True):
        if implemented.month == 6 or (implemented.month == 12 and implemented.year >= 2026):
            continue  # a reconstitution brings in updates of any size
        file = files.component(component, review)
        stays = {files.symbol_before(symbol, implemented, effective) for symbol in file}
        assert component != "R3000" or held.keys() <= stays, "a quarterly review removes no member"
        for symbol, row in file.items():
            before = held.get(files.symbol_before(symbol, implemented, effective))
            if before is not None and not any(one["to_symbol"] == symbol for one in files.of("conversion")):
                change = abs(row["shares"] - before)
                assert change <= 3 or 0.0099 * before < change < 0.08 * before, (review, row, before)


@pytest.mark.slow
def test_prices_move_by_the_theoretical_ratio_of_the_actions_and_by_nothing_else() -> None:
    """Without volatility each close follows from the one before, to the half tick of both and of the amounts."""
    kinds: Counter[str] = Counter()
    for seed in range(3):
        files = Files(Simulation(date(2024, 1, 1), date(2025, 12, 31), seed, 400, volatility=0))
        actions: dict[tuple[date, str], list[Row]] = {}
        for row in files.actions:
            actions.setdefault((row["date"], row["symbol"]), []).append(row)
        for day, previous in zip(files.sessions[1:], files.sessions, strict=False):
            renamed = {row["new_symbol"]: row["old_symbol"] for row in files.renames if row["date"] == day}
            for symbol in (
                [symbol for on, symbol in files.closes if on == day]
                if (day.day % 7 == 0)
                else {symbol for on, symbol in actions if on == day}
            ):
                before = files.closes.get((previous, renamed.get(symbol, symbol)))
                here = actions.get((day, symbol), [])
                now = files.closes.get((day, symbol))
                if before is None or now is None:
                    continue
                kinds.update(row["action"] for row in here)
                expected = theoretical(before, here)
                ratio = next((row["old"] / row["new"] for row in here if row["action"] == "split"), 1.0)
                spun = next((row["new"] / row["old"] for row in here if row["action"] == "spin_off"), 0.0)
                tick = 0.005 if before >= 1 else 0.00005
                tolerance = 0.0051 * (now >= 1) + 0.000051 + tick * ratio + 0.0051 * spun + 0.0051 * (len(here) > 0)
                assert now == pytest.approx(expected, abs=tolerance), (day, symbol, before, now, here)
    assert {"split", "scrip", "rights", "spin_off", "special_dividend", "capital_repayment"} <= kinds.keys()


def test_what_succeeds_a_name_begins_where_the_terms_put_it() -> None:
    """Without volatility a child closes at its price, and a conversion at p * old / new."""
    seen: Counter[str] = Counter()
    for seed in range(3):
        files = Files(Simulation(date(2024, 1, 1), date(2025, 12, 31), seed, 400, volatility=0))
        for row in files.of("spin_off", "conversion"):
            if row["date"] == files.sessions[0]:
                continue
            close = files.closes[row["date"], row["to_symbol"]]
            if row["action"] == "spin_off":
                assert close == row["price"]
            else:
                previous = files.sessions[files.place[row["date"]] - 1]
                before = files.closes[previous, files.symbol_before(row["symbol"], previous, row["date"])]
                # The ratio of a merger is told to four decimals.
                inexact = 0.0 if row["old"] != 1 else 0.00005 * close / row["new"]
                assert close == pytest.approx(before * row["old"] / row["new"], abs=0.0102 + inexact)
            seen[row["action"]] += 1
    assert min(seen["spin_off"], seen["conversion"]) > 10
