"""Exchange rates into the currency of an index: as supplied, inverted, or through a third currency."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from russell_pipeline.wording import first_few

RATES = {"date": pl.Date(), "currency": pl.String(), "rate": pl.Float64()}
_PAIR = ("date", "currency", "quote")
# As in the landing files (CONTRACT), which is the default of the column `quote`.
_USUAL_QUOTE = "USD"


def rates_into(fx: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The rates of all other currencies into one, by day: date, currency, rate (units of that one for one of `currency`).

    `fx` are rows of date, currency, rate and quote (units of `quote` for one unit of `currency`; without it USD). A rate of the
    pair itself is taken before the inverse of the opposite one, and that before a cross through a third currency: through USD, or
    else through the first by name. A cross takes rates of one day, each as supplied before inverted, and never a second cross.
    """
    supplied = _quoted(fx).filter(pl.col("currency") != pl.col("quote"))
    pairs = _either_way(supplied)
    own = pairs.filter(quote=currency)
    second = own.select("date", quote="currency", by="of", into="per")
    crossed = pairs.filter(pl.col("quote") != currency, pl.col("currency") != currency).join(
        second, on=["date", "quote"]
    )
    crossed = crossed.with_columns(of=pl.col("of") * pl.col("by"), per=pl.col("per") * pl.col("into"))
    ways = pl.concat(
        [
            own.select("date", "currency", "of", "per", through=pl.lit(0), by=pl.lit("")),
            crossed.select(
                "date",
                "currency",
                "of",
                "per",
                through=1 + (pl.col("quote") != _USUAL_QUOTE).cast(pl.Int32),
                by="quote",
            ),
        ]
    )
    best = ways.sort("date", "currency", "through", "by").unique(
        ["date", "currency"], keep="first", maintain_order=True
    )
    return best.select("date", "currency", rate=pl.col("of") / pl.col("per"))


def no_rate(currencies: Sequence[str], into: str) -> str:
    """The words on rates that are missing; USD, which files leave out, is left out here too."""
    quote = "" if into == _USUAL_QUOTE else f" in {into}"
    return f"no rate for {first_few(currencies)}{quote}"


def _quoted(fx: pl.DataFrame) -> pl.DataFrame:
    quote = pl.col("quote").fill_null(_USUAL_QUOTE) if "quote" in fx.columns else pl.lit(_USUAL_QUOTE)
    return fx.with_columns(quote.cast(pl.String).alias("quote"))


def _either_way(supplied: pl.DataFrame) -> pl.DataFrame:
    """Each pair both ways, the rate as a fraction `of` / `per`: as supplied, and inverted where it is not supplied that way."""
    given = supplied.select(*_PAIR, of=pl.col("rate").cast(pl.Float64), per=pl.lit(1.0))
    inverse = given.select("date", currency="quote", quote="currency", of="per", per="of")
    return pl.concat([given, inverse.join(given, on=_PAIR, how="anti")])
