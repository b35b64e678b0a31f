"""Indexes: weights, levels, divisor events, and what became of each year of each index."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from types import new_class

import dataframely as dy
import polars as pl

from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.columns import SIMULATED
from russell_pipeline.schemas.table import TableSchema

_KEY = ("year", "index_code")
# What of a row of levels, events and stale prices says which session it is of.
_SESSION = ("year", "index_code", "date")
# Raised whenever the same inputs would give other levels, or other rows beside them; index/calculations.yaml says what each
# version changed.
_CALCULATION = 13
_MARKET = (
    "calendar",
    "sessions",
    "symbols",
    "closes",
    "fx",
    "actions",
    "components",
    "suspensions",
    "symbol_changes",
    "market_blocks",
    "market_corrections",
)
_FIGURES = (
    "closes.close fx.rate,quote components.shares,free_float,style_weight "
    "actions.action,new,old,amount,price suspensions.suspended_on,resumed_on "
    "symbol_changes.old_symbol,new_symbol calendar.starts_on"
)
_VALUES = "closes.close fx.rate,quote components.shares,free_float,style_weight actions.new,old,amount,price"
_CAPITALISATION = "components.shares,free_float,style_weight closes.close fx.rate,quote"
_STATE = "closes.close fx.rate,quote actions.new,old,amount,price"


class Weights(
    TableSchema,
    group="index",
    sort_by=("index_code", "symbol"),
    partition_by="review",
    version=_CALCULATION,
    upstream=_MARKET,
):
    """Review weights of every index, with every figure that is needed to compute them again."""

    index_code = column.text("Code of the index", key=True)
    review = column.text(
        "Review, YYYY-MM, or day, YYYY-MM-DD, that the components are named by",
        key=True,
        made_from="components.effective_review",
    )
    symbol = column.text("Symbol after implementation", key=True, copied="components.symbol")
    security_id = column.text(
        "The security that has the symbol on the effective day: by the table symbols, else by changes of symbols, else the "
        "symbol without separators",
        nullable=True,
        made_from="components.symbol symbol_changes.old_symbol,new_symbol symbols.symbol_key,security_id",
    )
    cutoff_on = column.day(
        "Session whose closes weigh the review", nullable=False, made_from="calendar.starts_on sessions.date"
    )
    implemented_on = column.day(
        "Implementation: the session after whose close the weights come in",
        nullable=False,
        made_from="calendar.starts_on sessions.date",
    )
    effective_on = column.day(
        "Session after the implementation, the first with these weights", nullable=False, made_from="sessions.date"
    )
    close = column.number(
        "Close at the cut-off, or an earlier one adjusted for actions since other than ordinary dividends; then adjusted for "
        "splits and scrip issues up to implementation; null for a name that is dropped (policy missing_price)",
        nullable=True,
        unit="the security's currency",
        made_from="closes.close actions.new,old,amount,price symbol_changes.old_symbol,new_symbol",
    )
    fx = column.number(
        "Units of the index's currency for one unit of the security's; null for a name dropped",
        nullable=True,
        unit="the index's currency for one unit of the security's",
        made_from="fx.rate,quote",
    )
    shares = column.number(
        "Shares in issue after implementation",
        unit="shares",
        made_from="components.shares actions.new,old,amount,price",
    )
    free_float = column.number(
        "Free float: fraction of the shares in issue that can be bought, 0 to 1",
        unit="fraction",
        made_from="components.free_float actions.new,old,amount,price",
    )
    long_cap = column.number(
        "Investable capitalisation in the long leg, unscaled", unit="the index's currency", made_from=_CAPITALISATION
    )
    short_cap = column.number(
        "Investable capitalisation in the short leg", unit="the index's currency", made_from=_CAPITALISATION
    )
    scale_factor = column.number("Factor k that brings the long leg to its units", made_from=_CAPITALISATION)
    final_cap = column.number(
        "k times the long capitalisation less the short one", unit="the index's currency", made_from=_CAPITALISATION
    )
    weight = column.number("Final capitalisation divided by the sum of all", unit="fraction", made_from=_CAPITALISATION)
    weighting_factor = column.number(
        "Factor c: final capitalisation divided by the investable capitalisation",
        made_from="components.shares,free_float,style_weight",
    )
    rank = column.whole(
        "Place of the name by the size of its weight, long or short, from 1; null for a name without weight, and in weights "
        "of releases before 0.2.0",
        nullable=True,
        least=1,
        made_from=_CAPITALISATION,
    )
    currency = column.text("Currency of the security", nullable=True, copied="components.currency")
    close_as_traded = column.number(
        "That close as traded on price_on", nullable=True, unit="the security's currency", made_from="closes.close"
    )
    price_on = column.day(
        "Day of that close; null for a name that is dropped",
        made_from="closes.date suspensions.suspended_on,resumed_on symbol_changes.old_symbol,new_symbol",
    )
    price_carried = column.text(
        "Why the close is of an earlier day, suspended or missing; or dropped, for a name without a close and weight",
        nullable=True,
        made_from="closes.date suspensions.suspended_on,resumed_on",
    )
    long_share = column.number(
        "Fraction of the company that is in the long leg, by its style weight",
        nullable=True,
        unit="fraction",
        made_from="components.style_weight",
    )
    short_share = column.number(
        "Fraction of the company that is in the short leg, by its style weight",
        nullable=True,
        unit="fraction",
        made_from="components.style_weight",
    )
    simulated = column.flag(SIMULATED)


class IndexLevels(
    TableSchema,
    group="index",
    sort_by=("index_code", "date"),
    partition_by="year",
    version=_CALCULATION,
    upstream=_MARKET,
):
    """Daily levels of every index, chained unrounded; eight decimals for display."""

    year = column.whole("Year of the session", made_from="closes.date")
    index_code = column.text("Code of the index", key=True)
    date = column.day("Session", key=True, copied="closes.date sessions.date")
    price_index = column.number("Price index at the close", unit="index points", made_from=_FIGURES)
    total_return_index = column.number("Total return index at the close", unit="index points", made_from=_FIGURES)
    price_index_8dp = column.displayed("Price index as displayed", unit="index points", made_from=_FIGURES)
    total_return_index_8dp = column.displayed(
        "Total return index as displayed", unit="index points", made_from=_FIGURES
    )
    divisor = column.number(
        "Divisor that the close was computed with", unit="the index's currency for one index point", made_from=_FIGURES
    )
    market_value = column.number(
        "Sum over all names of price x rate x shares x free float x weighting factor",
        unit="the index's currency",
        made_from=_FIGURES,
    )
    dividend_points = column.number(
        "What the ordinary dividends of the day contribute, in index points; negative where short names pay",
        unit="index points",
        made_from="closes.close fx.rate,quote components.shares,free_float,style_weight actions.amount",
    )
    names = column.whole(
        "Names that the index holds", least=0, made_from="components.symbol actions.action,to_symbol calendar.starts_on"
    )
    names_at_last_price = column.whole(
        "Names that stand at their last price, suspended or without a close",
        least=0,
        made_from="closes.close suspensions.suspended_on,resumed_on",
    )
    simulated = column.flag(SIMULATED)


class DivisorEvents(
    TableSchema,
    group="index",
    sort_by=("index_code", "date", "ordinal"),
    partition_by="year",
    version=_CALCULATION,
    upstream=_MARKET,
):
    """Every event of every index in the order applied, with market value and divisor before and after."""

    year = column.whole("Year of the session", made_from="sessions.date")
    index_code = column.text("Code of the index", key=True)
    date = column.day("Session", key=True, copied="sessions.date", made_from="calendar.starts_on")
    moment = column.text("When on that day", values=("base", "open", "close"), made_from="actions.action")
    event = column.text(
        "What happened: base, review, an action; `delete at the last close` for a deletion without a price; under "
        "`missing_price: drop`, `drop at the last close` and `left out of the review` for names without a close",
        made_from="actions.action",
    )
    symbol = column.text(
        "Name that it happened to; null for the base, reviews and corrections",
        nullable=True,
        made_from="actions.symbol",
    )
    market_value_before = column.number(
        "Market value before", nullable=True, unit="the index's currency", made_from=_VALUES
    )
    market_value_after = column.number("Market value after", unit="the index's currency", made_from=_VALUES)
    divisor_before = column.number(
        "Divisor before", nullable=True, unit="the index's currency for one index point", made_from=_VALUES
    )
    divisor_after = column.number("Divisor after", unit="the index's currency for one index point", made_from=_VALUES)
    turnover = column.number(
        "One-way turnover of a review: half the sum of the absolute changes of weights at these closes",
        nullable=True,
        unit="fraction",
        made_from=_VALUES,
    )
    gross_before = column.number(
        "Gross exposure before a review: sum of the absolute weights", nullable=True, unit="fraction", made_from=_VALUES
    )
    gross_after = column.number(
        "Gross exposure after a review: sum of the absolute weights", nullable=True, unit="fraction", made_from=_VALUES
    )
    ordinal = column.whole("Place of the event in its day, from 1", key=True, least=1, made_from="actions.file,row")


class StalePrices(
    TableSchema,
    group="index",
    sort_by=("index_code", "date", "symbol"),
    partition_by="year",
    version=_CALCULATION,
    upstream=_MARKET,
):
    """Names of an index without a close on a session: the last price that was used instead, and why."""

    year = column.whole("Year of the session", made_from="sessions.date")
    index_code = column.text("Code of the index", key=True)
    date = column.day("Session", key=True, copied="sessions.date")
    symbol = column.text("Symbol on that day", key=True, made_from="components.symbol symbol_changes.new_symbol")
    close = column.number(
        "Last price, adjusted for actions since other than ordinary dividends, in the security's currency",
        unit="the security's currency",
        made_from="closes.close actions.new,old,amount,price",
    )
    price_on = column.day(
        "Session of that price", nullable=False, made_from="closes.date suspensions.suspended_on,resumed_on"
    )
    reason = column.text(
        "suspended: it does not trade; missing: nobody supplied a close (policy missing_price)",
        values=("suspended", "missing"),
        made_from="suspensions.suspended_on,resumed_on",
    )


class IndexStates(
    TableSchema,
    group="index",
    sort_by=("index_code", "ordinal"),
    partition_by="year",
    version=_CALCULATION,
    upstream=_MARKET,
):
    """Every index at the end of each year, with a row for each name: the state from which the next year goes on."""

    year = column.whole(
        "Year that ended in this state, or the year that is not over yet", key=True, made_from="sessions.date"
    )
    index_code = column.text("Code of the index", key=True)
    date = column.day("Last session", nullable=False, copied="sessions.date")
    divisor = column.number(
        "Divisor of the next open", unit="the index's currency for one index point", made_from=_STATE
    )
    price_index = column.number("Price index", unit="index points", made_from=_STATE)
    total_return_index = column.number("Total return index", unit="index points", made_from=_STATE)
    market_value = column.number(
        "Market value after all that happened that day", unit="the index's currency", made_from=_STATE
    )
    ordinal = column.whole("Place of the name in the sum", key=True, least=1)
    symbol = column.text("Symbol", made_from="components.symbol actions.to_symbol symbol_changes.new_symbol")
    security_id = column.text(
        "The security that has the symbol on the last session, as in weights",
        nullable=True,
        made_from="symbol_changes.old_symbol,new_symbol symbols.symbol_key,security_id",
    )
    shares = column.number("Shares in issue", unit="shares", made_from="components.shares actions.new,old,amount,price")
    free_float = column.number(
        "Free float: fraction of the shares in issue that can be bought, 0 to 1",
        unit="fraction",
        made_from="components.free_float actions.new,old,amount,price",
    )
    weighting_factor = column.number(
        "Factor c", made_from="components.shares,free_float,style_weight actions.new,old,amount,price"
    )
    close = column.number(
        "Last price, adjusted for actions since other than ordinary dividends",
        unit="the security's currency",
        made_from="closes.close actions.new,old,amount,price",
    )
    currency = column.text("Currency of the security", copied="components.currency")
    fx = column.number(
        "Rate of that day", unit="the index's currency for one unit of the security's", made_from="fx.rate,quote"
    )
    price_on = column.day("Day of the last price", made_from="closes.date suspensions.suspended_on,resumed_on")


class IndexRuns(
    TableSchema,
    group="index",
    sort_by=("index_code",),
    partition_by="year",
    identity=_KEY,
    version=_CALCULATION,
    upstream=_MARKET,
):
    """What became of every index in every year: computed, refused from a session on with the reason, or waiting."""

    year = column.whole("Year; null for an index that waits", nullable=True, made_from="closes.date")
    index_code = column.text("Code of the index")
    state = column.text("What became of it", values=("computed", "refused", "waiting"))
    last_session = column.day("Last session that has a level", made_from="closes.date")
    reason = column.text(
        "Why it was refused, with the first session that has no level, or rests on former inputs; or what it waits for",
        nullable=True,
        made_from="market_blocks.sentence",
    )
    definition = column.text(
        "The definition that its levels are computed by, as JSON; null without levels", nullable=True
    )
    made_by = column.whole("Version of the calculation of its levels; null for 11 or an earlier one", nullable=True)
    corrections = column.whole(
        "Number of rows of market_corrections that its levels are computed with",
        nullable=True,
        least=0,
        made_from="market_corrections.ordinal",
    )
    lacking = column.items(
        dy.Struct({"symbol": dy.String(), "message": dy.String()}),
        nullable=True,
        description="Closes and rates that it lacks: each name or currency, with the cause and what would mend it",
        made_from="closes.date fx.date suspensions.suspended_on,file,row market_blocks.sentence",
    )

    @dy.rule()
    def reason_unless_computed(cls) -> pl.Expr:
        return (pl.col("state") == "computed") == pl.col("reason").is_null()

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        return pl.struct(_KEY).is_unique()


class IndexRestatements(
    TableSchema, group="index", sort_by=("index_code", "date", "superseded_on"), version=_CALCULATION, upstream=_MARKET
):
    """Levels that were published and then superseded, with the day and the reason."""

    index_code = column.text("Code of the index", key=True)
    date = column.day("Session", key=True, copied="sessions.date")
    superseded_on = column.day(
        "Day on which another level, or none, took its place", key=True, made_from="market_corrections.known_on"
    )
    reason = column.text("What changed", made_from="market_corrections.key")
    price_index = column.number("Price index as published until then", unit="index points")
    total_return_index = column.number("Total return index as published until then", unit="index points")
    price_index_8dp = column.displayed("Price index as displayed until then", unit="index points")
    total_return_index_8dp = column.displayed("Total return index as displayed until then", unit="index points")
    divisor = column.number("Divisor until then", unit="the index's currency for one index point")
    basis_points = column.number(
        "Change of the price index, in basis points; null where no level took its place",
        nullable=True,
        unit="basis points",
    )
    total_return_basis_points = column.number(
        "Change of the total return index, in basis points", nullable=True, unit="basis points"
    )
    causes = column.items(
        dy.Struct(
            {
                "cause": dy.String(),
                "basis_points": dy.Float64(nullable=True),
                "total_return_basis_points": dy.Float64(nullable=True),
            }
        ),
        description="What moved the level, in the order applied, each with its share of either change",
        nullable=True,
        made_from="market_corrections.key",
    )


def _as_published(declaration: type[dy.Schema], *, without: Collection[str]) -> dict[str, dy.Column]:
    """The columns of another table as `uncorrected_levels` keeps its rows: types, units, and whether they may be null."""
    found = {name: copy(one) for name, one in declaration.columns().items() if name not in without}
    for one in found.values():
        description, unit = one.description or "", (one.metadata or {}).get("unit")
        one.description = f"As published: {description[:1].lower()}{description[1:]}"
        one.metadata = {"unit": unit} if unit else None
    return found


def _rows_as_published(declaration: type[dy.Schema], description: str) -> dy.List:
    """The rows of another table of one session, without its keys, in one column."""
    inner = {
        name: type(one)(nullable=one.nullable) for name, one in declaration.columns().items() if name not in _SESSION
    }
    return column.items(dy.Struct(inner), description=description)


# It keeps all columns of levels, events and stale prices. One that is added to these may be null, as in rows kept before it.
UncorrectedLevels: type[TableSchema] = new_class(
    "UncorrectedLevels",
    (TableSchema,),
    {"group": "index", "sort_by": ("index_code", "date"), "version": _CALCULATION, "upstream": _MARKET},
    lambda namespace: namespace.update(
        {
            "__doc__": (
                "Levels kept as published under the policy on corrections, and how far the corrected inputs would move them."
            ),
            "index_code": column.text("Code of the index", key=True),
            "date": column.day("Session", key=True, copied="sessions.date"),
            "applied_after": column.day(
                "Session after whose close the correction acts", nullable=False, made_from="sessions.date"
            ),
            "kept_on": column.day(
                "Day on which this was decided", nullable=False, made_from="market_corrections.known_on"
            ),
            "reason": column.text("What changed", made_from="market_corrections.key"),
            "basis_points": column.number(
                "What the price index would change by, in basis points", nullable=True, unit="basis points"
            ),
            "total_return_basis_points": column.number(
                "What the total return index would change by, in basis points", nullable=True, unit="basis points"
            ),
            **_as_published(IndexLevels, without=(*_SESSION, "simulated")),
            "divisor_events": _rows_as_published(DivisorEvents, "Events of the session as published"),
            "carried": _rows_as_published(StalePrices, "Names at their last price as published"),
        }
    ),
)
