"""Small indexes for tests: names with prices by session, of one leg or as a composite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import Levels, run
from russell_pipeline.index.model import ACTIONS, FX, SUSPENSIONS, SYMBOL_CHANGES, Market, Review
from russell_pipeline.index.weights import review_weights

START = date(2025, 1, 6)


def day(n: int) -> date:
    return START + timedelta(days=n)


def definition(value: float = 1000, legs: Sequence[tuple[str, float]] = (("C", 1),), **told: Any) -> Definition:
    return Definition.model_validate(
        {
            "code": "X",
            "name": "Small Index",
            "currency": "USD",
            "base": {"date": START, "value": value},
            "legs": [{"component": name, "units": units} for name, units in legs],
            **told,
        }
    )


def act(symbol: str, action: str, on: int = 1, **terms: Any) -> dict[str, Any]:
    """A corporate action on a session, as `market` takes it."""
    return {"symbol": symbol, "date": on, "action": action, **terms}


def market(
    closes: Mapping[str, Sequence[float | None]],
    actions: Sequence[Mapping[str, Any]] = (),
    *,
    currencies: Mapping[str, str] | None = None,
    rates: Mapping[str, Sequence[float | None]] | None = None,
    suspensions: Sequence[tuple[str, date, date | None]] = (),
    symbol_changes: Sequence[tuple[date, str, str]] = (),
) -> Market:
    """Closes and rates by session, None where there is none; actions have the number of their session as `date`.

    Rates are those of a currency in USD, or of a pair such as JPY/EUR.
    """
    rows = [
        (day(n), symbol, close, (currencies or {}).get(symbol, "USD"))
        for symbol, prices in closes.items()
        for n, close in enumerate(prices)
        if close is not None
    ]
    fx = [
        (day(n), pair[:3], rate, pair[4:] or "USD")
        for pair, all_ in (rates or {}).items()
        for n, rate in enumerate(all_)
        if rate is not None
    ]
    dated = [{**action, "date": day(action["date"])} for action in actions]
    return Market(
        pl.DataFrame(rows, ["date", "symbol", "close", "currency"], orient="row"),
        pl.DataFrame(fx, {**FX, "quote": pl.String}, orient="row"),
        pl.DataFrame(dated, ACTIONS),
        pl.DataFrame(list(suspensions), SUSPENSIONS, orient="row"),
        pl.DataFrame(list(symbol_changes), SYMBOL_CHANGES, orient="row"),
    )


def component(**members: float | tuple[float, ...]) -> pl.DataFrame:
    """Members by symbol: shares, or shares, free float and share of the company."""
    rows = [(symbol, *(of if isinstance(of, tuple) else (of,))) for symbol, of in members.items()]
    filled = [(symbol, *of, *(1.0, 1.0)[len(of) - 1 :]) for symbol, *of in rows]
    return pl.DataFrame(filled, ["symbol", "shares", "free_float", "style_weight"], orient="row")


def review(n: int = 0, cutoff: int | None = None) -> Review:
    return Review(f"{day(n)}", day(n if cutoff is None else cutoff), day(n), day(n + 1))


def levels(told: Definition, found: Market, components: Mapping[str, pl.DataFrame], sessions: int) -> Levels:
    """The levels of an index whose only review is at its base."""
    weights = review_weights(told, review(), components, found)
    return run(told, found, weights, [day(n) for n in range(sessions)])
