"""The basket of a review at the closes of its implementation: which names it brings in, and at which prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from russell_pipeline.index.basket import Basket, NameValues
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, MissingPrice
from russell_pipeline.index.panel import Codes, Days, Ints, Panel
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.rates import no_rate
from russell_pipeline.index.sums import Floats
from russell_pipeline.wording import first_few


@dataclass(frozen=True, eq=False)
class ReviewBasket:
    """The basket of a review, the columns of its names in the panel, and the row of each in the review's weights.

    `left_out` are the columns of names that the review leaves out for want of a close (`missing_price: drop`).
    """

    basket: Basket
    columns: Ints
    weight_rows: Ints
    left_out: list[int]


class _LastPrice(NamedTuple):
    """A last price in local currency, its currency, and the day that it is of."""

    close: float
    currency: str
    price_on: date


class _ClosingPrices(NamedTuple):
    """Prices at a close in local currency, by name: the codes of their currencies, and the days that they are of."""

    close: Floats
    currency: Codes
    price_on: Days


def review_basket(
    definition: Definition, panel: Panel, row: int, weights: pl.DataFrame, held: Basket | None = None
) -> ReviewBasket:
    """The basket of a review at the closes of the session in a row of a panel, after which it is implemented.

    `weights` are the review's rows of weights (columns `BASKETS`, and the `column` of each name in the panel). A suspended name
    has its last price: that in the basket `held` before the review, else its last close, else the close of its price cut-off,
    each after the corporate actions since. A name without a close is left out under `missing_price: drop`. Raises IndexRefusal
    for any other name without a close, and for a currency without a rate.
    """
    day, carry = panel.sessions[row], definition.policies.missing_price == "carry"
    weights = weights.with_columns(weight_row=pl.int_range(pl.len()))
    if (weights["weighting_factor"].to_numpy() == 0).any():
        weights = weights.filter(pl.col("weighting_factor") != 0)
    if weights.is_empty():
        raise IndexRefusal(f"{definition.code} on {day}: the review brings in no name")
    # The weights have the symbols of the effective day.
    changes = panel.prices.symbol_changes.between(day, weights["effective_on"][0])
    if earlier := {new: old for old, new in changes.items()}:
        weights = weights.with_columns(pl.col("symbol").replace(earlier))
        weights = weights.with_columns(column=panel.columns(weights["symbol"]))
    columns, left_out = weights["column"].to_numpy(), list[int]()
    if definition.policies.missing_price == "drop":
        unpriced = panel.untraded[row, columns] & ~panel.suspended[row, columns]
        weights, columns, left_out = weights.filter(~unpriced), columns[~unpriced], columns[unpriced].tolist()
        if weights.is_empty():
            raise IndexRefusal(f"{definition.code} on {day}: no close of any name that the review brings in")
    prices = _closing_prices(definition, panel, row, weights, held)
    rates = panel.rates[row, prices.currency]
    without_rate = np.isnan(rates) | (panel.without_rate[row, prices.currency] & (not carry))
    if without_rate.any():
        currencies = sorted({panel.currencies[code] for code in prices.currency[without_rate]})
        raise IndexRefusal(
            f"{definition.code} on {day}: {no_rate(currencies, definition.currency)}",
            missing_prices=[MissingPrice("rate", currency, day) for currency in currencies],
        )
    values = NameValues(
        shares=weights["shares"].to_numpy(),
        free_float=weights["free_float"].to_numpy(),
        factor=weights["weighting_factor"].to_numpy(),
        close=prices.close,
        currency=prices.currency,
        rate=rates,
        price_on=prices.price_on,
    )
    return ReviewBasket(Basket(panel, columns, values), columns, weights["weight_row"].to_numpy(), left_out)


def _closing_prices(
    definition: Definition, panel: Panel, row: int, weights: pl.DataFrame, held: Basket | None
) -> _ClosingPrices:
    """The closes of a review's names, the last price of each that does not trade. Raises IndexRefusal where none is known."""
    day, carry = panel.sessions[row], definition.policies.missing_price == "carry"
    columns = weights["column"].to_numpy()
    days = np.full(len(columns), np.datetime64(day))
    prices = _ClosingPrices(panel.close[row, columns], panel.currency[row, columns], days)
    missing = []
    for n in np.flatnonzero(panel.untraded[row, columns]).tolist():
        column = columns[n]
        if not (carry or panel.suspended[row, column]):
            missing.append(weights["symbol"][n])
            continue
        if held is not None and held.held[column]:
            close, currency, price_on = held.close[column], held.currency[column], held.price_on[column]
        else:
            last = _last_price(panel.prices, weights.row(n, named=True), day, carry=carry)
            close, currency, price_on = last.close, panel.code(last.currency), last.price_on
        prices.close[n], prices.currency[n], prices.price_on[n] = close, currency, price_on
    if missing:
        review = weights["review"][0]
        raise IndexRefusal(
            f"{definition.code} on {day}: no close of {first_few(missing)}, which the review {review} brings in",
            missing_prices=[MissingPrice("close", symbol, day) for symbol in missing],
        )
    return prices


def _last_price(prices: Prices, weight: Mapping[str, Any], day: date, *, carry: bool) -> _LastPrice:
    """The last price of a name that is not in the basket: its last close, else the close in its row of weights.

    A close of the day itself, while the name is suspended, is neither.
    """
    symbol = weight["symbol"]
    price = prices.on([symbol], day, day, named_on=day, carry=carry).get(symbol)
    if price and price.carry_reason:
        return _LastPrice(price.close, price.currency, price.price_on)
    close = prices.cutoff_price_carried_to(symbol, weight["close"], weight["cutoff_on"], day)
    return _LastPrice(close, weight["currency"], weight["price_on"])
