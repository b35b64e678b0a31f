"""The price of a name on a day: its close, the last one before where it is suspended, after splits up to a later day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.model import Market, with_currency
from russell_pipeline.index.renames import Renames


class Price(NamedTuple):
    """A close as traded on `price_on`, and the same after the splits and scrip issues up to a later day.

    `carried` says why it is not the close of the day asked for: `suspended` or `missing`; else it is None.
    """

    close: float
    close_as_traded: float
    currency: str
    price_on: date
    carried: str | None


class Suspended:
    """When names are suspended from trading, under whatever symbol they have on the day."""

    def __init__(self, suspensions: pl.DataFrame, renames: Renames) -> None:
        self._spans: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
        for symbol, begin, end in suspensions.select("symbol", "suspended_on", "resumed_on").iter_rows():
            days = [begin, *(day for day in renames.days if begin < day <= (end or date.max))]
            for name in {renames.later(symbol, begin, day) for day in days}:
                self._spans[name].append((begin, end))

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(self._spans)

    def spans(self, symbol: str) -> list[tuple[date, date | None]]:
        """First days without and with trading again."""
        return self._spans.get(symbol, [])

    def since(self, symbol: str, on: date) -> date | None:
        """The first day of the suspension that lasts on a day; None where the name trades."""
        if symbol not in self._spans:
            return None
        return min(
            (begin for begin, end in self.spans(symbol) if begin <= on and (end is None or on < end)), default=None
        )


@dataclass(frozen=True)
class Prices:
    """Prices of names in a market, one by one or a whole basket."""

    market: Market

    @cached_property
    def renames(self) -> Renames:
        return Renames(self.market.symbol_changes)

    @cached_property
    def suspended(self) -> Suspended:
        return Suspended(self.market.suspensions, self.renames)

    @cached_property
    def _closes(self) -> pl.DataFrame:
        return with_currency(self.market.closes).select("date", "symbol", "close", "currency")

    def on(self, symbols: Iterable[str], day: date, until: date, named_on: date, *, carry: bool) -> dict[str, Price]:
        """The prices of names on a day, after the splits and scrip issues that follow it up to the open of `until`.

        `symbols` are those of `named_on`. A suspended name has its last price; with `carry` one that has no close for
        another reason has too. Names of which no price is known are left out.
        """
        earlier = {new: old for old, new in self.renames.between(day, named_on).items()}
        called = {symbol: earlier.get(symbol, symbol) for symbol in symbols}
        since = {symbol: self.suspended.since(name, day) for symbol, name in called.items()}
        rows = self._closes.filter(pl.col("date") == day).filter(pl.col("symbol").is_in(list(called.values())))
        closes = {symbol: (day, close, currency) for _, symbol, close, currency in rows.iter_rows()}
        ratios = self._ratios(day, until, named_on)
        found = {}
        for symbol, name in called.items():
            begin, here = since[symbol], closes.get(name)
            why = "suspended" if begin else "missing" if here is None else None
            if begin or (here is None and carry):
                here = self._last_before(name, begin or day, day)
            if here is not None:
                on, close, currency = here
                ratio = ratios if on == day else self._ratios(on, until, named_on)
                found[symbol] = Price(_after(close, ratio[symbol]), close, currency, on, why)
        return found

    def rate(self, currency: str, day: date, *, carry: bool) -> float | None:
        """Units of the index's currency for one unit of another; the last before where there is none and `carry` says so."""
        rates = self.market.fx.filter((pl.col("currency") == currency) & (pl.col("date") <= day)).sort("date")
        if rates.is_empty() or not (carry or rates["date"][-1] == day):
            return None
        return float(rates["rate"][-1])

    def _last_before(self, name: str, before: date, known_on: date) -> tuple[date, float, str] | None:
        spelled = {name, self.renames.earlier(name, known_on, date.min)}
        rows = self._closes.filter(pl.col("symbol").is_in(list(spelled)) & (pl.col("date") < before)).sort("date")
        for on, symbol, close, currency in reversed(rows.rows()):
            if self.renames.earlier(name, known_on, on) == symbol:
                return on, close, currency
        return None

    def _ratios(self, after: date, until: date, named_on: date) -> defaultdict[str, list[tuple[float, float]]]:
        """Of each name the old and new shares of its splits and scrip issues after one day until another, in order."""
        found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        kinds = pl.col("action").is_in(["split", "scrip"]) & (pl.col("date") > after) & (pl.col("date") <= until)
        rows = self.market.actions.filter(kinds).select("symbol", "date", "action", "new", "old")
        for symbol, day, action, new, old in rows.sort("date", maintain_order=True).iter_rows():
            if new and old:  # terms that are missing are refused where the action applies
                found[self.renames.later(symbol, day, named_on)].append((old, new + old if action == "scrip" else new))
        return found


def _after(close: float, ratios: Iterable[tuple[float, float]]) -> float:
    for old, new in ratios:
        close = close * old / new
    return close
