"""Review weights: the weighting factor of each name, from components and the closes of the price cut-off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from math import fsum
from typing import NamedTuple

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import IndexRefusal, Market, MissingPrice, Review, cast_to
from russell_pipeline.index.prices import Prices
from russell_pipeline.index.rates import no_rate
from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.wording import first_few

WEIGHTS = {
    "index_code": pl.String(),
    "review": pl.String(),
    "symbol": pl.String(),
    "security_id": pl.String(),
    "cutoff_on": pl.Date(),
    "implemented_on": pl.Date(),
    "effective_on": pl.Date(),
    "close": pl.Float64(),
    "fx": pl.Float64(),
    "shares": pl.Float64(),
    "free_float": pl.Float64(),
    "long_cap": pl.Float64(),
    "short_cap": pl.Float64(),
    "scale_factor": pl.Float64(),
    "final_cap": pl.Float64(),
    "weight": pl.Float64(),
    "weighting_factor": pl.Float64(),
    "rank": pl.Int32(),
    # what else a person needs to redo it
    "currency": pl.String(),
    "close_as_traded": pl.Float64(),
    "price_on": pl.Date(),
    "price_carried": pl.String(),
    "long_share": pl.Float64(),
    "short_share": pl.Float64(),
}
QUOTES = {
    "symbol": pl.String(),
    "close": pl.Float64(),
    "close_as_traded": pl.Float64(),
    "currency": pl.String(),
    "price_on": pl.Date(),
    "price_carried": pl.String(),
    "fx": pl.Float64(),
}
# What `price_carried` says of a name without a close under `missing_price: drop`.
DROPPED = "dropped"
_NAMES = {
    "symbol": pl.String(),
    "shares": pl.Float64(),
    "free_float": pl.Float64(),
    "style_weight": pl.Float64(),
    "security_id": pl.String(),
}


class PriceDays(NamedTuple):
    """The day of a close, the day up to whose open it is adjusted for splits, and the day whose symbols name it."""

    priced_on: date
    adjusted_to: date
    named_on: date


def review_weights(
    definition: Definition,
    review: Review,
    components: Mapping[str, pl.DataFrame],
    market: Market,
    priced: str | None = None,
) -> pl.DataFrame:
    """Weigh a review by the closes of its price cut-off (Ground Rules of the 90/10, 5.2).

    Parameters
    ----------
    definition
        The index: its legs and its policies.
    review
        The days of the review.
    components
        The constituents after the review by component code: `symbol`, `shares` in issue, `free_float` (0..1), and optionally
        `style_weight` (0..1, default 1) and `security_id`. A component without rows of its own is derived if the definition says
        how. Symbols are those of the effective day, or, if they can only be those, of the implementation day.
    market
        Closes, rates and actions, back to the last close of each name that is suspended at the cut-off.
    priced
        Words for the day of `cutoff_on` in refusals, if that is not the review's price cut-off.

    Returns
    -------
    DataFrame
        One row for each name of a leg, sorted by symbol (columns `WEIGHTS`), with the symbols of the effective day. `close` is
        the close at the cut-off in local currency, adjusted for splits and scrip issues up to implementation; `close_as_traded`
        on `price_on` is the close itself. A name that is dropped for want of a close has neither, and no weight. `long_share`
        and `short_share` are the parts of the company in each leg, 0 in a leg without it. Capitalisations are in the index's
        currency.

    Raises
    ------
    IndexRefusal
        For a component that is missing, empty or contradicts another, a close or rate that may not be missing, and
        capitalisations that do not add up to more than 0.
    """
    subject = f"{definition.code} {review.name}"
    names = _legs(definition, subject, _with_effective_symbols(review, components, market))
    days = PriceDays(review.cutoff_on, review.implemented_on, review.effective_on)
    refusal = f"{subject}: {{}} on {priced or f'the price cut-off {review.cutoff_on}'}"
    quotes = price_quotes(definition, Prices(market), names["symbol"], days, refusal)
    names = names.join(quotes, on="symbol", how="left", maintain_order="left")
    cap = pl.col("close") * pl.col("fx") * pl.col("shares") * pl.col("free_float")
    # A name without a close is one that `missing_price: drop` drops (`price_quotes`).
    dropped = pl.col("close").is_null()
    carried = pl.when(dropped).then(pl.lit(DROPPED)).otherwise("price_carried")
    names = names.with_columns(cap=cap.fill_null(0.0), price_carried=carried)
    names = names.with_columns(
        long_cap=pl.col("long_share") * pl.col("cap"), short_cap=pl.col("short_share") * pl.col("cap")
    )
    scale = _scale(definition, subject, fsum(names["long_cap"]), fsum(names["short_cap"]))
    final_cap = pl.lit(scale) * pl.col("long_cap") - pl.col("short_cap")
    factor = pl.when(dropped).then(0.0).otherwise(_weighting_factor(definition, scale))
    names = names.with_columns(weighting_factor=factor).with_columns(
        final_cap=pl.when(pl.col("weighting_factor") != 0).then(final_cap).otherwise(0.0)
    )
    whole = fsum(names["final_cap"])
    if not whole > 0:
        raise IndexRefusal(
            f"{subject}: the final capitalisations add up to {whole:.6g}, and weights need a sum above 0"
        )
    return names.with_columns(
        index_code=pl.lit(definition.code),
        review=pl.lit(review.name),
        cutoff_on=pl.lit(review.cutoff_on),
        implemented_on=pl.lit(review.implemented_on),
        effective_on=pl.lit(review.effective_on),
        scale_factor=pl.lit(scale),
        weight=pl.col("final_cap") / whole,
        rank=pl.when(pl.col("final_cap") != 0).then(pl.col("final_cap").abs().rank("min", descending=True)),
    ).select(cast_to(WEIGHTS))


def _weighting_factor(definition: Definition, scale: float) -> pl.Expr:
    """The weighting factor c = k [in the long leg] - g [in the short leg], by the policies on names of one leg and below zero."""
    factor = pl.lit(scale) * pl.col("long_share") - pl.col("short_share")
    factor = pl.when(_weighted(definition)).then(factor).otherwise(0.0)
    return pl.max_horizontal(factor, 0.0) if definition.policies.negative_factors == "zero" else factor


def _weighted(definition: Definition) -> pl.Expr:
    """Which names have a weight, by the policy on names of one leg; in an index of one leg, all."""
    in_long, in_short = pl.col("long_share") > 0, pl.col("short_share") > 0
    if definition.short is None or definition.policies.short_only_names == "net":
        return in_long | in_short
    return in_long if definition.policies.short_only_names == "drop" else in_long & in_short


def _scale(definition: Definition, subject: str, long: float, short: float) -> float:
    """The factor k that scales the long leg so that the legs' totals stand in their units; the short leg is not scaled."""
    empty = [
        leg.component for leg, sum_ in ((definition.long, long), (definition.short, short)) if leg and not sum_ > 0
    ]
    if empty:
        raise IndexRefusal(f"{subject}: the leg {first_few(empty)} has no investable capitalisation")
    if definition.short is None:
        return 1.0
    return definition.long.units * short / (-definition.short.units * long)


def is_available(definition: Definition, code: str, with_files: Collection[str]) -> bool:
    """Whether a component is known if these components have files: it is one of them, or is derived from them."""
    derived = definition.components.get(code)
    return code in with_files or (
        derived is not None and all(is_available(definition, part, with_files) for part in derived.difference)
    )


def _members(definition: Definition, code: str, components: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The names of a component, derived if it has no file."""
    if code in components:
        names = components[code]
        defaults = {"style_weight": pl.lit(1.0), "security_id": pl.lit(None, pl.String)}
        absent = {name: value for name, value in defaults.items() if name not in names.columns}
        return names.with_columns(**absent).select(cast_to(_NAMES))
    minuend, subtrahend = (_members(definition, part, components) for part in definition.components[code].difference)
    return minuend.join(subtrahend, on="symbol", how="anti")


def _with_effective_symbols(
    review: Review, components: Mapping[str, pl.DataFrame], market: Market
) -> dict[str, pl.DataFrame]:
    """The components with the symbols of the effective day.

    A component with a symbol that is given up by then has the symbols of the implementation day throughout.
    """
    changes = SymbolChanges(market.symbol_changes).between(review.implemented_on, review.effective_on)
    given_up = pl.col("symbol").is_in(changes.keys() - changes.values()).any()
    current = pl.when(given_up).then(pl.col("symbol").replace(dict(changes))).otherwise("symbol").alias("symbol")
    return {code: names.with_columns(current) for code, names in components.items()}


def _legs(definition: Definition, subject: str, components: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The names of both legs, sorted by symbol, with the part of the company in each leg."""
    sides = []
    for leg in definition.legs:
        if not is_available(definition, leg.component, components):
            raise IndexRefusal(f"{subject}: there is no component {leg.component}")
        names = _members(definition, leg.component, components)
        if names.is_empty():
            raise IndexRefusal(f"{subject}: the leg {leg.component} is empty")
        if twice := names.filter(pl.col("symbol").is_duplicated())["symbol"].unique().sort().to_list():
            raise IndexRefusal(f"{subject}: {leg.component} holds {first_few(twice)} more than once")
        share = "long_share" if leg.units > 0 else "short_share"
        sides.append(names.rename({"style_weight": share}))
    both = pl.concat(sides, how="diagonal")
    if len(sides) == 1:
        both = both.with_columns(short_share=pl.lit(0.0))
    agreed = both.group_by("symbol").agg(
        pl.col("shares", "free_float").first(),
        pl.col("security_id").drop_nulls().first(),
        pl.col("long_share", "short_share").sum(),
        contradicted=(pl.col("shares").n_unique() > 1) | (pl.col("free_float").n_unique() > 1),
    )
    if contradicted := agreed.filter("contradicted")["symbol"].sort().to_list():
        raise IndexRefusal(
            f"{subject}: {first_few(contradicted)} must have the same shares and free float in both legs"
        )
    return agreed.drop("contradicted").sort("symbol")


def price_quotes(
    definition: Definition, prices: Prices, symbols: pl.Series, days: PriceDays, refusal: str
) -> pl.DataFrame:
    """The closes of names on a day, adjusted for splits and scrip issues, with the day's rates (columns `QUOTES`).

    Under `missing_price: drop` names without a close are left out. Raises IndexRefusal, worded by the template `refusal`, for any
    other name without a close, and for a currency without a rate.
    """
    day = days.priced_on
    carry = definition.policies.missing_price == "carry"
    by_symbol = prices.on(symbols, day, days.adjusted_to, days.named_on, carry=carry)
    missing = [symbol for symbol in symbols if symbol not in by_symbol]
    if missing and definition.policies.missing_price != "drop":
        closes = [MissingPrice("close", symbol, day) for symbol in missing]
        raise IndexRefusal(refusal.format(f"no close of {first_few(missing)}"), missing_prices=closes)
    rates = {definition.currency: 1.0}
    for currency in sorted({price.currency for price in by_symbol.values()} - rates.keys()):
        rate = prices.rate(currency, definition.currency, day, carry=carry)
        if rate is None:
            missing_prices = [MissingPrice("rate", currency, day)]
            raise IndexRefusal(refusal.format(no_rate([currency], definition.currency)), missing_prices=missing_prices)
        rates[currency] = rate
    rows = [(symbol, *price, rates[price.currency]) for symbol, price in by_symbol.items()]
    return pl.DataFrame(rows, QUOTES, orient="row")
