"""The price of a name on a day: its close, or its last close after the corporate actions since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.corporate_actions import Action, ex_close
from russell_pipeline.index.model import ACTIONS, Market, with_currency
from russell_pipeline.index.rates import rates_into
from russell_pipeline.index.suspensions import Suspended, ended
from russell_pipeline.index.symbol_changes import Renames
from russell_pipeline.market.ex_price import PRICED

# CONTRACT: only these are applied to the price of a cut-off up to implementation. The others change a price that is carried.
_CUTS = ("split", "scrip")
_CARRIED = tuple(action for action in PRICED if action not in (*_CUTS, "ordinary_dividend"))


class Price(NamedTuple):
    """A close as traded on `price_on`, and `close`, the same after corporate actions.

    These are all actions up to the day asked for, and splits and scrip issues after it. `carried` says why the price is not
    that day's close: `suspended`, `missing`, or None if it is.
    """

    close: float
    close_as_traded: float
    currency: str
    price_on: date
    carried: str | None


@dataclass(frozen=True)
class Prices:
    """The prices of names in a market."""

    market: Market

    @cached_property
    def renames(self) -> Renames:
        return Renames(self.market.symbol_changes)

    @cached_property
    def suspended(self) -> Suspended:
        """The suspensions; one without a stated end ends with what the market has of the name (`ended`)."""
        market = self.market
        ends = ended(market.suspensions, market.symbol_changes, market.actions, market.closes)
        return Suspended(market.suspensions.with_columns(ends["resumed_on"]), self.renames)

    @cached_property
    def _closes(self) -> pl.DataFrame:
        return with_currency(self.market.closes).select("date", "symbol", "close", "currency")

    def on(self, symbols: Iterable[str], day: date, until: date, named_on: date, *, carry: bool) -> dict[str, Price]:
        """The prices of names on a day, after the splits and scrip issues that follow it up to the open of `until`.

        `symbols` are those of `named_on`. A suspended name has its last price after every action since, as in the levels; with
        `carry` so has a name without a close for another reason. Names without any known price are left out. Raises
        IndexRefusal for an action that leaves no price.
        """
        called = {symbol: symbol for symbol in symbols}
        for symbol in self.renames.symbols & called.keys():
            name = self.renames.earlier(symbol, named_on, day)
            if name is None:
                del called[symbol]
            else:
                called[symbol] = name
        rows = self._closes.filter(pl.col("date") == day).filter(pl.col("symbol").is_in(list(called.values())))
        closes = {symbol: Price(close, close, currency, day, None) for _, symbol, close, currency in rows.iter_rows()}
        found, suspended = {}, self.suspended.symbols
        for symbol, name in called.items():
            price = closes.get(name)
            if name in suspended and (since := self.suspended.since(name, day)):
                # With no close before the suspension, that of the day is the only price.
                price = self._last_before(name, since, day, "suspended") or price
            elif price is None and carry:
                price = self._last_before(name, day, day, "missing")
            if price is not None:
                found[symbol] = price
        oldest = min((price.price_on for price in found.values()), default=day)
        for symbol, actions in self._actions(oldest, day, until, named_on).items():
            if symbol in found:
                price = found[symbol]
                close = _after(price.close, (action for action in actions if action.date > price.price_on))
                found[symbol] = price._replace(close=close)
        return found

    def carried_on(self, symbol: str, close: float, cutoff_on: date, day: date) -> float:
        """The price of a cut-off, which is after the splits to a day already, after all other actions to that day too."""
        actions = self._actions(cutoff_on, day, day, day)[symbol]
        if all(action.action in _CUTS for action in actions):
            return close
        cut = _after(1.0, (action for action in actions if action.action in _CUTS))
        return _after(close / cut, actions)

    def rate(self, currency: str, into: str, day: date, *, carry: bool) -> float | None:
        """Units of one currency, `into`, for one unit of another; with `carry`, the last rate if the day has none."""
        known = self.market.fx.filter(pl.col("date") <= day if carry else pl.col("date") == day)
        rates = rates_into(known, into).filter(currency=currency).sort("date")
        return None if rates.is_empty() else float(rates["rate"][-1])

    def _last_before(self, name: str, before: date, known_on: date, why: str) -> Price | None:
        """The last close before a day on which the name traded, under whatever symbol it had then.

        `name` is its symbol on `known_on`. Closes of an earlier suspension do not count here either, as in the levels.
        """
        earlier = pl.col("date") < before
        for symbol, first, last in self.renames.former(name, known_on):
            held = (pl.col("symbol") == symbol) & pl.col("date").is_between(first, last)
            for begin, end in self.suspended.spans(symbol):
                held &= ~pl.col("date").is_between(begin, end, closed="left")
            rows = self._closes.filter(held & earlier).sort("date")
            if not rows.is_empty():
                on, _, close, currency = rows.row(-1)
                return Price(close, close, currency, on, why)
        return None

    def _actions(self, after: date, carried: date, until: date, named_on: date) -> defaultdict[str, list[Action]]:
        """The actions on each name's price after one day until another, in order; after `carried` only splits and scrips."""
        kinds = pl.col("action").is_in(_CUTS) | (pl.col("action").is_in(_CARRIED) & (pl.col("date") <= carried))
        rows = self.market.actions.filter(kinds & (pl.col("date") > after) & (pl.col("date") <= until))
        found: defaultdict[str, list[Action]] = defaultdict(list)
        for row in rows.select(list(ACTIONS)).sort("date", maintain_order=True).iter_rows():
            action = Action(*row)
            found[self.renames.later(action.symbol, action.date, named_on)].append(action)
        return found


def _after(close: float, actions: Iterable[Action]) -> float:
    for action in actions:
        close = ex_close(action, close)
    return close
