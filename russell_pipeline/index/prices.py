"""The price of a name on a day: its close, or its last close after the corporate actions since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.corporate_actions import Action, adjusted_close
from russell_pipeline.index.model import ACTIONS, Market, with_currency
from russell_pipeline.index.rates import rates_into
from russell_pipeline.index.suspensions import Suspensions, suspension_ends
from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.market.ex_price import PRICED

# CONTRACT: of the actions between cut-off and implementation only these adjust the price of a cut-off. A last price that is
# carried is adjusted for the others too.
_CUTOFF_ACTIONS = ("split", "scrip")
_OTHER_ACTIONS = tuple(action for action in PRICED if action not in (*_CUTOFF_ACTIONS, "ordinary_dividend"))


class Price(NamedTuple):
    """A price in local currency: the close as traded on `price_on`, and `close`, the same adjusted for corporate actions.

    These are all actions up to the day asked for, and splits and scrip issues after it. `carry_reason` says why the price is not
    that day's close: `suspended`, `missing`, or None if it is.
    """

    close: float
    close_as_traded: float
    currency: str
    price_on: date
    carry_reason: str | None


@dataclass(frozen=True)
class Prices:
    """The prices of names in a market, under whatever symbols they have from day to day."""

    market: Market

    @cached_property
    def symbol_changes(self) -> SymbolChanges:
        """The changes of symbols, to look up what a symbol is called on another day."""
        return SymbolChanges(self.market.symbol_changes)

    @cached_property
    def suspended(self) -> Suspensions:
        """The suspensions; one without a stated end ends by what the market has of the name (`suspension_ends`)."""
        market = self.market
        ends = suspension_ends(market.suspensions, market.symbol_changes, market.actions, market.closes)
        return Suspensions(market.suspensions.with_columns(ends["resumed_on"]), self.symbol_changes)

    @cached_property
    def _closes(self) -> pl.DataFrame:
        return with_currency(self.market.closes).select("date", "symbol", "close", "currency")

    def on(self, symbols: Iterable[str], day: date, until: date, named_on: date, *, carry: bool) -> dict[str, Price]:
        """The prices of names on a day, adjusted for the splits and scrip issues that follow it up to the open of `until`.

        `symbols` are those of the day `named_on`; the result has the prices by these. A suspended name has its last price,
        adjusted for every action since, as in the levels; with `carry` so has a name without a close for another reason. Names
        without any known price are left out. Raises IndexRefusal for an action that leaves no price.
        """
        symbol_on_day = {symbol: symbol for symbol in symbols}
        for symbol in self.symbol_changes.symbols & symbol_on_day.keys():
            name = self.symbol_changes.earlier(symbol, named_on, day)
            if name is None:
                del symbol_on_day[symbol]
            else:
                symbol_on_day[symbol] = name
        rows = self._closes.filter(pl.col("date") == day).filter(pl.col("symbol").is_in(list(symbol_on_day.values())))
        closes = {symbol: Price(close, close, currency, day, None) for _, symbol, close, currency in rows.iter_rows()}
        prices, suspended = {}, self.suspended.symbols
        for symbol, name in symbol_on_day.items():
            price = closes.get(name)
            if name in suspended and (since := self.suspended.since(name, day)):
                # With no close before the suspension, that of the day is the only price.
                price = self._last_close_before(name, since, day, "suspended") or price
            elif price is None and carry:
                price = self._last_close_before(name, day, day, "missing")
            if price is not None:
                prices[symbol] = price
        oldest = min((price.price_on for price in prices.values()), default=day)
        for symbol, actions in self._actions(oldest, day, until, named_on).items():
            if symbol in prices:
                price = prices[symbol]
                close = _adjusted(price.close, (action for action in actions if action.date > price.price_on))
                prices[symbol] = price._replace(close=close)
        return prices

    def cutoff_price_carried_to(self, symbol: str, close: float, cutoff_on: date, day: date) -> float:
        """The price of a cut-off after all actions to a day; `close` is after the splits and scrip issues to that day already."""
        actions = self._actions(cutoff_on, day, day, day)[symbol]
        if all(action.action in _CUTOFF_ACTIONS for action in actions):
            return close
        cut = _adjusted(1.0, (action for action in actions if action.action in _CUTOFF_ACTIONS))
        return _adjusted(close / cut, actions)

    def rate(self, currency: str, into: str, day: date, *, carry: bool) -> float | None:
        """Units of one currency, `into`, for one unit of another; with `carry`, the last rate if the day has none."""
        known = self.market.fx.filter(pl.col("date") <= day if carry else pl.col("date") == day)
        rates = rates_into(known, into).filter(currency=currency).sort("date")
        return None if rates.is_empty() else float(rates["rate"][-1])

    def _last_close_before(self, name: str, before: date, known_on: date, why: str) -> Price | None:
        """The last close of a name before a day, under whatever symbol it had then; closes during a suspension do not count.

        `name` is its symbol on `known_on`.
        """
        earlier = pl.col("date") < before
        for symbol, first, last in self.symbol_changes.former(name, known_on):
            traded = (pl.col("symbol") == symbol) & pl.col("date").is_between(first, last)
            for begin, end in self.suspended.spans(symbol):
                traded &= ~pl.col("date").is_between(begin, end, closed="left")
            rows = self._closes.filter(traded & earlier).sort("date")
            if not rows.is_empty():
                on, _, close, currency = rows.row(-1)
                return Price(close, close, currency, on, why)
        return None

    def _actions(self, after: date, carried: date, until: date, named_on: date) -> defaultdict[str, list[Action]]:
        """By name, the actions on its price after one day until another; those after `carried` are splits and scrips only."""
        kinds = pl.col("action").is_in(_CUTOFF_ACTIONS) | (
            pl.col("action").is_in(_OTHER_ACTIONS) & (pl.col("date") <= carried)
        )
        rows = self.market.actions.filter(kinds & (pl.col("date") > after) & (pl.col("date") <= until))
        by_name: defaultdict[str, list[Action]] = defaultdict(list)
        for row in rows.select(list(ACTIONS)).sort("date", maintain_order=True).iter_rows():
            action = Action(*row)
            by_name[self.symbol_changes.later(action.symbol, action.date, named_on)].append(action)
        return by_name


def _adjusted(close: float, actions: Iterable[Action]) -> float:
    """A close adjusted for some actions, one after the other."""
    for action in actions:
        close = adjusted_close(action, close)
    return close
