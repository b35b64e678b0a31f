"""The checks of a month of market data before it is used. Pure: frames in, findings out, a few for each check.

Negative and zero prices, floats outside 0 to 1 and the like never get here: such rows are set aside when their file is read. The
severity of a finding follows from its effect: error if an index cannot be computed, warning if it would be computed from
something odd.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import polars as pl

from russell_pipeline.market.checks.thresholds import Thresholds
from russell_pipeline.market.ex_price import PRICED, ex_price
from russell_pipeline.market.spelling import by_security, findable, side_by_side, spelled_as
from russell_pipeline.wording import counted

_OPEN_ENDED = date.max
_TERMS = ("new", "old", "amount", "price")


class Noticed(NamedTuple):
    """What a check found: severity, what it is about, and the finding in a sentence."""

    severity: str
    subject: str
    message: str


@dataclass(frozen=True)
class Month:
    """A month of market data, with as much of what came before as its checks need.

    - `month`: YYYY-MM. Closes are expected from `begins_on` to `ends_on`: the whole month, except that the first and the last
      month of all closes begin and end with the closes themselves;
    - `closes`: date, symbol, close, currency, simulated; of this month and the one before, by date;
    - `actions`: of the same months, in file order, with the file and row of each;
    - `changed`: date, symbol, security, became; by date, the symbols that change hands. `security` is what the symbol stands for
      from then on (any other symbol stands for itself), `became` the former holder's new symbol if nobody takes the old one;
    - `fx`: date, currency, into; of this month, which currency has a rate into which of those that indexes are in;
    - `sessions`: date, is_session, holiday; every day of the month that the calendar knows;
    - `members`: index_code, symbol, valid_from, valid_to (half-open), simulated, computed; who should have a close, and whether
      an index is computed from it;
    - `uses`: index_code, currency, missing_price; for each component of a definition the currency and the policy of its index;
    - `suspensions`: symbol, suspended_on, resumed_on, stated_end, file, row; under each symbol of the name.
      `stated_end` is the end of the whole suspension, null unless a file states it;
    - `blocked`: symbol, date; closes that are missing because a file is wrong, which is reported elsewhere;
    - `reviewed`: index_code, symbol, before, after, since, until; shares by the former file of components and by this one;
    - `share_actions`: symbol, date, action, new, old; actions that change a number of shares, since the first `since`.
    """

    month: str
    begins_on: date
    ends_on: date
    closes: pl.DataFrame
    actions: pl.DataFrame
    changed: pl.DataFrame
    fx: pl.DataFrame
    sessions: pl.DataFrame
    members: pl.DataFrame
    uses: pl.DataFrame
    suspensions: pl.DataFrame
    blocked: pl.DataFrame
    reviewed: pl.DataFrame
    share_actions: pl.DataFrame

    def of_month(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of the month itself."""
        return rows.filter(pl.col("date") >= self.first)

    @property
    def first(self) -> date:
        return date.fromisoformat(f"{self.month}-01")

    def refusing(self, members: pl.DataFrame, *unless: str) -> pl.DataFrame:
        """The members without whose price an index is refused: one has another policy on missing prices than those in `unless`.

        Members of a component that no definition uses yet are among them.
        """
        lenient = (
            self.uses.group_by("index_code").agg(lenient=pl.col("missing_price").is_in(unless).all()).filter("lenient")
        )
        return members.filter("computed").join(lenient, on="index_code", how="anti", maintain_order="left")

    @cached_property
    def moves(self) -> pl.DataFrame:
        """Each security's closes by date, with the close before, its date, and whether both are in the same currency."""
        # Sorting by number is faster than by name, and the order of the securities does not matter.
        number = pl.col("security").cast(pl.Categorical).to_physical()
        closes = self.with_security(self.closes).with_columns(number=number).sort("number", maintain_order=True)
        same = pl.col("number") == pl.col("number").shift(1)
        return closes.with_columns(
            before=pl.when(same).then(pl.col("close").shift(1)),
            since=pl.when(same).then(pl.col("date").shift(1)),
            same_currency=pl.col("currency") == pl.col("currency").shift(1),
        )

    def with_security(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the `security` of their symbol on their date, and its last change: `became` and the day `changed_on`."""
        changed = self.changed.with_columns(changed_on="date")
        rows = rows.sort("date", maintain_order=True).join_asof(changed, on="date", by="symbol", check_sortedness=False)
        return rows.with_columns(pl.coalesce("security", "symbol").alias("security"))


def check_month(month: Month, given: Thresholds) -> list[Noticed]:
    """Run all checks on a month. A check gives one finding for each kind of fault, or for each index or currency."""
    return [noticed for check in CHECKS for noticed in check(month, given)]


def missing_closes(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Members that trade but have no close on a session. Sessions without any close get one finding together."""
    asked = pl.col("is_session") & pl.col("date").is_between(month.begins_on, month.ends_on)
    sessions = month.sessions.filter(asked).select("date")
    present = month.of_month(month.closes)
    # Simulated closes never count for the names of a real index, nor real ones for a simulated index.
    members = month.members.join(present.select("simulated").unique(), on="simulated", how="semi")
    # Each index has its own spelling of a name, which its files have: BRKB of one fund, BRK.B of another.
    apart = side_by_side(present, "date")
    members = by_security(members, "index_code", "valid_from", apart=apart)
    present, blocked, suspensions = (findable(rows, apart) for rows in (present, month.blocked, month.suspensions))
    empty = sessions.join(present, on="date", how="anti")
    if not empty.is_empty():
        # Nothing is left of an index whose members are all dropped.
        held = empty.join(month.refusing(month.members, "carry"), how="cross").filter(
            _within(pl.col("date"), "valid_from", "valid_to")
        )
        days = _some([str(day) for day in empty["date"]], given)
        says = f"{month.month}: no closes at all for {counted(empty.height, 'session')}: {days}"
        yield Noticed("warning" if held.is_empty() else "error", month.month, says)
    absent = (
        sessions.join(present, on="date", how="semi")
        .join(members, how="cross")
        .filter(_within(pl.col("date"), "valid_from", "valid_to"))
        .join(present, on=["date", "security", "simulated"], how="anti")
        .join(blocked, on=["date", "security"], how="anti")
    )
    # On the day of a deletion, the price that it pays stands for the close.
    deleted = findable(month.actions.filter(pl.col("action") == "delete"), apart)
    absent = absent.join(deleted, on=["date", "security"], how="anti")
    halted = absent.join(suspensions, on="security").filter(_within(pl.col("date"), "suspended_on", "resumed_on"))
    absent = absent.join(halted, on=["date", "symbol"], how="anti").unique(["index_code", "date", "symbol"])
    for (index_code,), rows in absent.sort("index_code", "date", "symbol").group_by("index_code", maintain_order=True):
        refused = not month.refusing(rows, "carry", "drop").is_empty()
        places = [f"{symbol} on {day}" for symbol, day in rows.select("symbol", "date").iter_rows()]
        says = (
            f"{index_code}, {month.month}: {counted(rows.height, 'close')} of {counted(rows['symbol'].n_unique(), 'member')} "
            f"missing on {counted(rows['date'].n_unique(), 'session')}: {_some(places, given)}"
        )
        yield Noticed("error" if refused else "warning", str(index_code), says)


def stale_prices(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Closes that stay the same for too many sessions in a row."""
    place = pl.int_range(pl.len())
    began = pl.when(~pl.col("close").eq_missing(pl.col("before"))).then(place).forward_fill()
    runs = month.of_month(month.moves.with_columns(sessions=1 + place - began))
    stale = runs.filter(pl.col("sessions") >= given.stale_sessions).sort("sessions", "symbol", descending=[True, False])
    stale = stale.unique("symbol", keep="first", maintain_order=True)
    if not stale.is_empty():
        names = [
            f"{symbol} at {close:g} on {sessions} sessions to {day}"
            for symbol, close, sessions, day in stale.select("symbol", "close", "sessions", "date").iter_rows()
        ]
        same = counted(stale.height, "price")
        says = f"{month.month}: {same} the same on {given.stale_sessions} sessions or more: {_some(names, given)}"
        yield Noticed("warning", month.month, says)


def suspended_closes(month: Month, _: Thresholds) -> Iterator[Noticed]:
    """New closes of a name before the day on which a file says that it resumes; one finding for each suspension.

    A close that only repeats the one before is what vendors send for a name that does not trade.
    """
    new = month.of_month(month.moves).filter(pl.col("close").ne_missing(pl.col("before"))).select("symbol", "date")
    stated = month.suspensions.drop_nulls("stated_end").with_columns(of="symbol")
    apart = side_by_side(month.of_month(month.closes), "date")
    closes = findable(new, apart).join(findable(stated.drop("symbol").with_columns(symbol="of"), apart), on="security")
    within = closes.filter(_within(pl.col("date"), "suspended_on", "resumed_on")).unique(
        ["symbol", "date", "file", "row"]
    )
    of = ("file", "row", "of", "suspended_on", "stated_end")
    for row in within.group_by(of).agg(pl.col("date").min(), pl.len()).sort(of).iter_rows(named=True):
        closes_there = counted(row["len"], "new close")
        says = (
            f"{row['file']}, row {row['row']}: {row['of']} is suspended from {row['suspended_on']} until {row['stated_end']}, "
            f"but has {closes_there} in {month.month}, from {row['date']} on: what is stated counts, these do not; if it "
            "trades, correct resumed_on"
        )
        yield Noticed("warning", row["of"], says)


def price_moves(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Prices that move more than a market does and no action explains, and actions that the price does not follow."""
    moves = month.of_month(month.moves).filter(pl.col("since").is_not_null() & pl.col("same_currency"))
    moves = moves.join(
        _expected(moves, month.with_security(spelled_as(moves["symbol"], month.actions, "symbol"))),
        on=["symbol", "date"],
        how="left",
        maintain_order="left",
    )
    moves = moves.with_columns(pl.col("expected").fill_null(pl.col("before")))
    # In logarithms: how far the close is from the expected price, and the expected price from the close before.
    beyond, effect = (pl.col("close") / pl.col("expected")).log(), (pl.col("before") / pl.col("expected")).log()
    material = effect.abs() >= _logarithm(given.material_action)
    ignored = material & (beyond.abs() > (beyond - effect).abs())
    wild = ~ignored & (beyond.abs() > _logarithm(given.move))
    moves = moves.with_columns(ignored=ignored, wild=wild, beyond=beyond.abs()).filter(ignored | wild)

    unfollowed = moves.filter("ignored").sort("date", "symbol")
    if not unfollowed.is_empty():
        names = [
            f"{row['symbol']} on {row['date']}, {row['said']}, from {row['before']:g} to {row['close']:g} "
            f"where {row['expected']:.4g} follows"
            for row in unfollowed.iter_rows(named=True)
        ]
        says = f"{month.month}: {counted(unfollowed.height, 'action')} without the price that should follow: "
        yield Noticed("warning", month.month, says + _some(names, given))
    wildest = moves.filter("wild").sort("beyond", "symbol", descending=[True, False])
    if not wildest.is_empty():
        names = [
            f"{row['symbol']} on {row['date']} from {row['before']:g} to {row['close']:g}"
            for row in wildest.iter_rows(named=True)
        ]
        says = f"{month.month}: {counted(wildest.height, 'move')} of {given.move:.0%} or more that no action explains: "
        yield Noticed("warning", month.month, says + _some(names, given))


def _logarithm(part: float) -> float:
    """The size of the logarithm of a fall by this share; the rise that undoes it has the same."""
    return -math.log(1 - part)


def _expected(moves: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The close to expect after the actions since the close before, for names that have any: symbol, date, expected, said."""
    priced = actions.filter(pl.col("action").is_in(PRICED)).rename({"date": "ex_date"})
    priced = priced.drop("symbol")
    met = moves.select("symbol", "security", "date", "since", "before").join(
        priced, on="security", maintain_order="right"
    )
    met = met.filter((pl.col("since") < pl.col("ex_date")) & (pl.col("ex_date") <= pl.col("date")))
    found: dict[tuple[str, date], tuple[float | None, str]] = {}
    for row in met.sort("ex_date", maintain_order=True).iter_rows(named=True):
        key, action = (row["symbol"], row["date"]), row["action"]
        price, said = found.get(key, (row["before"], ""))
        left = price and ex_price(price, action, **{term: row[term] for term in _TERMS})
        found[key] = (left if left and left > 0 else None, f"{said} and {action}" if said else action)
    schema = {"symbol": pl.String, "date": pl.Date, "expected": pl.Float64, "said": pl.String}
    return pl.DataFrame([(*key, *told) for key, told in found.items()], schema, orient="row")


def former_symbols(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Actions under a symbol that its holder has given up and nobody has taken over: nothing applies them."""
    late = month.with_security(spelled_as(month.changed["symbol"], month.of_month(month.actions), "symbol")).filter(
        pl.col("became").is_not_null()
    )
    if late.is_empty():
        return
    members = by_security(month.members, "index_code", "valid_from").select("security", "valid_from", "valid_to")
    held = (
        findable(late.drop("security"))
        .join(members, on="security")
        .filter(_within(pl.col("date"), "valid_from", "valid_to"))
    )
    quoted = month.with_security(month.closes).group_by("symbol", "security").agg(quoted_from=pl.col("date").min())
    quoted = late.join(quoted, on=["symbol", "security"]).filter(pl.col("quoted_from") <= pl.col("date"))
    for others in (held, quoted):
        late = late.join(others, on=["symbol", "date"], how="anti")
    if not late.is_empty():
        names = [
            f"{row['file']}, row {row['row']}: {row['action']} of {row['symbol']} on {row['date']}, which is {row['became']} "
            f"since {row['changed_on']}"
            for row in late.sort("file", "row").iter_rows(named=True)
        ]
        says = f"{month.month}: {counted(late.height, 'action')} under a former symbol, which nothing applies: "
        yield Noticed("warning", month.month, says + _some(names, given))


def closed_sessions(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Closes on days when the exchange is closed."""
    closed = month.of_month(month.closes).join(month.sessions.filter(~pl.col("is_session")), on="date")
    if not closed.is_empty():
        days = closed.group_by("date", "holiday").len().sort("date")
        told = [f"{count:,} on {day} ({holiday or day.strftime('%A')})" for day, holiday, count in days.iter_rows()]
        says = f"{month.month}: {counted(closed.height, 'close')} of closed sessions, which nothing uses: {_some(told, given)}"
        yield Noticed("warning", month.month, says)


def missing_rates(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Currencies of closes that have no rate on the day into the currency of an index that holds them.

    Closes that no index holds have no rate if they have none into the currency of any index.
    """
    into = sorted({*month.uses["currency"]}) or [given.base_currency]
    closes = month.of_month(month.closes).select("date", "symbol", "currency")
    pairs = closes.select("date", "currency").unique().join(pl.DataFrame({"into": into}), how="cross")
    unrated = pairs.filter(pl.col("currency") != pl.col("into")).join(
        month.fx, on=["date", "currency", "into"], how="anti"
    )
    if unrated.is_empty():
        return
    rows = closes.join(unrated, on=["date", "currency"])
    members = by_security(month.members.filter("computed"), "index_code", "valid_from")
    held = findable(rows).join(members.drop("symbol"), on="security")
    held = held.filter(_within(pl.col("date"), "valid_from", "valid_to"))
    uses = month.uses.select("index_code", "missing_price", into="currency")
    needed = held.join(uses, on=["index_code", "into"])
    undefined = held.join(uses, on="index_code", how="anti")
    columns = ("date", "symbol", "currency", "into", "refused")
    unheld = rows.join(held, on=["date", "symbol"], how="anti")
    nowhere = pl.len().over("date", "symbol") == len(into)
    without = pl.concat(
        [
            # Without the policy carry, the calculation stops for want of a rate.
            needed.with_columns(refused=pl.col("missing_price") != "carry").select(columns),
            undefined.with_columns(refused=pl.lit(value=True)).select(columns),
            unheld.filter(nowhere, into=into[0]).with_columns(refused=pl.lit(value=False)).select(columns),
        ]
    )
    ordered = without.sort("currency", "into", "date", "symbol")
    for (currency, quote), ones in ordered.group_by("currency", "into", maintain_order=True):
        symbols = ones["symbol"].unique(maintain_order=True).to_list()
        days = [str(day) for day in ones["date"].unique(maintain_order=True)]
        of_quote = "" if quote == given.base_currency else f" in {quote}"
        says = (
            f"{month.month}: {currency} has no rate{of_quote} on {counted(len(days), 'session')} ({_some(days, given)}), "
            f"and closes are in it: {_some(symbols, given)}"
        )
        yield Noticed("error" if ones["refused"].any() else "warning", str(currency), says)


def splits_and_shares(month: Month, given: Thresholds) -> Iterator[Noticed]:
    """Names whose shares in a file of components do not follow the splits since the file before."""
    reviewed = by_security(month.reviewed, "index_code", "since")
    between = reviewed.join(findable(month.share_actions), on="security").filter(
        (pl.col("date") > pl.col("since")) & (pl.col("date") <= pl.col("until"))
    )
    ratio = (
        pl.when(pl.col("action") == "split")
        .then(pl.col("new") / pl.col("old"))
        .when(pl.col("action") == "scrip")
        .then(1 + pl.col("new") / pl.col("old"))
    )
    factors = (
        between.with_columns(ratio=ratio)
        .group_by("index_code", "symbol", "since")
        .agg(pl.col("ratio").product().alias("factor"), pl.col("ratio").is_null().any().alias("otherwise"))
    )
    ratios = month.reviewed.filter((pl.col("before") > 0) & (pl.col("after") > 0)).join(
        factors, on=["index_code", "symbol", "since"]
    )
    change, factor = (pl.col("after") / pl.col("before")).log(), pl.col("factor").log()
    material = factor.abs() >= _logarithm(given.material_action)
    # Names with rights, offerings or conversions are left out: splits alone do not give their number of shares.
    unfit = ratios.filter(~pl.col("otherwise") & material & ((change - factor).abs() > change.abs()))
    for (index_code,), rows in unfit.sort("index_code", "symbol").group_by("index_code", maintain_order=True):
        names = [
            f"{row['symbol']} from {row['before']:,.0f} to {row['after']:,.0f}, where splits make it {row['factor']:g} times"
            for row in rows.iter_rows(named=True)
        ]
        found = counted(rows["symbol"].n_unique(), "name")
        says = f"{index_code}, {month.month}: the shares of {found} do not follow their splits: "
        yield Noticed("warning", str(index_code), says + _some(names, given))


CHECKS: Sequence[Callable[[Month, Thresholds], Iterator[Noticed]]] = (
    missing_closes,
    stale_prices,
    suspended_closes,
    price_moves,
    former_symbols,
    closed_sessions,
    missing_rates,
    splits_and_shares,
)


def _within(day: pl.Expr, first: str, end: str) -> pl.Expr:
    return (pl.col(first) <= day) & (day < pl.col(end).fill_null(_OPEN_ENDED))


def _some(names: Sequence[str], given: Thresholds) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - given.examples
    return ", ".join(names[: given.examples]) + (f" and {more:,} more" if more > 0 else "")
