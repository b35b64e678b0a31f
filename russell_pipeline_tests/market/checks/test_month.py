"""Each check of a month finds what it is for, and nothing in a month in order; one break of it breaks its test."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.index.model import SYMBOL_CHANGES
from russell_pipeline.index.renames import Renames
from russell_pipeline.market.checks.month import (
    Month,
    Noticed,
    check_month,
    closed_sessions,
    former_symbols,
    missing_closes,
    missing_rates,
    price_moves,
    splits_and_shares,
    stale_prices,
)
from russell_pipeline.market.checks.thresholds import Thresholds, thresholds
from russell_pipeline.market.ex_price import ex_price
from russell_pipeline.market.spelling import preferred_symbols, spelled_as

GIVEN = thresholds()
DAYS = [date(2024, 5, 20) + timedelta(days=n) for n in range(12)]
HOLIDAY = date(2024, 5, 27)
SESSIONS = [day for day in DAYS if day.weekday() < 5 and day != HOLIDAY]
APRIL = [date(2024, 4, 29), date(2024, 4, 30)]
TERMS = {"new": pl.Float64, "old": pl.Float64, "amount": pl.Float64, "price": pl.Float64, "to_symbol": pl.String}
ACTIONS = {"symbol": pl.String, "date": pl.Date, "action": pl.String, **TERMS, "file": pl.String, "row": pl.Int64}


def _closes(rows: list[tuple[date, str, float]], currency: str = "USD") -> pl.DataFrame:
    schema = {"date": pl.Date, "symbol": pl.String, "close": pl.Float64}
    return pl.DataFrame(rows, schema, orient="row").with_columns(currency=pl.lit(currency), simulated=pl.lit(False))


def _actions(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), ACTIONS)


def _members(*symbols: str, computed: bool = True, until: date | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [("R2000", symbol, date(2024, 3, 15), until, False, computed) for symbol in symbols],
        schema={"index_code": pl.String, "symbol": pl.String, "valid_from": pl.Date, "valid_to": pl.Date,
                "simulated": pl.Boolean, "computed": pl.Boolean},
        orient="row",
    )  # fmt: skip


def _uses(*rows: tuple[str, str], of: str = "R2000") -> pl.DataFrame:
    """The definitions that use a component: the currency and the policy on missing prices of each."""
    schema = {"index_code": pl.String, "currency": pl.String, "missing_price": pl.String}
    return pl.DataFrame([(of, *row) for row in rows], schema, orient="row")


def _changes(*rows: tuple[date, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), SYMBOL_CHANGES, orient="row")


def _empty(**columns: pl.DataType | type[pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=columns)


def _prices(symbol: str, first: float = 100.0) -> list[tuple[date, str, float]]:
    """A price on every session that moves a little each day."""
    return [(day, symbol, first + n) for n, day in enumerate(APRIL + SESSIONS)]


def _month(**changes: object) -> Month:
    """May 2024 from the 20th on, two names in order."""
    month = Month(
        month="2024-05",
        begins_on=SESSIONS[0],
        ends_on=DAYS[-1],
        closes=_closes([*_prices("AAA"), *_prices("BBB", 50)]),
        actions=_actions(),
        changed=Renames(_changes()).changed(),
        fx=_empty(date=pl.Date, currency=pl.String, into=pl.String),
        sessions=pl.DataFrame(
            [(day, day in SESSIONS, "Memorial Day" if day == HOLIDAY else None) for day in DAYS],
            schema={"date": pl.Date, "is_session": pl.Boolean, "holiday": pl.String},
            orient="row",
        ),
        members=_members("AAA", "BBB"),
        uses=_uses(),
        suspensions=_empty(
            symbol=pl.String, suspended_on=pl.Date, resumed_on=pl.Date, stated_end=pl.Date, file=pl.String, row=pl.Int64
        ),
        blocked=_empty(symbol=pl.String, date=pl.Date),
        reviewed=_empty(
            index_code=pl.String, symbol=pl.String, before=pl.Float64, after=pl.Float64, since=pl.Date, until=pl.Date
        ),
        share_actions=_empty(symbol=pl.String, date=pl.Date, action=pl.String, new=pl.Float64, old=pl.Float64),
    )
    return dataclasses.replace(month, **changes)  # type: ignore[arg-type]


def _without(symbol: str, *days: date) -> pl.DataFrame:
    return _month().closes.filter(~((pl.col("symbol") == symbol) & pl.col("date").is_in(days)))


def _with(symbol: str, day: date, close: float) -> pl.DataFrame:
    changed = (pl.col("symbol") == symbol) & (pl.col("date") >= day)
    return _month().closes.with_columns(pl.when(changed).then(close).otherwise("close").alias("close"))


def test_a_month_in_order_has_no_finding() -> None:
    assert check_month(_month(), GIVEN) == []


# --- missing closes ---------------------------------------------------------------------------------------------------


def test_a_member_without_a_close_is_an_error_for_an_index_that_is_computed() -> None:
    [found] = missing_closes(_month(closes=_without("BBB", SESSIONS[3])), GIVEN)
    says = f"R2000, 2024-05: 1 close of 1 member missing on 1 session: BBB on {SESSIONS[3]}"
    assert found == Noticed("error", "R2000", says)
    published = _month(closes=_without("BBB", SESSIONS[3]), members=_members("BBB", computed=False))
    assert [one.severity for one in missing_closes(published, GIVEN)] == ["warning"]


@pytest.mark.parametrize(
    ("policies", "severity", "on_an_empty_session"),
    [
        (("error",), "error", "error"),
        (("carry",), "warning", "warning"),
        (("drop",), "warning", "error"),  # nothing is left of the index
        (("carry", "error"), "error", "error"),
        (("carry", "drop"), "warning", "error"),
        ((), "error", "error"),  # no definition uses the component yet
    ],
)
def test_a_missing_close_is_an_error_only_where_an_index_is_refused_for_want_of_it(
    policies: tuple[str, ...], severity: str, on_an_empty_session: str
) -> None:
    uses = _uses(*(("USD", policy) for policy in policies))
    [found] = missing_closes(_month(closes=_without("BBB", SESSIONS[3]), uses=uses), GIVEN)
    assert found.severity == severity
    empty = _month().closes.filter(pl.col("date") != SESSIONS[2])
    [found] = missing_closes(_month(closes=empty, uses=uses), GIVEN)
    assert found.severity == on_an_empty_session


@pytest.mark.parametrize(("symbols", "missing"), [(("A-AA",), None), (("AAA", "A-AA"), "A-AA")])
def test_a_close_under_another_spelling_is_not_missed(symbols: tuple[str, ...], missing: str | None) -> None:
    """Unless both spellings are members: then they are two securities."""
    found = list(missing_closes(_month(members=_members(*symbols)), thresholds()))
    assert ["missing on" in one.message and str(missing) in one.message for one in found] == [True] * bool(missing)


def test_a_close_of_the_other_of_two_that_are_quoted_side_by_side_is_no_close() -> None:
    """BFA and BF.A are two securities where both are quoted, also when only one of them is a member."""
    quoted = pl.concat([_without("BBB", SESSIONS[3]), _closes(_prices("BB.B", 70))])
    [found] = missing_closes(_month(closes=quoted), GIVEN)
    assert found.message.endswith(f"BBB on {SESSIONS[3]}")


def test_a_close_is_missed_only_while_a_member_trades() -> None:
    closes = _without("BBB", *SESSIONS[3:])
    left = _members("AAA", "BBB").with_columns(valid_to=pl.lit(SESSIONS[3]))
    assert not [*missing_closes(_month(closes=closes, members=left), GIVEN)]
    halted = pl.DataFrame({"symbol": ["BBB"], "suspended_on": [SESSIONS[3]], "resumed_on": [SESSIONS[5]]})
    [found] = missing_closes(_month(closes=closes, suspensions=halted), GIVEN)
    assert f"missing on {len(SESSIONS) - 5} sessions: BBB on {SESSIONS[5]}" in found.message
    open_ended = halted.with_columns(resumed_on=pl.lit(None, pl.Date))
    assert not [*missing_closes(_month(closes=closes, suspensions=open_ended), GIVEN)]


def test_the_close_of_a_deletion_is_what_it_pays() -> None:
    deleted = _actions({"symbol": "BBB", "date": SESSIONS[3], "action": "delete", "price": 45.0})
    assert not [*missing_closes(_month(closes=_without("BBB", SESSIONS[3]), actions=deleted), GIVEN)]


def test_blocked_closes_and_days_to_come_are_not_missed() -> None:
    blocked = pl.DataFrame({"symbol": ["BBB"], "date": [SESSIONS[3]]})
    assert not [*missing_closes(_month(closes=_without("BBB", SESSIONS[3]), blocked=blocked), GIVEN)]
    to_here = _month().closes.filter(pl.col("date") <= SESSIONS[4])
    assert not [*missing_closes(_month(closes=to_here, ends_on=SESSIONS[4]), GIVEN)]
    from_here = _month().closes.filter(pl.col("date") >= SESSIONS[4])
    assert not [*missing_closes(_month(closes=from_here, begins_on=SESSIONS[4]), GIVEN)]


def test_a_session_without_any_close_is_one_finding() -> None:
    closes = _month().closes.filter(pl.col("date") != SESSIONS[2])
    says = f"2024-05: no closes at all for 1 session: {SESSIONS[2]}"
    assert [*missing_closes(_month(closes=closes), GIVEN)] == [Noticed("error", "2024-05", says)]
    nobody = _month(closes=closes, members=_members("AAA", until=SESSIONS[2]))
    assert [*missing_closes(nobody, GIVEN)] == [Noticed("warning", "2024-05", says)]


def test_real_members_are_not_missed_in_a_simulated_market() -> None:
    simulated = _month().closes.with_columns(simulated=pl.lit(True))
    assert not [*missing_closes(_month(closes=simulated, members=_members("AAA", "REAL")), GIVEN)]


def test_a_thousand_missing_closes_are_one_sentence() -> None:
    [found] = missing_closes(_month(members=_members(*(f"N{n}" for n in range(1000)))), GIVEN)
    assert f"{1000 * len(SESSIONS):,} closes of 1,000 members" in found.message
    assert len(found.message) < 300


# --- stale prices -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sessions", "found"), [(GIVEN.stale_sessions - 1, 0), (GIVEN.stale_sessions, 1)])
def test_a_price_that_stands_still_is_stale_from_the_threshold_on(sessions: int, found: int) -> None:
    start = len(SESSIONS) - sessions
    noticed = [*stale_prices(_month(closes=_with("AAA", SESSIONS[start], 70.0)), GIVEN)]
    assert len(noticed) == found
    assert all(f"AAA at 70 on {sessions} sessions" in one.message for one in noticed)


def test_stale_sessions_of_the_month_before_count() -> None:
    flat = _closes([(day, "AAA", 5.0) for day in [*APRIL, *SESSIONS[:3]]])
    [found] = stale_prices(_month(closes=flat), GIVEN)
    assert "AAA at 5 on 5 sessions" in found.message
    assert not [*stale_prices(_month(closes=flat.filter(pl.col("date") > APRIL[0])), GIVEN)]


def test_two_names_at_one_price_are_not_one_run() -> None:
    rows = [(day, symbol, 5.0) for symbol in ("AAA", "BBB") for day in SESSIONS[:3]]
    assert not [*stale_prices(_month(closes=_closes(rows)), GIVEN)]


# --- moves and actions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "found"), [(64.0, 0), (50.0, 1), (160.0, 0), (180.0, 1)])
def test_a_move_beyond_the_threshold_without_an_action(price: float, found: int) -> None:
    """From 104: a fall of 40 % is to 62.4, the rise that undoes one to 173.3."""
    noticed = [*price_moves(_month(closes=_with("AAA", SESSIONS[3], price)), GIVEN)]
    assert len(noticed) == found
    assert all(f"AAA on {SESSIONS[3]} from 104 to {price:g}" in one.message for one in noticed)


def test_a_move_that_an_action_explains_is_none() -> None:
    halved = _with("AAA", SESSIONS[3], 52.5)
    split = {"symbol": "AAA", "date": SESSIONS[3], "action": "split", "new": 2.0, "old": 1.0}
    assert not [*price_moves(_month(closes=halved, actions=_actions(split)), GIVEN)]
    for elsewhere in ({"symbol": "BBB"}, {"date": SESSIONS[2]}):
        found = [*price_moves(_month(closes=halved, actions=_actions({**split, **elsewhere})), GIVEN)]
        assert any("that no action explains: AAA" in one.message for one in found)


@pytest.mark.parametrize(
    "action",
    [
        {"action": "split", "new": 3.0, "old": 2.0},
        {"action": "scrip", "new": 1.0, "old": 2.0},
        {"action": "special_dividend", "amount": 40.0},
        {"action": "spin_off", "new": 1.0, "old": 2.0, "price": 60.0, "to_symbol": "KID"},
        {"action": "rights", "new": 1.0, "old": 1.0, "price": 30.0},
    ],
)
def test_an_action_that_the_price_does_not_follow(action: dict[str, object]) -> None:
    told = _actions({"symbol": "AAA", "date": SESSIONS[3], **action})
    [found] = price_moves(_month(actions=told), GIVEN)
    assert found.severity == "warning"
    assert f"AAA on {SESSIONS[3]}, {action['action']}, from 104 to 105" in found.message


def test_actions_too_small_to_be_seen_are_not_judged() -> None:
    told = _actions({"symbol": "AAA", "date": SESSIONS[3], "action": "ordinary_dividend", "amount": 10.0})
    assert not [*price_moves(_month(actions=told), GIVEN)]


def test_actions_of_days_without_trading_hold_for_the_next_close() -> None:
    halted = _with("AAA", SESSIONS[5], 53.0).filter(~((pl.col("symbol") == "AAA") & (pl.col("date") == SESSIONS[4])))
    split = _actions({"symbol": "AAA", "date": SESSIONS[4], "action": "split", "new": 2.0, "old": 1.0})
    assert not [*price_moves(_month(closes=halted, actions=split), GIVEN)]


def test_several_actions_of_one_day_are_taken_in_their_order() -> None:
    """20 paid out and then split 2 for 1 leaves 42 of 104, the other way round 32."""
    day = {"symbol": "AAA", "date": SESSIONS[3]}
    paid, split = (
        {**day, "action": "special_dividend", "amount": 20.0},
        {**day, "action": "split", "new": 2.0, "old": 1.0},
    )
    [found] = price_moves(_month(actions=_actions(paid, split)), GIVEN)
    assert "special_dividend and split, from 104 to 105 where 42 follows" in found.message
    [found] = price_moves(_month(actions=_actions(split, paid)), GIVEN)
    assert "where 32 follows" in found.message


def test_an_action_that_takes_more_than_the_price_leaves_none_for_the_next_action() -> None:
    day = {"symbol": "AAA", "date": SESSIONS[3]}
    paid, split = ({"action": "special_dividend", "amount": 200.0}, {"action": "split", "new": 2.0, "old": 1.0})
    assert not [*price_moves(_month(actions=_actions(day | paid, day | split)), GIVEN)]


def test_securities_that_swap_their_symbols_do_not_move() -> None:
    """An action of either is looked at by the security too."""
    swap = SESSIONS[3]
    closes = _month().closes.with_columns(
        pl.when(pl.col("date") >= swap)
        .then(pl.col("symbol").replace({"AAA": "BBB", "BBB": "AAA"}))
        .otherwise("symbol")
        .alias("symbol")
    )
    changed = Renames(_changes((swap, "AAA", "BBB"), (swap, "BBB", "AAA"))).changed()
    assert len([*price_moves(_month(closes=closes), GIVEN)]) == 1
    assert not [*price_moves(_month(closes=closes, changed=changed), GIVEN)]
    split = _actions({"symbol": "BBB", "date": swap, "action": "split", "new": 2.0, "old": 1.0})
    [found] = price_moves(_month(closes=closes, changed=changed, actions=split), GIVEN)
    assert f"BBB on {swap}, split, from 104 to 105 where 52 follows" in found.message


@pytest.mark.parametrize("holder", [None, "quoted", "member", "renamed"])
def test_an_action_under_a_symbol_that_was_given_up_is_told_with_the_new_one(holder: str | None) -> None:
    """Unless another company has the symbol by then: it is quoted or held under it, or changed its own to it."""
    day = SESSIONS[3]
    changes = [(day, "OLD", "NEW"), *([(SESSIONS[4], "ZZZ", "OLD")] if holder == "renamed" else [])]
    place: dict[str, object] = {"file": "actions.csv", "row": 2}
    paid = {"symbol": "OLD", "date": SESSIONS[5], "action": "special_dividend", "amount": 1.0, **place}
    quoted = _closes([(one, "OLD", 5.0) for one in (SESSIONS if holder == "quoted" else SESSIONS[:3])])
    month = _month(
        actions=_actions(paid),
        changed=Renames(_changes(*changes)).changed(),
        closes=pl.concat([_month().closes, quoted]).sort("date"),
        members=_members("AAA", *["OLD"] * (holder == "member")),
    )
    says = (
        f"2024-05: 1 action under a former symbol, which nothing applies: actions.csv, row 2: special_dividend of OLD on "
        f"{SESSIONS[5]}, which is NEW since {day}"
    )
    assert [*former_symbols(month, GIVEN)] == ([] if holder else [Noticed("warning", "2024-05", says)])


def test_another_currency_is_no_move() -> None:
    closes = _with("AAA", SESSIONS[3], 10.0).with_columns(
        currency=pl.when((pl.col("symbol") == "AAA") & (pl.col("date") >= SESSIONS[3]))
        .then(pl.lit("EUR"))
        .otherwise("currency")
    )
    assert not [*price_moves(_month(closes=closes), GIVEN)]


@given(
    price=st.floats(1, 1000),
    new=st.integers(1, 20),
    old=st.integers(1, 20),
    part=st.floats(0, 0.9),
)
def test_what_shareholders_have_is_worth_the_same_after_an_action(
    price: float, new: int, old: int, part: float
) -> None:
    """Old shares at the price before are new shares, cash and children at the price after."""
    cash, kinds = part * price, ("split", "scrip", "rights", "special_dividend")
    after = {action: ex_price(price, action, new=new, old=old, amount=cash, price=cash) for action in kinds}
    assert after["split"] == pytest.approx(price * old / new)
    assert after["scrip"] * (old + new) == pytest.approx(price * old)
    assert after["rights"] * (old + new) == pytest.approx(price * old + cash * new)
    assert after["special_dividend"] == pytest.approx(price - cash)
    assert ex_price(price, "rights", new=new, old=old, amount=cash, price=2 * price) == price


# --- spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", ["BRKB", "BRK.B", "BRK-B", "BRK/B"])
def test_an_action_explains_the_price_of_its_symbol_however_it_is_spelled(spelled: str) -> None:
    split = _actions({"symbol": spelled, "date": SESSIONS[4], "action": "split", "new": 4.0, "old": 1.0})
    closes = _with("BBB", SESSIONS[4], 14).with_columns(pl.col("symbol").replace("BBB", "BRK-B"))
    assert list(price_moves(_month(closes=closes, actions=split), GIVEN)) == []
    two = pl.concat([closes, _closes(_prices("BRK.B", 70))])
    moved = list(price_moves(_month(closes=two, actions=split), GIVEN))
    assert bool(moved) == (spelled != "BRK-B"), "two that stand side by side are two securities"


def test_where_all_spellings_are_securities_of_their_own_no_symbol_is_spelled_anew() -> None:
    quoted = pl.DataFrame({"date": [SESSIONS[0]] * 2, "symbol": ["BFA", "BF.A"]})
    known = preferred_symbols(quoted, "date", since="date")
    assert spelled_as(known, pl.DataFrame({"symbol": ["BF-A", None]}), "symbol")["symbol"].to_list() == ["BF-A", None]


def test_a_halted_member_is_not_missed_however_it_is_spelled() -> None:
    halts = pl.DataFrame(
        [("BB.B", SESSIONS[2], None)],
        {"symbol": pl.String, "suspended_on": pl.Date, "resumed_on": pl.Date},
        orient="row",
    )
    closes = _without("BBB", *SESSIONS[2:])
    assert list(missing_closes(_month(closes=closes), GIVEN))
    assert list(missing_closes(_month(closes=closes, suspensions=halts), GIVEN)) == []


def test_a_split_explains_shares_however_it_is_spelled() -> None:
    reviewed = _month().reviewed.vstack(
        pl.DataFrame([("R2000", "BRK.B", 100.0, 100.0, APRIL[0], SESSIONS[-1])], _month().reviewed.schema, orient="row")
    )
    actions = pl.DataFrame([("BRKB", SESSIONS[1], "split", 2.0, 1.0)], _month().share_actions.schema, orient="row")
    [found] = splits_and_shares(_month(reviewed=reviewed, share_actions=actions), GIVEN)
    assert "BRK.B from 100 to 100, where splits make it 2 times" in found.message


# --- sessions, rates, shares ------------------------------------------------------------------------------------------


def test_closes_of_closed_sessions_are_told_with_the_reason() -> None:
    extra = _closes([(HOLIDAY, "AAA", 105.5), (DAYS[5], "AAA", 105.5), (HOLIDAY, "BBB", 55.5)])
    [found] = closed_sessions(_month(closes=pl.concat([_month().closes, extra])), GIVEN)
    assert found.severity == "warning"
    assert "3 closes of closed sessions" in found.message
    assert "1 on 2024-05-25 (Saturday), 2 on 2024-05-27 (Memorial Day)" in found.message


def test_a_currency_without_a_rate_is_an_error_where_a_member_is_in_it() -> None:
    foreign = _closes(_prices("EEE"), "EUR")
    closes = pl.concat([_month().closes, foreign])
    rates = pl.DataFrame({"date": SESSIONS, "currency": "EUR", "into": "USD"})
    assert not [*missing_rates(_month(closes=closes, fx=rates), GIVEN)]
    lacking = rates.filter(pl.col("date") != SESSIONS[2])
    [found] = missing_rates(_month(closes=closes, fx=lacking), GIVEN)
    assert found.severity == "warning"
    assert f"EUR has no rate on 1 session ({SESSIONS[2]}), and closes are in it: EEE" in found.message
    [found] = missing_rates(_month(closes=closes, fx=lacking, members=_members("EEE")), GIVEN)
    assert found.severity == "error"


@pytest.mark.parametrize(
    ("uses", "members", "rated", "found"),
    [
        pytest.param([("EUR", "error")], "EEE", [], [], id="an index in the currency of its closes"),
        pytest.param([("USD", "error")], "EEE", [], [("error", "EUR", "")], id="an index in USD"),
        pytest.param([("USD", "error")], "EEE", [("EUR", "USD")], [], id="an index in USD with the rate"),
        pytest.param([("USD", "carry")], "EEE", [], [("warning", "EUR", "")], id="the last rate is carried"),
        pytest.param([("USD", "drop")], "EEE", [], [("error", "EUR", "")], id="no policy drops a currency"),
        pytest.param(
            [("EUR", "error")], "AAA", [], [("error", "USD", " in EUR")], id="closes in USD of an index in EUR"
        ),
        pytest.param([("EUR", "error")], "AAA", [("USD", "EUR")], [], id="an index in EUR with the rate"),
        pytest.param([("EUR", "error")], "AAA", [("USD", "CHF")], [("error", "USD", " in EUR")], id="another rate"),
        pytest.param(
            [("EUR", "error"), ("USD", "error")], "EEE", [], [("error", "EUR", "")], id="two indexes of one component"
        ),
        pytest.param([], "EEE", [], [("error", "EUR", "")], id="a component that no definition uses yet"),
    ],
)
def test_rates_are_missed_into_the_currencies_of_the_indexes_that_hold_the_closes(
    uses: list[tuple[str, str]], members: str, rated: list[tuple[str, str]], found: list[tuple[str, str, str]]
) -> None:
    """AAA is quoted in USD and EEE in EUR; which of them is a member decides, not which one is quoted."""
    closes = _closes(_prices("EEE"), "EUR") if members == "EEE" else _closes(_prices("AAA"))
    rates = [{"date": day, "currency": currency, "into": into} for day in SESSIONS for currency, into in rated]
    fx = pl.DataFrame(rates, schema=dict(_month().fx.schema))
    month = _month(closes=closes, members=_members(members), uses=_uses(*uses), fx=fx)
    noticed = [*missing_rates(month, GIVEN)]
    assert [(one.severity, one.subject) for one in noticed] == [one[:2] for one in found]
    assert all(f"has no rate{quote} on" in one.message for one, (*_, quote) in zip(noticed, found, strict=True))


@pytest.mark.parametrize(("of_others", "found"), [("USD", 1), ("EUR", 0), ("CHF", 1)])
def test_closes_that_no_index_holds_are_missed_only_without_a_rate_into_any_index(of_others: str, found: int) -> None:
    month = _month(closes=_closes(_prices("EEE"), "EUR"), uses=_uses(("USD", "error"), (of_others, "error")))
    assert [one.severity for one in missing_rates(month, GIVEN)] == ["warning"] * found


REVIEWED = {"index_code": "R2000", "symbol": "AAA", "since": date(2024, 3, 15), "until": date(2024, 5, 24)}


@pytest.mark.parametrize(
    ("after", "day", "found"),
    [
        (200.0, date(2024, 4, 2), 0),  # as the split says
        (205.0, date(2024, 4, 2), 0),  # and a few issued
        (100.0, date(2024, 4, 2), 1),  # as if there had been none
        (101.0, date(2024, 4, 2), 1),
        (100.0, date(2024, 3, 15), 0),  # in the shares of before already
        (100.0, date(2024, 6, 3), 0),  # to come
    ],
)
def test_shares_follow_splits_between_two_files(after: float, day: date, found: int) -> None:
    reviewed = pl.DataFrame([{**REVIEWED, "before": 100.0, "after": after}])
    split = pl.DataFrame({"symbol": ["AAA"], "date": [day], "action": ["split"], "new": [2.0], "old": [1.0]})
    noticed = [*splits_and_shares(_month(reviewed=reviewed, share_actions=split), GIVEN)]
    assert len(noticed) == found
    issued = pl.concat([split, split.with_columns(action=pl.lit("rights"))])
    assert not [*splits_and_shares(_month(reviewed=reviewed, share_actions=issued), GIVEN)]


@pytest.mark.parametrize(("after", "found"), [(50.0, 0), (49.0, 0), (100.0, 1)])
def test_shares_follow_a_reverse_split(after: float, found: int) -> None:
    reviewed = pl.DataFrame([{**REVIEWED, "before": 100.0, "after": after}])
    day = [date(2024, 4, 2)]
    halved = pl.DataFrame({"symbol": ["AAA"], "date": day, "action": ["split"], "new": [1.0], "old": [2.0]})
    assert len([*splits_and_shares(_month(reviewed=reviewed, share_actions=halved), GIVEN)]) == found


@pytest.mark.parametrize(("after", "found"), [(125.0, 0), (100.0, 1)])
def test_shares_follow_a_scrip_that_adds_to_them(after: float, found: int) -> None:
    """One new share for four held makes 125 of 100."""
    reviewed = pl.DataFrame([{**REVIEWED, "before": 100.0, "after": after}])
    day = [date(2024, 4, 2)]
    scrip = pl.DataFrame({"symbol": ["AAA"], "date": day, "action": ["scrip"], "new": [1.0], "old": [4.0]})
    assert len([*splits_and_shares(_month(reviewed=reviewed, share_actions=scrip), GIVEN)]) == found


def test_every_threshold_has_a_source_and_is_read() -> None:
    expected = Thresholds(base_currency="USD", move=0.4, stale_sessions=5, material_action=0.15, examples=5)
    assert expected == GIVEN
